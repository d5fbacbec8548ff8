"""Pages of a PDF that show a picture flow in: which of them the picture tells, and how they are drawn, flow out.

A scanner's program may lay text that it guessed under or over its picture, unseen; it may cut the picture into
strips or tiles, or part it into paper and ink. What a person sees is the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.document import WITHOUT_TEXT, Document, Grid
from pipeline.readers import scan
from pipeline.readers.scan import Picture

FULL_PAGE = 0.7
"""Share of a page that pictures cover from which the page is taken for a scan."""
UNSEEN_SHARE = 0.8
"""Share of a page's text that nobody sees from which all of it is taken for guessed: a stamp may be added."""
STAMP = 40
"""Characters up to which text on a scan is a page number or a mark of the program that made it."""
LEAST_TILE = 0.002
"""Share of a page that one of many pictures covers at least: smaller ones are seals."""
FINER = 1.5
"""Times as fine as the scan a page is drawn: at its own size PDFium leaves out or doubles rows of dots."""
LEAST_DPI, MOST_DPI = 200.0, 300.0
"""Dots per inch at which pages are drawn at least and at most."""
MOST_DRAWN = 20_000_000
"""Pixels of a page that is drawn: A3 at 300 dots an inch has 17 million. Recognising takes some 40 bytes for each."""
_POINTS_PER_INCH = 72.0
_PICTURE = re.compile(rb"/Subtype\s*/Image")
_UNSEEN_MODES = (3, 7)
"""Text that is neither filled nor drawn, in PDF's numbers."""


@dataclass(frozen=True, slots=True)
class _Cover:
    """What covers a page.

    Attributes:
        share: Of the page that pictures cover.
        dpi: Of the finest of them.
        guessed: Whether its text is unseen: not painted, or painted under a picture.
    """

    share: float
    dpi: float
    guessed: bool


def may_be_covered(data: bytes) -> bool:
    """Whether a PDF has any picture at all; told from its bytes, since most have none."""
    return _PICTURE.search(data) is not None


def picture_pages(data: bytes, document: Document | None) -> Iterator[Picture]:
    """The pages that are pictures, drawn: those without text, and scans with a layer of guessed text.

    Args:
        data: The file.
        document: What its text says; None where it has none, and every page is a picture.

    Raises:
        UnreadableDocumentError: `limit_exceeded` for too many pages.
    """
    import pypdfium2

    with pypdfium2.PdfDocument(data) as source:
        if document is None:
            scan.bound_pages(len(source))
        for index in range(len(source)):
            page = source[index]
            cover = _cover_of(page)
            if _is_picture(cover, index + 1, document) and not scan.is_thread(*page.get_size()):
                yield _drawn(page, cover.dpi, index + 1)
            page.close()


def _is_picture(cover: _Cover, number: int, document: Document | None) -> bool:
    if document is None or str(number) in document.properties.get(WITHOUT_TEXT, "").split(","):
        return True
    if cover.share < FULL_PAGE or cover.guessed:
        return cover.guessed
    own = [block for block in document.blocks if block.locator.page == number]
    if any(isinstance(block, Grid) for block in own):
        return False
    return not document.grids or sum(len(block.text) for block in own if not isinstance(block, Grid)) <= STAMP


def _cover_of(page: Any) -> _Cover:
    """What covers a page, from its objects in the order in which they are painted."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_TEXT, FPDFTextObj_GetTextRenderMode

    area = max(page.get_width() * page.get_height(), 1.0)
    shares, dpi, unseen, texts = [0.0], 0.0, 0, 0
    pictures = list(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3))
    for found in pictures:
        left, bottom, right, top = found.get_bounds()
        share = (right - left) * (top - bottom) / area
        if share >= LEAST_TILE:
            shares.append(min(share, 1.0))
            dpi = max(dpi, found.get_px_size()[0] / (right - left) * _POINTS_PER_INCH)
    # Paper and ink, each a picture of the whole page, cover it once.
    share = max(max(shares), min(1.0, sum(shares)))
    if share < FULL_PAGE:
        return _Cover(share, dpi, False)
    for found in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_TEXT], max_depth=3):
        if found.type == FPDF_PAGEOBJ_TEXT:
            texts += 1
            unseen += FPDFTextObj_GetTextRenderMode(found.raw) in _UNSEEN_MODES
        elif _covers(found.get_bounds(), area):
            unseen = texts
    return _Cover(share, dpi, texts > 0 and unseen >= UNSEEN_SHARE * texts)


def _covers(box: tuple[float, float, float, float], area: float) -> bool:
    left, bottom, right, top = box
    return (right - left) * (top - bottom) >= FULL_PAGE * area


def _drawn(page: Any, picture_dpi: float, number: int) -> Picture:
    dpi = min(MOST_DPI, max(LEAST_DPI, FINER * picture_dpi))
    inches = page.get_width() * page.get_height() / _POINTS_PER_INCH**2
    dpi = min(dpi, (MOST_DRAWN / max(inches, 1e-6)) ** 0.5)
    bitmap = page.render(scale=dpi / _POINTS_PER_INCH, grayscale=True)
    return Picture(bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy(), dpi, number)
