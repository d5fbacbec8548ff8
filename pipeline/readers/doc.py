"""A Word 97–2003 file's bytes flow in, a `Document` with its paragraphs and tables in order flows out.

In this format a table is text: each cell ends with a mark, each row with one more, and the properties of that
last mark say how the row is drawn.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.document import EMBEDDED_SHEETS, Document, UnreadableDocumentError
from pipeline.readers.drawn import NESTING_LIMIT, DrawnCell, DrawnTable, Item, blocks_from
from pipeline.readers.printed import printed_lines, raised
from pipeline.readers.sniff import DOC
from pipeline.readers.word.doc_lists import StyleNumbering, read_lists, read_style_numbering
from pipeline.readers.word.doc_properties import ParagraphProperties, Paragraphs, RowDefinition, run_stretches
from pipeline.readers.word.doc_text import PADDING, WordFile, open_word_file
from pipeline.readers.word.numbering import Counters

MEDIA_TYPES = (DOC,)
VERSION = "4"
CELL_END = "\x07"
ANCHOR_SIZE, BOX_SIZE, BOX_SHAPE = 26, 22, 14
"""Bytes of an entry on a shape's place (`Spa`), of one on a text box (`FTXBXS`), and where that names its shape."""
SAME_EDGE = 30
"""Twips (a point and a half) within which two edges are one: programs round them differently in each row."""

_SHEET = re.compile("\x13 *EMBED (?:Excel|ET)[.]")
_MARKS = re.compile("[\r\x07\x0c]")
_FIELD_MARK = re.compile("[\x13\x14\x15]")
_NOT_STRUCTURE = re.compile("[^\r\x07\x0c]")
_NO_NUMBERING = StyleNumbering(None, None)
_SIGNS = str.maketrans(
    {"\x0b": "\n", "\x0e": "\n", "\x1e": "-"}
    | dict.fromkeys("\x00\x01\x02\x03\x04\x05\x06\x08\x13\x14\x15\x1f", None)
    | dict.fromkeys(range(0xF000, 0xF100), None)
)


def read(data: bytes, sha256: str) -> Document:
    """Reads a Word 97–2003 file.

    Headers, footers, notes and comments are left out; text boxes stand before the paragraph that holds them, those
    past the first table's beginning behind the text; of a tracked change the new text is read.

    Raises:
        UnreadableDocumentError: `encrypted`; `unsupported_type` for Word 95 and older; `damaged`; `no_text`.
    """
    try:
        file = open_word_file(data)
        blocks = blocks_from(_content(file))
    except (struct.error, IndexError, KeyError, RecursionError) as error:
        raise UnreadableDocumentError("damaged", reason=f"{type(error).__name__}: {error}") from None
    if not blocks:
        raise UnreadableDocumentError("no_text")
    sheets = len(_SHEET.findall(file.text))
    properties = {EMBEDDED_SHEETS: str(sheets)} if sheets else {}
    return Document(blocks, DOC, sha256, "doc/pieces", properties)


def _content(file: WordFile) -> list[Item]:
    text = _shown(file)
    story = _Story(file)
    content: list[Item] = []
    place = 0
    for paragraph, start, end in sorted(_boxes(file, text)):
        content += story.content(text, place, paragraph) if place < paragraph else []
        content += story.content(text, start, end)
        place = paragraph
    return content + story.content(text, place, file.main_length)


def _boxes(file: WordFile, text: str) -> Iterator[tuple[int, int, int]]:
    """The text boxes: before which paragraph each stands, and its text; those past the first table stand at the end.

    A title set in a box is the first thing on the page, and the last in the file.
    """
    first_cell = text.find(CELL_END, 0, file.main_length)
    tables = first_cell if first_cell >= 0 else file.main_length
    anchors = {shape: place for place, _, shape in _placed(file.part("anchors"), ANCHOR_SIZE, 0)}
    (first, last), reached = file.boxes, 0
    for start, end, shape in _placed(file.part("boxes"), BOX_SIZE, BOX_SHAPE):
        if not reached <= start <= end:
            break
        reached = end
        anchor = anchors.get(shape, tables)
        paragraph = text.rfind("\r", 0, anchor) + 1 if anchor < tables else file.main_length
        yield paragraph, first + start, min(first + end, last)
    yield file.main_length, first + reached, last


