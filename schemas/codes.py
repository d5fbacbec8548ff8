"""The codes a coded column may hold, in order: those of `codes.csv`, and the keys of the form.

In: `codes.csv` and `templates/*.csv`. Out: `Code` values by list, such as `kind` or `outcome`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.definitions import HERE, Row, read_definitions

COLUMNS = ("field", "code", "en", "zh")
TEMPLATE_COLUMNS = ("table", "block", "axis", "key", "label_path", "unit", "role")
SIDES = ("row", "band")
HEADERS = ("column",)

# The list that holds the keys of a table's side or header; every list of keys follows the order of the form.
FORM_LISTS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "item": ("proactive_disclosure", SIDES),
    "measure": ("proactive_disclosure", HEADERS),
    "outcome": ("applications", SIDES),
    "applicant": ("applications", HEADERS),
    "procedure": ("review_litigation", SIDES),
    "result": ("review_litigation", HEADERS),
    "row_key": (None, SIDES),
    "column_key": (None, HEADERS),
}


@dataclass(frozen=True, slots=True)
class Code:
    """One allowed value of a coded column, with words for people."""

    code: str
    en: str
    zh: str


@cache
def load_codes(folder: Path = HERE) -> dict[str, tuple[Code, ...]]:
    """All lists of codes by name; a new form variant adds its keys by itself.

    Raises:
        DefinitionError: A code without words in both languages, or one that stands twice in its list.
    """
    lists: dict[str, dict[str, Code]] = {}
    for name, code in _form_codes(folder / "templates"):
        lists.setdefault(name, {}).setdefault(code.code, code)
    for row in read_definitions(folder / "codes.csv", COLUMNS, key=["field", "code"]).rows:
        _check(row, lists)
        lists.setdefault(row["field"], {})[row["code"]] = Code(row["code"], row["en"], row["zh"])
    return {name: tuple(codes.values()) for name, codes in lists.items()}


def _check(row: Row, lists: dict[str, dict[str, Code]]) -> None:
    if not all(row.values.values()):
        raise row.fail("a code needs its field, its name and words in both languages")
    if row["code"] in lists.get(row["field"], {}) and row["field"] in FORM_LISTS:
        raise row.fail(f"{row['code']!r} is a key of the form already (templates/*.csv)")


def _form_codes(folder: Path) -> Iterator[tuple[str, Code]]:
    """The variants and their keys, oldest variant first, as (list, code)."""
    for path in sorted(folder.glob("*.csv")):
        table = read_definitions(path, TEMPLATE_COLUMNS)
        letter = table.meta.get("letter", path.stem)
        words = Code(path.stem, f"The form prescribed by letter {letter}.", f"{letter}规定的格式")
        yield "variant", words
        yield "template", words
        yield from _keys(table.rows)


def _keys(rows: Iterable[Row]) -> Iterator[tuple[str, Code]]:
    for row in rows:
        for name, (table, axes) in FORM_LISTS.items():
            if row["axis"] in axes and table in (None, row["table"]):
                english = row["key"].replace("_", " ").capitalize() + "."
                yield name, Code(row["key"], english, row["label_path"].split(" > ")[-1])
