"""A night on which nothing has changed computes nothing; one on which anything has, builds what it should."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets import command, resources
from assets.automation import EVERYTHING
from assets.definitions import compose
from assets.resources import Line, silent
from assets.standing import parts
from assets.tables import ALL_YEARS
from benchmarks.archive import Archived, archived
from pipeline.publish.query import open_warehouse
from pipeline.running import unchanged
from pipeline.running.nights import last_night
from pipeline.running.unchanged import MAKING, RECORD
from tests.pipeline.test_nights import published_files

DOCUMENTS = 60
ASKED_FIRST = {"discovered_sources", "fetched_sources", "raw_documents"}
"""The steps of a night on which nothing has changed."""


class Nights:
    """One archive, and the nights over it."""

    def __init__(self, archive: Archived) -> None:
        self.archive = archive
        self.out = archive.out
        self.instance = dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}})
        self.read = 0

    def line(self, **settings: object) -> Line:
        """Where the nights read and write."""
        common = {"out": str(self.out), "sources": str(self.archive.register), "offline": True}
        return Line(**common | settings)

    def night(self, **settings: object) -> set[str]:
        """Runs a night that ends well; returns the steps that ran."""
        result = self.result(**settings)
        assert result.success, list(command._problems(result))
        return {event.step_key or "" for event in result.all_events if event.is_step_start}

    def result(self, **settings: object) -> dg.ExecuteInProcessResult:
        """Runs a night, and counts what it reads."""
        told = [(0, 0)]
        line = compose(self.line(**settings), lambda stage, done, total: told.append((done, total)))
        result = self.made(line.resolve_job_def(EVERYTHING))
        self.read = told[-1][1] - told[min(1, len(told) - 1)][0]
        return result

    def made(self, job: dg.JobDefinition, *names: str) -> dg.ExecuteInProcessResult:
        """Runs a job, whole or for some assets."""
        return job.execute_in_process(
            instance=self.instance,
            run_config=command.QUIET,
            tags=ALL_YEARS if not names else None,
            raise_on_error=False,
            asset_selection=[dg.AssetKey(name) for name in names] or None,
        )

    def changed(self, **settings: object) -> list[str]:
        """What a night would find changed."""
        line = self.line(**settings)
        return unchanged.changes(self.out, parts(line, line.raw_frame()))

    def reports(self) -> int:
        """How many reports the release has."""
        row = open_warehouse(self.out).execute("SELECT count(*) FROM reports").fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """An archive of sixty documents after its first night."""
    with pytest.MonkeyPatch.context() as patch:
        out = tmp_path_factory.mktemp("out")
        patch.setenv("OGI_INBOX", str(out / "inbox"))
        patch.setenv("OGI_CORRECTIONS", str(out / "corrections.csv"))
        patch.setenv("OGI_AS_OF", "2026-05-01")
        # The code may be edited while the tests run; that it counts is told by a test of its own.
        patch.setattr(unchanged, "_code", lambda folders: ["the code"])
        nights = Nights(archived(out, DOCUMENTS))
        assert nights.night() > ASKED_FIRST
        assert nights.read == DOCUMENTS
        assert nights.reports() == DOCUMENTS
        yield nights


def test_a_night_without_change_runs_no_step_after_the_documents(nights: Nights) -> None:
    before = published_files(nights.out)
    made = nights.instance.get_latest_materialization_event(dg.AssetKey("warehouse"))
    assert made is not None
    assert nights.night() == ASKED_FIRST
    assert published_files(nights.out) == before
    record = last_night(nights.out)
    assert record is not None
    assert record.outcome == "released"
    for name in ("parquet_store", "warehouse"):  # freshness is counted from the last of these events
        event = nights.instance.get_latest_materialization_event(dg.AssetKey(name))
        assert event is not None
        assert event.timestamp > made.timestamp
    # With the same versions, of itself and of what it was made from, nothing is told to be out of date.
    confirmed, before_it = event.asset_materialization, made.asset_materialization
    assert confirmed is not None
    assert before_it is not None
    assert dict(confirmed.tags or {}).items() >= dict(before_it.tags or {}).items()
    # A check that was passed over is no failure, and what it said last still counts.
    key = dg.AssetCheckKey(dg.AssetKey("cells"), "definition")
    summary = nights.instance.event_log_storage.get_asset_check_summary_records([key])[key]
    assert summary.last_completed_check_execution_record is not None
    assert summary.last_completed_check_execution_record.status.value == "SUCCEEDED"


def test_what_a_release_is_made_from_is_told_by_name(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = nights.changed
    assert changed() == []
    assert changed(as_of="2026-12-31") == []
    assert changed(as_of="2027-02-01") == ["due_dates"]  # those of all but governments were due
    with monkeypatch.context() as patch:
        patch.setenv("OGI_CORRECTIONS", str(Path(__file__).parents[2] / "data" / "corrections.csv"))
        patch.setenv("OGI_READ_SECONDS", "61")
        assert changed() == ["corrections", "settings"]
    with monkeypatch.context() as patch:
        patch.setattr(unchanged, "_code", lambda folders: ["the code", "one more definition"])
        patch.setattr(unchanged, "_libraries", lambda: "another library")
        assert changed() == ["code", "libraries"]
    with monkeypatch.context() as patch:
        patch.setattr(unchanged, "reading_version", lambda media_type: "another version of the readers")
        assert changed() == ["code"]
    assert changed() == []


@pytest.mark.parametrize(
    "lost",
    ["current", "releases", "store", "store/manifest.json", "staging/cells.parquet", "review/index.html"],
)
def test_what_no_longer_stands_is_noticed(nights: Nights, lost: str) -> None:
    path, aside = nights.out / lost, nights.out / "moved away"
    path.rename(aside)
    assert nights.changed() == ["standing"]
    aside.rename(path)
    assert nights.changed() == []


def test_one_new_document_is_read_and_built(nights: Nights) -> None:
    nights.archive.add(DOCUMENTS + 1, DOCUMENTS + 2)
    assert nights.changed() == ["documents", "sources"]
    assert nights.night() > ASKED_FIRST
    assert nights.read == 1
    assert nights.reports() == DOCUMENTS + 1
    assert nights.changed() == []


def test_a_release_that_is_gone_is_built_again(nights: Nights) -> None:
    before = set(published_files(nights.out).values())
    shutil.rmtree(nights.out / "releases")
    assert nights.night() > ASKED_FIRST
    assert nights.read == 0
    same = set(published_files(nights.out).values()) & before
    assert len(same) >= len(before) - 2  # a release made anew has another time in its record and its database
    assert nights.changed() == []


def test_the_page_can_ask_for_a_full_build() -> None:
    config = {"ops": {"raw_documents": {"config": {"again": True}}}}
    assert dg.validate_run_config(compose(Line()).resolve_job_def(EVERYTHING), config)


def test_a_failing_check_leaves_no_record(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    write = resources.write_frame

    def spoiled(path: Path, frame: object) -> None:
        write(path, frame.drop("level") if path.stem == "agencies" else frame)  # type: ignore[attr-defined]

    monkeypatch.setattr(resources, "write_frame", spoiled)
    assert not nights.result(again=True).success
    assert not (nights.out / RECORD).exists()
    assert json.loads((nights.out / MAKING).read_text())["release"] == ""
    assert nights.changed() == ["nothing_made"]


def test_the_command_builds_again_when_asked_and_says_when_nothing_has_changed(nights: Nights) -> None:
    def build(*, again: bool = False) -> command.Summary:
        register = nights.archive.register
        return command.build(None, register, nights.out, silent, offline=True, again=again)

    assert build().ok
    before = published_files(nights.out)
    summary = build()
    assert summary.ok
    english, chinese = summary.notes[0]
    assert "Nothing has changed" in english
    assert "没有任何变化" in chinese
    assert sum(summary.statuses.values()) == nights.reports()
    again = build(again=True)
    assert again.ok
    assert "Nothing" not in again.notes[0][0]
    assert published_files(nights.out) == before


def test_assets_made_by_hand_are_no_good_night(nights: Nights) -> None:
    assert nights.changed() == []
    job = compose(nights.line()).resolve_implicit_global_asset_job_def()
    assert nights.made(job, "agencies").success
    assert nights.changed() == ["standing"]
    assert nights.made(job, "raw_documents", "review").success  # what was made in between is not known
    assert nights.changed() == ["nothing_made"]
