"""A sheet flows in; the rules drawn on it, as marks, and its ink without them, as blobs, flow out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np

from pipeline.readers.layout.lines import Box
from pipeline.readers.layout.rules import THIN, TOLERANCE, Mark
from pipeline.readers.scanning.foreign import sort_out
from pipeline.readers.scanning.picture import Mask, Pixels, Sheet

LEAST_LEVEL = 28.0
"""Points from which a level stroke may be a rule: two dashes in a row are 24 long in the largest print."""
GOES_ON, BROKEN = 9.0, 4.0
"""Points from which a level stroke is one that lies in line with another, and points that part them at most."""
LEAST_UPRIGHT = 11.0
"""Points from which an upright stroke may be a rule: longer than a digit, shorter than a table's row."""
TWO_ROWS = 18.0
"""Points from which an upright stroke may be a rule that level ones cross: two rows of the smallest print."""
PALE_RULES = (None, 0.2, 0.1)
"""Shares of the print's darkness by which a stroke may be darker than what is beside it and be a rule, each tried
where a page has no table by the one before it; None for strokes as dark as print. What shines through from the
other side is pale too."""
THICKEST = 3.5
"""Points up to which a stroke is thin."""
ALIKE = 3
"""How many upright strokes end at the same height where a page's end cuts them, and pieces a dashed rule has."""
MOST_GAP = 1.5
"""Points by which a rule may be broken."""
PALE_LEVEL, PALE_UPRIGHT = 40.0, 14.0
"""Points from which strokes paler than print, or in pieces, may be rules."""
DASH_GAP = 4.8
"""Points by which the dashes or dots of a rule lie apart; digits of two rows stand at least 5 apart."""
LEAST_DRAWN, SOLID = 0.6, 0.85
"""Share of a dashed or dotted rule that is dark at least, and from which a rule is no such one."""
LONGEST_DASH = 9.0
"""Points that a dash of a rule is long at most: office programs draw eight. Digits over one another are no higher, but
farther apart than `DASH_GAP`."""
EVEN = 0.5
"""Share of its dashes, and of the gaps between them, that are alike."""
HANGING_SHARE = 0.12
"""Share of a rule's length along which print may hang from it: along a line of print it is more."""
BESIDE = 1.2
"""Points that such print reaches at least beside a rule."""
HIDDEN = 60.0
"""Points of a level rule that print may stand close to."""
LONG_UPRIGHT = 40.0
"""Points from which an upright stroke is longer than any of a character, whether rules are at its ends or not."""
WHOLE = 0.95
"""Share of its length from which a stroke that is dark is in one piece."""
TOUCH = 1.2
"""Points that part a dark shorter one from rules at its ends at most: characters of a heading between two tables stand
farther from both."""
STREAK = 20.0
"""Points by which a stroke passes the first and the last rule it crosses where a scanner's glass left it."""
LEAST_CORE = 0.4
"""Share of a rule's length that one line of its pixels has at least, where another stroke leans on it."""
CROSSING = 2.0
"""Points by which a rule goes on where it ends at another."""
BLUR = 0.6
"""Points by which a rule is smeared to each side."""
SHADOW = 3.0
"""Points along a sheet's edges in which nothing is printed: what lies there alone is the scanner's shadow."""
SPECK = 0.55
"""Points: what is smaller both ways is dirt; a decimal point is larger."""


PixelBox = tuple[int, int, int, int]
"""Left, top, right and bottom edges in pixels."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """What is drawn on a sheet.

    Attributes:
        marks: The rules of its tables, in points.
        frames: Boxes, in points, of the frames of stamps that lie over tables.
        broken: Boxes, in points, along tables where level rules of them break off.
        blobs: Boxes, in points, around what ink is left: characters and their parts, and nothing smaller.
        grey: The sheet's brightness with the rules painted over.
        ink: 1 where there is ink that is no rule's, specks included.
    """

    marks: tuple[Mark, ...]
    frames: tuple[Box, ...]
    broken: tuple[Box, ...]
    blobs: tuple[Box, ...]
    grey: Pixels
    ink: Mask


@dataclass(frozen=True, slots=True)
class _Layer:
    """The strokes of one direction: the number of the stroke at each pixel, and the strokes' boxes."""

    labels: Any
    boxes: tuple[PixelBox, ...]

    def kept(self, places: Sequence[int]) -> Mask:
        """1 where one of some strokes is."""
        wanted = np.zeros(len(self.boxes) + 1, np.uint8)
        wanted[[place + 1 for place in places]] = 1
        return wanted[self.labels]


