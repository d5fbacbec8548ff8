"""What `ogi build` runs: the same job as every night, in this process."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import polars as pl

from assets.automation import root_words
from assets.definitions import EVERYTHING, compose
from assets.launcher import WAREHOUSE_TAG
from assets.resources import Line, read_staged
from assets.tables import ALL_YEARS
from pipeline.accounting import account
from pipeline.checking.corrections import refusals
from pipeline.fetch.settings import FetchSettings
from pipeline.publish.warehouse import CURRENT, current_release
from pipeline.running.alarms import WEBHOOK, alarm
from schemas.messages import message

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build came to.

    Attributes:
        ok: Whether every step and every blocking check passed.
        release: Where the current release stands; None where there is none.
        rows: Rows of each published table.
        statuses: How many documents were read as what.
        share_used: Numbers used over numbers found; None where no table was found.
        problems: What went wrong, a line each.
        notes: What a person should know of it, in English and Chinese.
    """

    ok: bool
    release: Path | None = None
    rows: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    share_used: float | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


def build(
    inputs: Sequence[Path] | None,
    sources: Path | None,
    out: Path | None,
    progress: Callable[[str, int, int], None],
    *,
    archive: str = "",
    again: bool = False,
    offline: bool = False,
) -> Summary:
    """Runs the whole line once; see `pipeline.cli.Runner`."""
    line = Line(
        inputs=[str(path) for path in inputs or ()],
        sources=str(sources or ""),
        out=str(out or ""),
        raw=archive,
        again=again,
        offline=offline,
    )
    job = compose(line, progress).resolve_job_def(EVERYTHING)
    with _instance() as instance:
        result = job.execute_in_process(
            instance=instance,
            run_config=QUIET,
            tags=ALL_YEARS | {WAREHOUSE_TAG: str(line.warehouse.absolute())},
            raise_on_error=False,
        )
    summary = _summary(line, result)
    if summary.problems:
        alarm(line.warehouse, f"build failed: {'; '.join(summary.problems)}", os.environ.get(WEBHOOK, ""))
    return summary


def _instance() -> dg.DagsterInstance:
    """The instance whose page shows the run, where there is one; else one that ends with the process."""
    if os.environ.get("DAGSTER_HOME"):
        return dg.DagsterInstance.get()
    return dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}})


def _summary(line: Line, result: dg.ExecuteInProcessResult) -> Summary:
    release = current_release(line.warehouse)
    problems = tuple(_problems(result))
    if release is None or problems:
        return Summary(ok=False, release=line.warehouse / CURRENT if release else None, problems=problems)
    readings = read_staged(line.staging, "readings")
    statuses = Counter(read_staged(line.staging, "documents")["status"].cast(pl.String).to_list())
    found = readings["numeric_found"].sum()
    return Summary(
        ok=result.success,
        release=line.warehouse / CURRENT,
        rows=release.rows,
        statuses=dict(statuses.most_common()),
        share_used=readings["numeric_used"].sum() / found if found else None,
        notes=tuple(_notes(line, readings, release.version if _changed_nothing(result) else None)),
    )


def _changed_nothing(result: dg.ExecuteInProcessResult) -> bool:
    """Whether the run came to confirm what stood already."""
    return any(event.is_step_skipped and event.step_key == "warehouse" for event in result.all_events)


def _notes(line: Line, readings: pl.DataFrame, confirmed: str | None) -> Iterator[tuple[str, str]]:
    """That sites cannot reach us, the release that was confirmed, where the numbers went, refused corrections."""
    remark = FetchSettings.from_environment(os.environ).remark
    if remark and line.source_list() and not line.offline:
        yield remark.text("en"), remark.text("zh")
    if confirmed:
        unchanged = message("build_unchanged", release=confirmed)
        yield unchanged.text("en"), unchanged.text("zh")
    words = account(readings).message
    yield words.text("en"), words.text("zh")
    yield from refusals(read_staged(line.staging, "corrections"))


def _problems(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            yield f"{event.step_key}: {root_words(error) if error else event.message or ''}"
        elif event.is_run_failure:
            error = getattr(event.event_specific_data, "error", None)
            if error:  # No step began: another run holds the warehouse, or it cannot be written.
                yield root_words(error)
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed and evaluation.blocking:
            problems = evaluation.metadata.get("problems")
            words = problems.value if problems else ()
            name = evaluation.asset_key.to_user_string()
            yield f"{name}: " + "\n  ".join(map(str, words if isinstance(words, list) else (words,)))
