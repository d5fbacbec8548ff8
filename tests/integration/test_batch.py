"""One file must never take a run down, hold it up without end, or make it forget the order."""

from __future__ import annotations

import itertools
import sys
import types
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from pipeline.batch import read_all
from pipeline.paths import sample_folder
from pipeline.running.items import Item, read_item
from pipeline.running.workers import Limits, LocalWorkers, WorkersError, remote_executor
from tests.scripted import ScriptedWorkers, script, tries

LIMITS = Limits(seconds=1, clock_seconds=3, workers=2, memory=1_500_000_000)
PATIENT = replace(LIMITS, clock_seconds=120)
"""For what uses up its processor time: a busy machine takes a multiple of it by the clock."""


def codes(reports):
    return [report.failure.message.code if report.failure else report.status for report in reports]


def run(items, limits=LIMITS, workers=None):
    workers = workers or ScriptedWorkers(limits)
    try:
        return list(read_all(items, limits, workers))
    finally:
        workers.shutdown(wait=False)


@pytest.fixture(scope="module")
def sample():
    return [Item(path, path.name) for path in sorted(sample_folder().iterdir())]


def test_reports_come_in_the_order_of_their_files(sample):
    items = sample * 3
    reports = list(read_all(items, LIMITS))
    assert [report.source for report in reports] == [item.source for item in items]
    assert reports[0] == read_item(items[0])


@pytest.mark.parametrize(
    ("line", "code"),
    [("hang", "stalled"), ("spin", "timed_out"), ("die", "worker_died"), ("leave", "worker_died")],
)
def test_a_document_that_takes_its_worker_down_is_lost_alone_after_two_tries(tmp_path, line, code):
    items = script(tmp_path, "report", line, "report", "report")
    reports = run(items, LIMITS if line == "hang" else PATIENT)
    assert codes(reports) == ["not_report_unknown", code, "not_report_unknown", "not_report_unknown"]
    assert [tries(item) for item in items] == [1, 2, 1, 1]
    assert reports[1].sha256 == read_item(items[1]).sha256


def test_a_document_that_only_failed_once_is_read(tmp_path):
    items = script(tmp_path, "die 1", "hang 1", "report")
    assert codes(run(items)) == ["not_report_unknown"] * 3
    assert [tries(item) for item in items] == [2, 2, 1]


def test_work_that_renews_its_time_may_take_longer(tmp_path):
    """As a scan does with every page."""
    assert codes(run(script(tmp_path, "renew"), PATIENT)) == ["not_report_unknown"]


def test_memory_is_bounded(tmp_path):
    assert codes(run(script(tmp_path, "swell", "swell 1", "report"))) == [
        "limit_exceeded",
        "not_report_unknown",
        "not_report_unknown",
    ]


def test_other_documents_go_on_while_one_hangs_and_is_tried_again(tmp_path):
    items = script(tmp_path, "hang", *["report"] * 40)
    workers = ScriptedWorkers(LIMITS)
    reports = read_all(items, LIMITS, workers)
    assert codes([next(reports)]) == ["stalled"]
    assert [tries(item) for item in items] == [2] + [1] * 40
    assert len(list(reports)) == 40
    workers.shutdown(wait=False)


def test_a_worker_whose_memory_is_taken_gives_its_place_to_a_fresh_one(tmp_path):
    """Else the next document would fail for what an earlier one has left."""
    items = script(tmp_path, "bloat", "report", "report")
    assert codes(run(items, replace(LIMITS, workers=1))) == ["not_report_unknown"] * 3
    first, second, third = (item.place.with_suffix(".tries").read_text() for item in items)
    assert first != second == third


def test_what_libraries_say_of_too_little_memory_is_understood(tmp_path, monkeypatch):
    from pipeline.running import items

    def read(*_, **__):
        raise OSError("libgfortran.so: failed to map segment from shared object")

    (item,) = script(tmp_path, "report")
    monkeypatch.setattr(items, "read_report", read)
    with pytest.raises(MemoryError):
        read_item(item)


