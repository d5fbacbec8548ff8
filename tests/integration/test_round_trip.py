"""What is typeset comes back from readers and extraction: the sample, and any numbers in any style."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.readers import read_document
from pipeline.report import Extraction
from pipeline.typeset import Facts, Style, typeset
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.style import FormStyle, NumberStyle
from scripts import make_sample
from tests.strategies import Case, cases, choices, expected_cells

ROOT = Path(__file__).resolve().parents[2]
# A failing report has hundreds of cells: making it smaller takes minutes and tells no more.
QUICK = (Phase.explicit, Phase.generate)


def read(content: bytes) -> Extraction:
    return extract(arrange(read_document(content)))


def faults(facts: Facts, style: Style, extraction: Extraction) -> dict[object, object]:
    """Cells that were read otherwise than they were printed, and cells that were never there."""
    wanted = {
        key: (cell.kind, cell.value, cell.unit if cell.value is not None else None)
        for key, cell in expected_cells(facts, style).items()
    }
    found = {
        (cell.table, cell.row, cell.column): (
            cell.kind,
            cell.value,
            cell.unit if cell.value is not None else None,
        )
        for cell in extraction.cells
    }
    return {
        key: (wanted.get(key), found.get(key)) for key in wanted | found if wanted.get(key) != found.get(key)
    }


def told(variants: Mapping[str, str]) -> dict[str, str]:
    """The variants that labels can tell: table 4 is the same in both forms."""
    return {table: name for table, name in variants.items() if table != "review_litigation"}


@pytest.mark.parametrize("listed", make_sample.read_reports(), ids=lambda listed: listed["file"])
def test_sample_comes_back_cell_for_cell(listed: dict[str, object]) -> None:
    facts, style = make_sample.facts_of(listed), make_sample.read_style(listed["style"])
    extraction = read((make_sample.SAMPLE / "reports" / str(listed["file"])).read_bytes())
    assert faults(facts, style, extraction) == {}
    assert told(extraction.variants) == told(facts.variants)


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=QUICK
)
@given(cases())
def test_any_numbers_in_any_style_come_back(case: Case) -> None:
    # Rows that are cut have their own test below.
    assume(case.style.form.split != "cut")
    extraction = read(typeset(case.facts, case.style, case.media))  # type: ignore[arg-type]
    assert faults(case.facts, case.style, extraction) == {}
    assert told(extraction.variants) == told(case.facts.variants)


@pytest.mark.parametrize("blank", ["/", "—", "-"])
def test_a_mark_for_nothing_keeps_table_4(blank: str) -> None:
    assert blanked(("review_litigation", "reconsideration"), blank) == {}


@pytest.mark.parametrize("blank", choices("numbers", "blank"))
def test_a_mark_for_nothing_keeps_table_2(blank: str) -> None:
    assert blanked(("proactive_disclosure", "regulation"), blank) == {}


def blanked(row: tuple[str, str], blank: str) -> dict[object, object]:
    """What is read wrong where one row holds only a mark for nothing."""
    facts = consistent()
    values = {cell: None if cell[:2] == row else value for cell, value in facts.values.items()}
    facts, style = replace(facts, values=values), Style(numbers=NumberStyle(blank=blank))  # type: ignore[arg-type]
    return faults(facts, style, read(typeset(facts, style, "html")))


@pytest.mark.parametrize("numbers_in", ["first", "second"])
@pytest.mark.parametrize("row", range(1, 25))
def test_a_row_cut_by_a_page_end_is_read_or_left_over(row: int, numbers_in: str) -> None:
    # Half a label may leave the row open; then its numbers are leftovers, never gone.
    facts = consistent()
    style = Style(FormStyle(split="cut", split_after=row, cut_numbers=numbers_in))  # type: ignore[arg-type]
    extraction = read(typeset(facts, style, "html"))
    lost = faults(facts, style, extraction)
    assert len(lost) == len(extraction.leftovers)
    assert all(found[0] == "absent" for _, found in lost.values())


def consistent() -> Facts:
    form = dict.fromkeys(("proactive_disclosure", "applications", "review_litigation"), "2021")
    return Facts("样例区演示局", 2021, form, consistent_values(form, random.Random(1)))
