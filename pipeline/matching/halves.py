"""The rows of one table in, which a page may be too narrow for; rows whole again out.

Offices then print some of the columns in one table and the rest in the next, each with the labels of all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from pipeline.document import Cell
from pipeline.matching.copies import Entry
from pipeline.matching.rows import HeaderLabel

Part = list[Entry]


def whole_rows(entries: Sequence[Entry]) -> list[Entry]:
    """The rows of one table with the values of its parts side by side joined, row by row.

    Parts are joined where each names columns of its own, has as many values in a row, and the same rows.
    """
    headers = {id(entry.header): entry for entry in entries if entry.row.meanings}
    if len({_columns(entry) for entry in headers.values()}) < 2:
        return list(entries)
    joined: list[Part] = []
    for part in _parts(entries):
        whole = _joined(joined[-1], part) if joined else None
        if whole is not None:
            joined[-1] = whole
        else:
            joined.append(part)
    return [entry for part in joined for entry in part]


def _parts(entries: Sequence[Entry]) -> Iterator[Part]:
    """The rows cut wherever other columns stand over them than over those before; rows without numbers go on."""
    told: dict[int, frozenset[tuple[str, str]]] = {}
    columns = [told.get(id(e.header)) or told.setdefault(id(e.header), _columns(e)) for e in entries]
    for place in range(len(entries) - 2, -1, -1):
        if not _names(entries[place]) and not entries[place].row.numeric:
            columns[place] = columns[place + 1]
    for _, part in groupby(zip(columns, entries, strict=True), key=lambda pair: pair[0]):
        yield [entry for _, entry in part]


def _columns(entry: Entry) -> frozenset[tuple[str, str]]:
    """The columns that the header over a row names, as the block and key of every variant that knows them."""
    return frozenset((m.block, m.key) for h in entry.header for m in h.meanings if m.axis == "column")


def _joined(left: Part, right: Part) -> Part | None:
    """Two parts as one; None where they are no halves of the same rows."""
    one, other = dict(_named(left)), dict(_named(right))
    if not _columns(left[-1]) or not _columns(right[-1]) or _columns(left[-1]) & _columns(right[-1]):
        return None
    if not one or one.keys() != other.keys() or not (_is_full(left) and _is_full(right)):
        return None
    headers: dict[int, tuple[HeaderLabel, ...]] = {}
    whole: Part = []
    for entry in left:
        names = _names(entry)
        if not names:
            whole.append(entry)
            continue
        beside = other[names]
        header = headers.setdefault(id(entry.header), (*entry.header, *_moved(beside.header, entry.header)))
        row = entry.row._replace(values=(*_values(entry), *_values(beside)))
        whole.append(entry._replace(row=row, header=header))
    return [*whole, *(entry for entry in right if not _names(entry) and entry.row.numeric)]


def _named(part: Part) -> Iterator[tuple[frozenset[str], Entry]]:
    yield from ((names, entry) for entry in part if (names := _names(entry)))


def _names(entry: Entry) -> frozenset[str]:
    """What names a row down the side of the form."""
    return frozenset(m.key for m in entry.row.meanings if m.axis == "row")


def _is_full(part: Part) -> bool:
    """Whether each row of a part is named once and has a cell for each column over it."""
    rows = list(_named(part))
    return len(dict(rows)) == len(rows) and all(
        len(_values(entry)) == len(_columns_over(entry)) for _, entry in rows
    )


def _values(entry: Entry) -> tuple[Cell, ...]:
    """A row's values without the surplus of blanks on either side of the columns: cells that labels left empty."""
    over = _columns_over(entry)
    values = list(entry.row.values)
    if not over:
        return tuple(values)
    first = min(cell.column for cell in over)
    while len(values) > len(over) and values[0].column < first and not values[0].text.strip():
        del values[0]
    end = max(cell.column + cell.column_span for cell in over)
    while len(values) > len(over) and values[-1].column >= end and not values[-1].text.strip():
        del values[-1]
    return tuple(values)


def _columns_over(entry: Entry) -> set[Cell]:
    """The cells of the header over a row that name columns."""
    return {label.cell for label in _column_labels(entry.header)}


def _column_labels(header: Sequence[HeaderLabel]) -> list[HeaderLabel]:
    return [label for label in header if any(m.axis == "column" for m in label.meanings)]


def _moved(header: Sequence[HeaderLabel], beside: Sequence[HeaderLabel]) -> Iterator[HeaderLabel]:
    """The labels of a header as they stand to the right of another: their lowest lines on one height."""
    across = max(label.cell.column + label.cell.column_span for label in beside)
    down = _foot(beside) - _foot(header)
    first = min(label.cell.column for label in _column_labels(header))
    for label in header:
        if label.cell.column >= first:
            yield label._replace(cell=_shifted(label.cell, down, across), grid=beside[0].grid)


def _foot(header: Sequence[HeaderLabel]) -> int:
    return max(label.cell.row + label.cell.row_span for label in header)


def _shifted(cell: Cell, down: int, across: int) -> Cell:
    return cell._replace(row=cell.row + down, column=cell.column + across)
