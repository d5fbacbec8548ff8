"""Finds the ruled tables of a page: what is painted and the runs in, grids of cells and the other runs out.

Rules that touch make one table. Its cells are what the rules part; where a rule is missing inside, cells are
merged; where the outline is open, it is closed. Backgrounds and rules that are not seen make a table only
where no drawn rules do, and only if they line up: office programs paint one behind each line of prose.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from statistics import median_low

from pipeline.document import UnreadableDocumentError
from pipeline.readers.layout.lines import Box, Character, Run, enclosing, stack_lines
from pipeline.readers.layout.rules import (
    Mark,
    Outline,
    Rule,
    Strike,
    backgrounds,
    drawn_outlines,
    drawn_rules,
    edge_outlines,
    lies_in,
    may_part_columns,
    with_edges,
    without_strips,
)
from pipeline.readers.printed import UNCERTAIN, struck

OVERSHOOT = 5.0
"""Points by which rules must pass the last crossing rule before the outline is closed at their ends."""
DRAWN_SHARE = 0.5
"""Share of a cell's side that must be drawn for it to count."""
FAR_APART = 3.0
"""Character heights between the words of two cells that no rule parts."""
UNLIKE = 0.1
"""Share of a digit's height by which the gap between two numbers differs from those between digits of one."""
EVENLY = 0.03
"""The same where several gaps between the digits of one are known: a program sets all alike."""
MAX_UNITS = 200_000
_IN_NUMBERS = frozenset("0123456789０１２３４５６７８９.,．")
_NUMBER = re.compile(r"[-+−－＋]?[0-9０-９][0-9０-９,.，．]*")


