# ruff: noqa: E501
"""Who reported and for which year: titles, organs, years, scopes and dates, on invented prose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.document import Cell, Document, Grid, Paragraph
from pipeline.identify import identify
from pipeline.identity.agencies import AgencyAttributes, agency_attributes, agency_slug
from pipeline.identity.divisions import resolve
from pipeline.identity.titles import read_title
from pipeline.identity.years import consensus_year, period_year, read_date, statistics_year
from pipeline.matching.recognise import recognise

BODY = ("一、总体情况", "本年度各项工作平稳。", "二、主动公开政府信息情况", "六、其他需要报告的事项", "无。")


def document(*lines: str, grids: tuple[Grid, ...] = (), **properties: str) -> Document:
    blocks = (*(Paragraph(line) for line in lines), *grids)
    return Document(blocks, "text/plain", "0" * 64, "test", dict(properties))


@pytest.mark.parametrize(
    ("lines", "agency", "code", "year"),
    [
        (("重庆市渝北区人力资源和社会保障局", "2020年政府信息公开工作年度报告"), "重庆市渝北区人力资源和社会保障局", "500112", 2020),
        (("临淄区教育和体育局2021年度政府信息公开工作报告",), "临淄区教育和体育局", "370305", 2021),
        (("宁波市镇海区人力资源和社会保障局2020年", "政府信息公开工作年度报告"), "宁波市镇海区人力资源和社会保障局", "330211", 2020),
        (("相山区民政局2020年政府", "信息公开工作年度报告"), "相山区民政局", "340603", 2020),
        (("巴马瑶族自治县", "住房和城乡建", "设局2021年政府信息", "公开工作年度报告"), "巴马瑶族自治县住房和城乡建设局", "451227", 2021),
        (("江苏省", "财政厅", "2021 年政府信息公开工作年度报告"), "江苏省财政厅", "320000", 2021),
        (("重庆市", "渝北区财政局", "2021年政府信息公开工作年度报告"), "重庆市渝北区财政局", "500112", 2021),
        (("首页 > 信息公开 > 年报", "苏州市教育局", "2021年政府信息公开工作年度报告"), "苏州市教育局", "320500", 2021),
        (("洪泽区人民政府", "信息公开年报", "洪泽区财政局2021年政府信息公开工作年度报告"), "洪泽区财政局", "320813", 2021),
        (("中华人民共和国教育部", "2021年政府信息公开工作年度报告"), "中华人民共和国教育部", None, 2021),
        (("二〇二一年度仙桃市公安局政府信息公开工作报告",), "仙桃市公安局", "429004", 2021),
        (("2023年洪泽区人民政府信息公开工作年度报告",), "洪泽区人民政府", "320813", 2023),
        (("洪泽区人民政府政府信息公开工作年度报告", "（2023年度）"), "洪泽区人民政府", "320813", 2023),
        (("苏州市教育局2021年政府信息公开工作年度报告_苏州市人民政府",), "苏州市教育局", "320500", 2021),
        (("【图解】苏州市教育局2021年政府信息公开工作年度报告",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局2021年政府信息公开工作年度报告（图解）",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局关于2021年度政府信息公开工作情况的报告",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局2021年信息公开年报",), "苏州市教育局", "320500", 2021),
        (("县政府办", "2021年政府信息公开工作年度报告"), "县政府办", None, 2021),
        (("标   题 县政府办2021年度政府信息公开工作年度报告",), "县政府办", None, 2021),
        (("苏州市教育局2021年政府信息公开工作年度报告根据条例编制。",), "苏州市教育局", "320500", 2021),
        (("南谯区发展和改革委员会（粮食局、国防动员办公室）2021年政府信息公开工作年度报告",), "南谯区发展和改革委员会（粮食局、国防动员办公室）", "341103", 2021),
        (("南京海关2021年政府信息公开工作年度报告",), "南京海关", None, 2021),
        (("关于公布苏州市教育局2021年政府信息公开工作年度报告的公告",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局关于发布2021年政府信息公开工作年度报告的公告",), "苏州市教育局", "320500", 2021),
        (("关于公布《苏州市教育局2021年政府信息公开工作年度报告》的公告",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局关于发布《2021年政府信息公开工作年度报告》的公告",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局发布2021年政府信息公开工作年度报告",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局：2021年政府信息公开工作年度报告",), "苏州市教育局", "320500", 2021),
        (("苏州市教育局|2021年政府信息公开工作年度报告",), "苏州市教育局", "320500", 2021),
        (("【苏州市教育局】2021年政府信息公开工作年度报告",), "苏州市教育局", "320500", 2021),
        (("2021年政府信息公开工作年度报告（苏州市教育局）",), "苏州市教育局", "320500", 2021),
        (("2021年政府信息公开工作年度报告", "——苏州市教育局"), "苏州市教育局", "320500", 2021),
        (("苏州市教育局21年政府信息公开工作年度报告", "统计期限自2021年1月1日起至2021年12月31日止。"), "苏州市教育局", "320500", 2021),
        (("宜昌市长阳土家族", "自治县文化和旅游局2021年政府", "信息公开工作年度报告"), "宜昌市长阳土家族自治县文化和旅游局", "420528", 2021),
        (("国家税务总局", "山阴县税务局2021年政府", "信息公开工作年度报告"), "国家税务总局山阴县税务局", "140621", 2021),
        (("本溪市明山区自然资源局2021年政府信息公开工作年度报告",), "本溪市明山区自然资源局", "210504", 2021),
        (("2021年政府信息公开工作年度报告（宜昌市长阳土家族自治县农业农村局（乡村振兴局））",), "宜昌市长阳土家族自治县农业农村局（乡村振兴局）", "420528", 2021),
        (("2021年政府信息公开工作年度报告", "苏州市教育局(体育局)"), "苏州市教育局(体育局)", "320500", 2021),
        (("2021年政府信息公开工作年度报告", "苏州市教育局（体育局）（2022年1月5日）"), "苏州市教育局（体育局）", "320500", 2021),
        (("雅安市宝兴", "县五龙乡人民政府2021年政府信息公开工作年度报告"), "雅安市宝兴县五龙乡人民政府", "511827", 2021),
        (("2021年政府信息公开工作年度报告", "——商务部"), "商务部", None, 2021),
        (("黑龙江省齐齐哈尔市甘", "南县教育局2021年政府信息公开工作年度报告"), "黑龙江省齐齐哈尔市甘南县教育局", "230225", 2021),
        (("2021年政府信息公开工作年度报告", "本报告由拱北海关根据条例编制。"), "拱北海关", None, 2021),
        (("木垒哈萨克自治县大石", "头乡人民政府2021年政府信息公开工作年度报告"), "木垒哈萨克自治县大石头乡人民政府", "652328", 2021),
        (("临淄区太", "平乡人民政府2021年政府信息公开工作年度报告"), "临淄区太平乡人民政府", "370305", 2021),
    ],
)  # fmt: skip
def test_title_names_organ_and_year(lines: tuple[str, ...], agency: str, code: str | None, year: int) -> None:
    found = identify(document(*lines, *BODY))
    assert (found.agency_name, found.division_code, found.report_year) == (agency, code, year)
    assert found.title


def test_the_title_is_closed_up() -> None:
    found = identify(document("淮安市洪泽区人民政府", "2024 年政府信息公开", "工作年度报告", *BODY))
    assert found.title == "淮安市洪泽区人民政府2024年政府信息公开工作年度报告"


@pytest.mark.parametrize(
    ("lines", "agency", "source"),
    [
        (("结合西和县财政局（国资局）工作实际，现予公布。", *BODY), "西和县财政局（国资局）", "preamble"),
        (("本报告由苏州市相城区财政局根据条例要求编制。", *BODY), "苏州市相城区财政局", "preamble"),
        (("本报告由瑞安市安阳街道办事处结合统计数据编制。", *BODY), "瑞安市安阳街道办事处", "preamble"),
        (("现公布洪泽区2021年政府信息公开工作年度报告。", *BODY), "洪泽区", "preamble"),
        (("特編制興國縣財政局政府信息公開工作2021年度報告。", *BODY), "興國縣財政局", "preamble"),
        (("现公布镇海区民政局2021年政府信息公开工作年度报告。", "请与相山区民政局联系。", *BODY), "镇海区民政局", "preamble"),
        (("为做好镇海区民政局政府信息公开工作，我局认真编制。", *BODY), "镇海区民政局", "preamble"),
        ((f"{BODY[0]} 2021年，镇海区民政局政府信息公开工作平稳。", *BODY[2:]), "镇海区民政局", "section one"),
        (("请与相山区民政局办公室联系。", *BODY), "相山区民政局", "preamble"),
        (("2021年政府信息公开工作年度报告", "现将我局工作报告如下。", *BODY, "镇海区教育局", "2022年1月20日"), "镇海区教育局", "signature"),
        (("2021年政府信息公开工作年度报告", "苏州市相城区财政局 2022年1月20日", *BODY), "苏州市相城区财政局", "line below"),
        (("本报告由无锡市锡山区人民政府厚桥街道党政办公室综合科编制。", *BODY), "无锡市锡山区人民政府厚桥街道党政办公室", "preamble"),
        ((BODY[0], "2021年，镇海区民政局认真落实各项要求。", *BODY[2:]), "镇海区民政局", "section one"),
        ((BODY[0], "本报告由镇海区民政局办公室依据条例组织编制。由镇海区政府办统筹。", *BODY[2:]), "镇海区民政局办公室", "section one"),
        ((BODY[0], "根据要求，越城区东湖街道特编制2021年年度报告。", *BODY[2:]), "越城区东湖街道", "section one"),
        (("2021年政府信息公开工作年度报告", "信息来源：相山区民政局", *BODY), "相山区民政局", "source line"),
    ],
)  # fmt: skip
def test_organ_named_elsewhere(lines: tuple[str, ...], agency: str, source: str) -> None:
    found = identify(document(*lines))
    assert found.agency_name == agency
    assert any(f"agency: {source}" in words for words in found.evidence)


def test_the_title_goes_before_the_office_that_edits() -> None:
    found = identify(document("洪泽区人民政府", "2023年政府信息公开工作年度报告", "本报告由淮安市洪泽区人民政府办公室组织编写。", *BODY))  # fmt: skip
    assert found.agency_name == "洪泽区人民政府"


def test_a_site_above_the_title_is_not_the_organ_that_says_wo_ju() -> None:
    lines = (
        "淄博市人民政府",
        "2021年政府信息公开工作年度报告",
        "现将我局工作报告如下。",
        *BODY,
        "临淄区民政局",
    )
    assert identify(document(*lines)).agency_name == "临淄区民政局"


def test_an_organ_of_another_kind_is_not_the_one_that_says_wo_ju() -> None:
    report = ("2022年政府信息公开工作年度报告", "一、总体情况", "我局认真落实。", "如皋市人民政府办公室")
    assert identify(document(*report)).agency_name is None
    assert identify(document(*report[:2], "认真落实。", report[3])).agency_name == report[3]
    assert identify(document(*report[:3], "如皋市财政局")).agency_name == "如皋市财政局"


def test_where_a_page_says_its_text_comes_from_is_late_evidence() -> None:
    report = document("2022年政府信息公开工作年度报告", *BODY, content_source="如皋市财政局")
    assert identify(report).agency_name == "如皋市财政局"
    abbreviated = document("2022年政府信息公开工作年度报告", *BODY, content_source="区政府办")
    assert identify(abbreviated).agency_name is None


def test_a_title_of_two_years_states_none() -> None:
    for years in ("2022-2023年", "2022年至2023年度", "(2022-2023年)"):
        found = identify(document(f"如皋市财政局{years}政府信息公开工作年度报告", *BODY))
        assert (found.agency_name, found.report_year) == ("如皋市财政局", None)
        assert "title_years" in [finding.message.code for finding in found.findings]


@pytest.mark.parametrize(
    "lines",
    [
        ("2022年度", "如皋市财政局", "政府信息公开工作年度报告"),
        ("如皋市财政局〔2022〕政府信息公开工作年度报告",),
        ("（修订）如皋市财政局2022年政府信息公开工作年度报告",),
        ("如皋市财政局2022年政府信息公开工作年度报告（更正版）",),
        ("如皋市財政局2022年政府信息公開工作年度報告",),
    ],
)
def test_what_stands_around_a_title(lines: tuple[str, ...]) -> None:
    found = identify(document(*lines, *BODY))
    assert (found.report_year, found.agency_name) in [(2022, "如皋市财政局"), (2022, "如皋市財政局")]


def test_a_copy_in_traditional_characters_is_of_the_same_organ() -> None:
    for printed, code in (
        ("淮安市洪澤區人民政府", "320813"),
        ("臨淄區教育局", "370305"),
        ("潼關縣財政廳", "610522"),
    ):
        found = identify(document(f"{printed}2022年政府信息公開工作年度報告", *BODY))
        assert (found.agency_name, found.division_code, found.report_year) == (printed, code, 2022)
    assert agency_slug("臨淄區教育局", resolve("臨淄區教育局")) == agency_slug(
        "临淄区教育局", resolve("临淄区教育局")
    )


def test_a_remark_behind_the_title_states_the_scope() -> None:
    assert identify(document("如皋市2022年政府信息公开工作年度报告（汇总）", *BODY)).scope == "consolidated"


@pytest.mark.parametrize(
    ("printed", "organ", "scope"),
    [
        ("湛江海关关区", "湛江海关", "customs_district"),
        ("湛江海关（关区）", "湛江海关", "customs_district"),
        ("湛江海关本级", "湛江海关", "organ"),
        ("湛江海关（本级机关）", "湛江海关", "organ"),
        ("如皋市人民政府（汇总）", "如皋市人民政府", "consolidated"),
        ("秦皇岛市山海关区", "秦皇岛市山海关区", None),
        ("如皋市水利局系统", "如皋市水利局", "system"),
    ],
)
def test_words_of_scope_are_no_part_of_the_organ(printed: str, organ: str, scope: str | None) -> None:
    found = identify(document(f"{printed}2022年政府信息公开工作年度报告", *BODY))
    assert (found.agency_name, found.scope) == (organ, scope)


def test_a_preamble_may_tell_the_whole_title() -> None:
    found = identify(document("现编制湛江海关关区2022年政府信息公开工作年度报告。", *BODY))
    assert (found.agency_name, found.scope, found.report_year) == ("湛江海关", "customs_district", 2022)


def test_we_is_no_name() -> None:
    found = identify(document("我局2021年政府信息公开工作年度报告", *BODY))
    assert (found.agency_name, found.agency_id, found.report_year) == (None, None, 2021)
    assert "agency_missing" in {finding.message.code for finding in found.findings}


@pytest.mark.parametrize(
    ("body", "agency", "code"),
    [
        ("洪泽区岔河镇人民政府高度重视。", "岔河镇人民政府", "320813"),
        ("洪泽区岔河镇高度重视。", "岔河镇", "320813"),
        ("全镇高度重视。", "岔河镇", None),
    ],
)
def test_a_town_is_its_government_where_the_body_says_so(body: str, agency: str, code: str | None) -> None:
    found = identify(document("2022年度岔河镇政府信息公开工作年度报告", BODY[0], body, *BODY[2:]))
    assert (found.agency_name, found.division_code) == (agency, code)


def test_page_and_file_names_are_later_evidence() -> None:
    page = "临淄区财政局2021年政府信息公开工作年度报告_临淄区政府网"
    found = identify(document(*BODY, title=page))
    assert (found.title, found.agency_name, found.report_year) == (None, "临淄区财政局", 2021)
    named = identify(document(*BODY), source_name="临淄区财政局2021年政府信息公开工作年度报告.pdf")
    assert named.agency_name == "临淄区财政局"
    assert identify(document(*BODY), source_name="report2021.pdf").report_year is None


def test_a_title_in_a_layout_table() -> None:
    grid = Grid(((Cell("苏州市教育局2021年政府信息公开工作年度报告", 0, 0),),))
    assert identify(document("正文", grids=(grid,))).agency_name == "苏州市教育局"


def test_year_of_period_and_contradiction() -> None:
    period = "所列数据统计期限自2020年1月1日起至2020年12月31日止。"
    assert identify(document("苏州市教育局政府信息公开工作年度报告", period, *BODY)).report_year == 2020
    found = identify(document("苏州市教育局2021年政府信息公开工作年度报告", period, *BODY))
    assert found.report_year == 2021
    assert [finding.message.code for finding in found.findings] == ["year_contradiction"]


def test_a_publication_date_is_no_year() -> None:
    found = identify(document("苏州市教育局政府信息公开工作年度报告", "发布日期：2022-01-20", *BODY))
    assert (found.report_year, found.published_on) == (None, "2022-01-20")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("自2020年1月1日起至2020年12月31日止", 2020),
        ("从2021年1月1日到12月31日止", 2021),
        ("2022年1月1日—2022年12月31日", 2022),
        ("从2023年1月1日起,到2023年12月31日止", 2023),
        ("2023.1.1-2023.12.31", 2023),
        ("2023-01-01至2023-12-31", 2023),
        ("2020年1月1日至2021年12月31日", None),
        ("2020年3月1日至2020年12月31日", None),
    ],
)
def test_period(text: str, year: int | None) -> None:
    assert period_year(text) == year


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("数据统计期限为2023年度。", 2023),
        ("所列数据的统计期限自2023年1月1日起至2023年12月31日止。", 2023),
        ("统计时间为2023年3月起。2023年1月1日至2023年12月31日举办活动。", None),
        ("统计期限为2022年度。统计期限为2023年度。", None),
    ],
)
def test_the_period_that_sentences_on_the_statistics_name(text: str, year: int | None) -> None:
    assert statistics_year(text) == year


@pytest.mark.parametrize(
    ("prose", "date", "year"),
    [
        ("工作平稳。", "2024年1月10日", 2023),
        ("2023年，工作平稳。", "二〇二四年三月三十一日", 2023),
        ("2022年，工作平稳。", "2024年1月10日", None),
        ("工作平稳。", "2024年5月10日", None),
        ("工作平稳。", "苏州市教育局2024年1月10日", 2023),
        ("工作平稳。", "更新日期：2024年1月10日", None),
        ("工作平稳。", "2024-01-10", None),
    ],
)
def test_the_signature_tells_the_year_where_nothing_else_does(
    prose: str, date: str, year: int | None
) -> None:
    found = identify(document("苏州市教育局政府信息公开工作年度报告", *BODY[:1], prose, "苏州市教育局", date))
    assert found.report_year == year
    assert [finding.message.code for finding in found.findings] == [
        "year_of_signature" if year else "year_missing"
    ]


def test_years_compared_with_and_years_planned_are_not_the_reports() -> None:
    assert consensus_year("与2021年相比增长。较2021年下降。2021年共三件。2021年办结。2022年甲。") is None
    assert consensus_year("2023年,我局将加强。2023年拟办。2023年是关键。2023年底前。") is None


def test_consensus() -> None:
    assert consensus_year("2021年甲。2021年乙。2021年丙。2020年丁。") == 2021
    assert consensus_year("2021年甲。2021年乙。2020年丙。2020年丁。2021年") is None
    assert consensus_year("2021年甲。2021年乙。") is None
    assert consensus_year("2022年1月3日，2022年2月3日，2022年3月3日") is None


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("2021年1月28日", "2021-01-28"),
        ("发布时间:2022-01-2110:20", "2022-01-21"),
        ("2022/1/5", "2022-01-05"),
        ("二〇二二年一月二十八日", "2022-01-28"),
        ("二○二二年十二月三十一日", "2022-12-31"),
        ("二〇二二年十月十日", "2022-10-10"),
        ("2022-13-05", None),
        ("电话", None),
    ],
)
def test_dates(words: str, date: str | None) -> None:
    assert read_date(words) == date


def test_signature_date() -> None:
    found = identify(
        document("苏州市教育局2021年政府信息公开工作年度报告", *BODY, "苏州市教育局", "2022年1月28日")
    )
    assert found.published_on == "2022-01-28"


@pytest.mark.parametrize(
    ("sentence", "scope"),
    [
        ("本报告数据仅为局本级数据。", "organ"),
        ("本报告数据由全区各镇、街道和部门汇总，汇总了各单位数据。", "consolidated"),
        ("本报告统计数据包括全市税务系统。", "system"),
        ("本报告由局办公室根据各科室、各单位数据汇总编制。", "consolidated"),
        ("本报告数据为关区数据。", "customs_district"),
        ("如对本报告有疑问，请联系城关区税务局。", None),
        ("本报告由税务局编制，地址为北关区人民路1号。", None),
        ("全系统干部认真学习。本级财政安排经费。", None),
    ],
)
def test_scope(sentence: str, scope: str | None) -> None:
    found = identify(document("苏州市税务局2021年政府信息公开工作年度报告", sentence, *BODY))
    assert found.scope == scope


def slug(name: str, text: str = "", host: str = "") -> str:
    return agency_slug(name, resolve(name, text, year=2022), host=host)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("洪泽区人民政府", "淮安市洪泽区人民政府", "洪泽区"), "320813-people_government"),
        (("渝北区人社局", "重庆市渝北区人力资源和社会保障局"), "500112-human_resources"),
        (("杨凌示范区人力资源和社会保障局(医疗保障局)", "杨凌示范区人社局"), "zone-yangling-human_resources"),
        (("教育部", "中华人民共和国教育部"), "cn-ministry_of_education"),
        (("国家税务总局上海市税务局", "上海市税务局"), "310000-tax"),
        (("中国证券监督管理委员会江苏监管局",), "320000-securities_commission"),
        (("淮安市公安局洪泽分局",), "320813-public_security-branch"),
    ],
)
def test_one_organ_one_identifier(names: tuple[str, ...], expected: str) -> None:
    assert {slug(name) for name in names} == {expected}


def test_different_organs_have_different_identifiers() -> None:
    names = (
        "南京海关",
        "上海海关",
        "洪泽区岔河镇人民政府",
        "洪泽区老子山镇人民政府",
        "洪泽区人民政府",
        "洪泽区某某中心",
    )
    assert len({slug(name) for name in names}) == len(names)
    assert slug("南京海关") == slug("中华人民共和国南京海关")
    assert slug("洪泽区岔河镇") == slug("淮安市洪泽区岔河镇人民政府")
    assert slug("临淄区闻韶街道") == slug("临淄区人民政府闻韶街道办事处")
    assert slug("鼓楼区教育局", host="a.example") != slug("鼓楼区教育局", host="b.example")
    assert slug("高新区管委会", host="a.example") != slug("高新区管委会", host="b.example")
    assert all(slug(name).isascii() and slug(name) == slug(name).lower() for name in names)


def test_attributes() -> None:
    assert agency_attributes("洪泽区岔河镇人民政府", "320813") == AgencyAttributes(
        "江苏省", "淮安市", "洪泽区", "township", "people_government"
    )
    assert agency_attributes("教育部", None).level == "central"
    zone = agency_attributes("杨凌示范区教育局", None)
    assert (zone.level, zone.located_in, zone.function, zone.county) == ("zone", "610403", "education", None)
    assert agency_attributes("重庆市渝北区某某中心", "500112") == AgencyAttributes(
        "重庆市", None, "渝北区", "county"
    )
    assert agency_attributes("洪泽县教育局", "320829", year=2015).county == "洪泽县"


TITLE = "苏州市教育局2021年政府信息公开工作年度报告"


@pytest.mark.parametrize(
    ("lines", "tables", "outcome"),
    [
        ((TITLE, *BODY), 3, None),
        ((TITLE, *BODY), 0, "report_without_tables"),
        (("某某大学2020-2021学年信息公开工作年度报告", *BODY), 0, "not_report_university"),
        (("某某大学2021年信息公开工作年度报告", *BODY), 1, "not_report_university"),
        (("苏州市教育局2016年政府信息公开工作年度报告", *BODY), 0, "not_report_old_form"),
        (("附表", "统计指标", "单位", "统计数"), 0, "not_report_old_form"),
        (
            ("关于做好2021年政府信息公开工作", "年度报告编制工作的通知", "请各镇于月底前报送材料。"),
            0,
            "not_report_notice",
        ),
        (("一、总体情况", "二、主动公开情况", "三、依申请公开", "四、行政复议"), 0, "report_without_tables"),
        (("今日天气晴",), 0, "not_report_unknown"),
        (("苏州市政府信息公开年报", f"{TITLE} 2022-01-20"), 0, "not_report_unknown"),
    ],
)
def test_recognise(lines: tuple[str, ...], tables: int, outcome: str | None) -> None:
    read = document(*lines)
    assert recognise(read, tables, identify(read)) == outcome


def test_a_link_to_another_page_is_no_title() -> None:
    assert read_title("上一篇：苏州市教育局2020年政府信息公开工作年度报告") is None


def test_a_notice_has_no_title_of_a_report() -> None:
    assert read_title("关于做好2020年政府信息公开工作年度报告编制工作的通知") is None
    assert read_title("政府信息公开指南") is None


def test_titles_of_other_reports_below_are_none() -> None:
    links = (TITLE, "2022-01-20", TITLE.replace("2021", "2020"), "2021-01-20")
    form = Grid(((Cell("第二十条第（一）项", 0, 0, 1, 4),), (Cell("规章", 1, 0), Cell("0", 1, 1))))
    period = Paragraph("统计期限自2022年1月1日起至2022年12月31日止。")
    report = document("首页")
    blocks = (*report.blocks, period, form, *(Paragraph(line) for line in links))
    found = identify(replace(report, blocks=blocks))
    assert (found.title, found.report_year) == (None, 2022)
    assert identify(document("相关文章", *links)).title is None


@pytest.mark.parametrize("year", ["关于2022年度", "二〇二二年"])
def test_a_title_of_a_whole_system(year: str) -> None:
    assert identify(document(f"如皋市水利局系统{year}政府信息公开工作报告", *BODY)).scope == "system"


def test_what_sites_call_the_column_is_no_title() -> None:
    found = identify(document("首页", "政府信息公开年报", *BODY))
    assert found.title is None


def test_a_report_that_one_sheet_holds() -> None:
    lines = ("统计期限自2021年1月1日至2021年12月31日止。", *BODY, "苏州市教育局")
    rows = tuple((Cell(line, row, 0, 1, 10),) for row, line in enumerate(lines))
    found = identify(document("首页", "政府信息公开年报", grids=(Grid(rows),)))
    assert (found.agency_name, found.report_year) == ("苏州市教育局", 2021)
