from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from threading import Thread

import polars as pl
import pytest

from pipeline.archive import Archive
from pipeline.deposits import deposit
from pipeline.manifest import MANIFEST_SCHEMA, ManifestRow, Outcome
from pipeline.objects import ArchiveError, object_path

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PAGE = "<html><body><p>某区人民政府办公室</p></body></html>".encode()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "raw store 原始")


def stored_files(archive: Archive, folder: str) -> list[Path]:
    return [p for p in (Path(archive.location) / folder).rglob("*") if p.is_file()]


def test_same_bytes_twice_are_one_object(archive: Archive) -> None:
    first, second = archive.put(PDF), archive.put(PDF)
    assert first == second
    assert archive.get(first) == PDF
    assert Path(archive.locate(first)).read_bytes() == PDF
    assert len(stored_files(archive, "objects")) == 1


def test_missing_object_and_no_hash_are_named(archive: Archive) -> None:
    for digest in ("0" * 64, "../../etc/passwd", "A" * 64):
        with pytest.raises(ArchiveError) as caught:
            archive.get(digest)
        assert caught.value.code == "archive_missing"
    assert not archive.has("0" * 64)


def test_object_changed_on_disk_is_noticed_and_one_cut_short_is_mended(archive: Archive) -> None:
    digest = archive.put(PDF)
    stored = Path(archive.locate(digest))
    stored.write_bytes(PDF[:-1] + b"!")
    with pytest.raises(ArchiveError) as caught:
        archive.get(digest)
    assert caught.value.code == "archive_corrupt"
    stored.write_bytes(b"")
    archive.put(PDF)
    assert archive.get(digest) == PDF


def test_location_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(ArchiveError) as caught:
        Archive(tmp_path / "taken").put(PDF)
    assert caught.value.code == "archive_failed"
    assert "taken" in str(caught.value)


def test_memory_store_is_only_another_address() -> None:
    archive = Archive("memory:///")
    digest = archive.put(PAGE)
    assert archive.get(digest) == PAGE
    archive.record([ManifestRow(url="http://a.example/", outcome="CREATE", sha256=digest)])
    assert archive.manifest().height == 1


def test_empty_manifest_has_its_columns(archive: Archive) -> None:
    assert archive.manifest().schema == pl.Schema(MANIFEST_SCHEMA)
    assert archive.latest().height == 0


def test_deposits_create_update_and_repeat(archive: Archive, tmp_path: Path) -> None:
    file, twin = tmp_path / "报告.pdf", tmp_path / "twin.pdf"
    file.write_bytes(PDF)
    twin.write_bytes(PDF)
    first = deposit(archive, [file, twin])
    assert [row.outcome for row in first] == ["CREATE", "CREATE"]
    assert first[0].sha256 == first[1].sha256
    assert first[0].media_type == "application/pdf"
    assert first[0].file_name == "报告.pdf"
    assert deposit(archive, [file])[0].outcome == "UNCHANGED"
    file.write_bytes(PAGE)
    changed = deposit(archive, [file])[0]
    assert (changed.outcome, changed.previous_sha256) == ("UPDATE", first[0].sha256)
    latest = archive.latest().filter(pl.col("file_name") == "报告.pdf")
    assert latest["sha256"].to_list() == [changed.sha256]
    assert archive.manifest().height == 4


def test_bad_files_are_rows_and_the_rest_goes_on(archive: Archive, tmp_path: Path) -> None:
    good, empty, large = tmp_path / "good.pdf", tmp_path / "empty", tmp_path / "large"
    good.write_bytes(PDF)
    empty.write_bytes(b"")
    large.write_bytes(b"x" * 2000)
    rows = deposit(archive, [tmp_path / "none", tmp_path, empty, large, good], max_bytes=1000)
    assert [row.error for row in rows] == ["missing_file", "not_a_file", "empty_file", "too_large", None]
    assert archive.manifest()["outcome"].to_list().count("FAILED") == 4


