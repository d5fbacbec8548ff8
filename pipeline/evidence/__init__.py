"""From a number back to the paper: a document and the places of cells in, pictures with the cells marked out.

Paged documents are pictured as pages with a box around each cell; for all others the table they stand in is
drawn. Everything is made from the raw file, so what is shown is what was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipeline.document import Document, Grid, Locator
from pipeline.evidence.grid import DrawnRow, draw
from pipeline.evidence.page import Box, Frame, is_paged, picture
from pipeline.matching.arrange import arrange
from pipeline.readers import read_document
from pipeline.readers.sniff import sniff

Emphasis = Literal["target", "doubt", "plain"]
GRAVEST: tuple[Emphasis, ...] = ("target", "doubt", "plain")
CLOSE_ROWS = 2
"""Rows above and below a marked one that a close view shows."""
CLOSE_POINTS = (130.0, 30.0)
"""Points above and below a marked box that a close view shows: headers stand above."""


class Original:
    """A raw file, read as a document only when a picture needs it: a scan takes seconds a page.

    Attributes:
        data: The raw file.
        name: What it is called.
        media_type: Told by its content.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.media_type = sniff(data, name)

    @cached_property
    def document(self) -> Document:
        """What its reader makes of it, bare lines arranged to tables. Raises `UnreadableDocumentError`."""
        return arrange(read_document(self.data, self.name))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to mark: what it is called, where it stands, and how much it matters.

    Attributes:
        locator: Where it stands.
        raw: Its text as printed, which the cell of a drawn table must hold too; None where any will do.
        title: What a person is told of it; empty for nothing.
        emphasis: `target` (what was asked for), `doubt`, or `plain`.
    """

    locator: Locator
    raw: str | None
    title: str = ""
    emphasis: Emphasis = "target"


@dataclass(frozen=True, slots=True)
class Plate:
    """One picture: a page (`png`) or a drawn table (`rows`).

    Attributes:
        page: The page pictured; None for a drawn table.
        table: The table's ordinal in the document; None for a page.
        png: The picture; empty for a drawn table.
        rows: The drawn rows; empty for a page.
    """

    page: int | None = None
    table: int | None = None
    png: bytes = b""
    rows: tuple[DrawnRow, ...] = ()


def plates(original: Original, spots: Sequence[Spot], *, close: bool = False) -> list[Plate]:
    """The pictures on which some places can be seen, in the order of the document.

    Args:
        original: The raw file.
        spots: The places to mark.
        close: Whether to cut the pictures to what stands around the places.

    Returns:
        A picture for each page or table that bears a place; none for places that no longer stand there.

    Raises:
        UnreadableDocumentError: A table is to be drawn, and the file cannot be read.
    """
    on_pages = [s for s in spots if is_paged(original.media_type) and s.locator.page and s.locator.box]
    in_tables = [spot for spot in spots if spot not in on_pages]
    drawn = _tables(original.document, in_tables, close) if in_tables else ()
    return [*_pages(original.data, on_pages, close), *drawn]


def _pages(data: bytes, spots: Iterable[Spot], close: bool) -> Iterator[Plate]:
    by_page: dict[int, list[tuple[Box, Emphasis]]] = {}
    for spot in spots:
        if spot.locator.page and spot.locator.box:
            by_page.setdefault(spot.locator.page, []).append((spot.locator.box, spot.emphasis))
    for page, boxes in sorted(by_page.items()):
        frames = [Frame(box, emphasis) for box, emphasis in boxes]
        png = picture(data, page, frames, margins=CLOSE_POINTS if close else None)
        if png:
            yield Plate(page=page, png=png)


def _tables(document: Document, spots: Sequence[Spot], close: bool) -> Iterator[Plate]:
    for ordinal, grid in enumerate(document.grids, start=1):
        marks = _marks(grid, spots)
        if marks:
            rows = draw(grid, marks, around=CLOSE_ROWS if close else None)
            yield Plate(table=grid.locator.table or ordinal, rows=rows)


def _marks(grid: Grid, spots: Sequence[Spot]) -> dict[tuple[int, int], str]:
    """The grid places of the cells to mark; what was asked for counts before what stands beside it."""
    wanted: dict[tuple[Locator, str | None], Emphasis] = {}
    for spot in spots:
        place = (spot.locator, spot.raw)
        wanted[place] = min(spot.emphasis, wanted.get(place, spot.emphasis), key=GRAVEST.index)
    found = ((cell, (cell.locator, cell.text), (cell.locator, None)) for cell in grid.cells())
    return {
        (cell.row, cell.column): wanted.get(exact) or wanted[loose]
        for cell, exact, loose in found
        if exact in wanted or loose in wanted
    }


__all__ = ["DrawnRow", "Original", "Plate", "Spot", "plates"]
