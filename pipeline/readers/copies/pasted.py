"""Lines of a page that a browser copied flow in, the same with a row a line flow out.

Where a page's cells hold paragraphs, a browser writes each on lines of its own, with a tab alone on a line between two
cells and empty lines between two rows; where they hold bare text it writes a row a line, which is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Line = tuple[int, str]

LEAST_TABS = 3
"""Tabs alone on their lines, from which they part cells."""
ROW_GAP = 2
"""Empty lines from which a row ends; between two paragraphs of a cell stands one at most."""
_TAB = "\t"
_VALUE = re.compile(r"[^\u4e00-\u9fff]{0,24}(?:[万亿]?元|[件个项条次人]|无)?")
_HEADING = re.compile(r"\s*[一二三四五六七]、.*(?:情况|事项|问题|措施|安排|打算)\W*")
"""A section's heading; labels of the form begin alike and end otherwise."""


def rows_a_line(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines with each row on the line it begins on, its cells joined by tabs; as they are where none are parted so.

    Args:
        lines: Each with its number, without its end.
    """
    tabs = [line for _, line in lines if _TAB in line]
    if len(tabs) < LEAST_TABS or any(line.strip(" ") != _TAB for line in tabs):
        return lines
    return [line for row, follows in _rows(lines) for line in _written(row, follows=follows)]


def _rows(lines: Sequence[Line]) -> Iterator[tuple[list[list[Line]], bool]]:
    """The rows, of prose those of one cell, each with whether a row of several stands right before it."""
    row: list[list[Line]] = [[]]
    gap = 0
    follows = False
    for number, line in lines:
        text = line.strip(" ")
        if not text:
            gap += 1
            continue
        is_new = gap >= ROW_GAP
        gap = 0
        if is_new or (text != _TAB and _is_over(row, text)):
            yield row, follows
            follows, row = is_new and len(row) > 1 and not _HEADING.fullmatch(text), [[]]
        if text == _TAB:
            row.append([])
        else:
            row[-1].append((number, line))
    yield row, follows


def _is_over(row: Sequence[Sequence[Line]], text: str) -> bool:
    """Whether a line is behind a table: its last cell has its value already, or is blank and a heading follows."""
    if len(row) == 1:
        return False
    return bool(_VALUE.fullmatch(row[-1][0][1].strip()) if row[-1] else _HEADING.fullmatch(text))


def _written(row: Sequence[Sequence[Line]], *, follows: bool) -> Iterator[Line]:
    """A row as a line, or the lines of prose; what stands before the first cell of a table is prose, too."""
    if len(row) == 1:
        yield from row[0]
        return
    first = row[0]
    if not follows:
        yield from first[:-1]
        first = first[-1:]
    cells = [first, *row[1:]]
    if numbers := [number for cell in cells for number, _ in cell]:
        yield numbers[0], _TAB.join("".join(line.strip() for _, line in cell) for cell in cells)
