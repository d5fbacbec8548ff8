"""Reads pages with PDFium: an open document in, for each page its characters and what is painted out.

The text of a page is turned upright first: only then does PDFium tell how far each character reaches. Every
call across the library's border costs as much as the work it does, so each character takes one.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from pipeline.document import UnreadableDocumentError
from pipeline.readers.layout.lines import Box, Character
from pipeline.readers.layout.rules import Mark, lies_in
from pipeline.readers.painting.calls import (
    FLOAT,
    GET_ANGLE,
    GET_LOOSE_BOX,
    GET_TEXT,
    IS_GENERATED,
    SHORT,
    address_of,
    room,
)
from pipeline.readers.painting.glance import glance
from pipeline.readers.painting.layers import hidden_places
from pipeline.readers.painting.painted import (
    IDENTITY,
    WHITE,
    Edges,
    Matrix,
    Point,
    matrix_of,
    painted,
)
from pipeline.readers.painting.stand_in import stand_in_fonts
from pipeline.readers.painting.told import told
from pipeline.readers.painting.unseen import Rest, take_out

MAX_CHARACTERS = 100_000
"""Characters on a page; a page of the smallest print has 20 000."""

LEAST_PRINT = 0.9
"""Points of height below which print is not seen."""
SIDES = 140.0, 1600.0
"""Points that the shorter side of a page is long at least and at most: others are set in a unit of their own."""
SIDE = 595.0
"""The shorter side that such a page is given."""
LEAST_MARK = 30.0
"""Points of height from which faint print on bare paper is a watermark."""
FAINT = 165
"""Each of red, green and blue from which print is faint."""
LEAST_INK = 0.5
"""Share of its size that a character's ink is high at least to stand for its place on the line."""
DESCENT = 0.12
"""Share of a Chinese character's size that lies below the base line."""
SLANT = 0.1
"""Radians from which a character leans: a page that was scanned askew leans less."""
_ANGLE_SAMPLE = 16
_WRITTEN = frozenset({c.FPDF_ANNOT_WIDGET, c.FPDF_ANNOT_FREETEXT, c.FPDF_ANNOT_STAMP})
"""Kinds of annotations that are read as print: fields of a form, notes written on the page, stamps."""
_NOTHING = frozenset("\0\n\r\ufffe\uffff")
_SIZE_STEPS = 8
"""Steps a point in which heights of characters are told apart."""
_ERRORS = {c.FPDF_ERR_PASSWORD: "encrypted", c.FPDF_ERR_SECURITY: "encrypted"}


@dataclass(frozen=True, slots=True)
class PaintedPage:
    """A page with its text upright: characters in the order of drawing, and what is painted.

    Attributes:
        width: Points, as the text stands upright.
        height: Points, as the text stands upright.
        characters: Printed characters, white space included.
        marks: Lines, rectangles and thin pictures.
        turns: Quarter turns to the right that bring the upright text to the page as it is shown.
        has_unseen: Whether the page has text that nobody sees; it is none of the characters.
        has_inked_blanks: Whether the page has print that the file calls blank; U+FFFD stands for it.
        ink: Where small pictures and filled shapes stand, which may be print that is no text.
        cut: Where text stood that its clip cuts off.
        sheet: Where it begins on its sheet, and how wide that is; None for a page with a sheet of its own.
        scale: Times its own size that it was made for reading.
    """

    width: float
    height: float
    characters: list[Character]
    marks: list[Mark]
    turns: int = 0
    has_unseen: bool = False
    has_inked_blanks: bool = False
    ink: tuple[Box, ...] = ()
    cut: tuple[Box, ...] = ()
    sheet: tuple[float, float] | None = None
    scale: float = 1.0


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
        with stand_in_fonts():
            yield document.raw
    finally:
        document.close()


def page_count(document: Any) -> int:
    """How many pages an open document says it has."""
    return int(c.FPDF_GetPageCount(document))


