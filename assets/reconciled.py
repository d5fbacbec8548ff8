"""Reconciled: the rules evaluated over all reports, and the series that run across the change of form."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.resources import Line, by_year
from assets.tables import described, report_years, single_run
from pipeline.checking.corrections import harmonize_corrected, judge
from pipeline.checks import evaluate, rule_table
from pipeline.coverage import coverage as coverage_of
from pipeline.coverage import expected_reports
from pipeline.panel import panel as panel_of
from schemas.tables import conform

RULES = ("pipeline/checks.py", "pipeline/checking/rules.py", "schemas/checks.csv")


@dg.multi_asset(
    group_name="reconciled",
    outs={name: dg.AssetOut(**described(name, *RULES)) for name in ("checks", "check_results")},
)
def evaluated_rules(
    cells: pl.DataFrame, readings: pl.DataFrame, narrative_figures: pl.DataFrame
) -> Iterator[dg.Output[pl.DataFrame]]:
    """Evaluates every rule over all reports; a broken rule changes no number."""
    evaluation = evaluate(cells, readings, narrative_figures)
    yield dg.Output(rule_table(evaluation.tally), output_name="checks")
    yield dg.Output(evaluation.results, output_name="check_results")


@dg.asset(group_name="reconciled", **described("corrections", "pipeline/checking/corrections.py"))
def corrections(line: Line, cells: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
    """What became of each correction; one whose printed number no longer stands is refused."""
    return judge(line.correction_list(), cells, readings)


@dg.asset(
    group_name="reconciled",
    partitions_def=report_years,
    backfill_policy=single_run,
    **described(
        "harmonized", "pipeline/reconcile.py", "pipeline/checking/corrections.py", "schemas/crosswalk.csv"
    ),
)
def harmonized(
    context: dg.AssetExecutionContext,
    cells: pl.DataFrame,
    readings: pl.DataFrame,
    corrections: pl.DataFrame,
) -> pl.DataFrame:
    """The current reports' figures under concepts that hold across form variants, corrections applied."""
    return by_year(
        context.partition_keys, lambda *part: harmonize_corrected(*part, corrections), cells, readings
    )


@dg.asset(
    group_name="reconciled",
    **described("panel", "pipeline/panel.py", "schemas/rates.csv", "schemas/crosswalk.csv"),
)
def panel(harmonized: pl.DataFrame, readings: pl.DataFrame, agencies: pl.DataFrame) -> pl.DataFrame:
    """A row an agency-year, with its rates and what they rest on."""
    return conform("panel", panel_of(harmonized, readings, agencies))


@dg.asset(group_name="reconciled", **described("coverage", "pipeline/coverage.py", "schemas/due_dates.csv"))
def coverage(
    line: Line,
    readings: pl.DataFrame,
    agencies: pl.DataFrame,
    agency_links: pl.DataFrame,
    raw_documents: pl.DataFrame,
) -> pl.DataFrame:
    """Who published for which year, as of the day of the run."""
    expected = expected_reports(line.source_list(), raw_documents, readings)
    return conform("coverage", coverage_of(readings, agencies, line.today, expected, agency_links))
