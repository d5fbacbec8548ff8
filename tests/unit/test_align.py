"""Which value belongs to which column: by the header as printed, and by order within the row."""

from __future__ import annotations

import pytest

from pipeline.matching.align import Margin, align, just_under, margin, under
from pipeline.matching.header import Header, read_header
from pipeline.matching.lexicon import load_lexicon
from pipeline.matching.rows import HeaderLabel, TableRow, read_rows
from pipeline.templates import load_templates
from tests.forms import Rows, Spot, grid, numbered, rows_of, texts

LEXICON = load_lexicon()
FORM = load_templates()["2021"].tables
BLOCKS = {block.name: block for blocks in FORM.values() for block in blocks}
HEADER = rows_of(numbered(tables=["applications"]), "applications")[:3]
BANDS = rows_of(numbered(tables=["review_litigation"]), "review_litigation")[:3]
KEYS = [column.key for column in BLOCKS["applications"].columns]


def labels(rows: Rows) -> list[HeaderLabel]:
    return [label for row in read_rows([grid(rows)], LEXICON) for label in row.header]


def header(rows: Rows, block: str = "applications") -> Header | None:
    return read_header(BLOCKS[block], "2021", labels(rows))


def columns(found: Header | None) -> list[str | None]:
    assert found is not None
    return [slot.column.key if slot.column else None for slot in found.slots]


def data(*widths: int, filled: int | None = None) -> list[TableRow]:
    rows = [
        texts("（一）予以公开", *["1"] * min(w, filled or w), *[""] * (w - min(w, filled or w)))
        for w in widths
    ]
    return read_rows([grid(rows)], LEXICON)


def test_the_forms_own_header() -> None:
    found = header(HEADER)
    assert columns(found) == KEYS
    assert found is not None
    assert (found.seen, found.partial, found.short) == (True, False, ())
    assert (found.columns, found.grid) == (tuple(range(3, 10)), 0)


def test_no_header_is_the_forms_order_but_not_seen() -> None:
    found = read_header(BLOCKS["applications"], "2021", [])
    assert columns(found) == KEYS
    assert found is not None
    assert not found.seen


@pytest.mark.parametrize(
    ("heads", "short"),
    [
        (["其他"], 0),
        (["总计"], 1),
        (["自然人", "总计"], 2),
        (["商业企业", "科研机构"], 0),
        (["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"], 6),
    ],
)
def test_columns_left_out_stand_before_the_total_or_at_the_end(heads: list[str], short: int) -> None:
    """A line of a broken header names some columns, too."""
    found = header([texts("", *heads)])
    assert found is not None
    assert len(found.short) == short


def edited(row: int, cells: list[Spot]) -> Rows:
    return [*HEADER[:row], cells, *HEADER[row + 1 :]]


def test_a_total_printed_first_is_read_first() -> None:
    assert columns(header(edited(1, [HEADER[1][2], *HEADER[1][:2]]))) == ["total", *KEYS[:-1]]


def test_organisations_in_another_order() -> None:
    swapped = [HEADER[2][1], HEADER[2][0], *HEADER[2][2:]]
    assert columns(header(edited(2, swapped)))[1:3] == ["research_institution", "commercial_enterprise"]


def bars(rows: Rows) -> Rows:
    return [[Spot(spot.text) for spot in row] for row in rows]


def test_a_header_that_broke_within_its_line_tells_no_other_order() -> None:
    lines = [texts("信息内容", "本年制发件数", "本年废止件数"), texts("现行有效件数")]
    found = header(lines, "article_20_1")
    assert found is None or columns(found) == ["issued", "repealed", "in_force"]
    whole = header([texts("信息内容", "现行有效件数", "本年制发件数", "本年废止件数")], "article_20_1")
    assert columns(whole) == ["in_force", "issued", "repealed"]


def test_an_order_that_cannot_be_read_off_is_not_taken_for_the_forms() -> None:
    assert columns(header(bars(HEADER))) == KEYS
    assert header(bars(edited(1, [HEADER[1][2], *HEADER[1][:2]]))) is None
    assert header(bars(edited(2, [HEADER[2][1], HEADER[2][0], *HEADER[2][2:]]))) is None


