"""A report as read → tables for a person at a terminal, by the form's own labels."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.export import check_results
from pipeline.report import CellReading, Report
from pipeline.templates import Block, Template, load_templates

MARKS = {"blank": "", "absent": "∅"}


def report_tables(report: Report) -> Iterator[RenderableType]:
    """What a report says: who and when, its tables as the form lays them out, what is wrong with it."""
    identity = report.identity
    yield Text(f"\n{report.source}", style="bold")
    if report.status in ("failed", "not_a_report"):
        reason = report.failure.message.text() if report.failure else ""
        yield Text(f"{report.status}: {reason}", style="red")
        return
    facts = (identity.agency_name, identity.division_code, identity.report_year, report.extraction.template)
    names = ("agency", "division", "year", "form")
    yield Text("  ".join(f"{n}: {'-' if f is None else f}" for n, f in zip(names, facts, strict=True)))
    templates = load_templates()
    for table, variant in report.extraction.variants.items():
        yield from _table(report, table, templates[variant])
    yield from (Text(f"! {row['zh']} {row['en']}", style="yellow") for row in check_results(report))
    yield from (Text(f"? {f.message.text()}", style="yellow") for f in report.extraction.findings)
    extraction = report.extraction
    leftover = len(extraction.leftovers)
    used = f"{extraction.numeric_used} of {extraction.numeric_found} numbers used, {leftover} left over"
    yield Text(used, style="dim")


def _table(report: Report, table: str, template: Template) -> Iterator[RenderableType]:
    cells = {(c.row, c.column): c for c in report.extraction.cells if c.table == table}
    for block in template.tables[table]:
        shown = Table(*_heads(block), title=f"{table} ({template.variant}) {block.heading}".strip())
        for column in shown.columns[1:]:
            column.justify = "right"
        for row in block.rows:
            values = (_text(cells[row.key, column.key]) for column in block.columns)
            shown.add_row(row.path[-1], *values)
        yield shown


def _heads(block: Block) -> list[str]:
    return ["", *(column.path[-1] for column in block.columns)]


def _text(cell: CellReading) -> Text:
    if cell.kind != "reported":
        return Text(MARKS.get(cell.kind, cell.raw), style="dim")
    printed = cell.raw
    return Text(printed, style="yellow" if cell.confidence < 1 else "")
