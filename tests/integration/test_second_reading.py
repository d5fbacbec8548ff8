"""PDFs whose rules make no table: which reading of them stands, and what the report says of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.document import Document
from pipeline.extract import extract
from pipeline.read import read_report
from pipeline.readers import pdf, scan
from pipeline.templates import load_templates
from pipeline.typeset import Style, typeset
from tests.forms import numbered, unread

FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
SIZE = 8.0
PITCH = 11.0
VALUES = [290 + 38 * place for place in range(7)]
HEAD = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
ROWS = load_templates()["2021"].tables["applications"][0].rows


def wrapped(text: str, count: int) -> list[str]:
    return [text[place : place + count] for place in range(0, len(text), count)]


def centred(canvas: Canvas, lines: Sequence[str], x: float, y: float) -> None:
    for place, line in enumerate(lines):
        canvas.drawCentredString(x, y - (place - (len(lines) - 1) / 2) * PITCH, line)


def borderless(pages: int = 2) -> bytes:
    """Table 3 without a rule, its labels wrapped beside their numbers, over some pages."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    canvas.setFont(FONT, 14)
    canvas.drawCentredString(A4[0] / 2, 800, "临淄区教育局2021年政府信息公开工作年度报告")
    canvas.setFont(FONT, SIZE)
    canvas.drawString(60, 770, "三、收到和处理政府信息公开申请情况")
    for text, x in zip(HEAD, VALUES, strict=True):
        centred(canvas, wrapped(text, 4), x, 740)
    y = 715.0
    for number, row in enumerate(ROWS):
        if number == len(ROWS) // 2 and pages == 2:
            canvas.showPage()
            canvas.setFont(FONT, SIZE)
            y = 800.0
        lines = wrapped(row.path[-1], 14)
        height = len(lines) * PITCH + 6
        centred(canvas, lines, 160, y - height / 2)
        for place, x in enumerate(VALUES):
            centred(canvas, [str(number * 7 + place)], x, y - height / 2)
        y -= height
    canvas.save()
    return file.getvalue()


def test_wrapped_labels_without_rules_are_read_by_aligned_columns() -> None:
    for found in (read_report(borderless(), "a.pdf").extraction, extract(pdf.read_aligned(borderless(), ""))):
        expected = [(row.key, number * 7 + place) for number, row in enumerate(ROWS) for place in range(7)]
        assert [(cell.row, cell.value) for cell in found.cells] == expected
        assert found.leftovers == ()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The other ways of reading that were taken, which all give nothing; in this process."""
    names: list[str] = []

    def ways(document: Document) -> list[object]:
        names.append(document.reader)
        return []

    monkeypatch.setattr(pdf, "other_readings", ways)
    return names


def test_a_whole_report_is_read_once(asked: list[str]) -> None:
    facts = numbered()
    report = read_report(typeset(facts, Style(), "pdf"), "a.pdf")
    assert unread(facts, report.extraction) == []
    assert report.reader == "pdf/pdfium"
    assert asked == []


def test_prose_is_read_once(asked: list[str]) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    canvas.setFont(FONT, 12)
    canvas.drawString(60, 780, "关于召开会议的通知")
    canvas.drawString(60, 750, "全年办理行政许可12件，行政处罚3件。")
    canvas.save()
    report = read_report(file.getvalue(), "a.pdf")
    assert report.status == "not_a_report"
    assert asked == []


def test_a_reading_that_fails_leaves_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes, sha256: str) -> Document:
        raise RecursionError

    monkeypatch.setattr(pdf, "other_readings", lambda document: [broken])
    report = read_report(borderless(), "a.pdf")
    assert report.reader == "pdf/pdfium"
    assert report.status == "partial"


def test_pdfplumber_is_taken_where_it_alone_finds_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = numbered()
    data = typeset(facts, Style(), "pdf")
    monkeypatch.setattr(pdf, "find_grids", lambda marks, runs, faint=True: ([], list(runs[: len(runs) // 2])))
    report = read_report(data, "a.pdf")
    assert report.reader == "pdf/pdfplumber"
    assert unread(facts, report.extraction) == []


def test_a_book_is_not_read_by_pdfplumber(monkeypatch: pytest.MonkeyPatch) -> None:
    document = pdf.read(borderless(), "")
    assert pdf.read_with_pdfplumber in pdf.other_readings(document)
    monkeypatch.setattr(pdf, "MAX_PAGES_AGAIN", 1)
    assert pdf.read_with_pdfplumber not in pdf.other_readings(document)


def test_pages_without_text_are_named() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for text in ("临淄区教育局2021年政府信息公开工作年度报告", "", "一、总体情况"):
        canvas.setFont(FONT, 12)
        canvas.drawString(60, 780, text)
        canvas.showPage()
    canvas.save()
    report = read_report(file.getvalue(), "a.pdf")
    (finding,) = [f for f in report.extraction.findings if f.message.code == "pages_without_text"]
    assert finding.message.details == {"pages": "2"}
    assert finding.locator.page == 2


def test_pictures_that_were_not_read_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "is_installed", lambda: False)
    picture = io.BytesIO()
    Image.new("L", (1200, 1600), 255).save(picture, "PNG")
    uri = base64.b64encode(picture.getvalue()).decode()
    title = "<h1>临淄区教育局2021年政府信息公开工作年度报告</h1>"
    page = f'<html><body>{title}<img src="data:image/png;base64,{uri}"></body></html>'
    report = read_report(page.encode(), "a.html")
    (finding,) = [f for f in report.extraction.findings if f.message.code == "pictures_unread"]
    assert finding.message.details == {"count": "1"}
