"""A loaded page flows in and is rid of what nobody sees of it; whether any text was among that flows out.

Text may be set without being painted, or in a colour that lets everything through; it may lie outside of the page,
or of what its clip or its form lets be seen, or under a patch that was painted over it. What is clipped to a thin
strip is a rule. All objects are asked the same at once: each call from within Python takes as long again as the call.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import pypdfium2.raw as c

from pipeline.readers.layout.rules import THIN
from pipeline.readers.painting.calls import (
    COUNT_CLIP_SEGMENTS,
    COUNT_CLIPS,
    COUNT_SEGMENTS,
    FLOAT,
    GET_BOUNDS,
    GET_CLIP,
    GET_CLIP_SEGMENT,
    GET_FILL,
    GET_INNER_OBJECT,
    GET_MODE,
    GET_OBJECT,
    GET_POINT,
    GET_SEGMENT,
    GET_STROKE,
    GET_TEXT_MODE,
    GET_TYPE,
    INT,
    IS_SEEN_THROUGH,
    UNSIGNED,
    address_of,
    ask,
    room,
    rows_of,
)
from pipeline.readers.painting.painted import (
    IDENTITY,
    LEAST_CORNERS,
    MAX_DEPTH,
    MAX_PAINTED,
    WHITE,
    Edges,
    Matrix,
    matrix_of,
    moved,
    placed,
    times,
)

UNSEEN_SHARE = 0.8
"""Share of a page's text that nobody sees from which all of it is taken for guessed: a stamp may be added."""
HIDDEN_SHARE = 0.8
"""Share of a text that its clip cuts off, or that a patch covers, from which it is not seen."""
WRITTEN_OVER = 0.3
"""Share of a text that a later one takes on a picture between them, from which the earlier one is not seen."""
CUT = 3.0
"""Points by which a clip shortens what is painted from which the rest is looked at."""
MOST_PATCHES = 5_000
MOST_INK = 5_000
LEAST_INK = (1.2, 3.0)
LARGEST_INK = (200.0, 40.0)
"""Points of width and height between which a shape may be print; the least of the shorter and the longer side."""

UNPAINTED = frozenset({c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP})
_TEXT, _PATH = c.FPDF_PAGEOBJ_TEXT, c.FPDF_PAGEOBJ_PATH
_IMAGE, _SHADING, _FORM = c.FPDF_PAGEOBJ_IMAGE, c.FPDF_PAGEOBJ_SHADING, c.FPDF_PAGEOBJ_FORM
_NOWHERE: Edges = (0.0, 0.0, 0.0, 0.0)
_CORNERS = range(4)


@dataclass(frozen=True, slots=True)
class _Holder:
    """What holds objects: a form (None for the page itself), how it is placed, and what its clip lets be seen."""

    form: Any = None
    matrix: Matrix = IDENTITY
    clip: Edges | None = None


