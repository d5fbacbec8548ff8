"""The form's tables out of documents as offices make them; each number a cell, set aside by name, or left over.

No number stands twice in these reports, so that one in a wrong cell, or none, shows.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.extract import INFERRED, extract
from pipeline.matching.arrange import arrange
from pipeline.report import Extraction
from pipeline.templates import load_templates
from pipeline.typeset import Facts, Style
from pipeline.typeset.style import FormStyle
from tests.forms import (
    APPLICATIONS_KEYS,
    TABLES,
    Rows,
    Spot,
    balanced,
    document,
    grid,
    lost,
    misread,
    numbered,
    numbers_in,
    relabelled,
    report_tables,
    row_at,
    rows_of,
    texts,
    unread,
    without,
)

VARIANTS = ("2020", "2021")
APPLICATIONS, PROACTIVE, REVIEW = "applications", "proactive_disclosure", "review_litigation"


def read(*parts: Rows | str) -> Extraction:
    return extract(arrange(document(*parts)))


def checked(facts: Facts, *parts: Rows | str, strangers: int = 0) -> Extraction:
    """The extraction, once no number is in a wrong cell or lost."""
    extraction = read(*parts)
    assert misread(facts, extraction) == {}
    assert balanced(extraction)
    assert len(lost(numbers_in(parts), extraction)) <= strangers
    return extraction


def perfect(facts: Facts, *parts: Rows | str) -> Extraction:
    extraction = checked(facts, *parts)
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()
    return extraction


def codes(extraction: Extraction) -> set[str]:
    return {finding.message.code for finding in extraction.findings}


def is_data(row: list[Spot]) -> bool:
    return any(spot.text.isdigit() for spot in row)


def split_values(row: list[Spot]) -> tuple[list[Spot], list[Spot]]:
    return [s for s in row if not s.text.isdigit()], [s for s in row if s.text.isdigit()]


@pytest.fixture(params=VARIANTS)
def facts(request: pytest.FixtureRequest) -> Facts:
    return numbered(request.param)


def kinds(extraction: Extraction, table: str | None = None) -> Counter[str]:
    return Counter(cell.kind for cell in extraction.cells if table in (None, cell.table))


# What stands in the cells.


def test_a_whole_report(facts: Facts) -> None:
    extraction = perfect(facts, *report_tables(facts))
    assert extraction.variants == dict(facts.variants)
    assert extraction.findings == ()
    assert all(cell.confidence == 1.0 for cell in extraction.cells)


@pytest.mark.parametrize("kept", ["total", "natural_person", "other_organization"])
def test_only_one_applicant_filled(facts: Facts, kept: str) -> None:
    empty = [key for key in facts.values if key[0] == APPLICATIONS and key[2] != kept]
    facts = without(facts, *empty)
    extraction = perfect(facts, *report_tables(facts))
    assert kinds(extraction, APPLICATIONS)["blank"] == len(empty)


def test_all_but_the_total_filled(facts: Facts) -> None:
    facts = without(facts, *[key for key in facts.values if key[0] == APPLICATIONS and key[2] == "total"])
    perfect(facts, *report_tables(facts))


@pytest.mark.parametrize("mark", ["/", "—", "――", "无", "~", "不涉及", "×"])
def test_marks_for_nothing_everywhere(facts: Facts, mark: str) -> None:
    blank = without(facts, *facts.values)
    tables = [
        [[Spot(s.text or mark, s.down, s.across) for s in row] for row in rows_of(blank, t)] for t in TABLES
    ]
    extraction = read(*tables)
    assert kinds(extraction) == {"nil_mark": len(facts.values)}


def test_notes_beside_labels_and_numbers(facts: Facts) -> None:
    table = rows_of(facts, APPLICATIONS)
    place = row_at(table, "重复申请")
    label, values = split_values(table[place])
    marks = ["①", "*注1", "（注1）", "²", "注¹", "※[¹]", "[注]"]
    table[place] = label + [Spot(v.text + mark) for v, mark in zip(values, marks, strict=True)]
    perfect(facts, *report_tables(facts, applications=relabelled(table, {"予以公开": "予以公开（注2）"})))


def test_words_in_a_value_cell_are_kept_as_printed(facts: Facts) -> None:
    table = rows_of(facts, APPLICATIONS)
    place = row_at(table, "重复申请")
    table[place][-1] = Spot("见附件")
    table[place][-2] = Spot("12.5")
    extraction = read(*report_tables(facts, applications=table))
    assert {c.raw for c in extraction.cells if c.kind == "unreadable"} == {"见附件", "12.5"}
    assert [left.raw for left in extraction.leftovers] == ["12.5"]
    assert "unreadable_cell" in codes(extraction)


# How rows and columns are drawn.


@pytest.mark.parametrize(("before", "after"), [(1, 0), (0, 1), (1, 1), (2, 1), (0, 3)])
def test_blank_cells_at_either_end_of_rows(facts: Facts, before: int, after: int) -> None:
    table = rows_of(facts, APPLICATIONS)
    for place, row in enumerate(table):
        if is_data(row):
            label, values = split_values(row)
            table[place] = [*label, *texts(*[""] * before), *values, *texts(*[""] * after)]
    perfect(facts, *report_tables(facts, applications=table))


@pytest.mark.parametrize("missing", [1, 2, 6])
def test_cells_missing_at_the_end_of_a_row_leave_its_numbers_over(facts: Facts, missing: int) -> None:
    table = rows_of(facts, APPLICATIONS)
    place = row_at(table, "属于国家秘密")
    table[place] = table[place][:-missing]
    extraction = checked(facts, *report_tables(facts, applications=table))
    assert len(extraction.leftovers) == 7 - missing
    assert "wrong_count" in codes(extraction)


def moved(rows: Rows, column: int, to: int) -> Rows:
    table = []
    for row in rows:
        label, values = split_values(row)
        if values:
            values.insert(to, values.pop(column))
        table.append(label + values)
    return table


def test_the_total_as_the_first_column(facts: Facts) -> None:
    table = moved(rows_of(facts, APPLICATIONS), 6, 0)
    table[1].insert(0, table[1].pop())
    perfect(facts, *report_tables(facts, applications=table))


def test_total_first_in_cells_that_lost_their_spans_is_left_over(facts: Facts) -> None:
    table = moved(rows_of(facts, APPLICATIONS), 6, 0)
    table[1].insert(0, table[1].pop())
    bare = [[Spot(spot.text) for spot in row] for row in table]
    extraction = checked(facts, *report_tables(facts, applications=bare))
    assert "header_contradicts" in codes(extraction)


@pytest.mark.parametrize("name", ["小计", "合计"])
def test_an_extra_column_is_left_over_and_the_others_read(facts: Facts, name: str) -> None:
    table = rows_of(facts, APPLICATIONS)
    table[0][1] = Spot(table[0][1].text, 1, 8)
    table[1][1] = Spot(table[1][1].text, 1, 6)
    table[2].append(Spot(name))
    for place, row in enumerate(table):
        if is_data(row):
            table[place] = [*row[:-1], Spot(str(8000 + place)), row[-1]]
    extraction = checked(facts, *report_tables(facts, applications=table))
    assert unread(facts, extraction) == []
    assert {left.message.code for left in extraction.leftovers} == {"unknown_column"}


def test_a_column_left_out_is_absent(facts: Facts) -> None:
    table = rows_of(facts, APPLICATIONS)
    table[0][1], table[1][1] = Spot(table[0][1].text, 1, 6), Spot(table[1][1].text, 1, 4)
    del table[2][3]
    for place, row in enumerate(table):
        if is_data(row):
            table[place] = [*row[:-3], *row[-2:]]
    for shape in (table, [[Spot(spot.text) for spot in row] for row in table]):
        extraction = checked(facts, *report_tables(facts, applications=shape))
        absent = {cell.column for cell in extraction.cells if cell.kind == "absent"}
        assert absent == {"legal_service_organization"}
        assert extraction.leftovers == ()


@pytest.mark.parametrize("label", ["小计", "合计", "总计", "（三）不予公开", "（三）不予公开小计"])
def test_an_extra_row_is_left_over(facts: Facts, label: str) -> None:
    table = rows_of(facts, APPLICATIONS)
    table.insert(row_at(table, "属于行政查询事项") + 1, texts(label, *[str(8000 + n) for n in range(7)]))
    extraction = checked(facts, *report_tables(facts, applications=table))
    assert unread(facts, extraction) == []
    assert len(extraction.leftovers) == 7
    assert "unknown_label" in codes(extraction)


@pytest.mark.parametrize("number", ["", "Ⅲ.", "③"])
def test_the_last_of_the_other_handlings_without_its_number(number: str) -> None:
    facts = numbered("2021")
    table = relabelled(rows_of(facts, APPLICATIONS), {"3.其他": f"{number}其他", "（七）总计": "总计"})
    perfect(facts, *report_tables(facts, applications=table))
    blank = without(facts, *(k for k in facts.values if k[1] == "other_misc"))
    bare = relabelled(rows_of(blank, APPLICATIONS), {"3.其他": f"{number}其他"})
    perfect(blank, *report_tables(blank, applications=bare))


def test_columns_that_variants_name_otherwise_are_not_chosen_between() -> None:
    facts = numbered("2020")
    illegible = dict.fromkeys(
        ["本年新制作数量", "本年新公开数量", "对外公开总数量", "上一年项目数量", "本年增/减", "处理决定数量"],
        "■■",
    )
    table = relabelled(rows_of(facts, PROACTIVE), illegible)
    table = [row for row in table if not any("对外管理" in s.text or "采购" in s.text for s in row)]
    table = relabelled(table, {"规范性文件": "文件"})
    extraction = checked(facts, table, strangers=0)
    assert {c.kind for c in extraction.cells if c.row == "regulation"} == {"absent"}
    assert "variant_open" in codes(extraction)


def turned(rows: Rows) -> Rows:
    """A table of plain cells, its rows set as columns."""
    return [list(column) for column in zip(*rows, strict=True)]


def test_tables_that_are_turned_to_fit_the_page(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    values = [[spot for spot in row if spot.text][-8:] for row in three[3:]]
    names = ["申请人", "自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
    perfect(facts, two, turned([texts(*names), *values]), four)
    header = row_at(two, "信息内容")
    first = two[header : header + 3]
    perfect(facts, turned(first), two[header + 3 :], three, four)


def test_misprints_that_compete_for_a_row_are_left_over(facts: Facts) -> None:
    table = relabelled(rows_of(facts, APPLICATIONS), {"2.重复申请": "2.重复的申请件"})
    place = row_at(table, "重复的申请件")
    table.insert(place + 1, texts("2.重复性申请件", *[str(8000 + n) for n in range(7)]))
    extraction = checked(facts, *report_tables(facts, applications=table))
    assert {c.kind for c in extraction.cells if c.row == "rejected_repeat"} == {"absent"}
    assert len(extraction.leftovers) == 14


def test_misprints_under_a_label_that_another_variant_has_for_a_row() -> None:
    facts = numbered("2021")
    spelt = {
        "1.申请人无正当理由逾期不补正、行政机关不再处理": "1.申请人无正当理由逾期未补正、行政机关不予处理",
        "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理": "2.申请人逾期不按收费通知要求缴费、行政机关不再处理",
    }
    table = relabelled(rows_of(facts, APPLICATIONS), spelt)
    perfect(facts, *report_tables(facts, applications=table))


def test_ordinals_before_the_labels_are_set_aside_by_name(facts: Facts) -> None:
    table = rows_of(facts, PROACTIVE)
    rows = [[Spot(str(n)) if is_data(row) else Spot(""), *row] for n, row in enumerate(table, start=1)]
    ordinals = sum(is_data(row) for row in table)
    extraction = checked(facts, *report_tables(facts, proactive_disclosure=rows), strangers=ordinals)
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()
    assert extraction.numeric_ignored == {"row_number": ordinals}


def test_numbers_before_a_label_are_no_ordinals(facts: Facts) -> None:
    table = rows_of(facts, PROACTIVE)
    place = row_at(table, "行政强制")
    table[place].insert(0, Spot("8888"))
    extraction = checked(facts, *report_tables(facts, proactive_disclosure=table))
    assert [left.raw for left in extraction.leftovers] == ["8888"]


def test_blocks_of_table_2_side_by_side(facts: Facts) -> None:
    table = rows_of(facts, PROACTIVE)
    first, second, third = (row_at(table, f"第（{n}）项") for n in "一五六")
    blocks = [table[first:second], table[second:third]]
    height = max(map(len, blocks))
    padded = [block + [[]] * (height - len(block)) for block in blocks]
    side = [left + right for left, right in zip(*padded, strict=True)]
    perfect(facts, *report_tables(facts, proactive_disclosure=side + table[third:]))


def test_columns_of_table_3_in_two_tables_whose_merged_labels_left_cells_empty(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    split = [split_values(row) for row in three[3:]]
    rows = [(texts(label[-1].text, "", ""), values) for label, values in split]
    head = texts("", "", "")
    left = [[*head, *texts("自然人", "法人或其他组织", "")], [*head, *texts("", "商业企业", "科研机构")]]
    right = [[*head, *texts("法人或其他组织", "", "", "总计")]]
    right.append([*head, *texts("社会公益组织", "法律服务机构", "其他", "")])
    left += [[*label, *values[:3]] for label, values in rows]
    right += [[*label, *values[3:]] for label, values in rows]
    perfect(facts, two, left, right, four)


def ragged_again(rows: Rows) -> Rows:
    """A header of which each line repeats the labels that reach down into it, and no line the widths."""
    first, second, third = rows[:3]
    again = [s for s in (*first, *second) if s.down > 1 and s.text]
    return [
        texts(*(s.text for s in first)),
        texts(*(s.text for s in second)),
        texts(*(s.text for s in again if s.text != "总计"), *(s.text for s in third), "总计"),
        *(texts(*(s.text for s in row)) for row in rows[3:]),
    ]


def test_labels_repeated_in_each_line_they_reach_down_to(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    perfect(facts, two, ragged_again(three), four)


def test_blocks_side_by_side_with_the_same_columns_are_left_over() -> None:
    facts = numbered("2020")
    table = rows_of(facts, PROACTIVE)
    second, third, fourth = (row_at(table, f"第（{n}）项") for n in "五六八")
    side = [left + right for left, right in zip(table[second:third], table[third:fourth], strict=True)]
    extraction = checked(
        facts, *report_tables(facts, proactive_disclosure=table[:second] + side + table[fourth:])
    )
    assert len(extraction.leftovers) == 12


# Table 4.


def test_table_4_with_a_label_cell_before_its_numbers(facts: Facts) -> None:
    for label in ("数量", ""):
        table = rows_of(facts, REVIEW)
        table = [[Spot("类别" if label else "", 3), *table[0]], *table[1:-1], [Spot(label), *table[-1]]]
        perfect(facts, *report_tables(facts, review_litigation=table))


def test_table_4_without_its_first_header_row(facts: Facts) -> None:
    perfect(facts, *report_tables(facts, review_litigation=rows_of(facts, REVIEW)[1:]))


def test_table_4_without_its_second_header_row_is_left_over(facts: Facts) -> None:
    table = rows_of(facts, REVIEW)
    extraction = checked(facts, *report_tables(facts, review_litigation=[table[0], *table[2:]]))
    assert len(extraction.leftovers) == 15
    assert "table_not_located" in codes(extraction)


def test_table_4_without_its_third_header_row_is_inferred(facts: Facts) -> None:
    table = rows_of(facts, REVIEW)
    extraction = perfect(facts, *report_tables(facts, review_litigation=[*table[:2], table[3]]))
    assert "header_inferred" in codes(extraction)
    assert {c.confidence for c in extraction.cells if c.table == REVIEW} == {INFERRED}


def test_table_4_with_a_procedure_a_row(facts: Facts) -> None:
    values = rows_of(facts, REVIEW)[-1]
    turned = [
        texts("", "结果维持", "结果纠正", "其他结果", "尚未审结", "总计"),
        [Spot("行政复议"), *values[:5]],
        [Spot("未经复议直接起诉"), *values[5:10]],
        [Spot("复议后起诉"), *values[10:]],
    ]
    perfect(facts, *report_tables(facts, review_litigation=turned))


def test_table_4_with_a_number_a_row(facts: Facts) -> None:
    values = rows_of(facts, REVIEW)[-1]
    procedures = [[Spot("行政复议", 5, 2)], texts("行政诉讼", "未经复议直接起诉"), texts("", "复议后起诉")]
    table = [
        [*(procedures[place // 5] if place % 5 == 0 else ()), Spot(RESULTS[place % 5]), value]
        for place, value in enumerate(values)
    ]
    perfect(facts, *report_tables(facts, review_litigation=table))


def procedure_rows(facts: Facts) -> list[list[Spot]]:
    """The numbers of table 4, a row a procedure."""
    values = rows_of(facts, REVIEW)[-1]
    return [values[start : start + 5] for start in (0, 5, 10)]


RESULTS = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")


@pytest.mark.parametrize(
    "captions",
    [
        ("行政复议", "未经复议直接起诉", "复议后起诉"),
        ("（一）行政复议情况", "（二）行政诉讼（未经复议直接起诉）", "（三）行政诉讼（复议后起诉）"),
    ],
)
def test_table_4_in_parts_that_are_named_in_the_line_above(facts: Facts, captions: tuple[str, ...]) -> None:
    two, three, _ = report_tables(facts)
    parts: list[Rows | str] = [two, three]
    for caption, values in zip(captions, procedure_rows(facts), strict=True):
        parts.append(caption)
        parts.append([texts(*RESULTS), values])
    perfect(facts, *parts)


@pytest.mark.parametrize("blank", [False, True])
def test_a_count_by_kind_in_the_prose_is_none_of_table_2(facts: Facts, blank: bool) -> None:
    decisions = (PROACTIVE, "administrative_license", "decisions")
    facts = without(facts, decisions) if blank else facts
    kinds_of = [
        texts("信息类别", "公开数量（条）"),
        texts("机构职能", "7"),
        texts("行政许可", "8"),
        texts("行政处罚", "9"),
    ]
    for parts in ((kinds_of, *report_tables(facts)), (*report_tables(facts), kinds_of)):
        extraction = read(*parts)
        assert misread(facts, extraction) == {}
        assert unread(facts, extraction) == []
        assert {"8", "9"} <= {leftover.raw for leftover in extraction.leftovers}


def test_a_line_of_another_table_under_table_4_is_none_of_its_values(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    blank = [*four[:-1], texts(*[""] * 15)]
    listed = texts("1", "更新公开指南", "办公室", "2月底", *[""] * 11)
    extraction = read(two, three, [*blank, listed])
    assert {c.kind for c in extraction.cells if c.table == REVIEW} == {"blank"}


@pytest.mark.parametrize(("nothing", "grids"), [("", 2), ("/", 2), ("/", 1)])
def test_a_part_of_table_4_that_is_left_blank_leaves_the_next_its_own_header(
    nothing: str, grids: int, facts: Facts
) -> None:
    two, three, _ = report_tables(facts)
    band = [[Spot("行政诉讼", 1, 5)], [Spot("复议后起诉", 1, 5)], texts(*RESULTS)]
    first = [[Spot("行政复议", 1, 5)], texts(*RESULTS), texts(*[nothing] * 5)]
    second = [*band, procedure_rows(facts)[2]]
    parts = [first, second] if grids == 2 else [[*first, *second]]
    extraction = checked(facts, two, three, *parts)
    read = {c.row: c.kind for c in extraction.cells if c.table == REVIEW and c.column == "upheld"}
    assert read["litigation_after_reconsideration"] == "reported"
    assert read["reconsideration"] == ("nil_mark" if nothing else "blank")


def test_a_line_that_says_more_than_a_procedure_names_no_part(facts: Facts) -> None:
    two, three, _ = report_tables(facts)
    part = [texts(*RESULTS), procedure_rows(facts)[0]]
    extraction = checked(facts, two, three, "未经行政复议直接起诉", part)
    assert not any(cell.table == REVIEW and cell.kind == "reported" for cell in extraction.cells)


@pytest.mark.parametrize("sign", ["", "—", "："])
def test_table_4_with_procedure_and_result_in_one_label(facts: Facts, sign: str) -> None:
    two, three, four = report_tables(facts)
    names = ("行政复议", f"行政诉讼{sign}未经复议直接起诉", "复议后起诉")
    perfect(facts, two, three, [texts(*(f"{name}{sign}{r}" for name in names for r in RESULTS)), four[-1]])


def test_table_4_with_its_procedures_across_and_its_results_down(facts: Facts) -> None:
    two, three, _ = report_tables(facts)
    lines = procedure_rows(facts)
    rows = [[Spot(result), *(line[n] for line in lines)] for n, result in enumerate(RESULTS)]
    perfect(facts, two, three, [texts("", "行政复议", "未经复议直接起诉", "复议后起诉"), *rows])


def test_a_header_without_the_label_over_some_columns_tells_no_other_order(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    header = [three[0], [s for s in three[1] if "法人" not in s.text], three[2]]
    extraction = checked(facts, two, [*header, *three[3:]], four)
    assert "header_contradicts" in codes(extraction)


def test_a_header_too_narrow_by_a_column_does_not_swap_two_when_misprinted(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    narrow = [Spot("法人或其他织组", 1, 4) if "法人" in s.text else s for s in three[1]]
    perfect(facts, two, [three[0], narrow, *three[2:]], four)


def test_fourteen_numbers_under_fifteen_columns_are_left_over(facts: Facts) -> None:
    table = rows_of(facts, REVIEW)
    extraction = checked(facts, *report_tables(facts, review_litigation=[*table[:-1], table[-1][:-1]]))
    assert len(extraction.leftovers) == 14


# Tables cut, joined, repeated, and others between.


@pytest.mark.parametrize("cut", [1, 2, 3, 9, 15])
def test_table_3_cut_in_two(facts: Facts, cut: int) -> None:
    one, three, four = report_tables(facts)
    perfect(facts, one, three[:cut], three[cut:], four)


def test_table_3_cut_in_two_with_its_header_again(facts: Facts) -> None:
    one, three, four = report_tables(facts)
    perfect(facts, one, three[:15], three[:3] + three[15:], four)


def test_header_cut_through_by_the_page_end(facts: Facts) -> None:
    one, three, four = report_tables(facts)
    upper = [texts("", "申请人情况"), texts("自然", "法人或其他组织", "总计")]
    lower = [
        [Spot("", 1, 3), *texts("人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "")]
    ]
    perfect(facts, one, upper, lower + three[3:], four)


def test_everything_in_one_grid_and_in_another_order(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    perfect(facts, two + three + four)
    perfect(facts, four, three, two)


def test_a_report_printed_twice_is_counted_once(facts: Facts) -> None:
    tables = report_tables(facts)
    extraction = perfect(facts, *tables, *tables)
    assert extraction.numeric_ignored == {"repeated_row": len(facts.values)}


def test_a_report_printed_twice_with_a_difference(facts: Facts) -> None:
    table = rows_of(facts, APPLICATIONS)
    table[row_at(table, "重复申请")][-1] = Spot("9999")
    extraction = checked(facts, *report_tables(facts), *report_tables(facts, applications=table))
    assert "9999" in {left.raw for left in extraction.leftovers}
    assert "conflicting_row" in codes(extraction)
    doubted = [(c.row, c.column) for c in extraction.cells if c.confidence < 1]
    assert doubted == [("rejected_repeat", "total")]


def last_years(facts: Facts) -> Facts:
    """A report with other numbers, in the other variant's form."""
    other = numbered("2020" if facts.variants[APPLICATIONS] == "2021" else "2021")
    return replace(
        other, values={key: v + 5000 if isinstance(v, Decimal) else v for key, v in other.values.items()}
    )


