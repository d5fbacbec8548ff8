"""A table found in lines without rules flows in; its cells flow out.

Lines of one label that stand close together are one cell, which belongs to the row whose numbers stand beside it.
Numbers that may be pieces of one are told by the room they leave: none of them is certain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.readers.layout.columns import (
    Chunk,
    Columns,
    Row,
    Span,
    Stack,
    leaves_of,
    overlap,
    values_of,
    words_of,
)
from pipeline.readers.layout.lines import CELL_PADDING, LINE_PITCH, enclosing
from pipeline.readers.layout.ruling import RuledCell, RuledGrid
from pipeline.readers.layout.stacks import (
    PITCH_SLACK,
    Cut,
    Labels,
    is_cut,
    is_flush,
    labels_beside,
    line_pitch,
    stacked,
)

TOUCHING = 1.0
"""Character heights up to which two lines are of one row: numbers of the one stand beside the middle of the other's."""
OVERLAPPING = 0.8
"""The same where words stand beside both: print of two rows does not overlap."""
FULL_SHARE = 0.25
"""Share of the lines with numbers that have one in every column from which a line that has not may be a rest."""
_TORN = re.compile("[,，][0-9０-９]{0,2}$")
_NUMBERING = re.compile(r"[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）、.．]")


@dataclass(frozen=True, slots=True)
class AlignedTable:
    """A table as it was found: the lines of its header, those of its rows, and its columns.

    Its header may begin on the page before; `top` is where the table begins on its own.
    """

    heads: Sequence[Row]
    lines: Sequence[Row]
    columns: Columns
    top: float = -math.inf


def grid_of(table: AlignedTable, cuts: Sequence[Cut]) -> RuledGrid:
    """The cells of a table."""
    pitch, cuts = line_pitch([*table.heads, *table.lines]), cuts_below(table.top, cuts)
    heads = stacked([chunk for line in table.heads for chunk in line], pitch, cuts)
    rows = _whole_rows(table.lines, table.columns)
    fellows = _fellows(table.lines, table.columns, pitch, cuts)
    reaches = [(values_of(row)[0].middle, values_of(row)[-1].middle) for row in rows]
    words = [chunk for line in table.lines for chunk in words_of(line)]
    labels = labels_beside(words, reaches, table.columns.start, pitch, cuts)
    end = max((chunk.span[1] for chunk in words), default=0.0)
    body = list(_body_rows(rows, labels, table.columns, fellows))
    cells = [
        _numbered(row, place) for place, row in enumerate([*_header_rows(heads, table.columns, end), *body])
    ]
    for cell in (cell for row in cells for cell in row):
        left, top, right, bottom = cell.box
        cell.box = (left, max(top, table.top), right, max(bottom, table.top))
    return RuledGrid(cells, enclosing([cell.box for row in cells for cell in row]))


def _whole_rows(lines: Sequence[Row], columns: Columns) -> list[Row]:
    """The lines that hold numbers; what numbers under others did not fit into their cells is part of their row."""
    longest: dict[int | None, int] = {}
    for chunk in (chunk for line in lines for chunk in values_of(line)):
        place = columns.place(chunk)
        longest[place] = max(longest.get(place, 0), len(chunk.text))
    widest = max((chunk.width for line in lines for chunk in words_of(line)), default=0.0)
    rows: list[Row] = []
    for line in lines:
        if not values_of(line):
            continue
        if rows and _is_rest(line, rows[-1], columns, longest, widest):
            rows[-1] = [*rows[-1], *line]
        else:
            rows.append(line)
    return rows


