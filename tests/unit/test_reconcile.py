"""Harmonised series: made by the crosswalk, blanks kept, mixed reports table by table."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checking.columns import (
    AGENCY,
    COLUMN,
    CONCEPT,
    DIMENSION,
    KIND,
    REPORT,
    ROW,
    TABLE,
    UNIT,
    VALUE,
    VARIANT,
    YEAR,
)
from pipeline.crosswalk import COLUMNS, Crosswalk, load_crosswalk, national_crosswalk
from pipeline.reconcile import HARMONIZED_SCHEMA, KEY, harmonize
from pipeline.templates import load_templates
from pipeline.typeset.figures import consistent_values
from schemas.definitions import HERE

TABLES = ("proactive_disclosure", "applications", "review_litigation")
OLD, NEW = (dict.fromkeys(TABLES, name) for name in ("2020", "2021"))
MIXED = {"proactive_disclosure": "2021", "applications": "2020", "review_litigation": "2020"}
OTHERS = ("other_overdue_correction", "other_overdue_fee", "other_misc")
CellRow = tuple[str, str, str, str, str, Decimal | None, str, str]


def frame(rows: list[CellRow]) -> pl.DataFrame:
    texts = dict.fromkeys([REPORT, TABLE, ROW, COLUMN, VARIANT], pl.String)
    schema = {**texts, VALUE: pl.Decimal(20, 2), KIND: pl.String, UNIT: pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def drawn(variants: dict[str, str], seed: int = 0, report: str = "r") -> pl.DataFrame:
    values = consistent_values(variants, random.Random(seed))
    return frame(
        [(report, *key, variants[key[0]], Decimal(str(v)), "reported", "count") for key, v in values.items()]
    )


def others(*parts: tuple[int | None, str]) -> pl.DataFrame:
    """The three rows of （六） for natural persons, each a number and a kind."""
    return frame(
        [
            (
                "r",
                "applications",
                key,
                "natural_person",
                "2021",
                None if v is None else Decimal(v),
                kind,
                "count",
            )
            for key, (v, kind) in zip(OTHERS, parts, strict=False)
        ]
    )


def reports(*rows: tuple[str, str | None, int | None]) -> pl.DataFrame:
    schema = {REPORT: pl.String, AGENCY: pl.String, YEAR: pl.Int16}
    return pl.DataFrame(rows, schema=schema, orient="row")


ONE = reports(("r", "a", 2022))


def other_handling(cells: pl.DataFrame) -> dict[str, object]:
    chosen = harmonize(cells, ONE).filter(pl.col(CONCEPT) == "other_handling")
    return chosen.row(0, named=True)


@pytest.mark.parametrize("variants", [OLD, NEW, MIXED])
@given(seed=st.integers(0, 10**9))
@settings(max_examples=8, deadline=None)
def test_every_value_is_the_sum_of_its_cells_and_no_cell_is_lost(variants: dict[str, str], seed: int) -> None:
    cells = drawn(variants, seed)
    found = harmonize(cells, ONE)
    assert found.schema == pl.Schema(HARMONIZED_SCHEMA)
    assert found.select(KEY).is_unique().all()
    printed = {
        key: value
        for *key, value in cells.select(TABLE, ROW, COLUMN, VALUE).iter_rows()
        for key in [tuple(key)]
    }
    used: set[tuple[str, ...]] = set()
    for row in found.iter_rows(named=True):
        sources = national_crosswalk().sources_of(row["variant"], row["concept"], row["dimension"]).rows()
        assert row["value"] == sum(printed[key] for key in sources)
        used |= set(sources)
    assert used == set(printed)


def test_other_handling_runs_through_both_forms() -> None:
    old = frame(
        [("o", "applications", "other_handling", "natural_person", "2020", Decimal(5), "reported", "count")]
    )
    new = others((1, "reported"), (0, "reported"), (2, "reported"))
    found = harmonize(pl.concat([old, new]), reports(("o", "a", 2020), ("r", "a", 2021)))
    series = found.filter(pl.col(CONCEPT) == "other_handling")
    columns = [YEAR, VALUE, "derivation", "relation", "comparable", "variant"]
    assert series.select(columns).rows() == [
        (2020, 5, "as_reported", "exactMatch", True, "2020"),
        (2021, 3, "summed", "exactMatch", True, "2021"),
    ]
    parts = found.filter(pl.col(CONCEPT).is_in(OTHERS))
    assert parts.select("relation", "comparable").unique().rows() == [("narrowMatch", False)]
    assert parts[YEAR].unique().to_list() == [2021]


def test_a_sum_over_some_blanks_says_so() -> None:
    row = other_handling(others((4, "reported"), (None, "blank"), (None, "nil_mark")))
    assert (row["value"], row["kind"], row["blanks"], row["unit"]) == (4, "reported", 2, "count")


def test_parts_the_frame_lacks_are_blanks() -> None:
    assert (
        other_handling(others((4, "reported")))["value"],
        other_handling(others((4, "reported")))["blanks"],
    ) == (4, 2)


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (("blank", "blank", "blank"), "blank"),
        (("nil_mark", "nil_mark", "nil_mark"), "nil_mark"),
        (("absent", "absent", "absent"), "absent"),
        (("blank", "absent", "nil_mark"), "blank"),
    ],
)
def test_a_sum_of_blanks_stays_blank(kinds: tuple[str, ...], kind: str) -> None:
    row = other_handling(others(*[(None, k) for k in kinds]))
    assert (row["value"], row["kind"], row["blanks"]) == (None, kind, 3)


def test_an_unreadable_part_leaves_the_sum_unknown() -> None:
    row = other_handling(others((4, "reported"), (None, "unreadable"), (None, "blank")))
    assert (row["value"], row["kind"], row["blanks"]) == (None, "unreadable", 1)


@pytest.mark.parametrize("kind", ["blank", "nil_mark", "absent", "unreadable"])
def test_a_single_blank_stays_what_it_is(kind: str) -> None:
    cell = frame([("r", "applications", "granted", "total", "2021", None, kind, "count")])
    row = harmonize(cell, ONE).row(0, named=True)
    assert (row["value"], row["kind"], row["blanks"]) == (None, kind, 0 if kind == "unreadable" else 1)


def test_mixed_reports_reconcile_table_by_table() -> None:
    found = harmonize(drawn(MIXED), ONE)
    has = set(found.select(CONCEPT, DIMENSION, VARIANT).rows())
    assert ("normative_document", "in_force", "2021") in has
    assert ("other_handling", "total", "2020") in has
    assert not {concept for concept, _, _ in has} & set(OTHERS)
    assert found.filter(pl.col(CONCEPT) == "other_handling")["derivation"].unique().to_list() == [
        "as_reported"
    ]


def test_reports_without_agency_or_year_or_superseded_are_no_part_of_a_series() -> None:
    cells = pl.concat([drawn(OLD, report=name) for name in "abcd"])
    who = reports(("a", None, 2020), ("b", "x", None), ("c", "x", 2020), ("d", "x", 2020))
    current = who.with_columns(pl.Series("is_current", [True, True, False, True]))
    assert harmonize(cells, current)[REPORT].unique().to_list() == ["d"]


def test_enums_are_taken_as_texts() -> None:
    cells = drawn(NEW)
    enums = cells.with_columns(
        pl.col(TABLE).cast(pl.Enum(TABLES)), pl.col(VARIANT).cast(pl.Enum(["2020", "2021"]))
    )
    assert harmonize(enums, ONE).equals(harmonize(cells, ONE))


def test_no_cells_give_an_empty_frame() -> None:
    assert harmonize(frame([]), ONE).schema == pl.Schema(HARMONIZED_SCHEMA)


def test_an_unknown_cell_is_an_error() -> None:
    cell = frame([("r", "applications", "given", "total", "2021", Decimal(1), "reported", "count")])
    with pytest.raises(ValueError, match="crosswalk does not know 2021/applications/given/total"):
        harmonize(cell, ONE)
    with pytest.raises(ValueError, match="cells: no column kind"):
        harmonize(cell.drop(KIND), ONE)


STATISTICS = """# letter=invented
# first_year=2014
# last_year=2018
table,block,axis,key,label_path,unit,role
statistics,statistics,column,count,统计数,count,leaf
statistics,statistics,row,received,收到申请数,,inflow
statistics,statistics,row,in_time,按时办结数,,leaf
statistics,statistics,row,late,延期办结数,,leaf
statistics,statistics,row,staff,工作人员数,,leaf
"""
MAPPINGS = """
new_received,total,statistics,2014,received,count,as_reported,closeMatch,2020:applications/new_received/total,yes,,
total_handled,total,statistics,2014,in_time+late,count,sum,closeMatch,2020:applications/total_handled/total,yes,,
,,statistics,2014,staff,count,none,none,,no,,
""".lstrip()


@pytest.fixture
def three_forms(tmp_path: Path) -> Crosswalk:
    """The crosswalk with an invented third form: a template CSV and rows, and no code."""
    for path in (HERE / "templates").glob("*.csv"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (tmp_path / "2014.csv").write_text(STATISTICS, "utf-8")
    rows = tmp_path / "rows"
    rows.mkdir()
    text = (HERE / "crosswalk.csv").read_text("utf-8") + MAPPINGS
    (rows / "crosswalk.csv").write_text(text, "utf-8")
    return load_crosswalk(rows / "crosswalk.csv", load_templates(tmp_path))


def test_a_third_form_is_a_template_and_crosswalk_rows(three_forms: Crosswalk) -> None:
    told = {"received": 9, "in_time": 5, "late": 2, "staff": 3}
    old = frame(
        [("o", "statistics", k, "count", "2014", Decimal(v), "reported", "count") for k, v in told.items()]
    )
    found = harmonize(pl.concat([old, drawn(NEW)]), reports(("o", "a", 2018), ("r", "a", 2022)), three_forms)
    early = found.filter(pl.col(YEAR) == 2018)
    assert early.select(CONCEPT, DIMENSION, VALUE, "derivation").rows() == [
        ("new_received", "total", 9, "as_reported"),
        ("total_handled", "total", 7, "summed"),
    ]
    series = found.filter((pl.col(CONCEPT) == "new_received") & (pl.col(DIMENSION) == "total"))
    assert series[YEAR].to_list() == [2018, 2022]


def test_the_crosswalk_header_is_the_contract() -> None:
    header = next(
        line for line in (HERE / "crosswalk.csv").read_text("utf-8").splitlines() if not line.startswith("#")
    )
    assert tuple(header.split(",")) == COLUMNS