def test_many_hanging_documents_use_up_the_time_for_second_tries(tmp_path):
    limits = replace(PATIENT, workers=3, second_tries=1.0)
    items = script(tmp_path, *["spin"] * 6, "report")
    found = codes(run(items, limits))
    assert found[-1] == "not_report_unknown"
    assert found.count("timed_out_once") >= 2
    assert found.count("timed_out") >= 1
    assert set(found[:-1]) == {"timed_out", "timed_out_once"}


def test_what_waits_for_an_earlier_document_is_bounded(tmp_path):
    limits = replace(LIMITS, under_way=4, ahead=10)
    taken = []
    items = script(tmp_path, "hang", *["report"] * 40)
    workers = ScriptedWorkers(limits)
    reports = read_all((taken.append(item) or item for item in items), limits, workers)
    next(reports)
    assert len(taken) <= limits.ahead + 1
    assert len(list(reports)) == 40
    workers.shutdown(wait=False)


def test_items_are_taken_as_they_are_needed(tmp_path):
    """An endless list of files gives its first reports; nothing is taken far ahead of what was read."""
    (item,) = script(tmp_path, "report")
    limits = replace(LIMITS, ahead=20)
    taken = itertools.count()
    endless = (Item(item.place, f"{number}") for number in taken)
    reports = read_all(endless, limits)
    assert [report.source for report in itertools.islice(reports, 5)] == ["0", "1", "2", "3", "4"]
    reports.close()
    assert next(taken) <= 5 + limits.ahead


def test_workers_whose_pool_broke_are_replaced(tmp_path):
    workers = ScriptedWorkers(LIMITS)
    list(read_all(script(tmp_path, "report"), LIMITS, workers))
    workers._pool.stop()
    assert codes(read_all(script(tmp_path, "report"), LIMITS, workers)) == ["not_report_unknown"]
    workers.shutdown(wait=False)


def test_workers_that_never_answer_are_started_anew(tmp_path):
    """As after one was killed with the lock of the channel in its hands."""
    from pipeline import batch

    class Deaf(ScriptedWorkers):
        silent = True

        def submit(self, function, /, *arguments):
            if Deaf.silent:
                return Future()
            return super().submit(function, *arguments)

        def alone(self):
            return ScriptedWorkers(LIMITS).alone()

        def restart(self):
            Deaf.silent = False
            super().restart()

    workers = Deaf(LIMITS)
    items = script(tmp_path, "report", "report", *["hang"] * 2)
    reading = batch._NearReading(LIMITS, workers)
    reading.patience = 8.0
    assert codes(reading.reports(items)) == ["not_report_unknown"] * 2 + ["stalled"] * 2
    workers.shutdown(wait=False)


def test_workers_that_cannot_be_started_end_the_run(tmp_path):
    """That is no document's fault: none may be recorded as one that kills its worker."""

    class Broken(ScriptedWorkers):
        def submit(self, function, /, *arguments):
            future = Future()
            future.set_exception(BrokenProcessPool("no process can be started"))
            return future

    with pytest.raises(WorkersError, match="no process can be started"):
        run(script(tmp_path, *["report"] * 10), workers=Broken(LIMITS))


def test_second_tries_that_never_answer_are_given_up_too(tmp_path):
    from pipeline import batch

    workers = ScriptedWorkers(Limits(workers=2))
    reading = batch._NearReading(Limits(workers=2), workers)
    reading.patience = 0.5
    assert codes(reading.reports(script(tmp_path, "hang", "hang", "hang"))) == ["stalled"] * 3
    workers.shutdown(wait=False)


def test_workers_leave_no_process_behind(sample):
    workers = LocalWorkers(LIMITS)
    list(read_all(sample[:2], LIMITS, workers))
    pids = list(workers._pool._pool_manager.worker_manager.workers)
    assert pids
    workers.shutdown(wait=False)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_files_that_cannot_be_opened_are_answers(tmp_path):
    (tmp_path / "folder").mkdir()
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(60_000_000)
    paths = [tmp_path / "none", tmp_path / "folder", large]
    found = codes(read_all((Item(path, path.name) for path in paths), LIMITS))
    assert found == ["missing_file", "not_a_file", "too_large"]


