"""Puts the lines of one cell together where no rules part cells: chunks of lines in, stacks of them out.

Lines of one cell stand closely under one another and begin, end or are centred at one place; all but the last are
full. Labels that stand as closely are parted among the rows beside them: the numbers of a row stand beside the
first, the middle or the last of its label's lines, and beside the same in all rows of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from pipeline.readers.layout.columns import FLUSH, Chunk, Row, Span, Stack, overlap, words_of

WRAPPED = 2.5
"""Character heights up to which lines may be lines of one cell."""
PITCH_SLACK = 1.12
"""Times the least distance of two lines of a cell up to which others are such, too."""
SHORT = 1.3
"""Character heights by which a line that is not a cell's last may be shorter than the others."""
ROOM = 5.0
"""Character heights between a label's line and the first column from which it would have had room for more words."""
ALIKE = 1.06
"""Times a distance of lines that others of the kind are at most."""
LEAST_SHARE = 0.15
"""Share of the distances between flush lines that those of lines of one cell make up at least."""
SPREAD = 2
"""Cells under words up to which one of them may be their next line."""
LEVEL = 0.3
"""Character heights by which the middles of two chunks of one line may differ."""
SAME_ROW = 0.75
"""Times that distance up to which words to the right are of the same row."""
MOST_LINES = 14
"""Lines of one label at most."""
LONE = 0.4
"""What a label without numbers costs when labels are parted, in distances of lines, as numbers off their place do."""
CUT_SHORT = 0.6
"""What it costs that a line which is not full goes on."""
UNNAMED = 2.0
"""What it costs that a row is left without a label."""


class Cut(NamedTuple):
    """An edge of what is painted that runs across."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of some rows.

    Attributes:
        beside: For each row the cells to the left of its numbers.
        alone: Those that stand beside none.
    """

    beside: list[list[Stack]]
    alone: list[Stack]


def line_pitch(lines: Sequence[Row]) -> float:
    """The least distance at which words are flush, and not by chance: that of lines of one cell; 0 for none."""
    chunks = [chunk for line in lines for chunk in words_of(line)]
    steps = [
        lower.middle - upper.middle
        for place, upper in enumerate(chunks)
        for lower in chunks[place + 1 :]
        if 0.8 * upper.height < lower.middle - upper.middle <= WRAPPED * upper.height
        and overlap(upper.span, lower.span)
        and is_flush(upper, lower)
        and not _spreads(upper, lower, chunks)
    ]
    alike = ((step, sum(step <= other <= ALIKE * step for other in steps)) for step in sorted(steps))
    return next((step for step, count in alike if count >= LEAST_SHARE * len(steps)), 0.0)


def is_flush(upper: Chunk, lower: Chunk) -> bool:
    """Whether two chunks begin, end or are centred at one place."""
    one, other = upper.span, lower.span
    slack = FLUSH * upper.height
    differences = one[0] - other[0], one[1] - other[1], (sum(one) - sum(other)) / 2
    return any(abs(difference) <= slack for difference in differences)


def stacked(chunks: Sequence[Chunk], pitch: float, cuts: Sequence[Cut]) -> list[Stack]:
    """The cells that chunks are lines of.

    Args:
        chunks: Words.
        pitch: The distance of two lines of one cell.
        cuts: What parts cells that stand over one another.
    """
    stacks: list[Stack] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.middle):
        for stack in reversed(stacks):
            if _goes_under(stack.chunks[-1], chunk, pitch, cuts) and not _is_crowd(
                stack.chunks[-1], chunk, chunks
            ):
                stacks += _added(stack, chunk)
                break
        else:
            stacks.append(Stack([chunk]))
    return stacks


def _added(stack: Stack, chunk: Chunk) -> list[Stack]:
    """Adds a line to a cell; where the line above is not full, it is no wrapped one, and a new cell begins there."""
    last = stack.chunks[-1]
    widest = max(upper.width for upper in (*stack.chunks, chunk))
    if last.width >= widest - SHORT * last.height:
        stack.chunks.append(chunk)
        return []
    if len(stack.chunks) > 1 and last.width >= chunk.width - SHORT * last.height:
        return [Stack([stack.chunks.pop(), chunk])]
    return [Stack([chunk])]


