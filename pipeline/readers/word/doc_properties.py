"""A Word 97–2003 file flows in; the properties of its paragraphs, runs and table rows flow out.

After [MS-DOC]: properties are lists of operation and operand (`Prl`), kept in pages of 512 bytes that say for
which stretch of the stream each list holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from

from pipeline.readers.word.doc_text import Piece, WordFile

PAGE = 512
PARAGRAPH_ENTRY = 13
RUN_ENTRY = 1
OPERAND_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)
"""Bytes of an operand by the top three bits of its operation; 0 for those that state their size."""

IN_TABLE, ROW_END, INNER_CELL_END, INNER_ROW_END = 0x2416, 0x2417, 0x244B, 0x244C
TABLE_DEPTH, TABLE_DEEPER = 0x6649, 0x664A
ROW_DEFINITION, ROW_DEFINITION_OLD = 0xD608, 0xD606
MERGE_ACROSS, MERGE_DOWN = 0x5624, 0xD62B
LONG_LISTS = (0x6645, 0x6646)
TABS = 0xC615
LIST_LEVEL, LIST_USE = 0x260A, 0x460B
DELETED, HIDDEN, PLACE_BY_LINE = 0x0800, 0x083C, 0x2A48
OFF_THE_LINE = (1, 2)  # above and below it
QUICK_SAVED = {0x18: IN_TABLE, 0x19: ROW_END, 0x0C: LIST_LEVEL}
"""Operations that a quick save writes as one byte."""

OF_ROWS = frozenset({ROW_END, INNER_ROW_END, ROW_DEFINITION, ROW_DEFINITION_OLD, MERGE_ACROSS, MERGE_DOWN})
OF_PARAGRAPHS = frozenset({IN_TABLE, INNER_CELL_END, TABLE_DEPTH, TABLE_DEEPER, LIST_LEVEL, LIST_USE})
HEEDED = OF_ROWS | OF_PARAGRAPHS
VERTICAL, VERTICAL_FIRST = 0x20, 0x40
CELL_SIZE = 20


@dataclass(slots=True)
class RowDefinition:
    """How a table row is drawn: the edges of its cells in twips, and which cells continue another.

    Attributes:
        edges: The left edge of each cell, and the right edge of the last.
        across: Cells drawn as part of the one before.
        down: For cells merged downwards, whether it begins there (True) or continues (False), by number.
    """

    edges: tuple[int, ...]
    across: set[int] = field(default_factory=set)
    down: dict[int, bool] = field(default_factory=dict)


@dataclass(slots=True)
class ParagraphProperties:
    """What a paragraph's properties say of tables and lists.

    Attributes:
        style: The number of its style.
        depth: In how many tables it stands.
        ends_cell: Whether its end is the end of a cell in an inner table.
        ends_row: Whether it is no paragraph but the end of a row.
        row: How that row is drawn; None where the file does not say.
        list_use: The number of its use of a list, 0 for none, None where the style decides.
        list_level: The level in that list, None where the style decides.
    """

    style: int = 0
    depth: int = 0
    ends_cell: bool = False
    ends_row: bool = False
    row: RowDefinition | None = None
    list_use: int | None = None
    list_level: int | None = None


class PropertyPages:
    """Finds the property list that holds at a place of the stream."""

    def __init__(self, file: WordFile, name: str, entry_size: int) -> None:
        self._main = file.main
        self._starts: list[int] = []
        self._entries: list[int] = []
        """For each stretch, where its list stands in the stream; 0 for none."""
        pages = file.part(name)
        count = max((len(pages) - 4) // 8, 0)
        for number in unpack_from(f"<{count}I", pages, 4 * (count + 1)) if count else ():
            self._add_page((number & 0x3F_FFFF) * PAGE, entry_size)

    def _add_page(self, page: int, entry_size: int) -> None:
        if page + PAGE > len(self._main):
            return
        count = self._main[page + PAGE - 1]
        entries = page + 4 * (count + 1)
        if entries + count * entry_size > page + PAGE:
            return
        self._starts.extend(unpack_from(f"<{count}I", self._main, page))
        for number in range(count):
            place = self._main[entries + number * entry_size]
            self._entries.append(page + 2 * place if place else 0)

    def at(self, offset: int) -> int:
        """Where the list for a place in the stream stands; 0 for none."""
        number = bisect_right(self._starts, offset) - 1
        return self._entries[number] if number >= 0 else 0

    def stretches(self) -> Iterator[tuple[int, int]]:
        """The start of each stretch with its list's place."""
        return zip(self._starts, self._entries, strict=True)


