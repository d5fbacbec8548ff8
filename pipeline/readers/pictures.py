"""Pages and pictures inside a file of another format: the file and what its text says in, both together out.

A scan comes as a PDF of pictures, often over a layer of text that a scanner's program guessed; some offices
paste pictures of their tables into a web page or a Word file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice

from pipeline.document import (
    INKED_BLANKS,
    RECOGNISED_PAGES,
    UNREAD_PICTURES,
    UNTOLD_TEXT,
    WITHOUT_TEXT,
    Block,
    Cell,
    Document,
    Grid,
    Locator,
    UnreadableDocumentError,
)
from pipeline.readers import doc, docx, html, pdf, scan
from pipeline.readers.painting import covered
from pipeline.readers.painting.covered import lacks_tables
from pipeline.readers.pdf import is_untold
from pipeline.readers.printed import UNKNOWN
from pipeline.readers.scan import Picture
from pipeline.readers.word import package
from pipeline.readers.word.doc_text import open_word_file

MOST_PICTURES = 40
"""Pictures of a web page or a Word file that are looked at."""
BLIP_HEAD = 64
"""Bytes of such a record within which its picture begins."""
SAME_CELL = 0.6
"""The share of two cells' places that both take from which they are one, told by its text and by its picture."""
_MEDIA = re.compile(r"word/media/[^/]+\.(?:png|jpe?g|tiff?|bmp|gif|webp)")
_BLIP = re.compile(rb"[\x1d\x1e\x29\x2a]\xf0(.{4})", re.DOTALL)
"""The type (JPEG, PNG, TIFF, JPEG in CMYK) and length of a picture's record in a Word 97–2003 file."""
_MAGIC = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|II\*\0|MM\0\*")
_DATA_URI = re.compile(rb"data:image/[a-z+.-]+;base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)


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
    if find is None or (document is not None and not _wants_pictures(data, media_type, document)):
        return document
    pictures = find(data, document)
    first = next(pictures, None)
    if first is None:
        return document
    if not scan.is_installed():
        if document is None:
            raise UnreadableDocumentError("scan_needs_ocr", media_type=media_type)
        return _without_pictures(document, [first, *pictures])
    return _joined(document, chain([first], pictures), media_type, sha256)


def _wants_pictures(data: bytes, media_type: str, document: Document) -> bool:
    if media_type in pdf.MEDIA_TYPES:
        said = {WITHOUT_TEXT, UNTOLD_TEXT}.intersection(document.properties)
        return bool(said) or covered.may_be_covered(data)
    return lacks_tables(document)


def _without_pictures(document: Document, pictures: Sequence[Picture]) -> Document:
    """The document, which says what was left unread, and which pages hold text that was guessed from a picture."""
    told = {str(block.locator.page) for block in document.blocks}
    told -= set(document.properties.get(UNTOLD_TEXT, "").split(","))
    guessed = ",".join(str(p.page) for p in pictures if str(p.page) in told and p.role == "page")
    properties = {**document.properties, UNREAD_PICTURES: str(len(pictures))}
    return replace(document, properties={**properties, RECOGNISED_PAGES: guessed} if guessed else properties)


def _joined(
    document: Document | None, pictures: Iterable[Picture], media_type: str, sha256: str
) -> Document | None:
    """Both together: by page where the file has pages, else the pictures' tables after the text."""
    reader = f"{media_type.rpartition('/')[2].rpartition('.')[2]}/scan"
    by_page = media_type in pdf.MEDIA_TYPES
    roles: dict[int, str] = {}
    try:
        scanned = scan.read_pages(
            _noted(pictures, roles),
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
        blocks = sorted(_put_together(document, scanned, roles), key=lambda block: _place(block, roles))
    numbered = tuple(_numbered(blocks))
    properties = {**document.properties, **_told_of(scanned, roles)}
    properties = {
        name: pages for name, pages in properties.items() if name not in (UNTOLD_TEXT, INKED_BLANKS)
    }
    untold = sorted({block.locator.page or 0 for block in numbered if is_untold(block)})
    properties |= {UNTOLD_TEXT: ",".join(map(str, untold))} if untold else {}
    return replace(document, blocks=numbered, reader=f"{document.reader}+scan", properties=properties)


def _noted(pictures: Iterable[Picture], roles: dict[int, str]) -> Iterator[Picture]:
    """The pictures, the role of each noted by its page."""
    for picture in pictures:
        roles[picture.page] = picture.role
        yield picture


def _put_together(document: Document, scanned: Document, roles: Mapping[int, str]) -> Iterator[Block]:
    """The blocks of text and of pictures: where a picture is the page it alone, where it fills gaps the text."""
    shown = [grid for grid in scanned.grids if roles.get(grid.locator.page or 0) == "gaps"]
    for block in document.blocks:
        role = roles.get(block.locator.page or 0)
        if role == "gaps" and isinstance(block, Grid):
            yield _filled(block, [grid for grid in shown if grid.locator.page == block.locator.page])
        elif role != "page":
            yield block
    yield from (block for block in scanned.blocks if roles.get(block.locator.page or 0) != "gaps")


def _filled(grid: Grid, shown: Sequence[Grid]) -> Grid:
    """A table with what pictures of its cells say where its text does not tell."""
    cells = [cell for other in shown for cell in other.cells()]
    rows = tuple(
        tuple(_read_off(cell, cells) if UNKNOWN in cell.text else cell for cell in row) for row in grid.rows
    )
    return replace(grid, rows=rows)


def _read_off(cell: Cell, shown: Sequence[Cell]) -> Cell:
    best = max(shown, key=lambda other: _likeness(cell, other), default=cell)
    if _likeness(cell, best) < SAME_CELL:
        return cell
    return cell._replace(text=best.text, confidence=best.confidence)


def _likeness(one: Cell, other: Cell) -> float:
    """The share of two cells' places that both take."""
    if one.locator.box is None or other.locator.box is None:
        return 0.0
    (x0, y0, x1, y1), (u0, v0, u1, v1) = one.locator.box, other.locator.box
    common = max(0.0, min(x1, u1) - max(x0, u0)) * max(0.0, min(y1, v1) - max(y0, v0))
    return common / max((x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - common, 1.0)


def _place(block: Block, roles: Mapping[int, str]) -> tuple[int, float]:
    """Where a block stands among others: its page, and how far down it where pictures stand among the text."""
    page, box = block.locator.page or 0, block.locator.box
    return page, box[1] if roles.get(page) == "part" and box else 0.0


def _told_of(scanned: Document, roles: Mapping[int, str]) -> dict[str, str]:
    """What is said of recognised pages: the cells of pictures among text have a certainty each, and no page."""
    pages = scanned.properties[RECOGNISED_PAGES].split(",")
    whole = [page for page in pages if roles.get(int(page)) == "page"]
    return {RECOGNISED_PAGES: ",".join(whole)} if whole else {}


def _numbered(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks with their tables numbered through."""
    tables = 0
    for block in blocks:
        if isinstance(block, Grid):
            tables += 1
            rows = tuple(
                tuple(cell._replace(locator=_of_table(cell.locator, tables)) for cell in row)
                for row in block.rows
            )
            yield Grid(rows, _of_table(block.locator, tables))
        else:
            yield block


def _of_table(locator: Locator, ordinal: int) -> Locator:
    return locator._replace(table=ordinal)


def _web_pictures(data: bytes, _: Document | None) -> Iterator[Picture]:
    for match in islice(_DATA_URI.finditer(data), MOST_PICTURES):
        with suppress(binascii.Error):
            yield from _opened(base64.b64decode(match.group(1)))


def _word_pictures(data: bytes, _: Document | None) -> Iterator[Picture]:
    parts = package.open_package(data)
    for name in islice(filter(_MEDIA.fullmatch, parts.members), MOST_PICTURES):
        yield from _opened(parts.part(name))


def _doc_pictures(data: bytes, _: Document | None) -> Iterator[Picture]:
    """The pictures among the data of a Word 97–2003 file: records that begin with type and length."""
    stream = open_word_file(data).extra
    for record in islice(_BLIP.finditer(stream), MOST_PICTURES):
        size = int.from_bytes(record.group(1), "little")
        found = _MAGIC.search(stream, record.end(), record.end() + BLIP_HEAD)
        if found:
            yield from _opened(stream[found.start() : record.end() + size])


def _opened(data: bytes) -> Iterator[Picture]:
    """The pages of a picture; what cannot be opened, or is too small to show a table, is passed over."""
    with suppress(UnreadableDocumentError):
        yield from scan.open_pictures(data, scan.LEAST_SIDE)


def _counted(find: Callable[[bytes, Document | None], Iterator[Picture]]) -> Callable[..., Iterator[Picture]]:
    """Numbers pictures through: each is a page of its own."""
    return lambda data, document: (replace(p, page=n) for n, p in enumerate(find(data, document), 1))


_FINDERS: dict[str, Callable[[bytes, Document | None], Iterator[Picture]]] = {
    **dict.fromkeys(pdf.MEDIA_TYPES, covered.picture_pages),
    **dict.fromkeys(html.MEDIA_TYPES, _counted(_web_pictures)),
    **dict.fromkeys(docx.MEDIA_TYPES, _counted(_word_pictures)),
    **dict.fromkeys(doc.MEDIA_TYPES, _counted(_doc_pictures)),
}
