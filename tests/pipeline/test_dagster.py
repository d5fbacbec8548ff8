"""The real Dagster: definitions, the job, its checks, the schedule, and a standing service."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import polars as pl
import pytest

from assets import command
from assets import tidy as tidy_assets
from assets.definitions import EVERYTHING, NIGHTLY, compose, defs
from assets.resources import Line, silent
from assets.tables import ALL_YEARS
from pipeline.publish.query import open_warehouse
from schemas.tables import load_tables
from tests.integration.conftest import free_port
from tests.pipeline.conftest import ROOT

BIN = Path(sys.executable).parent
GROUPS = {"raw", "extracted", "tidy", "reconciled", "published"}


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "DAGSTER_HOME"}
    command = [str(BIN / arguments[0]), *arguments[1:]]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=environment)


@pytest.mark.parametrize("arguments", [("dagster", "definitions", "validate"), ("dg", "check", "defs")])
def test_definitions_are_valid_for_dagsters_own_tools(arguments: tuple[str, ...]) -> None:
    done = tool(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_workspace_loads_the_definitions() -> None:
    assert "assets.definitions" in (ROOT / "workspace.yaml").read_text(encoding="utf-8")


def assets() -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def test_assets_flow_from_raw_to_published() -> None:
    specs = assets()
    assert {spec.group_name for spec in specs.values()} == GROUPS
    upstream = {name: {d.asset_key.to_user_string() for d in spec.deps} for name, spec in specs.items()}
    assert upstream["warehouse"] == {"parquet_store"}
    assert {"cells", "readings"} <= upstream["applications"]
    assert "raw_documents" in upstream["cells"]


def test_every_published_table_comes_from_an_asset_that_describes_it() -> None:
    specs = assets()
    made = {"templates", "crosswalk", "codebook", "divisions"}  # definitions, not made from documents
    for name, definition in load_tables().items():
        if name in made:
            continue
        schema = specs[name].metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == list(definition.names)
        assert specs[name].description
        assert specs[name].kinds
        assert specs[name].code_version


def test_facts_are_kept_by_report_year_and_backfilled_in_one_run() -> None:
    graph = defs.resolve_asset_graph()
    for name in ("proactive_disclosure", "applications", "review_litigation", "harmonized"):
        node = graph.get(dg.AssetKey(name))
        assert node.partitions_def is not None
        assert {"unknown", "2019", "2025"} <= set(node.partitions_def.get_partition_keys())
        assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_the_night_is_at_two_in_shanghai_and_runs_once(tmp_path: Path) -> None:
    schedule = defs.resolve_schedule_def(NIGHTLY)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Asia/Shanghai")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    night = datetime(2026, 1, 15, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    with (
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        dg.build_schedule_context(instance, scheduled_execution_time=night) as context,
    ):
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.tags.items() >= ALL_YEARS.items()
    assert request.run_key


def run_line(line: Line) -> dg.ExecuteInProcessResult:
    job = compose(line, silent).resolve_job_def(EVERYTHING)
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        return job.execute_in_process(
            instance=instance, run_config=command.QUIET, tags=ALL_YEARS, raise_on_error=False
        )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dg.ExecuteInProcessResult:
    result = run_line(Line(out=str(tmp_path_factory.mktemp("run"))))
    assert result.success
    return result


def test_every_rule_is_an_asset_check_with_its_counts(run: dg.ExecuteInProcessResult) -> None:
    found = {e.check_name: e for e in run.get_asset_check_evaluations()}
    assert {"balance", "handled_total", "applicant_total", "procedure_total"} <= set(found)
    broken = found["procedure_total"]
    assert not broken.passed
    assert broken.severity == dg.AssetCheckSeverity.WARN
    assert broken.metadata["failed"].value == 2
    assert found["balance"].passed
    assert found["numbers_accounted_for"].metadata["share"].value == 1.0


def test_row_counts_are_metadata(run: dg.ExecuteInProcessResult) -> None:
    (event,) = run.asset_materializations_for_node("agencies")
    assert event.metadata["dagster/row_count"].value == 7


def test_a_table_that_breaks_its_definition_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(out=str(tmp_path))
    assert run_line(line).success
    before = (tmp_path / "current").readlink()

    def broken(*frames: pl.DataFrame) -> pl.DataFrame:
        return good(*frames).with_columns(pl.lit("12").alias("division_code"))

    good = tidy_assets.agencies_of
    monkeypatch.setattr(tidy_assets, "agencies_of", broken)
    result = run_line(Line(out=str(tmp_path), again=True))
    assert not result.success
    (failed,) = [e for e in result.get_asset_check_evaluations() if e.blocking and not e.passed]
    assert failed.asset_key.to_user_string() == "agencies"
    assert "division_code" in json.dumps(failed.metadata["problems"].value)
    assert (tmp_path / "current").readlink() == before
    assert open_warehouse(tmp_path).execute("SELECT count(*) FROM agencies").fetchone() == (7,)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """`dagster dev` as a user starts it, on a free port, with a home and an output of its own."""
    home, out = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("out")
    shutil.copy(ROOT / "dagster.yaml", home)
    port = free_port()
    environment = os.environ | {"DAGSTER_HOME": str(home), "OGI_WAREHOUSE": str(out), "OGI_DATA": str(out)}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [str(BIN / "dagster"), "dev", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: reachable(url), 90, (home / "log"))
        yield url, out
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(condition, seconds: float, log: Path) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(1)
    raise AssertionError(f"not within {seconds} s:\n{log.read_text()[-3000:]}")


def reachable(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=2):
            return True
    except OSError:
        return False


def ask(url: str, query: str, **variables: object) -> dict:  # type: ignore[type-arg]
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["data"]


LAUNCH = """
mutation($selector: JobOrPipelineSelector!, $tags: [ExecutionTag!]!) {
  launchRun(executionParams: {selector: $selector, executionMetadata: {tags: $tags}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
SCHEDULES = """
query($selector: RepositorySelector!) { schedulesOrError(repositorySelector: $selector) {
  ... on Schedules { results { name scheduleState { status } } } } }"""
TELEMETRY = "{ instance { info } }"
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "ogi_panel"}


def test_the_service_materialises_everything(service: tuple[str, Path]) -> None:
    url, out = service
    tags = [{"key": key, "value": value} for key, value in ALL_YEARS.items()]
    launched = ask(url, LAUNCH, selector=REPOSITORY | {"pipelineName": EVERYTHING}, tags=tags)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]

    def ended() -> bool:
        return ask(url, STATUS, id=run_id)["runOrError"]["status"] in ("SUCCESS", "FAILURE", "CANCELED")

    wait_for(ended, 180, out)
    assert ask(url, STATUS, id=run_id)["runOrError"]["status"] == "SUCCESS"
    assert open_warehouse(out).execute("SELECT count(*) FROM reports").fetchone() == (13,)


def test_the_nightly_schedule_runs_by_default(service: tuple[str, Path]) -> None:
    found = ask(service[0], SCHEDULES, selector=REPOSITORY)["schedulesOrError"]["results"]
    assert {s["name"]: s["scheduleState"]["status"] for s in found}[NIGHTLY] == "RUNNING"


def test_telemetry_is_off(service: tuple[str, Path]) -> None:
    info = ask(service[0], TELEMETRY)["instance"]["info"]
    assert re.search(r"telemetry:\s*\n\s*enabled: false", info)
