"""Sets characters into runs, runs into lines, and lines into text: characters with boxes in, lines out.

Nothing here knows a file format or a label. Boxes are (left, top, right, bottom) in points from the page's
top left corner.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from pipeline.readers.printed import raised

Box = tuple[float, float, float, float]

SAME_LINE = 0.45
"""Share of the lower character's height by which two middles may differ on one line."""
WORD_GAP = 0.2
"""Share of a character's height from which a gap parts two runs."""
DECIMAL_GAP = 0.5
"""The same between a digit and a decimal point: a point alone is never a column of its own."""
COLUMN_GAP = 1.5
"""Character widths from which a gap in a line without rules is one between columns."""
LETTER_GAP = 4.0
"""Character heights up to which single characters, evenly apart, are one phrase set wide."""
SMALLER = 0.85
"""Share of the height of the characters before it from which a character is of a smaller size."""
NARROWER = 0.75
"""Share of the width of the digit before it up to which one is of a smaller size: fonts differ by less."""
RAISED = 0.15
"""Share of that height by which the foot of a note's number is raised at least."""
LINE_PITCH = 1.8
"""Character heights from one line of a cell to the next at most."""
BROKEN_PITCH = 2.5
"""The same between the lines of a number in a cell of its own: programs set lines up to one and a half apart."""
CELL_PADDING = 14.0
"""Points that a cell keeps free beside its text at most: office programs set 5.4 on either side."""
LEAST_HEIGHT = 1.0
"""Points a character is at least taken to be high: damaged fonts have characters of no height."""

_CJK = re.compile(
    "[\u2e80-\u303f\u3040-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef‘’“”…—·\U00020000-\U0003ffff]"
)
_DIGITS = re.compile(r"[-+−－＋]?[0-9０-９][0-9０-９,.，．]*[⁰¹²³⁴-⁹]*")
_GROUPED = re.compile(r"[-+−－＋]?[0-9０-９]{1,3}([,，][0-9０-９]{3})+")
_TORN = re.compile(r"[,，][0-9０-９]{0,2}$")
_NUMBERING = re.compile(r"[（(]?[0-9０-９一二三四五六七八九十]{1,3}[)）.．、]")


class Character(NamedTuple):
    """One printed character: its text and its advance box, in the order the file draws it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True)
class Run:
    """Characters set without a gap; `spaced` where the file prints a space before them."""

    characters: list[Character]
    spaced: bool = False

    @property
    def text(self) -> str:
        """The characters' text."""
        return "".join([character[0] for character in self.characters])

    @property
    def left(self) -> float:
        """Left edge of the first character."""
        return self.characters[0][1]

    @property
    def right(self) -> float:
        """Right edge of the last character."""
        return self.characters[-1][3]

    @property
    def top(self) -> float:
        """Top edge of the first character."""
        return self.characters[0][2]

    @property
    def bottom(self) -> float:
        """Bottom edge of the first character."""
        return self.characters[0][4]

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        first = self.characters[0]
        return (first[2] + first[4]) / 2

    @property
    def height(self) -> float:
        """Height of the first character."""
        first = self.characters[0]
        return first[4] - first[2]


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: its text (columns parted by tabs) and where it stands; `height` is a character's."""

    text: str
    box: Box
    height: float


def set_runs(characters: Iterable[Character]) -> list[Run]:
    """Puts characters that follow each other without a gap into runs, and drops white space.

    A character printed twice at one place (how some programs draw bold) is kept once.
    """
    runs: list[Run] = []
    current: list[Character] = []
    spaced = False
    right = middle = reach = least = foot = 0.0
    level = -math.inf
    for character in characters:
        text, left, top, edge, bottom = character
        if text.isspace():
            spaced = True
            continue
        gap = left - right
        if top == level and bottom == foot and not spaced and -reach <= gap <= reach:
            current.append(character)  # As most do: of the same size on the same line.
            right = edge
            continue
        if (
            not spaced
            and current
            and -reach <= gap <= reach
            and abs((top + bottom) / 2 - middle) <= reach
            and (bottom - top >= least or _is_as_wide(character, current))
        ):
            current.append(character)
        elif current and _is_overprint(current[-1], character):
            continue
        elif (
            not spaced
            and current
            and gap <= reach
            and _is_raised(character, foot, least)
            and not _is_as_wide(character, current)
        ):
            current.append(character._replace(text=raised(text)))
            right = edge
            continue
        elif not spaced and current and _is_decimal(current[-1], character, middle):
            current.append(character)
        else:
            current = [character]
            runs.append(Run(current, spaced))
        spaced = False
        right = edge
        middle = (top + bottom) / 2
        reach = (bottom - top) * WORD_GAP
        least = (bottom - top) * SMALLER
        level, foot = top, bottom
    return runs


def _is_raised(character: Character, foot: float, least: float) -> bool:
    """Whether a digit is smaller than the print it stands behind, and raised: the number of a note."""
    height = character.bottom - character.top
    size = least / SMALLER
    return (
        character.text.isdigit()
        and height < least
        and RAISED * size <= foot - character.bottom <= size
        and character.top > foot - 1.5 * size
    )


def _is_as_wide(character: Character, before: Sequence[Character]) -> bool:
    """Whether a digit is as wide as the last one before it, and so of its size.

    Heights do not tell it: programs part a font into several, each with a height of its own. A number in a circle,
    which is a note's, is no such digit.
    """
    last = next((other for other in reversed(before) if other.text.isdecimal()), None)
    if last is None or not character.text.isdecimal():
        return False
    return character.right - character.left > NARROWER * (last.right - last.left)


def _is_overprint(previous: Character, character: Character) -> bool:
    if previous[0] != character[0]:
        return False
    slack = 0.3 * max(previous.right - previous.left, LEAST_HEIGHT)
    return abs(previous.left - character.left) <= slack and abs(previous.top - character.top) <= slack


