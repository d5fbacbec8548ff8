"""Rows whose cells a mark parts, in lines of any format."""

from __future__ import annotations

import pytest

from pipeline.document import Document, Locator, Paragraph
from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.matching.lexicon import load_lexicon
from pipeline.matching.marked import with_marked_grids
from tests.forms import balanced, misread, numbered, report_tables, unread

ROWS = "行政许可,3\n行政处罚,,1\n行政强制,0,2\n重复申请,1,2\n政府集中采购,4,5"
MARKS = ("|", "\t", "；", ";", "，", ",", "、", "│")


def arranged(lines: list[str]) -> Document:
    blocks = tuple(Paragraph(line, Locator(line=n)) for n, line in enumerate(lines, 1))
    return arrange(Document(blocks, "text/html", "0" * 64, "test"))


def grids(text: str) -> list[list[list[str]]]:
    return [[[cell.text for cell in row] for row in grid.rows] for grid in arranged(text.split("\n")).grids]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("variant", ["2020", "2021"])
def test_whole_tables_whatever_the_mark(mark: str, variant: str) -> None:
    facts = numbered(variant)
    tables = report_tables(facts)
    lines = [mark.join(spot.text for spot in row) for rows in tables for row in rows]
    extraction = extract(arranged(lines))
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    assert balanced(extraction)


@pytest.mark.parametrize("mark", MARKS[:-1])
def test_blank_cells_between_marks_are_blank(mark: str) -> None:
    (rows,) = grids(ROWS.replace(",", mark))
    assert rows[1] == ["行政处罚", "", "1"]


def test_each_cell_in_quotes() -> None:
    quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in ROWS.split("\n"))
    assert grids(quoted) == grids(ROWS)


def test_page_numbers_between_rows_are_no_rows() -> None:
    lines = ROWS.split("\n")
    paged = [*lines[:2], "- 3 -", *lines[2:4], "4", lines[4]]
    assert grids("\n".join(paged)) == grids(ROWS)


def test_a_mark_inside_a_label_is_the_labels() -> None:
    label = "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"
    (rows,) = grids(f"{ROWS}\n{label},1,2\n{label},3,4".replace(",", "，"))
    assert rows[-1] == [label, "3", "4"]


def test_framed_lines_and_rules() -> None:
    framed = "\n".join(f"| {line.replace(',', ' | ')} |" for line in ROWS.split("\n"))
    (rows,) = grids(f"|---|---|\n{framed}")
    assert rows[:2] == [["行政许可", "3"], ["行政处罚", "", "1"]]


def test_cells_in_quotes_hold_the_mark_and_prose_stays_prose() -> None:
    text = f'甲局年度报告\n我局认真落实,全年公开12条。\n规章,1,"1,234"\n"""新""申请",2,3\n{ROWS}'
    (rows,) = grids(text)
    assert rows[:3] == [["规章", "1", "1,234"], ['"新"申请', "2", "3"], ["行政许可", "3"]]
    kept = [paragraph.text for paragraph in arranged(text.split("\n")).paragraphs]
    assert kept == ["甲局年度报告", "我局认真落实,全年公开12条。"]


@pytest.mark.parametrize(
    "text",
    [
        "全年公开1,234条,其中网站12条\n" * 9,
        "1,234 5,678\n" * 9,
        "3、重复申请 ２３３ ０ ０ ２８２ １,０３９\n规章 1 2 1,234\n" * 9,
        "\n".join(ROWS.split("\n")[:4]),
        "首页 | 公开 | 年报\n" * 9,
    ],
)
def test_marks_of_prose_of_thousands_and_of_few_rows_are_none_of_cells(text: str) -> None:
    lines = [Paragraph(line) for line in text.split("\n")]
    assert with_marked_grids(lines, load_lexicon()) == lines


def test_tabs_between_words_of_wrapped_labels_are_no_sides_of_cells() -> None:
    lines = [
        *ROWS.replace(",", "\t").split("\n"),
        "5.要求行政机关确认或重",
        "1\t2\t3",
        "新出具已获取信息",
        "其他结果\t1",
    ]
    blocks = [Paragraph(line) for line in lines]
    assert with_marked_grids(blocks, load_lexicon()) == blocks
