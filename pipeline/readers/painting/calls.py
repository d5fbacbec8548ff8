"""PDFium's functions by plain addresses: what takes an object's address flows in, numbers flow out.

Each call from Python costs as much as the work it does; typed pointers double that, and so does asking one by one.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import pypdfium2.raw as c

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
FLOAT, INT, UNSIGNED, SHORT = "f", "i", "I", "H"
"""Kinds of numbers, by the letters that `array` has for them."""
_PLACE = _POINTER
"""Of a place in a row: handed over like a pointer, in the same register, it takes Python half as long as an int."""


def address_of(pointer: Any) -> int:
    """Where a pointer or a function points."""
    return ctypes.cast(pointer, _POINTER).value or 0


def _plain(function: Any, result: Any, *arguments: Any) -> Any:
    return ctypes.PYFUNCTYPE(result, *arguments)(address_of(function))


COUNT_CLIP_SEGMENTS = _plain(c.FPDFClipPath_CountPathSegments, _INT, _POINTER, _PLACE)
COUNT_CLIPS = _plain(c.FPDFClipPath_CountPaths, _INT, _POINTER)
GET_CLIP_SEGMENT = _plain(c.FPDFClipPath_GetPathSegment, _POINTER, _POINTER, _PLACE, _PLACE)
GET_INNER_OBJECT = _plain(c.FPDFFormObj_GetObject, _POINTER, _POINTER, _PLACE)
GET_BOUNDS = _plain(c.FPDFPageObj_GetBounds, _INT, *[_POINTER] * 5)
GET_CLIP = _plain(c.FPDFPageObj_GetClipPath, _POINTER, _POINTER)
GET_FILL = _plain(c.FPDFPageObj_GetFillColor, _INT, *[_POINTER] * 5)
GET_MATRIX = _plain(c.FPDFPageObj_GetMatrix, _INT, *[_POINTER] * 2)
GET_STROKE = _plain(c.FPDFPageObj_GetStrokeColor, _INT, *[_POINTER] * 5)
GET_STROKE_WIDTH = _plain(c.FPDFPageObj_GetStrokeWidth, _INT, *[_POINTER] * 2)
GET_TYPE = _plain(c.FPDFPageObj_GetType, _INT, _POINTER)
IS_SEEN_THROUGH = _plain(c.FPDFPageObj_HasTransparency, _INT, _POINTER)
GET_OBJECT = _plain(c.FPDFPage_GetObject, _POINTER, _POINTER, _PLACE)
IS_CLOSED = _plain(c.FPDFPathSegment_GetClose, _INT, _POINTER)
GET_POINT = _plain(c.FPDFPathSegment_GetPoint, _INT, *[_POINTER] * 3)
GET_SEGMENT_TYPE = _plain(c.FPDFPathSegment_GetType, _INT, _POINTER)
COUNT_SEGMENTS = _plain(c.FPDFPath_CountSegments, _INT, _POINTER)
GET_MODE = _plain(c.FPDFPath_GetDrawMode, _INT, *[_POINTER] * 3)
GET_SEGMENT = _plain(c.FPDFPath_GetPathSegment, _POINTER, _POINTER, _PLACE)
GET_TEXT = _plain(c.FPDFText_GetText, _INT, _POINTER, _PLACE, _PLACE, _POINTER)
GET_TEXT_MODE = _plain(c.FPDFTextObj_GetTextRenderMode, _INT, _POINTER)
GET_ANGLE = _plain(c.FPDFText_GetCharAngle, ctypes.c_float, _POINTER, _PLACE)
GET_LOOSE_BOX = _plain(c.FPDFText_GetLooseCharBox, _INT, _POINTER, _PLACE, _POINTER)
GET_TEXT_OBJECT = _plain(c.FPDFText_GetTextObject, _POINTER, _POINTER, _PLACE)
IS_UNMAPPED = _plain(c.FPDFText_HasUnicodeMapError, _INT, _POINTER, _PLACE)
IS_GENERATED = _plain(c.FPDFText_IsGenerated, _INT, _POINTER, _PLACE)


def room(kind: str, count: int) -> tuple[array[Any], range]:
    """Room for numbers in a row, all 0, and the address of each.

    Args:
        kind: What numbers (`FLOAT`, `INT`, `UNSIGNED`, `SHORT`). A type of ctypes for each length would be a class made
            anew each time, which takes as long as fifty calls.
        count: How many.
    """
    numbers = array(kind, (0,)) * count
    start, _ = numbers.buffer_info()
    return numbers, range(start, start + count * numbers.itemsize, numbers.itemsize)


def ask(get: Any, kind: str, width: int, items: Sequence[int]) -> tuple[list[int], list[Any]]:
    """Asks the same of many objects: what each call answers, and the numbers it leaves, `width` in a row for each.

    One call after the other from within Python takes as long again as the calls.
    """
    numbers, places = room(kind, width * len(items))
    return list(map(get, items, *(places[column::width] for column in range(width)))), numbers.tolist()


def rows_of(numbers: Sequence[Any], width: int) -> Iterator[tuple[Any, ...]]:
    """Numbers that stand in a row, so many at a time."""
    one = iter(numbers)
    return zip(*[one] * width, strict=True)
