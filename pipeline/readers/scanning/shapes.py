"""What a word's ink looks like, held against how it was read: blobs, pixels and a reading in, a judgement out.

A recogniser knows what lines of text look like and errs alike each time it is asked; this looks at nothing but
the ink: how many characters there are, whether a point stands among them, whether a stroke leans.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.readers.layout.lines import Box, enclosing
from pipeline.readers.scanning.picture import Mask, Pixels

FLAT = 0.52
"""Height over width up to which a lone stroke is a dash."""
LEANING = 0.25
"""Width over height by which a stroke leans that is a slash and no 1; a slanted 1 leans by 0.2."""
UPRIGHT = 0.18
"""The same below which it stands upright."""
STRAIGHT = 0.12
"""Share of its height by which a stroke may be thick or bent."""
BAR = 1.6
"""Times its usual width from which the top of a stroke is the bar of a 7; slashes have 1.0 to 1.6, a 7 has 1.9."""
TALL = 0.55
"""Share of a word's height from which a blob is a digit, or a part of one."""
SMALL = 0.45
"""Share of a digit's height up to which a blob at its foot is wide that is a point or a comma."""
LONG_COMMA = 0.5
"""The same for how high it is: bold commas hang low."""
HANGING = 0.1
"""Share of a digit's height from which what hangs below its foot is a comma and no point."""
ON_FOOT = 0.03
"""The same below which it is a point and no comma."""
ONE_WIDE = 0.72
"""Width over height up to which two blobs may be parts of one digit."""
CLEAR = 0.04
"""Share of a digit's height that lies between it and a point."""
TWO_WIDE = 0.85
"""Width over height from which a blob may be two digits that touch."""
RAISED = 0.12
"""Share of a word's height by which a sign ends above the digits' foot at least."""
LOW = 0.88
"""Share of a word's height up to which a plus is high that stands as low as the digits."""
SQUARE = 0.85
"""Width over height from which it is a plus, however high."""
FLAT_SIGN = 0.6
"""Height over width up to which what stands before a number is a minus, and from which a plus."""
SLENDER = 0.22
"""Width over height below which a blob is no digit but a 1."""
GAPPED = 1.4
"""Times the usual step from digit to digit from which something between them is lost."""
THOUSANDS = 3
"""Digits between the commas of a number."""
LEAST_HOLE = 2
"""Pixels of a hole that is no noise."""
RINGS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys("12357", (0,)),
    **dict.fromkeys("069", (1,)),
    "4": (0, 1),
    "8": (2,),
}
"""The holes that each digit has, as fonts print it."""
_MARK = re.compile("[.,]")
_WRITTEN = re.compile(r"[0-9]+([.,][0-9]+)?|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")
_DASHES = re.compile(r"[-—–－―─一_~]+")


def is_number(text: str) -> bool:
    """Whether a word is a plain number."""
    return _NUMBER.fullmatch(text) is not None


def is_dash(text: str, blobs: Sequence[Box]) -> bool:
    """Whether a word is nothing but dashes: the Chinese one is printed like a long dash."""
    left, top, right, bottom = enclosing(blobs)
    flat = bottom - top <= FLAT * (right - left)
    return flat and len(blobs) <= 3 and (_DASHES.fullmatch(text) is not None or len(text) <= 1)


def lean(stroke: Pixels) -> float:
    """How far a word leans that is one straight stroke: to the right, upwards, by so much of its height.

    0 for an upright stroke, and for ink that is no such stroke.
    """
    drawn = _stroke(stroke)
    return drawn.slope if drawn.is_straight else 0.0


def tilt(stroke: Pixels) -> float:
    """The same of any ink, straight or not, thick or thin."""
    return _stroke(stroke).slope


def is_slash(stroke: Pixels) -> bool:
    """Whether what may look like a 7 is one straight stroke that leans, and has no bar on top."""
    drawn = _stroke(stroke)
    return drawn.is_straight and drawn.slope >= LEANING and drawn.top <= BAR


class _Stroke(NamedTuple):
    """How far ink leans, whether it is one straight stroke, and how wide its top is for its usual width."""

    slope: float
    is_straight: bool
    top: float


