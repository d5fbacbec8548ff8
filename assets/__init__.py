"""The line as Dagster sees it: thin assets over the functions of `pipeline`, their checks, jobs and schedules."""

import logging
import os
import warnings

import dagster as dg

# Nothing is sent anywhere unless someone asks for it; `dagster.yaml` says the same for a standing instance.
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
# Backfill policies and asset kinds are marked as beta; the versions are pinned, so the warning tells nobody a thing.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
# A night on which nothing has changed passes its checks over along with what they gate; Dagster warns of each gate.
logging.getLogger("dagster._core.execution.plan.active").addFilter(
    lambda record: "emitted no result" not in record.getMessage()
)
