"""Forms to edit by hand, in which no number stands twice: a number read into a wrong cell, or lost, shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.document import Block, Cell, Document, Grid, Locator, Paragraph
from pipeline.matching.values import is_numeric_text, read_value
from pipeline.report import Extraction
from pipeline.templates import load_templates
from pipeline.typeset import Facts, Style, compose
from pipeline.typeset.compose import Layout, Sheet
from pipeline.typeset.facts import CellKey, blocks_of

TABLES = ("proactive_disclosure", "applications", "review_litigation")
FIRST_NUMBER = 1001
APPLICATIONS_KEYS = {
    name: [row.key for row in template.tables["applications"][0].rows]
    for name, template in load_templates().items()
}
"""The rows of table 3 by variant."""


@dataclass(frozen=True)
class Spot:
    """A cell as written in a row: its text and how far it reaches down and across."""

    text: str
    down: int = 1
    across: int = 1


Rows = list[list[Spot]]


def numbered(variant: str = "2021", *, tables: Sequence[str] = TABLES) -> Facts:
    """A report in which every cell holds a number of its own (money in yuan that prints as a whole number)."""
    form = dict.fromkeys(tables, variant)
    values: dict[CellKey, Decimal | str | None] = {}
    number = FIRST_NUMBER
    for block in blocks_of(form):
        for row in block.rows:
            for column in block.columns:
                factor = 10_000 if column.unit == "amount_wan_yuan" else 1
                values[block.table, row.key, column.key] = Decimal(number * factor)
                number += 1
    return Facts("样例区演示局", 2021, form, values)


def without(facts: Facts, *keys: CellKey) -> Facts:
    """The same report with some cells blank."""
    return replace(facts, values={key: None if key in keys else v for key, v in facts.values.items()})


def rows_of(facts: Facts, table: str, style: Style | None = None) -> Rows:
    """The rows of one table as they would be written, ready to be edited."""
    sheets = [s for s in compose(facts, style or Style()).sheets if s.table == table]
    return [
        [Spot(cell.text, cell.row_span, cell.column_span) for cell in row]
        for sheet in sheets
        for row in sheet.grid.rows
    ]


def row_at(rows: Rows, label: str) -> int:
    """Where the row stands that bears a label."""
    return next(i for i, row in enumerate(rows) if any(label in spot.text for spot in row))


def texts(*cells: str) -> list[Spot]:
    """A row of plain cells."""
    return [Spot(text) for text in cells]


def relabelled(rows: Rows, changes: Mapping[str, str]) -> Rows:
    """The rows with some words of their texts replaced."""

    def changed(text: str) -> str:
        for old, new in changes.items():
            text = text.replace(old, new)
        return text

    return [[replace(spot, text=changed(spot.text)) for spot in row] for row in rows]


def grid(rows: Rows, table: int = 1) -> Grid:
    """The rows laid out as a reader of HTML would."""
    taken: set[tuple[int, int]] = set()
    laid: list[tuple[Cell, ...]] = []
    for r, row in enumerate(rows):
        column = 0
        cells: list[Cell] = []
        for ordinal, spot in enumerate(row, start=1):
            while (r, column) in taken:
                column += 1
            where = Locator(table=table, row=r + 1, column=ordinal)
            down = min(spot.down, len(rows) - r)
            cells.append(Cell(spot.text, r, column, down, spot.across, where))
            taken |= {(r + d, column + a) for d in range(down) for a in range(spot.across)}
            column += spot.across
        laid.append(tuple(cells))
    return Grid(tuple(laid), Locator(table=table))


def document(*parts: Rows | str) -> Document:
    """A document of tables and lines, in order."""
    blocks: list[Block] = []
    for number, part in enumerate(parts, start=1):
        blocks.append(Paragraph(part, Locator(line=number)) if isinstance(part, str) else grid(part, number))
    return Document(tuple(blocks), "text/html", "0" * 64, "test")


def layout(*parts: Rows) -> Layout:
    """Tables ready for the typesetter's writers."""
    sheets = []
    for rows in parts:
        laid = grid(rows)
        breadth = max(cell.column + cell.column_span for cell in laid.cells())
        sheets.append(Sheet(laid, (2.0,) + (1.0,) * (breadth - 1), "edited"))
    return Layout(tuple(sheets), "", None, "")


def report_tables(facts: Facts, style: Style | None = None, **edited: Rows) -> list[Rows]:
    """All tables of a report, some of them edited."""
    return [edited.get(table) or rows_of(facts, table, style) for table in TABLES if table in facts.variants]


def numbers_in(parts: Iterable[Rows | str]) -> list[Decimal]:
    """Every number that stands in some tables, as printed."""
    cells = [s.text for rows in parts if not isinstance(rows, str) for row in rows for s in row]
    found = [read_value(text, "amount").number for text in cells if is_numeric_text(text)]
    return [number for number in found if number is not None]


def misread(facts: Facts, extraction: Extraction) -> dict[CellKey, tuple[object, object]]:
    """Cells that hold another number than the report: (printed, read). The worst of faults."""
    return {
        (c.table, c.row, c.column): (facts.values.get((c.table, c.row, c.column)), c.value)
        for c in extraction.cells
        if c.kind == "reported" and c.value != facts.values.get((c.table, c.row, c.column))
    }


def unread(facts: Facts, extraction: Extraction) -> list[CellKey]:
    """Cells that hold a number in the report and were not read."""
    read = {(c.table, c.row, c.column) for c in extraction.cells if c.kind == "reported"}
    return [key for key, value in facts.values.items() if isinstance(value, Decimal) and key not in read]


def lost(printed: Iterable[Decimal], extraction: Extraction) -> list[Decimal]:
    """Numbers printed in the tables that neither became a cell nor are leftovers."""
    kept = [c.raw for c in extraction.cells] + [left.raw for left in extraction.leftovers]
    known = {read_value(part, "amount").number for raw in kept for part in (raw, *raw.split("\n"))}
    return [number for number in printed if number not in known]


def balanced(extraction: Extraction) -> bool:
    """Whether the account of the numbers adds up."""
    ignored = sum(extraction.numeric_ignored.values())
    used = sum(cell.kind == "reported" for cell in extraction.cells)
    return extraction.numeric_used == used and extraction.numeric_found == used + ignored + len(
        extraction.leftovers
    )
