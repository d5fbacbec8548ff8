"""Pages of a PDF that show a picture flow in: which of them the picture tells, and how they are drawn, flow out.

A scanner's program may lay text that it guessed under or over its picture, unseen; it may cut the picture into
strips or tiles, or part it into paper and ink. What a person sees is the picture.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.document import WITHOUT_TEXT, Block, Document, Grid
from pipeline.readers import scan
from pipeline.readers.pdf import is_untold
from pipeline.readers.printed import UNKNOWN
from pipeline.readers.scan import Picture

FULL_PAGE = 0.7
"""Share of a page that pictures cover from which the page is taken for a scan."""
STAMP = 40
"""Characters up to which text on a scan is a page number or a mark of the program that made it."""
FORM_CELLS = 198
"""Cells of the smaller form: where the tables have fewer, one may stand in a picture."""
LEAST_TABLE = (0.3, 0.03)
"""Shares of a page's width and height from which a picture among text may show a table."""
LEAST_TILE = 0.002
"""Share of a page that one of many pictures covers at least: smaller ones are seals."""
FINER = 1.5
"""Times as fine as the scan a page is drawn: at its own size PDFium leaves out or doubles rows of dots."""
LEAST_DPI, MOST_DPI = 200.0, 300.0
"""Dots per inch at which pages are drawn at least and at most."""
MOST_DRAWN = 20_000_000
"""Pixels of a page that is drawn: A3 at 300 dots an inch has 17 million. Recognising takes some 40 bytes for each."""
SHOWN_SHARE = 0.7
"""Share of a page's texts that a picture of the page bears print at from which it shows them already."""
LEAST_DARK = 0.02
"""Share of a text's place that is dark where the text is printed."""
_DARK = 128
_FINE = 100_000
_TEXTS = (1,)
_TEXTS_AND_PATHS = (1, 2, 4)
"""Types of objects in PDFium's numbers: texts, paths, shadings."""
MAX_DEPTH = 12
"""Forms within forms."""
_POINTS_PER_INCH = 72.0
_PICTURE = re.compile(rb"/Subtype\s*/Image")
_UNTOLD_NUMBER = re.compile(rf"[\s\d.,+%-]*{UNKNOWN}[\s\d.,+%{UNKNOWN}-]*")
_GREY_BITS = 8


@dataclass(frozen=True, slots=True)
class _Cover:
    """What covers a page.

    Attributes:
        share: Of the page that pictures cover.
        dpi: Of the finest of them.
        guessed: Whether its text is unseen: not painted, or painted under a picture.
        may_show_table: Whether any picture is large enough for a table.
    """

    share: float
    dpi: float
    guessed: bool
    may_show_table: bool


def may_be_covered(data: bytes) -> bool:
    """Whether a PDF has any picture at all; told from its bytes, since most have none."""
    return _PICTURE.search(data) is not None


def picture_pages(data: bytes, document: Document | None) -> Iterator[Picture]:
    """The pages that are pictures, drawn: those without text, and scans with a layer of guessed text.

    So are pages whose numbers the file does not tell. Of a file whose text lacks tables the pictures among the text
    are drawn, too, and nothing but them.

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
            if not scan.is_thread(*page.get_size()):
                yield from _pictures_of(page, cover, index + 1, document)
            page.close()


def _pictures_of(page: Any, cover: _Cover, number: int, document: Document | None) -> Iterator[Picture]:
    """The page as a picture, where any is to be looked at."""
    if _is_picture(cover, number, document):
        yield _seen(page, cover, number)
    elif document is None:
        return
    elif _has_gaps(document, number):
        yield replace(_drawn(page, cover.dpi, number), role="gaps")
    elif cover.may_show_table and lacks_tables(document):
        _show(page, _TEXTS_AND_PATHS, is_shown=False)
        yield replace(_drawn(page, cover.dpi, number), role="part")


def lacks_tables(document: Document) -> bool:
    """Whether a document's tables have fewer cells than any form."""
    return sum(len(row) for grid in document.grids for row in grid.rows) < FORM_CELLS


def _show(page: Any, kinds: Sequence[int], *, is_shown: bool) -> None:
    """Sets whether objects of some types are painted."""
    from pypdfium2.raw import FPDFPageObj_SetIsActive

    for found in page.get_objects(filter=kinds, max_depth=MAX_DEPTH):
        FPDFPageObj_SetIsActive(found.raw, is_shown)


def _seen(page: Any, cover: _Cover, number: int) -> Picture:
    """A page as a picture; without its text where a picture of the page shows that already."""
    places = _places_of_text(page) if cover.share >= FULL_PAGE else []
    if not places or not scan.is_installed():
        return _drawn(page, cover.dpi, number)
    _show(page, _TEXTS, is_shown=False)
    bare = _drawn(page, cover.dpi, number)
    if sum(_is_printed(bare, place) for place in places) >= SHOWN_SHARE * len(places):
        return bare
    _show(page, _TEXTS, is_shown=True)
    return _drawn(page, cover.dpi, number)


def _places_of_text(page: Any) -> list[tuple[float, float, float, float]]:
    """Where texts stand on a page, in shares of it as it is shown: left, top, right and bottom."""
    places = []
    for found in page.get_objects(filter=_TEXTS, max_depth=1):
        left, bottom, right, top = found.get_bounds()
        (x0, y0), (x1, y1) = (_on_screen(page, x, y) for x, y in ((left, bottom), (right, top)))
        places.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return places


