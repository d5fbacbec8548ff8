"""The line as Dagster sees it: thin assets over the functions of `pipeline`, their checks, jobs and schedules."""

import os
import warnings

import dagster as dg

# Nothing is sent anywhere unless someone asks for it; `dagster.yaml` says the same for a standing instance.
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
# Backfill policies and asset kinds are marked as beta; the versions are pinned, so the warning tells nobody a thing.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
