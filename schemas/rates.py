"""The panel's columns as fields: `rates.csv` × `rate_columns.csv` in, one `Field` a column out.

A rate is one row of `rates.csv`; what goes with it (numerator, denominator, flag, change) follows from it, so
that no column of the panel has to be described twice.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemas.definitions import HERE, Row, read_definitions
from schemas.fields import PLAIN_TYPES, Field

RATE_COLUMNS = ("name", "numerator", "denominator", "label_en", "label_zh")
SUFFIX_COLUMNS = (
    "of",
    "suffix",
    "dtype",
    "unit",
    "label_en",
    "label_zh",
    "description_en",
    "description_zh",
    "null_meaning",
)
KINDS = ("series", "rate")


@cache
def rate_fields(folder: Path = HERE) -> tuple[Field, ...]:
    """The fields of all rates, in the order of the panel; none where the folder has no `rates.csv`.

    Raises:
        DefinitionError: A suffix of an unknown kind or type, with its line.
    """
    if not (folder / "rates.csv").exists():
        return ()
    rates = read_definitions(folder / "rates.csv", RATE_COLUMNS, key=["name"]).rows
    suffixes = read_definitions(folder / "rate_columns.csv", SUFFIX_COLUMNS, key=["of", "suffix"]).rows
    for suffix in suffixes:
        _check(suffix)
    return tuple(_field(rate, s) for rate in rates for s in suffixes if s["of"] == _kind(rate))


def _kind(rate: Row) -> str:
    return "rate" if rate["denominator"] else "series"


def _check(suffix: Row) -> None:
    suffix.one_of("of", KINDS)
    suffix.one_of("dtype", PLAIN_TYPES)


def _field(rate: Row, suffix: Row) -> Field:
    words = {"en": rate["label_en"], "zh": rate["label_zh"]}
    return Field(
        name=rate["name"] + suffix["suffix"],
        dtype=suffix["dtype"],
        unit=suffix["unit"],
        minimum=None,
        maximum=None,
        pattern="",
        label_en=suffix["label_en"].format(**words),
        label_zh=suffix["label_zh"].format(**words),
        description_en=suffix["description_en"].format(**words),
        description_zh=suffix["description_zh"].format(**words),
        null_meaning=suffix["null_meaning"],
        codes=(),
    )
