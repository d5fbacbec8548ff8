# /// script
# requires-python = ">=3.11"
# dependencies = ["fonttools"]
# ///
"""Makes `pipeline/readers/painting/stand_in.ttf`, the font that stands in for those a PDF names and lacks.

It has two characters, boxes a half and a whole em wide: the first stands for all of ASCII, the second for the rest.
`python scripts/make_stand_in_font.py`, with fontTools installed; the same bytes every time.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables.DefaultTable import DefaultTable

OUT = Path(__file__).resolve().parent.parent / "pipeline" / "readers" / "painting" / "stand_in.ttf"
EM, ASCENT, DESCENT = 1000, 880, -120
WIDTHS = {".notdef": EM, "half": EM // 2, "whole": EM}
GROUPS = [(0x20, 0x7E, 1), (0x7F, 0x10FFFF, 2)]
"""First and last code of characters, and the glyph that all of them have."""


def box(width: int) -> Any:
    """A glyph that fills its em's height."""
    pen = TTGlyphPen(None)
    for number, corner in enumerate([(0, DESCENT), (0, ASCENT), (width, ASCENT), (width, DESCENT)]):
        (pen.lineTo if number else pen.moveTo)(corner)
    pen.closePath()
    return pen.glyph()


def character_map() -> DefaultTable:
    """A table of many characters to one glyph (format 13), which fontTools reads but does not build."""
    groups = b"".join(struct.pack(">III", *group) for group in GROUPS)
    subtable = struct.pack(">HHIII", 13, 0, 16 + len(groups), 0, len(GROUPS)) + groups
    table = DefaultTable("cmap")
    table.data = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable
    table.compile = lambda font: table.data
    return table


def main() -> None:
    """Writes the font."""
    font = FontBuilder(EM, isTTF=True)
    font.setupGlyphOrder(list(WIDTHS))
    font.setupCharacterMap({first: list(WIDTHS)[glyph] for first, _, glyph in GROUPS})
    font.setupGlyf({name: box(width) for name, width in WIDTHS.items()})
    font.setupHorizontalMetrics({name: (width, 0) for name, width in WIDTHS.items()})
    font.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    font.setupNameTable({"familyName": "Stand-in", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, usWinAscent=ASCENT, usWinDescent=-DESCENT)
    font.setupPost(keepGlyphNames=False)
    font.font["head"].created = font.font["head"].modified = 0
    font.font.recalcTimestamp = False
    font.font.tables["cmap"] = character_map()
    font.save(OUT)


if __name__ == "__main__":
    main()
