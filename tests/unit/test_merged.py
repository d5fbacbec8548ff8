"""Merged cells that a copy by program spelled out cell by cell are one again."""

from __future__ import annotations

from pipeline.document import Grid
from pipeline.matching.lexicon import load_lexicon
from pipeline.matching.merged import merged_again
from tests.forms import Rows, grid, texts

LEXICON = load_lexicon()


def drawn(rows: Rows) -> list[list[tuple[str, int, int]]]:
    merged: Grid = merged_again(grid(rows), LEXICON)
    return [[(cell.text, cell.row_span, cell.column_span) for cell in row] for row in merged.rows]


def test_a_header_that_stands_again_beside_and_below_itself_is_one_cell() -> None:
    rows = [
        texts("项目", "自然人", "法人", "法人"),
        texts("项目", "自 然人", "商业企业", "科研机构"),
        texts("规章", "1", "2", "2"),
    ]
    assert drawn(rows) == [
        [("项目", 2, 1), ("自然人", 2, 1), ("法人", 1, 2)],
        [("商业企业", 1, 1), ("科研机构", 1, 1)],
        [("规章", 1, 1), ("1", 1, 1), ("2", 1, 1), ("2", 1, 1)],
    ]


def test_a_number_is_one_only_under_a_label_that_was_repeated_as_often() -> None:
    rows = [
        texts("信息内容", "本年处理决定数量", "本年处理决定数量"),
        texts("行政许可", "5", "5"),
        texts("行政强制", "5", "6"),
    ]
    assert drawn(rows)[1:] == [
        [("行政许可", 1, 1), ("5", 1, 2)],
        [("行政强制", 1, 1), ("5", 1, 1), ("6", 1, 1)],
    ]


def test_rows_with_numbers_are_never_merged_down() -> None:
    rows = [texts("规章", "1"), texts("规章", "1")]
    assert merged_again(whole := grid(rows), LEXICON) == whole


def test_words_in_the_place_of_numbers_are_no_labels() -> None:
    rows = [texts("规章", "约12", "约12", "5"), texts("行政规范性文件", "约12", "约12", "约12")]
    assert merged_again(whole := grid(rows), LEXICON) == whole


def test_a_number_over_the_end_of_a_repeated_label_is_one_by_itself() -> None:
    """Header and values may end at different lines of the grid: then a run of one number is one cell."""
    head = ["本年新制作数量"] * 2 + ["本年新公开数量"] * 4 + ["对外公开总数量"]
    rows = [
        texts("信息内容", *head),
        texts("规章", "无", "无", "48", "48", "", "", ""),
        texts("规范性文件", "", "", "", "", "", "8", "8"),
    ]
    assert drawn(rows)[2] == [("规范性文件", 1, 1), ("", 1, 5), ("8", 1, 2)]
    assert drawn(rows)[1][1:3] == [("无", 1, 2), ("48", 1, 2)]
