"""The form's variants, read from `schemas/templates/*.csv` into frozen objects.

In: one CSV a variant. Out: for each variant its tables, each a list of blocks; a block is a set of row labels
(or bands of header labels) against a set of column labels. `rows × columns` are the cells of the block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from schemas.definitions import HERE, DefinitionError, Row, read_definitions

COLUMNS = ("table", "block", "axis", "key", "label_path", "unit", "role")
KEYED_AXES = ("row", "band", "column")
PLAIN_AXES = ("heading", "corner", "note")
UNITS = ("count", "signed_count", "amount", "amount_wan_yuan")
ROLES = ("leaf", "total", "inflow", "outflow")

Place = tuple[str, str, str]
"""A cell of the form by its keys: table, row, column."""


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled line or column of the form.

    Attributes:
        key: Its name in the data, such as `denied_state_secret`.
        path: The printed labels from the outermost to its own.
        unit: For columns: `count`, `signed_count`, `amount` (the form names no unit) or `amount_wan_yuan`.
        role: `leaf` (an outcome that adds up), `total`, or the flows `inflow` and `outflow` of table 3.
    """

    key: str
    path: tuple[str, ...]
    unit: str
    role: str


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a table with its own header.

    Attributes:
        rows: The labels down the side, or the bands over the header where `banded`.
        banded: True where the rows stand as bands in the header and all values in one line (table 4).
        columns: The labels of the header.
        heading: The line over the block, empty where it has none.
        other_labels: Printed words that carry no value: corner cells, notes.
    """

    table: str
    name: str
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    banded: bool
    heading: str
    other_labels: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many cells the block has."""
        return len(self.rows) * len(self.columns)


@dataclass(frozen=True, slots=True)
class Template:
    """One national form: `variant` is its name, `tables` its blocks by table, in the order of the form."""

    variant: str
    letter: str
    first_year: int
    last_year: int | None
    tables: dict[str, tuple[Block, ...]]
    places: dict[str, tuple[Place, ...]] = field(init=False, repr=False, compare=False)
    """The keys of every cell by table, in the order of the form: laid out once, for every report asks for them."""

    def __post_init__(self) -> None:
        places = {
            table: tuple((table, row.key, column.key) for _, row, column in self.cells(table))
            for table in self.tables
        }
        object.__setattr__(self, "places", places)

    def cells(self, table: str | None = None) -> Iterator[tuple[str, Label, Label]]:
        """Every cell as (table, row, column), in the order of the form."""
        for name, blocks in self.tables.items():
            if table in (None, name):
                for block in blocks:
                    for row in block.rows:
                        for column in block.columns:
                            yield name, row, column

    def governs(self, year: int) -> bool:
        """Whether the form is the one prescribed for a report year."""
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)


@cache
def load_templates(folder: Path = HERE / "templates") -> dict[str, Template]:
    """All variants by name, oldest first.

    Raises:
        DefinitionError: A file that breaks the rules above, with its line.
    """
    templates = [_read_template(path) for path in sorted(folder.glob("*.csv"))]
    if not templates:
        raise DefinitionError(f"{folder}: no template CSV")
    return {t.variant: t for t in sorted(templates, key=lambda t: t.first_year)}


def _read_template(path: Path) -> Template:
    table = read_definitions(path, COLUMNS)
    for row in table.rows:
        _check(row)
    meta = table.meta
    if not meta.get("letter") or not meta.get("first_year"):
        raise DefinitionError(f"{path.name}:1: needs the lines '# letter=…' and '# first_year=…'")
    grouped: dict[str, dict[str, list[Row]]] = {}
    for row in table.rows:
        grouped.setdefault(row["table"], {}).setdefault(row["block"], []).append(row)
    return Template(
        variant=path.stem,
        letter=meta["letter"],
        first_year=_year(path, meta["first_year"]),
        last_year=_year(path, meta["last_year"]) if meta.get("last_year") else None,
        tables={t: tuple(_block(t, b, rows) for b, rows in blocks.items()) for t, blocks in grouped.items()},
    )


def _year(path: Path, text: str) -> int:
    if not text.isdecimal():
        raise DefinitionError(f"{path.name}:1: {text!r} is no year")
    return int(text)


def _check(row: Row) -> None:
    axis = row.one_of("axis", KEYED_AXES + PLAIN_AXES)
    row.filled("label_path")
    if axis in KEYED_AXES:
        if not row["key"]:
            raise row.fail(f"a {axis} needs a key")
        row.one_of("role", ROLES)
    if axis == "column":
        row.one_of("unit", UNITS)


def _block(table: str, name: str, rows: list[Row]) -> Block:
    def labels(axis: str) -> tuple[Label, ...]:
        return tuple(
            Label(r["key"], tuple(r["label_path"].split(" > ")), r["unit"], r["role"])
            for r in rows
            if r["axis"] == axis
        )

    bands, sides, columns = labels("band"), labels("row"), labels("column")
    for group in (bands + sides, columns):
        if len({label.key for label in group}) != len(group):
            raise rows[0].fail(f"a key stands twice on one axis of block {name!r}")
    if not columns or bool(bands) == bool(sides):
        raise rows[0].fail(f"block {name!r} needs columns, and either rows or bands")
    headings = [r["label_path"] for r in rows if r["axis"] == "heading"]
    return Block(
        table=table,
        name=name,
        rows=bands or sides,
        columns=columns,
        banded=bool(bands),
        heading=headings[0] if headings else "",
        other_labels=tuple(r["label_path"] for r in rows if r["axis"] in ("corner", "note")),
    )
