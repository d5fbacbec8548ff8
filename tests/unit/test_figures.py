"""Figures told in prose: those whose concept is certain, and none that only looks like one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.figures import channels, figure_rules, figures, guards, measure_words
from pipeline.report import Figure, Section
from schemas.references import load_told_counts

YEAR = 2022


def told(*texts: str, number: int = 1, year: int | None = YEAR) -> tuple[Figure, ...]:
    return figures([Section(number, "总体情况", "\n".join(texts))], year)


def values(*texts: str, number: int = 1) -> dict[str, Decimal]:
    return {figure.concept: figure.value for figure in told(*texts, number=number) if not figure.detail}


def parts(*texts: str) -> dict[tuple[str, str], Decimal]:
    return {(figure.concept, figure.detail): figure.value for figure in told(*texts) if figure.detail}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("本年共主动公开政府信息 512条。", 512),
        ("2022年，我局主动公开政府信息共计1，136件。", 1136),
        ("本年度主动公开各类政府信息总数达三百余条。", 300),
        ("二〇二二年主动公开政务信息十二篇。", 12),
        ("截至2022年12月底，全年主动公开信息３０５条。", 305),
        ("2022年通过网站发布政府信息992条，向上级报送信息16条。", 992),
        ("2022年1月1日至2022年12月31日，主动公开政府信息20条。", 20),
        ("主动公开政府信息约1.2万条。", 12000),
        ("主动公开政府信息20条，比上年增加3条。", 20),
        ("2022年以来，主动公开政府信息20条。", 20),
    ],
)
def test_items_disclosed(text: str, number: int) -> None:
    assert values(text) == {"items_disclosed": number}


@pytest.mark.parametrize(
    "text",
    [
        "2021年主动公开政府信息489条。",
        "自2022年3月以来，主动公开政府信息20条。",
        "去年主动公开政府信息489条。",
        "网站开通以来，累计主动公开政府信息12000条。",
        "截至目前，累计主动公开政府信息12000条。",
        "2019—2022年主动公开政府信息12000条。",
        "主动公开政府信息同比增加20条。",
        "较上年主动公开政府信息20条。",
        "各镇街主动公开政府信息900条。",
        "下属单位主动公开政府信息30条。",
        "其中主动公开政府信息30条。",
        "月均主动公开政府信息30条。",
        "计划主动公开政府信息500条。",
        "主动公开政府信息占比98%。",
        "主动公开政府信息目录30条。",
        "依据条例第二十条主动公开政府信息。",
        "依申请公开政府信息4条。",
        "不予公开政府信息2件。",
        "在重点领域专栏公开政府信息30条。",
        "主动公开政府信息几十条。",
        "主动公开政府信息三百五条。",
        "主动公开政府信息20182019202020212条。",
        "主动公开政府信息2022年共10项目。",
        "通过电子屏发布信息365条。",
        "通过微信公众号发布政府信息365条。",
        "全年发布信息2365条。",
        "2022年在市平台发布信息82条，在局网站发布信息320条。",
    ],
)
def test_numbers_of_something_else_are_not_taken(text: str) -> None:
    assert "items_disclosed" not in values(text)


def test_without_a_year_of_the_report_any_year_may_be_its_own() -> None:
    assert told("2021年主动公开政府信息489条。", year=None)[0].value == 489


def test_sentences_that_tell_different_numbers_decide_nothing() -> None:
    assert values("主动公开政府信息10条。", "主动公开政府信息12条。") == {}
    assert values("主动公开政府信息10条。", "全年主动公开政府信息10条。") == {"items_disclosed": 10}


def test_an_exact_number_goes_before_an_approximate_one() -> None:
    found = told("主动公开政府信息近500条。", "全年主动公开政府信息512条。")
    assert [(figure.value, figure.approximate) for figure in found] == [(512, False)]
    assert told("主动公开政府信息500条左右。")[0].approximate


def test_a_total_goes_before_what_is_told_in_passing() -> None:
    assert values("主动公开政府信息500条。", "网站发布政府信息300条。") == {"items_disclosed": 500}


def test_one_channel_is_not_the_total_where_another_has_a_number() -> None:
    text = "通过网站发布政府信息300条，通过微信公众号推送信息200条。"
    assert values(text) == {"wechat_posts": 200}


def test_figures_stand_in_their_section() -> None:
    assert values("主动公开政府信息10条。", number=5) == {}
    assert values("全年收取信息处理费120.5元。", number=6) == {"fees_charged": Decimal("120.5")}
    assert values("主动公开政府信息10条。", number=0) == {"items_disclosed": 10}


def test_categories_that_add_up() -> None:
    found = parts("经由网站主动公开政府信息276篇，其中部门会议10篇，规划计划2篇，其他文件等264篇。")
    assert found == {
        ("items_by_channel", "website"): 276,
        ("items_by_category", "部门会议"): 10,
        ("items_by_category", "规划计划"): 2,
        ("items_by_category", "其他文件"): 264,
    }


def test_quarters_without_an_opening_word_must_add_up() -> None:
    text = (
        "全年主动公开政府信息{}条，第一季度公开政府信息 1条，第二季度公开政府信息2条，三季度3条，4季度4条。"
    )
    assert parts(text.format(10)) == {("items_by_quarter", str(n)): n for n in (1, 2, 3, 4)}
    assert parts(text.format(11)) == {}


def test_a_list_in_the_next_lines() -> None:
    found = parts("主动公开政府信息50条。其中包括：", "政策法规17条；建议提案办理 5条；“三大攻坚战”2条。")
    assert found == {
        ("items_by_category", "政策法规"): 17,
        ("items_by_category", "建议提案办理"): 5,
        ("items_by_category", "“三大攻坚战”"): 2,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("其中本级1200条，乡镇1165条", {}),
        ("其中财政局1200条，教育局1165条", {}),
        ("（其中网站公开1200条，公众号公开1165条）", {"website": 1200, "wechat": 1165}),
        ("，内容包括机构设置5条、工作动态200条", {"机构设置": 5, "工作动态": 200}),
    ],
)
def test_lists_of_organs_are_none_and_brackets_hold_lists(text: str, expected: dict[str, int]) -> None:
    found = parts(f"主动公开政府信息2365条{text}。")
    assert {detail: value for (_, detail), value in found.items()} == expected


def test_a_total_of_several_channels_is_of_none() -> None:
    assert parts("通过微信公众号、网站等主动公开政府信息300条。") == {}
    assert values("通过微信公众号、网站等主动公开政府信息300条。") == {"items_disclosed": 300}


def test_channels_of_the_total() -> None:
    found = parts("主动公开政府信息500条，其中：政府网站300条、微信公众号150条、微博和报纸50条。")
    assert found == {("items_by_channel", "website"): 300, ("items_by_channel", "wechat"): 150}


@pytest.mark.parametrize(
    "text",
    [
        "主动公开政府信息10条，其中政策20条，动态30条。",
        "主动公开政府信息100条，其中政策60条，其中规章20条，动态10条。",
        "主动公开政府信息100条，政策20条，动态30条。",
        "主动公开政府信息100条，其中政策20条。",
        "主动公开政府信息100条，其中收到申请5件，办结5件。",
        "主动公开政府信息100条。受理咨询40条，回应60条。",
    ],
    ids=[
        "more than the whole",
        "parts of a part",
        "no part of it",
        "a list of one",
        "deeds",
        "another sentence",
    ],
)
def test_what_is_no_part_of_the_total(text: str) -> None:
    assert parts(text) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全年共收到政府信息公开申请12件，均已答复。", {"applications_received": 12}),
        (
            "受理依申请公开4件，结转下年度办理0件。",
            {"applications_received": 4, "applications_carried_out": 0},
        ),
        ("2022年收到公民、法人的政府信息公开申请三件。", {"applications_received": 3}),
        ("2022年未收到政府信息公开申请。", {"applications_received": 0}),
        ("全年无依申请公开事项。", {"applications_received": 0}),
        ("县政府办代表县政府受理政府信息公开申请23件。", {}),
        ("发布各类政府信息若干，新收申请4件。", {"applications_received": 4}),
        ("受理信访案件21件，新收申请4件。", {}),
        ("未收到通过信函提交的政府信息公开申请。", {}),
        ("未收到政府信息公开申请的单位有3家。", {}),
        ("办理政府信息公开申请12件。", {}),
        ("收到政府信息公开申请12件次，其中网上受理政府信息公开申请7件。", {"applications_received": 12}),
        (
            "因信息公开引起的行政复议0件、行政诉讼2件。",
            {"reconsideration": 0, "litigation": 2},
        ),
        ("未发生因政府信息公开引起的行政复议、行政诉讼案件。", {"reconsideration": 0, "litigation": 0}),
        ("未发生政府信息公开行政复议被纠错情况。", {}),
        ("办理行政复议案件12件。", {}),
        ("未收取信息处理费。", {"fees_charged": 0}),
        ("收取信息处理费1.5万元。", {"fees_charged": 15000}),
        ("信息处理费：本年度没有收取。", {"fees_charged": 0}),
        ("累计推送某局微信公众号消息140篇，某局微博193条。", {}),
        ("2022年累计推送某局微信公众号消息140篇，某局微博193条。", {"wechat_posts": 140, "weibo_posts": 193}),
        ("“某局”微信公众号粉丝达6.1万人，全年推送信息120条。", {"wechat_followers": 61000}),
        (
            "微信公众号发布信息120条，微博粉丝数61072，微博发布信息30条。",
            {"wechat_posts": 120, "weibo_followers": 61072, "weibo_posts": 30},
        ),
        (
            "微信公众号阅读量达56.2万人次，累计关注人数61072人。",
            {"wechat_reads": 562000, "wechat_followers": 61072},
        ),
        ("网站、微信公众号共发布信息500条。", {}),
        ("微信公众号和微博共发布信息500条。", {}),
        ("在微信群发布信息300条。", {}),
        ("微信公众号发布政策类399条、工作动态类179条。", {}),
        (
            "办理区人大代表建议12件、政协提案8件。",
            {"npc_proposals_answered": 12, "cppcc_proposals_answered": 8},
        ),
        ("答复人大代表建议和政协提案共20件。", {"proposals_answered": 20}),
        ("公开建议提案办理结果12件。", {}),
    ],
)
def test_other_figures(text: str, expected: dict[str, int]) -> None:
    assert values(text) == expected


def test_a_figure_keeps_its_sentence_and_unit() -> None:
    figure = told("开头的话。2022年主动公开政府信息共三千余条，均可查阅。")[0]
    assert figure == Figure(
        "items_disclosed", Decimal(3000), "item", "2022年主动公开政府信息共三千余条，均可查阅。", True
    )


def test_definitions_can_be_read_and_agree_with_each_other() -> None:
    concepts = {rule.concept for rule in figure_rules()}
    assert {concept for guard in guards() for concept in guard.concepts} <= concepts
    assert {rule.unit for rule in figure_rules()} <= set(measure_words())
    assert len({channel for channel, _ in channels()}) == len(channels())
    assert {"applications_received", "reconsideration", "litigation"} <= concepts & {
        count.concept for count in load_told_counts()
    }
