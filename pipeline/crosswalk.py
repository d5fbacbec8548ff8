"""The crosswalk (`schemas/crosswalk.csv`): from the cells of each form to harmonised concepts.

In: the CSV and the templates. Out: one frozen `Mapping` a row, every key known and every cell of every form
accounted for; and the same as frames, to join with cells.
"""

from __future__ import annotations

import collections.abc as abc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.checking.columns import (
    COLUMN,
    COMPARABLE,
    CONCEPT,
    DERIVATION,
    DIMENSION,
    NOTE,
    RELATION,
    ROW,
    TABLE,
    VARIANT,
)
from pipeline.templates import Template, load_templates
from schemas.definitions import HERE, DefinitionError, Row, read_definitions

COLUMNS = (
    "concept",
    "dimension",
    "table",
    "variant",
    "row",
    "column",
    "rule",
    "relation",
    "counterpart",
    "comparable",
    "note_en",
    "note_zh",
)
DERIVATIONS = {"as_reported": "as_reported", "sum": "summed"}
LEFT_OUT = "none"
RELATIONS = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch", "none")
TIGHT = ("exactMatch", "closeMatch")
ALL = "*"
PARTS = "parts"

Cell = tuple[str, str, str, str]
"""Variant, table, row and column."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of one table of a form: each of `rows` at each of `columns`; `*` is every column of the row."""

    variant: str
    table: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row of the crosswalk.

    Attributes:
        concept: The harmonised concept; empty where the cells are left out.
        dimension: What the concept is split by: a key, or `*` for the column's own.
        cells: The cells that make the concept.
        rule: `as_reported`, `sum`, or `none` where the cells are left out of the series.
        relation: The SKOS relation to the counterparts, read from the older form to the newer.
        counterparts: The cells of another form that the relation speaks of.
        comparable: Whether the concept may be read as one series across forms.
        note_en: What a user should bear in mind.
        note_zh: The same in Chinese.
        place: The row's file and line.
    """

    concept: str
    dimension: str
    cells: Cells
    rule: str
    relation: str
    counterparts: tuple[Cells, ...]
    comparable: bool
    note_en: str
    note_zh: str
    place: str


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """All mappings, and as a frame.

    Attributes:
        mappings: In the order of the file.
        sources: A row a cell and concept it goes into: variant, table, row, column, concept, dimension,
            derivation, parts (how many cells make the value), relation, comparable, note.
        cells: Every cell of every form: variant, table, row, column.
    """

    mappings: tuple[Mapping, ...]
    sources: pl.DataFrame
    cells: pl.DataFrame

    def sources_of(self, variant: str, concept: str, dimension: str) -> pl.DataFrame:
        """The cells (table, row, column) that a harmonised value of a form was made of."""
        wanted = {VARIANT: variant, CONCEPT: concept, DIMENSION: dimension}
        chosen = self.sources.filter(pl.col(name) == value for name, value in wanted.items())
        return chosen.select(TABLE, ROW, COLUMN)


@cache
def national_crosswalk() -> Crosswalk:
    """The project's own crosswalk over its own templates."""
    return load_crosswalk()


def load_crosswalk(
    path: Path = HERE / "crosswalk.csv", templates: abc.Mapping[str, Template] | None = None
) -> Crosswalk:
    """Reads the crosswalk and holds it against the forms.

    Raises:
        DefinitionError: An unknown key or word, a concept fed twice by one form, a comparable concept of a
            loose relation, with file and line; a cell of a form that no row speaks of, by its name.
    """
    forms = _Forms(load_templates() if templates is None else templates)
    mappings = tuple(_mapping(row, forms) for row in read_definitions(path, COLUMNS).rows)
    sources = _sources(mappings, forms)
    missing = forms.cells - {cell for m in mappings for cell in forms.named(m.cells)}
    if missing:
        raise DefinitionError(
            f"{path.name}: no row for {len(missing)} cells, first {'/'.join(min(missing))}; "
            "map it to a concept, or leave it out with rule none"
        )
    places = dict.fromkeys([VARIANT, TABLE, ROW, COLUMN], pl.String)
    cells = pl.DataFrame(sorted(forms.cells), schema=places, orient="row")
    return Crosswalk(mappings, sources, cells)


class _Forms:
    """What cells the templates have, for looking keys up."""

    def __init__(self, templates: abc.Mapping[str, Template]) -> None:
        self.cells: set[Cell] = {
            (t.variant, table, row.key, column.key)
            for t in templates.values()
            for table, row, column in t.cells()
        }
        self.columns: dict[tuple[str, str, str], list[str]] = {}
        for t in templates.values():
            for table, row, column in t.cells():
                self.columns.setdefault((t.variant, table, row.key), []).append(column.key)

    def named(self, cells: Cells) -> Iterator[Cell]:
        """Each cell that a mapping names, `*` laid out."""
        for row in cells.rows:
            columns = self.columns.get((cells.variant, cells.table, row), ())
            for column in columns if cells.columns == (ALL,) else cells.columns:
                yield cells.variant, cells.table, row, column

    def check(self, row: Row, cells: Cells) -> None:
        """Raises where a row or column key is not on the form."""
        for key in cells.rows:
            if (cells.variant, cells.table, key) not in self.columns:
                raise row.fail(f"{cells.variant} has no row {key!r} in table {cells.table!r}")
        for cell in self.named(cells):
            if cell not in self.cells:
                raise row.fail(f"{cell[0]} has no cell {'/'.join(cell[1:])}")


