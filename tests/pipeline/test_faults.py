"""What befalls a run from outside: a full disk, a read-only archive, another run, an open warehouse, a kill."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from assets import command
from assets.command import Summary
from benchmarks.offices import Office, Offices, offices, served
from pipeline.archive import Archive
from pipeline.publish.lock import only_writer
from pipeline.publish.parquet import read_manifest, sha256_of
from pipeline.publish.query import open_warehouse
from pipeline.running.nights import LOCK, judge, last_night
from tests.pipeline.conftest import ROOT
from tests.pipeline.test_nights import QUICK

REPORTS = ROOT / "data" / "sample" / "reports"
KILLS = int(os.environ.get("OGI_KILLS", "3"))
"""How many nights are killed; three keep the suite short, ten were run before it was written down."""


def build(out: Path, *names: str, sources: Path | None = None) -> Summary:
    return command.build([REPORTS / name for name in names], sources, out, lambda *_: None)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own; only an administrator may make one."""
    folder.mkdir()
    mount = shutil.which("mount")
    if os.getuid() != 0 or mount is None:
        pytest.skip("needs the right to mount")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode != 0:
        pytest.skip("needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def reports_in(out: Path) -> int:
    row = open_warehouse(out).execute("SELECT count(*) FROM reports").fetchone()
    assert row is not None
    return int(row[0])


def assert_whole(out: Path) -> None:
    """The store is what its manifest says, and nothing half-written is left beside the release."""
    for file in read_manifest(out / "store").files:
        assert sha256_of(out / "store" / file.path) == file.sha256
    assert not list((out / "releases").glob(".building-*"))
    assert not list(out.glob(".current-*"))
    for path in (out / "staging").rglob("*.parquet"):
        pl.read_parquet(path)


def test_full_disk_and_read_only_archive_are_told_and_healed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1500k") as disk:
        full = build(disk, "linzi-2021.html")
        assert not full.ok
        assert any("space left" in problem for problem in full.problems), full.problems
        assert not (disk / "current").exists()
        assert not judge(disk, now()).is_well
        remount(disk, "size=200m")
        assert build(disk, "linzi-2021.html").ok
        assert reports_in(disk) == 1
        assert_whole(disk)
        before = (disk / "current").readlink()
        remount(disk, "ro")
        locked = build(disk, "yubei-2020.docx")
        assert not locked.ok
        assert any("Read-only file system" in problem for problem in locked.problems), locked.problems
        assert (disk / "current").readlink() == before
        remount(disk, "rw")


def test_archive_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with small_disk(out / "archive", "10m") as disk:
        remount(disk, "ro")
        summary = build(out, "linzi-2021.html")
    assert not summary.ok
    assert any(f"The archive at {out / 'archive'}" in problem for problem in summary.problems), (
        summary.problems
    )
    night = last_night(out)
    assert night is not None
    assert night.outcome == "failed"
    assert "raw_documents" in night.reason


READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])  # not even read-only
print(connection.execute("SELECT count(*) FROM reports").fetchone()[0], flush=True)
sys.stdin.readline()
print(connection.execute("SELECT count(*) FROM reports").fetchone()[0], flush=True)
"""


def test_two_runs_at_once_and_a_reader_that_stays(tmp_path: Path) -> None:
    """One of the runs goes through, the other says why it does not; whoever reads is not disturbed."""
    out = tmp_path / "out"
    assert build(out, "linzi-2021.html").ok
    file = (out / "current").resolve() / "ogi.duckdb"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    reader = subprocess.Popen([sys.executable, "-c", READER, str(file)], **pipes)  # type: ignore[call-overload]
    assert reader.stdout.readline() == "1\n"
    arguments = [
        "build",
        "--input",
        str(REPORTS / "linzi-2021.html"),
        "--input",
        str(REPORTS / "yubei-2020.docx"),
    ]
    tool = [str(Path(sys.executable).with_name("ogi")), "--lang", "en", *arguments, "--out", str(out)]
    runs = [
        subprocess.Popen(tool, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) for _ in range(2)
    ]
    said = sorted((run.wait(), run.communicate()[1]) for run in runs)
    assert said[0][0] == 0, said
    if said[1][0]:  # the second may also come so late that the first has ended
        assert "Another run is writing" in said[1][1]
    assert reader.communicate("go on\n")[0] == "1\n"
    assert reports_in(out) == 2
    assert_whole(out)


NIGHT = """
import sys
from pathlib import Path
from assets.command import build
print("ready", flush=True)
sys.stdin.readline()
summary = build([Path(sys.argv[2])], Path(sys.argv[1]), Path(sys.argv[3]), lambda *_: None)
print("done" if summary.ok else summary.problems, flush=True)
"""


def prepared(sources: Path, empty: Path, out: Path) -> subprocess.Popen[str]:
    """A night that waits to begin, so that the moment of a kill is one within it."""
    command_line = [sys.executable, "-c", NIGHT, str(sources), str(empty), str(out)]
    return subprocess.Popen(
        command_line,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def begin(night: subprocess.Popen[str]) -> None:
    assert night.stdin is not None
    assert night.stdout is not None
    assert night.stdout.readline() == "ready\n"
    night.stdin.write("\n")
    night.stdin.flush()


def test_killed_at_any_moment_loses_nothing_and_is_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    empty, out = tmp_path / "empty", tmp_path / "out"
    empty.mkdir()
    seed = int(os.environ.get("OGI_SEED", time.time_ns() % 10_000))
    source = random.Random(seed)
    with served(unvarying(offices(6))) as site:
        register = site.register(tmp_path / "sources.csv")
        nights = [prepared(register, empty, tmp_path / "control")]
        begin(nights[0])
        nights.append(prepared(register, empty, out))
        started = time.monotonic()
        assert nights[0].stdout is not None
        assert nights[0].stdout.readline() == "done\n"
        length = time.monotonic() - started
        held: set[str] = set()
        for kill in range(KILLS):
            begin(nights[-1])
            nights.append(prepared(register, empty, out))
            time.sleep(source.uniform(0, length))
            os.killpg(nights[-2].pid, signal.SIGKILL)
            nights[-2].wait()
            held = assert_nothing_lost(out, held, f"seed {seed}, kill {kill}")
        begin(nights[-1])
        assert nights[-1].stdout is not None
        assert nights[-1].stdout.readline() == "done\n", f"seed {seed}"
        assert_healed(out, tmp_path / "control", site)
    assert not (out / "alerts.log").exists()


def unvarying(made: list[Office]) -> list[Office]:
    """The offices, every copy of a page the same bytes, so that two archives can be compared."""
    for office in made:
        office.pages = {path: replace(body, changing=False) for path, body in office.pages.items()}
    return made


def assert_nothing_lost(out: Path, held: set[str], when: str) -> set[str]:
    """What was recorded is there, a reader meets a whole release or none, and the kill is told."""
    archive = Archive(str(out / "archive"))
    now_held = set(archive.held().values())
    assert held <= now_held, when
    assert all(archive.get(digest) for digest in now_held), when
    if (out / "current").exists():
        assert reports_in(out) > 0, when
    night = last_night(out)
    if night is not None and night.outcome == "running":
        assert judge(out, now()).last.code == "status_interrupted", when
    return now_held


def assert_healed(out: Path, control: Path, site: Offices) -> None:
    """The warehouse is that of a night nobody disturbed: no report lost, none twice, no table half."""
    assert_whole(out)
    for query in (
        "SELECT * FROM cells ORDER BY ALL",
        "SELECT report_id, agency_name, report_year, is_current, checks_failed FROM reports ORDER BY ALL",
        "SELECT * FROM failures ORDER BY ALL",
        "SELECT sha256, url, status FROM documents ORDER BY ALL",
    ):
        mine, its = (open_warehouse(folder).execute(query).fetchall() for folder in (out, control))
        assert mine == its, query
    asked = open_warehouse(out).execute("SELECT agency_name, report_year FROM reports").fetchall()
    assert sorted(asked) == sorted(site.published())
    manifest = Archive(str(out / "archive")).manifest()
    brought = manifest.filter(pl.col("outcome") == "CREATE")
    assert brought["url"].n_unique() == brought.height
    with only_writer(out, LOCK):
        pass


def now() -> datetime:
    return datetime.now(UTC)
