"""A picture of a page flows in; its lines and ruled tables, with how certain each cell is, flow out.

Tables are cut by their own rules and each cell is read by itself: where a number stands is told by the rules
around it, never by a recogniser's idea of the layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from pipeline.readers.layout.lines import Box, Character, Line, Run, enclosing
from pipeline.readers.layout.pages import Page
from pipeline.readers.layout.rules import STRIP
from pipeline.readers.layout.ruling import RuledCell, RuledGrid, find_grids
from pipeline.readers.scanning.picture import GUTTER, Mask, Pixels, Sheet, ink_by_itself, prepare
from pipeline.readers.scanning.recogniser import NOTHING, Recognised, Recogniser
from pipeline.readers.scanning.shapes import (
    LEANING,
    UPRIGHT,
    contradicts,
    is_dash,
    is_number,
    is_slash,
    is_unlike,
    lean,
    tilt,
    with_marks,
)
from pipeline.readers.scanning.strokes import PALE_RULES, Strokes, find_strokes, parts_of
from pipeline.readers.scanning.words import (
    COLUMN_GAP,
    DIRT,
    WORD_GAP,
    lines_of,
    usual_height,
    without_dirt,
    without_remains,
    without_specks,
)
from pipeline.running.allowance import renew

MARGIN = 0.12
"""Line heights of paper taken in around a word."""
VIEWS = (0.3, 0.55)
"""Line heights of white around a word, each time it is read: what is certain reads the same both times."""
LOWEST = 0.75
"""Share of the usual height of characters that a line has at least."""
SHORT = 14
"""Characters up to which a cell may hold a value and is read twice."""
DOUBT = 0.3
"""The most certainty of a word that reads differently the second time, or whose ink contradicts it."""
BLANK_CERTAINTY = 0.97
"""How certain a cell without ink is blank; less than a recognised one can be, since ink may be too faint."""
DIRT_CERTAINTY = 0.85
"""The same where there is some dirt in it, and that of a number with dirt beside it: it may be left of a digit."""
UNPROVEN = 0.85
"""The most certainty of a number whose ink does not show the rings of its digits, or whose marks were mended."""
RESCUED = 0.8
"""The most certainty of a number that only mended ink bears out."""
WORN = 0.85
"""The most certainty on a page of which more numbers than a few are doubtful: thin strokes are lost on it."""
FEW = 3
"""How many numbers may be in doubt on a page that is not worn, however few it has."""
MOST_DOUBTFUL, MOST_UNPROVEN = 0.05, 0.15
"""What share of its numbers may be doubtful, and what share not borne out."""
MOST_MENDED = 0.67
"""What share of its numbers may be doubtful where mended strokes are believed: of a 4 that has lost its slant they
make a 1, and a page that has lost so much loses whole strokes."""
THICKER = 0.5
"""Points by which strokes are made thicker to each side to mend them."""
SOME_INK, MUCH_INK = 1.0, 6.0
"""Square points of ink in a cell beside its words, from which something may lie over them, and from which a word
may be lost in it: a dash has 6, a thin nought 8."""
MOST_DASH = 0.3
"""Share of the usual height of characters up to which a dash is thick."""
RUNNING_OVER = 0.5
"""Line heights below which two numbers, each in its cell, may be one: cells are padded more."""
PIECES = 3
"""Blobs that a lone stroke may have fallen into."""
LEAST_TRACE = 2
"""Pixels of ink that are a trace of something and no noise."""
LEGIBLE = 0.6
"""Certainty from which a word counts as legible."""
WORD_LENGTH = 3
"""Characters from which it does: shorter ones are read as well on their side."""
LEGIBLE_SHARE = 0.4
"""Share of the characters of a page's longest words that stand in legible ones where it stands upright."""
CLEARLY_LEGIBLE = 64
"""Legible characters from which no other way up is tried: of a page on its side, lines over one another make short
words of characters that are read as well."""
SAMPLE, LONGEST_SAMPLE = 16, 30
"""How many words of a page are tried, and how many characters long they are at most where there are such."""
LEAST_LEGIBLE = 4
"""Characters by which, beyond twice as many, a turned page must be more legible to be believed."""
PALE = 255 * 0.93
"""Brightness below which paper is printed on."""
SHOWS_THROUGH = 0.13
"""Share of the print's darkness below which it may be that of the other side, which shows through the paper."""
SMEAR = 1.2
"""Points over which brightness is taken, so that no noise is print."""
LEAST_PRINT = 3.0
"""Points from which pale ink is print and no dirt."""
EDGE = 2.0
"""Points along a cell's edges that are its rules' business."""
CEILING = 0.99
"""The most certainty of what is recognised and not told by the file."""
DASH = "—"
LONE_STROKES = frozenset((DASH, "/", "\\", "1"))
"""What a stroke of a pen that passes a cell may look like."""
_PLACEHOLDER = "□"


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page as read.

    Attributes:
        page: Its lines and tables.
        certainties: How certain the text of each cell is, by the cell's box on the page as shown.
    """

    page: Page
    certainties: Mapping[Box, float]


@dataclass(slots=True)
class _Word:
    """A word of a cell: its blobs, what they read, and whether specks lay beside them."""

    blobs: Sequence[Box]
    read: Recognised = NOTHING
    is_dirty: bool = False

    @property
    def box(self) -> Box:
        """Around all of its blobs."""
        return enclosing(self.blobs)


def read_page(
    grey: Pixels, dpi: float | None, number: int, recogniser: Recogniser, *, tables_only: bool = False
) -> list[ReadPage]:
    """Reads a page, or both pages of a sheet on which two stand side by side.

    Args:
        grey: Brightness by row and column.
        dpi: Dots per inch, None where it is not known.
        number: The page's number, from 1.
        recogniser: What reads lines of print.
        tables_only: Whether a page without a ruled table is passed over, and the answer is empty.

    Raises:
        UnreadableDocumentError: `limit_exceeded` for more rules or cells than a page of tables can have.
    """
    renew()  # a page of print takes seconds, and a report may have dozens
    laid = _upright(grey, dpi, recogniser)
    if tables_only and not laid.grids:
        return []
    return [_read(half, number, recogniser) for half in _halves(laid)]


def _upright(grey: Pixels, dpi: float | None, recogniser: Recogniser) -> _Laid:
    """A page turned such that what it says is legible, told by some of its words; as it is where none are."""
    upright = _laid(grey, dpi, 0)
    if not upright.strokes.blobs:
        return upright
    legible, characters = _legible(upright, recogniser)
    if legible >= max(LEGIBLE_SHARE * characters, CLEARLY_LEGIBLE):
        return upright
    # Its dark rules tell which way a page stands; paler ones are looked for on the way that is chosen alone.
    turned = [(_legible(_cut(_sheet(grey, dpi, turns), turns), recogniser)[0], turns) for turns in (1, 3, 2)]
    most, turns = max(turned, key=lambda pair: pair[0])
    return _laid(grey, dpi, turns) if most > 2 * legible + LEAST_LEGIBLE else upright


@dataclass(frozen=True, slots=True)
class _Laid:
    """A page after so many quarter turns to the left: its strokes, its tables, and what stands in none.

    `known` is what some of its words read at the first view.
    """

    sheet: Sheet
    strokes: Strokes
    grids: Sequence[RuledGrid]
    rest: Sequence[Run]
    turns: int
    known: dict[Box, Recognised] = field(default_factory=dict)


def _laid(grey: Pixels, dpi: float | None, turns: int) -> _Laid:
    """A page with the tables that its rules cut out: dark ones, or paler ones where fewer of those seem missed."""
    sheet = _sheet(grey, dpi, turns)
    best, least = None, 0
    for pale in PALE_RULES:
        laid = _cut(sheet, turns, pale)
        missed = _crowding(laid) + len(laid.strokes.broken)
        if best is None or (laid.grids and (not best.grids or 2 * missed <= least)):
            best, least = laid, missed
        # Prose, or nothing, is no table whose rules are missed.
        if least <= (FEW if best.grids and not best.strokes.broken else 0):
            break
    assert best is not None
    return best


def _sheet(grey: Pixels, dpi: float | None, turns: int) -> Sheet:
    return prepare(np.ascontiguousarray(np.rot90(grey, turns)), dpi)


def _cut(sheet: Sheet, turns: int, pale: float | None = None) -> _Laid:
    strokes = find_strokes(sheet, pale)
    blobs = [_run(blob, _PLACEHOLDER) for blob in strokes.blobs]
    grids, rest = find_grids(strokes.marks, blobs, parted=False)
    return _Laid(sheet, strokes, grids, rest, turns)


def _crowding(laid: _Laid) -> int:
    """How many lines have words far apart: rules that part them may have been missed."""
    cells = (cell for grid in laid.grids for cell in _cells_of(grid))
    lines = [line for cell, usual in cells for line in _words_in(cell, usual)] + _lines_in(laid.rest)
    return sum(len(line) > 1 for line in lines)


def _crops_of(laid: _Laid, recogniser: Recogniser) -> _Crops:
    strokes = laid.strokes
    usual = usual_height(strokes.blobs)
    return _Crops(
        strokes.grey,
        strokes.ink,
        laid.sheet.scale,
        usual,
        recogniser,
        laid.known,
        laid.sheet.print,
        laid.sheet.darkness,
        strokes.frames,
        strokes.broken,
    )


def _legible(laid: _Laid, recogniser: Recogniser) -> tuple[int, int]:
    """Of the characters of a page's longest words: those in words read with some certainty, and all."""
    crops = _crops_of(laid, recogniser)
    cells = (cell for grid in laid.grids for cell in _cells_of(grid))
    lines = [*(line for cell, usual in cells for line in _words_in(cell, usual)), *_lines_in(laid.rest)]
    longest = sorted((enclosing(word) for line in lines for word in line), key=lambda box: box[0] - box[2])
    likely = [box for box in longest if box[2] - box[0] <= LONGEST_SAMPLE * crops.usual] or longest
    read = crops.read(likely[:SAMPLE], VIEWS[0])
    laid.known.update(zip(likely, read, strict=False))
    return sum(len(r.text) for r in read if _is_legible(r)), sum(len(r.text) for r in read)


