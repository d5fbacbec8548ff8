"""Finds tables without rules by aligned columns of words: the runs of a page in, grids of cells and the others out.

Lines that hold several numbers far apart are rows; where their numbers stand over one another are columns. Words
to the left are labels: lines of one that stand close together and begin, end or are centred at one place are one
cell, and belong to the row whose numbers stand beside them. Words above the first row are its header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from pipeline.readers.lines import LINE_PITCH, Box, Run, enclosing, stack_lines
from pipeline.readers.rules import Mark
from pipeline.readers.ruling import RuledCell, RuledGrid

LEAST_COLUMNS = 3
"""Numbers side by side from which a line is a row of a table."""
LEAST_NUMBERS = 6
"""Numbers in such lines from which they are a table."""
APART = 0.3
"""Character heights that part one cell from the next; programs set up to a quarter between Chinese and Latin."""
BLANK = 1.5
"""Times the numbers of its fullest row that a table with blank cells has columns at most."""
BREAK = 9.0
"""Character heights without a row from which another table begins."""
HEAD_BREAK = 4.0
"""Character heights from which what stands above is no header."""
WRAPPED = 2.2
"""Character heights up to which lines may be lines of one cell."""
PITCH_SLACK = 1.12
"""Times the least distance of two lines of a cell up to which others are such, too."""
FLUSH = 0.6
"""Character heights by which edges that are one may differ."""
SHORT = 1.3
"""Character heights by which a line that is not a cell's last may be shorter than the others."""
LARGER = 1.15
"""Times the height of a row's characters from which what stands above or below is none of the table's."""
LEAST_CUT = 20.0
"""Points that the edge of a background or a rule is wide at least to part two cells."""
_VALUE = re.compile(
    r"(?:[-+−－＋]?[0-9０-９][0-9０-９,.，．]*(?<![.．,，])[万亿]?元?|[/／无]|[-—–―－]+)[⁰¹²³⁴⁵⁶⁷⁸⁹①-⑳]*"
)
_HEADING = re.compile(r"[一二三四五六七八九十]、.{5,}")


@dataclass(slots=True)
class _Chunk:
    """Runs of one line that are parted from others by a wide gap."""

    runs: list[Run]

    @property
    def box(self) -> Box:
        return enclosing([(run.left, run.top, run.right, run.bottom) for run in self.runs])

    @property
    def middle(self) -> float:
        return self.runs[0].middle

    @property
    def height(self) -> float:
        return max(run.height for run in self.runs)

    @property
    def width(self) -> float:
        return self.runs[-1].right - self.runs[0].left

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def is_value(self) -> bool:
        return len(self.runs) == 1 and _VALUE.fullmatch(self.runs[0].text) is not None


@dataclass(slots=True)
class _Stack:
    """The lines of one cell."""

    chunks: list[_Chunk] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        return [run for chunk in self.chunks for run in chunk.runs]

    @property
    def box(self) -> Box:
        return enclosing([chunk.box for chunk in self.chunks])


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the numbers of a table stand: left and right edge of each column."""

    edges: tuple[tuple[float, float], ...]

    @property
    def start(self) -> float:
        return self.edges[0][0]

    @property
    def bounds(self) -> list[float]:
        """The middles of the gaps between columns."""
        return [(before[1] + after[0]) / 2 for before, after in pairwise(self.edges)]

    def lane(self, place: int) -> tuple[float, float]:
        """How far a column's cells may reach: to the middles of the gaps beside it."""
        bounds = [self.edges[0][0], *self.bounds, self.edges[-1][1]]
        return bounds[place], bounds[place + 1]

    def place(self, chunk: _Chunk) -> int | None:
        """The one column that a number stands in; None where it stands in none or in several."""
        left, _, right, _ = chunk.box
        found = [i for i, (start, end) in enumerate(self.edges) if left < end and right > start]
        return found[0] if len(found) == 1 else None

    def under(self, box: Box) -> range:
        """The columns that a header's words stand over: those whose middle they cover, else the nearest."""
        bounds = [self.edges[0][0], *self.bounds, self.edges[-1][1]]
        middles = [(start + end) / 2 for start, end in pairwise(bounds)]
        covered = [i for i, middle in enumerate(middles) if box[0] <= middle <= box[2]]
        if covered:
            return range(covered[0], covered[-1] + 1)
        middle = (box[0] + box[2]) / 2
        nearest = min(range(len(middles)), key=lambda i: abs(middles[i] - middle))
        return range(nearest, nearest + 1)