@pytest.mark.parametrize("place", [0, 3, 5])
def test_a_column_that_the_form_does_not_have(place: int) -> None:
    five = list(HEADER[2])
    five.insert(place, Spot("小计"))
    rows = [
        [HEADER[0][0], Spot("申请人情况", 1, 8)],
        [HEADER[1][0], Spot(HEADER[1][1].text, 1, 6), HEADER[1][2]],
        five,
    ]
    expected: list[str | None] = list(KEYS)
    expected.insert(1 + place, None)
    assert columns(header(rows)) == expected


def without_a_column() -> Rows:
    return [
        [HEADER[0][0], Spot("申请人情况", 1, 6)],
        [HEADER[1][0], Spot(HEADER[1][1].text, 1, 4), HEADER[1][2]],
        [spot for spot in HEADER[2] if spot.text != "法律服务机构"],
    ]


def test_a_column_left_out_is_told_by_the_rows_below() -> None:
    found = header(without_a_column())
    assert found is not None
    assert columns(found.suited(data(6, 6))) == [k for k in KEYS if k != "legal_service_organization"]
    assert columns(found.suited(data(7, 7))) == KEYS  # the column is there, its label is not
    assert found.suited(data(9, 8, filled=6)) is None  # padded rows tell nothing


def test_a_misspelt_column_stays_in_its_place() -> None:
    found = header(edited(2, [Spot("商业某业"), *HEADER[2][1:]]))
    assert columns(found) == KEYS
    assert found is not None
    assert not found.seen
    assert found.suited(data(7)) == found


def test_a_strange_column_in_the_place_of_another_contradicts() -> None:
    strange = [*HEADER[2][1:3], Spot("媒体"), *HEADER[2][3:]]
    assert header(edited(2, strange)) is None


def test_a_column_named_twice_contradicts() -> None:
    assert header(edited(2, [*HEADER[2][:4], Spot("科研机构")])) is None


def test_the_header_printed_again_counts_once() -> None:
    again = [
        label
        for number in (0, 1)
        for row in read_rows([grid(HEADER)] * 2, LEXICON)
        if row.grid == number
        for label in row.header
    ]
    assert columns(read_header(BLOCKS["applications"], "2021", again)) == KEYS


def test_columns_of_two_grids_are_not_compared() -> None:
    # header_cut_by_the_page_end: 自然 and 总计 on one page, 人 and the organisations on the next
    rows = read_rows(
        [
            grid([texts("", "自然", "法人或其他组织", "总计")]),
            grid([[Spot("", 1, 3), *texts("人", *[s.text for s in HEADER[2]])]]),
        ],
        LEXICON,
    )
    found = read_header(BLOCKS["applications"], "2021", [h for row in rows for h in row.header])
    assert columns(found) == KEYS


def test_bands_over_columns() -> None:
    found = header(BANDS, "review_litigation")
    assert found is not None
    assert found.seen
    assert [slot.band.key for slot in found.slots if slot.band][::5] == [
        "reconsideration",
        "litigation_direct",
        "litigation_after_reconsideration",
    ]


@pytest.mark.parametrize(
    ("heading", "label", "factor"),
    [
        ("第二十条第（八）项", "本年收费金额（单位：万元）", 10_000),
        ("第二十条第（八）项", "本年收费金额（单位：元）", 1),
        ("第二十条第（八）项（单位：元）", "本年收费金额", 1),
        ("第二十条第（八）项", "收费金额（单位：元）", 1),
        ("第二十条第（八）项", "本年收费金额", None),
    ],
)
def test_the_unit_of_money_is_the_one_printed(heading: str, label: str, factor: int | None) -> None:
    found = header([[Spot(heading, 1, 2)], texts("信息内容", label)], "article_20_8")
    assert found is not None
    assert [slot.factor for slot in found.slots] == [factor]


