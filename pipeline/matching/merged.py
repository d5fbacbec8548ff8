"""Grids as printed flow in; those whose merged cells a program spelled out, cell by cell, flow out merged again.

Copies made by program repeat the text of a merged cell in each cell that it covers. No two columns of the form that
stand side by side bear the same words, nor does one bear them twice, one above the other: such cells are one.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise

from pipeline.document import Cell, Grid
from pipeline.matching.lexicon import REMEMBERED, Lexicon, normalise
from pipeline.matching.values import is_numeric_text, is_value_text

Row = tuple[Cell, ...]


def merged_again(grid: Grid, lexicon: Lexicon) -> Grid:
    """The grid with repeated labels merged across, and within its headers down; as it was where none repeats.

    Under a label that was repeated across, a number that is repeated as often is one. Words that stand for numbers
    (`约12`) are no labels, however often they stand beside one another.
    """
    if not _may_repeat(grid.rows):
        return grid
    rows: list[Row] = []
    headers: set[int] = set()
    wide: tuple[Cell, ...] = ()
    for row in grid.rows:
        if _is_header(row, lexicon):
            headers.add(len(rows))
            rows.append(_across(row, lexicon, any_words=True))
            wide = tuple(cell for cell, printed in _widened(rows[-1], row) if printed)
        else:
            rows.append(_values_across(_across(row, lexicon, any_words=False), wide))
    return Grid(tuple(_down(rows, headers)), grid.locator)


def _is_header(row: Row, lexicon: Lexicon) -> bool:
    """Whether a row names something of the form, but no row of it, and holds no number."""
    if any(is_numeric_text(cell.text) for cell in row):
        return False
    axes = {axis for cell in row if _words(cell.text) for axis in lexicon.axes(cell.text)}
    return bool(axes) and "row" not in axes


@lru_cache(maxsize=REMEMBERED)
def _words(text: str) -> str:
    """What a label says; empty for values and blanks."""
    return "" if is_value_text(text) else normalise(text)


def _may_repeat(rows: Sequence[Row]) -> bool:
    """Whether a label stands twice in a row side by side, or again in the row below: most tables are told at once."""
    above: set[str] = set()
    for row in rows:
        texts = [cell.text for cell in row]
        if any(left == right and _words(left) for left, right in pairwise(texts)):
            return True
        below = set(texts)
        if any(map(_words, above & below)):
            return True
        above = below
    return False


def _is_beside(left: Cell, right: Cell) -> bool:
    """Whether the second cell stands right beside the first, is as high, and bears the same label."""
    is_next = left.column + left.column_span == right.column and left.row_span == right.row_span
    return is_next and bool(words := _words(left.text)) and words == _words(right.text)


def _below(upper: Row, lower: Row) -> Iterator[tuple[Cell, Cell]]:
    """The labels of a row that stand just so in the row above."""
    above = {(cell.column, cell.column_span): cell for cell in upper}
    for cell in lower:
        same = above.get((cell.column, cell.column_span))
        if same is not None and (words := _words(cell.text)) and words == _words(same.text):
            yield same, cell


def _across(row: Row, lexicon: Lexicon, *, any_words: bool) -> Row:
    """The row with neighbours that bear the same label as one cell: one that is known, or that the row begins with."""
    cells: list[Cell] = []
    for cell in row:
        is_label = any_words or len(cells) == 1 or bool(lexicon.lookup(cell.text))
        if cells and is_label and _is_beside(cells[-1], cell):
            cells[-1] = cells[-1]._replace(column_span=cells[-1].column_span + cell.column_span)
        else:
            cells.append(cell)
    return tuple(cells)


def _widened(merged: Row, printed: Row) -> Iterator[tuple[Cell, bool]]:
    """Each cell of a row with whether it was merged from several."""
    spans = {cell.column: cell.column_span for cell in printed}
    yield from ((cell, spans[cell.column] != cell.column_span) for cell in merged)


def _values_across(row: Row, labels: Iterable[Cell]) -> Row:
    """The row with the values under each label that was repeated as one, where all of them are the same."""
    if any(_lies_askew(row, label) for label in labels):
        return tuple(_runs(row))
    for label in labels:
        under = range(label.column, label.column + label.column_span)
        members = [cell for cell in row if cell.column in under and is_value_text(cell.text)]
        if len(members) > 1 and len({cell.text for cell in members}) == 1:
            whole = members[0]._replace(column_span=sum(cell.column_span for cell in members))
            row = tuple(whole if cell is members[0] else cell for cell in row if cell not in members[1:])
    return row


def _lies_askew(row: Row, label: Cell) -> bool:
    """Whether a value is repeated over one end of a label, and is not all that stands under that."""
    end = label.column + label.column_span
    texts = {cell.column: cell.text.strip() for cell in row if _says_value(cell)}
    under = [text for column, text in texts.items() if label.column <= column < end]
    sides = ((label.column - 1, under[0]), (end, under[-1])) if len({*under}) > 1 else ()
    return any(text and texts.get(column) == text for column, text in sides)


def _runs(row: Row) -> Iterator[Cell]:
    """The row with values, or blanks, repeated side by side as one: nothing else tells where its cells end."""
    for _, run in groupby(row, key=lambda cell: cell.text.strip()):
        cells = list(run)
        span = sum(cell.column_span for cell in cells)
        yield from [cells[0]._replace(column_span=span)] if _says_value(cells[0]) else cells


def _says_value(cell: Cell) -> bool:
    return not cell.text.strip() or is_value_text(cell.text)


def _down(rows: Sequence[Row], headers: Container[int]) -> Iterator[Row]:
    """The rows with labels of headers that stand again right below themselves as cells that reach down."""
    heights: dict[tuple[int, int], int] = {}
    gone: set[tuple[int, int]] = set()
    top: dict[tuple[int, int], Cell] = {}
    for place, (upper, lower) in enumerate(pairwise(rows)):
        if place not in headers or place + 1 not in headers:
            continue
        for above, cell in _below(upper, lower):
            first = top.get((above.row, above.column), above)
            top[cell.row, cell.column] = first
            heights[first.row, first.column] = cell.row + cell.row_span - first.row
            gone.add((cell.row, cell.column))
    for row in rows:
        yield tuple(
            cell._replace(row_span=heights.get((cell.row, cell.column), cell.row_span))
            for cell in row
            if (cell.row, cell.column) not in gone
        )
