"""A picture in colour flows in, its brightness flows out, with coloured seals lifted off the print they lie over.

A seal is round and of one colour, and lets what is under it shine through: where there is more of its colour it
takes more light, and what else is dark is print. Only seals are lifted; rules and words in colour stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from pipeline.readers.scanning.picture import POINTS_PER_INCH, Mask, Pixels, paper_dpi
from pipeline.readers.scanning.strokes import PixelBox

COLOURED = 0.12
"""Share of the paper's light by which the brightest of red, green and blue is brighter than the darkest where there is
colour."""
LEAST_SEAL, MOST_SEAL = 50.0, 190.0
"""Points that a seal measures across at least and at most; offices have seals of 42 mm, which is 119."""
ROUND = 1.3
"""Times as wide as high, or as high as wide, up to which something is round."""
CORNERED, OUTSIDE = 0.07, 1.15
"""Share of its colour that lies in the corners of its box up to which it is round, and the square of the distance from
its middle, in halves of its box, from which these are."""
LEAST_FILLED, MOST_FILLED = 0.03, 0.75
"""Share of the box around a seal that its colour fills: a ring, with a star and words or without, no photograph."""
JOINTS = (5.0, 12.0)
"""Points by which the parts of a seal lie apart, where what lies near is of its colour, and where rules part it."""
CUT = 6.0
"""Points from a sheet's side within which a seal is cut by it."""
EDGE = 2.0
"""Points of pale colour around a seal's strokes."""
FULL = 90.0
"""Per cent of a seal's colour that are paler than where its ink is whole."""
LEAST_LIGHT = 0.15
"""Share of the light that the darkest seal lets through."""
PALE = 0.72
"""Share of the paper's light from which what is left of a seal is its edge, and no print."""
NEAR = 7
"""Pixels across of what is next to a place."""
COARSE = 4
"""Pixels each way of which one is made to find seals: print has no colour, but its edges may."""
LIGHT = np.array([0.299, 0.587, 0.114], np.float32)
"""What red, green and blue each are of light."""


def brightness(colours: Pixels, dpi: float | None) -> Pixels:
    """The brightness of each pixel, as if no coloured seal were there.

    Args:
        colours: Red, green and blue by row and column.
        dpi: Dots per inch, None where it is not known.
    """
    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    scale = (dpi or paper_dpi(grey)) / POINTS_PER_INCH
    small = cv2.resize(colours, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA)
    for box in _seals(_coloured(_shares(small)), scale / COARSE):
        left, top, right, bottom = (COARSE * side for side in box)
        # Where a rule runs along a seal's edge, its colour is hidden.
        edge = round(EDGE * scale) + min(abs(right - left - bottom + top), bottom - top)
        place = slice(max(top - edge, 0), bottom + edge), slice(max(left - edge, 0), right + edge)
        grey[place] = _lifted(grey[place], colours[place])
    return grey


def _shares(colours: Pixels) -> Any:
    """Red, green and blue as shares of what the paper around has of them."""
    paper = np.percentile(colours.reshape(-1, 3), FULL, axis=0)
    return colours / np.maximum(paper, 1.0).astype(np.float32)


def _coloured(shares: Any) -> Mask:
    return ((shares.max(axis=2) - shares.min(axis=2)) > COLOURED).astype(np.uint8)


def _lifted(grey: Pixels, colours: Pixels) -> Pixels:
    """The brightness around a seal without it: how much light it takes is told by how much there is of its colour."""
    shares = _shares(colours)
    own = _coloured(shares) > 0
    light = shares @ LIGHT
    if not own.any():
        return grey
    hues = shares - light[:, :, None]
    hue = np.median(hues[own], axis=0)
    colour = np.maximum(hues @ (hue / max(float(np.linalg.norm(hue)), 1e-6)).astype(np.float32), 0.0)
    colour /= max(float(np.percentile(colour[own], FULL)), 1e-3)
    lack = 1 - max(float(np.median(light[own & (colour >= min(0.9, colour[own].max()))])), LEAST_LIGHT)
    taken = np.minimum(colour / np.maximum(light + colour * lack, 1e-3), 1.0)
    # Pictures keep colour more coarsely than light: what is pale is judged by the colour next to it.
    most = cv2.dilate(taken, np.ones((NEAR, NEAR), np.uint8))
    taken = np.where(light / (1 - taken * lack) > PALE, most, taken)
    return np.clip(grey / (1 - taken * lack), 0, 255).astype(np.uint8)


def _seals(coloured: Mask, scale: float) -> Iterator[PixelBox]:
    """The boxes of what is as large, as round and as full of colour as seals are."""
    left = coloured.copy()
    for joint in JOINTS:
        for box in list(_round_ones(left, scale, joint)):
            left[box[1] : box[3], box[0] : box[2]] = 0
            yield box


def _round_ones(coloured: Mask, scale: float, joint: float) -> Iterator[PixelBox]:
    side = max(3, round(joint * scale)) | 1
    joined = cv2.morphologyEx(coloured, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for place, (left, top, width, height, _) in enumerate(stats[1:], 1):
        if max(width, height) < LEAST_SEAL * scale:
            continue
        box = slice(top, top + height), slice(left, left + width)
        own = coloured[box] * (labels[box] == place)
        beside = coloured.shape[1] - left - width
        is_cut = min(left, beside) <= CUT * scale
        if _is_seal(own[:, ::-1] if left < beside else own, scale, is_cut):
            yield int(left), int(top), int(left + width), int(top + height)


def _is_seal(own: Mask, scale: float, is_cut: bool) -> bool:
    """Whether what fills a box is as large and full as a seal, and leaves the corners empty.

    Args:
        own: 1 where there is colour.
        scale: Pixels per point.
        is_cut: Whether the sheet may end within the seal, to the right: one across sheets shows a part on each.
    """
    height, width = own.shape
    across, down = width, height
    if is_cut:
        across = down = height if 2 * width >= height else (height**2 / 4 + width**2) / width
    least, most = min(across, down) / scale, max(across, down) / scale
    if least < LEAST_SEAL or most > min(MOST_SEAL, ROUND * least):
        return False
    if is_cut:
        rounds = [(across / 2, height / 2, across, down)]
    else:  # A rule along one side may hide that of a ring.
        whole = max(width, height)
        ends = [(whole / 2, whole / 2, whole, whole), (width - whole / 2, height - whole / 2, whole, whole)]
        rounds = [(width / 2, height / 2, width, height), *ends]
    is_round = any(_outside(own, *round_one) <= CORNERED for round_one in rounds)
    return is_round and bool(LEAST_FILLED <= own.mean() <= MOST_FILLED)


def _outside(own: Mask, x: float, y: float, across: float, down: float) -> float:
    """Share of what fills a box that lies clearly outside of what is round about a place."""
    columns, rows = np.arange(own.shape[1])[None, :] + 0.5, np.arange(own.shape[0])[:, None] + 0.5
    away = (2 * (columns - x) / across) ** 2 + (2 * (rows - y) / down) ** 2
    return float(own[away > OUTSIDE].sum() / max(own.sum(), 1))