class _Cut(NamedTuple):
    """An edge of what is painted that runs across."""

    at: float
    start: float
    end: float


_Row = list[_Chunk]


def find_aligned(marks: Sequence[Mark], runs: Sequence[Run]) -> tuple[list[RuledGrid], list[Run]]:
    """The tables without rules of a page, from the top down, and the runs that stand in none.

    Args:
        marks: What is painted; edges that run across part cells, though they make no whole table.
        runs: What is printed outside the tables with rules.
    """
    cuts = [_Cut(y, m.left, m.right) for m in marks if _is_seen(m) for y in {m.top, m.bottom}]
    lines = [_chunks(line) for line in stack_lines(runs)]
    grids: list[RuledGrid] = []
    taken: set[int] = set()
    for first, last in _stretches(lines):
        rows = [line for line in lines[first : last + 1] if _is_row(line)]
        columns = _columns(rows)
        if columns is None or sum(len(_values(row)) for row in rows) < LEAST_NUMBERS:
            continue
        top, body, bottom = _reach(lines, first, last, columns)
        grid = _grid(lines[top:bottom], body - top, columns, cuts)
        if not any(id(run) in taken for run in _runs_of(grid)):
            grids.append(grid)
            taken.update(id(run) for run in _runs_of(grid))
    return grids, [run for run in runs if id(run) not in taken]


def _is_seen(mark: Mark) -> bool:
    return not mark.white and mark.right - mark.left >= LEAST_CUT


def _runs_of(grid: RuledGrid) -> Iterator[Run]:
    return (run for row in grid.rows for cell in row for run in cell.runs)


def _chunks(line: Sequence[Run]) -> _Row:
    """The chunks of a line."""
    chunks: list[_Chunk] = []
    for run in line:
        if chunks:
            before = chunks[-1]
            if run.left - before.runs[-1].right < APART * run.height:
                before.runs.append(run)
                continue
        chunks.append(_Chunk([run]))
    return chunks


def _values(line: _Row) -> list[_Chunk]:
    return [chunk for chunk in line if chunk.is_value]


def _is_row(line: _Row) -> bool:
    return len(_values(line)) >= LEAST_COLUMNS


def _stretches(lines: Sequence[_Row]) -> Iterator[tuple[int, int]]:
    """The first and the last row of each table."""
    stretch: list[int] = []
    for place, line in enumerate(lines):
        if not _is_row(line):
            continue
        if stretch and not _goes_on(lines, stretch, place):
            yield stretch[0], stretch[-1]
            stretch = []
        stretch.append(place)
    if stretch:
        yield stretch[0], stretch[-1]


def _goes_on(lines: Sequence[_Row], stretch: Sequence[int], place: int) -> bool:
    """Whether a row is near those above, and its numbers stand under theirs or, with no heading between, beside."""
    above, row = lines[stretch[-1]], lines[place]
    rows = [lines[upper] for upper in stretch]
    columns = _columns([*rows, row])
    if columns is None:
        return False
    between = lines[stretch[-1] + 1 : place]
    if any(chunk.box[0] >= columns.start and not chunk.is_value for line in between for chunk in line):
        return False  # Another header.
    if row[0].middle - above[0].middle > BREAK * above[0].height:
        # Labels may be wrapped over many lines, beside which nothing else stands.
        return all(chunk.box[2] <= columns.start for line in between for chunk in line)
    boxes = [chunk.box for upper in rows for chunk in _values(upper)]
    under = sum(any(_overlap(chunk.box, box) for box in boxes) for chunk in _values(row))
    if 2 * under > len(_values(row)):
        return True
    most = max(len(_values(one)) for one in (*rows, row))
    return len(columns.edges) <= BLANK * most and not any(_HEADING.match(line[0].text) for line in between)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2]


