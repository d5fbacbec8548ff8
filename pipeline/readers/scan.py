"""Scanned pages and pictures → a `Document`, by the extra `ogi-panel[ocr]`; without it, a clear refusal."""

from __future__ import annotations

import importlib.util
import io
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pipeline.document import RECOGNISED_PAGES, Block, Document, Grid, UnreadableDocumentError
from pipeline.readers.layout.lines import Box
from pipeline.readers.layout.pages import blocks_of
from pipeline.readers.sniff import sniff
from pipeline.running.allowance import renew

if TYPE_CHECKING:
    from pipeline.readers.scanning.page import ReadPage

MEDIA_TYPES = ("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp", "image/gif")
VERSION = "1"
NEEDED = ("numpy", "cv2", "onnxruntime", "rapidocr", "PIL")
MAX_PAGES = 60
"""Pages of a scan: at some seconds a page, more would outlive any worker."""
MAX_PIXELS = 80_000_000
"""Pixels of a page: A3 at 600 dots an inch has 70 million."""
MOST_SLENDER = 60
"""Times as long as wide: whole reports are drawn as one long strip, none as a thread."""
LEAST_SIDE = 200
"""Pixels: a smaller picture is an icon or a seal and shows no page."""


_COLOURED = ("RGB", "RGBA", "CMYK", "YCbCr", "P", "PA", "LAB", "HSV")


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a picture.

    Attributes:
        grey: Brightness by row and column; None where nothing is installed that could read it.
        dpi: Dots per inch, where they are stated.
        page: The page's number.
        role: `page` for the whole page; `part` where the page has text of its own, and this shows the pictures among
            it alone; `gaps` where it tells what the page's text leaves untold.
    """

    grey: Any
    dpi: float | None
    page: int
    role: Literal["page", "part", "gaps"] = "page"


def is_installed() -> bool:
    """Whether what reading scans needs is there."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def is_plain(_: bytes) -> bool:
    """Always: what recognises print is loaded once for many pictures, and they are bounded before they are opened."""
    return True


def read(data: bytes, sha256: str) -> Document:
    """Reads a picture file of one page or, for TIFF, several.

    Raises:
        UnreadableDocumentError: `picture` for one too small to show a page, `scan_needs_ocr` without the extra,
            `damaged`, `limit_exceeded`, or `no_text` where nothing could be recognised.
    """
    media_type = sniff(data)
    if min(_size(data)) < LEAST_SIDE:
        raise UnreadableDocumentError("picture", media_type=media_type)
    if not is_installed():
        raise UnreadableDocumentError("scan_needs_ocr", media_type=media_type)
    return read_pages(open_pictures(data), sha256, media_type, "scan")


def read_pages(
    pictures: Iterable[Picture], sha256: str, media_type: str, reader: str, *, tables_only: bool = False
) -> Document:
    """Reads pictures of pages.

    Args:
        pictures: The pages in order, taken one at a time.
        sha256: Of the file.
        media_type: Of the file.
        reader: What the document says it was read by, such as `pdf/scan`.
        tables_only: Whether pictures without a ruled table are passed over: they are photographs or drawings.

    Raises:
        UnreadableDocumentError: `no_text`, or `limit_exceeded` for a drawing with more rules than any table.
    """
    renew()  # Before what recognises print is loaded: that takes more than other documents are allowed.
    _keep_to_one_thread()
    from pipeline.readers.scanning.page import read_page
    from pipeline.readers.scanning.recogniser import recogniser

    engine = recogniser()
    pages: list[ReadPage] = []
    for picture in pictures:
        renew()
        only = tables_only or picture.role != "page"
        pages += read_page(picture.grey, picture.dpi, picture.page, engine, tables_only=only)
    if not any(read.page.lines or read.page.grids for read in pages):
        raise UnreadableDocumentError("no_text")
    numbers = dict.fromkeys(str(read.page.number) for read in pages)
    return Document(tuple(_weighed(pages)), media_type, sha256, reader, {RECOGNISED_PAGES: ",".join(numbers)})


