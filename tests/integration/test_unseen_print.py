"""PDFs drawn by hand: what nobody sees is not read, and print of which nothing tells what it says is no number."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.document import EMBEDDED_FILES, INKED_BLANKS, UNSEEN_TEXT, UNTOLD_TEXT, Document
from pipeline.readers import pdf
from pipeline.readers.painting import pdfium

OWN = TTFont("Own", "Vera.ttf")
CATALOGUE = "/Type /Catalog /Pages 2 0 R"
WIDTHS = "/W [1 95 500]"
FONTS = (
    "/F1 << /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /GBK-EUC-H /DescendantFonts [<< /Type /Font"
    " /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
    + WIDTHS
    + " /CIDSystemInfo << /Registry (Adobe)"
    " /Ordering (GB1) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6"
    " /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>"
)
RULES = "0.6 w 100 700 m 300 700 l 100 670 m 300 670 l 100 640 m 300 640 l S " + "".join(
    f"{x} 640 m {x} 700 l S " for x in (100, 200, 300)
)


def shown(text: str, x: float, y: float, before: str = "", font: str = "/F1 10 Tf") -> str:
    """One text, set at a place."""
    return f"BT {font} {before} 1 0 0 1 {x} {y} Tm <{text.encode('gbk').hex()}> Tj 0 Tr ET "


PRINT = RULES + "".join(
    (shown("规章", 110, 680), shown("规范性文件", 210, 680), shown("12", 110, 650), shown("7", 210, 650))
)
CELLS = [["规章", "规范性文件"], ["12", "7"]]


def file_of(
    content: str,
    *,
    resources: str = "",
    page: str = "/MediaBox [0 0 595 842]",
    catalogue: str = "",
    objects: Mapping[int, str] | None = None,
) -> bytes:
    """A PDF of one page; further objects are numbered from 5, and may hold a stream behind `|`."""
    body: dict[int, str] = {
        1: f"<< {CATALOGUE} {catalogue} >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: f"<< /Type /Page /Parent 2 0 R {page} /Contents 4 0 R"
        f" /Resources << /Font << {FONTS} {resources.partition('|')[2]} >> {resources.partition('|')[0]} >> >>",
        4: f"|{content}",
        **(objects or {}),
    }
    out, starts = b"%PDF-1.7\n", []
    for number, text in sorted(body.items()):
        starts.append(len(out))
        head, bar, stream = text.partition("|")
        if bar:
            data = stream.encode("latin-1")
            entries = re.sub(r"^<<|>>$", "", head.strip())
            text = f"<< {entries} /Length {len(data)} >>\nstream\n{stream}\nendstream"
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    count = len(body) + 1
    return out + (
        f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\n"
        f"startxref\n{len(out)}\n%%EOF\n"
    ).encode("latin-1")


def read(data: bytes) -> Document:
    return pdf.read(data, "0" * 64)


def cells(document: Document) -> list[list[str]]:
    return [[cell.text for cell in row] for grid in document.grids for row in grid.rows]


LAYER = "/OCProperties << /OCGs [5 0 R] /D << {state} >> >>"
OTHER = shown("99", 130, 650)
HIDDEN: Sequence[tuple[str, str, dict[str, object]]] = (
    ("not painted", PRINT + shown("99", 130, 650, "3 Tr"), {}),
    (
        "transparent",
        PRINT + "/G0 gs " + OTHER,
        {"resources": "/ExtGState << /G0 << /ca 0 >> >>"},
    ),
    ("clipped", PRINT + f"q 0 0 9 9 re W n {OTHER} Q", {}),
    (
        "out of its form",
        PRINT + "/X Do",
        {
            "resources": "/XObject << /X 5 0 R >>",
            "objects": {
                5: f"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << {FONTS} >> >> >>|{OTHER}"
            },
        },
    ),
    (
        "a form that is cut off with all it holds",
        PRINT + "q 0 0 1 1 re W n /X Do Q",
        {
            "resources": "/XObject << /X 5 0 R >>",
            "objects": {
                5: f"<< /Type /XObject /Subtype /Form /BBox [100 600 300 700] /Resources << /Font << {FONTS} >> >> >>|"
                + OTHER * 20
            },
        },
    ),
    (
        "in a transparent group",
        PRINT + "/G0 gs /X Do",
        {
            "resources": "/XObject << /X 5 0 R >> /ExtGState << /G0 << /ca 0 /CA 0 >> >>",
            "objects": {
                5: "<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Group << /S /Transparency >> /Resources <<"
                f" /ExtGState << /G1 << /ca 1 >> >> /Font << {FONTS} >> >> >>|/G1 gs {OTHER}"
            },
        },
    ),
    ("under a patch", RULES + shown("99", 108, 650) + "q 1 g 105 645 40 20 re f Q " + PRINT, {}),
    (
        "under another on a picture",
        RULES
        + shown("99", 108, 650)
        + "q 90 0 0 20 105 645 cm BI /W 1 /H 1 /CS /G /BPC 8 ID ~ EI Q "
        + PRINT,
        {},
    ),
    ("outside of the page", PRINT + shown("规章 99", 700, 650), {}),
    ("too small", PRINT + shown("9", 122, 650, font="/F1 0.4 Tf"), {}),
    (
        "on a layer that is off",
        PRINT + f"/OC /M BDC {OTHER} 150 640 m 150 700 l S EMC",
        {
            "resources": "/Properties << /M 5 0 R >>",
            "catalogue": LAYER.format(state="/OFF [5 0 R]"),
            "objects": {5: "<< /Type /OCG /Name (old) >>"},
        },
    ),
    (
        "a form on a layer that is off",
        PRINT + "/X Do",
        {
            "resources": "/XObject << /X 6 0 R >>",
            "catalogue": LAYER.format(state="/BaseState /OFF"),
            "objects": {
                5: "<< /Type /OCG /Name (old) >>",
                6: f"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /OC 5 0 R /Resources << /Font << {FONTS} >>"
                f" >> >>|{OTHER}",
            },
        },
    ),
)


@pytest.mark.parametrize(
    ("content", "parts"), [case[1:] for case in HIDDEN], ids=[case[0] for case in HIDDEN]
)
def test_what_nobody_sees_is_not_read(content: str, parts: dict[str, object]) -> None:
    document = read(file_of(content, **parts))  # type: ignore[arg-type]
    assert cells(document) == CELLS
    assert document.paragraphs == ()


def test_text_left_out_is_told_and_no_engine_asked_that_would_read_it() -> None:
    document = read(file_of(PRINT + shown("99", 130, 650, "3 Tr")))
    assert document.properties == {UNSEEN_TEXT: "1"}
    assert pdf.other_readings(document) == [pdf.read_aligned]
    assert len(pdf.other_readings(read(file_of(PRINT)))) == 2


@pytest.mark.parametrize("state", ["", "/BaseState /OFF /ON [5 0 R]"])
def test_what_stands_on_a_layer_that_is_on_is_read(state: str) -> None:
    data = file_of(
        f"/OC /M BDC {PRINT} EMC",
        resources="/Properties << /M 5 0 R >>",
        catalogue=LAYER.format(state=state),
        objects={5: "<< /Type /OCG /Name (new) >>"},
    )
    assert cells(read(data)) == CELLS


def test_a_highlight_that_lets_print_through_hides_nothing() -> None:
    data = file_of(
        PRINT + "/GM gs 1 1 0 rg 105 645 90 20 re f",
        resources="/ExtGState << /GM << /BM /Multiply >> >>",
    )
    assert cells(read(data)) == CELLS


def test_fills_that_clips_leave_strips_of_are_rules() -> None:
    strips = [f"100 {y} 200 0.6 re" for y in (640, 670, 700)] + [
        f"{x} 640 0.6 60 re" for x in (100, 200, 300)
    ]
    content = "".join(f"q {strip} W n 0 0 595 842 re f Q " for strip in strips)
    assert cells(read(file_of(content + PRINT.removeprefix(RULES)))) == CELLS


def embedded(says: Mapping[str, str]) -> dict[str, object]:
    """What a page has whose digits stand in an embedded font, with what its table of characters says of each."""
    lines = " ".join(f"<{glyph(seen):04x}> <{text.encode('utf-16-be').hex()}>" for seen, text in says.items())
    return {
        "resources": "|/F2 << /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Cut /Encoding /Identity-H"
        " /ToUnicode 6 0 R /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Cut /DW 600"
        " /CIDToGIDMap /Identity /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        " /FontDescriptor << /Type /FontDescriptor /FontName /AAAAAA+Cut /Flags 4 /FontBBox [0 -200 1000 900]"
        " /ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 800 /StemV 80 /FontFile2 5 0 R >> >>] >>",
        "objects": {
            5: f"<< /Filter /ASCIIHexDecode >>|{OWN.face._ttf_data.hex()}>",
            6: "<< >>|begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange"
            f" {len(says)} beginbfchar {lines} endbfchar endcmap",
        },
    }


def glyph(character: str) -> int:
    """The number of a character's glyph."""
    return int(OWN.face.charToGlyph[ord(character)])


