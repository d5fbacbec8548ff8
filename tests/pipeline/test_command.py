"""The command as a user types it: output, exit codes, help, languages."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.pipeline.conftest import ROOT, Ogi

REPORTS = ROOT / "data" / "sample" / "reports"
DOCX, HTML = REPORTS / "yubei-2020.docx", REPORTS / "linzi-2021.html"
ESCAPE = "\x1b["


def test_extract_prints_an_object_a_file_in_order(ogi: Ogi) -> None:
    done = ogi("extract", "--format", "jsonl", HTML, DOCX)
    assert done.returncode == 0
    first, second = map(json.loads, done.stdout.splitlines())
    assert [first["source"], second["source"]] == [str(HTML), str(DOCX)]
    assert first["agency"]["division_code"] == "370305"
    assert (second["report_year"], second["template"], len(second["cells"])) == (2020, "2020", 198)
    keys = {"source", "sha256", "media_type", "status", "title", "agency", "report_year", "scope", "template"}
    keys |= {"variants", "cells", "sections", "figures", "checks", "leftovers", "messages"}
    assert keys <= set(first)
    cell = {"table", "row", "column", "value", "unit", "raw", "kind", "confidence", "locator"}
    assert all(cell <= set(c) for c in first["cells"])


def test_extract_as_csv_has_a_row_a_cell(ogi: Ogi) -> None:
    done = ogi("extract", "--format", "csv", DOCX)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 198
    (amount,) = [r for r in rows if (r["row"], r["column"]) == ("government_procurement", "amount")]
    assert (amount["value"], amount["unit"], amount["raw"]) == ("870000", "yuan", "87万元")


def test_extract_as_json_is_one_list(ogi: Ogi) -> None:
    (report,) = json.loads(ogi("extract", "--format", "json", DOCX).stdout)
    assert report["status"] == "ok"


def test_extract_for_a_person_shows_the_forms_labels_without_colours_in_a_pipe(ogi: Ogi) -> None:
    done = ogi("extract", DOCX)
    assert "（七）总计" in done.stdout
    assert "87万元" in done.stdout
    assert ESCAPE not in done.stdout + done.stderr


def test_sql_answers_as_table_csv_and_json(ogi: Ogi, warehouse: Path) -> None:
    query = "SELECT agency_name, report_year FROM reports WHERE division_code = '500112'"
    assert "重庆市渝北区人力资源和社会保障局" in ogi("sql", "--warehouse", warehouse, query).stdout
    as_csv = ogi("sql", "--format", "csv", "--warehouse", warehouse, query).stdout
    assert as_csv.splitlines() == ["agency_name,report_year", "重庆市渝北区人力资源和社会保障局,2020"]
    (row,) = json.loads(ogi("sql", "--format", "json", "--warehouse", warehouse, query).stdout)
    assert row["report_year"] == 2020


@pytest.mark.parametrize("query", ["DELETE FROM reports", "SELECT nothing FROM reports", "nonsense"])
def test_a_wrong_or_writing_query_is_one_clear_line(ogi: Ogi, warehouse: Path, query: str) -> None:
    done = ogi("sql", "--warehouse", warehouse, query)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_sql_without_a_warehouse_says_so(ogi: Ogi, tmp_path: Path) -> None:
    done = ogi("sql", "--warehouse", tmp_path, "SELECT 1")
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr


def test_text_that_looks_like_a_formula_stays_text_in_csv(ogi: Ogi, warehouse: Path) -> None:
    done = ogi("sql", "--format", "csv", "--warehouse", warehouse, "SELECT '=1+1' AS trap")
    assert done.stdout.splitlines() == ["trap", "'=1+1"]


@pytest.mark.parametrize("shape", ["csv", "parquet", "xlsx"])
def test_export_writes_a_file_a_table(ogi: Ogi, warehouse: Path, tmp_path: Path, shape: str) -> None:
    done = ogi(
        "export", "--warehouse", warehouse, "--format", shape, "--to", tmp_path, "reports", "harmonized"
    )
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"harmonized.{shape}", f"reports.{shape}"]
    assert all(p.stat().st_size > 500 for p in tmp_path.iterdir())


def test_export_of_an_unknown_table_names_those_there_are(ogi: Ogi, warehouse: Path, tmp_path: Path) -> None:
    done = ogi("export", "--warehouse", warehouse, "--to", tmp_path, "nonsense")
    assert done.returncode == 2
    assert "harmonized" in done.stderr


@pytest.mark.parametrize("command", ["build", "extract", "sql", "export", "fetch", "discover"])
def test_help_shows_an_example(ogi: Ogi, command: str) -> None:
    done = ogi(command, "--help")
    assert done.returncode == 0
    assert f"ogi {command}" in done.stdout.split("Example", 1)[1]


def test_messages_come_in_chinese(ogi: Ogi, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    done = ogi("--lang", "zh", "extract", tmp_path / "empty.pdf")
    assert "文件为空" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["extract"], ["extract", "--format", "xml", "x"], ["nonsense"]])
def test_wrong_usage_ends_with_2(ogi: Ogi, arguments: list[str]) -> None:
    assert ogi(*arguments).returncode == 2


def test_a_build_without_its_input_says_so(ogi: Ogi, tmp_path: Path) -> None:
    done = ogi("build", "--input", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_working_folder_may_hold_modules_of_the_same_names(ogi: Ogi, tmp_path: Path) -> None:
    for name in ("pipeline", "schemas", "assets"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('taken for the package')\n")
    done = ogi("extract", "--format", "jsonl", DOCX, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "ok"
