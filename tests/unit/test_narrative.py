"""The six sections of prose: where they begin, and how wrapped lines are closed up."""

from __future__ import annotations

import pytest

from pipeline.document import Document, Paragraph
from pipeline.narrative import is_heading, sections
from pipeline.report import Section
from tests.forms import Spot, document, grid, numbered, rows_of

TITLE = "样例区演示局2021年政府信息公开工作年度报告"
HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)


def read(*lines: str) -> tuple[Section, ...]:
    return sections(Document(tuple(Paragraph(line) for line in lines), "text/plain", "0" * 64, "test"))


def numbers(*lines: str) -> list[int]:
    return [section.number for section in read(*lines)]


def test_six_sections_and_what_stands_before_them() -> None:
    lines = [TITLE, *[text for heading in HEADINGS for text in (heading, f"{heading[2:]}如下。")]]
    found = read(*lines)
    assert [s.number for s in found] == [0, 1, 2, 3, 4, 5, 6]
    assert found[0].text == TITLE
    assert [s.heading for s in found[1:]] == list(HEADINGS)
    assert all(s.text == f"{s.heading[2:]}如下。" for s in found[1:])


@pytest.mark.parametrize(
    ("heading", "number"),
    [
        ("一、概述", 1),
        ("一、总体 情况", 1),
        ("1.总体情况", 1),
        ("二、主动公开政府信息的情况", 2),
        ("三、政府信息公开申请办理情况", 3),
        ("四、政府信息公开行政复议，行政诉讼情况", 4),
        ("四、政府信息公开行政复议行政诉讼情况", 4),
        ("五、存在问题及改进措施", 5),
        ("五、存在的主要问题及整改措施", 5),
        ("四、因政府信息公开被申请复议、提起诉讼的情况", 4),
        ("六、其它需要报告的事项", 6),
        ("其他需要报告的事项", 6),
        ("　　六、 其他需要\n报告的事项", 6),
    ],
)
def test_wordings_of_headings(heading: str, number: int) -> None:
    assert numbers(heading) == [number]
    assert is_heading(heading)


@pytest.mark.parametrize(
    "line",
    [
        "（一）主动公开情况。全年公开 12 条。",
        "二、上年结转政府信息公开申请数量",
        "四、结转下年度继续办理",
        "总体情况良好。",
        "五、存在的主要问题是公开不够及时。",
        "其他需要报告的事项较多，如下所述",
        "",
    ],
)
def test_lines_that_are_no_heading(line: str) -> None:
    assert not is_heading(line)


def test_text_on_the_line_of_the_heading() -> None:
    (section,) = read("六、其他需要报告的事项：无。")
    assert (section.heading, section.text) == ("六、其他需要报告的事项", "无。")


def test_headings_only_go_forward() -> None:
    found = read(
        "一、总体情况", "五、存在的主要问题及改进情况", "二、主动公开情况有待加强。", "六、其他需要报告的事项"
    )
    assert [s.number for s in found] == [1, 5, 6]
    assert found[1].text == "二、主动公开情况有待加强。"


def test_a_section_without_text_stands_too() -> None:
    assert [(s.number, s.text) for s in read("一、总体情况", "六、其他需要报告的事项")] == [(1, ""), (6, "")]


def test_lines_wrapped_in_mid_sentence_are_closed_up() -> None:
    first, second = "2021年，本机关认真贯彻落实条例，持续推进政务公", "开工作，全年公开信息12条。"
    (section,) = read("一、总体情况", first, second, "（一）主动公开。", "1.制度")
    assert section.text == f"{first}{second}\n（一）主动公开。\n1.制度"


def test_prose_without_headings_is_one_section() -> None:
    assert [(s.number, s.text) for s in read("第一段。", "第二段。")] == [(0, "第一段。\n第二段。")]


def test_tables_are_no_prose() -> None:
    table = rows_of(numbered(tables=["applications"]), "applications")
    found = sections(
        document(
            "三、收到和处理政府信息公开申请情况", table, "四、政府信息公开行政复议、行政诉讼情况", "无。"
        )
    )
    assert [(s.number, s.text) for s in found] == [(3, ""), (4, "无。")]


def test_nothing_has_no_sections() -> None:
    assert read() == ()


def test_sections_of_a_report_that_one_sheet_holds() -> None:
    lines = [text for heading in HEADINGS for text in (heading, f"{heading[2:]}如下。")]
    table = rows_of(numbered(tables=["review_litigation"]), "review_litigation")
    rows = [[Spot(line, 1, 15)] for line in lines]
    sheet = grid([*rows[:8], *table, *rows[8:]])
    found = sections(Document((Paragraph("首页"), sheet), "text/html", "0" * 64, "test"))
    assert [(s.number, s.text) for s in found if s.number] == [
        (n, f"{heading[2:]}如下。") for n, heading in enumerate(HEADINGS, start=1)
    ]


def test_the_forms_first_heading_is_one_without_its_number_too() -> None:
    assert numbers("总体情况", "依规公开。", "主动公开政府信息情况", "如下。") == [1, 2]
    assert numbers(*HEADINGS[:2], "总体情况", "如下。") == [1, 2]
    assert numbers("总体情况良好。") == [0]
