"""Boxes of ink flow in, lines of print and the words in them, as boxes, flow out. Boxes are in points."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pipeline.readers.layout.lines import Box, enclosing

WORD_GAP = 1.5
"""Line heights from which a gap in a cell parts two words: full-width digits and commas stand closer."""
COLUMN_GAP = 1.8
"""The same for prose, where a full-width comma leaves nearly a character of white."""
DIRT = 1.6
"""Points: a word of nothing larger is dirt; a dash is longer, and a point stands beside digits."""
DOTS = 8
"""How many pieces as small may be left of a digit or a dash; where a word has more, they are dots."""
HAIR = 0.8
"""Points up to which a stroke is as thin as what is left of a rule, and no part of a digit."""
NEAR_RULE = 2.0
"""Points from the edge of a cell within which such a stroke is left of a rule."""
APART, BEFORE = 0.25, 0.8
"""Shares of the usual height of characters that part a speck from the digits it lies beside, and before them, where a
sign may have faded."""
CORE = 0.15
"""Share of a box left out at its top and bottom where lines are told apart: brackets and commas hang over."""
PART, CLOSE = 0.5, 0.25
"""Shares of the usual height of characters below which what looks like a line may be a stroke of one, and up to
which it stands that close to the rest of it."""
WHOLE = 1.3
"""Times the usual height of characters up to which two parts are one line; two lines of digits are higher."""
LARGE = 1.9
"""The same where one of them is such a stroke: where most blobs are digits, a character is that much higher."""


def lines_of(blobs: Sequence[Box], usual: float) -> list[list[Box]]:
    """The blobs of each line, from the top down, each from left to right.

    Args:
        blobs: Boxes of ink.
        usual: The usual height of characters there (`usual_height`).
    """
    bands: list[list[Box]] = []
    reach = float("-inf")
    for blob in sorted(blobs, key=_core_top):
        core = CORE * (blob[3] - blob[1])
        if bands and _core_top(blob) < reach:
            bands[-1].append(blob)
            reach = max(reach, blob[3] - core)
        else:
            bands.append([blob])
            reach = blob[3] - core
    return [sorted(band) for band in _joined(bands, usual)]


def _core_top(blob: Box) -> float:
    return blob[1] + CORE * (blob[3] - blob[1])


def _joined(bands: list[list[Box]], usual: float) -> list[list[Box]]:
    """Joins bands that are together no higher than one line: strokes of a 二, or of digits that thin print breaks."""
    joined = bands[:1]
    for band in bands[1:]:
        if _are_one_line(enclosing(joined[-1]), enclosing(band), usual):
            joined[-1] = joined[-1] + band
        else:
            joined.append(band)
    return joined


def _are_one_line(before: Box, now: Box, usual: float) -> bool:
    """Whether two bands are one line: as high as one, or one of them a stroke close to the other, as over a 无."""
    height = now[3] - before[1]
    is_part = (
        min(before[3] - before[1], now[3] - now[1]) < PART * usual and now[1] - before[3] <= CLOSE * usual
    )
    return height <= (LARGE if is_part else WHOLE) * usual


def usual_height(blobs: Sequence[Box]) -> float:
    """About the height of a character: that of the larger half of the blobs; 0 for no blobs."""
    sizes = sorted(max(blob[2] - blob[0], blob[3] - blob[1]) for blob in blobs)
    return median(sizes[len(sizes) // 2 :]) if sizes else 0.0


def words_of(line: Sequence[Box], gap: float) -> list[list[Box]]:
    """The blobs of each word: those that no gap of so many line heights parts."""
    _, top, _, bottom = enclosing(line)
    words = [[line[0]]]
    right = line[0][2]
    for blob in line[1:]:
        if blob[0] - right > gap * (bottom - top):
            words.append([blob])
        else:
            words[-1].append(blob)
        right = max(right, blob[2])
    return words


def without_remains(blobs: Sequence[Box], cell: Box) -> list[Box]:
    """The blobs of a cell that are not left of the rules around it: hairs along its edges."""
    return [blob for blob in blobs if not _is_remains(blob, cell)]


def _is_remains(blob: Box, cell: Box) -> bool:
    left, top, right, bottom = blob
    if bottom - top <= HAIR and right - left > bottom - top:
        return top - cell[1] <= NEAR_RULE or cell[3] - bottom <= NEAR_RULE
    if right - left <= HAIR and bottom - top > right - left:
        return left - cell[0] <= NEAR_RULE or cell[2] - right <= NEAR_RULE
    return False


def without_dirt(lines: Sequence[Sequence[Box]], gap: float) -> list[list[list[Box]]]:
    """The words of each line that are no dirt; lines of nothing else are left out."""
    words = [[word for word in words_of(line, gap) if not _is_dirt(word)] for line in lines]
    return [line for line in words if line]


def without_specks(word: Sequence[Box], usual: float) -> list[Box]:
    """The blobs of a word without specks of dirt: those over, under or after its digits, and clear of them.

    What lies among digits may be a point, what lies low before them too, and a stroke alone may be a part of more.

    Args:
        word: The blobs.
        usual: The usual height of characters (`usual_height`).
    """
    whole = [blob for blob in word if max(blob[2] - blob[0], blob[3] - blob[1]) >= DIRT]
    if not whole or (body := enclosing(whole))[3] - body[1] < PART * usual:
        return list(word)
    return [blob for blob in word if blob in whole or not _is_clear(blob, body, usual)]


def _is_clear(speck: Box, body: Box, usual: float) -> bool:
    """Whether paper parts a speck from the print it lies beside."""
    beside = max(body[0] - speck[2] - (BEFORE - APART) * usual, speck[0] - body[2])
    return max(beside, body[1] - speck[3], speck[1] - body[3]) >= APART * usual


def _is_dirt(word: Sequence[Box]) -> bool:
    """Whether a word is too small to be one, or a row of dots: what a copier shades a cell with."""
    sizes = [max(blob[2] - blob[0], blob[3] - blob[1]) for blob in word]
    left, top, right, bottom = enclosing(word)
    return max(right - left, bottom - top) < DIRT or (len(word) > DOTS and max(sizes) < DIRT)
