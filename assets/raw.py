"""Raw: sources and files go into the archive; out comes the list of documents to read."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping

import dagster as dg
import polars as pl

from assets.resources import Line
from assets.standing import STANDING_ASSETS, confirmations, parts
from pipeline.fetch.found import add_found
from pipeline.fetch.listings import walk_listings
from pipeline.fetch.run import fetch_sources
from pipeline.fetch.settings import FetchSettings
from pipeline.intake import fetched_documents
from pipeline.running.nights import note_release
from pipeline.running.unchanged import ASKED_FOR, begin_making, changes, frame_digest

ASKED = {"url": pl.String(), "run_id": pl.String()}


class Fetching(dg.Config):  # type: ignore[misc]
    """How a run fetches; `recheck` asks the organs alone whose report is due and lacking, though they rest."""

    recheck: bool = False


class Building(dg.Config):  # type: ignore[misc]
    """How a run builds; `again` builds in full though nothing has changed since the last good run."""

    again: bool = False


@dg.asset(
    group_name="raw",
    kinds={"python", "http"},
    description="Walks the listings among the sources; what they lead to joins the archive's register of sources.",
)
def discovered_sources(context: dg.AssetExecutionContext, config: Fetching, line: Line) -> pl.DataFrame:
    """The addresses that the walks asked, which this run need not ask again."""
    archive = line.archive
    asking = line.asking(recheck=config.recheck)
    listings = [source for source in line.register() if source.kind == "listing" and asking.is_due(source)]
    if line.offline or not listings:
        return pl.DataFrame(schema=ASKED)
    settings, spared = FetchSettings.from_environment(os.environ), asking.spared(line.source_list())
    walked = walk_listings(listings, archive, settings, asking.resting, spared)
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
    if line.offline:
        return _held(line, {"sources": len(sources), "due": 0})
    settings = FetchSettings.from_environment(os.environ)
    if sources and settings.remark is not None:
        context.log.warning(settings.remark.text())
    asked = set(discovered_sources.filter(pl.col("run_id") == context.run_id)["url"])
    asking = line.asking(recheck=config.recheck)
    due = [s for s in sources if s.kind != "listing" and s.url not in asked and asking.is_due(s)]
    if not due:
        return _held(line, {"sources": len(sources), "due": 0})
    summary = fetch_sources(due, archive, settings)
    return _held(line, {"sources": len(sources), "due": len(due), **summary.outcomes, **summary.errors})


def _held(line: Line, counts: Mapping[str, int]) -> dg.MaterializeResult[None]:
    """What a run's fetching came to; a night that brought nothing leaves what follows up to date on the page."""
    version = frame_digest(fetched_documents(line.source_list(), line.archive))
    return dg.MaterializeResult(metadata=dict(counts), data_version=dg.DataVersion(version))


@dg.asset(
    group_name="raw",
    kinds={"polars"},
    deps=[fetched_sources],
    output_required=False,
    description="The documents to read: the files given or dropped in, and what the archive holds of the sources. "
    "Where nothing has changed since the last good run, nothing comes out, and all that follows is passed over.",
)
def raw_documents(
    context: dg.AssetExecutionContext, config: Building, line: Line
) -> Iterator[dg.Output[pl.DataFrame]]:
    """Every raw document of the run, in the archive, with where it came from; and why an address gave none."""
    raw = line.raw_frame()
    made_from = parts(line, raw)
    changed = changes(line.warehouse, made_from)
    if config.again or line.again:
        changed.append(ASKED_FOR)
    if changed:
        begin_making(line.warehouse, context.run_id, made_from)
        yield dg.Output(raw, metadata={"changed": ", ".join(changed)})
        return
    context.log.info("nothing has changed since the last good run: what stands is confirmed")
    for confirmation in confirmations(context.instance, STANDING_ASSETS):
        context.log_event(confirmation)
    note_release(line.warehouse)
