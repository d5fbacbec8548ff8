"""A frame that breaks its table's definition is refused, with words that name table, column and row."""

from __future__ import annotations

import pickle
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report import TABLES, Kind, Status
from schemas.codes import load_codes
from schemas.definitions import HERE, DefinitionError
from schemas.tables import TableError, conform, empty, load_tables, model, table, validate


def applications(**changes: object) -> pl.DataFrame:
    """Four good rows of table 3, with some columns changed."""
    rows = {
        "report_id": ["a-2020-1", "a-2020-1", "b-2020-2", "b-2020-2"],
        "agency_id": ["a", "a", "b", "b"],
        "report_year": [2020, 2020, 2020, 2020],
        "outcome": ["new_received", "granted", "new_received", "granted"],
        "applicant": ["total", "total", "total", "natural_person"],
        "variant": ["2020", "2020", "2021", "2021"],
        "count": [5, 4, None, 0],
        "kind": ["reported", "reported", "blank", "reported"],
    }
    return pl.DataFrame(rows | changes)


def good() -> pl.DataFrame:
    return conform("applications", applications())


def refused(frame: pl.DataFrame, name: str = "applications") -> TableError:
    with pytest.raises(TableError) as caught:
        validate(name, frame)
    return caught.value


def test_good_rows_pass_and_are_the_same_frame() -> None:
    frame = good()
    assert validate("applications", frame) is frame


@pytest.mark.parametrize("name", list(load_tables()))
def test_every_table_has_a_model_that_an_empty_frame_passes(name: str) -> None:
    assert validate(name, empty(name)).columns == list(table(name).names)
    assert set(model(name).columns) == set(table(name).names)


def test_codes_of_the_contract_are_those_of_the_registry() -> None:
    codes = {name: tuple(code.code for code in listed) for name, listed in load_codes().items()}
    assert codes["kind"] == get_args(Kind)
    assert codes["status"] == get_args(Status)
    assert codes["table_name"] == TABLES


def test_a_missing_and_an_unexpected_column_are_named_before_anything_else() -> None:
    error = refused(good().drop("kind").with_columns(colour=pl.lit("red")))
    assert [problem.columns for problem in error.problems] == [("kind",), ("colour",)]
    assert "missing" in str(error)
    assert "unexpected" in str(error)


def test_columns_in_another_order_are_refused() -> None:
    assert "another order" in str(refused(good().select(reversed(good().columns))))


def test_a_lazy_frame_is_refused_since_its_data_would_not_be_looked_at() -> None:
    with pytest.raises(TypeError, match="eager"):
        validate("applications", good().lazy())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "dtype", "words"),
    [
        ("count", pl.Float64, "count: type is Float64, should be Int64"),
        ("kind", pl.String, "kind: type is String, should be Enum(kind)"),
        ("report_year", pl.String, "report_year: type is String, should be Int16"),
    ],
)
def test_a_wrong_type_is_named(column: str, dtype: type[pl.DataType], words: str) -> None:
    assert words in str(refused(good().with_columns(pl.col(column).cast(dtype))))


def test_a_null_where_none_may_be_is_shown_with_its_row() -> None:
    frame = good().with_columns(kind=pl.when(pl.col("report_id") == "b-2020-2").then("kind"))
    error = refused(frame)
    assert error.problems[0].columns == ("kind",)
    assert "2 nulls" in error.problems[0].words
    assert "row 0: report_id=a-2020-1, outcome=new_received" in error.problems[0].rows[0]


def test_rows_that_share_a_key_are_shown() -> None:
    error = refused(pl.concat([good(), good()[:1]]))
    assert error.problems[0].columns == ("report_id", "outcome", "applicant")
    assert [row.split(":")[0] for row in error.problems[0].rows] == ["row 0", "row 4"]


def test_a_value_out_of_its_limits_is_shown() -> None:
    error = refused(good().with_columns(report_year=pl.lit(20, pl.Int16)))
    assert "report_year" in error.problems[0].columns
    assert "report_year=20" in error.problems[0].rows[0]