@dataclass(slots=True)
class RuledCell:
    """A cell: its place and spans on the grid, its box, and the runs printed in it."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class RuledGrid:
    """A table: its cells by row, left to right, and the box around them."""

    rows: list[list[RuledCell]]
    box: Box


@dataclass(frozen=True, slots=True)
class _Lattice:
    """The tracks of a table and which sides of its units are drawn.

    `walls` holds (row, i) where a rule runs down at track i beside the row, `floors` (j, column) where one
    runs across at track j under or over the column.
    """

    xs: list[float]
    ys: list[float]
    walls: frozenset[tuple[int, int]]
    floors: frozenset[tuple[int, int]]


def find_grids(
    marks: Sequence[Mark], runs: Sequence[Run], *, faint: bool = True, parted: bool = True
) -> tuple[list[RuledGrid], list[Run]]:
    """The tables of a page, from the top down, and the runs that stand in none.

    A table has text, and at least two cells side by side somewhere: a box around prose is prose. `faint` says
    whether backgrounds and rules that are not seen make tables, too, `parted` whether cells are parted where a rule
    was left out, which takes runs that are words and no mere blobs of ink.

    Raises:
        UnreadableDocumentError: `limit_exceeded` for more rules or cells than a page of tables can have.
    """
    marks = list(dict.fromkeys(marks))  # A frame around each cell paints the inner sides twice.
    grids: list[RuledGrid] = []
    grounds = backgrounds(marks)
    outlines, strikes = drawn_rules(marks, grounds, runs if parted else ())
    rest = _marked(runs, strikes) if strikes else list(runs)
    # A table inside another's cell is the smaller one: it takes its text first.
    for outline in sorted(outlines, key=lambda outline: outline.area):
        grid, rest = _cut(with_edges(outline, grounds), rest, parted=parted)
        grids += [grid] if grid else []
    frames = [Mark(*grid.box) for grid in grids]
    may_be_faint = faint and bool(rest) and (bool(grounds) or any(mark.white for mark in marks))
    unseen = [mark for mark in marks if not (frames and lies_in(mark, frames))] if may_be_faint else []
    outlines = edge_outlines(unseen) if may_part_columns(unseen) else []
    for outline in sorted(outlines, key=lambda outline: outline.area):
        grid, left_over = _cut(outline, rest, whole_runs=True, parted=parted)
        if grid:
            grid, freed = _without_prose_rows(grid)
            if _lines_up(grid):
                grids.append(grid)
                rest = left_over + freed
    return sorted(grids, key=lambda grid: (grid.box[1], grid.box[0])), rest


def with_strikes(marks: Sequence[Mark], runs: Sequence[Run]) -> list[Run]:
    """The runs of a page with the characters marked that something painted strikes through."""
    return _marked(runs, drawn_rules(marks, backgrounds(marks), runs)[1])


def _marked(runs: Sequence[Run], strikes: Sequence[Strike]) -> list[Run]:
    """The runs with the characters marked that rules strike through."""
    found = {id(run): run for run in runs}
    for rule, run in strikes:
        characters = found[id(run)].characters
        found[id(run)] = Run([_struck(c, rule) for c in characters], run.spaced)
    return list(found.values())


def _struck(character: Character, rule: Rule) -> Character:
    middle = (character.left + character.right) / 2
    return character._replace(text=struck(character.text)) if rule.start < middle < rule.end else character


def _cut(
    outline: Outline, runs: list[Run], *, parted: bool, whole_runs: bool = False
) -> tuple[RuledGrid | None, list[Run]]:
    """Lays runs into the cells of an outline; None and all runs where it is no table."""
    if not _has_columns(outline):
        return None, runs  # Most are the grounds behind lines of prose.
    lattice = _lattice(without_strips(outline, lambda: _boxes_in(outline, runs)), runs)
    if lattice is None:
        return None, runs
    cells = list(_cells(lattice))
    rest = _fill(cells, lattice, runs, whole_runs)
    if rest is None:
        return None, runs
    cells = [cell for cell in cells if not _is_notch(cell, lattice)]
    if parted:
        cells = [part for cell in cells for part in _parted(cell, lattice)]
    grid = _grid(cells)
    return (grid, rest) if grid else (None, runs)


def _boxes_in(outline: Outline, runs: Sequence[Run]) -> list[Box]:
    """The boxes of the runs within an outline."""
    left, top, right, bottom = outline.box
    inside = [run for run in runs if left < _across(run) < right and top < run.middle < bottom]
    return [(run.left, run.top, run.right, run.bottom) for run in inside]


def lay_into(boxes: Sequence[Box], runs: list[Run]) -> tuple[RuledGrid | None, list[Run]]:
    """Lays runs into cells that another engine found; None and all runs where they make no table."""
    xs = sorted({edge for box in boxes for edge in (box[0], box[2])})
    ys = sorted({edge for box in boxes for edge in (box[1], box[3])})
    cells = [
        RuledCell(
            row := ys.index(top),
            column := xs.index(left),
            ys.index(bottom) - row,
            xs.index(right) - column,
            (left, top, right, bottom),
        )
        for left, top, right, bottom in sorted(boxes, key=lambda box: (box[1], box[0]))
    ]
    rest = _fill(cells, _Lattice(xs, ys, frozenset(), frozenset()), runs)
    grid = _grid(cells)
    return (grid, rest) if grid and rest is not None else (None, runs)


def outer_sides(marks: Sequence[Mark], runs: Sequence[Run]) -> list[Mark]:
    """The four sides of each outline, drawn or not: a page's end leaves them open, or closes a part."""
    lattices = [_lattice(outline, runs) for outline in drawn_outlines(marks, backgrounds(marks))]
    return [
        side
        for lattice in lattices
        if lattice
        for side in _sides(lattice.xs[0], lattice.ys[0], lattice.xs[-1], lattice.ys[-1])
    ]


def _sides(left: float, top: float, right: float, bottom: float) -> list[Mark]:
    return [
        Mark(left, top, left, bottom),
        Mark(right, top, right, bottom),
        Mark(left, top, right, top),
        Mark(left, bottom, right, bottom),
    ]


def _fill(
    cells: Sequence[RuledCell], lattice: _Lattice, runs: Sequence[Run], whole_runs: bool = False
) -> list[Run] | None:
    """Puts each run into its cell and gives back those of no cell; None where one is cut and may not be."""
    owners = {
        (cell.row + down, cell.column + right): cell
        for cell in cells
        for down in range(cell.row_span)
        for right in range(cell.column_span)
    }
    rest: list[Run] = []
    overprinted: list[Run] = []
    for run in runs:
        pieces = _pieces(run, lattice, owners)
        if whole_runs and len(pieces) > 1:
            return None
        for cell, piece in pieces:
            (cell.runs if cell else rest).append(piece)
            if piece is not run and piece.text.endswith(UNCERTAIN):
                overprinted.append(run)
    for run in overprinted:
        _untell(cells, run)
    return rest


def _untell(cells: Iterable[RuledCell], over: Run) -> None:
    """Marks what is printed over digits of another cell: some may lie under it."""
    for run in (run for cell in cells for run in cell.runs):
        if (
            abs(run.middle - over.middle) < over.height / 2
            and run.left < over.right
            and over.left < run.right
        ):
            run.characters[:] = _uncertain(run.characters)