def cells(*values: str) -> list[str] | None:
    row = grid([texts(*values)]).rows[0]
    found = align(row, 3, Margin())
    return None if found is None else [cell.text for cell in found]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", "3"], ["1", "2", "3"]),
        (["1", "", "3"], ["1", "", "3"]),
        (["", "1", "2", "3"], ["1", "2", "3"]),
        (["1", "2", "3", "", ""], ["1", "2", "3"]),
        (["", "1", "", "3", ""], ["1", "", "3"]),
        (["1", "", "2", "", "3"], None),
        (["1 2 3"], ["1", "2", "3"]),
        (["1 2", "3"], ["1", "2", "3"]),
        (["1\n2", "3"], None),
        ([""], ["", "", ""]),
        ([""] * 5, ["", "", ""]),
        (["1", "2"], None),
        (["1", "2", "3", "4"], None),
        (["", "1", "2", ""], None),
        (["1", "", ""], ["1", "", ""]),
        (["1 2", ""], None),
        (["合计 1 2"], None),
        ([], None),
    ],
)
def test_values_by_order(values: list[str], expected: list[str] | None) -> None:
    if values:
        assert cells(*values) == expected
    else:
        assert align((), 3, Margin()) is expected


def test_blank_cells_before_the_values_are_told_by_the_full_rows() -> None:
    rows = read_rows(
        [grid([texts("规章", "", "1", "2", "3"), texts("行政规范性文件", "", "", "2", "")])], LEXICON
    )
    clear = margin([(row, 3) for row in rows])
    assert [c.text for c in align(rows[1].values, 3, clear) or ()] == ["", "2", ""]
    assert align(rows[1].values, 3, Margin()) is None


def test_a_label_with_more_cells_than_others_does_not_shift_its_values() -> None:
    rows = read_rows(
        [grid([[Spot("规章", 1, 2), *texts("1", "2", "3")], texts("行政规范性文件", "", "1", "2", "")])],
        LEXICON,
    )
    clear = margin([(row, 3) for row in rows])
    assert [c.text for c in align(rows[1].values, 3, clear) or ()] == ["1", "2", ""]
    unlike = margin([(rows[0], 3), (rows[0]._replace(values=rows[0].values[:1] + rows[1].values[1:3]), 3)])
    assert align(rows[1].values, 3, unlike) is None


def test_a_number_beyond_the_columns_of_the_full_rows_leaves_a_row_open() -> None:
    """A page's number behind a row that begins with a blank is no reason to drop the blank."""
    rows = read_rows(
        [grid([texts("规章", "1", "2", "3"), texts("行政规范性文件", "", "2", "", "16")])], LEXICON
    )
    assert align(rows[1].values, 3, margin([(row, 3) for row in rows])) is None


def test_where_no_row_is_clear_values_stand_under_the_headers_labels() -> None:
    table = [texts("信息内容", "本年制发件数", "本年废止件数", "现行有效件数", "")]
    rows = read_rows([grid([*table, texts("规章", "", "7", "", "")])], LEXICON)
    found = read_header(BLOCKS["article_20_1"], "2021", rows[0].header)
    assert found is not None
    assert align(rows[1].values, 3, margin([(rows[1], 3)])) is None
    clear = under(found, margin([(rows[1], 3)]), rows[1].grid, Margin())
    assert [c.text for c in align(rows[1].values, 3, clear) or ()] == ["", "7", ""]
    assert align(rows[1].values, 3, under(found, Margin(), 1, Margin())) is None


def test_values_of_a_header_with_its_own_column_stand_just_under_it() -> None:
    table = [
        texts("信息内容", "本年处理决定数量", "", "备注"),
        texts("行政许可", "7", "", ""),
        texts("行政许可", "", "7", ""),
    ]
    rows = read_rows([grid(table)], LEXICON)
    found = read_header(BLOCKS["article_20_5"], "2021", rows[0].header)
    assert found is not None
    assert [slot.column is None for slot in found.slots] == [False, True]
    assert [c.text for c in just_under(rows[1].values, found, 0) or ()] == ["7", ""]
    assert just_under(rows[2].values, found, 0) is None
    assert just_under(rows[1].values, found, 1) is None


def test_what_is_counted_beside_the_values_of_a_sheet_is_none_of_them() -> None:
    heads = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
    table = [texts("申请人情况", "", "单位", *heads, ""), texts("（一）予以公开", "", "件", *"1234567", "")]
    table.append(texts("（一）予以公开", "", "8", *"1234567", ""))
    rows = read_rows([grid(table)], LEXICON)
    found = header([table[0]])
    assert found is not None
    assert [c.text for c in just_under(rows[1].values, found, 0) or ()] == [*"1234567"]
    assert just_under(rows[2].values, found, 0) is None


