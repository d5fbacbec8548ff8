"""A sheet flows in; the rules drawn on it, as marks, and its ink without them, as blobs, flow out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.readers.lines import Box
from pipeline.readers.rules import TOLERANCE, Mark
from pipeline.readers.scanning.picture import Mask, Pixels, Sheet

LEAST_LEVEL = 28.0
"""Points from which a level stroke may be a rule: two dashes in a row are 24 long in the largest print."""
GOES_ON, BROKEN = 9.0, 4.0
"""Points from which a level stroke is one that lies in line with another, and points that part them at most."""
LEAST_UPRIGHT = 11.0
"""Points from which an upright stroke may be a rule: longer than a digit, shorter than a table's row."""
PALE_RULES = (None, 0.2, 0.1)
"""Shares of the print's darkness by which a stroke may be darker than what is beside it and be a rule, each tried
where a page has no table by the one before it; None for strokes as dark as print. What shines through from the
other side is pale too."""
THICKEST = 3.5
"""Points up to which a stroke is thin."""
MOST_GAP = 1.5
"""Points by which a rule may be broken."""
PALE_LEVEL, PALE_UPRIGHT = 60.0, 40.0
"""Points from which strokes paler than print may be rules: no line of print is unbroken for so long."""
STREAK = 20.0
"""Points by which a stroke passes the first and the last rule it crosses where a scanner's glass left it."""
CROSSING = 2.0
"""Points by which a rule goes on where it ends at another."""
BLUR = 0.6
"""Points by which a rule is smeared to each side."""
SPECK = 0.55
"""Points: what is smaller both ways is dirt; a decimal point is larger."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """What is drawn on a sheet.

    Attributes:
        marks: Its rules, in points.
        blobs: Boxes, in points, around what ink is left: characters and their parts, and nothing smaller.
        grey: The sheet's brightness with the rules painted over.
        ink: 1 where there is ink that is no rule's, specks included.
    """

    marks: tuple[Mark, ...]
    blobs: tuple[Box, ...]
    grey: Pixels
    ink: Mask


@dataclass(frozen=True, slots=True)
class _Layer:
    """The strokes of one direction: the number of the stroke at each pixel, and the strokes' boxes."""

    labels: Any
    boxes: tuple[tuple[int, int, int, int], ...]

    def kept(self, places: Sequence[int]) -> Mask:
        """1 where one of some strokes is."""
        wanted = np.zeros(len(self.boxes) + 1, np.uint8)
        wanted[[place + 1 for place in places]] = 1
        return wanted[self.labels]


def find_strokes(sheet: Sheet, pale: float | None = None) -> Strokes:
    """Parts a sheet's ink into the rules of tables, which may be `pale`, and the rest."""
    scale = sheet.scale
    level, upright = _level(sheet.ink, scale), _long(sheet.ink.T, LEAST_UPRIGHT, scale).T
    if pale is not None:
        dark = _darker(sheet, pale)
        level = level | _unbroken(dark, PALE_LEVEL, scale)
        upright = upright | _unbroken(dark.T, PALE_UPRIGHT, scale).T
    return _parted(sheet, _layer(level), _layer(upright))


def _level(ink: Mask, scale: float) -> Mask:
    """Level strokes, with shorter ones that go on where one is broken: thick rules that cross part it."""
    long = _long(ink, LEAST_LEVEL, scale)
    short = _layer(_long(ink, GOES_ON, scale))
    gap, wholes = BROKEN * scale, _layer(long).boxes
    return long | short.kept(
        [
            place
            for place, (left, top, right, bottom) in enumerate(short.boxes)
            for x0, y0, x1, y1 in wholes
            if top <= y1 and y0 <= bottom and (0 < left - x1 + 1 <= gap or 0 < x0 - right + 1 <= gap)
        ]
    )


