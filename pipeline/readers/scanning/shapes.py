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
TALL = 0.55
"""Share of a word's height from which a blob is a digit, or a part of one."""
SMALL = 0.34
"""Share of a word's height up to which a blob on its foot is a point or a comma."""
HANGING = 0.06
"""Share of a digit's height by which a comma hangs below its foot; a point stands on it."""
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
    """How far a lone stroke leans: to the right, upwards, by so much of its height; 0 for upright or no ink."""
    dark = 255.0 - stroke
    dark[dark < 64] = 0
    rows = dark.sum(axis=1)
    inked = np.flatnonzero(rows > 0.25 * rows.max()) if rows.max() > 0 else np.array([])
    if len(inked) < 4:
        return 0.0
    middles = (dark[inked] * np.arange(dark.shape[1])).sum(axis=1) / rows[inked]
    return -float(np.polyfit(inked, middles, 1)[0])


def contradicts(text: str, blobs: Sequence[Box]) -> bool:
    """Whether a word cannot be the number it was read as: a digit or a point is lost, or made up."""
    blobs = sorted(blobs)[1:] if text[0] in "+-" else blobs
    digits = sum(character.isdigit() for character in text)
    if not blobs:
        return digits > 0
    _, top, _, bottom = enclosing(blobs)
    tall = _side_by_side([blob for blob in blobs if blob[3] - blob[1] >= TALL * (bottom - top)])
    points = [blob for blob in sorted(blobs) if _is_point(blob, tall, top, bottom)]
    foot = median(blob[3] for blob in tall) if tall else bottom
    marks = ["," if blob[3] - foot > HANGING * (foot - top) else "." for blob in points]
    if marks != [character for character in text if character in ".,"]:
        return True
    wide = any(blob[2] - blob[0] >= TWO_WIDE * (bottom - top) for blob in tall)
    return len(tall) > digits or (len(tall) < digits and not wide)


def _is_point(blob: Box, tall: Sequence[Box], top: float, bottom: float) -> bool:
    """Whether a blob is small, at the foot of the word and beside its digits; a 3 may end in such a blob."""
    height = bottom - top
    small = max(blob[2] - blob[0], blob[3] - blob[1]) <= SMALL * height
    low = (blob[1] + blob[3]) / 2 > top + 0.6 * height
    clear = CLEAR * height
    return (
        small and low and not any(digit[0] - clear < blob[2] and blob[0] < digit[2] + clear for digit in tall)
    )


def _side_by_side(blobs: Sequence[Box]) -> list[Box]:
    """The blobs with those that overlap from left to right as one: the parts of a broken digit."""
    joined: list[Box] = []
    for blob in sorted(blobs):
        if joined and blob[0] < joined[-1][2]:
            joined[-1] = enclosing([joined[-1], blob])
        else:
            joined.append(blob)
    return joined
