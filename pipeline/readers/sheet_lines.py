"""Lines of a sheet's copy flow in, the same with each row on one line flow out.

Spreadsheets write a cell that holds line breaks over as many lines, in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.readers.pasted import Line

MOST_LINES = 40
"""Lines of one cell at most."""
_OPEN = re.compile(r'(?:^|[\t,;])\s*"(?:[^"]|"")*$')
_SHUT = re.compile(r'^(?:[^"]|"")*"\s*(?:$|[\t,;])')
_SIDES = "\t,;"


def with_whole_cells(lines: Sequence[Line]) -> list[Line]:
    """The lines, those that a quoted cell is written over as one, with their breaks; a mark must stand beside it.

    Args:
        lines: Each with its number, without its end.
    """
    if not any(_OPEN.search(line) for _, line in lines):
        return list(lines)
    return list(_whole(lines))


def unquoted(cell: str) -> str:
    """The text of a cell without the quotes that a sheet writes around it for its line breaks."""
    is_quoted = "\n" in cell and cell[:1] == cell[-1:] == '"'
    return cell[1:-1].replace('""', '"').strip() if is_quoted else cell


def _whole(lines: Sequence[Line]) -> Iterator[Line]:
    place = 0
    while place < len(lines):
        end = _end(lines, place)
        yield lines[place][0], "\n".join(line for _, line in lines[place:end])
        place = end


def _end(lines: Sequence[Line], start: int) -> int:
    """Behind the last of the lines that belong together; those of one that opens no cell are it alone."""
    place = start
    while _OPEN.search(lines[place][1]):
        shut = _shut(lines, place)
        if shut is None:
            break
        place = shut
    return place + 1


def _shut(lines: Sequence[Line], opened: int) -> int | None:
    """Where the cell is closed that a line leaves open; None where no mark stands on either side of it."""
    for place in range(opened + 1, min(opened + MOST_LINES, len(lines))):
        line = lines[place][1]
        if '"' in line:
            is_parted = any(mark in lines[opened][1] or mark in line for mark in _SIDES)
            return place if is_parted and _SHUT.match(line) else None
    return None
