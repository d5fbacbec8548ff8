"""Text copies: which lines are tables, and where their cells end."""

from __future__ import annotations

import re
from itertools import cycle

import pytest

from pipeline.document import Document, UnreadableDocumentError
from pipeline.readers import read_document, text
from pipeline.readers.sniff import sniff
from pipeline.rereading import read_tables
from tests.forms import misread, numbered, report_tables, unread


def read(content: str | bytes) -> Document:
    return text.read(content if isinstance(content, bytes) else content.encode(), "0" * 64)


def grids(content: str | bytes) -> list[list[list[str]]]:
    return [[[cell.text for cell in row] for row in grid.rows] for grid in read(content).grids]


def lines(content: str | bytes) -> list[str]:
    return [paragraph.text for paragraph in read(content).paragraphs]


ROWS = [["规章", "1", "2"], ["行政许可", "", "3"]]


@pytest.mark.parametrize(
    "content",
    [
        "\t规章\n\t1\n\t2\n\n\t行政许可\n\t\n\t3\n",
        "规章|1|2\n行政许可||3\n",
        "规章 | 1 | 2\n行政许可 |  | 3",
        "| 规章 | 1 | 2 |\n|---|:-:|--:|\n| 行政许可 | | 3 |",
        "规章｜1｜2\n行政许可｜｜3",
        "┌──┬─┬─┐\n│规章│1│2│\n├──┼─┼─┤\n│行政许可││3│\n└──┴─┴─┘",
        "+----+---+---+\n| 规章 | 1 | 2 |\n+====+===+===+\n| 行政许可 |  | 3 |\n+----+---+---+",
        "规章\t1\t2\n行政许可\t\t3",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_shapes_of_tables(content: str, end: str) -> None:
    assert grids(content.replace("\n", end)) == [ROWS]


def test_a_row_of_marks_for_nothing_is_no_rule() -> None:
    assert grids("规章 | 1 | 2\n- | - | -\n/ | / | /")[0][1:] == [["-", "-", "-"], ["/", "/", "/"]]


def test_rows_may_be_ragged() -> None:
    assert grids("规章|1|2\n行政许可|3\n|4|") == [[["规章", "1", "2"], ["行政许可", "3"], ["", "4", ""]]]


def test_a_cell_broken_over_lines() -> None:
    assert grids("\t本年新\n制作数量\n\t1\n\n\t规章\n\t2\n")[0][0] == ["本年新\n制作数量", "1"]


def test_a_page_end_inside_a_row_does_not_end_the_row() -> None:
    assert grids("\t规章\n\t1\n\f\n\t2\n\n\t行政许可\n\t\n\t3\n") == [ROWS]


def test_a_page_end_between_a_table_and_a_line() -> None:
    content = "\t规章\n\t1\n\t2\n\n\t行政许可\n\t\n\t3\n\f\n三、收到和处理\n"
    assert grids(content) == [ROWS]
    assert lines(content) == ["三、收到和处理"]


def test_lines_are_paragraphs_with_their_number() -> None:
    document = read("第一行\n\n  第三行\n")
    assert [(p.text, p.locator.line) for p in document.paragraphs] == [("第一行", 1), ("第三行", 3)]


def test_cells_know_their_line() -> None:
    (grid,) = read("前言\n规章|1|2\n行政许可||3").grids
    assert [cell.locator.line for cell in grid.cells()] == [2, 2, 2, 3, 3, 3]


def test_one_cell_is_no_table() -> None:
    assert grids("|\n") == []
    assert grids("\t缩进的一行\n") == []


@pytest.mark.parametrize("opening", ["|\n", ""])
def test_a_cell_a_line(opening: str) -> None:
    # As converters of web pages write it: each line one cell, and what fills its row up to the table's width.
    rows = [["第五项 | ||"], ["规章 |", "1 |", "2 |"], ["行政许可 |", "|", "3 |"], ["行政处罚 |", "7 | |"]]
    content = "\n".join(opening + "\n".join(row) for row in rows)
    assert grids(content) == [[["第五项"], ["规章", "1", "2"], ["行政许可", "", "3"], ["行政处罚", "7"]]]
    # At another width a row does not come out even: nothing tells where rows end.
    assert grids(content.replace("第五项 | ||", "第五项 | |")) != grids(content)


def test_marks_alone_on_their_lines_are_no_text() -> None:
    assert lines("规章\n|\n0\n|\n| |\n行政许可\n|") == ["规章", "0", "行政许可"]


@pytest.mark.parametrize(("between", "end"), [("\n\n\t\n\n", "\n\n\n\n\n"), ("\n\t\n", "\n\n\n")])
def test_cells_of_paragraphs_that_a_browser_copied(between: str, end: str) -> None:
    # A tab alone on its line between two cells, more empty lines between rows than within one, and around it one.
    first = end.join(map(between.join, [["信息内容", "本年制发件数"], ["规章", "1"], ["行政许可", ""]]))
    second = end.join(map(between.join, [["结果维持", "结果纠正"], ["\u00a0", "2"], ["3", "4"]]))
    content = f"编制本报告。\n\n二、情况\n\n{first}\n\n四、情况\n\n{second}\n\n五、问题\n\n有。"
    assert grids(content) == [
        [["信息内容", "本年制发件数"], ["规章", "1"], ["行政许可", ""]],
        [["结果维持", "结果纠正"], ["", "2"], ["3", "4"]],
    ]
    assert lines(content) == ["编制本报告。", "二、情况", "四、情况", "五、问题", "有。"]


def test_rows_closed_and_not_opened() -> None:
    assert grids("第五项 |||\n规章 | 1 | 2 |\n | | 3 |")[0][1:] == [["规章", "1", "2"], ["", "", "3"]]


def test_marks_of_converters_are_taken_out() -> None:
    assert grids("[bookmark: _GoBack]行政许可|4\n规章|1")[0][0] == ["行政许可", "4"]
    assert lines("# 演示局 2021 年报告\n\n## 一、**总体**情况\n编号 # 3 与 2 ** 3") == [
        "演示局 2021 年报告",
        "一、总体情况",
        "编号 # 3 与 2 ** 3",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert lines("政府信息公开工作年度报告".encode(encoding)) == ["政府信息公开工作年度报告"]


@pytest.mark.parametrize("content", ["", " \n\u3000\n", "\f\n\t\n"])
def test_nothing_but_space_is_an_error(content: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read(content)
    assert caught.value.code == "no_text"


def test_joined_rows_that_begin_with_blank_cells_are_rows_across_an_empty_line() -> None:
    text = "结果\t（一）予以公开\t1\t2\n\t（二）部分公开\t3\t4\n\n\t\t\t\n\t（七）总计\t5\t6\n"
    assert grids(text) == [
        [
            ["结果", "（一）予以公开", "1", "2"],
            ["", "（二）部分公开", "3", "4"],
            ["", "（七）总计", "5", "6"],
        ]
    ]


def test_blank_cells_that_an_editor_cut_from_the_ends_of_rows_are_there() -> None:
    rows = "结果\t\t（一）予以公开\t1\t2\t3\n\t\t（二）部分公开\t4\t5\t6\n四、结转\t\t\t7\t8\n"
    assert grids(rows)[0][2] == ["四、结转", "", "", "7", "8", ""]
    assert grids("甲\t1\t2\n乙\t3\t4\n丙\t5\n")[0][2] == ["丙", "5"]


def test_lines_of_tabs_alone_are_no_table() -> None:
    assert lines("规章\n\t \t\n行政许可") == ["规章", "行政许可"]


def test_a_cell_that_a_sheet_wrote_over_lines_in_quotes_is_one_cell() -> None:
    """Of `12` and `0` under one another nobody knows whether they are one number: the break stays."""
    assert grids('规章\t"1\n"\t2\n"行政\n许可"\t\t"12\n0"\n') == [
        [["规章", "1", "2"], ["行政\n许可", "", "12\n0"]]
    ]
    assert grids('规章\t1\n"危及""\n三安全"""\t2\n') == [[["规章", "1"], ['危及"\n三安全"', "2"]]]


def test_quotes_that_a_copy_broke_over_lines_are_none_of_a_sheet() -> None:
    assert lines('危及"三安全\n一稳定"') == ['危及"三安全', '一稳定"']


def test_radicals_are_the_ideographs_they_look_like() -> None:
    """A browser's PDF, and every copy of it, says `⼯` for `工` and `⻔` for `门`."""
    document = read_document("部⻔政府信息公开⼯作".encode())
    assert document.paragraphs[0].text == "部门政府信息公开工作"


def test_cells_broken_over_lines_are_read_by_their_labels_where_tabs_do_not_tell_rows() -> None:
    """A browser writes a row a line, and a cell with breaks over several: `规范性⏎文件⇥0⇥13⇥5`."""
    facts = numbered("2020", tables=["proactive_disclosure", "applications"])
    rows = [row for table in report_tables(facts) for row in table]
    copy = "\n".join("\t".join(re.sub("(?<=^..)(?=[^0-9])", "\n", spot.text) for spot in row) for row in rows)
    first, again = text.read(copy.encode(), "0" * 64), text.read_untabbed(copy.encode(), "0" * 64)
    assert unread(facts, read_tables(first, lambda: ()).extraction)
    reading = read_tables(first, lambda: [again]).extraction
    assert not misread(facts, reading)
    assert not unread(facts, reading)


def test_where_tabs_end_some_cells_the_ends_of_lines_end_the_others() -> None:
    """A browser ends a cell with a paragraph in it by a new line, and one without by a tab: `3⏎2⇥0⇥⏎5`."""
    facts = numbered("2020", tables=["proactive_disclosure", "applications"])
    marks = cycle(["\n", "\t", "\t\n"])
    rows = [[spot.text + next(marks) for spot in row] for table in report_tables(facts) for row in table]
    copy = "".join("".join(row).rstrip("\t\n") + "\n" for row in rows)
    reading = read_tables(read(copy), lambda: [text.read_untabbed(copy.encode(), "0" * 64)]).extraction
    assert not misread(facts, reading)
    assert not unread(facts, reading)


def test_breaks_in_a_markdown_table_are_white_space_and_make_no_page_of_it() -> None:
    """A number that one breaks is not made whole: `12<br>0` may be two."""
    content = "| 项目 | 数量 |\n| --- | --- |\n| 行政<br>许可 | 5 |\n| 行政<br/>处罚 | 12<br>0 |\n"
    assert sniff(content.encode()) == "text/plain"
    assert grids(content) == [[["项目", "数量"], ["行政 许可", "5"], ["行政 处罚", "12 0"]]]
    assert sniff("行政<br>许可<br>5".encode()) == "text/html"


def test_lines_with_as_many_commas_are_the_rows_of_a_sheet() -> None:
    """A title is the only cell of its row, behind which the sheet writes its blank ones."""
    sheet = [["样例局2021年政府信息公开工作年度报告", "", "", ""]] + [
        ["规章", "1,000", "", str(n)] for n in range(9)
    ]
    for mark in ",;":
        content = "\n".join(mark.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in sheet)
        assert grids(content) == [sheet]
