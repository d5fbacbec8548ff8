"""Pages and pictures inside a file of another format: the file and what its text says in, both together out.

A scan comes as a PDF of pictures, often over a layer of text that a scanner's program guessed; some offices
paste pictures of their tables into a web page or a Word file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from pipeline.document import (
    UNREAD_PICTURES,
    WITHOUT_TEXT,
    Block,
    Document,
    Grid,
    Locator,
    UnreadableDocumentError,
)
from pipeline.readers import docx, html, package, pdf, scan
from pipeline.readers.scan import Picture

FULL_PAGE = 0.7
"""Share of a page that one picture covers from which the page is taken for a scan."""
FINER = 1.5
"""Times as fine as the scan a page is drawn: at its own size PDFium leaves out or doubles rows of dots."""
LEAST_DPI, MOST_DPI = 200.0, 300.0
"""Dots per inch at which pages are drawn at least and at most."""
MOST_DRAWN = 20_000_000
"""Pixels of a page that is drawn: A3 at 300 dots an inch has 17 million. Recognising takes some 40 bytes for each."""
MOST_PICTURES = 40
"""Pictures of a web page or a Word file that are looked at."""
_MEDIA = re.compile(r"word/media/[^/]+\.(?:png|jpe?g|tiff?|bmp|gif|webp)")
_DATA_URI = re.compile(rb"data:image/[a-z+.-]+;base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_POINTS_PER_INCH = 72.0


def completed(data: bytes, media_type: str, sha256: str, document: Document | None) -> Document | None:
    """The document with what stands in its pictures, where its text lacks pages or has no table.

    Args:
        data: The file.
        media_type: Its type.
        sha256: Its hash.
        document: What its reader found; None where it found no text.

    Returns:
        The document, completed where pictures could be read; None where neither has any text.

    Raises:
        UnreadableDocumentError: `scan_needs_ocr` where there are only pictures and the extra is not installed;
            `limit_exceeded` for too many or too large pages.
    """
    find = _FINDERS.get(media_type)
    if find is None or (document is not None and not _wants_pictures(document)):
        return document
    pictures = find(data, document)
    first = next(pictures, None)
    if first is None:
        return document
    if not scan.is_installed():
        if document is None:
            raise UnreadableDocumentError("scan_needs_ocr", media_type=media_type)
        count = str(1 + sum(1 for _ in pictures))
        return replace(document, properties={**document.properties, UNREAD_PICTURES: count})
    return _joined(document, chain([first], pictures), media_type, sha256)


def _wants_pictures(document: Document) -> bool:
    return not document.grids or WITHOUT_TEXT in document.properties


def _joined(
    document: Document | None, pictures: Iterable[Picture], media_type: str, sha256: str
) -> Document | None:
    """Both together: by page where the file has pages, else the pictures' tables after the text."""
    reader = f"{media_type.rpartition('/')[2].rpartition('.')[2]}/scan"
    by_page = media_type in pdf.MEDIA_TYPES
    seen: set[int] = set()
    try:
        scanned = scan.read_pages(
            _noted(pictures, seen),
            sha256,
            media_type,
            reader,
            tables_only=not by_page and document is not None,
        )
    except UnreadableDocumentError as error:
        if error.code != "no_text":
            raise
        return document
    if document is None:
        return scanned
    blocks: Iterable[Block] = chain(document.blocks, scanned.blocks)
    if by_page:
        own = (block for block in document.blocks if block.locator.page not in seen)
        blocks = sorted(chain(own, scanned.blocks), key=lambda block: block.locator.page or 0)
    reader = f"{document.reader}+scan"
    return replace(document, blocks=tuple(_numbered(blocks)), reader=reader)


def _noted(pictures: Iterable[Picture], seen: set[int]) -> Iterator[Picture]:
    for picture in pictures:
        seen.add(picture.page)
        yield picture


def _numbered(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks with their tables numbered through."""
    tables = 0
    for block in blocks:
        if isinstance(block, Grid):
            tables += 1
            rows = tuple(
                tuple(replace(cell, locator=_of_table(cell.locator, tables)) for cell in row)
                for row in block.rows
            )
            yield Grid(rows, _of_table(block.locator, tables))
        else:
            yield block


def _of_table(locator: Locator, ordinal: int) -> Locator:
    return replace(locator, table=ordinal)


def _pages(data: bytes, document: Document | None) -> Iterator[Picture]:
    """The pages of a PDF that are pictures: those without text, and scans with a layer of guessed text."""
    import pypdfium2

    with pypdfium2.PdfDocument(data) as source:
        if document is None and len(source) > scan.MAX_PAGES:
            raise UnreadableDocumentError(
                "limit_exceeded", what=f"{len(source)} > {scan.MAX_PAGES} scanned pages"
            )
        for index in range(len(source)):
            page = source[index]
            if _is_picture(page, index + 1, document):
                yield _drawn(page, index + 1)
            page.close()


def _is_picture(page: Any, number: int, document: Document | None) -> bool:
    if document is None:
        return True
    if str(number) in document.properties.get(WITHOUT_TEXT, "").split(","):
        return True
    return not document.grids and _scan_of(page) is not None


def _scan_of(page: Any) -> float | None:
    """The dots per inch of the one picture that covers a page; None where none does."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    area = page.get_width() * page.get_height()
    for found in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = found.get_bounds()
        if (right - left) * (top - bottom) >= FULL_PAGE * area:
            return float(found.get_px_size()[0] / (right - left) * _POINTS_PER_INCH)
    return None


def _drawn(page: Any, number: int) -> Picture:
    dpi = min(MOST_DPI, max(LEAST_DPI, FINER * (_scan_of(page) or 0.0)))
    inches = page.get_width() * page.get_height() / _POINTS_PER_INCH**2
    dpi = min(dpi, (MOST_DRAWN / max(inches, 1e-6)) ** 0.5)
    bitmap = page.render(scale=dpi / _POINTS_PER_INCH, grayscale=True)
    return Picture(bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy(), dpi, number)


def _web_pictures(data: bytes, _: Document | None) -> Iterator[Picture]:
    for match in islice(_DATA_URI.finditer(data), MOST_PICTURES):
        with suppress(binascii.Error):
            yield from _opened(base64.b64decode(match.group(1)))


def _word_pictures(data: bytes, _: Document | None) -> Iterator[Picture]:
    parts = package.open_package(data)
    for name in islice(filter(_MEDIA.fullmatch, parts.members), MOST_PICTURES):
        yield from _opened(parts.part(name))


def _opened(data: bytes) -> Iterator[Picture]:
    """The pages of a picture; what cannot be opened, or is too small to show a table, is passed over."""
    with suppress(UnreadableDocumentError):
        yield from (p for p in scan.open_pictures(data) if min(p.grey.shape) >= scan.LEAST_SIDE)


def _counted(find: Callable[[bytes, Document | None], Iterator[Picture]]) -> Callable[..., Iterator[Picture]]:
    """Numbers pictures through: each is a page of its own."""
    return lambda data, document: (replace(p, page=n) for n, p in enumerate(find(data, document), 1))


_FINDERS: dict[str, Callable[[bytes, Document | None], Iterator[Picture]]] = {
    **dict.fromkeys(pdf.MEDIA_TYPES, _pages),
    **dict.fromkeys(html.MEDIA_TYPES, _counted(_web_pictures)),
    **dict.fromkeys(docx.MEDIA_TYPES, _counted(_word_pictures)),
}
