"""The PDF readers on files drawn here, and on two real reports where they lie beside the checkout."""

from __future__ import annotations

import ctypes
import hashlib
import io
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.document import Document, Grid, Paragraph, UnreadableDocumentError
from pipeline.readers import pdf
from pipeline.readers.painting import painted as painting
from pipeline.readers.painting import pdfium, stand_in
from pipeline.running.fence import fenced

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
FONT = "STSong-Light"
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"
XS = (100, 220, 340, 460)
YS = (300, 340, 380, 420)
NINE = [["信息内容", "本年制发件数", "现行有效件数"], ["规章", "0", "12"], ["行政事业性收费", "", "7730.28"]]
ENGINES = [pdf.read, pdf.read_with_pdfplumber]
engines = pytest.mark.parametrize("read", ENGINES, ids=["pdfium", "pdfplumber"])

Read = Callable[[bytes, str], Document]


class Sheet:
    """A page drawn from its top left corner."""

    def __init__(self, size: tuple[float, float] = A4, **options: object) -> None:
        self.file = io.BytesIO()
        self.size = size
        self.canvas = Canvas(self.file, pagesize=size, **options)

    def write(self, text: str, x: float, y: float, size: float = 10) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(x, self.size[1] - y, text)

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.canvas.line(x0, self.size[1] - y0, x1, self.size[1] - y1)

    def box(self, x0: float, y0: float, x1: float, y1: float, grey: float = 0.0) -> None:
        self.canvas.setFillGray(grey)
        self.canvas.rect(x0, self.size[1] - y1, x1 - x0, y1 - y0, stroke=0, fill=1)
        self.canvas.setFillGray(0)

    def rule(self, xs: Sequence[float] = XS, ys: Sequence[float] = YS, thin_boxes: bool = False) -> None:
        for y in ys:
            self.box(xs[0], y, xs[-1], y + 0.7) if thin_boxes else self.line(xs[0], y, xs[-1], y)
        for x in xs:
            self.box(x, ys[0], x + 0.7, ys[-1]) if thin_boxes else self.line(x, ys[0], x, ys[-1])

    def fill(self, rows: Sequence[Sequence[str]], xs: Sequence[float] = XS, ys: Sequence[float] = YS) -> None:
        for row, y in zip(rows, ys, strict=False):
            for text, x in zip(row, xs, strict=False):
                self.write(text, x + 8, y + 24)

    def next(self) -> None:
        self.canvas.showPage()

    def bytes(self) -> bytes:
        self.canvas.save()
        return self.file.getvalue()


def table(**options: bool) -> Sheet:
    sheet = Sheet()
    sheet.rule(**options)
    sheet.fill(NINE)
    return sheet


def open_bytes(read: Read, data: bytes) -> Document:
    return read(data, hashlib.sha256(data).hexdigest())


def texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def prose(document: Document) -> list[str]:
    return [block.text for block in document.paragraphs]


@pytest.mark.parametrize("scale", [0.02, 4.0])
def test_a_page_in_a_unit_of_its_own(scale: float) -> None:
    sheet = Sheet((A4[0] * scale, A4[1] * scale))
    sheet.canvas.scale(scale, scale)
    sheet.size = A4
    sheet.rule()
    sheet.fill(NINE)
    (grid,) = open_bytes(pdf.read, sheet.bytes()).grids
    assert texts(grid) == NINE
    assert grid.locator.box == pytest.approx(
        [edge * scale for edge in (XS[0], YS[0], XS[-1], YS[-1])], abs=scale
    )


@engines
@pytest.mark.parametrize("thin_boxes", [False, True])
def test_ruled_table(read: Read, thin_boxes: bool) -> None:
    document = open_bytes(read, table(thin_boxes=thin_boxes).bytes())
    assert [texts(grid) for grid in document.grids] == [NINE]
    assert document.paragraphs == ()
    assert document.media_type == "application/pdf"
    assert document.reader == {pdf.read: "pdf/pdfium"}.get(read, "pdf/pdfplumber")


