"""What stands already: whether a run need build at all, and how Dagster is told that what stands is current."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg
import polars as pl

from assets.resources import Line
from pipeline.paths import corrections_file
from pipeline.running.unchanged import parts_of

STANDING_ASSETS = ("parquet_store", "warehouse")
"""Those that bear a freshness policy: Dagster counts it from their last materialisation alone."""
CARRIED = tuple(
    f"dagster/{name}"
    for name in ("code_version", "data_version", "input_data_version/", "input_event_pointer/")
)
"""Beginnings of the tags by which Dagster tells whether an asset is out of date."""
HERE = Path(__file__).resolve().parent


def parts(line: Line, raw: pl.DataFrame) -> dict[str, str]:
    """Digests of all that the run's result depends on, by name."""
    return parts_of(raw, line.source_list(), corrections_file(), line.today, [HERE])


def is_checked(run: dg.DagsterRun) -> bool:
    """Whether a run makes all its checks: on the page, a choice of assets may be made without theirs."""
    return not (run.asset_selection or run.asset_check_selection)


def confirmations(instance: dg.DagsterInstance, names: Iterable[str]) -> Iterator[dg.AssetMaterialization]:
    """The events that confirm what stands: the versions and figures of the last time it was made.

    With the same versions as before, nothing that follows from it is told to be out of date.
    """
    for name in names:
        last = instance.get_latest_materialization_event(dg.AssetKey(name))
        made = last.asset_materialization if last else None
        tags = (
            {key: value for key, value in (made.tags or {}).items() if key.startswith(CARRIED)}
            if made
            else {}
        )
        metadata = {**(made.metadata if made else {}), "confirmed": True}
        yield dg.AssetMaterialization(name, metadata=metadata, tags=tags)