def _halves(laid: _Laid) -> Iterator[_Laid]:
    """Both pages of a sheet that lies on its side with nothing along its middle, else the page itself."""
    width = laid.sheet.width
    inks = [grid.box for grid in laid.grids] + _boxes(laid.rest)
    left, right = (0.5 - GUTTER / 2) * width, (0.5 + GUTTER / 2) * width
    crossed = any(box[0] < right and left < box[2] and not _is_small(box) for box in inks)
    sides = [[box for box in inks if (box[0] < width / 2) is is_left] for is_left in (True, False)]
    if width < laid.sheet.height or crossed or not laid.grids or not all(len(side) > FEW for side in sides):
        yield laid
        return
    for is_left in (True, False):
        yield replace(
            laid,
            grids=[grid for grid in laid.grids if (grid.box[0] < width / 2) is is_left],
            rest=[run for run in laid.rest if (run.left < width / 2) is is_left],
        )


def _is_small(box: Box) -> bool:
    return max(box[2] - box[0], box[3] - box[1]) < DIRT


def _read(laid: _Laid, number: int, recogniser: Recogniser) -> ReadPage:
    crops = _crops_of(laid, recogniser)
    certainties = list(_read_cells(laid.grids, crops))
    lines = tuple(_read_lines(laid.rest, crops))
    sheet = laid.sheet
    page = Page(number, sheet.width, sheet.height, lines, tuple(laid.grids), laid.turns)
    return ReadPage(page, {page.shown(box): certainty for box, certainty in certainties})


