"""Writes a layout as a web page: `Layout` and `Style` in, bytes of HTML out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pipeline.document import Cell
from pipeline.typeset.compose import Layout, Line, Sheet
from pipeline.typeset.style import HtmlStyle, Style

_NAVIGATION = ("首页", "机构概况", "政务公开", "办事服务", "互动交流")
_TAGS = {"title": "h2", "heading": "h3", "body": "p", "signature": "p", "note": "p"}


def write_html(layout: Layout, style: Style) -> bytes:
    """The page as bytes in the style's encoding; the same layout and style give the same bytes."""
    html = style.html
    charset = "gb2312" if html.encoding == "gb18030" else html.encoding
    lines = ["<!DOCTYPE html>", "<html>", *_head(layout, html, charset), "<body>"]
    lines += _site_top(layout) if html.site else []
    lines += _nested(_content(layout, html)) if html.nested else _content(layout, html)
    lines += _site_foot(layout) if html.site else []
    lines += ["</body>", "</html>"] if html.closed else []
    return "\n".join([*lines, ""]).encode(html.encoding)


def _head(layout: Layout, html: HtmlStyle, charset: str) -> Iterator[str]:
    yield "<head>"
    yield f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    yield f"<title>{escape(layout.title)}</title>"
    if html.site:
        named = {"SiteName": layout.site, "ArticleTitle": layout.title, "PubDate": layout.published_on or ""}
        yield from (f'<meta name="{name}" content="{escape(text)}">' for name, text in named.items() if text)
    if html.pasted:
        yield "<style>p.MsoNormal{margin:0cm;text-align:justify;font-size:10.5pt}</style>"
    yield "</head>"


def _site_top(layout: Layout) -> Iterator[str]:
    yield '<div class="top"><a href="/">' + escape(layout.site) + "</a></div>"
    yield '<ul class="nav">'
    yield from (f'<li><a href="/{i}/">{name}</a></li>' for i, name in enumerate(_NAVIGATION))
    yield "</ul>"
    yield '<div class="position">当前位置：首页 &gt; 政务公开 &gt; 政府信息公开年报</div>'
    if layout.published_on:
        published = f"发布日期：{layout.published_on}"
        yield f'<div class="info">{published}&nbsp;&nbsp;浏览次数：<span>128</span> 次</div>'


def _site_foot(layout: Layout) -> Iterator[str]:
    yield '<div class="share">【打印本页】【关闭窗口】</div>'
    yield f'<div class="foot">主办：{escape(layout.site)}&nbsp;&nbsp;网站地图</div>'


def _nested(content: Iterator[str]) -> Iterator[str]:
    yield '<table class="layout" width="100%"><tr>'
    yield '<td class="menu"><ul><li>信息公开指南</li><li>信息公开年报</li></ul></td>'
    yield '<td class="main">'
    yield from content
    yield "</td></tr></table>"


def _content(layout: Layout, html: HtmlStyle) -> Iterator[str]:
    yield '<div class="content">'
    for block in layout.blocks:
        if isinstance(block, Sheet):
            yield from _table(block, html)
        else:
            yield _line(block, html)
    if html.closed:
        yield "</div>"


def _line(line: Line, html: HtmlStyle) -> str:
    text = _text(line.text)
    tag = "p" if html.pasted else _TAGS[line.role]
    if html.pasted:
        indent = "&nbsp;&nbsp;" if line.role in ("body", "heading") else ""
        text = f'<span lang="ZH-CN" style="font-family:仿宋_GB2312">{indent}{text}<o:p></o:p></span>'
    opening = f'<{tag} class="MsoNormal">' if html.pasted else f"<{tag}>"
    may_stay_open = tag == "p" and not html.closed
    return opening + text + ("" if may_stay_open else f"</{tag}>")


def _table(sheet: Sheet, html: HtmlStyle) -> Iterator[str]:
    kind = ' class="MsoNormalTable"' if html.pasted else ""
    yield f'<table{kind} border="1" cellspacing="0" cellpadding="0">'
    for row in sheet.grid.rows:
        yield "<tr>" + "".join(_cell(cell, html) for cell in row) + ("</tr>" if html.closed else "")
    yield "</table>"


def _cell(cell: Cell, html: HtmlStyle) -> str:
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    text = _text(cell.text)
    if html.pasted:
        text = f'<p class="MsoNormal"><span lang="EN-US">{text or "&nbsp;"}<o:p></o:p></span></p>'
    return f"<td{spans}>{text}" + ("</td>" if html.closed else "")


def _text(text: str) -> str:
    return escape(text).replace("\u00a0", "&nbsp;").replace("\n", "<br>")