def _uncertain(characters: Sequence[Character]) -> list[Character]:
    if characters[-1].text.endswith(UNCERTAIN):
        return list(characters)
    return [*characters[:-1], characters[-1]._replace(text=characters[-1].text + UNCERTAIN)]


def _grid(cells: Sequence[RuledCell]) -> RuledGrid | None:
    """The table that cells make; None where none stand side by side or all are empty."""
    rows = _by_row(cells)
    if all(len(row) < 2 for row in rows) or not any(cell.runs for cell in cells):
        return None
    return RuledGrid(rows, enclosing([cell.box for cell in cells]))


def _lattice(outline: Outline, runs: Sequence[Run]) -> _Lattice | None:
    xs = sorted({rule.at for rule in outline.down})
    ys = sorted({rule.at for rule in outline.across})
    xs = _closed(xs, outline.across, lambda: [_across(run) for run in runs if ys[0] < run.middle < ys[-1]])
    ys = _closed(ys, outline.down, lambda: [run.middle for run in runs if xs[0] < _across(run) < xs[-1]])
    if len(xs) < 3 or len(ys) < 2:
        return None
    if len(xs) * len(ys) > MAX_UNITS:
        raise UnreadableDocumentError("limit_exceeded", what=f"{len(xs)} × {len(ys)} cells > {MAX_UNITS}")
    walls = frozenset((row, i) for i, row in _drawn(outline.down, xs, ys))
    return _Lattice(xs, ys, walls, frozenset(_drawn(outline.across, ys, xs)))


def _has_columns(outline: Outline) -> bool:
    """Whether rules part an outline into columns, or go on past its sides, where `_closed` may find one."""
    tracks = {rule.at for rule in outline.down}
    first, last = min(tracks) - OVERSHOOT, max(tracks) + OVERSHOOT
    return len(tracks) > 2 or any(rule.start < first or rule.end > last for rule in outline.across)


def _across(run: Run) -> float:
    return (run.left + run.right) / 2


def _closed(
    tracks: list[float], crossing: Sequence[Rule], texts: Callable[[], Sequence[float]]
) -> list[float]:
    """Adds a track where rules, two or the only one, end beyond the last one with text between: an undrawn side."""
    first, last = tracks[0], tracks[-1]
    enough = min(2, len(crossing))
    before = [rule.start for rule in crossing if rule.start < first - OVERSHOOT]
    after = [rule.end for rule in crossing if rule.end > last + OVERSHOOT]
    if len(before) >= enough and any(min(before) < text < first for text in texts()):
        tracks = [min(before), *tracks]
    if len(after) >= enough and any(last < text < max(after) for text in texts()):
        tracks = [*tracks, max(after)]
    return tracks


def _drawn(rules: Sequence[Rule], tracks: list[float], crossing: list[float]) -> Iterator[tuple[int, int]]:
    """For each rule its track, with each interval between crossing tracks that it is drawn along."""
    places = {at: place for place, at in enumerate(tracks)}
    for rule in rules:
        at, start, end = rule
        track = places[at]
        first, last = (
            max(bisect_right(crossing, start) - 1, 0),
            min(bisect_left(crossing, end), len(crossing) - 1) - 1,
        )
        for interval in range(first, last + 1):
            if first < interval < last or _is_drawn(crossing[interval], crossing[interval + 1], start, end):
                yield track, interval


def _is_drawn(first: float, last: float, start: float, end: float) -> bool:
    """Whether a rule is drawn along most of an interval."""
    return min(last, end) - max(first, start) >= DRAWN_SHARE * (last - first)


def _cells(lattice: _Lattice) -> Iterator[RuledCell]:
    """The cells: from each free unit right to the next wall, then down to the next floor."""
    height, width = len(lattice.ys) - 1, len(lattice.xs) - 1
    taken: set[tuple[int, int]] = set()
    for row in range(height):
        for column in range(width):
            if (row, column) in taken:
                continue
            end = column + 1
            while end < width and (row, end) not in taken and (row, end) not in lattice.walls:
                end += 1
            below = row + 1
            while below < height and _is_open(lattice, taken, below, column, end):
                below += 1
            if below - row > 1 or end - column > 1:  # A unit alone is not met again.
                taken.update((r, c) for r in range(row, below) for c in range(column, end))
            box = (lattice.xs[column], lattice.ys[row], lattice.xs[end], lattice.ys[below])
            yield RuledCell(row, column, below - row, end - column, box)


def _is_open(lattice: _Lattice, taken: set[tuple[int, int]], row: int, column: int, end: int) -> bool:
    """Whether nothing parts these columns from the row above, nor from each other in this row."""
    for place in range(column, end):
        if (row, place) in lattice.floors or (row, place) in taken:
            return False
        if place > column and (row, place) in lattice.walls:
            return False
    return True


