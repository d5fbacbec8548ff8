"""Turns what a page paints into rules, and rules that touch into outlines: marks in, outlines out.

Boxes are in points from the page's top left corner.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from pipeline.document import UnreadableDocumentError
from pipeline.readers.layout.lines import Box, Run

TOLERANCE = 3.0
"""Points within which two rules are one (doubled rules) and two ends touch."""
THIN = 4.0
"""Points up to which a painted rectangle is a rule and not a background."""
STRIP = 6.0
"""Points up to which two rules with nothing printed between them bound no row or column."""
MOVED = 0.25
"""Points by which a rule of another table may have moved a track."""
LEANING = 1.0
"""Points by which print may lean over a rule."""
LEAST_RULE = 5.0
"""Points below which what is painted is no rule (dots, arrow heads)."""
SHORT = 0.5
"""Share of the longest rule's length up to which one may strike print through."""
STRUCK = 0.33
"""Share of a character's height within which of its middle a rule strikes it through; others are drawn under it."""
STRUCK_SHARE = 0.7
"""Share of its own length by which such a rule lies over the print."""
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


Strike = tuple[Rule, Run]
"""A rule, and a run that it strikes through."""


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


def backgrounds(marks: Iterable[Mark]) -> list[Mark]:
    """What is seen and too broad for a rule."""
    return [
        mark
        for mark in marks
        if mark[2] - mark[0] > THIN and mark[3] - mark[1] > THIN and not mark[4]  # By place: of thousands.
    ]


def drawn_outlines(marks: Sequence[Mark], grounds: Sequence[Mark]) -> list[Outline]:
    """The outlines of what is seen as rules; see `drawn_rules`."""
    return drawn_rules(marks, grounds, ())[0]


def drawn_rules(
    marks: Sequence[Mark], grounds: Sequence[Mark], runs: Sequence[Run]
) -> tuple[list[Outline], list[Strike]]:
    """The outlines of what is seen as rules, lines and thin rectangles; and those that strike print through.

    White ones count where they lie on one of the backgrounds, which they part, or along its edge: those of two may
    meet there.

    Raises:
        UnreadableDocumentError: `limit_exceeded` for a drawing with more rules than any table.
    """
    across: list[Rule] = []
    down: list[Rule] = []
    for mark in marks:
        left, top, right, bottom, white = mark
        width, height = right - left, bottom - top
        if (width > THIN and height > THIN) or (white and not lies_in(mark, grounds, -LEANING)):
            continue
        is_dot = width <= THIN and height <= THIN
        if width >= height or is_dot:
            across.append(Rule((top + bottom) / 2, left, right))
        if height > width or is_dot:
            down.append(Rule((left + right) / 2, top, bottom))
    return _connected(across, down, runs)


def may_part_columns(marks: Sequence[Mark]) -> bool:
    """Whether edges of backgrounds, or rules that are not seen, may part columns.

    What is seen as rules has made its tables. Grounds behind lines of prose, which office programs paint, stand under
    one another; those of cells stand side by side.
    """
    broad: list[Mark] = []
    for mark in marks:
        if not mark.is_thin:
            broad.append(mark)
        elif mark.white:
            return True
    broad.sort(key=lambda mark: mark.top)
    return any(
        below.top < above.bottom - TOLERANCE
        and (below.left > above.right - TOLERANCE or below.right < above.left + TOLERANCE)
        for above, below in pairwise(broad)
    )


def edge_outlines(marks: Sequence[Mark]) -> list[Outline]:
    """The outlines that the edges of backgrounds make, and rules that are not seen."""
    across = [Rule(y, mark.left, mark.right) for mark in marks for y in {mark.top, mark.bottom}]
    down = [Rule(x, mark.top, mark.bottom) for mark in marks for x in {mark.left, mark.right}]
    return _connected(across, down, ())[0]


def with_edges(outline: Outline, grounds: Iterable[Mark]) -> Outline:
    """Adds the edges of backgrounds inside an outline that continue one of its rules."""
    left, top, right, bottom = outline.box
    inside = [
        ground for ground in grounds if left < ground.middle[0] < right and top < ground.middle[1] < bottom
    ]
    ys = sorted({rule.at for rule in outline.across})
    xs = sorted({rule.at for rule in outline.down})
    across = [rule for x0, y0, x1, y1, _ in inside for rule in _continuing(ys, (y0, y1), x0, x1)]
    down = [rule for x0, y0, x1, y1, _ in inside for rule in _continuing(xs, (x0, x1), y0, y1)]
    if not across and not down:
        return outline
    return Outline(tuple(join_rules([*outline.across, *across])), tuple(join_rules([*outline.down, *down])))


