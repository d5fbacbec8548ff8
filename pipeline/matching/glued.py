"""Grids as printed flow in; those whose lowest heads hold a number under their words flow out with a row of numbers.

Where the rule between a header and the row below it was left out, as at the top of a page that repeats the header, both
stand in the same cells.
"""

from __future__ import annotations

from pipeline.document import Cell, Grid
from pipeline.matching.lexicon import Lexicon
from pipeline.matching.values import is_value_text

LEAST_GLUED = 3
"""Heads with a number under them from which they are a header and a row."""


def unglued(grid: Grid, lexicon: Lexicon) -> Grid:
    """The grid with its last row parted from the header, where both stand in the same cells; else as it is."""
    held = [cell for cell in grid.cells() if _ends_with_value(cell)]
    if len(held) < LEAST_GLUED or not all("column" in lexicon.axes(_parted(cell)[0]) for cell in held):
        return grid
    reach = max(cell.row + cell.row_span for cell in held)
    if reach < len(grid.rows) or len({cell.column for cell in held}) < len(held):
        return grid
    glued = set(map(id, held))
    heads = tuple(
        tuple(cell._replace(text=_parted(cell)[0]) if id(cell) in glued else cell for cell in row)
        for row in grid.rows
    )
    columns = sorted(held, key=lambda cell: cell.column)
    values = (cell._replace(text=_parted(cell)[1], row=len(grid.rows), row_span=1) for cell in columns)
    return Grid((*heads, tuple(values)), grid.locator)


def _ends_with_value(cell: Cell) -> bool:
    return "\n" in cell.text and is_value_text(_parted(cell)[1])


def _parted(cell: Cell) -> tuple[str, str]:
    """What stands above a cell's last line, and that line."""
    words, _, last = cell.text.rpartition("\n")
    return words, last
