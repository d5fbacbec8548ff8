"""The direction of imports, and what must not stand in any tracked file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work|mnt)/\w")
PACKAGE_INDEX = re.compile(
    r"://[^\s\"')]*(?:pypi|/simple\b|pythonhosted|npmjs|nexus|artifactory)", re.IGNORECASE
)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules a file names in its imports, inside functions too."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join((*package[: len(package) - node.level + 1], node.module or "")) if node.level else ""
            )
            name = base.strip(".") or node.module or ""
            yield from (f"{name}.{alias.name}" for alias in node.names)


def breaches(folder: str, *forbidden: str) -> list[str]:
    """Files below a folder that import one of some modules, or anything below them."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in sorted(imported(path))
        if any(name == start or name.startswith(start + ".") for start in forbidden)
    ]


def test_schemas_say_what_the_data_is_and_know_nobody() -> None:
    assert breaches("schemas", "pipeline", "assets", "dagster") == []


def test_the_pipeline_knows_neither_dagster_nor_the_assets() -> None:
    assert breaches("pipeline", "dagster", "assets") == []


def test_only_the_assets_know_dagster() -> None:
    known = {
        path.parent.name
        for folder in ("assets",)
        for path in modules(folder)
        if "dagster" in str(imported(path))
    }
    assert known == {"assets"}


def test_readers_do_not_interpret() -> None:
    interpreting = ("extract", "matching", "templates", "identify", "identity", "narrative", "checking")
    assert breaches("pipeline/readers", *(f"pipeline.{name}" for name in interpreting)) == []


def test_extraction_sees_no_format() -> None:
    core = [ROOT / f"pipeline/{name}.py" for name in ("extract", "narrative", "identify", "checks", "tidy")]
    core += modules("pipeline/matching")
    found = [f"{path.name}: {m}" for path in core for m in imported(path) if "readers" in m]
    assert found == []


def test_every_package_is_below_one_of_three() -> None:
    outside = {"tests", "scripts", "benchmarks"}
    for folder in ("schemas", "pipeline", "assets"):
        assert breaches(folder, *outside) == []


def test_reading_a_report_loads_neither_the_typesetter_nor_dagster_nor_frames() -> None:
    unwanted = ("pipeline.typeset", "dagster", "polars", "pandera", "assets")
    script = (
        "import sys; from pipeline.matching.arrange import arrange; from pipeline.extract import extract;"
        "from pipeline.readers import read_document;"
        "extract(arrange(read_document('规章 | 1'.encode())));"
        f"print([name for name in {unwanted} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@cache
def tracked() -> tuple[Path, ...]:
    """The text files under version control; without a repository, those of the packages."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        return tuple(
            path for folder in ("schemas", "pipeline", "assets", "tests") for path in modules(folder)
        )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return tuple(p for p in paths if p.is_file() and b"\0" not in p.read_bytes()[:8000])


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    return found


def test_no_file_names_an_index_of_packages() -> None:
    assert lines_with(PACKAGE_INDEX) == []


def test_no_file_names_a_place_on_one_machine() -> None:
    assert lines_with(MACHINE) == []


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_lock_files_hold_versions_and_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?:index|extra-index|find-links|trusted)", text, re.MULTILINE)
    assert "--hash=sha256:" in text


def test_the_patterns_find_what_they_look_for() -> None:
    assert PACKAGE_INDEX.search("index-url = https://mirror.example/simple/")
    assert PACKAGE_INDEX.search("https://files.pythonhosted.org/x.whl")
    assert MACHINE.search('open("/home/somebody/data.csv")')
    assert not MACHINE.search("data/work/archive and ../home/x")
    assert "pipeline.document.Document" in imported(ROOT / "pipeline/extract.py")
