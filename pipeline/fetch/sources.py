"""The register of what is fetched: `data/reference/sources.csv`, or a file of the same columns."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from pipeline.paths import reference_file
from schemas.definitions import DefinitionError, Row, read_definitions

SourceKind = Literal["report", "listing", "attachment"]
Trust = Literal["official", "mirror"]
COLUMNS = ("source_id", "agency_name", "url", "kind", "report_year", "trust", "note")
KINDS = ("report", "listing", "attachment")
TRUSTS = ("official", "mirror")


@dataclass(frozen=True, slots=True)
class Source:
    """One address that is fetched.

    Attributes:
        source_id: Names it for ever, also when its address changes.
        url: http or https.
        kind: `report` (a page or file that is a report), `listing` (a page that links to reports) or
            `attachment` (a file that a report's page offers).
        agency_name: The organ that reports; empty where that is not known beforehand.
        report_year: None where that is not known beforehand.
        trust: `official` (the organ's or its government's own site) or `mirror`.
        note: For people.
        listing: The source_id of the listing whose walk found it; empty for a row that a person wrote.
    """

    source_id: str
    url: str
    kind: SourceKind = "report"
    agency_name: str = ""
    report_year: int | None = None
    trust: Trust = "official"
    note: str = ""
    listing: str = ""

    @property
    def host(self) -> str:
        """The host's name, lower case."""
        return urlsplit(self.url).hostname or ""


def load_sources(path: Path | None = None) -> tuple[Source, ...]:
    """The sources in a file, by default that of `$OGI_SOURCES`, else of the project.

    Raises:
        DefinitionError: The file is missing, is no UTF-8, or has a row that breaks the rules, with its line.
    """
    file = path or _register_file()
    try:
        rows = read_definitions(file, COLUMNS, key=["source_id"]).rows
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{file.name}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise DefinitionError(f"{file}: cannot be read ({error.strerror})") from error
    sources = tuple(_source(row) for row in rows)
    _refuse_repeated(rows)
    return sources


def _register_file() -> Path:
    named = os.environ.get("OGI_SOURCES")
    return Path(named) if named else reference_file("sources.csv")


def _refuse_repeated(rows: tuple[Row, ...]) -> None:
    places: dict[str, str] = {}
    for row in rows:
        if row["url"] in places:
            raise row.fail(f"url {row['url']} stands already at {places[row['url']]}")
        places[row["url"]] = row.place


def _source(row: Row) -> Source:
    return Source(
        source_id=row.filled("source_id"),
        url=_url(row),
        kind=cast(SourceKind, row.one_of("kind", KINDS)),
        agency_name=row["agency_name"],
        report_year=_year(row),
        trust=cast(Trust, row.one_of("trust", TRUSTS)),
        note=row["note"],
    )


def _url(row: Row) -> str:
    try:
        parts = urlsplit(row["url"])
        usable = parts.scheme in ("http", "https") and parts.hostname and not parts.username
    except ValueError:
        usable = None
    if not usable or row["url"] != row["url"].strip():
        raise row.fail(f"url {row['url']!r} should be a plain http or https address")
    return row["url"]


def _year(row: Row) -> int | None:
    text = row["report_year"]
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 2008 <= int(text) <= 2100):
        raise row.fail(f"report_year {text!r} should be a year from 2008 on, or empty")
    return int(text)
