"""A picture of a page flows in; its lines and ruled tables, with how certain each cell is, flow out.

Tables are cut by their own rules and each cell is read by itself: where a number stands is told by the rules
around it, never by a recogniser's idea of the layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.allowance import renew
from pipeline.readers.lines import Box, Character, Line, Run, enclosing
from pipeline.readers.pages import Page
from pipeline.readers.ruling import RuledCell, RuledGrid, find_grids
from pipeline.readers.scanning.picture import Pixels, prepare
from pipeline.readers.scanning.recogniser import NOTHING, Recognised, Recogniser
from pipeline.readers.scanning.shapes import LEANING, UPRIGHT, contradicts, is_dash, is_number, lean
from pipeline.readers.scanning.strokes import find_strokes
from pipeline.readers.scanning.words import (
    COLUMN_GAP,
    WORD_GAP,
    lines_of,
    usual_height,
    without_dirt,
    without_remains,
)

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
"""The same where there is some dirt in it."""
LEGIBLE = 0.6
"""Certainty from which a word counts as legible."""
WORD_LENGTH = 3
"""Characters from which it does: shorter ones are read as well on their side."""
LEGIBLE_SHARE = 0.4
"""Share of a page's characters that stand in legible words where the page stands upright."""
LEAST_LEGIBLE = 10
"""Characters by which, beyond twice as many, a turned page must be more legible to be believed."""
PALE = 255 * 0.9
"""Brightness below which paper is printed on."""
SMEAR = 1.2
"""Points over which brightness is taken, so that no noise is print."""
LEAST_PRINT = 3.0
"""Points from which pale ink is print and no dirt."""
EDGE = 2.0
"""Points along a cell's edges that are its rules' business."""
CEILING = 0.99
"""The most certainty of what is recognised and not told by the file."""
DASH = "—"
_PLACEHOLDER = "□"


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page as read.

    Attributes:
        page: Its lines and tables.
        certainties: How certain the text of each cell is, by the cell's box on the page as shown.
        legible: Characters in words that were read with some certainty: few where the page lies on its side.
        characters: All characters read.
    """

    page: Page
    certainties: Mapping[Box, float]
    legible: int
    characters: int


@dataclass(slots=True)
class _Word:
    """A word of a cell: its blobs, and what they read."""

    blobs: Sequence[Box]
    read: Recognised = NOTHING

    @property
    def box(self) -> Box:
        """Around all of its blobs."""
        return enclosing(self.blobs)


def read_page(
    grey: Pixels, dpi: float | None, number: int, recogniser: Recogniser, *, tables_only: bool = False
) -> ReadPage | None:
    """Reads a page.

    Args:
        grey: Brightness by row and column.
        dpi: Dots per inch, None where it is not known.
        number: The page's number, from 1.
        recogniser: What reads lines of print.
        tables_only: Whether a page without a ruled table is passed over, and None is the answer.

    Raises:
        UnreadableDocumentError: `limit_exceeded` for more rules or cells than a page of tables can have.
    """
    renew()  # a page of print takes seconds, and a report may have dozens
    upright = _read_turned(grey, dpi, number, recogniser, 0, tables_only)
    if upright is None or upright.legible >= LEGIBLE_SHARE * upright.characters:
        return upright
    turned = [_read_turned(grey, dpi, number, recogniser, turns, tables_only) for turns in (1, 3, 2)]
    best = max((read for read in turned if read is not None), key=lambda read: read.legible, default=upright)
    return best if best.legible > 2 * upright.legible + LEAST_LEGIBLE else upright


def _read_turned(
    grey: Pixels, dpi: float | None, number: int, recogniser: Recogniser, turns: int, tables_only: bool
) -> ReadPage | None:
    """Reads a page after so many quarter turns to the left."""
    sheet = prepare(np.ascontiguousarray(np.rot90(grey, turns)), dpi)
    strokes = find_strokes(sheet)
    grids, rest = find_grids(strokes.marks, [_run(blob, _PLACEHOLDER) for blob in strokes.blobs])
    if tables_only and not grids:
        return None
    crops = _Crops(strokes.grey, sheet.scale, usual_height(strokes.blobs), recogniser)
    certainties = list(_read_cells(grids, crops))
    lines = tuple(_read_lines(rest, crops))
    page = Page(number, sheet.width, sheet.height, lines, tuple(grids), turns)
    shown = {page.shown(box): certainty for box, certainty in certainties}
    legible = sum(len(found.text) for found in crops.seen if _is_legible(found))
    return ReadPage(page, shown, legible, sum(len(found.text) for found in crops.seen))


def _is_legible(read: Recognised) -> bool:
    return len(read.text) >= WORD_LENGTH and read.certainty >= LEGIBLE


def _run(box: Box, text: str) -> Run:
    return Run([Character(text, *box)])


def _boxes(runs: Sequence[Run]) -> list[Box]:
    return [(run.left, run.top, run.right, run.bottom) for run in runs]


@dataclass(frozen=True, slots=True)
class _Crops:
    """Reads words out of a page whose characters are about `usual` points high."""

    grey: Pixels
    scale: float
    usual: float
    recogniser: Recogniser
    seen: list[Recognised] = field(default_factory=list)
    """All that was read; second views of words do not count."""

    def read(self, boxes: Sequence[Box], margin: float) -> list[Recognised]:
        """What stands in some boxes, each set on white of `margin` line heights."""
        read = self.recogniser.read([self._cut(box, margin) for box in boxes])
        if margin == VIEWS[0]:
            self.seen.extend(read)
        return read

    def is_faint(self, box: Box) -> bool:
        """Whether something is printed in a box, however pale."""
        inside = self.ink_of((box[0] + EDGE, box[1] + EDGE, box[2] - EDGE, box[3] - EDGE))
        if inside.size == 0:
            return False
        smear = max(1, round(SMEAR * self.scale)) | 1
        pale = (cv2.blur(inside, (smear, smear)) < PALE).astype(np.uint8)
        sizes = cv2.connectedComponentsWithStats(pale, connectivity=8)[2][1:, 2:4]
        return bool((sizes >= LEAST_PRINT * self.scale).any())

    def ink_of(self, box: Box) -> Pixels:
        """The pixels of a box."""
        left, top, right, bottom = (round(edge * self.scale) for edge in box)
        return self.grey[max(top, 0) : bottom, max(left, 0) : right].astype(np.float32)

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
    words = [[[_Word(blobs) for blobs in line] for line in _words_in(cell, usual)] for cell, usual in cells]
    flat = [word for lines in words for line in lines for word in line]
    for word, read in zip(flat, crops.read([word.box for word in flat], VIEWS[0]), strict=True):
        word.read = read
    short = [word for word in flat if len(word.read.text) <= SHORT]
    again = crops.read([word.box for word in short], VIEWS[1])
    for word, second in zip(short, again, strict=True):
        word.read = _proven(_agreed(word.read, second), word, crops)
    for (cell, _), lines in zip(cells, words, strict=True):
        yield cell.box, _settle(cell, lines, crops)


def _cells_of(grid: RuledGrid) -> Iterator[tuple[RuledCell, float]]:
    """The cells of a table, with the usual height of its characters."""
    cells = [cell for row in grid.rows for cell in row]
    usual = usual_height([box for cell in cells for box in _boxes(cell.runs)])
    return ((cell, usual) for cell in cells)


def _words_in(cell: RuledCell, usual: float) -> list[list[list[Box]]]:
    return without_dirt(lines_of(without_remains(_boxes(cell.runs), cell.box), usual), WORD_GAP)


def _agreed(first: Recognised, second: Recognised) -> Recognised:
    """One reading of two: as certain as the surer where they agree, else hardly."""
    if first.text == second.text:
        return Recognised(first.text, max(first.certainty, second.certainty))
    surer = max(first, second, key=lambda read: read.certainty)
    return Recognised(surer.text, min(surer.certainty, DOUBT))


def _proven(read: Recognised, word: _Word, crops: _Crops) -> Recognised:
    """A reading held against the ink: lone strokes are told by their shape, numbers by their characters."""
    if is_dash(read.text, word.blobs):
        return Recognised(DASH, CEILING)
    if len(word.blobs) == 1 and (read.text == "1" or (len(read.text) <= 1 and not is_number(read.text))):
        leaning = lean(crops.ink_of(word.box))
        if abs(leaning) >= LEANING:
            return Recognised("/" if leaning > 0 else "\\", CEILING)
        if read.text == "1" and abs(leaning) > UPRIGHT:
            return Recognised(read.text, min(read.certainty, DOUBT))
    if is_number(read.text) and contradicts(read.text, word.blobs):
        return Recognised(read.text, min(read.certainty, DOUBT))
    return read


def _settle(cell: RuledCell, lines: Sequence[Sequence[_Word]], crops: _Crops) -> float:
    """Gives a cell its words for its blobs; how certain they are."""
    if not lines:
        certainty = DIRT_CERTAINTY if cell.runs else BLANK_CERTAINTY
        cell.runs.clear()
        return DOUBT if crops.is_faint(cell.box) else certainty
    runs: list[Run] = []
    certainty = CEILING
    for line in lines:
        _, top, _, bottom = enclosing([word.box for word in line])
        for word in line:
            certainty = min(certainty, word.read.certainty)
            if text := word.read.text.strip():
                # Words of one line get one height, so that they are put on one line again.
                runs.append(_run((word.box[0], top, word.box[2], bottom), text))
    cell.runs[:] = runs
    return min(certainty, DOUBT) if _is_mixed([run.text for run in runs]) else certainty


def _is_mixed(texts: Sequence[str]) -> bool:
    """Whether a number has a dash standing apart from it: a sign, a mark for nothing, or left of a rule."""
    return any(map(is_number, texts)) and any(text.strip(DASH) == "" for text in texts)


def _read_lines(rest: Sequence[Run], crops: _Crops) -> Iterator[Line]:
    """The lines of prose, a tab where a gap is one between columns."""
    blobs = _boxes(rest)
    lines = [
        [enclosing(word) for word in line]
        for line in without_dirt(lines_of(blobs, usual_height(blobs)), COLUMN_GAP)
    ]
    read = iter(crops.read([box for line in lines for box in line], VIEWS[0]))
    for line in lines:
        text = "\t".join(found for _ in line if (found := next(read).text.strip()))
        if text:
            _, top, _, bottom = box = enclosing(line)
            yield Line(text, box, bottom - top)
