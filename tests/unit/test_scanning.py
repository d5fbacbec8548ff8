from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pipeline.matching.confidence import FULL
from pipeline.readers import scan

if not scan.is_installed():
    pytest.skip("the extra ogi-panel[ocr] is not installed", allow_module_level=True)

import cv2
import numpy as np

from pipeline.readers.layout.lines import Box
from pipeline.readers.layout.rules import Mark
from pipeline.readers.layout.ruling import RuledCell
from pipeline.readers.scanning.foreign import Sorted, sort_out
from pipeline.readers.scanning.page import (
    BLANK_CERTAINTY,
    CEILING,
    DIRT_CERTAINTY,
    DOUBT,
    MOST_DOUBTFUL,
    RESCUED,
    UNPROVEN,
    _Crops,
    _is_worn,
    _look_again,
    _proven,
    _rescued,
    _run,
    _running_over,
    _settle,
    _stamped,
    _Word,
)
from pipeline.readers.scanning.picture import ink_by_itself, paper_dpi, prepare, skew_of
from pipeline.readers.scanning.recogniser import Recognised, Recogniser
from pipeline.readers.scanning.seals import brightness
from pipeline.readers.scanning.shapes import (
    LEANING,
    UPRIGHT,
    contradicts,
    is_dash,
    is_slash,
    is_unlike,
    lean,
    rings,
    tilt,
    with_marks,
)
from pipeline.readers.scanning.strokes import PALE_RULES, find_strokes, parts_of
from pipeline.readers.scanning.words import lines_of, without_dirt, without_remains, without_specks, words_of

BOX = [(0, 0, 50, 0), (0, 20, 50, 20), (0, 0, 0, 20), (50, 0, 50, 20)]
"""The sides of a box."""
NOTHING_DRAWN = np.zeros((0, 0), np.uint8)

SCALE = 200 / 72


def digits(*lefts: float, top: float = 0.0) -> list[Box]:
    return [(left, top, left + 4, top + 8) for left in lefts]


def sheet(angle: float = 0.0, shade: int = 255) -> np.ndarray:
    """A table of three columns and two rows, with a blot in its first cell."""
    grey = np.full((1100, 900), shade, np.uint8)
    for x in (100, 300, 500, 700):
        cv2.line(grey, (x, 200), (x, 500), 0, 2)
    for y in (200, 350, 500):
        cv2.line(grey, (100, y), (700, y), 0, 2)
    cv2.rectangle(grey, (180, 260), (200, 290), 0, -1)
    turn = cv2.getRotationMatrix2D((450, 550), angle, 1)
    return cv2.warpAffine(grey, turn, (900, 1100), flags=cv2.INTER_CUBIC, borderValue=shade)


def tracks(marks: Sequence[Mark]) -> tuple[int, int]:
    """At how many places rules run down, and across."""
    down = {round(mark.left) for mark in marks if mark.bottom - mark.top > mark.right - mark.left}
    across = {round(mark.top) for mark in marks if mark.bottom - mark.top < mark.right - mark.left}
    return len(down), len(across)


@pytest.mark.parametrize("angle", [-3.0, -0.5, 0.0, 0.17, 0.5, 4.0])
def test_skew_is_found_and_taken_away(angle: float) -> None:
    found = prepare(sheet(angle), 200)
    assert found.skew == pytest.approx(-angle, abs=0.05)
    assert skew_of(found.ink, SCALE) == pytest.approx(0, abs=0.05)


def test_each_of_two_pages_on_a_sheet_is_turned_by_itself() -> None:
    found = prepare(np.hstack([sheet(0.5), sheet(-0.5)]), 200)
    for page in (found.ink[:, :900], found.ink[:, 900:]):
        assert skew_of(np.ascontiguousarray(page), SCALE) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(("angle", "shade"), [(0.0, 255), (0.5, 255), (-0.5, 190)])
