"""One office over many years: reports as files → versions, series and panel, without the line around them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from pipeline.coverage import coverage
from pipeline.identity.agency_register import agency_links, agency_names
from pipeline.panel import panel
from pipeline.read import read_report
from pipeline.reconcile import harmonize
from pipeline.report import Report
from pipeline.tidy import agencies, tidy
from pipeline.typeset import Facts, Style, typeset
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.style import FormStyle
from pipeline.versions import revisions

TABLES = ("proactive_disclosure", "applications", "review_litigation")
GRANTED = ("applications", "granted", "total")
LATER = date(2030, 1, 1)
SIGNED = Style(form=FormStyle(signature=True))
DRUM_TOWERS = {
    "江苏省南京市": "320106",
    "江苏省徐州市": "320302",
    "福建省福州市": "350102",
    "河南省开封市": "410204",
}


def facts(name: str, year: int, seed: int = 1, **more: object) -> Facts:
    variants = dict.fromkeys(TABLES, "2020" if year < 2021 else "2021")
    return Facts(name, year, variants, consistent_values(variants, random.Random(seed)), **more)  # type: ignore[arg-type]


def read(*reports: Facts, medium: str = "html", hosts: Sequence[str] = ()) -> list[Report]:
    found = []
    for number, report in enumerate(reports):
        data = typeset(report, SIGNED, medium)  # type: ignore[arg-type]
        host = hosts[number] if hosts else ""
        found.append(read_report(data, f"{number}.{medium}", host=host))
    return found


def series(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return panel(
        harmonize(frames["cells"], frames["reports"]), frames["reports"], agencies(frames["reports"])
    )


def test_a_renamed_office_has_one_row_a_year_across_both_forms() -> None:
    names = {2020: "洪泽区财政局", 2021: "淮安市洪泽区财政局", 2022: "江苏省淮安市洪泽区财政局"}
    frames = tidy(read(*(facts(name, year, seed=year) for year, name in names.items())))
    rows = series(frames)
    assert rows["agency_id"].unique().to_list() == ["320813-finance"]
    assert rows.select("report_year", "template").rows() == [(2020, "2020"), (2021, "2021"), (2022, "2021")]
    assert rows["previous_report_id"].to_list() == [None, *rows["report_id"].to_list()[:2]]
    assert agency_names(frames["reports"])["name"].to_list() == list(names.values())
    other = harmonize(frames["cells"], frames["reports"]).filter(concept="other_handling", dimension="total")
    assert other["derivation"].to_list() == ["as_reported", "summed", "summed"]


def test_four_offices_of_one_name_and_a_fifth_that_stays_open() -> None:
    told = [
        facts("鼓楼区财政局", 2022, n, sections={1: (f"{place}鼓楼区财政局依法公开。",)})
        for n, place in enumerate(DRUM_TOWERS)
    ]
    frames = tidy(read(*told, facts("鼓楼区财政局", 2022, 9)))
    found = frames["reports"].filter(pl.col("division_code").is_not_null())
    assert sorted(found["division_code"].to_list()) == sorted(DRUM_TOWERS.values())
    assert found["agency_id"].n_unique() == 4
    still_open = frames["unresolved_agencies"]
    assert sorted(still_open["candidate_code"].to_list()) == sorted(DRUM_TOWERS.values())
    assert still_open["report_id"].n_unique() == 1
    assert series(frames).height == 5
    missing = coverage(frames["reports"], agencies(frames["reports"]), LATER)
    assert missing["state"].to_list() == ["published"] * 5


def test_namesakes_of_which_nothing_tells_enter_no_series() -> None:
    frames = tidy(read(facts("鼓楼区财政局", 2022, 1), facts("鼓楼区财政局", 2022, 2)))
    assert frames["reports"]["is_current"].to_list() == [False, False]
    assert frames["unresolved_agencies"]["report_id"].n_unique() == 2
    assert series(frames).is_empty()


def test_a_correction_stands_and_says_what_it_changed() -> None:
    first = facts("淮安市洪泽区财政局", 2022, 3, published_on="2023-01-10")
    known = first.values[GRANTED]
    assert isinstance(known, Decimal)
    second = Facts(
        first.agency_name, 2022, first.variants, dict(first.values) | {GRANTED: known + 1}, {}, "2023-03-20"
    )
    frames = tidy([*read(second), *read(first, medium="docx")])
    stands = frames["reports"].filter("is_current").row(0, named=True)
    assert str(stands["published_on"]) == "2023-03-20"
    found = revisions(frames["reports"], frames["cells"])
    assert found.select("row_key", "column_key", "before", "after").rows() == [
        ("granted", "total", known, known + 1)
    ]


def test_a_page_and_its_attachment_do_not_differ() -> None:
    report = facts("淮安市洪泽区财政局", 2022, 4)
    frames = tidy([*read(report), *read(report, medium="docx")])
    assert frames["reports"]["is_current"].sum() == 1
    assert revisions(frames["reports"], frames["cells"]).is_empty()
    assert series(frames).height == 1


def test_an_office_of_an_abolished_county_is_succeeded_by_that_of_the_new_one() -> None:
    frames = tidy(read(facts("邢台市任县财政局", 2019), facts("邢台市任泽区财政局", 2021)))
    organs = agencies(frames["reports"])
    links = agency_links(organs)
    assert links.select("agency_id", "other_agency_id", "from_year").rows() == [
        ("130526-finance", "130505-finance", 2020)
    ]
    rows = coverage(frames["reports"], organs, LATER, links=links)
    assert rows.select("agency_id", "report_year", "state").rows() == [
        ("130505-finance", 2021, "published"),
        ("130526-finance", 2019, "published"),
    ]
    assert series(frames)["previous_report_id"].to_list() == [None, None]


@pytest.mark.parametrize(("host", "code"), [("www.njgl.gov.cn", None), ("czj.nanjing.gov.cn", "320106")])
def test_the_host_decides_where_the_name_does_not(host: str, code: str | None) -> None:
    frames = tidy(read(facts("鼓楼区财政局", 2022), hosts=[host]))
    assert frames["reports"]["division_code"].item() == code
