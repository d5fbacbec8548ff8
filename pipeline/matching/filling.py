"""A located table flows in; the cells of the form that its rows fill flow out, and absent ones for the rest.

The values of a row are taken in order and counted against the header over it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.document import Cell, Locator
from pipeline.matching.align import Margin, align, just_under, margin, under
from pipeline.matching.copies import Entry
from pipeline.matching.gathered import Gathered
from pipeline.matching.header import Header, Slot, read_header
from pipeline.matching.kinds import by_kind
from pipeline.matching.lexicon import normalise, printed_factor
from pipeline.matching.placing import Located, Placed, Target, placed_rows
from pipeline.matching.rows import TableRow
from pipeline.matching.values import is_numeric_text, read_value
from pipeline.report import CellReading, Finding
from pipeline.templates import Block, Template
from schemas.messages import message

INFERRED = 0.9  # confidence of a value whose column or row rests on more than its printed labels

_Over = tuple[str, bool, int]


def read_table(located: Located, gathered: Gathered) -> None:
    """Reads the rows of one table into cells; fills what the document does not have with absent cells."""
    placed = placed_rows(located, gathered)
    headers = _headers(placed, located.template.variant)
    margins = _margins(placed, headers)
    for entry, target in placed:
        header = headers[_over(entry, target)]
        gathered.leave_before(located.table, entry.row)
        if header is not None and _is_open(header, target.block, located.rivals):
            words = message("variant_open", label=normalise(entry.row.label), block=target.block.name)
            gathered.leave_row(located.table, entry.row, entry.row.numeric, words)
        else:
            _fill(entry, target, header, located.template.variant, margins, gathered)
    _fill_absent(located.table, located.template, gathered)


def _is_open(header: Header, block: Block, rivals: Sequence[Template]) -> bool:
    """Whether only the choice among variants that fit alike would tell what the columns of a block are."""
    if header.seen or header.partial:
        return False
    keys = [column.key for column in block.columns]
    others = [b for rival in rivals for b in rival.tables.get(block.table, ()) if b.name == block.name]
    return any([column.key for column in other.columns] != keys for other in others)


def _over(entry: Entry, target: Target) -> _Over:
    """What tells the header over a row: its block, as which it is read, and the labels met."""
    return target.block.name, target.block.banded, id(entry.header)


def _headers(placed: Sequence[Placed], variant: str) -> dict[_Over, Header | None]:
    """The header over each group of rows, fitted to the rows under it."""
    groups: dict[_Over, list[Placed]] = {}
    for entry, target in placed:
        groups.setdefault(_over(entry, target), []).append((entry, target))
    headers: dict[_Over, Header | None] = {}
    for over, members in groups.items():
        entry, target = members[0]
        header = read_header(target.block, variant, entry.header)
        headers[over] = header.suited([e.row for e, _ in members]) if header else None
    return headers


def _margins(placed: Sequence[Placed], headers: Mapping[_Over, Header | None]) -> Mapping[int, Margin]:
    """For each grid, where the values of its clear rows stand."""
    by_grid: dict[int, list[tuple[TableRow, int]]] = {}
    for entry, target in placed:
        header = headers[_over(entry, target)]
        if header is not None:
            by_grid.setdefault(entry.row.grid, []).append((entry.row, len(header.slots)))
    wide = {grid for grid, rows in by_grid.items() if any(len(row.values) > width for row, width in rows)}
    return defaultdict(Margin, {grid: margin(by_grid[grid]) for grid in wide})


def _fill(
    entry: Entry,
    target: Target,
    header: Header | None,
    variant: str,
    margins: Mapping[int, Margin],
    gathered: Gathered,
) -> None:
    """Puts the values of one data row into their cells, or lists them as leftovers."""
    row, table = entry.row, target.block.table
    if header is None:
        words = message("header_contradicts", label=normalise(row.label))
        gathered.leave_row(table, row, row.numeric, words)
        return
    # Where a column is none of the form's, a blank may be its: then nothing tells whose the numbers are.
    is_sure = len(row.values) == len(header.slots) or all(slot.column for slot in header.slots)
    clear = under(header, margins[row.grid], row.grid, margins[header.grid])
    cells = align(row.values, len(header.slots), clear) if is_sure else None
    cells = cells or just_under(row.values, header, row.grid)
    told = cells is not None
    cells = cells or by_kind(row.values, [slot.column.unit for slot in header.slots if slot.column])
    if cells is None or len(cells) != len(header.slots):
        _leave_count(row, table, len(header.slots), gathered)
        return
    if not told:
        gathered.note(table, row, message("placed_by_kind", label=normalise(row.label), expected=len(cells)))
    if not header.seen:
        _note_inferred_header(row, target.block, gathered)
    strange = [cell for cell, slot in zip(cells, header.slots, strict=True) if slot.column is None]
    if strange:
        words = message("unknown_column", row=normalise(row.label) or "-")
        gathered.leave(table, row, strange, words)
    pairs = [(cell, slot) for cell, slot in zip(cells, header.slots, strict=True) if slot.column]
    confidence = 1.0 if told and target.certain and header.seen else INFERRED
    readings = list(_readings(pairs, target, variant, confidence, printed_factor(row.label)))
    _store(entry, [cell for cell, _ in pairs], readings, gathered)


def _note_inferred_header(row: TableRow, block: Block, gathered: Gathered) -> None:
    """Says that the form's columns were taken for the header's, once for each block."""
    words = message("header_inferred", block=block.name)
    if not any(finding.message == words for finding in gathered.findings):
        gathered.note(block.table, row, words)


def _leave_count(row: TableRow, table: str, width: int, gathered: Gathered) -> None:
    filled = sum(1 for cell in row.values if cell.text.strip())
    if filled:
        words = message("wrong_count", label=normalise(row.label), found=filled, expected=width)
        gathered.leave_row(table, row, row.numeric, words)


def _readings(
    pairs: Iterable[tuple[Cell, Slot]], target: Target, variant: str, confidence: float, factor: int | None
) -> Iterator[CellReading]:
    """The values of a row; `factor` is that of the unit of money in its label, for where the header names none."""
    table = target.block.table
    for cell, slot in pairs:
        if slot.column is not None:
            raw = cell.text.strip()
            value = read_value(raw, slot.column.unit, slot.factor or factor)
            row = slot.band.key if slot.band else target.row
            least = confidence if confidence < cell.confidence else cell.confidence
            yield CellReading(
                table,
                row,
                slot.column.key,
                variant,
                raw,
                value.kind,
                value.number,
                value.unit,
                cell.locator,
                least,
            )


def _store(entry: Entry, cells: Sequence[Cell], readings: Sequence[CellReading], gathered: Gathered) -> None:
    """Keeps a row's readings; a row that stands already is set aside if it says the same, else left over.

    What only a copy with other numbers has is not mixed in.
    """
    row, table = entry.row, readings[0].table
    standing = [gathered.cells.get((table, r.row, r.column)) for r in readings]
    stands = any(cell is not None and cell.kind == "reported" for cell in standing)
    if any(standing) and all(reading.kind == "blank" for reading in readings):
        # An empty line says nothing of what an earlier one says.
        for reading in readings if entry.standing == "read" else ():
            gathered.cells.setdefault((table, reading.row, reading.column), reading)
        return
    if not stands and entry.standing == "read":
        _keep(row, cells, readings, gathered)
    elif [cell and cell.value for cell in standing] == [r.value for r in readings]:
        gathered.ignore("repeated_row", sum(is_numeric_text(cell.text) for cell in cells))
    elif any(r.kind != "blank" for r in readings):
        for reading, cell in zip(readings, standing, strict=True):
            if cell is not None and cell.value != reading.value:
                doubted = cell._replace(confidence=min(cell.confidence, INFERRED))
                gathered.cells[table, cell.row, cell.column] = doubted
        gathered.leave_row(table, row, cells, message("conflicting_row", label=normalise(row.label)))


def _keep(row: TableRow, cells: Sequence[Cell], readings: Sequence[CellReading], gathered: Gathered) -> None:
    """Keeps readings; a number that its column cannot take (a fraction of a count) is left over as well."""
    for cell, reading in zip(cells, readings, strict=True):
        gathered.cells[reading.table, reading.row, reading.column] = reading
        if reading.kind == "reported":
            gathered.found += 1
            gathered.used += 1
        elif reading.kind == "unreadable":
            words = message("unreadable_cell", raw=reading.raw[:40], row=reading.row, column=reading.column)
            gathered.findings.append(Finding(words, reading.locator, reading.table))
            gathered.leave(reading.table, row, [cell], words)


def _fill_absent(table: str, template: Template, gathered: Gathered) -> None:
    missing: Counter[str] = Counter()
    for place in template.places[table]:
        if place not in gathered.cells:
            missing[place[1]] += 1
            gathered.cells[place] = CellReading(*place, template.variant, "", "absent", None, None)
    if missing:
        words = message("absent_cells", count=missing.total(), rows=", ".join(missing))
        gathered.findings.append(Finding(words, Locator(), table))