@engines
def test_locators_name_page_table_row_column_and_box(read: Read) -> None:
    sheet = table()
    sheet.next()
    sheet.rule()
    sheet.fill(NINE)
    cell = open_bytes(read, sheet.bytes()).grids[1].rows[2][1]
    place = cell.locator
    assert (place.page, place.table, place.row, place.column) == (2, 2, 3, 2)
    assert place.box == pytest.approx((220, 380, 340, 420), abs=1.5)


@engines
def test_white_backgrounds_behind_prose_above_a_table(read: Read) -> None:
    sheet = Sheet()
    for y in range(200, 300, 20):
        sheet.box(XS[0], y, XS[-1], y + 20, grey=1.0)
        sheet.write("一行文字", XS[0] + 4, y + 14)
    sheet.rule()
    sheet.fill(NINE)
    document = open_bytes(read, sheet.bytes())
    assert [texts(grid) for grid in document.grids] == [NINE]
    assert "".join(prose(document)) == "一行文字" * 5
    assert isinstance(document.blocks[-1], Grid)


def test_rules_and_text_in_a_form() -> None:
    sheet = Sheet()
    sheet.canvas.beginForm("inner")
    sheet.rule()
    sheet.fill(NINE)
    sheet.canvas.endForm()
    sheet.canvas.saveState()
    sheet.canvas.translate(20, 100)
    sheet.canvas.scale(0.8, 0.8)
    sheet.canvas.doForm("inner")
    sheet.canvas.restoreState()
    document = open_bytes(pdf.read, sheet.bytes())
    assert [texts(grid) for grid in document.grids] == [NINE]
    assert document.grids[0].locator.box is not None
    assert document.grids[0].locator.box[0] == pytest.approx(20 + 0.8 * XS[0], abs=1)


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("shown_upright", [True, False])
def test_rotated_page(turn: int, shown_upright: bool) -> None:
    wide, high = A4 if turn == 180 else landscape(A4)
    sheet = Sheet(size=(wide, high))
    # The library turns the paper itself when it is told to show a page turned.
    sheet.canvas.setPageSize((wide, high) if shown_upright else A4)
    sheet.canvas.translate(*{90: (A4[0], 0), 180: A4, 270: (0, A4[1])}[turn])
    sheet.canvas.rotate(turn)
    if shown_upright:
        sheet.canvas.setPageRotation(turn)
    ys = tuple(y - 150 for y in YS)
    sheet.rule(ys=ys)
    sheet.fill(NINE, ys=ys)
    document = open_bytes(pdf.read, sheet.bytes())
    assert [texts(grid) for grid in document.grids] == [NINE]
    box = document.grids[0].locator.box
    assert box is not None
    if shown_upright:
        assert box == pytest.approx((XS[0], ys[0], XS[-1], ys[-1]), abs=1)
    else:
        expected = {
            90: (ys[0], A4[1] - XS[-1], ys[-1], A4[1] - XS[0]),
            180: (A4[0] - XS[-1], A4[1] - ys[-1], A4[0] - XS[0], A4[1] - ys[0]),
            270: (A4[0] - ys[-1], XS[0], A4[0] - ys[0], XS[-1]),
        }[turn]
        assert box == pytest.approx(expected, abs=1)


@engines
def test_table_cut_by_the_page_end_and_page_numbers(read: Read) -> None:
    sheet = Sheet()
    sheet.write("二、标题", 100, 650)
    cut = (680, 720, 760)
    for y in cut[:2]:
        sheet.line(XS[0], y, XS[-1], y)
    for x in XS:
        sheet.line(x, cut[0], x, cut[2])
    sheet.fill([NINE[0], ["（四）无", "0", ""]], ys=cut)
    sheet.write("- 1 -", 280, 800)
    sheet.next()
    for y in (110, 150):
        sheet.line(XS[0], y, XS[-1], y)
    for x in XS:
        sheet.line(x, 72, x, 150)
    sheet.fill([["法提供", "", "3"], NINE[2]], ys=(72, 110))
    sheet.write("- 2 -", 280, 800)
    document = open_bytes(read, sheet.bytes())
    assert prose(document) == ["二、标题"]
    assert [texts(grid) for grid in document.grids] == [
        [NINE[0], ["（四）无", "0", ""]],
        [["法提供", "", "3"], NINE[2]],
    ]


