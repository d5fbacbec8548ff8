"""Reports as read, laid out in tables: nothing is changed, and nothing is dropped unsaid."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from pipeline.extract import extract
from pipeline.report import Figure, Finding, Identification, Report, Section
from pipeline.tidy import FACTS, READ_TABLES, agencies, fact, report_id, tidy
from schemas.messages import message
from schemas.tables import table
from tests.forms import Spot, document, numbered, report_tables, row_at, rows_of, without

SHA = "ab" * 32
BLANK = ("applications", "granted", "total")


def report(variant: str = "2021", **changes: object) -> Report:
    facts = without(numbered(variant), BLANK)
    rows = rows_of(facts, "applications")
    rows[row_at(rows, "重复申请")][-1] = Spot("12.5")
    extraction = extract(document(*report_tables(facts, applications=rows)))
    made = Report(
        source="folder/年报.html",
        sha256=SHA,
        media_type="text/html",
        size=1234,
        reader="html/lxml",
        status="partial",
        identity=Identification("标题", "样例区演示局", "organ-1", "110101", 2021, "organ", "2022-01-19"),
        extraction=extraction,
        sections=(
            Section(0, "", "前言"),
            Section(1, "一、总体情况", "文字"),
            Section(1, "一、总体情况", "再次"),
        ),
        figures=(
            Figure("items_disclosed", Decimal(12), "item", "句。"),
            Figure("items_disclosed", Decimal(13), "item", "又。"),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


FAILED = replace(
    report(),
    sha256="cd" * 32,
    source="b.pdf",
    status="failed",
    failure=Finding(message("damaged", reason="x")),
)


def test_every_table_comes_with_its_columns() -> None:
    frames = tidy([report()])
    assert set(frames) == set(READ_TABLES)
    for name, frame in frames.items():
        assert frame.columns == list(table(name).names)


def test_no_report_at_all_gives_empty_tables() -> None:
    assert {name: frame.height for name, frame in tidy([]).items()} == dict.fromkeys(READ_TABLES, 0)


def test_each_cell_of_the_form_is_a_row() -> None:
    cells = tidy([report()])["cells"]
    assert cells.height == 200
    kinds = dict(cells.group_by("kind").len().rows())
    assert {str(kind): count for kind, count in kinds.items()} == {
        "reported": 198,
        "blank": 1,
        "unreadable": 1,
    }
    blank = cells.filter((pl.col("row_key").cast(pl.String) == "granted") & (pl.col("raw") == ""))
    assert blank["value"].to_list() == [None]


def test_absent_cells_have_no_raw_text() -> None:
    made = report(extraction=extract(document(rows_of(numbered(), "applications")[:-1])))
    absent = tidy([made])["cells"].filter(pl.col("kind").cast(pl.String) == "absent")
    assert absent.height == 7
    assert absent["raw"].is_null().all()


def test_values_are_not_changed() -> None:
    made = report()
    cells = tidy([made])["cells"]
    assert cells["value"].to_list() == [cell.value for cell in made.extraction.cells]
    assert cells["raw"].to_list() == [cell.raw for cell in made.extraction.cells]


def test_the_account_of_the_numbers() -> None:
    (row,) = tidy([report()])["reports"].rows(named=True)
    assert (row["cells_expected"], row["cells_reported"]) == (200, 198)
    assert row["published_on"] == date(2022, 1, 19)
    assert row["report_id"] == report_id(report()) == f"organ-1-2021-{SHA[:10]}"


def test_leftovers_say_why() -> None:
    (row,) = tidy([report()])["leftovers"].rows(named=True)
    assert (row["raw"], row["reason"]) == ("12.5", "unreadable_cell")


def test_sections_and_figures_keep_their_order() -> None:
    frames = tidy([report()])
    assert frames["sections"]["ordinal"].to_list() == [1, 2, 3]
    assert frames["narrative_figures"]["ordinal"].to_list() == [1, 2]


def test_a_failed_file_is_a_document_and_a_failure_and_nothing_else() -> None:
    frames = tidy([FAILED])
    assert {name: frame.height for name, frame in frames.items() if frame.height} == {
        "documents": 1,
        "failures": 1,
    }
    assert frames["failures"]["code"].to_list() == ["damaged"]


def test_the_same_bytes_are_one_document() -> None:
    frames = tidy([report(), report(source="folder/又一份.html")])
    assert frames["documents"].height == 1
    assert frames["reports"].height == 1
    (row,) = frames["failures"].rows(named=True)
    assert row["code"] == "same_bytes"
    assert "年报.html" in row["message_zh"]


def test_files_that_could_not_be_opened_are_not_one_document() -> None:
    lost = [replace(FAILED, sha256="", source=source) for source in ("a", "b")]
    frames = tidy(lost)
    assert frames["documents"].height == 0
    assert frames["failures"].height == 2


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        (Identification(), f"unidentified-undated-{SHA[:10]}"),
        (Identification(report_year=2021), f"unidentified-2021-{SHA[:10]}"),
        (Identification(agency_id="a"), f"a-undated-{SHA[:10]}"),
    ],
)
def test_what_is_not_known_is_said_in_the_name(identity: Identification, name: str) -> None:
    made = report(identity=identity)
    assert report_id(made) == name
    assert tidy([made])["reports"].height == 1


def test_facts_keep_every_cell_of_their_table() -> None:
    frames = tidy([report()])
    sizes = {name: fact(name, frames["cells"], frames["reports"]).height for name in FACTS}
    assert sizes == {"proactive_disclosure": 10, "applications": 175, "review_litigation": 15}


def test_organs_are_named_as_in_their_last_report() -> None:
    old = report(sha256="ef" * 32, identity=Identification("", "旧名局", "organ-1", "110101", 2020))
    found = agencies(tidy([report(), old])["reports"])
    assert found.select("agency_id", "name", "other_names").rows() == [("organ-1", "样例区演示局", "旧名局")]
