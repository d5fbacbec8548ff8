"""Bare lines flow in; out flow their pieces (words, values at their end), and which labels of the form pieces spell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.document import Paragraph
from pipeline.matching.lexicon import Lexicon, is_foreign
from pipeline.matching.rows import block_widths
from pipeline.matching.values import is_value_text

LONGEST_PIECE = 60  # characters of a line that may be part of a label; longer lines are prose
MOST_PIECES = 14  # lines over which one label may be wrapped
LEAST_ROWS = 3  # rows of the form that a run of lines must spell to be taken for tables
PROSE_MARKS = "。；;"
OPENING = ("（", "(", "【", "[")
LEAST_WIDTH = 3  # values in one line that can be told from a number and a stray beside it
_PLUS_APART = re.compile(r"[+＋][ \u00a0]+(?=\d)")
_WORD = re.compile(r"[+＋][ \u00a0]+\d\S*|\S+")  # `-` before a number may be a cell itself


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one line: words, or one value."""

    text: str
    source: Paragraph


def split_line(paragraph: Paragraph, lexicon: Lexicon) -> tuple[list[Piece], list[Piece]]:
    """A line's words, a piece for each stretch between spaces or label, and the values at its end."""
    parts = words_of(paragraph.text)
    cut = len(parts)
    while cut and is_value_text(parts[cut - 1]):
        cut -= 1
    apart = lexicon.parted if cut < len(parts) else lexicon.heads_in
    labels = [label for part in parts[:cut] for label in apart(part)]
    return [Piece(label, paragraph) for label in labels], [Piece(part, paragraph) for part in parts[cut:]]


def words_of(text: str) -> list[str]:
    """The words of a line; a plus belongs to its number also where a space parts the two."""
    return _WORD.findall(text) if _PLUS_APART.search(text) else text.split()


def text_of(pieces: Iterable[Piece]) -> str:
    """What pieces spell together."""
    return "".join(piece.text for piece in pieces)


def line_of(piece: Piece) -> int:
    """The line that a piece stands in: its number where a reader parted it, else what the piece was read from."""
    return piece.source.locator.line or id(piece.source)


def is_prose(words: Sequence[Piece]) -> bool:
    """Whether words are of the running text: one is longer than any label, or bears a sentence's mark."""
    return any(len(w.text) > LONGEST_PIECE or any(mark in w.text for mark in PROSE_MARKS) for w in words)


def is_row_label(pieces: Sequence[Piece], lexicon: Lexicon) -> bool:
    """Whether pieces spell a row's label together."""
    return _is_label(pieces, lexicon) and any(m.axis == "row" for m in lexicon.lookup(text_of(pieces)))


def _is_label(pieces: Sequence[Piece], lexicon: Lexicon) -> bool:
    """Whether pieces spell a label; a bracket that opens begins the number of the next one."""
    if pieces[-1].text.endswith(OPENING) or any(is_foreign(piece.text) for piece in pieces):
        return False
    return bool(lexicon.lookup(text_of(pieces)))


def label_length(buffer: Sequence[Piece], lexicon: Lexicon) -> int:
    """How many of the last pieces spell a row label together: the most that do; 0 where none do."""
    lengths = range(min(len(buffer), MOST_PIECES), 0, -1)
    return next((n for n in lengths if is_row_label(buffer[-n:], lexicon)), 0)


def known_labels(buffer: Sequence[Piece], lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Where each known label among pieces begins and ends."""
    start = 0
    while start < len(buffer):
        reach = lexicon.reach([piece.text for piece in buffer[start : start + MOST_PIECES]])
        ends = range(start + reach, start, -1)
        end = next((e for e in ends if _is_label(buffer[start:e], lexicon)), None)
        if end is not None:
            yield start, end
        start = end or start + 1


def segments(buffer: Sequence[Piece], lexicon: Lexicon) -> tuple[list[Piece], list[tuple[str, bool]]]:
    """Cuts pieces into known labels: the pieces that belong to none, and each label with whether a parent."""
    places = list(known_labels(buffer, lexicon))
    within = {place for start, end in places for place in range(start, end)}
    texts = [text_of(buffer[start:end]) for start, end in places]
    known = [(text, all(m.axis == "parent" for m in lexicon.lookup(text))) for text in texts]
    return [piece for place, piece in enumerate(buffer) if place not in within], known


def names_row(text: str, lexicon: Lexicon) -> bool:
    """Whether a text names a row of a variant, and nothing else."""
    meanings = lexicon.lookup(text)
    return bool(meanings) and all(m.axis == "row" for m in meanings)


def names_column(text: str, lexicon: Lexicon) -> bool:
    """Whether a text names a column of a variant."""
    return any(m.axis == "column" for m in lexicon.lookup(text))


def names_bands(known: Sequence[tuple[str, bool]], lexicon: Lexicon) -> bool:
    """Whether more than one of some labels names a band."""
    return sum(any(m.axis == "band" for m in lexicon.lookup(text)) for text, _ in known) > 1


def widths_of(label: str, lexicon: Lexicon) -> frozenset[int]:
    """How many values a row with this label has, by the variants that know it."""
    wide = block_widths()
    return frozenset(
        wide[m.variant, m.table, m.block]
        for m in lexicon.lookup(label)
        if m.axis == "row" and (m.variant, m.table, m.block) in wide
    )
