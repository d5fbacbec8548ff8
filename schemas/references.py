"""Which organs may make 规章, which cells a count told in prose must equal, how the form calls its sections."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.definitions import HERE, read_definitions

MAKER_COLUMNS = ("division", "name", "source", "note")
COUNT_COLUMNS = ("concept", "table", "row", "column")
SECTION_COLUMNS = ("number", "words", "note")


@dataclass(frozen=True, slots=True)
class RuleMaker:
    """A kind of organ that may make 规章: both patterns are found in its division code and its name."""

    division: str
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class ToldCount:
    """A count told in prose, and the cells (each of `rows` at each of `columns`) whose sum it equals."""

    concept: str
    table: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]


@cache
def load_rule_makers(path: Path = HERE / "rule_makers.csv") -> tuple[RuleMaker, ...]:
    """The organs that may make 规章.

    Raises:
        DefinitionError: A pattern that is no regular expression, or a row without a source, with its line.
    """
    makers = []
    for row in read_definitions(path, MAKER_COLUMNS).rows:
        for column in ("division", "name"):
            row.pattern(column)
        if not row["source"]:
            raise row.fail("source is empty: name the law that gives the power")
        makers.append(RuleMaker(row["division"], row["name"], row["source"]))
    return tuple(makers)


@cache
def load_told_counts(path: Path = HERE / "told_counts.csv") -> tuple[ToldCount, ...]:
    """The counts that prose is compared by.

    Raises:
        DefinitionError: A repeated concept or an empty value, with its line.
    """
    counts = []
    for row in read_definitions(path, COUNT_COLUMNS, key=["concept"]).rows:
        if not all(row.values.values()):
            raise row.fail("a count needs concept, table, row and column")
        rows, columns = (tuple(row[axis].split("+")) for axis in ("row", "column"))
        counts.append(ToldCount(row["concept"], row["table"], rows, columns))
    return tuple(counts)


@cache
def load_sections(path: Path = HERE / "sections.csv") -> dict[int, tuple[str, ...]]:
    """The headings under which each section of the form is known, the form's own first, by its number."""
    headings: dict[int, tuple[str, ...]] = {}
    for row in read_definitions(path, SECTION_COLUMNS, key=["words"]).rows:
        number = int(row["number"])
        headings[number] = (*headings.get(number, ()), row["words"])
    return headings
