"""Harmonised series → one row an agency-year: headline series, and rates with what they rest on.

In: the `harmonized`, `reports` and `agencies` frames, and the definitions of `schemas/rates.csv`. Out: a wide
frame. A rate is null rather than guessed: blank is not zero, here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.checking.columns import (
    AGENCY,
    AGENCY_NAME,
    COMPARABLE,
    CONCEPT,
    DIMENSION,
    DIVISION,
    REPORT,
    SCOPE,
    VALUE,
    YEAR,
)
from pipeline.checking.ledger import MONEY, is_resolved, require_columns
from pipeline.crosswalk import Crosswalk, national_crosswalk
from schemas.definitions import HERE, DefinitionError, Row, read_definitions
from schemas.rates import RATE_COLUMNS

REPORT_FACTS = (REPORT, AGENCY_NAME, DIVISION, SCOPE, "template")
AGENCY_FACTS = ("province", "prefecture", "county", "level", "function")
TERM = re.compile(r"(?P<sign>[+-])\s*(?P<series>\w+/\w+)\s*")
SERIES = "series"
PREVIOUS = "previous_report_id"
FLOWS_ON = "flows_on"

Terms = tuple[tuple[int, str], ...]
"""Signed series (concept/dimension) that are added up."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A column of the panel: a headline series, or a rate where it has a denominator.

    Attributes:
        name: The column.
        numerator: Series added up and taken away; of a headline series, its value.
        denominator: The same; empty for a headline series.
        label_en: What it is, in English.
        label_zh: The same in Chinese.
    """

    name: str
    numerator: Terms
    denominator: Terms
    label_en: str
    label_zh: str


@dataclass(frozen=True, slots=True)
class Rates:
    """All columns of the panel; `small_n`: a denominator below it is flagged."""

    rates: tuple[Rate, ...]
    small_n: int

    @property
    def needed(self) -> list[str]:
        """The series that the columns are made of, each once."""
        terms = [term for rate in self.rates for term in rate.numerator + rate.denominator]
        return list(dict.fromkeys(series for _, series in terms))


@cache
def national_rates() -> Rates:
    """The project's own columns over its own crosswalk."""
    return load_rates()


def load_rates(path: Path = HERE / "rates.csv", crosswalk: Crosswalk | None = None) -> Rates:
    """The panel's columns.

    Raises:
        DefinitionError: A formula that cannot be read, or a series that is unknown or not comparable across
            forms, with its line; a missing `# small_n=` line.
    """
    table = read_definitions(path, RATE_COLUMNS, key=["name"])
    small_n = table.meta.get("small_n", "")
    if not small_n.isdigit():
        raise DefinitionError(f"{path.name}:1: needs the line '# small_n=…', a whole number")
    sources = (crosswalk or national_crosswalk()).sources.filter(COMPARABLE)
    comparable = set(sources.select(pl.concat_str([CONCEPT, DIMENSION], separator="/")).to_series())
    return Rates(tuple(_rate(row, comparable) for row in table.rows), int(small_n))


def panel(
    harmonized: pl.DataFrame,
    reports: pl.DataFrame,
    agencies: pl.DataFrame | None = None,
    rates: Rates | None = None,
) -> pl.DataFrame:
    """One row an agency-year of the harmonised frame, sorted by agency and year.

    Args:
        harmonized: agency_id, report_year, report_id, concept, dimension, value.
        reports: report_id, agency_name, division_code, scope, template.
        agencies: agency_id, province, prefecture, county, level, function; None leaves these columns out.
        rates: The columns to make; those of `schemas/rates.csv` by default.

    Returns:
        The key agency_id and report_year; what reports and agencies tell; `previous_report_id`, the report of
        the year before that this one may be compared with; each headline series; for each rate its value (a
        share, not per cent), `…_numerator`, `…_denominator` and `…_small_n` (null where there is no rate). A
        series or side is null where one of its terms was not reported; a rate is null where a side is, or
        where the denominator is not above 0. A rate above 1 is what the report's own figures say. `…_change`
        is this year's less the year before's; null where a year has none, or `previous_report_id` is null:
        no report of the very year before, another scope, or an organ that is known by its name alone.

    Raises:
        ValueError: A missing column, or two reports that stand for one agency and year.
    """
    require_columns(harmonized, (AGENCY, YEAR, REPORT, CONCEPT, DIMENSION, VALUE), "harmonized")
    require_columns(reports, REPORT_FACTS, "reports")
    chosen = rates or national_rates()
    wide = _wide(harmonized, chosen.needed)
    columns = [column for rate in chosen.rates for column in _columns(rate, chosen.small_n)]
    rows = wide.join(reports.select(REPORT_FACTS), on=REPORT, how="left").select(pl.all(), *columns)
    rows = _with_changes(rows, chosen)
    facts = [*REPORT_FACTS, PREVIOUS]
    names = [name for rate in chosen.rates for name in column_names(rate)]
    if agencies is not None:
        require_columns(agencies, (AGENCY, *AGENCY_FACTS), "agencies")
        rows = rows.join(agencies.select(AGENCY, *AGENCY_FACTS), on=AGENCY, how="left")
        facts += AGENCY_FACTS
    return rows.select(AGENCY, YEAR, *facts, *names).sort(AGENCY, YEAR)


