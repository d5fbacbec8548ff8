"""Reads what a page paints with PDFium: a loaded page in, lines and rectangles out, forms and all."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, repeat
from typing import Any

import pypdfium2.raw as c

from pipeline.document import UnreadableDocumentError
from pipeline.readers.layout.lines import Box
from pipeline.readers.layout.rules import THIN, Mark
from pipeline.readers.painting.calls import (
    COUNT_CLIPS,
    COUNT_SEGMENTS,
    FLOAT,
    GET_BOUNDS,
    GET_CLIP,
    GET_FILL,
    GET_INNER_OBJECT,
    GET_MATRIX,
    GET_MODE,
    GET_OBJECT,
    GET_POINT,
    GET_SEGMENT,
    GET_SEGMENT_TYPE,
    GET_STROKE,
    GET_STROKE_WIDTH,
    GET_TYPE,
    INT,
    IS_CLOSED,
    UNSIGNED,
    address_of,
    ask,
    room,
    rows_of,
)

MAX_PAINTED = 200_000
"""Objects and points of paths on a page."""
MAX_DEPTH = 12
"""Forms within forms."""
WHITE = 250
"""Each of red, green and blue from which a colour is not seen on paper."""
STRAIGHT = 0.5
"""Points by which a rule may lean."""
LEAST_CORNERS = 8
"""Segments from which a path may be a character's outline."""
NARROW = 1.5
"""Points of breadth up to which a shape of four corners is a rule, however its ends are cut."""

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Edges = tuple[float, float, float, float]
"""Left, bottom, right and top, in coordinates that run upwards."""
_Look = tuple[int, bool | None, bool | None, Edges]
"""How many segments a path has, whether its fill and its stroke are white (None for not painted), its bounds."""
_TEXT, _PATH = c.FPDF_PAGEOBJ_TEXT, c.FPDF_PAGEOBJ_PATH
_INTRICATE = frozenset({c.FPDF_PAGEOBJ_FORM, c.FPDF_PAGEOBJ_SHADING, c.FPDF_PAGEOBJ_IMAGE})
_LINE = c.FPDF_SEGMENT_LINETO
_CORNERS = range(4)


def painted(page: Any, corner: Point, size: Point, number: int) -> Painting:
    """What is painted on a page, in points from its top left corner.

    Args:
        page: The loaded page.
        corner: Left and top of the page in its own coordinates, which run upwards.
        size: Width and height.
        number: The page's number, for what is said of a limit.

    Raises:
        UnreadableDocumentError: `limit_exceeded`.
    """
    painting = Painting(corner, size, number)
    painting.read(page)
    return painting


