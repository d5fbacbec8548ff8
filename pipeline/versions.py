"""Which of several versions of a report stands, and what differs between them; nothing is thrown away.

In: the `reports` and `cells` frames, and where the files came from. Out: the reports with `is_current`,
`is_current_of_scope`, `is_official` and `supersedes`, and the `revisions` frame. The rule is told in
docs/versions.md: the most complete, then from an official host, then the newest.
"""

from __future__ import annotations

import polars as pl

from pipeline.checking.columns import (
    AGENCY,
    CELL_KEY,
    COLUMN,
    KIND,
    REPORT,
    ROW,
    SCOPE,
    TABLE,
    UNIT,
    VALUE,
    YEAR,
)
from pipeline.checking.ledger import is_resolved, require_columns
from pipeline.identity.register import hosts

PREVIOUS = "previous_report_id"
MARKS = ("is_current", "is_current_of_scope", "is_official", "supersedes")
NEEDED = (REPORT, AGENCY, "division_code", YEAR, SCOPE, "sha256", "cells_reported", "published_on")
GROUP = (AGENCY, YEAR)
EDITION = "edition"
"""The scope that a report's versions share."""
SCOPES = ("organ", None, "system", "customs_district", "consolidated")
"""Which scope stands where an agency reports several for equally many years: its own figures first."""
LIKENESS = 0.5
"""Reports of an organ known by name alone are of one organ if no fewer of their numbers agree."""
GOVERNMENT_HOST = r"(?:^|\.)gov\.cn$"
HOST = r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)"
PLACE = (TABLE, ROW, COLUMN)
COMPARED = (VALUE, KIND, UNIT)


