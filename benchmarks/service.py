"""The service as `docs/operations.md` sets it up, in a folder of its own: it starts, is killed, starts again.

The environment file, the unit and `dagster.yaml` of the documentation flow in, with `/srv/ogi` led elsewhere; a real
`dagster-daemon` flows out, with its runs and its processes.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import dagster as dg

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
DOCUMENTED = "/srv/ogi"
DAEMON = "ogi-daemon.service"
EVERY_MINUTE = "* * * * *"


def documented_environment(folder: Path) -> dict[str, str]:
    """The settings of the example, with its folders below another one."""
    lines = (EXAMPLES / "environment").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value.replace(DOCUMENTED, str(folder)) for name, value in pairs}


def documented_command(unit: str, key: str = "ExecStart") -> list[str]:
    """What a unit of the examples starts, from the environment that this runs in."""
    lines = (EXAMPLES / unit).read_text(encoding="utf-8").splitlines()
    (started,) = [line.removeprefix(f"{key}=") for line in lines if line.startswith(f"{key}=")]
    return shlex.split(started.replace(f"{DOCUMENTED}/panel/.venv/bin", str(Path(sys.executable).parent)))


@dataclass(frozen=True, slots=True)
class Member:
    """A process of the service.

    Attributes:
        pid: Its id; `parent` is that of the process that began it.
        role: `daemon`, `server` (of code), `run`, `reader`, or `other`.
    """

    pid: int
    parent: int
    role: str


@dataclass(slots=True)
class Service:
    """A daemon with a home, a warehouse, an archive and an inbox of its own.

    Attributes:
        folder: What `/srv/ogi` is in the documentation.
        settings: Further environment.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    _daemon: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.home).mkdir(parents=True)
        (self.folder / "data" / "inbox").mkdir(parents=True)
        shutil.copy(ROOT / "dagster.yaml", self.home)

    @property
    def home(self) -> Path:
        """Where Dagster keeps its runs."""
        return self.folder / "dagster"

    @property
    def warehouse(self) -> Path:
        """What scholars read."""
        return Path(self.environment["OGI_WAREHOUSE"])

    @property
    def archive(self) -> Path:
        """Every file ever fetched."""
        return Path(self.environment["OGI_DATA"]) / "archive"

    @property
    def log(self) -> Path:
        """What the daemon prints."""
        return self.folder / "daemon.log"

    @property
    def environment(self) -> dict[str, str]:
        """What the daemon is told: the documented settings, then those of its own."""
        plain = {
            name: value for name, value in os.environ.items() if not name.startswith(("OGI_", "DAGSTER_"))
        }
        return plain | documented_environment(self.folder) | dict(self.settings)

    def start(self) -> None:
        """Starts the daemon as its unit does."""
        with self.log.open("ab") as log:
            told = {"cwd": ROOT, "env": self.environment, "stdout": log, "stderr": log}
            subprocess.run(documented_command(DAEMON, "ExecStartPre"), check=True, **told)  # type: ignore[call-overload]
            self._daemon = subprocess.Popen(  # type: ignore[call-overload]
                documented_command(DAEMON), start_new_session=True, **told
            )

    def kill(self, role: str = "") -> int:
        """Kills processes without a word: those of a role, or all that have this home; returns how many."""
        killed: set[int] = set()
        todo = {member.pid for member in self.members() if role in ("", member.role)}
        if not role and self._daemon is not None:
            _kill(self._daemon.pid, group=True)
        while todo:
            for pid in todo:
                _kill(pid)
            killed |= todo
            todo = set() if role else {member.pid for member in self.members()} - killed
        if self._daemon is not None and role in ("", "daemon"):
            self._daemon.wait()
        return len(killed)

    @property
    def is_up(self) -> bool:
        """Whether the daemon lives."""
        return self._daemon is not None and self._daemon.poll() is None

    def stop(self) -> None:
        """Ends the daemon as its unit does, and what is left of it after that."""
        if self._daemon is not None and self.is_up:
            self._daemon.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._daemon.wait(20)
        self.kill()

    def members(self) -> list[Member]:
        """The processes that have this service's home in their environment."""
        mark = f"DAGSTER_HOME={self.home}".encode()
        found = {}
        for path in Path("/proc").iterdir():
            if path.name.isdecimal() and mark in _read(path / "environ").split(b"\0"):
                parent = _read(path / "stat").rpartition(b") ")[2].split()
                if parent and parent[0] != b"Z":
                    found[int(path.name)] = (int(parent[1]), _read(path / "cmdline"))
        return [Member(pid, parent, _role(command)) for pid, (parent, command) in found.items()]

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """The service's own record of its runs."""
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            yield instance

    def runs(self, *statuses: dg.DagsterRunStatus) -> list[dg.RunRecord]:
        """The runs of some statuses, or all, in the order in which they began."""
        wanted = dg.RunsFilter(statuses=list(statuses))
        with self.instance() as instance:
            records = instance.get_run_records(wanted)
        return sorted(records, key=lambda record: record.start_time or float("inf"))

    def wait_for(self, look: Callable[[], T | None], seconds: float) -> T:
        """Looks every second until there is something.

        Raises:
            TimeoutError: With the end of the daemon's log.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(1)
        raise TimeoutError(f"not within {seconds} s:\n{self.log.read_text(errors='replace')[-4000:]}")


def _kill(pid: int, *, group: bool = False) -> None:
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _role(command: bytes) -> str:
    if b"dagster-daemon" in command:
        return "daemon"
    if b"dagster" in command and b"grpc" in command:
        return "server"
    if b"forkserver" in command:
        return "reader"
    return "run" if b"multiprocessing.spawn" in command else "other"
