"""Pages as a scanner gives them: a PDF goes in, its pages as pictures, askew, blurred and noisy, come out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scanner:
    """What a scanner does to a page.

    Attributes:
        dpi: Dots per inch.
        angle: Degrees by which the page lies askew; every other page leans the other way.
        blur: Points over which ink is smeared.
        noise: Standard deviation of the brightness, of 255.
        quality: Of the JPEG that the page is kept as; None for none.
        paper: Brightness of the paper.
        ink: Share of the ink's darkness that is left.
        fax: Brightness below which a dot is black, where the page is kept in black and white.
        shine: Share of the ink's darkness with which the other side, here its mirror, shines through.
        fold: Share of the light that is lost towards the book's fold.
        specks: Dots of dirt.
        streaks: Upright lines that dirt on the glass leaves.
        seal: Darkness of a seal over the page, of 255; 0 for none.
    """

    dpi: int = 200
    angle: float = 0.5
    blur: float = 0.25
    noise: float = 5.0
    quality: int | None = 70
    paper: int = 255
    ink: float = 1.0
    fax: int | None = None
    shine: float = 0.0
    fold: float = 0.0
    specks: int = 0
    streaks: int = 0
    seal: int = 0


def scan_pages(pdf: bytes, scanner: Scanner) -> Iterator[Any]:
    """The pages as arrays of brightness."""
    import numpy as np
    import pypdfium2

    source = np.random.default_rng(20)
    with pypdfium2.PdfDocument(pdf) as document:
        for index in range(len(document)):
            grey = np.asarray(document[index].render(scale=scanner.dpi / 72, grayscale=True).to_pil())
            yield _scanned(grey, scanner, scanner.angle if index % 2 == 0 else -scanner.angle, source)


def _scanned(grey: Any, scanner: Scanner, angle: float, source: Any) -> Any:
    import cv2
    import numpy as np

    height, width = grey.shape
    grey = _printed_on(grey, scanner)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    grey = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    if scanner.blur:
        grey = cv2.GaussianBlur(grey, (0, 0), scanner.blur * scanner.dpi / 72)
    dark = (255.0 - grey) * scanner.ink * scanner.paper / 255
    grey = (scanner.paper - dark) * (1 - scanner.fold * np.linspace(-2, 1, width).clip(0) ** 2)
    grey = _dirtied(grey + source.normal(0, scanner.noise, grey.shape), scanner, source)
    grey = np.clip(grey, 0, 255).astype(np.uint8)
    if scanner.fax is not None:
        return np.where(grey < scanner.fax, 0, 255).astype(np.uint8)
    if scanner.quality is None:
        return grey
    kept = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, scanner.quality])[1]
    return cv2.imdecode(kept, cv2.IMREAD_GRAYSCALE)


def _printed_on(grey: Any, scanner: Scanner) -> Any:
    """The page with what lies under and over its print: the other side, and a seal."""
    import cv2
    import numpy as np

    if scanner.shine:
        behind = cv2.GaussianBlur(grey[:, ::-1], (0, 0), scanner.dpi / 120)
        grey = np.minimum(grey, 255 - (255 - behind) * scanner.shine).astype(np.uint8)
    if scanner.seal:
        seal = np.zeros_like(grey)
        middle = int(grey.shape[1] * 0.6), int(grey.shape[0] * 0.4)
        cv2.circle(seal, middle, int(scanner.dpi * 0.8), 255, scanner.dpi // 20)
        cv2.circle(seal, middle, scanner.dpi // 4, 255, -1)
        grey = np.minimum(grey, 255 - (seal > 0) * scanner.seal).astype(np.uint8)
    return grey


def _dirtied(grey: Any, scanner: Scanner, source: Any) -> Any:
    import cv2

    height, width = grey.shape
    for _ in range(scanner.specks):
        at = int(source.integers(width)), int(source.integers(height))
        cv2.circle(grey, at, int(source.integers(0, max(1, scanner.dpi // 120) + 1)), 60.0, -1)
    for _ in range(scanner.streaks):
        at = int(source.integers(width))
        cv2.line(grey, (at, 0), (at, height), 110.0, 1)
    return grey


def as_file(pages: list[Any], dpi: int, kind: str) -> bytes:
    """Pages as a file of many (`PDF`, `TIFF`) or the first of them (`PNG`, `JPEG`)."""
    from PIL import Image

    first, *others = [Image.fromarray(page) for page in pages]
    buffer = io.BytesIO()
    if kind == "PDF":
        first.save(buffer, "PDF", resolution=dpi, save_all=True, append_images=others)
    elif kind == "TIFF":
        first.save(buffer, "TIFF", dpi=(dpi, dpi), save_all=True, append_images=others)
    else:
        first.save(buffer, kind, dpi=(dpi, dpi))
    return buffer.getvalue()
