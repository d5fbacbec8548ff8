"""What was taken for rules flows in; the rules of tables, and what lies over them, flow out. Boxes are in points.

Boxes pave a table: inside it each rule ends at others, and none turns. Where one turns, a stamp's frame lies over the
table, and where one leans though the page is upright; one that reaches no other is a stroke of a pen or a character.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.readers.layout.lines import Box, enclosing
from pipeline.readers.layout.rules import STRIP, TOLERANCE, Mark, Outline, Rule, drawn_outlines

MOST_OF_TABLE = 0.5
"""Share of a table's width up to which a level rule that turns inside it is a frame's: stamps are small."""

MOST_RULES = 600
"""Rules from which a page shows a drawing, and none are compared: tables of the form have about a hundred."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What was taken for rules.

    Attributes:
        rules: Of tables.
        loose: Strokes that part nothing.
        frames: The boxes of stamps' frames that lie over tables.
        broken: Along the whole table, where level rules of it break off: which row is which is not certain there.
    """

    rules: tuple[Mark, ...]
    loose: tuple[Mark, ...]
    frames: tuple[Box, ...]
    broken: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class _Placed:
    """A rule of a table, with those that run along as it does and those that may cross it.

    Attributes:
        rule: The rule.
        is_level: Whether it is level.
        along: The others of its direction.
        crossing: Those of the other direction.
        within: Where the table begins and ends, along the rule and across it.
    """

    rule: Rule
    is_level: bool
    along: tuple[Rule, ...]
    crossing: tuple[Rule, ...]
    within: tuple[tuple[float, float], tuple[float, float]]

    @property
    def inner_ends(self) -> list[float]:
        """Its ends that lie inside the table."""
        return [end for end in (self.rule.start, self.rule.end) if _is_within(end, self.within[0])]

    def met_at(self, end: float) -> list[Rule]:
        """The rules that it meets at one of its ends."""
        return [
            other
            for other in self.crossing
            if abs(other.at - end) <= TOLERANCE and _reaches(other, self.rule.at)
        ]

    def is_made_of(self, mark: Mark) -> bool:
        """Whether a mark is a part of it."""
        x, y = mark.middle
        at, along = (y, x) if self.is_level else (x, y)
        lies_so = self.is_level is (mark.right - mark.left >= mark.bottom - mark.top)
        return lies_so and abs(at - self.rule.at) <= TOLERANCE and self.rule.start <= along <= self.rule.end


def sort_out(marks: Sequence[Mark], *, whole: bool = True) -> Sorted:
    """Parts the rules of tables from the frames of stamps and from strokes that part nothing.

    Where rules are not `whole`, as dashed and pale ones, pieces of them that hang from another count as rules.
    """
    outlines = drawn_outlines(marks, ()) if len(marks) <= MOST_RULES else []
    tables = [list(_placed(outline)) for outline in outlines]
    free = [one for table in tables for one in table if _is_loose(one, whole)]
    loose = _parts(marks, free)
    framing = [one for table in tables for one in _framing(table)]
    leaning = [mark for mark in marks if outlines and not mark.is_thin]
    frames = [*leaning, *_parts(marks, framing)]
    rules = tuple(mark for mark in marks if mark not in loose and mark not in frames)
    broken = [
        (one.within[0][0], one.rule.at - TOLERANCE, one.within[0][1], one.rule.at + TOLERANCE)
        for table in tables
        for one in table
        if one.is_level and _free_ends(one) and one not in framing and one not in free
    ]
    return Sorted(rules, tuple(loose), tuple(_together(frames)), tuple(broken))


def _placed(outline: Outline) -> Iterator[_Placed]:
    left, top, right, bottom = outline.box
    for is_level, rules, crossing in (
        (True, outline.across, outline.down),
        (False, outline.down, outline.across),
    ):
        sides = ((left, right), (top, bottom)) if is_level else ((top, bottom), (left, right))
        for rule in rules:
            yield _Placed(
                rule, is_level, tuple(other for other in rules if other is not rule), crossing, sides
            )


def _parts(marks: Sequence[Mark], rules: Sequence[_Placed]) -> list[Mark]:
    return [mark for mark in marks if any(rule.is_made_of(mark) for rule in rules)]


def _free_ends(placed: _Placed) -> list[float]:
    """The ends of a rule inside its table at which it meets no other."""
    return [end for end in placed.inner_ends if not placed.met_at(end)]


def _is_loose(placed: _Placed, whole: bool) -> bool:
    """Whether a rule ends freely inside a table, and none goes on in line: between two others, or at both its ends."""
    free = _free_ends(placed)
    if not free or any(abs(other.at - placed.rule.at) <= TOLERANCE for other in placed.along):
        return False
    met = [other for other in placed.crossing if _meets(placed.rule, other)]
    return len(free) > 1 or (whole and len(met) < 2)


def _framing(placed: Sequence[_Placed]) -> list[_Placed]:
    """The rules of a table that turn inside it, and those that end at such alone; none where no other crosses them."""
    turning = [one.rule for level in placed if level.is_level for one in _turning(level, placed)]
    others = [one for one in placed if one.rule not in turning]
    if not any(_crosses(one.rule, other) for one in others for other in one.crossing if other in turning):
        return []  # Boxes that stand beside one another have corners, too.
    return [one for one in placed if one.rule in turning or _hangs_on(one, turning)]


def _turning(level: _Placed, placed: Sequence[_Placed]) -> Iterator[_Placed]:
    """A level rule and the upright ones in which it goes on, where both end at a corner that is none of the table's."""
    (left, right), _ = level.within
    if level.rule.end - level.rule.start > MOST_OF_TABLE * (right - left):
        return
    if not _is_within(level.rule.at, level.within[1]):
        return
    met = [level.met_at(end) for end in (level.rule.start, level.rule.end)]
    sides = [one[0] for one in met if len(one) == 1 and not _passes(one[0], level.rule.at, STRIP)]
    if sides:
        yield from (level, *(one for one in placed if one.rule in sides))


