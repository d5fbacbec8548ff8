"""Hypothesis strategy: a grid cut into cells that span rows and columns, each with its own text."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import strategies as st

Placed = tuple[str, int, int, int, int]
"""Text, row, column, row span, column span."""


@dataclass(frozen=True)
class Tiling:
    """A table: its size and its cells, row by row."""

    height: int
    width: int
    cells: tuple[Placed, ...]

    def starting_in(self, row: int) -> list[Placed]:
        """The cells that start in a row, left to right."""
        return [cell for cell in self.cells if cell[1] == row]

    def owner(self, row: int, column: int) -> Placed:
        """The cell that covers a place."""
        return next(c for c in self.cells if c[1] <= row < c[1] + c[3] and c[2] <= column < c[2] + c[4])


def tiling(seed: int, height: int, width: int) -> Tiling:
    """Cuts a grid at random; the first two rows keep single cells, so that it is a table and no layout."""
    chance = random.Random(seed)
    taken: set[tuple[int, int]] = set()
    cells: list[Placed] = []
    for row in range(height):
        for column in range(width):
            if (row, column) not in taken:
                down, across = (1, 1) if row < 2 else _size(chance, row, column, height, width, taken)
                taken |= {(row + r, column + c) for r in range(down) for c in range(across)}
                cells.append((_text(chance, row, column), row, column, down, across))
    return Tiling(height, width, tuple(cells))


def _size(
    chance: random.Random, row: int, column: int, height: int, width: int, taken: set[tuple[int, int]]
) -> tuple[int, int]:
    across = 1
    while column + across < width and (row, column + across) not in taken and chance.random() < 0.3:
        across += 1
    down = chance.randint(1, height - row) if chance.random() < 0.3 else 1
    return down, across


def _text(chance: random.Random, row: int, column: int) -> str:
    if row >= 2 and chance.random() < 0.25:
        return ""
    return chance.choice(
        [f"项目{row}.{column}", f"{row * 31 + column}", f"a<b & {row}\n第二行{column}", "—", "+1"]
    )


TILINGS = st.builds(tiling, st.integers(0, 2**32), st.integers(2, 9), st.integers(2, 9))
