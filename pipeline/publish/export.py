"""A warehouse → copies of its tables for other programs, one file a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

from pipeline.faults import CodedError
from pipeline.publish.query import open_warehouse
from pipeline.publish.statements import identifier, literal

SHEET_ROWS = 1_048_575  # below the header, what a spreadsheet holds


class ExportError(CodedError):
    """A table cannot be copied."""


def export_tables(warehouse: Path, tables: Sequence[str], shape: str, folder: Path) -> list[tuple[Path, int]]:
    """Writes tables or views as `parquet`, `csv` or `xlsx`; all tables where none is named.

    Returns:
        Each file with its rows.

    Raises:
        ExportError: A table that is not there, or one that is too long for a sheet.
        QueryError: There is no warehouse.
    """
    with open_warehouse(warehouse) as connection:
        known = dict(_relations(connection))
        for name in tables:
            if name not in known:
                raise ExportError("unknown_table", table=name, tables=", ".join(sorted(known)))
        folder.mkdir(parents=True, exist_ok=True)
        chosen = tables or [name for name, kind in known.items() if kind == "BASE TABLE"]
        return [_write(connection, name, shape, folder / f"{name}.{shape}") for name in chosen]


def _relations(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    query = (
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
    )
    return [(str(name), str(kind)) for name, kind in connection.execute(query).fetchall()]


def _write(connection: duckdb.DuckDBPyConnection, name: str, shape: str, path: Path) -> tuple[Path, int]:
    (rows,) = connection.execute(f"SELECT count(*) FROM {identifier(name)}").fetchone() or (0,)  # noqa: S608
    if shape == "xlsx":
        _write_sheet(connection, name, path, int(rows))
    else:
        options = "FORMAT parquet" if shape == "parquet" else "FORMAT csv, HEADER"
        connection.execute(f"COPY {identifier(name)} TO {literal(str(path))} ({options})")
    return path, int(rows)


def _write_sheet(connection: duckdb.DuckDBPyConnection, name: str, path: Path, rows: int) -> None:
    import xlsxwriter

    if rows > SHEET_ROWS:
        raise ExportError("too_long_for_sheet", table=name, rows=rows, limit=SHEET_ROWS)
    answer = connection.execute(f"FROM {identifier(name)}")
    # Text that begins like a formula stays text.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(name[:31])
        sheet.write_row(0, 0, [column[0] for column in answer.description or ()])
        number = 1
        while batch := answer.fetchmany(10_000):
            for row in batch:
                sheet.write_row(number, 0, [_plain(value) for value in row])
                number += 1


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, int | float | str | None) else str(value)
