"""Evaluates the rules over reports: in cells and reports, out what is broken, and how often each rule held.

A broken rule never drops or changes a number: it is recorded beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

import polars as pl

from pipeline.checking.columns import (
    AGENCY,
    BLANKS,
    DIFFERENCE,
    LEFT,
    LEVEL,
    PLACE,
    REPORT,
    RESULT,
    RIGHT,
    RULE,
    VARIANT,
    YEAR,
)
from pipeline.checking.ledger import MONEY, Forms, Ledger, gather
from pipeline.checking.rules import BROKEN, FUNCTIONS, RuleFunction, matched, national_rules
from schemas.checks import Rule, load_checks

RESULTS_SCHEMA: dict[str, pl.DataType] = {
    REPORT: pl.String(),
    YEAR: pl.Int16(),
    RULE: pl.String(),
    LEVEL: pl.String(),
    RESULT: pl.String(),
    PLACE: pl.String(),
    LEFT: MONEY,
    RIGHT: MONEY,
    DIFFERENCE: MONEY,
    BLANKS: pl.Int32(),
    VARIANT: pl.String(),
    "message_en": pl.String(),
    "message_zh": pl.String(),
}
"""The columns of `Evaluation.results`, in order."""
TALLY_SCHEMA: dict[str, pl.DataType] = {
    RULE: pl.String(),
    "applicable": pl.Int64(),
    "held": pl.Int64(),
    "failed": pl.Int64(),
}
"""The columns of `Evaluation.tally`, in order."""


BATCH = 10_000
"""How many reports are evaluated at once: about 1.5 GB of memory."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules say of a set of reports.

    Attributes:
        results: Every evaluation that failed or warned, of the columns `RESULTS_SCHEMA`: both sides and their
            difference (left − right; null where a side is), `blanks` (operands without a number, taken as 0),
            `variant` of the table, and the finding in words. Sorted by report, rule and place, its key.
        tally: A row a rule: how many evaluations applied, held, and failed or warned.
    """

    results: pl.DataFrame
    tally: pl.DataFrame


def evaluate(
    cells: pl.DataFrame,
    reports: pl.DataFrame,
    figures: pl.DataFrame | None = None,
    *,
    forms: Forms | None = None,
    rules: Mapping[str, Rule] | None = None,
    functions: Mapping[str, RuleFunction] = FUNCTIONS,
) -> Evaluation:
    """Evaluates every rule over all reports at once; one report alone is a set of one.

    Args:
        cells: report_id, table, row, column, variant, value, kind, unit.
        reports: report_id, agency_id, agency_name, division_code, report_year, scope; with `is_current` only
            current reports are compared with the year before.
        figures: report_id, concept, value told in prose; None where prose was not read.
        forms: The templates as frames; the project's own by default.
        rules: The rules; those of `schemas/checks.csv` by default.
        functions: The function of each rule.

    Raises:
        ValueError: A missing column, a cell that stands twice or that its variant's template does not have.
        DefinitionError: A rule without a function, or a function without a rule.
    """
    if rules is None and functions is FUNCTIONS:
        chosen = national_rules()
    else:
        chosen = matched(load_checks() if rules is None else rules, functions)
    parts = [_evaluate(gather(*part, forms), chosen, functions) for part in _batches(cells, reports, figures)]
    if len(parts) == 1:
        return parts[0]
    results = pl.concat([part.results for part in parts])
    tally = pl.concat([part.tally for part in parts]).group_by(RULE, maintain_order=True).sum()
    return Evaluation(_in_order(results.lazy(), chosen).collect(), tally.cast(pl.Schema(TALLY_SCHEMA)))


def _evaluate(ledger: Ledger, rules: Mapping[str, Rule], functions: Mapping[str, RuleFunction]) -> Evaluation:
    plans = [functions[name](ledger, row) for name, row in rules.items()]
    outcomes = dict(zip(rules, pl.collect_all(plans), strict=True))
    return Evaluation(_results(outcomes, rules, ledger), _tally(outcomes))


def _batches(
    cells: pl.DataFrame, reports: pl.DataFrame, figures: pl.DataFrame | None
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame | None]]:
    """Parts small enough for memory; an agency's years stay together, for the rules that compare them."""
    count = 1 + reports.height // BATCH
    if count == 1:
        yield cells, reports, figures
        return
    number = pl.coalesce(AGENCY, REPORT).hash() % count
    numbers = reports.select(REPORT, number.alias("batch"))
    for batch in range(count):
        chosen = numbers.filter(pl.col("batch") == batch).select(REPORT)
        yield (
            cells.join(chosen, on=REPORT, how="semi"),
            reports.join(chosen, on=REPORT, how="semi"),
            None if figures is None else figures.join(chosen, on=REPORT, how="semi", maintain_order="left"),
        )


