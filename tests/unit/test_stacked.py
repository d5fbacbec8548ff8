"""Rows with a value a line: which columns the lines between their values leave blank."""

from __future__ import annotations

import pytest

from pipeline.matching.arrange import arrange
from pipeline.matching.stacked import StackedRow, columns_of
from pipeline.readers import text

SEVEN = frozenset({7})
WHOLE = [StackedRow((2,) * 8, SEVEN)] * 3


def stacked(*gaps: int) -> StackedRow:
    return StackedRow(gaps, SEVEN)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_longer_gaps_are_blank_cells(step: int) -> None:
    rows = [
        stacked(2, 2 + 2 * step, 2, 2, 2, 2),
        stacked(2 + 5 * step, 2, 2),
        stacked(2, 2, 2, 2, 2, 2, 2 + step),
    ]
    assert columns_of([*WHOLE, *rows])[3:] == [(0, 3, 4, 5, 6, 7), (5, 6, 7), (0, 1, 2, 3, 4, 5, 7)]


def test_what_gaps_do_not_make_out_is_not_told() -> None:
    even = [stacked(2 + 5, 2, 2)] * 3
    assert columns_of([*WHOLE, *even, stacked(2, 2, 2)])[-1] is None
    # Cells that span rows widen the gap behind a row, too.
    assert columns_of([*WHOLE, *even, stacked(2, 3, 2 + 6)])[-1] == (0, 2, 7)
    # A gap that no number of blank cells makes: then nothing is told.
    assert columns_of([*WHOLE, *[stacked(2 + 10, 2, 2)] * 3, stacked(2, 3, 2)]) == [None] * 7


def test_as_many_values_as_columns_with_a_blank_among_them_are_of_one_column_more() -> None:
    even = [stacked(2 + 5, 2, 2)] * 3
    assert columns_of([*WHOLE, *even, stacked(2, 3, *[2] * 6)])[-1] == (0, 2, 3, 4, 5, 6, 7, 8)


def test_lost_blanks_leave_no_trace() -> None:
    assert columns_of([*WHOLE, *[stacked(2, 2, 2)] * 9])[3:] == [None] * 9


def test_a_row_too_short_leaves_all_that_are_as_wide_open() -> None:
    even = [stacked(2 + 5, 2, 2)] * 3
    other = StackedRow((2, 2, 2), frozenset({15}))
    assert columns_of([*WHOLE, *even, stacked(2, 2, 2)]) == [None] * 7
    assert columns_of([*WHOLE, *even, other])[3:] == [(5, 6, 7)] * 3 + [None]


def test_a_blank_line_behind_whole_rows_is_none_of_their_cells() -> None:
    whole, even = StackedRow((1,) * 8, SEVEN), StackedRow((1,) * 6 + (2,), SEVEN)
    assert columns_of([whole] * 3 + [even] * 3, are_cells=True)[3:] == [(0, 1, 2, 3, 4, 5, 7)] * 3
    beside = StackedRow((1,) * 7 + (2,), SEVEN)
    assert columns_of([beside] * 3 + [even] * 3, are_cells=True)[3:] == [None] * 3


def test_gaps_of_a_text_copy_set_its_values_apart() -> None:
    labels = [
        "一、本年新收政府信息公开申请数量",
        "二、上年结转政府信息公开申请数量",
        "四、结转下年度继续办理",
    ] * 3
    rows = [["7", *"12345", "8"], ["", *"12345", "9"], ["5", *"12345", ""]] * 3
    cells = [cell or "\u00a0" for label, row in zip(labels, rows, strict=True) for cell in (label, *row)]
    content = "\n\n".join(["三、收到和处理政府信息公开申请情况", *cells, "完"])
    (grid,) = arrange(text.read(content.encode(), "0" * 64)).grids
    assert [[cell.text for cell in row][1:] for row in grid.rows] == rows


def test_lines_of_white_characters_are_blank_cells_and_empty_ones_are_not() -> None:
    labels = ["一、本年新收政府信息公开申请数量", "二、上年结转政府信息公开申请数量"] * 3
    rows = [["", "", "7", "", "4", "", "9"], ["5", "", "", "", "", "", "5"]] * 3
    blocks = [
        ["", label, "", *(cell or "\u3000" for cell in row)] for label, row in zip(labels, rows, strict=True)
    ]
    lines = ["三、收到和处理政府信息公开申请情况", *(line for block in blocks for line in block), "完"]
    (grid,) = arrange(text.read("\n".join(lines).encode(), "0" * 64)).grids
    assert [[cell.text for cell in row][1:] for row in grid.rows] == rows
