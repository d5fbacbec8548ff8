"""Puts cells and reports in order for the rules: every cell of every found table, with its role on the form.

In: the `cells` and `reports` frames. Out: `Ledger`, in which each table that was found has all its cells
(those the frame lacks stand as blanks), each with its role, and each report knows its agency's report a year
earlier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipeline.checking.columns import (
    AGENCY,
    AGENCY_NAME,
    CELL_KEY,
    COLUMN,
    CONCEPT,
    DIVISION,
    IS_CURRENT,
    KIND,
    PLACE,
    REPORT,
    ROW,
    SCOPE,
    TABLE,
    UNIT,
    VALUE,
    VARIANT,
    YEAR,
)
from pipeline.matching.labels import place_words, table_words
from pipeline.templates import Template, load_templates
from schemas.references import load_told_counts

MONEY = pl.Decimal(38, 2)
ROW_ROLE = "row_role"
COLUMN_ROLE = "column_role"
FORM_UNIT = "form_unit"
KNOWN = "known"
UNKNOWN = "unknown"
EARLIER = "earlier_id"
REPORT_COLUMNS = (REPORT, AGENCY, AGENCY_NAME, DIVISION, YEAR, SCOPE)
CELL_COLUMNS = (*CELL_KEY, VARIANT, VALUE, KIND, UNIT)
FIGURE_COLUMNS = (REPORT, CONCEPT, VALUE)
UNRESOLVED = "unresolved-"
"""What the identifier of an organ begins with that is known by its name alone; see `pipeline/identity/agencies.py`."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The templates as frames.

    Attributes:
        labels: A row a cell of each variant: variant, table, row, column, row_role, column_role, form_unit.
        prescribed: A row a variant and table as used, and a form that governs some years: `variant`, `table`,
            `used_from` (the first year of the form used), `first_year` and `last_year` (null: to today) of
            the governing form, and `same`: whether its table has just these cells.
        words: A row a place: `place` and `words`, the form's own labels for it.
    """

    labels: pl.DataFrame
    prescribed: pl.DataFrame
    words: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the rules read.

    Attributes:
        cells: A row a cell of each found table: report_id, variant, table, row, column, the roles and
            form_unit, unit, value (null unless known), known, unknown (words where a number belongs).
        reports: The reports, a row each.
        pairs: report_id and earlier_id: the same agency's current report one year before.
        has_pairs: Whether there are any; one report alone has none.
        figures: report_id, concept, value told in prose; None where prose was not read.
        forms: The templates as frames.
    """

    cells: pl.LazyFrame
    reports: pl.LazyFrame
    pairs: pl.LazyFrame
    has_pairs: bool
    figures: pl.LazyFrame | None
    forms: Forms


@cache
def national_forms() -> Forms:
    """The frames of the project's own templates."""
    return form_frames(load_templates())


def form_frames(templates: Mapping[str, Template]) -> Forms:
    """Lays templates out as frames."""
    labels = [
        (t.variant, block.table, row.key, column.key, row.role, column.role, column.unit)
        for t in templates.values()
        for blocks in t.tables.values()
        for block in blocks
        for row in block.rows
        for column in block.columns
    ]
    names = [VARIANT, TABLE, ROW, COLUMN, ROW_ROLE, COLUMN_ROLE, FORM_UNIT]
    return Forms(
        labels=pl.DataFrame(labels, schema=dict.fromkeys(names, pl.String), orient="row"),
        prescribed=_prescribed(templates),
        words=_words_of_places(templates),
    )


def gather(
    cells: pl.DataFrame,
    reports: pl.DataFrame,
    figures: pl.DataFrame | None = None,
    forms: Forms | None = None,
) -> Ledger:
    """Puts the frames in order for the rules.

    Raises:
        ValueError: A missing column; a cell that its variant's form does not have; a cell that stands twice.
    """
    require_columns(cells, CELL_COLUMNS, "cells")
    require_columns(reports, REPORT_COLUMNS, "reports")
    forms = forms or national_forms()
    if figures is not None:
        require_columns(figures, FIGURE_COLUMNS, "figures")
    pairs = _pairs(reports)
    return Ledger(
        cells=_all_cells(cells, forms).lazy(),
        reports=reports.lazy(),
        pairs=pairs.lazy(),
        has_pairs=pairs.height > 0,
        figures=None if figures is None else figures.lazy(),
        forms=forms,
    )


