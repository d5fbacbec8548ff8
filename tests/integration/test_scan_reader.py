"""Scanned reports: every cell comes back, doubt is told, and nothing wrong passes for certain."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from pipeline.document import (
    RECOGNISED_PAGES,
    UNREAD_PICTURES,
    Cell,
    Document,
    Grid,
    Locator,
    UnreadableDocumentError,
)
from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.matching.confidence import FULL, recognised_places, weigh
from pipeline.readers import pictures, read_document, scan
from pipeline.readers.painting import covered
from pipeline.report import Extraction
from pipeline.typeset import Facts, Style, typeset
from pipeline.typeset.facts import CellKey, cells_of
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.style import FormStyle
from schemas.messages import message
from tests.scans import Scanner, as_file, scan_pages
from tests.strategies import expected_cells

SHARED = Path(__file__).resolve().parents[3] / "shared"
needs_ocr = pytest.mark.skipif(not scan.is_installed(), reason="the extra ogi-panel[ocr] is not installed")


def facts(
    tables: Sequence[str],
    variant: str = "2021",
    changes: Mapping[CellKey, Decimal | str | None] | None = None,
) -> Facts:
    variants = dict.fromkeys(tables, variant)
    values = {**consistent_values(variants, random.Random(7)), **(changes or {})}
    return Facts("示范市样例区演示局（虚构）", 2023, variants, values)


def pages_of(report: Facts, scanner: Scanner) -> list[Any]:
    return list(scan_pages(typeset(report, Style(), "pdf"), scanner))


def read(content: bytes) -> tuple[Document, Extraction]:
    document = read_document(content)
    return document, weigh(extract(arrange(document)), recognised_places(document))


def wrong(report: Facts, extraction: Extraction) -> dict[object, object]:
    """The cells that were read otherwise than printed, with how certain they are."""
    found = {(c.table, c.row, c.column): c for c in extraction.cells}
    return {
        key: (cell.raw, found[key].raw, found[key].kind, found[key].confidence)
        for key, cell in expected_cells(report, Style()).items()
        if (found[key].kind, found[key].value) != (cell.kind, cell.value)
    }


@needs_ocr
@pytest.mark.parametrize(
    ("tables", "variant", "dpi", "angle"),
    [
        (["proactive_disclosure", "applications", "review_litigation"], "2021", 150, 0.5),
        (["proactive_disclosure"], "2020", 200, -0.5),
        (["review_litigation"], "2021", 300, 0.3),
    ],
)
def test_scanned_report_comes_back_cell_for_cell(
    tables: list[str], variant: str, dpi: int, angle: float
) -> None:
    report = facts(tables, variant)
    pages = pages_of(report, Scanner(dpi=dpi, angle=angle))
    document, extraction = read(as_file(pages, dpi, "PDF"))
    assert wrong(report, extraction) == {}
    assert extraction.leftovers == ()
    assert document.reader == "pdf/scan"
    assert all(cell.confidence < 1 for cell in extraction.cells)


@needs_ocr
def test_blanks_and_marks_are_told_from_noughts() -> None:
    form = list(cells_of({"review_litigation": "2021"}))
    marks: list[str | None] = [None, "/", "—", None, "无", "-"]
    report = facts(["review_litigation"], changes=dict(zip(form, marks, strict=False)))
    _, extraction = read(as_file(pages_of(report, Scanner(dpi=150)), 150, "PNG"))
    assert wrong(report, extraction) == {}


@needs_ocr
@pytest.mark.parametrize("turns", [1, 2])
def test_page_on_its_side(turns: int) -> None:
    import numpy as np

    report = facts(["review_litigation"])
    pages = [np.ascontiguousarray(np.rot90(page, turns)) for page in pages_of(report, Scanner())]
    document, extraction = read(as_file(pages, 200, "PNG"))
    assert wrong(report, extraction) == {}
    left, top, right, bottom = document.grids[0].locator.box or (0, 0, 0, 0)
    assert (right - left > bottom - top) == (turns == 2)


@needs_ocr
def test_pale_print_is_no_blank() -> None:
    report = facts(["review_litigation"])
    (page,) = pages_of(report, Scanner(angle=0, noise=2.0, quality=None))
    cell = read(as_file([page], 200, "PNG"))[1].cells[4]
    assert cell.kind == "reported"
    left, top, right, bottom = (round(edge * 200 / 72) for edge in cell.locator.box or ())
    inside = page[top + 5 : bottom - 5, left + 5 : right - 5]
    inside[:] = 255 - (255 - inside.astype(int)) // 5
    _, extraction = read(as_file([page], 200, "PNG"))
    assert extraction.cells[4].kind == "unreadable"
    assert extraction.cells[4].confidence < 0.5


@needs_ocr
def test_picture_in_a_web_page_without_tables() -> None:
    report = facts(["review_litigation"])
    picture = base64.b64encode(as_file(pages_of(report, Scanner()), 200, "PNG")).decode()
    seal = base64.b64encode(blank_picture(300)).decode()
    images = "".join(f'<img src="data:image/png;base64,{data}">' for data in (seal, picture))
    page = f"<html><body><p>样例区2023年报告</p>{images}</body></html>"
    document, extraction = read(page.encode())
    assert wrong(report, extraction) == {}
    assert document.reader.endswith("+scan")


@needs_ocr
def test_text_pages_and_scanned_pages_of_one_file() -> None:
    import pypdfium2

    report = facts(["review_litigation"])
    scanned = pypdfium2.PdfDocument(as_file(pages_of(report, Scanner()), 200, "PDF"))
    whole = pypdfium2.PdfDocument(typeset(facts([]), Style(), "pdf"))
    whole.import_pages(scanned)
    whole.save(buffer := io.BytesIO())
    document, extraction = read(buffer.getvalue())
    assert wrong(report, extraction) == {}
    assert [block.locator.page for block in document.blocks] == sorted(
        block.locator.page or 0 for block in document.blocks
    )


@needs_ocr
def test_two_pages_on_one_sheet() -> None:
    import numpy as np

    report = facts(["proactive_disclosure", "review_litigation"])
    halves = [pages_of(facts([table]), Scanner(angle=0.2))[0] for table in report.variants]
    document, extraction = read(as_file([np.hstack(halves)], 200, "PNG"))
    assert wrong(facts(["review_litigation"]), extraction) == {}
    assert wrong(facts(["proactive_disclosure"]), extraction) == {}
    middle = halves[0].shape[1] / 200 * 72
    boxes = [grid.locator.box or (0, 0, 0, 0) for grid in document.grids]
    assert all(box[2] < middle or box[0] > middle for box in boxes)


def overlaid(page: Any, dpi: int, strips: int, guessed: str, mode: int = 3) -> bytes:
    """A PDF of one page that is cut into strips, with text that nobody sees."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    height, width = (side / dpi * 72 for side in page.shape)
    canvas = Canvas(buffer := io.BytesIO(), pagesize=(width, height))
    edges = [round(page.shape[0] * place / strips) for place in range(strips + 1)]
    for top, bottom in pairwise(edges):
        strip = ImageReader(Image.fromarray(page[top:bottom]))
        canvas.drawImage(strip, 0, height - bottom / dpi * 72, width, (bottom - top) / dpi * 72)
    text = canvas.beginText(30, height - 60)
    text.setTextRenderMode(mode)
    text.textLines(guessed)
    canvas.drawText(text)
    canvas.save()
    return buffer.getvalue()