def _is_legible(read: Recognised) -> bool:
    return len(read.text) >= WORD_LENGTH and read.certainty >= LEGIBLE


def _run(box: Box, text: str) -> Run:
    return Run([Character(text, *box)])


def _boxes(runs: Sequence[Run]) -> list[Box]:
    return [(run.left, run.top, run.right, run.bottom) for run in runs]


def _inside(box: Box) -> Box:
    return box[0] + EDGE, box[1] + EDGE, box[2] - EDGE, box[3] - EDGE


def _common(one: Box, other: Box) -> Box | None:
    """What two boxes share; None for nothing."""
    left, top, right, bottom = (f(a, b) for f, a, b in zip((max, max, min, min), one, other, strict=True))
    return (left, top, right, bottom) if left < right and top < bottom else None


@dataclass(frozen=True, slots=True)
class _Crops:
    """Reads words out of a page whose characters are about `usual` points high; rules are `drawn`, but no `ink`.

    `darkness` is that of its print, `frames` are those of stamps that lie over its tables, `broken`
    is where rules break off.
    """

    grey: Pixels
    ink: Mask
    scale: float
    usual: float
    recogniser: Recogniser
    known: Mapping[Box, Recognised]
    drawn: Mask
    darkness: float = 255.0
    frames: Sequence[Box] = ()
    broken: Sequence[Box] = ()

    def first_look(self, boxes: Sequence[Box]) -> list[Recognised]:
        """What stands in some boxes at the first view."""
        new = [box for box in boxes if box not in self.known]
        read = {**self.known, **dict(zip(new, self.read(new, VIEWS[0]), strict=True))}
        return [read[box] for box in boxes]

    def read(self, boxes: Sequence[Box], margin: float, *, thicker: bool = False) -> list[Recognised]:
        """What stands in some boxes, each set on white of `margin` line heights."""
        cuts = [self._cut(box, margin) for box in boxes]
        return self.recogniser.read([cv2.erode(cut, self._pen) for cut in cuts] if thicker else cuts)

    def is_faint(self, box: Box, brightest: float = PALE) -> bool:
        """Whether something is printed in a box, however pale."""
        inside = self.ink_of(_inside(box))
        if inside.size == 0:
            return False
        smear = max(1, round(SMEAR * self.scale)) | 1
        pale = (cv2.blur(inside, (smear, smear)) < brightest).astype(np.uint8)
        sizes = cv2.connectedComponentsWithStats(pale, connectivity=8)[2][1:, 2:4]
        return bool((sizes >= LEAST_PRINT * self.scale).any())

    def certainty_of_blank(self, box: Box) -> float:
        """How certain it is that nothing is printed in a box without words: something pale may show through."""
        if not self.is_faint(box):
            return BLANK_CERTAINTY
        return DOUBT if self.is_faint(box, 255 - SHOWS_THROUGH * self.darkness) else UNPROVEN

    def has_traces(self, box: Box) -> bool:
        """Whether there is any ink in a box, be it a speck: what is left of a dash is little more."""
        printed = self.print_of(_inside(box))
        if printed.size == 0:
            return False
        return bool(
            (cv2.connectedComponentsWithStats(printed, connectivity=8)[2][1:, 4] >= LEAST_TRACE).any()
        )

    def foreign(self, cell: Box, words: Sequence[Box]) -> float:
        """Square points of ink in a cell that belong to none of its words: a seal's, or of what it covers."""
        inside = _inside(cell)
        shared = [common for word in words if (common := _common(inside, word))]
        own = sum(self.print_of(box).sum(dtype=np.int64) for box in shared)
        return float(max(0, self.print_of(inside).sum(dtype=np.int64) - own) / self.scale**2)

    def meets_rule(self, word: Box, cell: Box) -> bool:
        """Whether no paper lies between a word and a rule around its cell: print stands clear of rules, pens do not."""
        left, top, right, bottom = word
        beside = ((cell[0], top, left, bottom), (right, top, cell[2], bottom))
        over = ((left, cell[1], right, top), (left, bottom, right, cell[3]))
        return any(
            bool(self.drawn[self._window(box)].any(axis=axis).all())
            for axis, boxes in ((0, beside), (1, over))
            for box in boxes
        )

    def ink_of(self, box: Box) -> Pixels:
        """The brightness of a box's pixels."""
        return self.grey[self._window(box)].astype(np.float32)

    def print_of(self, box: Box) -> Mask:
        """1 where a box has ink."""
        return np.ascontiguousarray(self.ink[self._window(box)])

    def thicker(self, box: Box) -> Mask:
        """The same with strokes thick enough to close where they are broken."""
        printed = self.print_of(box)
        return cv2.dilate(printed, self._pen) if printed.size else printed

    def alone(self, box: Box) -> tuple[list[Box], Callable[[Box], Mask]]:
        """The blobs of a word told by its own light and dark, and the ink in a box, both in pixels of that word."""
        left, top, right, bottom = box
        cut = self.grey[self._window((left - EDGE / 2, top - EDGE / 2, right + EDGE / 2, bottom + EDGE / 2))]
        if cut.size == 0:
            return [], self.print_of
        ink = ink_by_itself(cut)
        blobs = [blob for blob in parts_of(ink) if max(blob[2] - blob[0], blob[3] - blob[1]) >= LEAST_TRACE]

        def ink_of(box: Box) -> Mask:
            left, top, right, bottom = map(int, box)
            return np.ascontiguousarray(ink[top:bottom, left:right])

        return blobs, ink_of

    @property
    def _pen(self) -> Mask:
        size = 2 * max(1, round(THICKER * self.scale)) + 1
        return np.ones((size, size), np.uint8)

    def _window(self, box: Box) -> tuple[slice, slice]:
        left, top, right, bottom = (round(edge * self.scale) for edge in box)
        return slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))

    def _cut(self, box: Box, margin: float) -> Pixels:
        left, top, right, bottom = box
        height = max(bottom - top, LOWEST * self.usual)
        near = MARGIN * height
        edges = [round(edge * self.scale) for edge in (left - near, top - near, right + near, bottom + near)]
        cut = self.grey[max(edges[1], 0) : edges[3], max(edges[0], 0) : edges[2]]
        # A dash must not fill the line, or it is a digit.
        lacking = (height - (bottom - top)) / 2
        across, down = (
            max(1, round(white * self.scale))
            for white in ((margin - MARGIN) * height, (margin - MARGIN) * height + lacking)
        )
        return np.pad(cut, ((down, down), (across, across)), constant_values=255)


