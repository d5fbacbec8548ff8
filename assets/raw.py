"""Raw: sources and files go into the archive; out comes the list of documents to read."""

import os
from collections import Counter
from datetime import UTC, datetime

import dagster as dg
import polars as pl

from assets.resources import Line
from pipeline.fetch.found import add_found
from pipeline.fetch.listings import walk_listings
from pipeline.fetch.resting import resting
from pipeline.fetch.run import fetch_sources
from pipeline.fetch.settings import FetchSettings

ASKED = {"url": pl.String(), "run_id": pl.String()}


class Fetching(dg.Config):  # type: ignore[misc]
    """How a run fetches; `recheck` asks again where an address refused lately and never gave a report."""

    recheck: bool = False


@dg.asset(
    group_name="raw",
    kinds={"python", "http"},
    description="Walks the listings among the sources; what they lead to joins the archive's register of sources.",
)
def discovered_sources(context: dg.AssetExecutionContext, config: Fetching, line: Line) -> pl.DataFrame:
    """The addresses that the walks asked, which this run need not ask again."""
    archive = line.archive
    resting_now = resting(archive, datetime.now(UTC), recheck=config.recheck)
    listings = [source for source in line.register() if source.kind == "listing"]
    if not listings:
        return pl.DataFrame(schema=ASKED)
    walked = walk_listings(listings, archive, FetchSettings.from_environment(os.environ), resting_now)
    known = add_found(archive, walked.found)
    codes = Counter(words.code for _, words in walked.said) | Counter(walked.failed.values())
    context.add_output_metadata(
        {"listings": len(listings), "found": len(walked.found), "known": len(known), **codes}
    )
    for url, words in walked.said:
        context.log.info(f"{url}: {words.text()}")
    return pl.DataFrame([(url, context.run_id) for url in sorted(walked.asked)], schema=ASKED, orient="row")


@dg.asset(group_name="raw", kinds={"python", "http"}, description="Fetches the sources into the archive.")
def fetched_sources(
    context: dg.AssetExecutionContext, config: Fetching, line: Line, discovered_sources: pl.DataFrame
) -> dg.MaterializeResult[None]:
    """Fetches every source, politely and conditionally; one that fails is a row, one that refused lately rests."""
    archive, sources = line.archive, line.source_list()
    asked = set(discovered_sources.filter(pl.col("run_id") == context.run_id)["url"])
    resting_now = resting(archive, datetime.now(UTC), recheck=config.recheck)
    due = [s for s in sources if s.kind != "listing" and s.url not in asked and s.url not in resting_now]
    if not due:
        return dg.MaterializeResult(metadata={"sources": len(sources), "due": 0})
    summary = fetch_sources(due, archive, FetchSettings.from_environment(os.environ))
    return dg.MaterializeResult(
        metadata={"sources": len(sources), "due": len(due), **summary.outcomes, **summary.errors}
    )


@dg.asset(
    group_name="raw",
    kinds={"polars"},
    deps=[fetched_sources],
    description="The documents to read: the files given or dropped in, and what the archive holds of the sources.",
)
def raw_documents(line: Line) -> pl.DataFrame:
    """Every raw document of the run, in the archive, with where it came from; and why an address gave none."""
    return line.raw_frame()