def _tally(outcomes: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    counts = [(name, frame.height, frame[BROKEN].sum()) for name, frame in outcomes.items()]
    rows = [(name, all_of_them, all_of_them - broken, broken) for name, all_of_them, broken in counts]
    return pl.DataFrame(rows, schema=TALLY_SCHEMA, orient="row")


def _results(outcomes: Mapping[str, pl.DataFrame], rules: Mapping[str, Rule], ledger: Ledger) -> pl.DataFrame:
    found = [_findings(frame, rules[name], ledger) for name, frame in outcomes.items() if frame[BROKEN].any()]
    if not found:
        return pl.DataFrame(schema=RESULTS_SCHEMA)
    years = ledger.reports.select(REPORT, YEAR)
    findings = pl.concat(found).join(years, on=REPORT, how="left")
    typed = findings.select(pl.col(name).cast(dtype) for name, dtype in RESULTS_SCHEMA.items())
    return _in_order(typed, rules).collect()


def _in_order(findings: pl.LazyFrame, rules: Mapping[str, Rule]) -> pl.LazyFrame:
    return findings.sort(REPORT, pl.col(RULE).cast(pl.Enum(list(rules))), PLACE)


def _findings(outcome: pl.DataFrame, rule: Rule, ledger: Ledger) -> pl.LazyFrame:
    broken = outcome.lazy().filter(BROKEN).with_columns((pl.col(LEFT) - pl.col(RIGHT)).alias(DIFFERENCE))
    labelled = broken.join(ledger.forms.words.lazy(), on=PLACE, how="left")
    return labelled.select(
        REPORT,
        pl.lit(rule.rule).alias(RULE),
        pl.lit(rule.level).alias(LEVEL),
        pl.lit(rule.result).alias(RESULT),
        PLACE,
        pl.col(LEFT, RIGHT, DIFFERENCE).cast(MONEY),
        BLANKS,
        VARIANT,
        _sentence(rule.words_en, pl.col(PLACE)).alias("message_en"),
        _sentence(rule.words_zh, pl.coalesce("words", PLACE)).alias("message_zh"),
    )


def _sentence(words: str, place: pl.Expr) -> pl.Expr:
    """The rule's words with what its placeholders stand for."""
    values = {
        "place": place,
        "left": _plain(LEFT),
        "right": _plain(RIGHT),
        "difference": _plain(DIFFERENCE),
        "blanks": pl.col(BLANKS).cast(pl.String),
        "variant": pl.col(VARIANT),
    }
    parts: list[pl.Expr] = []
    for text, name, _, _ in Formatter().parse(words):
        parts.append(pl.lit(text))
        if name is not None:
            parts.append(values[name].fill_null("–"))
    return pl.concat_str(parts)


def _plain(column: str) -> pl.Expr:
    """A number as people write it: 12, not 12.00."""
    return pl.col(column).cast(pl.String).str.replace(r"\.?0+$", "")


def rule_table(tally: pl.DataFrame) -> pl.DataFrame:
    """The published table of rules: each rule of `checks.csv` with how often it applied, held and failed."""
    rules = national_rules().values()
    names = ("rule", "level", "scope", "words_en", "words_zh", "source")
    words = pl.DataFrame({name: [getattr(rule, name) for rule in rules] for name in names})
    return words.join(tally, on=RULE, how="left", maintain_order="left")