def _placed(table: bytes, size: int, at: int) -> Iterator[tuple[int, int, int]]:
    """The entries of a table of places (`Plc`): where each begins and ends, and its shape's number."""
    count = max(len(table) - 4, 0) // (4 + size)
    places = struct.unpack_from(f"<{count + 1}i", table) if count else ()
    for number in range(count):
        entry = 4 * (count + 1) + size * number
        yield places[number], places[number + 1], struct.unpack_from("<i", table, entry + at)[0]


def _shown(file: WordFile) -> str:
    """The text with hidden runs and the codes of fields blanked out; every mark stays in its place."""
    text = _without_field_codes(file.text)
    stretches = run_stretches(file)
    for start, end in stretches.unseen:
        for first, last in _characters_stored(file, start, end):
            text = text[:first] + _NOT_STRUCTURE.sub(PADDING, text[first:last]) + text[last:]
    for start, end in stretches.raised:
        for first, last in _characters_stored(file, start, end):
            text = text[:first] + raised(text[first:last]) + text[last:]
    return text


def _characters_stored(file: WordFile, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The characters that are stored in a stretch of the stream, run by run."""
    nexts = [piece.first for piece in file.pieces[1:]] + [len(file.text)]
    for piece, after in zip(file.pieces, nexts, strict=True):
        first = piece.first + max(start - piece.offset, 0) // piece.width
        last = min(piece.first + (end - piece.offset) // piece.width, after)
        if first < last:
            yield first, last


def _without_field_codes(text: str) -> str:
    if "\x13" not in text:
        return text
    parts: list[str] = []
    in_result: list[bool] = []
    place = 0
    for mark in _FIELD_MARK.finditer(text):
        run = text[place : mark.start()]
        parts.append((run if all(in_result) else _NOT_STRUCTURE.sub(PADDING, run)) + PADDING)
        place = mark.end()
        if mark[0] == "\x13":
            in_result.append(False)
        elif in_result and mark[0] == "\x14":
            in_result[-1] = True
        elif in_result:
            in_result.pop()
    return "".join(parts) + text[place:]


@dataclass(slots=True)
class _Row:
    """A row while it is read: what its cells hold, and how it is drawn."""

    cells: list[list[Item]]
    drawn: RowDefinition | None


@dataclass(slots=True)
class _OpenTable:
    """A table while it is read: the rows that have ended, the cells and the content that have not."""

    rows: list[_Row] = field(default_factory=list)
    cells: list[list[Item]] = field(default_factory=list)
    content: list[Item] = field(default_factory=list)

    def end_cell(self) -> None:
        self.cells.append(self.content)
        self.content = []

    def end_row(self, drawn: RowDefinition | None) -> None:
        if self.content:
            self.end_cell()
        self.rows.append(_Row(self.cells, drawn))
        self.cells = []


class _Story:
    """Walks a text paragraph by paragraph; lists count on from one story to the next."""

    def __init__(self, file: WordFile) -> None:
        self._file = file
        self._paragraphs = Paragraphs(file)
        self._styles = read_style_numbering(file)
        self._items: list[Item] = []
        self._open: list[_OpenTable] = []

    @cached_property
    def _counters(self) -> Counters:
        return Counters(read_lists(self._file))

    def content(self, text: str, start: int, end: int) -> list[Item]:
        """The lines and tables between two characters of the text."""
        self._items = []
        place = start
        for mark in _MARKS.finditer(text, start, min(end, len(text))):
            self._paragraph(text[place : mark.start()], mark[0], mark.start())
            place = mark.end()
        self._close_tables(0)
        self._items.extend(printed_lines(text[place:end].translate(_SIGNS)))
        return self._items

    def _paragraph(self, text: str, mark: str, place: int) -> None:
        properties = self._paragraphs.ending_at(place)
        depth = max(properties.depth, 1 if mark == CELL_END else 0)
        if depth > NESTING_LIMIT:
            raise UnreadableDocumentError("limit_exceeded", what=f"tables nested over {NESTING_LIMIT} deep")
        self._close_tables(depth)
        while len(self._open) < depth:
            self._open.append(_OpenTable())
        shown = text if text.isprintable() else text.translate(_SIGNS)
        lines = printed_lines(self._labelled(shown, properties))
        target = self._open[-1].content if self._open else self._items
        target.extend(lines)
        if not self._open:
            return
        if properties.ends_row:
            self._open[-1].end_row(properties.row)
        elif mark == CELL_END or properties.ends_cell:
            self._open[-1].end_cell()

    def _labelled(self, text: str, properties: ParagraphProperties) -> str:
        """The text behind the label that Word draws; a paragraph without text counts and stays blank."""
        style = self._styles.get(properties.style, _NO_NUMBERING)
        list_use = style.list_use if properties.list_use is None else properties.list_use
        if not list_use or properties.ends_row:
            return text
        level = style.list_level if properties.list_level is None else properties.list_level
        label = self._counters.label(str(list_use), level or 0)
        if not text.strip(PADDING + " \u3000"):
            return ""
        return f"{label} {text}" if label[-1:].isalnum() and text[:1].isalnum() else label + text

    def _close_tables(self, depth: int) -> None:
        while len(self._open) > depth:
            table = self._open.pop()
            if table.cells or table.content:
                table.end_row(None)
            target = self._open[-1].content if self._open else self._items
            target.append(_drawn(table.rows))


def _drawn(rows: list[_Row]) -> DrawnTable:
    """Lays rows out on one grid, whose lines are the edges of all their cells."""
    drawn = DrawnTable()
    lines = _grid_lines(rows)
    open_above: dict[int, DrawnCell] = {}
    for row in rows:
        cells: list[DrawnCell] = []
        still_open: dict[int, DrawnCell] = {}
        for number, (column, width) in enumerate(_places(row, lines)):
            begins = row.drawn.down.get(number) if row.drawn else None
            if row.drawn and number in row.drawn.across and cells:
                cells[-1].column_span += width
            elif begins is False and column in open_above:
                still_open[column] = open_above[column]
                still_open[column].row_span += 1
            else:
                cells.append(DrawnCell(row.cells[number], len(drawn.rows), column, 1, width, number + 1))
                if begins is not None:
                    still_open[column] = cells[-1]
        drawn.rows.append(cells)
        open_above = still_open
    return drawn


def _grid_lines(rows: list[_Row]) -> list[int]:
    """The edges of all cells from left to right, those that are nearly the same taken as one."""
    edges = sorted({edge for row in rows if row.drawn for edge in row.drawn.edges[: len(row.cells) + 1]})
    lines: list[int] = []
    for edge in edges:
        if not lines or edge - lines[-1] > SAME_EDGE:
            lines.append(edge)
    return lines


def _places(row: _Row, lines: list[int]) -> list[tuple[int, int]]:
    """Column and width of each cell; in order, one column each, where the file does not say how they are drawn."""
    if row.drawn is None or len(row.drawn.edges) <= len(row.cells):
        return [(column, 1) for column in range(len(row.cells))]
    places: list[tuple[int, int]] = []
    column = 0
    for left, right in zip(row.drawn.edges, row.drawn.edges[1 : len(row.cells) + 1], strict=False):
        column = max(column, _line(left, lines))
        width = max(_line(right, lines) - column, 1)
        places.append((column, width))
        column += width
    return places


def _line(edge: int, lines: list[int]) -> int:
    return bisect_right(lines, edge) - 1
