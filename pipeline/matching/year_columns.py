"""Rows of tables that set another year's numbers beside the report's own flow in; rows of its own year flow out.

Offices print `2022年 | 2021年` under each column, or the whole header twice, a year over each half.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.document import Cell, Grid
from pipeline.matching.lexicon import REMEMBERED, Lexicon, squeeze
from pipeline.matching.rows import HeaderLabel, TableRow
from schemas.definitions import HERE, read_definitions

MOST_YEARS = 3
"""Cells of such a group: two years, and perhaps their difference."""
_SHOWN = "(?:数据?|数量|情况)?"
_YEAR = re.compile(rf"(20\d{{2}})年?度?{_SHOWN}")
_OWN = re.compile(rf"(?:本|今|当|报告)年度?{_SHOWN}")


@dataclass(frozen=True, slots=True)
class YearColumns:
    """Which of a table's values are of the report's own year.

    Attributes:
        own: The place of the own year among the years of a group, from 0.
        years: How many cells a group has.
        interleaved: Whether each column has its years beside one another; else each year has its columns.
        other: Of the latter, the grid columns of the other years.
        row: The row that names the years.
    """

    own: int
    years: int
    interleaved: bool
    other: frozenset[int]
    row: int

    def own_values(self, values: Sequence[Cell]) -> tuple[Cell, ...] | None:
        """The values of the own year; None where they cannot be shared out."""
        size, rest = divmod(len(values), self.years)
        if rest or not size:
            return None
        if self.interleaved:
            return tuple(values[self.own :: self.years])
        return tuple(values[self.own * size : (self.own + 1) * size])


def own_year_rows(
    rows: Iterable[TableRow], grids: Sequence[Grid], stated_year: Callable[[], int | None], lexicon: Lexicon
) -> tuple[list[TableRow], list[Cell]]:
    """The rows with the values of the report's own year alone, and the cells of other years.

    Args:
        rows: The rows of all grids.
        grids: The grids.
        stated_year: Asks for the year that the report says to be of, which is seldom needed; None where it does not.
        lexicon: The labels of the form.
    """
    texts = {cell.text for grid in grids for row in grid.rows for cell in row}
    if not any(map(_says_year, texts)):
        return list(rows), []
    report_year = stated_year()
    told = {number: found for number, grid in enumerate(grids) if (found := _years_of(grid, report_year))}
    kept, aside = _own_lines(list(rows), report_year, lexicon)
    if not told:
        return kept, aside
    lines, kept = kept, []
    for row in lines:
        columns = told.get(row.grid)
        if columns is None:
            kept.append(row)
        elif row.is_header:
            kept.append(row._replace(header=_own_header(row.header, columns)))
        elif row.meanings or not _names_years(row, columns):
            own = columns.own_values(row.values)
            aside += [] if own is None else [cell for cell in row.values if cell not in own]
            kept.append(row if own is None else row._replace(values=own))
    return kept, aside


def _own_lines(
    rows: list[TableRow], report_year: int | None, lexicon: Lexicon
) -> tuple[list[TableRow], list[Cell]]:
    """The rows without those of another year, where a table has a line for each year under every label."""
    years = {id(row): text for row in rows if (text := _year_of_line(row))}
    own = {row.grid for row in rows if id(row) in years and _is_own(years[id(row)], report_year)}
    other = {row.grid for row in rows if id(row) in years and not _is_own(years[id(row)], report_year)}
    if not own & other:
        return rows, []
    kept: list[TableRow] = []
    aside: list[Cell] = []
    named: TableRow | None = None
    for row in rows:
        text = years.get(id(row), "") if row.grid in own & other else ""
        if not text:
            kept.append(row)
            named = None
            continue
        values = row.values[1:] if row.meanings else row.values
        named = _named(row, lexicon) or named
        if _is_own(text, report_year):
            kept.append((named or row._replace(label=""))._replace(values=values))
        else:
            aside += values
    return kept, aside


def _named(row: TableRow, lexicon: Lexicon) -> TableRow | None:
    """The line of a year as the row whose label it stands behind; None where it stands behind none."""
    if row.meanings or not row.parents:
        return row if row.meanings else None
    meanings = tuple(m for m in lexicon.lookup(row.parents[-1]) if m.axis == "row")
    return (
        row._replace(label=row.parents[-1], meanings=meanings, parents=row.parents[:-1]) if meanings else None
    )


def _year_of_line(row: TableRow) -> str:
    """The year that stands behind a row's label, or alone before its values; empty where none does."""
    text = row.values[0].text if row.meanings and row.values else row.label if not row.meanings else ""
    return squeeze(text) if text and _says_year(text) and row.numeric else ""


