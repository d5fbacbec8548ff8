"""The rules (勾稽关系), one function each, over all reports at once.

In: `Ledger` and the rule's row of `schemas/checks.csv`. Out, of every rule: a row for each place where it
applies, with both sides, how many blanks took part, and whether it is broken there. A new rule is one
function here and one row there.

How blanks count: a blank, nil mark or absent cell is 0 only where at least one operand of *each* side was
reported; else the rule does not apply. Nor does it where an operand is unreadable: that number nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipeline.checking.columns import (
    AGENCY_NAME,
    BLANKS,
    COLUMN,
    CONCEPT,
    DIVISION,
    LEFT,
    PLACE,
    REPORT,
    RIGHT,
    ROW,
    TABLE,
    UNIT,
    VALUE,
    VARIANT,
    YEAR,
)
from pipeline.checking.ledger import (
    COLUMN_ROLE,
    EARLIER,
    FORM_UNIT,
    KNOWN,
    MONEY,
    ROW_ROLE,
    UNKNOWN,
    Ledger,
)
from pipeline.report import TABLES
from schemas.checks import Rule, load_checks
from schemas.definitions import DefinitionError
from schemas.references import load_rule_makers, load_told_counts

BROKEN = "broken"
LEFT_SIDE = "left_side"
PROACTIVE, APPLICATIONS, REVIEW = TABLES
ITEM_PLACE = pl.format("{}/{}/{}", TABLE, ROW, COLUMN)
SIDES = (REPORT, PLACE, VARIANT, LEFT, RIGHT, BLANKS)
AMOUNT_SCALE = 4
"""The slip between 元 and 万元, in powers of ten."""

RuleFunction = Callable[[Ledger, Rule], pl.LazyFrame]
FUNCTIONS: dict[str, RuleFunction] = {}


def rule(name: str) -> Callable[[RuleFunction], RuleFunction]:
    """Registers a function as the rule `name` of `schemas/checks.csv`."""

    def register(function: RuleFunction) -> RuleFunction:
        if name in FUNCTIONS:
            raise DefinitionError(f"rule {name!r} has two functions")
        FUNCTIONS[name] = function
        return function

    return register


@cache
def national_rules() -> Mapping[str, Rule]:
    """The project's own rules, each known to have its function."""
    return matched(load_checks(), FUNCTIONS)


def matched(rules: Mapping[str, Rule], functions: Mapping[str, RuleFunction]) -> Mapping[str, Rule]:
    """The rules, once each is known to have a function and each function a rule.

    Raises:
        DefinitionError: A row without function, or a function without row.
    """
    rows, code = set(rules), set(functions)
    if rows - code:
        raise DefinitionError(f"checks.csv: no function for rule {', '.join(sorted(rows - code))}")
    if code - rows:
        raise DefinitionError(f"checks.csv: no row for the function of rule {', '.join(sorted(code - rows))}")
    return rules


@dataclass(frozen=True, slots=True)
class Identity:
    """An equation inside one table: a part of each line (a row or a column) equals another part of it.

    Attributes:
        table: The table of the form.
        along: Whether a line is a `row_key` or a `column_key`.
        left: Which cells of a line stand on the left.
        right: Which stand on the right.
        place: The name of a line.
    """

    table: str
    along: str
    left: pl.Expr
    right: pl.Expr
    place: pl.Expr


_WHOLE_COLUMN, _WHOLE_ROW = pl.format("{}/*/{}", TABLE, COLUMN), pl.format("{}/{}", TABLE, ROW)
_OUTCOME, _HEAD = pl.col(ROW_ROLE), pl.col(COLUMN_ROLE)
IDENTITIES: dict[str, Identity] = {
    "balance": Identity(
        APPLICATIONS, COLUMN, _OUTCOME == "inflow", _OUTCOME.is_in(["total", "outflow"]), _WHOLE_COLUMN
    ),
    "handled_total": Identity(APPLICATIONS, COLUMN, _OUTCOME == "total", _OUTCOME == "leaf", _WHOLE_COLUMN),
    "applicant_total": Identity(APPLICATIONS, ROW, _HEAD == "total", _HEAD == "leaf", _WHOLE_ROW),
    "procedure_total": Identity(REVIEW, ROW, _HEAD == "total", _HEAD == "leaf", _WHOLE_ROW),
}
"""The four identities that the form prints, by rule."""


def operands_of(ledger: Ledger, name: str) -> pl.LazyFrame:
    """The cells that take part in an identity, a row each: its place, the cell, value, unknown, left_side."""
    identity = IDENTITIES[name]
    operands = _table(ledger, identity.table, identity.left, identity.right)
    return operands.with_columns(identity.place.alias(PLACE))


