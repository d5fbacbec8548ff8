"""Reports as read → the tidy tables, one frame a table of `schemas/tables.csv`.

Nothing is computed here that is not in a report: values are laid out, not changed. Facts keep every cell of
the form, blanks included, so that a missing number is a row that says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import PurePath
from typing import TypeVar

import polars as pl

from pipeline.document import Locator
from pipeline.identity.agencies import agency_attributes
from pipeline.identity.agency_register import evidence_rows, one_identifier, unresolved_rows
from pipeline.report import TABLES, Leftover, Report
from pipeline.versions import mark_versions
from schemas.messages import Message
from schemas.tables import conform, frame_of, table

Row = tuple[object, ...]
T = TypeVar("T")
UNIDENTIFIED = "unidentified"

READ_TABLES = (
    *("documents", "reports", "cells", "sections", "narrative_figures", "failures", "leftovers"),
    *("agency_evidence", "unresolved_agencies"),
)
"""The tables that come straight from reading."""


def report_id(report: Report) -> str:
    """The report's stable name: agency, year and the start of its document's hash."""
    agency = report.identity.agency_id or UNIDENTIFIED
    year = report.identity.report_year or "undated"
    return f"{agency}-{year}-{report.sha256[:10]}"


def tidy(reports: Sequence[Report]) -> dict[str, pl.DataFrame]:
    """The tables that come straight from reading, with the columns of `schemas/table_columns.csv`.

    Files with the same bytes are one document; each further one is a row of `failures` that names the first.
    """
    first: dict[str, str] = {}
    repeats: list[tuple[Report, str]] = []
    unique: list[Report] = []
    for report in one_identifier(reports):
        known = first.setdefault(report.sha256, report.source) if report.sha256 else report.source
        if known == report.source:
            unique.append(report)
        else:
            repeats.append((report, known))
    read = [report for report in unique if report.status in ("ok", "partial")]
    cells = _frame("cells", read, _cell_rows)
    return {
        "documents": _frame("documents", (r for r in unique if r.sha256), _document_rows),
        "reports": mark_versions(_frame("reports", read, _report_rows), cells),
        "cells": cells,
        "sections": _frame("sections", read, _section_rows),
        "narrative_figures": _frame("narrative_figures", read, _figure_rows),
        "failures": _frame("failures", [*((r, "") for r in unique), *repeats], _failure_rows),
        "leftovers": _frame("leftovers", read, _leftover_rows),
        "agency_evidence": _frame("agency_evidence", read, _evidence_rows),
        "unresolved_agencies": _frame("unresolved_agencies", read, _unresolved_rows),
    }


def _frame(name: str, items: Iterable[T], rows: Callable[[T], Iterator[Row]]) -> pl.DataFrame:
    return frame_of(name, (row for item in items for row in rows(item)))


def _document_rows(report: Report) -> Iterator[Row]:
    yield (
        report.sha256,
        report.source,
        PurePath(report.source).name,
        report.media_type or None,
        report.size,
        report.reader or None,
        report.status,
        *[None] * 5,  # where it came from: `with_provenance` tells
    )


def _report_rows(report: Report) -> Iterator[Row]:
    identity, extraction = report.identity, report.extraction
    kinds = Counter(cell.kind for cell in extraction.cells)
    found = extraction.numeric_found
    yield (
        report_id(report),
        identity.agency_id,
        identity.agency_name,
        identity.division_code,
        identity.report_year,
        identity.scope,
        identity.title,
        extraction.template,
        *(extraction.variants.get(name) for name in TABLES),
        date.fromisoformat(identity.published_on) if identity.published_on else None,
        report.sha256,
        report.status,
        len(extraction.cells),
        kinds["reported"],
        found,
        extraction.numeric_used,
        sum(extraction.numeric_ignored.values()),
        len(extraction.leftovers),
        extraction.numeric_used / found if found else None,
        None,
        True,
        None,
        None,
        None,
    )


def _cell_rows(report: Report) -> Iterator[Row]:
    name, year = report_id(report), report.identity.report_year
    for cell in report.extraction.cells:
        place = cell.locator
        yield (
            name,
            year,
            cell.table,
            cell.row,
            cell.column,
            cell.variant,
            None if cell.kind == "absent" else cell.raw,
            cell.kind,
            cell.value,
            cell.unit,
            *_ordinals(place),
            *(place.box or (None, None, None, None)),
            cell.confidence,
        )


def _ordinals(place: Locator) -> tuple[int | None, ...]:
    return (place.page, place.table, place.row, place.column, place.line)


def _section_rows(report: Report) -> Iterator[Row]:
    name, year = report_id(report), report.identity.report_year
    for ordinal, section in enumerate(report.sections, start=1):
        yield name, year, section.number, ordinal, section.heading or None, section.text or None


def _figure_rows(report: Report) -> Iterator[Row]:
    name, year = report_id(report), report.identity.report_year
    counts: Counter[str] = Counter()
    for figure in report.figures:
        counts[figure.concept] += 1
        told = (figure.detail or None, figure.value, figure.unit, figure.approximate, figure.sentence)
        yield (name, year, figure.concept, counts[figure.concept], *told)


def _failure_rows(item: tuple[Report, str]) -> Iterator[Row]:
    report, first = item
    if first:
        words = Message("same_bytes", {"first": first})
    elif report.failure is not None:
        words = report.failure.message
    else:
        return
    stage = "identify" if report.status == "not_a_report" else "read"
    yield failure_row(report.sha256 or None, report.source, stage, words, report.reader or None)


def failure_row(
    sha256: str | None, source: str | None, stage: str | None, words: Message, reader: str | None
) -> Row:
    """A row of `failures`: null for a file without bytes, or that no reader read."""
    return sha256, source, stage, words.code, words.text("en"), words.text("zh"), reader


def repeat_failures(repeats: pl.DataFrame, code: str) -> pl.DataFrame:
    """The rows of `failures` for documents that another one stands for.

    Args:
        repeats: sha256, source, stage, reader, and `first`: what stands for it.
        code: The message's, which names `first`.
    """
    return frame_of("failures", (_repeat_row(row, code) for row in repeats.iter_rows(named=True)))


def _repeat_row(row: Mapping[str, str | None], code: str) -> Row:
    words = Message(code, {"first": row["first"] or ""})
    return failure_row(row["sha256"], row["source"], row["stage"], words, row["reader"])


def _evidence_rows(report: Report) -> Iterator[Row]:
    for row in evidence_rows(report.identity):
        yield report_id(report), report.identity.report_year, *row


def _unresolved_rows(report: Report) -> Iterator[Row]:
    identity = report.identity
    who = (identity.agency_id, identity.agency_name, report.source, report.sha256)
    for ordinal, *candidate, words in unresolved_rows(identity):
        texts = (words.code, words.text("en"), words.text("zh"))
        yield report_id(report), identity.report_year, ordinal, *who, *candidate, *texts


def _leftover_rows(report: Report) -> Iterator[Row]:
    name, year = report_id(report), report.identity.report_year
    for leftover in report.extraction.leftovers:
        yield _leftover_row(leftover, name, year)


def _leftover_row(left: Leftover, name: str, year: int | None) -> Row:
    words = left.message
    texts = (words.code, words.text("en"), words.text("zh"))
    return (name, year, left.table, left.raw, left.label or None, *texts, *_ordinals(left.locator))


def with_provenance(documents: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """The documents with where their bytes came from: address, answer, time and place in the archive."""
    columns = ["fetched_at", "http_status", "url", "trust"]
    origin = raw.filter(pl.col("sha256").is_not_null()).unique("sha256", keep="first", maintain_order=True)
    joined = documents.drop(*columns, "archive_path").join(
        origin.select("sha256", *columns), on="sha256", how="left", maintain_order="left"
    )
    place = pl.concat_str(pl.lit("objects/"), pl.col("sha256").str.head(2), pl.lit("/"), pl.col("sha256"))
    return conform("documents", joined.with_columns(place.alias("archive_path")))


def with_checks(reports: pl.DataFrame, check_results: pl.DataFrame) -> pl.DataFrame:
    """The reports with `checks_failed`: how many evaluations of the printed identities did not hold."""
    failed = check_results.filter(pl.col("level").cast(pl.String) == "error")
    counts = failed.group_by("report_id").agg(pl.len().alias("checks_failed"))
    joined = reports.drop("checks_failed").join(counts, on="report_id", how="left", maintain_order="left")
    return conform("reports", joined.with_columns(pl.col("checks_failed").fill_null(0)))


def agencies(reports: pl.DataFrame) -> pl.DataFrame:
    """The organs that reported: a row an agency, named as in its last report, with its other names.

    Reports without a named organ have none. `valid_from` and `valid_to` stay null: that an organ reported in a
    year does not tell since when it exists.
    """
    named = reports.filter(pl.col("agency_id").is_not_null()).sort("report_year", "report_id")
    grouped = named.group_by("agency_id", maintain_order=True).agg(
        pl.col("agency_name").last().alias("name"),
        pl.col("agency_name").unique(maintain_order=True).alias("names"),
        pl.col("division_code", "report_year").last(),
    )
    rows = [
        (a, name, ";".join(n for n in names if n != name) or None, code, *_attributes(name, code, year))
        for a, name, names, code, year in grouped.iter_rows()
    ]
    return frame_of("agencies", rows).sort("agency_id")


def _attributes(name: str, code: str | None, year: int | None) -> Row:
    found = agency_attributes(name, code, year=year)
    place = (found.province, found.prefecture, found.county, found.level, found.function, found.located_in)
    return (*place, None, None)


FACTS: Mapping[str, Mapping[str, str]] = {
    "proactive_disclosure": {"row_key": "item", "column_key": "measure"},
    "applications": {"row_key": "outcome", "column_key": "applicant", "value": "count"},
    "review_litigation": {"row_key": "procedure", "column_key": "result", "value": "count"},
}
"""The three fact tables, and what the columns of `cells` are called in each."""


def fact(name: str, cells: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """One fact table: the cells of that table of the form, with the agency beside them."""
    names = FACTS[name]
    agency = reports.select("report_id", "agency_id")
    rows = cells.filter(pl.col("table_name").cast(pl.String) == name).rename(dict(names))
    keys = [pl.col(names[key]).cast(pl.String) for key in ("row_key", "column_key")]
    joined = rows.with_columns(keys).join(agency, on="report_id", how="left", maintain_order="left")
    return conform(name, joined.select(table(name).names))
