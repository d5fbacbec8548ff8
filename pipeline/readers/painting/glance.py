"""A page's text and what it paints flow in; whether anyone might not see some of it flows out.

To ask every object of every page costs a third of the time of reading; see `unseen`, which does so where this look
says that it might matter. Here the characters that numbers are written with are asked, and where pieces of text begin.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import pypdfium2.raw as c

from pipeline.readers.painting.calls import (
    COUNT_CLIPS,
    GET_CLIP,
    GET_FILL,
    GET_TEXT_MODE,
    GET_TEXT_OBJECT,
    UNSIGNED,
    address_of,
    ask,
    rows_of,
)
from pipeline.readers.painting.painted import WHITE, Edges, Painting
from pipeline.readers.painting.unseen import UNPAINTED, is_cut, seen_of

_ASKED = re.compile(r"[!-~\uff0b-\uff19]|(?<![^\s\0\ufffe])[^\s\0\ufffe]")
"""What numbers are written with, and what stands behind a blank, a line's end or nothing."""


class Glance(NamedTuple):
    """What a look at a part of a page's text found.

    Attributes:
        may_hide: Whether the page may have anything that nobody sees, and is to be looked at as a whole.
        has_pale: Whether it has text in white, which is seen on a ground alone.
        has_outside: Whether it may have text outside of the page.
    """

    may_hide: bool
    has_pale: bool
    has_outside: bool


def glance(painting: Painting, text: Any, printed: str, edges: Sequence[float]) -> Glance:
    """Looks at a part of a page's text and at what is painted over it.

    Args:
        painting: What the page paints.
        text: The loaded text of the page.
        printed: What PDFium takes each character for.
        edges: Left, top, right and bottom of each in a row, in the page's own coordinates.
    """
    places = [found.start() for found in _ASKED.finditer(printed)]
    owners = list(map(GET_TEXT_OBJECT, repeat(address_of(text)), places))
    rows = _middles(painting, zip(owners, places, strict=True), edges)
    texts = [item for item in dict.fromkeys(owners) if item]
    known, colours = ask(GET_FILL, UNSIGNED, 4, texts)
    # Most is black: the first part tells.
    has_pale = max(colours[::4], default=0) >= WHITE and any(
        ok and min(colour[:3]) >= WHITE for ok, colour in zip(known, rows_of(colours, 4), strict=True)
    )
    may_hide = (
        painting.is_intricate
        or (
            0 in (alphas := colours[3::4])
            and any(ok and not alpha for ok, alpha in zip(known, alphas, strict=True))
        )
        or not UNPAINTED.isdisjoint(map(GET_TEXT_MODE, texts))
        or max(map(COUNT_CLIPS, map(GET_CLIP, texts)), default=0) > 0
        or any(is_cut(*clipped) for clipped in painting.clipped)
        or _is_covered(painting, rows)
    )
    return Glance(may_hide, has_pale, _is_outside(painting, rows))


def _middles(
    painting: Painting, owned: Iterable[tuple[int | None, int]], edges: Sequence[float]
) -> list[tuple[float, float, int, int]]:
    """Middles of characters (up, then to the right) from below, when their texts were painted, and which these are."""
    order = painting.places
    found: list[tuple[float, float, int, int]] = []
    for owner, place in owned:
        if owner:
            left, top, right, bottom = edges[4 * place : 4 * place + 4]
            found.append(((top + bottom) / 2, (left + right) / 2, order.get(owner, -1), owner))
    return sorted(found)


def _is_outside(painting: Painting, rows: Sequence[tuple[float, float, int, int]]) -> bool:
    xs = [x for _, x, _, _ in rows]
    left, top = painting.left, painting.top
    return bool(rows) and not (
        left <= min(xs)
        and max(xs) <= left + painting.width
        and top - painting.height <= rows[0][0]
        and rows[-1][0] <= top
    )


def _is_covered(painting: Painting, rows: Sequence[tuple[float, float, int, int]]) -> bool:
    """Whether anything was painted over a character after it."""
    order, heights = painting.places, [row[0] for row in rows]
    for item, kind, (left, bottom, right, top) in painting.covers:
        row, painted = rows[bisect_left(heights, bottom) : bisect_left(heights, top)], order[item]
        under = [owner for _, x, place, owner in row if left < x < right and place < painted]
        # A program that fills a cell may fill more, and let its clip cut that off.
        if under and (seen := seen_of(item, kind)) and any(_lies_in(owner, seen) for owner in under):
            return True
    return False


def _lies_in(owner: int, seen: Edges) -> bool:
    """Whether a text lies there itself: the advance boxes of its characters may be far too large."""
    box = seen_of(owner, c.FPDF_PAGEOBJ_TEXT)
    if box is None:
        return True
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return seen[0] < x < seen[2] and seen[1] < y < seen[3]