@rule("balance")
def balance(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """New and carried-in applications equal handled and carried-out ones, by applicant."""
    return _identity(ledger, "balance")


@rule("handled_total")
def handled_total(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """The total handled equals the sum of whatever outcomes the form has, by applicant."""
    return _identity(ledger, "handled_total")


@rule("applicant_total")
def applicant_total(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """The total of a row of applications equals the sum of its applicants."""
    return _identity(ledger, "applicant_total")


@rule("procedure_total")
def procedure_total(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """The total of a procedure equals the sum of its results."""
    return _identity(ledger, "procedure_total")


@rule("carry_over")
def carry_over(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """What was carried in is what the report of the year before carried out, by applicant."""
    if not ledger.has_pairs:
        return _nothing()
    carried_in = _operands(ledger.cells, _in(APPLICATIONS, row="carried_in"), left=True)
    carried_out = _operands(_earlier(ledger), _in(APPLICATIONS, row="carried_out"), left=False)
    place = pl.format("{}/carried_in/{}", TABLE, COLUMN)
    return _unequal(_weigh(_stack(carried_in, carried_out), [COLUMN], place))


@rule("in_force_roll")
def in_force_roll(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """The stock in force is last year's plus what was issued less what was repealed."""
    if not ledger.has_pairs:
        return _nothing()
    earlier = _earlier(ledger)
    operands = _stack(
        _operands(ledger.cells, _in(PROACTIVE, column="in_force"), left=True),
        _operands(ledger.cells, _in(PROACTIVE, column="issued"), left=False),
        _operands(ledger.cells, _in(PROACTIVE, column="repealed"), left=False, sign=-1),
        _operands(earlier, _in(PROACTIVE, column="in_force"), left=False),
    )
    place = pl.format("{}/{}/in_force", TABLE, ROW)
    return _unequal(_weigh(operands, [ROW], place, complete=4))


@rule("items_roll")
def items_roll(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """Last year's items are those of the year before with their change, and never fall below none."""
    previous, change = (_in(PROACTIVE, column=key) for key in ("previous_year_items", "change_in_items"))
    sums = _operands(ledger.cells, previous | change, left=True)
    zeros = sums.unique([REPORT, ROW]).with_columns(
        pl.lit(False).alias(LEFT_SIDE), pl.lit(0).cast(MONEY).alias(VALUE)
    )
    floor = _weigh(_stack(sums, zeros), [ROW], pl.format("{}/{}/change_in_items", TABLE, ROW))
    level = floor.with_columns((pl.col(LEFT) < 0).alias(BROKEN))
    return _stack(level, _items_between_years(ledger, previous, change)) if ledger.has_pairs else level


@rule("disclosed_stock")
def disclosed_stock(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """What was newly disclosed is a part of all that is disclosed."""
    is_new = _in(PROACTIVE, column="newly_disclosed")
    operands = _table(ledger, PROACTIVE, is_new, _in(PROACTIVE, column="total_disclosed"))
    sides = _weigh(operands, [ROW], pl.format("{}/{}/newly_disclosed", TABLE, ROW))
    return sides.with_columns((pl.col(LEFT) > pl.col(RIGHT)).alias(BROKEN))


@rule("regulation_power")
def regulation_power(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """规章 are made by State Council departments, provinces and cities with districts alone.

    Applies where the organ's division is known and, for those high enough to have the power, its name.
    """
    organs = ledger.reports.select(REPORT, _may_make_rules().alias("may")).filter(pl.col("may").is_not_null())
    cells = ledger.cells.filter(_in(PROACTIVE, row="regulation") & pl.col(KNOWN)).join(organs, on=REPORT)
    broken = ~pl.col("may") & (pl.col(VALUE) != 0)
    return _single(cells, right=pl.lit(0)).with_columns(broken.alias(BROKEN)).select(*SIDES, BROKEN)


@rule("amount_scale")
def amount_scale(ledger: Ledger, row: Rule) -> pl.LazyFrame:
    """An amount is not about ten thousand times last year's, nor a ten-thousandth of it.

    The tolerance is in powers of ten: 0.5 warns from 3 162 to 31 623 times. Units are not compared: a bare
    87 after 870000 yuan is the very slip that is looked for.
    """
    if not ledger.has_pairs:
        return _nothing()
    is_amount = pl.col(FORM_UNIT).is_in(["amount", "amount_wan_yuan"]) & (pl.col(VALUE) != 0)
    operands = _stack(
        _operands(ledger.cells, is_amount, left=True), _operands(_earlier(ledger), is_amount, left=False)
    )
    sides = _weigh(operands, [TABLE, ROW, COLUMN], ITEM_PLACE)
    powers = (pl.col(LEFT).cast(pl.Float64) / pl.col(RIGHT).cast(pl.Float64)).abs().log10().abs()
    broken = (powers - AMOUNT_SCALE).abs() <= float(row.tolerance or 0)
    return sides.with_columns(broken.alias(BROKEN))


@rule("amount_unit")
def amount_unit(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """An amount says its unit where the form gives none. Applies to reported amounts other than 0."""
    bare = (pl.col(FORM_UNIT) == "amount") & (pl.col(VALUE) != 0)
    amounts = _single(ledger.cells.filter(bare), right=pl.lit(None))
    return amounts.select(*SIDES, pl.col(UNIT).is_null().alias(BROKEN))


@rule("narrative")
def narrative(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """A count told in the prose equals the table's; rounded counts (三千余件) are not compared."""
    if ledger.figures is None:
        return _nothing()
    told = _told(ledger.figures).select(REPORT, CONCEPT, pl.col(VALUE).cast(MONEY).alias(LEFT))
    sides = told.join(_tabled(ledger), on=[REPORT, CONCEPT], maintain_order="left")
    ordinal = pl.int_range(pl.len()).over(REPORT, CONCEPT) + 1
    first, later = pl.format("narrative/{}", CONCEPT), pl.format("narrative/{}/{}", CONCEPT, ordinal)
    place = pl.when(ordinal == 1).then(first).otherwise(later)
    return _unequal(sides.with_columns(place.alias(PLACE)))


@rule("variant_year")
def variant_year(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """A table follows the form prescribed for its year.

    Left: the report year; right: the first year of the form used. A table that the prescribed form has just
    so (table 4 is the same in both) follows it. Applies to years that some form governs.
    """
    years = ledger.reports.select(REPORT, pl.col(YEAR).cast(pl.Int64)).drop_nulls()
    used = ledger.cells.select(REPORT, TABLE, VARIANT).unique().join(years, on=REPORT)
    governs = (pl.col("first_year") <= pl.col(YEAR)) & (pl.col(YEAR) <= pl.col("last_year")).fill_null(True)
    prescribed = used.join(ledger.forms.prescribed.lazy(), on=[VARIANT, TABLE]).filter(governs)
    judged = prescribed.group_by(REPORT, TABLE).agg(
        pl.col(VARIANT, YEAR, "used_from").first(), (~pl.col("same").any()).alias(BROKEN)
    )
    return judged.select(
        REPORT,
        pl.col(TABLE).alias(PLACE),
        VARIANT,
        pl.col(YEAR).cast(MONEY).alias(LEFT),
        pl.col("used_from").cast(MONEY).alias(RIGHT),
        pl.lit(0, pl.Int32).alias(BLANKS),
        BROKEN,
    )


def _items_between_years(ledger: Ledger, previous: pl.Expr, change: pl.Expr) -> pl.LazyFrame:
    roll = _stack(
        _operands(ledger.cells, previous, left=True),
        _operands(_earlier(ledger), previous | change, left=False),
    )
    place = pl.format("{}/{}/previous_year_items", TABLE, ROW)
    return _unequal(_weigh(roll, [ROW], place, complete=3))


def _in(table: str, row: str | None = None, column: str | None = None) -> pl.Expr:
    """Cells of a table, of one row or one column of it."""
    where = pl.col(TABLE) == table
    if row is not None:
        where &= pl.col(ROW) == row
    if column is not None:
        where &= pl.col(COLUMN) == column
    return where


def _table(ledger: Ledger, table: str, left: pl.Expr, right: pl.Expr) -> pl.LazyFrame:
    """The operands of an identity inside one table."""
    return ledger.cells.filter((pl.col(TABLE) == table) & (left | right)).select(
        REPORT, VARIANT, TABLE, ROW, COLUMN, VALUE, UNKNOWN, left.alias(LEFT_SIDE)
    )


def _identity(ledger: Ledger, name: str) -> pl.LazyFrame:
    identity = IDENTITIES[name]
    operands = _table(ledger, identity.table, identity.left, identity.right)
    return _unequal(_weigh(operands, [identity.along], identity.place))


def _operands(cells: pl.LazyFrame, which: pl.Expr, *, left: bool, sign: int = 1) -> pl.LazyFrame:
    """Cells as operands of one side of an identity, taken `sign` times."""
    side = pl.lit(left).alias(LEFT_SIDE)
    value = pl.col(VALUE) if sign == 1 else (pl.col(VALUE) * sign).cast(MONEY)
    return cells.filter(which).select(REPORT, VARIANT, TABLE, ROW, COLUMN, value.alias(VALUE), UNKNOWN, side)


def _earlier(ledger: Ledger) -> pl.LazyFrame:
    """The cells of the reports a year earlier, each under the report that follows it."""
    return (
        ledger.cells.rename({REPORT: EARLIER})
        .join(ledger.pairs, on=EARLIER)
        .with_columns(pl.lit(None, pl.String).alias(VARIANT))
    )


def _stack(*operands: pl.LazyFrame) -> pl.LazyFrame:
    return pl.concat(operands)


def _weigh(operands: pl.LazyFrame, by: list[str], place: pl.Expr, complete: int = 2) -> pl.LazyFrame:
    """Adds up both sides for each report and each of `by`, where the rule applies.

    Args:
        operands: One row an operand: report_id, variant, the keys, value, unknown, left_side.
        by: The keys that tell the places apart.
        place: The name of a place.
        complete: The fewest operands; with fewer, a form lacks a cell that the rule speaks of.
    """
    on_left = pl.col(LEFT_SIDE)
    left, right = (pl.when(side).then(VALUE) for side in (on_left, ~on_left))
    shared = [name for name in (TABLE, VARIANT) if name not in by]
    sums = operands.with_columns(left.alias(LEFT), right.alias(RIGHT)).group_by(REPORT, *by)
    weighed = sums.agg(
        pl.col(shared).first(),
        pl.col(LEFT, RIGHT).sum(),
        pl.col(LEFT).count().alias("left_known"),
        pl.col(RIGHT).count().alias("right_known"),
        pl.col(UNKNOWN).any(),
        pl.len().alias("operands"),
    )
    applies = (pl.col("left_known") > 0) & (pl.col("right_known") > 0) & ~pl.col(UNKNOWN)
    blanks = pl.col("operands") - pl.col("left_known") - pl.col("right_known")
    return (
        weighed.filter(applies & (pl.col("operands") >= complete))
        .with_columns(place.alias(PLACE), blanks.cast(pl.Int32).alias(BLANKS))
        .select(SIDES)
    )


def _unequal(sides: pl.LazyFrame) -> pl.LazyFrame:
    return sides.select(*SIDES, (pl.col(LEFT) != pl.col(RIGHT)).alias(BROKEN))


def _single(cells: pl.LazyFrame, right: pl.Expr) -> pl.LazyFrame:
    """Cells that are judged each by itself: the cell on the left, `right` against it."""
    return cells.with_columns(
        ITEM_PLACE.alias(PLACE),
        pl.col(VALUE).cast(MONEY).alias(LEFT),
        right.cast(MONEY).alias(RIGHT),
        pl.lit(0, pl.Int32).alias(BLANKS),
    )


def _nothing() -> pl.LazyFrame:
    """What a rule yields that applies nowhere."""
    texts: dict[str, pl.DataType] = dict.fromkeys((REPORT, PLACE, VARIANT), pl.String())
    numbers: dict[str, pl.DataType] = {LEFT: MONEY, RIGHT: MONEY, BLANKS: pl.Int32(), BROKEN: pl.Boolean()}
    return pl.LazyFrame(schema=texts | numbers)


def _may_make_rules() -> pl.Expr:
    """True or false by division and name; null where the division, or the name that decides, is unknown."""
    division, name = pl.col(DIVISION), pl.col(AGENCY_NAME)
    by_kind = [(division.str.contains(m.division), name.str.contains(m.name)) for m in load_rule_makers()]
    may = pl.any_horizontal([high & named for high, named in by_kind])
    return pl.when(division.is_not_null()).then(may)


def _told(figures: pl.LazyFrame) -> pl.LazyFrame:
    """The exact figures, each number once for a report and concept, in the order of the prose."""
    exact = figures.filter(~pl.col("approximate")) if "approximate" in figures.collect_schema() else figures
    return exact.drop_nulls([REPORT, CONCEPT, VALUE]).unique([REPORT, CONCEPT, VALUE], maintain_order=True)


def _tabled(ledger: Ledger) -> pl.LazyFrame:
    """What the tables say of each concept that prose may tell."""
    concepts = pl.LazyFrame(
        [
            (count.concept, count.table, row, column)
            for count in load_told_counts()
            for row in count.rows
            for column in count.columns
        ],
        schema=[CONCEPT, TABLE, ROW, COLUMN],
        orient="row",
    )
    cells = ledger.cells.join(concepts, on=[TABLE, ROW, COLUMN])
    sums = cells.group_by(REPORT, CONCEPT).agg(
        pl.col(VARIANT).first(),
        pl.col(VALUE).sum().alias(RIGHT),
        pl.col(KNOWN).sum().alias("reported"),
        pl.col(UNKNOWN).any(),
        (~pl.col(KNOWN)).sum().cast(pl.Int32).alias(BLANKS),
    )
    return sums.filter((pl.col("reported") > 0) & ~pl.col(UNKNOWN))