def _is_rest(
    line: Row, above: Row, columns: Columns, longest: Mapping[int | None, int], widest: float
) -> bool:
    """Whether a line of numbers is of the row above: beside the middle of its numbers, or what these leave.

    Beside words it may as well be a row of its own; then it is taken for a rest only where all that stands above its
    numbers is as long as any of its column, so that none of these is read without its end.
    """
    over = {columns.place(chunk): chunk for chunk in values_of(above)}
    under = {columns.place(chunk): chunk for chunk in values_of(line)}
    step = line[0].middle - values_of(above)[-1].middle
    near = OVERLAPPING if words_of(above) and words_of(line) else TOUCHING
    if step < near * line[0].height:
        return True
    if step > LINE_PITCH * line[0].height:
        return False
    broken = over.keys() & under.keys()
    if not all(
        place is not None and _is_broken(over[place], under[place], columns.lane(place)) for place in broken
    ):
        return False
    if not words_of(above) and over.keys() <= under.keys():
        return True
    if not words_of(line):
        return under.keys() <= over.keys()
    is_wrapped = _is_wrapped(words_of(above), words_of(line), widest)
    return is_wrapped and under.keys() < over.keys() and all(len(over[i].text) == longest[i] for i in under)


def _is_broken(upper: Chunk, lower: Chunk, lane: Span) -> bool:
    """Whether a number may go on with the one under it: it leaves no room for one more digit in its cell."""
    return len(upper.text) > 1 and lower.text.isdigit() and _leaves_no_room(upper, lane)


def _fellows(
    lines: Sequence[Row], columns: Columns, pitch: float, cuts: Sequence[Cut]
) -> Mapping[int, Sequence[Chunk]]:
    """Numbers that may be one with others under or over them, by the identity of each: none of them is certain.

    They stand as near as lines of one cell, the upper leaves no room for one more digit, and one of the lines may be
    what did not fit into the cells of the other: it lacks numbers where many have all, or where some have no label.
    """
    rows = [line for line in lines if values_of(line)]
    near = [
        (upper, lower)
        for at, upper in enumerate(rows)
        for lower in rows[at + 1 : at + 3]
        if lower[0].middle - upper[0].middle <= (PITCH_SLACK * pitch or LINE_PITCH * upper[0].height)
        and (any(map(_is_torn, values_of(upper))) or not (_has_numbering(upper) and _has_numbering(lower)))
    ]
    full = sum(len(values_of(row)) == len(columns.edges) for row in rows)
    found: dict[int, list[Chunk]] = {}
    if full < FULL_SHARE * len(rows) and all(words_of(line) for pair in near for line in pair):
        return found
    for upper, lower in near:
        if min(len(values_of(upper)), len(values_of(lower))) < len(columns.edges):
            for one, other in _over_one_another(upper, lower, columns):
                if is_cut(one, other, cuts):
                    continue
                found.setdefault(id(one), []).append(other)
                found.setdefault(id(other), []).append(one)
    return found


def _has_numbering(line: Row) -> bool:
    """Whether a label that bears a number (`1.`, `（一）`) stands on a line: two such lines are of two rows."""
    return any(_NUMBERING.match(chunk.text) for chunk in words_of(line))


def _over_one_another(upper: Row, lower: Row, columns: Columns) -> Iterator[tuple[Chunk, Chunk]]:
    """The numbers of two lines that stand in one column, and may be one for all the room there is."""
    over = {columns.place(chunk): chunk for chunk in values_of(upper)}
    for chunk in values_of(lower):
        place = columns.place(chunk)
        if place is None or place not in over:
            continue
        if _is_torn(over[place]) or _leaves_no_room(over[place], columns.lane(place)):
            yield over[place], chunk


def _is_torn(chunk: Chunk) -> bool:
    """Whether a number has a comma where none has one: its last digits stand in the line below."""
    return _TORN.search(chunk.text) is not None


def _leaves_no_room(chunk: Chunk, lane: Span) -> bool:
    """Whether one more digit would not fit into a number's cell."""
    return lane[1] - lane[0] - chunk.width * (1 + 1 / len(chunk.text)) < CELL_PADDING


def _is_wrapped(upper: Row, lower: Row, widest: float) -> bool:
    """Whether the words beside a line may be the rest of those beside the line above, which are as wide as any."""
    return bool(upper) and is_flush(upper[-1], lower[-1]) and upper[-1].width >= widest - upper[-1].height


