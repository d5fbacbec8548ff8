"""Tidy: the facts of each table of the form by report year, the agencies, and the reports with their checks."""

import dagster as dg
import polars as pl

from assets.resources import by_year
from assets.tables import described, report_years, single_run
from pipeline.identity import agency_register
from pipeline.tidy import FACTS, fact, with_checks
from pipeline.tidy import agencies as agencies_of
from pipeline.versions import revisions as revisions_of
from schemas.tables import conform


def _fact_asset(name: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        group_name="tidy",
        partitions_def=report_years,
        backfill_policy=single_run,
        **described(name, "pipeline/tidy.py"),
    )
    def facts(context: dg.AssetExecutionContext, cells: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
        return by_year(context.partition_keys, lambda part: fact(name, part, readings), cells)

    return facts


fact_assets = [_fact_asset(name) for name in FACTS]


@dg.asset(group_name="tidy", **described("agencies", "pipeline/identity/agencies.py", "pipeline/tidy.py"))
def agencies(readings: pl.DataFrame) -> pl.DataFrame:
    """The organs that reported."""
    return agencies_of(readings)


@dg.asset(group_name="tidy", **described("agency_names", "pipeline/identity/agency_register.py"))
def agency_names(readings: pl.DataFrame) -> pl.DataFrame:
    """What each organ called itself over the years."""
    return agency_register.agency_names(readings)


@dg.asset(
    group_name="tidy", **described("agency_links", "pipeline/identity/agency_register.py", "data/reference")
)
def agency_links(agencies: pl.DataFrame) -> pl.DataFrame:
    """What each organ was followed by, merged into or is part of."""
    return agency_register.agency_links(agencies)


@dg.asset(group_name="tidy", **described("reports", "pipeline/tidy.py"))
def reports(readings: pl.DataFrame, check_results: pl.DataFrame) -> pl.DataFrame:
    """The reports, with how many printed identities each breaks."""
    return with_checks(readings, check_results)


@dg.asset(group_name="tidy", **described("revisions", "pipeline/versions.py"))
def revisions(readings: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """What differs between versions of the same report."""
    return conform("revisions", revisions_of(readings, cells))
