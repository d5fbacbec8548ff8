"""Tells sheets on which two pages are printed side by side: painted sheets in, painted pages out, each by itself.

Rows would run on from one page into the other. Where no print of any sheet reaches over the fold, and both halves
begin as far from their left edge, the sheets are such; a page set across has at least a title over its middle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pipeline.readers.layout.lines import Character

if TYPE_CHECKING:
    from pipeline.readers.painting.pdfium import PaintedPage

MOST_SHEETS = 30
"""Sheets up to which a document is looked at as a whole; reports have six."""
FOLD = 0.005
"""Share of a sheet's width that is free of print on either side of the fold."""
LINES = 3
"""Characters that begin at one place from which it is a page's left edge."""
SAME_EDGE = 2.0
"""Points within which it is one place."""
FOOT = 0.1
"""Share of a sheet's height at its foot where a number of its own may stand on the fold."""
SAME_MARGIN = 0.015
"""Share of a sheet's width by which the left margins of its halves may differ."""


def single_pages(sheets: Iterable[PaintedPage]) -> Iterator[tuple[PaintedPage, int]]:
    """Each page with the number of its sheet, counted from 1: of two on one sheet the left one first.

    Sheets that are higher than wide are passed on one by one.
    """
    rest = enumerate(sheets, 1)
    broad: list[tuple[int, PaintedPage]] = []
    for number, sheet in rest:
        broad.append((number, sheet))
        if sheet.width <= sheet.height or len(broad) > MOST_SHEETS:
            break
    else:
        if _are_spreads([sheet for _, sheet in broad]):
            yield from ((half, number) for number, sheet in broad for half in _halves(sheet))
            return
    yield from ((sheet, number) for number, sheet in chain(broad, rest))


def _are_spreads(sheets: Sequence[PaintedPage]) -> bool:
    """Whether nothing is printed over the fold of any sheet, and both halves begin as far from their left edge."""
    begins = [_begins(sheet) for sheet in sheets]
    if not begins or None in begins:
        return False
    left, right = (min(edges) for edges in zip(*filter(None, begins), strict=True))
    return math.isfinite(right) and abs(left - right) <= SAME_MARGIN * sheets[0].width


def _begins(sheet: PaintedPage) -> tuple[float, float] | None:
    """Where lines begin in both halves, infinite in one without any; None where print stands over the fold."""
    fold, free = sheet.width / 2, FOLD * sheet.width
    foot = (1 - FOOT) * sheet.height
    left: list[float] = []
    right: list[float] = []
    for text, start, top, end, _ in sheet.characters:
        if text.isspace():
            continue
        if end <= fold - free:
            left.append(start)
        elif start >= fold + free:
            right.append(start - fold)
        elif top <= foot:  # Below may stand a number of the sheet's own.
            return None
    is_crossed = any(
        mark.left < fold - free and mark.right > fold + free and not mark.white for mark in sheet.marks
    )
    return None if is_crossed else (_edge(left), _edge(right))


def _edge(starts: list[float]) -> float:
    """The outermost place at which several characters begin; infinite for none."""
    starts.sort()
    pairs = zip(starts, starts[LINES - 1 :], strict=False)
    return next((first for first, last in pairs if last - first <= SAME_EDGE), math.inf)


def _halves(sheet: PaintedPage) -> Iterator[PaintedPage]:
    fold = sheet.width / 2
    for shift in (0.0, fold):
        characters = [
            sign for sign in sheet.characters if (sign.left + sign.right < sheet.width) == (not shift)
        ]
        marks = [mark for mark in sheet.marks if (mark.middle[0] < fold) == (not shift)]
        ink, cut = (
            [box for box in boxes if (box[0] + box[2] < sheet.width) == (not shift)]
            for boxes in (sheet.ink, sheet.cut)
        )
        if shift and not characters:
            return  # The last page stands alone on its sheet.
        yield replace(
            sheet,
            width=fold,
            characters=[
                Character(c.text, c.left - shift, c.top, c.right - shift, c.bottom) for c in characters
            ],
            marks=[mark._replace(left=mark.left - shift, right=mark.right - shift) for mark in marks],
            ink=tuple((left - shift, top, right - shift, bottom) for left, top, right, bottom in ink),
            cut=tuple((left - shift, top, right - shift, bottom) for left, top, right, bottom in cut),
            sheet=(shift, sheet.width),
        )
