"""What runs tell of themselves in the warehouse's folder, for whoever watches from outside.

In: that a run began, published or failed. Out: `last_run.json`, and the judgement that `ogi status` prints. Only
files are read, so that a dead daemon, which tells nobody anything, is noticed all the same.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pipeline.publish.lock import only_writer
from pipeline.publish.warehouse import current_release
from schemas.messages import Message, message

RECORD = "last_run.json"
LOCK = ".run.lock"
DEFAULT_LIMIT = timedelta(hours=36)
"""A night that failed is noticed before the second one after it."""

Outcome = Literal["running", "released", "failed"]


@dataclass(frozen=True, slots=True)
class Night:
    """What is known of the last run.

    Attributes:
        run_id: Dagster's.
        began_at: ISO time in UTC.
        outcome: `running` also for one that was cut off, until the next begins.
        reason: What it failed for; empty otherwise.
        good_at: When a run last ended with a release that stands, ISO time in UTC; empty for never.
    """

    run_id: str
    began_at: str
    outcome: Outcome = "running"
    reason: str = ""
    good_at: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The judgement: whether all is well, and why in one line."""

    is_well: bool
    words: Message
    last: Message

    def line(self, language: Literal["en", "zh"]) -> str:
        """The judgement as one line."""
        details = {**self.words.details, "last": self.last.text(language)}
        return " ".join(Message(self.words.code, details).text(language).split())


@contextmanager
def one_run(warehouse: Path, run_id: str, patience: float = 0.0) -> Iterator[None]:
    """Holds the warehouse for one run from its first step to its last, and notes that it began.

    Raises:
        StoreLockedError: Another run holds it, and still did after `patience` seconds.
    """
    with only_writer(warehouse, LOCK, patience):
        before = last_night(warehouse)
        _write(warehouse, Night(run_id, _now(), good_at=before.good_at if before else ""))
        yield


def note_release(warehouse: Path) -> None:
    """Notes that the run under way has led to a release, new or the same as before."""
    night = last_night(warehouse)
    if night is not None:
        _write(warehouse, replace(night, outcome="released", good_at=_now()))


def note_failure(warehouse: Path, reason: str) -> None:
    """Notes why the run under way failed; the first reason stays."""
    night = last_night(warehouse)
    if night is not None and night.outcome != "failed":
        _write(warehouse, replace(night, outcome="failed", reason=reason))


def last_night(warehouse: Path) -> Night | None:
    """The last run; None where none is recorded, or its record cannot be read."""
    try:
        return Night(**json.loads((warehouse / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_under_way(warehouse: Path) -> bool:
    """Whether a run holds the warehouse at this moment."""
    try:
        with (warehouse / LOCK).open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def judge(warehouse: Path, now: datetime, limit: timedelta = DEFAULT_LIMIT) -> Status:
    """Whether a release stands that a run has confirmed within the limit."""
    night, release = last_night(warehouse), current_release(warehouse)
    last = _told(night, under_way=is_under_way(warehouse))
    if release is None:
        return Status(False, message("status_none", folder=str(warehouse), last=""), last)
    good_at = datetime.fromisoformat(night.good_at if night and night.good_at else release.created_at)
    age = now - good_at
    details = {"age": _age(age), "release": release.version, "last": "", "limit": _hours(limit)}
    if age > limit:
        return Status(False, message("status_old", **details), last)
    return Status(True, message("status_current", **details), last)


def _told(night: Night | None, *, under_way: bool) -> Message:
    if night is None:
        return message("status_never")
    if night.outcome == "failed":
        return message("status_failed", began=night.began_at, reason=night.reason)
    if night.outcome == "released":
        return message("status_released")
    return message("status_running" if under_way else "status_interrupted", began=night.began_at)


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min"


def _hours(limit: timedelta) -> str:
    return f"{limit.total_seconds() / 3600:g}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(warehouse: Path, night: Night) -> None:
    working = warehouse / f".{RECORD}.writing"
    working.write_text(json.dumps(asdict(night), ensure_ascii=False) + "\n", encoding="utf-8")
    working.replace(warehouse / RECORD)
