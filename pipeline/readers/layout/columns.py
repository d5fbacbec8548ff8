"""Tells the columns of a table without rules: chunks of its rows and its header in, where each column stands out.

Numbers that stand over one another are a column; so is what ends the header, also where no number stands under it.
Which of the two belong together is told by their order where they are as many, and else by overlap and by the side
on which numbers are flush: a column of which it is not certain is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.readers.layout.lines import Box, Run, enclosing

APART = 0.3
"""Character heights that part one cell from the next; programs set up to a quarter between Chinese and Latin."""
FLUSH = 0.6
"""Character heights by which edges that are one may differ."""
SAME_EDGE = 0.2
"""The same for numbers of one column, which one program sets to the same edge."""
LEAST_EVEN = 4
"""Heads evenly apart that tell equally wide columns."""
EVEN = 0.06
"""Share by which the distances of such heads differ at most."""
EVENLY = 0.15
"""Character heights by which the distances of characters differ that a program set apart to fill a line."""
WIDE = 1.5
"""Character heights that fill a line at most where the next character found no room."""
LETTERS = 3
"""Characters at most that stay together where a line is filled so: `（一）`."""
LEAST_APART = 2
"""Characters over or under others from which they are those of columns."""
_HANGING = frozenset("，、。；：）)”’》,.")
_VALUE = re.compile(
    r"(?:[-+−－＋]?[0-9０-９][0-9０-９,.，．]*(?<![.．])[万亿]?元?|[/／无]|[-—–―－]+)[⁰¹²³⁴⁵⁶⁷⁸⁹①-⑳]*"
)
_CHINESE = re.compile("[\u3001-\u9fff\uff00-\uffef]{2}")
_LETTER = re.compile("[\u4e00-\u9fff]")
_NUMBERED = re.compile("(?:[1-9][.．、]|[（(][一二三四五六七八九十][）)])[\u4e00-\u9fff“‘]")

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Runs of one line that are parted from others by a wide gap.

    Attributes:
        runs: From left to right.
        box: The box around them.
        middle: Half way between top and bottom of the highest character: digits may be of a font with lower boxes.
        height: Of that character.
    """

    runs: Sequence[Run]
    box: Box = field(init=False)
    middle: float = field(init=False)
    height: float = field(init=False)

    def __post_init__(self) -> None:
        box = enclosing([(run.left, run.top, run.right, run.bottom) for run in self.runs])
        highest = max(
            (sign for run in self.runs for sign in run.characters), key=lambda sign: sign[4] - sign[2]
        )
        object.__setattr__(self, "box", box)
        object.__setattr__(self, "middle", (highest[2] + highest[4]) / 2)
        object.__setattr__(self, "height", highest[4] - highest[2])

    @property
    def span(self) -> Span:
        """Left and right edge."""
        return self.box[0], self.box[2]

    @property
    def end(self) -> float:
        """The right edge, but for punctuation, which may hang over the edge of a cell."""
        last = self.runs[-1].characters[-1]
        return last[1] if last[0] in _HANGING else self.box[2]

    @property
    def width(self) -> float:
        """From the left to the right edge."""
        return self.box[2] - self.box[0]

    @property
    def text(self) -> str:
        """Its text."""
        return "".join(run.text for run in self.runs)

    @property
    def is_value(self) -> bool:
        """Whether it is a number or a mark for none, and nothing else."""
        return len(self.runs) == 1 and is_value(self.runs[0])


@dataclass(slots=True)
class Stack:
    """The lines of one cell."""

    chunks: list[Chunk] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        """The runs of all lines."""
        return [run for chunk in self.chunks for run in chunk.runs]

    @property
    def box(self) -> Box:
        """The box around all lines."""
        return enclosing([chunk.box for chunk in self.chunks])

    @property
    def span(self) -> Span:
        """Left and right edge."""
        left, _, right, _ = self.box
        return left, right


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table stand: left and right edge of what is printed in each."""

    edges: tuple[Span, ...]

    @property
    def start(self) -> float:
        """Where the first begins."""
        return self.edges[0][0]

    @property
    def bounds(self) -> list[float]:
        """The first edge, the middles of the gaps between columns, and the last edge."""
        gaps = [(before[1] + after[0]) / 2 for before, after in pairwise(self.edges)]
        return [self.edges[0][0], *gaps, self.edges[-1][1]]

    def lane(self, place: int) -> Span:
        """How far a column's cells may reach: to the middles of the gaps beside it."""
        return self.bounds[place], self.bounds[place + 1]

    def place(self, chunk: Chunk) -> int | None:
        """The one column that a number stands in; None where it stands in none or in several."""
        found = [i for i, edge in enumerate(self.edges) if overlap(chunk.span, edge)]
        return found[0] if len(found) == 1 else None

    def under(self, box: Box) -> range:
        """The columns that a header's words stand over: those whose middle they cover, else the nearest."""
        middles = [(start + end) / 2 for start, end in self.edges]
        covered = [i for i, middle in enumerate(middles) if box[0] <= middle <= box[2]]
        if covered:
            return range(covered[0], covered[-1] + 1)
        middle = (box[0] + box[2]) / 2
        nearest = min(range(len(middles)), key=lambda i: abs(middles[i] - middle))
        return range(nearest, nearest + 1)


