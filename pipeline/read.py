"""One file's bytes → everything it says, as a `Report`; where it cannot be read, the `Report` says why."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from pipeline.arrange import arrange
from pipeline.confidence import recognised_places, weigh
from pipeline.document import Document, UnreadableDocumentError
from pipeline.extract import extract
from pipeline.figures import figures
from pipeline.identify import identify
from pipeline.narrative import sections
from pipeline.readers import read_document
from pipeline.recognise import recognise
from pipeline.report import TABLES, Extraction, Finding, Identification, Report, Status
from schemas.messages import message

MAX_BYTES = 50_000_000  # what a download is bounded to as well


def read_report(data: bytes, source: str, *, host: str = "") -> Report:
    """Reads one report.

    Args:
        data: The file's bytes.
        source: Path or address, as it should be shown.
        host: The site it was fetched from, evidence for where the organ sits; empty if unknown.

    Returns:
        The report. Its status is `ok` (all three tables, every cell placed, the organ and year known),
        `partial` (a table, a cell, a number, the organ or the year is missing), `not_a_report` or `failed`.
    """
    blank = Report(
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="",
        size=len(data),
        reader="",
        status="failed",
    )
    try:
        document = read_document(data, Path(source).name)
    except UnreadableDocumentError as error:
        return failed(blank, error)
    return _read(replace(blank, media_type=document.media_type, reader=document.reader), document, host)


def failed(report: Report, error: UnreadableDocumentError) -> Report:
    """The report of a file that could not be read, with the reason."""
    media_type = str(error.details.get("media_type", report.media_type))
    return replace(
        report, media_type=media_type, status="failed", failure=Finding(message(error.code, **error.details))
    )


def unread(source: str, code: str, **details: str | int | float) -> Report:
    """The report of a file whose bytes could not even be had."""
    nothing = Report(source=source, sha256="", media_type="", size=0, reader="", status="failed")
    return failed(nothing, UnreadableDocumentError(code, **details))


def _read(report: Report, document: Document, host: str) -> Report:
    document = arrange(document)
    extraction = weigh(extract(document), recognised_places(document))
    identity = identify(document, source_name=Path(report.source).stem, host=host, sha256=report.sha256)
    prose = sections(document)
    reason = recognise(document, len(extraction.variants), identity)
    return replace(
        report,
        status="not_a_report" if reason else _status(extraction, identity),
        identity=identity,
        extraction=extraction,
        sections=prose,
        figures=figures(prose, identity.report_year),
        failure=Finding(message(reason)) if reason else None,
    )


def _status(extraction: Extraction, identity: Identification) -> Status:
    whole = set(extraction.variants) == set(TABLES) and not extraction.leftovers
    placed = all(cell.kind not in ("absent", "unreadable") for cell in extraction.cells)
    named = identity.agency_name is not None and identity.report_year is not None
    return "ok" if whole and placed and named else "partial"
