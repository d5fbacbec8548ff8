"""The streams of a Word 97–2003 file flow in; its text, and where each character is stored, flow out.

After [MS-DOC]: the file information block (FIB) points to the piece table (CLX), which says for each run of
characters where in the stream it is stored and in how many bytes a character.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import unpack_from

from pipeline.document import UnreadableDocumentError
from pipeline.readers.sniff import DOC

TEXT_LIMIT = 20_000_000
WORD_97 = 0xA5EC
WORD_95 = 0xA5DC
ENCRYPTED = 0x0100
SECOND_TABLE_STREAM = 0x0200
FIRST_POINTER = 154
"""Where the pairs of offset and length (`FibRgFcLcb97`) begin; the numbers below count them from 0."""
POINTERS = {
    "styles": 1,
    "runs": 12,
    "paragraphs": 13,
    "pieces": 33,
    "anchors": 40,
    "boxes": 56,
    "lists": 73,
    "list_uses": 74,
}
LENGTHS = 76
"""Where the lengths of the main text and of the stories behind it begin."""
COMPRESSED = 0x4000_0000
PADDING = "\u200b"
"""Stands where a byte is no character of its own, so that positions stay those of the file."""

_ALL_BUT_ASCII = re.compile(r"[^\x00-\x7f]")
_CHINESE = re.compile("(?<=[\u4e00-\u9fff])[\u4e00-\u9fff]")
_DOUBLE_BYTES = re.compile(rb"(?:[\x81-\xfe][\x40-\x7e\x80-\xfe]){2,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters stored in one place.

    Attributes:
        first: The number of its first character in the whole text.
        offset: Where that character stands in the `WordDocument` stream.
        width: Bytes a character: 1 or 2.
        changes: What a quick save says of its paragraphs, as the file stores it (`Prm`); 0 for nothing.
    """

    first: int
    offset: int
    width: int
    changes: int


@dataclass(frozen=True, slots=True)
class WordFile:
    """The parts of a file that its text is read from.

    Attributes:
        main: The `WordDocument` stream.
        table: The table stream that the FIB names.
        extra: The `Data` stream: property lists too long for their page; empty where there is none.
        text: All characters: the main text and the stories behind it.
        pieces: Where they are stored, in order.
        quick_saves: The property lists that quick saves left, by their number.
        main_length: Characters of the main text.
        boxes: The first character of the text boxes' story and the one after its last.
    """

    main: bytes
    table: bytes
    extra: bytes
    text: str
    pieces: tuple[Piece, ...]
    quick_saves: tuple[bytes, ...]
    main_length: int
    boxes: tuple[int, int]

    def stored_at(self, character: int) -> tuple[int, Piece]:
        """Where a character stands in the `WordDocument` stream, and the piece it belongs to."""
        piece = self.pieces[bisect_right(self.pieces, character, key=_first) - 1]
        return piece.offset + (character - piece.first) * piece.width, piece

    def part(self, name: str) -> bytes:
        """A part of the table stream that the FIB points to."""
        offset, length = self.pointer(name)
        return self.table[offset : offset + length]

    def pointer(self, name: str) -> tuple[int, int]:
        """Offset and length of such a part."""
        return _pointer(self.main, name)


def open_word_file(data: bytes) -> WordFile:
    """Opens a Word 97–2003 file.

    Raises:
        UnreadableDocumentError: `encrypted`; `unsupported_type` for Word 95 and older; `damaged`.
    """
    streams = _streams(data)
    main = streams.get("worddocument", b"")
    flags = _checked_flags(main)
    table = streams.get("1table" if flags & SECOND_TABLE_STREAM else "0table")
    if table is None:
        raise UnreadableDocumentError("damaged", reason="the table stream is missing")
    quick_saves, piece_table = _piece_table(table, *_pointer(main, "pieces"))
    runs = list(piece_texts(main, piece_table))
    lengths = unpack_from("<8i", main, LENGTHS)
    first_box = sum(lengths[:6])
    text = "".join(text for _, text in runs)
    pieces = tuple(piece for piece, _ in runs)
    boxes = (first_box, first_box + lengths[6])
    return WordFile(main, table, streams.get("data", b""), text, pieces, quick_saves, lengths[0], boxes)