def _own_header(labels: Sequence[HeaderLabel], columns: YearColumns) -> tuple[HeaderLabel, ...]:
    return tuple(label for label in labels if label.cell.column not in columns.other)


def _names_years(row: TableRow, columns: YearColumns) -> bool:
    cells = [cell.row for cell in row.values] or [columns.row]
    return all(number == columns.row for number in cells) and not row.meanings


def _years_of(grid: Grid, report_year: int | None) -> YearColumns | None:
    """The years that a row of a grid's header names; None where there is no such row, or no one year is the own."""
    for row in grid.rows:
        if not any(_says_year(cell.text) for cell in row):
            continue
        filled = [cell for cell in row if cell.text.strip()]
        for read in (_side_by_side, _interleaved):
            for cells in (filled, filled[1:]):
                if (found := read(cells, report_year)) is not None:
                    return found
    return None


def _interleaved(cells: Sequence[Cell], report_year: int | None) -> YearColumns | None:
    texts = [squeeze(cell.text) for cell in cells]
    for size in range(2, MOST_YEARS + 1):
        repeats, rest = divmod(len(texts), size)
        is_group = repeats > 1 or (repeats == 1 and all(map(_says_year, texts)))
        if not rest and is_group and texts == texts[:size] * repeats:
            own = _own_place(texts[:size], report_year)
            return None if own is None else YearColumns(own, size, True, frozenset(), cells[0].row)
    return None


def _side_by_side(cells: Sequence[Cell], report_year: int | None) -> YearColumns | None:
    spans = {cell.column_span for cell in cells}
    if not 2 <= len(cells) <= MOST_YEARS or len(spans) != 1 or spans == {1}:
        return None
    own = _own_place([squeeze(cell.text) for cell in cells], report_year)
    if own is None:
        return None
    other = {
        column
        for place, cell in enumerate(cells)
        if place != own
        for column in range(cell.column, cell.column + cell.column_span)
    }
    return YearColumns(own, len(cells), False, frozenset(other), cells[0].row)


def _own_place(texts: Sequence[str], report_year: int | None) -> int | None:
    """Which of some different texts says the report's own year, where one alone does and another names another."""
    own = [place for place, text in enumerate(texts) if _is_own(text, report_year)]
    others = [text for place, text in enumerate(texts) if place not in own and _says_year(text)]
    return own[0] if len(own) == 1 and others and len(set(texts)) == len(texts) else None


def _is_own(text: str, report_year: int | None) -> bool:
    year = _YEAR.fullmatch(text)
    if year is not None:
        return report_year is not None and int(year[1]) == report_year
    return bool(_OWN.fullmatch(text))


@lru_cache(maxsize=REMEMBERED)
def _says_year(text: str) -> bool:
    words = squeeze(text)
    return any(pattern.fullmatch(words) for pattern in (_YEAR, _OWN, _earlier()))


@cache
def _earlier() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(map(re.escape, other_year_words()))})度?{_SHOWN}")


@cache
def other_year_words() -> tuple[str, ...]:
    """How a table or a column of an earlier year is named."""
    table = read_definitions(HERE / "other_year_words.csv", ("word", "note"), key=["word"])
    return tuple(row["word"] for row in table.rows)