def _continuing(tracks: Sequence[float], edges: Iterable[float], start: float, end: float) -> list[Rule]:
    return [Rule(near, start, end) for edge in edges if (near := _nearest(tracks, edge)) is not None]


def without_strips(outline: Outline, texts: Callable[[], Sequence[Box]]) -> Outline:
    """Makes one rule of two that part a strip too narrow for print: doubled wide, or the gap between boxed cells.

    Args:
        outline: The rules of a table.
        texts: Gives the boxes of what is printed; a strip that one fits into stays.
    """
    xs = sorted({rule.at for rule in outline.down})
    ys = sorted({rule.at for rule in outline.across})
    if not (_has_strip(xs) or _has_strip(ys)):
        return outline
    boxes = texts()
    along = _closed_up(xs, [(box[0], box[2]) for box in boxes])
    down = _closed_up(ys, [(box[1], box[3]) for box in boxes])
    across = tuple(rule._replace(at=down.get(rule.at, rule.at)) for rule in outline.across)
    return Outline(across, tuple(rule._replace(at=along.get(rule.at, rule.at)) for rule in outline.down))


def _has_strip(tracks: Sequence[float]) -> bool:
    return any(after - track <= STRIP for track, after in pairwise(tracks))


def _closed_up(tracks: Sequence[float], texts: Sequence[tuple[float, float]]) -> dict[float, float]:
    """Where tracks go that stand close together with nothing printed between; only those that move."""
    moved: dict[float, float] = {}
    first = 0
    for last in range(1, len(tracks) + 1):
        if last < len(tracks) and tracks[last] - tracks[first] <= STRIP:
            strip = tracks[last - 1] - LEANING, tracks[last] + LEANING
            if not any(strip[0] <= start and end <= strip[1] for start, end in texts):
                continue
        if last - first > 1:
            middle = (tracks[first] + tracks[last - 1]) / 2
            moved.update(dict.fromkeys(tracks[first:last], middle))
        first = last
    return moved


def _nearest(tracks: Sequence[float], at: float) -> float | None:
    place = bisect_left(tracks, at)
    near = [track for track in tracks[max(place - 1, 0) : place + 1] if abs(track - at) <= TOLERANCE]
    return min(near, key=lambda track: abs(track - at), default=None)


def lies_in(mark: Mark, others: Iterable[Mark], slack: float = TOLERANCE) -> bool:
    """Whether the middle of a mark lies inside one of the others, and not as near its edge as `slack`."""
    x0, y0, x1, y1, _ = mark
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    for left, top, right, bottom, _ in others:  # Called for every mark: `any` would take three times as long.
        if left + slack < x < right - slack and top + slack < y < bottom - slack:
            return True
    return False


def join_rules(rules: list[Rule]) -> list[Rule]:
    """Makes one rule of those that lie together: doubled, overlapping, or broken by small gaps."""
    return [rule for rule, _ in _join(rules)]


def _join(rules: list[Rule]) -> list[tuple[Rule, list[Rule]]]:
    """The joined rules, each with those it was made of."""
    joined: list[tuple[Rule, list[Rule]]] = []
    for track in _tracks(rules):
        at = (track[0].at + track[-1].at) / 2
        first, *others = sorted(track, key=lambda rule: rule.start)
        start, end, members = first.start, first.end, [first]
        for rule in others:
            if rule.start > end + TOLERANCE:
                joined.append((Rule(at, start, end), members))
                start, end, members = rule.start, rule.end, []
            members.append(rule)
            end = max(end, rule.end)
        joined.append((Rule(at, start, end), members))
    return [(rule, members) for rule, members in joined if rule.end - rule.start >= LEAST_RULE]


def _tracks(rules: list[Rule]) -> list[list[Rule]]:
    tracks: list[list[Rule]] = []
    for rule in sorted(rules):
        if tracks and rule.at - tracks[-1][0].at <= TOLERANCE:
            tracks[-1].append(rule)
        else:
            tracks.append([rule])
    return tracks


