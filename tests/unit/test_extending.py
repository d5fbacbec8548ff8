"""A form variant, a format and a rule are added with one file or row each, and nothing else changes."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import pipeline.matching.rows
import pipeline.readers as registry
from pipeline.checking.columns import BLANKS, COLUMN, LEFT, PLACE, REPORT, RIGHT, ROW, VALUE, VARIANT
from pipeline.checking.ledger import MONEY, Ledger
from pipeline.checking.rules import BROKEN, FUNCTIONS, RuleFunction
from pipeline.checks import evaluate
from pipeline.crosswalk import load_crosswalk
from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.matching.lexicon import load_lexicon
from pipeline.report import Identification, Report
from pipeline.templates import load_templates
from pipeline.tidy import tidy
from schemas.checks import Rule, load_checks
from schemas.definitions import HERE
from tests.forms import Rows, document, numbered, rows_of, texts

CACHED = (load_templates, load_lexicon, pipeline.matching.rows.block_widths)


def forget() -> None:
    for cached in CACHED:
        cached.cache_clear()


@pytest.fixture
def forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the folder of forms, in use instead of it."""
    folder = tmp_path / "templates"
    shutil.copytree(HERE / "templates", folder)
    monkeypatch.setattr(load_templates.__wrapped__, "__defaults__", (folder,))
    forget()
    yield folder
    monkeypatch.undo()
    forget()


NEW_FORM = """# letter=某函〔2026〕1号
# first_year=2026
# last_year=
table,block,axis,key,label_path,unit,role
applications,applications,column,natural_person,申请人情况 > 自然人,count,leaf
applications,applications,column,media,申请人情况 > 新闻媒体,count,leaf
applications,applications,column,total,申请人情况 > 总计,count,total
applications,applications,row,new_received,一、本年新收政府信息公开申请数量,,inflow
applications,applications,row,online,二、网上提交数量,,inflow
applications,applications,row,total_handled,三、办理完毕数量,,total
"""


def new_table() -> Rows:
    return [
        texts("", "自然人", "新闻媒体", "总计"),
        texts("一、本年新收政府信息公开申请数量", "1", "2", "3"),
        texts("二、网上提交数量", "4", "5", "9"),
        texts("三、办理完毕数量", "6", "7", "13"),
    ]


def test_a_variant_of_the_form_is_one_csv(forms: Path) -> None:
    (forms / "2026.csv").write_text(NEW_FORM, encoding="utf-8")
    extraction = extract(document(new_table()))
    assert extraction.variants == {"applications": "2026"}
    found = {(cell.row, cell.column): cell.value for cell in extraction.cells}
    assert found["online", "media"] == Decimal(5)
    assert found["total_handled", "total"] == Decimal(13)
    assert extraction.leftovers == ()


def test_a_variant_is_read_from_bare_lines_too(forms: Path) -> None:
    (forms / "2026.csv").write_text(NEW_FORM, encoding="utf-8")
    lines = [spot.text for row in new_table() for spot in row if spot.text]
    extraction = extract(arrange(document(*lines)))
    assert extraction.variants == {"applications": "2026"}
    assert extraction.numeric_used == 9


def test_a_new_variant_leaves_the_old_ones_as_they_are(forms: Path) -> None:
    (forms / "2026.csv").write_text(NEW_FORM, encoding="utf-8")
    facts = numbered("2021")
    extraction = extract(document(*[rows_of(facts, table) for table in facts.variants]))
    assert extraction.variants == dict(facts.variants)
    assert {(c.table, c.row, c.column): c.value for c in extraction.cells} == dict(facts.values)


def test_a_new_variant_joins_the_series_by_rows_of_the_crosswalk(forms: Path, tmp_path: Path) -> None:
    (forms / "2026.csv").write_text(NEW_FORM, encoding="utf-8")
    crosswalk = tmp_path / "crosswalk.csv"
    kept = (HERE / "crosswalk.csv").read_text(encoding="utf-8").splitlines()
    same = "as_reported,exactMatch,2021:{0}/*,yes,note,note"
    rows = {"new_received": same, "online": "as_reported,none,,no,note,note", "total_handled": same}
    added = [f"{row},*,applications,2026,{row},*,{end.format(row)}" for row, end in rows.items()]
    crosswalk.write_text("\n".join([*kept, *added]) + "\n", encoding="utf-8")
    loaded = load_crosswalk(crosswalk, load_templates())
    assert len(loaded.sources_of("2026", "new_received", "media")) == 1
    assert len(loaded.sources_of("2021", "new_received", "natural_person")) == 1


READER = '''"""A format that nobody else reads: one paragraph a file."""
from pipeline.document import Document, Paragraph
MEDIA_TYPES = ("application/rtf",)
def read(data, sha256):
    return Document((Paragraph(data.decode()[6:-1]),), "application/rtf", sha256, "rtf/test")
'''


@pytest.fixture
def readers() -> Iterator[None]:
    registry.readers.cache_clear()
    yield
    registry.readers.cache_clear()


@pytest.mark.usefixtures("readers")
def test_a_format_is_one_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.read import read_report

    (tmp_path / "one_paragraph_a_file.py").write_text(READER, encoding="utf-8")
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    report = read_report("{\\rtf1某市某局2023年政府信息公开工作年度报告}".encode(), "a.rtf")
    assert (report.reader, report.media_type) == ("rtf/test", "application/rtf")
    assert report.identity.report_year == 2023


def handles_at_most_a_thousand(ledger: Ledger, _: Rule) -> pl.LazyFrame:
    """An office handles no more than 1000 applications."""
    handled = (pl.col(ROW) == "total_handled") & (pl.col(COLUMN) == "total")
    return ledger.cells.filter(handled).select(
        REPORT,
        pl.lit("applications").alias(PLACE),
        VARIANT,
        pl.col(VALUE).cast(MONEY).alias(LEFT),
        pl.lit(1000).cast(MONEY).alias(RIGHT),
        pl.lit(0, pl.Int32).alias(BLANKS),
        (pl.col(VALUE) > 1000).alias(BROKEN),
    )


def test_a_rule_is_one_row_and_one_function(tmp_path: Path) -> None:
    table = tmp_path / "checks.csv"
    shutil.copy(HERE / "checks.csv", table)
    row = ["at_most", "warning", "report", "At most", "上限", "{place}: {left}", "{place}：{left}", "", ""]
    with table.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(row)
    functions: dict[str, RuleFunction] = {**FUNCTIONS, "at_most": handles_at_most_a_thousand}
    frames = tidy([report()])
    found = evaluate(frames["cells"], frames["reports"], rules=load_checks(table), functions=functions)
    broken = found.results.filter(pl.col("rule") == "at_most")
    assert broken.select("level", "place", "left_value").rows() == [
        ("warning", "applications", Decimal(1178))
    ]
    assert broken["message_zh"].str.ends_with("：1178").all()
    assert set(found.results["rule"]) > {"at_most"}


def report() -> Report:
    """A report of which more than a thousand applications were handled."""
    facts = numbered("2021")
    extraction = extract(document(*[rows_of(facts, table) for table in facts.variants]))
    identity = Identification(agency_name="样例区演示局", agency_id="organ", report_year=2021)
    return Report("a.html", "0" * 64, "text/html", 1, "test", "ok", identity, extraction)