def mark_versions(
    reports: pl.DataFrame, cells: pl.DataFrame, origins: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Marks the one report that stands for each agency and year, and what each version supersedes.

    Versions are reports of the same agency, year and scope; one that states no scope belongs to the only scope
    that is stated. The first of them is current of its scope: the most complete, then one from an official
    host, then the newest (by its own date, then by when it was fetched), then by name, so that the choice never
    depends on the order of files. Of several scopes, that which the agency reports for most years stands.

    Where an organ is known by its name alone and the figures are not those of one report, several organs may
    share the name: none of them stands. Reports of an unknown agency or year stand for themselves.

    Args:
        reports: The columns of `NEEDED`.
        cells: report_id, table_name, row_key, column_key, value.
        origins: sha256, url, trust (`official`, `mirror` or null) and fetched_at of the files; None: unknown.

    Returns:
        The reports, sorted by report_id, with the columns of `MARKS`: `is_current`, `is_current_of_scope`,
        `is_official` (null where the address is unknown) and `supersedes` (the next version in the order).
    """
    require_columns(reports, NEEDED, "reports")
    columns = list(dict.fromkeys((*reports.columns, *MARKS)))
    bare = reports.drop(name for name in MARKS if name in reports.columns)
    ranked = _ranked(bare.join(_of_files(origins), on="sha256", how="left"))
    is_known = pl.all_horizontal(pl.col(GROUP).is_not_null())
    versions = [*GROUP, EDITION]
    marked = ranked.with_columns(
        (~is_known | (pl.int_range(pl.len()).over(GROUP) == 0)).alias("is_current"),
        (~is_known | (pl.int_range(pl.len()).over(versions) == 0)).alias("is_current_of_scope"),
        pl.when(is_known).then(pl.col(REPORT).shift(-1).over(versions)).alias("supersedes"),
    )
    return _without_namesakes(marked, cells).select(columns).sort(REPORT)


def revisions(reports: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """What differs between each version and the one it supersedes: one row a cell, sorted by its key.

    Args:
        reports: report_id, report_year, supersedes.
        cells: The cell's key, value, kind and unit. A cell that a version lacks is `absent` from it.

    Returns:
        report_id, previous_report_id, report_year, the cell's place, `before…` in the version that was set
        aside and `after…` in the one that stands before it: value, kind and unit.
    """
    pairs = reports.filter(pl.col("supersedes").is_not_null()).select(
        REPORT, pl.col("supersedes").alias(PREVIOUS), YEAR
    )
    texts = pl.col(*CELL_KEY, KIND, UNIT).cast(pl.String)
    printed = cells.select(texts, VALUE)
    after = pairs.join(printed, on=REPORT)
    before = pairs.join(printed.rename({REPORT: PREVIOUS}), on=PREVIOUS)
    key = [REPORT, PREVIOUS, YEAR, *PLACE]
    both = before.join(after, on=key, how="full", coalesce=True, suffix="_after", nulls_equal=True)
    kinds = [pl.col(name).fill_null("absent") for name in (KIND, f"{KIND}_after")]
    same = [pl.col(name).eq_missing(pl.col(f"{name}_after")) for name in COMPARED]
    differing = both.with_columns(kinds).filter(~pl.all_horizontal(same))
    sides = [
        pl.col(name + suffix).alias(_side(prefix, name))
        for prefix, suffix in (("before", ""), ("after", "_after"))
        for name in COMPARED
    ]
    return differing.select(*key, *sides).sort(key)


def _side(prefix: str, name: str) -> str:
    return prefix if name == VALUE else f"{prefix}_{name}"


def _of_files(origins: pl.DataFrame | None) -> pl.DataFrame:
    """By file: whether an address it was fetched from is official, and when it first came."""
    if origins is None:
        return pl.DataFrame(
            schema={"sha256": pl.String, "is_official": pl.Boolean, "fetched_at": pl.Datetime}
        )
    host = pl.col("url").str.to_lowercase().str.extract(HOST)
    ends = [host.str.contains(GOVERNMENT_HOST)]
    ends += [(host == end) | host.str.ends_with(f".{end}") for end in hosts()]
    by_trust = pl.when(pl.col("trust").is_not_null()).then(pl.col("trust") == "official")
    official = pl.when(host.is_not_null()).then(by_trust.otherwise(pl.any_horizontal(ends)))
    named = origins.filter(pl.col("sha256").is_not_null()).with_columns(official.alias("is_official"))
    return named.group_by("sha256").agg(pl.col("is_official").max(), pl.col("fetched_at").min())


def _ranked(reports: pl.DataFrame) -> pl.DataFrame:
    """The reports with their edition, in the order in which they stand."""
    stated = pl.col(SCOPE).cast(pl.String)
    only = stated.drop_nulls().first().over(GROUP)
    is_only = stated.drop_nulls().n_unique().over(GROUP) == 1
    placed = reports.with_columns(pl.when(is_only).then(only).otherwise(stated).alias(EDITION))
    scope_order = pl.col(EDITION).replace_strict(
        SCOPES, range(len(SCOPES)), default=len(SCOPES), return_dtype=pl.Int8
    )
    by = {
        "years": (pl.col(YEAR).n_unique().over(AGENCY, EDITION), True),
        "scope_order": (scope_order, False),
        "complete": (pl.col("cells_reported").fill_null(0), True),
        "official": (pl.col("is_official").fill_null(False), True),
        "published": (pl.col("published_on").to_physical().fill_null(-1_000_000), True),
        "fetched": (pl.col("fetched_at").to_physical().fill_null(-1), True),
        "name": (pl.col(REPORT), False),
    }
    return placed.sort([key for key, _ in by.values()], descending=[down for _, down in by.values()])


def _without_namesakes(marked: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Lets none stand of several reports that share an agency's mere name and not its figures."""
    head = pl.col(REPORT).filter("is_current").first().over(GROUP)
    by_name = marked.filter(~is_resolved()).select(REPORT, *GROUP, head.alias("head")).drop_nulls()
    pairs = by_name.filter(pl.col(REPORT) != pl.col("head"))
    numbers = cells.filter(pl.col(VALUE) != 0).select(pl.col(CELL_KEY).cast(pl.String), VALUE)
    own = pairs.join(numbers, on=REPORT)
    of_head = pairs.join(numbers.rename({REPORT: "head"}), on="head")
    both = own.join(of_head, on=[REPORT, "head", *GROUP, *PLACE], how="full", coalesce=True)
    agrees = (pl.col(VALUE) == pl.col(f"{VALUE}_right")).fill_null(False)
    likeness = both.group_by(*GROUP, REPORT).agg(agrees.mean().alias("likeness"))
    unlike = likeness.filter(pl.col("likeness") < LIKENESS).select(GROUP).unique()
    shared = marked.join(unlike.with_columns(pl.lit(True).alias("is_shared")), on=GROUP, how="left")
    keep = pl.col("is_shared").is_null()
    return shared.with_columns(
        pl.col("is_current", "is_current_of_scope") & keep,
        pl.when(keep).then("supersedes").alias("supersedes"),
    )
