"""Headers that a page end cut within a row."""

from __future__ import annotations

from pipeline.matching.lexicon import load_lexicon
from pipeline.matching.page_ends import with_whole_headers
from tests.forms import Rows, grid, texts

LEXICON = load_lexicon()


def whole(*tables: Rows) -> list[list[list[str]]]:
    grids = with_whole_headers([grid(rows, number) for number, rows in enumerate(tables)], LEXICON)
    return [[[cell.text for cell in row] for row in grid.rows] for grid in grids]


def test_a_row_of_a_header_cut_by_a_page_end_is_whole_again() -> None:
    bands, numbers = texts("行政复议", "", ""), texts("3", "0", "3")
    upper, lower = texts("结果维", "结果纠", "其他", "总计"), texts("持", "正", "结果", "")
    assert whole([bands, upper], [lower, numbers]) == [
        [["行政复议", "", ""]],
        [["结果维\n持", "结果纠\n正", "其他\n结果", "总计"], ["3", "0", "3"]],
    ]


def test_whole_headers_and_halves_of_rows_stay_apart() -> None:
    header, row = texts("结果维持", "结果纠正", "总计"), texts("3", "0", "3")
    for tables in (([header], [header, row]), ([row], [texts("持", "正", "")])):
        assert whole(*tables) == [_plain(table) for table in tables]
    label = [texts("4.保护第三", "", "")], [texts("方合法权益", "", "")]
    assert whole(*label) == [_plain(table) for table in label]


def test_a_blank_row_at_a_pages_end_is_no_header() -> None:
    blank = [texts("", "1.本机关不掌握相关政府信息", "", "")]
    below = [texts("", "", "行政复议", "行政诉讼"), texts("", "", "3", "0")]
    assert whole(blank, below) == [_plain(blank), _plain(below)]


def _plain(table: Rows) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid(table, 0).rows]