def test_at_most_five_rows_are_shown_and_every_problem_gets_one() -> None:
    frame = pl.concat([good()] * 4).with_columns(report_year=pl.lit(20, pl.Int16))
    error = refused(frame)
    assert len(error.problems) == 2
    assert sum(len(problem.rows) for problem in error.problems) == 5
    assert all(problem.rows for problem in error.problems)


def document(**changes: object) -> pl.DataFrame:
    values: dict[str, object] = dict.fromkeys(table("documents").names)
    values |= {"sha256": "ab" * 32, "source": "a.html", "bytes": 1, "status": "ok"}
    values["fetched_at"] = datetime(2021, 1, 2, tzinfo=UTC)
    return conform("documents", pl.DataFrame([values | changes], schema_overrides={"url": pl.String}))


def test_a_pattern_is_held() -> None:
    assert validate("documents", document()).height == 1
    assert "sha256" in str(refused(document(sha256="AB" * 32), "documents"))


@pytest.mark.parametrize("share", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_share_that_is_no_share_is_refused(share: float) -> None:
    frame = (
        empty("reports")
        .clear(1)
        .with_columns(
            report_id=pl.lit("r"),
            sha256=pl.lit("ab" * 32),
            status=pl.lit("ok").cast(table("reports").schema["status"]),
            is_current=pl.lit(True),
            share_used=pl.lit(share),
        )
    )
    assert "share_used" in str(refused(frame, "reports"))
    validate("reports", frame.with_columns(share_used=pl.lit(1.0)))


def test_a_number_that_is_none_is_refused_where_there_are_no_limits() -> None:
    values = dict.fromkeys(table("cells").names) | {"report_id": "r", "raw": "1", "confidence": 1.0}
    values |= {"table_name": "applications", "row_key": "granted", "column_key": "total"}
    frame = conform("cells", pl.DataFrame([values | {"variant": "2021", "kind": "blank"}]))
    assert validate("cells", frame).height == 1
    assert "box_left" in str(refused(frame.with_columns(box_left=pl.lit(float("nan"))), "cells"))


def test_conform_orders_and_casts() -> None:
    frame = conform("applications", applications().select(reversed(applications().columns)))
    assert frame.schema == table("applications").schema


def test_conform_takes_dates_and_decimals() -> None:
    values: dict[str, object] = dict.fromkeys(table("reports").names)
    values |= {"published_on": "2021-01-31", "report_id": "r"}
    assert conform("reports", pl.DataFrame([values]))["published_on"].to_list() == [date(2021, 1, 31)]


@pytest.mark.parametrize(
    ("column", "values", "shown"),
    [
        ("outcome", ["granted", "granted", "granted", "burnt"], "outcome=burnt"),
        ("count", [1.0, 2.5, None, 0.0], "count=2.5"),
        ("count", [1, 2**63, None, 0], "count=9223372036854775808"),
        ("report_year", [2020, 2020, 2020, 202020], "report_year=202020"),
    ],
)
def test_conform_loses_nothing_in_silence(column: str, values: list[object], shown: str) -> None:
    with pytest.raises(TableError) as caught:
        conform("applications", applications(**{column: values}))
    assert caught.value.problems[0].columns == (column,)
    assert shown in caught.value.problems[0].rows[0]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("count", ["1", "2", None, "0"]),
        ("variant", [2020, 2020, 2021, 2021]),
        ("agency_id", [["a"], ["a"], ["b"], ["b"]]),
        ("report_year", [date(2020, 1, 1)] * 4),
    ],
)
def test_conform_parses_nothing(column: str, values: list[object]) -> None:
    with pytest.raises(TableError, match=f"{column}: type is"):
        conform("applications", applications(**{column: values}))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-01-02T03:04:05Z", datetime(2021, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2021-01-02T03:04:05.5+08:00", datetime(2021, 1, 1, 19, 4, 5, 500000, tzinfo=UTC)),
        ("2021-01-02T03:04:05", None),
    ],
)
def test_conform_takes_moments_that_name_their_zone(text: str, moment: datetime | None) -> None:
    if moment is None:
        with pytest.raises(TableError, match="fetched_at"):
            document(fetched_at=text)
    else:
        assert document(fetched_at=text)["fetched_at"].to_list() == [moment]


