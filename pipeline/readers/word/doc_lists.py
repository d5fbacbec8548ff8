"""A Word 97–2003 file flows in; its list definitions, and which styles number their paragraphs, flow out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from

from pipeline.readers.word.doc_properties import LIST_LEVEL, LIST_USE, operations
from pipeline.readers.word.doc_text import WordFile
from pipeline.readers.word.numbering import LEVELS, Level, ListDefinition

LIST_SIZE = 28
LIST_USE_SIZE = 16
LEVEL_SIZE = 28
PARAGRAPH_STYLE = 1
NUMBER_STYLES = {
    0: "decimal",
    1: "upperRoman",
    2: "lowerRoman",
    3: "upperLetter",
    4: "lowerLetter",
    10: "ideographDigital",
    11: "japaneseCounting",
    14: "decimalFullWidth",
    18: "decimalEnclosedCircle",
    19: "decimalFullWidth2",
    22: "decimalZero",
    23: "bullet",
    26: "decimalEnclosedFullstop",
    27: "decimalEnclosedParen",
    28: "decimalEnclosedCircleChinese",
    29: "ideographEnclosedCircle",
    30: "ideographTraditional",
    31: "ideographZodiac",
    33: "taiwaneseCounting",
    34: "ideographLegalTraditional",
    35: "taiwaneseCountingThousand",
    36: "taiwaneseDigital",
    37: "chineseCounting",
    38: "chineseLegalSimplified",
    39: "chineseCountingThousand",
    57: "numberInDash",
    255: "none",
}
"""The numbers of numbering styles ([MS-OSHARED] 2.2.1.3) by the names that DOCX gives them."""


@dataclass(frozen=True, slots=True)
class StyleNumbering:
    """What a paragraph style says of numbering; None where it says nothing."""

    list_use: int | None
    list_level: int | None


def read_lists(file: WordFile) -> dict[str, ListDefinition]:
    """The lists by the number that paragraphs name them with, from `1`."""
    uses = file.part("list_uses")
    if len(uses) < 4:
        return {}
    families = dict(_families(file))
    (count,) = unpack_from("<I", uses)
    place = 4 + count * LIST_USE_SIZE
    found: dict[str, ListDefinition] = {}
    for number in range(count):
        family, _, _, overrides = unpack_from("<iIIB", uses, 4 + number * LIST_USE_SIZE)
        levels = dict(families.get(family, {}))
        place, restarts = _overridden(uses, place + 4, overrides, levels)
        found[str(number + 1)] = ListDefinition(str(family), levels, restarts)
    return found


def _families(file: WordFile) -> Iterator[tuple[int, dict[int, Level]]]:
    offset, length = file.pointer("lists")
    if not length:
        return
    (count,) = unpack_from("<h", file.table, offset)
    place = offset + length
    for number in range(count):
        head = offset + 2 + number * LIST_SIZE
        (family,) = unpack_from("<i", file.table, head)
        depths = 1 if file.table[head + LIST_SIZE - 2] & 1 else LEVELS
        levels: dict[int, Level] = {}
        for depth in range(depths):
            levels[depth], place = _level(file.table, place)
        yield family, levels


def _level(stored: bytes, place: int) -> tuple[Level, int]:
    """A level, and where the next one stands."""
    start, style, flags = unpack_from("<iBB", stored, place)
    run_size, paragraph_size, restart = unpack_from("<BBB", stored, place + 24)
    text_place = place + LEVEL_SIZE + run_size + paragraph_size
    (length,) = unpack_from("<H", stored, text_place)
    end = text_place + 2 + 2 * length
    text = stored[text_place + 2 : end].decode("utf-16-le", errors="replace")
    worded = "".join(f"%{ord(sign) + 1}" if sign < "\t" else sign for sign in text)
    level = Level(
        start=start,
        style=NUMBER_STYLES.get(style, "decimal"),
        text=worded,
        restart_after=restart if flags & 8 else None,
        legal=bool(flags & 4),
    )
    return level, end


def _overridden(uses: bytes, place: int, count: int, levels: dict[int, Level]) -> tuple[int, dict[int, int]]:
    """Changes the levels as a use of a list asks; gives where the next use's changes stand, and its restarts."""
    restarts: dict[int, int] = {}
    for _ in range(count):
        start, flags = unpack_from("<iI", uses, place)
        place += 8
        depth = flags & 0xF
        if flags & 0x20:
            levels[depth], place = _level(uses, place)
        if flags & 0x10:
            restarts[depth] = levels[depth].start if flags & 0x20 else start
    return place, restarts


def read_style_numbering(file: WordFile) -> dict[int, StyleNumbering]:
    """How paragraph styles number, by the style's number, with what they inherit."""
    sheet = file.part("styles")
    if len(sheet) < 6:
        return {}
    head_size, count, base_size = unpack_from("<3H", sheet)
    own: dict[int, tuple[int, StyleNumbering]] = {}
    place = 2 + head_size
    for number in range(count):
        if place + 2 > len(sheet):
            break
        (size,) = unpack_from("<H", sheet, place)
        style = sheet[place + 2 : place + 2 + size]
        place += 2 + size
        if len(style) >= base_size and unpack_from("<H", style, 2)[0] & 0xF == PARAGRAPH_STYLE:
            own[number] = (unpack_from("<H", style, 2)[0] >> 4, _own_numbering(style, base_size))
    return {number: _inherited(number, own) for number in own}


def _own_numbering(style: bytes, base_size: int) -> StyleNumbering:
    (name_length,) = unpack_from("<H", style, base_size)
    place = base_size + 2 + 2 * name_length + 2
    (size,) = unpack_from("<H", style, place)
    stated = dict(operations(style[place + 4 : place + 2 + size]))
    list_use, level = stated.get(LIST_USE), stated.get(LIST_LEVEL)
    return StyleNumbering(
        None if list_use is None else unpack_from("<H", list_use)[0], None if level is None else level[0]
    )


def _inherited(number: int, own: dict[int, tuple[int, StyleNumbering]]) -> StyleNumbering:
    list_use: int | None = None
    level: int | None = None
    for _ in range(len(own)):
        if number not in own:
            break
        number, stated = own[number]
        list_use = stated.list_use if list_use is None else list_use
        level = stated.list_level if level is None else level
    return StyleNumbering(list_use, level)
