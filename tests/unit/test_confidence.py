from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from pipeline.checking.columns import CELL_KEY, KIND, REPORT, UNIT, VALUE, VARIANT, YEAR
from pipeline.checking.ledger import MONEY, REPORT_COLUMNS, gather
from pipeline.checking.repair import equations
from pipeline.document import Locator
from pipeline.matching.confidence import CEILING, FULL, LEAST, RAISED, _equations, weigh
from pipeline.report import CellReading, Extraction
from pipeline.typeset.facts import CellKey, cells_of
from pipeline.typeset.figures import consistent_values

FORM = {"applications": "2021", "review_litigation": "2021"}
LITIGATION = "litigation_direct"


def extraction(confidence: float, changes: Mapping[CellKey, Decimal] | None = None) -> Extraction:
    values = {**consistent_values(FORM, random.Random(3)), **(changes or {})}
    cells = [
        CellReading(
            *key,
            variant="2021",
            raw=str(values[key]),
            kind="reported",
            value=Decimal(str(values[key])),
            unit="count",
            locator=Locator(table=1, row=number),
            confidence=confidence,
        )
        for number, key in enumerate(cells_of(FORM), 1)
    ]
    return Extraction(
        cells=tuple(cells), variants=dict(FORM), numeric_found=len(cells), numeric_used=len(cells)
    )


def all_places(read: Extraction) -> dict[Locator, float]:
    return dict.fromkeys((cell.locator for cell in read.cells), 1.0)


def test_born_digital_cells_stay_as_they_are() -> None:
    read = extraction(0.3)
    assert weigh(read, {}) is read
    first = read.cells[0].locator
    assert weigh(read, {first: 1.0}).cells[1:] == read.cells[1:]


def test_identities_that_hold_raise_confidence_but_never_to_the_full() -> None:
    weighed = weigh(extraction(0.7), all_places(extraction(0.7)))
    assert {cell.confidence for cell in weighed.cells if cell.table == "review_litigation"} == {0.85}
    assert all(0.85 <= cell.confidence <= RAISED < FULL for cell in weighed.cells)
    certain = weigh(extraction(0.92), all_places(extraction(0.92)))
    assert all(FULL < cell.confidence <= CEILING for cell in certain.cells)
    assert all(cell.confidence <= CEILING < 1 for cell in weigh(extraction(1.0), all_places(weighed)).cells)


def test_a_broken_identity_lowers_confidence_and_changes_no_value() -> None:
    key = ("review_litigation", LITIGATION, "upheld")
    read = extraction(0.9, {key: Decimal(7777)})
    weighed = weigh(read, all_places(read))
    assert [cell.value for cell in weighed.cells] == [cell.value for cell in read.cells]
    lowered = {cell.row for cell in weighed.cells if cell.confidence < 0.9}
    assert lowered == {LITIGATION}


def test_what_is_too_uncertain_is_unreadable_with_its_text_kept() -> None:
    key = ("review_litigation", LITIGATION, "upheld")
    read = extraction(0.6, {key: Decimal(7777)})
    weighed = weigh(read, all_places(read))
    doubted = [cell for cell in weighed.cells if cell.kind == "unreadable"]
    assert len(doubted) == 5
    assert all(cell.value is None and cell.raw and cell.confidence < LEAST for cell in doubted)
    assert [finding.message.code for finding in weighed.findings] == ["uncertain_cell"] * 5
    assert weighed.numeric_found == weighed.numeric_used + len(weighed.leftovers)


@pytest.mark.parametrize("kind", ["blank", "nil_mark"])
def test_identities_say_nothing_of_a_blank(kind: str) -> None:
    read = extraction(0.8)
    blank = read.cells[0]._replace(kind=kind, value=None, raw="")  # type: ignore[arg-type]
    weighed = weigh(replace(read, cells=(blank, *read.cells[1:])), all_places(read))
    assert weighed.cells[0].confidence <= 0.8


def test_identities_are_those_of_the_rules() -> None:
    for variant in ("2020", "2021"):
        form = dict.fromkeys(("proactive_disclosure", "applications", "review_litigation"), variant)
        rows = [("r", *key, variant, "reported", "count", Decimal(1)) for key in cells_of(form)]
        text = dict.fromkeys((*CELL_KEY, VARIANT, KIND, UNIT), pl.String())
        cells = pl.DataFrame(rows, schema={**text, VALUE: MONEY}, orient="row")
        report = pl.DataFrame({REPORT: ["r"]}).with_columns(
            pl.lit(None, pl.Int16() if name == YEAR else pl.String()).alias(name)
            for name in REPORT_COLUMNS
            if name != REPORT
        )
        wanted = {
            frozenset((cell.table, cell.row, cell.column, sign > 0) for cell, sign in equation.signs.items())
            for equation in equations(gather(cells, report))["r"]
        }
        readings = [CellReading(*row[1:4], variant, "1", "reported", Decimal(1), "count") for row in rows]
        found = {
            frozenset((*(getattr(c, n) for n in ("table", "row", "column")), left) for left, c in pairs)
            for sides in _equations(readings)
            for pairs in [[(True, c) for c in sides[0]] + [(False, c) for c in sides[1]]]
        }
        assert found == wanted
