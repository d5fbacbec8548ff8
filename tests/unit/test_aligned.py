"""Tables without rules from synthetic characters: no file, no engine."""

from __future__ import annotations

from pipeline.readers.layout.aligned import AlignedPage, find_aligned
from pipeline.readers.layout.lines import Character, cell_text, print_lines, set_runs
from pipeline.readers.layout.rules import Mark
from tests.characters import write

LABELS = 220.0
VALUES = (300.0, 360.0, 420.0)


def row(
    top: float, values: str, *label: str, first: float | None = None, pitch: float = 14
) -> list[Character]:
    """Values side by side (`.` for none) and the lines of a label, the first of them at `first`."""
    out: list[Character] = []
    for text, left in zip(values.split(), VALUES, strict=True):
        out += write(text, left, top) if text != "." else []
    for place, line in enumerate(label):
        out += write(line, LABELS, (top if first is None else first) + place * pitch)
    return out


def read(
    characters: list[Character], marks: list[Mark] | None = None
) -> tuple[list[list[list[str]]], list[str]]:
    found = find_aligned(marks or [], set_runs(characters))
    rows = [
        [[cell_text(c.runs) if c.runs else "" for c in cells] for cells in grid.rows] for grid in found.grids
    ]
    return rows, [line.text for line in print_lines(found.rest)]


def test_numbers_over_one_another_are_columns_and_words_beside_them_labels() -> None:
    grids, rest = read([*row(100, "1 20 3", "予以公开"), *row(120, "4 5 660", "部分公开")])
    assert grids == [[["予以公开", "1", "20", "3"], ["部分公开", "4", "5", "660"]]]
    assert rest == []


def test_a_wrapped_label_goes_with_the_numbers_beside_its_middle() -> None:
    lines = [*row(114, "1 2 3", "申请人无正当理由", "逾期不补正机关不", "再处理", first=100)]
    lines += row(170, "4 5 6", "申请人逾期未按收", "费通知", first=163)
    assert read(lines)[0] == [
        [
            ["申请人无正当理由\n逾期不补正机关不\n再处理", "1", "2", "3"],
            ["申请人逾期未按收\n费通知", "4", "5", "6"],
        ]
    ]


def test_labels_set_tight_begin_where_the_numbers_do() -> None:
    lines = row(100, "1 2 3", "属于国家", "秘密") + row(128, "4 5 6", "其他法律", "法规")
    assert read(lines)[0] == [[["属于国家\n秘密", "1", "2", "3"], ["其他法律\n法规", "4", "5", "6"]]]


def test_an_edge_that_runs_across_parts_labels_set_tight() -> None:
    lines = row(107, "1 2 3", "属于国家", "秘密", first=100) + row(
        135, "4 5 6", "其他法律", "法规", first=128
    )
    ground = Mark(90, 127, 450, 155)
    assert read(lines, [ground])[0] == [
        [["属于国家\n秘密", "1", "2", "3"], ["其他法律\n法规", "4", "5", "6"]]
    ]


def test_blank_cells_and_rows_keep_their_places() -> None:
    lines = row(100, "1 2 3", "甲项") + row(124, ". 5 .", "乙项") + row(148, ". . .", "丙项")
    lines += row(172, "7 8 /", "丁项")
    assert read(lines)[0] == [
        [["甲项", "1", "2", "3"], ["乙项", "", "5", ""], ["丙项", "", "", ""], ["丁项", "7", "8", "/"]]
    ]


def test_words_above_are_the_header_and_one_over_a_blank_column_makes_it() -> None:
    head = [
        sign
        for text, left in zip(("自然人", "法人", "总计"), VALUES, strict=True)
        for sign in write(text, left, 80)
    ]
    lines = [
        *write("标题很大", LABELS, 40, 18),
        *head,
        *row(100, "1 . 3", "甲项"),
        *row(120, "4 . 6", "乙项"),
    ]
    assert read(lines)[0][0][1:] == [["甲项", "1", "", "3"], ["乙项", "4", "", "6"]]
    assert read(lines[-2:])[0] == []  # Without the header it may as well be prose.
    lines = [*head, *row(100, "1 2 3", "甲项"), *row(120, "4 . 6", "乙项"), *row(140, "7 8 9", "丙项")]
    lines += write("其他", 480, 80)
    grids, rest = read([*write("标题很大", LABELS, 40, 18), *lines])
    assert grids[0][0] == ["自然人", "法人", "总计", "其他"]
    assert grids[0][2] == ["乙项", "4", "", "6", ""]
    assert rest == ["标题很大"]


