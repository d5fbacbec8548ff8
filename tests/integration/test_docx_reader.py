"""Word files, as Word, WPS and converters write them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import docx as python_docx
import pytest
from hypothesis import given, settings

from pipeline.document import Document, Paragraph, UnreadableDocumentError
from pipeline.matching.values import read_value
from pipeline.read import read_report
from pipeline.readers import docx, read_document
from pipeline.readers.word import styles as word_styles
from pipeline.readers.word.package import Package
from tests.tilings import TILINGS, Tiling

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BLANK_FORM = Path(__file__).parents[3] / "shared" / "real" / "template-2021-blank.docx"


def package(body: str, **parts: str) -> bytes:
    """A Word file around the XML of a body, with further parts (`numbering`, `styles`) by name."""
    packed = io.BytesIO()
    kinds = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONS}/{name}" Target="{name}.xml"/>' for name in parts
    )
    relation = f'<Relationship Id="a" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/>'
    root = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        out.writestr("_rels/.rels", f"{root}{relation}</Relationships>")
        out.writestr("word/_rels/document.xml.rels", f"{root}{kinds}</Relationships>")
        out.writestr("word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>")
        for name, xml in parts.items():
            out.writestr(f"word/{name}.xml", f"<w:{name} {NAMESPACES}>{xml}</w:{name}>")
    return packed.getvalue()


def read(body: str, **parts: str) -> Document:
    return docx.read(package(body, **parts), "0" * 64)


def shown(document: Document) -> list[object]:
    """Paragraphs as text, grids as rows of texts."""
    return [
        block.text if isinstance(block, Paragraph) else [[cell.text for cell in row] for row in block.rows]
        for block in document.blocks
    ]


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"


def cell(text: str, properties: str = "") -> str:
    lines = "".join(paragraph(line) for line in text.split("\n"))
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{lines}</w:tc>"


def table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


FIGURES = table(cell("规章") + cell("1"), cell("文件") + cell("2"))
FIGURES_SHOWN = [["规章", "1"], ["文件", "2"]]


def typeset(tiling: Tiling) -> str:
    rows = []
    for row in range(tiling.height):
        cells, column = [], 0
        while column < tiling.width:
            text, top, _, down, across = tiling.owner(row, column)
            merge = '<w:vMerge w:val="restart"/>' if top == row else "<w:vMerge/>"
            span = f'<w:gridSpan w:val="{across}"/>' + (merge if down > 1 else "")
            cells.append(cell(text if top == row else "", span))
            column += across
        rows.append("".join(cells))
    return table(*rows)


@given(TILINGS)
@settings(max_examples=40, deadline=None)
def test_any_table_comes_back_cell_for_cell(tiling: Tiling) -> None:
    (grid,) = read(typeset(tiling)).grids
    found = [(c.text, c.row, c.column, c.row_span, c.column_span) for c in grid.cells()]
    assert found == list(tiling.cells)


def test_body_order_is_kept_and_empty_paragraphs_are_not() -> None:
    document = read(paragraph("一、总体情况") + paragraph(" ") + FIGURES + paragraph("五、问题"))
    assert shown(document) == ["一、总体情况", FIGURES_SHOWN, "五、问题"]
    assert [block.locator.to_dict() for block in document.blocks] == [{"line": 1}, {"table": 1}, {"line": 2}]


def test_locators_count_cells_as_written() -> None:
    restart, down = '<w:vMerge w:val="restart"/>', '<w:vMerge w:val="continue"/>'
    (grid,) = read(table(cell("a", restart) + cell("b"), cell("", down) + cell("c"))).grids
    assert grid.rows[0][0].row_span == 2
    assert (grid.rows[1][0].column, grid.rows[1][0].locator.column) == (1, 2)


def test_a_merge_without_a_beginning_begins_itself() -> None:
    (grid,) = read(table(cell("a", "<w:vMerge/>") + cell("b"), cell("c") + cell("d", "<w:vMerge/>"))).grids
    assert [(c.text, c.row_span) for c in grid.cells()] == [("a", 1), ("b", 1), ("c", 1), ("d", 1)]


def test_rows_may_begin_further_right_and_merge_across_the_old_way() -> None:
    before = '<w:trPr><w:gridBefore w:val="2"/></w:trPr>'
    across = cell("b", '<w:hMerge w:val="restart"/>') + cell("", '<w:hMerge w:val="continue"/>')
    (grid,) = read(table(cell("a") + across, before + cell("c") + cell("d"))).grids
    assert [(c.text, c.column, c.column_span) for c in grid.cells()] == [
        ("a", 0, 1),
        ("b", 1, 2),
        ("c", 2, 1),
        ("d", 3, 1),
    ]


def test_nested_tables_and_content_controls() -> None:
    controlled = f"<w:sdt><w:sdtContent><w:tr>{cell('文件')}<w:sdt><w:sdtContent>{cell('2')}"
    controlled += "</w:sdtContent></w:sdt></w:tr></w:sdtContent></w:sdt>"
    inner = f"<w:tbl><w:tr>{cell('规章')}{cell('1')}</w:tr>{controlled}</w:tbl>"
    outer = f"<w:tbl><w:tr><w:tc>{paragraph('一、情况')}{inner}<w:p/></w:tc></w:tr></w:tbl>"
    assert shown(read(f"<w:sdt><w:sdtContent>{outer}</w:sdtContent></w:sdt>")) == ["一、情况", FIGURES_SHOWN]


def test_of_tracked_changes_the_new_text_is_read() -> None:
    mark = "<w:rPr><w:del/></w:rPr>"
    body = (
        f"<w:p><w:ins>{run('新')}</w:ins><w:del><w:r><w:delText>旧</w:delText></w:r></w:del>{run('文')}</w:p>"
        f"<w:p><w:moveFrom>{run('移走')}</w:moveFrom><w:moveTo>{run('移来')}</w:moveTo></w:p>"
        f"{paragraph('上半', mark)}{paragraph('下半')}"
        + table(
            cell("规章") + cell("1"),
            "<w:trPr><w:del/></w:trPr>" + cell("旧") + cell("9"),
            cell("文件") + cell("2"),
        )
    )
    assert shown(read(body)) == ["新文", "移来", "上半下半", FIGURES_SHOWN]


def test_breaks_tabs_and_signs() -> None:
    body = (
        "<w:p><w:r><w:t>结果</w:t><w:br/><w:t>维持</w:t><w:cr/><w:t>1</w:t><w:tab/><w:t>2</w:t>"
        '<w:noBreakHyphen/><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Arial" w:char="2014"/>'
        "</w:r></w:p>"
    )
    assert shown(read(body)) == ["结果", "维持", "1\t2-—"]


def test_digits_set_as_symbols_are_digits() -> None:
    symbols = "".join(f'<w:sym w:font="Symbol" w:char="F03{digit}"/>' for digit in "207")
    assert shown(read(f"<w:p><w:r>{symbols}</w:r></w:p>")) == ["207"]


def test_a_page_left_in_the_file_for_word_to_set_is_read_in_its_place() -> None:
    page = "<body><p>表一</p><table><tr><td>规章</td><td>3</td></tr></table></body>"
    held = f'<w:altChunk xmlns:r="{RELATIONS}" r:id="page"/>'
    assert shown(read(paragraph("前") + held + paragraph("后"), page=page)) == [
        "前",
        "表一",
        [["规章", "3"]],
        "后",
    ]


def test_a_text_box_is_read_once_and_after_its_paragraph() -> None:
    box = f"<w:txbxContent>{paragraph('框内')}{FIGURES}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>正文</w:t></w:r><w:r><mc:AlternateContent>"
        f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    assert shown(read(body)) == ["正文", "框内", FIGURES_SHOWN]


def test_of_a_field_the_result_is_read() -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    nested = f"{mark('begin')}<w:r><w:instrText>IF </w:instrText></w:r>{mark('begin')}{mark('separate')}"
    nested += f"{run('码')}{mark('end')}{mark('separate')}{run('二〇二一')}{mark('end')}"
    body = f'<w:p>{run("共")}{nested}<w:fldSimple w:instr="PAGE">{run("年")}</w:fldSimple></w:p>'
    assert shown(read(body)) == ["共二〇二一年"]


STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"/>'
    '<w:style w:type="paragraph" w:styleId="1"><w:basedOn w:val="a"/><w:pPr><w:numPr><w:numId w:val="1"/>'
    '</w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="2"><w:basedOn w:val="1"/></w:style>'
    '<w:style w:type="character" w:styleId="h"><w:rPr><w:vanish/></w:rPr></w:style>'
)
NUMBERING_XML = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
    '<w:lvlText w:val="%1、"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
    '<w:lvlText w:val="（%2）"/></w:lvl><w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:pStyle w:val="3"/><w:lvlText w:val="%3."/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
    "</w:lvlOverride></w:num>"
)


def numbered(text: str, list_id: int = 1, depth: int = 0) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>')


def test_labels_that_word_numbers_are_part_of_the_text() -> None:
    body = (
        numbered("总体情况")
        + numbered("主动公开", depth=1)
        + numbered("依申请公开", depth=1)
        + numbered("", depth=1)
        + numbered("平台建设", depth=1)
        + numbered("主动公开情况")
        + paragraph("继承编号", '<w:pStyle w:val="2"/>')
        + paragraph("不编号", '<w:pStyle w:val="2"/><w:numPr><w:numId w:val="0"/></w:numPr>')
        + table(numbered_cell("属于国家秘密") + cell("1"), numbered_cell("属于内部信息") + cell("2"))
        + numbered("重新开始", list_id=2)
    )
    assert shown(read(body, styles=STYLES, numbering=NUMBERING_XML)) == [
        "一、总体情况",
        "（一）主动公开",
        "（二）依申请公开",
        "（四）平台建设",
        "二、主动公开情况",
        "三、继承编号",
        "不编号",
        [["1.属于国家秘密", "1"], ["2.属于内部信息", "2"]],
        "一、重新开始",
    ]


def test_styles_that_files_share_are_parsed_once_and_lists_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[str] = []

    def counted(package: Package, name: str, parse=word_styles.parsed) -> object:
        parts.append(name)
        return parse(package, name)

    monkeypatch.setattr(word_styles, "parsed", counted)
    monkeypatch.setattr(word_styles, "_KNOWN", {})
    body = paragraph("编号", '<w:pStyle w:val="1"/>')
    for numbers, expected in (("%1、", "一、编号"), ("第%1", "第一 编号")):
        lists = NUMBERING_XML.replace("%1、", numbers)
        assert shown(read(body, styles=STYLES, numbering=lists)) == [expected]
    assert shown(read(body, styles=STYLES.replace('"2"', '"4"'))) == ["编号"]
    assert [name.rpartition("/")[2] for name in parts].count("styles.xml") == 2


def test_text_in_the_default_style_is_hidden_with_it() -> None:
    styles = '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:rPr><w:vanish/></w:rPr></w:style>'
    body = paragraph("藏") + paragraph("见", '<w:pStyle w:val="b"/>')
    assert shown(read(body, styles=styles)) == ["见"]


def numbered_cell(text: str) -> str:
    return f"<w:tc>{numbered(text, depth=2)}</w:tc>"


def test_hidden_text_is_not_read() -> None:
    by_style = run("藏", '<w:rStyle w:val="h"/>')
    runs = run("见") + run("隐", "<w:vanish/>") + run("显", '<w:vanish w:val="0"/>') + by_style
    assert shown(read(f"<w:p>{runs}</w:p>", styles=STYLES)) == ["见显"]


@pytest.mark.parametrize("properties", ["<w:strike/>", "<w:dstrike/>", '<w:vertAlign w:val="subscript"/>'])
def test_digits_struck_through_or_below_the_line_are_no_part_of_a_number(properties: str) -> None:
    behind = f"<w:r><w:t>12</w:t></w:r><w:r><w:rPr>{properties}</w:rPr><w:t>9</w:t></w:r>"
    (text,) = [block.text for block in read(f"<w:p>{behind}</w:p>").paragraphs]
    assert read_value(text, "count").number in (None, 12)
    assert not text.endswith("9")


def test_a_raised_number_is_a_notes_and_joins_none() -> None:
    mark = "<w:r><w:rPr>{}</w:rPr><w:t>1</w:t></w:r>"
    styles = '<w:style w:type="character" w:styleId="note"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>'
    by_hand = mark.format('<w:vertAlign w:val="superscript"/>')
    by_style = mark.format('<w:rStyle w:val="note"/>')
    back_down = mark.format('<w:rStyle w:val="note"/><w:vertAlign w:val="baseline"/>')
    body = "".join(f"<w:p><w:r><w:t>12</w:t></w:r>{run}</w:p>" for run in (by_hand, by_style, back_down))
    assert shown(read(body, styles=styles)) == ["12¹", "12¹", "121"]


def test_an_embedded_spreadsheet_is_said_to_be_unread() -> None:
    embedded = (
        '<w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" ProgID="{}"/></w:object>'
    )
    programs = ("Excel.Sheet.12", "ET.Sheet.8", "Equation.3")
    runs = "".join(f"<w:r>{embedded.format(program)}</w:r>" for program in programs)
    data = package(f"<w:p><w:r><w:t>一、总体情况</w:t></w:r>{runs}</w:p>")
    findings = read_report(data, "").extraction.findings
    assert [f.message.details for f in findings if f.message.code == "embedded_sheets"] == [{"count": "2"}]


def test_the_strict_form_of_the_standard_is_read() -> None:
    data = package(paragraph("一、总体情况"))
    strict = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode().replace(W, "http://purl.oclc.org/ooxml/wordprocessingml/main")
            new.writestr(
                name, text.replace(RELATIONS, "http://purl.oclc.org/ooxml/officeDocument/relationships")
            )
    assert shown(docx.read(strict.getvalue(), "")) == ["一、总体情况"]


def test_the_title_is_believed_where_the_text_repeats_it() -> None:
    for title, believed in (("样例局2021年报告", True), ("样例局2020年报告", False)):
        file = python_docx.Document()
        file.core_properties.title = title
        file.add_paragraph("样例局\n2021年报告")
        saved = io.BytesIO()
        file.save(saved)
        properties = docx.read(saved.getvalue(), "").properties
        assert properties == {"image_count": "0", **({"title": title} if believed else {})}


ENTITY = '<!DOCTYPE x [<!ENTITY e "boom">]>'


def with_document(data: bytes, xml: str) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "word/document.xml" else old.read(name))
    return changed.getvalue()


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (f"{ENTITY}<w:document {NAMESPACES}><w:body><w:p>&e;</w:p></w:body></w:document>", "damaged"),
        (f"<w:document {NAMESPACES}><w:body>", "damaged"),
        (f"<w:document {NAMESPACES}/>", "damaged"),
        (f"<w:document {NAMESPACES}><w:body><w:p/></w:body></w:document>", "no_text"),
        ("<w:p>" * 500, "damaged"),
        (" " * 40_000_000, "zip_bomb"),
        (
            f"<w:document {NAMESPACES}><w:body><w:tbl><w:tr>{'<w:tc/>' * 100_001}</w:tr></w:tbl></w:body></w:document>",
            "limit_exceeded",
        ),
    ],
    ids=["entity", "cut", "no body", "no text", "deep", "bomb", "cells"],
)
def test_hostile_and_broken_files_are_refused(xml: str, code: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        docx.read(with_document(package(""), xml), "")
    assert caught.value.code == code


def test_giant_spans_cost_nothing() -> None:
    (grid,) = read(
        table(cell("a", '<w:gridSpan w:val="50000000"/>') + cell("b"), cell("c") + cell("d"))
    ).grids
    assert grid.rows[0][0].column_span == 1000


def test_a_file_cut_short_is_damaged() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(package(FIGURES)[:-40])
    assert caught.value.code == "damaged"


def test_a_word_file_is_recognised_by_its_content() -> None:
    document = read_document(package(FIGURES), "report.doc")
    assert document.reader == "docx/xml"
    assert shown(document) == [FIGURES_SHOWN]


@pytest.mark.skipif(not BLANK_FORM.exists(), reason="the official blank form is not at hand")
def test_the_official_blank_form() -> None:
    document = read_document(BLANK_FORM.read_bytes())
    assert [len(grid.rows) for grid in document.grids] == [14, 28, 4]
    blanks = [sum(cell.text == "" for cell in grid.cells()) for grid in document.grids]
    assert blanks == [10, 175, 15]
    assert "六、其他需要报告的事项" in [paragraph.text for paragraph in document.paragraphs]
