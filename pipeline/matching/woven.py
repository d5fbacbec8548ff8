"""Lines of words flow in; out flows the header that some of them spell, where its cells are broken over lines.

Text out of a PDF has the lines of a page: pieces of cells that stand side by side, and their rest in the next line
(`社会公 法律服 其`, `益组织 务机构 他`). Each line must be pieces of labels of one block in the form's order, and all
lines together the labels of all its columns, each whole, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from pipeline.matching.lexicon import Lexicon, normalise
from pipeline.matching.pieces import Piece, line_of, text_of
from pipeline.templates import Block, Label, load_templates

MOST_LINES, MOST_PIECES = 40, 200
"""Lines of one header; pieces among which one is looked for."""
MOST_WAYS = 500
"""Ways to cut the lines into pieces that are followed; with more, nothing is told."""

_Begun = tuple[str, ...]
"""What was read of each label."""


class _Label(NamedTuple):
    """The spellings of a label over columns, and whether it is a column's own."""

    spellings: tuple[str, ...]
    is_column: bool


class Woven(NamedTuple):
    """A header among pieces: where it begins and ends, and its labels in the form's order."""

    start: int
    end: int
    labels: tuple[str, ...]


def woven_header(pieces: Sequence[Piece], lexicon: Lexicon) -> Woven | None:
    """The header that lines spell across; None where there is none, or one of money that names its unit."""
    lines = [list(group) for _, group in groupby(pieces, key=line_of)]
    are_beside = max(map(len, lines), default=0) > 1 and len(lines) < len(pieces) <= MOST_PIECES
    if not are_beside or any("元" in piece.text for piece in pieces):
        return None
    letters = normalise(text_of(pieces))
    for labels in _headers(lexicon):
        needed = "".join(label.spellings[0] for label in labels if label.is_column)
        if len(needed) > len(letters) or not {*needed} <= {*letters}:
            continue
        for first in range(len(lines)):
            if found := _read(lines[first : first + MOST_LINES], labels):
                count, texts = found
                start = sum(map(len, lines[:first]))
                return Woven(start, start + sum(map(len, lines[first : first + count])), texts)
    return None


@cache
def _headers(lexicon: Lexicon) -> tuple[tuple[_Label, ...], ...]:
    """The labels over the columns of blocks without bands, from left to right, a label before those under it."""
    blocks = (block for t in load_templates().values() for blocks in t.tables.values() for block in blocks)
    wide = (block for block in blocks if len(block.columns) > 1 and not block.banded)
    return tuple(dict.fromkeys(tuple(_labels(block, lexicon)) for block in wide))


def _labels(block: Block, lexicon: Lexicon) -> Iterator[_Label]:
    columns = {column.path[-1]: column for column in block.columns}
    for text in dict.fromkeys((*block.other_labels, *(part for c in block.columns for part in c.path))):
        column = columns.get(text)
        yield _Label(_spellings(column, block, lexicon) if column else (normalise(text),), bool(column))


def _spellings(column: Label, block: Block, lexicon: Lexicon) -> tuple[str, ...]:
    """How a column's label is written, as the form has it first."""
    own = normalise(column.path[-1])
    named = (block.table, block.name, "column", column.key)
    found = (
        s for s, ms in lexicon.meanings.items() if any((m.table, m.block, m.axis, m.key) == named for m in ms)
    )
    return tuple(dict.fromkeys((own, *found)))


def _read(lines: Sequence[Sequence[Piece]], labels: Sequence[_Label]) -> tuple[int, _Begun] | None:
    """How many lines are the header, and its labels; None where the first lines are none."""
    ways: set[_Begun] = {("",) * len(labels)}
    found = None
    for count, line in enumerate(lines, 1):
        text = normalise(text_of(line))
        ways = {after for way in ways for after in _after(text, 0, way, labels)}
        if not ways or len(ways) > MOST_WAYS:
            break
        whole = max((way for way in ways if _is_whole(way, labels)), default=None)
        found = (count, tuple(filter(None, whole))) if whole else found
    return found


def _after(text: str, first: int, begun: _Begun, labels: Sequence[_Label]) -> Iterator[_Begun]:
    """What is read of the labels behind a line that goes on with some of them, in their order."""
    if not text:
        yield begun
        return
    for place in range(first, len(labels)):
        for end in range(1, len(text) + 1):
            read = begun[place] + text[:end]
            if not any(spelling.startswith(read) for spelling in labels[place].spellings):
                break
            yield from _after(text[end:], place + 1, (*begun[:place], read, *begun[place + 1 :]), labels)


def _is_whole(begun: _Begun, labels: Sequence[_Label]) -> bool:
    """Whether each column's label is read to its end, and of the others those that were begun."""
    pairs = zip(begun, labels, strict=True)
    return all(read in label.spellings or not (read or label.is_column) for read, label in pairs)
