"""The one shape every reader makes: blocks of text and grids, in reading order, with where they stand.

Readers turn bytes into a `Document` and never interpret; extraction reads a `Document` and never sees a
format. Everything here is frozen and holds text, positions and nothing else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.faults import CodedError

FEW, FAR = 50, 100
"""Cells that reach into later rows up to which looking at all is the quickest; rows that few cells reach beyond."""
CELL_END = "\u2003"
"""White space that a reader writes into a line where a cell ends, if no grid tells it."""
BLANK_LINE = "\u3000"
"""What a reader writes behind a line for each line of white characters below it, which may be a blank cell."""


class Locator(NamedTuple):
    """Where a person looks to find a piece of text in the raw file. All ordinals count from 1.

    Attributes:
        page: The page, for paged formats.
        table: The table's ordinal in the document, for formats with tables.
        row: The row's ordinal in that table.
        column: The cell's ordinal in that row, as written in the file (before spans are laid out).
        line: The line, for text copies.
        box: Left, top, right, bottom in points from the page's top left corner.
    """

    page: int | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None
    line: int | None = None
    box: tuple[float, float, float, float] | None = None

    def to_dict(self) -> dict[str, object]:
        """The parts that are known, ready for JSON."""
        known = {name: getattr(self, name) for name in ("page", "table", "row", "column", "line")}
        out: dict[str, object] = {name: value for name, value in known.items() if value is not None}
        if self.box is not None:
            out["box"] = [round(edge, 1) for edge in self.box]
        return out

    def __str__(self) -> str:
        parts = [f"{name} {value}" for name, value in self.to_dict().items() if name != "box"]
        return ", ".join(parts) or "document"


NOWHERE = Locator()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of prose: one paragraph where the format knows paragraphs, else one line."""

    text: str
    locator: Locator = NOWHERE


class Cell(NamedTuple):
    """One cell as drawn: its text, its place on the grid (from 0) and how far it spans.

    Attributes:
        text: The text as printed, line breaks kept as `\\n`, never stripped of meaning.
        row: Grid row of the cell's top left corner, from 0.
        column: Grid column of the cell's top left corner, from 0.
        row_span: Rows covered, at least 1.
        column_span: Columns covered, at least 1.
        locator: Where to look.
        confidence: 1.0 for born-digital text; less where the characters were recognised from a picture.
    """

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    locator: Locator = NOWHERE
    confidence: float = 1.0


def _row(cell: Cell) -> int:
    return cell.row


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: for each row the cells that *start* in it, left to right.

    A cell that spans down from an earlier row is not repeated; `covering` finds it.
    """

    rows: tuple[tuple[Cell, ...], ...]
    locator: Locator = NOWHERE
    _tall: tuple[Cell, ...] = field(init=False, repr=False, compare=False)
    """The cells that reach into later rows, by row: looking at all for every row takes hours on a large table."""
    _tallest: tuple[Cell, ...] = field(init=False, repr=False, compare=False)
    """Those of them that reach farther than `FAR`."""

    def __post_init__(self) -> None:
        tall = sorted([cell for row in self.rows for cell in row if cell.row_span > 1], key=_row)
        object.__setattr__(self, "_tall", tuple([cell for cell in tall if cell.row_span <= FAR]))
        object.__setattr__(self, "_tallest", tuple([cell for cell in tall if cell.row_span > FAR]))

    def covering(self, row: int) -> tuple[Cell, ...]:
        """The cells of earlier rows that reach down into `row`, left to right."""
        tall = self._tall
        if len(tall) > FEW:
            tall = tall[bisect_right(tall, row - FAR, key=_row) : bisect_left(tall, row, key=_row)]
        reaching = [c for c in (*tall, *self._tallest) if c.row < row < c.row + c.row_span]
        return tuple(sorted(reaching, key=lambda cell: cell.column))

    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        for row in self.rows:
            yield from row


Block = Paragraph | Grid


WITHOUT_TEXT = "pages_without_text"
"""The property that names the pages of a file which hold no text, where others do."""
UNSEEN_TEXT = "pages_with_unseen_text"
"""The property that names the pages with text that nobody sees, which was left out."""
INKED_BLANKS = "pages_with_inked_blanks"
"""The property that names the pages with print that the file calls blank; it is seen, and says nothing."""
UNTOLD_TEXT = "pages_with_untold_text"
"""The property that names the pages with print of which the file does not tell what it says; U+FFFD stands for it."""
UNREAD_PICTURES = "pictures_unread"
"""The property that says how many pictures were left unread for want of the extra for text recognition."""
EMBEDDED_FILES = "embedded_files"
"""The property for how many files a PDF has attached; one that is a folder of files shows little else."""
EMBEDDED_SHEETS = "embedded_sheets"
"""The property for how many spreadsheets a file embeds; a person sees them as tables, the text has none of it."""


RECOGNISED_PAGES = "pages_recognised"
"""The property that names the pages whose text was recognised from a picture, here or by a scanner's program."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader makes of one file.

    Attributes:
        blocks: Paragraphs and grids in reading order.
        media_type: The type told by the content, such as `application/pdf`.
        sha256: Lower-case hex digest of the bytes.
        reader: Which reader and which engine of it read the file, such as `pdf/pdfium`.
        properties: What the file says of itself outside its text (`title`, `published_on`, `site`), by key.
    """

    blocks: tuple[Block, ...]
    media_type: str
    sha256: str
    reader: str
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The prose, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Paragraph))

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The tables, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Grid))

    def texts(self) -> Iterator[str]:
        """The text of each paragraph and each cell, in reading order."""
        for block in self.blocks:
            if isinstance(block, Paragraph):
                yield block.text
            else:
                yield from (cell.text for cell in block.cells())


class UnreadableDocumentError(CodedError):
    """A file that cannot be read as a document: its code is such as `encrypted` or `empty_file`."""