def _pieces(
    run: Run, lattice: _Lattice, owners: dict[tuple[int, int], RuledCell]
) -> list[tuple[RuledCell | None, Run]]:
    """The cell under the middle of a run's characters; one that passes an edge is parted, but never inside a number."""
    xs = lattice.xs
    characters = run.characters
    first, last = characters[0], characters[-1]
    row = bisect_right(lattice.ys, (first[2] + first[4]) / 2) - 1
    start = bisect_right(xs, (first[1] + first[3]) / 2) - 1
    owner = owners.get((row, start))
    if first is last:
        return [(owner, run)]
    end = bisect_right(xs, (last[1] + last[3]) / 2) - 1
    if end == start or owners.get((row, end)) is owner:
        return [(owner, run)]
    pieces: list[tuple[RuledCell | None, Run]] = []
    for token in _tokens(run.characters, xs):
        cell = owners.get((row, bisect_right(xs, (token[0][1] + token[-1][3]) / 2) - 1))
        if pieces and pieces[-1][0] is cell:
            pieces[-1][1].characters.extend(token)
        else:
            pieces.append((cell, Run(list(token), run.spaced and not pieces)))
    return pieces


def _tokens(characters: Sequence[Character], xs: Sequence[float]) -> Iterator[list[Character]]:
    """The digits of a number together, every other character alone."""
    for in_number, group in groupby(characters, key=lambda character: character.text in _IN_NUMBERS):
        if in_number:
            yield from _numbers(list(group), xs)
        else:
            yield from ([character] for character in group)


def _numbers(digits: Sequence[Character], xs: Sequence[float]) -> Iterator[list[Character]]:
    """One number, or those of neighbouring cells that nearly touch or run on: they are parted by gaps unlike others.

    Where digits do not follow one another evenly and are no number in each cell, or begin before the one before ends,
    they are printed over those of another cell: none is certain.
    """
    if bisect_right(xs, _middle(digits[:1])) == bisect_right(xs, _middle(digits[-1:])):
        yield list(digits)
        return
    gaps = [after[1] - before[3] for before, after in pairwise(digits)]
    lanes = [bisect_right(xs, _middle([digit])) for digit in digits]
    inner = [gap for gap, (one, other) in zip(gaps, pairwise(lanes), strict=True) if one == other]
    usual = median_low(inner) if inner else 0.0
    height = digits[0][4] - digits[0][2]
    slack = (EVENLY if inner else UNLIKE) * height
    ends = [place + 1 for place, gap in enumerate(gaps) if abs(gap - usual) > slack]
    parts = [list(digits[start:end]) for start, end in pairwise([0, *ends, len(digits)])]
    are_apart = len({bisect_right(xs, _middle(part)) for part in parts}) == len(parts)
    if are_apart and min(gaps) >= usual - slack:
        yield from parts
    else:
        is_even = max(gaps) - min(gaps) <= UNLIKE * height
        yield list(digits) if is_even else _uncertain(digits)


def _middle(digits: Sequence[Character]) -> float:
    return (digits[0][1] + digits[-1][3]) / 2


def _is_notch(cell: RuledCell, lattice: _Lattice) -> bool:
    """Whether an empty unit is only the outside of a table whose outline is no rectangle."""
    if cell.runs:
        return False
    rows = range(cell.row, cell.row + cell.row_span)
    columns = range(cell.column, cell.column + cell.column_span)
    open_across = any(
        all((track, column) not in lattice.floors for column in columns) for track in (rows.start, rows.stop)
    )
    return open_across and any(
        all((row, track) not in lattice.walls for row in rows) for track in (columns.start, columns.stop)
    )


def _parted(cell: RuledCell, lattice: _Lattice) -> list[RuledCell]:
    """Parts a cell where rules were left out: at its tracks that no print crosses.

    Several numbers on one line are one each; a single number is parted from the words before it. Words alone are
    parted where they stand over each of three tracks or more, or two far apart, as in a header.
    """
    if cell.column_span == 1 or len(cell.runs) < 2:
        return [cell]
    segments = _segments(cell, lattice)
    filled = [segment for segment in segments if segment.runs]
    numbers = [segment for segment in filled if _is_number(segment)]
    if not numbers:
        return segments if _are_heads(filled, segments) else [cell]
    if len(stack_lines([segment.runs[0] for segment in numbers])) > 1:
        return [cell]
    if len(numbers) > 1:
        return segments
    if len(filled) == 1 or filled[-1] is not numbers[0]:
        return [cell]
    return [*filled[:-1], _widened(filled[-1], filled[-2], cell)]


