"""When the line runs by itself and who hears of it: schedules, the inbox, alarms, and the daemon that does it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets import command
from assets.automation import ALARM, EVERYTHING, IN_SEASON, INBOX, alarm_sensor, inbox
from assets.definitions import defs
from assets.tables import ALL_YEARS
from pipeline.alarms import LOG
from pipeline.nights import LOCK, last_night
from pipeline.publish.lock import only_writer
from pipeline.publish.query import open_warehouse
from tests.pipeline.conftest import ROOT, Ogi

REPORT = ROOT / "data" / "sample" / "reports" / "linzi-2021.html"


def test_mondays_in_season_ask_again_where_nothing_was_got() -> None:
    schedule = defs.resolve_schedule_def(IN_SEASON)
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    monday = datetime(2026, 2, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert schedule.cron_schedule == "0 12 * 1-6 1"
    assert monday.isoweekday() == 1
    with dg.build_schedule_context(scheduled_execution_time=monday) as context:
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.tags.items() >= ALL_YEARS.items()
    assert dg.validate_run_config(defs.resolve_job_def(EVERYTHING), request.run_config)


def drop(folder: Path, name: str, *, age: float) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    shutil.copyfile(REPORT, path)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_inbox_runs_once_for_each_file_that_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OGI_INBOX", str(tmp_path / "inbox"))
    cursor: str | None = None

    def look() -> dg.RunRequest | dg.SkipReason:
        nonlocal cursor
        context = dg.build_sensor_context(cursor=cursor)
        answer = inbox(context)
        cursor = context.cursor
        assert isinstance(answer, (dg.RunRequest, dg.SkipReason))
        return answer

    assert isinstance(look(), dg.SkipReason)
    drop(tmp_path / "inbox", "a.html", age=0)
    assert isinstance(look(), dg.SkipReason)  # it may still be written to
    drop(tmp_path / "inbox", "a.html", age=60)
    first = look()
    assert isinstance(first, dg.RunRequest)
    assert isinstance(look(), dg.SkipReason)
    drop(tmp_path / "inbox", "b.html", age=60)
    second = look()
    assert isinstance(second, dg.RunRequest)
    assert first.run_key != second.run_key
    (tmp_path / "inbox" / "a.html").unlink()
    assert isinstance(look(), dg.SkipReason)  # what was taken may be cleared away
    drop(tmp_path / "inbox", "b.html", age=30)
    assert isinstance(look(), dg.RunRequest)


def test_what_scholars_read_has_a_freshness_policy_and_one_writer() -> None:
    graph = defs.resolve_asset_graph()
    for name in ("parquet_store", "warehouse"):
        node = graph.get(dg.AssetKey(name))
        assert node.freshness_policy is not None
        assert node.pools == {"warehouse"}
    assert {sensor.name for sensor in defs.sensors or []} == {INBOX, ALARM}
    assert all(s.default_status == dg.DefaultSensorStatus.RUNNING for s in defs.sensors or [])  # type: ignore[union-attr]


def test_failed_run_writes_a_line_and_posts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OGI_WAREHOUSE", str(tmp_path))
    posted: list[str] = []
    monkeypatch.setattr("httpx.post", recorder(posted))
    monkeypatch.setenv("OGI_ALERT_WEBHOOK", "http://hooks.example.invalid/1")

    @dg.op
    def breaks() -> None:
        raise OSError(28, "No space left on device")

    @dg.job
    def night() -> None:
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        result = night.execute_in_process(instance=instance, raise_on_error=False)
        failure = next(event for event in result.all_events if event.is_run_failure)
        context = dg.build_run_status_sensor_context(
            ALARM, failure, instance, result.dagster_run
        ).for_run_failure()
        alarm_sensor(context)
    (line,) = (tmp_path / LOG).read_text(encoding="utf-8").splitlines()
    assert "No space left on device" in line
    assert result.run_id in line
    assert len(posted) == 1
    assert posted[0] in line


def recorder(posted: list[str]) -> Callable[..., object]:
    import httpx

    def post(url: str, *, json: dict[str, str], timeout: float) -> httpx.Response:
        posted.append(json["text"])
        return httpx.Response(200, request=httpx.Request("POST", url))

    return post


def test_build_beside_another_run_says_so_and_leaves_an_alarm(tmp_path: Path) -> None:
    with only_writer(tmp_path, LOCK):
        summary = command.build([REPORT], None, tmp_path, lambda *_: None)
    assert not summary.ok
    assert any("Another run is writing" in problem for problem in summary.problems)
    assert "Another run is writing" in (tmp_path / LOG).read_text(encoding="utf-8")
    assert not (tmp_path / "staging").exists()


def test_status_is_one_line_and_an_exit_code(warehouse: Path, ogi: Ogi, tmp_path: Path) -> None:
    done = ogi("--lang", "en", "status", "--warehouse", warehouse)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1), done.stderr
    assert "current" in done.stdout
    assert ogi("status", "--warehouse", warehouse, "--max-age", "0.000001").returncode == 1
    nothing = ogi("status", env=os.environ | {"OGI_WAREHOUSE": str(tmp_path / "none")})
    assert nothing.returncode == 1
    assert not (tmp_path / "none").exists()


def test_daemon_runs_the_schedule(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    shutil.copy(ROOT / "dagster.yaml", home)
    environment = os.environ | {
        "DAGSTER_HOME": str(home),
        "OGI_WAREHOUSE": str(out / "warehouse"),
        "OGI_DATA": str(out),
        "OGI_INPUT": str(REPORT),
        "OGI_NIGHTLY_CRON": "* * * * *",
        "PYTHONPATH": str(ROOT),
    }
    with (home / "log").open("w") as log:
        daemon = subprocess.Popen(
            [str(Path(sys.executable).parent / "dagster-daemon"), "run", "-m", "assets.definitions"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            wanted = {"dagster/schedule_name": "nightly"}
            run = wait_for(lambda: ended(instance, wanted), 240, home / "log")
            assert run.status == dg.DagsterRunStatus.SUCCESS
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    asked = open_warehouse(out / "warehouse").execute("SELECT agency_name, report_year FROM reports")
    assert asked.fetchall() == [("临淄区人力资源和社会保障局", 2021)]
    night = last_night(out / "warehouse")
    assert night is not None
    assert night.good_at


def ended(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun | None:
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    runs = instance.get_runs(dg.RunsFilter(tags=tags, statuses=finished), limit=1)
    return runs[0] if runs else None


def wait_for(look: Callable[[], dg.DagsterRun | None], seconds: float, log: Path) -> dg.DagsterRun:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} s:\n{log.read_text()[-3000:]}")
