"""Tables spelled by bare lines → grids, so that extraction meets every report in one shape.

Text copies with a cell a line, text out of a PDF with labels wrapped over lines, and tables without rules come
from their readers as paragraphs. Their rows are told by the form's labels: label lines, then values, in the
order of reading. Lines that spell no row stay paragraphs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from pipeline.document import Block, Cell, Document, Grid, Locator, Paragraph
from pipeline.matching.furniture import has_dashes, is_page_number, running_lines
from pipeline.matching.lexicon import Lexicon, load_lexicon
from pipeline.matching.marked import with_marked_grids
from pipeline.matching.pieces import (
    LEAST_ROWS,
    LEAST_WIDTH,
    Piece,
    is_prose,
    label_length,
    segments,
    split_line,
    text_of,
    widths_of,
)
from pipeline.matching.settled import settle
from pipeline.matching.spelled import (
    Run,
    SpelledRow,
    close_row,
    is_a_row_a_line,
    is_torn,
    keep_prose,
    keep_torn,
)
from pipeline.matching.values import is_value_text
from pipeline.narrative import is_heading

LEAST_LABEL = 4  # characters of each label of fewer rows, which must stand under a header of the form
NUMBER_POINTS = (".", "．", "、", ",", "，")  # what parts a label's number from its words
MOST_PARTS = 5_000  # words of a line that may hold several rows; a whole report has some fifteen hundred


def arrange(document: Document, lexicon: Lexicon | None = None) -> Document:
    """The document with every table that bare lines spell turned into a grid; else as it was."""
    lexicon = lexicon or load_lexicon()
    blocks: list[Block] = []
    running = running_lines(document.blocks, lexicon)
    marked = with_marked_grids(document.blocks, lexicon, running)
    for are_lines, group in groupby(marked, key=lambda block: isinstance(block, Paragraph)):
        members = list(group)
        blocks += _arrange_run(members, lexicon, len(blocks), running) if are_lines else members
    return replace(document, blocks=tuple(blocks))


def _arrange_run(
    blocks: Sequence[Block], lexicon: Lexicon, offset: int, running: frozenset[int]
) -> Sequence[Block]:
    run = Run(lexicon)
    buffer: list[Piece] = []
    values: list[Piece] = []
    for paragraph in _lines(blocks, lexicon):
        words, numbers = split_line(paragraph, lexicon)
        if is_page_number(paragraph.text) and not (
            has_dashes(paragraph.text) and _wants(buffer, values, len(numbers), lexicon)
        ):
            continue  # it stands between the halves of a row
        if id(paragraph) in running and (run.open_table or buffer or values):
            continue
        if is_torn(paragraph.text) and is_a_row_a_line(run, values):
            close_row(run, buffer if values else [], values)
            keep_torn(run, words)
            buffer, values = [] if values else buffer, []
            continue
        if is_heading(paragraph.text):
            close_row(run, buffer, values)
            keep_prose(run, words + numbers)
            run.open_table, buffer, values = False, [], []
            continue
        if values and words:
            number = [values.pop()] if _is_cut_number(values[-1], words[0]) else []
            close_row(run, buffer, values)
            buffer, values = number, []
        buffer += words
        if is_prose(words):
            keep_prose(run, buffer)
            buffer = []
        values += numbers
    close_row(run, buffer, values)
    settle(run, blocks)
    return list(_blocks(run, offset)) if run.rows >= LEAST_ROWS or _is_short_table(run) else blocks


def _lines(blocks: Iterable[Block], lexicon: Lexicon) -> Iterator[Paragraph]:
    """The lines of a run, those in which several rows stand one behind the other cut into these."""
    for block in blocks:
        assert isinstance(block, Paragraph)
        lines = _rows_in_line(block)
        pieces = [split_line(line, lexicon) for line in lines] if len(lines) > 1 else []
        rows = sum(bool(values and label_length(words, lexicon)) for words, values in pieces)
        strange = max((len(segments(words, lexicon)[0]) for words, _ in pieces), default=0)
        is_table = rows >= LEAST_ROWS or (rows and strange <= 1)
        yield from lines if is_table else [block]


def _rows_in_line(paragraph: Paragraph) -> list[Paragraph]:
    """A line cut behind each of its values that words follow."""
    parts = paragraph.text.split()
    if not LEAST_WIDTH < len(parts) <= MOST_PARTS:
        return [paragraph]
    are_values = [is_value_text(part) for part in parts]
    ends = [n for n, (left, right) in enumerate(pairwise(are_values), 1) if left and not right]
    cuts = pairwise([0, *ends, len(parts)])
    return [replace(paragraph, text=" ".join(parts[start:end])) for start, end in cuts]


def _is_short_table(run: Run) -> bool:
    """Whether a run spells a block of few rows and its header: then its numbers are placed, or left over, not lost."""
    rows = [item for item in run.out if isinstance(item, SpelledRow)]
    is_plain = all(row.known and len(text_of(row.label)) >= LEAST_LABEL for row in rows)
    return bool(rows) and is_plain and any(isinstance(item, list) for item in run.out)


def _is_cut_number(last: Piece, word: Piece) -> bool:
    """Whether a line that reads as a value is the number of the label in the next line, which begins with its point."""
    return (
        word.text.startswith(NUMBER_POINTS)
        and last.text.isdecimal()
        and last.text == last.source.text.strip()
    )


def _wants(buffer: Sequence[Piece], values: Sequence[Piece], count: int, lexicon: Lexicon) -> bool:
    """Whether the label gathered so far is a row's that has so many values, and has none yet."""
    taken = label_length(buffer, lexicon)
    return not values and bool(taken) and count in widths_of(text_of(buffer[-taken:]), lexicon)


def _blocks(run: Run, offset: int) -> Iterator[Block]:
    """The gathered rows as grids, the rest as paragraphs."""
    number = offset
    for are_lines, group in groupby(run.out, key=lambda item: isinstance(item, Paragraph)):
        if are_lines:
            yield from (item for item in group if isinstance(item, Paragraph))
        else:
            number += 1
            yield _grid([item for item in group if not isinstance(item, Paragraph)], number)


def _grid(rows: Sequence[SpelledRow | list[str]], table: int) -> Grid:
    return Grid(tuple(tuple(_cells(row, r, table)) for r, row in enumerate(rows)), Locator(table=table))


def _cells(row: SpelledRow | list[str], index: int, table: int) -> Iterator[Cell]:
    if isinstance(row, list):
        # Where header labels stood side by side is not known: all get column 0, so that no order is read off.
        yield from (Cell(text, index, 0, locator=Locator(table=table, row=index + 1)) for text in row)
        return
    texts = [(text, Locator(table=table)) for text in row.parents]
    if row.label:
        texts.append((text_of(row.label), row.label[0].source.locator))
    texts += [(value.text, value.source.locator) for value in row.values]
    for column, (text, locator) in enumerate(texts):
        place = locator._replace(row=index + 1, column=column + 1)
        yield Cell(text, index, column, locator=place)
