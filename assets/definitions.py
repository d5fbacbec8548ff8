"""The whole line, composed: `dagster dev` and the daemon load `defs`; the command runs the same job."""

import dagster as dg

from assets import checks, extracted, published, raw, reconciled, tidy
from assets.automation import EVERYTHING, NIGHTLY, everything, schedules, sensors
from assets.resources import Line, StagingStore, silent

__all__ = ["EVERYTHING", "NIGHTLY", "compose", "defs"]
SERVICE_PATIENCE = 4 * 3600.0
"""Seconds that a run of the service waits for a build that someone has started by hand."""


def compose(line: Line, progress: object = silent) -> dg.Definitions:
    """The line with its settings: what it reads, where it writes, whom it tells of its progress."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules([raw, extracted, tidy, reconciled, published]),
        asset_checks=checks.all_checks,
        jobs=[everything],
        schedules=schedules,
        sensors=sensors,
        executor=dg.in_process_executor,
        resources={
            "line": line,
            "io_manager": StagingStore(line=line),
            "progress": dg.ResourceDefinition.hardcoded_resource(progress),
        },
    )


defs = compose(Line(patience=SERVICE_PATIENCE))