def paint_page(document: Any, index: int, *, layered: bool = False) -> PaintedPage:
    """Reads a page, counted from 0.

    Args:
        document: The open document.
        index: The page's number, from 0.
        layered: Whether the document has layers, some of which may be switched off.

    Raises:
        UnreadableDocumentError: `damaged` for a page that cannot be loaded, `limit_exceeded`.
    """
    with _open_page(document, index) as page:
        if not (_lay_in(page) or layered):
            return _paint_loaded(document, page, index, frozenset())
    hidden: frozenset[int] = frozenset()
    if layered:
        with _open_page(document, index) as page:
            hidden = hidden_places(page)
    with _open_page(document, index) as page:
        return _paint_loaded(document, page, index, hidden)


def _paint_loaded(document: Any, page: Any, index: int, hidden: frozenset[int]) -> PaintedPage:
    left, bottom, right, top = box = _page_box(page)
    shown = c.FPDFPage_GetRotation(page)
    size = right - left, top - bottom
    if min(size) > 0 and not SIDES[0] <= min(size) <= SIDES[1]:
        return _paint_scaled(document, page, index, hidden)
    with _open_text(page, index + 1) as text:
        turns = _text_turns(text)
        if turns == 0 and not hidden:
            found, may_hide = _painted(page, text, None, (left, top), size, index + 1)
            if not may_hide:
                return replace(found, turns=shown)
    rest = take_out(page, hidden)
    if turns == 0:
        with _open_text(page, index + 1) as text:
            found, _ = _painted(page, text, rest, (left, top), size, index + 1)
            return replace(found, turns=shown)
    _turn_upright(page, turns, box)
    size = size if turns == 2 else (top - bottom, right - left)
    with _open_page(document, index) as turned:
        rest = take_out(turned, hidden)
        with _open_text(turned, index + 1) as text:
            found, _ = _painted(turned, text, rest, (0.0, size[1]), size, index + 1)
            return replace(found, turns=(shown - turns) % 4)


def _paint_scaled(document: Any, page: Any, index: int, hidden: frozenset[int]) -> PaintedPage:
    """Reads a page smaller or larger than paper (`UserUnit`) as one of paper: distances are judged in points."""
    left, bottom, right, top = _page_box(page)
    scale = SIDE / min(right - left, top - bottom)
    c.FPDFPage_TransFormWithClip(page, c.FS_MATRIX(scale, 0, 0, scale, -left * scale, -bottom * scale), None)
    for box in c.FPDFPage_SetMediaBox, c.FPDFPage_SetCropBox:
        box(page, 0.0, 0.0, (right - left) * scale, (top - bottom) * scale)
    with _open_page(document, index) as scaled:
        return replace(_paint_loaded(document, scaled, index, hidden), scale=scale)


def _lay_in(page: Any) -> bool:
    """Lays what fields and notes show into the page, whose text lacks it; it takes hold when that is loaded again."""
    kinds, has_bare = set(), False
    for place in range(c.FPDFPage_GetAnnotCount(page)):
        annotation = c.FPDFPage_GetAnnot(page, place)
        kinds.add(kind := c.FPDFAnnot_GetSubtype(annotation))
        has_bare = has_bare or (kind == c.FPDF_ANNOT_WIDGET and _is_bare(annotation))
        c.FPDFPage_CloseAnnot(annotation)
    if has_bare:
        _paint_fields(page)
    return bool(kinds & _WRITTEN and c.FPDFPage_Flatten(page, c.FLAT_NORMALDISPLAY) == c.FLATTEN_SUCCESS)


def _is_bare(annotation: Any) -> bool:
    """Whether the file leaves it to its reader how a field looks."""
    empty = ctypes.sizeof(c.FPDF_WCHAR)
    return int(c.FPDFAnnot_GetAP(annotation, c.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0)) <= empty


def _paint_fields(page: Any) -> None:
    """Has PDFium make out how fields look, which it does as it paints them, on a dot."""
    dot = c.FPDFBitmap_Create(1, 1, 0)
    c.FPDF_RenderPageBitmap(dot, page, 0, 0, 1, 1, 0, c.FPDF_ANNOT)
    c.FPDFBitmap_Destroy(dot)


