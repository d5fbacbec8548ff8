"""Paragraphs flow in; out flow the same with the rows that a mark parts into cells (`规章；1；2`) as grids.

Whatever the format: such rows stand in text copies, and pasted into the paragraphs of a page or a Word file. Which
mark parts the cells is told by the rows themselves: labels, then numbers and blanks alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.document import Block, Cell, Grid, Locator, Paragraph
from pipeline.exchange import DRAWN
from pipeline.matching.furniture import may_be_page_number
from pipeline.matching.lexicon import Lexicon
from pipeline.matching.values import is_numeric_text, is_value_text
from pipeline.narrative import is_heading

MARKS = "|\t；;，,、"
LEAST_ROWS = 5
"""Rows of labels and numbers that a document must hold for a mark to be taken for the side of cells."""
LEAST_BARE = 3
"""Values of a row without a label, as under bands: fewer may be the thousands of one number."""
MOST_LABELS = 40
"""Labels in one line; the widest header has seventeen, and blank cells between."""
MOST_PARTS = 12
"""Parts into which a mark of its own cuts one label."""
LONGEST = 600
"""Characters of a line that may be a row; longer lines are prose."""
_RULE = re.compile(r"(?=.*(?:-{3}|:-|-:|=))[\s|:+=-]+")
_OPEN, _SHUT = "([{（［【“「《", ")]}）］】”」》"


@dataclass(frozen=True, slots=True)
class _Row:
    """A line by its cells; one that only draws a rule has none."""

    line: Paragraph
    cells: Sequence[str]


def with_marked_grids(
    blocks: Sequence[Block], lexicon: Lexicon, running: frozenset[int] = frozenset()
) -> list[Block]:
    """The blocks with each run of rows whose cells a mark parts as a grid; else as they were.

    Args:
        blocks: Paragraphs and grids in reading order.
        lexicon: The labels of the form.
        running: The identities of paragraphs that are running heads or page numbers.
    """
    mark = _mark([block.text for block in blocks if isinstance(block, Paragraph)])
    if not mark:
        return list(blocks)
    found: list[Block] = []
    ends = running | {id(b) for b in blocks if isinstance(b, Paragraph) and may_be_page_number(b.text)}
    lines = [_row(block, mark, lexicon) if isinstance(block, Paragraph) else block for block in blocks]
    lines = list(_without_page_ends(lines, ends))
    if mark.isspace() and _are_wrapped(lines):
        return list(blocks)
    for is_row, group in groupby(_begun(lines, lexicon), key=lambda line: isinstance(line, _Row)):
        members = list(group)
        if is_row:
            found += _grids([line for line in members if isinstance(line, _Row)], lexicon, len(found))
        else:
            found += [line for line in members if not isinstance(line, _Row)]
    return found


def _without_page_ends(lines: Sequence[Block | _Row], ends: frozenset[int]) -> Iterator[Block | _Row]:
    """The lines without what pages print between two rows.

    A number by itself is a page's only between rows of several cells, of which none stands in a line of its own.
    """
    left = [line for line in lines if id(line) not in ends]
    below = iter(left[1:])
    around: tuple[Block | _Row | None, ...] = ()
    for line in lines:
        if id(line) not in ends:
            around = line, next(below, None)
            yield line
        elif not (around and all(_has_cells(row, 2 if _is_bare(line) else 1) for row in around)):
            yield line


def _is_bare(line: Block | _Row) -> bool:
    return isinstance(line, Paragraph) and line.text.strip().isdecimal()


def _are_wrapped(lines: Sequence[Block | _Row]) -> bool:
    """Whether pieces of labels stand between the rows: white space parts the words of wrapped ones as well."""
    around = zip(lines, lines[1:], lines[2:], strict=False)
    return any(
        isinstance(above, _Row) and isinstance(below, _Row) and not is_heading(line.text)
        for above, line, below in around
        if isinstance(line, Paragraph)
    )


def _has_cells(line: Block | _Row | None, least: int) -> bool:
    return isinstance(line, _Row) and len(line.cells) >= least


def _mark(texts: Sequence[str]) -> str:
    """The mark that parts most rows of labels and numbers; empty where none parts enough."""
    printed = [drawn for text in texts if len(text) <= LONGEST and _ends_in_value(drawn := DRAWN(text))]
    rows = {mark: sum(_is_row(_split(text, mark)) for text in printed if mark in text) for mark in MARKS}
    best = max(MARKS, key=lambda mark: rows[mark])
    return best if rows[best] >= LEAST_ROWS else ""


def _ends_in_value(text: str) -> bool:
    """Whether a line may end in a value or a blank cell, as prose hardly does."""
    end = text.rstrip(' "')[-1:]
    return end.isdigit() or end in MARKS or is_value_text(end) or end in "元万件项个"


def _split(text: str, mark: str) -> list[str]:
    """The cells of a line; one in quotes may hold the mark."""
    line = text.replace("\n", " ")
    return [
        cell.strip() for cell in next(csv.reader([line], delimiter=mark, skipinitialspace=mark != "\t"), [])
    ]


def _first_value(cells: Sequence[str]) -> int:
    """Where the values and blanks begin that a row ends with."""
    first = len(cells)
    while first and (not cells[first - 1] or is_value_text(cells[first - 1])):
        first -= 1
    return first


def _is_row(cells: Sequence[str]) -> bool:
    """Whether cells are labels, then values and blanks.

    A mark between digits is one of thousands: it says nothing of cells.
    """
    first = _first_value(cells)
    labels = cells[:first]
    return (
        any(map(str.isalpha, "".join(labels)))
        and not labels[-1][-1:].isdecimal()
        and any(is_numeric_text(cell) for cell in cells[first:])
    )


def _row(paragraph: Paragraph, mark: str, lexicon: Lexicon) -> Block | _Row:
    """A line as the cells of a row or of a header; as it was where it is neither."""
    text = DRAWN(paragraph.text)
    if len(text) > LONGEST:
        return paragraph
    if mark == "|" and _RULE.fullmatch(text):
        return _Row(paragraph, ())
    cells = _split(text, mark)
    first = _first_value(cells)
    labels = list(_labels(cells[:first], mark, lexicon))
    known = sum(bool(lexicon.lookup(label)) for label in labels if label)
    is_bare = not labels and len(cells) >= LEAST_BARE and any(map(is_numeric_text, cells))
    if is_bare or _is_row(cells) or (known and 2 * known >= sum(map(bool, labels))):
        return _Row(paragraph, [*labels, *cells[first:]])
    return paragraph


def _labels(parts: Sequence[str], mark: str, lexicon: Lexicon) -> Iterator[str]:
    """Labels that a mark parts, whole again where it is one of their own: known ones, and what brackets hold."""
    if len(parts) > MOST_LABELS:
        yield from parts
        return
    start = 0
    while start < len(parts):
        is_known = lexicon.lookup(parts[start]) and _is_closed(parts[start])
        ends = range(start + 1 if is_known else min(len(parts), start + MOST_PARTS), start, -1)
        known = (end for end in ends if lexicon.lookup(mark.join(parts[start:end])))
        closed = (end for end in reversed(ends) if _is_closed(mark.join(parts[start:end])))
        end = next(known, 0) if parts[start] else start + 1
        end = end or next(closed, start + 1)
        yield mark.join(parts[start:end])
        start = end


def _is_closed(text: str) -> bool:
    """Whether as many brackets are shut as are opened."""
    return sum(sign in _OPEN for sign in text) <= sum(sign in _SHUT for sign in text)


def _begun(lines: Sequence[Block | _Row], lexicon: Lexicon) -> Iterator[Block | _Row]:
    """The lines with those as rows of one cell of which the next row's label is the end."""
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        is_begun = False
        if isinstance(line, Paragraph) and isinstance(below, _Row) and below.cells:
            is_begun = any(m.axis == "row" for m in lexicon.lookup(line.text + below.cells[0]))
        yield _Row(line, [line.text]) if is_begun and isinstance(line, Paragraph) else line