def test_the_rest_of_a_label_that_a_page_end_cut_is_a_row_without_numbers() -> None:
    lines = [*write("开情形", LABELS, 80), *row(110, "1 2 3", "甲项"), *row(130, "4 5 6", "乙项")]
    assert read(lines)[0] == [[["开情形", "", "", ""], ["甲项", "1", "2", "3"], ["乙项", "4", "5", "6"]]]


def test_prose_in_two_columns_with_numbers_in_it_is_no_table() -> None:
    lines = [
        sign
        for top in range(100, 200, 16)
        for left in (80.0, 320.0)
        for sign in write("全年共办理12件，公开3项信息。", left, top)
    ]
    grids, rest = read(lines)
    assert grids == []
    assert len(rest) == 7


def test_a_raised_digit_is_no_part_of_a_number() -> None:
    note = Character("1", 310, 98, 312.5, 103)
    lines = [
        *write("12", 300, 100),
        note,
        *write("5", 360, 100),
        *write("6", 420, 100),
        *row(120, "1 2 3", "乙项"),
    ]
    assert read(lines)[0][0][0] == ["12¹", "5", "6"]
    lines[2] = Character("①", 310, 98, 317, 105)  # wider than a digit
    assert read(lines)[0][0][0] == ["12①", "5", "6"]


def test_what_numbers_broken_over_lines_leave_is_of_their_row() -> None:
    head = row(80, "10 20 30", "甲项")
    lines = [*head, *row(110, "17812 5 204", "乙项"), *write("4", VALUES[0], 124), *row(154, "1 2 3", "丙项")]
    assert read(lines)[0] == [
        [["甲项", "10", "20", "30"], ["乙项", "17812\n4", "5", "204"], ["丙项", "1", "2", "3"]]
    ]
    beside = [*head, *row(110, "17812 5 204", "申请人逾期未", "缴纳费用"), *write("4", VALUES[0], 124)]
    assert read(beside)[0][0][1][-3:] == ["17812\n4", "5", "204"]


def test_words_behind_a_number_of_their_own_are_another_cells() -> None:
    lines = [*row(100, "1 2 3", "1.国家秘密"), *row(124, "4 5 6", "8.行政查询")]
    grids, _ = read([*lines, *write("三不予公开", LABELS - 52.5, 124)])
    assert grids[0][1] == ["三不予公开", "8.行政查询", "4", "5", "6"]


def narrow(top: float, values: str, label: str) -> list[Character]:
    """A row of columns so narrow that no number of two digits has room."""
    places = enumerate(values.split())
    numbers = [c for at, text in places for c in write(text, 300 + 30 * at, top) if text != "."]
    return [*numbers, *write(label, 180, top)]


def test_a_number_that_may_be_broken_is_not_told() -> None:
    lines = [*narrow(100, ". ６ .", "一二三四五六七八九"), *narrow(112, "０ ７ ０", "十一十二")]
    lines += [*narrow(140, "１ ２ ３", "甲项"), *narrow(164, "４ ５ ６", "乙项")]
    assert [cells[1:] for cells in read(lines)[0][0]] == [
        ["", "６\n７", ""],
        ["０", "６\n７", "０"],
        ["１", "２", "３"],
        ["４", "５", "６"],
    ]
    parted = read(lines, [Mark(170, 111, 400, 111)])[0][0]  # A rule between the two says that they are two.
    assert [cells[2] for cells in parted][:2] == ["６", "７"]
    whole = [*narrow(100, "８ ６ ９", "一二三四五六七八九"), *lines[10:]]
    assert [cells[1:] for cells in read(whole)[0][0]][:2] == [["８", "６", "９"], ["０", "７", "０"]]


def test_a_number_with_a_comma_where_none_has_one_is_not_told() -> None:
    lines = [
        *row(100, "1 2 3", "1.甲项"),
        *row(124, "4 5 6", "2.乙项"),
        *row(148, ". 39,9 .", "（三）不予公"),
    ]
    lines += row(160, "6 39 0", "8.属于行政查询事项")
    found = [cells[-3:] for cells in read(lines)[0][0] if len(cells) > 3]
    assert found[:2] == [["1", "2", "3"], ["4", "5", "6"]]
    assert all("39" not in cells and "39,9" not in cells for cells in found)
    assert found[-1] == ["6", "39,9\n39", "0"]


def test_lines_with_numbered_labels_of_their_own_are_two_rows() -> None:
    whole = [*narrow(100, "1 2 3", "予以公开"), *narrow(160, "1 2 3", "部分公开")]
    tight = [*narrow(200, "12345 0 1", "1.属于国家秘密"), *narrow(213, "6 0 .", "2.其他法律")]
    (grid,), _ = read([*whole, *tight])
    assert [row[1] for row in grid] == ["1", "1", "12345", "6"]