def find_strokes(sheet: Sheet, pale: float | None = None) -> Strokes:
    """Parts a sheet's ink into the rules of tables, which may be `pale`, and the rest."""
    scale = sheet.scale
    level, upright = _level(sheet.ink, scale), _upright(sheet.ink.T, scale).T
    if pale is not None:
        dark = _darker(sheet, pale)
        pieced = _pieced(dark, PALE_LEVEL, scale), _pieced(dark.T, PALE_UPRIGHT, scale)
        clear = _clear_of_print(pieced[0], dark, upright | pieced[1].T, PALE_LEVEL, scale)
        # Print may stand close over a rule; what lies between two parts of it is a part of it, too.
        bridge = np.ones((1, int(HIDDEN * scale)), np.uint8)
        level = level | (cv2.morphologyEx(clear, cv2.MORPH_CLOSE, bridge) & pieced[0])
        dark, crossing = np.ascontiguousarray(dark.T), level.T
        upright = upright | _clear_of_print(pieced[1], dark, crossing, PALE_UPRIGHT, scale).T
    return _parted(sheet, _layer(level), _layer(upright), whole=pale is None)


def _level(ink: Mask, scale: float) -> Mask:
    """Level strokes, with shorter ones that go on where one is broken: thick rules that cross part it."""
    short = _layer(_long(ink, GOES_ON, scale))
    long = _long(ink, LEAST_LEVEL, scale) | _unbroken(ink, LEAST_LEVEL, scale)
    wholes, gap, left = list(_layer(long).boxes), BROKEN * scale, set(range(len(short.boxes)))
    for whole in wholes:  # which grows: what goes on may go on again
        going_on = [place for place in left if _goes_on(whole, short.boxes[place], gap)]
        wholes += [short.boxes[place] for place in going_on]
        left -= set(going_on)
    return long | short.kept([place for place in range(len(short.boxes)) if place not in left])


def _upright(ink: Mask, scale: float) -> Mask:
    """Upright strokes, of a page on its side; thick level rules part them where rows are hardly higher than print."""
    ink = np.ascontiguousarray(ink)
    return _long(ink, LEAST_UPRIGHT, scale) | (_unbroken(ink, TWO_ROWS, scale, 0.0) & _thin(ink, scale))


def _goes_on(whole: PixelBox, short: PixelBox, gap: float) -> bool:
    """Whether a short level stroke lies in line with a whole one, and close to its end."""
    left, top, right, bottom = short
    x0, y0, x1, y1 = whole
    in_line = top <= y1 and y0 <= bottom
    return in_line and (0 < left - x1 + 1 <= gap or 0 < x0 - right + 1 <= gap)


def _parted(sheet: Sheet, level: _Layer, upright: _Layer, *, whole: bool) -> Strokes:
    scale = sheet.scale
    across, down = _crossing(level.boxes, upright.boxes, TOLERANCE * scale)
    touch = [TOUCH if whole or _is_solid(sheet.ink, box) else TOLERANCE for box in upright.boxes]
    spanning = _spanning([level.boxes[i] for i in across], upright.boxes, scale, touch)
    down = [i for i in down if i in spanning]
    streaks = _streaks([level.boxes[i] for i in across], upright.boxes, STREAK * scale)
    strokes = [*((level, i) for i in across), *((upright, i) for i in down if i not in streaks)]
    marks = {Mark(*_points(box, scale)): stroke for stroke in strokes for box in _boxes_of(*stroke, scale)}
    found = sort_out(list(marks), whole=whole)
    loose = [
        [i for layer, i in map(marks.__getitem__, found.loose) if layer is own] for own in (level, upright)
    ]
    rules = _painted(
        level.kept([i for i in across if i not in loose[0]]),
        upright.kept([i for i in down if i not in loose[1]]),
        scale,
    )
    grey = sheet.grey.copy()
    grey[rules > 0] = 255
    ink = sheet.print * (1 - rules)
    return Strokes(found.rules, found.frames, found.broken, tuple(_blobs(ink, scale)), grey, ink)


