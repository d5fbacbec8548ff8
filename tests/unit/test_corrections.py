"""Corrections reach the harmonised series alone, beside the printed number, and only while that still stands."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipeline.checking.columns import AGENCY, COLUMN, KIND, REPORT, ROW, TABLE, UNIT, VALUE, VARIANT, YEAR
from pipeline.checking.corrections import (
    COLUMNS,
    Correction,
    harmonize_corrected,
    judge,
    load_corrections,
    refusals,
)
from pipeline.reconcile import harmonize
from schemas.definitions import DefinitionError

SHA = "ab" * 32
ROOT = Path(__file__).resolve().parents[2]
HELD = {
    ("applications", "granted", "total"): ("12", Decimal(12)),
    ("applications", "other_overdue_correction", "total"): ("1", Decimal(1)),
    ("applications", "other_overdue_fee", "total"): ("", None),
    ("applications", "other_misc", "total"): ("２", Decimal(2)),
    ("proactive_disclosure", "administrative_fee", "amount"): ("8040", Decimal(80_400_000)),
}


def row(document: str, cell: str, printed: str, corrected: str, /, **changes: str) -> str:
    values = dict(zip(COLUMNS[:6], (document, *cell.split("/"), printed, corrected), strict=True))
    values |= {"reason": "a slip", "source": "the office", "who": "a reader", "when": "2024-05-01"} | changes
    return ",".join(values[column] for column in COLUMNS)


def corrections(folder: Path, *rows: str) -> tuple[Correction, ...]:
    path = folder / "corrections.csv"
    path.write_text("\n".join((",".join(COLUMNS), *rows)) + "\n", encoding="utf-8")
    return load_corrections(path)


def cells() -> pl.DataFrame:
    rows = [
        (
            "r1",
            *key,
            "2021",
            raw,
            "blank" if value is None else "reported",
            value,
            "yuan" if "fee" in key[1] else "count",
        )
        for key, (raw, value) in HELD.items()
    ]
    names = (REPORT, TABLE, ROW, COLUMN, VARIANT, "raw", KIND, VALUE, UNIT)
    schema = dict.fromkeys(names, pl.String) | {VALUE: pl.Decimal(20, 2)}
    return pl.DataFrame(rows, schema=schema, orient="row")


REPORTS = pl.DataFrame(
    {REPORT: ["r1"], AGENCY: ["a"], YEAR: [2022], "sha256": [SHA], "is_current": [True]},
    schema_overrides={YEAR: pl.Int16},
)


def statuses(judged: pl.DataFrame) -> list[tuple[str, str | None]]:
    return [(str(s), c) for s, c in judged.select("correction_status", "message_code").iter_rows()]


def series(judged: pl.DataFrame) -> dict[str, tuple[Decimal | None, Decimal | None, bool, str, str | None]]:
    made = harmonize_corrected(cells(), REPORTS, judged)
    names = ("concept", VALUE, "value_as_printed", "corrected", KIND, UNIT)
    return {concept: rest for concept, *rest in map(tuple, made.select(names).iter_rows())}  # type: ignore[misc]


def test_the_file_that_ships_is_empty_and_right() -> None:
    assert load_corrections(ROOT / "data" / "corrections.csv") == ()


def test_no_file_is_no_correction(tmp_path: Path) -> None:
    assert load_corrections(tmp_path / "none.csv") == ()


@pytest.mark.parametrize("document", [SHA, "r1"])
def test_an_applied_correction_stands_beside_the_printed_number(tmp_path: Path, document: str) -> None:
    judged = judge(
        corrections(tmp_path, row(document, "applications/granted/total", "12", "21")), cells(), REPORTS
    )
    assert statuses(judged) == [("applied", None)]
    assert judged.select("report_id", "value_as_printed", "corrected_value").row(0) == ("r1", 12, 21)
    assert list(series(judged)["granted"]) == [21, 12, True, "reported", "count"]


def test_the_cells_themselves_are_never_changed(tmp_path: Path) -> None:
    before = cells()
    held = before.clone()
    judged = judge(corrections(tmp_path, row(SHA, "applications/granted/total", "12", "21")), before, REPORTS)
    harmonize_corrected(before, REPORTS, judged)
    assert before.equals(held)


def test_a_sum_is_made_anew_from_a_corrected_part(tmp_path: Path) -> None:
    judged = judge(
        corrections(tmp_path, row(SHA, "applications/other_overdue_fee/total", "", "5")), cells(), REPORTS
    )
    assert list(series(judged)["other_handling"]) == [8, 3, True, "reported", "count"]
    assert list(series(judged)["other_overdue_fee"]) == [5, None, True, "reported", "count"]


def test_money_is_corrected_in_its_own_unit(tmp_path: Path) -> None:
    fee = "proactive_disclosure/administrative_fee/amount"
    judged = judge(corrections(tmp_path, row(SHA, fee, "8040", "8040元")), cells(), REPORTS)
    made = harmonize_corrected(cells(), REPORTS, judged).filter(pl.col("corrected"))
    assert made.select(VALUE, "value_as_printed", UNIT).row(0) == (8040, 80_400_000, "yuan")


@pytest.mark.parametrize(
    ("printed", "status"), [("2", "applied"), (" ２ ", "applied"), ("3", "refused"), ("", "refused")]
)
def test_only_while_the_printed_text_still_stands(tmp_path: Path, printed: str, status: str) -> None:
    judged = judge(
        corrections(tmp_path, row(SHA, "applications/other_misc/total", printed, "9")), cells(), REPORTS
    )
    assert judged["correction_status"].cast(str).to_list() == [status]
    if status == "refused":
        assert judged["message_code"].to_list() == ["correction_stale"]
        assert "corrections.csv:2" in next(refusals(judged))[0]
        assert harmonize_corrected(cells(), REPORTS, judged).equals(harmonize(cells(), REPORTS))


def test_a_document_of_another_build_is_no_refusal(tmp_path: Path) -> None:
    judged = judge(
        corrections(tmp_path, row("cd" * 32, "applications/granted/total", "12", "21")), cells(), REPORTS
    )
    assert statuses(judged) == [("not_in_build", None)]
    assert list(refusals(judged)) == []


def test_a_cell_that_the_report_s_form_lacks_is_refused(tmp_path: Path) -> None:
    old = row(SHA, "applications/other_handling/total", "1", "2")
    assert statuses(judge(corrections(tmp_path, old), cells(), REPORTS)) == [
        ("refused", "correction_no_cell")
    ]


def test_the_second_of_two_corrections_of_one_cell_is_refused(tmp_path: Path) -> None:
    both = (row(name, "applications/granted/total", "12", to) for name, to in ((SHA, "21"), ("r1", "22")))
    judged = judge(corrections(tmp_path, *both), cells(), REPORTS)
    assert statuses(judged) == [("applied", None), ("refused", "correction_twice")]
    assert series(judged)["granted"][0] == 21


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "corrections.csv:2: reason is empty"),
        ({"source": " "}, "source is empty"),
        ({"who": ""}, "who is empty"),
        ({"when": "May"}, "when 'May' is no day"),
        ({"corrected": "many"}, "no number that the cell can take"),
        ({"corrected": "1.5"}, "no number that the cell can take"),
        ({"column": "nobody"}, "no form has the cell applications/granted/nobody"),
        (
            {"table": "proactive_disclosure", "row": "administrative_fee", "column": "amount"},
            "is money and needs its unit",
        ),
    ],
)
def test_a_row_that_is_wrong_is_named_by_file_and_line(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(DefinitionError, match=words):
        corrections(tmp_path, row(SHA, "applications/granted/total", "12", "21", **changes))


def test_the_same_cell_twice_under_one_name_is_named_by_file_and_line(tmp_path: Path) -> None:
    same = row(SHA, "applications/granted/total", "12", "21")
    with pytest.raises(DefinitionError, match=r"corrections\.csv:3"):
        corrections(tmp_path, same, same)
