"""One file's bytes → everything it says, as a `Report`; where it cannot be read, the `Report` says why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.document import (
    EMBEDDED_FILES,
    EMBEDDED_SHEETS,
    UNREAD_PICTURES,
    UNSEEN_TEXT,
    UNTOLD_TEXT,
    WITHOUT_TEXT,
    Document,
    Locator,
    UnreadableDocumentError,
)
from pipeline.figures import figures
from pipeline.identify import identify
from pipeline.matching.confidence import recognised_places, weigh
from pipeline.matching.recognise import recognise
from pipeline.narrative import sections
from pipeline.readers import other_readings, read_document
from pipeline.readers.sniff import sniff
from pipeline.report import TABLES, Extraction, Finding, Identification, Report, Status
from pipeline.rereading import Reading, read_tables
from schemas.messages import message

MAX_BYTES = 50_000_000  # what a download is bounded to as well
CONVERTED = "/libreoffice"
"""What the name of the reader ends with where it read what LibreOffice made of the file."""


def read_report(data: bytes, source: str, *, host: str = "", converted: bytes | None = None) -> Report:
    """Reads one report.

    Args:
        data: The file's bytes.
        source: Path or address, as it should be shown.
        host: The site it was fetched from, evidence for where the organ sits; empty if unknown.
        converted: What an office suite made of the file, which is read in its place; None for a file read itself.

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
        document = read_document(data if converted is None else converted, Path(source).name)
    except UnreadableDocumentError as error:
        return failed(blank, error)
    if converted is not None:
        reader = f"{document.reader}{CONVERTED}"
        document = replace(document, sha256=blank.sha256, media_type=sniff(data), reader=reader)
    reading = read_tables(document, lambda: other_readings(data, document))
    return _read(replace(blank, media_type=document.media_type), reading, host)


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


def _read(report: Report, reading: Reading, host: str) -> Report:
    document = reading.document
    extraction = weigh(reading.extraction, recognised_places(document))
    extraction = replace(extraction, findings=(*_unread_pages(document), *extraction.findings))
    identity = identify(document, source_name=Path(report.source).stem, host=host, sha256=report.sha256)
    prose = sections(document)
    reason = recognise(document, _tables_found(extraction, identity), identity)
    return replace(
        report,
        reader=document.reader,
        status="not_a_report" if reason else _status(extraction, identity),
        identity=identity,
        extraction=extraction,
        sections=prose,
        figures=figures(prose, identity.report_year),
        failure=Finding(message(reason)) if reason else None,
    )


def _tables_found(extraction: Extraction, identity: Identification) -> int:
    """How many tables were found; without a report's title only those of which a cell could be placed.

    Other reports have tables of licences and penalties, too.
    """
    if identity.title is not None:
        return len(extraction.variants)
    return len({cell.table for cell in extraction.cells if cell.kind != "absent"})


def _unread_pages(document: Document) -> Iterator[Finding]:
    """What was not read because it holds no text: pages of a PDF, pictures and spreadsheets in any file."""
    read = {str(block.locator.page) for block in document.blocks}
    empty = [
        page for page in document.properties.get(WITHOUT_TEXT, "").split(",") if page and page not in read
    ]
    if empty:
        place = Locator(page=int(empty[0]))
        yield Finding(message("pages_without_text", pages=", ".join(empty)), place)
    for name, code in ((UNSEEN_TEXT, "unseen_text"), (UNTOLD_TEXT, "untold_text")):
        if pages := document.properties.get(name):
            place = Locator(page=int(pages.split(",")[0]))
            yield Finding(message(code, pages=pages.replace(",", ", ")), place)
    if UNREAD_PICTURES in document.properties:
        yield Finding(message("pictures_unread", count=document.properties[UNREAD_PICTURES]))
    for name in (EMBEDDED_SHEETS, EMBEDDED_FILES):
        if name in document.properties:
            yield Finding(message(name, count=document.properties[name]))


def _status(extraction: Extraction, identity: Identification) -> Status:
    whole = set(extraction.variants) == set(TABLES) and not extraction.leftovers
    placed = all(cell.kind not in ("absent", "unreadable") for cell in extraction.cells)
    named = identity.agency_name is not None and identity.report_year is not None
    return "ok" if whole and placed and named else "partial"
