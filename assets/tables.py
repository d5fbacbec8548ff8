"""What every table asset tells Dagster of itself, from the one registry of tables; and the report-year partitions."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from schemas.tables import Column, TableDefinition, table

FIRST_YEAR, LAST_YEAR = 2008, 2030  # the Regulations came into force in 2008
ROOT = Path(__file__).resolve().parent.parent

report_years = dg.StaticPartitionsDefinition(["unknown", *map(str, range(FIRST_YEAR, LAST_YEAR + 1))])
single_run = dg.BackfillPolicy.single_run()

ALL_YEARS = {
    "dagster/asset_partition_range_start": "unknown",
    "dagster/asset_partition_range_end": str(LAST_YEAR),
}
"""Tags of a run that makes every report year at once."""


def described(name: str, *sources: str) -> dict[str, Any]:
    """The description, kinds, column schema and code version of the asset that makes a published table.

    Args:
        name: The table.
        sources: Modules and definition files whose change means that the table is made differently.
    """
    definition = table(name)
    return {
        "description": f"{definition.description_en}\n\n{definition.description_zh}",
        "metadata": {"dagster/column_schema": _column_schema(definition), "dagster/table_name": name},
        "kinds": {"polars", "parquet"},
        "code_version": code_version(*sources, "schemas/fields.csv", "schemas/table_columns.csv"),
    }


def _column_schema(definition: TableDefinition) -> dg.TableSchema:
    return dg.TableSchema(columns=[_column(column) for column in definition.columns])


def _column(column: Column) -> dg.TableColumn:
    field = column.field
    return dg.TableColumn(
        name=column.name,
        type=field.dtype,
        description=f"{field.label_zh} — {field.description_en}",
        constraints=dg.TableColumnConstraints(nullable=not column.required),
    )


@cache
def code_version(*sources: str) -> str:
    """A digest of the files and folders that an asset's result depends on."""
    digest = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        files = sorted(p for p in path.rglob("*") if p.suffix in (".py", ".csv")) if path.is_dir() else [path]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