class Paragraphs:
    """Gives the properties of paragraphs by where their end is stored."""

    def __init__(self, file: WordFile) -> None:
        self._file = file
        self._pages = PropertyPages(file, "paragraphs", PARAGRAPH_ENTRY)
        self._known: dict[tuple[int, int], ParagraphProperties] = {}
        self._by_content: dict[tuple[bytes, int], ParagraphProperties] = {}
        """The same by what the list says: programs repeat a few lists for hundreds of paragraphs."""

    def ending_at(self, character: int) -> ParagraphProperties:
        """The properties of the paragraph that ends with a character of the text."""
        offset, piece = self._file.stored_at(character)
        key = (self._pages.at(offset), piece.changes)
        if key not in self._known:
            self._known[key] = self._read(key[0], piece)
        return self._known[key]

    def _read(self, place: int, piece: Piece) -> ParagraphProperties:
        stated = self._stated(place) if place else b""
        key = (stated, piece.changes)
        if key not in self._by_content:
            found = ParagraphProperties()
            if len(stated) > 1:
                (found.style,) = unpack_from("<H", stated)
                self._apply(stated[2:], found)
            self._apply_quick_save(piece.changes, found)
            self._by_content[key] = found
        return self._by_content[key]

    def _stated(self, place: int) -> bytes:
        """The number of a style and a list of properties behind it."""
        # The size counts words: of the whole, or, where its first byte is zero, of what follows the second.
        main, size = self._file.main, self._file.main[place]
        if size:
            return main[place + 1 : place + 2 * size]
        return main[place + 2 : place + 2 + 2 * main[place + 1]]

    def _apply_quick_save(self, changes: int, found: ParagraphProperties) -> None:
        if changes & 1:
            number = changes >> 1
            if number < len(self._file.quick_saves):
                self._apply(self._file.quick_saves[number], found)
        elif (operation := QUICK_SAVED.get(changes >> 1 & 0x7F)) is not None:
            _set(found, operation, bytes([changes >> 8]))

    def _apply(self, properties: bytes, found: ParagraphProperties) -> None:
        for operation, operand in operations(properties):
            if operation in LONG_LISTS:
                for long_operation, long_operand in operations(self._long_list(operand)):
                    _set(found, long_operation, long_operand)
            elif operation in HEEDED:
                _set(found, operation, operand)

    def _long_list(self, operand: bytes) -> bytes:
        """A list too long for its page, which stands in the `Data` stream."""
        (offset,) = unpack_from("<I", operand)
        if offset + 2 > len(self._file.extra):
            return b""
        (size,) = unpack_from("<H", self._file.extra, offset)
        return self._file.extra[offset + 2 : offset + 2 + size]


def _set(found: ParagraphProperties, operation: int, operand: bytes) -> None:
    if operation == IN_TABLE:
        found.depth = max(found.depth, 1) if operand[0] else 0
    elif operation == TABLE_DEPTH:
        (found.depth,) = unpack_from("<i", operand)
    elif operation == TABLE_DEEPER:
        found.depth += unpack_from("<i", operand)[0]
    elif operation in (ROW_END, INNER_ROW_END):
        found.ends_row = bool(operand[0])
    elif operation == INNER_CELL_END:
        found.ends_cell = bool(operand[0])
    elif operation == LIST_USE:
        (found.list_use,) = unpack_from("<H", operand)
    elif operation == LIST_LEVEL:
        found.list_level = operand[0]
    elif operation in (ROW_DEFINITION, ROW_DEFINITION_OLD):
        found.row = _row_definition(operand)
    elif found.row is not None:
        _set_merge(found.row, operation, operand)


def _set_merge(row: RowDefinition, operation: int, operand: bytes) -> None:
    if operation == MERGE_ACROSS:
        row.across.update(range(operand[0] + 1, operand[1]))
    elif operation == MERGE_DOWN and len(operand) >= 2:
        row.down.pop(operand[0], None)
        if operand[1]:
            row.down[operand[0]] = operand[1] == 3


def _row_definition(operand: bytes) -> RowDefinition:
    count = operand[0]
    edges = unpack_from(f"<{count + 1}h", operand, 1)
    row = RowDefinition(edges)
    cells = operand[1 + 2 * (count + 1) :]
    first_value = 0
    # A row may define fewer cells than it has: the rest are not merged.
    for number in range(min(count, len(cells) // CELL_SIZE)):
        (flags,) = unpack_from("<H", cells, number * CELL_SIZE)
        # Writers disagree which of 1 and 2 begins a merge across; whichever comes first in the row does.
        across = flags & 3
        first_value = first_value or across
        if across not in (0, 3, first_value):
            row.across.add(number)
        if flags & VERTICAL:
            row.down[number] = bool(flags & VERTICAL_FIRST)
    return row


def operations(properties: bytes) -> Iterator[tuple[int, bytes]]:
    """The operations of a property list with their operands; what follows a broken one is left out."""
    place, end = 0, len(properties)
    while place + 2 < end:
        (operation,) = unpack_from("<H", properties, place)
        place += 2
        size = OPERAND_SIZES[operation >> 13]
        if operation in (ROW_DEFINITION, ROW_DEFINITION_OLD) and place + 2 <= end:
            size = unpack_from("<H", properties, place)[0] - 1
            place += 2
        elif not size:
            size = properties[place]
            place += 1
            if operation == TABS and size == 255:
                return
        operand = properties[place : place + size]
        if size <= 0 or len(operand) < size:
            return
        yield operation, operand
        place += size


@dataclass(frozen=True, slots=True)
class RunStretches:
    """Stretches of the stream whose characters are not plain: start and end of each.

    Attributes:
        unseen: Those that are hidden, or deleted by a tracked change.
        raised: Those that stand above or below the line, as the number of a note does.
    """

    unseen: list[tuple[int, int]]
    raised: list[tuple[int, int]]


def run_stretches(file: WordFile) -> RunStretches:
    """Where the runs stand that must not be read as plain text."""
    places = list(PropertyPages(file, "runs", RUN_ENTRY).stretches())
    found = RunStretches([], [])
    kinds: dict[int, str] = {0: ""}
    for number, (start, place) in enumerate(places[:-1]):
        if place not in kinds:
            kinds[place] = _kind_of_run(file.main[place + 1 : place + 1 + file.main[place]])
        if kinds[place]:
            stretches = found.unseen if kinds[place] == "unseen" else found.raised
            stretches.append((start, places[number + 1][0]))
    return found


def _kind_of_run(properties: bytes) -> str:
    if b"\x3c\x08" not in properties and b"\x00\x08" not in properties and b"\x48\x2a" not in properties:
        return ""
    stated = {operation: operand[0] for operation, operand in operations(properties)}
    if stated.get(HIDDEN) == 1 or stated.get(DELETED) == 1:
        return "unseen"
    return "raised" if stated.get(PLACE_BY_LINE) in OFF_THE_LINE else ""
