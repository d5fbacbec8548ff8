"""Crosswalk × cells → harmonised series, one row an agency, year, concept and dimension; no value is edited.

In: the `cells` and `reports` frames. Out: the frame of `HARMONIZED_SCHEMA`, made by the crosswalk and nothing
else. Tables are reconciled one by one, each by its own variant, so a report of mixed forms needs no rule.
"""

from __future__ import annotations

import polars as pl

from pipeline.checking.columns import (
    AGENCY,
    AS_PRINTED,
    BLANKS,
    COLUMN,
    COMPARABLE,
    CONCEPT,
    CORRECTED,
    DERIVATION,
    DIMENSION,
    KIND,
    NOTE,
    RELATION,
    REPORT,
    ROW,
    TABLE,
    UNIT,
    VALUE,
    VARIANT,
    YEAR,
)
from pipeline.checking.ledger import current, require_columns
from pipeline.crosswalk import PARTS, Crosswalk, national_crosswalk

HARMONIZED_SCHEMA: dict[str, pl.DataType] = {
    AGENCY: pl.String(),
    YEAR: pl.Int16(),
    REPORT: pl.String(),
    CONCEPT: pl.String(),
    DIMENSION: pl.String(),
    VALUE: pl.Decimal(20, 2),
    UNIT: pl.String(),
    KIND: pl.String(),
    DERIVATION: pl.String(),
    RELATION: pl.String(),
    COMPARABLE: pl.Boolean(),
    BLANKS: pl.Int32(),
    VARIANT: pl.String(),
    NOTE: pl.String(),
    AS_PRINTED: pl.Decimal(20, 2),
    CORRECTED: pl.Boolean(),
}
"""The columns of the harmonised frame, in order."""
STATED = tuple(name for name in HARMONIZED_SCHEMA if name not in (AS_PRINTED, CORRECTED))
"""The columns that the report itself fills; the others tell of corrections (`pipeline/checking/corrections.py`)."""
KEY = (AGENCY, YEAR, CONCEPT, DIMENSION)
CELL_COLUMNS = (REPORT, TABLE, ROW, COLUMN, VARIANT, VALUE, KIND, UNIT)
CELL_PLACE = (VARIANT, TABLE, ROW, COLUMN)
KNOWN = "reported_parts"


def harmonize(cells: pl.DataFrame, reports: pl.DataFrame, crosswalk: Crosswalk | None = None) -> pl.DataFrame:
    """The harmonised series of all agencies whose current reports name agency and year.

    Args:
        cells: report_id, table, row, column, variant, value, kind, unit.
        reports: report_id, agency_id, report_year, and `is_current` where several reports may stand for one
            agency and year.
        crosswalk: The mappings; the project's own by default.

    Returns:
        The columns of `HARMONIZED_SCHEMA`, sorted by its key agency_id, report_year, concept, dimension.
        `value` is null where no part was reported (`kind` then says why: that of the parts where they agree,
        else `blank`), and where a part is unreadable. `blanks` counts the parts without a number; a sum over
        some blanks is the sum of the others. `comparable` false: not to be chained across forms. The cells
        behind a row are those of its report that `Crosswalk.sources_of(variant, concept, dimension)` names. No
        correction is applied: `value_as_printed` is `value`, `corrected` false.

    Raises:
        ValueError: A missing column, or a cell that the crosswalk does not know.
    """
    require_columns(cells, CELL_COLUMNS, "cells")
    require_columns(reports, (REPORT, AGENCY, YEAR), "reports")
    mapping = crosswalk or national_crosswalk()
    texts = [REPORT, *CELL_PLACE, KIND, UNIT]
    printed = cells.select(pl.col(texts).cast(pl.String), VALUE)
    _check_known(printed, mapping)
    named = current(reports).select(REPORT, AGENCY, YEAR).drop_nulls()
    parts = printed.join(mapping.sources, on=list(CELL_PLACE)).join(named, on=REPORT)
    single, several = (parts.filter(condition) for condition in (pl.col(PARTS) == 1, pl.col(PARTS) > 1))
    stated = pl.concat([_as_reported(single), _summed(several)])
    made = stated.with_columns(pl.col(VALUE).alias(AS_PRINTED), pl.lit(False).alias(CORRECTED))
    return made.select(pl.col(name).cast(dtype) for name, dtype in HARMONIZED_SCHEMA.items()).sort(KEY)


def _check_known(cells: pl.DataFrame, crosswalk: Crosswalk) -> None:
    """A cell that no row speaks of would vanish from the series in silence."""
    strange = cells.select(CELL_PLACE).unique().join(crosswalk.cells, on=list(CELL_PLACE), how="anti")
    if strange.height:
        raise ValueError(f"cells: the crosswalk does not know {'/'.join(map(str, strange.row(0)))}")


def _as_reported(parts: pl.DataFrame) -> pl.DataFrame:
    is_blank = pl.col(KIND).is_in(["blank", "nil_mark", "absent"])
    return parts.with_columns(is_blank.cast(pl.Int32).alias(BLANKS)).select(*STATED)


def _summed(parts: pl.DataFrame) -> pl.DataFrame:
    """Adds up the parts of each value; a part the frame lacks is a blank."""
    facets = (AGENCY, YEAR, DERIVATION, RELATION, COMPARABLE, VARIANT, NOTE, PARTS)
    is_known, kind = pl.col(VALUE).is_not_null(), pl.col(KIND)
    units = pl.col(UNIT).filter(is_known)
    unit = pl.when(units.n_unique() <= 1).then(pl.coalesce(units.first(), pl.col(UNIT).first()))
    sums = parts.group_by(REPORT, CONCEPT, DIMENSION).agg(
        pl.col(facets).first(),
        pl.col(VALUE).sum(),
        unit.alias(UNIT),
        is_known.sum().cast(pl.Int32).alias(KNOWN),
        (kind == "unreadable").sum().cast(pl.Int32).alias("unreadable_parts"),
        pl.when(kind.n_unique() == 1).then(kind.first()).otherwise(pl.lit("blank")).alias("kind_if_none"),
    )
    is_unknown, is_any = pl.col("unreadable_parts") > 0, pl.col(KNOWN) > 0
    kinds = pl.when(is_unknown).then(pl.lit("unreadable")).when(is_any).then(pl.lit("reported"))
    return sums.with_columns(
        pl.when(~is_unknown & is_any).then(VALUE).alias(VALUE),
        kinds.otherwise("kind_if_none").alias(KIND),
        (pl.col(PARTS) - pl.col(KNOWN) - pl.col("unreadable_parts")).alias(BLANKS),
    ).select(*STATED)