def _read_cells(grids: Iterable[RuledGrid], crops: _Crops) -> Iterator[tuple[Box, float]]:
    """Reads every cell, puts its words in the place of its blobs, and tells how certain each cell is."""
    cells = [(cell, usual) for grid in grids for cell, usual in _cells_of(grid)]
    words = [
        [[_without_dirt(blobs, usual) for blobs in line] for line in _words_in(cell, usual)]
        for cell, usual in cells
    ]
    flat = [word for lines in words for line in lines for word in line]
    for word, read in zip(flat, crops.first_look([word.box for word in flat]), strict=True):
        word.read = read
    most = WORN if _look_again([word for word in flat if len(word.read.text) <= SHORT], crops) else CEILING
    for word in _running_over(flat):
        word.read = replace(word.read, certainty=min(word.read.certainty, DOUBT))
    for (cell, _), lines in zip(cells, words, strict=True):
        parted = UNPROVEN if any(_common(cell.box, line) for line in crops.broken) else CEILING
        yield cell.box, min(most, parted, _stamped(cell, lines, crops.frames), _settle(cell, lines, crops))


def _look_again(short: Sequence[_Word], crops: _Crops) -> bool:
    """Reads words that may be values once more, doubtful ones twice; whether their print is worn."""
    again = crops.read([word.box for word in short], VIEWS[1])
    looks = [(word.read, second) for word, second in zip(short, again, strict=True)]
    for word, (first, second) in zip(short, looks, strict=True):
        word.read = _proven(_agreed(first, second, word.blobs), word, crops)
    numbers = [
        (word, pair)
        for word, pair in zip(short, looks, strict=True)
        if any(is_number(look.text) for look in pair)
    ]
    doubtful = [(word, pair) for word, pair in numbers if word.read.certainty <= DOUBT]
    unproven = [word for word, _ in numbers if word.read.certainty <= UNPROVEN]
    if len(doubtful) > max(FEW, MOST_MENDED * len(numbers)):
        return True
    thick = crops.read([word.box for word, _ in doubtful], VIEWS[1], thicker=True)
    for (word, (first, second)), third in zip(doubtful, thick, strict=True):
        word.read = _rescued(word, (first, second, third), crops)
    return _is_worn(len(numbers), len(doubtful), len(unproven))