def _mapping(row: Row, forms: _Forms) -> Mapping:
    _check_words(row)
    cells = _cells(row["variant"], row["table"], row["row"], row["column"])
    counterparts = tuple(_counterpart(row, text) for text in row["counterpart"].split())
    for named in (cells, *counterparts):
        forms.check(row, named)
    mapping = Mapping(
        concept=row["concept"],
        dimension=row["dimension"],
        cells=cells,
        rule=row["rule"],
        relation=row["relation"],
        counterparts=counterparts,
        comparable=row["comparable"] == "yes",
        note_en=row["note_en"],
        note_zh=row["note_zh"],
        place=row.place,
    )
    _check_sense(row, mapping)
    return mapping


def _check_words(row: Row) -> None:
    known = {"rule": (*DERIVATIONS, LEFT_OUT), "relation": RELATIONS, "comparable": ("yes", "no")}
    for column, words in known.items():
        row.one_of(column, words)


def _counterpart(row: Row, text: str) -> Cells:
    variant, _, place = text.partition(":")
    table, *keys = [row["table"], *place.split("/")][-3:]
    if len(keys) != 2:
        raise row.fail(f"counterpart {text!r} is not of the shape form:row/column or form:table/row/column")
    return _cells(variant, table, *keys)


def _cells(variant: str, table: str, rows: str, columns: str) -> Cells:
    return Cells(variant, table, tuple(rows.split("+")), tuple(columns.split("+")))


def _check_sense(row: Row, mapping: Mapping) -> None:
    is_left_out = mapping.rule == LEFT_OUT
    if is_left_out != (not mapping.concept) or is_left_out != (not mapping.dimension):
        raise row.fail("rule none goes without concept and dimension, every other rule needs both")
    if is_left_out and mapping.relation != "none":
        raise row.fail("cells that are left out have relation none")
    if mapping.comparable and mapping.relation not in TIGHT:
        raise row.fail(f"a concept of relation {mapping.relation} is not comparable")
    if (mapping.relation == "none") != (not mapping.counterparts):
        raise row.fail("relation none goes without counterpart, every other relation needs one")
    is_one = len(mapping.cells.rows) == len(mapping.cells.columns) == 1
    if mapping.rule == "as_reported" and not is_one:
        raise row.fail("several cells make one value by rule sum alone")
    if mapping.dimension == ALL and len(mapping.cells.columns) > 1:
        raise row.fail("columns that are added up need a dimension of their own")
    if mapping.dimension != ALL and mapping.rule != LEFT_OUT and mapping.cells.columns == (ALL,):
        raise row.fail("column * keeps the columns apart: dimension must be * too")


def _sources(mappings: tuple[Mapping, ...], forms: _Forms) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = []
    fed: dict[tuple[str, str, str], str] = {}
    for mapping in mappings:
        made = _made_of(mapping, forms)
        for dimension, cells in made.items():
            key = (mapping.cells.variant, mapping.concept, dimension)
            if key in fed:
                raise DefinitionError(f"{mapping.place}: {'/'.join(key)} is made already at {fed[key]}")
            fed[key] = mapping.place
            rows += [(*cell, mapping.concept, dimension, *_facets(mapping, len(cells))) for cell in cells]
    texts = [VARIANT, TABLE, ROW, COLUMN, CONCEPT, DIMENSION, DERIVATION]
    others = {PARTS: pl.Int32, RELATION: pl.String, COMPARABLE: pl.Boolean, NOTE: pl.String}
    return pl.DataFrame(rows, schema={**dict.fromkeys(texts, pl.String), **others}, orient="row")


def _made_of(mapping: Mapping, forms: _Forms) -> dict[str, list[Cell]]:
    """The cells behind each dimension of a mapping; nothing where they are left out."""
    made: dict[str, list[Cell]] = {}
    if mapping.rule == LEFT_OUT:
        return made
    for cell in forms.named(mapping.cells):
        made.setdefault(cell[3] if mapping.dimension == ALL else mapping.dimension, []).append(cell)
    return made


def _facets(mapping: Mapping, parts: int) -> tuple[object, ...]:
    derivation = DERIVATIONS[mapping.rule]
    return derivation, parts, mapping.relation, mapping.comparable, mapping.note_en or None
