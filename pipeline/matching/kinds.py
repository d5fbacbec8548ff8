"""The values of a row that has fewer of them than columns flow in, with those columns; out flows where they stand.

A copy may lose blank cells. What is signed can only be a change, and what has a unit of money or a fraction only an
amount: where that leaves one place for each value, in their order, it is told. Sums never tell it: real reports
print wrong ones, and a number put where it makes them right would hide that.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from pipeline.document import Cell
from pipeline.matching.values import is_signed_text, is_value_text, read_value

LARGEST = 3
"""Columns of the widest block in which values differ in kind; all values of wider ones are alike."""


def by_kind(values: Sequence[Cell], units: Sequence[str]) -> tuple[Cell, ...] | None:
    """The values among blanks, a cell for each column; None unless their kinds leave one way to place them.

    Args:
        values: The cells behind the row's label; none is blank.
        units: The unit of each column, as in the template.
    """
    if not 0 < len(values) < len(units) <= LARGEST or not all(is_value_text(cell.text) for cell in values):
        return None
    ways = [
        columns
        for columns in combinations(range(len(units)), len(values))
        if all(_takes(units[column], cell.text) for column, cell in zip(columns, values, strict=True))
    ]
    if len(ways) != 1:
        return None
    stands = dict(zip(ways[0], values, strict=True))
    blank = values[0]._replace(text="")
    return tuple(stands.get(column, blank) for column in range(len(units)))


def _takes(unit: str, text: str) -> bool:
    """Whether a column may hold a value: signs are for changes alone, units of money and fractions for amounts."""
    if is_signed_text(text):
        return unit == "signed_count"
    return read_value(text, unit).kind != "unreadable"
