"""Pieces of lines flow in, a label's and the values behind it; rows gather, and lines that spell none stay prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from pipeline.document import Paragraph
from pipeline.matching.furniture import is_page_mark
from pipeline.matching.lexicon import Lexicon
from pipeline.matching.pieces import (
    LEAST_WIDTH,
    MOST_PIECES,
    OPENING,
    Piece,
    is_prose,
    is_row_label,
    known_labels,
    label_length,
    line_of,
    names_bands,
    names_column,
    names_row,
    segments,
    text_of,
    widths_of,
    words_of,
)
from pipeline.matching.rows import banded_widths, block_widths
from pipeline.matching.values import is_count_unit, is_value_text
from pipeline.matching.woven import woven_header

LONGEST_STRAY = 3  # digits of a number by itself that may be a page's
_PARTED = re.compile(r"\s*[-+−－＋]?[0-9０-９]+[,，][0-9０-９,，.．]*\s*")
LABEL_NUMBER = re.compile(r"\s*(?:[（(]?[一二三四五六七八九十]{1,2}[)）、.．]|[（(]?\d{1,2}[.．、)）])")


@dataclass(slots=True)
class SpelledRow:
    """A row being gathered: labels before its own, its own label's pieces, its values.

    `again` tells that its label is written twice, as programs write merged cells: its values' cells may be such, too.
    """

    parents: list[str]
    label: list[Piece]
    values: list[Piece]
    known: bool
    again: bool = False


@dataclass(slots=True)
class Run:
    """What a run of lines turns into, in order: rows of cells, and lines that stay prose.

    `adrift` tells that values stood right under a header: labels may follow their values, so none is trusted. `torn`
    tells that a piece of a number came last: the row behind it may hold the rest.
    """

    lexicon: Lexicon
    adrift: bool = False
    torn: bool = False
    out: list[SpelledRow | list[str] | Paragraph] = field(default_factory=list)
    open_table: bool = False
    rows: int = 0

    @property
    def last_row(self) -> SpelledRow | None:
        """The row gathered last, if nothing but rows came since."""
        last = self.out[-1] if self.out else None
        return last if isinstance(last, SpelledRow) else None


def close_row(run: Run, buffer: list[Piece], values: list[Piece]) -> None:
    """Ends a row: label lines and the values that followed them."""
    buffer = _continue_last(run, buffer)
    if not values:
        keep_prose(run, buffer)
        return
    if woven := woven_header(buffer, run.lexicon):
        keep_prose(run, buffer[: woven.start])
        _add_header(run, [(label, False) for label in woven.labels])
        buffer = buffer[woven.end :]
    taken = label_length(buffer, run.lexicon)
    if not taken and buffer and is_count_unit(buffer[-1].text):
        # What is counted may have a column of its own.
        taken = label_length(buffer[:-1], run.lexicon)
        buffer = buffer[:-1] if taken else buffer
    if taken:
        _add_row(run, buffer[:-taken], buffer[-taken:], values)
        return
    before, known = segments(buffer, run.lexicon)
    if names_bands(known, run.lexicon):
        keep_prose(run, before)
        _add_header(run, known)
        kept = _without_page_marks(values, banded_widths())
        _append_row(run, SpelledRow([], [], kept, known=True))
    elif buffer[: len(before)] == before and _is_first_row(known, values, run.lexicon):
        keep_prose(run, before)
        _add_header(run, known)
        run.adrift = True
        _append_row(run, SpelledRow([], [], values, known=False))
    elif is_prose(buffer):
        keep_prose(run, buffer + values)
    elif head := _header_length(buffer, run.lexicon, 1 if run.open_table else 2):
        before, known = segments(buffer[:head], run.lexicon)
        strangers = _strangers(buffer[:head], before, run.lexicon)
        keep_prose(run, [piece for piece in before if piece not in strangers])
        _add_header(run, _with_strangers(known, strangers, run.lexicon))
        _add_unknown(run, buffer[head:], values)
    elif run.open_table or (buffer and _is_whole_row(values)):
        _add_unknown(run, buffer, values)
    else:
        keep_prose(run, buffer + values)


def _is_whole_row(values: Sequence[Piece]) -> bool:
    """Whether values are as many as the columns of a block that is so wide that no prose ends in as many."""
    return len(values) > LEAST_WIDTH and len(values) in block_widths().values()


def _header_length(buffer: Sequence[Piece], lexicon: Lexicon, least: int) -> int:
    """How many pieces a header has behind which a label stands; 0 where fewer than some columns are named."""
    ends = [
        end
        for start, end in known_labels(buffer, lexicon)
        if names_column(text_of(buffer[start:end]), lexicon)
    ]
    return ends[-1] if len(ends) >= least and ends[-1] < len(buffer) else 0


def _is_first_row(known: Sequence[tuple[str, bool]], values: Sequence[Piece], lexicon: Lexicon) -> bool:
    """Whether values stand right under a header, as many as it has columns, and are no numbering of these."""
    blocks = Counter(
        (m.variant, m.table, m.block) for text, _ in known for m in lexicon.lookup(text) if m.axis == "column"
    )
    numbering = [str(place) for place in range(1, len(values) + 1)]
    return (
        len(values) > 1
        and [value.text for value in values] != numbering
        and any(count == len(values) == block_widths().get(block) for block, count in blocks.items())
    )


def _add_header(run: Run, known: Sequence[tuple[str, bool]]) -> None:
    """Keeps labels over columns, and each row without values that stands before or among them as a row."""
    for is_row, group in groupby(known, key=lambda label: names_row(label[0], run.lexicon)):
        texts = [text for text, _ in group]
        if is_row:
            run.out += [[text] for text in texts]
        else:
            run.out.append(texts)
            run.adrift = False


def _continue_last(run: Run, buffer: list[Piece]) -> list[Piece]:
    """Gives the last row the end of its label, where that was printed after its values; returns the rest."""
    last = run.last_row
    if last is None or not last.label:
        return buffer
    begun = last.label[-1].text.endswith(OPENING)  # the bracket before a number
    numbered = next(
        (n for n, piece in enumerate(buffer[begun:], begun) if LABEL_NUMBER.match(piece.text)), len(buffer)
    )
    for count in range(min(MOST_PIECES, numbered), 0, -1):
        whole = last.label + buffer[:count]
        if is_row_label(whole, run.lexicon) and (begun or not is_row_label(buffer[:count], run.lexicon)):
            last.label = whole
            run.rows += not last.known
            last.known = True
            return buffer[count:]
    return buffer if last.known else _with_rest(last, buffer)


def _with_rest(last: SpelledRow, buffer: list[Piece]) -> list[Piece]:
    """Gives an unknown row what follows its values before the next number of a label; returns what is left.

    Else the end of one misprinted label and the beginning of the next would be a label together.
    """
    numbered = next((n for n, piece in enumerate(buffer) if LABEL_NUMBER.match(piece.text)), 0)
    if numbered and LABEL_NUMBER.match(text_of(last.label)) and numbered <= MOST_PIECES:
        last.label = last.label + buffer[:numbered]
        return buffer[numbered:]
    return buffer


def _add_row(run: Run, before: Sequence[Piece], label: list[Piece], values: list[Piece]) -> None:
    unknown, known = segments(before, run.lexicon)
    strangers = _strangers(before, unknown, run.lexicon)
    keep_prose(run, [piece for piece in unknown if piece not in strangers])
    # The labels above columns stand among these; those above the row stand behind.
    end = max((place for place, (_, parent) in enumerate(known, 1) if not parent), default=0)
    _add_header(run, _with_strangers(known[:end], strangers, run.lexicon))
    kept = _without_page_marks(values, widths_of(text_of(label), run.lexicon))
    parents = [text for text, _ in known[end:]]
    is_again = text_of(before[-len(label) :]) == text_of(label)
    row = SpelledRow(parents, label, kept, known=True, again=is_again)
    _append_row(run, untold(row) if run.adrift else row)
    run.rows += 1


def _strangers(before: Sequence[Piece], unknown: Sequence[Piece], lexicon: Lexicon) -> list[Piece]:
    """Words of none of the form's labels between those over columns, behind or beside them: they head one, too."""
    known = known_labels(before, lexicon)
    heads = [(start, end) for start, end in known if names_column(text_of(before[start:end]), lexicon)]
    lines = {line_of(piece) for start, end in heads for piece in before[start:end]}
    behind = {id(piece) for piece in before[heads[0][0] :]} if heads else set[int]()
    return [piece for piece in unknown if line_of(piece) in lines or id(piece) in behind]