def in_own_font(text: str) -> str:
    """The page with a text in the embedded font in the place of its 12."""
    codes = "".join(f"{glyph(character):04x}" for character in text)
    return PRINT.replace(shown("12", 110, 650), f"BT /F2 10 Tf 1 0 0 1 110 650 Tm <{codes}> Tj ET ")


@pytest.mark.parametrize(
    ("says", "read_as", "inked"),
    [
        ({"1": "1", "2": "2"}, "12", False),
        ({"3": "3"}, "\ufffd\ufffd", False),
        ({"1": "\0", "2": "2"}, "\ufffd2", True),
        ({"1": "1", "2": "\u200b"}, "1\ufffd", True),
        ({"1": "\u2f00", "2": "\u2f06"}, "一二", False),
    ],
    ids=["all", "bare numbers of glyphs", "nothing", "no width", "radicals"],
)
def test_print_that_says_nothing_is_no_number(says: Mapping[str, str], read_as: str, inked: bool) -> None:
    document = read(file_of(in_own_font("12"), **embedded(says)))  # type: ignore[arg-type]
    assert cells(document)[1][0] == read_as
    assert (INKED_BLANKS in document.properties) is inked
    assert (UNTOLD_TEXT in document.properties) is ("\ufffd" in read_as)


def test_a_hyphen_that_is_called_soft_is_a_hyphen() -> None:
    parts = embedded({"-": "\u00ad", "1": "1"})
    assert cells(read(file_of(in_own_font("-1"), **parts)))[1][0] == "-1"  # type: ignore[arg-type]