Row = list[Chunk]


def is_value(run: Run) -> bool:
    """Whether a run is a number or a mark for none, and nothing else."""
    return _VALUE.fullmatch(run.text) is not None


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have a part in common."""
    return one[0] < other[1] and other[0] < one[1]


def chunks_of(line: Sequence[Run]) -> Row:
    """The chunks of a line; numbers at its end are one each."""
    cut = len(line)
    while cut and is_value(line[cut - 1]) and not _is_word(line[cut - 2 : cut]):
        cut -= 1
    phrases: list[list[Run]] = []
    for run in line[:cut]:
        if phrases and _is_one_phrase(phrases[-1][-1], run):
            phrases[-1].append(run)
        else:
            phrases.append([run])
    return [Chunk(runs) for runs in (*phrases, *([run] for run in line[cut:]))]


def set_close(line: Row, near: Sequence[Row]) -> Row:
    """A line whose words were set wide, to fill it, with these as one: single characters, evenly apart.

    Where they are far apart, they may as well be the characters of columns as narrow as these: then others stand at
    the same places above or below.

    Args:
        line: The chunks of a line.
        near: Those of the lines above and below.
    """
    closed: Row = []
    while line:
        end = _wide_end(line)
        if end > 1 and _is_phrase(line[: end + 1], near):
            closed.append(Chunk([run for chunk in line[: end + 1] for run in chunk.runs]))
            line = line[end + 1 :]
        else:
            closed.append(line[0])
            line = line[1:]
    return closed


def _wide_end(line: Row) -> int:
    """The place of the last of the characters at a line's beginning that stand evenly apart."""
    end = 0
    while end + 1 < len(line) and _is_letter(line[end]) and _is_letter(line[end + 1]):
        if line[end + 1].text[0].isdecimal():
            break  # Which is another label's number.
        gaps = [after.span[0] - before.span[1] for before, after in pairwise(line[: end + 2])]
        if max(gaps) - min(gaps) > EVENLY * line[0].height:
            break
        end += 1
    return end


def _is_letter(chunk: Chunk) -> bool:
    """Whether a chunk has one Chinese character at most: brackets, points and digits stay with that."""
    text = chunk.text
    return (
        len(_LETTER.findall(text)) <= 1
        and len(text) <= LETTERS
        and not (chunk.is_value and not text.isalpha())
    )


def _is_phrase(letters: Row, near: Sequence[Row]) -> bool:
    """Whether characters evenly apart are one phrase, and not those of columns.

    They are where words above or below begin where they do and reach over several of them; and where the line is as
    full as it may be, if no others stand at the same places.
    """
    if letters[0].is_value or letters[-1].is_value:
        return False
    slack = FLUSH * letters[0].height / 2
    at = [sum(chunk.span) / 2 for chunk in letters]
    for chunk in (chunk for line in near for chunk in line):
        left, right = chunk.span
        if abs(left - letters[0].span[0]) <= slack and sum(left < middle < right for middle in at) > 1:
            return True
    if sum(after.span[0] - before.span[1] for before, after in pairwise(letters)) > WIDE * letters[0].height:
        return False
    others = [
        sum(chunk.span) / 2 for line in near for chunk in line if len(chunk.text) == 1 or chunk.is_value
    ]
    return sum(any(abs(one - other) <= slack for other in others) for one in at) < LEAST_APART


def _is_word(runs: Sequence[Run]) -> bool:
    """Whether the last of two runs is a word that goes on with the first: `无` is as well the beginning of words."""
    return len(runs) > 1 and runs[1].text.isalpha() and _is_one_phrase(*runs)


def _is_one_phrase(before: Run, run: Run) -> bool:
    """Whether a run goes on with the one before: within Chinese words a gap is left where all characters are apart.

    Words behind a number of their own are another cell's.
    """
    is_chinese = _CHINESE.match(before.text[-2:]) and _CHINESE.match(run.text[:2])
    is_apart = is_chinese or _NUMBERED.match(run.text)
    return run.left - before.right < APART * run.height and not is_apart


