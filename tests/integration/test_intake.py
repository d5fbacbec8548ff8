"""Files given, dropped in and fetched become the list of documents to read, from the archive alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.resources import Line
from pipeline.archive import Archive
from pipeline.fetch.found import add_found, all_sources, found_sources
from pipeline.fetch.resting import resting
from pipeline.fetch.sources import Source
from pipeline.intake import INBOX, fetched_documents, inbox_documents, intake_failures
from pipeline.manifest import ManifestRow

URL = "https://www.example.invalid/2023.html"
SOURCE = Source("s1", URL)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def bring(archive: Archive, text: str, outcome: str) -> str:
    digest = archive.put(text.encode())
    archive.record([ManifestRow(URL, outcome, "s1", URL, 200, sha256=digest, bytes=len(text))])  # type: ignore[arg-type]
    return digest


def refuse(archive: Archive, code: str, outcome: str = "FAILED", **row: object) -> None:
    archive.record([ManifestRow(URL, outcome, "s1", error=code, error_details='{"status": 404}', **row)])  # type: ignore[arg-type]


def test_dropped_file_stays_when_it_is_cleared_away_and_when_the_inbox_moves(
    archive: Archive, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "某局").mkdir(parents=True)
    (inbox / "某局" / "2023 年报.txt").write_text("年报", encoding="utf-8")
    (inbox / "empty.txt").write_text("")
    first = inbox_documents(inbox, archive)
    held = first.filter(first["error"].is_null())
    assert held["source"].to_list() == ["inbox/某局/2023 年报.txt"]
    assert intake_failures(first).select("source", "stage", "code").rows() == [
        ("inbox/empty.txt", "read", "empty_file")
    ]
    (inbox / "empty.txt").unlink()
    (inbox / "某局" / "2023 年报.txt").unlink()
    assert inbox_documents(inbox, archive).equals(held)
    moved = inbox_documents(tmp_path / "elsewhere" / "inbox", archive)
    assert moved["sha256"].to_list() == held["sha256"].to_list()
    assert set(archive.manifest()["source_id"]) == {INBOX}


def test_changed_file_of_the_inbox_is_a_second_version(archive: Archive, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for text in ("one", "two", "one"):
        (inbox / "a.txt").write_text(text)
        frame = inbox_documents(inbox, archive)
    assert frame["source"].to_list() == ["inbox/a.txt"] * 2
    assert frame["sha256"].n_unique() == 2


def test_the_sample_is_built_only_where_there_is_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    monkeypatch.setenv("OGI_INBOX", str(inbox))
    monkeypatch.delenv("OGI_INPUT", raising=False)
    line = Line(out=str(tmp_path / "out"))
    assert line.raw_frame().height == 13
    inbox.mkdir()
    (inbox / "a.txt").write_text("年报", encoding="utf-8")
    assert line.raw_frame()["source"].to_list() == ["inbox/a.txt"]
    (inbox / "b").mkdir()
    given = Line(out=str(tmp_path / "out"), inputs=[str(inbox / "b")])
    assert given.raw_frame().is_empty()


def test_every_version_of_an_address_is_read_and_its_last_refusal_told(archive: Archive) -> None:
    first = bring(archive, "first", "CREATE")
    second = bring(archive, "second", "UPDATE")
    refuse(archive, "http_404", "GONE")
    frame = fetched_documents([SOURCE], archive)
    assert frame["sha256"].to_list() == [first, second, None]
    failures = intake_failures(frame).select("source", "stage", "code").rows()
    assert failures == [(URL, "fetch", "http_404")]
    bring(archive, "first", "UPDATE")
    again = fetched_documents([SOURCE], archive)
    assert again["sha256"].to_list() == [second, first]  # it came back, and is the newest now
    assert intake_failures(again).is_empty()


def test_refusals_rest_and_what_may_pass_does_not(archive: Archive) -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    refuse(archive, "server_error")
    assert resting(archive, now) == {}
    refuse(archive, "challenge_page")
    assert resting(archive, now) == {URL: "challenge_page"}
    assert resting(archive, now + timedelta(days=26)) == {}
    assert resting(archive, now, recheck=True) == {}
    bring(archive, "first", "CREATE")
    refuse(archive, "http_404", "GONE")
    assert resting(archive, now, recheck=True) == {URL: "http_404"}  # its report was got: no need to press


def test_found_sources_are_kept_apart_from_the_register_of_people(archive: Archive) -> None:
    bare = Source("a", URL, "report")
    told = Source("b", URL, "report", "某市某区财政局", 2023)
    assert add_found(archive, [bare]) == (bare,)
    (known,) = add_found(archive, [told])
    assert (known.source_id, known.agency_name, known.report_year) == ("a", "某市某区财政局", 2023)
    assert found_sources(archive) == (known,)
    assert all_sources([SOURCE], archive) == (SOURCE,)