@pytest.mark.parametrize("caption", ["附：上年度数据", "2020年数据"])
@pytest.mark.parametrize("place", [1, 2])
def test_last_years_table_beside_this_years_is_not_mixed_in(facts: Facts, caption: str, place: int) -> None:
    parts: list[Rows | str] = ["样例区演示局2021年政府信息公开工作年度报告", *report_tables(facts)]
    between = [caption, rows_of(last_years(facts), APPLICATIONS), "三、收到和处理政府信息公开申请情况"]
    parts[place + 1 : place + 1] = between
    extraction = read(*parts)
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()
    assert set(extraction.numeric_ignored) == {"other_year"}
    assert "other_year_table" in codes(extraction)


@pytest.mark.parametrize("above", ["", "2021年度收取费用0元。"])
@pytest.mark.parametrize("name", ["", "收到和处理政府信息公开申请情况"])
def test_last_years_table_is_told_under_its_own_name_and_by_its_caption_alone(
    facts: Facts, above: str, name: str
) -> None:
    two, three, four = report_tables(facts)
    named = [[Spot(name, 1, 10)]] if name else []
    old = [*named, *rows_of(last_years(facts), APPLICATIONS)]
    both = (above, "2020年度", old, "2021年度", [*named, *three])
    extraction = read("样例区演示局2021年政府信息公开工作年度报告", two, *filter(None, both), four)
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()


