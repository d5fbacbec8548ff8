"""Turns what a page paints into rules, and rules that touch into outlines: marks in, outlines out.

Boxes are in points from the page's top left corner.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.document import UnreadableDocumentError
from pipeline.readers.lines import Box

TOLERANCE = 3.0
"""Points within which two rules are one (doubled rules) and two ends touch."""
THIN = 4.0
"""Points up to which a painted rectangle is a rule and not a background."""
LEAST_RULE = 5.0
"""Points below which what is painted is no rule (dots, arrow heads)."""
MAX_RULES = 4000
"""Rules of one direction on a page; drawings have more, tables do not."""


class Mark(NamedTuple):
    """Something painted: a rectangle or, with no width or no height, a line. `white` is not seen on paper."""

    left: float
    top: float
    right: float
    bottom: float
    white: bool = False

    @property
    def is_thin(self) -> bool:
        """Whether it is a rule and not a background."""
        return min(self.right - self.left, self.bottom - self.top) <= THIN

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class Rule(NamedTuple):
    """A rule at one coordinate, from one place to another along the other axis."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Outline:
    """Rules that touch one another: those that run across and those that run down, each sorted."""

    across: tuple[Rule, ...]
    down: tuple[Rule, ...]

    @property
    def box(self) -> Box:
        """The smallest box around the rules."""
        lefts = [rule.start for rule in self.across] + [rule.at for rule in self.down]
        rights = [rule.end for rule in self.across] + [rule.at for rule in self.down]
        tops = [rule.start for rule in self.down] + [rule.at for rule in self.across]
        bottoms = [rule.end for rule in self.down] + [rule.at for rule in self.across]
        return min(lefts), min(tops), max(rights), max(bottoms)

    @property
    def area(self) -> float:
        """The area of the box, in square points."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


def drawn_outlines(marks: Sequence[Mark]) -> list[Outline]:
    """The outlines of what is seen as rules: lines and thin rectangles.

    White ones count where they lie on a coloured background, which they part.

    Raises:
        UnreadableDocumentError: `limit_exceeded` for a drawing with more rules than any table.
    """
    backgrounds = [mark for mark in marks if not mark.white and not mark.is_thin]
    across: list[Rule] = []
    down: list[Rule] = []
    for mark in marks:
        if not mark.is_thin or (mark.white and not lies_in(mark, backgrounds)):
            continue
        width, height = mark.right - mark.left, mark.bottom - mark.top
        if width >= height or (width <= THIN and height <= THIN):
            across.append(Rule((mark.top + mark.bottom) / 2, mark.left, mark.right))
        if height > width or (width <= THIN and height <= THIN):
            down.append(Rule((mark.left + mark.right) / 2, mark.top, mark.bottom))
    return _connected(join_rules(across), join_rules(down))


def edge_outlines(marks: Sequence[Mark]) -> list[Outline]:
    """The outlines that the edges of backgrounds make, and rules that are not seen."""
    across = [Rule(y, mark.left, mark.right) for mark in marks for y in {mark.top, mark.bottom}]
    down = [Rule(x, mark.top, mark.bottom) for mark in marks for x in {mark.left, mark.right}]
    return _connected(join_rules(across), join_rules(down))


def with_edges(outline: Outline, marks: Iterable[Mark]) -> Outline:
    """Adds the edges of backgrounds inside an outline that continue one of its rules."""
    left, top, right, bottom = outline.box
    across, down = list(outline.across), list(outline.down)
    for mark in marks:
        x, y = mark.middle
        if mark.white or mark.is_thin or not (left < x < right and top < y < bottom):
            continue
        across += _continuing(outline.across, (mark.top, mark.bottom), mark.left, mark.right)
        down += _continuing(outline.down, (mark.left, mark.right), mark.top, mark.bottom)
    if len(across) + len(down) == len(outline.across) + len(outline.down):
        return outline
    return Outline(tuple(join_rules(across)), tuple(join_rules(down)))


def _continuing(rules: Sequence[Rule], edges: Iterable[float], start: float, end: float) -> list[Rule]:
    tracks = sorted({rule.at for rule in rules})
    return [Rule(near, start, end) for edge in edges if (near := _nearest(tracks, edge)) is not None]


def _nearest(tracks: Sequence[float], at: float) -> float | None:
    place = bisect_left(tracks, at)
    near = [track for track in tracks[max(place - 1, 0) : place + 1] if abs(track - at) <= TOLERANCE]
    return min(near, key=lambda track: abs(track - at), default=None)


def lies_in(mark: Mark, others: Iterable[Mark]) -> bool:
    """Whether the middle of a mark lies well inside one of the others."""
    x, y = mark.middle
    return any(
        other.left + TOLERANCE < x < other.right - TOLERANCE
        and other.top + TOLERANCE < y < other.bottom - TOLERANCE
        for other in others
    )


def join_rules(rules: list[Rule]) -> list[Rule]:
    """Makes one rule of those that lie together: doubled, overlapping, or broken by small gaps."""
    joined: list[Rule] = []
    for track in _tracks(rules):
        at = (track[0].at + track[-1].at) / 2
        first, *others = sorted(track, key=lambda rule: rule.start)
        start, end = first.start, first.end
        for rule in others:
            if rule.start > end + TOLERANCE:
                joined.append(Rule(at, start, end))
                start, end = rule.start, rule.end
            end = max(end, rule.end)
        joined.append(Rule(at, start, end))
    return [rule for rule in joined if rule.end - rule.start >= LEAST_RULE]


def _tracks(rules: list[Rule]) -> list[list[Rule]]:
    tracks: list[list[Rule]] = []
    for rule in sorted(rules):
        if tracks and rule.at - tracks[-1][0].at <= TOLERANCE:
            tracks[-1].append(rule)
        else:
            tracks.append([rule])
    return tracks


def _connected(across: list[Rule], down: list[Rule]) -> list[Outline]:
    if max(len(across), len(down)) > MAX_RULES:
        raise UnreadableDocumentError(
            "limit_exceeded", what=f"{len(across)} + {len(down)} rules > {MAX_RULES}"
        )
    parents = list(range(len(across) + len(down)))
    places = [rule.at for rule in down]
    for one, rule in enumerate(across):
        first = bisect_left(places, rule.start - TOLERANCE)
        for two in range(first, bisect_right(places, rule.end + TOLERANCE)):
            if down[two].start - TOLERANCE <= rule.at <= down[two].end + TOLERANCE:
                parents[_root(parents, one)] = _root(parents, len(across) + two)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for member, rule in enumerate([*across, *down]):
        sides = groups.setdefault(_root(parents, member), ([], []))
        sides[0 if member < len(across) else 1].append(rule)
    return [Outline(tuple(a), tuple(d)) for a, d in groups.values() if a and d]


def _root(parents: list[int], member: int) -> int:
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member
