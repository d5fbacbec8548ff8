"""The line as Dagster sees it: thin assets over the functions of `pipeline`, their checks, jobs and schedules."""

import warnings

import dagster as dg

# Backfill policies and asset kinds are marked as beta; the versions are pinned, so the warning tells nobody a thing.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
