"""A page that was bent, or photographed at a slant, flows in; the page with its rules straight flows out.

Rules are straight on paper. Where they are found bowed, or to converge, one smooth field of shifts makes all of them
level and upright again, and moves the print between them along. Pages whose rules lie straight pass untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

Pixels = Any
Mask = Any
Places = Any
"""Pixels along a rule and pixels across it, a row each."""
TRACE = 12.0
"""Points of a rule that are level enough, however much it leans as a whole; strokes of characters are shorter."""
LONG = 60.0
"""Points from which what hangs together is a rule that tells how the page lies."""
JOIN = 3.0
"""Points by which a rule may be broken."""
THICK = 3.5
"""Points up to which a stroke is thin."""
EVERY = 6.0
"""Points along a rule after which it is measured again."""
LEAST_RULES = 3
BENT = 0.6
"""Points by which rules stray from straight from which a page is made flat: those that find tables allow for less."""
BETTER = 0.4
"""Share of it that may be left after that; where more is, these were no rules, or it is no page."""
MOST = 95.0
"""Per cent of the places on rules that stray by no more than what is taken for what they stray by."""
ALONG, ACROSS = 4, 2
"""The highest powers of the places along and across rules that shifts are made of."""
STIFF = 1e-4
"""How much shifts are held back where no rule says otherwise."""
GRID = 16
"""Pixels between the places for which shifts are worked out."""
COARSE_SCALE = 1.35
"""Pixels per point that are enough to see how a rule runs."""


@dataclass(frozen=True, slots=True)
class _Field:
    """By how many pixels each place is shifted across the rules of one direction.

    Attributes:
        powers: The powers of the places along and across, by term.
        weights: Of the terms.
        bounds: The first and the last place that rules tell of, along and across; beyond, shifts stay the same.
        size: Pixels along and across of the page.
    """

    powers: Sequence[tuple[int, int]]
    weights: Any
    bounds: tuple[tuple[float, float], tuple[float, float]]
    size: tuple[int, int]

    def at(self, along: Any, across: Any) -> Any:
        """The shifts at some places."""
        held = [np.clip(part, *bound) for part, bound in zip((along, across), self.bounds, strict=True)]
        u, v = (2 * part / size - 1 for part, size in zip(held, self.size, strict=True))
        return sum(weight * u**i * v**j for weight, (i, j) in zip(self.weights, self.powers, strict=True))


def flattened(even: Pixels, ink: Mask, scale: float) -> Pixels:
    """A page with its rules straight; the page itself where they are.

    Args:
        even: Brightness, 255 for paper.
        ink: 1 where there is ink.
        scale: Pixels per point.
    """
    height, width = even.shape
    level = _field(_rules(ink, scale), (width, height), scale)
    upright = _field(_rules(np.ascontiguousarray(ink.T), scale), (height, width), scale)
    if level is None and upright is None:
        return even
    x, y = from_x, from_y = np.meshgrid(*(GRID * np.arange(side // GRID + 2) for side in (width, height)))
    for _ in range(3):  # Shifts are told for where things were, and asked for where they come to stand.
        from_x, from_y = (
            x - (upright.at(from_y, from_x) if upright else 0),
            y - (level.at(from_x, from_y) if level else 0),
        )
    x_map, y_map = (_between(part, even.shape) for part in (from_x, from_y))
    return cv2.remap(even, x_map, y_map, interpolation=cv2.INTER_CUBIC, borderValue=255)


def _between(part: Any, shape: tuple[int, int]) -> Any:
    """What is known each so many pixels, for each pixel."""
    x, y = np.meshgrid(*(np.arange(side, dtype=np.float32) / GRID for side in (shape[1], shape[0])))
    return cv2.remap(part.astype(np.float32), x, y, interpolation=cv2.INTER_LINEAR)


def _rules(ink: Mask, scale: float) -> list[Places]:
    """How each long level rule runs."""
    by = max(1, int(scale / COARSE_SCALE))
    if by > 1:
        ink = (cv2.resize(ink * 255, None, fx=1 / by, fy=1 / by, interpolation=cv2.INTER_AREA) > 60).astype(
            np.uint8
        )
    return [by * places for places in _traced(ink, scale / by)]


def _traced(ink: Mask, scale: float) -> Iterator[Places]:
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    level = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, int(TRACE * scale)), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((1, int(JOIN * scale)), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    step = max(1, int(EVERY * scale))
    for number, (left, top, width, height, area) in enumerate(stats[1:], 1):
        if width < LONG * scale or area > (THICK * scale + 2) * width:
            continue
        own = labels[top : top + height, left : left + width : step] == number
        deep = own.sum(axis=0)
        across = (own * np.arange(top, top + height)[:, None]).sum(axis=0) / np.maximum(deep, 1)
        along = np.arange(left, left + width, step)
        yield np.stack([along[deep > 0], across[deep > 0]]).astype(np.float64)


def _field(rules: Sequence[Places], size: tuple[int, int], scale: float) -> _Field | None:
    """The shifts that make rules straight; None where they are, or where no smooth shifts do."""
    if len(rules) < LEAST_RULES:
        return None
    strays = np.concatenate([rule[1] - rule[1].mean() for rule in rules])
    before = np.percentile(np.abs(strays), MOST)
    if before < BENT * scale:
        return None
    powers = [(i, j) for i in range(1, ALONG + 1) for j in range(ACROSS + 1)]
    units = [[2 * part / side - 1 for part, side in zip(rule, size, strict=True)] for rule in rules]
    terms = [np.stack([u**i * v**j for i, j in powers], axis=1) for u, v in units]
    centred = np.concatenate([part - part.mean(axis=0) for part in terms])
    held = centred.T @ centred + STIFF * len(centred) * np.eye(len(powers))
    weights = -np.linalg.solve(held, centred.T @ strays)
    if np.percentile(np.abs(strays + centred @ weights), MOST) > BETTER * before:
        return None
    ends = [np.concatenate([rule[axis] for rule in rules]) for axis in (0, 1)]
    bounds = [(float(part.min()), float(part.max())) for part in ends]
    return _Field(powers, weights, (bounds[0], bounds[1]), size)
