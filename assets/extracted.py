"""Extracted: every raw document read once, in parallel, into the tables that come straight from reading."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.tables import described
from pipeline.batch import read_all
from pipeline.intake import intake_failures, items
from pipeline.tidy import READ_TABLES, tidy, with_provenance
from pipeline.versions import mark_versions

READERS = (
    "pipeline/readers",
    "pipeline/extract.py",
    "pipeline/identify.py",
    "pipeline/versions.py",
    "schemas/templates",
)
NAMES = {"reports": "readings"}
"""The asset of a table, where it is not called like it: `reports` is made from readings and checks."""


@dg.multi_asset(
    group_name="extracted",
    outs={NAMES.get(name, name): dg.AssetOut(**described(name, *READERS)) for name in READ_TABLES},
    required_resource_keys={"progress"},
)
def extracted_tables(
    context: dg.AssetExecutionContext, raw_documents: pl.DataFrame
) -> Iterator[dg.Output[pl.DataFrame]]:
    """Reads the documents in worker processes; one bad document is a row of `failures` and stops nothing."""
    todo = items(raw_documents)
    reports = []
    for done, report in enumerate(read_all(todo), start=1):
        context.resources.progress("reading", done, len(todo))
        reports.append(report)
    frames = tidy(reports)
    frames["documents"] = with_provenance(frames["documents"], raw_documents)
    frames["reports"] = mark_versions(frames["reports"], frames["cells"], raw_documents)
    frames["failures"] = pl.concat(
        [frames["failures"], intake_failures(raw_documents)], how="vertical_relaxed"
    )
    for name, frame in frames.items():
        yield dg.Output(frame, output_name=NAMES.get(name, name))