def _header_rows(heads: Sequence[Stack], columns: Columns, end: float) -> Iterator[list[RuledCell]]:
    """The cells of the header, top down; those with none below make the last row, in the order of the columns."""
    leaves = leaves_of(heads)
    upper = sorted((stack for stack in heads if stack not in leaves), key=lambda stack: stack.box[1])
    rows: list[list[Stack]] = []
    for stack in upper:
        if not rows or not _is_beside_all(stack, rows[-1]):
            rows.append([])
        rows[-1].append(stack)
    for row in [*rows, *([leaves] if leaves else [])]:
        yield [_head(stack, columns, end) for stack in sorted(row, key=lambda stack: stack.box[0])]


def _is_beside_all(stack: Stack, row: Sequence[Stack]) -> bool:
    """Whether a cell of the header stands beside all others of a row, set in the middle as they are."""
    _, top, _, bottom = stack.box
    return all((top + bottom) / 2 < other.box[3] and not overlap(stack.span, other.span) for other in row)


def _head(stack: Stack, columns: Columns, end: float) -> RuledCell:
    box = stack.box
    under = range(-1, 0) if (box[0] + box[2]) / 2 < end else columns.under(box)
    return RuledCell(0, under.start + 1, 1, len(under), box, stack.runs)


def _body_rows(
    rows: Sequence[Row], labels: Labels, columns: Columns, fellows: Mapping[int, Sequence[Chunk]]
) -> Iterator[list[RuledCell]]:
    """A row for each line of numbers, with its labels; and one for each label that has no numbers."""
    inner = [max(stacks, key=lambda stack: stack.box[2]) for stacks in labels.beside if stacks]
    bodies = [
        ((values_of(row)[0].middle + values_of(row)[-1].middle) / 2, _body_row(row, stacks, columns, fellows))
        for row, stacks in zip(rows, labels.beside, strict=True)
    ]
    for stack in labels.alone:
        middle = (stack.box[1] + stack.box[3]) / 2
        bodies.append((middle, _body_row([], [stack], columns, {}, blank=_is_label(stack, inner))))
    yield from (row for _, row in sorted(bodies, key=lambda body: body[0]))


def _is_label(stack: Stack, inner: Sequence[Stack]) -> bool:
    """Whether a cell stands where the rows' own labels do, and not where those over several rows do."""
    return not inner or 2 * sum(overlap(stack.span, other.span) for other in inner) > len(inner)


def _body_row(
    row: Row,
    labels: Sequence[Stack],
    columns: Columns,
    fellows: Mapping[int, Sequence[Chunk]],
    *,
    blank: bool = True,
) -> list[RuledCell]:
    cells = [
        RuledCell(0, 0, 1, 1, stack.box, stack.runs)
        for stack in sorted(labels, key=lambda stack: stack.box[0])
    ]
    if not blank:
        return cells
    _, top, _, bottom = enclosing([chunk.box for chunk in row] or [stack.box for stack in labels])
    for place, (left, right) in enumerate(columns.edges):
        stack = Stack([chunk for chunk in values_of(row) if columns.place(chunk) == place])
        others = [other for chunk in stack.chunks for other in fellows.get(id(chunk), ())]
        if len(stack.chunks) > 1 or others:
            left, right = columns.lane(place)
        box = stack.box if len(stack.chunks) == 1 and not others else (left, top, right, bottom)
        if others:
            stack.chunks += [other for other in others if all(other is not chunk for chunk in stack.chunks)]
        if others or any(len(chunk.text) == 1 for chunk in stack.chunks[:-1]):
            box = (left, top, 2 * right - left, bottom)  # So wide, they are not taken for one number.
        cells.append(RuledCell(0, place + 1, 1, 1, box, stack.runs))
    return cells


def _numbered(row: list[RuledCell], place: int) -> list[RuledCell]:
    for cell in row:
        cell.row = place
    return row


def cuts_below(top: float, cuts: Sequence[Cut]) -> list[Cut]:
    """The edges but those over the first line of a page: they part nothing of a cell that the page's end cut."""
    return [cut for cut in cuts if cut.at > top]