def _grids(rows: Sequence[_Row], lexicon: Lexicon, number: int) -> Iterator[Block]:
    """Rows as a grid, if a row of them has numbers; else the lines that they were."""
    filled = [row for row in rows if row.cells]
    if not any(is_numeric_text(cell) for row in filled for cell in row.cells):
        yield from (row.line for row in rows)
        return
    if all(map(_is_framed, filled)):
        filled = [replace(row, cells=row.cells[1 : -1 if not row.cells[-1] else None]) for row in filled]
    laid = [
        tuple(
            Cell(text, r, c, locator=line.locator._replace(table=number + 1, row=r + 1, column=n + 1))
            for n, (c, line, text) in enumerate(row)
        )
        for r, row in enumerate(_laid(filled, lexicon))
    ]
    yield Grid(tuple(laid), Locator(table=number + 1, line=filled[0].line.locator.line))


def _is_framed(row: _Row) -> bool:
    return len(row.cells) > 1 and not row.cells[0] and DRAWN(row.line.text).startswith("|")


def _laid(rows: Sequence[_Row], lexicon: Lexicon) -> Iterator[list[tuple[int, Paragraph, str]]]:
    """The cells of each row with their column; labels of a header that stand a line each are one row.

    Where these stood side by side is not known: all get column 0, so that no order is read off.
    """
    for is_head, group in groupby(
        rows, key=lambda row: len(row.cells) == 1 and _is_head(row.cells[0], lexicon)
    ):
        if is_head:
            yield [(0, row.line, row.cells[0]) for row in group]
        else:
            yield from ([(column, row.line, text) for column, text in enumerate(row.cells)] for row in group)


def _is_head(text: str, lexicon: Lexicon) -> bool:
    """Whether a label stands over columns and is no row's."""
    axes = {meaning.axis for meaning in lexicon.lookup(text)}
    return bool(axes & {"column", "band", "parent"}) and "row" not in axes