def test_name_in_gbk_bytes_is_read(archive: Archive, tmp_path: Path) -> None:
    file = os.fsencode(tmp_path) + b"/" + "年报.html".encode("gb18030")
    try:
        Path(os.fsdecode(file)).write_bytes(PAGE)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert deposit(archive, [Path(os.fsdecode(file))])[0].file_name == "年报.html"
    assert archive.manifest()["file_name"].to_list() == ["年报.html"]


def test_latest_remembers_what_is_held_after_a_failure(archive: Archive) -> None:
    url, digest = "http://a.example/x", archive.put(PAGE)
    archive.record([ManifestRow(url=url, outcome="CREATE", sha256=digest, etag='"1"', final_url=url)])
    archive.record([ManifestRow(url=url, outcome="FAILED", error="timeout", previous_sha256=digest)])
    latest = archive.latest().row(0, named=True)
    assert (latest["outcome"], latest["sha256"]) == ("FAILED", None)
    assert (latest["held_sha256"], latest["held_etag"]) == (digest, '"1"')
    assert latest["held_fetched_at"] < latest["fetched_at"]
    assert archive.held() == {url: digest}


def test_compaction_keeps_every_row_once(archive: Archive) -> None:
    for number in range(12):
        archive.record([ManifestRow(url=f"http://a.example/{number}", outcome="FAILED", error="timeout")])
    before = archive.manifest()
    part = stored_files(archive, "manifest")[0]
    kept = part.read_bytes()
    assert archive.compact(above=12) == 0
    assert archive.compact() == 12
    part.write_bytes(kept)  # As if the compaction had died before it removed this one.
    assert archive.manifest().equals(before)
    archive.compact()
    assert len(stored_files(archive, "manifest")) == 1
    assert archive.manifest().equals(before)


def test_compaction_puts_visits_that_tell_nothing_aside(archive: Archive) -> None:
    """A hundred thousand addresses leave as many rows a night; only the telling ones are read every night."""
    url, digest = "http://a.example/x", archive.put(PAGE)
    outcomes: list[Outcome] = ["CREATE", *["UNCHANGED"] * 3, "UPDATE", *["UNCHANGED"] * 2, "FAILED", "FAILED"]
    for number, outcome in enumerate(outcomes):
        sha256 = None if outcome == "FAILED" else digest
        archive.record([ManifestRow(url=url, outcome=outcome, sha256=sha256, etag=str(number))])
    before, latest = archive.manifest(), archive.latest()
    archive.compact()
    assert archive.telling()["etag"].to_list() == ["0", "4", "6", "8"]
    assert archive.manifest().equals(before)
    assert archive.latest().equals(latest)
    archive.record([ManifestRow(url=url, outcome="UNCHANGED", sha256=digest, etag="9")])
    archive.compact()
    assert archive.telling()["etag"].to_list() == ["0", "4", "9"]
    assert archive.manifest().height == len(outcomes) + 1
    assert archive.latest()["held_etag"].to_list() == ["9"]