def test_numbers_set_right_stand_under_words_set_in_the_middle() -> None:
    head = [
        sign
        for text, x in zip(("甲数", "乙数", "丙数"), (280, 340, 400), strict=True)
        for sign in write(text, x, 80)
    ]
    lines = [*write("内容", LABELS, 80), *head, *row(100, "1 2 3", "规章"), *row(120, "4 5 6", "文件")]
    assert read(lines)[0] == [
        [["内容", "甲数", "乙数", "丙数"], ["规章", "1", "2", "3"], ["文件", "4", "5", "6"]]
    ]


def test_another_header_begins_another_table() -> None:
    words = [sign for x in VALUES for sign in write("数量", x, 140)]
    lines = [*row(100, "1 2 3", "规章"), *row(120, "4 5 6", "文件"), *words]
    lines += [*row(160, "7 8 9", "许可"), *row(180, "1 2 3", "处罚")]
    assert [len(grid) for grid in read(lines)[0]] == [2, 3]


def across(top: float, **words: float) -> list[Character]:
    """Words of one line at their places."""
    return [sign for text, left in words.items() for sign in write(text, left, top)]


def rows_of(page: AlignedPage) -> list[list[list[str]]]:
    return [[[cell_text(c.runs) if c.runs else "" for c in row] for row in grid.rows] for grid in page.grids]


def test_a_header_makes_a_table_of_one_column_and_of_blank_cells() -> None:
    head = across(80, 信息内容=220.0, 决定数量=400.0)
    filled = [*head, *across(100, 行政处罚=220.0), *write("7", 415, 100), *across(121, 行政强制=220.0)]
    assert read(filled)[0] == [[["信息内容", "决定数量"], ["行政处罚", "7"], ["行政强制", ""]]]
    assert read([*head, *across(100, 行政处罚=220.0)])[0] == [[["信息内容", "决定数量"], ["行政处罚", ""]]]


def test_numbers_between_their_heads_go_to_the_side_on_which_they_are_flush() -> None:
    head = across(80, 内容=220.0, 甲数=300.0, 乙数=380.0, 丙数=460.0)
    flush = [*across(100, 规章=220.0), *write("1234", 330, 100), *write("5", 425, 100)]
    flush += [*across(124, 文件=220.0), *write("6", 345, 124), *write("70", 420, 124)]
    assert read([*head, *flush])[0][0][1:] == [["规章", "1234", "5", ""], ["文件", "6", "70", ""]]
    untold = [*across(100, 规章=220.0), *write("1", 345, 100), *write("5", 425, 100)]
    assert read([*head, *untold])[0] == []


def test_a_number_flush_with_no_head_where_others_are_is_under_none() -> None:
    head = across(80, 内容=220.0, 甲数=300.0, 乙数=340.0, 丙数=380.0, 丁数=500.0)
    lines = [*across(100, 规章=220.0), *write("1", 300, 100), *write("5", 340, 100), *write("7", 450, 100)]
    assert read([*head, *lines])[0] == []


def test_a_table_goes_on_under_the_columns_of_the_page_before() -> None:
    head = across(80, 甲数=300.0, 乙数=360.0, 丙数=420.0)
    above = find_aligned([], set_runs([*head, *row(100, "1 2 3", "甲项"), *row(120, "4 5 6", "乙项")])).lowest
    below = set_runs(row(60, ". 7 .", "丙项"))
    assert rows_of(find_aligned([], below, above)) == [[["丙项", "", "7", ""]]]
    assert rows_of(find_aligned([], below)) == []


def test_a_header_at_the_foot_of_a_page_heads_the_rows_of_the_next() -> None:
    page = find_aligned([], set_runs(across(700, 内容=220.0, 甲数=300.0, 乙数=360.0, 丙数=420.0)))
    assert rows_of(page) == [[["内容", "甲数", "乙数", "丙数"]]]
    below = find_aligned([], set_runs(row(60, "1 . 3", "规章")), page.lowest)
    assert rows_of(below) == [[["规章", "1", "", "3"]]]
    wide = [*row(60, "1 . 3"), *write("其他对外管理服务", 170, 60)]  # flush with none of the header's words
    assert rows_of(find_aligned([], set_runs(wide), page.lowest)) == [[["其他对外管理服务", "1", "", "3"]]]


def test_as_many_numbers_as_heads_that_do_not_stand_under_them_are_no_table() -> None:
    head = across(80, 甲数=300.0, 乙数=360.0, 丙数=420.0)
    lines = [sign for top in (100, 124) for x in (240.0, 300.0, 360.0) for sign in write("5", x + 5, top)]
    assert read([*head, *lines])[0] == []