def _is_worn(numbers: int, doubtful: int, unproven: int) -> bool:
    """Whether so many numbers are in doubt that those which are not cannot be believed either."""
    return doubtful > max(FEW, MOST_DOUBTFUL * numbers) or unproven > max(FEW, MOST_UNPROVEN * numbers)


def _running_over(words: Iterable[_Word]) -> Iterator[_Word]:
    """The numbers of neighbouring cells that stand as close as the digits of one: one that runs over the rule."""
    numbers = sorted((word for word in words if is_number(word.read.text)), key=lambda word: word.box[1])
    for place, one in enumerate(numbers):
        left, top, right, bottom = one.box
        for other in numbers[place + 1 :]:
            if other.box[1] > bottom:
                break
            gap = max(left, other.box[0]) - min(right, other.box[2])
            if gap < RUNNING_OVER * (bottom - top):
                yield from (one, other)


def _cells_of(grid: RuledGrid) -> Iterator[tuple[RuledCell, float]]:
    """The cells of a table, with the usual height of its characters."""
    cells = [cell for row in grid.rows for cell in row]
    usual = usual_height([box for cell in cells for box in _boxes(cell.runs)])
    return ((cell, usual) for cell in cells)


def _words_in(cell: RuledCell, usual: float) -> list[list[list[Box]]]:
    return without_dirt(lines_of(without_remains(_boxes(cell.runs), cell.box), usual), WORD_GAP)