def test_a_column_of_its_own_behind_misprinted_heads() -> None:
    rows: Rows = [[*HEADER[0], Spot("比上年增减", 3, 1)], HEADER[1], [Spot("商业某业"), *HEADER[2][1:]]]
    assert columns(header(rows)) == [*KEYS, None]


def test_columns_of_its_own_among_misprinted_heads() -> None:
    five = [HEADER[2][0], Spot("科研单位"), Spot("社会公益机构"), *HEADER[2][3:], Spot("小计")]
    wide = [HEADER[1][0], Spot(HEADER[1][1].text, 1, 6), HEADER[1][2]]
    assert columns(header([[HEADER[0][0], Spot("申请人情况", 1, 8)], wide, five])) == [
        *KEYS[:-1],
        None,
        KEYS[-1],
    ]


def test_a_misprinted_result_in_a_part_of_a_table_cut_by_its_bands() -> None:
    results = ["结果维持", "结果纠正", "其他结果", "未审结", "总计"]
    found = header(
        [[Spot("未经复议直接起诉", 1, 5), Spot("复议后起诉", 1, 5)], texts(*results, *results)],
        "review_litigation",
    )
    assert found is not None
    assert [slot.band and slot.band.key for slot in found.slots[::5]] == [
        "litigation_direct",
        "litigation_after_reconsideration",
    ]


def test_a_column_of_its_own_of_an_open_place_leaves_rows_with_room_for_it_open() -> None:
    lost = [
        texts("申请人情况"),
        texts("自然人", "法人或其他组织", "总计"),
        [*(Spot(s.text) for s in HEADER[2]), Spot("小计")],
    ]
    found = header(lost)
    assert found is not None
    assert (columns(found), found.columns) == (KEYS, ())
    assert found.suited(data(8, 8, filled=2)) is None
    assert found.suited(data(7, 7)) == found


def test_rows_that_lost_blanks_below_a_header_that_lost_a_column_are_left_open() -> None:
    found = header(HEADER)
    assert found is not None
    assert found.suited(data(8, 7, 5, 4)) is None
    assert found.suited(data(8, 7, 7, 5)) == found
    assert found.suited(data(7, 7, 5, 4)) == found


def loose_header(*heads: str) -> Rows:
    """A header of table 3 whose merged cells were dissolved, with two more columns for labels."""
    applicants = ["", "", "", "", *heads, ""]
    return [texts("", "", "", "自然人", "法人或其他组织", "", "", "", "", "总计"), texts(*applicants)]


def test_misprinted_heads_among_legible_ones_tell_where_values_stand() -> None:
    heads = loose_header("商业企业", "科研机构", "社会公益机构", "法律服务机关", "其他")
    rows = read_rows([grid([*heads, texts("（七）总计", "", "", "", "2", "", "", "", "", "2")])], LEXICON)
    found = read_header(BLOCKS["applications"], "2021", [*rows[0].header, *rows[1].header])
    assert found is not None
    assert (found.seen, found.columns) == (False, tuple(range(3, 10)))
    fitted = found.suited(rows[2:])
    assert fitted is not None
    clear = under(fitted, margin([(rows[2], 7)]), 0, Margin())
    assert [c.text for c in align(rows[2].values, 7, clear) or ()] == ["", "2", "", "", "", "", "2"]


def test_a_table_that_goes_on_drawn_alike_keeps_its_headers_columns() -> None:
    heads = loose_header("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")
    loose = texts("（七）总计", "", "", "1", "2", "0", "0", "0", "0", "")
    narrow = texts("（七）总计", "", "1", "2", "0", "0", "0", "0", "")
    rows = read_rows([grid(heads), grid([loose]), grid([narrow])], LEXICON)
    found = read_header(BLOCKS["applications"], "2021", [*rows[0].header, *rows[1].header])
    assert found is not None
    after, other = (align(r.values, 7, under(found, margin([(r, 7)]), r.grid, Margin())) for r in rows[2:])
    assert [c.text for c in after or ()] == ["1", "2", "0", "0", "0", "0", ""]
    assert other is None
    # A page without the column of the labels' groups numbers its others in another way than the page above.
    beside = margin([(rows[3], 7)])
    assert under(found, margin([(rows[2], 7)]), rows[2].grid, beside).columns == {}


