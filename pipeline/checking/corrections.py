"""Corrections of misprinted numbers: `data/corrections.csv` and cells in, corrected series and their record out.

A correction is somebody's judgement, with a reason and a source. It reaches the harmonised series alone, where
it stands beside the number as printed; what the report says is never changed. It is tied to the printed text:
where that no longer stands in the cell, the correction is refused and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from pipeline.checking.columns import (
    BLANKS,
    CELL_KEY,
    COLUMN,
    CORRECTED,
    KIND,
    REPORT,
    ROW,
    TABLE,
    UNIT,
    VALUE,
    VARIANT,
    YEAR,
)
from pipeline.matching.labels import CellName
from pipeline.matching.lexicon import squeeze
from pipeline.matching.values import read_value
from pipeline.reconcile import HARMONIZED_SCHEMA, KEY, harmonize
from pipeline.templates import load_templates
from schemas.definitions import Row, read_definitions
from schemas.messages import Message, message
from schemas.tables import conform, table

COLUMNS = (
    *("document", "table", "row", "column", "printed", "corrected"),
    *("reason", "source", "who", "when"),
)
CELL_COLUMNS = ("document", "table", "row", "column")
SHA = "sha256"
NUMBER, STATUS = "corrected_value", "correction_status"
APPLIED, REFUSED, ELSEWHERE = "applied", "refused", "not_in_build"
CHANGEABLE = (VALUE, UNIT, KIND, BLANKS)
"""The columns of the harmonised series that a correction may change."""
_BARE_MONEY = "amount"  # so a number without its own unit has none: forms differ in theirs


@dataclass(frozen=True, slots=True)
class Correction:
    """One row of the file.

    Attributes:
        document: The sha256 of the document, or the report's id.
        cell: The cell.
        printed: The text that the correction was made for; empty for a blank.
        corrected: The number as written in the file.
        value: The number, in the unit of the published tables.
        unit: `count`, or `yuan` for money.
        reason: Why the printed number is wrong.
        source: What the right number rests on.
        who: Who decided.
        when: The day it was decided.
        place: The file and line, for what is said of it.
    """

    document: str
    cell: CellName
    printed: str
    corrected: str
    value: Decimal
    unit: str
    reason: str
    source: str
    who: str
    when: date
    place: str


def load_corrections(path: Path) -> tuple[Correction, ...]:
    """The corrections of a file, in its order; none where there is no such file.

    Raises:
        DefinitionError: A row without reason, source, who or day; a cell that no form has; a number that the cell
            cannot take; two corrections of one cell. The message names the file and the line.
    """
    if not path.exists():
        return ()
    return tuple(_correction(row) for row in read_definitions(path, COLUMNS, key=CELL_COLUMNS).rows)


def _correction(row: Row) -> Correction:
    for column in ("document", "corrected", "reason", "source", "who", "when"):
        row.filled(column)
    cell = CellName(row["table"], row["row"], row["column"])
    units = _units().get(cell)
    if units is None:
        raise row.fail(f"no form has the cell {cell}")
    found = [read_value(row["corrected"], unit) for unit in units]
    if any(value.number is None for value in found):
        raise row.fail(f"corrected {row['corrected']!r} is no number that the cell can take")
    if len({(value.number, value.unit) for value in found}) > 1 or found[0].unit is None:
        raise row.fail(f"corrected {row['corrected']!r} is money and needs its unit, 元 or 万元")
    (value, *_) = found
    assert value.number is not None
    assert value.unit is not None
    return Correction(
        document=row["document"].strip(),
        cell=cell,
        printed=row["printed"],
        corrected=row["corrected"],
        value=value.number,
        unit=value.unit,
        reason=row["reason"],
        source=row["source"],
        who=row["who"],
        when=_day(row),
        place=row.place,
    )


def _day(row: Row) -> date:
    try:
        return date.fromisoformat(row["when"])
    except ValueError:
        raise row.fail(f"when {row['when']!r} is no day, should be like 2024-01-31") from None


def _units() -> dict[CellName, set[str]]:
    """The units that a cell has on the forms."""
    units: dict[CellName, set[str]] = {}
    for template in load_templates().values():
        for name, row, column in template.cells():
            unit = column.unit if column.unit != "amount_wan_yuan" else _BARE_MONEY
            units.setdefault(CellName(name, row.key, column.key), set()).add(unit)
    return units


def judge(corrections: Iterable[Correction], cells: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The published table `corrections`: what became of each, and why one was refused.

    Args:
        corrections: The rows of the file.
        cells: report_id, table_name, row_key, column_key, variant, raw, kind, value, unit.
        reports: report_id, report_year, sha256.
    """
    todo = list(corrections)
    held = _held(todo, cells, reports)
    settled: set[tuple[str, CellName]] = set()
    rows = [_judged(correction, held, settled) for correction in todo]
    schema = {c: pl.String() if isinstance(t, pl.Enum) else t for c, t in table("corrections").schema.items()}
    return conform("corrections", pl.DataFrame(rows, schema=schema, orient="row"))


@dataclass(frozen=True, slots=True)
class _Held:
    """The reports of this build that corrections speak of: id and year by either name, and their cells."""

    reports: dict[str, tuple[str, int | None]]
    cells: dict[tuple[str, CellName], dict[str, object]]