def _without_dirt(blobs: Sequence[Box], usual: float) -> _Word:
    clean = without_specks(blobs, usual)
    return _Word(clean, is_dirty=len(clean) < len(blobs))


def _agreed(first: Recognised, second: Recognised, blobs: Sequence[Box]) -> Recognised:
    """One reading of two: as certain as both where they agree, else hardly."""
    first, second = _marked(first, blobs), _marked(second, blobs)
    if first.text == second.text:
        return Recognised(first.text, (first.certainty + second.certainty) / 2)
    surer = max(first, second, key=lambda read: read.certainty)
    return Recognised(surer.text, min(surer.certainty, DOUBT))


def _marked(read: Recognised, blobs: Sequence[Box]) -> Recognised:
    """A reading with the points and commas that the writing of numbers allows."""
    if not is_number(read.text) or (text := with_marks(read.text, blobs)) == read.text:
        return read
    return Recognised(text, min(read.certainty, UNPROVEN))


def _rescued(word: _Word, looks: Sequence[Recognised], crops: _Crops) -> Recognised:
    """A doubtful number looked at with thicker strokes, which mend broken ones.

    It is believed, but never quite, where another look read the same and the mended ink bears it out.
    """
    *others, mended = [_marked(look, word.blobs) for look in looks]
    if not is_number(mended.text) or mended.text not in {look.text for look in others}:
        return word.read
    if mended.text == "1" and _leans(word, crops):  # Thicker strokes lean no less.
        return word.read
    parts = parts_of(crops.thicker(word.box))
    if contradicts(mended.text, parts):
        return word.read
    return Recognised(mended.text, min(mended.certainty, RESCUED))


def _proven(read: Recognised, word: _Word, crops: _Crops) -> Recognised:
    """A reading held against the ink: lone strokes are told by their shape, numbers by their characters."""
    if is_dash(read.text, word.blobs) or _is_short_dash(read.text, word, crops):
        is_thin = word.box[3] - word.box[1] <= MOST_DASH * crops.usual
        return Recognised(DASH, CEILING if is_thin else DOUBT)
    if read.text == "7" and is_slash(crops.ink_of(word.box)):
        return Recognised("/", UNPROVEN)
    if len(word.blobs) <= PIECES and (read.text == "1" or (len(read.text) <= 1 and not is_number(read.text))):
        leaning = lean(crops.ink_of(word.box))
        if abs(leaning) >= LEANING:
            return Recognised("/" if leaning > 0 else "\\", CEILING)
        if read.text == "1" and _leans(word, crops):
            return Recognised(read.text, min(read.certainty, DOUBT))
    if is_number(read.text):
        return Recognised(read.text, min(read.certainty, _borne_out(read.text, word, crops)))
    # Of a number with its unit the ink cannot be told apart: nothing but the recogniser speaks for it.
    unproven = any(map(str.isdigit, read.text))
    return Recognised(read.text, min(read.certainty, UNPROVEN)) if unproven else read


