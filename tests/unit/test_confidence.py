from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.confidence import CEILING, LEAST, weigh
from pipeline.document import Locator
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


def all_places(read: Extraction) -> set[Locator]:
    return {cell.locator for cell in read.cells}


def test_born_digital_cells_stay_as_they_are() -> None:
    read = extraction(0.3)
    assert weigh(read, frozenset()) is read
    first = read.cells[0].locator
    assert weigh(read, {first}).cells[1:] == read.cells[1:]


def test_identities_that_hold_raise_confidence_but_never_to_the_full() -> None:
    weighed = weigh(extraction(0.8), all_places(extraction(0.8)))
    assert {cell.confidence for cell in weighed.cells if cell.table == "review_litigation"} == {0.9}
    assert all(0.9 <= cell.confidence <= CEILING for cell in weighed.cells)
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
    blank = replace(read.cells[0], kind=kind, value=None, raw="")  # type: ignore[arg-type]
    weighed = weigh(replace(read, cells=(blank, *read.cells[1:])), all_places(read))
    assert weighed.cells[0].confidence <= 0.8
