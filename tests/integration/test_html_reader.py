"""Whole web pages, as government sites publish them: content in, navigation out."""

from __future__ import annotations

import json

import pytest

from pipeline.document import Document, Paragraph, UnreadableDocumentError
from pipeline.matching.values import read_value
from pipeline.read import read_report
from pipeline.readers import html, read_document

TITLE = "示范市样例区演示局2021年政府信息公开工作年度报告"
PROSE = "本年度演示局持续推进主动公开，全年发布各类信息一百二十条，办理申请三件，均按期答复。"
TABLE = (
    "<table class=MsoNormalTable border=1><tr><td colspan=4>第二十条第（一）项</td></tr>"
    "<tr><td>信息内容</td><td>本年制发件数</td><td>本年废止件数</td><td>现行有效件数</td></tr>"
    "<tr><td>规章</td><td>0</td><td>0</td><td>0</td></tr>"
    "<tr><td>行政规范性文件</td><td>1</td><td>&nbsp;</td><td>12</td></tr></table>"
)
REPORT = (
    f"<p>根据要求，现公布本报告。</p><p>一、总体情况</p><p>{PROSE}</p><p>二、主动公开政府信息情况</p>{TABLE}"
    f"<p>五、存在的主要问题及改进情况</p><p>{PROSE}</p><p>六、其他需要报告的事项</p><p>无。</p>"
)
REPORT_SHOWN = [
    "根据要求，现公布本报告。",
    "一、总体情况",
    PROSE,
    "二、主动公开政府信息情况",
    "#",
    "五、存在的主要问题及改进情况",
    PROSE,
    "六、其他需要报告的事项",
    "无。",
]
NAVIGATION = "".join(f'<li><a href="/col{n}/">栏目名称{n}</a></li>' for n in range(30))
FOOTER = (
    "主办单位：示范市样例区人民政府　承办：区政府办公室　备案号：某ICP备00000000号　网站标识码：0000000000"
)


def shown(document: Document) -> list[str]:
    """The paragraphs' text, with `#` for each grid."""
    return [block.text if isinstance(block, Paragraph) else "#" for block in document.blocks]


def read(page: str) -> Document:
    return html.read(page.encode(), "0" * 64)


CHANNELS = "".join(f"<td><a href=/{n}>频道{n}</a></td>" for n in range(9))
MODERN = (
    f"<!DOCTYPE html><html><head><title>{TITLE}_样例区人民政府</title></head><body>"
    f'<div class="top"><a href="/">样例区人民政府</a><ul>{NAVIGATION}</ul></div>'
    f'<div class="w1200"><div class="crumb">您的位置：<a href=/>首页</a> &gt; <a href=/x/>年度报告</a></div>'
    f"<h1>{TITLE}</h1><div>发布日期：2022-01-20 14:03　来源：演示局　字号：大 中 小</div>"
    f'<div class="a"><div class="b">{REPORT}</div></div>'
    f'<div class="more"><h3>相关阅读</h3><ul>{NAVIGATION}</ul></div></div>'
    f'<div class="foot"><p>{FOOTER}</p></div></body></html>'
)
TABLES_ALL_OVER = (
    f"<html><head><title>{TITLE}</title></head><body>"
    "<table width=1000><tr><td colspan=2><img src=logo.jpg></td></tr>"
    f"<tr><td colspan=2><table><tr>{CHANNELS}</tr></table></td></tr>"
    f"<tr><td width=200><table><tr><td><ul>{NAVIGATION}</ul></td></tr></table></td>"
    f"<td><table><tr><td align=center><b>{TITLE}</b></td></tr><tr><td>{REPORT}</td></tr></table></td></tr>"
    f"<tr><td colspan=2 align=center>{FOOTER}</td></tr></table></body></html>"
)
SEMANTIC = (
    f"<html><head><title>站点</title></head><body><header><h1>样例区人民政府</h1><nav><ul>{NAVIGATION}</ul></nav></header>"
    f"<aside>热线：12345。欢迎来信；来电，请在工作时间内拨打。</aside>"
    f"<main><article><header><h1>{TITLE}</h1></header>{REPORT}</article></main>"
    f'<div role="contentinfo">{FOOTER}</div></body></html>'
)


