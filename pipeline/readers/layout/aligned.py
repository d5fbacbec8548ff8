"""Finds tables without rules by aligned columns of words: the runs of a page in, grids of cells and the others out.

Lines that end with numbers, with words to the left of these alone, are rows; words over their numbers are the
header, and both tell the columns. Words to the left are labels: lines of one that stand close together and begin,
end or are centred at one place are one cell, and belong to the row whose numbers stand beside them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.readers.layout.cells import AlignedTable, cuts_below, grid_of
from pipeline.readers.layout.columns import (
    APART,
    Chunk,
    Columns,
    Row,
    Span,
    chunks_of,
    columns_of,
    flush_side,
    headed,
    leaves_of,
    over_columns,
    overlap,
    set_close,
    values_of,
    words_of,
)
from pipeline.readers.layout.lines import Run, stack_lines
from pipeline.readers.layout.rules import Mark
from pipeline.readers.layout.ruling import RuledGrid
from pipeline.readers.layout.stacks import (
    PITCH_SLACK,
    WRAPPED,
    Cut,
    is_flush,
    line_pitch,
    stacked,
)

LEAST_COLUMNS = 3
"""Numbers side by side from which a line is a row of a table also without a header."""
LEAST_NUMBERS = 6
"""Numbers in such lines from which they are a table without a header."""
BREAK = 9.0
"""Character heights without a row from which another table begins."""
HEAD_BREAK = 6.0
"""Character heights from which what stands above is no header."""
LARGER = 1.15
"""Times the height of a row's characters from which what stands above or below is none of the table's."""
DIGITS_LOWER = 1.35
"""Times their height that words of the same size are high at most, where digits are of a font of their own."""
LEAST_CUT = 20.0
"""Points that the edge of a background or a rule is wide at least to part two cells."""
NEAR = 6
"""Lines above and below a line that are looked at for words."""
MOST_ABOVE = 1
"""Lines, such as a running head, above a table that goes on from the page before."""
LONGEST = 24
"""Characters of a label that stands alone in its row at most."""
_HEADING = re.compile(r"[一二三四五六七八九十]、.{5,}")
_PROSE = re.compile(r"[。；;]")


@dataclass(frozen=True, slots=True)
class AlignedPage:
    """The tables without rules of a page.

    Attributes:
        grids: From the top down.
        rest: The runs that stand in none.
        lowest: The lowest table, or the header of one, which may go on at the top of the next page.
    """

    grids: list[RuledGrid]
    rest: list[Run]
    lowest: AlignedTable | None


@dataclass(frozen=True, slots=True)
class _Body:
    """The rows of a table: places of its first and its last line, and where its numbers stand."""

    first: int
    last: int
    numbers: Columns


def find_aligned(
    marks: Sequence[Mark], runs: Sequence[Run], above: AlignedTable | None = None, side: int = 0
) -> AlignedPage:
    """The tables without rules of a page.

    Args:
        marks: What is painted; edges that run across part cells, though they make no whole table.
        runs: What is printed outside the tables with rules.
        above: The table with which the page before ended.
        side: Where the numbers of the file's columns are flush, as `side_of` tells it.
    """
    cuts = [Cut(y, m.left, m.right) for m in marks if _is_seen(m) for y in {m.top, m.bottom}]
    lines = _lines(runs)
    tables = _tables(lines, cuts, above, side)
    begun = _begun_table(lines, tables, cuts)
    tables += [begun] if begun else []
    grids = [grid_of(table, cuts) for table in tables]
    taken = {id(run) for grid in grids for row in grid.rows for cell in row for run in cell.runs}
    lowest = _open_header(lines, taken, cuts) or (tables[-1] if tables else None)
    return AlignedPage(grids, [run for run in runs if id(run) not in taken], lowest)


def _open_header(lines: Sequence[Row], taken: Container[int], cuts: Sequence[Cut]) -> AlignedTable | None:
    """The short words with which a page ends below all tables, side by side somewhere: a header that may go on."""
    end = len(lines) - (bool(lines) and not words_of(lines[-1]))
    top = end
    while top > 0 and _is_open(lines[top - 1], lines[top:end], taken):
        top -= 1
    over = _over(lines[top:end], [], cuts, None)
    return AlignedTable(lines[top:end], [], Columns(tuple(over))) if len(over) > 1 else None


def _is_open(line: Row, below: Sequence[Row], taken: Container[int]) -> bool:
    first = line[0]
    if not _is_header(line) or any(id(run) in taken for run in first.runs) or _HEADING.match(first.text):
        return False
    near = not below or below[0][0].middle - first.middle <= HEAD_BREAK * first.height
    return near and not any(chunk.height > LARGER * below[0][0].height for chunk in line if below)


def _begun_table(
    lines: Sequence[Row], tables: Sequence[AlignedTable], cuts: Sequence[Cut]
) -> AlignedTable | None:
    """The header with which a page ends but for its number, of a table whose rows stand on the next one."""
    taken = {id(chunk) for table in tables for line in (*table.heads, *table.lines) for chunk in line}
    last = next((at for at in range(len(lines) - 1, -1, -1) if len(words_of(lines[at])) > 1), -1)
    if last < 0 or any(words_of(line) for line in lines[last + 1 :]) or len(lines) - last > 2:
        return None
    if not _is_header(lines[last]) or id(lines[last][0]) in taken:
        return None
    top = last
    while (
        top > 0
        and len(lines[top - 1]) > 1
        and _is_header(lines[top - 1])
        and id(lines[top - 1][0]) not in taken
    ):
        top -= 1
    heads = lines[top : last + 1]
    over = _over(heads, [], cuts, None)
    return AlignedTable(heads, [], Columns(tuple(over))) if len(over) > 1 else None


def _is_header(line: Row) -> bool:
    """Whether a line may be one of a header: short words alone."""
    texts = [chunk.text for chunk in line]
    return not values_of(line) and not any(_PROSE.search(text) or len(text) > LONGEST for text in texts)


def side_of(pages: Iterable[Sequence[Run]]) -> int:
    """On which side the numbers of columns are flush on some pages: -1 left, 1 right, 0 in the middle or untold."""
    bodies = ((lines, body) for lines in map(_lines, pages) for body in _bodies(lines))
    return flush_side(
        [line for line in lines[body.first : body.last + 1] if _is_row(line)] for lines, body in bodies
    )


def _lines(runs: Sequence[Run]) -> list[Row]:
    lines = [chunks_of(line) for line in stack_lines(runs)]
    return [
        set_close(
            line,
            [
                *_to_words(lines[max(place - NEAR, 0) : place][::-1]),
                *_to_words(lines[place + 1 : place + 1 + NEAR]),
            ],
        )
        for place, line in enumerate(lines)
    ]


def _to_words(lines: Sequence[Row]) -> Iterator[Row]:
    """The lines as far as the first with words: numbers set in the middle of two lines of words stand between these."""
    for line in lines:
        yield line
        if words_of(line):
            return


def has_rows_in_a_cell(grid: RuledGrid) -> bool:
    """Whether a cell of a table with rules holds a label with numbers beside it: then rules do not part its cells."""
    lines = (chunks_of(line) for row in grid.rows for cell in row for line in stack_lines(cell.runs))
    return any(len(line) > 1 and _is_row(line) for line in lines)


def _is_seen(mark: Mark) -> bool:
    return not mark.white and mark.right - mark.left >= LEAST_CUT


def _tables(
    lines: Sequence[Row], cuts: Sequence[Cut], above: AlignedTable | None, side: int
) -> list[AlignedTable]:
    """The tables among the lines of a page, from the top down; each line is of one at most."""
    tables: list[tuple[int, AlignedTable]] = []
    free = 0
    for body in _bodies(lines):
        table, top, bottom = _table(lines, body, free, cuts, above, side)
        if table is not None:
            tables += [*_blank_tables(lines, free, top, cuts), (top, table)]
            free = bottom
    tables += _blank_tables(lines, free, len(lines), cuts)
    return [table for _, table in tables]


def _bodies(lines: Sequence[Row]) -> Iterator[_Body]:
    """The rows that stand under one another, from the first line with numbers to the last of each table."""
    body: _Body | None = None
    for place, line in enumerate(lines):
        if not _is_row(line) or (not words_of(line) and not _is_near(lines, place)):
            continue  # A few numbers far from all else are a page's.
        longer = _gone_on(lines, body, place) if body else None
        if body and longer is None:
            yield body
        numbers = columns_of([line])
        body = longer or (_Body(place, place, numbers) if numbers else None)
    if body:
        yield body


def _is_row(line: Row) -> bool:
    """Whether a line ends with numbers, and has words to the left of these alone."""
    first = next((place for place, chunk in enumerate(line) if chunk.is_value), None)
    return first is not None and all(chunk.is_value for chunk in line[first:])


def _gone_on(lines: Sequence[Row], body: _Body, place: int) -> _Body | None:
    """The rows with one more; None where that is of another table.

    Between the rows of a table stand labels alone, which end before its numbers begin.
    """
    row, rows = lines[place], [line for line in lines[body.first : place] if _is_row(line)]
    numbers = columns_of([*rows, row])
    steps = pairwise(lines[body.last : place + 1])
    if numbers is None or any(
        lower[0].middle - upper[0].middle > BREAK * row[0].height for upper, lower in steps
    ):
        return None
    if any(chunk.end > numbers.start for line in lines[body.first : place] for chunk in words_of(line)):
        return None
    labels = [chunk for line in (*rows, row) for chunk in words_of(line)]
    if any(
        _is_head(line, labels, numbers.start) for line in lines[body.last + 1 : place] if not values_of(line)
    ):
        return None
    if any(_PROSE.search(chunk.text) for line in lines[body.last + 1 : place] for chunk in line):
        return None
    return _Body(body.first, place, numbers)


def _is_head(line: Row, labels: Sequence[Chunk], start: float) -> bool:
    """Whether a line has words over numbers: they reach into the columns, or begin behind the labels."""
    end = max((chunk.end for chunk in labels), default=start)
    return any(chunk.end > start for chunk in line) or (len(line) > 1 and line[-1].span[0] >= end)


def _is_near(lines: Sequence[Row], place: int) -> bool:
    """Whether a line has many numbers, or is near another one of the same row, or one that may be its header."""
    if len(lines[place]) >= LEAST_NUMBERS:
        return True
    line, above = lines[place][0], lines[place - 1] if place else []
    near = [lines[other][0] for other in (place - 1, place + 1) if 0 <= other < len(lines)]
    if any(abs(other.middle - line.middle) <= WRAPPED * min(line.height, other.height) for other in near):
        return True
    return len(words_of(above)) > 1 and line.middle - above[0].middle <= HEAD_BREAK * line.height


def _table(
    lines: Sequence[Row], body: _Body, free: int, cuts: Sequence[Cut], above: AlignedTable | None, side: int
) -> tuple[AlignedTable | None, int, int]:
    """The table of some rows, and the first line of it and the first behind it; None where they are none."""
    top, first = _reach_up(lines, body, free)
    bottom = _reach_down(lines, top, body)
    heads, rows = lines[top:first], lines[first:bottom]
    numbers = [row for row in rows if _is_row(row)]
    over = _over(heads, rows, cuts, body.numbers)
    begins = -math.inf
    if heads and above is not None and not above.lines and top <= MOST_ABOVE:
        whole, begun_at = _whole_header(above.heads, heads), heads[0][0].box[1]
        wider = _over(whole, rows, cuts_below(begun_at, cuts), body.numbers)
        if len(over) < len(body.numbers.edges) <= len(wider):
            heads, over, begins = whole, wider, begun_at
    if not heads and above is not None and top <= MOST_ABOVE and _goes_on(above, rows):
        begun = above.heads if not above.lines else []
        over = _over(begun, rows, cuts, body.numbers) if begun else above.columns.edges
    columns = headed(body.numbers, over, numbers, side) if over else None
    if columns is None and _is_plain_table(numbers) and len(over) != len(body.numbers.edges):
        columns = (
            body.numbers
        )  # As many as there are heads, and not under them, they would be taken for others.
    return (AlignedTable(heads, rows, columns, begins) if columns else None), top, bottom


def _whole_header(upper: Sequence[Row], lower: Sequence[Row]) -> list[Row]:
    """A header that a page end cut, its upper lines set over the lower ones; the lower ones alone where it is open how.

    Where all of the first line may go on with words above, they stand as near as lines of one cell; where some may,
    nothing tells whether these do.
    """
    pitch = line_pitch([*upper, *lower]) or LARGER * lower[0][0].height
    ends = [chunk for line in upper for chunk in line if not _has_below(chunk, upper)]
    begun = [[end for end in ends if _may_go_on(end, chunk)] for chunk in lower[0]]
    if any(begun) and not all(begun):
        return list(lower)
    last = max(end.middle for end in ([end for found in begun for end in found] or ends))
    shift = lower[0][0].middle - (1 if all(begun) else 2) * pitch - last
    return [*([_moved(chunk, shift) for chunk in line] for line in upper), *lower]


def _may_go_on(upper: Chunk, lower: Chunk) -> bool:
    """Whether words may be the next line of others, which fill theirs."""
    is_under = overlap(upper.span, lower.span) and is_flush(upper, lower)
    return is_under and upper.width >= lower.width - APART * lower.height


def _has_below(chunk: Chunk, lines: Sequence[Row]) -> bool:
    return any(
        other.middle > chunk.middle and overlap(other.span, chunk.span) for line in lines for other in line
    )


def _moved(chunk: Chunk, down: float) -> Chunk:
    """A chunk as far down."""
    return Chunk(
        [
            Run([c._replace(top=c.top + down, bottom=c.bottom + down) for c in run.characters], run.spaced)
            for run in chunk.runs
        ]
    )


def _over(
    heads: Sequence[Row], rows: Sequence[Row], cuts: Sequence[Cut], numbers: Columns | None
) -> Sequence[Span]:
    """Where the words stand that end a header over numbers."""
    labels = [chunk for row in rows for chunk in words_of(row)]
    stacks = stacked([chunk for line in heads for chunk in line], line_pitch([*heads, *rows]), cuts)
    leaves = leaves_of(stacks)
    return over_columns(leaves, labels, numbers) if len(leaves) > 1 else []


def _goes_on(above: AlignedTable, rows: Sequence[Row]) -> bool:
    """Whether rows at the top of a page have labels where the table above has some, or both have none.

    Under a header alone they have them to the left of all but the first of its words.
    """
    if not above.lines:
        start = above.columns.edges[1][0]
        return all(chunk.end <= start for row in rows for chunk in words_of(row))
    upper = [chunk for row in above.lines for chunk in words_of(row)]
    labels = [chunk for row in rows for chunk in words_of(row)]
    return any(is_flush(one, other) for one in upper for other in labels) if labels else not upper


def _blank_tables(
    lines: Sequence[Row], free: int, end: int, cuts: Sequence[Cut]
) -> Iterator[tuple[int, AlignedTable]]:
    """The tables all of whose cells are blank: a header of several words, and labels under the first of them."""
    place = free
    while place < end - 1:
        bottom = place + 1
        while bottom < end and _is_blank_row(lines[place], lines[bottom - 1], lines[bottom]):
            bottom += 1
        if bottom > place + 1:
            heads, rows = lines[place : place + 1], lines[place + 1 : bottom]
            over = _over(heads, rows, cuts, None)
            if over:
                yield place, AlignedTable(heads, rows, Columns(tuple(over)))
        place = bottom


def _is_blank_row(heads: Row, above: Row, line: Row) -> bool:
    """Whether a line holds one short label under the first of a header's words, and nothing under the others."""
    texts = [chunk.text for chunk in (*heads, *line)]
    if len(heads) < 2 or len(line) > 1 or any(_PROSE.search(text) or len(text) > LONGEST for text in texts):
        return False
    if values_of(heads) or values_of(line) or line[0].height > LARGER * heads[0].height:
        return False
    is_under = overlap(line[0].span, heads[0].span) or is_flush(heads[0], line[0])
    near = line[0].middle - above[0].middle <= HEAD_BREAK * heads[0].height
    return is_under and near and line[0].span[1] <= heads[1].span[0] and not _HEADING.match(line[0].text)


