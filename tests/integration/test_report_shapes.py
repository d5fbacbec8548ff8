"""Tables as offices alter them, through every format: read, or left over, never wrong and never gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.readers import read_document
from pipeline.report import Extraction
from pipeline.typeset import WRITERS, Facts, Style
from pipeline.typeset.style import TextStyle
from tests.forms import (
    Rows,
    Spot,
    balanced,
    layout,
    lost,
    misread,
    numbered,
    numbers_in,
    report_tables,
    row_at,
    rows_of,
    texts,
    unread,
)

SHAPES = ("html", "docx", "pdf", "tabs", "bars")
CHANNELS = [texts("公开渠道", "数量"), texts("网站", "8801"), texts("总计", "8803")]


def read(shape: str, tables: list[Rows]) -> Extraction:
    media = shape if shape in WRITERS else "text"
    style = Style(text=TextStyle(shape=shape)) if media == "text" else Style()  # type: ignore[arg-type]
    return extract(arrange(read_document(WRITERS[media](layout(*tables), style))))  # type: ignore[index]


def numbers(row: list[Spot]) -> int:
    return sum(spot.text.isdigit() for spot in row)


def whole(facts: Facts) -> list[Rows]:
    return report_tables(facts)


def twice(facts: Facts) -> list[Rows]:
    return [*report_tables(facts), *report_tables(facts)]


def cut_in_the_header(facts: Facts) -> list[Rows]:
    two, three, four = report_tables(facts)
    return [two, three[:2], three[2:], four]


def cut_with_the_header_again(facts: Facts) -> list[Rows]:
    two, three, four = report_tables(facts)
    return [two, three[:15], three[:3] + three[15:], four]


def without_headers(facts: Facts) -> list[Rows]:
    two, three, four = report_tables(facts)
    return [[row for row in two if numbers(row)], three[3:], four]


def a_column_left_out(facts: Facts) -> list[Rows]:
    two, three, four = report_tables(facts)
    three[0][1], three[1][1] = Spot(three[0][1].text, 1, 6), Spot(three[1][1].text, 1, 4)
    del three[2][3]
    return [two, [[*row[:-3], *row[-2:]] if numbers(row) else row for row in three], four]


def total_first(facts: Facts) -> list[Rows]:
    two, three, four = report_tables(facts)
    three[1].insert(0, three[1].pop())
    return [two, [[*row[:-7], row[-1], *row[-7:-1]] if numbers(row) else row for row in three], four]


def a_subtotal_row(facts: Facts) -> list[Rows]:
    two, three, four = report_tables(facts)
    three.insert(row_at(three, "属于行政查询事项") + 1, texts("小计", *[str(8000 + n) for n in range(7)]))
    return [two, three, four]


def another_table_between(facts: Facts) -> list[Rows]:
    two, three, four = report_tables(facts)
    return [two, three[:15], CHANNELS, three[15:], four]


def a_procedure_a_row(facts: Facts) -> list[Rows]:
    values = rows_of(facts, "review_litigation")[-1]
    bands = ("行政复议", "未经复议直接起诉", "复议后起诉")
    rows = [[Spot(band), *values[5 * n : 5 * n + 5]] for n, band in enumerate(bands)]
    turned = [texts("", "结果维持", "结果纠正", "其他结果", "尚未审结", "总计"), *rows]
    return report_tables(facts, review_litigation=turned)


READ = (whole, twice, cut_in_the_header, cut_with_the_header_again, without_headers, a_procedure_a_row)
IN_PART = (a_column_left_out, total_first, a_subtotal_row, another_table_between)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("altered", READ, ids=lambda alter: alter.__name__)
@pytest.mark.parametrize("variant", ["2020", "2021"])
def test_read_in_full(variant: str, altered: Callable[[Facts], list[Rows]], shape: str) -> None:
    facts = numbered(variant)
    extraction = read(shape, altered(facts))
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()
    assert balanced(extraction)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("altered", IN_PART, ids=lambda alter: alter.__name__)
@pytest.mark.parametrize("variant", ["2020", "2021"])
def test_never_wrong_and_never_gone(variant: str, altered: Callable[[Facts], list[Rows]], shape: str) -> None:
    facts = numbered(variant)
    tables = altered(facts)
    extraction = read(shape, tables)
    assert misread(facts, extraction) == {}
    assert balanced(extraction)
    strangers = {8801, 8803}  # another table's numbers need not be kept
    assert set(lost(numbers_in(tables), extraction)) <= strangers