def _on_screen(page: Any, x: float, y: float) -> tuple[float, float]:
    from pypdfium2.raw import FPDF_PageToDevice

    across, down = ctypes.c_int(), ctypes.c_int()
    FPDF_PageToDevice(page.raw, 0, 0, _FINE, _FINE, 0, x, y, across, down)
    return across.value / _FINE, down.value / _FINE


def _is_printed(picture: Picture, place: tuple[float, float, float, float]) -> bool:
    """Whether anything is printed at a place of a page."""
    down, across = picture.grey.shape
    left, top, right, bottom = place
    rows = slice(max(round(top * down), 0), max(round(bottom * down), 0))
    part = picture.grey[rows, max(round(left * across), 0) : max(round(right * across), 0)]
    return bool(part.size and (part < _DARK).mean() >= LEAST_DARK)


def _is_picture(cover: _Cover, number: int, document: Document | None) -> bool:
    if document is None or str(number) in document.properties.get(WITHOUT_TEXT, "").split(","):
        return True
    own = [block for block in document.blocks if block.locator.page == number]
    if any(map(is_untold, own)) and _tells_little(own):
        return True
    if cover.share < FULL_PAGE or cover.guessed:
        return cover.guessed
    if any(isinstance(block, Grid) for block in own):
        return False
    return not document.grids or sum(len(block.text) for block in own if not isinstance(block, Grid)) <= STAMP


def _tells_little(blocks: Sequence[Block]) -> bool:
    """Whether the text does not tell what half of a page's cells, or of all it says, says."""
    texts = [cell.text for block in blocks if isinstance(block, Grid) for cell in block.cells() if cell.text]
    if 2 * sum(UNKNOWN in text for text in texts) > len(texts):
        return True
    said = "".join([*texts, *(block.text for block in blocks if not isinstance(block, Grid))])
    return 2 * said.count(UNKNOWN) > len(said)


def _has_gaps(document: Document, number: int) -> bool:
    """Whether cells of a page's tables have print of which nothing tells what it says."""
    own = (grid for grid in document.grids if grid.locator.page == number)
    return any(_UNTOLD_NUMBER.fullmatch(cell.text) for grid in own for cell in grid.cells())


def _cover_of(page: Any) -> _Cover:
    """What covers a page, from its objects in the order in which they are painted."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    from pipeline.readers.painting.unseen import is_guessed

    width, height = max(page.get_width(), 1.0), max(page.get_height(), 1.0)
    shares, dpi, may_show_table = [0.0], 0.0, False
    for found in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = found.get_bounds()
        across, down = (right - left) / width, (top - bottom) / height
        if across * down >= LEAST_TILE:
            shares.append(min(across * down, 1.0))
            pixels = found.get_px_size()[0]
            dpi = max(dpi, pixels / (right - left) * _POINTS_PER_INCH)
            is_large = across >= LEAST_TABLE[0] and down >= LEAST_TABLE[1]
            may_show_table = may_show_table or (is_large and pixels >= scan.LEAST_SIDE)
    # Paper and ink, each a picture of the whole page, cover it once.
    share = max(max(shares), min(1.0, sum(shares)))
    guessed = _is_under_picture(page, width * height) if share >= FULL_PAGE else False
    guessed = guessed or (may_show_table and is_guessed(page.raw))
    return _Cover(share, dpi, guessed, may_show_table)


def _is_under_picture(page: Any, area: float) -> bool:
    """Whether nearly all text of a page is not painted, or painted under a picture of the whole page."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_TEXT, FPDFTextObj_GetTextRenderMode

    from pipeline.readers.painting.unseen import UNPAINTED, UNSEEN_SHARE

    unseen = texts = 0
    for found in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_TEXT], max_depth=3):
        if found.type == FPDF_PAGEOBJ_TEXT:
            texts += 1
            unseen += FPDFTextObj_GetTextRenderMode(found.raw) in UNPAINTED
        elif _covers(found.get_bounds(), area):
            unseen = texts
    return texts > 0 and unseen >= UNSEEN_SHARE * texts


def _covers(box: tuple[float, float, float, float], area: float) -> bool:
    left, bottom, right, top = box
    return (right - left) * (top - bottom) >= FULL_PAGE * area


def _drawn(page: Any, picture_dpi: float, number: int) -> Picture:
    dpi = min(MOST_DPI, max(LEAST_DPI, FINER * picture_dpi))
    inches = page.get_width() * page.get_height() / _POINTS_PER_INCH**2
    dpi = min(dpi, (MOST_DRAWN / max(inches, 1e-6)) ** 0.5)
    if not scan.is_installed():
        return Picture(None, dpi, number)
    is_grey = not _has_colour(page)
    bitmap = page.render(scale=dpi / _POINTS_PER_INCH, grayscale=is_grey, rev_byteorder=True)
    pixels = bitmap.to_numpy().reshape(bitmap.height, bitmap.width, -1)
    return Picture(pixels[:, :, 0].copy() if is_grey else scan.grey_of(pixels[:, :, :3], dpi), dpi, number)


def _has_colour(page: Any) -> bool:
    """Whether any picture on a page has more than shades of grey."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    pictures = page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3)
    return any(picture.get_metadata().bits_per_pixel > _GREY_BITS for picture in pictures)
