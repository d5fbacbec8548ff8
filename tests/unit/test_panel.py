"""The panel: rates with what they rest on, null rather than guessed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipeline.checking.columns import AGENCY, CONCEPT, DIMENSION, REPORT, VALUE, YEAR
from pipeline.panel import column_names, load_rates, national_rates, panel
from schemas.definitions import DefinitionError
from schemas.rates import rate_fields
from schemas.tables import conform

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


def agencies_of(agency: str) -> pl.DataFrame:
    facts = {name: [name] for name in ("province", "prefecture", "county", "level", "function")}
    return pl.DataFrame({AGENCY: [agency]} | facts)


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
    found = panel(both, reports("r", "s"), agencies_of("a"))
    assert found.select(AGENCY, YEAR, REPORT, "province").rows() == [
        ("a", 2021, "r", "province"),
        ("a", 2022, "s", "province"),
    ]
    with pytest.raises(ValueError, match="several reports stand for"):
        panel(pl.concat([harmonized(FIGURES), harmonized(FIGURES, "s")]), reports("r", "s"))


def two_years(agency: str = "a") -> dict[str, object]:
    """The later row of an agency's two years."""
    later = FIGURES | {"new_received/total": 60, "granted/total": 30, "partially_granted/total": None}
    both = pl.concat([harmonized(FIGURES, "s", 2022), harmonized(later, "t", 2023)])
    return panel(both.with_columns(pl.lit(agency).alias(AGENCY)), reports("s", "t")).row(1, named=True)


def test_change_since_the_year_before() -> None:
    found = two_years()
    assert (found["previous_report_id"], found["applications_received_change"]) == ("s", 10)
    assert found["natural_person_share_change"] == pytest.approx(40 / 60 - 40 / 50)
    assert (found["disclosure_rate"], found["disclosure_rate_change"]) == (None, None)


def test_no_change_for_an_organ_known_by_name_alone() -> None:
    found = two_years("unresolved-x01234567")
    assert (found["previous_report_id"], found["applications_received_change"]) == (None, None)


def test_scopes_that_contradict_each_other_are_not_compared() -> None:
    both = pl.concat([harmonized(FIGURES, "s", 2022), harmonized(FIGURES, "t", 2023)])
    told = reports("s", "t").with_columns(pl.Series("scope", ["organ", "consolidated"]))
    assert panel(both, told)["previous_report_id"].to_list() == [None, None]
    half = told.with_columns(pl.Series("scope", ["organ", None]))
    assert panel(both, half)["previous_report_id"].to_list() == [None, "s"]


def test_no_change_over_a_gap_or_between_agencies() -> None:
    gap = pl.concat([harmonized(FIGURES, "s", 2021), harmonized(FIGURES, "t", 2023)])
    other = harmonized(FIGURES, "u", 2022).with_columns(pl.lit("b").alias(AGENCY))
    found = panel(pl.concat([gap, other]), reports("s", "t", "u"))
    assert found["previous_report_id"].to_list() == [None, None, None]


def test_the_registry_describes_every_column_of_the_panel() -> None:
    described = {field.name for field in rate_fields()}
    made = {name for rate in national_rates().rates for name in column_names(rate)}
    assert made == described
    assert conform("panel", panel(harmonized({}), reports(), agencies_of("a"))).height == 0


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
