"""Reads pages with PDFium: an open document in, for each page its characters and what is painted out.

The text of a page is turned upright first: only then does PDFium tell how far each character reaches. Every
call across the library's border costs as much as the work it does, so each character takes two.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from pipeline.document import UnreadableDocumentError
from pipeline.readers.lines import Character
from pipeline.readers.rules import THIN, Mark

MAX_CHARACTERS = 100_000
"""Characters on a page; a page of the smallest print has 20 000."""
MAX_PAINTED = 200_000
"""Objects and points of paths on a page."""
MAX_DEPTH = 12
"""Forms within forms."""
WHITE = 250
"""Each of red, green and blue from which a colour is not seen on paper."""
STRAIGHT = 0.5
"""Points by which a rule may lean."""

_ANGLE_SAMPLE = 40
_NOTHING = frozenset("\0\n\r\ufffe\uffff")
_HYPHEN = "\2"
_SIZE_STEPS = 8
"""Steps a point in which heights of characters are told apart."""
_ERRORS = {
    c.FPDF_ERR_PASSWORD: "encrypted",
    c.FPDF_ERR_SECURITY: "encrypted",
}

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PaintedPage:
    """A page with its text upright: characters in the order of drawing, and what is painted.

    Attributes:
        width: Points, as the text stands upright.
        height: Points, as the text stands upright.
        characters: Printed characters, white space included.
        marks: Lines, rectangles and thin pictures.
        turns: Quarter turns to the right that bring the upright text to the page as it is shown.
    """

    width: float
    height: float
    characters: list[Character]
    marks: list[Mark]
    turns: int = 0


@contextmanager
def open_document(data: bytes) -> Iterator[Any]:
    """Opens a document and closes it again.

    Raises:
        UnreadableDocumentError: `encrypted` where a password is needed to read, `damaged` where it is no PDF.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        code = _ERRORS.get(error.err_code or 0)
        if code:
            raise UnreadableDocumentError(code) from None
        raise UnreadableDocumentError("damaged", reason=str(error)) from None
    try:
        yield document.raw
    finally:
        document.close()


def page_count(document: Any) -> int:
    """How many pages an open document says it has."""
    return int(c.FPDF_GetPageCount(document))


def paint_page(document: Any, index: int) -> PaintedPage:
    """Reads a page, counted from 0.

    Raises:
        UnreadableDocumentError: `damaged` for a page that cannot be loaded, `limit_exceeded`.
    """
    with _open_page(document, index) as page:
        left, bottom, right, top = box = _page_box(page)
        shown = c.FPDFPage_GetRotation(page)
        with _open_text(page, index + 1) as text:
            turns = _text_turns(text)
            if turns == 0:
                characters = _characters(text, (left, top))
        if turns == 0:
            size = right - left, top - bottom
            return PaintedPage(*size, characters, _Painting((left, top), size, index + 1).read(page), shown)
        _turn_upright(page, turns, box)
    size = (right - left, top - bottom) if turns == 2 else (top - bottom, right - left)
    corner = 0.0, size[1]
    with _open_page(document, index) as page:
        with _open_text(page, index + 1) as text:
            characters = _characters(text, corner)
        marks = _Painting(corner, size, index + 1).read(page)
    return PaintedPage(*size, characters, marks, (shown - turns) % 4)


@contextmanager
def _open_page(document: Any, index: int) -> Iterator[Any]:
    page = c.FPDF_LoadPage(document, index)
    if not page:
        raise UnreadableDocumentError("damaged", reason=f"page {index + 1}")
    try:
        yield page
    finally:
        c.FPDF_ClosePage(page)


@contextmanager
def _open_text(page: Any, number: int) -> Iterator[Any]:
    text = c.FPDFText_LoadPage(page)
    try:
        count = c.FPDFText_CountChars(text)
        if count > MAX_CHARACTERS:
            what = f"page {number}: {count} characters > {MAX_CHARACTERS}"
            raise UnreadableDocumentError("limit_exceeded", what=what)
        yield text
    finally:
        c.FPDFText_ClosePage(text)


def _page_box(page: Any) -> tuple[float, float, float, float]:
    box = c.FS_RECTF()
    c.FPDF_GetPageBoundingBox(page, box)
    return box.left, box.bottom, box.right, box.top