@pytest.mark.parametrize("page", [MODERN, TABLES_ALL_OVER, SEMANTIC], ids=["modern", "tables", "semantic"])
def test_the_content_of_a_page_is_read_without_its_navigation(page: str) -> None:
    assert shown(read(page)) == [TITLE, *REPORT_SHOWN]


def test_a_page_says_when_and_where_it_was_published() -> None:
    assert read(MODERN).properties == {"title": TITLE, "published_on": "2022-01-20", "image_count": "0"}
    page = (
        "<html><head><meta name='ArticleTitle' content='某报告'>"
        "<meta name='PubDate' content='2021-1-28 10:22:00'><meta name='SiteName' content='样例区人民政府'>"
        "<meta name=SiteDomain content=www.example.gov.cn>"
        f"<meta name='ContentSource' content='演示局'></head><body>{REPORT}"
        "<img src=a.png><img src=icon.gif width=16></body></html>"
    )
    assert read(page).properties == {
        "title": "某报告",
        "published_on": "2021-01-28",
        "site": "样例区人民政府",
        "site_domain": "www.example.gov.cn",
        "content_source": "演示局",
        "image_count": "1",
    }


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("发布时间： 2021年3月1日", "2021-03-01"),
        ("[发布日期] 2021/03/01", "2021-03-01"),
        ("发布时间：2021-13-41", None),
        ("会议时间：2021-03-01", None),
    ],
)
def test_dates_of_publication_are_read_from_text(text: str, date: str | None) -> None:
    assert read(f"<body><div>{text}</div>{REPORT}").properties.get("published_on") == date


def test_a_copy_without_tables_keeps_every_line() -> None:
    lines = [
        "一、总体情况",
        PROSE,
        "二、主动公开政府信息情况",
        "规章",
        "0",
        "0",
        "0",
        "行政许可",
        "—",
        "12",
        "六、其他",
        "无",
    ]
    for copy in (
        "<br>".join(lines),
        "".join(f"<p>&emsp;{line}</p>" for line in lines),
        f"<pre>{chr(10).join(lines)}</pre>",
    ):
        page = f"<body><ul>{NAVIGATION}</ul><div><div>{copy}</div></div><div>{FOOTER}</div></body>"
        assert shown(read(page)) == lines


def test_a_report_spread_over_the_page_loses_nothing() -> None:
    first, second = REPORT.split("<p>五、")
    page = f"<body><ul>{NAVIGATION}</ul><div>{first}</div><div><p>五、{second}</div></body>"
    assert [line for line in shown(read(page)) if "栏目" not in line] == REPORT_SHOWN


def test_a_short_last_section_apart_from_the_rest_is_not_lost() -> None:
    first, last = REPORT.split("<p>六、")
    page = f"<body><ul>{NAVIGATION}</ul><div><div>{first}</div><div><p>六、{last}</div></div></body>"
    assert shown(read(page)) == REPORT_SHOWN


def test_a_table_outside_of_the_prose_is_not_lost() -> None:
    page = f"<body><div><div>{REPORT}</div></div><div><ul>{NAVIGATION}</ul></div><div>{TABLE}</div></body>"
    document = read(page)
    assert len(document.grids) == 2
    assert not any("栏目" in line for line in shown(document))


def test_a_frame_marked_wrongly_is_content() -> None:
    assert shown(read(f"<body><header>{REPORT}</header><div>页脚</div></body>"))[:9] == REPORT_SHOWN


def test_a_line_that_is_one_link_is_another_pages_title() -> None:
    other = '<p><a href="/9.html">示范市另一区演示局2020年政府信息公开工作年度报告</a></p>'
    own = f'<p><a href="/1.html">{TITLE}</a></p>'
    page = (
        f"<html><head><title>{TITLE}</title></head><body><div>{other}{own}{REPORT}{other}</div></body></html>"
    )
    assert shown(html.read(page.encode(), "")) == [TITLE, *REPORT_SHOWN]


def test_what_is_hidden_or_commented_is_not_read() -> None:
    page = (
        f"<body>{REPORT}<p style='color:red; display : none'>隐藏</p><p hidden>隐藏</p>"
        "<script>隐藏()</script>"
        "<style>隐藏{}</style><template>隐藏</template><noscript>隐藏</noscript><!-- 隐藏 -->"
        "<!--[if gte mso 9]><xml>隐藏</xml><![endif]-->"
        "<![if !supportLists]>一<![endif]>、<span hidden>隐藏</span>尾"
        "<table style='display:none'><tr><td>隐<td>藏</table></body>"
    )
    assert shown(read(page)) == [*REPORT_SHOWN, "一、尾"]


