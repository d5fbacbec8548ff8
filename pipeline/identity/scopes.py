"""Words in, whose figures they say a report gives: `scope_words.csv` holds the patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from schemas.definitions import HERE, read_definitions

SCOPE_COLUMNS = ("scope", "where", "pattern", "note")
WHERES = ("title", "sentence")


@dataclass(frozen=True, slots=True)
class ScopeWord:
    """A pattern by which a title or a sentence states the report's scope."""

    scope: str
    where: str
    pattern: re.Pattern[str]


@cache
def scope_words() -> tuple[ScopeWord, ...]:
    """The patterns of `scope_words.csv`. Raises `DefinitionError` for an unknown place or a broken pattern."""
    rows = read_definitions(HERE / "scope_words.csv", SCOPE_COLUMNS).rows
    return tuple(ScopeWord(row["scope"], row.one_of("where", WHERES), row.pattern("pattern")) for row in rows)


@cache
def _at_end() -> re.Pattern[str]:
    words = "|".join(word.pattern.pattern for word in scope_words() if word.where == "title")
    return re.compile(rf"(?:{words})$")


def scope_at_end(folded: str) -> str:
    """The words of scope that a name in a title ends with (`(本级)`, `汇总`, `关区`); empty where it has none."""
    found = _at_end().search(folded)
    return found.group() if found else ""