def column_names(rate: Rate) -> tuple[str, ...]:
    """The columns that a row of `rates.csv` becomes, as `schemas/rate_columns.csv` describes them."""
    suffixes = (
        ("", "_numerator", "_denominator", "_small_n", "_change") if rate.denominator else ("", "_change")
    )
    return tuple(rate.name + suffix for suffix in suffixes)


def _with_changes(rows: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Adds the report of the year before that each row may be compared with, and the changes since.

    Scopes must not contradict each other; one that is not stated contradicts none.
    """
    is_next = pl.col(YEAR).cast(pl.Int32) - pl.col(YEAR).shift(1).cast(pl.Int32) == 1
    same_scope = (pl.col(SCOPE) == pl.col(SCOPE).shift(1)).fill_null(True)
    flows_on = ((is_next & same_scope).over(AGENCY, order_by=YEAR) & is_resolved()).fill_null(False)
    marked = rows.sort(AGENCY, YEAR).with_columns(flows_on.alias(FLOWS_ON))
    names = [rate.name for rate in rates.rates]
    changes = [
        (pl.col(n) - pl.col(n).shift(1).over(AGENCY, order_by=YEAR)).alias(f"{n}_change") for n in names
    ]
    previous = pl.col(REPORT).shift(1).over(AGENCY, order_by=YEAR).alias(PREVIOUS)
    return marked.with_columns(
        pl.when(FLOWS_ON).then(expression).alias(expression.meta.output_name())
        for expression in (previous, *changes)
    ).drop(FLOWS_ON)


def _rate(row: Row, comparable: set[str]) -> Rate:
    if not row["numerator"] or not row["label_en"] or not row["label_zh"]:
        raise row.fail("a rate needs a numerator, and a label in both languages")
    numerator, denominator = (_terms(row, column, comparable) for column in ("numerator", "denominator"))
    return Rate(row["name"], numerator, denominator, row["label_en"], row["label_zh"])


def _terms(row: Row, column: str, comparable: set[str]) -> Terms:
    text = row[column] and f"+ {row[column]} "
    if TERM.sub("", text).strip():
        raise row.fail(f"{column} {row[column]!r} is not of the shape concept/dimension + concept/dimension")
    terms = tuple((1 if m["sign"] == "+" else -1, m["series"]) for m in TERM.finditer(text))
    for _, series in terms:
        if series not in comparable:
            raise row.fail(f"{column}: {series} is no series that is comparable across forms")
    return terms


def _wide(harmonized: pl.DataFrame, needed: list[str]) -> pl.DataFrame:
    """A row an agency-year, a column a series; a series nobody reported is null."""
    reports = harmonized.select(AGENCY, YEAR, REPORT).unique()
    twice = reports.filter(pl.struct(AGENCY, YEAR).is_duplicated())
    if twice.height:
        raise ValueError(f"harmonized: several reports stand for {twice.select(AGENCY, YEAR).row(0)}")
    named = harmonized.with_columns(pl.concat_str([CONCEPT, DIMENSION], separator="/").alias(SERIES))
    wide = named.filter(pl.col(SERIES).is_in(needed)).pivot(SERIES, index=REPORT, values=VALUE)
    missing = [pl.lit(None, MONEY).alias(name) for name in needed if name not in wide.columns]
    return reports.join(wide.with_columns(missing), on=REPORT, how="left")


def _columns(rate: Rate, small_n: int) -> list[pl.Expr]:
    numerator = _sum(rate.numerator)
    if not rate.denominator:
        return [numerator.alias(rate.name)]
    denominator = _sum(rate.denominator)
    share = numerator.cast(pl.Float64) / denominator.cast(pl.Float64)
    has_rate = (denominator > 0) & numerator.is_not_null()
    return [
        pl.when(has_rate).then(share).alias(rate.name),
        numerator.alias(f"{rate.name}_numerator"),
        denominator.alias(f"{rate.name}_denominator"),
        pl.when(has_rate).then(denominator < small_n).alias(f"{rate.name}_small_n"),
    ]


def _sum(terms: Terms) -> pl.Expr:
    """Null as soon as one term is: a sum over blanks would be a guess."""
    total = pl.lit(0).cast(MONEY)
    for sign, series in terms:
        total = total + pl.col(series) if sign > 0 else total - pl.col(series)
    return total.cast(pl.Decimal(20, 2))
