"""The panel: rates with what they rest on, null rather than guessed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipeline.columns import AGENCY, CONCEPT, DIMENSION, REPORT, VALUE, YEAR
from pipeline.panel import load_rates, panel
from schemas.definitions import DefinitionError

FIGURES = {
    "new_received/total": 50,
    "new_received/natural_person": 40,
    "carried_in/total": 10,
    "granted/total": 20,
    "partially_granted/total": 5,
    "total_handled/total": 50,
    "carried_out/total": 10,
    "denied_state_secret/total": 2,
    "reconsideration/total": 8,
    "reconsideration/corrected": 3,
    "reconsideration/pending": 2,
}


def harmonized(figures: dict[str, int | None], report: str = "r", year: int = 2021) -> pl.DataFrame:
    rows = [
        ("a", year, report, *name.split("/"), None if number is None else Decimal(number))
        for name, number in figures.items()
    ]
    texts = {CONCEPT: pl.String, DIMENSION: pl.String}
    schema = {AGENCY: pl.String, YEAR: pl.Int16, REPORT: pl.String, **texts, VALUE: pl.Decimal(20, 2)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def reports(*names: str) -> pl.DataFrame:
    facts = {"agency_name": "某局", "division_code": "330106", "scope": None, "template": "2021"}
    frame = pl.DataFrame({REPORT: names}, schema={REPORT: pl.String})
    return frame.with_columns(pl.lit(value, pl.String).alias(name) for name, value in facts.items())


def row(figures: dict[str, int | None]) -> dict[str, object]:
    return panel(harmonized(figures), reports("r")).row(0, named=True)


def test_series_and_rates_with_numerator_denominator_and_flag() -> None:
    found = row(FIGURES)
    assert (found[AGENCY], found[YEAR], found[REPORT], found["agency_name"]) == ("a", 2021, "r", "某局")
    assert found["applications_received"] == 50
    rates = {
        "disclosure_rate": (0.5, 25, 50, False),
        "denied_state_secret_rate": (0.04, 2, 50, False),
        "carry_over_rate": (10 / 60, 10, 60, False),
        "natural_person_share": (0.8, 40, 50, False),
        "reconsideration_rate": (0.16, 8, 50, False),
        "reconsideration_correction_rate": (0.5, 3, 6, True),
    }
    for name, (rate, numerator, denominator, is_small) in rates.items():
        assert found[name] == pytest.approx(rate)
        assert (found[f"{name}_numerator"], found[f"{name}_denominator"]) == (numerator, denominator)
        assert found[f"{name}_small_n"] is is_small


@pytest.mark.parametrize(("handled", "is_small"), [(29, True), (30, False)])
def test_small_n(handled: int, is_small: bool) -> None:
    assert row(FIGURES | {"total_handled/total": handled})["disclosure_rate_small_n"] is is_small


@pytest.mark.parametrize(
    ("change", "numerator", "denominator"),
    [
        ({"total_handled/total": 0}, 25, 0),
        ({"total_handled/total": None}, 25, None),
        ({"partially_granted/total": None}, None, 50),
    ],
)
def test_no_rate_over_zero_or_a_blank(
    change: dict[str, int | None], numerator: int | None, denominator: int | None
) -> None:
    found = row(FIGURES | change)
    assert found["disclosure_rate"] is None
    assert found["disclosure_rate_small_n"] is None
    assert (found["disclosure_rate_numerator"], found["disclosure_rate_denominator"]) == (
        numerator,
        denominator,
    )


def test_a_series_nobody_reported_is_null() -> None:
    found = row(FIGURES)
    assert (found["litigations"], found["litigation_rate"], found["penalty_decisions"]) == (None, None, None)


def test_a_row_an_agency_year_with_what_the_agency_is() -> None:
    both = pl.concat([harmonized(FIGURES, "s", 2022), harmonized(FIGURES)])
    facts = {name: [name] for name in ("province", "prefecture", "county", "level", "function")}
    found = panel(both, reports("r", "s"), pl.DataFrame({AGENCY: ["a"]} | facts))
    assert found.select(AGENCY, YEAR, REPORT, "province").rows() == [
        ("a", 2021, "r", "province"),
        ("a", 2022, "s", "province"),
    ]
    with pytest.raises(ValueError, match="several reports stand for"):
        panel(pl.concat([harmonized(FIGURES), harmonized(FIGURES, "s")]), reports("r", "s"))


def test_no_reports_give_an_empty_panel() -> None:
    found = panel(harmonized({}), reports())
    assert found.height == 0
    assert "disclosure_rate_small_n" in found.columns


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("x,granted,,x,x", "is not of the shape"),
        ("x,granted/total,handled/total,x,x", "denominator: handled/total is no series"),
        ("x,normative_document/in_force,,x,x", "is no series that is comparable"),
        ("x,,,x,x", "needs a numerator"),
        ("x,granted/total partially_granted/total,,x,x", "is not of the shape"),
    ],
)
def test_a_wrong_definition_fails_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(f"# small_n=30\nname,numerator,denominator,label_en,label_zh\n{line}\n", "utf-8")
    with pytest.raises(DefinitionError, match=rf"rates\.csv:3: .*{problem}"):
        load_rates(path)


def test_small_n_must_be_told(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("name,numerator,denominator,label_en,label_zh\nx,granted/total,,x,x\n", "utf-8")
    with pytest.raises(DefinitionError, match="small_n"):
        load_rates(path)
