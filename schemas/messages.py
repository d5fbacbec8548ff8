"""Every message a person can meet, in English and Chinese, by code (`messages.csv`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from schemas.definitions import HERE, read_definitions

Language = Literal["en", "zh"]
COLUMNS = ("code", "level", "en", "zh")
LEVELS = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Message:
    """A message by its code and what its placeholders stand for; the words come when it is shown."""

    code: str
    details: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def level(self) -> str:
        """`error`, `warning` or `info`."""
        return _catalogue()[self.code]["level"]

    def text(self, language: Language = "en") -> str:
        """The words. Raises `KeyError` for a code that `messages.csv` does not know."""
        return _catalogue()[self.code][language].format_map(dict(self.details))


def message(code: str, **details: str | int | float) -> Message:
    """A message, checked against the catalogue at once rather than when it is shown."""
    if code not in _catalogue():
        raise KeyError(f"messages.csv has no row {code!r}")
    return Message(code, details)


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    table = read_definitions(HERE / "messages.csv", COLUMNS, key=["code"])
    for row in table.rows:
        row.one_of("level", LEVELS)
        if not row["en"] or not row["zh"]:
            raise row.fail("a message needs words in both languages")
    return {row["code"]: row.values for row in table.rows}
