"""The rows of all grids flow in; out flow those of each table of the form, with the header over each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pipeline.matching.copies import Entry
from pipeline.matching.rows import HeaderLabel, TableRow


def rows_by_table(rows: Sequence[TableRow]) -> dict[str, list[Entry]]:
    """Tells the rows apart by table; rows without a label of their own belong to the table around them."""
    tables: dict[str, list[Entry]] = {}
    header: dict[str, tuple[HeaderLabel, ...]] = {}  # one tuple for all the rows under it
    over_data: set[str] = set()  # tables whose gathered header has had data rows under it
    # Where a line of values was left blank: the next grid's header is its own.
    blank_grid: dict[str, int] = {}
    told = [_table_of(row) for row in rows]
    known_grids = _grid_tables(zip(rows, told, strict=True))
    current: str | None = None
    for row, named in zip(rows, told, strict=True):
        if row.first and named is None:
            named = known_grids.get(row.grid)
            if named is None and _lies_within(row, current, tables, known_grids):
                named = current
            if named is None and row.label and not _awaits_rows(current, header, over_data):
                # A table that is none of the form's; bare values, or what stands under a header that had no
                # rows yet, may continue one across a page.
                current = None
        current = named or current
        if current is None:
            continue
        if row.is_header:
            if current in over_data or blank_grid.get(current, row.grid) != row.grid:
                header[current] = ()
                over_data.discard(current)
                blank_grid.pop(current, None)
            header[current] = header.get(current, ()) + row.header
        elif row.meanings or row.has_numbers or row.holds_marks:
            over_data.add(current)
        elif row.values and not row.label:
            blank_grid[current] = row.grid
        tables.setdefault(current, []).append(Entry(row, header.get(current, ())))
    return tables


def _lies_within(
    row: TableRow, table: str | None, tables: Mapping[str, list[Entry]], known: Mapping[int, str]
) -> bool:
    """Whether a grid without known labels stands between two parts of one table and is as wide as its rows.

    A row that page ends cut off on both sides is a grid of its own, and its label may be half of one.
    """
    if table is None or table not in tables:
        return False
    following = min((grid for grid in known if grid > row.grid), default=None)
    above = next((entry.row for entry in reversed(tables[table]) if entry.row.meanings), None)
    continues = following is not None and known[following] == table
    return continues and above is not None and len(above.values) == len(row.values)


def _awaits_rows(
    table: str | None, header: Mapping[str, tuple[HeaderLabel, ...]], over_data: set[str]
) -> bool:
    """Whether a table's header has been met and none of its rows."""
    return table is not None and bool(header.get(table)) and table not in over_data


def _grid_tables(rows: Iterable[tuple[TableRow, str | None]]) -> dict[int, str]:
    """The first table that a label names in each grid."""
    found: dict[int, str] = {}
    for row, table in rows:
        if table is not None:
            found.setdefault(row.grid, table)
    return found


def _table_of(row: TableRow) -> str | None:
    """The table that most of a row's labels belong to; None for rows without known labels, or in a tie."""
    if row.meanings and all(m.table == row.meanings[0].table for m in row.meanings):
        return row.meanings[0].table
    if not row.meanings and not row.header:
        return None
    groups = [row.meanings] if row.meanings else [h.meanings for h in row.header]
    counts = Counter(
        t for group in groups for t in {m.table for m in group if row.meanings or m.axis != "row"}
    )
    ranked = counts.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]