class Painting:
    """Gathers what is painted on one page, forms and what they hold included.

    Attributes:
        marks: Lines, rectangles and thin pictures.
        pictures: The boxes of the other pictures.
        places: The page's own objects, those of forms aside, by their place in the order of painting.
        covers: The pictures and broad fills among them, with their types and their bounds on the page, unclipped.
        clipped: Those that are coloured and have a clip, with their types.
        is_intricate: Whether there are forms or shadings, whose objects are not among these, or what may be print that
            is no text: pictures, and fills of many corners.
    """

    def __init__(self, corner: Point, size: Point, number: int) -> None:
        self.left, self.top = corner
        self.width, self.height = size
        self.number = number
        self.left_over = MAX_PAINTED
        self.marks: list[Mark] = []
        self.pictures: list[Box] = []
        self.places: dict[int, int] = {}
        self.covers: list[tuple[int, int, Edges]] = []
        self.clipped: list[tuple[int, int, Edges]] = []
        self.is_intricate = False
        # Kept for all calls: making them anew takes as long as the calls.
        self.bounds, self.to_bounds = room(FLOAT, 4)
        self.matrix, (self.to_matrix, *_) = room(FLOAT, 6)

    def read(self, page: Any) -> None:
        """Reads all of a page's objects."""
        self._add_all(page, c.FPDFPage_CountObjects(page), GET_OBJECT, IDENTITY, 0)

    def _add_all(self, holder: Any, count: int, get_item: Any, matrix: Matrix, depth: int) -> None:
        self._spend(count)
        items = list(map(get_item, repeat(address_of(holder)), range(count)))
        kinds = list(map(GET_TYPE, items))
        if depth == 0:
            self.places = dict(zip(items, range(count), strict=True))
            self.is_intricate = not _INTRICATE.isdisjoint(kinds)
        others = [(item, kind) for item, kind in zip(items, kinds, strict=True) if kind != _TEXT]
        paths = _looks_of([item for item, kind in others if kind == _PATH])
        for item, kind in others:
            if kind == _PATH:
                self._add_path(item, look := next(paths), matrix)
                count, fill, _, bounds = look
                if fill is not None:
                    self.is_intricate = self.is_intricate or count >= LEAST_CORNERS
                    if depth == 0:
                        self._note_cover(item, kind, bounds, white=fill)
            else:
                self._add(item, kind, matrix, depth)

    def _note_cover(self, item: int, kind: int, bounds: Edges, *, white: bool) -> None:
        """Notes what may cover text that was painted before it."""
        left, bottom, right, top = bounds
        if right - left > THIN and top - bottom > THIN:
            self.covers.append((item, kind, bounds))
            if not white and COUNT_CLIPS(GET_CLIP(item)) > 0:
                self.clipped.append((item, kind, bounds))

    def _spend(self, count: int) -> None:
        self.left_over -= count
        if self.left_over < 0:
            what = f"page {self.number}: painted objects > {MAX_PAINTED}"
            raise UnreadableDocumentError("limit_exceeded", what=what)

    def _add(self, item: int, kind: int, matrix: Matrix, depth: int) -> None:
        if kind == c.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            form = _typed(item)
            inner = times(matrix_of(form), matrix)
            self._add_all(form, c.FPDFFormObj_CountObjects(form), GET_INNER_OBJECT, inner, depth + 1)
        elif kind == c.FPDF_PAGEOBJ_IMAGE:
            GET_BOUNDS(item, *self.to_bounds)
            left, bottom, right, top = box = placed(self.bounds[:], matrix)
            if depth == 0:
                self._note_cover(item, kind, box, white=False)
            if min(right - left, top - bottom) <= THIN:
                self._mark(box, white=False)
            else:
                self.pictures.append((left - self.left, self.top - top, right - self.left, self.top - bottom))

    def _add_path(self, item: int, look: _Look, matrix: Matrix) -> None:
        count, fill, stroke, bounds = look
        self._spend(count)
        if fill is None and stroke is None:
            return
        if count == 2 and stroke is not None:
            self._add_line(item, placed(bounds, matrix), white=stroke)
            return
        if stroke is None and count <= len(_CORNERS) + 1:
            box = placed(bounds, matrix)
            # What is thin is a rule, however it ends; a patch of white is one, whatever its shape.
            if fill is True or min(box[2] - box[0], box[3] - box[1]) <= NARROW:
                self._mark(box, white=fill is True)
                return
        if count == len(_CORNERS) + 1 and (corners := self._corners(item, matrix)):
            outlines: Iterable[list[Point]] = [[*corners, corners[0]]]
        else:
            outlines = _outlines(item, count, times(self._matrix(item), matrix))
        for points in outlines:
            if stroke is not None:
                self._add_strokes(points, white=stroke)
            if fill is not None and _is_box(points):
                self._mark(around(points), white=fill)

    def _corners(self, item: int, matrix: Matrix) -> list[Point] | None:
        """The corners of a rectangle that stands upright, which most paths are; None where it is another shape."""
        own = times(self._matrix(item), matrix)
        to_x, to_y = self.to_bounds[:2]
        corners: list[Point] = []
        for number in _CORNERS:
            GET_POINT(GET_SEGMENT(item, number), to_x, to_y)
            corners.append(moved((self.bounds[0], self.bounds[1]), own))
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
        is_box = (x0 == x1 and y1 == y2 and x2 == x3 and y3 == y0) or (
            y0 == y1 and x1 == x2 and y2 == y3 and x3 == x0
        )
        return corners if is_box else None

    def _matrix(self, item: int) -> Matrix:
        GET_MATRIX(item, self.to_matrix)
        a, b, d, e, x, y = self.matrix
        return a, b, d, e, x, y

    def _add_line(self, item: int, bounds: Edges, white: bool) -> None:
        """A straight line, from its bounds: they reach half its breadth past it on every side."""
        left, bottom, right, top = bounds
        x, y = (left + right) / 2, (bottom + top) / 2
        if min(right - left, top - bottom) > 4 * STRAIGHT:
            GET_STROKE_WIDTH(item, self.to_bounds[0])
            if min(right - left, top - bottom) > 2 * self.bounds[0] + 4 * STRAIGHT:
                return
        if right - left >= top - bottom:
            self._mark((left, y, right, y), white)
        else:
            self._mark((x, bottom, x, top), white)

    def _add_strokes(self, points: Sequence[Point], white: bool) -> None:
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(x0 - x1) <= STRAIGHT or abs(y0 - y1) <= STRAIGHT:
                self._mark((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), white)

    def _mark(self, box: Edges, white: bool) -> None:
        left, bottom, right, top = box
        mark = Mark(left - self.left, self.top - top, right - self.left, self.top - bottom, white)
        if mark.right >= 0 and mark.bottom >= 0 and mark.left <= self.width and mark.top <= self.height:
            self.marks.append(mark)


