"""Sources, coverage and what was read → whom a run asks: everyone, or in season the organs whose report is lacking.

An address that refuses, or has nothing, rests for weeks. In season that is too long: an office that publishes late
would be found a month later. So once a week the addresses of those organs are asked again, resting or not, whose
report is due and lacking; the others are left in peace, and what they gave is taken from the archive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.checking.columns import AGENCY, YEAR
from pipeline.checking.ledger import UNRESOLVED
from pipeline.coverage import agency_of
from pipeline.fetch.sources import Source

Given = tuple[str, int | None]
"""An organ and the year of a report that an address gave."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom a run asks.

    Attributes:
        resting: The addresses not to ask now, with the code of what they said last.
        chosen: The only addresses of sources to ask; None for all.
    """

    resting: Mapping[str, str]
    chosen: frozenset[str] | None = None

    def is_due(self, source: Source) -> bool:
        """Whether a source is asked."""
        return source.url not in self.resting and (self.chosen is None or source.url in self.chosen)

    def spared(self, sources: Iterable[Source]) -> frozenset[str]:
        """The addresses of sources that a walk must not ask, though it comes by them."""
        if self.chosen is None:
            return frozenset()
        return frozenset(source.url for source in sources if source.url not in self.chosen)


def ask_overdue(resting: Mapping[str, str], chosen: frozenset[str]) -> Asking:
    """Asks some addresses although they rest, and no others."""
    return Asking({url: code for url, code in resting.items() if url not in chosen}, chosen)


def overdue(
    sources: Iterable[Source],
    coverage: pl.DataFrame,
    raw: pl.DataFrame,
    reports: pl.DataFrame,
    today: date,
) -> frozenset[str]:
    """The addresses of sources that may have a report which is due this season and lacking.

    The season is that of the year before. An address is of the organs that its row names and of those whose
    reports it gave; a listing, also of those whose reports it led to. It is asked where one of them has no
    report for the season's year though the day it was due has passed, unless it is known to be another year's.
    It is also asked where nothing tells whose it is, or of an organ that never reported, as long as it never gave
    a report itself.

    Args:
        sources: All sources, listings among them.
        coverage: As of the last build: agency_id, report_year, state, due_on.
        raw: source and sha256 of the raw documents of that build.
        reports: Its reports: sha256, agency_id, report_year, template.
        today: Days before it have passed.
    """
    sources = tuple(sources)
    season = today.year - 1
    lacking = pl.col(YEAR).eq(season) & pl.col("state").cast(pl.String).ne("published")
    wanted = set(coverage.filter(lacking, pl.col("due_on") < today)[AGENCY])
    known = set(coverage[AGENCY])
    given = _given(raw, reports)
    led_to = _led_to(sources, given)
    return frozenset(
        source.url
        for source in sources
        if _is_overdue(source, led_to.get(source.url, set()) | given[source.url], wanted, known, season)
    )


def _is_overdue(source: Source, given: set[Given], wanted: set[str], known: set[str], season: int) -> bool:
    if source.kind != "listing" and source.report_year not in (None, season):
        return False
    organs = {organ for organ, _ in given} | _named(source)
    if organs & wanted:
        return True
    return not given and not organs & known


def _named(source: Source) -> set[str]:
    """The organ that a row names; none where several bear the name."""
    organ = agency_of(source) if source.agency_name else UNRESOLVED
    return set() if organ.startswith(UNRESOLVED) else {organ}


def _given(raw: pl.DataFrame, reports: pl.DataFrame) -> defaultdict[str, set[Given]]:
    """By address, the organs and years of the reports that it gave."""
    read = reports.filter(pl.col("template").is_not_null() & pl.col(AGENCY).is_not_null())
    rows = raw.select("source", "sha256").join(read.select("sha256", AGENCY, YEAR), on="sha256")
    given: defaultdict[str, set[Given]] = defaultdict(set)
    for url, _, organ, year in rows.iter_rows():
        given[url].add((organ, year))
    return given


def _led_to(sources: tuple[Source, ...], given: Mapping[str, set[Given]]) -> dict[str, set[Given]]:
    """By a listing's address, what the addresses gave that it led to.

    One that no walk is known to have found belongs to the listings of its host.
    """
    by_listing: defaultdict[str, set[Given]] = defaultdict(set)
    by_host: defaultdict[str, set[Given]] = defaultdict(set)
    for source in sources:
        if source.kind != "listing":
            found = by_listing[source.listing] if source.listing else by_host[source.host]
            found |= given.get(source.url, set())
    listings = (source for source in sources if source.kind == "listing")
    return {s.url: by_listing[s.source_id] | by_host[s.host] for s in listings}