def _is_decimal(previous: Character, character: Character, middle: float) -> bool:
    before, after = previous[0][0], character[0][-1]
    if not ((before in ".," and after.isdigit()) or (after in ".," and before.isdigit())):
        return False
    height = previous.bottom - previous.top
    # A comma's box may be wider than the way to the next digit.
    near = previous.left < character.left <= previous.right + height * DECIMAL_GAP
    return near and abs((character.top + character.bottom) / 2 - middle) <= height * SAME_LINE


def stack_lines(runs: Sequence[Run]) -> list[list[Run]]:
    """Groups runs into lines from the top down, each from left to right."""
    lines: list[list[Run]] = []
    middle = height = 0.0
    for at, place in sorted([(run.middle, place) for place, run in enumerate(runs)]):
        run = runs[place]
        if lines and at - middle <= max(min(height, run.height), LEAST_HEIGHT) * SAME_LINE:
            lines[-1].append(run)
        else:
            lines.append([run])
            middle, height = at, run.height
    for line in lines:
        if len(line) > 1:
            line.sort(key=lambda run: run.left)
    return lines


def cell_text(runs: Sequence[Run], width: float | None = None) -> str:
    """The text of a cell: its lines from the top down, parted by line breaks; wide gaps are no columns.

    Args:
        runs: What is printed in it.
        width: Its width in points, which tells whether a number was broken over lines for want of room.
    """
    if len(runs) == 1:
        return runs[0].text
    lines = stack_lines(runs)
    is_broken = width is not None and len(lines) > 1 and _is_broken_number(lines, width)
    return ("" if is_broken else "\n").join("".join(_with_separators(line, columns=False)) for line in lines)


def _is_broken_number(lines: Sequence[Sequence[Run]], width: float) -> bool:
    """Whether lines are one number: digits that fill the cell, closely under one another, none longer than above.

    Where one ends behind a comma as no number does, and together they have commas as numbers have, they are one
    however they stand: no line begins with a comma, and so the digit before it goes down with it.
    """
    texts = [run.text for line in lines for run in line]
    whole = "".join(texts)
    if len(texts) > len(lines) or not _DIGITS.fullmatch(whole) or not texts[-1][0].isdigit():
        return False
    if _GROUPED.fullmatch(whole) and any(_TORN.search(text) for text in texts):
        return True
    return all(
        len(upper.text) >= len(lower.text)
        and lower.middle - upper.middle <= BROKEN_PITCH * upper.height
        and width - (upper.right - upper.left) * (1 + 1 / len(upper.text)) < CELL_PADDING
        for (upper,), (lower,) in pairwise(lines)
    )


def print_lines(runs: Sequence[Run]) -> list[Line]:
    """The lines of runs that stand outside tables, a tab where a gap is one between columns."""
    return [_print_line(line) for line in stack_lines(runs)]


def _print_line(line: Sequence[Run]) -> Line:
    box = enclosing([(run.left, run.top, run.right, run.bottom) for run in line])
    height = max(LEAST_HEIGHT, *[run.height for run in line])
    return Line("".join(_with_separators(line, columns=True)), box, height)


def _with_separators(line: Sequence[Run], columns: bool) -> list[str]:
    parts = [line[0].text]
    if columns and _is_letterspaced(line):
        return [run.text for run in line]
    for previous, run in pairwise(line):
        if _is_overprint(previous.characters[0], run.characters[0]) and previous.text == run.text:
            continue
        if columns and _is_column_gap(previous, run, first=previous is line[0]):
            parts.append("\t")
        elif _keeps_space(previous, run):
            parts.append(" ")
        parts.append(run.text)
    return parts


def _is_letterspaced(line: Sequence[Run]) -> bool:
    """Whether a line such as `总  结  报  告` is one phrase set wide: single characters, evenly apart."""
    if len(line) < 2 or not all(len(run.characters) == 1 and _CJK.match(run.text) for run in line):
        return False
    gaps = [after.left - run.right for run, after in pairwise(line)]
    return max(gaps) <= min(1.5 * min(gaps), LETTER_GAP * line[0].height)


def _is_column_gap(previous: Run, run: Run, first: bool) -> bool:
    before, after = previous.characters[-1], run.characters[0]
    wide = max(_width(before), _width(after))
    if run.left - previous.right < COLUMN_GAP * wide:
        return False
    return not (first and _NUMBERING.fullmatch(previous.text))


def _width(character: Character) -> float:
    """The width of a full character at this size: Latin ones are set about half as wide as high."""
    return max(character.right - character.left, 0.8 * (character.bottom - character.top))


def _keeps_space(previous: Run, run: Run) -> bool:
    """Whether a gap is a printed space: beside a Chinese character it is the typesetting's."""
    before, after = previous.characters[-1], run.characters[0]
    if _CJK.match(before.text[-1:]) or _CJK.match(after.text[:1]):
        return False
    return run.spaced or run.left - previous.right > WORD_GAP * previous.height


def join_texts(texts: Sequence[str]) -> str:
    """One text of the lines of a paragraph: a space only between two words that are not Chinese.

    A number is broken where both sides are digits: lines that end full with one and begin with another are
    rarer than programs that break numbers.
    """
    joined = texts[0]
    for text in texts[1:]:
        is_number = joined[-1:].isdigit() and text[:1].isdigit()
        closes_up = is_number or _CJK.match(joined[-1:]) or _CJK.match(text[:1])
        joined += text if closes_up else " " + text
    return joined


def enclosing(boxes: Sequence[Box]) -> Box:
    """The smallest box around all of them."""
    if len(boxes) == 1:
        return boxes[0]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
