"""Broken identities of one report → the numbers that would make them hold.

Nothing is changed: this tells an office which figure to look at, and a scholar which one is likely misprinted.
An identity is a row of signs over cells, left side less right side; all that apply must come to nothing at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from pipeline.checking.columns import COLUMN, PLACE, REPORT, ROW, TABLE, VALUE
from pipeline.checking.ledger import UNKNOWN, Ledger
from pipeline.checking.rules import IDENTITIES, LEFT_SIDE, operands_of
from pipeline.matching.labels import CellName

MOST_ENTWINED = 2  # changed cells that may share an identity: beyond that, countless ways lead to agreement
MOST_REPAIRS = 12  # repairs told of one group of broken identities; more say that the figures do not tell
LARGEST_GROUP = 12  # broken identities that hang together; more say that a whole column is another's


@dataclass(frozen=True, slots=True)
class Equation:
    """One identity at one place of one report: each operand's sign (+1 left, −1 right) and number.

    Attributes:
        report_id: The report.
        rule: The rule of `schemas/checks.csv`.
        place: Its place, as in `check_results`.
        signs: The operands.
        values: Their numbers; None for a blank, which the rule counts as 0.
        applies: Whether the rule applies: a number on each side, none unreadable.
    """

    report_id: str
    rule: str
    place: str
    signs: Mapping[CellName, int]
    values: Mapping[CellName, Decimal | None]
    applies: bool

    @property
    def excess(self) -> Decimal:
        """Left side less right side; 0 where it holds."""
        return sum((sign * self.counted(cell) for cell, sign in self.signs.items()), Decimal(0))

    @property
    def is_broken(self) -> bool:
        """Whether it applies and does not hold."""
        return self.applies and self.excess != 0

    def counted(self, cell: CellName) -> Decimal:
        """The number of an operand as the rule counts it."""
        return self.values[cell] or Decimal(0)

    def would_hold_with(self, cell: CellName) -> Decimal | None:
        """The number of one cell with which this identity holds; None where it would fall below 0."""
        value = self.counted(cell) - self.signs[cell] * self.excess
        return value if value >= 0 else None


@dataclass(frozen=True, slots=True)
class Change:
    """A cell with the number that stands in it (None for a blank) and the one that would agree."""

    cell: CellName
    printed: Decimal | None
    number: Decimal


@dataclass(frozen=True, slots=True)
class Repair:
    """Numbers which, put in place of those printed, let a group of identities hold and break no other.

    Attributes:
        changes: The fewest cells that do it, each with its number.
        mends: The broken identities that hold then, as (rule, place).
    """

    changes: tuple[Change, ...]
    mends: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """Broken identities of one report that hang together by the cells they share.

    Attributes:
        equations: The identities.
        repairs: Alternatives, each letting all of them hold; they change equally many cells, the fewest that do.
            Empty where the figures do not tell: too many ways, or none with few cells.
    """

    equations: tuple[Equation, ...]
    repairs: tuple[Repair, ...]


def equations(ledger: Ledger) -> dict[str, list[Equation]]:
    """Every printed identity of every report, by report."""
    found: dict[str, list[Equation]] = {}
    names = list(IDENTITIES)
    for name, operands in zip(names, pl.collect_all([operands_of(ledger, n) for n in names]), strict=True):
        for (report, place), lines in operands.group_by(REPORT, PLACE, maintain_order=True):
            found.setdefault(str(report), []).append(_equation(str(report), name, str(place), lines))
    return found


def _equation(report: str, name: str, place: str, operands: pl.DataFrame) -> Equation:
    columns = (TABLE, ROW, COLUMN, VALUE, LEFT_SIDE)
    rows = list(operands.select(columns).iter_rows())
    known_sides = {left for *_, value, left in rows if value is not None}
    return Equation(
        report_id=report,
        rule=name,
        place=place,
        signs={CellName(t, r, c): 1 if left else -1 for t, r, c, _, left in rows},
        values={CellName(t, r, c): value for t, r, c, value, _ in rows},
        applies=known_sides == {True, False} and not operands[UNKNOWN].any(),
    )


def breaches(found: Iterable[Equation]) -> list[Breach]:
    """The broken identities of one report, by groups that hang together, each with what would mend it."""
    applying = [equation for equation in found if equation.applies]
    groups = _groups([equation for equation in applying if equation.is_broken])
    return [Breach(tuple(group), tuple(_alternatives(group, applying))) for group in groups]


def _groups(broken: Sequence[Equation]) -> Iterator[list[Equation]]:
    """Broken identities that share a cell, directly or through others."""
    left = list(broken)
    while left:
        group = [left.pop(0)]
        for member in group:
            near = [other for other in left if other.signs.keys() & member.signs.keys()]
            group += near
            left = [other for other in left if other not in near]
        yield group


def _alternatives(group: Sequence[Equation], applying: Sequence[Equation]) -> list[Repair]:
    if len(group) > LARGEST_GROUP:
        return []
    search = _Search(group, applying)
    for size in range(1, len(group) + 1):
        found = search.of_size(size) if size <= MOST_ENTWINED else search.apart(size)
        if found:
            return found if len(found) <= MOST_REPAIRS else []
    return []


class _Search:
    """Looks for the sets of cells whose change lets every identity of a group hold and breaks none."""

    def __init__(self, group: Sequence[Equation], applying: Sequence[Equation]) -> None:
        self._group = group
        self._touching: dict[CellName, list[Equation]] = {}
        for equation in applying:
            for cell in equation.signs:
                self._touching.setdefault(cell, []).append(equation)
        self._mends = tuple((e.rule, e.place) for e in group)

    def of_size(self, size: int) -> list[Repair]:
        """The repairs that change just so many cells."""
        found: dict[frozenset[CellName], Repair] = {}
        for cells in self._sets((), size, set()):
            repair = self._solved(cells)
            if repair is not None:
                found[frozenset(cells)] = repair
        return [found[key] for key in sorted(found, key=sorted)]

    def apart(self, size: int) -> list[Repair]:
        """The repairs that change so many cells of which no two share an identity."""
        singles = {cell: number for cell in self._touching if (number := self._single(cell)) is not None}
        return [self._repair(dict(numbers)) for numbers in self._covers(tuple(self._group), singles, size)]

    def _single(self, cell: CellName) -> Decimal | None:
        """The number of one cell with which all identities it stands in hold, and all of them are broken."""
        touched = self._touching[cell]
        wanted = {equation.would_hold_with(cell) for equation in touched}
        return wanted.pop() if len(wanted) == 1 and all(e.is_broken for e in touched) else None

    def _covers(
        self, left: tuple[Equation, ...], singles: Mapping[CellName, Decimal], size: int
    ) -> Iterator[list[tuple[CellName, Decimal]]]:
        if not left:
            yield []
        if not left or not size:
            return
        for cell in left[0].signs:
            touched = self._touching[cell]
            if cell in singles and all(equation in left for equation in touched):
                rest = tuple(equation for equation in left if equation not in touched)
                for others in self._covers(rest, singles, size - 1):
                    yield [(cell, singles[cell]), *others]

    def _sets(
        self, cells: tuple[CellName, ...], size: int, seen: set[frozenset[CellName]]
    ) -> Iterator[tuple[CellName, ...]]:
        """Sets in which each broken identity has a changed cell, and each that holds has none or several."""
        if frozenset(cells) in seen:
            return
        seen.add(frozenset(cells))
        open_one = self._open(cells)
        if open_one is None:
            yield cells
        elif len(cells) < size:
            for cell in open_one.signs:
                if cell not in cells:
                    yield from self._sets((*cells, cell), size, seen)

    def _open(self, cells: Collection[CellName]) -> Equation | None:
        touched = {id(e): e for cell in cells for e in self._touching[cell]}
        for equation in (*self._group, *touched.values()):
            changed = sum(cell in equation.signs for cell in cells)
            if changed == 0 or (changed == 1 and not equation.is_broken):
                return equation
        return None

    def _solved(self, cells: Sequence[CellName]) -> Repair | None:
        touched = list({id(e): e for cell in cells for e in self._touching[cell]}.values())
        changes = _solve(
            [[Fraction(e.signs.get(cell, 0)) for cell in cells] for e in touched],
            [Fraction(-e.excess) for e in touched],
        )
        if changes is None or any(change == 0 or change.denominator != 1 for change in changes):
            return None
        changed = zip(cells, changes, strict=True)
        numbers = {cell: self._touching[cell][0].counted(cell) + int(change) for cell, change in changed}
        return self._repair(numbers) if min(numbers.values()) >= 0 else None

    def _repair(self, numbers: Mapping[CellName, Decimal]) -> Repair:
        changes = (Change(c, self._touching[c][0].values[c], n) for c, n in sorted(numbers.items()))
        return Repair(tuple(changes), self._mends)


def _solve(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """The one solution of a linear system; None where there is none, or more than one."""
    width = len(rows[0])
    system = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for pivot in range(width):
        chosen = next((r for r in range(pivot, len(system)) if system[r][pivot]), None)
        if chosen is None:
            return None
        system[pivot], system[chosen] = system[chosen], system[pivot]
        top = system[pivot] = [value / system[pivot][pivot] for value in system[pivot]]
        for r, row in enumerate(system):
            if r != pivot and row[pivot]:
                system[r] = [value - row[pivot] * above for value, above in zip(row, top, strict=True)]
    return None if any(row[-1] for row in system[width:]) else [row[-1] for row in system[:width]]
