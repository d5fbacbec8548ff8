"""Grids as printed flow in; those with the form's lines across the head, and its columns down the side, flow out
turned round.

Offices turn a table to make it fit the page; every label then still tells its line of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.document import Cell, Grid
from pipeline.matching.lexicon import Lexicon
from pipeline.matching.values import is_numeric_text, is_value_text

LEAST_LABELS = 2
"""Lines of the form in the head, and columns down the side, of a table that is turned."""

Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class _Side:
    """A row of numbers by the label before them."""

    label: Cell
    values: Row


def upright(grid: Grid, lexicon: Lexicon) -> Grid:
    """The grid, turned round where its labels tell that it is; each cell keeps where it stands in the file.

    Values are counted against the head by their order: its cells and theirs may end at different grid lines.
    """
    first = next((n for n, row in enumerate(grid.rows) if any(is_numeric_text(cell.text) for cell in row)), 0)
    if (line := _one_line(grid.rows[first:], lexicon)) is not None:
        return Grid(line, grid.locator)
    if not first:
        return grid
    heads = [cell for row in grid.rows[:first] for cell in row if lexicon.axes(cell.text) & {"row", "band"}]
    if len(_keys(heads, lexicon, "row", "band")) < LEAST_LABELS:
        return grid
    heads.sort(key=lambda cell: cell.column)
    sides = [_side(row) for row in grid.rows[first:] if row]
    labels = [side.label for side in sides]
    is_turned = len(_keys(labels, lexicon, "column")) >= LEAST_LABELS and not _keys(
        (cell for row in grid.rows[first:] for cell in row), lexicon, "row"
    )
    if not is_turned or not all(_stands_under(side.values, heads) for side in sides):
        return grid
    columns = ([head, *(side.values[n] for side in sides)] for n, head in enumerate(heads))
    corner = grid.rows[0][0]._replace(text="")
    rows = (_set(cells, number) for number, cells in enumerate([[corner, *labels], *columns]))
    return Grid(tuple(rows), grid.locator)


def _one_line(rows: Sequence[Row], lexicon: Lexicon) -> tuple[tuple[Cell, ...], ...] | None:
    """The form's one line of numbers, of a table that gives each a row behind its block and column; None for others."""
    blocks: list[Cell] = []
    labels: list[Cell] = []
    values: list[Cell] = []
    for row in rows:
        named = [cell for cell in row[:-1] if cell.text.strip()]
        over = [*blocks[-1:], *(cell for cell in named if "band" in lexicon.axes(cell.text))]
        if not (named and over and "column" in lexicon.axes(named[-1].text) and is_value_text(row[-1].text)):
            return None
        blocks.append(over[-1])
        labels.append(named[-1])
        values.append(row[-1])
    places = {(block.text, label.text) for block, label in zip(blocks, labels, strict=True)}
    if len(places) < len(values) or len(_keys(blocks, lexicon, "band")) < LEAST_LABELS:
        return None
    return tuple(_set(cells, number) for number, cells in enumerate((blocks, labels, values)))


def _stands_under(values: Row, heads: Row) -> bool:
    """Whether values are as many as the labels over them; labels in several lines must tell their order as well."""
    is_one_line = len({head.row for head in heads}) == 1
    places = [cell.column for cell in values] == [head.column for head in heads]
    return len(values) == len(heads) and (is_one_line or places)


def _side(row: Row) -> _Side:
    """A row cut behind the last label before its first value."""
    first = next((place for place, cell in enumerate(row) if is_value_text(cell.text)), len(row))
    label = max((place for place in range(first) if row[place].text.strip()), default=0)
    return _Side(row[label], row[label + 1 :])


def _set(cells: Iterable[Cell], row: int) -> tuple[Cell, ...]:
    return tuple(
        cell._replace(row=row, column=column, row_span=1, column_span=1) for column, cell in enumerate(cells)
    )


def _keys(cells: Iterable[Cell], lexicon: Lexicon, *axes: str) -> set[str]:
    return {
        m.key
        for cell in cells
        if not lexicon.axes(cell.text).isdisjoint(axes)
        for m in lexicon.lookup(cell.text)
        if m.axis in axes
    }