def _parted(sheet: Sheet, level: _Layer, upright: _Layer) -> Strokes:
    scale = sheet.scale
    across, down = _crossing(level.boxes, upright.boxes, TOLERANCE * scale)
    spanning = _spanning([level.boxes[i] for i in across], upright.boxes, scale)
    down = [i for i in down if i in spanning]
    rules = _painted(level.kept(across), upright.kept(down), scale)
    streaks = _streaks([level.boxes[i] for i in across], upright.boxes, STREAK * scale)
    grey = sheet.grey.copy()
    grey[rules > 0] = 255
    boxes = [*(level.boxes[i] for i in across), *(upright.boxes[i] for i in down if i not in streaks)]
    marks = [Mark(*_points(box, scale)) for box in boxes]
    ink = sheet.ink * (1 - rules)
    return Strokes(tuple(marks), tuple(_blobs(ink, scale)), grey, ink)


def _darker(sheet: Sheet, pale: float) -> Mask:
    """Where a sheet is darker than within some points around by a share of its print's darkness."""
    printed = sheet.grey[sheet.ink > 0]
    darkness = 255.0 - float(np.percentile(printed, 20)) if len(printed) else 255.0
    size = int(2 * THICKEST * sheet.scale) | 1
    smooth = cv2.blur(sheet.grey, (3, 3))
    return (
        cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, np.ones((size, size), np.uint8)) > pale * darkness
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
    column = np.ones((max(2, int(THICKEST * scale)), 1), np.uint8)
    thin = ink * (1 - cv2.morphologyEx(ink, cv2.MORPH_OPEN, column))
    thick = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    whole = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, max(2, int(MOST_GAP * scale))), np.uint8))
    long = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((1, int(length * scale)), np.uint8))
    return cv2.erode(long, np.ones((3, 1), np.uint8)) | (long & thin)


def _unbroken(dark: Mask, length: float, scale: float) -> Mask:
    """Level strokes that are thin and long, whatever crosses them."""
    dark = np.ascontiguousarray(dark)
    thick = cv2.dilate(dark, np.ones((3, 1), np.uint8))
    whole = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, max(2, int(MOST_GAP * scale))), np.uint8))
    long = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((1, int(length * scale)), np.uint8))
    long = cv2.erode(long, np.ones((3, 1), np.uint8))
    return long * (1 - cv2.morphologyEx(long, cv2.MORPH_OPEN, np.ones((int(THICKEST * scale), 1), np.uint8)))


def _spanning(
    across: Sequence[tuple[int, int, int, int]], upright: Sequence[tuple[int, int, int, int]], scale: float
) -> set[int]:
    """The upright strokes that reach from one level rule to another, or are longer than any of a character."""
    slack = TOLERANCE * scale
    spanning: set[int] = set()
    for place, (left, top, right, bottom) in enumerate(upright):
        near = (y for y in across if y[0] - slack <= right and left <= y[2] + slack)
        at = [(y[1] + y[3]) / 2 for y in near if top - slack <= y[3] and y[1] <= bottom + slack]
        reaches = bool(at) and min(at) - top <= slack and bottom - max(at) <= slack
        if bottom - top >= PALE_UPRIGHT * scale or (reaches and max(at) - min(at) >= (bottom - top) / 2):
            spanning.add(place)
    return spanning


def _streaks(
    across: Sequence[tuple[int, int, int, int]], upright: Sequence[tuple[int, int, int, int]], most: float
) -> set[int]:
    """The upright strokes that go far beyond every rule they cross, to both ends: they are no rules."""
    streaks: set[int] = set()
    for place, (left, top, right, bottom) in enumerate(upright):
        at = [y for x0, y, x1, _ in across if x0 <= right and left <= x1 and top <= y <= bottom]
        if at and min(at) - top > most and bottom - max(at) > most:
            streaks.add(place)
    return streaks


def _crossing(
    level: Sequence[tuple[int, int, int, int]], upright: Sequence[tuple[int, int, int, int]], slack: float
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
    speck = SPECK * scale
    return [
        _points(box, scale)
        for box in _layer(ink).boxes
        if box[2] - box[0] >= speck or box[3] - box[1] >= speck
    ]


def _points(box: tuple[int, int, int, int], scale: float) -> Box:
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
