"""The rules (勾稽关系) as data: in `checks.csv`, out one frozen `Rule` a row."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from string import Formatter

from schemas.definitions import HERE, DefinitionError, Row, read_definitions

COLUMNS = ("rule", "level", "scope", "label_en", "label_zh", "words_en", "words_zh", "tolerance", "source")
LEVELS = ("error", "warning", "info")
SCOPES = ("column", "row", "table", "report", "cross_year")
PLACEHOLDERS = ("place", "left", "right", "difference", "blanks", "variant")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that figures should keep.

    Attributes:
        rule: Its id, such as `balance`.
        level: `error` (an identity of the form), `warning` (often broken for a good reason) or `info`.
        scope: What one evaluation is about: a `column`, `row`, `table` or `report`, or two years.
        label_en: Its name in English.
        label_zh: Its name in Chinese.
        words_en: The sentence for a finding, with the placeholders of `PLACEHOLDERS`.
        words_zh: The same in Chinese.
        tolerance: How far a value may be off, in the rule's own measure; None where the rule is exact.
        source: The letter or law that states the rule; empty where it follows from the figures' meaning.
    """

    rule: str
    level: str
    scope: str
    label_en: str
    label_zh: str
    words_en: str
    words_zh: str
    tolerance: Decimal | None
    source: str

    @property
    def result(self) -> str:
        """What a finding of this rule is called: `failed` for errors, else `warned`."""
        return "failed" if self.level == "error" else "warned"


@cache
def load_checks(path: Path = HERE / "checks.csv") -> dict[str, Rule]:
    """All rules by id, in the order of the file.

    Raises:
        DefinitionError: A row that breaks the file's rules, with its line; a file without rows.
    """
    rules = [_rule(row) for row in read_definitions(path, COLUMNS, key=["rule"]).rows]
    if not rules:
        raise DefinitionError(f"{path.name}: no rules")
    return {rule.rule: rule for rule in rules}


def _rule(row: Row) -> Rule:
    for column, allowed in (("level", LEVELS), ("scope", SCOPES)):
        row.one_of(column, allowed)
    for column in ("rule", "label_en", "label_zh", "words_en", "words_zh"):
        row.filled(column)
    for column in ("words_en", "words_zh"):
        _check_placeholders(row, column)
    return Rule(**{**row.values, "tolerance": _tolerance(row)})  # type: ignore[arg-type]


def _check_placeholders(row: Row, column: str) -> None:
    used = [name for _, name, _, _ in Formatter().parse(row[column]) if name is not None]
    unknown = sorted(set(used) - set(PLACEHOLDERS))
    if unknown:
        raise row.fail(
            f"{column}: unknown placeholder {', '.join(unknown)}; known: {', '.join(PLACEHOLDERS)}"
        )


def _tolerance(row: Row) -> Decimal | None:
    try:
        return Decimal(row["tolerance"]) if row["tolerance"] else None
    except InvalidOperation as error:
        raise row.fail(f"tolerance {row['tolerance']!r} is not a number") from error
