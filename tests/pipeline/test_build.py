"""The whole line on the embedded sample: every number comes out of DuckDB as it went into the report."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipeline.publish.query import open_warehouse
from tests.pipeline.conftest import ROOT, Ogi

SAMPLE = ROOT / "data" / "sample"


@pytest.fixture(scope="module")
def connection(warehouse: Path) -> duckdb.DuckDBPyConnection:
    return open_warehouse(warehouse)


def listed_reports() -> list[dict[str, str]]:
    listed = json.loads((SAMPLE / "facts" / "reports.json").read_text(encoding="utf-8"))
    return listed["reports"] if isinstance(listed, dict) else listed


def facts(stem: str) -> dict[tuple[str, str, str], Decimal | None]:
    """A report's figures as they were given to the typesetter."""
    with (SAMPLE / "facts" / f"{stem}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {(r["table"], r["row"], r["column"]): Decimal(r["value"]) if r["value"] else None for r in rows}


def cells_of(connection: duckdb.DuckDBPyConnection, file: str) -> dict[tuple[str, str, str], Decimal | None]:
    query = """
        SELECT table_name, row_key, column_key, value
        FROM cells JOIN reports USING (report_id) JOIN documents USING (sha256)
        WHERE file_name = ?
    """
    return {(t, r, c): value for t, r, c, value in connection.execute(query, [file]).fetchall()}


@pytest.mark.parametrize("path", sorted((SAMPLE / "reports").iterdir()), ids=lambda path: path.name)
def test_every_number_of_a_report_can_be_queried(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    wanted = facts(path.stem)
    assert cells_of(connection, path.name) == wanted
    assert len(wanted) in (186, 198, 200)


def test_all_numbers_are_used(connection: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT count(*), min(share_used), sum(numeric_found), sum(numeric_used) FROM reports"
    count, least, found, used = connection.execute(query).fetchone() or ()
    assert count == len(list((SAMPLE / "reports").iterdir()))
    assert least == 1.0
    assert found == used > 2000
    assert connection.execute("SELECT count(*) FROM leftovers").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM failures").fetchone() == (0,)


def test_facts_are_the_cells(connection: duckdb.DuckDBPyConnection) -> None:
    for table, row, column, value in (
        ("proactive_disclosure", "item", "measure", "value"),
        ("applications", "outcome", "applicant", '"count"'),
        ("review_litigation", "procedure", "result", '"count"'),
    ):
        query = f"""
            SELECT count(*) FROM cells c FULL JOIN {table} f
              ON c.report_id = f.report_id AND c.row_key::VARCHAR = f.{row}::VARCHAR
                 AND c.column_key::VARCHAR = f.{column}::VARCHAR
            WHERE c.table_name = '{table}' AND (f.report_id IS NULL OR c.value IS DISTINCT FROM f.{value})
        """
        assert connection.execute(query).fetchone() == (0,), table


def test_a_mixed_report_says_so(connection: duckdb.DuckDBPyConnection) -> None:
    query = """
        SELECT template, variant_proactive_disclosure, variant_applications FROM reports
        WHERE division_code = '320813' ORDER BY report_year
    """
    assert connection.execute(query).fetchall() == [("mixed", "2021", "2020")] * 2


def test_one_office_under_two_names_is_one_agency(connection: duckdb.DuckDBPyConnection) -> None:
    names = connection.execute(
        "SELECT agency_id, count(DISTINCT agency_name) FROM reports WHERE division_code = '320813' GROUP BY 1"
    ).fetchall()
    assert names == [("320813-people_government", 2)]


def test_other_handling_runs_across_the_forms(connection: duckdb.DuckDBPyConnection) -> None:
    query = """
        SELECT report_year, value, derivation FROM harmonized_by_agency
        WHERE agency_name LIKE '示范市样例区演示局%' AND concept = 'other_handling' AND dimension = 'total'
        ORDER BY report_year
    """
    found = connection.execute(query).fetchall()
    assert [year for year, _, _ in found] == [2019, 2020, 2021, 2022, 2023]
    assert [derivation for _, _, derivation in found] == ["as_reported"] * 2 + ["summed"] * 3
    parts = facts("showcase-2022")
    told = [parts["applications", row, "total"] for row in parts_of_other_handling()]
    assert {year: value for year, value, _ in found}[2022] == sum(filter(None, told))


def parts_of_other_handling() -> tuple[str, ...]:
    return ("other_overdue_correction", "other_overdue_fee", "other_misc")


def test_a_real_contradiction_is_recorded_and_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT place, left_value, right_value FROM check_results WHERE level = 'error' ORDER BY place"
    assert connection.execute(query).fetchall() == [
        ("review_litigation/litigation_after_reconsideration", Decimal(0), Decimal(5)),
        ("review_litigation/reconsideration", Decimal(0), Decimal(11)),
    ]


def test_every_table_and_column_is_explained(connection: duckdb.DuckDBPyConnection) -> None:
    tables = "SELECT count(*) FROM duckdb_tables() WHERE comment IS NULL"
    columns = "SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
    assert connection.execute(tables).fetchone() == (0,)
    assert connection.execute(columns).fetchone() == (0,)


def test_the_same_input_is_the_same_release(ogi: Ogi, warehouse: Path) -> None:
    before = (warehouse / "current").readlink()
    files = {p: p.read_bytes() for p in (warehouse / "current" / "parquet").rglob("*.parquet")}
    done = ogi("build", "--out", warehouse)
    assert done.returncode == 0, done.stderr
    assert (warehouse / "current").readlink() == before
    assert {p: p.read_bytes() for p in (warehouse / "current" / "parquet").rglob("*.parquet")} == files


def test_parquet_stands_beside_the_database(warehouse: Path) -> None:
    folder = warehouse / "current" / "parquet" / "applications"
    query = "SELECT count(*) FROM read_parquet(?)"
    (rows,) = duckdb.execute(query, [str(folder / "*" / "*.parquet")]).fetchone() or (0,)
    (same,) = open_warehouse(warehouse).execute("SELECT count(*) FROM applications").fetchone() or (1,)
    assert rows == same > 2000