def _boxes_of(layer: _Layer, place: int, scale: float) -> Iterator[PixelBox]:
    """The box of a stroke; where one leans on another, that of the one and that of what leans."""
    left, top, right, bottom = box = layer.boxes[place]
    is_level = right - left >= bottom - top
    if min(right - left, bottom - top) <= THIN * scale:
        yield box
        return
    own = layer.labels[top:bottom, left:right] == place + 1
    lines = (own if is_level else own.T).sum(axis=1)
    core = np.flatnonzero(lines >= lines.max() / 2)
    first, last = int(core[0]), int(core[-1]) + 1
    if last - first > THIN * scale or lines.max() < LEAST_CORE * max(own.shape):
        yield box
        return
    yield (left, top + first, right, top + last) if is_level else (left + first, top, left + last, bottom)
    rest = own.copy()
    (rest if is_level else rest.T)[first:last] = False
    beside = np.flatnonzero(rest.any(axis=0 if is_level else 1))
    first, last = int(beside[0]), int(beside[-1]) + 1
    yield (left + first, top, left + last, bottom) if is_level else (left, top + first, right, top + last)


def _darker(sheet: Sheet, pale: float) -> Mask:
    """Where a sheet is darker than within some points around by a share of its print's darkness."""
    size = int(2 * THICKEST * sheet.scale) | 1
    smooth = cv2.blur(sheet.grey, (3, 3))
    return (
        cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, np.ones((size, size), np.uint8)) > pale * sheet.darkness
    ).astype(np.uint8)


def _painted(level: Mask, upright: Mask, scale: float) -> Mask:
    """All that rules cover, to their blurred edges and into their crossings, where they are no thin strokes."""
    reach = 2 * int(CROSSING * scale) + 1
    longer = cv2.dilate(level, np.ones((1, reach), np.uint8))
    higher = cv2.dilate(upright, np.ones((reach, 1), np.uint8))
    edge = 2 * max(1, round(BLUR * scale)) + 1
    return cv2.dilate(np.maximum(longer, higher), np.ones((edge, edge), np.uint8))


def _long(ink: Mask, length: float, scale: float) -> Mask:
    """Level strokes that are thin and long; one that leans by a pixel or two, or is broken, is still one."""
    ink = np.ascontiguousarray(ink)
    thin = _thin(ink, scale)
    thick = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    whole = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, max(2, int(MOST_GAP * scale))), np.uint8))
    long = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((1, int(length * scale)), np.uint8))
    return cv2.erode(long, np.ones((3, 1), np.uint8)) | (long & thin)


def _unbroken(dark: Mask, length: float, scale: float, gap: float = MOST_GAP) -> Mask:
    """Level strokes that are thin and long, whatever crosses them, broken by gaps of so many points at most."""
    dark = np.ascontiguousarray(dark)
    return _runs(cv2.dilate(dark, np.ones((3, 1), np.uint8)), gap, length, scale)


def _pieced(dark: Mask, length: float, scale: float) -> Mask:
    """Level strokes that are thin and long, if only in dashes or dots."""
    thin = _thin(np.ascontiguousarray(dark), scale)
    return _runs(cv2.dilate(thin, np.ones((3, 1), np.uint8)), DASH_GAP, length, scale)


def _thin(ink: Mask, scale: float) -> Mask:
    """The ink that is thin from top to bottom."""
    column = np.ones((max(2, int(THICKEST * scale)), 1), np.uint8)
    return ink * (1 - cv2.morphologyEx(ink, cv2.MORPH_OPEN, column))


