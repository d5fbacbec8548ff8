"""Writes a layout as a word processor's file: `Layout` and `Style` in, bytes of DOCX out.

The XML is written directly: the package has the four parts that every reader needs, and no clock in it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape

from pipeline.document import Cell
from pipeline.typeset.compose import Layout, Line, Sheet
from pipeline.typeset.style import DocxStyle, Style

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TEXT_WIDTH = 9000
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def write_docx(layout: Layout, style: Style) -> bytes:
    """The file as bytes; the same layout and style give the same bytes."""
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relationships(),
        "docProps/core.xml": _core(layout),
        "word/document.xml": _document(layout, style.docx),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            package.writestr(entry, (_XML + text).encode())
    return buffer.getvalue()


def _content_types() -> str:
    office = "application/vnd.openxmlformats-"
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{office}package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" '
        f'ContentType="{office}officedocument.wordprocessingml.document.main+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        f'ContentType="{office}package.core-properties+xml"/></Types>'
    )


def _relationships() -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>'
    )


def _core(layout: Layout) -> str:
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(layout.title)}</dc:title></cp:coreProperties>"
    )


def _document(layout: Layout, style: DocxStyle) -> str:
    body = "".join(
        _table(block, style) + "<w:p/>" if isinstance(block, Sheet) else _paragraph(block)
        for block in layout.blocks
    )
    size = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    return f'<w:document xmlns:w="{_W}"><w:body>{body}{size}</w:body></w:document>'


def _paragraph(line: Line) -> str:
    place = {"title": '<w:jc w:val="center"/>', "signature": '<w:jc w:val="right"/>'}.get(line.role, "")
    indent = '<w:ind w:firstLineChars="200"/>' if line.role == "body" else ""
    bold = "<w:rPr><w:b/></w:rPr>" if line.role in ("title", "heading") else ""
    return f"<w:p><w:pPr>{indent}{place}</w:pPr>{_run(line.text, bold)}</w:p>"


def _run(text: str, properties: str = "") -> str:
    pieces = [
        f'<w:t xml:space="preserve">{escape(piece)}</w:t>' if piece else "" for piece in text.split("\n")
    ]
    return f"<w:r>{properties}{'<w:br/>'.join(pieces)}</w:r>".replace("\t", "</w:t><w:tab/><w:t>")


def _table(sheet: Sheet, style: DocxStyle) -> str:
    unit = _TEXT_WIDTH / sum(sheet.widths)
    columns = "".join(f'<w:gridCol w:w="{round(width * unit)}"/>' for width in sheet.widths)
    rows = "".join(_row(sheet, number, style) for number in range(len(sheet.grid.rows)))
    properties = f"<w:tblPr><w:tblBorders>{_BORDERS}</w:tblBorders></w:tblPr>"
    break_before = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>' if sheet.new_page else ""
    return f"{break_before}<w:tbl>{properties}<w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"


def _row(sheet: Sheet, number: int, style: DocxStyle) -> str:
    starting = {cell.column: (cell, True) for cell in sheet.grid.rows[number]}
    continuing = {cell.column: (cell, False) for cell in sheet.grid.covering(number)}
    present = sorted((starting | continuing).items())
    return "<w:tr>" + "".join(_cell(cell, is_start, style) for _, (cell, is_start) in present) + "</w:tr>"


def _cell(cell: Cell, is_start: bool, style: DocxStyle) -> str:
    span = f'<w:gridSpan w:val="{cell.column_span}"/>' if cell.column_span > 1 else ""
    kind = "restart" if is_start else "continue"
    merge = f'<w:vMerge w:val="{kind}"/>' if cell.row_span > 1 else ""
    paragraphs = "".join(_cell_paragraphs(cell.text if is_start else "", style))
    return f"<w:tc><w:tcPr>{span}{merge}</w:tcPr>{paragraphs}</w:tc>"


def _cell_paragraphs(text: str, style: DocxStyle) -> Iterator[str]:
    pieces = text.split("\n") if style.line_break == "paragraph" else [text]
    yield from (f"<w:p>{_run(piece) if piece else ''}</w:p>" for piece in pieces)
