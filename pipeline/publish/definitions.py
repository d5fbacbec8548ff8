"""The definitions as tables: the codebook, the forms and the crosswalk go out with the data they explain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.identity.agency_register import divisions
from pipeline.templates import COLUMNS, KEYED_AXES, load_templates
from schemas.definitions import HERE, read_definitions
from schemas.tables import TableDefinition, conform, load_tables


def definition_frames() -> dict[str, pl.DataFrame]:
    """`codebook`, `templates`, `crosswalk` and `divisions`, each conforming to its table."""
    return {
        "codebook": codebook(),
        "templates": form_templates(),
        "crosswalk": crosswalk(),
        "divisions": divisions(),
    }


def codebook() -> pl.DataFrame:
    """One row a column of a published table: its type, unit, words, and what null means.

    `null_meaning` is null where the column is never null.
    """
    rows = [row for definition in load_tables().values() for row in _described(definition)]
    return conform("codebook", pl.DataFrame(rows, schema_overrides={"null_meaning": pl.String}))


def _described(definition: TableDefinition) -> Iterator[dict[str, object]]:
    for position, column in enumerate(definition.columns, start=1):
        field = column.field
        yield {
            "table_name": definition.name,
            "column_name": column.name,
            "position": position,
            "dtype": field.dtype,
            "unit": field.unit or None,
            "label_en": field.label_en,
            "label_zh": field.label_zh,
            "description_en": field.description_en,
            "description_zh": field.description_zh,
            "null_meaning": None if column.required else field.null_meaning,
            "is_key": column.name in definition.key,
        }


def form_templates(folder: Path = HERE / "templates") -> pl.DataFrame:
    """One row a printed label of a form variant, in the order of the form."""
    rows: list[dict[str, object]] = []
    for variant, form in load_templates(folder).items():
        years = {"letter": form.letter, "first_year": form.first_year, "last_year": form.last_year}
        labels = read_definitions(folder / f"{variant}.csv", COLUMNS).rows
        for position, row in enumerate(labels, start=1):
            values = {name: value or None for name, value in row.values.items()}
            role = values["role"] if values["axis"] in KEYED_AXES else None
            values["table_name"] = values.pop("table")
            rows.append({"variant": variant, "position": position, **values, "role": role, **years})
    return conform("templates", pl.DataFrame(rows, infer_schema_length=None))


def crosswalk(path: Path = HERE / "crosswalk.csv") -> pl.DataFrame:
    """One row a mapping between two form variants; an empty cell of the file is null.

    Raises:
        TableError: The file holds a relation, variant or column that the table does not know.
    """
    # Read as text, so that a key such as `2020` stays a name and yes stands for true.
    listed = pl.read_csv(path, infer_schema=False, comment_prefix="#", null_values="").rename(
        {"table": "table_name", "row": "row_keys", "column": "column_keys"}, strict=False
    )
    return conform("crosswalk", listed.with_columns(pl.col("comparable").is_in(["yes", "true"])))
