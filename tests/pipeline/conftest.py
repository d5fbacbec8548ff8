"""One build of the embedded sample that the tests of this tier share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OGI = Path(sys.executable).with_name("ogi")
Ogi = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def ogi() -> Ogi:
    """Runs the installed command as a user does; output as text."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [str(OGI), *map(str, arguments)]
        defaults = {"capture_output": True, "text": True, "timeout": 300, "cwd": ROOT}
        return subprocess.run(command, **(defaults | options))  # type: ignore[call-overload, no-any-return]

    return run


@pytest.fixture(scope="session")
def warehouse(ogi: Ogi, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's warehouse, built once by `ogi build`."""
    out = tmp_path_factory.mktemp("warehouse")
    done = ogi("build", "--out", out)
    assert done.returncode == 0, done.stderr
    return out