def _painted(
    page: Any, text: Any, rest: Rest | None, corner: Point, size: Point, number: int
) -> tuple[PaintedPage, bool]:
    """The characters and what is painted, and whether the page is to be rid first of what nobody sees (`rest`)."""
    painting = painted(page, corner, size, number)
    printed, edges = _texts(text), _loose_edges(text)
    look = glance(painting, text, printed, edges)
    places = _pale(text) if look.has_pale else frozenset[int]()
    grounds = [Mark(*box) for box in painting.pictures]
    grounds += [mark for mark in painting.marks if not mark.white and not mark.is_thin]
    says, has_inked_blanks = told(text, printed, edges)
    characters = _characters(text, says, edges, corner, places, grounds)
    if look.has_outside:
        characters = _on_paper(characters, size)
    left, top = corner
    ink, cut = (
        tuple((x0 - left, top - y1, x1 - left, top - y0) for x0, y0, x1, y1 in boxes)
        for boxes in ((rest.ink, rest.cut) if rest else ((), ()))
    )
    amiss = rest is not None and rest.lacks_text, has_inked_blanks
    return PaintedPage(*size, characters, painting.marks, 0, *amiss, ink, cut), look.may_hide


def _on_paper(characters: list[Character], size: Point) -> list[Character]:
    """The characters that are not wholly outside of what is shown of the page."""
    width, height = size
    inside = [c for c in characters if c[3] >= 0 and c[4] >= 0 and c[1] <= width and c[2] <= height]
    return inside or characters  # A page shown beside its print: whoever shows it so does not mean it.


def _pale(text: Any) -> frozenset[int]:
    """The places of the characters that are filled in white."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    return frozenset(
        place
        for place in range(c.FPDFText_CountChars(text))
        if c.FPDFText_GetFillColor(text, place, red, green, blue, alpha)
        and min(red.value, green.value, blue.value) >= WHITE
    )


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
    address = address_of(text)
    sample = range(0, count, max(count // _ANGLE_SAMPLE, 1))
    angles = [GET_ANGLE(address, place) for place in sample if IS_GENERATED(address, place) == 0]
    if max(angles, default=-1.0) <= 0:
        return 0  # As most pages stand.
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


def _characters(
    text: Any,
    says: Sequence[str],
    edges: Iterable[float],
    corner: Point,
    pale: frozenset[int],
    grounds: Sequence[Mark],
) -> list[Character]:
    """The characters with their advance boxes, but for white ones where nothing is painted behind."""
    left, top = corner
    new = tuple.__new__  # What the class does, without its checks: a quarter of this loop.
    trusted: set[int] = set()
    out: list[Character] = []
    each = iter(edges)
    line = foot = math.nan
    above = below = 0.0
    for place, printed, x0, y1, x1, y0 in zip(range(len(says)), says, each, each, each, each, strict=True):
        if printed in _NOTHING:
            continue
        is_next = y1 == line and y0 == foot  # On the line of the one before, as most are.
        size = 0 if is_next else int((y1 - y0) * _SIZE_STEPS)
        if not is_next and size not in trusted:
            if printed == " " and x1 <= x0:
                continue  # A space that PDFium made up.
            if _is_aslant(text, place):
                continue  # A watermark across the page, which is in every cell and in none.
            if y1 - y0 >= LEAST_MARK and _is_faint(text, place):
                box = Mark(x0 - left, top - y1, x1 - left, top - y0)
                if not lies_in(box, grounds, slack=0.0):
                    continue  # A level one.
            tight = _tight_box(text, place)
            is_bare = tight == (x0, y0, x1, y1)  # It was replaced, and has no advance.
            if _is_sound((x0, y0, x1, y1), tight) and not is_bare and y1 - y0 >= LEAST_PRINT:
                trusted.add(size)
            else:
                x0, y0, x1, y1 = _heightened(text, place, tight, is_bare=is_bare)
            if 0 < y1 - y0 < LEAST_PRINT:
                continue  # Not seen; told by the line's height, for the ink of a `一` is a stroke.
        if not is_next:
            above, below = top - y1, top - y0
            line, foot = (y1, y0) if size in trusted else (math.nan, math.nan)
        if left:
            x0, x1 = x0 - left, x1 - left
        character = new(Character, (printed, x0, above, x1, below))
        if pale and place in pale and not lies_in(Mark(*character[1:]), grounds, slack=0.0):
            continue
        out.append(character)
    return out


def _loose_edges(text: Any) -> list[float]:
    """Left, top, right and bottom of each character's advance box; all zero where PDFium has no number for it."""
    count = c.FPDFText_CountChars(text)
    edges, places = room(FLOAT, 4 * count)
    deque(map(GET_LOOSE_BOX, repeat(address_of(text)), range(count), places[::4]), maxlen=0)
    known: list[float] = edges.tolist()
    if not math.isfinite(sum(known)):
        boxes = (known[at : at + 4] for at in range(0, 4 * count, 4))
        known = [edge if math.isfinite(sum(box)) else 0.0 for box in boxes for edge in box]
    return known