NO_SEVEN = PRINT.removesuffix(shown("7", 210, 650))
OUTLINE = "215 650 m 217 652 l 218 655 l 217 658 l 215 659 l 213 657 l 212 654 l 213 651 l h f "
PICTURE = "q 6 0 0 9 212 650 cm BI /W 1 /H 1 /CS /G /BPC 8 ID ! EI Q "


@pytest.mark.parametrize(
    ("ink", "says"),
    [
        (OUTLINE, "\ufffd"),
        (PICTURE, "\ufffd"),
        (OUTLINE.replace("h f", "h S"), ""),
        ("1 g " + OUTLINE, ""),
        ("0.9 g 202 642 96 56 re 203 643 94 54 re f* 0 g ", ""),
        ("200 640 m 300 670 l S ", ""),
        ("q 250 0 0 150 180 600 cm BI /W 1 /H 1 /CS /G /BPC 8 ID ~ EI Q ", ""),
    ],
    ids=["outlines", "picture", "frame", "white", "ground", "stroke across", "seal"],
)
def test_a_cell_that_shows_what_is_no_text_is_no_blank(ink: str, says: str) -> None:
    document = read(file_of(NO_SEVEN + ink))
    assert cells(document) == [CELLS[0], ["12", says]]
    assert (INKED_BLANKS in document.properties) is bool(says)


def test_a_page_on_which_all_is_seen_is_not_looked_at_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Word processors paint a ground behind each cell, right before its text, and clip what they fill too far."""
    grounds = "".join(
        f"q {x} {y} 100 30 re W n 1 g {x - 5} {y - 5} 120 40 re f Q 0 g {shown(text, x + 10, y + 10)}"
        for x, y, text in ((100, 670, "规章"), (200, 670, "规范性文件"), (100, 640, "12"), (200, 640, "7"))
    )

    def look(*asked: object) -> None:
        raise AssertionError("looked at as a whole")

    monkeypatch.setattr(pdfium, "take_out", look)
    assert cells(read(file_of(grounds + RULES))) == CELLS
    with pytest.raises(AssertionError, match="as a whole"):
        read(file_of(PRINT + "1 g 105 645 30 20 re f"))


def test_what_a_field_holds_is_read_where_its_look_is_left_to_the_reader() -> None:
    data = file_of(
        NO_SEVEN,
        page="/MediaBox [0 0 595 842] /Annots [5 0 R]",
        catalogue="/AcroForm << /Fields [5 0 R] /NeedAppearances true /DA (/Helv 9 Tf 0 g)"
        " /DR << /Font << /Helv << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        objects={
            5: "<< /Type /Annot /Subtype /Widget /FT /Tx /T (n) /V (7) /F 4 /Rect [205 645 295 665]"
            " /DA (/Helv 9 Tf 0 g) >>"
        },
    )
    assert cells(read(data)) == CELLS


def test_the_space_of_an_embedded_font_is_a_space() -> None:
    file = io.BytesIO()
    canvas = Canvas(file)
    pdfmetrics.registerFont(OWN)
    canvas.setFont(OWN.fontName, 12)
    canvas.drawString(60, 700, "page 1 of 2")
    canvas.save()
    document = read(file.getvalue())
    assert [paragraph.text for paragraph in document.paragraphs] == ["page 1 of 2"]
    assert document.properties == {}


def test_attached_files_are_told() -> None:
    data = file_of(PRINT, objects={5: "<< /Type /EmbeddedFile >>|%PDF-1.4"})
    assert read(data).properties == {EMBEDDED_FILES: "1"}


@pytest.mark.parametrize(
    ("colour", "read_as"), [("0.85 g", 0), ("/G2 gs", 0), ("0 g", 1)], ids=["pale", "faint", "black"]
)
def test_large_faint_print_on_bare_paper_is_a_watermark(colour: str, read_as: int) -> None:
    mark = f"q {colour} {shown('样稿2024', 90, 760, font='/F1 40 Tf')} Q "
    document = read(file_of(mark + PRINT, resources="/ExtGState << /G2 << /ca 0.2 >> >>"))
    assert cells(document) == CELLS
    assert len(document.paragraphs) == read_as
