"""A picture in colour flows in, its brightness flows out, with coloured seals lifted off the print they lie over.

A seal is round and of one colour, and ink is darker than it in every colour: the brightest of red, green and blue
shows the print alone. Only seals are lifted; rules and words in colour stay.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from pipeline.readers.scanning.picture import POINTS_PER_INCH, Mask, Pixels, paper_dpi
from pipeline.readers.scanning.strokes import PixelBox

COLOURED = 45
"""By how much the brightest of red, green and blue is brighter than the darkest where there is colour."""
LEAST_SEAL, MOST_SEAL = 50.0, 190.0
"""Points that a seal measures across at least and at most; offices have seals of 42 mm, which is 119."""
ROUND = 1.3
"""Times as wide as high, or as high as wide, up to which something is round."""
LEAST_FILLED, MOST_FILLED = 0.08, 0.75
"""Share of the box around a seal that its colour fills: a ring with a star and words, no photograph."""
JOINT = 5.0
"""Points by which the parts of a seal lie apart at most."""
EDGE = 0.7
"""Points of pale colour around a seal's strokes."""
COARSE = 4


def brightness(colours: Pixels, dpi: float | None) -> Pixels:
    """The brightness of each pixel, as if no coloured seal were there.

    Args:
        colours: Red, green and blue by row and column.
        dpi: Dots per inch, None where it is not known.
    """
    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    most = colours.max(axis=2)
    coloured = ((most - colours.min(axis=2)) > COLOURED).astype(np.uint8)
    scale = (dpi or paper_dpi(grey)) / POINTS_PER_INCH
    for left, top, right, bottom in _seals(coloured, scale):
        place = slice(top, bottom), slice(left, right)
        edge = 2 * max(1, round(EDGE * scale)) + 1
        own = cv2.dilate(coloured[place], np.ones((edge, edge), np.uint8)) > 0
        paper = max(float(np.median(most[place][coloured[place] > 0])), 1.0)
        lifted = np.minimum(most[place] * (255.0 / paper), 255).astype(np.uint8)
        grey[place] = np.where(own, np.maximum(grey[place], lifted), grey[place])
    return grey


def _seals(coloured: Mask, scale: float) -> Iterator[PixelBox]:
    """The boxes of what is as large, as round and as full of colour as seals are."""
    small = cv2.resize(coloured * 255, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA)
    joint = max(3, int(JOINT * scale / COARSE)) | 1
    filled = (small > 64).astype(np.uint8)
    joined = cv2.morphologyEx(filled, cv2.MORPH_CLOSE, np.ones((joint, joint), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for place, (left, top, width, height, _) in enumerate(stats[1:], 1):
        sides = width * COARSE / scale, height * COARSE / scale
        own = filled[top : top + height, left : left + width] * (
            labels[top : top + height, left : left + width] == place
        )
        is_seal = min(sides) >= LEAST_SEAL and max(sides) <= min(MOST_SEAL, ROUND * min(sides))
        if is_seal and LEAST_FILLED <= own.mean() <= MOST_FILLED:
            box = (max(left - 1, 0), max(top - 1, 0), left + width + 1, top + height + 1)
            x0, y0, x1, y1 = (COARSE * int(edge) for edge in box)
            yield x0, y0, x1, y1
