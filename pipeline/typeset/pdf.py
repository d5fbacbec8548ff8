"""Writes a layout as pages: `Layout` and `Style` in, bytes of PDF out.

Tables are drawn cell by cell rather than with a table class, because merged cells must run over page ends as
word processors let them: what does not fit on one page goes on at the top of the next. The font is one that
every viewer brings (STSong-Light), so files are small and no font file is needed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.document import Cell
from pipeline.typeset.compose import Layout, Line, Sheet
from pipeline.typeset.facts import TypesetError
from pipeline.typeset.style import PdfStyle, Style

_FONT = "STSong-Light"
_WIDTH, _HEIGHT = 595.0, 842.0
_MARGIN, _FOOT = 72.0, 80.0
_LEADING = 1.6
_CELL_LEADING = 1.25
_PAD = 3.0
_TABLE_STEP = 3
_RULE = 0.6


def write_pdf(layout: Layout, style: Style) -> bytes:
    """The file as bytes; the same layout and style give the same bytes.

    Raises:
        TypesetError: reportlab, an optional dependency, is not installed.
    """
    buffer = io.BytesIO()
    pages = _Pages(_canvas(buffer, layout.title), style.pdf)
    for block in layout.blocks:
        if isinstance(block, Sheet):
            _draw_sheet(pages, block)
        else:
            _draw_line(pages, block)
    pages.close()
    return buffer.getvalue()


def _canvas(buffer: io.BytesIO, title: str) -> Any:
    try:
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfbase.pdfmetrics import registerFont
        from reportlab.pdfgen.canvas import Canvas
    except ImportError as error:
        raise TypesetError("typeset_needs_reportlab") from error
    registerFont(UnicodeCIDFont(_FONT))
    canvas = Canvas(buffer, pagesize=(_WIDTH, _HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(title)
    return canvas


@dataclass
class _Pages:
    """The canvas and how far down the current page it has been filled."""

    canvas: Any
    style: PdfStyle
    number: int = 1
    y: float = _HEIGHT - _MARGIN

    def room(self) -> float:
        """Points left above the foot of the page."""
        return self.y - _FOOT

    def turn(self) -> None:
        """Ends this page and begins the next."""
        self.close_page()
        self.canvas.showPage()
        self.number += 1
        self.y = _HEIGHT - _MARGIN

    def close_page(self) -> None:
        if self.style.page_numbers:
            self.write(f"- {self.number} -", _WIDTH / 2, _FOOT / 2, 10, centred=True)

    def close(self) -> None:
        self.close_page()
        self.canvas.showPage()
        self.canvas.save()

    def write(self, text: str, x: float, y: float, size: float, *, centred: bool = False) -> None:
        self.canvas.setFont(_FONT, size)
        (self.canvas.drawCentredString if centred else self.canvas.drawString)(x, y, text)

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A table rule, upright or level."""
        if self.style.ruling == "lines":
            self.canvas.setLineWidth(_RULE)
            self.canvas.line(x0, y0, x1, y1)
            return
        width, height = max(x1 - x0, _RULE), max(y1 - y0, _RULE)
        self.canvas.rect(x0, y0, width, height, stroke=0, fill=1)


def _draw_line(pages: _Pages, line: Line) -> None:
    size = pages.style.size + (4 if line.role == "title" else 0)
    indent = 2 * size if line.role in ("body", "heading") else 0
    leading = size * _LEADING
    for number, text in enumerate(_fold(line.text, _WIDTH - 2 * _MARGIN, size, first_indent=indent)):
        if pages.room() < leading:
            pages.turn()
        pages.y -= leading
        x = _MARGIN + (indent if number == 0 else 0)
        if line.role == "signature":
            x = _WIDTH - _MARGIN - _measure(text, size)
        if line.role == "title":
            pages.write(text, _WIDTH / 2, pages.y, size, centred=True)
        else:
            pages.write(text, x, pages.y, size)


