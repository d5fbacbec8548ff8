"""The whole line, composed: `dagster dev` and the daemon load `defs`; the command runs the same job."""

import dagster as dg

from assets import checks, extracted, published, raw, reconciled, tidy
from assets.resources import Line, StagingStore, silent
from assets.tables import ALL_YEARS

EVERYTHING = "everything"
NIGHTLY = "nightly"

everything = dg.define_asset_job(
    EVERYTHING,
    selection=dg.AssetSelection.all(),
    description="Fetches, reads, checks, reconciles and publishes; every report year at once.",
    tags=ALL_YEARS,
)


@dg.schedule(
    name=NIGHTLY,
    job=everything,
    cron_schedule="0 2 * * *",
    execution_timezone="Asia/Shanghai",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at two in Shanghai.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run a night, named by its time, so that a night is never run twice."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags=ALL_YEARS)


def compose(line: Line, progress: object = silent) -> dg.Definitions:
    """The line with its settings: what it reads, where it writes, whom it tells of its progress."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules([raw, extracted, tidy, reconciled, published]),
        asset_checks=checks.all_checks,
        jobs=[everything],
        schedules=[nightly],
        executor=dg.in_process_executor,
        resources={
            "line": line,
            "io_manager": StagingStore(line=line),
            "progress": dg.ResourceDefinition.hardcoded_resource(progress),
        },
    )


defs = compose(Line())
