"""Grids → a stream of rows told apart by their labels: data rows, header rows, fragments and bare values.

A data row bears a label of the form; its values are the cells after that label, in order. A row whose label is
unknown may be the half of one that a page end cut in two: `mend` joins it with its neighbour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.document import Cell, Grid, Locator
from pipeline.lexicon import Lexicon, Meaning, normalise
from pipeline.values import is_numeric_text, is_value_text


@dataclass(frozen=True, slots=True)
class HeaderLabel:
    """A label of a header row, all it can mean, and the ordinal of the grid it stands in."""

    cell: Cell
    meanings: tuple[Meaning, ...]
    grid: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a grid.

    Attributes:
        grid: The grid's ordinal in the document, from 0.
        label: The text of the row's own (innermost) label; empty for bare values.
        meanings: What the label can mean; empty for fragments, bare values and header rows.
        parents: Normalised labels to the left of it in the row or reaching down from above.
        header: For header rows, the known labels in it.
        values: The cells after the label, blanks included.
        first: Whether it is the first row of its grid.
    """

    grid: int
    label: str
    meanings: tuple[Meaning, ...]
    parents: tuple[str, ...]
    header: tuple[HeaderLabel, ...]
    values: tuple[Cell, ...]
    first: bool
    locator: Locator

    @property
    def is_header(self) -> bool:
        """Whether the row bears header labels and no row label."""
        return bool(self.header) and not self.meanings

    @property
    def is_blank(self) -> bool:
        """Whether no value cell holds anything."""
        return not any(cell.text.strip() for cell in self.values)

    @property
    def numeric(self) -> tuple[Cell, ...]:
        """The value cells that hold numbers."""
        return tuple(cell for cell in self.values if is_numeric_text(cell.text))


def read_rows(grids: Sequence[Grid], lexicon: Lexicon) -> list[TableRow]:
    """The rows of all grids in order; rows without cells are left out."""
    rows: list[TableRow] = []
    for number, grid in enumerate(grids):
        filled = [index for index, cells in enumerate(grid.rows) if cells]
        rows += [_read_row(number, grid, i, lexicon, first=i == filled[0]) for i in filled]
    return rows


def _read_row(number: int, grid: Grid, index: int, lexicon: Lexicon, *, first: bool) -> TableRow:
    cells = grid.rows[index]
    above = tuple(normalise(c.text) for c in grid.covering(index) if not is_value_text(c.text))
    row = TableRow(number, "", (), above, (), cells, first, cells[0].locator)
    found = _row_label(cells, lexicon)
    if found is not None:
        start, end, meanings = found
        return replace(
            row,
            label=_joined(cells[start : end + 1]),
            meanings=meanings,
            parents=above + _label_texts(cells[:start]),
            values=cells[end + 1 :],
            locator=cells[start].locator,
        )
    last = _last_label(cells)
    if last is not None:
        parents = above + _label_texts(cells[:last])
        label, place = cells[last].text, cells[last].locator
        row = replace(row, label=label, parents=parents, values=cells[last + 1 :], locator=place)
    header = tuple(_header_labels(cells, number, lexicon))
    if not row.numeric and any(m.axis != "parent" for label in header for m in label.meanings):
        return replace(row, header=header)
    return row


def _joined(cells: Sequence[Cell]) -> str:
    return "".join(cell.text for cell in cells)


def _label_texts(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(normalise(c.text) for c in cells if c.text.strip() and not is_value_text(c.text))


def _row_label(cells: Sequence[Cell], lexicon: Lexicon) -> tuple[int, int, tuple[Meaning, ...]] | None:
    """The innermost row label: the rightmost cell that is one, or a run of cells that spells one together."""
    labels = [i for i, c in enumerate(cells) if c.text.strip() and not is_value_text(c.text)]
    for end in reversed(labels):
        for start in range(end, -1, -1):
            if start != end and start not in labels:
                break
            meanings = tuple(m for m in lexicon.lookup(_joined(cells[start : end + 1])) if m.axis == "row")
            if meanings:
                return start, end, meanings
    return None


def _last_label(cells: Sequence[Cell]) -> int | None:
    """The last of the cells with words before the first value."""
    last = None
    for index, cell in enumerate(cells):
        if is_value_text(cell.text):
            break
        if cell.text.strip():
            last = index
    return last


def _header_labels(cells: Sequence[Cell], grid: int, lexicon: Lexicon) -> Iterator[HeaderLabel]:
    for cell in cells:
        meanings = lexicon.lookup(cell.text) if cell.text.strip() else ()
        if meanings:
            yield HeaderLabel(cell, meanings, grid)


def mend(rows: Sequence[TableRow], lexicon: Lexicon) -> list[TableRow]:
    """Joins the halves of rows that a page end cut in two.

    Two neighbours are one row where their labels spell a label of the form only together, or where the second
    merely continues the first one's label; and where at most one of them bears values.
    """
    mended: list[TableRow] = []
    upper = (
        None  # where the last row stands that is no header: a header may be printed again after the page end
    )
    for row in rows:
        whole = _whole(mended[upper], row, lexicon) if upper is not None else None
        if whole is not None and upper is not None:
            mended[upper] = whole
            continue
        if not row.is_header:
            upper = len(mended)
        mended.append(row)
    return mended


def _whole(upper: TableRow, lower: TableRow, lexicon: Lexicon) -> TableRow | None:
    if upper.header or (upper.numeric and lower.numeric):
        return None
    values = lower.values if lower.numeric else upper.values
    if not lower.label:
        # Numbers alone at the top of a page, under a row that had its label and no values at the page's end.
        cut = lower.first and upper.meanings and upper.is_blank and upper.grid != lower.grid
        return replace(upper, values=values) if cut else None
    label = upper.label + lower.label
    meanings = tuple(m for m in lexicon.lookup(label) if m.axis == "row")
    if not meanings or not _are_halves(upper, lower, meanings):
        return None
    return replace(upper, label=label, meanings=meanings, values=values)


def _are_halves(upper: TableRow, lower: TableRow, whole: tuple[Meaning, ...]) -> bool:
    """Whether two rows that spell a label together are no rows of their own.

    A half may be a label by itself: `（一）` leaves `予以公开`, which is one without its number; the `其他` that
    `3.` leaves is also a column's.
    """
    if upper.meanings:
        return not lower.meanings and not lower.header and bool(set(whole) & set(upper.meanings))
    return bool(upper.label) and (not lower.meanings or bool(set(whole) & set(lower.meanings)))
