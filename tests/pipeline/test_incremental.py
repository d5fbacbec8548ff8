"""A night on which nothing has changed computes nothing; one on which anything has, builds what it should."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets import command, resources
from assets.automation import EVERYTHING
from assets.definitions import compose
from assets.resources import Line, silent
from assets.tables import ALL_YEARS
from benchmarks.archive import Archived, archived
from pipeline import unchanged
from pipeline.nights import last_night
from pipeline.publish.query import open_warehouse
from pipeline.unchanged import MAKING, RECORD
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

    def night(self, progress: Callable[[str, int, int], None] = silent, **settings: object) -> set[str]:
        """Runs a night that ends well; returns the steps that ran."""
        result = self.result(progress, **settings)
        assert result.success, list(command._problems(result))
        return {event.step_key or "" for event in result.all_events if event.is_step_start}

    def result(
        self, progress: Callable[[str, int, int], None] = silent, **settings: object
    ) -> dg.ExecuteInProcessResult:
        """Runs a night."""
        told: list[tuple[int, int]] = []

        def tell(stage: str, done: int, total: int) -> None:
            told.append((done, total))

        line = Line(
            **{"out": str(self.out), "sources": str(self.archive.register), "offline": True, **settings}
        )
        result = (
            compose(line, tell)
            .resolve_job_def(EVERYTHING)
            .execute_in_process(
                instance=self.instance, run_config=command.QUIET, tags=ALL_YEARS, raise_on_error=False
            )
        )
        self.read = told[-1][1] - told[0][0] if told else 0
        return result

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
        nights = Nights(archived(out, DOCUMENTS))
        assert nights.night() > ASKED_FIRST
        assert nights.read == DOCUMENTS
        assert nights.reports() == DOCUMENTS
        yield nights


def test_a_night_without_change_runs_no_step_after_the_documents(nights: Nights) -> None:
    before = published_files(nights.out)
    made = nights.instance.get_latest_materialization_event(dg.AssetKey("warehouse"))
    assert nights.night() == ASKED_FIRST
    assert published_files(nights.out) == before
    record = last_night(nights.out)
    assert record is not None
    assert record.outcome == "released"
    for name in ("parquet_store", "warehouse"):  # freshness is counted from the last of these events
        event = nights.instance.get_latest_materialization_event(dg.AssetKey(name))
        assert event is not None
        assert made is not None
        assert event.timestamp > made.timestamp


def test_a_day_counts_only_by_the_due_dates_that_have_passed(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nights.night(as_of="2026-12-31") == ASKED_FIRST
    assert nights.night(as_of="2027-02-01") > ASKED_FIRST  # reports for 2026 of all but governments were due
    assert nights.read == 0
    assert nights.night() > ASKED_FIRST


def test_one_new_document_is_read_and_built(nights: Nights) -> None:
    nights.archive.add(DOCUMENTS, DOCUMENTS + 1)
    assert nights.night() > ASKED_FIRST
    assert nights.read == 1
    assert nights.reports() == DOCUMENTS + 1
    assert nights.night() == ASKED_FIRST


def test_a_changed_correction_is_built_and_nothing_read(nights: Nights) -> None:
    shutil.copyfile(Path(__file__).parents[2] / "data" / "corrections.csv", nights.out / "corrections.csv")
    assert nights.night() > ASKED_FIRST
    assert nights.read == 0
    assert nights.night() == ASKED_FIRST


def test_another_version_of_the_readers_or_of_the_line_is_built(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = unchanged._code
    monkeypatch.setattr(unchanged, "_code", lambda folders: [*code(folders), "one more definition"])
    assert nights.night() > ASKED_FIRST
    assert nights.night() == ASKED_FIRST
    monkeypatch.undo()
    monkeypatch.setenv("OGI_INBOX", str(nights.out / "inbox"))
    assert nights.night() > ASKED_FIRST


@pytest.mark.parametrize("lost", ["current", "releases", "store", "staging/cells.parquet", "review"])
def test_what_no_longer_stands_is_built_again(nights: Nights, lost: str) -> None:
    before = set(published_files(nights.out).values())
    path = nights.out / lost
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    assert nights.night() > ASKED_FIRST
    assert nights.read == 0
    same = set(published_files(nights.out).values()) & before
    assert len(same) >= len(before) - 2  # a release made anew has another time in its record and its database
    assert nights.night() == ASKED_FIRST


def test_asked_for_again_it_is_built_in_full(nights: Nights) -> None:
    before = published_files(nights.out)
    assert nights.night(again=True) > ASKED_FIRST
    assert published_files(nights.out) == before


def test_a_failing_check_leaves_no_record(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    write = resources.write_frame

    def spoiled(path: Path, frame: object) -> None:
        write(path, frame.head(0).drop("level") if path.stem == "agencies" else frame)  # type: ignore[attr-defined]

    monkeypatch.setattr(resources, "write_frame", spoiled)
    assert not nights.result(again=True).success
    assert not (nights.out / RECORD).exists()
    assert json.loads((nights.out / MAKING).read_text())["release"] == ""
    monkeypatch.setattr(resources, "write_frame", write)
    assert nights.night() > ASKED_FIRST
    assert nights.night() == ASKED_FIRST


def test_one_asset_made_by_hand_is_no_good_night(nights: Nights) -> None:
    line = Line(out=str(nights.out), sources=str(nights.archive.register), offline=True)
    job = compose(line).resolve_implicit_global_asset_job_def()
    done = job.execute_in_process(
        instance=nights.instance, run_config=command.QUIET, asset_selection=[dg.AssetKey("agencies")]
    )
    assert done.success
    assert nights.night() > ASKED_FIRST
    assert nights.night() == ASKED_FIRST


def test_the_command_says_that_nothing_has_changed(nights: Nights) -> None:
    register = nights.archive.register
    summary = command.build(None, register, nights.out, silent, offline=True)
    assert summary.ok
    english, chinese = summary.notes[0]
    assert "Nothing has changed" in english
    assert "没有任何变化" in chinese
    assert sum(summary.statuses.values()) == nights.reports()
    again = command.build(None, register, nights.out, silent, offline=True, again=True)
    assert again.ok
    assert "Nothing" not in again.notes[0][0]