def _columns(rows: Sequence[_Row]) -> _Columns | None:
    """Where the numbers stand over one another; None where two of one row stand at the same place."""
    boxes = sorted((chunk.box for row in rows for chunk in _values(row)), key=lambda box: box[0])
    edges: list[tuple[float, float]] = []
    for left, _, right, _ in boxes:
        if edges and left < edges[-1][1]:
            edges[-1] = (edges[-1][0], max(edges[-1][1], right))
        else:
            edges.append((left, right))
    columns = _Columns(tuple(edges))
    for row in rows:
        places = [columns.place(chunk) for chunk in _values(row)]
        if None in places or len(set(places)) < len(places):
            return None
    return columns if len(edges) >= LEAST_COLUMNS else None


def _reach(lines: Sequence[_Row], first: int, last: int, columns: _Columns) -> tuple[int, int, int]:
    """The lines where the header begins, where the rows do, and behind the last line of the last row's label."""
    height = max(chunk.height for chunk in lines[first])
    if first > 0 and _is_beside(lines[first - 1], lines[first], columns):
        first -= 1  # Half a line above the numbers stands the first of an even number of lines.
    top = first
    while top > 0 and _heads(lines[top - 1], lines[top], columns, height):
        top -= 1
    bottom = last + 1
    if all(chunk.box[2] <= columns.start for line in lines[top:first] for chunk in line):
        first = top  # No header: a page end left the rest of a label above the numbers.
    while bottom < len(lines) and _follows(lines[bottom - 1], lines[bottom], columns):
        bottom += 1
    return top, first, bottom


def _is_beside(line: _Row, row: _Row, columns: _Columns) -> bool:
    """Whether words stand so little above a row's numbers that they can only be its label's."""
    words = all(chunk.box[2] <= columns.start for chunk in line)
    return words and row[0].middle - line[0].middle < line[0].height


def _heads(line: _Row, below: _Row, columns: _Columns, height: float) -> bool:
    if below[0].middle - line[0].middle > HEAD_BREAK * height or _is_row(line):
        return False
    if any(chunk.height > LARGER * height for chunk in line):
        return False
    if len(line) > 1:
        return True
    left, _, right, _ = line[0].box
    crosses = left < columns.start - height and right > columns.start + height
    return not crosses and not _HEADING.match(line[0].text)


def _follows(above: _Row, line: _Row, columns: _Columns) -> bool:
    """Whether a line under the last row is one of labels, or a row with few numbers."""
    height = max(chunk.height for chunk in above)
    if line[0].middle - above[0].middle > WRAPPED * height:
        return False
    if any(chunk.height > LARGER * height for chunk in line):
        return False
    words = [chunk for chunk in line if not chunk.is_value]
    inside = all(chunk.box[2] <= columns.start for chunk in words)
    return inside and all(columns.place(chunk) is not None for chunk in _values(line))


def _grid(lines: Sequence[_Row], header: int, columns: _Columns, cuts: Sequence[_Cut]) -> RuledGrid:
    """The table of some lines, of which the first are its header."""
    pitch = _pitch(lines)
    heads = _stacked([chunk for line in lines[:header] for chunk in line], pitch, (), cuts)
    body = lines[header:]
    rows = _whole_rows(body, columns)
    middles = [(_values(row)[0].middle + _values(row)[-1].middle) / 2 for row in rows]
    words = [chunk for line in body for chunk in line if not chunk.is_value or columns.place(chunk) is None]
    labels = _stacked(words, pitch, middles, cuts)
    end = max((stack.box[2] for stack in labels if stack.box[2] <= columns.start), default=0.0)
    columns = _headed_columns(columns, heads, end)
    table = [*_header_rows(heads, columns, end), *_body_rows(rows, middles, labels, columns)]
    cells = [_numbered(row, place) for place, row in enumerate(table)]
    return RuledGrid(cells, enclosing([cell.box for row in cells for cell in row]))


def _whole_rows(lines: Sequence[_Row], columns: _Columns) -> list[_Row]:
    """The lines that hold numbers; what numbers under others did not fit into their cells is part of their row."""
    longest: dict[int | None, int] = {}
    for chunk in (chunk for line in lines for chunk in _values(line)):
        place = columns.place(chunk)
        longest[place] = max(longest.get(place, 0), len(chunk.text))
    rows: list[_Row] = []
    for line in lines:
        if all(columns.place(chunk) is None for chunk in _values(line)):
            continue
        if rows and _is_rest(line, rows[-1], columns, longest):
            rows[-1] = [*rows[-1], *line]
        else:
            rows.append(line)
    return rows


