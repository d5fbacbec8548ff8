"""Whether every report has all cells of its forms: 198, 200 or, for the usual mixture, 186, each with a kind.

In: the frames `cells` and `reports`. Out: the reports whose cells are too few, too many, or not those of their
forms. A report that breaks this was damaged on its way through the program, whatever it prints.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.checking.columns import COLUMN, KIND, REPORT, ROW, TABLE, VARIANT
from pipeline.checking.ledger import national_forms
from pipeline.report import TABLES

BATCH = 10_000
"""Reports looked at together: twenty million cells with their forms would not fit in memory."""


@cache
def form_sizes() -> pl.DataFrame:
    """How many cells each table of each variant has: table_name, variant, size."""
    return national_forms().labels.group_by(TABLE, VARIANT).agg(pl.len().cast(pl.Int64).alias("size"))


def incomplete(cells: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The tables of reports that do not have just the cells of their form.

    Args:
        cells: report_id, table_name, row_key, column_key, variant, kind.
        reports: report_id, variant_proactive_disclosure and so on: the variant of each table that was found.

    Returns:
        report_id, table_name, variant, size (cells of the form), and of the cells found: `present`, `on_form`
        (distinct ones that the form has) and `of_a_kind` (those whose kind is known); a row a table that is
        wrong.
    """
    count = 1 + reports.height // BATCH
    if count == 1:
        return _incomplete(cells, reports)
    part = pl.col(REPORT).cast(pl.String).hash() % count
    wrong = [_incomplete(*(f.filter(part == number) for f in (cells, reports))) for number in range(count)]
    return pl.concat(wrong).sort(REPORT, TABLE)


def _incomplete(cells: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    texts = pl.col(TABLE, ROW, COLUMN, VARIANT, KIND).cast(pl.String)
    found = cells.select(REPORT, TABLE, ROW, COLUMN, VARIANT, KIND).with_columns(texts)
    form = (
        national_forms().labels.select(VARIANT, TABLE, ROW, COLUMN).with_columns(pl.lit(True).alias("known"))
    )
    placed = found.join(form, on=[VARIANT, TABLE, ROW, COLUMN], how="left")
    counted = placed.group_by(REPORT, TABLE).agg(
        pl.len().cast(pl.Int64).alias("present"),
        pl.struct(ROW, COLUMN, VARIANT).filter(pl.col("known")).n_unique().cast(pl.Int64).alias("on_form"),
        pl.col(KIND).count().cast(pl.Int64).alias("of_a_kind"),
        pl.col(VARIANT).n_unique().alias("variants"),
    )
    judged = _stated(reports).join(counted, on=[REPORT, TABLE], how="full", coalesce=True)
    sized = judged.join(form_sizes(), on=[TABLE, VARIANT], how="left")
    sizes = pl.all_horizontal(pl.col("present", "on_form", "of_a_kind").eq_missing(pl.col("size")))
    wrong = sized.filter(~(sizes & pl.col("variants").eq_missing(1)))
    names = (REPORT, TABLE, VARIANT, "size", "present", "on_form", "of_a_kind")
    return wrong.select(names).sort(REPORT, TABLE)


def _stated(reports: pl.DataFrame) -> pl.DataFrame:
    """The variant of each table that a report is said to have."""
    columns = {f"variant_{table}": table for table in TABLES}
    long = reports.select(REPORT, *(pl.col(c).cast(pl.String).alias(t) for c, t in columns.items()))
    return long.unpivot(index=REPORT, variable_name=TABLE, value_name=VARIANT).drop_nulls(VARIANT)
