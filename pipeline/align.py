"""Which value cell belongs to which column: by order within the row, counted against the header.

Grid columns are not trusted: in real reports header cells and value cells end at different grid lines. The
header's own order is used where its cells stand in distinct columns; else the form's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.document import Cell
from pipeline.lexicon import Meaning, normalise, printed_factor
from pipeline.rows import HeaderLabel, TableRow
from pipeline.templates import Block, Label
from pipeline.values import is_numeric_text, is_value_text

_Keyed = list[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Slot:
    """One place for a value in a data row: its band (None where the block has none), column and money factor."""

    band: Label | None
    column: Label
    factor: int | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a block in the order the report prints them.

    `seen` tells whether the report's own header names every column; False where the form's order was taken
    because the header is missing or only partly legible.
    """

    slots: tuple[Slot, ...]
    seen: bool


def read_header(block: Block, variant: str, labels: Sequence[HeaderLabel]) -> Header | None:
    """The columns as the header prints them; None where it contradicts the block.

    Args:
        block: The block the next data rows belong to.
        variant: The variant it is taken from.
        labels: The header labels met since the block began.
    """
    expected = _slots(block)
    wanted = Counter(slot.column.key for slot in expected)
    columns, bands = _named(block, variant, labels)
    if Counter(key for key, _ in columns) > wanted:
        # A header printed again at the top of the next page, before any data row: the last one counts.
        columns, bands = _named(block, variant, [h for h in labels if h.grid == labels[-1].grid])
    counts = Counter(key for key, _ in columns)
    if counts != wanted:
        return None if counts - wanted else Header(expected, seen=False)
    factors = {key: printed_factor(cell.text) for key, cell in columns}
    with_factors = tuple(replace(slot, factor=factors[slot.column.key]) for slot in expected)
    parents = [h.cell for h in labels if any(m.axis == "parent" for m in h.meanings)]
    return _printed_order(with_factors, columns, bands, parents)


def _named(block: Block, variant: str, labels: Sequence[HeaderLabel]) -> tuple[_Keyed, _Keyed]:
    """The column labels and the band labels of a block among some header labels."""
    pairs = [(m, h.cell) for h in labels for m in h.meanings if _of(m, block, variant)]
    columns = [(m.key, cell) for m, cell in pairs if m.axis == "column"]
    return columns, [(m.key, cell) for m, cell in pairs if m.axis == "band"]


def _of(meaning: Meaning, block: Block, variant: str) -> bool:
    return (meaning.variant, meaning.table, meaning.block) == (variant, block.table, block.name)


def _slots(block: Block) -> tuple[Slot, ...]:
    bands: Iterable[Label | None] = block.rows if block.banded else (None,)
    return tuple(Slot(band, column) for band in bands for column in block.columns)


def _printed_order(slots: tuple[Slot, ...], columns: _Keyed, bands: _Keyed, parents: list[Cell]) -> Header:
    """The slots as the header's columns stand from left to right, where they stand in distinct columns.

    Where they do not (cells joined by `|`, a header that lost its spans), the form's order holds. Distinct
    columns that contradict the spans over them are no order either, and the header counts as not legible.
    """
    starts = [cell.column for _, cell in columns]
    if len(set(starts)) != len(starts):
        return Header(slots, seen=True)
    ordered = sorted(columns, key=lambda pair: pair[1].column)
    by_place = {(slot.band.key if slot.band else "", slot.column.key): slot for slot in slots}
    places = [(_band_over(cell, bands), key) for key, cell in ordered]
    if sorted(places) == sorted(by_place):
        printed = tuple(by_place[place] for place in places)
        if printed == slots or _under_parents(ordered, by_place, parents):
            return Header(printed, seen=True)
        return Header(slots, seen=False)
    return Header(slots, seen=True)


def _under_parents(columns: _Keyed, by_place: dict[tuple[str, str], Slot], parents: list[Cell]) -> bool:
    """Whether each column stands under the labels that are above it on the form, as far as these are printed."""
    spans = {normalise(cell.text): range(cell.column, cell.column + cell.column_span) for cell in parents}
    above = {slot.column.key: {normalise(p) for p in slot.column.path[:-1]} for slot in by_place.values()}
    return all(
        (cell.column in span) == (name in above[key]) for key, cell in columns for name, span in spans.items()
    )


def _band_over(cell: Cell, bands: _Keyed) -> str:
    for key, band in bands:
        if band.column <= cell.column < band.column + band.column_span:
            return key
    return ""


def extra_leading(rows: Iterable[tuple[TableRow, int]]) -> int | None:
    """How many blank cells stand between label and values, where the rows of one grid agree on it.

    Args:
        rows: Data rows of one grid with the number of values each should have.

    Returns:
        The number told by the rows whose values are all filled; None where they disagree or none is filled.
    """
    found = set()
    for row, width in rows:
        filled = [i for i, cell in enumerate(row.values) if cell.text.strip()]
        if len(filled) == width and filled[-1] - filled[0] == width - 1:
            found.add(filled[0])
    return found.pop() if len(found) == 1 else None


def align(values: Sequence[Cell], width: int, leading: int | None) -> tuple[Cell, ...] | None:
    """The `width` cells that hold the values of a row; None where that is not certain.

    Args:
        values: The cells after the row's label.
        width: How many columns the header has.
        leading: Blank cells before the values in the other rows of the grid (`extra_leading`).
    """
    if len(values) == width:
        return tuple(values)
    if not any(cell.text.strip() for cell in values):
        return _all_blank(values, width)
    if len(values) > width:
        return _drop_blanks(values, width, leading)
    return _split(values, width)


def _all_blank(values: Sequence[Cell], width: int) -> tuple[Cell, ...] | None:
    if not values:
        return None
    return tuple(values[min(i, len(values) - 1)] for i in range(width))


def _drop_blanks(values: Sequence[Cell], width: int, leading: int | None) -> tuple[Cell, ...] | None:
    extra = len(values) - width
    filled = [i for i, cell in enumerate(values) if cell.text.strip()]
    possible = [s for s in range(extra + 1) if s <= filled[0] and filled[-1] < s + width]
    if leading is not None and leading in possible:
        return tuple(values[leading : leading + width])
    return tuple(values[possible[0] : possible[0] + width]) if len(possible) == 1 else None


def _split(values: Sequence[Cell], width: int) -> tuple[Cell, ...] | None:
    """Cells whose side was not drawn: `0 0 0` in one cell, where the row's words are as many as its columns."""
    words = [replace(cell, text=word) for cell in values for word in cell.text.split()]
    if len(words) != width or not all(is_value_text(cell.text) for cell in words):
        return None
    blank = any(not cell.text.strip() for cell in values)
    return None if blank or not any(is_numeric_text(c.text) for c in words) else tuple(words)