def _is_rest(line: _Row, above: _Row, columns: _Columns, longest: Mapping[int | None, int]) -> bool:
    """Whether a line of numbers may be what did not fit into the cells of the row above.

    Beside words it may as well be a row of its own; then it is taken for a rest only where all that stands above its
    numbers is as long as any of its column, so that none of these is read without its end.
    """
    over = {columns.place(chunk): chunk.text for chunk in _values(above)}
    under = {columns.place(chunk) for chunk in _values(line)}
    step = line[0].middle - above[-1].middle
    if not (0 < step <= LINE_PITCH * line[0].height and under <= over.keys()):
        return False
    if all(chunk.is_value for chunk in line):
        return True
    return len(under) < len(over) and all(1 < len(over[place]) == longest[place] for place in under)


def _headed_columns(columns: _Columns, heads: Sequence[_Stack], end: float) -> _Columns:
    """The columns as wide as what ends the header over them, with those that no number stands in.

    Args:
        columns: Where the numbers stand.
        heads: The header's cells.
        end: Where the labels end on the right.
    """
    boxes = [stack.box for stack in heads]
    foot = max(boxes, key=lambda box: box[3], default=(0.0, 0.0, 0.0, 0.0))
    over = sorted((box[0], box[2]) for box in boxes if box[0] >= end and (box[1] + box[3]) / 2 > foot[1])
    if len(over) == len(columns.edges):
        pairs = zip(columns.edges, over, strict=True)
        wide = tuple((min(one[0], two[0]), max(one[1], two[1])) for one, two in pairs)
        return _Columns(wide) if all(one[1] <= two[0] for one, two in pairwise(wide)) else columns
    if len(over) < len(columns.edges):
        return columns
    empty = [
        (left, right)
        for left, right in over
        if not any(start < right and left < stop for start, stop in columns.edges)
    ]
    return _Columns(tuple(sorted([*columns.edges, *empty])))


def _pitch(lines: Sequence[_Row]) -> float:
    """The least distance of two lines of words that are flush: that of lines of one cell; 0 where none are."""
    chunks = [chunk for line in lines for chunk in line if not chunk.is_value]
    steps = [
        lower.middle - upper.middle
        for place, upper in enumerate(chunks)
        for lower in chunks[place + 1 :]
        if 0.8 * upper.height < lower.middle - upper.middle <= WRAPPED * upper.height
        and _overlap(upper.box, lower.box)
        and _is_flush(upper, lower)
    ]
    return min(steps, default=0.0)


def _is_flush(upper: _Chunk, lower: _Chunk) -> bool:
    """Whether two chunks begin, end or are centred at one place."""
    one, other = upper.box, lower.box
    slack = FLUSH * upper.height
    differences = one[0] - other[0], one[2] - other[2], (one[0] + one[2] - other[0] - other[2]) / 2
    return any(abs(difference) <= slack for difference in differences)


def _stacked(
    chunks: Sequence[_Chunk], pitch: float, middles: Sequence[float], cuts: Sequence[_Cut]
) -> list[_Stack]:
    """The cells that chunks are lines of; a cell stands beside at most one of the rows."""
    stacks: list[_Stack] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.middle):
        beside = _beside(chunk, middles)
        for stack in reversed(stacks):
            if (
                _goes_under(stack.chunks[-1], chunk, pitch)
                and not (beside and any(_beside(upper, middles) for upper in stack.chunks))
                and not _is_cut(stack.chunks[-1], chunk, cuts)
            ):
                stacks += _gone_on(stack, chunk)
                break
        else:
            stacks.append(_Stack([chunk]))
    return stacks


def _gone_on(stack: _Stack, chunk: _Chunk) -> list[_Stack]:
    """Adds a line to a cell; where the line above is not full, it is no wrapped one, and a new cell begins there."""
    last = stack.chunks[-1]
    widest = max(upper.width for upper in (*stack.chunks, chunk))
    if last.width >= widest - SHORT * last.height:
        stack.chunks.append(chunk)
        return []
    if len(stack.chunks) > 1 and last.width >= chunk.width - SHORT * last.height:
        return [_Stack([stack.chunks.pop(), chunk])]
    return [_Stack([chunk])]


def _goes_under(upper: _Chunk, lower: _Chunk, pitch: float) -> bool:
    step = lower.middle - upper.middle
    return 0 < step <= PITCH_SLACK * pitch and _overlap(upper.box, lower.box) and _is_flush(upper, lower)