def _stroke(stroke: Pixels) -> _Stroke:
    dark = 255.0 - stroke
    dark[dark < 64] = 0
    weights = dark.sum(axis=1)
    rows = (
        np.flatnonzero(weights > 0.25 * weights.max()) if weights.size and weights.max() > 0 else np.array([])
    )
    if len(rows) < 4:
        return _Stroke(0.0, False, 1.0)
    across, weights = np.arange(dark.shape[1]), weights[rows]
    middles = (dark[rows] * across).sum(axis=1) / weights
    spread = np.sqrt((dark[rows] * (across - middles[:, None]) ** 2).sum(axis=1) / weights)
    usual = max(float(np.median(spread)), 1e-6)
    slope, start = np.polyfit(rows, middles, 1)
    bend = float(np.abs(middles - slope * rows - start).max())
    top = float(spread[: len(rows) // 4 + 1].max()) / usual
    return _Stroke(-float(slope), max(usual, bend) <= STRAIGHT * len(rows), top)


def contradicts(text: str, blobs: Sequence[Box]) -> bool:
    """Whether a word cannot be the number it was read as: a digit, a point or a sign is lost, or made up."""
    parts = _parts(blobs, text[0] in "+-")
    wanted = sum(character.isdigit() for character in text)
    if not parts.digits:
        return wanted > 0
    if not _bears_sign(text[0], parts) or _marks_differ(text, parts) or _is_gapped(text, parts):
        return True
    wide = any(blob[2] - blob[0] >= TWO_WIDE * parts.height for blob in parts.digits)
    if len(parts.digits) > wanted or (len(parts.digits) < wanted and not wide):
        return True
    return len(parts.digits) == wanted and any(map(_misshapen, filter(str.isdigit, text), parts.digits))


def with_marks(text: str, blobs: Sequence[Box]) -> str:
    """A number with its points and commas as the writing of numbers allows: thousands are three digits each.

    At 150 dots an inch a comma keeps little of its tail. All marks but the last can be commas only; the last
    one is what they are where it looks like them, and a mark alone is a comma where it clearly hangs.
    """
    groups = _MARK.split(text.lstrip("+-"))
    marks = _MARK.findall(text)
    parts = _parts(blobs, text[0] in "+-")
    if not marks or len(parts.points) != len(marks) or not 0 < len(groups[0]) <= THOUSANDS:
        return text
    if len(marks) == 1:
        is_comma = len(groups[1]) == THOUSANDS and _hanging(parts)[0] > HANGING
        return text.replace(".", ",") if is_comma else text
    if any(len(group) != THOUSANDS for group in groups[1:-1]):
        return text
    last = "."
    if len(groups[-1]) == THOUSANDS:
        *before, hanging = _hanging(parts)
        last = "," if abs(hanging - median(before)) < (HANGING + ON_FOOT) / 2 else marks[-1]
    sign = text[: len(text) - len(text.lstrip("+-"))]
    return sign + ",".join(groups[:-1]) + last + groups[-1]


def is_unlike(text: str, blobs: Sequence[Box], ink_of: Callable[[Box], Mask]) -> bool:
    """Whether the rings of a number's digits are others than those in its ink: an 8 has two, a 3 has none.

    Thin print leaves rings open, which thicker strokes close. Thick print may fill them, so this alone proves
    nothing wrong.
    """
    digits = _parts(blobs, text[0] in "+-").digits
    wanted = [character for character in text if character.isdigit()]
    if len(digits) != len(wanted):
        return True
    return any(not _has_rings(RINGS[digit], ink_of(box)) for digit, box in zip(wanted, digits, strict=True))


def _has_rings(counts: tuple[int, ...], ink: Mask) -> bool:
    return rings(ink) in counts or rings(cv2.dilate(np.pad(ink, 1), np.ones((3, 3), np.uint8))) in counts


def rings(ink: Mask) -> int:
    """How many holes some ink has."""
    paper = np.pad(1 - ink, 1, constant_values=1)
    sizes = cv2.connectedComponentsWithStats(np.ascontiguousarray(paper), connectivity=4)[2][1:, 4]
    return int((sizes >= LEAST_HOLE).sum()) - 1


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a word's blobs can be as parts of a number, each from left to right.

    Attributes:
        height: Of the word.
        digits: Tall blobs on the foot; parts of one digit as one.
        points: Small ones on the foot, clear of digits.
        before: Others before the first digit: a sign, or dirt.
        strays: Others beside digits: a number has none.
    """

    height: float
    digits: Sequence[Box]
    points: Sequence[Box]
    before: Sequence[Box]
    strays: Sequence[Box]


def _parts(blobs: Sequence[Box], signed: bool = False) -> _Parts:
    tallest = max((blob[3] - blob[1] for blob in blobs), default=0.0)
    tall = [blob for blob in blobs if blob[3] - blob[1] >= TALL * tallest]
    if not tall:
        return _Parts(0.0, [], [], [], [])
    foot = median(blob[3] for blob in tall)
    standing = [blob for blob in sorted(tall) if foot - blob[3] <= RAISED * tallest]
    if signed and len(standing) > 1 and _is_plus(standing[0], tallest):
        standing = standing[1:]
    _, top, _, bottom = enclosing(standing)
    digits = _digits(standing, height := bottom - top)
    others = sorted(set(blobs) - set(standing))
    points = [blob for blob in others if _is_point(blob, digits, top, bottom)]
    clear = [blob for blob in others if blob not in points and not _is_at(blob, digits, CLEAR * height)]
    before = [blob for blob in clear if blob[0] < digits[0][0]]
    return _Parts(height, digits, points, before, [blob for blob in clear if blob not in before])


def _is_plus(blob: Box, tallest: float) -> bool:
    """Whether a blob that stands as low as the digits may be a plus: it is lower than they are, or as wide as high."""
    height = blob[3] - blob[1]
    return height <= LOW * tallest or blob[2] - blob[0] >= SQUARE * height


def _is_at(blob: Box, digits: Sequence[Box], clear: float) -> bool:
    """Whether a blob lies over or under a digit, or all but touches it: it is a part of that digit."""
    return any(digit[0] - clear < blob[2] and blob[0] < digit[2] + clear for digit in digits)


def _bears_sign(first: str, parts: _Parts) -> bool:
    """Whether what stands before the digits is the sign that was read, and nothing else lies about."""
    if parts.strays:
        return False
    if first not in "+-":
        return not parts.before
    if not parts.before:
        return False
    left, top, right, bottom = enclosing(parts.before)
    flat = bottom - top <= FLAT_SIGN * (right - left)
    return flat if first == "-" else bottom - top >= (right - left) * FLAT_SIGN


def _marks_differ(text: str, parts: _Parts) -> bool:
    """Whether the points and commas of a number are others than those in the ink, or as no number has them."""
    marks = _MARK.findall(text)
    if len(marks) != len(parts.points) or _WRITTEN.fullmatch(text.lstrip("+-")) is None:
        return True
    if len(marks) != 1:
        return False  # the writing of numbers decides: see `with_marks`
    (hangs,) = _hanging(parts)
    return hangs < ON_FOOT if marks[0] == "," else hangs > HANGING


def _hanging(parts: _Parts) -> list[float]:
    """How far each point or comma hangs below the digits' foot, in their height."""
    foot = median(blob[3] for blob in parts.digits)
    height = foot - median(blob[1] for blob in parts.digits)
    return [(blob[3] - foot) / height for blob in parts.points]


def _is_gapped(text: str, parts: _Parts) -> bool:
    """Whether two digits stand wider apart than the others with no mark between: one is lost."""
    if len(parts.digits) != sum(character.isdigit() for character in text):
        return False
    steps = [(b[0] + b[2] - a[0] - a[2]) / 2 for a, b in pairwise(parts.digits)]
    marked = [
        any(a[2] <= (point[0] + point[2]) / 2 <= b[0] for point in parts.points)
        for a, b in pairwise(parts.digits)
    ]
    plain = [step for step, mark in zip(steps, marked, strict=True) if not mark]
    return len(plain) > 1 and max(plain) > GAPPED * median(plain) and max(plain) > GAPPED * min(plain)


def _misshapen(digit: str, blob: Box) -> bool:
    """Whether a blob is too wide for a 1, or too narrow for another digit."""
    slender = (blob[2] - blob[0]) / (blob[3] - blob[1])
    return slender > ONE_WIDE if digit == "1" else slender < SLENDER


def _is_point(blob: Box, tall: Sequence[Box], top: float, bottom: float) -> bool:
    """Whether a blob is small, at the foot of the word and beside its digits; a 3 may end in such a blob."""
    height = bottom - top
    small = blob[2] - blob[0] <= SMALL * height and blob[3] - blob[1] <= LONG_COMMA * height
    low = blob[1] > top + 0.6 * height
    return small and low and not _is_at(blob, tall, CLEAR * height) and blob[0] > tall[0][0]


def _digits(blobs: Sequence[Box], height: float) -> list[Box]:
    """The tall blobs, with those that are parts of one digit as one: thin print breaks a nought in two."""
    joined: list[Box] = []
    for blob in sorted(blobs):
        if joined and (blob[0] < joined[-1][2] or blob[2] - joined[-1][0] <= ONE_WIDE * height):
            joined[-1] = enclosing([joined[-1], blob])
        else:
            joined.append(blob)
    return joined
