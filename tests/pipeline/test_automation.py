"""When the line runs by itself and who hears of it: schedules, the inbox, alarms, and the daemon that does it."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus

from assets import command
from assets.automation import ALARM, EVERYTHING, IN_SEASON, INBOX, alarm_sensor, inbox
from assets.definitions import defs
from assets.launcher import WAREHOUSE_TAG, WatchedRunLauncher
from assets.tables import ALL_YEARS
from benchmarks.nights import by_daemon
from benchmarks.offices import offices, served
from benchmarks.service import (
    DAEMON,
    EVERY_MINUTE,
    EXAMPLES,
    Service,
    documented_command,
    documented_environment,
)
from pipeline.publish.lock import only_writer
from pipeline.running.alarms import LOG
from pipeline.running.nights import LOCK, last_night, one_run
from tests.pipeline.conftest import ROOT, Ogi

SECONDS = 240.0
"""The most that a busy machine's service is waited for."""
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


QUICK = {
    "OGI_FETCH_ALLOW_PRIVATE": "1",
    "OGI_FETCH_REQUESTS_PER_SECOND": "200",
    "OGI_FETCH_WAIT_INITIAL": "0.01",
    "OGI_FETCH_WAIT_JITTER": "0",
    "OGI_FETCH_ATTEMPTS": "2",
    "OGI_AS_OF": "2026-02-01",
    "PYTHONPATH": str(ROOT),
}


def test_examples_start_what_is_there() -> None:
    for unit in (DAEMON, "ogi-web.service"):
        program, *arguments = documented_command(unit)
        assert Path(program).exists()
        assert (ROOT / arguments[arguments.index("-w") + 1]).exists()
    container = (EXAMPLES / "Containerfile").read_text(encoding="utf-8")
    for name in ("requirements/run.lock", "docs/examples/start"):
        assert name in container
        assert (ROOT / name).exists()
    settings = dict(re.findall(r"(OGI_\w+)=(\S+)", container))
    assert settings.items() <= documented_environment(Path("/srv/ogi")).items()


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="tells processes apart by /proc"
)


@needs_proc
def test_daemon_runs_two_nights_with_no_hand_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The documented unit, environment and settings; the second night changes nothing."""
    monkeypatch.setattr("benchmarks.nights.NIGHT_SECONDS", 2 * SECONDS)
    with served(offices(5)) as site:
        sources = {"OGI_SOURCES": str(site.register(tmp_path / "sources.csv"))}
        service = Service(tmp_path / "srv", QUICK | sources | {"OGI_NIGHTLY_CRON": EVERY_MINUTE})
        verdict = by_daemon(site, service)
    assert verdict.problems == ()
    night = last_night(service.warehouse)
    assert night is not None
    assert night.good_at
    assert not (service.warehouse / LOG).exists()


@contextmanager
def hook() -> Iterator[tuple[str, list[str]]]:
    """A web server that is posted to, and what it was told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", told
    finally:
        server.shutdown()
        server.server_close()


@needs_proc
def test_daemon_tells_of_a_killed_run_and_of_a_failed_one(tmp_path: Path) -> None:
    """All its processes are killed while a run is under way; the run's second try finds no register of sources."""
    with hook() as (address, told):
        service = Service(tmp_path / "srv", QUICK | {"OGI_ALERT_WEBHOOK": address})
        register = Path(service.environment["OGI_SOURCES"])
        shutil.copy(ROOT / "data" / "reference" / "sources.csv", register)
        drop(service.folder / "data" / "inbox", "a.html", age=60)
        service.start()
        try:
            killed = service.wait_for(lambda: service.runs(dg.DagsterRunStatus.STARTED), SECONDS)[
                0
            ].dagster_run
            assert service.kill() > 2
            assert service.members() == []
            register.unlink()
            service.start()
            service.wait_for(lambda: len(told) > 1, SECONDS)
        finally:
            service.stop()
        failed = service.runs(dg.DagsterRunStatus.FAILURE)
    assert [run.dagster_run.parent_run_id for run in failed] == [None, killed.run_id]
    assert killed.run_id in told[0]
    assert "its process has ended" in told[0]
    assert failed[1].dagster_run.run_id in told[1]
    assert "sources.csv" in told[1]
    lines = (service.warehouse / LOG).read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == told


def test_build_by_hand_that_was_killed_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OGI_WAREHOUSE", str(tmp_path / "elsewhere"))
    tags = {WAREHOUSE_TAG: str(tmp_path)}
    with dg.DagsterInstance.ephemeral() as instance:
        launcher = WatchedRunLauncher()
        launcher.register_instance(instance)
        run = dg.DagsterRun(EVERYTHING, tags=tags, status=dg.DagsterRunStatus.STARTED)
        instance.add_run(run)
        with one_run(tmp_path, run.run_id):
            assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
            other = dg.DagsterRun(EVERYTHING, tags=tags)
            instance.add_run(other)
            assert launcher.check_run_worker_health(other).status == WorkerStatus.NOT_FOUND
        assert launcher.check_run_worker_health(run).status == WorkerStatus.NOT_FOUND
