"""Cells named by keys and by the words of the form."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checking.ledger import national_forms
from pipeline.matching.labels import CellName, CellNameError, cell_words, find_cell, place_words
from pipeline.report import TABLES
from schemas.checks import load_checks
from schemas.references import load_told_counts

NEW = dict.fromkeys(("proactive_disclosure", "applications", "review_litigation"), "2021")
GRANTED = CellName("applications", "granted", "natural_person")


@pytest.mark.parametrize(
    "name",
    [
        "applications/granted/natural_person",
        "granted/natural_person",
        "三、本年度办理结果 > （一）予以公开/自然人",
        "（一）予以公开/自然人",
        "( 一)予以公开/自然人",
        "表三/予以公开/自然人",
        "applications/（一）予以公开/natural_person",
    ],
)
def test_a_cell_answers_to_its_keys_and_labels(name: str) -> None:
    assert find_cell(name, NEW) == GRANTED


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("granted", "cell_name_parts"),
        ("a/b/c/d", "cell_name_parts"),
        ("granted/nobody", "cell_unknown"),
        ("不予公开/自然人", "cell_ambiguous"),
        ("其他/自然人", "cell_ambiguous"),
        ("other_handling/total", "cell_unknown"),
        ("/", "cell_unknown"),
    ],
)
def test_a_name_that_no_one_cell_answers_to_is_refused(name: str, code: str) -> None:
    with pytest.raises(CellNameError) as caught:
        find_cell(name, NEW)
    assert caught.value.code == code


def test_a_cell_answers_only_on_the_form_that_has_it() -> None:
    old = {"applications": "2020"}
    assert find_cell("other_handling/total", old).row == "other_handling"
    with pytest.raises(CellNameError):
        find_cell("other_misc/total", old)


def test_words_are_the_printed_label_path_or_plain_english() -> None:
    assert cell_words(GRANTED, "2021", "zh") == "三、本年度办理结果 > （一）予以公开 × 申请人情况 > 自然人"
    assert cell_words(GRANTED, "2021", "en") == "granted × natural person"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("applications/*/total", "申请人情况 > 总计"),
        ("applications/carried_out", "四、结转下年度继续办理"),
        ("review_litigation", "表四：政府信息公开行政复议、行政诉讼情况"),
        ("narrative/applications_received", "一、本年新收政府信息公开申请数量 × 申请人情况 > 总计"),
    ],
)
def test_places_of_findings_have_words(place: str, words: str) -> None:
    assert place_words(place, "2021") == words


def test_a_variant_that_has_not_the_line_borrows_the_words_of_another() -> None:
    assert place_words("applications/other_handling", "2021") == "三、本年度办理结果 > （六）其他处理"


def test_findings_name_every_place_in_the_words_of_the_form() -> None:
    words = dict(national_forms().words.iter_rows())
    assert words["applications"] == "表三：收到和处理政府信息公开申请情况"
    assert words["narrative/reconsideration"] == "行政复议 × 总计"
    told = {f"narrative/{count.concept}" for count in load_told_counts()}
    assert all(any("\u4e00" <= c <= "\u9fff" for c in words[place]) for place in (*told, *TABLES))


def test_the_manual_names_every_rule() -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
    for rule in load_checks().values():
        assert f"`{rule.rule}`" in manual
        assert rule.label_zh in manual
