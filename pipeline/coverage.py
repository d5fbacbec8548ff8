"""Who has published for which year: reports, agencies and sources → one row an agency and year, with its state.

In: the `reports` and `agencies` frames, what the list of sources expects, the links between agencies, and the
day as of which it is judged. Out: the `coverage` frame. Nobody is called missing by a name that several organs
bear, nor for a year before the first report seen of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.checking.columns import AGENCY, AGENCY_NAME, REPORT, YEAR
from pipeline.checking.ledger import UNRESOLVED, current, is_resolved, require_columns
from pipeline.fetch.sources import Source
from pipeline.identity.agencies import agency_slug
from pipeline.identity.divisions import resolve
from schemas.definitions import HERE, read_definitions

DUE_COLUMNS = ("function", "level", "month", "day", "source")
COVERAGE_COLUMNS = (AGENCY, YEAR, AGENCY_NAME, "state", "due_on", REPORT, "published_on")
ENDING = ("succeeded_by", "merged_into")
"""The relations after which an organ owes no report of its own."""


@cache
def load_due_dates(path: Path = HERE / "due_dates.csv") -> pl.DataFrame:
    """The rules on when a report is due, in the order they are tried: function, level, month, day.

    Raises:
        DefinitionError: A day that no year has, or a last row that does not fit every organ, with its line.
    """
    rows = read_definitions(path, DUE_COLUMNS, key=["function", "level"]).rows
    for row in rows:
        try:
            date(2023, int(row["month"]), int(row["day"]))
        except ValueError:
            raise row.fail(f"{row['month']}-{row['day']} is no day of every year") from None
    if rows[-1]["function"] or rows[-1]["level"]:
        raise rows[-1].fail("the last row must fit every organ: function and level empty")
    values = [(r["function"] or None, r["level"] or None, int(r["month"]), int(r["day"])) for r in rows]
    types = {"function": pl.String, "level": pl.String, "month": pl.Int8, "day": pl.Int8}
    return pl.DataFrame(values, schema=types, orient="row")


def coverage(
    reports: pl.DataFrame,
    agencies: pl.DataFrame,
    as_of: date,
    expected: pl.DataFrame | None = None,
    links: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The state of each agency and year, from the first year seen of it to the last year seen of anyone.

    Args:
        reports: report_id, agency_id, agency_name, division_code, report_year, template, published_on, is_current.
        agencies: agency_id, name, level, function.
        as_of: The day as of which `missing` and `not_due` are told apart.
        expected: agency_id, agency_name, report_year of reports that were looked for, but not read.
        links: agency_id, relation, other_agency_id, from_year; an organ that another succeeded owes no report
            from that year on.

    Returns:
        The columns of `COVERAGE_COLUMNS`. `published`: a report stands for it. `failed`: there is a document,
        or an address in the list of sources, but no table could be read. `missing`: none by the day it was
        due. `not_due`: none, and none is due yet. An organ known by its name alone has only the years in which
        it reported.
    """
    needed = (REPORT, AGENCY, AGENCY_NAME, "division_code", YEAR, "template", "published_on")
    require_columns(reports, needed, "reports")
    require_columns(agencies, (AGENCY, "name", "level", "function"), "agencies")
    seen = _seen(reports, expected)
    years = _years(seen, links)
    organs = agencies.select(AGENCY, "name", pl.col("level", "function").cast(pl.String))
    rows = years.join(seen, on=[AGENCY, YEAR], how="left").join(organs, on=AGENCY, how="left")
    dated = _with_due_dates(rows)
    late = pl.when(pl.lit(as_of) > pl.col("due_on")).then(pl.lit("missing")).otherwise(pl.lit("not_due"))
    name = pl.coalesce("name", AGENCY_NAME, pl.col(AGENCY_NAME).drop_nulls().first().over(AGENCY))
    found = dated.with_columns(name.alias(AGENCY_NAME), pl.coalesce("state", late).alias("state"))
    return found.select(COVERAGE_COLUMNS).sort(AGENCY, YEAR)