def values_of(line: Row) -> list[Chunk]:
    """The numbers of a line, and the marks for none."""
    return [chunk for chunk in line if chunk.is_value]


def words_of(line: Row) -> list[Chunk]:
    """The words of a line."""
    return [chunk for chunk in line if not chunk.is_value]


def columns_of(rows: Iterable[Row]) -> Columns | None:
    """Where the numbers stand over one another; None for no number, or two of one row at the same place."""
    lines = [values_of(row) for row in rows]
    edges: list[Span] = []
    for left, right in sorted(chunk.span for line in lines for chunk in line):
        if edges and left < edges[-1][1]:
            edges[-1] = (edges[-1][0], max(edges[-1][1], right))
        else:
            edges.append((left, right))
    columns = Columns(tuple(edges))
    for line in lines:
        places = [columns.place(chunk) for chunk in line]
        if None in places or len(set(places)) < len(places):
            return None
    return columns if edges else None


def leaves_of(heads: Sequence[Stack]) -> list[Stack]:
    """The cells that end a header, from left to right: nothing stands under them, and they share a line with others."""
    ends = [stack for stack in heads if not any(_stands_over(stack, other) for other in heads)]
    return sorted((stack for stack in ends if _has_neighbour(stack, heads)), key=lambda stack: stack.span)


def _stands_over(one: Stack, other: Stack) -> bool:
    return other.box[1] > one.box[1] and overlap(one.span, other.span)


def _has_neighbour(stack: Stack, heads: Sequence[Stack]) -> bool:
    _, top, _, bottom = stack.box
    slack = FLUSH * stack.chunks[0].height / 2
    boxes = [other.box for other in heads if other is not stack]
    return any(min(bottom, box[3]) - max(top, box[1]) > slack for box in boxes)


def over_columns(leaves: Sequence[Stack], labels: Sequence[Chunk], numbers: Columns | None) -> list[Span]:
    """Where those of a header's last cells stand that head numbers; the one over the labels is left out.

    That one stands over them, or would, set in the middle of its cell, end that before the next one begins.
    """
    spans = [stack.span for stack in leaves]
    if not labels:
        return spans
    first = min(chunk.span[0] for chunk in labels)
    end = max(chunk.span[1] for chunk in labels)
    spans = [span for span in spans if span[0] >= end]
    if len(spans) < 2 or len(spans) < len(leaves):
        return spans
    taken = numbers is not None and any(overlap(spans[0], edge) for edge in numbers.edges)
    return spans if taken or sum(spans[0]) - first > spans[1][0] else spans[1:]


def headed(
    numbers: Columns | None, over: Sequence[Span], rows: Sequence[Row], side: int = 0
) -> Columns | None:
    """The columns under some cells of a header or of the page before; None where it is open which belong together.

    Args:
        numbers: Where the numbers stand; None where there are none.
        over: Where what heads the columns stands, from left to right.
        rows: The rows, whose numbers tell on which side they are flush.
        side: On which side the numbers of the file's other tables are, where all that tell it agree: -1 left, 1 right.
    """
    if numbers is None:
        return Columns(tuple(over)) if over else None
    found = _matched(numbers.edges, over, rows, side)
    if found is None:
        return None
    edges = list(over)
    for place, edge in zip(found, numbers.edges, strict=True):
        edges[place] = min(edge[0], edges[place][0]), max(edge[1], edges[place][1])
    return Columns(tuple(edges)) if all(one[1] <= two[0] for one, two in pairwise(edges)) else None


def _matched(
    edges: Sequence[Span], over: Sequence[Span], rows: Sequence[Row], others: int
) -> list[int] | None:
    """Under which of the heads each column of numbers stands."""
    around = [_around(edge, over) for edge in edges]
    # As many, but one of each may lack the other.
    is_paired = all(places and place in places for place, places in enumerate(around))
    if len(edges) == len(over) and is_paired:
        return list(range(len(over)))
    if len(edges) >= len(over):
        return _shared(edges, over, rows)
    if lanes := _even_lanes(over):
        return _within(edges, lanes)
    if None in around:
        return None
    if _are_flush_with_heads(edges, over, rows[0][0].height) and any(
        len(pair) > 1 for pair in around if pair
    ):
        return None  # One that is not stands in a row whose cells end elsewhere than the header's.
    side = _side_of_heads(edges, over, rows[0][0].height) or flush_side([rows]) or others
    found = [(pair[0] if side > 0 else pair[-1]) for pair in around if pair and (side or len(pair) == 1)]
    return found if len(set(found)) == len(edges) and found == sorted(found) else None


