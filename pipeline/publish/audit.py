"""The checks a release must pass: an open database in, what is wrong with it in words out.

Keys and references are checked here in SQL, because declared on large tables they would make the file many
times as large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import duckdb

from pipeline.publish.statements import identifier, view_name
from schemas.tables import PARTITION, Column, TableDefinition


def audit(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[TableDefinition], rows: Mapping[str, int]
) -> list[str]:
    """What is wrong with a release; empty where nothing is.

    Args:
        connection: The database, open for reading.
        tables: The tables it should have.
        rows: How many rows each should have, by the Parquet files' own count.
    """
    faults: list[str] = []
    for definition in tables:
        faults += _count(connection, definition, rows[definition.name])
        faults += _keys(connection, definition)
        for column in definition.columns:
            faults += _references(connection, definition, column)
        faults += _views(connection, definition)
    return [*faults, *_comments(connection)]


def _one(connection: duckdb.DuckDBPyConnection, query: str, *bound: object) -> tuple[object, ...] | None:
    found: tuple[object, ...] | None = connection.execute(query, bound or None).fetchone()
    return found


def _count(
    connection: duckdb.DuckDBPyConnection, definition: TableDefinition, expected: int
) -> Iterator[str]:
    found = _one(connection, f"SELECT count(*) FROM {identifier(definition.name)}")  # noqa: S608
    if found != (expected,):
        yield f"{definition.name} has {found and found[0]} rows, its Parquet {expected}"


def _keys(connection: duckdb.DuckDBPyConnection, definition: TableDefinition) -> Iterator[str]:
    """Keys that stand twice, looked for a year at a time so that one year has to fit in memory."""
    if not definition.key or definition.enforce_key:
        return
    key = ", ".join(map(identifier, definition.key))
    name = identifier(definition.name)
    twice = f"SELECT {key} FROM {name} WHERE {{where}} GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1"  # noqa: S608
    for where, bound in _slices(connection, definition):
        found = _one(connection, twice.format(where=where), *bound)
        if found is not None:
            yield f"{definition.name}: the key {', '.join(map(str, found))} stands twice"


def _slices(
    connection: duckdb.DuckDBPyConnection, definition: TableDefinition
) -> list[tuple[str, tuple[object, ...]]]:
    # A report has one year (see _references), so keys that hold a report can only meet within a year. The
    # reports themselves must be told apart over all years.
    if not definition.partitioned or definition.key == ("report_id",):
        return [("true", ())]
    years = connection.execute(f"SELECT DISTINCT {PARTITION} FROM {identifier(definition.name)}")  # noqa: S608
    return [(f"{PARTITION} IS NOT DISTINCT FROM ?", (year,)) for (year,) in years.fetchall()]


def _references(
    connection: duckdb.DuckDBPyConnection, definition: TableDefinition, column: Column
) -> Iterator[str]:
    """Values that should stand in another table and do not; with a report, its year must be the report's."""
    if column.references is None:
        return
    target, target_column = column.references
    pairs = [(column.name, target_column)]
    if target_column == "report_id" and PARTITION in definition.names:
        pairs.append((PARTITION, PARTITION))
    selected = ", ".join(f"{identifier(own)} AS {identifier('own_' + own)}" for own, _ in pairs)
    matched = " AND ".join(
        f"{identifier('own_' + own)} IS NOT DISTINCT FROM {identifier(target)}.{identifier(other)}"
        for own, other in pairs
    )
    query = (
        f"WITH own AS (SELECT DISTINCT {selected} FROM {identifier(definition.name)} "  # noqa: S608
        f"WHERE {identifier(column.name)} IS NOT NULL) "
        f"SELECT * FROM own ANTI JOIN {identifier(target)} ON {matched} ORDER BY ALL LIMIT 1"
    )
    found = _one(connection, query)
    if found is not None:
        values = ", ".join(map(str, found))
        yield f"{definition.name}.{column.name}: {values} stands nowhere in {target}"


def _views(connection: duckdb.DuckDBPyConnection, definition: TableDefinition) -> Iterator[str]:
    """Views answer, and no agency has two reports that stand for one year."""
    for view in definition.views:
        _one(connection, f"SELECT * FROM {identifier(view_name(definition, view))} LIMIT 1")  # noqa: S608
    if definition.name == "reports":
        yield from _current(connection)


def _current(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    found = _one(
        connection,
        "SELECT agency_id, report_year FROM reports WHERE is_current AND agency_id IS NOT NULL "
        "AND report_year IS NOT NULL GROUP BY ALL HAVING count(*) > 1 LIMIT 1",
    )
    if found is not None:
        yield f"reports: {found[0]} has two current reports for {found[1]}"


def _comments(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Tables, views and columns without words."""
    query = (
        "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL "
        "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL "
        "UNION ALL SELECT table_name || '.' || column_name FROM duckdb_columns() "
        "WHERE NOT internal AND comment IS NULL"
    )
    for (name,) in connection.execute(query).fetchall():
        yield f"{name} has no comment"
