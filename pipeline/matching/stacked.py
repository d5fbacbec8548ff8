"""Rows with a value a line flow in; out flow the columns of their values, where the lines between tell of blanks.

A copy that writes each cell on lines of its own leaves a longer gap where cells are blank: by as many lines for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipeline.matching.spaced import Columns

MOST_LINES = 4
"""Lines by which one blank cell widens a gap at most."""
LEAST_TOLD = 6
"""Rows that must come out even, half of them with blank cells, before gaps tell anything."""


@dataclass(frozen=True, slots=True)
class StackedRow:
    """A row whose values stand on a line each.

    Attributes:
        gaps: From each line to the next, in lines: from the label to the first value, between values, and from the last
            one to what follows.
        widths: How many columns it may have, by the variants of the form that know it.
    """

    gaps: tuple[int, ...]
    widths: frozenset[int]

    @property
    def count(self) -> int:
        """How many values it has."""
        return len(self.gaps) - 1


def columns_of(rows: Sequence[StackedRow], *, are_cells: bool = False) -> list[Columns | None]:
    """For each row the columns that its values, and blanks, stand in; None where the lines do not tell them.

    The usual gap is the smallest. Once enough rows come out even, their gaps making out as many blanks as they lack,
    others may have a longer gap behind them: cells that span rows leave one, too.

    Args:
        rows: All of a run of lines.
        are_cells: Whether gaps count lines that hold white characters and no others, each of which may be a cell.

    Returns:
        The place of each value, counted from 0, and behind these the number of columns.
    """
    gap = min((found for row in rows for found in row.gaps[:-1]), default=0)
    if are_cells and _are_others(rows):
        return [None] * len(rows)
    told = [
        columns
        for step in ((1,) if are_cells else range(1, MOST_LINES + 1))
        if (columns := _told(rows, gap, step))
    ]
    return told[0] if len(told) == 1 else [None] * len(rows)


def _are_others(rows: Sequence[StackedRow]) -> bool:
    """Whether most rows with a value in each column have a blank line, too: then it is a cell of none of these."""
    whole = [row for row in rows if row.count in row.widths]
    return 2 * sum(row.gaps[-1] > 1 for row in whole) > len(whole)


def _told(rows: Sequence[StackedRow], gap: int, step: int) -> list[Columns | None]:
    """The columns of rows where blank cells widen gaps by so many lines; none if a gap within a row says otherwise.

    So does a row with too few lines for the blanks it lacks, for all that are as wide. Enough rows must come out even,
    and more than are too short.
    """
    if any((found - gap) % step for row in rows for found in row.gaps[:-1]):
        return []
    short = [row.widths for row in rows if _counted(row, gap, step)[-1] < min(row.widths, default=0)]
    open_rows = [row for row in rows if row.widths not in short]
    even = [(row, columns) for row in open_rows if (columns := _even(row, gap, step))]
    with_blanks = sum(columns[-1] > row.count for row, columns in even)
    if len(even) < max(LEAST_TOLD, len(short)) or 2 * with_blanks < LEAST_TOLD:
        return []
    return [None if row.widths in short else _columns(row, gap, step) for row in rows]


def _even(row: StackedRow, gap: int, step: int) -> Columns | None:
    """The columns of a row whose gaps make out as many blanks as it lacks."""
    *places, width = _counted(row, gap, step)
    return (*places, width) if width in row.widths else None


def _columns(row: StackedRow, gap: int, step: int) -> Columns | None:
    """The columns of a row with a gap behind it that is large enough for the blanks it ends with."""
    if even := _even(row, gap, step):
        return even
    *places, width = _counted(row, gap, step)
    if max(places) >= max(row.widths, default=width):
        # A column of the report's own: as many values as columns are not theirs.
        return (*places, max(places) + 1)
    widths = {known for known in row.widths if max(places) < known <= width}
    return (*places, widths.pop()) if len(widths) == 1 else None


def _counted(row: StackedRow, gap: int, step: int) -> Columns:
    """The place of each value, and how many cells the gaps make out."""
    blanks = [max(found - gap, 0) // step for found in row.gaps]
    places = (place + before for place, before in enumerate(accumulate(blanks[:-1])))
    return (*places, row.count + sum(blanks))