@dataclass
class _Ruled:
    """A sheet measured for the page: column edges, row heights, and what each cell still has to show."""

    sheet: Sheet
    size: float
    edges: list[float] = field(init=False)
    heights: list[float] = field(init=False)
    waiting: dict[Cell, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        unit = (_WIDTH - 2 * _MARGIN) / sum(self.sheet.widths)
        self.edges = [_MARGIN]
        for width in self.sheet.widths:
            self.edges.append(self.edges[-1] + width * unit)
        self.waiting = {cell: self._lines(cell) for cell in self.sheet.grid.cells()}
        self.heights = self._row_heights()

    def _lines(self, cell: Cell) -> list[str]:
        left, right = self.sides(cell)
        return [line for line in _fold(cell.text, right - left - 2 * _PAD, self.size) if line.strip()]

    def _row_heights(self) -> list[float]:
        heights = [self.leading + 2 * _PAD] * len(self.sheet.grid.rows)
        for cell in sorted(self.waiting, key=lambda cell: cell.row_span):
            rows = slice(cell.row, cell.row + cell.row_span)
            lacking = self.leading * len(self.waiting[cell]) + 2 * _PAD - sum(heights[rows])
            heights[rows.stop - 1] += max(0.0, lacking)
        return heights

    @property
    def leading(self) -> float:
        return self.size * _CELL_LEADING

    def sides(self, cell: Cell) -> tuple[float, float]:
        return self.edges[cell.column], self.edges[cell.column + cell.column_span]


def _draw_sheet(pages: _Pages, sheet: Sheet) -> None:
    if sheet.new_page:
        pages.turn()
    ruled = _Ruled(sheet, pages.style.size - _TABLE_STEP)
    pages.y -= ruled.leading / 2
    begin = 0
    while begin < len(ruled.heights):
        end = _fitting(ruled.heights, begin, pages.room())
        if end == begin:
            pages.turn()
            end = max(_fitting(ruled.heights, begin, pages.room()), begin + 1)
        _draw_rows(pages, ruled, begin, end)
        begin = end
    pages.y -= ruled.leading / 2


def _fitting(heights: Sequence[float], begin: int, room: float) -> int:
    """The row after the last of those from `begin` that still fit."""
    end = begin
    while end < len(heights) and sum(heights[begin : end + 1]) <= room:
        end += 1
    return end


def _draw_rows(pages: _Pages, ruled: _Ruled, begin: int, end: int) -> None:
    tops = [pages.y - sum(ruled.heights[begin:row]) for row in range(begin, end + 1)]
    for cell in ruled.sheet.grid.cells():
        start, stop = max(cell.row, begin), min(cell.row + cell.row_span, end)
        if start < stop:
            _draw_cell(pages, ruled, cell, tops[start - begin], tops[stop - begin])
    pages.y = tops[-1]


def _draw_cell(pages: _Pages, ruled: _Ruled, cell: Cell, top: float, bottom: float) -> None:
    left, right = ruled.sides(cell)
    pages.rule(left, top, right, top)
    pages.rule(left, bottom, right, bottom)
    pages.rule(left, bottom, left, top)
    pages.rule(right, bottom, right, top)
    fitting = int((top - bottom - 2 * _PAD + 0.01) / ruled.leading)
    lines, ruled.waiting[cell] = ruled.waiting[cell][:fitting], ruled.waiting[cell][fitting:]
    y = (top + bottom + ruled.leading * len(lines)) / 2
    for line in lines:
        y -= ruled.leading
        fit = min(1.0, (right - left - _PAD) / _measure(line, ruled.size))
        pages.write(line, (left + right) / 2, y + ruled.size * 0.25, ruled.size * fit, centred=True)


def _fold(text: str, width: float, size: float, first_indent: float = 0) -> list[str]:
    """The text in lines no wider than `width`; line breaks in the text stay, and no number is cut."""
    lines: list[str] = []
    room = width - first_indent
    for part in text.split("\n"):
        line = ""
        for character in part:
            in_number = _numeric(character) and bool(line) and _numeric(line[-1])
            if line and not in_number and _measure(line + character, size) > room:
                lines.append(line)
                line, room = "", width
            line += character
        lines.append(line)
        room = width
    return lines


def _numeric(character: str) -> bool:
    return character.isdigit() or character in ".,+-"


def _measure(text: str, size: float) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, _FONT, size))