def _streams(data: bytes) -> dict[str, bytes]:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as storage:
            names = [entry[0] for entry in storage.listdir() if len(entry) == 1]
            wanted = [name for name in names if name.lower() in ("worddocument", "0table", "1table", "data")]
            if any(storage.get_size(name) > len(data) for name in wanted):
                raise UnreadableDocumentError("damaged", reason="a stream is said to be larger than the file")
            return {name.lower(): storage.openstream(name).read() for name in wanted}
    except (OSError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise UnreadableDocumentError("damaged", reason=str(error)) from None


def _checked_flags(main: bytes) -> int:
    if len(main) < FIRST_POINTER + 8 * (POINTERS["list_uses"] + 1):
        raise UnreadableDocumentError("damaged", reason="the WordDocument stream is too short")
    identity, _, _, _, _, flags = unpack_from("<6H", main)
    if identity == WORD_95:
        raise UnreadableDocumentError("unsupported_type", media_type=f"{DOC} (Word 95)")
    if identity != WORD_97:
        raise UnreadableDocumentError("damaged", reason="the WordDocument stream has no Word 97 header")
    if flags & ENCRYPTED:
        raise UnreadableDocumentError("encrypted")
    return int(flags)


def _pointer(main: bytes, name: str) -> tuple[int, int]:
    offset, length = unpack_from("<2I", main, FIRST_POINTER + 8 * POINTERS[name])
    return offset, length


def _piece_table(table: bytes, offset: int, length: int) -> tuple[tuple[bytes, ...], bytes]:
    """The property lists of quick saves, and the table of pieces behind them."""
    quick_saves: list[bytes] = []
    end = min(offset + length, len(table))
    while offset < end:
        if table[offset] == 1:
            (size,) = unpack_from("<H", table, offset + 1)
            quick_saves.append(table[offset + 3 : offset + 3 + size])
            offset += 3 + size
        elif table[offset] == 2:
            (size,) = unpack_from("<I", table, offset + 1)
            return tuple(quick_saves), table[offset + 5 : offset + 5 + size]
        else:
            break
    raise UnreadableDocumentError("damaged", reason="the piece table is missing")


@dataclass(frozen=True, slots=True)
class _Stored:
    """A piece and its bytes."""

    piece: Piece
    raw: bytes


def piece_texts(main: bytes, piece_table: bytes) -> Iterator[tuple[Piece, str]]:
    """The pieces of a file in order, each with its text: as many characters as the file counts.

    Args:
        main: The `WordDocument` stream.
        piece_table: The table of pieces (`PlcPcd`).
    """
    stored = list(_stored(main, piece_table))
    is_chinese = _is_chinese([run.raw for run in stored if run.piece.width == 1])
    for run in stored:
        if run.piece.width == 2:
            yield run.piece, _wide_text(run.raw)
        else:
            yield run.piece, _in_place(run.raw.decode("gbk")) if is_chinese else _narrow_text(run.raw)


def _stored(main: bytes, piece_table: bytes) -> Iterator[_Stored]:
    count = (len(piece_table) - 4) // 12
    bounds = unpack_from(f"<{count + 1}I", piece_table)
    if bounds[-1] > TEXT_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"{bounds[-1]} characters")
    for number in range(count):
        first, length = bounds[number], bounds[number + 1] - bounds[number]
        _, place, changes = unpack_from("<HIH", piece_table, 4 * (count + 1) + 8 * number)
        width = 1 if place & COMPRESSED else 2
        offset = (place & ~COMPRESSED) // 2 if width == 1 else place
        raw = main[offset : offset + length * width]
        if length < 0 or len(raw) < length * width:
            raise UnreadableDocumentError("damaged", reason="the text is cut short")
        yield _Stored(Piece(first, offset, width, changes), raw)


def _is_chinese(runs: Sequence[bytes]) -> bool:
    """Whether characters of one byte are Chinese ones of two throughout: all can be, and most stand in runs of them."""
    if not any(_DOUBLE_BYTES.search(raw) for raw in runs):
        return False
    try:
        read = [raw.decode("gbk") for raw in runs]
    except UnicodeDecodeError:
        return False
    foreign = sum(len(_ALL_BUT_ASCII.findall(text)) for text in read)
    return 2 * sum(len(_CHINESE.findall(text)) for text in read) > foreign


def _wide_text(raw: bytes) -> str:
    text = raw.decode("utf-16-le", errors="replace")
    # A character outside of the basic plane counts as two in the file and as one here.
    return re.sub("[\U00010000-\U0010ffff]", lambda match: match[0] + PADDING, text)


def _narrow_text(raw: bytes) -> str:
    """Characters of one byte; Chinese ones of two bytes, which some programs put here, are told by their runs."""
    double = _DOUBLE_BYTES.search(raw)
    if double is None:
        return _western(raw)
    text, end = "", 0
    for match in _DOUBLE_BYTES.finditer(raw):
        text += _western(raw[end : match.start()]) + _chinese(match[0])
        end = match.end()
    return text + _western(raw[end:])


def _chinese(raw: bytes) -> str:
    try:
        read = raw.decode("gbk")
    except UnicodeDecodeError:
        return _western(raw)
    all_chinese = all("\u3000" <= character <= "\u9fff" or character >= "\uff00" for character in read)
    return _in_place(read) if all_chinese else _western(raw)


def _in_place(read: str) -> str:
    """Text of characters of one byte and two, each where the file stores it."""
    return _ALL_BUT_ASCII.sub(lambda match: match[0] + PADDING, read)


def _western(raw: bytes) -> str:
    # The five bytes that the code page leaves open come through as control characters.
    return "".join(map(_WESTERN.__getitem__, raw)) if not raw.isascii() else raw.decode("ascii")


def _western_character(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_WESTERN = tuple(map(_western_character, range(256)))


def _first(piece: Piece) -> int:
    return piece.first
