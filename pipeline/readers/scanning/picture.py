"""A picture of a page flows in; the page upright, even in light, and its ink flow out.

Everything that a scanner or a camera adds (skew, grey paper, shading of header cells) is taken away here, so
that what follows sees black on white.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.readers.scanning.flat import flattened

Pixels = Any
"""Brightness by row and column, an array of bytes. Not typed closer: cv2 types what it returns too widely."""
Mask = Any
"""1 and 0 by row and column, an array of bytes."""
POINTS_PER_INCH = 72.0
PAPER_INCHES = (8.27, 11.69)
"""A4, the paper of official documents (GB/T 9704): what a picture that states no scale is taken to show."""
LONG_SHEET = 1.7
"""Times as high as wide from which a picture shows several pages under one another, and its width tells its scale."""
MOST_DPI = 300.0
"""Finer pictures are made coarser: nothing printed on a page needs more."""
MOST_SKEW = 6.0
"""Degrees up to which a page may lie askew."""
LEAST_SKEW = 0.02
"""Degrees below which turning a page costs more sharpness than it gains."""
PAPER_PATCH = 10.0
"""Points over which the paper's brightness is taken: wider than any stroke, narrower than a shaded row."""
LEAST_CONTRAST = 0.12
MOST_CONTRAST = 0.45
"""Bounds of the share by which ink is darker than the paper around it."""
STROKE = 0.6
"""Points around a place that its darkness is held against: a thin stroke of small print is paler than a rule."""
SHARPNESS = 1.5
"""By how many times this difference it is made to stand out."""
MOST_SHARP_CONTRAST = 0.35
"""`MOST_CONTRAST` where strokes stand out: what joins the parts of a digit may be the palest of it."""
GUTTER = 0.03
"""Share of a sheet's width that is blank along the middle where two pages stand on it."""
HALF = 0.5
"""Share of the gutter's width up to which what is in it does not cross it."""
GUTTER_DIRT = 0.02
"""Share of the gutter's length that dirt may take."""
LEAST_APART = 0.1
"""Degrees below which two pages on a sheet lie alike."""
FINER = 2
"""Times as many pixels each way as a word has, where its ink is told by itself."""
_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page made upright and even.

    Attributes:
        grey: Brightness, 255 for paper.
        ink: 1 where there is ink as dark as that of rules, else 0.
        print: The same with the strokes that are so thin that a scanner greys them.
        scale: Pixels per point.
        skew: Degrees by which it was turned, to the left positive.
    """

    grey: Pixels
    ink: Mask
    print: Mask
    scale: float
    skew: float

    @property
    def darkness(self) -> float:
        """By how much its ink is darker than paper, thin and pale strokes left aside."""
        printed = self.grey[self.ink > 0]
        return 255.0 - float(np.percentile(printed, 20)) if len(printed) else 255.0

    @property
    def width(self) -> float:
        """Points."""
        return float(self.grey.shape[1] / self.scale)

    @property
    def height(self) -> float:
        """Points."""
        return float(self.grey.shape[0] / self.scale)


def prepare(grey: Pixels, dpi: float | None) -> Sheet:
    """Makes a page upright and even.

    Args:
        grey: Brightness by row and column.
        dpi: Dots per inch; None where it is not stated, and the picture is taken to show a sheet of A4.
    """
    grey, dpi = _scaled(grey, dpi or paper_dpi(grey))
    scale = dpi / POINTS_PER_INCH
    even = _even(grey, scale)
    skew = skew_of(_ink(even), scale)
    if abs(skew) >= LEAST_SKEW:
        even = _turned(even, skew)
    even = _each_turned(even, scale)
    ink = _ink(even)
    flat = flattened(even, ink, scale)
    return Sheet(flat, ink if flat is even else _ink(flat), _print(flat, scale), scale, skew)


def _each_turned(even: Pixels, scale: float) -> Pixels:
    """A sheet with two pages side by side, each turned upright by itself: laid on the glass, each lies its own way."""
    height, width = even.shape
    middle, reach = width // 2, max(1, int(GUTTER / 2 * width))
    if width < height or not _is_blank(_ink(even[:, middle - reach : middle + reach])):
        return even
    pages = [np.ascontiguousarray(page) for page in (even[:, :middle], even[:, middle:])]
    skews = [skew_of(_ink(page), scale) for page in pages]
    if max(map(abs, skews)) < LEAST_APART:
        return even
    return np.hstack([_turned(page, skew) for page, skew in zip(pages, skews, strict=True)])


def _is_blank(gutter: Mask) -> bool:
    """Whether there is nothing in a gutter, which no rule crosses, but some dirt."""
    along = gutter.mean(axis=1)
    return bool(along.max() < HALF and (along > 0).mean() <= GUTTER_DIRT)


def paper_dpi(grey: Pixels) -> float:
    """Dots per inch of a picture that shows a sheet of A4, or several under one another."""
    height, width = grey.shape
    if height > LONG_SHEET * width:
        return float(width / PAPER_INCHES[0])
    short, long = sorted((height, width))
    return max(float(short / PAPER_INCHES[0]), float(long / PAPER_INCHES[1]))


def _scaled(grey: Pixels, dpi: float) -> tuple[Pixels, float]:
    if dpi <= MOST_DPI:
        return grey, dpi
    share = MOST_DPI / dpi
    return cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), MOST_DPI


def _even(grey: Pixels, scale: float) -> Pixels:
    """Divides by the paper's brightness around each place: shading and shadows vanish, ink stays."""
    coarse = 4
    small = cv2.resize(grey, None, fx=1 / coarse, fy=1 / coarse, interpolation=cv2.INTER_AREA)
    patch = max(3, int(PAPER_PATCH * scale / coarse) | 1)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((patch, patch), np.uint8))
    paper = cv2.blur(paper, (3, 3))
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.divide(grey, np.maximum(paper, 1), scale=255)