def _runs(thick: Mask, gap: float, length: float, scale: float) -> Mask:
    """What is dark for some length but for gaps, and thin; taken from strokes made three pixels thicker."""
    whole = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, max(2, int(gap * scale))), np.uint8))
    long = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((1, int(length * scale)), np.uint8))
    long = cv2.erode(long, np.ones((3, 1), np.uint8))
    return long * (1 - cv2.morphologyEx(long, cv2.MORPH_OPEN, np.ones((int(THICKEST * scale), 1), np.uint8)))


def _clear_of_print(level: Mask, dark: Mask, upright: Mask, length: float, scale: float) -> Mask:
    """The level strokes that are drawn as rules are, without what has print hanging from it, as lines of print have.

    Strokes are parted where upright ones cross them: one that goes on in a character is a rule up to there.
    """
    near = 2 * max(1, round(BLUR * scale)) + 1
    crossed = cv2.dilate(np.ascontiguousarray(upright), np.ones((1, near), np.uint8))
    away = max(2, round(BESIDE * scale))

    def is_clear(box: PixelBox) -> bool:
        left, top, right, bottom = box
        above = dark[max(top - away, 0) : top + 1, left:right].all(axis=0)
        below = dark[bottom - 1 : bottom + away, left:right].all(axis=0)
        edges = near  # where rules cross, these are at both ends
        return bool(max(above.sum(), below.sum()) <= HANGING_SHARE * (right - left) + edges)

    def is_rule(box: PixelBox) -> bool:
        left, top, right, bottom = box
        along = dark[top:bottom, left:right].any(axis=0)
        own = crossed[top:bottom, left:right].min(axis=0) == 0
        return right - left >= length * scale and _is_drawn(along[own], scale)

    level = np.ascontiguousarray(level)
    clear = _chosen(level * (1 - crossed), is_clear)
    joint = np.ones((1, int((CROSSING + THICKEST) * scale) + near), np.uint8)
    return _chosen(cv2.morphologyEx(clear, cv2.MORPH_CLOSE, joint) * level, is_rule)


def _chosen(strokes: Mask, is_chosen: Callable[[PixelBox], bool]) -> Mask:
    """The strokes whose boxes are chosen."""
    layer = _layer(strokes)
    return layer.kept([place for place, box in enumerate(layer.boxes) if is_chosen(box)])


def _is_drawn(along: Mask, scale: float) -> bool:
    """Whether what is dark along a stroke is a rule's: all of it, or many even pieces, none as long as a digit."""
    if along.size == 0 or along.mean() >= SOLID:
        return bool(along.size)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], along.astype(np.int8), [0]))))
    pieces, gaps = (edges[1::2] - edges[::2]) / scale, (edges[2::2] - edges[1:-1:2]) / scale
    if along.mean() < LEAST_DRAWN or len(pieces) < ALIKE or gaps.max() > DASH_GAP:
        return False
    return bool(np.median(pieces) <= LONGEST_DASH and all(map(_are_even, (pieces, gaps))))


def _are_even(lengths: Any) -> bool:
    """Whether at least half of some lengths are about the same."""
    usual = np.median(lengths)
    return bool(((lengths > usual / 2) & (lengths < 1.6 * usual)).mean() >= EVEN)


def _is_solid(ink: Mask, box: PixelBox) -> bool:
    """Whether an upright stroke is as dark as print from end to end, and not in dashes."""
    left, top, right, bottom = box
    return bool(ink[top:bottom, left:right].any(axis=1).mean() >= WHOLE)