def _is_plain_table(rows: Sequence[Row]) -> bool:
    """Whether so many numbers stand side by side and under one another that they are a table without a header."""
    many = [len(values_of(row)) for row in rows if len(values_of(row)) >= LEAST_COLUMNS]
    return sum(many) >= LEAST_NUMBERS


def _reach_up(lines: Sequence[Row], body: _Body, free: int) -> tuple[int, int]:
    """The lines where the header begins and where the rows do; a line before `free` is of another table."""
    first, start = body.first, body.numbers.start
    height = max(chunk.height for chunk in lines[first]) * (1.0 if words_of(lines[first]) else DIGITS_LOWER)
    if first > free and _is_beside(lines[first - 1], lines[first], start):
        first -= 1  # Half a line above the numbers stands the first of an even number of lines.
    while first > free and _is_begun(lines[first - 1], lines[first], start):
        first -= 1
    top = first
    while top > free and _heads(lines[top - 1], lines[top], start, height):
        top -= 1
    # Below the last words over numbers stand labels of rows whose cells are blank; or, without any words over
    # numbers, the rest of a label that a page end cut.
    labels = [chunk for line in lines[body.first : body.last + 1] for chunk in words_of(line)]
    foot = max((at for at in range(top, first) if _is_head(lines[at], labels, start)), default=top - 1)
    while foot + 1 < first and _is_noted(lines[top : foot + 1], lines[foot + 1], start):
        foot += 1
    return top, foot + 1


