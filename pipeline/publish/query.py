"""Questions to the warehouse: SQL in, columns and rows out; nothing here can change the data."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.faults import CodedError
from pipeline.publish.warehouse import CURRENT, FILE_NAME


class QueryError(CodedError):
    """There is no warehouse to ask, or the question cannot be answered."""


def warehouse_file(path: Path) -> Path:
    """The database of a warehouse: `path` is the file, a release, or the folder that `current` stands in.

    The link is followed here once, so that a connection keeps its release when `current` moves on.

    Raises:
        QueryError: There is none.
    """
    for candidate in (path / CURRENT / FILE_NAME, path / FILE_NAME, path):
        if candidate.is_file():
            return candidate.resolve()
    raise QueryError("no_warehouse", path=str(path))


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """Opens a warehouse for reading; any number of readers may, and none blocks a build.

    Raises:
        QueryError: There is none, or the file is no database that this version of DuckDB reads.
    """
    file = warehouse_file(path)
    try:
        # Extensions that are not inside would be fetched over the network in the middle of a query.
        return duckdb.connect(file, read_only=True, config={"autoinstall_known_extensions": False})
    except duckdb.Error as error:
        raise QueryError("warehouse_unreadable", path=str(file), reason=str(error)) from None


def run_sql(
    connection: duckdb.DuckDBPyConnection, sql: str
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The answer to one or more statements, the last one's: the names of its columns, and its rows.

    Raises:
        QueryError: The statement is wrong, or would write to the warehouse.
    """
    try:
        answer = connection.execute(sql)
        columns = tuple(column[0] for column in answer.description or ())
        return columns, answer.fetchall() if columns else []
    except duckdb.Error as error:
        raise QueryError("query_failed", reason=str(error)) from None
