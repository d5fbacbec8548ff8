"""Puts the lines and ruled tables of pages into one reading order: pages in, paragraphs and grids out.

What stands in the margins of every page (page numbers, running heads) is no part of the report and is left
out. A printed line that reaches the right margin goes on in the next one, over a page's end too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.document import Block, Cell, Grid, Locator, Paragraph
from pipeline.readers.layout.lines import Box, Line, cell_text, enclosing, join_texts
from pipeline.readers.layout.ruling import RuledCell, RuledGrid

NUMBER_MARGIN = 0.12
"""Share of the page's longer side, at top and bottom, where a page number may stand."""
HEAD_MARGIN = 0.08
"""The same for a line repeated from page to page."""
MOST_TABS = 2
"""Gaps between columns in a line of a margin at most: more are a table's, whose header may be repeated."""
LEAST_INDENT = 0.8
"""Character widths from which a line is indented."""
LINE_END_SLACK = 1.6
"""Character widths by which a full line may end before the right margin: no line begins with a comma."""
LEAST_MEASURE = 0.75
"""Share of the page's width that text fills at least: where all lines are shorter, none is full."""
PITCH_SLACK = 1.35
"""Times the usual distance of lines from which a gap parts paragraphs."""
SAME_SIZE = 0.25
"""Share by which the heights of two lines of one paragraph may differ."""

_DIGITS = r"[0-9０-９]{1,4}"
_PAGE_NUMBER = re.compile(
    rf"[-—–－―·~\s]*(?:第|Page|P\.?)?\s*{_DIGITS}\s*(?:页)?\s*"
    rf"(?:(?:/|of|，|,|共|／)\s*共?\s*{_DIGITS}\s*页?)?[-—–－―·~\s]*",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]")