@engines
def test_merged_cells(read: Read) -> None:
    sheet = Sheet()
    for y in YS:
        sheet.line(XS[0] if y != YS[1] else XS[1], y, XS[-1], y)
    for x in XS:
        sheet.line(x, YS[0] if x != XS[2] else YS[1], x, YS[-1])
    sheet.fill([["", "申请人情况", ""], ["（三）", "自然人", "总计"], ["", "1", "2"]])
    grid = open_bytes(read, sheet.bytes()).grids[0]
    assert [[(c.row_span, c.column_span) for c in row] for row in grid.rows] == [
        [(2, 1), (1, 2)],
        [(1, 1), (1, 1)],
        [(1, 1)] * 3,
    ]
    assert grid.covering(1)[0].text == "（三）"


@engines
def test_wrapped_lines_are_joined_and_others_are_not(read: Read) -> None:
    sheet = Sheet()
    sheet.write("某某区人民政府", 230, 90, size=16)
    sheet.write("2023 年政府信息公开工作年度报告", 160, 115, size=16)
    sheet.write("本" * 38, 120, 160)
    sheet.write("文" * 40, 100, 180)
    sheet.write("末行 12 件。", 100, 200)
    sheet.write("二段" * 19, 120, 220)
    sheet.write("一、总体情况", 100, 240)
    sheet.write("尾" * 5, 120, 260)
    assert prose(open_bytes(read, sheet.bytes())) == [
        "某某区人民政府",
        "2023年政府信息公开工作年度报告",
        "本" * 38 + "文" * 40 + "末行12件。",
        "二段" * 19,
        "一、总体情况",
        "尾" * 5,
    ]


@engines
def test_a_paragraph_goes_on_over_the_page_end_and_running_heads_are_left_out(read: Read) -> None:
    sheet = Sheet()
    for page in (1, 2):
        sheet.write("某局年度报告", 100, 40)
        for n in range(3):
            sheet.write("字" * 40, 100, 100 + 20 * n)
        sheet.write(f"第 {page} 页 共 2 页", 270, 810)
        sheet.next()
    assert prose(open_bytes(read, sheet.bytes())) == ["某局年度报告", "字" * 240]


@engines
def test_table_without_rules_keeps_its_columns_by_tabs(read: Read) -> None:
    sheet = Sheet()
    for n, (label, values) in enumerate([("信息内容", ("制发", "废止")), ("规章", ("0", "7730.28"))]):
        sheet.write(label, 100, 200 + 20 * n)
        sheet.write(values[0], 250, 200 + 20 * n)
        sheet.write(values[1], 350, 200 + 20 * n)
    sheet.write("总    计", 100, 300)
    assert prose(open_bytes(read, sheet.bytes())) == ["信息内容\t制发\t废止", "规章\t0\t7730.28", "总计"]


def fault(read: Read, data: bytes) -> UnreadableDocumentError:
    with pytest.raises(UnreadableDocumentError) as error:
        open_bytes(read, data)
    return error.value


def encrypted(user: str) -> bytes:
    sheet = Sheet(encrypt=StandardEncryption(user, ownerPassword="owner", canCopy=0))
    sheet.canvas.drawString(100, 700, "Report 2023")
    sheet.rule()
    sheet.fill(NINE)
    return sheet.bytes()


@engines
def test_password_to_read_is_told(read: Read) -> None:
    assert fault(read, encrypted("secret")).code == "encrypted"


@engines
def test_password_of_the_owner_alone_is_no_hindrance(read: Read) -> None:
    document = open_bytes(read, encrypted(""))
    assert prose(document) == ["Report 2023"]
    assert len(document.grids[0].rows) == 3


@engines
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_file_cut_short_is_damaged(read: Read, share: float) -> None:
    sheet = table()
    for _ in range(3):
        sheet.next()
        sheet.fill(NINE)
    data = sheet.bytes()
    assert fault(read, data[: int(len(data) * share)]).code == "damaged"


