"""The archive in an object store on 127.0.0.1: what holds for a folder holds there, whatever the store lacks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import polars as pl
import pytest

from pipeline.archive import Archive
from pipeline.batch import UNREACHABLE_LIMIT, read_all
from pipeline.fetch.sources import Source
from pipeline.intake import fetched_documents, items
from pipeline.manifest import ManifestRow
from pipeline.objects import ArchiveError, object_path
from pipeline.running.items import UNSETTLED, Item, read_item, read_packed
from pipeline.running.remember import Memory, read_documents
from tests.bucket import PAGE, Bucket, served_bucket
from tests.integration.test_archive import hold_what_was_recorded, lines_until, start_depositor

TEXT = "某市某区财政局2023年政府信息公开工作年度报告".encode()
URL = "https://www.example.invalid/2023.txt"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with served_bucket() as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        yield served


def refused(code: str, reading: object, *arguments: object) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        reading(*arguments)  # type: ignore[operator]
    assert caught.value.code == code
    return caught.value


def test_bytes_go_in_once_and_come_out_by_their_hash(bucket: Bucket) -> None:
    archive = Archive(bucket.url())
    digest = archive.put(TEXT)
    assert archive.put(TEXT) == digest
    assert archive.get(digest) == TEXT
    assert archive.locate(digest) == f"{bucket.url()}/{object_path(digest)}"
    assert [method for method, _ in bucket.asked].count("PUT") == 1
    assert not archive.has("0" * 64)
    refused("archive_missing", archive.get, "0" * 64)
    bucket.objects[f"raw/store/{object_path(digest)}"] = TEXT[:9]
    refused("archive_corrupt", archive.get, digest)
    archive.put(TEXT)  # what was cut short is mended
    assert archive.get(digest) == TEXT


@pytest.mark.parametrize("conditions", ["etag", "disabled"])
def test_rows_are_kept_listed_over_pages_and_gathered(
    bucket: Bucket, conditions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", conditions)
    bucket.has_conditions = conditions == "etag"
    archive = Archive(bucket.url())
    for number in range(PAGE + 20):
        archive.record([ManifestRow(f"http://a.example/{number}", "FAILED", error="timeout")])
    before = archive.manifest()
    assert before.height == PAGE + 20
    assert archive.compact() == PAGE + 20
    assert len(bucket.below("manifest")) < 5
    assert archive.manifest().equals(before)
    archive.write_register("found_sources.json", b"[]")
    assert archive.register("found_sources.json") == b"[]"
    assert archive.get(archive.put(TEXT)) == TEXT


def test_write_whose_answer_was_lost_is_done_once(bucket: Bucket) -> None:
    archive = Archive(bucket.url())
    bucket.lost_answers = 1
    digest = archive.put(TEXT)
    bucket.lost_answers = 1
    archive.record([ManifestRow(URL, "CREATE", sha256=digest)])
    assert archive.get(digest) == TEXT
    assert archive.manifest().height == 1


def test_kill_while_depositing_leaves_no_row_without_its_object(bucket: Bucket, tmp_path: Path) -> None:
    archive = Archive(bucket.url())
    process = start_depositor(archive, tmp_path / "inbox", "killed")
    lines_until(process, 6)
    process.kill()
    hold_what_was_recorded(archive, process, tmp_path / "inbox")
    assert len(bucket.below("objects")) == archive.latest()["held_sha256"].drop_nulls().n_unique()


def test_bucket_that_is_not_there_and_store_that_refuses_are_told(bucket: Bucket) -> None:
    absent = Archive("s3://no-such-bucket/x")
    for reading in (absent.manifest, lambda: absent.put(TEXT), lambda: absent.write_register("a", b"1")):
        assert "no-such-bucket" in str(refused("archive_failed", reading))
    bucket.refusal = 403
    for reading in (Archive(bucket.url()).manifest, lambda: Archive(bucket.url()).has("0" * 64)):
        refused("archive_failed", reading)


def archived(bucket: Bucket, *texts: bytes) -> pl.DataFrame:
    """The raw documents of an archive that fetched some texts."""
    archive = Archive(bucket.url())
    sources = [Source(f"s{number}", f"{URL}?{number}") for number in range(len(texts))]
    for source, text in zip(sources, texts, strict=True):
        row = ManifestRow(source.url, "CREATE", source.source_id, source.url, 200, sha256=archive.put(text))
        archive.record([row])
    return fetched_documents(sources, archive)


def code(item: Item) -> str:
    report = read_item(item)
    return report.failure.message.code if report.failure else ""


def test_readers_take_objects_by_address_and_tell_what_is_wrong_with_them(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    (item,) = items(archived(bucket, TEXT))
    report = read_item(item)
    assert (report.sha256, report.size) == (item.sha256, len(TEXT))
    key = f"raw/store/{object_path(item.sha256)}"
    bucket.objects[key] = TEXT + b"!"
    assert code(item) == "archive_corrupt"
    monkeypatch.setattr("pipeline.running.items.MAX_BYTES", 10)
    assert code(item) == "too_large"
    del bucket.objects[key]
    assert code(item) == "archive_missing"
    bucket.refusal = 403
    assert code(item) == "archive_unreachable"
    told = read_item(item).failure
    assert told is not None
    assert bucket.name not in told.message.text()
    assert str(bucket.port) not in told.message.text("zh")
    assert {"archive_missing", "archive_corrupt", "archive_unreachable"} <= UNSETTLED


def test_what_the_archive_did_not_give_is_not_remembered_and_a_move_forgets_nothing(
    bucket: Bucket, tmp_path: Path
) -> None:
    raw = archived(bucket, TEXT, TEXT * 2)
    lost = f"raw/store/{object_path(raw['sha256'][0])}"
    data = bucket.objects.pop(lost)
    asked: list[str] = []

    def read(given):
        for item in given:
            asked.append(item.source)
            yield read_item(item)

    frames = read_documents(raw, Memory(tmp_path), read)
    assert "archive_missing" in frames["failures"]["code"]
    bucket.objects[lost] = data
    read_documents(raw, Memory(tmp_path), read)
    assert asked == [*raw["source"], raw["source"][0]]
    moved = raw.with_columns(location="/elsewhere/" + raw["sha256"])
    read_documents(moved, Memory(tmp_path), read)
    assert len(asked) == 3


class Here:
    """Takes calls in this process, as a far machine would."""

    def submit(self, function, /, *arguments):
        future = Future()
        future.set_result(read_packed(arguments[0]))
        return future

    def shutdown(self, wait: bool = True) -> None:
        pass


def test_archive_that_gives_nothing_ends_the_reading(bucket: Bucket) -> None:
    given = items(archived(bucket, *(TEXT * (number + 1) for number in range(UNREACHABLE_LIMIT))))
    assert len(list(read_all(given, executor=Here()))) == UNREACHABLE_LIMIT
    bucket.refusal = 403
    refused("archive_silent", lambda: list(read_all(given, executor=Here())))
