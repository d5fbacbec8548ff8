"""What a report says, before it has a form: an agency, a year, numbers by cell and prose by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.templates import Block, load_templates
from schemas.messages import Message, message

CellKey = tuple[str, str, str]
Value = Decimal | str | None


class TypesetError(ValueError):
    """Facts or a style that cannot be typeset; `message` says which and what to do."""

    def __init__(self, code: str, **details: str | int) -> None:
        self.message: Message = message(code, **details)
        super().__init__(self.message.text())


@dataclass(frozen=True, slots=True)
class Facts:
    """The content of one report.

    Attributes:
        agency_name: The organ as the report names itself.
        report_year: The year reported on.
        variants: The form variant by table; a table that is not named is left out of the report.
        values: What each cell (table, row, column) says: a number in the unit of the published tables
            (counts as they are, money in yuan), a text to print as it stands, or None for a blank. A cell
            of a variant that is not named is blank too.
        sections: Paragraphs by section, 1 to 6; 0 is the preamble. A section with neither paragraphs nor a
            table is left out.
        published_on: ISO date of publication; None where the report bears none.
        site: The name of the site that publishes it, for media that show one; empty for none.
        note: A line at the foot of the report, such as where its numbers come from; empty for none.
    """

    agency_name: str
    report_year: int
    variants: Mapping[str, str]
    values: Mapping[CellKey, Value]
    sections: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    published_on: str | None = None
    site: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        known = load_templates()
        for table, variant in self.variants.items():
            if variant not in known or table not in known[variant].tables:
                raise TypesetError("typeset_unknown_table", table=table, variant=variant)
        strangers = set(self.values) - set(cells_of(self.variants))
        if strangers:
            raise TypesetError("typeset_unknown_cell", cell=" / ".join(min(strangers)))


def blocks_of(variants: Mapping[str, str]) -> Iterator[Block]:
    """The blocks of the named tables, in the order of the form."""
    templates = load_templates()
    for table in ("proactive_disclosure", "applications", "review_litigation"):
        if table in variants:
            yield from templates[variants[table]].tables[table]


def cells_of(variants: Mapping[str, str]) -> Iterator[CellKey]:
    """Every cell of the named tables, in the order of the form."""
    for block in blocks_of(variants):
        for row in block.rows:
            for column in block.columns:
                yield block.table, row.key, column.key