def _is_noted(heads: Sequence[Row], line: Row, start: float) -> bool:
    """Whether a line under the words of a header is the next of a cell over the labels that has several there."""
    left = [chunk for row in heads for chunk in row if chunk.end <= start]
    flush = [chunk for chunk in left if is_flush(chunk, line[0])]
    if len(flush) < 2:
        return False
    step = flush[-1].middle - flush[-2].middle
    return line[0].middle - flush[-1].middle <= PITCH_SLACK * step


def _is_begun(line: Row, below: Row, start: float) -> bool:
    """Whether a line that begins like a heading is the first of the label below it."""
    label = line[0]
    if len(line) > 1 or label.end > start or not _HEADING.match(label.text) or not words_of(below):
        return False
    near = below[0].middle - label.middle <= WRAPPED * label.height
    return near and is_flush(label, words_of(below)[-1]) and label.height <= LARGER * below[0].height


def _is_beside(line: Row, row: Row, start: float) -> bool:
    """Whether words stand so little above a row's numbers that they can only be its label's."""
    words = all(chunk.end <= start for chunk in line)
    return words and row[0].middle - line[0].middle < line[0].height


def _heads(line: Row, below: Row, start: float, height: float) -> bool:
    if below[0].middle - line[0].middle > HEAD_BREAK * height or values_of(line):
        return False
    if any(chunk.height > LARGER * height or _PROSE.search(chunk.text) for chunk in line):
        return False
    if len(line) > 1:
        return True
    left, right = line[0].span
    crosses = left < start - height and right > start + height
    return not crosses and not _HEADING.match(line[0].text)


def _reach_down(lines: Sequence[Row], top: int, body: _Body) -> int:
    """The line behind the last one of labels: of the last row's own, or of rows whose cells are all blank."""
    bottom = body.last + 1
    while bottom < len(lines) and _follows(
        lines[top:bottom], body.first - top, lines[bottom], body.numbers.start
    ):
        bottom += 1
    return bottom


def _follows(above: Sequence[Row], first: int, line: Row, start: float) -> bool:
    """Whether a line under the last row is one of labels alone, as they stand beside the rows from `first` on."""
    if values_of(line) or any(chunk.end > start or _PROSE.search(chunk.text) for chunk in line):
        return False
    labels = [chunk for row in above[first:] for chunk in words_of(row)]
    height = max(chunk.height for chunk in above[-1])
    steps = [lower[0].middle - upper[0].middle for upper, lower in pairwise(above)]
    if line[0].middle - above[-1][0].middle > max(WRAPPED * height, PITCH_SLACK * max(steps, default=0.0)):
        return False
    if any(chunk.height > LARGER * height for chunk in line):
        return False
    alike = [label for label in labels if not _HEADING.match(line[0].text) or _HEADING.match(label.text)]
    return all(any(is_flush(label, chunk) for label in alike) for chunk in line)