def _is_cut(upper: _Chunk, lower: _Chunk, cuts: Sequence[_Cut]) -> bool:
    left, _, right, _ = lower.box
    return any(
        upper.middle < cut.at < lower.middle and cut.start <= left + FLUSH and right - FLUSH <= cut.end
        for cut in cuts
    )


def _beside(chunk: _Chunk, middles: Sequence[float]) -> bool:
    return any(abs(chunk.middle - middle) < 0.3 * chunk.height for middle in middles)


def _header_rows(heads: Sequence[_Stack], columns: _Columns, end: float) -> Iterator[list[RuledCell]]:
    """The cells of the header, top down; those with none below make the last row, in the order of the columns."""
    boxes = [stack.box for stack in heads]
    leaves = [stack for stack in heads if not any(_stands_over(stack.box, box) for box in boxes)]
    upper = sorted((stack for stack in heads if stack not in leaves), key=lambda stack: stack.box[1])
    rows: list[list[_Stack]] = []
    foot = -1.0
    for stack in upper:
        if stack.box[1] >= foot:
            rows.append([])
            foot = stack.box[1] + 0.5 * stack.chunks[0].height
        rows[-1].append(stack)
    for row in [*rows, *([leaves] if leaves else [])]:
        yield [_head(stack, columns, end) for stack in sorted(row, key=lambda stack: stack.box[0])]


def _stands_over(one: Box, other: Box) -> bool:
    return other[1] > one[1] and _overlap(one, other)


def _head(stack: _Stack, columns: _Columns, end: float) -> RuledCell:
    box = stack.box
    under = range(-1, 0) if (box[0] + box[2]) / 2 < end else columns.under(box)
    return RuledCell(0, under.start + 1, 1, len(under), box, stack.runs)


def _body_rows(
    rows: Sequence[_Row], middles: Sequence[float], labels: Sequence[_Stack], columns: _Columns
) -> Iterator[list[RuledCell]]:
    """A row for each line of numbers, with its labels; and one for each label that has no numbers."""
    reaches = [(_values(row)[0].middle, _values(row)[-1].middle) for row in rows]
    beside: list[list[_Stack]] = [[] for _ in rows]
    alone: list[_Stack] = []
    for stack in labels:
        near = [
            i for i, (first, last) in enumerate(reaches) if stack.box[1] <= last and first <= stack.box[3]
        ]
        if near:
            beside[near[0]].append(stack)
        else:
            alone.append(stack)
    inner = [max(stacks, key=lambda stack: stack.box[2]) for stacks in beside if stacks]
    bodies = [
        (middle, _body_row(row, stacks, columns))
        for middle, row, stacks in zip(middles, rows, beside, strict=True)
    ]
    for stack in alone:
        middle = (stack.box[1] + stack.box[3]) / 2
        bodies.append((middle, _body_row([], [stack], columns, blank=_is_label(stack, inner))))
    yield from (row for _, row in sorted(bodies, key=lambda body: body[0]))


def _is_label(stack: _Stack, inner: Sequence[_Stack]) -> bool:
    """Whether a cell stands where the rows' own labels do, and not where those over several rows do."""
    return 2 * sum(_overlap(stack.box, other.box) for other in inner) > len(inner)


def _body_row(row: _Row, labels: Sequence[_Stack], columns: _Columns, blank: bool = True) -> list[RuledCell]:
    cells = [
        RuledCell(0, 0, 1, 1, stack.box, stack.runs)
        for stack in sorted(labels, key=lambda stack: stack.box[0])
    ]
    if not blank:
        return cells
    _, top, _, bottom = enclosing([chunk.box for chunk in row] or [stack.box for stack in labels])
    for place, (left, right) in enumerate(columns.edges):
        stack = _Stack([chunk for chunk in _values(row) if columns.place(chunk) == place])
        if len(stack.chunks) > 1:
            left, right = columns.lane(place)
        box = stack.box if len(stack.chunks) == 1 else (left, top, right, bottom)
        cells.append(RuledCell(0, place + 1, 1, 1, box, stack.runs))
    return cells


def _numbered(row: list[RuledCell], place: int) -> list[RuledCell]:
    for cell in row:
        cell.row = place
    return row