def _with_strangers(
    known: Sequence[tuple[str, bool]], strangers: Sequence[Piece], lexicon: Lexicon
) -> list[tuple[str, bool]]:
    """The labels with the strangers among them, behind the last that heads a column: a row's label ends the header."""
    heads = max(
        (n for n, (text, _) in enumerate(known, 1) if names_column(text, lexicon)), default=len(known)
    )
    return [*known[:heads], *((piece.text, False) for piece in strangers), *known[heads:]]


def _append_row(run: Run, row: SpelledRow) -> None:
    run.out.append(untold(row) if run.torn else row)
    run.open_table, run.torn = True, False


def is_torn(text: str) -> bool:
    """Whether a line is a piece of a number that was broken over lines: digits with a comma where no number has one."""
    return bool(_PARTED.fullmatch(text)) and not is_value_text(text)


def is_a_row_a_line(run: Run, values: Sequence[Piece]) -> bool:
    """Whether the values that came last stand in one line, and not each on one of its own."""
    last = values or (run.last_row.values if run.last_row else [])
    return len(last) >= LEAST_WIDTH and len({id(value.source) for value in last}) == 1


def keep_torn(run: Run, piece: list[Piece]) -> None:
    """A piece of a number between two rows: either may hold the rest, so neither is told."""
    if run.last_row is not None:
        run.out[-1] = untold(run.last_row)
    run.torn = False
    _append_row(run, SpelledRow([], [], piece, known=False))
    run.torn = True


