"""Published: tables that passed their checks go into the Parquet store, and the store into a release."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import polars as pl

from assets.automation import fresh_nightly
from assets.resources import Line, read_staged
from assets.standing import is_checked, parts
from assets.tables import code_version
from pipeline.publish.definitions import definition_frames
from pipeline.publish.parquet import write_tables
from pipeline.publish.review import write_review
from pipeline.publish.warehouse import current_release, publish
from pipeline.running.nights import note_release
from pipeline.running.unchanged import note_made
from schemas.tables import load_tables

WRITER = "warehouse"
"""The pool of steps that write what scholars read; it has room for one."""
STAGED = tuple(name for name in load_tables() if name not in definition_frames())


class Staged(Mapping[str, pl.DataFrame]):
    """The tables to publish, each read when it is asked for: all of them at once would fill the memory."""

    def __init__(self, staging: Path) -> None:
        self._staging = staging
        self._definitions = definition_frames()

    def __getitem__(self, name: str) -> pl.DataFrame:
        known = self._definitions
        return known[name] if name in known else read_staged(self._staging, name)

    def __iter__(self) -> Iterator[str]:
        return iter((*self._definitions, *STAGED))

    def __len__(self) -> int:
        return len(self._definitions) + len(STAGED)


@dg.asset(
    group_name="published",
    kinds={"parquet"},
    deps=list(STAGED),
    pool=WRITER,
    freshness_policy=fresh_nightly,
    code_version=code_version("pipeline/publish", "schemas"),
    description="The canonical Parquet store, by report year.",
)
def parquet_store(line: Line) -> dg.MaterializeResult[None]:
    """Writes every table into the store, each held to its definition once more."""
    manifest = write_tables(Staged(line.staging), line.store)
    return dg.MaterializeResult(metadata={name: manifest.rows(name) for name in manifest.tables})


@dg.asset(
    group_name="published",
    kinds={"html"},
    deps=["warehouse"],
    code_version=code_version("pipeline/publish/review.py", "pipeline/evidence", "schemas/page_words.csv"),
    description="The page of documents that need a person's eyes, the worst first, each concern with its picture.",
)
def review(context: dg.AssetExecutionContext, line: Line) -> dg.MaterializeResult[None]:
    """Writes the review page beside the release, and notes what the run was made from: all of it stands now."""
    folder = line.warehouse / "review"
    found = write_review(line.warehouse, [line.archive], folder)
    path = dg.MetadataValue.path(str(folder / "index.html"))
    if is_checked(context.run):
        raw, failures = (read_staged(line.staging, name) for name in ("raw_documents", "failures"))
        note_made(line.warehouse, context.run_id, parts(line, raw), failures)
    return dg.MaterializeResult(metadata={"path": path, "waiting": found.waiting, **found.totals})


@dg.asset(
    group_name="published",
    kinds={"duckdb"},
    deps=[parquet_store],
    pool=WRITER,
    freshness_policy=fresh_nightly,
    code_version=code_version("pipeline/publish", "schemas"),
    description="The release that scholars query: one DuckDB file and the Parquet beside it.",
)
def warehouse(line: Line) -> dg.MaterializeResult[None]:
    """Builds the release aside, checks it, and leads `current` to it; readers are never disturbed."""
    folder = publish(line.store, line.warehouse)
    release = current_release(line.warehouse)
    note_release(line.warehouse)
    rows = release.rows if release else {}
    return dg.MaterializeResult(metadata={"release": folder.name, "path": str(folder), **rows})
