"""Lines of a sheet's copy flow in, the same with each row on one line, its cells joined by tabs, flow out.

Spreadsheets write a cell that holds line breaks over as many lines, in quotes. Where they join cells by commas, they
write as many in each line, also behind a title that is the only cell of its row.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from pipeline.readers.copies.pasted import Line

MOST_LINES = 200
"""Lines of one row at most."""
LEAST_ROWS, LEAST_WIDTH = 10, 4
"""Rows and columns of a sheet parted by commas; prose may hold as many in a few lines."""
LONGEST_ROW = 20_000
_OPEN = re.compile(r'(?:^|[\t,;])\s*"(?:[^"]|"")*$')
_BESIDE = re.compile(r'[\t,;]\s*"|"\s*[\t,;]')
"""A quote that opens or closes a cell beside another."""


def with_whole_cells(lines: Sequence[Line]) -> list[Line]:
    """The lines, those over which quoted cells are written as one, with their breaks.

    Args:
        lines: Each with its number, without its end.
    """
    whole: list[Line] = []
    place = 0
    while place < len(lines):
        end = _end(lines, place)
        whole.append((lines[place][0], "\n".join(line for _, line in lines[place:end])))
        place = end
    return whole


def with_tabs(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines with cells joined by tabs where commas, or semicolons, part as many in nearly all; else as they are.

    Args:
        lines: Each with its number, without its end; a row's breaks stand in quotes.
    """
    rows = [(number, line) for number, line in lines if line.strip()]
    if len(rows) < LEAST_ROWS or any(len(line) > LONGEST_ROW for _, line in rows):
        return lines
    for mark in ",;":
        widths = Counter(line.count(mark) for _, line in rows)
        if 2 * widths.most_common(1)[0][1] < len(rows):
            continue  # Cells in quotes may hold the mark: half of the rows must do without.
        cells = [(number, _cells(line, mark)) for number, line in rows]
        width, count = Counter(len(row) for _, row in cells).most_common(1)[0]
        if width >= LEAST_WIDTH and 10 * count >= 9 * len(cells):
            return [(number, "\t".join(cell.replace("\t", " ") for cell in row)) for number, row in cells]
    return lines


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:  # A break that no quotes of this mark's hold.
        return []


def unquoted(cell: str) -> str:
    """The text of a cell without the quotes that a sheet writes around it for its line breaks."""
    is_quoted = "\n" in cell and cell[:1] == cell[-1:] == '"'
    return cell[1:-1].replace('""', '"').strip() if is_quoted else cell


def _end(lines: Sequence[Line], start: int) -> int:
    """Behind the last line of a row: all quotes that it opens are closed; a line that opens none is it alone."""
    quotes = 0
    if not _OPEN.search(lines[start][1]):
        return start + 1
    for place in range(start, min(start + MOST_LINES, len(lines))):
        quotes += lines[place][1].count('"')
        if quotes % 2 == 0:
            is_parted = any(_BESIDE.search(line) for _, line in lines[start : place + 1])
            return place + 1 if is_parted else start + 1
    return start + 1
