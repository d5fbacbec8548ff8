"""Two nights over a served site of offices: discovered, fetched, archived, built; the second changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import pytest

from assets import command
from assets.automation import EVERYTHING
from assets.definitions import compose
from assets.resources import Line, silent
from assets.tables import ALL_YEARS
from benchmarks.offices import Offices, offices, served
from benchmarks.site_faults import FAULTS, SITE_FAULT
from pipeline.archive import Archive
from pipeline.publish.query import open_warehouse
from pipeline.running.nights import last_night

COUNT = 40
QUICK = {
    "OGI_FETCH_ALLOW_PRIVATE": "1",
    "OGI_FETCH_REQUESTS_PER_SECOND": "200",
    "OGI_FETCH_READ_TIMEOUT": "3",
    "OGI_FETCH_WAIT_INITIAL": "0.01",
    "OGI_FETCH_WAIT_JITTER": "0",
    "OGI_FETCH_ATTEMPTS": "2",
}


def night(line: Line, progress: Callable[[str, int, int], None] = silent) -> dg.ExecuteInProcessResult:
    job = compose(line, progress).resolve_job_def(EVERYTHING)
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        return job.execute_in_process(
            instance=instance, run_config=command.QUIET, tags=ALL_YEARS, raise_on_error=False
        )


def published_files(out: Path) -> dict[str, str]:
    """Everything that scholars read, by its digest."""
    release = (out / "current").resolve()
    files = [path for folder in (release, out / "store") for path in folder.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Offices, Line, dict[str, str]]]:
    """The site after its first night, with the digests of what that night published."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch, served(offices(COUNT)) as site:
        for name, value in (QUICK | {"OGI_INBOX": str(out / "inbox"), "OGI_AS_OF": "2026-02-01"}).items():
            patch.setenv(name, value)
        line = Line(out=str(out), sources=str(site.register(out / "sources.csv")))
        assert night(line).success
        yield site, line, published_files(out)


def test_first_night_finds_and_publishes_every_report(nights: tuple[Offices, Line, dict[str, str]]) -> None:
    site, line, _ = nights
    asked = open_warehouse(line.warehouse).execute("SELECT agency_name, report_year FROM reports")
    assert set(asked.fetchall()) == site.published()
    known = {source.url for source in line.source_list() if source.kind != "listing"}
    assert any("downfile.jsp" in url for url in known)
    assert not (line.warehouse / "sample").exists()


def test_what_sites_do_is_recorded_by_name(nights: tuple[Offices, Line, dict[str, str]]) -> None:
    site, line, _ = nights
    rows = (
        open_warehouse(line.warehouse)
        .execute("SELECT stage, code, source, message_zh FROM failures")
        .fetchall()
    )
    failed = [row for row in rows if row[0] != "identify" and row[1] != "same_bytes"]
    told = {(stage, code, urlsplit(source).hostname) for stage, code, source, _ in failed}
    assert told == site.failing()
    assert {name for office in site.offices for name in office.faults} == {*FAULTS, SITE_FAULT}
    assert all(words for *_, words in rows)
    copies = [source for _, code, source, _ in rows if code == "same_bytes"]
    assert len(copies) == 2 * 9 * sum(len(o.years) > 0 for o in site.offices if o.number % 10 == 9)


def test_chinese_name_of_a_download_is_kept(nights: tuple[Offices, Line, dict[str, str]]) -> None:
    names = nights[1].archive.manifest()["file_name"].drop_nulls().to_list()
    assert "2023年报.docx" in names


def test_second_night_transfers_and_changes_nothing(nights: tuple[Offices, Line, dict[str, str]]) -> None:
    site, line, before = nights
    site.asked.clear()
    documents = set(Archive(line.archive.location).held().values())
    told: list[tuple[str, int, int]] = []
    assert night(line, lambda *stage: told.append(stage)).success
    assert told == []  # nothing had changed, so that the step that reads did not run
    plain = {office.host for office in site.offices if not site.sends_validators(office.host)}
    assert {e.path for e in site.bodies() if e.host not in plain} == set()
    assert {e.host for e in site.bodies()} == plain  # they send no validators, so their pages come again
    assert set(line.archive.held().values()) == documents
    outcomes = line.archive.manifest().filter(line.archive.manifest()["error"].is_null())["outcome"].to_list()
    assert outcomes.count("UPDATE") == 0
    assert published_files(line.warehouse) == before
    asked = [
        (e.host, e.path) for e in site.asked if e.path != "/robots.txt" and e.status not in (0, 429, 503)
    ]
    assert len(asked) == len(set(asked))  # an address that a walk asked is not fetched again in that night
    record = last_night(line.warehouse)
    assert record is not None
    assert record.outcome == "released"


def test_night_built_in_full_reads_nothing_again_and_gives_the_same_bytes(
    nights: tuple[Offices, Line, dict[str, str]],
) -> None:
    site, line, before = nights
    site.asked.clear()
    told: list[tuple[str, int, int]] = []
    full = Line(out=line.out, sources=line.sources, again=True, offline=True)
    assert night(full, lambda *stage: told.append(stage)).success
    (was_read, documents_read) = next((done, total) for stage, done, total in told if stage == "reading")
    assert was_read == documents_read > 0  # all of them before this night
    assert published_files(line.warehouse) == before
    assert site.asked == []
