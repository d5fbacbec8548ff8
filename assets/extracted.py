"""Extracted: every raw document read once, ever, into the tables that come straight from reading."""

import os
from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.tables import described
from pipeline.intake import intake_failures
from pipeline.running.remember import Memory, read_documents
from pipeline.running.workers import Limits
from pipeline.tidy import READ_TABLES, with_provenance

READERS = (
    "pipeline/readers",
    "pipeline/extract.py",
    "pipeline/matching",
    "pipeline/identify.py",
    "pipeline/versions.py",
    "schemas/templates",
)
NAMES = {"reports": "readings"}
"""The asset of a table, where it is not called like it: `reports` is made from readings and checks."""


@dg.multi_asset(
    group_name="extracted",
    outs={NAMES.get(name, name): dg.AssetOut(**described(name, *READERS)) for name in READ_TABLES},
    required_resource_keys={"line", "progress"},
)
def extracted_tables(
    context: dg.AssetExecutionContext, raw_documents: pl.DataFrame
) -> Iterator[dg.Output[pl.DataFrame]]:
    """Reads the documents that were not read before; one bad document is a row of `failures` and stops nothing."""
    folder = context.resources.line.warehouse / "memory"
    memory = Memory(folder, limits=Limits.from_environment(os.environ))
    tell = context.resources.progress
    frames = read_documents(raw_documents, memory, progress=lambda done, total: tell("reading", done, total))
    frames["documents"] = with_provenance(frames["documents"], raw_documents)
    frames["failures"] = pl.concat(
        [frames["failures"], intake_failures(raw_documents)], how="vertical_relaxed"
    )
    for name, frame in frames.items():
        yield dg.Output(frame, output_name=NAMES.get(name, name))
