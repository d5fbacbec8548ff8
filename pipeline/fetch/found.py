"""The archive's own register of sources: what walks of listings have found, beside the register people keep.

In: sources found. Out: all that were ever found. It stands in the archive as one object that is replaced whole,
so that a build from the archive alone knows what its documents are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace

from pipeline.archive import Archive
from pipeline.fetch.sources import Source
from pipeline.objects import ArchiveError

NAME = "found_sources.json"


def found_sources(archive: Archive) -> tuple[Source, ...]:
    """The sources ever found, by address.

    Raises:
        ArchiveError: `manifest_damaged`, where the register cannot be read.
    """
    data = archive.register(NAME)
    if data is None:
        return ()
    try:
        return tuple(Source(**row) for row in json.loads(data))
    except (ValueError, TypeError) as error:
        raise ArchiveError("manifest_damaged", path=NAME, reason=str(error)) from error


def add_found(archive: Archive, found: Iterable[Source]) -> tuple[Source, ...]:
    """Adds sources to the register and returns all of it; writes only where something is new.

    An address that is known keeps its name; what was open of it (organ, year, listing) is filled in.
    """
    before = found_sources(archive)
    known = {source.url: source for source in before}
    for source in found:
        known[source.url] = _completed(known[source.url], source) if source.url in known else source
    after = tuple(known[url] for url in sorted(known))
    if after != before:
        rows = [asdict(source) for source in after]
        archive.write_register(NAME, (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode())
    return after


def all_sources(register: Iterable[Source], archive: Archive) -> tuple[Source, ...]:
    """The sources that people named and those that walks found; a person's row goes before a found one."""
    named = tuple(register)
    urls = {source.url for source in named}
    return (*named, *(source for source in found_sources(archive) if source.url not in urls))


def _completed(known: Source, found: Source) -> Source:
    return replace(
        known,
        agency_name=known.agency_name or found.agency_name,
        report_year=known.report_year or found.report_year,
        listing=known.listing or found.listing,
    )
