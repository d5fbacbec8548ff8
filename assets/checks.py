"""Asset checks, from one factory over the table definitions and one over the rules.

A breach of a table's definition blocks what follows, so that it is never published; a broken identity is a
warning with its counts, since real reports print wrong sums every year.
"""

import dagster as dg
import polars as pl

from assets.extracted import NAMES
from assets.published import STAGED
from assets.resources import Line, read_staged
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
    def check(line: Line) -> dg.AssetCheckResult:
        frame = read_staged(line.staging, asset)
        try:
            validate(name, conform(name, frame))
        except TableError as error:
            problems = [str(problem) for problem in error.problems]
            return dg.AssetCheckResult(passed=False, metadata={"problems": dg.MetadataValue.json(problems)})
        return dg.AssetCheckResult(passed=True, metadata={"rows": frame.height})

    return check


def rule_check(rule: Rule) -> dg.AssetChecksDefinition:
    """The check that reports a rule's health: how often it applied, held and failed, with a few places."""

    @dg.asset_check(asset="check_results", name=rule.rule, description=rule.label_en)
    def check(check_results: pl.DataFrame, line: Line) -> dg.AssetCheckResult:
        tally = read_staged(line.staging, "checks").row(by_predicate=pl.col("rule") == rule.rule, named=True)
        broken = check_results.filter(pl.col("rule").cast(pl.String) == rule.rule)
        places = (
            broken.head(SAMPLES).select("report_id", "place", "difference").with_columns(pl.all().cast(str))
        )
        return dg.AssetCheckResult(
            passed=broken.is_empty(),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                **{name: tally[name] or 0 for name in ("applicable", "held", "failed")},
                "sample": dg.MetadataValue.json(places.to_dicts()),
            },
        )

    return check


@dg.asset_check(asset="readings", name="numbers_accounted_for", blocking=True)
def numbers_accounted_for(readings: pl.DataFrame) -> dg.AssetCheckResult:
    """Every number met in a located table is used, set aside by a named rule, or left over."""
    parts = pl.sum_horizontal("numeric_used", "numeric_ignored", "numeric_leftover")
    wrong = readings.filter(pl.col("numeric_found") != parts)["report_id"].to_list()
    used, found = readings["numeric_used"].sum(), readings["numeric_found"].sum()
    return dg.AssetCheckResult(
        passed=not wrong,
        metadata={
            "used": used,
            "found": found,
            "share": used / found if found else 0.0,
            "wrong": wrong[:SAMPLES],
        },
    )


all_checks = [
    *(definition_check(name) for name in STAGED),
    *(rule_check(rule) for rule in national_rules().values()),
    numbers_accounted_for,
]