def test_file_that_stands_as_it_was_is_not_taken_again(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "年报.html"
    file.write_bytes(PAGE)
    monkeypatch.setattr("pipeline.deposits.SETTLED_SECONDS", 3600.0)
    deposit(archive, [file])
    assert deposit(archive, [file])[0].outcome == "UNCHANGED"
    assert archive.manifest().height == 2  # changed so lately that its times do not vouch for it
    monkeypatch.setattr("pipeline.deposits.SETTLED_SECONDS", 0.0)
    deposit(archive, [file])
    row = deposit(archive, [file])[0]
    assert (row.outcome, row.sha256) == ("UNCHANGED", sha256(PAGE).hexdigest())
    assert archive.manifest().height == 3
    stat = file.stat()
    file.write_bytes(PAGE[:-1] + b"!")
    os.utime(
        file, ns=(stat.st_atime_ns, stat.st_mtime_ns)
    )  # another file of the same size and time of change
    assert deposit(archive, [file])[0].outcome == "UPDATE"
    (object_file,) = [path for path in stored_files(archive, "objects") if path.read_bytes().endswith(b"!")]
    object_file.write_bytes(b"cut")  # what a power failure leaves is mended while the file is still there
    assert deposit(archive, [file])[0].outcome == "UNCHANGED"
    assert object_file.read_bytes().endswith(b"!")


@pytest.mark.parametrize("content", [b"", b'{"row_id": ', b'{"row_id": \n', b"\x00\n"])
def test_damaged_manifest_object_is_named(archive: Archive, content: bytes) -> None:
    for number in range(3):
        archive.record([ManifestRow(url=f"http://a.example/{number}", outcome="FAILED")])
    part = sorted(stored_files(archive, "manifest"))[1]
    part.write_bytes(content)
    with pytest.raises(ArchiveError) as caught:
        archive.manifest()
    assert caught.value.code == "manifest_damaged"
    assert part.name in str(caught.value)


DEPOSITOR = """
import sys
from pathlib import Path
from pipeline.archive import Archive
from pipeline.deposits import deposit
archive, folder = Archive(sys.argv[1]), Path(sys.argv[2])
for number in range(100_000):
    file = folder / f"{sys.argv[3]}-{number}.html"
    file.write_bytes(f"<html><p>{sys.argv[3]} {number}</p>".encode() * 400)
    deposit(archive, [file])
    print(number, flush=True)
    if number % 5 == 4:
        archive.compact()
"""


def start_depositor(archive: Archive, inbox: Path, name: str) -> subprocess.Popen[str]:
    inbox.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", DEPOSITOR, str(archive.location), str(inbox), name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def lines_until(process: subprocess.Popen[str], last: int) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= last:
            return int(line)
    raise AssertionError("the depositor ended early")


def hold_what_was_recorded(archive: Archive, process: subprocess.Popen[str], inbox: Path) -> None:
    """Holds an archive to what a depositor had recorded until it was killed, and goes on in its place."""
    confirmed = [int(line) for line in process.stdout or []]
    process.wait(timeout=5)
    rows = archive.manifest()
    assert rows.height >= 7 + len(confirmed)
    assert rows["row_id"].n_unique() == rows.height
    for digest in rows["sha256"]:
        archive.get(digest)
    deposit(archive, sorted(inbox.iterdir()))


def test_kill_while_depositing_loses_nothing_recorded(archive: Archive, tmp_path: Path) -> None:
    process = start_depositor(archive, tmp_path / "inbox", "killed")
    lines_until(process, 6)
    time.sleep(0.013)
    process.send_signal(signal.SIGKILL)
    hold_what_was_recorded(archive, process, tmp_path / "inbox")
    stored = [p for p in stored_files(archive, "objects") if "#" not in p.name]
    assert {p.name for p in stored} == set(archive.latest()["held_sha256"])
    assert all(archive.get(p.name) for p in stored)


def test_two_writers_at_once_keep_all_rows(archive: Archive, tmp_path: Path) -> None:
    processes = [start_depositor(archive, tmp_path / name, name) for name in ("one", "two")]
    reached = [0, 0]

    def follow(place: int) -> None:
        reached[place] = lines_until(processes[place], 12)

    threads = [Thread(target=follow, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        archive.manifest()  # A reader beside them never sees a torn state.
        thread.join(timeout=20)
    for process in processes:
        process.kill()
        process.wait(timeout=5)
    names = set(archive.manifest()["file_name"])
    for name, last in zip(("one", "two"), reached, strict=True):
        assert last >= 12
        assert {f"{name}-{number}.html" for number in range(last + 1)} <= names


def test_object_path_is_spread_over_folders() -> None:
    assert object_path("ab" * 32) == f"objects/ab/{'ab' * 32}"
