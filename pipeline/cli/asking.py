"""`ogi sql` and `ogi export`: answers and copies from the warehouse."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click

from pipeline.cli.terminal import console, fail, safe, say
from pipeline.faults import CodedError
from pipeline.paths import warehouse_folder
from schemas.messages import Language, message


@click.command()
@click.argument("query")
@click.option("--warehouse", type=click.Path(path_type=Path), help="The warehouse (default: data/warehouse).")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
@click.pass_obj
def sql(lang: Language, query: str, warehouse: Path | None, shape: str) -> None:
    """Asks the warehouse in SQL (DuckDB's dialect); nothing can be changed this way.

    \b
    Examples:
      ogi sql "SELECT agency_name, report_year, template FROM reports"
      ogi sql --format csv "FROM harmonized WHERE concept = 'granted'" > granted.csv
    """
    from pipeline.publish.query import open_warehouse, run_sql

    try:
        with open_warehouse(warehouse or warehouse_folder()) as connection:
            columns, rows = run_sql(connection, query)
    except CodedError as error:
        fail(error.message, lang)
    _ROW_PRINTERS[shape](columns, rows)


def _rows_as_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from rich.table import Table
    from rich.text import Text

    shown = Table(*columns)
    for index, column in enumerate(zip(*rows, strict=True)):
        if all(isinstance(value, int | float | Decimal | None) for value in column):
            shown.columns[index].justify = "right"
    for row in rows:
        shown.add_row(*(Text("" if value is None else str(value)) for value in row))
    console().print(shown)


def _rows_as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(safe(row) for row in rows)


def _rows_as_json(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    def plain(value: object) -> object:
        if isinstance(value, Decimal):
            return int(value) if value == int(value) else float(value)
        return value

    objects = [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
    click.echo(json.dumps(objects, ensure_ascii=False, indent=2, default=str))


_ROW_PRINTERS = {"table": _rows_as_table, "csv": _rows_as_csv, "json": _rows_as_json}


@click.command()
@click.argument("tables", nargs=-1)
@click.option(
    "--format", "shape", type=click.Choice(["parquet", "csv", "xlsx"]), default="csv", show_default=True
)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), default=Path("export"), show_default=True
)
@click.option("--warehouse", type=click.Path(path_type=Path), help="The warehouse (default: data/warehouse).")
@click.pass_obj
def export(lang: Language, tables: Sequence[str], shape: str, to: Path, warehouse: Path | None) -> None:
    """Writes copies of tables or views, one file each; all tables where none is named.

    \b
    Examples:
      ogi export --format xlsx --to copies/ harmonized panel
      ogi export --format parquet
    """
    from pipeline.publish.export import export_tables

    try:
        written = export_tables(warehouse or warehouse_folder(), tables, shape, to)
    except CodedError as error:
        fail(error.message, lang)
    for path, rows in written:
        say(message("exported", path=str(path), rows=rows).text(lang))
