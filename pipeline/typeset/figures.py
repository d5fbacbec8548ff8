"""Random numbers that hold every identity: variants by table and a random source in, values by cell out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal

from pipeline.templates import Block, Label
from pipeline.typeset.facts import CellKey, blocks_of

Counts = dict[tuple[str, str], int]
_LARGEST = 400
_QUIET = 0.6
_YUAN_STEP = 100
_STEPS = 90_000_000


def consistent_values(
    variants: Mapping[str, str], source: random.Random
) -> dict[CellKey, Decimal | str | None]:
    """Values for every cell of the named tables, such that balance and all totals hold.

    Changes in items are signed and never take away more than there was; sums of money are yuan in steps of
    100, so they have at most two decimals in 万元. More than half of the cells are zero, as in real reports.

    Args:
        variants: The form variant by table.
        source: The random source; the same state gives the same values.
    """
    values: dict[CellKey, Decimal | str | None] = {}
    for block in blocks_of(variants):
        drawn = _stock(block, source) if block.heading else _totalled(block, source)
        for (row, column), number in drawn.items():
            values[block.table, row, column] = Decimal(number)
    return values


def _draw(source: random.Random) -> int:
    return 0 if source.random() < _QUIET else source.randint(1, _LARGEST)


def _stock(block: Block, source: random.Random) -> Counts:
    """A block of table 2; a measure may lean on the one drawn before it in its row."""
    drawn: Counts = {}
    for row in block.rows:
        before = 0
        for column in block.columns:
            before = _measure(column, before, source)
            drawn[row.key, column.key] = before
    return drawn


def _measure(column: Label, before: int, source: random.Random) -> int:
    if column.unit == "signed_count":
        return source.randint(-before, before + 10)
    if column.unit.startswith("amount"):
        return _YUAN_STEP * source.choice((0, source.randint(1, _STEPS)))
    if column.key == "total_disclosed":
        return before + _draw(source)
    return _draw(source)


def _totalled(block: Block, source: random.Random) -> Counts:
    """A block whose columns (and, in table 3, rows) add up, told by the roles of its labels."""
    counts: Counts = {}
    for column in _role(block.columns, "leaf"):
        counts |= {(row.key, column.key): _draw(source) for row in _role(block.rows, "leaf")}
        if _role(block.rows, "total"):
            counts |= _flows(block, column, counts, source)
    for total in _role(block.columns, "total"):
        for row in block.rows:
            counts[row.key, total.key] = sum(counts[row.key, c.key] for c in _role(block.columns, "leaf"))
    return counts


def _flows(block: Block, column: Label, counts: Counts, source: random.Random) -> Counts:
    """Totals and flows of one column of table 3: what came in equals what was handled and what is left."""
    handled = sum(counts[row.key, column.key] for row in _role(block.rows, "leaf"))
    drawn = {row.key: handled for row in _role(block.rows, "total")}
    drawn |= {row.key: _draw(source) for row in _role(block.rows, "outflow")}
    unexplained = sum(drawn.values())
    first, *others = _role(block.rows, "inflow")
    for row in others:
        drawn[row.key] = source.randint(0, unexplained) if source.random() > _QUIET else 0
        unexplained -= drawn[row.key]
    drawn[first.key] = unexplained
    return {(row, column.key): number for row, number in drawn.items()}


def _role(labels: tuple[Label, ...], role: str) -> list[Label]:
    return [label for label in labels if label.role == role]
