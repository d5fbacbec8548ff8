"""How rows are told by their labels, and cut rows joined."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.document import Grid, Locator
from pipeline.matching import rows
from pipeline.matching.lexicon import LONGEST, load_lexicon
from pipeline.matching.rows import TableRow, mend, read_rows
from tests.forms import Rows, Spot, grid, texts

LEXICON = load_lexicon()
SEVEN = ("1", "0", "0", "0", "0", "0", "1")


def read(*tables: Rows) -> list[TableRow]:
    return read_rows([grid(rows, number) for number, rows in enumerate(tables)], LEXICON)


def only(*cells: str) -> TableRow:
    (row,) = read([texts(*cells)])
    return row


def keys(row: TableRow) -> set[str]:
    return {m.key for m in row.meanings}


def values(row: TableRow) -> list[str]:
    return [cell.text for cell in row.values]


def test_the_innermost_label_is_the_rows() -> None:
    row = only("三、本年度办理结果", "（三）不予公开", "1.属于国家秘密", *SEVEN)
    assert keys(row) == {"denied_state_secret"}
    assert row.parents == ("三本年办理结果", "三不予公开")
    assert values(row) == list(SEVEN)


def test_labels_that_reach_down_are_parents() -> None:
    rows = read(
        [[Spot("（三）不予公开", 2), *texts("1.属于国家秘密", *SEVEN)], texts("8.属于行政查询事项", *SEVEN)]
    )
    assert [row.parents for row in rows] == [("三不予公开",), ("三不予公开",)]


def test_a_label_in_two_cells_is_one() -> None:
    row = only("1.", "属于国家", "秘密", *SEVEN)
    assert keys(row) == {"denied_state_secret"}
    assert values(row) == list(SEVEN)


def test_cells_are_joined_to_labels_no_longer_than_any(monkeypatch: pytest.MonkeyPatch) -> None:
    joined: list[int] = []
    monkeypatch.setattr(rows, "_row_meanings", lambda text, *_: joined.append(len(text)) or ())
    only(*["某项工作"] * 400)
    assert len("某项工作") < max(joined) <= LONGEST


@pytest.mark.parametrize("nothing", ["~", "。", "…", "·"])
def test_a_mark_in_a_value_cell_is_no_end_of_the_label(nothing: str) -> None:
    assert values(only("（一）予以公开", *[nothing] * 7)) == [nothing] * 7


@pytest.mark.parametrize("ordinal", ["4", "17"])
def test_an_ordinal_stands_before_the_label(ordinal: str) -> None:
    row = only(ordinal, "（一）予以公开", *SEVEN)
    assert keys(row) == {"granted"}
    assert [cell.text for cell in row.before] == [ordinal]
    misprinted = only(ordinal, "（三）不予公开", "4.保护第三方合法利益", *SEVEN)
    assert (misprinted.label, [cell.text for cell in misprinted.before]) == (
        "4.保护第三方合法利益",
        [ordinal],
    )
    assert values(misprinted) == list(SEVEN)


def test_blocks_side_by_side_are_rows_of_their_own() -> None:
    left, right = read([texts("规章", "1", "2", "3", "行政许可", "4")])
    assert (keys(left), values(left)) == ({"regulation"}, ["1", "2", "3"])
    assert (keys(right), values(right)) == ({"administrative_license"}, ["4"])


def test_row_labels_as_the_header_of_another_table_are_no_row() -> None:
    row = only("部门", "行政许可", "行政处罚", "行政强制")
    assert not row.meanings
    assert not row.is_header


def test_two_labels_of_one_block_in_a_row_are_no_row() -> None:
    row = only("（一）予以公开", "1", "2", "2.重复申请", "3", "4")
    assert not row.meanings
    assert [cell.text for cell in row.numeric] == ["1", "2", "3", "4"]


def test_the_same_label_twice_is_one_label() -> None:
    row = only("一、本年新收政府信息公开申请数量", "一、本年新收政府信息公开申请数量", *SEVEN)
    assert keys(row) == {"new_received"}
    assert values(row) == list(SEVEN)


def test_a_band_beside_its_numbers_is_a_row_and_over_columns_is_not() -> None:
    assert keys(only("行政复议", "1", "0", "0", "0", "1")) == {"reconsideration"}
    assert only("行政复议", "行政诉讼").is_header
    assert not only("行政复议", "1", "行政诉讼").meanings


def test_a_header_bears_labels_and_no_numbers() -> None:
    assert only("自然人", "法人或其他组织", "总计").is_header
    assert not only("自然人", "12").is_header
    assert not only("申请人情况", "").is_header


def test_labels_over_columns_that_touch_are_one_each() -> None:
    (row,) = read([[Spot("自然人", 1), Spot("商业企业科研机构", 1, 2), Spot("总计", 1)]])
    assert [(label.cell.text, label.cell.column) for label in row.header] == [
        ("自然人", 0),
        ("商业企业", 1),
        ("科研机构", 2),
        ("总计", 3),
    ]
    (row,) = read([[Spot("自然人", 1), Spot("商业企业科研机构", 1, 3), Spot("总计", 1)]])
    assert len(row.header) == 3


def test_a_number_broken_over_lines_is_no_label() -> None:
    row = only("866\n3", "0", "0")
    assert (row.label, values(row)) == ("", ["866\n3", "0", "0"])


def test_bare_values_have_no_label() -> None:
    row = only(*["3"] * 15)
    assert (row.label, len(row.values)) == ("", 15)


CUT = [
    (["4.保护第三", *SEVEN], ["方合法权益", *[""] * 7]),
    (["4.保护第三", *[""] * 7], ["方合法权益", *SEVEN]),
    (["（一）", *[""] * 7], ["予以公开", *SEVEN]),
    (["3.", *[""] * 7], ["其他", *SEVEN]),
    (["（七）总计", *[""] * 7], SEVEN),
]


@pytest.mark.parametrize(("upper", "lower"), CUT)
def test_the_halves_of_a_row_are_joined(upper: list[str], lower: list[str]) -> None:
    header = texts("自然人", "商业企业", "总计")
    for second in ([texts(*lower)], [header, texts(*lower)]):
        if second[0] is header and not lower[0].strip("0123456789"):
            continue  # bare values under a header of their own are not joined
        mended = [row for row in mend(read([texts(*upper)], second), LEXICON) if not row.is_header]
        assert len(mended) == 1
        assert mended[0].meanings
        assert [cell.text for cell in mended[0].numeric] == list(SEVEN)


@pytest.mark.parametrize("empty", [0, 1])
def test_a_half_that_marks_nothing_is_what_the_row_says(empty: int) -> None:
    halves = [["4.保护第三", *["/"] * 7], ["方合法权益", *["/"] * 7]]
    halves[empty][1:] = [""] * 7
    (row,) = mend(read([texts(*halves[0])], [texts(*halves[1])]), LEXICON)
    assert [cell.text for cell in row.values] == ["/"] * 7


def test_words_without_cells_do_not_part_the_halves_of_a_row() -> None:
    upper = [texts("5.属于三类内部事务信息", *SEVEN), texts("6.属于四", *SEVEN)]
    rows = mend(read(upper, [texts("开"), texts("类过程性信息", *[""] * 7)]), LEXICON)
    found = [keys(row) for row in rows if row.numeric]
    assert found == [{"denied_internal_affairs"}, {"denied_process_information"}]


def test_numbers_that_a_page_end_cut_within_a_known_label_are_not_told() -> None:
    upper = texts("（二）部分公开（区分处理的，只计这一情形，不", "17", "0", "9", "96", "78", "0", "29")
    lower = texts("计其他情形）", "3", "", "47", "", "", "", "")
    (row,) = mend(read([upper], [lower]), LEXICON)
    assert values(row) == ["17\n3", "0", "9\n47", "96", "78", "0", "29"]


def test_an_empty_line_at_a_pages_end_does_not_part_the_halves() -> None:
    upper = [texts("4.保护第三", *[""] * 7), texts(*[""] * 8)]
    rows = [row for row in mend(read(upper, [texts("方合法权益", *SEVEN)]), LEXICON) if row.meanings]
    assert [keys(row) for row in rows] == [{"denied_third_party"}]
    assert values(rows[0]) == list(SEVEN)


def test_a_half_that_is_a_label_by_itself_is_not_read_with_its_part_of_the_numbers() -> None:
    upper = texts("一、", "331", "6", "277", "103", "317", "676", "224684")
    lower = texts("本年新收政府信息公开申请数量", "17", "3367", "63", "9", "82", "16", "")
    (row,) = mend(read([upper], [lower]), LEXICON)
    assert keys(row) == {"new_received"}
    assert values(row) == ["331\n17", "6\n3367", "277\n63", "103\n9", "317\n82", "676\n16", "224684"]


def test_halves_that_both_have_numbers_stay_apart() -> None:
    rows = read([texts("4.保护第三", *SEVEN)], [texts("方合法权益", *SEVEN)])
    assert len(mend(rows, LEXICON)) == 2


def test_two_whole_rows_stay_apart() -> None:
    rows = read([texts("（一）予以公开", *[""] * 7), texts("（七）总计", *SEVEN)])
    assert len(mend(rows, LEXICON)) == 2


def test_a_whole_row_is_no_half_of_the_row_above_it_in_its_table() -> None:
    rows = mend(read([texts("行政强制", "（5）", "7", ""), texts("行政事业性收费", "无", "/")]), LEXICON)
    assert [keys(row) for row in rows] == [{"administrative_compulsion"}, {"administrative_fee"}]
    assert [values(row) for row in rows] == [["（5）", "7", ""], ["无", "/"]]


def test_the_half_of_a_row_whose_heading_is_a_row_of_the_other_form() -> None:
    label = "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"
    rows = read([texts("（六）其他处理", label[:20], *SEVEN)], [texts(label[20:], *[""] * 7)])
    (row,) = mend(rows, LEXICON)
    assert keys(row) == {"other_overdue_correction"}
    assert values(row) == list(SEVEN)
    assert row.parents == ("六其他处理",)


def test_numbers_that_a_page_end_cut_off_fill_their_row_and_a_cut_number_is_not_told() -> None:
    upper = ["（一）予以公开", "1", "5", "", "0", "", "0", "7"]
    rows = read([texts(*upper)], [texts("", "21", "3", "", "", "", "")])
    (row,) = mend(rows, LEXICON)
    assert values(row) == ["1", "5\n21", "3", "0", "", "0", "7"]


def test_numbers_that_a_page_end_cut_off_stand_under_the_header_again() -> None:
    header = texts("自然人", "商业企业", "总计")
    upper, lower = ["（一）予以公开", "1", "60", "7"], ["", "", "1", ""]
    (_, row, _) = mend(read([header, texts(*upper)], [header, texts(*lower)]), LEXICON)
    assert values(row) == ["1", "60\n1", "7"]
    another = texts("自然人", "科研机构", "总计")
    assert len(mend(read([header, texts(*upper)], [another, texts(*lower)]), LEXICON)) == 4


def test_numbers_that_a_page_end_cut_off_stand_under_those_with_their_edges() -> None:
    def placed(*cells: str, start: int) -> Grid:
        table = grid([texts(*cells)], start)
        places = [Locator(start + 1, box=(100.0 + 20 * n, 0, 120.0 + 20 * n, 9)) for n in range(start, 15)]
        row = tuple(c._replace(locator=place) for c, place in zip(table.rows[0], places, strict=False))
        return replace(table, rows=(row,))

    pages = [placed("0", "1686", "8", start=0), placed("66", "", start=1)]
    (row,) = mend(read_rows(pages, LEXICON), LEXICON)
    assert values(row) == ["0", "1686\n66", "8"]
    assert len(mend(read_rows([pages[0], placed("66", "", start=7)], LEXICON), LEXICON)) == 2


def test_a_label_goes_on_under_a_header_of_several_rows_printed_again() -> None:
    again = [
        texts("", "申请人情况", "", ""),
        texts("", "自然人", "商业企业", "总计"),
        texts("方合法权益", "", "", ""),
    ]
    upper, *_, last = mend(read([texts("4.保护第三", "6", "0", "6")], again), LEXICON)
    assert (keys(upper), values(upper)) == ({"denied_third_party"}, ["6", "0", "6"])
    assert last.is_header


def test_lines_of_one_label_that_both_have_some_numbers_are_one_row() -> None:
    lines = [texts("4.保护第三", "6", "", "1", "", "", "", ""), texts("方合法权益", "0", *SEVEN[1:])]
    (row,) = mend(read(lines), LEXICON)
    assert keys(row) == {"denied_third_party"}
    assert values(row) == ["6\n0", "0", "1\n0", "0", "0", "0", "1"]


def test_a_whole_row_of_bare_numbers_is_no_rest_of_the_one_above() -> None:
    assert len(mend(read([texts("（一）予以公开", *SEVEN)], [texts(*SEVEN)]), LEXICON)) == 2


def test_what_is_counted_in_a_column_of_its_own() -> None:
    row = only("（一）予以公开", "件", *SEVEN)
    assert (keys(row), values(row)) == ({"granted"}, list(SEVEN))
