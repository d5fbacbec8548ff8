"""Which tables say something and which only place things on a page."""

from __future__ import annotations

from pipeline.document import Block, Grid, Paragraph
from pipeline.readers.drawn import DrawnCell, DrawnTable, Item, blocks_from

PROSE = "本年度认真贯彻落实有关规定，持续做好主动公开工作。" * 10


def table(*rows: list[str | list[Item]]) -> DrawnTable:
    return DrawnTable(
        [
            [DrawnCell(_content(cell), row, column, ordinal=column + 1) for column, cell in enumerate(cells)]
            for row, cells in enumerate(rows)
        ]
    )


def _content(cell: str | list[Item]) -> list[Item]:
    return ([cell] if cell else []) if isinstance(cell, str) else cell


def shown(blocks: tuple[Block, ...]) -> list[object]:
    """Paragraphs as text, grids as rows of texts."""
    return [
        block.text if isinstance(block, Paragraph) else [[cell.text for cell in row] for row in block.rows]
        for block in blocks
    ]


FIGURES = table(["规章", "1"], ["文件", "2"])
FIGURES_SHOWN = [["规章", "1"], ["文件", "2"]]


def test_a_layout_table_dissolves_into_what_it_holds() -> None:
    page = table(["题目"], [["一、总体情况", PROSE, FIGURES, "二、其他"]])
    assert shown(blocks_from([page])) == ["题目", "一、总体情况", PROSE, FIGURES_SHOWN, "二、其他"]


def test_margins_of_a_layout_table_are_no_columns() -> None:
    assert shown(blocks_from([table(["", [PROSE, FIGURES], ""])])) == [PROSE, FIGURES_SHOWN]
    assert shown(blocks_from([table(["首页", [PROSE, "二"]])])) == ["首页", PROSE, "二"]


def test_a_blank_form_is_a_table() -> None:
    assert shown(blocks_from([table(["规章", "", ""], ["文件", "", ""])])) == [
        [["规章", "", ""], ["文件", "", ""]]
    ]


def test_a_table_of_one_cell_within_a_cell_is_its_text() -> None:
    assert shown(blocks_from([table(["规章", [table(["1"])]], ["文件", "2"])])) == [FIGURES_SHOWN]


def test_what_an_unclosed_table_swallowed_follows_it() -> None:
    outer = table(["规章", "1"], ["文件", ["2", "三、收到申请情况", FIGURES]])
    assert shown(blocks_from([outer])) == [FIGURES_SHOWN, "三、收到申请情况", FIGURES_SHOWN]


def test_prose_across_a_table_parts_it_and_rows_are_counted_anew() -> None:
    whole = table(["规章", "1"], ["文件", "2"], [PROSE], ["许可", "3"], ["处罚", "4"])
    blocks = blocks_from([whole])
    assert shown(blocks) == [FIGURES_SHOWN, PROSE, [["许可", "3"], ["处罚", "4"]]]
    last = blocks[2]
    assert isinstance(last, Grid)
    assert last.rows[0][0].row == 0
    assert last.rows[0][0].locator.to_dict() == {"table": 2, "row": 4, "column": 1}


def test_empty_tables_leave_nothing() -> None:
    assert blocks_from([DrawnTable(), table(["", ""], ["", ""])]) == ()