@dataclass(slots=True)
class _Found:
    """The objects of a page in the order of painting, those of forms behind them, by place from 0.

    Attributes:
        items: The objects.
        kinds: Their types.
        boxes: Where they stand on the page, unclipped, of those that were measured.
        holders: What holds them.
        clips: What their clips let be seen, for those that have any.
        unpainted: The texts of which nothing is painted.
    """

    items: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    boxes: dict[int, Edges] = field(default_factory=dict)
    holders: list[_Holder] = field(default_factory=list)
    clips: dict[int, Edges] = field(default_factory=dict)
    unpainted: list[int] = field(default_factory=list)

    def places(self, kind: int) -> list[int]:
        """Where the objects of a type stand."""
        return [place for place, found in enumerate(self.kinds) if found == kind]

    def measure(self, places: Iterable[int]) -> None:
        """Measures where objects stand."""
        new = [place for place in places if place not in self.boxes]
        _, edges = ask(GET_BOUNDS, FLOAT, 4, [self.items[place] for place in new])
        self.boxes.update(zip(new, rows_of(edges, 4), strict=True))
        if self.has_forms:
            for place in new:
                if (matrix := self.holders[place].matrix) is not IDENTITY:
                    self.boxes[place] = placed(self.boxes[place], matrix)

    @property
    def has_forms(self) -> bool:
        """Whether any object stands in a form."""
        return _FORM in self.kinds


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a page once it is rid of what nobody sees.

    Attributes:
        lacks_text: Whether text was among that.
        ink: Where small pictures and filled shapes stand, which may be print that is no text.
        cut: Where the texts stood that were cut off.
    """

    lacks_text: bool
    ink: tuple[Edges, ...]
    cut: tuple[Edges, ...]


def take_out(page: Any, hidden: frozenset[int] = frozenset()) -> Rest:
    """Takes out of a loaded page what nobody sees of it.

    Text that is not painted and lies over or under pictures stays where it is nearly all the page has: a scanner's
    program guessed it.

    Args:
        page: The page.
        hidden: The places, from 0, of objects that lie on layers switched off; see `layers`.
    """
    found = _Found()
    _gather(found, page, c.FPDFPage_CountObjects(page), GET_OBJECT, _Holder(), 0)
    texts = found.places(_TEXT)
    gone = {place for place in hidden if place < len(found.items)}
    if found.unpainted and not _is_guessed(found, texts):
        gone.update(found.unpainted)
    cut_off = list(_cut_off(page, found))
    gone.update(cut_off)
    gone.update(_covered(found, texts))
    cut = tuple([found.boxes[place] for place in cut_off if found.kinds[place] == _TEXT])
    rest = Rest(any(found.kinds[place] == _TEXT for place in gone), tuple(_ink(found, gone)), cut)
    # What a form holds stands behind it and goes first: with the form it would go, too.
    for place in sorted(gone, reverse=True):
        _remove(page, found.holders[place], found.items[place])
    return rest


def _ink(found: _Found, gone: Container[int]) -> Iterator[Edges]:
    """Where pictures and filled shapes of many corners stand that are as large as print."""
    paths = found.places(_PATH)
    corners = map(COUNT_SEGMENTS, [found.items[place] for place in paths])
    shapes = [place for place, count in zip(paths, corners, strict=True) if count >= LEAST_CORNERS]
    places = [place for place in [*found.places(_IMAGE), *shapes] if place not in gone]
    found.measure(places)
    for place in places[:MOST_INK]:
        left, bottom, right, top = found.boxes[place]
        width, height = right - left, top - bottom
        is_large = min(width, height) >= LEAST_INK[0] and LEAST_INK[1] <= max(width, height)
        if is_large and width <= LARGEST_INK[0] and height <= LARGEST_INK[1] and _is_dark(found, place):
            yield found.boxes[place]


def _is_dark(found: _Found, place: int) -> bool:
    """Whether a path is filled in a colour that is seen; pictures are taken to be."""
    if found.kinds[place] == _IMAGE:
        return True
    modes = _numbers(INT, 2, GET_MODE, found.items[place])
    colour = _numbers(UNSIGNED, 4, GET_FILL, found.items[place])
    return bool(modes and modes[0] and (colour is None or (colour[3] > 0 and min(colour[:3]) < WHITE)))


def is_guessed(page: Any) -> bool:
    """Whether nearly all text of a loaded page is not painted, and stands on pictures."""
    found = _Found()
    _gather(found, page, c.FPDFPage_CountObjects(page), GET_OBJECT, _Holder(), 0)
    return bool(found.unpainted) and _is_guessed(found, found.places(_TEXT))


def _gather(found: _Found, holder: Any, count: int, get_item: Any, within: _Holder, depth: int) -> None:
    if len(found.items) + count > MAX_PAINTED:
        return  # Whoever reads the page refuses it.
    items = list(map(get_item, repeat(address_of(holder)), range(count)))
    kinds = list(map(GET_TYPE, items))
    clips = _clips_of(items, kinds, within)
    unpainted = _unpainted(items, kinds)
    start = 0
    for place in [*(place for place, kind in enumerate(kinds) if kind == _FORM), count - 1]:
        before, end = len(found.items) - start, place + 1
        found.items += items[start:end]
        found.kinds += kinds[start:end]
        found.holders += [within] * max(end - start, 0)
        found.clips.update((before + n, clip) for n, clip in clips.items() if start <= n < end)
        found.unpainted += [before + n for n in unpainted if start <= n < end]
        if start < end and kinds[place] == _FORM and depth < MAX_DEPTH:
            form = ctypes.cast(items[place], c.FPDF_PAGEOBJECT)
            clip = _NOWHERE if _is_seen_through(items[place]) else clips.get(place)
            inner = _Holder(form, times(matrix_of(form), within.matrix), clip)
            _gather(found, form, c.FPDFFormObj_CountObjects(form), GET_INNER_OBJECT, inner, depth + 1)
        start = max(start, end)


def _is_seen_through(form: int) -> bool:
    """Whether a form lets everything through as a whole, as browsers paint what is not opaque."""
    colour = _numbers(UNSIGNED, 4, GET_FILL, form)
    return colour is not None and colour[3] == 0


def _unpainted(items: Sequence[int], kinds: Sequence[int]) -> list[int]:
    """The places of texts that are set without being painted, or in a colour that lets everything through."""
    places = [place for place, kind in enumerate(kinds) if kind == _TEXT]
    texts = [items[place] for place in places]
    known, colours = ask(GET_FILL, UNSIGNED, 4, texts)
    modes = list(map(GET_TEXT_MODE, texts))
    if 0 not in colours[3::4] and UNPAINTED.isdisjoint(modes):
        return []
    return [
        place
        for place, mode, ok, alpha in zip(places, modes, known, colours[3::4], strict=True)
        if mode in UNPAINTED or (alpha == 0 and ok and mode != c.FPDF_TEXTRENDERMODE_STROKE)
    ]


def _clips_of(items: Sequence[int], kinds: Sequence[int], within: _Holder) -> dict[int, Edges]:
    """What clips let be seen of objects, taken for upright rectangles; of those alone that have any.

    Each rule has a clip of its own in what word processors write: those of thin paths are not looked at.
    """
    clips: dict[int, Edges] = {}
    if within.clip is not None:
        clips = dict.fromkeys(range(len(items)), within.clip)
    paths = list(map(GET_CLIP, items))
    counts = list(map(COUNT_CLIPS, paths))
    if max(counts, default=0) <= 0:
        return clips
    lengths: list[tuple[int, int]] = []
    segments: list[int] = []
    edges, to_edges = room(FLOAT, 4)
    for place, count in enumerate(counts):
        if count > 0 and kinds[place] == _PATH:
            GET_BOUNDS(items[place], *to_edges)
            if _is_strip((edges[0], edges[1], edges[2], edges[3])):
                continue
        for number in range(count):
            length = max(COUNT_CLIP_SEGMENTS(paths[place], number), 0)
            segments += map(GET_CLIP_SEGMENT, repeat(paths[place]), repeat(number), range(length))
            lengths.append((place, length))
    _, numbers = ask(GET_POINT, FLOAT, 2, segments)
    xs, ys, at = numbers[::2], numbers[1::2], 0
    for place, length in lengths:
        own, at = slice(at, at + length), at + length
        box = (min(xs[own]), min(ys[own]), max(xs[own]), max(ys[own])) if length else _NOWHERE
        if within.matrix is not IDENTITY:
            box = placed(box, within.matrix)
        clips[place] = _common(clips[place], box) or _NOWHERE if place in clips else box
    return clips


def _is_guessed(found: _Found, texts: Sequence[int]) -> bool:
    """Whether what is not painted is nearly all the text, and stands on pictures."""
    if len(found.unpainted) < UNSEEN_SHARE * len(texts):
        return False
    images = found.places(_IMAGE)
    found.measure([*images, *found.unpainted])
    pictures = [found.boxes[place] for place in images]
    on_pictures = sum(
        any(_common(found.boxes[place], picture) for picture in pictures) for place in found.unpainted
    )
    return 2 * on_pictures >= len(found.unpainted)


def _cut_off(page: Any, found: _Found) -> Iterator[int]:
    """What its clip lets nobody see; what is left of it as a strip is painted anew as a rule."""
    found.measure(found.clips)
    for place, clip in found.clips.items():
        box, kind = found.boxes[place], found.kinds[place]
        seen = _common(box, clip)
        if kind == _TEXT:
            if _area(seen) <= (1 - HIDDEN_SHARE) * _area(box):
                yield place
        elif seen is None:
            yield place
        elif kind != _FORM and _is_strip(seen) and (kind == _SHADING or _is_shortened(seen, box)):
            _paint_strip(page, found.items[place], kind, seen)
            yield place


def seen_of(item: int, kind: int) -> Edges | None:
    """What its clip lets be seen of an object of a page itself; None for nothing."""
    found = _Found([item], [kind], holders=[_Holder()])
    found.measure([0])
    clip = _clips_of([item], [kind], _Holder()).get(0)
    return found.boxes[0] if clip is None else _common(found.boxes[0], clip)


def is_cut(item: int, kind: int, bounds: Edges) -> bool:
    """Whether its clip lets only a part of such an object be seen."""
    seen = seen_of(item, kind)
    return seen is None or _is_shortened(seen, bounds)


def _is_shortened(seen: Edges, box: Edges) -> bool:
    return any(abs(edge - whole) > CUT for edge, whole in zip(seen, box, strict=True))


def _is_strip(box: Edges) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) <= THIN


def _covered(found: _Found, texts: Sequence[int]) -> Iterator[int]:
    """Texts under patches that were painted over them, and what else is painted under such a patch."""
    if not texts:
        return
    after = [p for p in range(texts[0], len(found.kinds)) if found.kinds[p] in (_PATH, _IMAGE)]
    found.measure(after)
    patches = [place for place in after if not _is_strip(found.boxes[place])]
    if not patches:
        return
    found.measure(texts)
    rows = sorted(
        ((y0 + y1) / 2, (x0 + x1) / 2, place) for place in texts for x0, y0, x1, y1 in (found.boxes[place],)
    )
    for patch in patches[:MOST_PATCHES]:
        left, bottom, right, top = box = found.boxes[patch]
        row = rows[bisect_left(rows, (bottom,)) : bisect_left(rows, (top,))]
        near = [place for _, x, place in row if left < x < right]
        under = [place for place in near if place < patch and _is_mostly_in(found.boxes[place], box)]
        if not under:
            continue
        if found.kinds[patch] == _IMAGE:
            yield from _written_over(found, under, [place for place in near if place > patch])
        elif seen := _patch(found, patch):
            under = [place for place in under if _is_mostly_in(found.boxes[place], seen)]
            yield from under
            if under:
                found.measure(range(patch))
                yield from (place for place in range(patch) if _lies_in(found.boxes[place], seen))


def _written_over(found: _Found, under: Sequence[int], over: Sequence[int]) -> Iterator[int]:
    """The texts that others take the place of: on a picture, which may let through what lies under it."""
    for place in under:
        box = found.boxes[place]
        if any(_area(_common(box, found.boxes[other])) >= WRITTEN_OVER * _area(box) for other in over):
            yield place


def _is_mostly_in(box: Edges, other: Edges) -> bool:
    return _area(_common(box, other)) >= HIDDEN_SHARE * _area(box) > 0


def _lies_in(box: Edges, other: Edges) -> bool:
    return other[0] <= box[0] and other[1] <= box[1] and box[2] <= other[2] and box[3] <= other[3]


def _patch(found: _Found, place: int) -> Edges | None:
    """The place that a path covers with one colour, where it is an upright rectangle; else None."""
    path, box = found.items[place], found.boxes[place]
    filled = _numbers(INT, 2, GET_MODE, path)
    if not filled or not filled[0] or not 4 <= COUNT_SEGMENTS(path) <= 5 or IS_SEEN_THROUGH(path):
        return None
    colour = _numbers(UNSIGNED, 4, GET_FILL, path)
    if colour is None or colour[3] < 255 or not _is_upright(found, place):
        return None
    clip = found.clips.get(place)
    return box if clip is None else _common(box, clip)


def _is_upright(found: _Found, place: int) -> bool:
    """Whether the corners of a path are those of its box."""
    path, box = ctypes.cast(found.items[place], c.FPDF_PAGEOBJECT), found.boxes[place]
    own = times(matrix_of(path), found.holders[place].matrix)
    breadth = ctypes.c_float()
    c.FPDFPageObj_GetStrokeWidth(path, breadth)
    slack = 1.0 + breadth.value
    _, numbers = ask(GET_POINT, FLOAT, 2, [GET_SEGMENT(found.items[place], number) for number in _CORNERS])
    corners = zip(numbers[::2], numbers[1::2], strict=True)
    return all(
        min(abs(x - box[0]), abs(x - box[2])) <= slack and min(abs(y - box[1]), abs(y - box[3])) <= slack
        for x, y in (moved(corner, own) for corner in corners)
    )


def _numbers(kind: str, count: int, get: Any, item: int) -> list[int] | None:
    """The numbers that a call leaves; None where it has none."""
    (known,), numbers = ask(get, kind, count, [item])
    return numbers if known else None


def _paint_strip(page: Any, item: int, kind: int, seen: Edges) -> None:
    """Paints what is seen of an object as a rule in its colour."""
    left, bottom, right, top = seen
    strip = c.FPDFPageObj_CreateNewRect(left, bottom, right - left, top - bottom)
    colour = None
    if kind == _PATH:
        modes = _numbers(INT, 2, GET_MODE, item) or [0]
        colour = _numbers(UNSIGNED, 4, GET_FILL if modes[0] else GET_STROKE, item)
    c.FPDFPageObj_SetFillColor(strip, *(colour or (0, 0, 0, 255)))
    c.FPDFPath_SetDrawMode(strip, c.FPDF_FILLMODE_WINDING, 0)
    c.FPDFPage_InsertObject(page, strip)


def _remove(page: Any, holder: _Holder, item: int) -> None:
    handle = ctypes.cast(item, c.FPDF_PAGEOBJECT)
    if holder.form is None:
        removed = c.FPDFPage_RemoveObject(page, handle)
    else:
        removed = c.FPDFFormObj_RemoveObject(holder.form, handle)
    if removed:
        c.FPDFPageObj_Destroy(handle)


def _common(one: Edges, other: Edges) -> Edges | None:
    """What two boxes share; None for nothing."""
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    right, top = min(one[2], other[2]), min(one[3], other[3])
    return (left, bottom, right, top) if left <= right and bottom <= top else None


def _area(box: Edges | None) -> float:
    return (box[2] - box[0]) * (box[3] - box[1]) if box else 0.0