@settings(max_examples=50, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_conform_keeps_a_decimal_or_refuses_it(value: Decimal) -> None:
    rows: dict[str, object] = dict.fromkeys(table("proactive_disclosure").names)
    frame = pl.DataFrame([rows | {"value": value}], schema_overrides={"value": pl.Decimal(38, 4)})
    try:
        kept = conform("proactive_disclosure", frame)["value"][0]
    except TableError:
        assert value != round(value, 2)
    else:
        assert kept == value


def test_the_error_has_words_in_both_languages_and_crosses_processes() -> None:
    error = pickle.loads(pickle.dumps(refused(good().drop("kind"))))
    assert "applications" in error.message.text("en")
    assert "不符合定义" in error.message.text("zh")


def test_an_unknown_table_names_those_there_are() -> None:
    with pytest.raises(KeyError, match="applications"):
        table("aplications")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("codes.csv", "fields.csv", "tables.csv", "table_columns.csv"):
        shutil.copy(HERE / name, tmp_path / name)
    shutil.copytree(HERE / "templates", tmp_path / "templates")
    return tmp_path


def add(folder: Path, definition: str, *columns: str) -> None:
    with (folder / "tables.csv").open("a", encoding="utf-8") as file:
        file.write(definition + "\n")
    with (folder / "table_columns.csv").open("a", encoding="utf-8") as file:
        file.writelines(column + "\n" for column in columns)


WORDS = "Gaps,缺口,One row a gap.,每个缺口一行。"


def test_a_new_table_is_rows_of_two_files(folder: Path) -> None:
    add(
        folder, f"gaps,{WORDS},agency_id,yes,agency_id,no,,,", "gaps,agency_id,,yes,", "gaps,report_year,,no,"
    )
    assert load_tables(folder)["gaps"].names == ("agency_id", "report_year")


@pytest.mark.parametrize(
    ("definition", "columns", "problem"),
    [
        (f"gaps,{WORDS},agency_id,no,,no,,,", ["gaps,agency_id,agency,yes,"], "no field 'agency'"),
        (f"gaps,{WORDS},agency_id,no,,no,,,", ["gaps,agency_id,,maybe,"], "should be yes or no"),
        (f"gaps,{WORDS},report_id,no,,no,,,", ["gaps,agency_id,,yes,"], "key or sort names 'report_id'"),
        (f"gaps,{WORDS},,no,,no,,,", ["gaps,agency_id,,yes,"], "needs note_en and note_zh"),
        (f"gaps,{WORDS},agency_id,yes,,no,,,", ["gaps,agency_id,,yes,"], "needs the column report_year"),
        (f"gaps,{WORDS},agency_id,no,,no,sideways,,", ["gaps,agency_id,,yes,"], "views sideways"),
        ("gaps,Gaps,,One.,一。,agency_id,no,,no,,,", ["gaps,agency_id,,yes,"], "title_zh"),
        (f"gaps,{WORDS},agency_id,no,,no,,,", [], "no columns for 'gaps'"),
        (
            f"gaps,{WORDS},agency_id,no,,no,,,",
            ["gap,agency_id,,yes,", "gaps,agency_id,,yes,"],
            "no table 'gap'",
        ),
        (f"gaps,{WORDS},agency_id,no,,no,,,", ["gaps,agency_id,,yes,organs.id"], "'organs.id'"),
        (f"gaps,{WORDS},agency_id,no,,no,,,", ["gaps,agency_id,,yes,organs"], "should be table.column"),
    ],
)
def test_a_bad_table_is_named(folder: Path, definition: str, columns: list[str], problem: str) -> None:
    add(folder, definition, *columns)
    with pytest.raises(DefinitionError, match=problem) as caught:
        load_tables(folder)
    assert ".csv:" in str(caught.value)
