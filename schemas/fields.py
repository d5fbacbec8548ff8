"""The registry of fields: every column of every published table, once, read from `fields.csv`.

Types, units, words and the meaning of null flow from here into the pandera models, the comments of the
warehouse and the codebook.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from schemas.codes import Code, load_codes
from schemas.definitions import HERE, Row, read_definitions

COLUMNS = (
    "name",
    "dtype",
    "unit",
    "minimum",
    "maximum",
    "pattern",
    "label_en",
    "label_zh",
    "description_en",
    "description_zh",
    "null_meaning",
)
WORDS = ("label_en", "label_zh", "description_en", "description_zh", "null_meaning")
NUMBERS = ("Int16", "Int32", "Int64", "Float64")
PLAIN_TYPES: dict[str, pl.DataType] = {
    "String": pl.String(),
    "Boolean": pl.Boolean(),
    "Int16": pl.Int16(),
    "Int32": pl.Int32(),
    "Int64": pl.Int64(),
    "Float64": pl.Float64(),
    "Decimal(20,2)": pl.Decimal(20, 2),
    "Date": pl.Date(),
    "Datetime": pl.Datetime("us", "UTC"),
}
_ENUM = re.compile(r"Enum\(([a-z_]+)\)")


@dataclass(frozen=True, slots=True)
class Field:
    """One column, wherever it stands.

    Attributes:
        name: Its name in the registry; a table may show it under another (see `table_columns.csv`).
        dtype: `String`, `Boolean`, `Int16`, `Int32`, `Int64`, `Float64`, `Decimal(20,2)`, `Date`,
            `Datetime` (UTC, microseconds) or `Enum(list)`, where the list is one of `codes.csv`.
        unit: What the values count; empty where they count nothing.
        minimum: The least value allowed, for numbers; None where there is no limit.
        maximum: The greatest value allowed.
        pattern: A regular expression the text must match; empty where any text may stand.
        null_meaning: What a null says.
        codes: The values allowed, in order; empty unless the type is an Enum.
    """

    name: str
    dtype: str
    unit: str
    minimum: float | None
    maximum: float | None
    pattern: str
    label_en: str
    label_zh: str
    description_en: str
    description_zh: str
    null_meaning: str
    codes: tuple[Code, ...]

    @property
    def code_list(self) -> str | None:
        """The name of the list of codes; None unless the type is an Enum."""
        found = _ENUM.fullmatch(self.dtype)
        return found.group(1) if found else None

    @property
    def polars_type(self) -> pl.DataType:
        """The type of the column in a frame."""
        if self.codes:
            return pl.Enum([code.code for code in self.codes])
        return PLAIN_TYPES[self.dtype]


@cache
def load_fields(folder: Path = HERE) -> dict[str, Field]:
    """All fields by name.

    Raises:
        DefinitionError: A field that stands twice, lacks words, or has an unknown type, list or limit; the
            message names the file and the line.
    """
    lists = load_codes(folder)
    rows = read_definitions(folder / "fields.csv", COLUMNS, key=["name"]).rows
    return {row["name"]: _field(row, lists) for row in rows}


def _field(row: Row, lists: dict[str, tuple[Code, ...]]) -> Field:
    missing = [column for column in ("name", *WORDS) if not row[column].strip()]
    if missing:
        raise row.fail(f"{', '.join(missing)} may not be empty")
    codes = _codes(row, lists)
    return Field(
        name=row["name"],
        dtype=row["dtype"],
        unit=row["unit"],
        minimum=_limit(row, "minimum"),
        maximum=_limit(row, "maximum"),
        pattern=_pattern(row),
        label_en=row["label_en"],
        label_zh=row["label_zh"],
        description_en=row["description_en"],
        description_zh=row["description_zh"],
        null_meaning=row["null_meaning"],
        codes=codes,
    )


def _codes(row: Row, lists: dict[str, tuple[Code, ...]]) -> tuple[Code, ...]:
    found = _ENUM.fullmatch(row["dtype"])
    if found is None:
        if row["dtype"] not in PLAIN_TYPES:
            raise row.fail(f"dtype {row['dtype']!r} is none of {', '.join(PLAIN_TYPES)}, Enum(list)")
        return ()
    if found.group(1) not in lists:
        raise row.fail(f"codes.csv has no list {found.group(1)!r}")
    return lists[found.group(1)]


def _limit(row: Row, column: str) -> float | None:
    if not row[column]:
        return None
    if row["dtype"] not in NUMBERS:
        raise row.fail(f"a {column} needs a dtype of {', '.join(NUMBERS)}")
    try:
        return float(row[column])
    except ValueError:
        raise row.fail(f"{column} {row[column]!r} is no number") from None


def _pattern(row: Row) -> str:
    if row["pattern"] and row["dtype"] != "String":
        raise row.fail("a pattern needs the dtype String")
    return row.pattern("pattern").pattern
