"""Blanks that the spaces of a line tell of."""

from __future__ import annotations

import pytest

from pipeline.document import Document, Locator, Paragraph
from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.matching.spaced import SpacedRow, columns_of
from tests.forms import misread, numbered, report_tables, unread, without

WHOLE = ["甲 1 2 3", "乙 4 5 6", "丙 7 8 9"]


def columns(lines: list[str], counts: dict[str, int]) -> tuple[int, ...] | None:
    return columns_of([SpacedRow(line, counts.get(line, 3), 3) for line in lines])[-1]


@pytest.mark.parametrize("gap", [1, 2, 4])
@pytest.mark.parametrize(
    ("cells", "found"), [("丁| |1|2", (1, 2)), ("丁|1||2", (0, 2)), ("丁|||2", (2,)), ("丁|1|2", None)]
)
def test_twice_the_spaces_are_a_blank(gap: int, cells: str, found: tuple[int, ...] | None) -> None:
    line = cells.replace(" ", "").replace("|", " " * gap)
    whole = [row.replace(" ", " " * gap) for row in WHOLE]
    # Three spaces, of one between two cells, may be two blank cells, or one that holds a space.
    is_open = gap == 1 and found == (2,)
    assert columns([*whole, line], {line: sum(map(str.isdigit, line))}) == (None if is_open else found)


def test_a_blank_that_holds_a_space_counts_once() -> None:
    """`0⇥ ⇥8` has one blank cell, whatever it holds; where its space and those between cells differ, it is open."""
    tabbed = [row.replace(" ", "\t") for row in WHOLE]
    assert columns([*tabbed, "丁\t1\t\u00a0\t8"], {"丁\t1\t\u00a0\t8": 2}) == (0, 2)
    assert columns([*WHOLE, "丁 1 \u00a0 8"], {"丁 1 \u00a0 8": 2}) is None


@pytest.mark.parametrize("set_", [str.ljust, str.rjust])
def test_columns_that_are_flush(set_) -> None:  # type: ignore[no-untyped-def]
    rows = ["甲|1|22|333", "乙|44|5|6", "丙|777|8|9999", "丁||10|11"]
    lines = ["".join(set_(cell, 6) for cell in row.split("|")) for row in rows]
    assert columns(lines, {lines[-1]: 2}) == (1, 2)
    moved = lines[-1].replace(" 10", "10", 1)
    assert columns([*lines[:3], moved], {moved: 2}) is None


def test_where_each_short_row_is_packed_blanks_may_be_lost() -> None:
    rows = ["甲|1|22|333", "乙|44|5|6", "丙|777|8|9999", "丁|10|11"]
    lines = ["".join(cell.ljust(6) for cell in row.split("|")).rstrip() for row in rows]
    assert columns(lines, {lines[-1]: 2}) is None


@pytest.mark.parametrize("variant", ["2020", "2021"])
@pytest.mark.parametrize("rows", [["granted"], None])
def test_a_report_whose_lines_keep_their_blanks(variant: str, rows: list[str] | None) -> None:
    facts = numbered(variant)
    gone = [k for k in facts.values if k[0] == "applications" and k[2] != "total" and k[1] in (rows or k)]
    facts = without(facts, *gone, ("review_litigation", "litigation_direct", "pending"))
    lines = ["  ".join(spot.text for spot in row) for table in report_tables(facts) for row in table]
    blocks = tuple(Paragraph(line, Locator(line=n)) for n, line in enumerate(lines, 1))
    extraction = extract(arrange(Document(blocks, "text/plain", "0" * 64, "test")))
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()
