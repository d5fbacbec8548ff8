"""The tables of a page and where ink is that is no text in, the cells noted in place that look blank and are not.

Programs turn print into outlines, and people paste small pictures of numbers: a cell without text that shows either
is no blank, and what it says is not known. Nor is a number that went on below its row, which is too low for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.readers.layout.lines import BROKEN_PITCH, Box, Character, Run
from pipeline.readers.layout.ruling import RuledCell, RuledGrid
from pipeline.readers.printed import UNCERTAIN, UNKNOWN

OVERHANG = 1.2
"""Times as wide and as high as its cell that print may be: a seal that touches several is in none."""
_DIGITS = "0123456789０１２３４５６７８９.,．，+-－＋"
GROUND = 0.85
"""Share of a cell's width and height that ink takes both from which it is the cell's ground."""


def note_ink(grids: Iterable[RuledGrid], ink: Sequence[Box]) -> bool:
    """Sets U+FFFD into each cell without text in which ink stands.

    Args:
        grids: The tables.
        ink: Boxes of small pictures and filled shapes.

    Returns:
        Whether there is any such cell.
    """
    has_any = False
    for grid in grids:
        left, top, right, bottom = grid.box
        near = [box for box in ink if left < box[2] and top < box[3] and box[0] < right and box[1] < bottom]
        if not near:
            continue
        for cell in (cell for row in grid.rows for cell in row if not cell.runs):
            inside = next((box for box in near if _stands_in(box, cell)), None)
            if inside is not None:
                cell.runs.append(Run([Character(UNKNOWN, *inside)]))
                has_any = True
    return has_any


def note_cut(grids: Iterable[RuledGrid], cut: Iterable[Box]) -> None:
    """Sets a sign behind each number whose next line was cut off below its cell.

    Args:
        grids: The tables.
        cut: Boxes of text that is not seen.
    """
    cells = [cell for grid in grids for row in grid.rows for cell in row if cell.runs]
    numbers = [cell for cell in cells if not any(run.text.strip(_DIGITS) for run in cell.runs)]
    for box in cut:
        for cell in numbers:
            last = max(cell.runs, key=lambda run: run.middle)
            under = cell.box[0] < (box[0] + box[2]) / 2 < cell.box[2] and (box[1] + box[3]) / 2 > cell.box[3]
            if under and (box[1] + box[3]) / 2 - last.middle <= BROKEN_PITCH * last.height:
                cell.runs.append(Run([Character(UNCERTAIN, *box)]))


def _stands_in(ink: Box, cell: RuledCell) -> bool:
    """Whether ink stands inside a cell and is not its ground."""
    left, top, right, bottom = cell.box
    x, y = (ink[0] + ink[2]) / 2, (ink[1] + ink[3]) / 2
    if not (left < x < right and top < y < bottom):
        return False
    across, down = (ink[2] - ink[0]) / (right - left), (ink[3] - ink[1]) / (bottom - top)
    return max(across, down) <= OVERHANG and min(across, down) < GROUND