@needs_ocr
def test_guessed_text_under_a_picture_in_strips_is_not_read() -> None:
    report = facts(["review_litigation"])
    (page,) = pages_of(report, Scanner())
    document, extraction = read(overlaid(page, 200, 8, "9 9 9 9 9 9 9 9 9 9 9 9 9 9 9"))
    assert wrong(report, extraction) == {}
    assert "9 9 9" not in "".join(paragraph.text for paragraph in document.paragraphs)


@needs_ocr
def test_a_table_that_is_a_picture_among_text() -> None:
    report = facts(["review_litigation"])
    (page,) = pages_of(report, Scanner(angle=0))
    document, extraction = read(beside_text(page, 200))
    assert wrong(report, extraction) == {}
    assert [block.locator.page for block in document.blocks] == [1] * len(document.blocks)
    assert "Prose" in document.paragraphs[0].text
    assert RECOGNISED_PAGES not in document.properties


def beside_text(page: Any, dpi: int) -> bytes:
    """A PDF with a page of text whose lower part is a picture of a table."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    dark = [row for row in range(page.shape[0]) if (page[row] < 128).mean() > 0.3]
    part = page[dark[0] - 10 : dark[-1] + 10]
    height, width = (side / dpi * 72 for side in part.shape)
    canvas = Canvas(buffer := io.BytesIO(), pagesize=(width, 842))
    for line in range(8):
        canvas.drawString(72, 780 - 20 * line, "Prose of a report that stands above a table as a picture.")
    canvas.drawImage(ImageReader(Image.fromarray(part)), 0, 40, width, height)
    canvas.save()
    return buffer.getvalue()


@needs_ocr
def test_text_that_a_picture_of_the_page_shows_is_not_drawn_over_it() -> None:
    import numpy as np

    page = np.full((1100, 800), 255, np.uint8)
    page[70:110, 30:400] = 0
    for role, dark in (("guessed", 1.0), ("own", 0.0)):
        shown = page if role == "guessed" else np.full_like(page, 255)
        data = overlaid(shown, 100, 1, "M" * 60, mode=0)
        (picture,) = covered.picture_pages(data, None)
        over = picture.grey[round(0.065 * picture.grey.shape[0]) : round(0.098 * picture.grey.shape[0])]
        assert float((over[:, 80:600] < 128).mean()) == pytest.approx(dark, abs=0.3) or role == "own"
        assert (role == "own") == bool(0 < (over < 128).mean() < 0.3)


def test_untold_cells_are_filled_from_the_picture_of_their_page() -> None:
    told, untold = (grid([text, "3"]) for text in ("12", "\ufffd\ufffd"))
    assert [cell.text for cell in pictures._filled(untold, [told]).cells()] == ["12", "3"]
    elsewhere = replace(told, rows=((told.rows[0][0]._replace(locator=Locator(1, box=(90, 0, 99, 9))),),))
    assert pictures._filled(untold, [elsewhere]) == untold


def grid(texts: Sequence[str]) -> Grid:
    """A row of cells, each ten points wide."""
    places = [Locator(1, 1, 1, n + 1, None, (10.0 * n, 0.0, 10.0 * n + 10, 10.0)) for n in range(len(texts))]
    row = tuple(
        Cell(text, 0, n, locator=place) for n, (text, place) in enumerate(zip(texts, places, strict=True))
    )
    return Grid((row,), Locator(1, 1))


def test_without_the_extra_pictures_are_named_and_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    page = np.full((1100, 800), 255, np.uint8)
    page[70:110, 30:400] = 0
    alone, among = overlaid(page, 100, 1, ""), beside_text(page[:400], 100)
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(UnreadableDocumentError) as error:
        read_document(alone)
    assert error.value.code == "scan_needs_ocr"
    document = read_document(among)
    assert document.properties[UNREAD_PICTURES] == "1"
    assert RECOGNISED_PAGES not in document.properties


def test_guessed_text_is_not_believed_where_its_picture_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "NEEDED", ("a_library_that_is_not_there",))
    page = Image.new("L", (800, 1100), 255)
    import numpy as np

    document = read_document(overlaid(np.asarray(page), 100, 1, "a text that a program guessed"))
    assert document.properties[RECOGNISED_PAGES] == "1"
    stamped = read_document(overlaid(np.asarray(page), 100, 1, "a text that is painted, and long enough", 0))
    assert RECOGNISED_PAGES not in stamped.properties or stamped.grids == ()


@needs_ocr
def test_nothing_is_fully_believed_where_strokes_are_lost() -> None:
    form = dict.fromkeys(cells_of({"review_litigation": "2021"}), Decimal(4841))
    report = facts(["review_litigation"], changes=form)
    pages = pages_of(report, Scanner(dpi=150, blur=0.35, noise=12, fax=135))
    cells = [cell for grid in read_document(as_file(pages, 150, "PNG")).grids for cell in grid.cells()]
    numbers = [cell for cell in cells if cell.text.isdigit()]
    assert {cell.text for cell in numbers} > {"4841"}, "nothing was misread: the print is not worn enough"
    assert all(cell.confidence < FULL for cell in numbers)


@needs_ocr
def test_numbers_without_rules_around_them_are_not_fully_believed() -> None:
    form = FormStyle(title="样例区2023年报告")
    (page,) = list(
        scan_pages(typeset(facts(["review_litigation"]), Style(form=form), "pdf"), Scanner(angle=0))
    )[:1]
    import cv2
    import numpy as np

    ink = (page < 200).astype(np.uint8)
    for size in ((1, 90), (35, 1)):
        page[cv2.dilate(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(size)), np.ones((5, 5))) > 0] = 255
    document, extraction = read(as_file([page], 200, "PNG"))
    assert all(
        cell.confidence == 1 or cell.confidence < FULL for grid in document.grids for cell in grid.cells()
    )
    assert all(cell.confidence < FULL for cell in extraction.cells if cell.kind != "absent")


@needs_ocr
def test_picture_in_a_word_file_of_the_old_format(monkeypatch: pytest.MonkeyPatch) -> None:
    page = as_file(pages_of(facts(["review_litigation"]), Scanner(dpi=100)), 100, "PNG")
    record = struct.pack("<HHI", 0x6E00, 0xF01E, len(page) + 17) + bytes(16) + b"\xff" + page
    stored = SimpleNamespace(extra=b"\0" * 50 + record + b"\0" * 9)
    monkeypatch.setattr(pictures, "open_word_file", lambda _: stored)
    (found,) = pictures._doc_pictures(b"", None)
    assert found.grey.shape == Image.open(io.BytesIO(page)).size[::-1]


@needs_ocr
def test_real_report_as_pictures() -> None:
    path = SHARED / "real" / "hzq2024.pdf"
    truth = SHARED / "accept" / "truth.json"
    if not path.exists() or not truth.exists():
        pytest.skip("the real reports do not lie beside this checkout")
    wanted = next(doc for name, doc in json.loads(truth.read_text("utf-8")).items() if path.name in name)
    pages = list(scan_pages(path.read_bytes(), Scanner(dpi=150)))[1:4]  # where the tables stand
    _, extraction = read(as_file(pages, 150, "TIFF"))
    found = {(c.table, c.row, c.column): c.value for c in extraction.cells}
    assert {key: found[key] for *key, _ in wanted["cells"] for key in [tuple(key)]} == {
        tuple(key): None if value is None else Decimal(str(value)) for *key, value in wanted["cells"]
    }


def blank_picture(side: int) -> bytes:
    Image.new("L", (side, side), 255).save(buffer := io.BytesIO(), "PNG")
    return buffer.getvalue()


def fault(content: bytes) -> UnreadableDocumentError:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(content)
    return caught.value


def test_without_the_extra_a_scan_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "NEEDED", ("a_library_that_is_not_there",))
    scanned = Image.new("L", (800, 1100), 255)
    scanned.save(pdf := io.BytesIO(), "PDF")
    for content, media_type in ((blank_picture(800), "image/png"), (pdf.getvalue(), "application/pdf")):
        error = fault(content)
        assert error.code == "scan_needs_ocr"
        assert error.details == {"media_type": media_type}
        assert "ogi-panel[ocr]" in message(error.code, **error.details).text("zh")


def test_small_pictures_show_no_page() -> None:
    assert fault(blank_picture(100)).code == "picture"


def test_a_further_page_that_lacks_its_size_is_damaged() -> None:
    target = io.BytesIO()
    Image.new("L", (900, 1200), 255).save(target, "TIFF")
    data = bytearray(target.getvalue())
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * entries, len(data))
    assert fault(bytes(data) + bytes(6)).code == "damaged"


def test_what_only_begins_like_a_picture_is_damaged() -> None:
    assert fault(b"\x89PNG\r\n\x1a\n" + bytes(100)).code == "damaged"


@needs_ocr
def test_an_empty_page_has_no_text() -> None:
    assert fault(blank_picture(800)).code == "no_text"


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [Image.new("L", (300, 300), 255) for _ in range(3)]
    pages[0].save(buffer := io.BytesIO(), "TIFF", save_all=True, append_images=pages[1:])
    monkeypatch.setattr(scan, "MAX_PAGES", 2)
    monkeypatch.setattr(scan, "NEEDED", ())
    assert fault(buffer.getvalue()).code == "limit_exceeded"
