"""Tables as a file nests them flow in, paragraphs and `Grid`s in reading order flow out.

Formats with a document tree (HTML, DOCX, DOC) use tables for figures and for page layout alike, and put the
one into the other. Which is which is decided here, once for all formats: a layout table dissolves into what
its cells hold; a table of figures becomes a `Grid`; neither loses a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Union

from pipeline.document import Block, Cell, Grid, Locator, Paragraph, UnreadableDocumentError

CELLS_LIMIT = 100_000
NESTING_LIMIT = 40
SPAN_LIMIT = 1000
LABEL_LENGTH = 100
"""Characters up to which a cell's text may be a label or a figure of the form; the longest label has 38."""
PROSE_LENGTH = 200
FIGURE_LENGTH = 20


@dataclass(slots=True)
class DrawnCell:
    """A cell while its table is being read: what it holds in order, and its place on the grid from 0."""

    content: list[Union[str, DrawnTable]]  # noqa: UP007 - the class below is not defined yet
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    ordinal: int = 1

    @property
    def text(self) -> str:
        """Its own lines, without those of the tables in it."""
        if len(self.content) == 1 and isinstance(self.content[0], str):  # nearly every cell, asked for often
            return self.content[0]
        return "\n".join([item for item in self.content if isinstance(item, str)])

    @property
    def holds_table(self) -> bool:
        """Whether another table stands in it."""
        content = self.content
        if len(content) < 2:  # nearly every cell
            return bool(content) and not isinstance(content[0], str)
        return any(not isinstance(item, str) for item in content)


@dataclass(slots=True)
class DrawnTable:
    """A table while it is being read: for each row the cells that start in it, left to right."""

    rows: list[list[DrawnCell]] = field(default_factory=list)
    first_row: int = 0
    """The row of the drawn table that this one begins with, where it is a part of a larger one."""


Item = str | DrawnTable


def blocks_from(content: Iterable[Item]) -> tuple[Block, ...]:
    """The blocks of a document, lines and tables numbered from 1 in reading order.

    Raises:
        UnreadableDocumentError: `limit_exceeded` where tables nest over 40 deep or have over 100 000 cells.
    """
    return tuple(_numbered(_settled(content, 0)))


def _numbered(items: Iterable[Item]) -> Iterator[Block]:
    lines = tables = 0
    for item in items:
        if isinstance(item, str):
            lines += 1
            yield Paragraph(item, Locator(line=lines))
        else:
            tables += 1
            yield _grid(item, tables)


def _grid(table: DrawnTable, ordinal: int) -> Grid:
    rows = tuple([tuple([_cell(cell, table.first_row, ordinal) for cell in row]) for row in table.rows])
    return Grid(rows, Locator(table=ordinal))


def _cell(cell: DrawnCell, first_row: int, ordinal: int) -> Cell:
    row = cell.row
    place = Locator(None, ordinal, row + 1, cell.ordinal)
    return Cell(cell.text, row - first_row, cell.column, cell.row_span, cell.column_span, place)


def _settled(content: Iterable[Item], depth: int) -> list[Item]:
    """The content with layout tables dissolved and whatever tables of figures hold set behind them."""
    settled: list[Item] = []
    for item in content:
        if isinstance(item, str):
            settled.append(item)
        else:
            settled.extend(_settled_table(item, depth))
    return settled


def _settled_table(table: DrawnTable, depth: int) -> Iterator[Item]:
    if depth > NESTING_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"tables nested over {NESTING_LIMIT} deep")
    if sum(map(len, table.rows)) > CELLS_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"a table of over {CELLS_LIMIT} cells")
    holding = [cell for cell in _cells(table.rows) if cell.holds_table]
    for cell in holding:
        cell.content = _settled(cell.content, depth + 1)
    if not _holds_figures(table.rows):
        for cell in _cells(table.rows):
            yield from cell.content
        return
    swallowed = [item for cell in holding if cell.holds_table for item in _take_out(cell)]
    yield from _parted(table)
    yield from swallowed


def _take_out(cell: DrawnCell) -> list[Item]:
    """Leaves a cell its own figure; the rest is what a table that was never closed has swallowed."""
    kept = 1 if _has_own_figure(cell) else 0
    swallowed, cell.content = cell.content[kept:], cell.content[:kept]
    return swallowed


def _has_own_figure(cell: DrawnCell) -> bool:
    first = cell.content[0]
    return isinstance(first, str) and len(first) <= FIGURE_LENGTH and not any(map(str.isalpha, first))


def _holds_figures(rows: Sequence[Sequence[DrawnCell]]) -> bool:
    """Whether a table says something by its rows and columns, rather than only placing things on a page."""
    if max(map(len, rows), default=0) < 2 or not any(cell.content for cell in _cells(rows)):
        return False
    rows_of_labels = (row for row in rows if _is_row_of_labels(row))
    if len(list(islice(rows_of_labels, 2))) == 2:
        return True
    if any(cell.holds_table for cell in _cells(rows)):
        return False
    lengths = [len(cell.text) for cell in _cells(rows)]
    prose = sum(length for length in lengths if length > PROSE_LENGTH)
    return prose * 2 < sum(lengths)


def _is_row_of_labels(row: Sequence[DrawnCell]) -> bool:
    filled = [cell for cell in row if cell.content and (not cell.holds_table or _has_own_figure(cell))]
    return len(filled) >= 2 and all(len(cell.text) <= LABEL_LENGTH or cell.holds_table for cell in filled)


def _parted(table: DrawnTable) -> Iterator[Item]:
    """The table, cut at rows that hold a paragraph of prose across its whole width.

    Some offices set the whole report, prose and all, into one table.
    """
    part = DrawnTable(first_row=table.first_row)
    open_until = 0
    for number, row in enumerate(table.rows):
        if number >= open_until and _is_row_of_prose(row):
            yield from _closed(part)
            yield from row[0].content
            part = DrawnTable(first_row=number + 1)
            continue
        part.rows.append(row)
        open_until = max([open_until, *(cell.row + cell.row_span for cell in row)])
    yield from _closed(part)


def _is_row_of_prose(row: Sequence[DrawnCell]) -> bool:
    return len(row) == 1 and row[0].row_span == 1 and len(row[0].text) > LABEL_LENGTH


def _closed(part: DrawnTable) -> Iterator[Item]:
    """A part of a table; headings of sections that stand alone at its edges are lines again."""
    if not any(len(row) > 1 for row in part.rows):
        for cell in _cells(part.rows):
            yield from cell.content
    else:
        yield part


def _cells(rows: Iterable[Sequence[DrawnCell]]) -> Iterator[DrawnCell]:
    for row in rows:
        yield from row
