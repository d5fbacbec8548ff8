"""Every number is accounted for, every cell of a form is there, and a fall of the share used is told."""

from __future__ import annotations

import random

import polars as pl
import pytest

from pipeline.accounting import Account, AccountError, account, fallen, fallen_most, share_margin, unbalanced
from pipeline.checking.columns import COLUMN, KIND, REPORT, ROW, TABLE, VARIANT
from pipeline.checking.expected import incomplete
from pipeline.templates import load_templates

TABLES = ("proactive_disclosure", "applications", "review_litigation")
FORMS = {
    "2020": dict.fromkeys(TABLES, "2020"),
    "2021": dict.fromkeys(TABLES, "2021"),
    "mixed": {"proactive_disclosure": "2021", "applications": "2020", "review_litigation": "2020"},
}


def reports(*rows: tuple[str, int, int, int, int]) -> pl.DataFrame:
    names = ("report_id", "numeric_found", "numeric_used", "numeric_ignored", "numeric_leftover")
    frame = pl.DataFrame(rows, schema=names, orient="row")
    share = pl.col("numeric_used") / pl.col("numeric_found")
    return frame.with_columns(share.alias("share_used"), pl.col("report_id").alias("sha256"))


def test_totals_are_those_of_all_reports() -> None:
    found = account(reports(("a", 200, 198, 1, 1), ("b", 100, 100, 0, 0)))
    assert found == Account(300, 298, 1, 1)
    assert found.balances
    assert found.share == pytest.approx(298 / 300)
    assert "300 found = 298 used + 1 ignored by a rule + 1 left over; 99.33% used" in found.message.text()


def test_a_report_whose_numbers_do_not_add_up_is_named() -> None:
    assert unbalanced(reports(("a", 200, 198, 1, 1), ("b", 100, 98, 0, 1))) == ["b"]


@pytest.mark.parametrize(
    ("used", "margin", "told"), [(97, 0.01, True), (98, 0.02, False), (99, 0.01, False), (50, 1.0, False)]
)
def test_a_fall_beyond_the_margin_is_told(used: int, margin: float, told: bool) -> None:
    last, now = reports(("a", 100, 100, 0, 0)), reports(("a", 100, used, 0, 100 - used))
    assert (fallen(now, last, margin) is not None) == told


def test_nothing_published_before_or_nothing_found_is_no_fall() -> None:
    now = reports(("a", 100, 10, 0, 90))
    assert fallen(now, None, 0.01) is None
    assert fallen(now.clear(), now, 0.01) is None
    assert account(now.clear()).share is None


def test_the_documents_that_lost_most_are_named_first() -> None:
    last = reports(("a", 100, 100, 0, 0), ("b", 100, 100, 0, 0), ("c", 10, 9, 0, 1), ("gone", 5, 5, 0, 0))
    now = reports(("a", 100, 90, 0, 10), ("b", 100, 40, 0, 60), ("c", 10, 10, 0, 0), ("new", 9, 0, 0, 9))
    assert [row["report_id"] for row in fallen_most(now, last, 5)] == ["b", "a"]
    assert fallen_most(now, None, 5) == []


@pytest.mark.parametrize(("text", "margin"), [("", 0.01), ("0", 0.0), ("0.25", 0.25), ("1", 1.0)])
def test_the_margin_is_a_setting(text: str, margin: float) -> None:
    assert share_margin({"OGI_SHARE_MARGIN": text}) == margin


@pytest.mark.parametrize("text", ["a lot", "-1", "2", "nan"])
def test_a_margin_that_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(AccountError, match="OGI_SHARE_MARGIN"):
        share_margin({"OGI_SHARE_MARGIN": text})


def cells(form: dict[str, str], report: str = "r") -> pl.DataFrame:
    rows = [
        (report, table, row.key, column.key, variant, "reported")
        for table, variant in form.items()
        for _, row, column in load_templates()[variant].cells(table)
    ]
    return pl.DataFrame(rows, schema=[REPORT, TABLE, ROW, COLUMN, VARIANT, KIND], orient="row")


def stated(form: dict[str, str], report: str = "r") -> pl.DataFrame:
    return pl.DataFrame([{REPORT: report, **{f"variant_{table}": form.get(table) for table in TABLES}}])


@pytest.mark.parametrize(("name", "size"), [("2020", 198), ("2021", 200), ("mixed", 186)])
def test_a_report_has_just_the_cells_of_its_forms(name: str, size: int) -> None:
    form = FORMS[name]
    assert cells(form).height == size
    assert incomplete(cells(form), stated(form)).is_empty()


def test_a_report_may_lack_a_table_but_no_cell_of_one() -> None:
    form = {"applications": "2021"}
    assert incomplete(cells(form), stated(form)).is_empty()


@pytest.mark.parametrize(
    "damage",
    [
        lambda frame: frame.slice(1),
        lambda frame: pl.concat([frame, frame.head(1)]),
        lambda frame: pl.concat([frame.slice(1), frame.slice(5, 1)]),
        lambda frame: frame.with_columns(pl.when(pl.int_range(pl.len()) > 0).then(KIND).alias(KIND)),
        lambda frame: frame.with_columns(pl.col(COLUMN).replace("total", "decisions")),
        lambda frame: frame.filter(pl.col(TABLE) != "applications"),
        lambda frame: frame.with_columns(
            pl.when(pl.int_range(pl.len()) == 30).then(pl.lit("2020")).otherwise(VARIANT).alias(VARIANT)
        ),
    ],
    ids=[
        "missing",
        "twice",
        "one missing, another twice",
        "no kind",
        "another table's",
        "no table",
        "other form",
    ],
)
def test_damage_to_any_cell_is_found(damage: object) -> None:
    form = FORMS["2021"]
    sound = cells(form, "sound")
    wrong = damage(cells(form))  # type: ignore[operator]
    both = pl.concat([sound, wrong])
    found = incomplete(both, pl.concat([stated(form, "sound"), stated(form)]))
    assert set(found[REPORT]) == {"r"}


def test_a_table_that_the_report_does_not_state_is_found() -> None:
    form = FORMS["2021"]
    found = incomplete(cells(form), stated({"applications": "2021", "review_litigation": "2021"}))
    assert found[TABLE].to_list() == ["proactive_disclosure"]


def test_order_does_not_matter() -> None:
    form = FORMS["2020"]
    shuffled = cells(form).sample(fraction=1, shuffle=True, seed=random.Random(1).randint(0, 99))
    assert incomplete(shuffled, stated(form)).is_empty()