def test_rules_are_found_and_what_is_left_is_the_ink(angle: float, shade: int) -> None:
    strokes = find_strokes(prepare(sheet(angle, shade), 200))
    assert len(strokes.marks) == 4 + 3
    (blot,) = strokes.blobs
    assert blot[2] - blot[0] == pytest.approx(20 / SCALE, abs=0.8)


@pytest.mark.parametrize(
    ("lean", "corner"), [(0, (450, 420)), (4, (450, 420)), (0, (640, 130)), (0, (590, 250))]
)
def test_the_frame_of_a_stamp_over_a_table_parts_no_cell(lean: int, corner: tuple[int, int]) -> None:
    grey = sheet()
    x, y = corner
    inside = [(x, y), (x + 150, y + lean), (x + 150, y + 130 + lean), (x, y + 130)]
    cv2.polylines(grey, [np.array(inside, np.int32)], True, 0, 3)
    strokes = find_strokes(prepare(grey, 200))
    assert tracks(strokes.marks) == (4, 3)
    (frame,) = strokes.frames
    assert np.multiply(frame, SCALE) == pytest.approx([x, y, x + 150, y + 130 + lean], abs=5)


def test_boxes_side_by_side_have_corners_and_are_no_frames() -> None:
    boxes = [Mark(x + a, y + b, x + c, y + d) for x in (0, 54) for y in (0, 24) for a, b, c, d in BOX]
    assert sort_out(boxes) == Sorted(tuple(boxes), (), ())


def test_a_stroke_that_reaches_no_other_rule_is_none_and_one_that_is_broken_is() -> None:
    table = [Mark(0, y, 300, y) for y in (0, 40, 80)] + [Mark(x, 0, x, 80) for x in (0, 100, 200, 300)]
    pen, broken = Mark(120, 60, 240, 60), [Mark(0, 20, 150, 20), Mark(160, 20, 300, 20)]
    where = (0, 17, 300, 23)  # which row is which is not certain there
    assert sort_out([*table, *broken, pen]) == Sorted((*table, *broken), (pen,), (), (where, where))
    piece = Mark(100, 60, 150, 60)
    assert [sort_out([*table, piece], whole=whole).loose for whole in (True, False)] == [(piece,), ()]


def test_rows_hardly_higher_than_print_are_parted_by_rules_and_not_by_characters() -> None:
    grey = np.full((1100, 900), 255, np.uint8)
    for y in range(200, 501, 30):  # 10.8 points
        cv2.line(grey, (100, y), (700, y), 0, 4)
        cv2.line(grey, (200, y + 7), (200, y + 23), 0, 3)
    for x in (100, 300, 500, 700):
        cv2.line(grey, (x, 200), (x, 500), 0, 4)
    assert tracks(find_strokes(prepare(grey, 200)).marks) == (4, 11)


@pytest.mark.parametrize("pale", PALE_RULES[:2])
def test_upright_strokes_of_a_heading_between_two_tables_are_no_rules(pale: float | None) -> None:
    grey = sheet()
    for y in (540, 690, 840):
        cv2.line(grey, (100, y), (700, y), 0, 2)
    for x in (100, 400, 700):
        cv2.line(grey, (x, 540), (x, 840), 0, 2)
    for x in (220, 260):
        cv2.line(grey, (x, 507), (x, 534), 0, 3)
    strokes = find_strokes(prepare(grey, 150), pale)
    assert tracks(strokes.marks) == (4 + 1, 3 + 3)