def _looks_of(paths: Sequence[int]) -> Iterator[_Look]:
    """What all paths of a page or form look like, in their order."""
    counts = map(COUNT_SEGMENTS, paths)
    modes = list(rows_of(ask(GET_MODE, INT, 2, paths)[1], 2))
    fills = _whiteness(GET_FILL, paths, [filled for filled, _ in modes])
    strokes = _whiteness(GET_STROKE, paths, [stroked for _, stroked in modes])
    bounds = rows_of(ask(GET_BOUNDS, FLOAT, 4, paths)[1], 4)
    return zip(counts, fills, strokes, bounds, strict=True)


def _whiteness(get_colour: Any, paths: Sequence[int], used: Sequence[int]) -> Iterator[bool | None]:
    """Whether a colour is not seen on paper; None where it is not used, or lets everything through."""
    answers, colours = ask(
        get_colour, UNSIGNED, 4, [path for path, is_used in zip(paths, used, strict=True) if is_used]
    )
    found = iter(
        [
            False if not known else None if alpha == 0 else red >= WHITE and green >= WHITE and blue >= WHITE
            for known, (red, green, blue, alpha) in zip(answers, rows_of(colours, 4), strict=True)
        ]
    )
    return (next(found) if is_used else None for is_used in used)


def placed(bounds: Sequence[float], matrix: Matrix) -> Edges:
    """Where bounds in a form stand on the page."""
    left, bottom, right, top = bounds
    if matrix is IDENTITY:
        return left, bottom, right, top
    return around([moved((x, y), matrix) for x in (left, right) for y in (bottom, top)])


def _typed(item: int) -> Any:
    return ctypes.cast(item, c.FPDF_PAGEOBJECT)


def matrix_of(item: Any) -> Matrix:
    """How an object of a page or form is moved, turned and scaled."""
    matrix = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(item, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def times(inner: Matrix, outer: Matrix) -> Matrix:
    """One matrix for both: what stands in a form, and how the form is placed."""
    if outer is IDENTITY:
        return inner
    a, b, d, e, x, y = inner
    left, bottom = moved((x, y), outer)
    return (
        a * outer[0] + b * outer[2],
        a * outer[1] + b * outer[3],
        d * outer[0] + e * outer[2],
        d * outer[1] + e * outer[3],
        left,
        bottom,
    )


def moved(point: Point, matrix: Matrix) -> Point:
    """Where a matrix takes a point."""
    x, y = point
    a, b, c_, d, e, f = matrix
    return a * x + c_ * y + e, b * x + d * y + f


def around(points: Sequence[Point]) -> Edges:
    """Left, bottom, right and top of points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _is_box(points: Sequence[Point]) -> bool:
    """Whether an outline is a rectangle that stands upright."""
    return 4 <= len(points) <= 6 and all(
        abs(x0 - x1) <= STRAIGHT or abs(y0 - y1) <= STRAIGHT for (x0, y0), (x1, y1) in pairwise(points)
    )


def _outlines(path: int, count: int, matrix: Matrix) -> Iterator[list[Point]]:
    """The straight outlines of a path; a curve ends one, as no rule is curved."""
    points: list[Point] = []
    place, (to_x, to_y) = room(FLOAT, 2)
    for number in range(count):
        segment = GET_SEGMENT(path, number)
        GET_POINT(segment, to_x, to_y)
        if GET_SEGMENT_TYPE(segment) != _LINE:
            if len(points) > 1:
                yield points
            points = []
        points.append(moved((place[0], place[1]), matrix))
        if IS_CLOSED(segment) and len(points) > 1:
            yield [*points, points[0]]
            points = []
    if len(points) > 1:
        yield points
