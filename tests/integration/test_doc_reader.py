"""Word 97–2003 files: a small sample that is always read, and fresh conversions where LibreOffice is at hand."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import docx as python_docx
import pytest
from docx.oxml import parse_xml

from pipeline.document import Document, Grid, Paragraph, UnreadableDocumentError
from pipeline.readers import doc, docx, read_document
from tests.tilings import Placed, Tiling, tiling

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SAMPLE = Path(__file__).parent / "samples" / "legacy-word.doc"
BLANK_FORM = Path(__file__).parents[3] / "shared" / "real" / "template-2021-blank.docx"
needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")

LEVELS = (("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))
NUMBERING = (
    f'<w:abstractNum {W} w:abstractNumId="90">'
    + "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{style}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for depth, (style, text) in enumerate(LEVELS)
    )
    + "</w:abstractNum>"
)


def run(text: str, properties: str = "") -> str:
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return f"<w:r><w:rPr>{properties}</w:rPr>{lines}</w:r>"


def paragraph(*runs: str, depth: int | None = None) -> str:
    number = "" if depth is None else f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="90"/></w:numPr>'
    return f"<w:p {W}><w:pPr>{number}</w:pPr>{''.join(runs)}</w:p>"


def cell(content: str, span: int = 1, merge: str = "", width: int = 1000) -> str:
    size = f'<w:tcW w:w="{span * width}" w:type="dxa"/><w:gridSpan w:val="{span}"/>'
    return f"<w:tc><w:tcPr>{size}{merge}</w:tcPr>{content}</w:tc>"


def table(rows: Sequence[str], width: int, column: int = 1000) -> str:
    grid = f'<w:gridCol w:w="{column}"/>' * width
    body = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
    layout = f'<w:tblW w:w="{width * column}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
    return f"<w:tbl {W}><w:tblPr>{layout}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"


def typeset(cut: Tiling) -> str:
    rows = []
    for row in range(cut.height):
        cells, column = [], 0
        while column < cut.width:
            text, top, _, down, across = cut.owner(row, column)
            merge = '<w:vMerge w:val="restart"/>' if top == row else "<w:vMerge/>"
            cells.append(cell(paragraph(run(text if top == row else "")), across, merge if down > 1 else ""))
            column += across
        rows.append("".join(cells))
    return table(rows, cut.width)


def word_file(*blocks: str) -> bytes:
    file = python_docx.Document()
    numbering = file.part.numbering_part.element
    numbering.insert(0, parse_xml(NUMBERING))
    numbering.append(parse_xml(f'<w:num {W} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for block in blocks:
        file.element.body.insert(len(file.element.body) - 1, parse_xml(block))
    saved = io.BytesIO()
    file.save(saved)
    return saved.getvalue()


def converted(data: bytes, folder: Path) -> bytes:
    """The same file as Word 97–2003 saves it."""
    (folder / "report.docx").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "doc:MS Word 97", "report.docx"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return (folder / "report.doc").read_bytes()


def shown(document: Document) -> list[object]:
    """Paragraphs as text, grids as placed cells."""
    return [block.text if isinstance(block, Paragraph) else placed(block) for block in document.blocks]


def placed(grid: Grid) -> list[Placed]:
    """The cells with their columns counted by the grid lines that are in use."""
    lines = sorted({edge for c in grid.cells() for edge in (c.column, c.column + c.column_span)})
    at = {line: number for number, line in enumerate(lines)}
    return [
        (c.text, c.row, at[c.column], c.row_span, at[c.column + c.column_span] - at[c.column])
        for c in grid.cells()
    ]


DOWN, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
INNER = table(
    [
        cell(paragraph(run("内一"))) + cell(paragraph(run("7"))),
        cell(paragraph(run("内二"))) + cell(paragraph()),
    ],
    2,
)
FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "http://127.0.0.1/" </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    + run("2022")
    + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
BOXED = (
    f'<w:p {W} xmlns:v="urn:schemas-microsoft-com:vml"><w:r><w:pict><v:shape style="width:300pt;height:60pt">'
    f"<v:textbox><w:txbxContent>{paragraph(run('框中标题'))}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
)
SAMPLE_BLOCKS = (
    paragraph(run("虚构市样例局\n年度报告")),
    paragraph(run("总体情况"), depth=0),
    paragraph(run("见于"), run("隐去", "<w:vanish/>"), FIELD, run("年。")),
    paragraph(run("主动公开"), depth=1),
    paragraph(run("依申请公开"), depth=1),
    paragraph(run("表格"), depth=0),
    table(
        [
            cell(paragraph(run("项目")), 2, DOWN) + cell(paragraph(run("数量")), 2),
            cell(paragraph(), 2, ON) + cell(paragraph(run("本年"))) + cell(paragraph(run("上年"))),
            cell(paragraph(run("不予公开")), 1, DOWN)
            + cell(paragraph(run("属于国家秘密"), depth=2))
            + cell(paragraph(run("1")))
            + cell(paragraph()),
            cell(paragraph(), 1, ON)
            + cell(paragraph(run("属于内部信息"), depth=2))
            + cell(paragraph(run("—")))
            + cell(paragraph(run("87万元"))),
        ],
        4,
    ),
    paragraph(run("问题"), depth=0),
    table([cell(paragraph(run("外框文字。")) + INNER + paragraph(run("框尾。")), 1, "", 6000)], 1, 6000),
    paragraph(run("完 — English “quotes” 12.5%")),
)
SAMPLE_SHOWN = [
    "虚构市样例局",
    "年度报告",
    "一、总体情况",
    "见于2022年。",
    "（一）主动公开",
    "（二）依申请公开",
    "二、表格",
    [
        ("项目", 0, 0, 2, 2),
        ("数量", 0, 2, 1, 2),
        ("本年", 1, 2, 1, 1),
        ("上年", 1, 3, 1, 1),
        ("不予公开", 2, 0, 2, 1),
        ("1.属于国家秘密", 2, 1, 1, 1),
        ("1", 2, 2, 1, 1),
        ("", 2, 3, 1, 1),
        ("2.属于内部信息", 3, 1, 1, 1),
        ("—", 3, 2, 1, 1),
        ("87万元", 3, 3, 1, 1),
    ],
    "三、问题",
    "外框文字。",
    [("内一", 0, 0, 1, 1), ("7", 0, 1, 1, 1), ("内二", 1, 0, 1, 1), ("", 1, 1, 1, 1)],
    "框尾。",
    "完 — English “quotes” 12.5%",
]


def test_the_sample_reads_as_it_was_written() -> None:
    assert SAMPLE.stat().st_size < 60_000
    document = read_document(SAMPLE.read_bytes(), "report.docx")
    assert (document.media_type, document.reader) == ("application/msword", "doc/pieces")
    assert shown(document) == SAMPLE_SHOWN
    assert document.grids[0].rows[3][0].locator.to_dict() == {"table": 1, "row": 4, "column": 2}


def test_the_source_of_the_sample_reads_the_same() -> None:
    assert shown(docx.read(word_file(*SAMPLE_BLOCKS), "")) == SAMPLE_SHOWN


@needs_office
def test_a_conversion_reads_as_its_source(tmp_path: Path) -> None:
    tilings = [tiling(seed, 3 + seed % 5, 2 + seed % 6) for seed in range(12)]
    blocks = [block for cut in tilings for block in (paragraph(run("表")), typeset(cut))]
    source = word_file(paragraph(run("卷首")), BOXED, *SAMPLE_BLOCKS, *blocks)
    document = doc.read(converted(source, tmp_path), "")
    assert shown(document)[: len(SAMPLE_SHOWN) + 2] == ["卷首", "框中标题", *SAMPLE_SHOWN]
    assert shown(document) == shown(docx.read(source, ""))


@needs_office
@pytest.mark.skipif(not BLANK_FORM.exists(), reason="the official blank form is not at hand")
def test_the_official_blank_form(tmp_path: Path) -> None:
    data = BLANK_FORM.read_bytes()
    assert shown(doc.read(converted(data, tmp_path), "")) == shown(docx.read(data, ""))


def changed(offset: int, form: str, value: int) -> bytes:
    """The sample with one number of its `WordDocument` stream changed."""
    data = bytearray(SAMPLE.read_bytes())
    start = data.index(b"\xec\xa5")
    struct.pack_into(form, data, start + offset, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: changed(10, "<H", 0x0100 | 0x0200), "encrypted"),
        (lambda: changed(0, "<H", 0xA5DC), "unsupported_type"),
        (lambda: changed(0, "<H", 0x1234), "damaged"),
        (lambda: changed(0x1A2, "<I", 0xFFFFFF), "damaged"),
        (lambda: changed(0x1A6, "<I", 0), "damaged"),
        (lambda: SAMPLE.read_bytes()[:9000], "damaged"),
        (lambda: SAMPLE.read_bytes()[:600], "damaged"),
    ],
    ids=["encrypted", "Word 95", "no header", "no pieces", "empty pieces", "cut", "cut early"],
)
def test_what_cannot_be_read_is_said(data: object, code: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        doc.read(data(), "")  # type: ignore[operator]
    assert caught.value.code == code


def test_broken_bytes_never_escape_as_other_errors() -> None:
    data = SAMPLE.read_bytes()
    outcomes: Counter[str] = Counter()
    for place in range(512, len(data), 487):
        broken = data[:place] + b"\xff\x7f\x00\xff" + data[place + 4 :]
        try:
            outcomes["read" if doc.read(broken, "").blocks else "empty"] += 1
        except UnreadableDocumentError as error:
            outcomes[error.code] += 1
    assert outcomes.keys() <= {
        "read",
        "damaged",
        "limit_exceeded",
        "unsupported_type",
        "encrypted",
        "no_text",
    }
    assert outcomes["read"] > outcomes["damaged"] > 0