def test_rules_paler_than_print_are_rules_where_there_are_no_others() -> None:
    grey = np.maximum(sheet(), 190)
    for y in range(600, 1000, 50):
        cv2.putText(grey, "2023 2023 2023", (150, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 6)
    found = prepare(grey, 200)
    assert [len(find_strokes(found, pale).marks) for pale in PALE_RULES] == [0, 4 + 3, 4 + 3]


def test_a_shaded_row_is_no_ink() -> None:
    grey = sheet()
    shaded = grey[203:233, 103:697]
    shaded[shaded == 255] = 215
    assert len(find_strokes(prepare(grey, 200)).blobs) == 1


def test_strokes_too_thin_for_a_scanners_dots_stay_whole() -> None:
    grey = sheet()
    cv2.circle(grey, (600, 280), 8, 150, 1)
    grey[270:274, 592:608] = np.maximum(grey[270:274, 592:608], 195)
    page = prepare(grey, 150)
    assert rings(page.ink[265:295, 585:615]) == 0
    assert rings(page.print[265:295, 585:615]) == 1
    assert len(find_strokes(page).blobs) == 2


def test_bold_digits_are_told_apart_by_their_own_light() -> None:
    word = np.full((40, 60), 255, np.uint8)
    word[10:30, 15:26] = word[10:30, 28:39] = 0
    word[10:30, 26:28] = 150
    assert len(parts_of((word < 165).astype(np.uint8))) == 1
    assert len(parts_of(ink_by_itself(word))) == 2


def test_what_a_scanners_glass_leaves_is_no_rule_and_no_ink() -> None:
    grey = sheet()
    cv2.line(grey, (230, 0), (230, 1099), 0, 1)
    strokes = find_strokes(prepare(grey, 200))
    assert len(strokes.marks) == 4 + 3
    assert len(strokes.blobs) == 1


def test_the_shadow_at_a_sheets_side_is_no_print() -> None:
    grey = sheet()
    cv2.line(grey, (3, 600), (3, 650), 0, 3)
    assert len(find_strokes(prepare(grey, 200)).blobs) == 1


def test_no_pixels_have_no_parts() -> None:
    assert parts_of(np.zeros((0, 5), np.uint8)) == []


def test_a_dash_and_a_tall_letter_are_no_rules() -> None:
    grey = np.full((600, 600), 255, np.uint8)
    cv2.line(grey, (100, 100), (260, 100), 0, 3)
    cv2.line(grey, (300, 200), (300, 300), 0, 3)
    strokes = find_strokes(prepare(grey, 200))
    assert strokes.marks == ()
    assert len(strokes.blobs) == 2


def test_an_empty_page_has_nothing() -> None:
    noise = np.random.default_rng(1).normal(240, 3, (600, 600)).clip(0, 255).astype(np.uint8)
    strokes = find_strokes(prepare(noise, 200))
    assert (strokes.marks, strokes.blobs) == ((), ())


def test_lines_and_words() -> None:
    blobs = digits(0, 5, 30) + digits(0, top=12)
    lines = lines_of(blobs, 8.0)
    assert [len(line) for line in lines] == [3, 1]
    assert [len(word) for word in words_of(lines[0], 1.5)] == [2, 1]


def test_strokes_of_one_character_are_one_line() -> None:
    two = [(0.0, 0.0, 8.0, 1.0), (-1.0, 6.0, 9.0, 7.0)]
    assert len(lines_of(two + digits(0, 5, 9, top=20), 8.0)) == 2
    broken = [(0.0, 0.0, 4.0, 5.0), (0.5, 5.5, 4.0, 9.5)]
    assert len(lines_of(broken, 8.0)) == 1


def test_specks_and_hairs_along_rules_are_no_words() -> None:
    cell = (0.0, 0.0, 50.0, 20.0)
    hairs = [(5.0, 0.5, 25.0, 1.0), (0.4, 3.0, 0.9, 9.0)]
    speck = (20.0, 10.0, 21.0, 11.0)
    kept = without_remains([*hairs, speck, (30.0, 8.0, 35.0, 8.5)], cell)
    assert kept == [speck, (30.0, 8.0, 35.0, 8.5)]
    assert without_dirt([[speck]], 0.8) == []


POINT, COMMA = (4.8, 7.0, 5.8, 8.0), (4.8, 6.8, 5.8, 9.2)


@pytest.mark.parametrize(
    ("speck", "is_dirt"),
    [
        ((2, -4, 3, -3), True),
        ((13, 7, 14, 8), True),
        ((5.5, 7, 6.5, 8), False),  # a point
        ((-3, 4, -2, 5), False),  # left of a sign
        ((-8, 4, -7, 5), True),
        ((9.5, 2, 10.5, 3), False),  # left of a digit
    ],
)
def test_a_speck_clear_of_digits_is_dirt_and_a_point_among_them_is_none(speck: Box, is_dirt: bool) -> None:
    number = [(0, 0, 4, 8), (7, 0, 9, 8)]
    assert without_specks([*number, speck], 8) == ([*number] if is_dirt else [*number, speck])
    assert without_specks([(0, 4, 4, 5), speck], 8) == [(0, 4, 4, 5), speck]


@pytest.mark.parametrize(
    ("text", "blobs"),
    [
        ("12", digits(0, 5)),
        ("1.2", [*digits(0, 7), POINT]),
        ("1,2", [*digits(0, 7), COMMA]),
        ("+12", [(-6.0, 2.0, -1.0, 7.0), *digits(0, 5)]),
        ("12", [(0.0, 0.0, 9.0, 8.0)]),
        ("35", [*digits(0, 5), (4.5, 6.5, 5.5, 8.0)]),
        ("-1", [(-6.0, 3.5, -2.0, 4.3), *digits(0)]),
        ("+1", [(-8.0, 0.2, -1.0, 7.5), *digits(0)]),
    ],
    ids=["plain", "point", "comma", "sign", "touching", "hook of a digit", "minus", "full-width plus"],
)
def test_ink_that_bears_a_number_out(text: str, blobs: list[Box]) -> None:
    assert not contradicts(text, blobs)


@pytest.mark.parametrize(
    ("text", "blobs"),
    [
        ("1", digits(0, 5)),
        ("11", digits(0)),
        ("12", [*digits(0, 7), POINT]),
        ("1.2", digits(0, 5)),
        ("1.2", [*digits(0, 7), COMMA]),
        ("1,2", [*digits(0, 7), POINT]),
        ("11", [*digits(0, 6), (4.8, 4.5, 5.6, 5.3)]),
        ("1", [(-4.0, 3.6, -3.2, 4.4), (-2.5, 3.6, -1.7, 4.4), *digits(0)]),
        ("-1", digits(-5, 0)),
        ("1234", digits(0, 5, 14, 19)),
        ("7", [(0.0, 0.0, 1.0, 8.0)]),
        ("1.234.5", [*digits(0, 7, 12, 17, 24), POINT, (21.8, 7.0, 22.8, 8.0)]),
    ],
    ids=[
        "digit lost",
        "digit made up",
        "point lost",
        "point made up",
        "comma as point",
        "point as comma",
        "what is left of a 4",
        "what is left of a minus",
        "digit as minus",
        "point without a trace",
        "too slender",
        "no writing of numbers",
    ],
)
def test_ink_that_contradicts_a_number(text: str, blobs: list[Box]) -> None:
    assert contradicts(text, blobs)


def marked(*lefts: float, hangs: float) -> list[Box]:
    """Groups of three digits with marks between that hang so far below their foot."""
    blobs = [box for left in lefts for box in digits(left, left + 5, left + 10)]
    return blobs + [(left - 1.6, 7.0, left - 0.6, 8.0 + hangs) for left in lefts[1:]]


@pytest.mark.parametrize(
    ("text", "hangs", "wanted"),
    [
        ("123.456.789", 0.2, "123,456,789"),
        ("-123.456.789", 0.2, "-123,456,789"),
        ("123.456", 0.0, "123.456"),
        ("123.456", 1.5, "123,456"),
        ("1234.567.890", 0.2, "1234.567.890"),
    ],
    ids=["commas without tails", "sign", "a mark on the foot", "a mark that hangs", "no thousands"],
)
def test_marks_as_numbers_are_written(text: str, hangs: float, wanted: str) -> None:
    assert with_marks(text, marked(*[17.0 * i for i in range(text.count(".") + 1)], hangs=hangs)) == wanted


def test_a_last_mark_unlike_the_others_is_the_point() -> None:
    blobs = marked(0, 17, 34, hangs=1.5)
    blobs[-1] = (*blobs[-1][:3], 8.0)
    assert with_marks("123,456.789", blobs) == "123,456.789"


def ring(*middles: int) -> np.ndarray:
    ink = np.zeros((40, 24), np.uint8)
    for middle in middles:
        cv2.circle(ink, (12, middle), 8, 1, 2)
    return ink


def test_rings_tell_a_three_from_an_eight() -> None:
    assert [rings(ring()), rings(ring(12)), rings(ring(11, 28))] == [0, 1, 2]
    assert not is_unlike("8", digits(0), lambda _: ring(11, 28))
    assert is_unlike("3", digits(0), lambda _: ring(11, 28))
    assert is_unlike("8", digits(0), lambda _: ring(12))


def test_a_ring_that_thin_print_leaves_open_is_one() -> None:
    broken = ring(12)
    broken[12, 18:24] = 0
    assert rings(broken) == 0
    assert not is_unlike("0", digits(0), lambda _: broken)


def test_a_number_with_its_unit_is_not_fully_believed() -> None:
    word = _Word(digits(0, 5, 10, 15, 20))
    page: Any = None
    assert _proven(Recognised("87万元", 0.99), word, page).certainty == UNPROVEN < FULL
    assert _proven(Recognised("无", 0.99), word, page).certainty == 0.99


@pytest.mark.parametrize(("gap", "doubtful"), [(3.0, True), (6.0, False)])
def test_a_number_that_runs_over_a_rule_into_the_next_cell_is_doubtful(gap: float, doubtful: bool) -> None:
    left, right = (_Word([(at, 0.0, at + 30, 8.0)], Recognised("111", 0.99)) for at in (0.0, 30 + gap))
    below = _Word([(0.0, 10.0, 30.0, 18.0)], Recognised("222", 0.99))
    assert list(_running_over([right, below, left])) == ([right, left] if doubtful else [])


@pytest.mark.parametrize(("at", "most"), [(45.0, DOUBT), (10.0, UNPROVEN), (None, DOUBT)])
def test_what_stands_in_the_frame_of_a_stamp_may_be_the_stamps(at: float | None, most: float) -> None:
    lines = [] if at is None else [[_Word([(at, 5.0, at + 8, 13.0)], Recognised("8", 0.99))]]
    cell = RuledCell(0, 0, 1, 1, (0.0, 0.0, 80.0, 18.0))
    assert _stamped(cell, lines, [(40.0, -20.0, 120.0, 40.0)]) == most
    assert _stamped(cell, lines, [(90.0, -20.0, 120.0, 40.0)]) == CEILING


@pytest.mark.parametrize(("specks", "certainty"), [(0, BLANK_CERTAINTY), (2, DIRT_CERTAINTY), (5, DOUBT)])
def test_many_specks_in_a_cell_are_no_blank(specks: int, certainty: float) -> None:
    blobs = [(10.0 + 3 * place, 8.0, 10.5 + 3 * place, 8.9) for place in range(specks)]
    cell = RuledCell(0, 0, 1, 1, (0.0, 0.0, 40.0, 20.0), [_run(blob, "") for blob in blobs])
    grey = np.full((80, 160), 255, np.uint8)
    page = _Crops(grey, np.zeros((80, 160), np.uint8), 4.0, 8.0, None, {}, NOTHING_DRAWN)  # type: ignore[arg-type]
    assert _settle(cell, [], page) == certainty
    assert cell.runs == []


def test_a_page_of_doubtful_numbers_is_worn() -> None:
    assert not _is_worn(100, round(100 * MOST_DOUBTFUL), 0)
    assert _is_worn(100, round(100 * MOST_DOUBTFUL) + 1, 0)
    assert _is_worn(100, 0, 30)
    assert not _is_worn(4, 2, 2)


def stroke(from_x: int, to_x: int) -> np.ndarray:
    grey = np.full((40, 40), 255.0, np.float32)
    cv2.line(grey, (from_x, 2), (to_x, 37), 0.0, 3)
    return grey


def test_a_slash_leans_and_a_one_does_not() -> None:
    assert lean(stroke(30, 10)) >= LEANING
    assert lean(stroke(10, 30)) <= -LEANING
    assert abs(lean(stroke(20, 20))) <= UPRIGHT
    thick = cv2.erode(stroke(30, 10), np.ones((1, 15), np.uint8))
    assert lean(thick) == 0
    assert tilt(thick) > UPRIGHT


def test_what_reads_as_a_seven_and_has_no_bar_is_a_slash() -> None:
    assert is_slash(stroke(30, 10))
    assert not is_slash(stroke(20, 20))
    seven = stroke(30, 16)
    cv2.line(seven, (12, 2), (30, 2), 0.0, 3)
    assert not is_slash(seven)


def slanted(lean: float, thick: int) -> tuple[_Word, _Crops]:
    """A stroke 24 pixels high, and the page that it stands on at four pixels a point."""
    grey = np.full((60, 60), 255, np.uint8)
    cv2.line(grey, (30, 40), (round(30 + 24 * lean), 16), 0, thick, cv2.LINE_AA)
    (box,) = (tuple(edge / 4 for edge in part) for part in parts_of((grey < 128).astype(np.uint8)))
    page = _Crops(grey, (grey < 128).astype(np.uint8), 4.0, 6.0, None, {}, NOTHING_DRAWN)  # type: ignore[arg-type]
    return _Word([box]), page  # type: ignore[list-item]


def test_what_may_be_a_slash_is_no_one_by_thicker_strokes_either() -> None:
    one = Recognised("1", 0.9)
    word, page = slanted(0.22, 3)
    word.read = _proven(one, word, page)
    assert word.read.certainty == DOUBT
    assert _rescued(word, (one, one, one), page).certainty == DOUBT
    word, page = slanted(0.0, 3)
    assert _rescued(word, (one, one, one), page).certainty == RESCUED


@pytest.mark.parametrize(("numbers", "certainty"), [(3, RESCUED), (5, DOUBT)])
def test_thicker_strokes_mend_no_page_that_has_lost_most(numbers: int, certainty: float) -> None:
    class SaysOne:
        def read(self, lines: list[object]) -> list[Recognised]:
            return [Recognised("1", 0.9)] * len(lines)

    word, page = slanted(0.0, 3)
    words = [_Word(word.blobs, Recognised("4", 0.9)) for _ in range(numbers)]
    assert _look_again(words, replace(page, recogniser=SaysOne())) is (numbers > 3)  # type: ignore[arg-type]
    assert {word.read.certainty for word in words} == {certainty}


def test_a_short_thick_dash_is_one_by_its_own_light() -> None:
    grey = np.full((40, 40), 255, np.uint8)
    grey[18:20, 15:20] = 0
    grey[20, 15:20] = 160
    page = _Crops(grey, (grey < 165).astype(np.uint8), 2.0, 6.0, None, {}, NOTHING_DRAWN)  # type: ignore[arg-type]
    word = _Word([(7.5, 9.0, 10.0, 10.5)])
    assert not is_dash("-", word.blobs)
    assert _proven(Recognised("•", 0.5), word, page).text == "—"


def test_dashes() -> None:
    assert is_dash("一", [(0.0, 0.0, 9.0, 0.8)])
    assert is_dash("1", [(0.0, 0.0, 3.0, 0.8)])
    assert not is_dash("三", [(0.0, 0.0, 9.0, 0.8), (0.0, 4.0, 9.0, 4.8), (0.0, 8.0, 9.0, 8.8)])
    assert not is_dash("1", [(0.0, 0.0, 3.0, 8.0)])


class Network:
    """A network whose answer is given: the likelihood of each character at each step."""

    def __init__(self, answer: list[list[float]]) -> None:
        self._answer = np.array([answer], np.float32)

    def get_inputs(self) -> list[object]:
        return [type("Input", (), {"name": "x"})]

    def run(self, *_: object) -> list[np.ndarray]:
        return [self._answer]


def reading(*steps: list[float]) -> tuple[str, float]:
    known = ("", "0", "O", "件", " ")
    (read,) = Recogniser(Network(list(steps)), known, {1: (2,)}).read([np.full((20, 20), 255, np.uint8)])
    return read.text, round(read.certainty, 3)


def test_a_nought_is_as_certain_as_all_that_looks_like_one() -> None:
    assert reading([0.1, 0.4, 0.5, 0, 0]) == ("0", 0.9)
    assert reading([0.1, 0.4, 0.5, 0, 0], [0.1, 0.5, 0.4, 0, 0]) == ("0", 0.9)


def test_a_letter_among_words_stays_one() -> None:
    assert reading([0, 0.2, 0.8, 0, 0], [0.1, 0, 0, 0.9, 0]) == ("O件", 0.8)


def test_a_line_is_as_sure_as_its_least_sure_character() -> None:
    blank = [1.0, 0, 0, 0, 0]
    assert reading([0, 0.99, 0, 0, 0], blank, [0.4, 0.6, 0, 0, 0]) == ("00", 0.6)
    assert reading(blank) == ("", 0.0)


def dashed(grey: np.ndarray, start: tuple[int, int], end: tuple[int, int], dash: int, gap: int) -> None:
    (x0, y0), (x1, y1) = start, end
    for place in range(0, max(x1 - x0, y1 - y0), dash + gap):
        across, down = (place, 0) if y0 == y1 else (0, place)
        reach = (dash - 1, 0) if y0 == y1 else (0, dash - 1)
        cv2.line(grey, (x0 + across, y0 + down), (x0 + across + reach[0], y0 + down + reach[1]), 0, 2)


@pytest.mark.parametrize(("dash", "gap"), [(8, 8), (3, 3), (10, 5), (22, 8)])
def test_dashed_and_dotted_rules_are_rules_and_columns_of_digits_are_none(dash: int, gap: int) -> None:
    grey = np.full((1100, 900), 255, np.uint8)
    for x in (100, 300, 500, 700):
        dashed(grey, (x, 200), (x, 500), dash, gap)
    for y in range(200, 501, 50):
        dashed(grey, (100, y), (700, y), dash, gap)
        if y < 500:
            for x in (180, 380, 580):
                cv2.line(grey, (x, y + 15), (x, y + 35), 0, 2)
                cv2.putText(grey, "10", (x + 20, y + 35), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    strokes = find_strokes(prepare(grey, 200), PALE_RULES[1])
    assert len(strokes.marks) == 4 + 7


def test_rules_that_a_page_end_leaves_open_are_rules() -> None:
    grey = np.full((600, 900), 255, np.uint8)
    for x in (100, 300, 500, 700):
        cv2.line(grey, (x, 60), (x, 110), 0, 2)
    cv2.line(grey, (100, 110), (700, 110), 0, 2)
    for x in (350, 400, 450):  # strokes of characters that end alike do not reach from end to end
        cv2.line(grey, (x, 116), (x, 150), 0, 2)
    assert len(find_strokes(prepare(grey, 200)).marks) == 1 + 4


def test_a_coloured_seal_is_lifted_off_the_print_and_coloured_words_stay() -> None:
    page = np.full((800, 800, 3), 255, np.uint8)
    cv2.circle(page, (400, 400), 150, (220, 40, 40), 8)
    cv2.circle(page, (400, 400), 40, (220, 40, 40), -1)
    cv2.putText(page, "2023", (300, 415), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (20, 20, 20), 8)
    cv2.putText(page, "RED", (50, 80), cv2.FONT_HERSHEY_SIMPLEX, 2, (220, 40, 40), 6)
    grey = brightness(page, 200)
    assert grey[400, 550] > 240  # the ring
    assert grey[430, 400] > 240  # beside the digits, within the seal
    assert (grey[360:420, 290:510] < 60).sum() > 2000
    assert grey[30:90, 40:200].min() < 120


@pytest.mark.parametrize("middle", [790, 830, 5])
def test_a_seal_across_sheets_is_lifted_where_the_side_of_one_cuts_it(middle: int) -> None:
    page = np.full((800, 800, 3), 255, np.uint8)
    cv2.circle(page, (middle, 400), 150, (220, 40, 40), 8)
    cv2.line(page, (0, 350), (800, 350), (20, 20, 20), 4)
    grey = brightness(page, 200)
    assert grey[400:600].min() > 240
    assert grey[350].max() < 60


def test_a_row_of_dots_is_shading_and_no_word() -> None:
    dots = [(2.0 * place, 8.0, 2.0 * place + 1, 9.0) for place in range(30)]
    assert without_dirt([dots], 1.5) == []
    assert without_dirt([dots[:5]], 1.5) != []  # what is left of a dash


def test_a_pale_seal_whose_ring_rules_part_is_lifted_and_a_block_of_coloured_words_stays() -> None:
    page = np.full((800, 800, 3), 255, np.uint8)
    cv2.circle(page, (400, 400), 150, (245, 170, 175), 5)
    for y in (252, 400):  # along its edge, and across it
        cv2.line(page, (100, y), (700, y), (20, 20, 20), 5)
    cv2.putText(page, "11", (235, 390), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20, 20, 20), 2)  # over its left edge
    for y in range(650, 790, 30):
        cv2.putText(page, "BLUEBLUE", (40, y), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (30, 40, 190), 3)
    grey = brightness(page, 200)
    assert grey[270:380, 500:560].min() > 240
    assert grey[252, 380:420].max() < 60  # the rule, under the ring
    assert (grey[355:395, 235:290] < 60).sum() > 150
    assert (grey[620:800, 40:240] < 120).sum() > 3000


@pytest.mark.parametrize(("foot", "doubtful"), [(50, False), (60, True)])
def test_a_stroke_that_runs_into_a_rule_is_a_pen_and_no_mark_for_nothing(foot: int, doubtful: bool) -> None:
    drawn = np.zeros((80, 160), np.uint8)
    cv2.rectangle(drawn, (20, 20), (140, 60), 1, 2)
    cv2.line(drawn, (90, 30), (80, foot), 1, 2)
    box = (79 / 4, 29 / 4, 92 / 4, min(foot + 2, 57) / 4)
    cell = RuledCell(0, 0, 1, 1, (5.0, 5.0, 35.0, 15.0))
    page = _Crops(255 - 255 * drawn, np.zeros_like(drawn), 4.0, 6.0, None, {}, drawn)  # type: ignore[arg-type]
    certainty = _settle(cell, [[_Word([box], Recognised("/", 0.99))]], page)
    assert (certainty <= DOUBT) is doubtful


def test_a_bent_page_is_made_flat_and_a_straight_one_is_left_as_it_is() -> None:
    straight = np.full((1100, 900), 255, np.uint8)
    for y in range(100, 1001, 60):
        cv2.line(straight, (100, y), (800, y), 0, 3)
    for x in (100, 300, 500, 650, 800):
        cv2.line(straight, (x, 100), (x, 1000), 0, 3)
    x, y = np.meshgrid(np.arange(900, dtype=np.float32), np.arange(1100, dtype=np.float32))
    bowed = 20 * np.sin(np.pi * x / 900) * y / 1100
    bent = cv2.remap(straight, x + y / 60, (y + bowed).astype(np.float32), cv2.INTER_CUBIC, borderValue=255)
    wanted, flat = (find_strokes(prepare(page, 150)).marks for page in (straight, bent))
    assert len(flat) == len(wanted)
    assert max(min(mark.right - mark.left, mark.bottom - mark.top) for mark in flat) < 3


def test_a_long_picture_shows_pages_under_one_another() -> None:
    assert paper_dpi(np.zeros((4678, 1654), np.uint8)) == pytest.approx(200, abs=1)
    assert paper_dpi(np.zeros((2339, 1654), np.uint8)) == pytest.approx(200, abs=1)