def _goes_under(upper: Chunk, lower: Chunk, pitch: float, cuts: Sequence[Cut]) -> bool:
    step = lower.middle - upper.middle
    is_under = 0 < step <= PITCH_SLACK * pitch and overlap(upper.span, lower.span) and is_flush(upper, lower)
    return is_under and not is_cut(upper, lower, cuts)


def _is_crowd(upper: Chunk, lower: Chunk, chunks: Sequence[Chunk]) -> bool:
    """Whether others stand under the upper one as well, or over the lower one: then these are no lines of one cell."""
    return _spreads(upper, lower, chunks) or any(
        (chunk is not lower and _is_level(chunk, lower) and overlap(chunk.span, upper.span))
        or (chunk is not upper and _is_level(chunk, upper) and overlap(chunk.span, lower.span))
        for chunk in chunks
    )


def _spreads(upper: Chunk, lower: Chunk, chunks: Sequence[Chunk]) -> bool:
    """Whether so many stand under words, as far as half way to those beside these, that they head all of them."""
    at = sum(upper.span) / 2
    away = [
        abs(sum(chunk.span) / 2 - at) for chunk in chunks if chunk is not upper and _is_level(chunk, upper)
    ]
    reach = min(away, default=float("inf")) / 2
    under = [sum(chunk.span) / 2 for chunk in chunks if _is_level(chunk, lower)]
    return sum(abs(middle - at) <= reach for middle in under) > SPREAD


def _is_level(one: Chunk, other: Chunk) -> bool:
    return abs(one.middle - other.middle) < LEVEL * other.height


def is_cut(upper: Chunk, lower: Chunk, cuts: Sequence[Cut]) -> bool:
    """Whether an edge runs between two lines, all along the lower one."""
    left, right = lower.span
    # An edge through a line parts nothing there: it is of a row beside a cell that reaches over several.
    top, bottom = upper.middle + LEVEL * upper.height, lower.middle - LEVEL * lower.height
    return any(
        top < cut.at < bottom and cut.start <= left + FLUSH and right - FLUSH <= cut.end for cut in cuts
    )


def labels_beside(
    chunks: Sequence[Chunk], rows: Sequence[Span], start: float, pitch: float, cuts: Sequence[Cut]
) -> Labels:
    """The labels of rows.

    Args:
        chunks: The words to the left of all numbers.
        rows: The middles of the first and the last line of each row's numbers.
        start: Where the first column begins.
        pitch: The distance of two lines of one cell.
        cuts: What parts cells that stand over one another.
    """
    inner = [chunk for chunk in chunks if not _has_words_beside(chunk, chunks, pitch)]
    outer = [chunk for chunk in chunks if _has_words_beside(chunk, chunks, pitch)]
    found = Labels([[] for _ in rows], [])
    steps = [lower[0] - upper[1] for upper, lower in pairwise(rows)]
    # Where rows stand visibly farther apart than lines do, what stands as near as these is of one label.
    is_tight = min(steps, default=0.0) <= PITCH_SLACK * pitch
    chains = [_Chain.of(lines, start, is_tight=is_tight) for lines in _chains(inner, pitch, cuts)]
    for stack, row in _parted(chains, rows, pitch):
        (found.alone if row is None else found.beside[row]).append(stack)
    for stack in stacked(outer, pitch, cuts):
        _, top, _, bottom = stack.box
        near = [i for i, (first, last) in enumerate(rows) if top <= last and first <= bottom]
        (found.beside[near[0]] if near else found.alone).append(stack)
    return found


def _has_words_beside(chunk: Chunk, chunks: Sequence[Chunk], pitch: float) -> bool:
    """Whether a label of a row stands to the right, so that the chunk is of one over several rows."""
    reach = SAME_ROW * max(pitch, chunk.height)
    return any(
        other.span[0] >= chunk.span[1] and abs(other.middle - chunk.middle) < reach for other in chunks
    )


def _chains(chunks: Sequence[Chunk], pitch: float, cuts: Sequence[Cut]) -> Iterator[list[Chunk]]:
    """Lines that stand closely under one another, of one cell or of several."""
    chains: list[list[Chunk]] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.middle):
        chain = next((c for c in reversed(chains) if _goes_under(c[-1], chunk, pitch, cuts)), None)
        if chain is None:
            chains.append([chunk])
        else:
            chain.append(chunk)
    yield from chains


