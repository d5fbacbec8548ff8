"""Which of several readings of one file stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.document import Document, Paragraph
from pipeline.rereading import misfit, read_tables
from tests.forms import Rows, document, numbered, report_tables, row_at, rows_of

FACTS = numbered()
ROWS = rows_of(FACTS, "applications")
GRANTED = row_at(ROWS, "予以公开")


def reading(name: str, applications: Rows = ROWS) -> Document:
    return replace(document(*report_tables(FACTS, applications=applications)), reader=name)


def without_row() -> Rows:
    return ROWS[:GRANTED] + ROWS[GRANTED + 1 :]


def all_blank() -> Rows:
    return [[replace(spot, text="" if spot.text.isdigit() else spot.text) for spot in row] for row in ROWS]


def others(*documents: Document) -> Iterator[Document]:
    yield from documents


def never() -> Sequence[Document]:
    raise AssertionError("a whole reading needs no other")


def test_a_whole_reading_is_the_only_one() -> None:
    read = read_tables(reading("one"), never)
    assert misfit(read) == 0
    assert read.document.reader == "one"


def test_the_reading_that_lacks_less_stands_and_says_so() -> None:
    read = read_tables(reading("one", without_row()), lambda: others(reading("two"), reading("three")))
    assert read.document.reader == "two"
    (finding,) = [f for f in read.extraction.findings if f.message.code == "read_again"]
    assert finding.message.details == {"first": "one", "missing": 7, "reader": "two", "left": 0}


def test_a_reading_that_lacks_as_much_does_not_replace_the_first() -> None:
    worse = reading("two", without_row())
    read = read_tables(reading("one", without_row()), lambda: others(worse))
    assert read.document.reader == "one"
    assert not any(f.message.code == "read_again" for f in read.extraction.findings)


def test_a_table_under_its_heading_is_looked_for_though_its_labels_are_not_met() -> None:
    whole = reading("two")
    blocks = [
        Paragraph("四、政府信息公开行政复议、行政诉讼情况") if b is whole.grids[-1] else b
        for b in whole.blocks
    ]
    read = read_tables(replace(whole, blocks=tuple(blocks), reader="one"), lambda: others(whole))
    assert read.document.reader == "two"


def test_blank_cells_do_not_fit_better_than_numbers() -> None:
    read = read_tables(reading("one", without_row()), lambda: others(reading("two", all_blank())))
    assert read.document.reader == "one"


def test_wrong_sums_are_no_reason_to_read_again() -> None:
    assert len({cell.value for cell in read_tables(reading("one"), never).extraction.cells}) > 100


def test_a_table_is_expected_where_its_labels_are_met_and_only_there() -> None:
    tables = report_tables(FACTS)[:-1]
    absent = read_tables(document(*tables), lambda: ())
    assert misfit(absent) == 0
    told = "结果维持、结果纠正、其他结果、尚未审结、未经复议直接起诉、复议后起诉"
    assert misfit(read_tables(document(*tables, told), lambda: ())) == 15
