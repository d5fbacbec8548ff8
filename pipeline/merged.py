"""Grids as printed flow in; those whose merged cells a program spelled out, cell by cell, flow out merged again.

Copies made by program repeat the text of a merged cell in each cell that it covers. No two columns of the form that
stand side by side bear the same words, nor does one bear them twice, one above the other: such cells are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from pipeline.document import Cell, Grid
from pipeline.lexicon import REMEMBERED, normalise
from pipeline.values import is_numeric_text, is_value_text

Row = tuple[Cell, ...]


def merged_again(grid: Grid) -> Grid:
    """The grid with repeated labels merged across, and within its headers down; as it was where none repeats.

    Under a label that was repeated across, a number that is repeated as often is one.
    """
    if not _may_repeat(grid.rows):
        return grid
    rows: list[Row] = []
    wide: tuple[Cell, ...] = ()
    for row in grid.rows:
        labels = _across(row)
        if not any(is_numeric_text(cell.text) for cell in row):
            wide = tuple(cell for cell, printed in _widened(labels, row) if printed)
            rows.append(labels)
        else:
            rows.append(_values_across(labels, wide))
    return Grid(tuple(_down(rows)), grid.locator)


@lru_cache(maxsize=REMEMBERED)
def _words(text: str) -> str:
    """What a label says; empty for values and blanks."""
    return "" if is_value_text(text) else normalise(text)


def _may_repeat(rows: Sequence[Row]) -> bool:
    """Whether a label stands twice in a row side by side, or again in the row below: most tables are told at once."""
    above: set[str] = set()
    for row in rows:
        labels = [_words(cell.text) for cell in row]
        if any(left and left == right for left, right in pairwise(labels)):
            return True
        below = set(filter(None, labels))
        if not above.isdisjoint(below):
            return True
        above = below
    return False


def _is_beside(left: Cell, right: Cell) -> bool:
    """Whether the second cell stands right beside the first, is as high, and bears the same label."""
    is_next = left.column + left.column_span == right.column and left.row_span == right.row_span
    return is_next and bool(words := _words(left.text)) and words == _words(right.text)


def _below(upper: Row, lower: Row) -> Iterator[tuple[Cell, Cell]]:
    """The labels of a row without numbers that stand just so in the row above, which has none either."""
    if any(is_numeric_text(cell.text) for cell in (*upper, *lower)):
        return
    above = {(cell.column, cell.column_span): cell for cell in upper}
    for cell in lower:
        same = above.get((cell.column, cell.column_span))
        if same is not None and (words := _words(cell.text)) and words == _words(same.text):
            yield same, cell


def _across(row: Row) -> Row:
    """The row with neighbours that bear the same label as one cell."""
    cells: list[Cell] = []
    for cell in row:
        if cells and _is_beside(cells[-1], cell):
            cells[-1] = replace(cells[-1], column_span=cells[-1].column_span + cell.column_span)
        else:
            cells.append(cell)
    return tuple(cells)


def _widened(merged: Row, printed: Row) -> Iterator[tuple[Cell, bool]]:
    """Each cell of a row with whether it was merged from several."""
    spans = {cell.column: cell.column_span for cell in printed}
    yield from ((cell, spans[cell.column] != cell.column_span) for cell in merged)


def _values_across(row: Row, labels: Iterable[Cell]) -> Row:
    """The row with the values under each label that was repeated as one, where all of them are the same."""
    for label in labels:
        under = range(label.column, label.column + label.column_span)
        members = [cell for cell in row if cell.column in under and is_value_text(cell.text)]
        if len(members) > 1 and len({cell.text for cell in members}) == 1:
            whole = replace(members[0], column_span=sum(cell.column_span for cell in members))
            row = tuple(whole if cell is members[0] else cell for cell in row if cell not in members[1:])
    return row


def _down(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows with labels that stand again right below themselves as cells that reach down."""
    heights: dict[tuple[int, int], int] = {}
    gone: set[tuple[int, int]] = set()
    top: dict[tuple[int, int], Cell] = {}
    for upper, lower in pairwise(rows):
        for above, cell in _below(upper, lower):
            first = top.get((above.row, above.column), above)
            top[cell.row, cell.column] = first
            heights[first.row, first.column] = cell.row + cell.row_span - first.row
            gone.add((cell.row, cell.column))
    for row in rows:
        yield tuple(
            replace(cell, row_span=heights.get((cell.row, cell.column), cell.row_span))
            for cell in row
            if (cell.row, cell.column) not in gone
        )
