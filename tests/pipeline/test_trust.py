"""A build says where its numbers went, and refuses to publish when reading got worse or a cell was lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from click.testing import CliRunner

from assets import checks, command
from assets.checks import trend
from pipeline.cli import main
from pipeline.publish.query import open_warehouse
from pipeline.publish.warehouse import current_release
from pipeline.typeset import Style, typeset
from tests.flawed import LEAF, shifted, sound

HEADER = "document,table,row,column,printed,corrected,reason,source,who,when\n"
JUDGED = "slip,sums,me,2024-05-01"
UNCHANGED = ("cells", "applications", "check_results")


class Works:
    """One warehouse that is built again and again, in this process, under one instance of Dagster."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance, patch: pytest.MonkeyPatch) -> None:
        self.inputs, self.out, self.corrections = folder / "in", folder / "out", folder / "corrections.csv"
        self.instance, self.patch = instance, patch
        self.inputs.mkdir()
        self.corrections.write_text(HEADER, encoding="utf-8")
        patch.setenv("OGI_CORRECTIONS", str(self.corrections))
        patch.setattr(command, "_instance", lambda: self)

    def __enter__(self) -> dg.DagsterInstance:
        return self.instance

    def __exit__(self, *_: object) -> None:
        """The instance lives on."""

    def build(self) -> tuple[int, str]:
        """Runs `ogi build`; its exit code and what it says."""
        arguments = ["build", "--input", str(self.inputs), "--out", str(self.out)]
        result = CliRunner().invoke(main, ["--lang", "en", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.stderr

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """A question to the warehouse."""
        with open_warehouse(self.out) as connection:
            return connection.execute(sql).fetchall()

    def told(self, asset: str, check: str) -> dict[str, Any]:
        """The metadata of a check's last evaluation."""
        key = dg.AssetCheckKey(dg.AssetKey(asset), check)
        (record,) = self.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
        assert record.event
        assert record.event.dagster_event
        data = record.event.dagster_event.asset_check_evaluation_data
        return {name: entry.value for name, entry in data.metadata.items()}


@pytest.fixture
def works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Works]:
    """A warehouse to build, its input one report with a wrong number."""
    with dg.DagsterInstance.ephemeral() as instance:
        made = Works(tmp_path, instance, monkeypatch)
        (made.inputs / "one.html").write_bytes(typeset(shifted(sound(), LEAF, 30), Style(), "html"))
        yield made


def printed_tables(works: Works) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: works.ask(
            f"SELECT t.* FROM {name} t JOIN reports USING (report_id) WHERE t.report_year = 2022 ORDER BY ALL"
        )
        for name in UNCHANGED
    }


def test_from_build_to_build(works: Works) -> None:
    """Totals; then another report and corrections; then a label that is not on the form."""
    code, said = works.build()
    assert code == 0, said
    assert "200 found = 200 used + 0 ignored by a rule + 0 left over; 100.00% used" in said
    first = works.told("check_results", "handled_total")
    assert (first["applicable"], first["failed"]) == (7, 1)
    assert "failed_change" not in first
    assert first["sample"][0]["place"] == "applications/*/natural_person"

    printed = sound().values[LEAF]
    assert isinstance(printed, Decimal)
    ((sha256,),) = works.ask("SELECT sha256 FROM reports")
    before = printed_tables(works)
    works.corrections.write_text(
        f"{HEADER}{sha256},{','.join(LEAF)},{printed + 30},{printed},{JUDGED}\n"
        f"{sha256},applications,granted,total,nothing,1,{JUDGED}\n",
        encoding="utf-8",
    )
    later = shifted(sound(year=2021, seed=1), LEAF, 4)
    (works.inputs / "two.html").write_bytes(typeset(later, Style(), "html"))
    code, said = works.build()
    assert code == 0, said
    assert "corrections.csv:3: the correction of applications/granted/total was refused" in said
    series = works.ask("SELECT concept, dimension, value, value_as_printed FROM harmonized WHERE corrected")
    assert series == [("granted", "natural_person", printed, printed + 30)]
    assert {name: set(rows) for name, rows in before.items() if name != "check_results"} == {
        name: set(rows) for name, rows in printed_tables(works).items() if name != "check_results"
    }
    assert {rule for (rule,) in works.ask("SELECT rule FROM check_results WHERE report_year = 2022")} >= {
        "handled_total",
        "applicant_total",
    }
    second = works.told("check_results", "handled_total")
    assert (second["failed"], second["failed_change"], second["held_change"]) == (2, 1, 6)
    assert works.told("readings", "numbers_accounted_for")["found_change"] == 200
    assert works.told("cells", "definition")["rows_change"] == 200
    assert works.told("cells", "expected_cells")["reports_by_cells"] == {"200": 2}
    assert works.told("corrections", "corrections_hold")["refused"] == 1

    release = current_release(works.out)
    worse = (works.inputs / "one.html").read_text(encoding="utf-8").replace("2.重复申请", "2.其他奇怪情形")
    (works.inputs / "one.html").write_text(worse, encoding="utf-8")
    code, said = works.build()
    assert code == 1
    assert re.search(r"fell to 98\.25%, from 100\.00%", said), said
    assert current_release(works.out) == release
    works.patch.setenv("OGI_SHARE_MARGIN", "0.05")
    assert works.build()[0] == 0
    assert current_release(works.out) != release


def test_a_lost_cell_stops_publication(works: Works) -> None:
    whole = checks.incomplete

    def incomplete(cells: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
        return whole(cells.slice(1), readings)

    works.patch.setattr(checks, "incomplete", incomplete)
    code, said = works.build()
    assert code == 1
    assert "10 cells on the form, 9 present" in said
    assert current_release(works.out) is None


def test_a_wrong_file_of_corrections_stops_the_build_by_its_line(works: Works) -> None:
    works.corrections.write_text(
        f"{HEADER}x,applications,granted,total,1,2,,sums,me,2024-05-01\n", encoding="utf-8"
    )
    code, said = works.build()
    assert code == 1
    assert "corrections.csv:2: reason is empty" in said


def test_trend_without_history_is_silent() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_asset_context(instance=instance)
        assert trend(context, "cells", "definition", {"rows": 3}) == {}  # type: ignore[arg-type]