_UNBROKEN = re.compile(r"[A-Za-z0-9@.\-_/:+%&?=#~]+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read: its lines outside tables from the top down, and its tables.

    Attributes:
        number: From 1.
        width: Points, as the text stands upright.
        height: Points, as the text stands upright.
        lines: The lines outside tables.
        grids: The ruled tables.
        turns: Quarter turns to the right that bring the upright text to the page as it is shown.
        has_unseen: Whether it has text that nobody sees; that is in none of the lines and tables.
        has_inked_blanks: Whether it has print that the file calls blank.
        sheet: Where it begins on its sheet, and how wide that is; None for a page with a sheet of its own.
        scale: Times its own size that it was made for reading.
    """

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    grids: tuple[RuledGrid, ...]
    turns: int = 0
    has_unseen: bool = False
    has_inked_blanks: bool = False
    sheet: tuple[float, float] | None = None
    scale: float = 1.0

    def shown(self, box: Box) -> Box:
        """A box on the page, or its sheet, as that is shown."""
        width, height = self.width, self.height
        if self.sheet is not None:
            shift, width = self.sheet
            box = (box[0] + shift, box[1], box[2] + shift, box[3])
        for _ in range(self.turns):
            left, top, right, bottom = box
            box = (height - bottom, left, height - top, right)
            width, height = height, width
        if self.scale != 1:
            left, top, right, bottom = box
            box = (left / self.scale, top / self.scale, right / self.scale, bottom / self.scale)
        return box


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line on its page, with the margins that hold there. Boxes may be of several lines once joined."""

    line: Line
    page: Page
    left: float
    right: float

    @property
    def width(self) -> float:
        """About the width of a full character."""
        return 0.88 * self.line.height

    @property
    def indent(self) -> float:
        """Character widths between the left margin and the line."""
        return (self.line.box[0] - self.left) / self.width


def blocks_of(pages: Sequence[Page]) -> tuple[Block, ...]:
    """The paragraphs and grids of a document, in reading order; tables are numbered through."""
    bodies = _without_margins(pages)
    pitch = _usual_pitch(bodies)
    out: list[Block] = []
    pending: list[_Placed] = []
    for item in _in_order(pages, bodies):
        if isinstance(item, _Placed):
            if pending and not _continues(pending[-1], item, pitch):
                out.append(_paragraph(pending))
                pending = []
            pending.append(item)
            continue
        if pending:
            out.append(_paragraph(pending))
            pending = []
        page, grid = item
        out.append(_grid(grid, page, 1 + sum(isinstance(block, Grid) for block in out)))
    return tuple([*out, _paragraph(pending)] if pending else out)


def _in_order(
    pages: Sequence[Page], bodies: Sequence[list[Line]]
) -> Iterator[_Placed | tuple[Page, RuledGrid]]:
    margins = _margins(pages, bodies)
    for page, lines, (left, right) in zip(pages, bodies, margins, strict=True):
        items: list[tuple[float, _Placed | tuple[Page, RuledGrid]]]
        items = [((line.box[1] + line.box[3]) / 2, _Placed(line, page, left, right)) for line in lines]
        items += [(grid.box[1], (page, grid)) for grid in page.grids]
        yield from (item for _, item in sorted(items, key=lambda pair: pair[0]))


def _without_margins(pages: Sequence[Page]) -> list[list[Line]]:
    """The lines of each page but page numbers and what is repeated at the same place; its first stays."""
    heads = Counter(head for page in pages for head in {_head(line, page) for line in page.lines} if head)
    seen: set[tuple[str, bool]] = set()
    bodies: list[list[Line]] = []
    for page in pages:
        body: list[Line] = []
        for place, line in enumerate(page.lines):
            head = _head(line, page)
            outermost = place in (0, len(page.lines) - 1)
            if outermost and _in_margin(line, page, NUMBER_MARGIN) and _PAGE_NUMBER.fullmatch(line.text):
                continue
            if head and heads[head] > 1 and head in seen:
                continue
            if head:
                seen.add(head)
            body.append(line)
        bodies.append(body)
    return bodies


def in_margins(pages: Sequence[Page]) -> list[set[int]]:
    """For each page the places of the lines that stand in its margins: page numbers, and what other pages repeat.

    A bare number may be a table's, cut off by the page's end; it is a page's where another page has one, too.
    """
    heads = Counter(head for page in pages for head in {_head(line, page) for line in page.lines} if head)
    return [
        {place for place, line in enumerate(page.lines) if _is_marginal(line, page, heads)} for page in pages
    ]


def _is_marginal(line: Line, page: Page, heads: Mapping[tuple[str, bool], int]) -> bool:
    if line.text.count("\t") > MOST_TABS:
        return False
    head = _head(line, page)
    is_number = line in (page.lines[0], page.lines[-1]) and _PAGE_NUMBER.fullmatch(line.text) is not None
    is_marked = is_number and not line.text.isdigit() and _in_margin(line, page, NUMBER_MARGIN)
    return is_marked or (head is not None and heads[head] > 1)


def _head(line: Line, page: Page) -> tuple[str, bool] | None:
    """What is the same in a running head on every page: its text but for digits, and top or bottom."""
    if not _in_margin(line, page, HEAD_MARGIN):
        return None
    return re.sub(_DIGITS, "0", line.text), line.box[1] < page.height / 2


def _in_margin(line: Line, page: Page, share: float) -> bool:
    """Whether a line stands in the top or bottom margin, with no table between it and the paper's edge."""
    _, top, _, bottom = line.box
    margin = share * max(page.width, page.height)  # Which is as wide on a page set across.
    if bottom < margin:
        return all(grid.box[1] >= bottom - 1 for grid in page.grids)
    if top > page.height - margin:
        return all(grid.box[3] <= top + 1 for grid in page.grids)
    return False


def _margins(pages: Sequence[Page], bodies: Sequence[list[Line]]) -> list[tuple[float, float]]:
    """Where lines begin and end on each page: an edge that two lines share, else that of like pages."""
    by_width: dict[int, list[Line]] = {}
    for page, lines in zip(pages, bodies, strict=True):
        by_width.setdefault(round(page.width), []).extend(lines)
    margins: list[tuple[float, float]] = []
    for page, lines in zip(pages, bodies, strict=True):
        like = by_width[round(page.width)]
        left = _shared_edge([line.box[0] for line in lines])
        right = _shared_edge([-line.box[2] for line in like])
        if left is None:
            left = _shared_edge([line.box[0] for line in like])
        margins.append((left or 0.0, max(-(right or 0.0), LEAST_MEASURE * page.width)))
    return margins


def _shared_edge(edges: Sequence[float]) -> float | None:
    """The outermost of the edges that another one nearly shares; None for no two."""
    near = 6.0
    return next((edge for edge, after in pairwise(sorted(edges)) if after - edge <= near), None)


def _usual_pitch(bodies: Sequence[list[Line]]) -> float:
    """The usual distance of two lines, in character heights."""
    steps = [
        (after.box[3] - line.box[3]) / line.height
        for lines in bodies
        for line, after in pairwise(lines)
        if _same_size(line, after)
    ]
    return median(steps) if steps else 1.5


def _same_size(line: Line, after: Line) -> bool:
    return abs(line.height - after.height) <= SAME_SIZE * max(line.height, after.height)


def _continues(before: _Placed, after: _Placed, pitch: float) -> bool:
    """Whether a paragraph goes on from one printed line to the next."""
    if "\t" in before.line.text + after.line.text or not _same_size(before.line, after.line):
        return False
    if after.indent > LEAST_INDENT or _HEADING.match(after.line.text):
        return False
    if before.page is after.page:
        step = (after.line.box[3] - before.line.box[3]) / before.line.height
        if step > PITCH_SLACK * pitch:
            return False
    return _is_full(before, after)


def _is_full(before: _Placed, after: _Placed) -> bool:
    """Whether the line ends at the right margin, or as near as the next line's first word lets it."""
    word = _UNBROKEN.match(after.line.text)
    needed = LINE_END_SLACK + 0.6 * (len(word.group()) if word else 0)
    return before.right - before.line.box[2] <= needed * before.width


def _paragraph(placed: Sequence[_Placed]) -> Paragraph:
    page = placed[0].page
    box = enclosing([item.line.box for item in placed if item.page is page])
    text = join_texts([item.line.text for item in placed])
    return Paragraph(text, Locator(page=page.number, box=page.shown(box)))


def _grid(grid: RuledGrid, page: Page, ordinal: int) -> Grid:
    rows = tuple(
        tuple(_cell(cell, page, ordinal, down, right) for right, cell in enumerate(row, 1))
        for down, row in enumerate(grid.rows, 1)
    )
    return Grid(rows, Locator(page=page.number, table=ordinal, box=page.shown(grid.box)))


def _cell(cell: RuledCell, page: Page, table: int, row: int, column: int) -> Cell:
    text = cell_text(cell.runs, cell.box[2] - cell.box[0]) if cell.runs else ""
    locator = Locator(page.number, table, row, column, None, page.shown(cell.box))
    return Cell(text, cell.row, cell.column, cell.row_span, cell.column_span, locator)
