"""What a word's ink looks like, held against how it was read: blobs, pixels and a reading in, a judgement out.

A recogniser knows what lines of text look like and errs alike each time it is asked; this looks at nothing but
the ink: how many characters there are, whether a point stands among them, whether a stroke leans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

import numpy as np

from pipeline.readers.lines import Box, enclosing
from pipeline.readers.scanning.picture import Pixels

FLAT = 0.4
"""Height over width up to which a lone stroke is a dash."""
LEANING = 0.25
"""Width over height by which a stroke leans that is a slash and no 1; a slanted 1 leans by 0.2."""
UPRIGHT = 0.18
"""The same below which it stands upright."""
STRAIGHT = 0.12
"""Share of its height by which a stroke may be thick or bent."""
TALL = 0.55
"""Share of a word's height from which a blob is a digit, or a part of one."""
SMALL = 0.34
"""Share of a word's height up to which a blob on its foot is a point or a comma."""
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
    dark = 255.0 - stroke
    dark[dark < 64] = 0
    weights = dark.sum(axis=1)
    rows = (
        np.flatnonzero(weights > 0.25 * weights.max()) if weights.size and weights.max() > 0 else np.array([])
    )
    if len(rows) < 4:
        return 0.0
    across, weights = np.arange(dark.shape[1]), weights[rows]
    middles = (dark[rows] * across).sum(axis=1) / weights
    spread = np.sqrt((dark[rows] * (across - middles[:, None]) ** 2).sum(axis=1) / weights)
    slope, start = np.polyfit(rows, middles, 1)
    bend = np.abs(middles - slope * rows - start).max()
    if max(float(np.median(spread)), float(bend)) > STRAIGHT * len(rows):
        return 0.0
    return -float(slope)


def contradicts(text: str, blobs: Sequence[Box]) -> bool:
    """Whether a word cannot be the number it was read as: a digit or a point is lost, or made up."""
    blobs = sorted(blobs)[1:] if text[0] in "+-" else blobs
    wanted = sum(character.isdigit() for character in text)
    if not blobs:
        return wanted > 0
    _, top, _, bottom = enclosing(blobs)
    height = bottom - top
    digits = _digits([blob for blob in blobs if blob[3] - blob[1] >= TALL * height], height)
    points = [blob for blob in sorted(blobs) if _is_point(blob, digits, top, bottom)]
    if _marks_differ([character for character in text if character in ".,"], points, digits):
        return True
    wide = any(blob[2] - blob[0] >= TWO_WIDE * height for blob in digits)
    return len(digits) > wanted or (len(digits) < wanted and not wide)


def _marks_differ(marks: Sequence[str], points: Sequence[Box], digits: Sequence[Box]) -> bool:
    """Whether the points and commas of a number are others than those in the ink."""
    if len(marks) != len(points) or not digits:
        return bool(marks or points)
    foot = median(blob[3] for blob in digits)
    height = foot - median(blob[1] for blob in digits)
    hanging = [(blob[3] - foot) / height for blob in points]
    return any(
        hangs < ON_FOOT if mark == "," else hangs > HANGING
        for mark, hangs in zip(marks, hanging, strict=True)
    )


def _is_point(blob: Box, tall: Sequence[Box], top: float, bottom: float) -> bool:
    """Whether a blob is small, at the foot of the word and beside its digits; a 3 may end in such a blob."""
    height = bottom - top
    small = max(blob[2] - blob[0], blob[3] - blob[1]) <= SMALL * height
    low = (blob[1] + blob[3]) / 2 > top + 0.6 * height
    clear = CLEAR * height
    return (
        small and low and not any(digit[0] - clear < blob[2] and blob[0] < digit[2] + clear for digit in tall)
    )


def _digits(blobs: Sequence[Box], height: float) -> list[Box]:
    """The tall blobs, with those that are parts of one digit as one: thin print breaks a nought in two."""
    joined: list[Box] = []
    for blob in sorted(blobs):
        if joined and (blob[0] < joined[-1][2] or blob[2] - joined[-1][0] <= ONE_WIDE * height):
            joined[-1] = enclosing([joined[-1], blob])
        else:
            joined.append(blob)
    return joined