def test_rows_with_just_as_many_cells_tell_where_the_others_values_stand() -> None:
    table = [[Spot("规章", 1, 2), *texts("", "2", "3")], texts("行政规范性文件", "", "", "2", "")]
    rows = read_rows([grid(table)], LEXICON)
    clear = margin([(row, 3) for row in rows])
    assert [c.text for c in align(rows[1].values, 3, clear) or ()] == ["", "2", ""]


def test_rows_that_end_elsewhere_are_not_told_by_those_with_just_as_many_cells() -> None:
    """A copy wrote a row's parent as a cell of its own, and no blank for it in the rows below."""
    table = [texts("（三）不予公开", "1.属于国家秘密", "", "", "2")]
    table += [texts(label, "", "", "2", "") for label in ("2.重复申请", "（一）予以公开", "（七）总计")]
    rows = read_rows([grid(table)], LEXICON)
    clear = margin([(row, 3) for row in rows])
    assert align(rows[1].values, 3, clear) is None


def test_values_that_stand_apart_are_told_by_the_rows_drawn_alike() -> None:
    names = ("（一）予以公开", "（七）总计", "四、结转下年度继续办理")
    lines = (["1", "", "2", "", "3"], ["4", "", "5", "", "6"], ["", "", "7", "", ""])
    table = [texts(name, *line) for name, line in zip(names, lines, strict=True)]
    rows = read_rows([grid(table)], LEXICON)
    clear = margin([(row, 3) for row in rows])
    assert [c.text for c in align(rows[2].values, 3, clear) or ()] == ["", "7", ""]
    one = margin([(row, 3) for row in rows[1:]])
    assert [align(row.values, 3, one) for row in rows[1:]] == [None, None]


def banded(*bands: tuple[str, int], results: int = 0) -> Rows:
    """A header of table 4 with some bands over as many columns each."""
    names = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
    return [
        [Spot(band, across=across) for band, across in bands],
        texts(*names * (results or len(bands))),
    ]


def test_bands_in_another_order_are_read_where_they_stand() -> None:
    rows = banded(("行政复议", 5), ("复议后起诉", 5), ("未经复议直接起诉", 5))
    found = header(rows, "review_litigation")
    assert found is not None
    bands = [slot.band.key if slot.band else "" for slot in found.slots][::5]
    assert bands == ["reconsideration", "litigation_after_reconsideration", "litigation_direct"]


def test_bands_in_another_order_over_columns_that_tell_no_place_are_left_alone() -> None:
    swapped = banded(("行政复议", 1), ("复议后起诉", 1), ("未经复议直接起诉", 1))
    assert (
        header(
            [*swapped[:1], *[texts(*("结果维持", "结果纠正", "其他结果", "尚未审结", "总计"))] * 3],
            "review_litigation",
        )
        is None
    )


def test_a_label_above_bands_tells_their_order_too() -> None:
    results = texts(*("结果维持", "结果纠正", "其他结果", "尚未审结", "总计") * 3)
    bands = texts("未经复议直接起诉", "复议后起诉")
    assert header([texts("行政诉讼", "行政复议"), bands, results], "review_litigation") is None
    found = header([texts("行政复议", "行政诉讼"), bands, results], "review_litigation")
    assert found is not None
    assert found.seen


def test_a_part_of_a_table_that_is_cut_by_its_bands() -> None:
    for named in (
        ("行政复议",),
        ("未经复议直接起诉", "复议后起诉"),
        ("未经复议起诉", "复议后起诉"),
    ):
        found = header(banded(*((band, 5) for band in named)), "review_litigation")
        assert found is not None
        assert found.seen
        assert len(found.slots) == 5 * len(named)


def test_the_header_of_a_part_whose_values_were_left_out_is_not_that_of_the_next() -> None:
    """A copy drops a row of blanks: the first part's header then stands right over the second's."""
    results = texts(*("结果维持", "结果纠正", "其他结果", "尚未审结", "总计"))
    rows = [texts("行政复议"), results, texts("行政诉讼"), texts("未经复议直接起诉"), results]
    found = header(rows, "review_litigation")
    assert found is not None
    assert {slot.band.key for slot in found.slots if slot.band} == {"litigation_direct"}
