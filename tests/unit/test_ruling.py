"""Ruled tables from synthetic rules and characters: no file, no engine."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import UnreadableDocumentError
from pipeline.readers.layout import rules
from pipeline.readers.layout.lines import Character, cell_text, print_lines, set_runs
from pipeline.readers.layout.rules import Mark
from pipeline.readers.layout.ruling import RuledGrid, find_grids
from pipeline.readers.painting.inked import note_cut
from tests.characters import write

XS = (100.0, 200.0, 300.0, 400.0)
YS = (100.0, 130.0, 160.0, 190.0)


def across(y: float, start: float = XS[0], end: float = XS[-1]) -> Mark:
    return Mark(start, y, end, y)


def down(x: float, start: float = YS[0], end: float = YS[-1]) -> Mark:
    return Mark(x, start, x, end)


def lattice() -> list[Mark]:
    return [across(y) for y in YS] + [down(x) for x in XS]


def fill(texts: list[list[str]], xs: tuple[float, ...] = XS, ys: tuple[float, ...] = YS) -> list[Character]:
    return [
        sign
        for row, top in zip(texts, ys, strict=False)
        for text, left in zip(row, xs, strict=False)
        for sign in write(text, left + 5, top + 10)
    ]


NINE = [["规章", "12", "3"], ["许可", "4", "7730.28"], ["收费", "", "0"]]


def read(marks: list[Mark], characters: list[Character]) -> tuple[list[RuledGrid], list[str]]:
    grids, rest = find_grids(marks, set_runs(characters))
    return grids, [line.text for line in print_lines(rest)]


def texts(grid: RuledGrid) -> list[list[str]]:
    return [[cell_text(cell.runs) if cell.runs else "" for cell in row] for row in grid.rows]


def only(marks: list[Mark], characters: list[Character]) -> list[list[str]]:
    grids, rest = read(marks, characters)
    assert rest == []
    assert len(grids) == 1
    return texts(grids[0])


def test_lines_part_cells_and_decimals_stay_whole() -> None:
    assert only(lattice(), fill(NINE)) == NINE


def test_thin_rectangles_are_rules() -> None:
    thick = [Mark(m.left - 0.4, m.top - 0.4, m.right + 0.4, m.bottom + 0.4) for m in lattice()]
    assert only(thick, fill(NINE)) == NINE


def test_doubled_rules_are_one() -> None:
    doubled = [
        Mark(m.left + d * (m.left == m.right), m.top + d * (m.top == m.bottom), m.right, m.bottom)._replace(
            right=m.right + d * (m.left == m.right), bottom=m.bottom + d * (m.top == m.bottom)
        )
        for m in lattice()
        for d in (0.0, 2.0)
    ]
    assert only(doubled, fill(NINE)) == NINE


def test_rules_drawn_cell_by_cell_are_one() -> None:
    pieces = [across(y, a, b - 1.5) for y in YS for a, b in pairwise(XS)]
    pieces += [down(x, a, b - 1.5) for x in XS for a, b in pairwise(YS)]
    assert only(pieces, fill(NINE)) == NINE


def dots(mark: Mark) -> list[Mark]:
    along, length = mark.top == mark.bottom, int(mark.right - mark.left + mark.bottom - mark.top)
    places = [(mark.left + n * along, mark.top + n * (not along)) for n in range(0, length + 1, 2)]
    return [Mark(x, y, x + 1, y + 1) for x, y in places]


def test_dotted_rules_of_small_squares_inside_a_drawn_frame() -> None:
    frame = [across(YS[0]), across(YS[3]), down(XS[0]), down(XS[3])]
    inner = [across(y) for y in YS[1:3]] + [down(x) for x in XS[1:3]]
    assert only(frame + [dot for mark in inner for dot in dots(mark)], fill(NINE)) == NINE


def test_a_rule_under_print_that_meets_no_side_parts_nothing() -> None:
    signs = fill([["", "+2", ""]], ys=(102.0,)) + fill([["规章", "6", "0"]], ys=(107.0,))
    # Right below the first of two lines, as links are underlined.
    assert only([*lattice()[:2], *lattice()[4:], across(115, 205, 290)], signs)[0] == ["规章", "+2\n6", "0"]


def test_missing_inner_rule_merges_cells() -> None:
    marks = [across(y) for y in YS] + [down(XS[0]), down(XS[3]), down(XS[2]), down(XS[1], YS[1])]
    characters = fill([["", "", "3"], *NINE[1:]]) + write("申请人情况表", 150, 110)
    grids, _ = read(marks, characters)
    head = grids[0].rows[0]
    assert [cell.column_span for cell in head] == [2, 1]
    assert texts(grids[0])[0] == ["申请人情况表", "3"]


def test_missing_floor_merges_down_and_the_cell_is_not_repeated() -> None:
    marks = [down(x) for x in XS] + [across(YS[0]), across(YS[3]), across(YS[1], XS[1]), across(YS[2], XS[1])]
    grids, _ = read(marks, fill([["办理", "1", "2"], ["", "3", "4"], ["", "5", "6"]]))
    assert texts(grids[0]) == [["办理", "1", "2"], ["3", "4"], ["5", "6"]]
    assert grids[0].rows[0][0].row_span == 3
    assert [cell.column for cell in grids[0].rows[1]] == [1, 2]


def test_open_left_and_right_sides_are_closed() -> None:
    marks = [across(y) for y in YS] + [down(x) for x in XS[1:3]]
    assert only(marks, fill(NINE)) == NINE


@pytest.mark.parametrize("drawn", [YS[:3], YS[1:]])
def test_row_cut_by_the_page_end_is_kept(drawn: tuple[float, ...]) -> None:
    assert only([across(y) for y in drawn] + [down(x) for x in XS], fill(NINE)) == NINE


def test_a_row_that_the_only_rule_down_reaches_is_kept() -> None:
    marks = [across(y) for y in YS[:3]] + [down(XS[1])]
    signs = fill([["规章", "12"], ["许可", "4"], ["收费", "0"]])
    assert only(marks, signs) == [["规章", "12"], ["许可", "4"], ["收费", "0"]]


def test_rules_that_only_overshoot_make_no_row() -> None:
    marks = [across(y) for y in YS[:3]] + [down(x) for x in XS]
    assert only(marks, fill(NINE[:2])) == NINE[:2]


def test_heading_row_inside_a_table_is_a_row() -> None:
    marks = [across(y) for y in YS] + [down(XS[0]), down(XS[3])]
    marks += [down(x, a, b) for x in XS[1:3] for a, b in ((YS[0], YS[1]), (YS[2], YS[3]))]
    rows = [NINE[0], ["第二十条第（五）项"], NINE[2]]
    assert only(marks, fill([rows[0], ["", "", ""], rows[2]]) + write(rows[1][0], 200, 140)) == rows


def test_box_around_prose_is_prose() -> None:
    marks = [across(y) for y in YS] + [down(XS[0]), down(XS[3])]
    grids, rest = read(marks, fill([["全文"], ["第一段"], ["第二段"]]))
    assert grids == []
    assert rest == ["全文", "第一段", "第二段"]


def test_two_tables_on_common_tracks_stay_two() -> None:
    marks = lattice() + [Mark(m.left, m.top + 150, m.right, m.bottom + 150) for m in lattice()]
    lower = [sign._replace(top=sign.top + 150, bottom=sign.bottom + 150) for sign in fill(NINE)]
    grids, rest = read(marks, fill(NINE) + write("三、标题", 150, 215) + lower)
    assert [texts(grid) for grid in grids] == [NINE, NINE]
    assert rest == ["三、标题"]


def test_number_is_never_parted_by_a_rule_it_runs_over() -> None:
    characters = fill([["规章", "", "3"], *NINE[1:]]) + write("123456789", 185, 110)
    rows = texts(read(lattice(), characters)[0][0])
    assert rows[0] == ["规章", "123456789", "3"]


def test_words_that_touch_over_a_rule_are_parted() -> None:
    characters = fill([["", "", "3"], *NINE[1:]]) + write("结果维持结果纠正", 160, 110)
    assert texts(read(lattice(), characters)[0][0])[0] == ["结果维持", "结果纠正", "3"]


def test_two_numbers_in_one_drawn_cell_are_parted_where_the_other_rows_are() -> None:
    marks = [across(y) for y in YS] + [down(x) for x in (XS[0], XS[1], XS[3])] + [down(XS[2], YS[1])]
    assert only(marks, fill(NINE)) == NINE


def test_a_number_broken_over_lines_is_one_also_where_lines_stand_far_apart() -> None:
    def text(step: float) -> str:
        return cell_text(set_runs([*write("74", 100, 100), *write("3", 100, 100 + step)]), 25.0)

    assert [text(12), text(22), text(30)] == ["743", "743", "74\n3"]


def test_numbers_that_nearly_touch_are_parted_by_the_rule_in_their_gap() -> None:
    close = [["规章", "", ""], ["许可", "", ""], ["收费", "", "0"]]
    characters = fill(close) + write("8", XS[2] - 6, 110) + write("59573", XS[2] + 0.8, 110)
    assert only(lattice(), characters)[0] == ["规章", "8", "59573"]
    over = fill(close) + write("859573", XS[2] - 6, 110)
    assert only(lattice(), over)[0] == ["规章", "", "859573"]


def test_single_digits_that_nearly_touch_are_parted_by_the_rules_in_their_gaps() -> None:
    narrow = (100.0, 200.0, 208.0, 216.0)
    marks = [across(y, 100, 230) for y in YS] + [down(x) for x in (*narrow, 230.0)]
    digits = [sign for x in narrow[1:] for sign in write("0", x + 1.5, 110)]
    assert only(marks, [*write("规章", 105, 110), *digits])[0] == ["规章", "0", "0", "0"]


def test_a_number_that_runs_on_into_the_next_cell_is_parted_from_that_cells_own() -> None:
    narrow = (100.0, 200.0, 224.0, 260.0)
    marks = [across(y, 100, 260) for y in YS] + [down(x) for x in narrow]
    label, wide = write("规章", 105, 110), write("202039", 201, 110)
    end = wide[-1].right
    assert only(marks, [*label, *wide, *write("0", end + 0.7, 110)])[0] == ["规章", "202039", "0"]
    over = [*wide[:4], *(c._replace(left=c.left - 1.5, right=c.right - 1.5) for c in wide[4:])]
    assert only(marks, [*label, *over, *write("8", end - 4.5, 110)])[0] == ["规章", "202039…", "8…"]


def test_a_number_cut_off_below_its_row_is_not_told() -> None:
    (grid,) = read(lattice(), fill(NINE))[0]
    first, last = grid.rows[0][1], grid.rows[1][1]
    note_cut([grid], [(first.box[0] + 5, first.box[3] + 1, first.box[0] + 15, first.box[3] + 11)])
    assert cell_text(first.runs).endswith("\n…")
    assert "…" not in cell_text(last.runs)


def test_digits_that_are_struck_through_are_marked() -> None:
    signs = fill([["规章", "1234", "5"], *NINE[1:]])
    assert only([*lattice(), across(115, XS[1] + 5, XS[1] + 15)], signs)[0] == [
        "规章",
        "1\u03362\u033634",
        "5",
    ]
    assert only([*lattice(), across(121, XS[1] + 5, XS[1] + 25)], signs)[0] == ["规章", "1234", "5"]


def test_white_backgrounds_behind_prose_make_no_table() -> None:
    marks = [Mark(90, y, 410, y + 20, white=True) for y in range(100, 300, 20)]
    characters = [sign for y in range(100, 300, 20) for sign in write("一行文字" * 7, 100, y + 5)]
    grids, rest = read(marks, characters)
    assert grids == []
    assert len(rest) == 10


@pytest.mark.parametrize("white", [True, False])
def test_prose_backgrounds_that_abut_a_table_do_not_join_it(white: bool) -> None:
    marks = [*lattice(), Mark(XS[0], 80, XS[-1], YS[0], white), Mark(XS[0], YS[-1], XS[-1], 210, white)]
    grids, rest = read(marks, write("上文文字", 105, 85) + fill(NINE) + write("下文文字", 105, 195))
    assert [texts(grid) for grid in grids] == [NINE]
    assert rest == ["上文文字", "下文文字"]


def test_backgrounds_behind_single_words_make_no_table() -> None:
    marks, characters = [], []
    for line, edges in enumerate([(100, 150, 260, 400), (100, 210, 330, 400), (100, 180, 300, 400)]):
        top = 100 + 20 * line
        marks += [Mark(a, top, b, top + 20) for a, b in pairwise(edges)]
        for a, b in pairwise(edges):
            characters += write("字" * (int(b - a) // 10), a, top + 5)
    grids, rest = read(marks, characters)
    assert grids == []
    assert len(rest) == 3


def test_backgrounds_behind_words_set_apart_make_no_table() -> None:
    marks, characters = [], []
    for line, edges in enumerate([(100, 150, 260, 400), (100, 210, 330, 400), (100, 180, 300, 400)]):
        top = 100 + 20 * line
        for a, b in pairwise(edges):
            marks.append(Mark(a, top, b, top + 20))
            characters += write("字", a + 10, top + 5)
    grids, rest = read(marks, characters)
    assert grids == []
    assert rest == ["字\t字\t字"] * 3


@pytest.mark.parametrize("white", [True, False])
def test_cell_backgrounds_alone_make_a_table_and_abutting_prose_stays_prose(white: bool) -> None:
    cells = [Mark(a, t, b, u, white) for a, b in pairwise(XS) for t, u in pairwise(YS)]
    cells.append(Mark(XS[0], 70, XS[-1], YS[0], white))
    grids, rest = read(cells, write("一段写满整行的文字" * 3, 105, 80) + fill(NINE))
    assert [texts(grid) for grid in grids] == [NINE]
    assert rest == ["一段写满整行的文字" * 3]


def test_white_rules_part_a_coloured_background() -> None:
    inner = [m._replace(white=True) for m in lattice()]
    assert only([Mark(80, 80, 420, 210), *inner], fill(NINE)) == NINE


def test_white_rules_count_along_the_edge_of_a_background_and_where_two_of_them_meet() -> None:
    ys = (*YS, 220.0)
    grounds = [Mark(XS[0], ys[0], XS[-1], ys[1]), Mark(XS[0], ys[1], XS[-1], ys[-1])]
    drawn = [across(y, XS[0] if y in (ys[0], ys[1], ys[-1]) else XS[1]) for y in ys]
    drawn += [down(x, ys[0], ys[-1]) for x in XS]
    characters = [*fill(NINE[:2]), *fill([["", "", "0"], ["", "7", "8"]], ys=ys[2:])]
    assert only([*grounds, *(m._replace(white=True) for m in drawn)], characters) == [
        *NINE[:2],
        ["", "0"],
        ["7", "8"],
    ]


def test_white_rules_in_a_coloured_header_over_a_drawn_body() -> None:
    marks = [across(y) for y in YS] + [down(x) for x in (XS[0], XS[3])] + [down(x, YS[1]) for x in XS[1:3]]
    marks += [Mark(XS[0], YS[0], XS[3], YS[1])]
    marks += [down(x, YS[0], YS[1])._replace(white=True) for x in XS[1:3]]
    assert only(marks, fill(NINE)) == NINE


def test_background_edges_continue_a_drawn_rule() -> None:
    marks = [across(y) for y in YS] + [down(x) for x in (XS[0], XS[3])] + [down(x, YS[1]) for x in XS[1:3]]
    marks += [Mark(a, YS[0], b, YS[1]) for a, b in pairwise(XS)]
    assert only(marks, fill(NINE)) == NINE


def test_notch_outside_the_outline_is_no_cell() -> None:
    marks = [
        across(YS[0], XS[1]),
        *[across(y) for y in YS[1:]],
        down(XS[0], YS[1]),
        *[down(x) for x in XS[1:]],
    ]
    assert only(marks, fill([["", "甲", "乙"], *NINE[1:]])) == [["甲", "乙"], *NINE[1:]]


def test_table_in_a_cell_takes_its_own_text() -> None:
    inner = [Mark(m.left / 4 + 90, m.top / 3 + 75, m.right / 4 + 90, m.bottom / 3 + 75) for m in lattice()]
    xs, ys = tuple(x / 4 + 90 for x in XS), tuple(y / 3 + 68 for y in YS)
    marks = [
        *inner,
        across(100),
        across(160),
        Mark(100, 100, 100, 160),
        Mark(300, 100, 300, 160),
        down(400, 100, 160),
    ]
    grids, _ = read(marks, fill([["", "", "外"]]) + fill([["1", "2", "3"]] * 3, xs, ys))
    assert sorted(len(grid.rows) for grid in grids) == [1, 3]
    assert texts(min(grids, key=lambda grid: len(grid.rows))) == [["", "外"]]


def test_lines_in_a_cell_and_spaces_between_chinese_and_digits() -> None:
    characters = write("2023", 105, 102) + write("年", 128, 102) + write("本年新", 105, 115)
    rows = texts(read(lattice(), characters + fill([["", "1", "2"]]))[0][0])
    assert rows[0][0] == "2023年\n本年新"


def test_bold_drawn_twice_is_read_once() -> None:
    twice = [
        copy for sign in write("总计12", 105, 110) for copy in (sign, sign._replace(left=sign.left + 0.3))
    ]
    assert texts(read(lattice(), twice + fill([["", "1", "2"]]))[0][0])[0][0] == "总计12"


@pytest.mark.parametrize(
    ("lefts", "text"), [((50, 80, 110), "总结告"), ((50, 80, 200), "总\t结\t告"), ((50, 150), "总\t结")]
)
def test_a_phrase_set_wide_is_one_and_columns_are_not(lefts: tuple[float, ...], text: str) -> None:
    signs = [sign for left, word in zip(lefts, "总结告", strict=False) for sign in write(word, left, 50)]
    assert [line.text for line in print_lines(set_runs(signs))] == [text]


def test_characters_of_no_size_are_read() -> None:
    flat = [Character("注", 50, 50, 50, 50)]
    assert print_lines(set_runs(flat))[0].height > 0


def test_more_rules_than_a_table_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_RULES", 3)
    with pytest.raises(UnreadableDocumentError) as error:
        read(lattice(), [])
    assert error.value.code == "limit_exceeded"


WIDTHS = st.lists(st.integers(20, 90), min_size=2, max_size=8)
HEIGHTS = st.lists(st.integers(14, 60), min_size=1, max_size=10)


@settings(max_examples=60, deadline=None)
@given(WIDTHS, HEIGHTS, st.data())
def test_any_lattice_comes_back_cell_for_cell(
    widths: list[int], heights: list[int], data: st.DataObject
) -> None:
    xs = tuple(50.0 + sum(widths[:n]) for n in range(len(widths) + 1))
    ys = tuple(50.0 + sum(heights[:n]) for n in range(len(heights) + 1))
    table = [[data.draw(st.sampled_from(["", "0", "12", "甲"])) for _ in widths] for _ in heights]
    table[0][0] = "1"
    wobble = st.floats(-0.7, 0.7)
    marks = [Mark(xs[0] + data.draw(wobble), y, xs[-1] + data.draw(wobble), y) for y in ys]
    marks += [Mark(x, ys[0] + data.draw(wobble), x, ys[-1] + data.draw(wobble)) for x in xs]
    characters = [
        sign
        for row, top in zip(table, ys, strict=False)
        for text, left in zip(row, xs, strict=False)
        for sign in write(text, left + 4, top + 2)
    ]
    assert only(marks, characters) == table


def test_boxes_with_a_gap_between_them_are_one_table() -> None:
    boxes = [
        mark
        for top, bottom in pairwise(YS)
        for left, right in pairwise(XS)
        for x0, y0, x1, y1 in [(left + 2.5, top + 2.5, right - 2.5, bottom - 2.5)]
        for mark in (Mark(x0, y0, x1, y0), Mark(x0, y1, x1, y1), Mark(x0, y0, x0, y1), Mark(x1, y0, x1, y1))
    ]
    assert only(boxes, fill(NINE)) == NINE


def test_a_narrow_column_with_print_in_it_stays() -> None:
    marks = [*lattice(), down(XS[1] + 5.5)]
    signs = [*fill([["规章", "", "3"]]), Character("7", XS[1] + 0.5, YS[0] + 10, XS[1] + 5, YS[0] + 20)]
    assert only(marks, signs)[0] == ["规章", "7", "", "3"]


def test_another_table_of_the_page_moves_no_track() -> None:
    below = [Mark(m.left + 2, m.top + 200, m.right + 2, m.bottom + 200) for m in lattice()]
    wide = [mark for m in lattice() for mark in (m, m._replace(left=m.left + 1.5 * (m.left == m.right)))]
    signs = fill(NINE) + fill(NINE, ys=tuple(y + 200 for y in YS))
    grids, rest = read([*wide, *below], signs)
    assert [texts(grid) for grid in grids] == [NINE, NINE]
    assert rest == []
    assert grids[1].box[0] == pytest.approx(XS[0] + 2)


def test_rows_of_a_frame_without_inner_sides_are_parted_as_the_others() -> None:
    marks = [across(y) for y in YS] + [down(XS[0]), down(XS[3])]
    marks += [down(x, YS[1], YS[2]) for x in XS[1:3]]
    assert only(marks, fill([["信息内容", "件数", "总数"], *NINE[1:2], ["规章", "5", "6"]])) == [
        ["信息内容", "件数", "总数"],
        NINE[1],
        ["规章", "5", "6"],
    ]


def test_words_and_one_number_that_no_rule_parts() -> None:
    marks = [across(y) for y in YS] + [down(XS[0]), down(XS[3])]
    marks += [down(x, YS[1], YS[2]) for x in XS[1:3]]
    signs = [*fill([["", ""], NINE[1]]), *write("行政许可", 105, 110), *write("23", 250, 110)]
    assert only(marks, signs)[0] == ["行政许可", "23"]


@pytest.mark.parametrize(
    ("lines", "width", "text"),
    [
        (("1791", "4"), 32.0, "17914"),
        (("27", "1"), 22.0, "271"),
        (("1,0", "35"), 22.0, "1,035"),
        (("2", "8,", "26", "0"), 60.0, "28,260"),
        (("2", "8,", "26"), 60.0, "2\n8,\n26"),
        (("27", "1"), 60.0, "27\n1"),
        (("规章", "1"), 22.0, "规章\n1"),
    ],
)
def test_a_number_broken_for_want_of_room_is_one(lines: tuple[str, ...], width: float, text: str) -> None:
    runs = set_runs([sign for place, line in enumerate(lines) for sign in write(line, 100, 100 + 14 * place)])
    assert cell_text(runs, width) == text


def test_raised_digits_behind_a_number_are_a_note() -> None:
    note = [Character("1", 110, 98, 113, 104), Character("2", 113, 98, 116, 104)]
    assert [run.text for run in set_runs([*write("12", 100, 100), *note])] == ["12¹²"]
    level = [Character("1", 110, 104, 113, 110)]
    assert cell_text(set_runs([*write("12", 100, 100), *level])) == "121"
