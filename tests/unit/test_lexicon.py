"""How a printed label is told, however it is spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.matching.lexicon import Meaning, build_lexicon, load_lexicon, normalise, printed_factor
from pipeline.templates import load_templates
from schemas.definitions import DefinitionError

LEXICON = load_lexicon()
LABELS = sorted(
    {
        label.path[-1]
        for template in load_templates().values()
        for blocks in template.tables.values()
        for block in blocks
        for label in (*block.rows, *block.columns)
    }
)


def keys(text: str, axis: str | None = None) -> set[str]:
    return {m.key for m in LEXICON.lookup(text) if m.key and axis in (None, m.axis)}


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("（ 一 ）予以\n公开", "granted"),
        ("(一)予以公开", "granted"),
        ("（二）部分公开", "partially_granted"),
        ("（二）部分公开(区分处理的,只 计这一情形,不计其他情形)", "partially_granted"),
        ("（二）部分公开（区分处理的，只计", "partially_granted"),
        ('3.危及"三安全一稳定"', "denied_security_stability"),
        ("3．危及“三安全一稳定”", "denied_security_stability"),
        ("1、属于国家秘密", "denied_state_secret"),
        ("属于国家秘密", "denied_state_secret"),
        ("4.属于国家秘密", "denied_state_secret"),
        ("（九）予以公开", "granted"),
        ("2.其他法律行政止公开", "denied_law_prohibited"),
        ("（七）總計", "total_handled"),
        ("一、本年新收政府信息公開申請數量", "new_received"),
        ("行政許可", "administrative_license"),
        ("３.其他", "other_misc"),
    ],
)
def test_spellings_of_rows(printed: str, key: str) -> None:
    assert keys(printed, "row") == {key}


@pytest.mark.parametrize("printed", ["本年度制发件数", "本年（2023）制发件数", "本年度(2023年)\n制发件数"])
def test_the_own_year_may_be_told_in_full(printed: str) -> None:
    assert keys(printed, "column") == {"issued"}


def test_a_short_label_without_its_number_is_no_row() -> None:
    assert keys("其他", "row") == set()
    assert keys("总计", "row") == set()
    assert keys("其他", "column") == {"other_organization"}


@pytest.mark.parametrize("text", ["", " ", "小计", "公开渠道", "1", "。", "其" * 5000])
def test_what_is_no_label_means_nothing(text: str) -> None:
    assert LEXICON.lookup(text) == ()


@pytest.mark.parametrize(
    ("printed", "factor"),
    [
        ("本年收费金额（单位：万元）", 10_000),
        ("本年收费金额(单位:元)", 1),
        ("本年收费金额（万元）", 10_000),
        ("本年收费金额【万元】", 10_000),
        ("本年收费金额［元］", 1),
        ("本年收费金额/元", 1),
        ("采购总金额 万元", 10_000),
        ("本年收费金额（单位：万）", 10_000),
        ("采购总金额（亿元）", 100_000_000),
        ("本年收费金额", None),
        ("本年处理决定数量（件）", None),
        ("采购项目数量", None),
    ],
)
def test_units_of_money_in_a_label(printed: str, factor: int | None) -> None:
    assert printed_factor(printed) == factor
    assert LEXICON.lookup(printed)


def allowed(axis: str = "row", variant: str = "2021") -> set[Meaning]:
    return {m for ms in LEXICON.meanings.values() for m in ms if (m.axis, m.variant) == (axis, variant)}


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("6.属于四类过程信息", "denied_process_information"),
        ("5.属于三类内部事务信息注", "denied_internal_affairs"),
    ],
)
def test_typing_errors_are_told_by_the_nearest_label(printed: str, key: str) -> None:
    match = LEXICON.similar(printed, allowed())
    assert match is not None
    assert match[0].key == key


@pytest.mark.parametrize("printed", ["重复", "小计", "本机关工作人员培训次数", "公开", "2.重复的申请 0", ""])
def test_no_label_is_near_enough(printed: str) -> None:
    assert LEXICON.similar(printed, allowed()) is None


def test_a_bracket_may_hold_the_label_itself() -> None:
    assert {(m.axis, m.key) for m in LEXICON.lookup("行政诉讼（复议后起诉）")} == {
        ("band", "litigation_after_reconsideration")
    }


def test_two_labels_equally_near_are_a_doubt() -> None:
    one = next(m for m in allowed("column") if m.key == "issued")
    other = next(m for m in allowed("column") if m.key == "repealed")
    assert LEXICON.similar("本年某某件数", {one, other}) is None


def test_every_label_is_known_in_its_own_spelling() -> None:
    assert all(LEXICON.lookup(label) for label in LABELS)


@given(
    st.sampled_from(LABELS), st.lists(st.integers(0, 60), max_size=4), st.sampled_from(" \u3000\n\u00a0\t")
)
def test_spaces_anywhere_do_not_hide_a_label(label: str, places: list[int], space: str) -> None:
    spaced = label
    for place in places:
        spaced = spaced[:place] + space + spaced[place:]
    assert LEXICON.lookup(spaced) == LEXICON.lookup(label)


@given(st.text(alphabet=sorted(set("".join(LABELS)) | set(" \n()12.")), max_size=40))
def test_normal_forms_are_stable(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_a_misspelling_of_an_unknown_label_stops_the_start() -> None:
    build_lexicon([])
    with pytest.raises(DefinitionError, match=r"labels\.csv:\d+: no variant knows"):
        build_lexicon([], strict=True)


@given(st.sampled_from(LABELS), st.sampled_from(["", "12.", "（三）", "abc"]), st.data())
def test_no_label_in_pieces_is_longer_than_its_reach(label: str, before: str, data: st.DataObject) -> None:
    printed = before + label
    cut = data.draw(st.integers(0, len(printed)))
    pieces = [part for part in (printed[:cut], printed[cut:]) if part]
    assert LEXICON.reach([*pieces, "另有"]) >= len(pieces) or not LEXICON.lookup(printed)


def test_words_that_begin_no_label_reach_nowhere() -> None:
    assert LEXICON.reach(["天气", "晴朗", "12"]) == 0
    assert LEXICON.reach(["本年", "新收", "天气"]) == 2


def test_pieces_of_two_labels_are_like_neither() -> None:
    """Rows of a fixed height cut labels off, and what is left of one stands over the next one's beginning."""
    rows = [m for m in LEXICON.lookup("2.其他法律行政法规禁止公开") if m.axis == "row"][:1]
    assert LEXICON.similar("2.其他法律行政法规禁公开", rows) is not None
    assert LEXICON.similar("他法律行政法规禁止公开\n3.危", rows) is None


@pytest.mark.parametrize(
    "printed",
    [
        "规章规范性文件",
        "（一）予以公开\n（二）部分公开",
        "二、上年结转政府信息公开申请数量三、本年度办理结果",
    ],
)
def test_two_whole_labels_are_like_neither(printed: str) -> None:
    variant_rows = {
        m for table in ("proactive_disclosure", "applications") for m in LEXICON.rows("2020", table)
    }
    assert LEXICON.similar(printed, variant_rows) is None
