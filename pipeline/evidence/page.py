"""A PDF page and boxes on it → a PNG of the page with the boxes drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Box = tuple[float, float, float, float]
PAGED = ("application/pdf",)
SCALE = 2.0
"""Pixels a point: the smallest print of a report is read with ease."""
MOST_PIXELS = 30_000_000
COLOURS = {"target": "#d00000", "doubt": "#e07a00", "plain": "#4a90d9"}
WIDTHS = {"target": 5, "doubt": 4, "plain": 1}
COLOURS_OF_A_PAGE = 64
"""A palette makes the picture a third as large; the lines are drawn after, so that it keeps their colours."""
PADDING = 1.5
"""Points between a box and the line around it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A box in points from the page's top left corner, as the page is shown, and how it is to be drawn."""

    box: Box
    emphasis: str


def is_paged(media_type: str) -> bool:
    """Whether documents of this type are pictured by their pages."""
    return media_type in PAGED


def picture(
    data: bytes, page: int, frames: Sequence[Frame], *, margins: tuple[float, float] | None = None
) -> bytes:
    """The page as PNG with the frames drawn.

    Args:
        data: A PDF.
        page: Its page, from 1.
        frames: What to draw.
        margins: Points above and below the frames to show; the whole page for None.

    Returns:
        The PNG; empty where the document has no such page.
    """
    import pypdfium2
    from PIL import ImageDraw

    with pypdfium2.PdfDocument(data) as document:
        if not 1 <= page <= len(document):
            return b""
        sheet = document[page - 1]
        width, height = sheet.get_size()
        scale = min(SCALE, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
        image = sheet.render(scale=scale).to_pil().convert("RGB").quantize(COLOURS_OF_A_PAGE)
    pencil = ImageDraw.Draw(image)
    for frame in sorted(frames, key=lambda frame: frame.emphasis, reverse=True):
        _draw(pencil, frame, scale)
    cut = image if margins is None else _cut(image, frames, margins, scale)
    out = io.BytesIO()
    cut.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(pencil: Any, frame: Frame, scale: float) -> None:
    left, top, right, bottom = frame.box
    edges = (left - PADDING, top - PADDING, right + PADDING, bottom + PADDING)
    pixels = [edge * scale for edge in edges]
    pencil.rectangle(pixels, outline=COLOURS[frame.emphasis], width=WIDTHS[frame.emphasis])


def _cut(image: Any, frames: Sequence[Frame], margins: tuple[float, float], scale: float) -> Any:
    top = min(frame.box[1] for frame in frames) - margins[0]
    bottom = max(frame.box[3] for frame in frames) + margins[1]
    pixels = (0, max(0, int(top * scale)), image.width, min(image.height, int(bottom * scale)))
    return image.crop(pixels)