def _are_heads(filled: Sequence[RuledCell], segments: Sequence[RuledCell]) -> bool:
    """Whether words are so far apart that they can only be the texts of several cells."""
    if len(filled) == len(segments) > 2:
        return True
    if len(filled) != 2:
        return False
    gap = min(run.left for run in filled[1].runs) - max(run.right for run in filled[0].runs)
    return gap >= FAR_APART * filled[0].runs[0].height


def _is_number(cell: RuledCell) -> bool:
    return len(cell.runs) == 1 and _NUMBER.fullmatch(cell.runs[0].text) is not None


def _segments(cell: RuledCell, lattice: _Lattice) -> list[RuledCell]:
    """The cell cut at each of its inner tracks that none of its runs crosses."""
    tracks = [
        track
        for track in range(cell.column + 1, cell.column + cell.column_span)
        if not any(
            run.left < lattice.xs[track] - 1 and run.right > lattice.xs[track] + 1 for run in cell.runs
        )
    ]
    places = [cell.column, *tracks, cell.column + cell.column_span]
    return [_segment(cell, start, end, lattice) for start, end in pairwise(places)]


def _segment(cell: RuledCell, start: int, end: int, lattice: _Lattice) -> RuledCell:
    left, right = lattice.xs[start], lattice.xs[end]
    runs = [run for run in cell.runs if left <= _across(run) < right]
    return RuledCell(
        cell.row, start, cell.row_span, end - start, (left, cell.box[1], right, cell.box[3]), runs
    )


def _widened(last: RuledCell, before: RuledCell, cell: RuledCell) -> RuledCell:
    """A number's cell with the empty tracks on both its sides."""
    start = before.column + before.column_span
    box = (before.box[2], *cell.box[1:])
    return RuledCell(cell.row, start, cell.row_span, cell.column + cell.column_span - start, box, last.runs)


def _by_row(cells: Sequence[RuledCell]) -> list[list[RuledCell]]:
    """The cells by the row they start in; tracks at which no cell starts are closed up."""
    starts = sorted({cell.row for cell in cells})
    lefts = sorted({cell.column for cell in cells})
    rows: list[list[RuledCell]] = [[] for _ in starts]
    for cell in cells:
        row, column = bisect_right(starts, cell.row) - 1, bisect_right(lefts, cell.column) - 1
        cell.row_span = bisect_right(starts, cell.row + cell.row_span - 1) - row
        cell.column_span = bisect_right(lefts, cell.column + cell.column_span - 1) - column
        cell.row, cell.column = row, column
        rows[row].append(cell)
    return rows


def _without_prose_rows(grid: RuledGrid) -> tuple[RuledGrid, list[Run]]:
    """Takes off the rows of one cell above and below: prose whose background abuts. A heading stays."""
    wide = [place for place, row in enumerate(grid.rows) if len(row) > 1]
    first, last = wide[0], wide[-1]
    last = max(cell.row + cell.row_span - 1 for row in grid.rows[: last + 1] for cell in row)
    if first > 0 and _is_heading(grid.rows[first - 1][0]):
        first -= 1
    freed = [run for row in grid.rows[:first] + grid.rows[last + 1 :] for cell in row for run in cell.runs]
    rows = grid.rows[first : last + 1]
    for cell in (cell for row in rows for cell in row):
        cell.row -= first
    left, _, right, _ = grid.box
    bottom = max(cell.box[3] for row in rows for cell in row)
    return RuledGrid(rows, (left, rows[0][0].box[1], right, bottom)), freed


def _is_heading(cell: RuledCell) -> bool:
    """Whether a row of one cell holds one line, set in the middle."""
    lines = stack_lines(cell.runs)
    if len(lines) != 1:
        return False
    before, after = lines[0][0].left - cell.box[0], cell.box[2] - lines[0][-1].right
    width = 2 * lines[0][0].height
    return min(before, after) > width and abs(before - after) < width


def _lines_up(grid: RuledGrid) -> bool:
    """Whether columns go on over rows, as those of backgrounds behind single words do not."""
    if sum(len(row) > 1 for row in grid.rows) < 2:
        return False
    starts = Counter[int]()
    for row in grid.rows:
        for cell in row:
            starts[cell.column] += cell.row_span
    inner = [count for column, count in starts.items() if column > 0]
    return 2 * sum(count > 1 for count in inner) >= len(inner)