def _keep_to_one_thread() -> None:
    """Keeps numerical libraries, before they are loaded, from setting memory aside for each processor.

    Documents are read side by side in processes that are bounded in address space.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import cv2

    cv2.setNumThreads(1)


def _weighed(pages: list[ReadPage]) -> Iterator[Block]:
    """The pages' blocks, each cell with how certain it is."""
    certainty: dict[tuple[int, Box], float] = {
        (read.page.number, box): value for read in pages for box, value in read.certainties.items()
    }
    for block in blocks_of([read.page for read in pages]):
        if not isinstance(block, Grid):
            yield block
            continue
        rows = tuple(
            tuple(c._replace(confidence=certainty[c.locator.page, c.locator.box]) for c in row)  # type: ignore[index]
            for row in block.rows
        )
        yield replace(block, rows=rows)


def _size(data: bytes) -> tuple[int, int]:
    from PIL import Image

    with _opening(), Image.open(io.BytesIO(data)) as image:
        return image.width, image.height


@contextmanager
def _opening() -> Iterator[None]:
    """Says of a picture that cannot be opened that it is damaged."""
    from PIL import Image

    try:
        yield
    except Image.DecompressionBombError as error:
        raise UnreadableDocumentError("limit_exceeded", what=str(error)[:100]) from error
    except (OSError, SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, struct.error) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:100]
        raise UnreadableDocumentError("damaged", reason=reason) from error


def open_pictures(data: bytes, least_side: int = 1) -> Iterator[Picture]:
    """The pages of a picture file, one at a time.

    Args:
        data: The file.
        least_side: Pixels; smaller pages are passed over.

    Raises:
        UnreadableDocumentError: `damaged`, or `limit_exceeded` for too many or too large pages.
    """
    from PIL import Image, ImageOps, ImageSequence

    is_readable = is_installed()
    with _opening(), Image.open(io.BytesIO(data)) as image:
        bound_pages(getattr(image, "n_frames", 1))
        for number, frame in enumerate(ImageSequence.Iterator(image), 1):
            if min(frame.size) < least_side:
                continue
            _bound_size(*frame.size)
            dpi = _stated_dpi(frame)
            grey = _brightness(_on_white(ImageOps.exif_transpose(frame)), dpi) if is_readable else None
            yield Picture(grey, dpi, number)


def _brightness(image: Any, dpi: float | None) -> Any:
    _keep_to_one_thread()
    import numpy as np

    return np.asarray(image) if image.mode == "L" else grey_of(np.asarray(image), dpi)


def grey_of(colours: Any, dpi: float | None) -> Any:
    """The brightness of a picture in red, green and blue, by row and column, without its coloured seals."""
    from pipeline.readers.scanning.seals import brightness

    return brightness(colours, dpi)


def bound_pages(pages: int) -> None:
    """Keeps to so many pages that a worker outlives them.

    Raises:
        UnreadableDocumentError: `limit_exceeded`.
    """
    if pages > MAX_PAGES:
        raise UnreadableDocumentError("limit_exceeded", what=f"{pages} > {MAX_PAGES} scanned pages")


def _bound_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UnreadableDocumentError("limit_exceeded", what=f"{width * height} > {MAX_PIXELS} pixels")
    if is_thread(width, height):
        raise UnreadableDocumentError("limit_exceeded", what=f"a picture of {width} by {height} pixels")


def is_thread(width: float, height: float) -> bool:
    """Whether something is so slender that no page is."""
    return max(width, height) > MOST_SLENDER * min(width, height)


def _on_white(image: Any) -> Any:
    """The picture in grey, or in red, green and blue where it has colour; what is transparent shows the paper."""
    from PIL import Image

    if "A" in image.getbands() or "transparency" in image.info:
        solid = image.convert("RGBA")
        paper = Image.new("RGBA", solid.size, "white")
        image = Image.alpha_composite(paper, solid)
    return image.convert("RGB" if image.mode in _COLOURED else "L")


def _stated_dpi(image: Any) -> float | None:
    """The scale that a picture states, where it makes a sheet of it that people print on; else None."""
    stated = image.info.get("dpi")
    if not stated:
        return None
    dpi = float(stated[0])
    return dpi if dpi > 0 and 6 <= min(image.size) / dpi <= 18 else None
