"""Versions of a report: one stands by rule, none is lost, and what differs is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from pipeline.versions import mark_versions, revisions
from schemas.tables import conform

COUNTY = "320813-people_government"
NAMELESS = "unresolved-x01234567"
FACTS: dict[str, object] = {
    "agency_id": COUNTY,
    "division_code": "320813",
    "report_year": 2022,
    "scope": None,
    "cells_reported": 200,
    "published_on": None,
}
TYPES = {
    "report_id": pl.String,
    "agency_id": pl.String,
    "division_code": pl.String,
    "report_year": pl.Int16,
    "scope": pl.String,
    "sha256": pl.String,
    "cells_reported": pl.Int32,
    "published_on": pl.Date,
}
ORIGIN_TYPES = {
    "sha256": pl.String,
    "url": pl.String,
    "trust": pl.String,
    "fetched_at": pl.Datetime("us", "UTC"),
}
PLACE = ("applications", "granted", "total")


def reports(**versions: dict[str, object]) -> pl.DataFrame:
    rows = [FACTS | {"report_id": name, "sha256": name} | facts for name, facts in versions.items()]
    return pl.DataFrame(rows, schema=TYPES)


def cells(*rows: tuple[object, ...]) -> pl.DataFrame:
    """report, place, number (None: blank)."""
    laid_out = [
        (
            report,
            *place,
            None if number is None else Decimal(str(number)),
            "blank" if number is None else "reported",
        )
        for report, place, number in rows
    ]
    names = ["report_id", "table_name", "row_key", "column_key", "value", "kind"]
    types = dict.fromkeys(names, pl.String) | {"value": pl.Decimal(20, 2)}
    return pl.DataFrame(laid_out, schema=types, orient="row").with_columns(pl.lit("count").alias("unit"))


def origins(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ORIGIN_TYPES, orient="row")


def standing(frame: pl.DataFrame, column: str = "is_current") -> list[str]:
    return frame.filter(column)["report_id"].to_list()


DAY = date(2023, 1, 20)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"cells_reported": 199, "published_on": DAY}, {"cells_reported": 200}),
        ({"published_on": None}, {"published_on": DAY}),
        ({"published_on": DAY}, {"published_on": date(2023, 3, 1)}),
        ({"cells_reported": None}, {"cells_reported": 0}),
    ],
    ids=["complete before new", "dated before undated", "newest", "read before unread"],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_most_complete_then_newest(
    first: dict[str, object], second: dict[str, object], is_reversed: bool
) -> None:
    if "cells_reported" in first and first["cells_reported"] is None:
        second = second | {"cells_reported": 1}
    frame = reports(a=first, b=second)
    found = mark_versions(frame.reverse() if is_reversed else frame, cells())
    assert standing(found) == ["b"]
    assert found.select("report_id", "supersedes").rows() == [("a", None), ("b", "a")]


@pytest.mark.parametrize(
    ("url", "trust", "is_official"),
    [
        ("https://www.hongze.gov.cn/a.html", None, True),
        ("HTTP://user@HONGZE.GOV.CN:8080/a", None, True),
        ("https://gov.cn.example.com/a", None, False),
        ("https://example.com/?www.hongze.gov.cn", None, False),
        ("https://example.com/a", "official", True),
        ("https://www.hongze.gov.cn/a", "mirror", False),
        (None, None, None),
    ],
)
def test_an_official_host_goes_before_a_newer_copy(
    url: str | None, trust: str | None, is_official: bool | None
) -> None:
    frame = reports(a={"published_on": date(2023, 3, 1)}, b={"published_on": DAY})
    found = mark_versions(frame, cells(), origins(("b", url, trust, None)))
    assert found.filter(report_id="b")["is_official"].item() is is_official
    assert standing(found) == (["b"] if is_official else ["a"])


def test_among_undated_versions_the_one_fetched_last_stands() -> None:
    moments = [datetime(2023, month, 1, tzinfo=UTC) for month in (5, 2, 9)]
    seen = origins(
        ("a", None, None, moments[0]), ("b", None, None, moments[1]), ("b", None, None, moments[2])
    )
    assert standing(mark_versions(reports(a={}, b={}), cells(), seen)) == ["a"]


def test_each_version_supersedes_the_next() -> None:
    found = mark_versions(
        reports(a={"cells_reported": 5}, b={"cells_reported": 7}, c={"cells_reported": 6}), cells()
    )
    assert dict(found.select("report_id", "supersedes").rows()) == {"a": None, "b": "c", "c": "a"}


def test_one_stands_for_each_scope_and_one_of_them_for_the_agency() -> None:
    frame = reports(
        a={"scope": "organ"}, b={"scope": "consolidated"}, c={"scope": "consolidated", "cells_reported": 9}
    )
    found = mark_versions(frame, cells())
    assert (standing(found), standing(found, "is_current_of_scope")) == (["a"], ["a", "b"])
    assert dict(found.select("report_id", "supersedes").rows()) == {"a": None, "b": "c", "c": None}


def test_the_scope_reported_for_most_years_stands() -> None:
    frame = reports(
        a={"scope": "organ"}, b={"scope": "consolidated"}, c={"scope": "consolidated", "report_year": 2021}
    )
    assert standing(mark_versions(frame, cells())) == ["b", "c"]


def test_a_version_without_scope_belongs_to_the_only_one_stated() -> None:
    frame = reports(a={"scope": "consolidated"}, b={"cells_reported": 201})
    found = mark_versions(frame, cells())
    assert standing(found, "is_current_of_scope") == ["b"]
    three = reports(a={"scope": "consolidated"}, b={}, c={"scope": "organ"})
    assert standing(mark_versions(three, cells()), "is_current_of_scope") == ["a", "b", "c"]


def test_reports_of_unknown_agency_or_year_stand_for_themselves() -> None:
    frame = reports(
        a={"agency_id": None}, b={"agency_id": None}, c={"report_year": None}, d={"report_year": None}
    )
    found = mark_versions(frame, cells())
    assert standing(found) == ["a", "b", "c", "d"]
    assert found["supersedes"].null_count() == 4


@pytest.mark.parametrize(
    ("agency", "numbers", "expected"),
    [
        (NAMELESS, (7, 7), ["a"]),
        (NAMELESS, (7, 8), []),
        (NAMELESS, (0, 8), []),
        (NAMELESS, (0, 0), ["a"]),
        (COUNTY, (7, 8), ["a"]),
    ],
    ids=[
        "same figures",
        "other figures",
        "nothing and something",
        "nothing to differ",
        "one organ for certain",
    ],
)
def test_none_stands_where_organs_may_share_a_name(
    agency: str, numbers: tuple[int, int], expected: list[str]
) -> None:
    who = {"agency_id": agency, "division_code": "320813" if agency == COUNTY else None}
    printed = cells(("a", PLACE, numbers[0]), ("b", PLACE, numbers[1]))
    found = mark_versions(reports(a=who, b=who, c=who | {"report_year": 2021}), printed)
    assert standing(found) == [*expected, "c"]
    assert found.filter(pl.col("supersedes").is_not_null()).height == len(expected)


def test_marking_twice_changes_nothing() -> None:
    once = mark_versions(reports(a={}, b={"cells_reported": 3}), cells())
    assert mark_versions(once, cells()).equals(once)


def test_revisions_tell_each_cell_that_differs() -> None:
    other = ("applications", "new_received", "total")
    lost = ("review_litigation", "reconsideration", "total")
    printed = cells(("a", PLACE, 4), ("b", PLACE, 5), ("a", other, 6), ("b", other, 6), ("a", lost, None))
    marked = mark_versions(reports(a={"cells_reported": 1}, b={}), printed)
    found = conform("revisions", revisions(marked, printed))
    columns = ("report_id", "previous_report_id", "row_key", "before", "after", "before_kind", "after_kind")
    assert found.select(columns).rows() == [
        ("b", "a", "granted", 4, 5, "reported", "reported"),
        ("b", "a", "reconsideration", None, None, "blank", "absent"),
    ]


def test_the_same_report_twice_has_no_revisions() -> None:
    printed = cells(("a", PLACE, 4), ("b", PLACE, 4))
    assert revisions(mark_versions(reports(a={}, b={}), printed), printed).height == 0
