"""What an office is told of a report file before it publishes it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.checking.proof import Proof, Remark, proofread
from pipeline.checking.proof_words import proof_object, ways
from pipeline.cli import main
from pipeline.read import read_report
from pipeline.typeset import Facts, Style, typeset
from pipeline.typeset.figures import consistent_values

TABLES = ("proactive_disclosure", "applications", "review_litigation")
SECTIONS = {1: ("本部分为示例文字。",), 5: ("从略。",), 6: ("没有其他事项。",)}


def facts(year: int = 2023, variant: str = "2021", tables: Iterable[str] = TABLES) -> Facts:
    form = dict.fromkeys(tables, variant)
    values = consistent_values(form, random.Random(5))
    for measure in ("issued", "repealed", "in_force"):
        if ("proactive_disclosure", "regulation", measure) in values:
            values["proactive_disclosure", "regulation", measure] = Decimal(0)
    return Facts("淮安市洪泽区人民政府", year, form, values, SECTIONS)


def changed(report: Facts, *changes: tuple[str, str, str, Decimal | str | None]) -> Facts:
    return replace(report, values={**report.values, **{(t, r, c): value for t, r, c, value in changes}})


def proof_of(report: Facts) -> Proof:
    return proofread([read_report(typeset(report, Style(), "html"), "report.html")])[0]


def remarks(report: Facts, code: str) -> list[Remark]:
    return [remark for remark in proof_of(report).remarks if remark.code == code]


def test_a_report_in_order_draws_no_remark() -> None:
    assert proof_of(facts()).remarks == ()


def test_a_wrong_number_is_told_with_the_number_that_agrees() -> None:
    report = facts()
    right = report.values["applications", "granted", "natural_person"]
    assert isinstance(right, Decimal)
    proof = proof_of(changed(report, ("applications", "granted", "natural_person", right + 9)))
    assert {(r.code, r.place["zh"]) for r in proof.remarks} == {
        ("handled_total", "申请人情况 > 自然人"),
        ("applicant_total", "三、本年度办理结果 > （一）予以公开"),
    }
    assert proof.errors == 2
    for remark in proof.remarks:
        assert abs(remark.difference or 0) == 9
        assert [*ways(remark, proof.report.extraction.variants, "zh")] == [
            f"三、本年度办理结果 > （一）予以公开 × 申请人情况 > 自然人：{right + 9} → {right}"
        ]


def test_where_the_figures_do_not_tell_the_total_of_the_relation_alone_is_told() -> None:
    report = facts()
    wrong = [
        ("applications", row, "natural_person", Decimal(100_000 + number**3))
        for number, row in enumerate(("new_received", "granted", "partially_granted", "unable_not_held"))
    ]
    remark = next(r for r in proof_of(changed(report, *wrong)).remarks if r.code == "handled_total")
    assert remark.repairs == ()
    (line,) = ways(remark, report.variants, "en")
    assert line.startswith("total handled × natural person")
    assert "this relation alone" in line


def test_missing_sections_are_named() -> None:
    report = replace(facts(), sections={1: SECTIONS[1]})
    assert [remark.place["zh"] for remark in remarks(report, "missing_section")] == [
        "存在的主要问题及改进情况",
        "其他需要报告的事项",
    ]


def test_a_missing_table_is_an_error() -> None:
    (remark,) = remarks(facts(tables=TABLES[:2]), "missing_table")
    assert (remark.level, remark.place["en"]) == ("error", "Table 4, reconsideration and litigation")


def test_the_wrong_form_for_the_year_is_told_for_each_table_that_differs() -> None:
    found = remarks(facts(2023, "2020"), "variant_year")
    assert {remark.place["en"][:7] for remark in found} == {"Table 2", "Table 3"}
    assert all(remark.left is None for remark in found)


def test_blanks_are_told_once_a_table_with_their_rows() -> None:
    report = changed(
        facts(),
        ("applications", "granted", "research_institution", None),
        ("applications", "carried_in", "other_organization", "/"),
    )
    (remark,) = remarks(report, "blank_cells")
    assert [(str(o.cell), o.raw) for o in remark.operands] == [
        ("applications/carried_in/other_organization", "/"),
        ("applications/granted/research_institution", ""),
    ]
    assert "（一）予以公开" in remark.words["zh"]


def test_words_where_a_number_belongs_are_an_error_at_their_cell() -> None:
    (remark,) = remarks(changed(facts(), ("applications", "granted", "total", "见附件")), "check_unreadable")
    assert (remark.level, remark.place["en"]) == ("error", "granted × total")
    assert "见附件" in remark.words["en"]


def test_several_years_given_together_are_held_against_each_other() -> None:
    first, second = facts(2022), facts(2023)
    out = first.values["applications", "carried_out", "total"]
    assert isinstance(out, Decimal)
    both = [read_report(typeset(f, Style(), "html"), f"{f.report_year}.html") for f in (first, second)]
    before, after = proofread(both)
    assert not [r for r in before.remarks if r.code == "carry_over"]
    told = {r.place["en"]: r for r in after.remarks if r.code == "carry_over"}
    assert told["carried in × total"].right == out
    assert proofread(both[1:])[0].remarks == ()


def test_a_file_that_cannot_be_read_is_an_error() -> None:
    (proof,) = proofread([read_report(b"", "empty.pdf")])
    assert [(r.code, r.level) for r in proof.remarks] == [("empty_file", "error")]


def test_the_object_holds_every_cell_of_a_broken_relation() -> None:
    report = changed(facts(), ("review_litigation", "reconsideration", "total", Decimal(9999)))
    (remark,) = proof_object(proof_of(report))["remarks"]
    assert [cell["side"] for cell in remark["cells"]].count("left") == 1
    assert {cell["cell"].split("/")[1] for cell in remark["cells"]} == {"reconsideration"}
    assert json.dumps(remark)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["good.html"], 0, "未发现问题"),
        (["--lang", "en", "good.html"], 0, "Nothing to remark"),
        (["wrong.html"], 1, "复议诉讼总计"),
        (["--lang", "en", "good.html", "wrong.html"], 1, "Total of results"),
        (["--format", "json", "wrong.html"], 1, '"procedure_total"'),
        (["nothing.html"], 1, "文件不存在"),
        ([], 2, ""),
        (["--format", "yaml", "good.html"], 2, ""),
    ],
)
def test_the_command_and_its_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = changed(facts(), ("review_litigation", "reconsideration", "total", Decimal(9999)))
    Path("good.html").write_bytes(typeset(facts(), Style(), "html"))
    Path("wrong.html").write_bytes(typeset(wrong, Style(), "html"))
    result = CliRunner().invoke(main, ["check", *arguments])
    assert result.exit_code == code, result.output
    assert words in result.stdout


def test_the_language_of_the_whole_command_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "good.html"
    path.write_bytes(typeset(facts(), Style(), "html"))
    assert "Nothing to remark" in CliRunner().invoke(main, ["--lang", "en", "check", str(path)]).stdout
