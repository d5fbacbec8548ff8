"""Raw: sources and files go into the archive; out comes the list of documents to read."""

import os

import dagster as dg
import polars as pl

from assets.resources import Line
from pipeline.fetch.run import fetch_sources
from pipeline.fetch.settings import FetchSettings
from pipeline.intake import held_sources, take_files


@dg.asset(group_name="raw", kinds={"python", "http"}, description="Fetches the sources into the archive.")
def fetched_sources(line: Line) -> dg.MaterializeResult[None]:
    """Fetches every source of `sources.csv`, politely and conditionally; a source that fails is a row."""
    sources = line.source_list()
    if not sources:
        return dg.MaterializeResult(metadata={"sources": 0})
    summary = fetch_sources(sources, line.archive, FetchSettings.from_environment(os.environ))
    return dg.MaterializeResult(metadata={"sources": len(sources), **summary.outcomes, **summary.errors})


@dg.asset(
    group_name="raw",
    kinds={"polars"},
    deps=[fetched_sources],
    description="The documents to read: the files given, archived, and what the archive holds of the sources.",
)
def raw_documents(line: Line) -> pl.DataFrame:
    """Every raw document of the run, in the archive, with where it came from."""
    archive = line.archive
    return pl.concat([take_files(line.input_paths(), archive), held_sources(line.source_list(), archive)])
