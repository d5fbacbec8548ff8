"""Rows of one line each flow in; out flow the columns that their values stand in, where the spaces tell of blanks.

Two ways of keeping blank cells are told by the rows that have a value in each column: as many spaces between any two
cells, so that twice as many are a blank cell; or columns that begin, or end, at the same place in every row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LEAST_WHOLE = 3
"""Rows with a value in each column that must agree for the spaces of the others to tell anything."""
_WORD = re.compile(r"\S+")

Columns = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SpacedRow:
    """A row that stands in one line.

    Attributes:
        line: The line; its last words are the values.
        count: How many values it has.
        width: How many columns it has.
        sure: Whether all variants of the form give it so many.
    """

    line: str
    count: int
    width: int
    sure: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether it has a value in each column."""
        return self.count == self.width

    @property
    def words(self) -> list[tuple[int, int]]:
        """Where its values begin and end, in characters."""
        return [match.span() for match in _WORD.finditer(self.line)][-self.count :]


def columns_of(rows: Sequence[SpacedRow]) -> list[Columns | None]:
    """For each row the columns of its values, counted from 0; None where the spaces do not tell them."""
    whole = [row for row in rows if row.is_whole]
    gaps = {gap for row in whole if row.sure for gap in _gaps(row)}
    if len(whole) == len(rows) or len(whole) < LEAST_WHOLE:
        return [None] * len(rows)
    if len(gaps) == 1 and all(gaps) and sum(gaps.issuperset(_gaps(row)) for row in whole) >= LEAST_WHOLE:
        gap = gaps.pop()
        counted = [_counted(row, gap) for row in rows]
        return counted if gap > 1 or _is_told(rows, counted) else [None] * len(rows)
    found: dict[int, Columns | None] = {}
    for width in {row.width for row in rows}:
        places = [place for place, row in enumerate(rows) if row.width == width]
        found |= zip(places, _aligned([rows[place] for place in places]), strict=True)
    return [found[place] for place in range(len(rows))]


def _is_told(rows: Sequence[SpacedRow], counted: Sequence[Columns | None]) -> bool:
    """Whether one space more is one blank cell: a blank that holds a space itself parts its neighbours by two more."""
    is_alone = any(found == 2 for row in rows for found in _gaps(row))
    return is_alone or sum(map(bool, counted)) >= LEAST_WHOLE


def _gaps(row: SpacedRow) -> Iterator[int]:
    """How many spaces, or tabs where there are any, stand before each value, save one that its line begins with.

    0 where they differ: one kind may be what a blank cell holds, and the other what parts cells.
    """
    end = len(row.line[: row.words[0][0]].rstrip())
    for start, stop in row.words:
        if end:
            space = row.line[end:start]
            yield space.count("\t") or (len(space) if len({*space}) == 1 else 0)
        end = stop


def _counted(row: SpacedRow, gap: int) -> Columns | None:
    """The columns of a row whose cells stand so many spaces apart; None unless these make out each of its cells."""
    gaps = list(_gaps(row))
    if row.is_whole or not all(gaps) or any(found % gap for found in gaps):
        return None
    steps = [found // gap for found in gaps]
    steps = steps if len(steps) == row.count else [1, *steps]
    columns = tuple(sum(steps[: place + 1]) - 1 for place in range(row.count))
    return columns if columns[-1] == row.width - 1 else None


def _aligned(rows: Sequence[SpacedRow]) -> list[Columns | None]:
    """The columns of rows that are flush with those of the whole ones, on the left or on the right.

    None for all, if no row leaves a column out before its last value: then blanks may have been lost.
    """
    if sum(row.is_whole for row in rows) < LEAST_WHOLE:
        return [None] * len(rows)
    for side in (0, 1):
        flush = {_edges(row, side) for row in rows if row.is_whole}
        if len(flush) == 1:
            edges = flush.pop()
            found = [None if row.is_whole else _at(_edges(row, side), edges) for row in rows]
            is_kept = any(columns and columns[-1] >= len(columns) for columns in found)
            return found if is_kept else [None] * len(rows)
    return [None] * len(rows)


def _edges(row: SpacedRow, side: int) -> tuple[int, ...]:
    """How far to the right each value begins (side 0) or ends (1); Chinese characters are two wide."""
    return tuple(_breadth(row.line[: word[side]]) for word in row.words)


def _breadth(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _at(edges: Sequence[int], columns: Sequence[int]) -> Columns | None:
    """Which of the columns begin or end at some edges; None unless each edge is that of one."""
    return tuple(columns.index(edge) for edge in edges) if set(edges) <= set(columns) else None
