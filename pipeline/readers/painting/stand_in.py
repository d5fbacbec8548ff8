"""Lends PDFium one font for all that a file names and does not bring along: nothing in, a context out.

Of such a font PDFium takes the machine's most similar one. Where that lacks a character, a text of that character
alone has no breadth, and PDFium passes over it: a machine without Chinese fonts loses single characters and digits
of full width. With one font that has every character, a file reads alike on all machines, and no font of twenty
megabytes is opened for it. What a character says comes from the file in any case.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2.raw as c

FONT = Path(__file__).with_name("stand_in.ttf")
"""Boxes a half and a whole em wide; `scripts/make_stand_in_font.py` makes it."""
_HANDLE = 1
"""What the stand-in is called towards PDFium; the machine's fonts are called by their addresses."""
_CALLS: dict[str, Any] = dict(c.FPDF_SYSFONTINFO._fields_)


@contextmanager
def stand_in_fonts() -> Iterator[None]:
    """Within, files that are opened take the stand-in for every font they lack; outside, the machine's fonts."""
    fonts = _fonts()
    before, fonts.is_lent = fonts.is_lent, True
    try:
        yield
    finally:
        fonts.is_lent = before


@cache
def _fonts() -> _Fonts:
    """The one answer to PDFium's questions for fonts: it takes no second one as it takes the first."""
    return _Fonts()


class _Fonts:
    """Answers PDFium's questions for fonts, by the stand-in or by the machine's own.

    Attributes:
        is_lent: Whether the stand-in is what PDFium gets.
    """

    def __init__(self) -> None:
        self.is_lent = False
        self._data = FONT.read_bytes()
        self._own = c.FPDF_GetDefaultSystemFontInfo()
        self._list: Any = None
        self._info = c.FPDF_SYSFONTINFO(version=1)
        for name in (
            "EnumFonts",
            "MapFont",
            "GetFont",
            "GetFontData",
            "GetFaceName",
            "GetFontCharset",
            "DeleteFont",
        ):
            setattr(self._info, name, _CALLS[name](getattr(self, f"_{name}")))
        c.FPDF_SetSystemFontInfo(self._info)

    def _EnumFonts(self, info: Any, fonts: Any) -> None:  # noqa: N802
        """PDFium asks once, at the first font it lacks; looking through the machine's waits until they are wanted."""
        self._list = fonts
        if not self.is_lent:
            self._look_through()

    def _look_through(self) -> None:
        if self._list is not None:
            self._own.contents.EnumFonts(self._own, self._list)
            self._list = None

    def _MapFont(self, info: Any, *wanted: Any) -> int | None:  # noqa: N802
        if self.is_lent:
            return _HANDLE
        self._look_through()
        return self._own.contents.MapFont(self._own, *wanted)  # type: ignore[no-any-return]

    def _GetFont(self, info: Any, name: Any) -> int | None:  # noqa: N802
        return _HANDLE if self.is_lent else self._own.contents.GetFont(self._own, name)

    def _GetFontData(self, info: Any, font: int, table: int, out: Any, room: int) -> int:  # noqa: N802
        if font != _HANDLE:
            return int(self._own.contents.GetFontData(self._own, font, table, out, room))
        if table:
            return 0  # Single tables are asked of collections of fonts alone.
        if out and room >= len(self._data):
            ctypes.memmove(out, self._data, len(self._data))
        return len(self._data)

    def _GetFaceName(self, info: Any, font: int, out: Any, room: int) -> int:  # noqa: N802
        return 0 if font == _HANDLE else int(self._own.contents.GetFaceName(self._own, font, out, room))

    def _GetFontCharset(self, info: Any, font: int) -> int:  # noqa: N802
        return 0 if font == _HANDLE else int(self._own.contents.GetFontCharset(self._own, font))

    def _DeleteFont(self, info: Any, font: int) -> None:  # noqa: N802
        if font != _HANDLE:
            self._own.contents.DeleteFont(self._own, font)