def untold(row: SpelledRow) -> SpelledRow:
    """A row without what would place its numbers."""
    return SpelledRow([], [], row.values, known=False)


def _add_unknown(run: Run, buffer: list[Piece], values: list[Piece]) -> None:
    """A row inside a table whose label is unknown: its numbers must not be lost."""
    unknown, known = segments(buffer, run.lexicon)
    numbered = [n for n, piece in enumerate(unknown) if LABEL_NUMBER.match(piece.text)]
    if len(numbered) > 1:
        run.out.append([text_of(unknown[: numbered[-1]])])
        unknown = unknown[numbered[-1] :]
    # A known row before it has no values of its own: what is behind an unknown label is none of its.
    rows = [n for n, (text, _) in enumerate(known, 1) if names_row(text, run.lexicon)]
    above = rows[-1] if rows else 0
    run.out += [[text] for text, _ in known[:above]]
    _append_row(run, SpelledRow([text for text, _ in known[above:]], unknown, values, known=False))


def _without_page_marks(values: list[Piece], widths: frozenset[int]) -> list[Piece]:
    """The values, without page numbers between signs where just the others are as many as the row has."""
    unmarked = [piece for piece in values if not is_page_mark(piece.source.text)]
    return unmarked if len(values) not in widths and len(unmarked) in widths else values


def keep_prose(run: Run, pieces: Sequence[Piece]) -> None:
    """Leaves lines as they were; each line once, also where only some of its pieces are prose."""
    for _, group in groupby(pieces, key=lambda piece: id(piece.source)):
        members = list(group)
        source = members[0].source
        whole = len(members) == len(words_of(source.text))
        run.out.append(source if whole else replace(source, text=" ".join(piece.text for piece in members)))
        run.open_table = run.open_table and not is_prose(members)