def _text_turns(text: Any) -> int:
    """Quarter turns to the left of most of the text, from a sample."""
    count = c.FPDFText_CountChars(text)
    angles = [
        c.FPDFText_GetCharAngle(text, place)
        for place in range(0, count, max(count // _ANGLE_SAMPLE, 1))
        if c.FPDFText_IsGenerated(text, place) == 0
    ]
    # PDFium measures the angle clockwise.
    turns = Counter(-round(angle / (math.pi / 2)) % 4 for angle in angles if angle >= 0)
    return turns.most_common(1)[0][0] if turns else 0


def _turn_upright(page: Any, turns: int, box: tuple[float, float, float, float]) -> None:
    """Turns what a page shows; it takes hold when the page is loaded again."""
    left, bottom, right, top = box
    matrix = {
        1: (0, -1, 1, 0, -bottom, right),
        2: (-1, 0, 0, -1, right, top),
        3: (0, 1, -1, 0, top, -left),
    }[turns]
    c.FPDFPage_TransFormWithClip(page, c.FS_MATRIX(*matrix), None)


def _characters(text: Any, corner: Point) -> list[Character]:
    """The characters with their advance boxes."""
    left, top = corner
    box = c.FS_RECTF()
    pointer = ctypes.byref(box)
    get_box, make = c.FPDFText_GetLooseCharBox, Character._make
    trusted: set[int] = set()
    out: list[Character] = []
    for place, printed in enumerate(_texts(text)):
        if printed in _NOTHING:
            continue
        get_box(text, place, pointer)
        x0, y1, x1, y0 = box.left, box.top, box.right, box.bottom
        size = int((y1 - y0) * _SIZE_STEPS)
        if size not in trusted:
            if printed == " " and x1 <= x0:
                continue  # A space that PDFium made up.
            tight = _tight_box(text, place)
            if _is_sound((x0, y0, x1, y1), tight):
                trusted.add(size)
            else:
                x0, y0, x1, y1 = tight
        out.append(make((printed, x0 - left, top - y1, x1 - left, top - y0)))
    return out


def _texts(text: Any) -> Sequence[str]:
    """The text of each character, in one call where each has exactly one; nothing where it has none."""
    count = c.FPDFText_CountChars(text)
    buffer = (ctypes.c_ushort * (count + 1))()
    if c.FPDFText_GetText(text, 0, count, buffer) == count + 1:
        codes = bytes(buffer)[:-2].decode("utf-16-le", "replace")
        if len(codes) == count:
            return codes.replace(_HYPHEN, "-")
    return [chr(c.FPDFText_GetUnicode(text, place)).replace(_HYPHEN, "-") for place in range(count)]


def _tight_box(text: Any, place: int) -> tuple[float, float, float, float]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    c.FPDFText_GetCharBox(text, place, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _is_sound(loose: tuple[float, float, float, float], tight: tuple[float, float, float, float]) -> bool:
    """Whether an advance box can be one: PDFium leaves the scale out for text that is set downwards."""
    width, height = loose[2] - loose[0], loose[3] - loose[1]
    if width <= 0 or height <= 0:
        return False
    ink = max(tight[2] - tight[0], tight[3] - tight[1])
    if ink <= 0:
        return True
    x, y = (tight[0] + tight[2]) / 2, (tight[1] + tight[3]) / 2
    covers = loose[0] - width < x < loose[2] + width and loose[1] - height < y < loose[3] + height
    return covers and 0.05 * height < ink < 3 * height


class _Painting:
    """Gathers the marks of one page, forms and what they hold included."""

    def __init__(self, corner: Point, size: Point, number: int) -> None:
        self.left, self.top = corner
        self.width, self.height = size
        self.number = number
        self.left_over = MAX_PAINTED
        self.marks: list[Mark] = []
        # Kept for all calls: making them anew takes as long as the calls.
        self.bounds = [ctypes.c_float() for _ in range(4)]
        self.colour = [ctypes.c_uint() for _ in range(4)]
        self.mode = [ctypes.c_int() for _ in range(2)]
        self.to_bounds = [ctypes.byref(edge) for edge in self.bounds]
        self.to_colour = [ctypes.byref(part) for part in self.colour]
        self.to_mode = [ctypes.byref(part) for part in self.mode]

    def read(self, page: Any) -> list[Mark]:
        """Reads all of a page's objects."""
        self._add_all(page, c.FPDFPage_CountObjects, c.FPDFPage_GetObject, IDENTITY, 0)
        return self.marks

    def _add_all(self, holder: Any, count_items: Any, get_item: Any, matrix: Matrix, depth: int) -> None:
        get_type = c.FPDFPageObj_GetType
        count = count_items(holder)
        self._spend(count)
        for place in range(count):
            item = get_item(holder, place)
            kind = get_type(item)
            if kind != c.FPDF_PAGEOBJ_TEXT:
                self._add(item, kind, matrix, depth)

    def _spend(self, count: int) -> None:
        self.left_over -= count
        if self.left_over < 0:
            what = f"page {self.number}: painted objects > {MAX_PAINTED}"
            raise UnreadableDocumentError("limit_exceeded", what=what)

    def _add(self, item: Any, kind: int, matrix: Matrix, depth: int) -> None:
        if kind == c.FPDF_PAGEOBJ_PATH:
            self._add_path(item, matrix)
        elif kind == c.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            inner = _times(_matrix(item), matrix)
            self._add_all(item, c.FPDFFormObj_CountObjects, c.FPDFFormObj_GetObject, inner, depth + 1)
        elif kind == c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = box = self._bounds(item, matrix)
            if min(right - left, top - bottom) <= THIN:
                self._mark(box, white=False)

    def _add_path(self, item: Any, matrix: Matrix) -> None:
        count = c.FPDFPath_CountSegments(item)
        self._spend(count)
        c.FPDFPath_GetDrawMode(item, *self.to_mode)
        filled, stroked = self.mode
        fill = self._is_white(c.FPDFPageObj_GetFillColor, item) if filled.value else None
        stroke = self._is_white(c.FPDFPageObj_GetStrokeColor, item) if stroked.value else None
        if fill is None and stroke is None:
            return
        if count == 2 and stroke is not None:
            self._add_line(item, matrix, white=stroke)
            return
        if stroke is None and fill is True and count <= 5:
            self._mark(self._bounds(item, matrix), white=True)
            return
        for points in _outlines(item, count, _times(_matrix(item), matrix)):
            if stroke is not None:
                self._add_strokes(points, white=stroke)
            if fill is not None and _is_box(points):
                self._mark(_around(points), white=fill)

    def _add_line(self, item: Any, matrix: Matrix, white: bool) -> None:
        """A straight line, from its bounds: they reach half its breadth past it on every side."""
        left, bottom, right, top = self._bounds(item, matrix)
        breadth = ctypes.c_float()
        c.FPDFPageObj_GetStrokeWidth(item, breadth)
        x, y = (left + right) / 2, (bottom + top) / 2
        if min(right - left, top - bottom) > 2 * breadth.value + 4 * STRAIGHT:
            return
        if right - left >= top - bottom:
            self._mark((left, y, right, y), white)
        else:
            self._mark((x, bottom, x, top), white)

    def _add_strokes(self, points: Sequence[Point], white: bool) -> None:
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(x0 - x1) <= STRAIGHT or abs(y0 - y1) <= STRAIGHT:
                self._mark((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), white)

    def _is_white(self, get_colour: Any, item: Any) -> bool | None:
        """Whether a colour is not seen on paper; None where it lets everything through."""
        if not get_colour(item, *self.to_colour):
            return False
        red, green, blue, alpha = self.colour
        if alpha.value == 0:
            return None
        return red.value >= WHITE and green.value >= WHITE and blue.value >= WHITE

    def _bounds(self, item: Any, matrix: Matrix) -> tuple[float, float, float, float]:
        c.FPDFPageObj_GetBounds(item, *self.to_bounds)
        left, bottom, right, top = [edge.value for edge in self.bounds]
        if matrix is IDENTITY:
            return left, bottom, right, top
        return _around([_moved((x, y), matrix) for x in (left, right) for y in (bottom, top)])

    def _mark(self, box: tuple[float, float, float, float], white: bool) -> None:
        left, bottom, right, top = box
        mark = Mark(left - self.left, self.top - top, right - self.left, self.top - bottom, white)
        if mark.right >= 0 and mark.bottom >= 0 and mark.left <= self.width and mark.top <= self.height:
            self.marks.append(mark)


def _matrix(item: Any) -> Matrix:
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(item, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    if outer is IDENTITY:
        return inner
    a, b, d, e, x, y = inner
    left, bottom = _moved((x, y), outer)
    return (
        a * outer[0] + b * outer[2],
        a * outer[1] + b * outer[3],
        d * outer[0] + e * outer[2],
        d * outer[1] + e * outer[3],
        left,
        bottom,
    )


def _moved(point: Point, matrix: Matrix) -> Point:
    x, y = point
    a, b, c_, d, e, f = matrix
    return a * x + c_ * y + e, b * x + d * y + f


def _around(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _is_box(points: Sequence[Point]) -> bool:
    """Whether an outline is a rectangle that stands upright."""
    return 4 <= len(points) <= 6 and all(
        abs(x0 - x1) <= STRAIGHT or abs(y0 - y1) <= STRAIGHT for (x0, y0), (x1, y1) in pairwise(points)
    )


def _outlines(item: Any, count: int, matrix: Matrix) -> Iterator[list[Point]]:
    """The straight outlines of a path; a curve ends one, as no rule is curved."""
    points: list[Point] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for place in range(count):
        segment = c.FPDFPath_GetPathSegment(item, place)
        kind = c.FPDFPathSegment_GetType(segment)
        c.FPDFPathSegment_GetPoint(segment, x, y)
        if kind != c.FPDF_SEGMENT_LINETO:
            if len(points) > 1:
                yield points
            points = []
        points.append(_moved((x.value, y.value), matrix))
        if c.FPDFPathSegment_GetClose(segment) and len(points) > 1:
            yield [*points, points[0]]
            points = []
    if len(points) > 1:
        yield points
