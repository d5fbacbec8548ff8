"""A text and a place flow in; the characters that a page would print there flow out."""

from __future__ import annotations

from pipeline.readers.layout.lines import Character

SIZE = 10.0


def write(text: str, left: float, top: float, size: float = SIZE) -> list[Character]:
    """Chinese characters as wide as high, others half as wide; a blank only moves on."""
    out: list[Character] = []
    for sign in text:
        width = size if ord(sign) > 0x2000 else size / 2
        out.append(Character(sign, left, top, left + width, top + size))
        left += width
    return out