# The seam for more machines.


def test_an_executor_of_another_kind_takes_the_calls(sample):
    """Each call bounds its own document, whatever executor runs it."""
    with ThreadPoolExecutor(3) as cluster:
        far = list(read_all(sample, LIMITS, cluster))
    assert far == [read_item(item) for item in sample]


def test_on_a_cluster_a_document_over_its_time_is_lost_alone(tmp_path, sample):
    slow = tmp_path / "slow.html"
    slow.write_text("<table>" + "<tr><td>项目</td><td>1</td></tr>" * 20_000 + "</table>")
    limits = Limits(seconds=1, clock_seconds=0.4, workers=1)
    with ThreadPoolExecutor(1) as cluster:
        found = codes(read_all([Item(slow, "slow"), sample[2]], limits, cluster))
    assert found[0] in ("stalled", "timed_out")
    assert found[1] == "ok"


def test_what_an_executor_loses_is_told():
    class Losing(ThreadPoolExecutor):
        def submit(self, function, /, *arguments):
            return super().submit(lambda: 1 / 0)

    with Losing(1) as cluster:
        assert codes(read_all([Item(Path("a"), "a")], LIMITS, cluster)) == ["worker_died_once"]


@pytest.fixture
def distributed(monkeypatch):
    """A stand-in for the library, with what of its interface is used."""

    class Client:
        opened: ClassVar[list[str]] = []
        closed: ClassVar[int] = 0

        def __init__(self, address):
            if "nobody" in address:
                raise OSError("Timed out trying to connect")
            Client.opened.append(address)

        def get_executor(self, retries):
            assert retries == 3
            return ThreadPoolExecutor(2)

        def close(self):
            Client.closed += 1

    module = types.ModuleType("distributed")
    module.Client = Client
    monkeypatch.setitem(sys.modules, "distributed", module)
    return Client


def test_the_environment_names_a_cluster(distributed, monkeypatch, sample):
    monkeypatch.setenv("OGI_EXECUTOR", "dask://scheduler:8786")
    assert codes(read_all(sample[:3])) == ["ok"] * 3
    assert (distributed.opened, distributed.closed) == (["tcp://scheduler:8786"], 1)


@pytest.mark.parametrize("setting", ["spark://host:1", "dask://", "cluster", "dask:host"])
def test_settings_that_name_no_executor_are_refused(setting):
    with pytest.raises(WorkersError, match="OGI_EXECUTOR"):
        remote_executor(setting)


def test_a_cluster_that_cannot_be_had_is_told(distributed, monkeypatch):
    with pytest.raises(WorkersError) as caught:
        remote_executor("dask://nobody:1")
    assert caught.value.code == "executor_failed"
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkersError) as caught:
        remote_executor("dask://host:1")
    assert caught.value.code == "executor_missing"


def test_limits_come_from_the_environment():
    limits = Limits.from_environment({"OGI_READ_SECONDS": "5", "OGI_READ_WORKERS": "3", "HOME": "/"})
    assert (limits.seconds, limits.workers, limits.memory) == (5.0, 3, 1_500_000_000)
    for wrong in ({"OGI_READ_SECONDS": "soon"}, {"OGI_READ_PAGES": "1"}, {"OGI_READ_WORKERS": "0"}):
        with pytest.raises(WorkersError):
            Limits.from_environment(wrong)


def test_the_process_that_workers_are_forked_from_runs_no_thread():
    """What is forked while a thread runs may hang, so nothing that is loaded before may start one."""
    import subprocess

    count = "print(len(os.listdir('/proc/self/task')), 'polars' in sys.modules)"
    code = f"import pipeline.running.preload, os, sys; {count}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["1", "False"]
