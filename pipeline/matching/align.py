"""Which value cell belongs to which column: by order within the row, counted against the header.

Grid columns are not trusted: in real reports header cells and value cells end at different grid lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.document import Cell
from pipeline.matching.header import Header
from pipeline.matching.rows import TableRow
from pipeline.matching.values import is_count_unit, is_numeric_text, is_value_text

_Drawn = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Margin:
    """Where the values of a grid's clear rows stand, for rows that have more cells than values.

    Attributes:
        columns: The grid columns of the values in the clear rows, by how many these are; left out where such rows
            disagree.
        filled: The places that hold anything in some row, by the number of its values and the grid columns of
            the cells behind its label.
        apart: Those of which the values of two rows or more stand in each, with blank cells among them.
    """

    columns: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    filled: Mapping[_Drawn, frozenset[int]] = field(default_factory=dict)
    apart: Mapping[_Drawn, frozenset[int]] = field(default_factory=dict)


def margin(rows: Iterable[tuple[TableRow, int]]) -> Margin:
    """What the rows of one grid tell of their values' place; clear are those with a number in each column.

    Where there is none, rows with just as many cells as columns tell it: those are their values' cells.

    Args:
        rows: Data rows of one grid with the number of values each should have.
    """
    columns: dict[int, set[tuple[int, ...]]] = {}
    exact: dict[int, set[tuple[int, ...]]] = {}
    filled: dict[_Drawn, frozenset[int]] = {}
    whole: Counter[tuple[_Drawn, frozenset[int]]] = Counter()
    counts: Counter[_Drawn] = Counter()
    for row, width in rows:
        own = _filled(row.values)
        shape = _shape(row.values)
        drawn = width, shape
        filled[drawn] = filled.get(drawn, frozenset()) | own
        whole[drawn, own] += len(own) == width
        if own:
            counts[drawn] += 1
        if len(own) == width and max(own) - min(own) == width - 1:
            columns.setdefault(width, set()).add(shape[min(own) : min(own) + width])
        if own and len(shape) == width:
            exact.setdefault(width, set()).add(shape)
    apart = {drawn: own for (drawn, own), count in whole.items() if count > 1 and own == filled[drawn]}
    told = {width: shapes for width, shapes in exact.items() if _end_alike(width, filled, counts)} | columns
    agreed = {width: next(iter(found)) for width, found in told.items() if len(found) == 1}
    return Margin(agreed, filled, apart)


def _end_alike(width: int, filled: Mapping[_Drawn, frozenset[int]], rows: Mapping[_Drawn, int]) -> bool:
    """Whether rows drawn in other ways end in one column: else a copy wrote their cells without what these span."""
    told = (drawn for drawn in rows if drawn[0] == width and (rows[drawn] > 2 or len(drawn[1]) == width))
    return len({drawn[1][max(filled[drawn])] for drawn in told}) < 2


def _filled(values: Sequence[Cell]) -> frozenset[int]:
    return frozenset(place for place, cell in enumerate(values) if cell.text.strip())


def _shape(values: Sequence[Cell]) -> tuple[int, ...]:
    return tuple([cell.column for cell in values])


def under(header: Header, clear: Margin, grid: int, over: Margin) -> Margin:
    """What is known of the values' place in a grid; where no clear row tells it, their columns are the header's.

    Args:
        header: The header over the rows of the grid.
        clear: What the rows of the grid tell.
        grid: The grid.
        over: What the rows of the header's own grid tell.
    """
    if not header.columns or len(header.slots) in clear.columns:
        return clear
    if header.grid != grid and not _goes_on(header, clear, over):
        return clear
    return replace(clear, columns={**clear.columns, len(header.slots): header.columns})


def just_under(values: Sequence[Cell], header: Header, grid: int) -> tuple[Cell, ...] | None:
    """The cells that begin where the header's labels do; None where another cell of the row holds any but a unit.

    This tells values of a header with a column of its own, too: which of more cells are blanks of which column.
    """
    cells = {cell.column: cell for cell in values}
    if header.grid != grid or not header.columns or not {*header.columns} <= cells.keys():
        return None
    beside = [cell.text for cell in values if cell.text.strip() and cell.column not in header.columns]
    is_apart = not all(map(is_count_unit, beside))
    return None if is_apart else tuple(cells[column] for column in header.columns)


def _goes_on(header: Header, clear: Margin, over: Margin) -> bool:
    """Whether a grid is drawn as the one that bears its header: a page end cut one table in two.

    One that lacks a column of labels numbers the others in another way: then no row is drawn as one of the other's.
    """
    shapes, own = (
        {shape for width, shape in found.filled if width == len(header.slots)} for found in (clear, over)
    )
    as_drawn = (shape[-1:] == header.columns[-1:] and {*header.columns} <= {*shape} for shape in shapes)
    return bool(shapes) and all(as_drawn) and not (own and own.isdisjoint(shapes))


def align(values: Sequence[Cell], width: int, clear: Margin) -> tuple[Cell, ...] | None:
    """The `width` cells that hold the values of a row; None where that is not certain.

    Args:
        values: The cells after the row's label.
        width: How many columns the header has.
        clear: Where the values of the other rows of the grid stand.
    """
    if len(values) == width:
        return tuple(values)
    if not any(cell.text.strip() for cell in values):
        return _all_blank(values, width)
    if len(values) > width:
        return _drop_blanks(values, width, clear)
    return _split(values, width)


def _all_blank(values: Sequence[Cell], width: int) -> tuple[Cell, ...] | None:
    if not values:
        return None
    return tuple(values[min(i, len(values) - 1)] for i in range(width))


def _drop_blanks(values: Sequence[Cell], width: int, clear: Margin) -> tuple[Cell, ...] | None:
    """The values among more cells: the one run with room for those of all rows drawn alike, or where these stand."""
    shape = _shape(values)
    if (width, shape) in clear.apart:
        return tuple(values[place] for place in sorted(clear.apart[width, shape]))
    filled = clear.filled.get((width, shape), frozenset()) | _filled(values)
    starts = range(len(values) - width + 1)
    possible = [s for s in starts if s <= min(filled) and max(filled) < s + width]
    told = clear.columns.get(width)
    if len(possible) > 1 or any(shape[s : s + width] == told for s in starts):
        possible = [s for s in possible if shape[s : s + width] == told]
    return tuple(values[possible[0] : possible[0] + width]) if len(possible) == 1 else None


def _split(values: Sequence[Cell], width: int) -> tuple[Cell, ...] | None:
    """Cells whose side was not drawn: `0 0 0` in one cell, where the row's words are as many as its columns.

    Those under one another are none: they may be a number that was broken over lines.
    """
    words = [cell._replace(text=word) for cell in values for word in _words(cell.text)]
    if len(words) != width or not all(is_value_text(cell.text) for cell in words):
        return None
    blank = any(not cell.text.strip() for cell in values)
    return None if blank or not any(is_numeric_text(c.text) for c in words) else tuple(words)


def _words(text: str) -> list[str]:
    """The words of a cell; one of several lines stays whole."""
    return [text] if "\n" in text.strip() else text.split()