def cells(table: str, head: str = "") -> list[list[str]]:
    page = f"<html><head>{head}</head><body><p>{PROSE}</p><table>{table}</table></body></html>"
    return [[cell.text for cell in row] for row in html.read(page.encode(), "").grids[0].rows]


@pytest.mark.parametrize(
    "noise",
    [
        "<span style='font-size:1px'>9</span>",
        "<span style='color:#FFFFFF'>9</span>",
        "<font color=white>9</font>",
        "<span style='color:transparent'>9</span>",
        "<span style='width:0;height:0;overflow:hidden'>9</span>",
        "<i class=h>9</i>",
        "<b id=h>9</b>",
        "<del>9</del>",
    ],
)
def test_what_nobody_sees_in_a_cell_is_not_read(noise: str) -> None:
    head = "<style>i.h{font-size:0} #h{visibility:hidden}</style>"
    assert cells(f"<tr><td>规章<td>1{noise}2<tr><td>行政许可<td>3", head)[0] == ["规章", "12"]


def test_white_print_on_a_ground_and_a_cell_in_white_are_read() -> None:
    white = "<span style='color:#fff'>规章</span>"
    table = (
        f"<tr><td>{white}<td style='background:navy'>1{white}<tr><td>{white}{white}<td bgcolor=red>1{white}"
    )
    assert cells(table) == [["规章", "1规章"], ["规章规章", "1规章"]]


def test_struck_digits_and_lowered_ones_are_no_part_of_a_number() -> None:
    rows = cells("<tr><td>规章<td>1<s>9</s><tr><td>行政许可<td>12<sub>1</sub>")
    values = [read_value(text, "count") for _, text in rows]
    assert [(value.kind, value.number) for value in values] == [("unreadable", None), ("reported", 12)]


def test_rows_that_the_style_sheet_hides_are_not_read() -> None:
    sheet = (
        "<style>/* .b{display:none} */ @media print { .c{display:none} .d{color:red} } tr.a , .x{ display : none }"
        ".e{display:none} .e{display:table-row}</style>"
    )
    rows = "".join(
        f"<tr class='r {name}'><td>{name}</td><td><span class={name}>1</span>2</td></tr>" for name in "abcde"
    )
    assert cells(rows, sheet) == [["b", "12"], ["c", "12"], ["d", "12"], ["e", "12"]]


def test_what_is_out_of_sight_or_above_the_line() -> None:
    rows = (
        "<tr><td>甲</td><td>1<span style='font-size:0'>9</span>2"
        "<i style='position:absolute; left:-9999px'>8</i></td></tr>"
        "<tr><td>乙</td><td><span style='font-size:0px'><b style='font-size:14px'>12</b></span></td></tr>"
        "<tr><td>丙</td><td>12<span style='vertical-align:super;font-size:8pt'>1</span></td></tr>"
        "<tr><td>丁</td><td><span style='font-size:0.9em;text-indent:0'>12</span></td></tr>"
    )
    assert cells(rows) == [["甲", "12"], ["乙", "12"], ["丙", "12¹"], ["丁", "12"]]


def test_cells_and_runs_that_are_never_closed() -> None:
    rows = (
        "<tr><td>规章<td>1<span><td>2<!-- <td> -->"
        "<tr><td><font>行政许可<td>3<TH>4<tr><td>总<table><tr><td>5<b><td>6</table>"
    )
    assert cells(rows)[:2] == [["规章", "1", "2"], ["行政许可", "3", "4"]]


def test_control_characters_do_not_stop_the_reader() -> None:
    signs = "<p hidden>x</p>\x01尾&#2;<b hidden>x</b>&#3;\x1b<span style='visibility:hidden'>x</span>\x04"
    assert shown(read(f"<body>{REPORT}{signs}</body>")) == [*REPORT_SHOWN, "尾"]
    struck = shown(read(f"<body>{REPORT}<p><s>删\x01<b>除</b>\x02</s>尾</p></body>"))
    assert struck[:-1] == REPORT_SHOWN
    assert struck[-1].endswith("尾")
    table = "<table>" + "<tr><td>规章</td><td>1</td></tr>" * 20 + "</table>"
    assert read(f"<body><script>document.write('{table}')</script>\x03尾</body>").grids