def _hangs_on(placed: _Placed, turning: Sequence[Rule]) -> bool:
    """Whether an end of a rule meets nothing but rules that turn, and it goes on no farther than they do."""
    at = [rule.at for rule in placed.crossing if rule in turning]
    if not at or placed.rule.start < min(at) - TOLERANCE or max(at) + TOLERANCE < placed.rule.end:
        return False
    ends = [placed.met_at(end) for end in (placed.rule.start, placed.rule.end)]
    return any(met and all(other in turning for other in met) for met in ends)


def _crosses(one: Rule, other: Rule) -> bool:
    """Whether two rules cross such that each goes on beyond the other."""
    return _passes(one, other.at, TOLERANCE) and _passes(other, one.at, TOLERANCE)


def _meets(one: Rule, other: Rule) -> bool:
    return _reaches(one, other.at) and _reaches(other, one.at)


def _passes(rule: Rule, at: float, by: float) -> bool:
    return rule.start + by < at < rule.end - by


def _reaches(rule: Rule, at: float) -> bool:
    return rule.start - TOLERANCE <= at <= rule.end + TOLERANCE


def _is_within(at: float, sides: tuple[float, float]) -> bool:
    return sides[0] + TOLERANCE < at < sides[1] - TOLERANCE


def _together(marks: Iterable[Mark]) -> list[Box]:
    """The boxes around marks that lie over one another."""
    boxes: list[Box] = []
    for mark in marks:
        box: Box = mark[:4]
        while near := [other for other in boxes if _touch(box, other)]:
            boxes = [other for other in boxes if other not in near]
            box = enclosing([box, *near])
        boxes.append(box)
    return boxes


def _touch(one: Box, other: Box) -> bool:
    across = max(one[0], other[0]) <= min(one[2], other[2]) + TOLERANCE
    return across and max(one[1], other[1]) <= min(one[3], other[3]) + TOLERANCE