def _shared(edges: Sequence[Span], over: Sequence[Span], rows: Sequence[Row]) -> list[int] | None:
    """The one head over each column of numbers; of several, which padding set apart, no two may share a row."""
    around = [[place for place, span in enumerate(over) if overlap(edge, span)] for edge in edges]
    if any(len(places) != 1 for places in around):
        return None
    columns = Columns(tuple(edges))
    for row in rows:
        found = [columns.place(chunk) for chunk in values_of(row)]
        under = [around[place][0] for place in found if place is not None]
        if len(under) > len(set(under)):
            return None
    return [places[0] for places in around]


def _even_lanes(over: Sequence[Span]) -> list[Span]:
    """The cells of equally wide columns; empty unless the heads tell: by their middles, and not by their edges."""
    if len(over) < LEAST_EVEN or not _are_even([sum(span) / 2 for span in over]):
        return []
    if _are_even([span[0] for span in over]) or _are_even([span[1] for span in over]):
        return []
    middles = [sum(span) / 2 for span in over]
    half = (middles[-1] - middles[0]) / (len(middles) - 1) / 2
    return [(middle - half, middle + half) for middle in middles]


def _are_even(places: Sequence[float]) -> bool:
    steps = [after - before for before, after in pairwise(places)]
    return max(steps) - min(steps) <= EVEN * min(steps)


def _within(edges: Sequence[Span], lanes: Sequence[Span]) -> list[int] | None:
    """The cell that each column of numbers stands in; None where one stands in none or in several."""
    found = [[i for i, lane in enumerate(lanes) if overlap(edge, lane)] for edge in edges]
    places = [one[0] for one in found if len(one) == 1]
    return places if len(places) == len(set(places)) == len(edges) else None


def _around(edge: Span, over: Sequence[Span]) -> list[int] | None:
    """The heads that a column of numbers may stand under: the one over it, else those on either side."""
    covering = [place for place, span in enumerate(over) if overlap(edge, span)]
    if covering:
        return covering if len(covering) == 1 else None
    before = sum(span[1] <= edge[0] for span in over)
    return [place for place in (before - 1, before) if 0 <= place < len(over)]


def _are_flush_with_heads(edges: Sequence[Span], over: Sequence[Span], height: float) -> bool:
    """Whether numbers and heads begin at the same places, two or more."""
    begins = [any(abs(edge[0] - span[0]) <= SAME_EDGE * height for span in over) for edge in edges]
    return sum(begins) > 1


def _side_of_heads(edges: Sequence[Span], over: Sequence[Span], height: float) -> int:
    """On which side of their heads the numbers stand: -1 left, 1 right, 0 in the middle or untold."""
    votes = Counter({-1: edges[0][1] <= over[0][0], 1: edges[-1][0] >= over[-1][1]})
    for edge in edges:
        covering = [span for span in over if overlap(edge, span)]
        away = sum(edge) - sum(covering[0]) if len(covering) == 1 else 0.0
        votes[1 if away > 0 else -1] += abs(away) > 2 * SAME_EDGE * height
    return (votes[1] > votes[-1]) - (votes[-1] > votes[1])


def flush_side(tables: Iterable[Sequence[Row]]) -> int:
    """On which side the numbers of columns are flush: -1 on the left, 1 on the right, 0 in the middle or untold.

    Args:
        tables: The rows of each table.
    """
    votes: Counter[int] = Counter()
    for rows in tables:
        numbers = columns_of(rows)
        for place in range(len(numbers.edges)) if numbers else ():
            chunks = [chunk for row in rows for chunk in values_of(row)]
            votes.update(_sides([chunk for chunk in chunks if numbers and numbers.place(chunk) == place]))
    ranked = votes.most_common(2)
    return ranked[0][0] if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]) else 0


_ANCHORS: tuple[tuple[int, Callable[[Span], float]], ...] = (
    (-1, lambda span: span[0]),
    (1, lambda span: span[1]),
    (0, lambda span: (span[0] + span[1]) / 2),
)


def _sides(chunks: Sequence[Chunk]) -> Iterator[int]:
    """The side on which numbers of several widths are flush, if they are on one."""
    widths = [chunk.width for chunk in chunks]
    if not chunks or max(widths) - min(widths) <= SAME_EDGE * chunks[0].height:
        return
    slack = SAME_EDGE * chunks[0].height
    for side, anchor in _ANCHORS:
        at = [anchor(chunk.span) for chunk in chunks]
        if max(at) - min(at) <= slack:
            yield side
            return
