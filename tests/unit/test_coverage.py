"""Coverage: who published for which year, and nobody called missing who may not be."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.coverage import coverage, expected_reports, load_due_dates
from pipeline.fetch.sources import Source
from schemas.definitions import DefinitionError
from schemas.tables import conform

COUNTY = "320813-people_government"
BUREAU = "320813-finance"
TOWN = "320813-t01234567-people_government"
NAMELESS = "unresolved-x01234567"
LATER = date(2030, 1, 1)


def reports(*rows: tuple[str | None, int | None], template: str | None = "2021") -> pl.DataFrame:
    agencies, years = zip(*rows, strict=True) if rows else ((), ())
    frame = pl.DataFrame(
        {"agency_id": agencies, "report_year": years},
        schema={"agency_id": pl.String, "report_year": pl.Int16},
    )
    resolved = pl.col("agency_id").str.starts_with("unresolved").not_()
    return frame.with_columns(
        pl.format("r{}", pl.int_range(pl.len())).alias("report_id"),
        pl.lit("某局").alias("agency_name"),
        pl.when(resolved).then(pl.lit("320813")).alias("division_code"),
        pl.lit(template, pl.String).alias("template"),
        pl.lit(None, pl.Date).alias("published_on"),
        pl.lit(True).alias("is_current"),
    )


def agencies() -> pl.DataFrame:
    rows = [
        (COUNTY, "洪泽区人民政府", "county", "people_government"),
        (BUREAU, "洪泽区财政局", "county", "finance"),
        (TOWN, "洪泽区岔河镇人民政府", "township", "people_government"),
        (NAMELESS, "某局", None, None),
    ]
    return pl.DataFrame(rows, schema=["agency_id", "name", "level", "function"], orient="row")


def states(frame: pl.DataFrame) -> dict[tuple[str, int], str]:
    return {
        (agency, year): state
        for agency, year, state in frame.select("agency_id", "report_year", "state").rows()
    }


def test_each_year_since_the_first_seen_of_an_agency_to_the_last_seen_of_anyone() -> None:
    found = coverage(reports((COUNTY, 2021), (COUNTY, 2023), (BUREAU, 2022)), agencies(), LATER)
    assert states(found) == {
        (COUNTY, 2021): "published",
        (COUNTY, 2022): "missing",
        (COUNTY, 2023): "published",
        (BUREAU, 2022): "published",
        (BUREAU, 2023): "missing",
    }
    assert conform("coverage", found).height == 5


@pytest.mark.parametrize(
    ("day", "bureau", "county", "town"),
    [
        (date(2024, 1, 31), "not_due", "not_due", "not_due"),
        (date(2024, 2, 1), "missing", "not_due", "missing"),
        (date(2024, 3, 31), "missing", "not_due", "missing"),
        (date(2024, 4, 1), "missing", "missing", "missing"),
    ],
)
def test_governments_have_until_march_all_others_until_january(
    day: date, bureau: str, county: str, town: str
) -> None:
    seen = reports((COUNTY, 2022), (BUREAU, 2022), (TOWN, 2022), (NAMELESS, 2023))
    found = states(coverage(seen, agencies(), day))
    assert (found[BUREAU, 2023], found[COUNTY, 2023], found[TOWN, 2023]) == (bureau, county, town)


def test_nobody_is_missing_by_a_name_that_several_bear() -> None:
    found = coverage(
        reports((NAMELESS, 2020), (BUREAU, 2022), (NAMELESS, None), (None, 2021)), agencies(), LATER
    )
    assert states(found) == {(NAMELESS, 2020): "published", (BUREAU, 2022): "published"}


def test_a_report_without_a_readable_table_has_failed() -> None:
    unread = reports((BUREAU, 2022), template=None)
    assert states(coverage(unread, agencies(), LATER)) == {(BUREAU, 2022): "failed"}


def test_a_report_that_was_looked_for_and_not_read_has_failed() -> None:
    looked_for = pl.DataFrame(
        [(BUREAU, "某局", 2021), (BUREAU, "某局", 2022)],
        schema=["agency_id", "agency_name", "report_year"],
        orient="row",
    )
    found = coverage(reports((BUREAU, 2022)), agencies(), LATER, looked_for)
    assert states(found) == {(BUREAU, 2021): "failed", (BUREAU, 2022): "published"}


def test_an_organ_that_another_succeeded_owes_no_report() -> None:
    links = pl.DataFrame(
        [(BUREAU, "merged_into", COUNTY, 2022)],
        schema=["agency_id", "relation", "other_agency_id", "from_year"],
        orient="row",
    )
    seen = reports((BUREAU, 2020), (COUNTY, 2023))
    kept = {
        year: state
        for (agency, year), state in states(coverage(seen, agencies(), LATER, links=links)).items()
        if agency == BUREAU
    }
    assert kept == {2020: "published", 2021: "missing"}


def test_nothing_read_gives_no_rows() -> None:
    assert coverage(reports(), agencies(), LATER).height == 0


def test_sources_tell_what_was_looked_for() -> None:
    page = "https://www.hongze.gov.cn/"
    sources = [
        Source("a", page + "1", agency_name="淮安市洪泽区财政局", report_year=2021),
        Source("b", page + "2", agency_name="淮安市洪泽区财政局", report_year=2022),
        Source("c", page + "3", agency_name="鼓楼区财政局", report_year=2022),
        Source("d", page + "4", report_year=2022),
        Source("e", page + "5", "listing", "淮安市洪泽区财政局", 2020),
    ]
    raw = pl.DataFrame({"source": [page + "2"], "sha256": ["b"]})
    found = expected_reports(sources, raw, pl.DataFrame({"sha256": ["b"]}))
    assert found.rows() == [("320813-finance", "淮安市洪泽区财政局", 2021)]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("people_government,county,2,29,x\n,,1,31,x\n", r":2: 2-29 is no day"),
        ("people_government,county,3,31,x\n", r":2: the last row must fit every organ"),
    ],
)
def test_a_wrong_due_date_fails_with_its_line(tmp_path: Path, lines: str, problem: str) -> None:
    path = tmp_path / "due_dates.csv"
    path.write_text("function,level,month,day,source\n" + lines, "utf-8")
    with pytest.raises(DefinitionError, match=problem):
        load_due_dates(path)