@dataclass(frozen=True, slots=True)
class _Chain:
    """Lines that stand closely under one another.

    Attributes:
        lines: From the top down.
        stops: What it costs that each of them goes on.
        lone: What it costs that a label of them has no numbers.
    """

    lines: Sequence[Chunk]
    stops: Sequence[float]
    lone: float

    @classmethod
    def of(cls, lines: Sequence[Chunk], start: float, *, is_tight: bool) -> _Chain:
        """Tells the lines that leave room for more words, beside the widest of them or before the columns."""
        widest = max(line.width for line in lines)
        room = [(widest - line.width) / line.height > SHORT for line in lines]
        far = [is_tight and (start - line.span[1]) / line.height > ROOM for line in lines]
        cost = CUT_SHORT if is_tight else CUT_SHORT / 2
        return cls(
            lines,
            [cost * (one or other) for one, other in zip(room, far, strict=True)],
            LONE if is_tight else 3 * LONE,
        )


_Anchor = Callable[[Sequence[Chunk]], float]
_ANCHORS: tuple[_Anchor, ...] = (
    lambda lines: (lines[0].middle + lines[-1].middle) / 2,
    lambda lines: lines[0].middle,
    lambda lines: lines[-1].middle,
)


class _Parting(NamedTuple):
    """The last label of a parting, its row, what the parting costs, and what it was before."""

    cost: float
    lines: Sequence[Chunk] = ()
    row: int | None = None
    before: _Parting | None = None


def _parted(chains: Sequence[_Chain], rows: Sequence[Span], pitch: float) -> list[tuple[Stack, int | None]]:
    """The labels that chains of lines are, each with its row: the parting that fits best where the numbers stand."""
    ways = [
        [_part(chain, rows, pitch or chain.lines[0].height, anchor) for chain in chains]
        for anchor in _ANCHORS
    ]
    best = min(ways, key=lambda way: round(sum(parting.cost for parting in way), 2))
    found: list[tuple[Stack, int | None]] = []
    for last in best:
        parting: _Parting | None = last
        while parting is not None:
            if parting.lines:
                found.append((Stack(list(parting.lines)), parting.row))
            parting = parting.before
    return found


def _part(chain: _Chain, rows: Sequence[Span], pitch: float, anchor: _Anchor) -> _Parting:
    """The cheapest parting of one chain among the rows beside it; costs are in distances of lines.

    It is found line by line: for every line that may be a label's last, and every number of rows that have theirs by
    then, the cheapest parting of what stands above.
    """
    first, last = chain.lines[0].middle, chain.lines[-1].middle
    near = [row for row in range(len(rows)) if first - pitch <= rows[row][1] and rows[row][0] <= last + pitch]
    inside = first - LEVEL * pitch, last + LEVEL * pitch
    unnamed = [UNNAMED * (inside[0] <= sum(rows[i]) / 2 <= inside[1]) for i in near]
    best: list[dict[int, _Parting]] = [{0: _Parting(0.0)}]
    for end in range(1, len(chain.lines) + 1):
        ends: dict[int, _Parting] = {}
        for start in range(max(end - MOST_LINES, 0), end):
            lines = chain.lines[start:end]
            at, short = anchor(lines), sum(chain.stops[start : end - 1])
            away = [_away(lines, at, rows[i], pitch) for i in near]
            for count, before in best[start].items():
                cost = before.cost + short
                _offer(ends, count, _Parting(cost + chain.lone, lines, None, before))
                for place in range(count, len(near)):
                    if rows[near[place]][0] - lines[-1].middle > pitch:
                        break
                    more = away[place] + sum(unnamed[count:place])
                    _offer(ends, place + 1, _Parting(cost + more, lines, near[place], before))
        best.append(ends)
    return min((p._replace(cost=p.cost + sum(unnamed[n:])) for n, p in best[-1].items()), key=_cost)


def _away(lines: Sequence[Chunk], at: float, row: Span, pitch: float) -> float:
    """How far numbers are from where they should stand beside a label; not more than a line where they stand beside it.

    A page's end may have taken the rest of the cells that the label is set in the middle of.
    """
    away = max(row[0] - at, at - row[1], 0.0) / pitch
    return (
        min(away, 1.0)
        if lines[0].middle - pitch / 2 <= row[1] and row[0] <= lines[-1].middle + pitch / 2
        else away
    )


def _offer(ends: dict[int, _Parting], count: int, parting: _Parting) -> None:
    if count not in ends or parting.cost < ends[count].cost:
        ends[count] = parting


def _cost(parting: _Parting) -> float:
    return parting.cost