def _leans(word: _Word, crops: _Crops) -> bool:
    """Whether what was read as a 1 leans: it may be a slash, or a 7."""
    return abs(tilt(crops.ink_of(word.box))) > UPRIGHT


def _is_short_dash(text: str, word: _Word, crops: _Crops) -> bool:
    """Whether a lone blob is a dash by its own light and dark: a page's bound makes short thick ones square."""
    if len(word.blobs) != 1 or len(text) > 1 or is_number(text):
        return False
    left, top, right, bottom = word.box
    blobs, _ = crops.alone(word.box)
    return right - left > bottom - top and len(blobs) == 1 and is_dash(text, blobs)


def _borne_out(number: str, word: _Word, crops: _Crops) -> float:
    """How certain a number can be by its ink: that of the page, or where that contradicts it, the word's own."""
    blobs: Sequence[Box] = word.blobs
    ink_of: Callable[[Box], Mask] = crops.print_of
    if contradicts(number, blobs):
        blobs, ink_of = crops.alone(word.box)
    if not blobs or contradicts(number, blobs):
        return DOUBT
    return UNPROVEN if is_unlike(number, blobs, ink_of) else CEILING


def _settle(cell: RuledCell, lines: Sequence[Sequence[_Word]], crops: _Crops) -> float:
    """Gives a cell its words for its blobs; how certain they are."""
    foreign = crops.foreign(cell.box, [word.box for line in lines for word in line])
    most = DOUBT if foreign >= MUCH_INK else UNPROVEN if foreign >= SOME_INK else CEILING
    if not lines:
        # A number in tiny print may have fallen into pieces that each look like dirt.
        in_pieces = len(cell.runs) > FEW or foreign >= 2 * SOME_INK
        certainty = DIRT_CERTAINTY if cell.runs or crops.has_traces(cell.box) else BLANK_CERTAINTY
        cell.runs.clear()
        return DOUBT if in_pieces else min(certainty, most, crops.certainty_of_blank(cell.box))
    runs: list[Run] = []
    for line in lines:
        _, top, _, bottom = enclosing([word.box for word in line])
        for word in line:
            most = min(most, word.read.certainty, DIRT_CERTAINTY if word.is_dirty else CEILING)
            if crops.meets_rule(word.box, cell.box):
                most = min(most, DOUBT if word.read.text in LONE_STROKES else UNPROVEN)
            if text := word.read.text.strip():
                # Words of one line get one height, so that they are put on one line again.
                runs.append(_run((word.box[0], top, word.box[2], bottom), text))
    cell.runs[:] = runs
    return min(most, DOUBT) if _is_mixed([run.text for run in runs]) else most


def _stamped(cell: RuledCell, lines: Sequence[Sequence[_Word]], frames: Sequence[Box]) -> float:
    """How certain a cell can be for the frames on it or at its edge: what stands in one may be the stamp's own."""
    left, top, right, bottom = cell.box
    around = left - STRIP, top - STRIP, right + STRIP, bottom + STRIP
    over = [frame for frame in frames if _common(around, frame)]
    within = any(_common(word.box, frame) for frame in over for line in lines for word in line)
    return DOUBT if over and (within or not lines) else UNPROVEN if over else CEILING


def _is_mixed(texts: Sequence[str]) -> bool:
    """Whether a number has a dash standing apart from it: a sign, a mark for nothing, or left of a rule."""
    return any(map(is_number, texts)) and any(text.strip(DASH) == "" for text in texts)


def _lines_in(rest: Sequence[Run]) -> list[list[list[Box]]]:
    blobs = _boxes(rest)
    return without_dirt(lines_of(blobs, usual_height(blobs)), COLUMN_GAP)


def _read_lines(rest: Sequence[Run], crops: _Crops) -> Iterator[Line]:
    """The lines of prose, a tab where a gap is one between columns."""
    lines = [[enclosing(word) for word in line] for line in _lines_in(rest)]
    read = iter(crops.first_look([box for line in lines for box in line]))
    for line in lines:
        text = "\t".join(found for _ in line if (found := next(read).text.strip()))
        if text:
            _, top, _, bottom = box = enclosing(line)
            yield Line(text, box, bottom - top)