def _connected(
    across: list[Rule], down: list[Rule], runs: Sequence[Run]
) -> tuple[list[Outline], list[Strike]]:
    """The outlines of rules; where there are several, each is joined by itself: no other table moves its tracks.

    Those that strike one of the runs through are of none.
    """
    rows, columns = _join(across), _join(down)
    if max(len(rows), len(columns)) > MAX_RULES:
        raise UnreadableDocumentError(
            "limit_exceeded", what=f"{len(rows)} + {len(columns)} rules > {MAX_RULES}"
        )
    strikes = _strikes([rule for rule, _ in rows], runs)
    # Where the runs are not known, as those of a scan, such a rule may as well be the rest of a worn one.
    hanging = _hanging(rows, [rule for rule, _ in columns]) if runs else set[Rule]()
    no_sides = hanging.union(rule for rule, _ in strikes)
    rows = [row for row in rows if row[0] not in no_sides] if no_sides else rows
    groups = _touching([rule for rule, _ in rows], [rule for rule, _ in columns])
    return [Outline(_chosen(rows, a), _chosen(columns, d)) for a, d in groups], strikes


def _hanging(rows: Sequence[tuple[Rule, list[Rule]]], down: Sequence[Rule]) -> set[Rule]:
    """Short rules that meet no rule down: they are drawn under print, and part no cells."""
    longest = max((rule.end - rule.start for rule, _ in rows), default=0.0)
    places = [rule.at for rule in down]
    return {
        rule for rule, _ in rows if rule.end - rule.start < SHORT * longest and not _meets(rule, down, places)
    }


def _meets(rule: Rule, down: Sequence[Rule], places: Sequence[float]) -> bool:
    """Whether a rule across reaches one of those that run down."""
    first, last = bisect_left(places, rule.start - TOLERANCE), bisect_right(places, rule.end + TOLERANCE)
    return any(other.start - TOLERANCE <= rule.at <= other.end + TOLERANCE for other in down[first:last])


def _strikes(rules: Sequence[Rule], runs: Sequence[Run]) -> list[Strike]:
    """What rules strike through, as tracked changes do what was deleted: short ones, through the middle of print."""
    longest = max((rule.end - rule.start for rule in rules), default=0.0)
    short = [rule for rule in rules if rule.end - rule.start < SHORT * longest]
    if not short or not runs:
        return []
    order = sorted(runs, key=lambda run: run.middle)
    middles = [run.middle for run in order]
    reach = STRUCK * max(run.height for run in runs)
    return [
        (rule, run)
        for rule in short
        for run in order[bisect_left(middles, rule.at - reach) : bisect_right(middles, rule.at + reach)]
        if _is_struck(run, rule)
    ]


def _is_struck(run: Run, rule: Rule) -> bool:
    """Whether a rule is drawn through the middle of a run, and little farther than that."""
    common = min(run.right, rule.end) - max(run.left, rule.start)
    return abs(rule.at - run.middle) < STRUCK * run.height and common > STRUCK_SHARE * (rule.end - rule.start)


def _chosen(joined: Sequence[tuple[Rule, list[Rule]]], places: Sequence[int]) -> tuple[Rule, ...]:
    chosen = [joined[place] for place in places]
    if all(abs(rule.at - (members[0].at + members[-1].at) / 2) < MOVED for rule, members in chosen):
        return tuple(rule for rule, _ in chosen)
    return tuple(join_rules([member for _, members in chosen for member in members]))


def _touching(across: Sequence[Rule], down: Sequence[Rule]) -> list[tuple[list[int], list[int]]]:
    """The places of the rules of each outline: those that run across, and those that run down."""
    parents = list(range(len(across) + len(down)))
    places = [rule.at for rule in down]
    for one, rule in enumerate(across):
        first = bisect_left(places, rule.start - STRIP)
        root = _root(parents, one)
        for two in range(first, bisect_right(places, rule.end + STRIP)):
            if down[two].start - STRIP <= rule.at <= down[two].end + STRIP:
                parents[_root(parents, len(across) + two)] = root
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for member in range(len(parents)):
        sides = groups.setdefault(_root(parents, member), ([], []))
        sides[member >= len(across)].append(member if member < len(across) else member - len(across))
    return [group for group in groups.values() if all(group)]


def _root(parents: list[int], member: int) -> int:
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member