def _texts(text: Any) -> str:
    """The text of each character, in one call where each has exactly one; nothing where it has none."""
    count = c.FPDFText_CountChars(text)
    units, places = room(SHORT, count + 1)
    if GET_TEXT(address_of(text), 0, count, places[0]) == count + 1:
        codes = units.tobytes()[:-2].decode("utf-16-le", "replace")
        if len(codes) == count:
            return codes
    return "".join([chr(c.FPDFText_GetUnicode(text, place)) for place in range(count)])


def _is_aslant(text: Any, place: int) -> bool:
    """Whether a character stands neither upright nor on its side nor on its head."""
    angle = float(c.FPDFText_GetCharAngle(text, place))
    return angle >= 0 and abs(angle - round(angle / (math.pi / 2)) * math.pi / 2) > SLANT


def _is_faint(text: Any, place: int) -> bool:
    """Whether a character is filled in a colour that is little darker than paper, or lets it through."""
    parts = [ctypes.c_uint() for _ in range(4)]
    if not c.FPDFText_GetFillColor(text, place, *parts):
        return False
    *colour, alpha = (part.value for part in parts)
    return 255 - (255 - min(colour)) * alpha / 255 >= FAINT


def _tight_box(text: Any, place: int) -> Edges:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    c.FPDFText_GetCharBox(text, place, left, right, bottom, top)
    box = left.value, bottom.value, right.value, top.value
    if not all(map(math.isfinite, box)):
        raise UnreadableDocumentError("damaged", reason="a character that stands nowhere")
    return box


def _heightened(text: Any, place: int, ink: Edges, *, is_bare: bool) -> Edges:
    """The box of a character's ink, at least as high as its line: of a `一` or a dash the ink alone is a stroke."""
    own, shown = _matrices(text, place)
    if not is_bare:
        own = shown
    if own[1] or own[2]:
        return ink
    y = ctypes.c_double()
    c.FPDFText_GetCharOrigin(text, place, ctypes.c_double(), y)
    height = c.FPDFText_GetFontSize(text, place) * abs(own[3])
    left, bottom, right, top = ink
    if top - bottom <= LEAST_INK * height:
        bottom, top = y.value - DESCENT * height, y.value + (1 - DESCENT) * height
    elif is_bare:
        low = min(bottom, (top + bottom - height) / 2)
        bottom, top = low, top + bottom - low
    return _in_form((left, bottom, right, top), own, shown)


def _matrices(text: Any, place: int) -> tuple[Matrix, Matrix]:
    """How a character is set within its form, and on the page."""
    shown = c.FS_MATRIX()
    if not c.FPDFText_GetMatrix(text, place, shown):
        return IDENTITY, IDENTITY
    item = c.FPDFText_GetTextObject(text, place)
    page = shown.a, shown.b, shown.c, shown.d, shown.e, shown.f
    return (matrix_of(item) if item else page), page


def _in_form(box: Edges, own: Matrix, shown: Matrix) -> Edges:
    """Where a box stands on the page: PDFium tells that of a character it has replaced as it stands in its form.

    It does so for radicals (`⼈` for `人`), which browsers write; forms are taken to be moved and scaled alone.
    """
    if own[:4] == shown[:4] or not (own[0] and own[3]):
        return box
    across, up = shown[0] / own[0], shown[3] / own[3]
    x, y = shown[4] - own[4] * across, shown[5] - own[5] * up
    left, bottom, right, top = box
    return left * across + x, bottom * up + y, right * across + x, top * up + y


def _is_sound(loose: Edges, tight: Edges) -> bool:
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
