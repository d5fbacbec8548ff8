"""Whom a run in season asks: those whose report is due and lacking, wherever their reports came from before."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.fetch.sources import Source
from pipeline.running.overdue import Asking, ask_overdue, overdue

TODAY = date(2025, 2, 3)
LATE, PUNCTUAL = "370305-statistics", "370306-statistics"  # 淄博市临淄区统计局, 淄博市周村区统计局
NAMES = {LATE: "淄博市临淄区统计局", PUNCTUAL: "淄博市周村区统计局"}
COVERAGE = pl.DataFrame(
    [
        (LATE, 2023, "published", date(2024, 1, 31)),
        (LATE, 2024, "missing", date(2025, 1, 31)),
        (PUNCTUAL, 2022, "missing", date(2023, 1, 31)),
        (PUNCTUAL, 2023, "published", date(2024, 1, 31)),
        (PUNCTUAL, 2024, "published", date(2025, 1, 31)),
    ],
    schema={"agency_id": pl.String, "report_year": pl.Int16, "state": pl.String, "due_on": pl.Date},
    orient="row",
)


def page(host: str, name: str) -> str:
    return f"https://{host}.example.invalid/{name}"


def asked(*sources: Source, gave: dict[str, tuple[str, int]], today: date = TODAY) -> set[str]:
    """The sources asked, by id; `gave` says by address whose report of which year was read from it."""
    raw = pl.DataFrame({"source": list(gave), "sha256": list(gave)}, schema_overrides={"source": pl.String})
    rows = [(url, agency, year, "2021") for url, (agency, year) in gave.items()]
    types = {"sha256": pl.String, "agency_id": pl.String, "report_year": pl.Int16, "template": pl.String}
    reports = pl.DataFrame(rows, schema=types, orient="row")
    chosen = overdue(sources, COVERAGE, raw.cast(pl.String), reports, today)
    return {source.source_id for source in sources if source.url in chosen}


def office(host: str, agency: str, *years: int) -> tuple[tuple[Source, ...], dict[str, tuple[str, int]]]:
    """A listing that names nobody, and the pages it led to, with what they gave."""
    listing = Source(f"{host}-list", page(host, "nb/"), "listing")
    pages = [
        Source(f"{host}-{y}", page(host, f"{y}.html"), report_year=y, listing=f"{host}-list") for y in years
    ]
    return (listing, *pages), {s.url: (agency, s.report_year or 0) for s in pages}


def test_listing_that_gave_reports_of_the_late_office_is_walked_again_and_its_old_pages_are_not() -> None:
    late, gave = office("late", LATE, 2023)
    punctual, gave_too = office("punctual", PUNCTUAL, 2023, 2024)
    refused = Source("late-2024", page("late", "2024.html"), report_year=2024, agency_name=NAMES[LATE])
    assert asked(*late, refused, *punctual, gave=gave | gave_too) == {"late-list", "late-2024"}


def test_before_the_day_it_was_due_nobody_is_asked() -> None:
    late, gave = office("late", LATE, 2023)
    assert asked(*late, gave=gave, today=date(2025, 1, 31)) == set()
    assert asked(*late, gave=gave, today=date(2025, 2, 1)) == {"late-list"}
    assert (
        asked(*late, gave=gave, today=date(2026, 2, 1)) == set()
    )  # another season: nothing is known of it yet


def test_address_of_any_year_is_asked_where_its_office_is_late() -> None:
    fixed = Source("fixed", page("late", "ndbg.html"), agency_name=NAMES[LATE])
    other = Source("other", page("punctual", "ndbg.html"), agency_name=NAMES[PUNCTUAL])
    assert asked(fixed, other, gave={fixed.url: (LATE, 2023)}) == {"fixed"}


def test_listing_is_known_by_its_row_or_by_pages_on_its_host() -> None:
    named = Source("named", page("a", "nb/"), "listing", NAMES[LATE])
    done = Source("done", page("b", "nb/"), "listing", NAMES[PUNCTUAL])
    beside = Source("beside", page("c", "nb/"), "listing")
    report = Source("report", page("c", "2023.html"), report_year=2023)
    assert asked(named, done, beside, report, gave={report.url: (LATE, 2023)}) == {"named", "beside"}


def test_what_never_gave_a_report_and_is_nobodys_is_asked() -> None:
    shut = Source("shut", page("d", "nb/"), "listing")
    newcomer = Source("newcomer", page("e", "nb/"), "listing", "淄博市张店区统计局")
    unnamed = Source("unnamed", page("f", "a.html"))
    old = Source("old", page("f", "2015.html"), report_year=2015)
    assert asked(shut, newcomer, unnamed, old, gave={}) == {"shut", "newcomer", "unnamed"}


def test_chosen_addresses_do_not_rest_and_the_others_are_spared() -> None:
    sources = [Source("a", "https://a.example/"), Source("b", "https://b.example/")]
    rest = {"https://a.example/": "http_403", "https://c.example/": "http_404"}
    asking = ask_overdue(rest, frozenset(["https://a.example/"]))
    assert [asking.is_due(source) for source in sources] == [True, False]
    assert asking.resting == {"https://c.example/": "http_404"}
    assert asking.spared(sources) == {"https://b.example/"}
    nightly = Asking(rest)
    assert [nightly.is_due(source) for source in sources] == [False, True]
    assert nightly.spared(sources) == frozenset()