def test_a_part_of_last_years_table_whose_rows_are_mostly_blank_is_none_of_this_years(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    blank = [row if n in (0, 1, 2, 3) else [*row[:-7], *texts(*[""] * 7)] for n, row in enumerate(three)]
    old = [row if n != 3 else [*row[:-7], *texts(*"8888888")] for n, row in enumerate(blank)]
    caption = "附：2020年度收到和处理政府信息公开申请情况"
    parts = (two, blank[:8], [*blank[:3], *blank[8:]], four, caption, old[:8], [*old[:3], *old[8:]])
    extraction = read("样例区演示局2021年政府信息公开工作年度报告", *parts)
    first = [c.raw for c in extraction.cells if (c.table, c.row) == (APPLICATIONS, "new_received")]
    assert first == [spot.text for spot in three[3][-7:]]
    assert extraction.leftovers == ()


def test_of_two_tables_with_other_numbers_one_is_read_and_nothing_mixed(facts: Facts) -> None:
    other = rows_of(last_years(facts), APPLICATIONS)
    table = [row for row in rows_of(facts, APPLICATIONS) if "重复申请" not in "".join(s.text for s in row)]
    two, _, four = report_tables(facts)
    extraction = read(two, table, other, four)
    assert misread(facts, extraction) == {}
    assert {c.row for c in extraction.cells if c.kind == "absent"} == {"rejected_repeat"}
    assert extraction.variants == facts.variants
    assert len(extraction.leftovers) == len([s for row in other for s in row if s.text.isdigit()])


def test_an_empty_line_leaves_the_marks_above_it(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    extraction = read(two, three, [*four[:-1], texts(*["/"] * 15), texts(*[""] * 15)])
    assert {c.kind for c in extraction.cells if c.table == REVIEW} == {"nil_mark"}


def test_numbers_take_the_place_of_marks_and_words_met_first(facts: Facts) -> None:
    blank = without(facts, *facts.values)
    marked = [
        [[Spot(s.text or "/", s.down, s.across) for s in row] for row in rows_of(blank, t)] for t in TABLES
    ]
    perfect(facts, *marked, *report_tables(facts))


OTHERS: dict[str, Rows] = {
    "channels": [
        texts("公开渠道", "数量"),
        texts("网站", "8801"),
        texts("微信", "8802"),
        texts("总计", "8803"),
    ],
    "other labels": [texts("渠道", "条数"), texts("其他", "8811"), texts("总计", "8812")],
    "items as columns": [
        texts("部门", "行政许可", "行政处罚", "总计"),
        texts("甲局", "8821", "8822", "8823"),
    ],
    "numbers alone": [texts("8831", "8832")],
}


@pytest.mark.parametrize("name", [n for n in OTHERS if n != "numbers alone"])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_another_table_between_is_not_counted(facts: Facts, name: str, place: int) -> None:
    tables = report_tables(facts)
    tables.insert(place, OTHERS[name])
    extraction = checked(facts, *tables, strangers=4)
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()
    assert extraction.numeric_found == len(facts.values)


def test_another_table_between_the_halves_of_table_3(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    extraction = checked(facts, two, three[:15], OTHERS["channels"], three[15:], four, strangers=3)
    assert unread(facts, extraction) == []


def test_no_table_at_all() -> None:
    assert read("全年共收到申请 12 件。") == Extraction()
    assert read(OTHERS["channels"]).variants == {}
    assert read() == Extraction()


# Variants and hybrids.


def test_hybrid_of_2021_table_2_and_the_single_other_handling_of_2020() -> None:
    old, new = numbered("2020"), numbered("2021")
    extraction = read(rows_of(new, PROACTIVE), rows_of(old, APPLICATIONS), rows_of(new, REVIEW))
    assert extraction.variants == {PROACTIVE: "2021", APPLICATIONS: "2020", REVIEW: "2020"}
    assert extraction.template == "mixed"
    assert extraction.leftovers == ()


def test_rows_of_the_old_form_added_to_the_new_are_left_over() -> None:
    facts = numbered("2021")
    table = rows_of(facts, PROACTIVE)
    table.insert(row_at(table, "行政许可") + 1, texts("其他对外管理服务事项", "8888"))
    old = rows_of(numbered("2020"), PROACTIVE)
    extraction = checked(
        facts, *report_tables(facts, proactive_disclosure=table + old[row_at(old, "第（九）项") :])
    )
    assert unread(facts, extraction) == []
    assert extraction.variants[PROACTIVE] == "2021"
    assert len(extraction.leftovers) == 3


def test_a_subtotal_of_other_handling_in_the_new_form_is_left_over() -> None:
    facts = numbered("2021")
    table = rows_of(facts, APPLICATIONS)
    place = row_at(table, "（六）其他处理")
    subtotal = [Spot("（六）其他处理", 4), Spot("小计"), *texts(*[str(8000 + n) for n in range(7)])]
    table[place : place + 1] = [subtotal, table[place][1:]]
    extraction = checked(facts, *report_tables(facts, applications=table))
    assert unread(facts, extraction) == []
    assert len(extraction.leftovers) == 7


# Labels.


@pytest.mark.parametrize(
    "changes",
    [
        {"1.": "2.", "2.": "3.", "3.": "4."},
        {"重复申请": "重覆申请"},
        {"属于四类过程性信息": "属于四类过程信息"},
        {"（区分处理的，只计这一情形，不计其他情形）": ""},
        {"（": "(", "）": ")", "“": '"', "”": '"'},
        {".": "、"},
    ],
)
def test_labels_with_faults(facts: Facts, changes: dict[str, str]) -> None:
    tables = [relabelled(table, changes) for table in report_tables(facts)]
    extraction = checked(facts, *tables)
    assert len(unread(facts, extraction)) <= 7


def test_an_unknown_label_leaves_its_numbers_over(facts: Facts) -> None:
    table = relabelled(rows_of(facts, APPLICATIONS), {"2.重复申请": "某种情形"})
    extraction = checked(facts, *report_tables(facts, applications=table))
    assert len(extraction.leftovers) == 7
    assert kinds(extraction)["absent"] == 7
    assert {"unknown_label", "absent_cells"} <= codes(extraction)


@pytest.mark.parametrize(
    ("label", "factor"),
    [
        ("本年收费金额（单位：元）", 1),
        ("本年收费金额/元", 1),
        ("收费金额（单位：元）", 1),
        ("本年收费金额", 10_000),
    ],
)
def test_the_unit_of_the_fee_is_the_one_printed(label: str, factor: int) -> None:
    facts = numbered("2021")
    table = relabelled(rows_of(facts, PROACTIVE), {"本年收费金额（单位：万元）": label})
    extraction = read(*report_tables(facts, proactive_disclosure=table))
    (fee,) = [cell for cell in extraction.cells if cell.column == "amount"]
    assert (fee.value, fee.unit) == (Decimal(fee.raw) * factor, "yuan")


def test_a_unit_in_the_rows_label_counts_where_the_header_names_none() -> None:
    facts = numbered("2021")
    changes = {"本年收费金额（单位：万元）": "本年收费金额", "行政事业性收费": "行政事业性收费（单位：元）"}
    table = relabelled(rows_of(facts, PROACTIVE), changes)
    extraction = read(*report_tables(facts, proactive_disclosure=table))
    (fee,) = [cell for cell in extraction.cells if cell.column == "amount"]
    assert (fee.value, fee.unit) == (Decimal(fee.raw), "yuan")


# Whatever is done to the tables: no number in a wrong cell, none lost.


def blank_a_cell(table: Rows, source: random.Random) -> None:
    row = source.choice(table)
    place = source.randrange(len(row))
    row[place] = Spot("", row[place].down, row[place].across)


def drop_a_value(table: Rows, source: random.Random) -> None:
    row = source.choice([row for row in table if is_data(row)] or table)
    if len(row) > 1:
        row.pop()


def drop_a_row(table: Rows, source: random.Random) -> None:
    if len(table) > 1:
        table.pop(source.randrange(len(table)))


def repeat_a_row(table: Rows, source: random.Random) -> None:
    place = source.randrange(len(table))
    table.insert(place, list(table[place]))


def swap_rows(table: Rows, source: random.Random) -> None:
    place = source.randrange(len(table))
    table[place], table[-1] = table[-1], table[place]


def halve_a_label(table: Rows, source: random.Random) -> None:
    row = source.choice(table)
    labels = [i for i, spot in enumerate(row) if spot.text and not spot.text.isdigit()]
    if labels:
        place = source.choice(labels)
        row[place] = Spot(row[place].text[: len(row[place].text) // 2], row[place].down, row[place].across)


def put_words_in(table: Rows, source: random.Random) -> None:
    row = source.choice(table)
    values = [i for i, spot in enumerate(row) if spot.text.isdigit()]
    if values:
        place = source.choice(values)
        words = source.choice(["见附件", "其他", "总计", "小计", "重复申请", "行政许可", "自然人", "—"])
        row[place] = Spot(words, row[place].down, row[place].across)


EDITS = (blank_a_cell, drop_a_value, drop_a_row, repeat_a_row, swap_rows, halve_a_label, put_words_in)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(VARIANTS),
    st.sampled_from((APPLICATIONS, PROACTIVE)),
    st.lists(st.sampled_from(EDITS), min_size=1, max_size=3),
    st.integers(0, 10_000),
    st.integers(1, 40),
)
def test_damaged_tables_never_give_a_wrong_cell(
    variant: str, table: str, edits: list[object], seed: int, cut: int
) -> None:
    facts, source = numbered(variant), random.Random(seed)
    rows = [list(row) for row in rows_of(facts, table)]
    for edit in edits:
        edit(rows, source)  # type: ignore[operator]
        rows = [row for row in rows if row]
    halves = [rows[:cut], rows[cut:]] if cut < len(rows) else [rows]
    others = [rows_of(facts, name) for name in TABLES if name != table]
    extraction = read(*[half for half in halves if half], *others)
    assert misread(facts, extraction) == {}
    assert balanced(extraction)
    assert lost(numbers_in(halves), extraction) == []


@pytest.mark.parametrize("row", range(1, 25, 4))
@pytest.mark.parametrize("numbers_in_part", ["first", "second"])
def test_rows_cut_by_a_page_end(facts: Facts, row: int, numbers_in_part: str) -> None:
    style = Style(FormStyle(split="cut", split_after=row, cut_numbers=numbers_in_part))  # type: ignore[arg-type]
    sheets = [rows_of(facts, PROACTIVE), rows_of(facts, APPLICATIONS, style), rows_of(facts, REVIEW)]
    checked(facts, *sheets)


def test_the_place_of_a_number_is_kept() -> None:
    facts = numbered("2021", tables=[APPLICATIONS])
    table = rows_of(facts, APPLICATIONS)
    extraction = read(table)
    cell = next(c for c in extraction.cells if (c.row, c.column) == ("rejected_repeat", "total"))
    found = [c for c in grid(table).cells() if c.text == cell.raw]
    assert [c.locator for c in found] == [cell.locator]


def test_a_half_row_alone_between_two_pages_is_not_lost(facts: Facts) -> None:
    """Seen on a scan: page ends on both sides leave a row as a table of its own, with half of its label."""
    table = rows_of(facts, APPLICATIONS)
    at = row_at(table, "4.保护第三方")
    half = relabelled([table[at]], {"4.保护第三方合法权益": "4.保护第"})
    parts = report_tables(facts)
    place = next(i for i, part in enumerate(parts) if any("自然人" in s.text for row in part for s in row))
    checked(facts, *parts[:place], table[:at], half, table[at + 1 :], *parts[place + 1 :])


def beside_another_year(rows: Rows, years: tuple[str, ...], own: int) -> Rows:
    """Table 3 with as many columns under each of its columns as there are years; other years' numbers are 9…"""
    wide = [
        [Spot(s.text, s.down, s.across * (len(years) if s.text != rows[0][0].text else 1)) for s in row]
        for row in rows[:3]
    ]
    data = [
        [
            Spot(s.text if place == own else f"9{s.text}") if s.text.isdigit() else s
            for s in row
            for place in range(len(years) if s.text.isdigit() else 1)
        ]
        for row in rows[3:]
    ]
    return [*wide, [Spot("", 1, 3), *texts(*(years * 7))], *data]


@pytest.mark.parametrize(
    ("years", "own"), [(("2021年", "2020年"), 0), (("上年", "本年"), 1), (("2021年", "2020年", "增减"), 0)]
)
def test_columns_of_another_year_are_set_aside(facts: Facts, years: tuple[str, ...], own: int) -> None:
    two, three, four = report_tables(facts)
    extraction = read(
        "样例区演示局2021年政府信息公开工作年度报告", two, beside_another_year(three, years, own), four
    )
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    rows = len(APPLICATIONS_KEYS[next(iter(facts.variants.values()))])
    assert extraction.numeric_ignored["other_year"] == 7 * rows * (len(years) - 1)


def test_years_of_which_none_is_the_reports_leave_the_numbers_over(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    extraction = read(two, beside_another_year(three, ("2021年", "2020年"), 0), four)
    assert not any(c.table == APPLICATIONS and c.kind == "reported" for c in extraction.cells)
    assert len(extraction.leftovers) == 2 * 7 * (len(three) - 3)


def columns_of(rows: Rows, places: range) -> Rows:
    """Table 3 with some of its columns alone."""
    header = [texts("项目", *(rows_of(numbered(), APPLICATIONS)[2][n - 1].text for n in places if 0 < n < 6))]
    header[0][1:1] = texts("自然人") if 0 in places else []
    header[0] += texts("总计") if 6 in places else []
    values = [split_values(row) for row in rows[3:]]
    return [*header, *([*labels, *(numbers[n] for n in places)] for labels, numbers in values)]


@pytest.mark.parametrize("cuts", [(3,), (2, 5)])
def test_table_3_cut_between_its_columns(facts: Facts, cuts: tuple[int, ...]) -> None:
    two, three, four = report_tables(facts)
    parts = [columns_of(three, range(*ends)) for ends in zip((0, *cuts), (*cuts, 7), strict=True)]
    perfect(facts, two, *parts, four)


def test_the_misprinted_end_of_a_row_that_a_page_end_cut_is_no_row(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    at = row_at(three, "要求提供公开出版物")
    labels, numbers = split_values(three[at])
    upper = [*labels[:-1], Spot("3.要求"), *numbers[:6], Spot("8")]
    lower = texts("提供公共出版物", *[""] * 6, "7")
    extraction = read(two, [*three[:at], upper], [lower, *three[at + 1 :]], four)
    row = [c for c in extraction.cells if (c.table, c.row) == (APPLICATIONS, "rejected_publication")]
    assert {c.kind for c in row} == {"absent"}


def test_halves_of_different_rows_are_left_over(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    right = columns_of(three, range(3, 7))
    del right[4]
    extraction = checked(facts, two, columns_of(three, range(3)), right, four)
    assert not any(c.table == APPLICATIONS and c.kind == "reported" for c in extraction.cells)


@pytest.mark.parametrize("sign", ["-", "："])
def test_labels_behind_those_above_them(facts: Facts, sign: str) -> None:
    (block,) = load_templates()[next(iter(facts.variants.values()))].tables[APPLICATIONS]
    two, three, four = report_tables(facts)
    header = texts("项目", *(sign.join(column.path) for column in block.columns))
    rows = [
        [Spot(sign.join(label.path)), *split_values(row)[1]]
        for label, row in zip(block.rows, three[3:], strict=True)
    ]
    perfect(facts, two, [header, *rows], four)


@pytest.mark.parametrize("word", ["Ⅲ", "abc", "NaN"])
def test_a_word_in_latin_letters_behind_a_label_is_no_part_of_it(facts: Facts, word: str) -> None:
    two, three, four = report_tables(facts)
    row = three[row_at(three, "重复申请")]
    row[-7:] = [Spot(word), *row[-6:]]
    key = (APPLICATIONS, "rejected_repeat", "natural_person")
    extraction = checked(facts, two, three, four)
    assert unread(without(facts, key), extraction) == []
    assert {c.raw for c in extraction.cells if (c.table, c.row, c.column) == key} == {word}


@pytest.mark.parametrize("years", [("2021年", "2020年"), ("上年", "本年")])
@pytest.mark.parametrize("merged", [True, False])
def test_lines_of_another_year_are_set_aside(facts: Facts, years: tuple[str, ...], merged: bool) -> None:
    two, three, four = report_tables(facts)
    lines: Rows = [[Spot("年度", 3), *four[0]], *four[1:3]]
    for year in years:
        sign = "" if year in ("2021年", "本年") else "9"
        lines.append([Spot(year), *(Spot(f"{sign}{s.text}") for s in four[3])])
    columns = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
    rows: Rows = [texts("项目", "年度", *columns)]
    for row in three[3:]:
        labels, numbers = split_values(row)
        for n, year in enumerate(years):
            sign = "" if year in ("2021年", "本年") else "9"
            label = [Spot(labels[-1].text, 2)] if merged else texts(labels[-1].text if not n else "")
            rows.append([*(label if not (merged and n) else []), Spot(year)])
            rows[-1] += [Spot(f"{sign}{s.text}") for s in numbers]
    extraction = read("样例区演示局2021年政府信息公开工作年度报告", two, rows, lines)
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()


def test_numbers_of_columns_under_a_header_are_set_aside(facts: Facts) -> None:
    two, three, four = report_tables(facts)
    three.insert(3, [Spot("甲", 1, 3), *texts(*"1234567")])
    four.insert(3, texts(*map(str, range(1, 16))))
    extraction = checked(facts, two, three, four, strangers=22)
    assert unread(facts, extraction) == []
    assert extraction.numeric_ignored == {"column_number": 22}
