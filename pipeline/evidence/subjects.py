"""A file, or a report of the warehouse by its id → the `Subject` to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipeline.archive import Archive
from pipeline.document import Locator
from pipeline.evidence.exhibit import ShowError, Subject
from pipeline.publish.query import open_warehouse
from pipeline.report import CellReading, Report
from pipeline.running.items import Item, read_alone

ORDINALS = ("page", "table_number", "row_number", "column_number", "line")
EDGES = ("box_left", "box_top", "box_right", "box_bottom")


def subject_of_file(path: Path) -> Subject:
    """A file, read now.

    Raises:
        ShowError: It cannot be read as a report, with the reason.
    """
    report = read_alone(Item(path, str(path)))
    if report.failure is not None and not report.extraction.cells:
        words = report.failure.message
        raise ShowError(words.code, **dict(words.details))
    return subject_of(path.read_bytes(), report)


def subject_of(data: bytes, report: Report) -> Subject:
    """A report as it was just read from `data`."""
    identity = report.identity
    return Subject(
        data=data,
        name=report.source,
        sha256=report.sha256,
        agency=identity.agency_name,
        year=identity.report_year,
        url=None,
        cells=report.extraction.cells,
    )


def subject_of_warehouse(warehouse: Path, report_id: str, archives: Sequence[Archive]) -> Subject:
    """A report of the warehouse, its cells as they stand there, its bytes from the first archive that has them.

    Raises:
        QueryError: There is no warehouse.
        ShowError: `report_unknown`.
        ArchiveError: `archive_missing` where no archive has the bytes.
    """
    with open_warehouse(warehouse) as connection:
        found = rows_of(
            connection,
            "SELECT r.*, d.url, d.source FROM reports r LEFT JOIN documents d USING (sha256) "
            "WHERE report_id = $report OR r.sha256 = $report ORDER BY report_id",
            {"report": report_id},
        )
        if not found:
            raise ShowError("report_unknown", name=report_id, near=_near(connection, report_id) or "-")
        report = found[0]
        cells = rows_of(
            connection, "SELECT * FROM cells WHERE report_id = $report", {"report": report["report_id"]}
        )
    return Subject(
        data=_bytes(archives, report["sha256"]),
        name=report["source"] or report["report_id"],
        sha256=report["sha256"],
        agency=report["agency_name"],
        year=report["report_year"],
        url=report["url"],
        cells=tuple(map(reading_of, cells)),
    )


def _near(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Report ids that begin like the name, or are of an organ that is called so."""
    rows = connection.execute(
        "SELECT report_id FROM reports WHERE starts_with(report_id, $name) OR contains(agency_name, $name) "
        "ORDER BY report_id LIMIT 5",
        {"name": name},
    ).fetchall()
    return ", ".join(row[0] for row in rows)


def rows_of(
    connection: duckdb.DuckDBPyConnection, sql: str, details: Mapping[str, object]
) -> list[dict[str, Any]]:
    """The answer to a question with bound parameters, a mapping a row."""
    answer = connection.execute(sql, dict(details))
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _bytes(archives: Sequence[Archive], sha256: str) -> bytes:
    *others, last = archives
    for archive in others:
        if archive.has(sha256):
            return archive.get(sha256)
    return last.get(sha256)


def reading_of(row: Mapping[str, Any]) -> CellReading:
    """A row of the table `cells` as it was read."""
    return CellReading(
        table=row["table_name"],
        row=row["row_key"],
        column=row["column_key"],
        variant=row["variant"],
        raw=row["raw"] or "",
        kind=row["kind"],
        value=None if row["value"] is None else Decimal(row["value"]),
        unit=row["unit"],
        locator=locator_of(row),
        confidence=row["confidence"],
    )


def locator_of(row: Mapping[str, Any]) -> Locator:
    """Where a row of `cells` or `leftovers` stands."""
    edges = [row[name] for name in EDGES if row.get(name) is not None]
    box = (edges[0], edges[1], edges[2], edges[3]) if len(edges) == len(EDGES) else None
    page, table, number, column, line = (row[name] for name in ORDINALS)
    return Locator(page, table, number, column, line, box)