def _spanning(
    across: Sequence[PixelBox], upright: Sequence[PixelBox], scale: float, touch: Sequence[float]
) -> set[int]:
    """The upright strokes that reach from one level rule to another, or are longer than any of a character.

    Those that hang from a rule count where they do so from end to end of it: there a page's end cuts the table.
    """
    slack = TOLERANCE * scale
    spanning: set[int] = set()
    hanging: list[_Hanging] = []
    for place, (left, top, right, bottom) in enumerate(upright):
        near = [y for y in across if y[0] - slack <= right and left <= y[2] + slack]
        met = [y for y in near if top - slack <= y[3] and y[1] <= bottom + slack]
        at = [(y[1] + y[3]) / 2 for y in met]
        is_free = [min(at) - top > slack, bottom - max(at) > slack] if at else [False, False]
        gap = max(top - min(y[3] for y in met), max(y[1] for y in met) - bottom) if met else 0
        reaches = bool(at) and not any(is_free) and max(at) - min(at) >= (bottom - top) / 2
        reaches = reaches and gap <= touch[place] * scale
        if reaches or bottom - top >= LONG_UPRIGHT * scale:
            spanning.add(place)
        if any(is_free):
            hanging.append(_Hanging(place, bottom if is_free[1] else top, left, right, met[0]))
    return spanning | set(_cut_off(hanging, slack))


class _Hanging(NamedTuple):
    """An upright stroke by its place, where it ends freely, its sides, and a level stroke that it hangs from."""

    place: int
    end: int
    left: int
    right: int
    rule: PixelBox


def _cut_off(hanging: Sequence[_Hanging], slack: float) -> Iterator[int]:
    """The strokes among those that hang from a rule and end alike, from the one end of the rule to the other."""
    for stroke in hanging:
        alike = [other for other in hanging if abs(other.end - stroke.end) <= slack]
        first, last = min(other.left for other in alike), max(other.right for other in alike)
        if len(alike) >= ALIKE and first <= stroke.rule[0] + slack and stroke.rule[2] - slack <= last:
            yield stroke.place


def _streaks(across: Sequence[PixelBox], upright: Sequence[PixelBox], most: float) -> set[int]:
    """The upright strokes that go far beyond every rule they cross, to both ends: they are no rules."""
    streaks: set[int] = set()
    for place, (left, top, right, bottom) in enumerate(upright):
        near = [y for x0, y, x1, _ in across if x0 <= right and left <= x1]
        at = [y for y in near if top - most / 2 <= y <= bottom + most / 2]
        if at and min(at) - top > most and bottom - max(at) > most:
            streaks.add(place)
    return streaks


def _crossing(
    level: Sequence[PixelBox], upright: Sequence[PixelBox], slack: float
) -> tuple[list[int], list[int]]:
    """The strokes that touch one of the other direction: strokes of characters and dashes touch none."""
    touching = [
        (i, j)
        for i, (left, top, right, bottom) in enumerate(level)
        for j, (x0, y0, x1, y1) in enumerate(upright)
        if left - slack <= x1 and x0 <= right + slack and top - slack <= y1 and y0 <= bottom + slack
    ]
    return sorted({i for i, _ in touching}), sorted({j for _, j in touching})


def _blobs(ink: Mask, scale: float) -> list[Box]:
    speck, edge = SPECK * scale, SHADOW * scale
    height, width = ink.shape
    return [
        _points(box, scale)
        for box in _layer(ink).boxes
        if (box[2] - box[0] >= speck or box[3] - box[1] >= speck)
        and (box[2] > edge and box[3] > edge and box[0] < width - edge and box[1] < height - edge)
    ]


def _points(box: PixelBox, scale: float) -> Box:
    left, top, right, bottom = box
    return left / scale, top / scale, right / scale, bottom / scale


def parts_of(ink: Mask) -> list[Box]:
    """Boxes, in pixels, around all that hangs together in some ink."""
    return [tuple(map(float, box)) for box in _layer(ink).boxes]  # type: ignore[misc]


def _layer(mask: Mask) -> _Layer:
    """Everything that hangs together, in pixels; nothing for a picture without pixels, on which OpenCV dies."""
    if mask.size == 0:
        return _Layer(mask, ())
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask), connectivity=8)
    boxes = [(int(a), int(b), int(a + width), int(b + height)) for a, b, width, height, _ in stats[1:]]
    return _Layer(labels, tuple(boxes))
