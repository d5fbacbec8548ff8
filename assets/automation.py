"""When the line runs by itself: every night, weekly in season, when files are dropped in; and who hears of failures."""

import hashlib
import os
import re
import time
from datetime import timedelta

import dagster as dg

from assets.resources import Line
from assets.tables import ALL_YEARS
from pipeline.faults import CodedError
from pipeline.running.alarms import WEBHOOK, alarm
from pipeline.running.items import files_under
from pipeline.running.nights import note_failure

EVERYTHING = "everything"
NIGHTLY = "nightly"
CRON = "OGI_NIGHTLY_CRON"
IN_SEASON = "in_season"
INBOX = "inbox"
ALARM = "alarm"
SHANGHAI = "Asia/Shanghai"
SETTLED_SECONDS = 5.0
"""A file that was written to a moment ago may not be whole yet."""

_OWN_ERROR = re.compile(r"^pipeline\.[\w.]+: ")
"""The class of an error of our own, whose words say all that a person needs."""

fresh_nightly = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=36), warn_window=timedelta(hours=26)
)


@dg.failure_hook(name="note_failure", required_resource_keys={"line"})
def note_step_failure(context: dg.HookContext) -> None:
    """Leaves the reason of a failed step where `ogi status` finds it."""
    note_failure(context.resources.line.warehouse, f"{context.op.name}: {_words(context.op_exception)}")


everything = dg.define_asset_job(
    EVERYTHING,
    selection=dg.AssetSelection.all(),
    description="Discovers, fetches, reads, checks, reconciles and publishes; every report year at once.",
    # A run that is tried again begins at its beginning: another may have left its frames in the staging since.
    tags=ALL_YEARS | {"dagster/retry_strategy": "ALL_STEPS"},
    hooks={note_step_failure},
)


@dg.schedule(
    name=NIGHTLY,
    job=everything,
    cron_schedule=os.environ.get(CRON) or "0 2 * * *",
    execution_timezone=SHANGHAI,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at two in Shanghai, unless OGI_NIGHTLY_CRON names another time.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run a night, named by its time, so that a night is never run twice; nights do not pile up in the queue."""
    waiting = dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED], tags={"dagster/schedule_name": NIGHTLY})
    if context.instance.get_runs_count(waiting):
        return dg.SkipReason("the night before still waits for its turn")
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags=ALL_YEARS)


@dg.schedule(
    name=IN_SEASON,
    job=everything,
    cron_schedule="0 12 * 1-6 1",
    execution_timezone=SHANGHAI,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Mondays from January to June: asks those organs alone whose report is due and lacking.",
)
def in_season(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """A run that asks those whose report is due and lacking, though they rest, and nobody else.

    Governments' reports are due at the end of March, and many come later.
    """
    again = {"config": {"recheck": True}}
    return dg.RunRequest(
        run_key=f"{IN_SEASON} {context.scheduled_execution_time.isoformat()}",
        tags=ALL_YEARS,
        run_config={"ops": {"discovered_sources": again, "fetched_sources": again}},
    )


@dg.sensor(
    name=INBOX,
    job=everything,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Runs when files were dropped into the inbox and are whole.",
)
def inbox(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run for each state of the inbox that has a new or changed file."""
    files = {str(path): path.stat() for path in files_under([Line().inbox]) if path.is_file()}
    if any(time.time() - stat.st_mtime < SETTLED_SECONDS for stat in files.values()):
        return dg.SkipReason("a file may still be written to")
    seen = set((context.cursor or "").split())
    marks = {_mark(name, stat) for name, stat in files.items()}
    context.update_cursor(" ".join(sorted(marks)))
    if marks <= seen:
        return dg.SkipReason("nothing new in the inbox")
    return dg.RunRequest(run_key=f"{INBOX} {_digest(' '.join(sorted(marks)))}", tags=ALL_YEARS)


@dg.run_failure_sensor(
    name=ALARM,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes a line into alerts.log, and posts to a webhook where one is named, when a run fails.",
)
def alarm_sensor(context: dg.RunFailureSensorContext) -> None:
    """Tells of every failed run, also of one whose process died without a word."""
    run = context.dagster_run
    alarm(
        Line().warehouse,
        f"run {run.run_id} of {run.job_name} failed: {_reason(context)}",
        os.environ.get(WEBHOOK, ""),
    )


def _reason(context: dg.RunFailureSensorContext) -> str:
    steps = [event for event in context.get_step_failure_events() if event.step_failure_data.error]
    if steps:
        return "; ".join(f"{event.step_key}: {root_words(event.step_failure_data.error)}" for event in steps)
    data = context.failure_event.event_specific_data
    error = getattr(data, "error", None) or _launching_error(context)
    return root_words(error) if error else context.failure_event.message or ""


def _launching_error(context: dg.RunFailureSensorContext) -> object | None:
    """What kept a run from beginning, such as code that cannot be loaded; None where it began, or nothing was said."""
    record = context.instance.get_run_record_by_id(context.dagster_run.run_id)
    if record is None or record.start_time is not None:
        return None
    told = context.instance.all_logs(context.dagster_run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
    events = [entry.dagster_event for entry in told if entry.dagster_event is not None]
    errors = [event.engine_event_data.error for event in events if event.engine_event_data.error]
    return errors[-1] if errors else None


def root_words(error: object) -> str:
    """The words of the error that Dagster has wrapped: our own, which says all, else the one at the root."""
    while (
        not _OWN_ERROR.match(str(getattr(error, "message", ""))) and getattr(error, "cause", None) is not None
    ):
        error = error.cause  # type: ignore[attr-defined]
    words = str(getattr(error, "message", error)).strip()
    return _OWN_ERROR.sub("", words)


def _words(error: BaseException | None) -> str:
    while error is not None and not isinstance(error, CodedError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, CodedError):
        return str(error)
    return f"{type(error).__name__}: {error}" if error else ""


def _mark(name: str, stat: os.stat_result) -> str:
    return _digest(f"{name} {stat.st_size} {stat.st_mtime_ns}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


schedules = [nightly, in_season]
sensors = [inbox, alarm_sensor]
