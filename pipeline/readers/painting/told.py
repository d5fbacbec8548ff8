"""The text of a loaded page in, what each of its characters says out: U+FFFD for one that is seen and tells nothing.

Fonts are cut down to the characters used, and the table that says what each glyph stands for may be lost, or lack
some. PDFium then gives the glyph's bare number, which may look like any character, or a blank.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import pypdfium2.raw as c

from pipeline.readers.ideographs import STRAY, ideograph
from pipeline.readers.painting.calls import IS_UNMAPPED, address_of
from pipeline.readers.printed import UNKNOWN

FLAT = 0.25
"""Share of its line's height that a hyphen's ink is high at most."""
HAIR = 0.02
"""Share of its line's height that ink is high at least."""
SAMPLE = 16
_HYPHENS = "\2\u00ad"
_BLANK = re.compile("[\0-\x20\x7f-\xa0\u00ad\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufffe\uffff]")
_PLAIN = re.compile("[!-~]")
"""What a bare number may look like and be taken for a digit, a point or a sign."""


def told(text: Any, printed: str, edges: Sequence[float]) -> tuple[list[str], bool]:
    """What each character of a page says, and whether some are called blank and are none.

    Args:
        text: The loaded text of the page.
        printed: What PDFium takes each character for.
        edges: Left, top, right and bottom of each in a row; of one that PDFium made up, those of nothing.
    """
    out = list(printed)
    address = address_of(text)
    has_inked = False
    for found in _BLANK.finditer(printed):
        place, character = found.start(), found.group()
        left, top, right, bottom = edges[4 * place : 4 * place + 4]
        if right > left and top > bottom:
            if IS_UNMAPPED(address, place) == 1:
                out[place] = UNKNOWN
                continue
            out[place] = _of_ink(text, place, character, top - bottom)
            has_inked = has_inked or out[place] == UNKNOWN
        elif character in _HYPHENS:
            out[place] = "-"
    plain = [found.start() for found in _PLAIN.finditer(printed)]
    unmapped = list(map(IS_UNMAPPED, repeat(address), plain))
    if 1 in unmapped:
        for place, is_unmapped in zip(plain, unmapped, strict=True):
            if is_unmapped == 1:
                out[place] = UNKNOWN
    if _is_mostly_unmapped(address, printed):
        out = [UNKNOWN if IS_UNMAPPED(address, place) == 1 else said for place, said in enumerate(out)]
    for found in STRAY.finditer(printed):
        out[found.start()] = ideograph(found.group())
    return out, has_inked


def _is_mostly_unmapped(address: int, printed: str) -> bool:
    """Whether nothing tells what most of a page's print says, from a sample."""
    sample = [
        place for place in range(0, len(printed), max(len(printed) // SAMPLE, 1)) if printed[place] > " "
    ]
    return 2 * sum(bool(IS_UNMAPPED(address, place) == 1) for place in sample) > len(sample)


def _of_ink(text: Any, place: int, character: str, line: float) -> str:
    """A character that is called blank: as it is where nothing is seen of it."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    c.FPDFText_GetCharBox(text, place, left, right, bottom, top)
    width, height = right.value - left.value, top.value - bottom.value
    if character in _HYPHENS and height <= FLAT * line:
        return "-"
    # PDFium gives a glyph without any ink a hair of it.
    return UNKNOWN if width > 0 and height > HAIR * line and _brings_its_shapes(text, place) else character


def _brings_its_shapes(text: Any, place: int) -> bool:
    """Whether the file embeds the font of a character: the ink of others is not theirs.

    Of fonts of drawings (Type 3) PDFium says no; they state boxes for their blanks, too.
    """
    item = c.FPDFText_GetTextObject(text, place)
    font = c.FPDFTextObj_GetFont(item) if item else None
    return bool(font and c.FPDFFont_GetIsEmbedded(font) == 1)
