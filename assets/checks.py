"""Asset checks, from one factory over the table definitions and one over the rules.

A breach of a table's definition blocks what follows, so that it is never published; a broken identity is a
warning with its counts, since real reports print wrong sums every year.
"""

from collections.abc import Mapping, Sequence

import dagster as dg
import polars as pl

from assets.extracted import NAMES
from assets.published import STAGED
from assets.resources import Line, read_staged
from pipeline.accounting import account, fallen, fallen_most, published_reports, share_margin, unbalanced
from pipeline.checking.corrections import refusals
from pipeline.checking.expected import incomplete
from pipeline.checks import national_rules
from schemas.checks import Rule
from schemas.tables import TableError, conform, validate

SAMPLES = 5


def definition_check(name: str) -> dg.AssetChecksDefinition:
    """The check that a staged frame is what its table's definition says: columns, types, codes, limits, key."""
    asset = name if name in ("reports",) else NAMES.get(name, name)

    @dg.asset_check(
        asset=asset, name="definition", blocking=True, description=f"{name} as schemas/ defines it"
    )
    def check(context: dg.AssetCheckExecutionContext, line: Line) -> dg.AssetCheckResult:
        frame = read_staged(line.staging, asset)
        counts = {"rows": frame.height, **trend(context, asset, "definition", {"rows": frame.height})}
        try:
            validate(name, conform(name, frame))
        except TableError as error:
            problems = [str(problem) for problem in error.problems]
            metadata = counts | {"problems": dg.MetadataValue.json(problems)}
            return dg.AssetCheckResult(passed=False, metadata=metadata)
        return dg.AssetCheckResult(passed=True, metadata=counts)

    return check


def rule_check(rule: Rule) -> dg.AssetChecksDefinition:
    """The check that reports a rule's health: how often it applied, held and failed, with a few places."""

    @dg.asset_check(asset="check_results", name=rule.rule, description=f"{rule.label_en} {rule.label_zh}")
    def check(
        context: dg.AssetCheckExecutionContext, check_results: pl.DataFrame, line: Line
    ) -> dg.AssetCheckResult:
        tally = read_staged(line.staging, "checks").row(by_predicate=pl.col("rule") == rule.rule, named=True)
        counts = {name: tally[name] or 0 for name in ("applicable", "held", "failed")}
        broken = check_results.filter(pl.col("rule").cast(pl.String) == rule.rule)
        return dg.AssetCheckResult(
            passed=broken.is_empty(),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                **counts,
                "share_failed": counts["failed"] / counts["applicable"] if counts["applicable"] else 0.0,
                **trend(context, "check_results", rule.rule, counts),
                "sample": _sample(broken, ("report_id", "place", "left_value", "right_value", "difference")),
            },
        )

    return check


def trend(
    context: dg.AssetCheckExecutionContext, asset: str, check: str, counts: Mapping[str, int]
) -> dict[str, int]:
    """How each count has changed since the check ran last; nothing where it has not run before.

    The instance keeps what checks said, so there is a trend wherever there is a standing one.
    """
    key = dg.AssetCheckKey(dg.AssetKey(asset), check)
    # The last that was completed: that of this run is planned, and nights without change passed theirs over.
    summary = context.instance.event_log_storage.get_asset_check_summary_records([key])[key]
    last = summary.last_completed_check_execution_record
    event = last.event.dagster_event if last and last.event else None
    before = event.asset_check_evaluation_data.metadata if event else {}
    known = {name: before[name].value for name in counts if name in before}
    return {f"{name}_change": counts[name] - int(str(value)) for name, value in known.items()}


def _sample(frame: pl.DataFrame, columns: Sequence[str]) -> dg.JsonMetadataValue:
    """A few rows as text, numbers without their idle decimals."""
    texts = frame.head(SAMPLES).select(pl.col(*columns).cast(pl.String).str.replace(r"\.0+$", ""))
    return dg.MetadataValue.json(texts.to_dicts())


@dg.asset_check(
    asset="readings",
    name="numbers_accounted_for",
    blocking=True,
    description="Every number met in a located table is used, set aside by a named rule, or left over.",
)
def numbers_accounted_for(
    context: dg.AssetCheckExecutionContext, readings: pl.DataFrame
) -> dg.AssetCheckResult:
    """Every number met in a located table is used, set aside by a named rule, or left over."""
    totals, wrong = account(readings), unbalanced(readings)
    counts = {"found": totals.found, "used": totals.used, "leftover": totals.leftover}
    return dg.AssetCheckResult(
        passed=not wrong and totals.balances,
        metadata={
            **counts,
            "ignored": totals.ignored,
            "share": totals.share or 0.0,
            **trend(context, "readings", "numbers_accounted_for", counts),
            "problems": dg.MetadataValue.json([f"{name}: numbers do not add up" for name in wrong[:SAMPLES]]),
        },
    )


@dg.asset_check(
    asset="readings",
    name="share_used",
    blocking=True,
    description="The share of numbers used has not fallen below the last release's by more than the margin.",
)
def share_used(readings: pl.DataFrame, line: Line) -> dg.AssetCheckResult:
    """The share of numbers used over all documents, held against the release that stands."""
    last, margin = published_reports(line.warehouse), share_margin()
    words = fallen(readings, last, margin)
    worst = fallen_most(readings, last, SAMPLES)
    named = [f"{row['report_id']}: {row['share_before']:.2%} → {row['share_used'] or 0:.2%}" for row in worst]
    return dg.AssetCheckResult(
        passed=words is None,
        metadata={
            "share": account(readings).share or 0.0,
            "last": (account(last).share if last is not None else None) or 0.0,
            "margin": margin,
            "problems": dg.MetadataValue.json([words.text(), *named] if words else named),
        },
    )


@dg.asset_check(
    asset="cells",
    name="expected_cells",
    blocking=True,
    additional_ins={"readings": dg.AssetIn()},
    description="Every table of every report has just the cells of its form, each with a kind.",
)
def expected_cells(cells: pl.DataFrame, readings: pl.DataFrame) -> dg.AssetCheckResult:
    """198, 200 or 186 cells a report of all three tables, by its forms."""
    wrong = incomplete(cells, readings)
    sizes = readings.group_by("cells_expected").len().sort("len", descending=True).head(SAMPLES)
    problems = [
        f"{report} {name} ({variant}): {size} cells on the form, {present} present, {on_form} of them its own, "
        f"{kinds} of a kind"
        for report, name, variant, size, present, on_form, kinds in wrong.head(SAMPLES).iter_rows()
    ]
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        metadata={
            "tables_wrong": wrong.height,
            "reports_by_cells": dg.MetadataValue.json({str(n): count for n, count in sizes.iter_rows()}),
            "problems": dg.MetadataValue.json(problems),
        },
    )


@dg.asset_check(
    asset="corrections",
    name="corrections_hold",
    description="No correction was refused because what it was made for no longer stands.",
)
def corrections_hold(
    context: dg.AssetCheckExecutionContext, corrections: pl.DataFrame
) -> dg.AssetCheckResult:
    """Refused corrections, named: each needs to be judged again."""
    refused = [english for english, _ in refusals(corrections)]
    counts = {"corrections": corrections.height, "refused": len(refused)}
    return dg.AssetCheckResult(
        passed=not refused,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            **counts,
            **trend(context, "corrections", "corrections_hold", counts),
            "sample": dg.MetadataValue.json(refused[:SAMPLES]),
        },
    )


all_checks = [
    *(definition_check(name) for name in STAGED),
    *(rule_check(rule) for rule in national_rules().values()),
    numbers_accounted_for,
    share_used,
    expected_cells,
    corrections_hold,
]
