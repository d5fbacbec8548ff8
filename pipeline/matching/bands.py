"""A document's grids flow in; out flow the same with the form's bands as a row over their columns.

Where a table is too wide for the page, offices cut it at its bands and name each in the line above its part, or
write band and column as one label (`行政复议—结果维持`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.document import Cell, Document, Grid, Locator, Paragraph
from pipeline.matching.lexicon import Lexicon, normalise
from pipeline.matching.values import is_numeric_text
from pipeline.templates import Block, Label, load_templates

LEAST_JOINED = 2
"""Labels of a band and a column in one, from which a header is taken to be written so."""
LONGEST_CAPTION = 30
_AROUND = re.compile(
    r"^(?:附?表)?[（(]?[一二三四五六七八九十\d]{0,2}[)）、.．:：]*|(?:的?案件)?(?:情况|结果|数据|数量)?表?[:：]?$"
)
"""What may stand around a band's name in the line above its part: a number, and what the part shows."""

Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class _Joined:
    """A label that names a band and a column at once, as the two."""

    band: str
    column: str


def banded_grids(document: Document, lexicon: Lexicon) -> Iterator[Grid]:
    """The document's grids in order, with bands over their columns wherever they are named otherwise."""
    above: Paragraph | None = None
    texts = {cell.text for grid in document.grids for row in grid.rows for cell in row}
    has_joined = any(normalise(text) in _joined_labels() for text in texts)
    for block in document.blocks:
        if isinstance(block, Paragraph):
            above = block
            continue
        grid = _parted(block) if has_joined else block
        band = _named_band(above.text) if above is not None else ""
        if band and above is not None and _lacks_band(grid, lexicon):
            grid = _under(grid, band, above.locator)
        yield grid
        above = None


@cache
def _banded_blocks() -> tuple[Block, ...]:
    return tuple(
        block
        for template in load_templates().values()
        for blocks in template.tables.values()
        for block in blocks
        if block.banded
    )


@cache
def _joined_labels() -> dict[str, _Joined]:
    """Every band and column written as one label, by its normal form."""
    return {
        normalise("".join((*path, column.path[-1]))): _Joined(band.path[-1], column.path[-1])
        for block in _banded_blocks()
        for band in block.rows
        for path in _endings(band)
        for column in block.columns
    }


@cache
def _band_names() -> dict[str, str]:
    """Every band, alone and with the labels above it, by its normal form."""
    return {
        normalise("".join(path)): band.path[-1]
        for block in _banded_blocks()
        for band in block.rows
        for path in _endings(band)
    }


def _endings(label: Label) -> Iterable[Sequence[str]]:
    return (label.path[start:] for start in range(len(label.path)))


def _named_band(text: str) -> str:
    """The band that a line names and nothing else; empty for any other line."""
    if len(text) > LONGEST_CAPTION:
        return ""
    return _band_names().get(normalise(_AROUND.sub("", text.strip())), "")


def _lacks_band(grid: Grid, lexicon: Lexicon) -> bool:
    """Whether a grid names each column of a banded block once and no band, nor any row of the form."""
    meanings = [m for cell in grid.cells() if cell.text.strip() for m in lexicon.lookup(cell.text)]
    if any(m.axis in ("band", "row") and m.table in _banded_tables() for m in meanings):
        return False
    named = [normalise(cell.text) for cell in grid.cells()]
    return any(
        sorted(name for name in named if name in labels) == sorted(labels)
        for labels in ({normalise(column.path[-1]) for column in block.columns} for block in _banded_blocks())
    )


@cache
def _banded_tables() -> frozenset[str]:
    return frozenset(block.table for block in _banded_blocks())


def _under(grid: Grid, band: str, locator: Locator) -> Grid:
    width = max(cell.column + cell.column_span for cell in grid.cells())
    head = (Cell(band, 0, 0, column_span=width, locator=locator),)
    return Grid((head, *(_lower(row, 1) for row in grid.rows)), grid.locator)


def _lower(row: Row, by: int) -> Row:
    return tuple(cell._replace(row=cell.row + by) for cell in row)


def _parted(grid: Grid) -> Grid:
    """The grid with each row of labels that join band and column as a row of bands and one of columns."""
    rows: list[Row] = []
    for row in grid.rows:
        added = len(rows) - row[0].row if row else 0
        joined = [_joined_labels().get(normalise(cell.text)) for cell in row]
        if sum(part is not None for part in joined) < LEAST_JOINED or any(
            is_numeric_text(c.text) for c in row
        ):
            rows.append(_lower(row, added) if added else row)
        else:
            rows += _two_rows(_lower(row, added), joined)
    return grid if len(rows) == len(grid.rows) else Grid(tuple(rows), grid.locator)


def _two_rows(row: Row, joined: Sequence[_Joined | None]) -> tuple[Row, Row]:
    upper: list[Cell] = []
    lower: list[Cell] = []
    for cell, parts in zip(row, joined, strict=True):
        if parts is None:
            upper.append(cell._replace(row_span=cell.row_span + 1))
            continue
        lower.append(cell._replace(text=parts.column, row=cell.row + 1))
        if upper and upper[-1].text == parts.band and upper[-1].column + upper[-1].column_span == cell.column:
            upper[-1] = upper[-1]._replace(column_span=upper[-1].column_span + cell.column_span)
        else:
            upper.append(cell._replace(text=parts.band))
    return tuple(upper), tuple(lower)
