"""What number would make broken identities hold: the one that was printed wrong is always among the answers."""

from __future__ import annotations

import random
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checking.columns import COLUMN, KIND, REPORT, ROW, TABLE, UNIT, VALUE, VARIANT
from pipeline.checking.ledger import gather
from pipeline.checking.repair import Equation, Repair, breaches, equations
from pipeline.matching.labels import CellName
from pipeline.typeset.figures import consistent_values

TABLES = ("proactive_disclosure", "applications", "review_litigation")
Values = dict[tuple[str, str, str], Decimal | None]
REPORTS = pl.DataFrame(
    {
        REPORT: ["r"],
        "agency_id": [None],
        "agency_name": [None],
        "division_code": [None],
        "report_year": [2022],
        "scope": [None],
    },
    schema_overrides=dict.fromkeys(["agency_id", "agency_name", "division_code", "scope"], pl.String),
)


def figures(variant: str = "2021", seed: int = 0) -> Values:
    drawn = consistent_values(dict.fromkeys(TABLES, variant), random.Random(seed))
    return {key: value for key, value in drawn.items() if isinstance(value, Decimal)}


def read(
    values: Values, variant: str = "2021", unreadable: frozenset[object] = frozenset()
) -> list[Equation]:
    rows = [
        ("r", *key, variant, value, "unreadable" if key in unreadable else "reported", "count")
        if value is not None
        else ("r", *key, variant, None, "blank", None)
        for key, value in values.items()
    ]
    rows = [(*row[:5], None, *row[6:]) if row[6] == "unreadable" else row for row in rows]
    texts = dict.fromkeys([REPORT, TABLE, ROW, COLUMN, VARIANT], pl.String)
    schema = {**texts, VALUE: pl.Decimal(20, 2), KIND: pl.String, UNIT: pl.String}
    return equations(gather(pl.DataFrame(rows, schema=schema, orient="row"), REPORTS))["r"]


def repairs(found: list[Equation]) -> list[tuple[Repair, ...]]:
    return [breach.repairs for breach in breaches(found)]


def numbers(repair: Repair) -> dict[str, int]:
    return {str(change.cell): int(change.number) for change in repair.changes}


def test_consistent_figures_need_no_repair() -> None:
    assert repairs(read(figures())) == []


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_one_wrong_number_is_found_and_its_right_one_told(data: st.DataObject) -> None:
    variant = data.draw(st.sampled_from(["2020", "2021"]))
    values = figures(variant, data.draw(st.integers(0, 999)))
    key = data.draw(st.sampled_from([key for key in values if key[0] != "proactive_disclosure"]))
    right = values[key]
    assert right is not None
    values[key] = right + data.draw(st.integers(1, 50))
    (alternatives,) = repairs(read(values, variant))
    assert {str(CellName(*key)): int(right)} in [numbers(repair) for repair in alternatives]
    assert all(len(repair.changes) == 1 for repair in alternatives)


def test_a_leaf_that_both_its_sums_speak_against_is_the_only_answer() -> None:
    values = figures()
    key = ("applications", "granted", "natural_person")
    right = values[key]
    assert right is not None
    values[key] = right + 7
    (alternatives,) = repairs(read(values))
    assert [numbers(repair) for repair in alternatives] == [{"/".join(key): int(right)}]
    (change,) = alternatives[0].changes
    assert change.printed == right + 7
    assert set(alternatives[0].mends) == {
        ("handled_total", "applications/*/natural_person"),
        ("applicant_total", "applications/granted"),
    }


def test_two_wrong_numbers_in_one_row_are_told_together() -> None:
    values = figures()
    first, second = (("applications", "granted", who) for who in ("natural_person", "research_institution"))
    wanted = {}
    for key, wrong in ((first, 3), (second, 11)):
        wanted["/".join(key)] = int(values[key] or 0)
        values[key] = (values[key] or Decimal(0)) + wrong
    (alternatives,) = repairs(read(values))
    assert wanted in [numbers(repair) for repair in alternatives]


def test_many_wrong_numbers_apart_from_one_another_are_told_together() -> None:
    values = figures()
    rows = ("granted", "partially_granted", "denied_state_secret", "unable_not_held")
    columns = ("natural_person", "commercial_enterprise", "research_institution", "other_organization")
    wanted = {}
    for wrong, place in enumerate(zip(rows, columns, strict=True)):
        key = ("applications", *place)
        wanted["/".join(key)] = int(values[key] or 0)
        values[key] = (values[key] or Decimal(0)) + 2**wrong
    found = [numbers(repair) for group in repairs(read(values)) for repair in group]
    assert wanted in found


def test_a_blank_total_is_told_as_blank() -> None:
    values = figures()
    key = ("review_litigation", "reconsideration", "total")
    for result in ("upheld", "corrected", "other_result", "pending"):
        values["review_litigation", "reconsideration", result] = Decimal(0)
    values["review_litigation", "reconsideration", "upheld"] = Decimal(4)
    values[key] = Decimal(4)
    values["review_litigation", "reconsideration", "pending"] = None
    values["review_litigation", "reconsideration", "upheld"] = Decimal(1)
    (alternatives,) = repairs(read(values))
    pending = [r for r in alternatives if "review_litigation/reconsideration/pending" in numbers(r)]
    assert numbers(pending[0]) == {"review_litigation/reconsideration/pending": 3}
    assert pending[0].changes[0].printed is None


def test_no_number_below_nothing_is_proposed() -> None:
    values = figures()
    for result in ("upheld", "corrected", "other_result", "pending"):
        values["review_litigation", "reconsideration", result] = Decimal(1)
    values["review_litigation", "reconsideration", "total"] = Decimal(0)
    (alternatives,) = repairs(read(values))
    assert [numbers(repair) for repair in alternatives] == [{"review_litigation/reconsideration/total": 4}]


def test_an_unreadable_number_silences_its_identities() -> None:
    values = figures()
    key = ("review_litigation", "reconsideration", "upheld")
    values["review_litigation", "reconsideration", "total"] = Decimal(99_999)
    assert breaches(read(values, unreadable=frozenset({key}))) == []


@pytest.mark.parametrize("shift", [1, -1])
def test_each_operand_tells_what_it_alone_would_have_to_be(shift: int) -> None:
    values = figures()
    for result in ("upheld", "corrected", "other_result", "pending"):
        values["review_litigation", "reconsideration", result] = Decimal(5)
    values["review_litigation", "reconsideration", "total"] = Decimal(20 + shift)
    equation = next(e for e in read(values) if e.place == "review_litigation/reconsideration")
    alone = {cell.column: equation.would_hold_with(cell) for cell in equation.signs}
    assert alone == {
        "total": 20,
        **dict.fromkeys(("upheld", "corrected", "other_result", "pending"), 5 + shift),
    }
