"""What a run tells of itself, and what is made of it from outside."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.publish.lock import StoreLockedError
from pipeline.running.alarms import LOG, alarm
from pipeline.running.nights import Status, judge, last_night, note_failure, note_release, one_run

NOW = datetime.now(UTC)


def release(warehouse: Path, age: timedelta) -> None:
    """A release, as far as its record tells."""
    folder = warehouse / "releases" / "v1"
    folder.mkdir(parents=True)
    record = {"version": "v1", "content": "c", "created_at": (NOW - age).isoformat(), "rows": {}}
    (folder / "release.json").write_text(json.dumps(record), encoding="utf-8")
    (warehouse / "current").symlink_to("releases/v1")


def told(status: Status) -> tuple[bool, str, str]:
    line = status.line("en")
    assert "\n" not in line
    assert status.line("zh") != line
    return status.is_well, status.words.code, status.last.code


def test_nothing_stands(tmp_path: Path) -> None:
    assert told(judge(tmp_path / "none", NOW)) == (False, "status_none", "status_never")


@pytest.mark.parametrize(("hours", "well"), [(35.9, True), (36.1, False)])
def test_age_is_that_of_the_last_good_run(tmp_path: Path, hours: float, well: bool) -> None:
    release(tmp_path, timedelta(days=90))  # nothing has changed since, and a run has said so
    with one_run(tmp_path, "r1"):
        note_release(tmp_path)
    later = datetime.now(UTC) + timedelta(hours=hours)
    assert told(judge(tmp_path, later)) == (
        well,
        "status_current" if well else "status_old",
        "status_released",
    )


def test_release_without_any_record_has_its_own_age(tmp_path: Path) -> None:
    release(tmp_path, timedelta(hours=40))
    assert told(judge(tmp_path, NOW)) == (False, "status_old", "status_never")
    assert judge(tmp_path, NOW, timedelta(hours=48)).is_well


def test_failed_run_keeps_the_time_of_the_good_one_and_its_first_reason(tmp_path: Path) -> None:
    release(tmp_path, timedelta(hours=1))
    with one_run(tmp_path, "r1"):
        note_release(tmp_path)
    with one_run(tmp_path, "r2"):
        note_failure(tmp_path, "first")
        note_failure(tmp_path, "second")
    night = last_night(tmp_path)
    assert night is not None
    assert (night.run_id, night.outcome, night.reason) == ("r2", "failed", "first")
    assert told(judge(tmp_path, NOW)) == (True, "status_current", "status_failed")


def test_run_under_way_is_told_from_one_that_was_cut_off(tmp_path: Path) -> None:
    release(tmp_path, timedelta(hours=1))
    with one_run(tmp_path, "r1"):
        assert told(judge(tmp_path, NOW))[2] == "status_running"
    assert told(judge(tmp_path, NOW))[2] == "status_interrupted"


def test_two_runs_do_not_meet_and_one_may_wait(tmp_path: Path) -> None:
    with one_run(tmp_path, "r1"), pytest.raises(StoreLockedError), one_run(tmp_path, "r2", patience=0.1):
        pass
    night = last_night(tmp_path)
    assert night is not None
    assert night.run_id == "r1"


def test_damaged_record_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "last_run.json").write_text("{", encoding="utf-8")
    assert last_night(tmp_path) is None


def test_alarm_is_one_line_and_never_raises(tmp_path: Path) -> None:
    alarm(tmp_path, "two\nlines", "http://127.0.0.1:9/secret-key")
    first, second = (tmp_path / LOG).read_text(encoding="utf-8").splitlines()
    assert first.endswith("+08:00 two lines")
    assert "could not be posted" in second
    assert "secret-key" not in second
    (tmp_path / "file").write_text("")
    alarm(tmp_path / "file" / "warehouse", "nowhere to write")