def require_columns(frame: pl.DataFrame, names: tuple[str, ...], what: str) -> None:
    """Raises `ValueError` where `frame` lacks one of the columns."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ValueError(f"{what}: no column {', '.join(missing)}; it has {', '.join(frame.columns)}")


def current(reports: pl.DataFrame) -> pl.DataFrame:
    """The reports that stand for their agency and year; all of them where the frame does not tell."""
    return reports.filter(IS_CURRENT) if IS_CURRENT in reports.columns else reports


def _all_cells(cells: pl.DataFrame, forms: Forms) -> pl.DataFrame:
    printed = cells.select(pl.col(*CELL_KEY, VARIANT, KIND, UNIT).cast(pl.String), VALUE)
    found = printed.select(REPORT, VARIANT, TABLE).unique()
    form = found.join(forms.labels, on=[VARIANT, TABLE])
    laid_out = form.join(printed, on=[REPORT, VARIANT, TABLE, ROW, COLUMN], how="left")
    _check_all_placed(printed, found, laid_out, form.height)
    value = pl.when(pl.col(KIND) == "reported").then(pl.col(VALUE).cast(MONEY))
    return laid_out.with_columns(
        value.alias(VALUE),
        value.is_not_null().alias(KNOWN),
        (pl.col(KIND).is_in(["unreadable", "reported"]) & value.is_null()).fill_null(False).alias(UNKNOWN),
    )


def _check_all_placed(cells: pl.DataFrame, found: pl.DataFrame, laid_out: pl.DataFrame, size: int) -> None:
    """A join that drops or doubles a cell would make every sum after it wrong in silence."""
    tables = found.select(REPORT, TABLE)
    if tables.n_unique() < tables.height:
        raise ValueError(f"cells: two variants in one table, {tables.filter(tables.is_duplicated()).row(0)}")
    if laid_out.height == size and laid_out[KIND].count() == cells.height:
        return
    twice = cells.filter(pl.struct(CELL_KEY).is_duplicated())
    strange = cells.join(laid_out, on=[*CELL_KEY, VARIANT], how="anti")
    for frame, problem in ((twice, "stands twice"), (strange, "is not on the form of its variant")):
        if frame.height:
            first = frame.select(*CELL_KEY, VARIANT).row(0)
            raise ValueError(f"cells: {frame.height} rows, first {first}: the cell {problem}")
    raise ValueError("cells: kind is null in some rows")


def _pairs(reports: pl.DataFrame) -> pl.DataFrame:
    """Joins each current report with the one report of its agency a year before, never across scopes.

    Where several reports stand for one year, the one of the very same scope is taken; if that leaves more
    than one, none is: which of them the figures continue is not known.
    """
    known = current(reports).filter(is_resolved() & pl.col(YEAR).is_not_null())
    now = known.select(REPORT, AGENCY, SCOPE, pl.col(YEAR).cast(pl.Int32))
    before = now.select(
        pl.col(REPORT).alias(EARLIER), AGENCY, pl.col(SCOPE).alias("earlier_scope"), pl.col(YEAR) + 1
    )
    candidates = now.join(before, on=[AGENCY, YEAR]).filter(
        (pl.col(SCOPE) == pl.col("earlier_scope")).fill_null(True)
    )
    same = pl.col(SCOPE).eq_missing(pl.col("earlier_scope"))
    best = candidates.filter(same | ~same.any().over(REPORT))
    return best.filter(pl.len().over(REPORT) == 1).select(REPORT, EARLIER)


def is_resolved() -> pl.Expr:
    """Whether it is certain which organ this is; else the name alone tells, and names repeat (four 鼓楼区)."""
    return (pl.col(AGENCY).is_not_null() & ~pl.col(AGENCY).str.starts_with(UNRESOLVED)).fill_null(False)


def _prescribed(templates: Mapping[str, Template]) -> pl.DataFrame:
    """Forms that share a table's cells (table 4 is the same in both) cannot be told apart by it."""
    cells = {
        (t.variant, table): [(row.path, column.path) for _, row, column in t.cells(table)]
        for t in templates.values()
        for table in t.tables
    }
    rows = [
        (used, table, templates[used].first_year, other.first_year, other.last_year, same)
        for (used, table), labels in cells.items()
        for other in templates.values()
        for same in [cells.get((other.variant, table)) == labels]
    ]
    years = dict.fromkeys(["used_from", "first_year", "last_year"], pl.Int64)
    schema = {VARIANT: pl.String, TABLE: pl.String, **years, "same": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _words_of_places(templates: Mapping[str, Template]) -> pl.DataFrame:
    """The newest form's labels win where a key stands on several."""
    words: dict[str, str] = {}
    for count in load_told_counts():
        words[f"narrative/{count.concept}"] = place_words(f"narrative/{count.concept}")
    for template in templates.values():
        words |= {table: table_words(table, "zh") for table in template.tables}
        for table, row, column in template.cells():
            side, head = (" ".join(label.path) for label in (row, column))
            words[f"{table}/*/{column.key}"] = head
            words[f"{table}/{row.key}"] = side
            words[f"{table}/{row.key}/{column.key}"] = f"{side}，{head}"
    return pl.DataFrame({PLACE: list(words), "words": list(words.values())})
