"""Property lists of Word 97–2003 files, as the format's description has them."""

from __future__ import annotations

import struct

import pytest

from pipeline.readers.word.doc_properties import (
    DELETED,
    HIDDEN,
    IN_TABLE,
    INNER_CELL_END,
    LIST_USE,
    MERGE_ACROSS,
    MERGE_DOWN,
    PLACE_BY_LINE,
    ROW_DEFINITION,
    ROW_END,
    TABLE_DEPTH,
    ParagraphProperties,
    Paragraphs,
    operations,
    run_stretches,
)
from pipeline.readers.word.doc_text import FIRST_POINTER, POINTERS, Piece, WordFile

PAGE = 512


def operation(code: int, operand: bytes) -> bytes:
    if code == ROW_DEFINITION:
        return struct.pack("<HH", code, len(operand) + 1) + operand
    size = bytes([len(operand)]) if code >> 13 == 6 else b""
    return struct.pack("<H", code) + size + operand


def row(edges: list[int], *flags: int) -> bytes:
    cells = b"".join(struct.pack("<H18x", flag) for flag in flags)
    return operation(ROW_DEFINITION, struct.pack(f"<B{len(edges)}h", len(edges) - 1, *edges) + cells)


def page(bounds: list[int], lists: list[bytes], entry_size: int) -> bytes:
    """A page of property lists, each for the stretch of the stream between two bounds."""
    stored = bytearray(PAGE)
    struct.pack_into(f"<{len(bounds)}I", stored, 0, *bounds)
    place = PAGE - 2
    for number, properties in enumerate(lists):
        place = (place - len(properties) - 2) // 2 * 2
        stored[place : place + len(properties)] = properties
        stored[4 * len(bounds) + number * entry_size] = place // 2
    stored[PAGE - 1] = len(lists)
    return bytes(stored)


def paragraph_list(properties: bytes, odd: bool = True) -> bytes:
    """A style number and a property list with its size, in either of the two ways of stating it."""
    body = struct.pack("<H", 3) + properties
    if odd:
        body += b"" if len(body) % 2 else b"\0"
        return bytes([(len(body) + 1) // 2]) + body
    body += b"\0" if len(body) % 2 else b""
    return bytes([0, len(body) // 2]) + body


def file_with(
    paragraphs: list[bytes],
    runs: tuple[bytes, ...] = (),
    extra: bytes = b"",
    changes: int = 0,
    saves: tuple[bytes, ...] = (),
) -> WordFile:
    """A file whose text is stored from byte 100, ten bytes for each property list."""
    bounds = [100 + 10 * number for number in range(max(len(paragraphs), len(runs)) + 1)]
    main = bytearray(PAGE * 2)
    main += page(bounds[: len(paragraphs) + 1], paragraphs, 13) + page(bounds[: len(runs) + 1], list(runs), 1)
    table = struct.pack("<3I", 100, 900, 2) + struct.pack("<3I", 100, 900, 3)
    struct.pack_into("<2I", main, FIRST_POINTER + 8 * POINTERS["paragraphs"], 0, 12)
    struct.pack_into("<2I", main, FIRST_POINTER + 8 * POINTERS["runs"], 12, 12)
    return WordFile(
        bytes(main), table, extra, "x" * 100, (Piece(0, 100, 1, changes),), saves, 100, (100, 100)
    )


def properties(*lists: bytes, at: int = 0, **others: object) -> ParagraphProperties:
    return Paragraphs(file_with([*lists], **others)).ending_at(at)  # type: ignore[arg-type]


def test_operations_state_their_size_in_four_ways() -> None:
    stated = [
        (IN_TABLE, b"\1"),
        (LIST_USE, b"\2\0"),
        (TABLE_DEPTH, b"\1\0\0\0"),
        (MERGE_DOWN, b"\0\3"),
        (ROW_DEFINITION, b"\1\0\0\5\0" + bytes(300)),
    ]
    stored = b"".join(operation(code, operand) for code, operand in stated)
    assert list(operations(stored)) == stated
    assert list(operations(stored[:-1])) == stated[:-1]
    assert list(operations(b"\x16")) == []


@pytest.mark.parametrize("odd", [True, False])
def test_a_paragraph_is_found_by_where_its_end_is_stored(odd: bool) -> None:
    plain = paragraph_list(operation(LIST_USE, b"\7\0"), odd)
    in_table = paragraph_list(operation(IN_TABLE, b"\1") + operation(ROW_END, b"\1"), odd)
    first, second = (properties(plain, in_table, at=place) for place in (9, 10))
    assert (first.style, first.depth, first.list_use, first.ends_row) == (3, 0, 7, False)
    assert (second.depth, second.list_use, second.ends_row) == (1, None, True)


def test_the_depth_of_tables_counts_from_either_statement() -> None:
    deep = operation(IN_TABLE, b"\1") + operation(TABLE_DEPTH, b"\2\0\0\0") + operation(INNER_CELL_END, b"\1")
    found = properties(paragraph_list(deep))
    assert (found.depth, found.ends_cell) == (2, True)


def test_a_list_too_long_for_its_page_stands_elsewhere() -> None:
    long = row([0, 500, 900], 0, 0)
    pointer = operation(0x6646, struct.pack("<I", 4))
    found = properties(paragraph_list(pointer), extra=b"\0" * 4 + struct.pack("<H", len(long)) + long)
    assert found.row is not None
    assert found.row.edges == (0, 500, 900)
    assert properties(paragraph_list(pointer)).row is None


@pytest.mark.parametrize("flags", [(1, 2, 2, 0, 1, 2), (2, 1, 1, 0, 2, 1), (3, 1, 1, 0, 3, 1)])
def test_merges_across_are_told_whichever_way_they_are_written(flags: tuple[int, ...]) -> None:
    found = properties(paragraph_list(row([0, 1, 2, 3, 4, 5, 6], *flags))).row
    assert found is not None
    assert found.across == {1, 2, 5}


def test_merges_downwards_begin_and_continue() -> None:
    found = properties(paragraph_list(row([0, 1, 2, 3], 0x60, 0x20, 0))).row
    assert found is not None
    assert found.down == {0: True, 1: False}


def test_later_operations_change_a_row() -> None:
    changed = row([0, 1, 2, 3], 0x20, 0, 0) + operation(MERGE_DOWN, b"\0\0") + operation(MERGE_DOWN, b"\2\3")
    found = properties(paragraph_list(changed + operation(MERGE_ACROSS, b"\0\2"))).row
    assert found is not None
    assert (found.down, found.across) == ({2: True}, {1})


def test_quick_saves_change_paragraphs() -> None:
    saved = operation(IN_TABLE, b"\1")
    assert properties(paragraph_list(b""), changes=1, saves=(saved,)).depth == 1
    assert properties(paragraph_list(b""), changes=0x18 << 1 | 1 << 8).depth == 1
    assert properties(paragraph_list(b""), changes=3, saves=(saved,)).depth == 0


def test_hidden_and_deleted_runs_are_unseen_and_notes_are_raised() -> None:
    runs = [operation(HIDDEN, b"\1"), operation(PLACE_BY_LINE, b"\1"), operation(DELETED, b"\1"), b""]
    runs += [operation(PLACE_BY_LINE, b"\2"), operation(PLACE_BY_LINE, b"\0")]
    stored = [bytes([len(run)]) + run for run in runs]
    found = run_stretches(file_with([], tuple(stored)))
    assert found.unseen == [(100, 110), (120, 130)]
    assert found.raised == [(110, 120), (140, 150)]
