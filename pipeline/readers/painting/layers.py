"""A loaded page flows in, the places of its objects that lie on layers switched off flow out.

PDFium tells of no object whether its layer (PDF's optional content) is on, but it paints by layers. So what may lie
on one is painted, each object in a colour of its own: what leaves no trace of its colour is not seen.
"""

from __future__ import annotations

import ctypes
import re
import zlib
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pypdfium2.raw as c

from pipeline.readers.painting.painted import MAX_DEPTH, MAX_PAINTED

SCALE = 2.0
"""Pixels a point, so that the smallest print leaves a trace."""
MOST_PIXELS = 6_000_000
_NAME = b"/OCProperties"
_OBJECTS = b"/ObjStm"
_EITHER = re.compile(rb"/O(?:CProperties|bjStm)")
"""A pattern is found twice as fast as both names, one after the other."""
_STREAM = re.compile(rb"stream[ \t]*(?:\r\n|\n|\r)")
_MOST_UNPACKED = 4_000_000
_FLAGS = c.FPDF_RENDER_NO_SMOOTHTEXT | c.FPDF_RENDER_NO_SMOOTHPATH
_WHITE, _OPAQUE, _COLOURS = 0xFFFFFFFF, 0xFF, 0xFFFFFF
_MARK = "OC"


class _Part(NamedTuple):
    """An object of a page, its place in the order of painting, and whether it may lie on a layer."""

    place: int
    item: Any
    kind: int
    may_be_off: bool


def has_layers(data: bytes) -> bool:
    """Whether a file has layers; one that packs its objects under a password is taken to."""
    if not _EITHER.search(data):
        return False
    if _NAME in data:
        return True
    return b"/Encrypt" in data or any(_NAME in part for part in _packed_objects(data))


def _packed_objects(data: bytes) -> Iterator[bytes]:
    at = 0
    while (at := data.find(_OBJECTS, at + 1)) >= 0:
        if found := _STREAM.search(data, at):
            with suppress(zlib.error):
                yield zlib.decompressobj().decompress(data[found.end() :], _MOST_UNPACKED)


def hidden_places(page: Any) -> frozenset[int]:
    """The places, from 0 in the order of painting, of what lies on a layer that is off; see `unseen`.

    Args:
        page: A loaded page; it is spoilt by this and has to be loaded again.
    """
    parts = list(_parts(page, c.FPDFPage_CountObjects(page), c.FPDFPage_GetObject, [0], 0, within=False))
    tried = [part for part in parts if _colour(part)]
    if not tried:
        return frozenset()
    for colour, part in enumerate(tried, 1):
        red, green, blue = colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF
        c.FPDFPageObj_SetFillColor(part.item, red, green, blue, _OPAQUE)
        c.FPDFPageObj_SetStrokeColor(part.item, red, green, blue, _OPAQUE)
        c.FPDFPageObj_SetBlendMode(part.item, b"Normal")
    seen = _colours_of(page)
    return frozenset(part.place for colour, part in enumerate(tried, 1) if colour not in seen)


def _colour(part: _Part) -> bool:
    """Whether an object is given a colour; what is not, but for forms, is left unpainted."""
    is_tried = part.may_be_off and part.kind in (c.FPDF_PAGEOBJ_TEXT, c.FPDF_PAGEOBJ_PATH)
    if not is_tried and part.kind != c.FPDF_PAGEOBJ_FORM:
        c.FPDFPageObj_SetIsActive(part.item, False)
    return is_tried


def _parts(
    holder: Any, count: int, get_item: Any, place: list[int], depth: int, *, within: bool
) -> Iterator[_Part]:
    if place[0] + count > MAX_PAINTED:
        return
    for number in range(count):
        item = get_item(holder, number)
        kind = c.FPDFPageObj_GetType(item)
        yield _Part(place[0], item, kind, within or _is_marked(item))
        place[0] += 1
        if kind == c.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            inner = c.FPDFFormObj_CountObjects(item)
            yield from _parts(item, inner, c.FPDFFormObj_GetObject, place, depth + 1, within=True)


def _is_marked(item: Any) -> bool:
    """Whether an object is marked as content of a layer."""
    for number in range(c.FPDFPageObj_CountMarks(item)):
        name = (ctypes.c_ushort * len(f"{_MARK}\0"))()
        size = ctypes.c_ulong()
        mark = c.FPDFPageObj_GetMark(item, number)
        c.FPDFPageObjMark_GetName(mark, name, ctypes.sizeof(name), size)
        if size.value == ctypes.sizeof(name) and bytes(name)[:-2].decode("utf-16-le", "replace") == _MARK:
            return True
    return False


def _colours_of(page: Any) -> frozenset[int]:
    """The colours of a page's pixels, painted with its layers as they are."""
    width, height = c.FPDF_GetPageWidthF(page), c.FPDF_GetPageHeightF(page)
    scale = min(SCALE, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    bitmap = c.FPDFBitmap_Create(across, down, 0)
    try:
        c.FPDFBitmap_FillRect(bitmap, 0, 0, across, down, _WHITE)
        c.FPDF_RenderPageBitmap(bitmap, page, 0, 0, across, down, 0, _FLAGS)
        size = c.FPDFBitmap_GetStride(bitmap) * down
        pixels = array("I", ctypes.string_at(c.FPDFBitmap_GetBuffer(bitmap), size))
        return frozenset(pixel & _COLOURS for pixel in set(pixels))
    finally:
        c.FPDFBitmap_Destroy(bitmap)