def last_due_passed(as_of: date) -> date:
    """The last day on which any report was due before a day: all that coverage takes from the day itself.

    Between two due dates, which reports are `missing` and which are `not_due` does not depend on the day.
    """
    days = load_due_dates().select("month", "day").unique().rows()
    dates = [date(year, month, day) for year in (as_of.year - 1, as_of.year) for month, day in days]
    return max(day for day in dates if day < as_of)


def expected_reports(sources: Iterable[Source], raw: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The agency and year of each source that names both, and whose address gave no report.

    Args:
        sources: The list of sources.
        raw: source and sha256 of the raw documents.
        reports: sha256 of the reports read.
    """
    read = raw.join(reports, on="sha256", how="semi")["source"]
    got = set(read.to_list())
    rows = [
        (agency, source.agency_name, source.report_year)
        for source in sources
        if source.kind != "listing" and source.agency_name and source.report_year and source.url not in got
        for agency in [agency_of(source)]
        if not agency.startswith(UNRESOLVED)
    ]
    schema = {AGENCY: pl.String, AGENCY_NAME: pl.String, YEAR: pl.Int16}
    return pl.DataFrame(rows, schema=schema, orient="row").unique([AGENCY, YEAR], maintain_order=True)


def agency_of(source: Source) -> str:
    """The identifier of the organ that a source's row names."""
    resolution = resolve(source.agency_name, year=source.report_year, host=source.host)
    return agency_slug(source.agency_name, resolution, host=source.host)


def _seen(reports: pl.DataFrame, expected: pl.DataFrame | None) -> pl.DataFrame:
    """A row an agency and year of which there is anything: `published` before `failed`."""
    state = pl.when(pl.col("template").is_not_null()).then(pl.lit("published")).otherwise(pl.lit("failed"))
    standing = current(reports).filter(pl.col(AGENCY).is_not_null() & pl.col(YEAR).is_not_null())
    columns = [AGENCY, YEAR, AGENCY_NAME, REPORT, "published_on", "state", "is_resolved"]
    found = standing.with_columns(state.alias("state"), is_resolved().alias("is_resolved")).select(columns)
    if expected is None:
        return found
    lost = expected.with_columns(pl.lit("failed").alias("state"), pl.lit(True).alias("is_resolved"))
    both = pl.concat([found, lost], how="diagonal_relaxed")
    return both.unique([AGENCY, YEAR], keep="first", maintain_order=True)


def _years(seen: pl.DataFrame, links: pl.DataFrame | None) -> pl.DataFrame:
    """The agency-years to tell of: all since its first, less those after another organ took its place."""
    last = pl.col(YEAR).max()
    spans = seen.group_by(AGENCY).agg(
        pl.col(YEAR).min().alias("first"), pl.col(YEAR).alias("own"), pl.col("is_resolved").all()
    )
    every = pl.int_ranges("first", seen.select(last).item() + 1 if seen.height else 0, dtype=pl.Int16)
    years = pl.when("is_resolved").then(every).otherwise("own").alias(YEAR)
    rows = spans.select(AGENCY, years).explode(YEAR).unique()
    if links is None:
        return rows
    ended = links.filter(pl.col("relation").cast(pl.String).is_in(ENDING)).group_by(AGENCY)
    last_years = ended.agg(pl.col("from_year").min())
    gone = rows.join(last_years, on=AGENCY).filter(pl.col(YEAR) >= pl.col("from_year"))
    return rows.join(gone.join(seen, on=[AGENCY, YEAR], how="anti"), on=[AGENCY, YEAR], how="anti")


def _with_due_dates(rows: pl.DataFrame) -> pl.DataFrame:
    rules = load_due_dates()
    month, day = (pl.lit(rules[name][-1]) for name in ("month", "day"))
    for function, level, its_month, its_day in reversed(rules.rows()[:-1]):
        fits = [pl.col(n) == v for n, v in (("function", function), ("level", level)) if v is not None]
        matches = pl.all_horizontal(fits).fill_null(False)
        month = pl.when(matches).then(its_month).otherwise(month)
        day = pl.when(matches).then(its_day).otherwise(day)
    due = pl.date(pl.col(YEAR).cast(pl.Int32) + 1, month, day)
    return rows.with_columns(due.alias("due_on"))
