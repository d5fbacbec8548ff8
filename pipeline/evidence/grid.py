"""A grid and the places to mark in it → rows ready to be written as an HTML table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.document import Cell, Grid


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell as drawn; `mark` is empty unless it is to be seen at once."""

    text: str
    row_span: int
    column_span: int
    mark: str


DrawnRow = tuple[DrawnCell, ...]
HEAD_ROWS = 3
"""Rows at the top of a table that a close view keeps: where headers stand."""
GAP = DrawnCell("⋮", 1, 1, "gap")


def draw(
    grid: Grid, marks: Mapping[tuple[int, int], str], *, around: int | None = None
) -> tuple[DrawnRow, ...]:
    """The rows of a grid.

    Args:
        grid: The table.
        marks: What to call the cells to mark, by grid row and column of their top left corner.
        around: How many rows above and below a marked cell to show; all for None. Cells that reach into what is
            shown from above are cut, not lost.
    """
    shown = _shown_rows(grid, marks, around)
    rows: dict[int, list[DrawnCell]] = {row: [] for row in shown}
    cells = sorted(grid.cells(), key=lambda cell: cell.column)
    for cell in cells:
        for first, count in _runs(cell, rows):
            mark = marks.get((cell.row, cell.column), "")
            rows[first].append(DrawnCell(cell.text, count, cell.column_span, mark))
    return tuple(_with_gaps(shown, rows))


def _with_gaps(shown: list[int], rows: Mapping[int, list[DrawnCell]]) -> Iterator[DrawnRow]:
    """The rows, with a line of dots where some are left out."""
    for before, row in zip([-1, *shown], shown, strict=False):
        if row > before + 1:
            yield (GAP,)
        yield tuple(rows[row])


def _shown_rows(grid: Grid, marks: Mapping[tuple[int, int], str], around: int | None) -> list[int]:
    every = range(len(grid.rows))
    if around is None:
        return list(every)
    near = {row for row in every if any(abs(row - marked) <= around for marked, _ in marks)}
    return sorted(near | set(every[:HEAD_ROWS]))


def _runs(cell: Cell, shown: Mapping[int, object]) -> Iterator[tuple[int, int]]:
    """The parts of a cell that are shown: first row and how many, rows left out parting them."""
    first, count = -1, 0
    for row in range(cell.row, cell.row + cell.row_span + 1):
        if row in shown and row < cell.row + cell.row_span:
            first, count = (row, 1) if count == 0 else (first, count + 1)
        elif count:
            yield first, count
            first, count = -1, 0
