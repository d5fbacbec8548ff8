"""The layout of a report: merges of the form, splits, spellings, and numbers that hold the identities."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Grid
from pipeline.templates import load_templates
from pipeline.typeset.compose import Layout, Line, compose
from pipeline.typeset.facts import Facts, TypesetError, cells_of
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.spelling import misprints, print_value, spell
from pipeline.typeset.style import FormStyle, LabelStyle, NumberStyle, Style
from tests.strategies import expected_cells, facts, styles, variants

ALL_2021 = dict.fromkeys(("proactive_disclosure", "applications", "review_litigation"), "2021")
ALL_2020 = dict.fromkeys(ALL_2021, "2020")


def report(form: dict[str, str] = ALL_2021, **other: object) -> Facts:
    # Every cell has its own text, so that a number that strays is seen.
    values = {key: f"#{i}" for i, key in enumerate(cells_of(form))}
    return replace(Facts("样例局", 2021, form, values, {1: ("文字。",)}), **other)


def grid_of(layout: Layout, table: str) -> Grid:
    (sheet,) = [s for s in layout.sheets if s.table == table]
    return sheet.grid


def texts(layout: Layout) -> list[str]:
    return [cell.text for sheet in layout.sheets for cell in sheet.grid.cells()]


def lines(layout: Layout, role: str) -> list[str]:
    return [block.text for block in layout.blocks if isinstance(block, Line) and block.role == role]


def spans(grid: Grid) -> dict[str, tuple[int, int, int, int]]:
    return {c.text: (c.row, c.column, c.row_span, c.column_span) for c in grid.cells()}


@settings(max_examples=60, deadline=None)
@given(facts(), styles())
def test_every_sheet_is_a_full_rectangle(report: Facts, style: Style) -> None:
    for sheet in compose(report, style).sheets:
        taken = [
            (row, column)
            for cell in sheet.grid.cells()
            for row in range(cell.row, cell.row + cell.row_span)
            for column in range(cell.column, cell.column + cell.column_span)
        ]
        height, width = len(sheet.grid.rows), len(sheet.widths)
        assert sorted(taken) == [(row, column) for row in range(height) for column in range(width)]


@settings(max_examples=60, deadline=None)
@given(styles(), variants())
def test_every_number_is_printed_once(style: Style, form: dict[str, str]) -> None:
    printed = [text for text in texts(compose(report(form), style)) if text.startswith("#")]
    assert sorted(printed) == sorted(f"#{i}" for i in range(len(printed)))
    assert len(printed) == len(list(cells_of(form)))


def test_merges_are_those_of_the_2021_form() -> None:
    layout = compose(report(), Style())
    disclosure, applications, review = (spans(grid_of(layout, table)) for table in ALL_2021)
    assert disclosure["第二十条第（一）项"] == (0, 0, 1, 4)
    assert disclosure["本年收费金额（单位：万元）"] == (12, 1, 1, 3)
    assert applications["申请人情况"] == (0, 3, 1, 7)
    assert applications["自然人"] == (1, 3, 2, 1)
    assert applications["法人或其他组织"] == (1, 4, 1, 5)
    assert applications["三、本年度办理结果"] == (5, 0, 22, 1)
    assert applications["（一）予以公开"] == (5, 1, 1, 2)
    assert applications["（三）不予公开"] == (7, 1, 8, 1)
    assert applications["四、结转下年度继续办理"] == (27, 0, 1, 3)
    assert review["行政诉讼"] == (0, 5, 1, 10)
    assert review["复议后起诉"] == (1, 10, 1, 5)
    assert grid_of(layout, "review_litigation").rows[1][0].row_span == 2


def test_the_2020_form_has_one_row_for_other_handling() -> None:
    applications = spans(grid_of(compose(report(ALL_2020), Style()), "applications"))
    assert applications["（六）其他处理"] == (23, 1, 1, 2)
    assert applications["三、本年度办理结果"] == (5, 0, 20, 1)


def test_numbers_stand_in_the_row_and_order_of_the_form() -> None:
    grid = grid_of(compose(report(), Style()), "applications")
    keys = {f"#{i}": key for i, key in enumerate(cells_of(ALL_2021))}
    row = next(row for row in grid.rows if any(c.text == "2.重复申请" for c in row))
    found = [keys[cell.text] for cell in row if cell.text.startswith("#")]
    columns = [label.key for label in load_templates()["2021"].tables["applications"][0].columns]
    assert found == [("applications", "rejected_repeat", column) for column in columns]


@pytest.mark.parametrize("split", ["plain", "header"])
def test_split_table_has_all_rows_in_two_parts(split: str) -> None:
    style = Style(FormStyle(split=split, split_after=8))  # type: ignore[arg-type]
    first, second = [s for s in compose(report(), style).sheets if s.table == "applications"]
    header = 3 if split == "header" else 0
    assert (len(first.grid.rows), len(second.grid.rows)) == (3 + 8, header + 17)
    assert (first.new_page, second.new_page) == (False, True)


@pytest.mark.parametrize(("cut_numbers", "has"), [("first", (True, False)), ("second", (False, True))])
def test_a_cut_row_has_half_its_label_in_each_part(cut_numbers: str, has: tuple[bool, bool]) -> None:
    style = Style(FormStyle(split="cut", split_after=8, cut_numbers=cut_numbers))  # type: ignore[arg-type]
    first, second = [s.grid for s in compose(report(), style).sheets if s.table == "applications"]
    halves = [next(c.text for c in row if c.column == 2) for row in (first.rows[-1], second.rows[0])]
    assert "".join(halves) == "4.保护第三方合法权益"
    assert all(halves)
    numbers = tuple(any(c.text.startswith("#") for c in row) for row in (first.rows[-1], second.rows[0]))
    assert numbers == has


@pytest.mark.parametrize(
    ("carried", "first", "second"),
    [
        ("blank", "（三）不予公开", ""),
        ("repeat", "（三）不予公开", "（三）不予公开"),
        ("cut", "（三）", "不予公开"),
    ],
)
def test_a_merged_label_over_the_split(carried: str, first: str, second: str) -> None:
    style = Style(FormStyle(split="plain", split_after=8, carried_labels=carried))  # type: ignore[arg-type]
    before, after = [s.grid for s in compose(report(), style).sheets if s.table == "applications"]
    assert before.rows[3 + 4][0].text == first
    assert after.rows[0][1].text == second


def test_unmerged_header_has_blanks_below() -> None:
    grid = grid_of(compose(report(), Style(FormStyle(header_merged=False))), "review_litigation")
    assert [c.text for c in grid.rows[1][:5]] == ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    assert [c.text for c in grid.rows[2][:5]] == [""] * 5


def test_unmerged_side_has_blanks_below() -> None:
    grid = grid_of(compose(report(), Style(FormStyle(side_merged=False))), "applications")
    assert all(cell.row_span == 1 for row in grid.rows[3:] for cell in row)


def test_ragged_cells_end_at_other_grid_lines() -> None:
    grid = grid_of(compose(report(), Style(FormStyle(ragged=True))), "proactive_disclosure")
    header, values = ([c.column for c in grid.rows[i]] for i in (1, 2))
    assert header == [0, 3, 5, 7]
    assert values == [0, 2, 4, 6]


def test_disclosure_in_a_table_for_each_block() -> None:
    sheets = compose(report(), Style(FormStyle(disclosure="each_block"))).sheets
    assert [s.table for s in sheets].count("proactive_disclosure") == 4


def test_title_is_broken_into_lines_and_whole_in_the_layout() -> None:
    layout = compose(report(), Style(FormStyle(title="{agency}{year}年政府\n信息公开工作年度报告")))
    assert lines(layout, "title") == ["样例局2021年政府", "信息公开工作年度报告"]
    assert layout.title == "样例局2021年政府信息公开工作年度报告"


def test_signature_and_preamble_name_the_agency() -> None:
    style = Style(FormStyle(title="", signature=True, preamble=True))
    layout = compose(report(published_on="2022-01-09"), style)
    assert lines(layout, "title") == []
    assert lines(layout, "signature") == ["样例局", "2022年1月9日"]
    assert "样例局" in lines(layout, "body")[0]


def test_a_table_not_named_and_a_section_not_told_are_left_out() -> None:
    form = {"applications": "2021"}
    layout = compose(report(form), Style())
    assert lines(layout, "heading") == ["一、总体情况", "三、收到和处理政府信息公开申请情况"]
    assert {s.table for s in layout.sheets} == {"applications"}


@pytest.mark.parametrize(
    ("choice", "label", "printed"),
    [
        ({"brackets": "half"}, "第二十条第（五）项", "第二十条第(五)项"),
        ({"numbering": "．"}, "1.属于国家秘密", "1．属于国家秘密"),
        ({"numbering": "、"}, "2.重复申请", "2、重复申请"),
        ({"quotes": "straight"}, "3.危及“三安全一稳定”", '3.危及"三安全一稳定"'),
        ({"gap": "\n"}, "本年新制作数量", "本年新制\n作数量"),
        ({"gap": "\u3000"}, "规章", "规\u3000章"),
        (
            {"explanation": False},
            "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
            "（二）部分公开",
        ),
        ({"explanation": False}, "本年收费金额（单位：万元）", "本年收费金额（单位：万元）"),
        ({"corner_note": False}, "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", ""),
        ({"misprints": True}, "本年处理决定数量", "本年处理绝对数量"),
        ({}, "（二）部分公开（区分处理的，只计这一情形，不计其他情形）", None),
    ],
)
def test_spellings(choice: dict[str, object], label: str, printed: str | None) -> None:
    assert spell(label, LabelStyle(**choice)) == (label if printed is None else printed)  # type: ignore[arg-type]


def test_every_misprint_is_of_a_label_of_the_form() -> None:
    blocks = [b for t in load_templates().values() for bs in t.tables.values() for b in bs]
    labels = {part for b in blocks for label in b.rows + b.columns for part in label.path}
    assert set(misprints()) <= labels | {b.heading for b in blocks}


@pytest.mark.parametrize(
    ("choice", "value", "unit", "printed"),
    [
        ({}, "0", "count", "0"),
        ({"plus": True}, "1", "signed_count", "+1"),
        ({"plus": True}, "-28", "signed_count", "-28"),
        ({"plus": True}, "0", "signed_count", "0"),
        ({"plus": True}, "1", "count", "1"),
        ({"thousands": True}, "1234", "count", "1,234"),
        ({"full_width": True}, "170", "count", "１７０"),
        ({"padding": "\u3000"}, "7", "count", "\u30007\u3000"),
        ({"money_unit": "万元"}, "870000", "amount", "87万元"),
        ({"money_unit": "元"}, "251000", "amount", "251000元"),
        ({}, "8040", "amount", "8040"),
        ({}, "77302800", "amount_wan_yuan", "7730.28"),
        ({}, "75450000", "amount_wan_yuan", "7545"),
        ({"blank": "/"}, None, "count", "/"),
        ({"padding": "\u00a0"}, None, "count", "\u00a0"),
    ],
)
def test_printed_values(choice: dict[str, object], value: str | None, unit: str, printed: str) -> None:
    number = None if value is None else Decimal(value)
    assert print_value(number, unit, NumberStyle(**choice)) == printed  # type: ignore[arg-type]


def test_raw_text_is_printed_as_it_stands() -> None:
    assert print_value("约三百", "count", NumberStyle(full_width=True, padding=" ")) == "约三百"


@settings(max_examples=40, deadline=None)
@given(variants(), st.integers(0, 2**32))
def test_consistent_values_hold_every_identity(form: dict[str, str], seed: int) -> None:
    values = consistent_values(form, random.Random(seed))
    assert set(values) == set(cells_of(form))
    block = load_templates()[form["applications"]].tables["applications"][0]
    leaves = [row.key for row in block.rows if row.role == "leaf"]
    applicants = [column.key for column in block.columns if column.role == "leaf"]
    cell = {key[1:]: number for key, number in values.items() if key[0] == "applications"}
    for column in [*applicants, "total"]:
        left = cell["new_received", column] + cell["carried_in", column]
        assert left == cell["total_handled", column] + cell["carried_out", column]
        assert cell["total_handled", column] == sum(cell[leaf, column] for leaf in leaves)
    for row in block.rows:
        assert cell[row.key, "total"] == sum(cell[row.key, column] for column in applicants)
    results = ("upheld", "corrected", "other_result", "pending")
    for (table, row, column), number in values.items():
        if (table, column) == ("review_litigation", "total"):
            assert number == sum(values[table, row, result] for result in results)
        assert number >= 0 or column == "change_in_items"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_changes_never_take_more_than_there_was(seed: int) -> None:
    values = consistent_values(ALL_2020, random.Random(seed))
    changes = [key for key in values if key[2] == "change_in_items"]
    assert len(changes) == 5
    assert all(
        values[table, row, "previous_year_items"] + values[table, row, c] >= 0 for table, row, c in changes
    )
    for row in ("regulation", "normative_document"):
        newly = values["proactive_disclosure", row, "newly_disclosed"]
        assert newly <= values["proactive_disclosure", row, "total_disclosed"]


def test_expected_cells_tell_units_and_kinds() -> None:
    form = {"proactive_disclosure": "2020"}
    key = ("proactive_disclosure", "government_procurement", "amount")
    found = expected_cells(Facts("样例局", 2020, form, {key: Decimal(870000)}), Style())
    assert (found[key].value, found[key].unit, found[key].kind) == (Decimal(870000), None, "reported")
    assert found["proactive_disclosure", "regulation", "newly_made"].kind == "blank"


def test_an_unknown_cell_or_table_is_refused() -> None:
    with pytest.raises(TypesetError, match="no table applications in a variant 1999"):
        Facts("样例局", 2021, {"applications": "1999"}, {})
    with pytest.raises(TypesetError, match="applications / granted / robots"):
        Facts("样例局", 2021, ALL_2021, {("applications", "granted", "robots"): None})
