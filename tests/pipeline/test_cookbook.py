"""The cookbook: every query answers, and its page shows what it answers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COOKBOOK = script("make_cookbook")
QUERIES = {file.stem.split("-", 1)[1]: file for file in COOKBOOK.queries()}


@pytest.fixture(scope="module")
def ask(warehouse: Path) -> Callable[[str], list[dict[str, object]]]:
    def answer(name: str) -> list[dict[str, object]]:
        columns, rows = COOKBOOK.answer(QUERIES[name], warehouse)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    return answer


Ask = Callable[[str], list[dict[str, object]]]


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_has_an_answer(ask: Ask, name: str) -> None:
    assert ask(name)


def test_the_page_shows_what_the_queries_answer(warehouse: Path) -> None:
    assert (COOKBOOK.FOLDER / "README.md").read_text(encoding="utf-8") == COOKBOOK.render(warehouse), (
        "write it again: python scripts/make_cookbook.py WAREHOUSE"
    )


def test_rates_add_counts_before_they_divide(ask: Ask) -> None:
    rows = {(row["province"], row["report_year"]): row for row in ask("disclosure-rate-by-province")}
    assert rows["江苏省", 2024]["disclosure_rate_percent"] == pytest.approx(62.1)
    assert (rows["浙江省", 2020]["granted"], rows["浙江省", 2020]["small_n"]) == (3, True)
    assert (rows["安徽省", 2020]["offices"], rows["安徽省", 2020]["offices_without_rate"]) == (0, 1)


def test_one_row_a_year_for_an_office_written_in_two_ways(ask: Ask) -> None:
    rows = ask("one-office-one-row-a-year")
    assert [(r["report_year"], r["agency_name"]) for r in rows] == [
        (2023, "洪泽区人民政府"),
        (2024, "淮安市洪泽区人民政府"),
    ]
    assert rows[1]["applications_received_change"] == 95 - 21


def test_the_series_across_the_forms_says_how_it_was_made(ask: Ask) -> None:
    rows = [row for row in ask("one-office-across-the-forms") if row["concept"] == "other_handling"]
    assert [(row["report_year"], row["derivation"]) for row in rows] == [
        (2019, "as_reported"),
        (2020, "as_reported"),
        (2021, "summed"),
        (2022, "summed"),
        (2023, "summed"),
    ]
    assert all(row["comparable"] for row in rows)
    stock = [
        row
        for row in ask("one-office-across-the-forms")
        if row["dimension"] in ("in_force", "total_disclosed")
    ]
    assert stock
    assert not any(row["comparable"] for row in stock)


def test_four_places_are_called_gulou(ask: Ask) -> None:
    found = [(row["code"], row["prefecture"]) for row in ask("places-of-one-name")]
    assert found == [("320106", "南京市"), ("320302", "徐州市"), ("350102", "福州市"), ("410204", "开封市")]


def test_who_is_missing_reported_before(ask: Ask) -> None:
    assert date.today() > date(2025, 3, 31)  # until then the last year of the sample was not due
    rows = {row["agency_name"]: row for row in ask("who-has-not-published")}
    assert rows["临淄区人力资源和社会保障局"]["missing"] == [2022, 2023, 2024]
    assert "淮安市洪泽区人民政府" not in rows