def _ink(even: Pixels, most: float = MOST_CONTRAST) -> Mask:
    """Where it is dark: the threshold that parts best, within bounds, so that an empty page has no ink."""
    best, _ = cv2.threshold(even, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bound = float(np.clip(best, 255 * (1 - most), 255 * (1 - LEAST_CONTRAST)))
    return (even < bound).astype(np.uint8)


def _print(even: Pixels, scale: float) -> Mask:
    """The ink of a page, of which each place is first held against what is around it: thin strokes stay whole.

    What a scanner's dots cannot show is spread over the paper beside it, and a bound for rules breaks it.
    """
    around = cv2.GaussianBlur(even, (0, 0), STROKE * scale)
    return _ink(cv2.addWeighted(even, 1 + SHARPNESS, around, -SHARPNESS, 0), MOST_SHARP_CONTRAST)


def ink_by_itself(grey: Pixels) -> Mask:
    """The ink of a word, told by how light and dark that word is alone, at twice its scale.

    By a whole page's light and dark the digits of bold print may run together.
    """
    fine = cv2.resize(grey, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    best, _ = cv2.threshold(fine, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return (fine < best).astype(np.uint8)


def skew_of(ink: Mask, scale: float) -> float:
    """Degrees by which the page leans to the right, from its level rules, or from its lines of text.

    The right turn is the one that gathers the ink into the fewest rows.
    """
    run = int(20 * scale)
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    points = np.argwhere(level if np.count_nonzero(level) > 10 * run else ink)
    if len(points) == 0:
        return 0.0
    points = points[:: max(1, len(points) // _SAMPLE)].astype(np.float32)
    best = 0.0
    for reach, step in ((MOST_SKEW, 0.2), (0.2, 0.02)):
        angles = np.arange(best - reach, best + reach + step / 2, step)
        best = float(max(angles, key=lambda angle: _gathered(points, float(angle))))
    return best


def _gathered(points: Any, angle: float) -> float:
    rows = points[:, 0] - points[:, 1] * np.tan(np.radians(angle))
    counts = np.bincount((rows - rows.min()).astype(np.int64))
    return float((counts.astype(np.float64) ** 2).sum())


def _turned(even: Pixels, skew: float) -> Pixels:
    height, width = even.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    return cv2.warpAffine(even, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