def _held(corrections: list[Correction], cells: pl.DataFrame, reports: pl.DataFrame) -> _Held:
    names = [correction.document for correction in corrections]
    named = reports.filter(pl.col(REPORT).is_in(names) | pl.col(SHA).is_in(names))
    by_name: dict[str, tuple[str, int | None]] = {}
    for report, sha, year in named.select(REPORT, SHA, YEAR).iter_rows():
        by_name |= {report: (report, year), sha: (report, year)}
    wanted = pl.DataFrame(
        [(c.cell.table, c.cell.row, c.cell.column) for c in corrections],
        schema=dict.fromkeys((TABLE, ROW, COLUMN), pl.String),
        orient="row",
    ).unique()
    texts = pl.col(TABLE, ROW, COLUMN, VARIANT, KIND, UNIT).cast(pl.String)
    near = cells.join(named.select(REPORT), on=REPORT, how="semi").with_columns(texts)
    chosen = near.join(wanted, on=[TABLE, ROW, COLUMN], how="semi")
    by_cell = {
        (row[REPORT], CellName(row[TABLE], row[ROW], row[COLUMN])): row
        for row in chosen.iter_rows(named=True)
    }
    return _Held(by_name, by_cell)


def _judged(correction: Correction, held: _Held, settled: set[tuple[str, CellName]]) -> tuple[object, ...]:
    report, year = held.reports.get(correction.document, (None, None))
    cell = held.cells.get((report, correction.cell)) if report else None
    status, words = _verdict(correction, report, cell, settled)
    if status == APPLIED and report:
        settled.add((report, correction.cell))
    return (
        correction.document,
        report,
        year,
        correction.cell.table,
        correction.cell.row,
        correction.cell.column,
        correction.printed or None,
        correction.corrected,
        cell[VALUE] if cell else None,
        correction.value,
        correction.unit,
        status,
        correction.reason,
        correction.source,
        correction.who,
        correction.when,
        *((words.code, words.text("en"), words.text("zh")) if words else (None, None, None)),
    )


def _verdict(
    correction: Correction,
    report: str | None,
    cell: dict[str, object] | None,
    settled: set[tuple[str, CellName]],
) -> tuple[str, Message | None]:
    if report is None:
        return ELSEWHERE, None
    if cell is None:
        return REFUSED, message("correction_no_cell", place=correction.place, cell=str(correction.cell))
    if (report, correction.cell) in settled:
        return REFUSED, message("correction_twice", place=correction.place, cell=str(correction.cell))
    if not _matches(correction, cell):
        found = str(cell["raw"] or "")
        return REFUSED, message(
            "correction_stale",
            place=correction.place,
            cell=str(correction.cell),
            printed=correction.printed,
            found=found,
        )
    return APPLIED, None


def _matches(correction: Correction, cell: dict[str, object]) -> bool:
    """Whether the cell still holds the text that was corrected; spaces and full-width digits do not count."""
    return squeeze(correction.printed) == squeeze(str(cell["raw"] or ""))


def harmonize_corrected(
    cells: pl.DataFrame, reports: pl.DataFrame, corrections: pl.DataFrame
) -> pl.DataFrame:
    """The harmonised series with the applied corrections, each beside the number as printed.

    Args:
        cells: As for `harmonize`.
        reports: As for `harmonize`.
        corrections: What `judge` returns.

    Returns:
        The columns of `HARMONIZED_SCHEMA`: where `corrected`, `value`, `unit`, `kind` and `blanks` are made from
        the corrected cells; `value_as_printed` is always made from the cells as printed.
    """
    printed = harmonize(cells, reports)
    applied = corrections.filter(pl.col(STATUS).cast(pl.String) == APPLIED)
    touched = applied.select(REPORT).unique()
    if touched.is_empty():
        return printed
    some = harmonize(
        _corrected_cells(cells.join(touched, on=REPORT, how="semi"), applied),
        reports.join(touched, on=REPORT, how="semi"),
    )
    new = some.select(*KEY, pl.col(*CHANGEABLE).name.suffix("_new"))
    both = printed.join(new, on=KEY, how="left", maintain_order="left", nulls_equal=True)
    differs = pl.any_horizontal(
        pl.col(f"{name}_new").is_not_null() & pl.col(name).ne_missing(pl.col(f"{name}_new"))
        for name in (VALUE, KIND, UNIT)
    )
    marked = both.with_columns(differs.alias(CORRECTED))
    changed = (
        pl.when(CORRECTED).then(pl.col(f"{name}_new")).otherwise(pl.col(name)).alias(name)
        for name in CHANGEABLE
    )
    return marked.with_columns(changed).select(*HARMONIZED_SCHEMA)


def _corrected_cells(cells: pl.DataFrame, applied: pl.DataFrame) -> pl.DataFrame:
    texts = pl.col(*CELL_KEY[1:]).cast(pl.String)
    new = applied.select(REPORT, texts, NUMBER, pl.col(UNIT).cast(pl.String).alias("unit_new"))
    plain = cells.with_columns(pl.col(*CELL_KEY[1:], VARIANT, KIND, UNIT).cast(pl.String))
    joined = plain.join(new, on=CELL_KEY, how="left", maintain_order="left")
    is_corrected = pl.col(NUMBER).is_not_null()
    return joined.with_columns(
        pl.coalesce(NUMBER, VALUE).alias(VALUE),
        pl.coalesce("unit_new", UNIT).alias(UNIT),
        pl.when(is_corrected).then(pl.lit("reported")).otherwise(KIND).alias(KIND),
    ).drop(NUMBER, "unit_new")


def refusals(corrections: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """What to say of the corrections that were refused, in English and Chinese."""
    refused = corrections.filter(pl.col(STATUS).cast(pl.String) == REFUSED)
    yield from refused.select("message_en", "message_zh").iter_rows()