def test_a_page_declares_one_encoding_and_uses_another() -> None:
    rare = "㙍塱"
    declared = "<?xml version='1.0' encoding='gb2312'?><html><meta charset=gb2312>"
    page = f"{declared}<body><p>{rare}</p>{REPORT}</body></html>"
    for encoding in ("gb18030", "utf-8", "utf-16"):
        document = html.read(page.encode(encoding), "0" * 64)
        assert shown(document) == [rare, *REPORT_SHOWN]


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (b"<html><body><img src=scan.jpg></body></html>", "no_text"),
        (b"<html><script>" + b"x" * 100_000, "no_text"),
        (b"<html><body>" + b"<div>" * 200_000 + "年报".encode(), "limit_exceeded"),
        (b"<html><body>" + b"<table><tr><td>1<td>2<tr><td>3<td>4" * 200 + "年报".encode(), "limit_exceeded"),
        (b"<html><body>" + "年".encode() * 20_000_001, "limit_exceeded"),
    ],
    ids=["picture", "script", "deep", "nested tables", "long"],
)
def test_a_page_that_would_lose_its_text_is_refused(page: bytes, code: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        html.read(page, "0" * 64)
    assert caught.value.code == code


def test_a_page_is_recognised_by_its_content() -> None:
    document = read_document(MODERN.encode("gb18030"), "report.doc")
    assert document.media_type == "text/html"
    assert document.reader == "html/lxml"
    assert len(document.sha256) == 64


TWENTY = f"<p>{TITLE}</p><table>{'<tr><td>规章</td><td>1</td></tr>' * 10}</table>"


@pytest.mark.parametrize(
    "page",
    [
        f"<html><head><title>{TITLE}</title></head><body><script>show({{a:'x', b:{{quoted}}}})</script></body></html>",
        '{{"code": 200, "data": {{"source": "演示局", "content": {quoted}}}}}',
        'callback({{"data": [{{"content": {quoted}}}]}});',
    ],
    ids=["script", "json", "call"],
)
@pytest.mark.parametrize("is_ascii", [True, False])
def test_an_article_that_a_script_or_an_answer_quotes_is_read(page: str, is_ascii: bool) -> None:
    quoted = json.dumps(TWENTY, ensure_ascii=is_ascii).replace("</", "<\\/")
    document = read_document(page.replace("{{", "{").replace("}}", "}").replace("{quoted}", quoted).encode())
    assert shown(document)[-2:] == [TITLE, "#"]
    assert [len(grid.rows) for grid in document.grids] == [10]


def test_a_picture_alone_in_a_cell_says_what_it_shows_and_no_files_name() -> None:
    heads = "".join(f'<td><img alt="{words}"></td>' for words in ("自然人", "image1.png", ""))
    values = "<tr><td>1</td><td>2</td><td>3</td></tr>" * 2
    (grid,) = read(f"<table><tr>{heads}</tr>{values}</table><p>{PROSE}</p>").grids
    assert [cell.text for cell in grid.rows[0]] == ["自然人", "", ""]


def test_what_styles_set_as_a_table_is_one() -> None:
    cells = "".join(f'<span style="display: table-cell">{text}</span>' for text in ("规章", "1", "", "3"))
    (grid,) = read(f"<div>{f'<div style=display:table-row>{cells}</div>' * 2}</div><p>{PROSE}</p>").grids
    assert [[cell.text for cell in row] for row in grid.rows] == [["规章", "1", "", "3"]] * 2


def test_a_table_of_licences_makes_no_other_report_one_of_this_form() -> None:
    rows = "".join(f"<tr><td>{label}</td><td>12</td></tr>" for label in ("行政许可", "行政处罚", "行政强制"))
    page = (
        f"<html><body><p>某局2022年法治政府建设年度报告</p><p>{PROSE}</p><table>{rows}</table></body></html>"
    )
    report = read_report(page.encode(), "law.html")
    assert report.status == "not_a_report"
    assert [cell for cell in report.extraction.cells if cell.value is not None] == []
