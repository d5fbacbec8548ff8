"""Grids as printed flow in; those whose lines of the form stand across the head, and its columns down the side, flow
out turned round.

Offices turn a table to make it fit the page; every label then still tells its line of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.document import Cell, Grid
from pipeline.lexicon import Lexicon
from pipeline.values import is_numeric_text

LEAST_LABELS = 2
"""Lines of the form in the head, and columns down the side, of a table that is turned."""


def upright(grid: Grid, lexicon: Lexicon) -> Grid:
    """The grid, turned round where its labels tell that it is; each cell keeps where it stands in the file."""
    if not _is_turned(grid, lexicon):
        return grid
    turned: dict[int, list[Cell]] = {}
    for cell in grid.cells():
        turned.setdefault(cell.column, []).append(
            Cell(
                cell.text,
                cell.column,
                cell.row,
                cell.column_span,
                cell.row_span,
                cell.locator,
                cell.confidence,
            )
        )
    rows = (sorted(turned.get(row, ()), key=lambda cell: cell.column) for row in range(max(turned) + 1))
    return Grid(tuple(map(tuple, rows)), grid.locator)


def _is_turned(grid: Grid, lexicon: Lexicon) -> bool:
    """Whether rows' labels all stand above the numbers, and columns' labels before them."""
    numeric = [[is_numeric_text(cell.text) for cell in row] for row in grid.rows]
    first = next((number for number, row in enumerate(numeric) if any(row)), None)
    if first is None or first == 0:
        return False
    above = {key for row in grid.rows[:first] for cell in row for key in _keys(cell, lexicon, "row")}
    if len(above) < LEAST_LABELS:
        return False
    below = list(zip(grid.rows[first:], numeric[first:], strict=True))
    beside = {key for row, numbers in below if any(numbers) for key in _first_keys(row, lexicon, "column")}
    return len(beside) >= LEAST_LABELS and not any(
        True for row, _ in below for cell in row for _ in _keys(cell, lexicon, "row")
    )


def _first_keys(row: tuple[Cell, ...], lexicon: Lexicon, axis: str) -> Iterator[str]:
    """The keys of the last label before a row's first number."""
    labels = []
    for cell in row:
        if is_numeric_text(cell.text):
            break
        labels.append(cell)
    filled = [cell for cell in labels if cell.text.strip()]
    if filled:
        yield from _keys(filled[-1], lexicon, axis)


def _keys(cell: Cell, lexicon: Lexicon, axis: str) -> Iterator[str]:
    for meaning in lexicon.lookup(cell.text) if cell.text.strip() else ():
        if meaning.axis == axis:
            yield meaning.key
