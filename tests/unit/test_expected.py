"""The tables of reports that lack cells are found, however many reports are looked at together."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.checking import expected
from pipeline.checking.expected import incomplete
from pipeline.checking.ledger import national_forms

TABLE = "review_litigation"


def cells_of(report: str, count: int = 15) -> pl.DataFrame:
    labels = national_forms().labels.filter(pl.col("variant") == "2021", pl.col("table_name") == TABLE)
    places = labels.select("table_name", "row_key", "column_key", "variant").head(count)
    return places.with_columns(pl.lit(report).alias("report_id"), pl.lit("reported").alias("kind"))


@pytest.mark.parametrize("batch", [10_000, 1])
def test_a_table_that_lacks_a_cell_is_found(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(expected, "BATCH", batch)
    names = ["a", "b", "c", "d"]
    reports = pl.DataFrame({"report_id": names}).with_columns(
        pl.lit(None, pl.String).alias("variant_proactive_disclosure"),
        pl.lit(None, pl.String).alias("variant_applications"),
        pl.lit("2021").alias("variant_review_litigation"),
    )
    sizes = {"a": 15, "b": 14, "c": 15, "d": 3}
    cells = pl.concat([cells_of(name, size) for name, size in sizes.items()] + [cells_of("nobody's", 2)])
    found = incomplete(cells, reports).select("report_id", "present").rows()
    assert found == [("b", 14), ("d", 3), ("nobody's", 2)]