def test_numbers_of_one_column_that_padding_set_apart_stand_under_one_head() -> None:
    head = across(80, 总量=300.0, 制作数量=360.0)
    lines = [*across(100, 规章=220.0), *write("5", 308, 100), *write("6", 362, 100)]
    lines += [*across(120, 文件=220.0), *write("7", 308, 120), *write("8", 392, 120)]
    assert read([*head, *lines])[0][0][1:] == [["规章", "5", "6"], ["文件", "7", "8"]]
    both = [*lines, *across(140, 其他=220.0), *write("1", 308, 140), *write("2", 362, 140)]
    assert read([*head, *both, *write("3", 392, 140)])[0] == []


def wide(text: str, left: float, top: float, step: float) -> list[Character]:
    """Characters set apart to fill a line."""
    return [sign for place, text in enumerate(text) for sign in write(text, left + place * step, top)]


def test_a_line_filled_by_setting_its_characters_apart_is_one_phrase() -> None:
    lines = [*wide("其他法律", 200, 100, 25), *across(114, 禁止公开=200.0), *row(107, "1 2 3")]
    lines += [*across(140, 属于国家秘密信息=200.0), *row(140, "4 5 6")]
    assert read(lines)[0] == [[["其他法律\n禁止公开", "1", "2", "3"], ["属于国家秘密信息", "4", "5", "6"]]]


def test_characters_over_one_another_are_those_of_narrow_columns() -> None:
    head = [*wide("甲乙丙", 305, 80, 14), *wide("项项项", 305, 92, 14), *across(92, 内容=220.0)]
    lines = [*across(112, 规章=220.0), *wide("123", 307.5, 112, 14)]
    assert read([*head, *lines])[0] == [[["内容", "甲\n项", "乙\n项", "丙\n项"], ["规章", "1", "2", "3"]]]


def test_cells_of_a_header_set_in_the_middle_of_one_row_are_one_row() -> None:
    bands = [*across(60, 复议=400.0), *across(74, 后起=400.0), *across(88, 诉讼=400.0)]
    bands += [*across(67, 未经=300.0), *across(81, 直接=300.0)]
    head = across(110, 甲数=300.0, 乙数=350.0, 丙数=400.0, 丁数=450.0)
    numbers = [sign for x in (305, 355, 405, 455) for sign in write("5", x, 130)]
    assert read([*bands, *head, *numbers])[0][0][0] == ["未经\n直接", "复议\n后起\n诉讼"]


def test_labels_set_tight_are_parted_by_where_their_numbers_stand() -> None:
    labels = [*across(100, 其他法律法规=220.0), *across(112, 禁止公开二=220.0)]
    labels += [*across(124, 危及三安全一=220.0), *across(136, 稳定的信息=220.0)]
    lines = [*labels, *row(106, "1 2 3"), *row(130, "4 5 6")]
    assert read(lines)[0] == [
        [["其他法律法规\n禁止公开二", "1", "2", "3"], ["危及三安全一\n稳定的信息", "4", "5", "6"]]
    ]


def test_a_digit_as_wide_as_the_others_is_no_raised_one() -> None:
    lower = [Character("9", 300, 100, 305, 110), Character("8", 305, 100, 310, 108.2)]
    lines = [*lower, *write("5", 360, 100), *write("6", 420, 100), *row(120, "1 2 3", "乙项")]
    assert read(lines)[0][0][0] == ["98", "5", "6"]
    narrower = [Character("9", 300, 100, 305, 110), Character("8", 305, 101, 308.9, 108.2)]
    assert [run.text for run in set_runs(narrower)] == ["98"]


def test_a_header_that_a_page_end_cut_is_whole_on_the_next_page() -> None:
    upper = [*across(670, 申请人的各项情况=335.0), *across(700, 自然=300.0, 商业=360.0, 总计=420.0)]
    lower = [*across(60, 企业=360.0), *row(80, "1 2 3", "规章"), *row(100, "4 5 6", "文件")]
    above = find_aligned([], set_runs(upper)).lowest
    assert above is not None
    found = find_aligned([], set_runs(lower), above)
    assert rows_of(found)[0][-3:] == [
        ["自然", "商业\n企业", "总计"],
        ["规章", "1", "2", "3"],
        ["文件", "4", "5", "6"],
    ]
    assert found.grids[0].box[1] >= 60
    assert rows_of(find_aligned([], set_runs(lower)))[0][0] != ["自然", "商业\n企业", "总计"]