@engines
def test_update_cut_short_is_damaged_though_the_first_state_opens(read: Read) -> None:
    data = table().bytes()
    assert open_bytes(read, data + b"\r\n<!-- a server's trailing line -->").grids
    assert fault(read, data + b"\n99 0 obj\n<< /Length 5").code == "damaged"


@engines
@pytest.mark.parametrize("data", [b"", b"%PDF-1.4\n", b"no PDF at all", b"%PDF-1.4\nstartxref\n0\n%%EOF"])
def test_no_pdf_is_damaged(read: Read, data: bytes) -> None:
    assert fault(read, data).code == "damaged"


@pytest.mark.parametrize("lent", [True, False], ids=["stand-in", "machine's fonts"])
def test_a_machine_without_fonts_loses_no_character(lent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The font is named and not in the file, as programs do that trust in the reader's; each stands alone."""
    monkeypatch.setattr(stand_in._fonts(), "_own", SimpleNamespace(contents=NoFonts()))
    if not lent:  # What it is for: PDFium passes over what has no breadth.
        monkeypatch.setattr(pdfium, "stand_in_fonts", nullcontext)
    sheet = Sheet()
    for place, text in enumerate("政府０１信"):
        sheet.write(text, 100 + 40 * place, 200)
    try:
        # In a child: PDFium remembers for good which fonts it found, and gives up where it needs one and has none.
        found = "".join(prose(fenced(open_bytes, pdf.read, sheet.bytes())))
    except UnreadableDocumentError:
        found = ""
    assert (found.replace("\t", "") == "政府０１信") is lent


class NoFonts:
    """Answers for a machine without a single font."""

    def EnumFonts(self, *asked: object) -> None:  # noqa: N802
        pass

    def MapFont(self, *asked: object) -> None:  # noqa: N802
        pass


def nowhere(text: int, place: int, box: int) -> int:
    ctypes.memmove(box, (ctypes.c_float * 4)(*[math.nan] * 4), 16)
    return 1


def test_a_character_without_an_advance_stands_where_its_ink_is(monkeypatch: pytest.MonkeyPatch) -> None:
    data = table().bytes()
    expected = [texts(grid) for grid in open_bytes(pdf.read, data).grids]
    monkeypatch.setattr(pdfium, "GET_LOOSE_BOX", nowhere)
    assert [texts(grid) for grid in open_bytes(pdf.read, data).grids] == expected


def test_print_that_stands_nowhere_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_ink(text: object, place: int, *edges: ctypes.c_double) -> int:
        for edge in edges:
            edge.value = math.nan
        return 1

    monkeypatch.setattr(pdfium, "GET_LOOSE_BOX", nowhere)
    monkeypatch.setattr(pdfium.c, "FPDFText_GetCharBox", no_ink)
    assert fault(pdf.read, table().bytes()).code == "damaged"


@engines
def test_pages_of_pictures_have_no_text(read: Read) -> None:
    sheet = Sheet()
    sheet.rule()
    sheet.next()
    sheet.box(0, 0, 500, 700, grey=0.5)
    assert fault(read, sheet.bytes()).code == "no_text"


def test_page_without_text_among_others_is_named() -> None:
    sheet = table()
    sheet.next()
    sheet.box(0, 0, 500, 700, grey=0.5)
    sheet.next()
    sheet.fill(NINE)
    assert open_bytes(pdf.read, sheet.bytes()).properties == {"pages_without_text": "2"}


@engines
def test_too_many_pages(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    sheet = table()
    sheet.next()
    sheet.fill(NINE)
    error = fault(read, sheet.bytes())
    assert error.code == "limit_exceeded"
    assert error.details == {"what": "2 > 1 pages"}


@pytest.mark.parametrize(("where", "limit"), [(pdfium, "MAX_CHARACTERS"), (painting, "MAX_PAINTED")])
def test_too_much_on_a_page(where: ModuleType, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, limit, 5)
    error = fault(pdf.read, table().bytes())
    assert error.code == "limit_exceeded"
    assert str(error.details["what"]).startswith("page 1: ")


def real(year: int) -> bytes:
    path = REAL / f"hzq{year}.pdf"
    if not path.exists():
        pytest.skip("the real reports do not lie beside this checkout")
    return path.read_bytes()


REAL_HEADINGS = [
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
]


@engines
@pytest.mark.parametrize("year", [2023, 2024])
def test_real_report(read: Read, year: int) -> None:
    document = open_bytes(read, real(year))
    assert [text for text in prose(document) if text in REAL_HEADINGS] == REAL_HEADINGS
    assert f"{year}年政府信息公开工作年度报告" in prose(document)
    assert not any(text.strip("- ").isdigit() for text in prose(document))
    first, second, third, fourth, last = document.grids
    assert {row[0].text for row in first.rows + second.rows} >= {
        "规章",
        "行政许可",
        "行政处罚",
        "行政事业性收费",
    }
    rows = [row for grid in (third, fourth) for row in grid.rows if row[-1].text.isdigit()]
    assert len(rows) == 23
    for row in rows:
        assert all(cell.text.isdigit() for cell in row[-7:])
        assert not any(cell.text.isdigit() for cell in row[:-7])
    assert [cell.text.isdigit() for cell in last.rows[-1]] == [True] * 15


@pytest.mark.parametrize("year", [2023, 2024])
def test_both_engines_read_the_same_of_a_real_report(year: int) -> None:
    one, two = (open_bytes(read, real(year)) for read in ENGINES)
    assert [texts(grid) for grid in one.grids] == [texts(grid) for grid in two.grids]
    assert prose(one) == prose(two)
    assert all(isinstance(block, Grid | Paragraph) for block in one.blocks)


def test_decimals_of_a_real_report_stay_whole() -> None:
    cells = [cell.text for grid in open_bytes(pdf.read, real(2023)).grids for cell in grid.cells()]
    assert "7730.28" in cells


def test_white_print_is_seen_on_a_ground_alone() -> None:
    sheet = Sheet()
    sheet.box(XS[0], YS[0], XS[-1], YS[1], grey=0.4)
    sheet.rule()
    sheet.fill(NINE[1:], ys=YS[1:])
    sheet.canvas.setFillGray(1)
    sheet.fill(NINE[:1])
    sheet.write("8", XS[2] + 14, YS[2] + 24)
    document = open_bytes(pdf.read, sheet.bytes())
    assert texts(document.grids[0])[1:] == NINE[1:]
    assert texts(document.grids[0])[0] == NINE[0]


def test_what_fields_show_is_read() -> None:
    sheet = Sheet()
    sheet.rule()
    sheet.fill([NINE[0], ["规章", "", "12"], ["行政事业性收费", "", ""]])
    place = {"x": XS[1] + 5, "y": A4[1] - YS[2] + 10, "width": 80, "height": 16, "borderWidth": 0}
    sheet.canvas.acroForm.textfield(name="issued", value="35", **place)
    assert texts(open_bytes(pdf.read, sheet.bytes()).grids[0])[1] == ["规章", "35", "12"]


def test_a_watermark_across_the_page_is_in_no_cell() -> None:
    sheet = table()
    sheet.canvas.saveState()
    sheet.canvas.translate(150, A4[1] - 420)
    sheet.canvas.rotate(35)
    sheet.canvas.setFont(FONT, 60)
    sheet.canvas.drawString(0, 0, "内部2021")
    sheet.canvas.restoreState()
    document = open_bytes(pdf.read, sheet.bytes())
    assert [texts(grid) for grid in document.grids] == [NINE]
    assert document.paragraphs == ()


def test_raised_digits_stay_out_of_a_number() -> None:
    sheet = Sheet()
    sheet.rule()
    sheet.fill(NINE[:2])
    sheet.write("1", XS[2] + 18, YS[1] + 20, size=6)
    assert texts(open_bytes(pdf.read, sheet.bytes()).grids[0])[1] == ["规章", "0", "12¹"]
