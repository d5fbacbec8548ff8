"""Many files → their reports, in order, each read in a worker process that one bad file cannot take down.

Workers are bounded in time and memory; one that hangs or dies loses one document, which is tried once more
alone, beside the rest of the run, and then recorded. Reports that wait for an earlier one are kept packed and
are bounded in number, so that a run's memory does not grow with its length.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pebble import ProcessExpired

from pipeline.document import UnreadableDocumentError
from pipeline.objects import ArchiveError
from pipeline.read import unread
from pipeline.report import Report
from pipeline.running import office
from pipeline.running.items import AwaitsOfficeError, Item, converted, packed, read_packed, unpacked
from pipeline.running.workers import (
    EXECUTOR,
    OUT_OF_TIME,
    WORN,
    Executor,
    Limits,
    LocalWorkers,
    WorkersError,
    remote_executor,
)

HELD_UP = 400
"""Documents on their way or read, from which those that await an office suite wait no longer for others like them."""
BROKEN_LIMIT = 3
UNREACHABLE_LIMIT = 5
"""Documents in a row that the archive does not give, after which it is the archive's fault and no document's."""


def read_all(
    items: Iterable[Item], limits: Limits | None = None, executor: Executor | None = None
) -> Iterator[Report]:
    """Reads files in worker processes and yields their reports in the order given.

    A document that outlives its time or kills its worker is tried once more, alone; if it fails again its report
    says `timed_out`, `stalled` or `worker_died`. Where the time for second tries is used up it says
    `timed_out_once` or `worker_died_once`.

    Args:
        items: The files; they are taken as they are needed.
        limits: What one document may take; from the environment by default.
        executor: What takes the calls, and is left open; by default what `OGI_EXECUTOR` names, else the
            workers of this machine.

    Raises:
        ArchiveError: `archive_silent`, where the archive gives none of several objects in a row.
        WorkersError: A setting that cannot be used, or workers that cannot be started.
    """
    limits = limits or Limits.from_environment(os.environ)
    taking = executor or remote_executor(os.environ.get(EXECUTOR, "")) or LocalWorkers(limits)
    try:
        yield from _while_reached(_reading(limits, taking).reports(items))
    finally:
        if executor is None:
            taking.shutdown(wait=False)


def _while_reached(reports: Iterable[Report]) -> Iterator[Report]:
    """Passes reports on as long as the archive can be reached: a store that is down must not look like a gap."""
    missed = 0
    for report in reports:
        words = report.failure.message if report.failure else None
        missed = missed + 1 if words is not None and words.code == "archive_unreachable" else 0
        if words is not None and missed == UNREACHABLE_LIMIT:
            raise ArchiveError("archive_silent", count=missed, reason=words.details["reason"])
        yield report


def read_isolated(item: Item, limits: Limits) -> bytes:
    """Reads one file in a bounded process of the machine that this is called on; never fails.

    This is what a cluster runs. Each thread of its workers keeps a process of its own for its documents.
    """
    if not hasattr(_own, "workers"):
        _own.workers = LocalWorkers(replace(limits, workers=1))
    (report,) = _reading(limits, _own.workers).reports([item])
    return packed(report)


_own = threading.local()


@dataclass(slots=True)
class _Place:
    """A document's place in the order: what it is, and its report once there is one."""

    item: Item
    packed: bytes | None = None


class _Reading:
    """Documents on their way through an executor, in order."""

    patience: float | None = None
    """Seconds without any answer after which whatever is under way is given up; None waits."""

    def __init__(self, limits: Limits, executor: Executor) -> None:
        self._limits = limits
        self._executor = executor
        self._places: deque[_Place] = deque()
        self._running: dict[Future[bytes], _Place] = {}

    def reports(self, items: Iterable[Item]) -> Iterator[Report]:
        """The reports, in the order of their items."""
        todo = iter(items)
        self._fill(todo)
        while self._places:
            while self._places[0].packed is None:
                self._settle()
                self._fill(todo)
            yield unpacked(self._places.popleft().packed or b"")
            self._fill(todo)

    def _fill(self, todo: Iterator[Item]) -> None:
        while len(self._running) < self._limits.under_way and len(self._places) < self._limits.ahead:
            item = next(todo, None)
            if item is None:
                return
            place = _Place(item)
            self._places.append(place)
            self._running[self._submit(item)] = place

    def _submit(self, item: Item) -> Future[bytes]:
        raise NotImplementedError

    def _settle(self) -> None:
        """Waits for an answer, and takes in all that have come."""
        answered = wait(self._waited_for(), timeout=self.patience, return_when=FIRST_COMPLETED).done
        if not answered:
            self._give_up()
        for future in answered:
            self._take(future)

    def _waited_for(self) -> list[Future[Any]]:
        return list(self._running)

    def _take(self, future: Future[bytes]) -> None:
        place = self._running.pop(future)
        error = _error(future)
        if error is None:
            place.packed = future.result()
        elif isinstance(error, ProcessExpired) and error.exitcode == WORN:
            self._running[self._submit(place.item)] = place
        else:
            self._lose(place, error)

    def _lose(self, place: _Place, error: BaseException) -> None:
        place.packed = packed(_lost(place.item, error, self._limits))

    def _give_up(self) -> None:
        for place in [self._running.pop(future) for future in list(self._running)]:
            self._lose(place, TimeoutError())


class _NearReading(_Reading):
    """Documents on their way through the workers of this machine, with second tries beside them."""

    def __init__(self, limits: Limits, workers: LocalWorkers) -> None:
        super().__init__(limits, workers)
        self._workers = workers
        self.patience = 2 * limits.clock_seconds + 30
        self._alone = workers.alone()
        self._again: deque[tuple[_Place, BaseException]] = deque()
        self._second: tuple[Future[bytes], _Place, float] | None = None
        self._left = limits.second_tries
        self._for_office: list[tuple[_Place, bytes]] = []
        self._converting: tuple[Future[list[Item | None]], list[tuple[_Place, bytes]], float] | None = None
        self._office = ThreadPoolExecutor(1)
        self._office_left = limits.office_seconds
        self._folder: TemporaryDirectory[str] | None = None
        self._broken = 0
        """Second tries in a row that no worker could be started for: that is no document's fault."""

    def reports(self, items: Iterable[Item]) -> Iterator[Report]:
        """The reports, in the order of their items."""
        try:
            yield from super().reports(items)
        finally:
            self._alone.shutdown(wait=False)
            self._office.shutdown(cancel_futures=True)
            if self._folder:
                self._folder.cleanup()

    def _submit(self, item: Item) -> Future[bytes]:
        return self._workers.submit(read_packed, item)

    def _waited_for(self) -> list[Future[Any]]:
        others = [begun[0] for begun in (self._second, self._converting) if begun]
        return [*super()._waited_for(), *others]

    def _take(self, future: Future[Any]) -> None:
        if self._converting and future is self._converting[0]:
            self._take_converted(*self._converting)
        elif self._second and future is self._second[0]:
            self._take_second(*self._second)
        else:
            super()._take(future)
        self._convert()

    def _convert(self) -> None:
        """Gives what awaits the office suite to it: as much as it takes at once, or all that holds up others."""
        if self._office_left <= 0:
            for place, unread_packed in self._for_office:
                place.packed = unread_packed
            self._for_office = []
        holds_up = not self._running or len(self._places) >= HELD_UP
        is_due = len(self._for_office) >= office.BATCH or holds_up
        if self._converting is None and self._for_office and is_due:
            batch, self._for_office = self._for_office[: office.BATCH], self._for_office[office.BATCH :]
            self._folder = self._folder or TemporaryDirectory(prefix="ogi-converted-")
            items = [place.item for place, _ in batch]
            converting = self._office.submit(converted, items, Path(self._folder.name))
            self._converting = converting, batch, time.monotonic()

    def _take_converted(
        self, future: Future[list[Item | None]], batch: Sequence[tuple[_Place, bytes]], begun: float
    ) -> None:
        """Puts what the office suite made of files back among those to be read."""
        self._converting = None
        items = future.result()
        self._office_left -= (time.monotonic() - begun) * items.count(None) / len(items)
        for (place, unread_packed), item in zip(batch, items, strict=True):
            if item is None:
                place.packed = unread_packed
            else:
                place.item = item
                self._running[self._submit(item)] = place

    def _take_second(self, future: Future[bytes], place: _Place, begun: float) -> None:
        self._second = None
        self._left -= time.monotonic() - begun
        error = _error(future)
        self._broken = self._broken + 1 if isinstance(error, BrokenProcessPool) else 0
        if self._broken == BROKEN_LIMIT:
            raise WorkersError("workers_failed", reason=str(error) or type(error).__name__)
        tries = 1 if self._broken else 2
        if isinstance(error, AwaitsOfficeError):
            self._for_office.append((place, error.args[0]))
        else:
            place.packed = packed(_lost(place.item, error, self._limits, tries)) if error else future.result()
        self._try_again()

    def _lose(self, place: _Place, error: BaseException) -> None:
        if isinstance(error, AwaitsOfficeError):
            self._for_office.append((place, error.args[0]))
            return
        self._again.append((place, error))
        self._try_again()

    def _try_again(self) -> None:
        """Starts the next second try, one at a time; once their time is used up, what waits is lost."""
        while self._again and self._left <= 0:
            place, error = self._again.popleft()
            place.packed = packed(_lost(place.item, error, self._limits, tries=1))
        if self._second is not None or not self._again:
            return
        place, _ = self._again.popleft()
        self._second = (self._alone.submit(read_packed, place.item), place, time.monotonic())

    def _give_up(self) -> None:
        """Starts the workers anew: one that was killed while it answered can block all others."""
        self._workers.restart()
        self._alone.restart()
        if self._second is not None:
            place, self._second = self._second[1], None
            place.packed = packed(_lost(place.item, TimeoutError(), self._limits))
        super()._give_up()
        self._try_again()


class _FarReading(_Reading):
    """Documents on their way through a cluster, each bounded on the machine that reads it."""

    def _submit(self, item: Item) -> Future[bytes]:
        return self._executor.submit(read_isolated, item, self._limits)

    def _lose(self, place: _Place, error: BaseException) -> None:
        """What fails here is the cluster: a document's own failure is an answer."""
        place.packed = packed(_lost(place.item, error, self._limits, tries=1))


def _reading(limits: Limits, executor: Executor) -> _Reading:
    return (
        _NearReading(limits, executor)
        if isinstance(executor, LocalWorkers)
        else _FarReading(limits, executor)
    )


def _error(future: Future[bytes]) -> BaseException | None:
    return TimeoutError() if future.cancelled() else future.exception()


def _lost(item: Item, error: BaseException, limits: Limits, tries: int = 2) -> Report:
    """The report of a document whose worker hung or died."""
    once = "_once" if tries == 1 else ""
    if isinstance(error, MemoryError):
        why = UnreadableDocumentError("limit_exceeded", what="memory")
    elif isinstance(error, TimeoutError):
        why = UnreadableDocumentError("stalled", seconds=limits.clock_seconds)
    elif isinstance(error, ProcessExpired) and error.exitcode == OUT_OF_TIME:
        why = UnreadableDocumentError(f"timed_out{once}", seconds=limits.seconds)
    else:
        ended = f"exit code {error.exitcode}" if isinstance(error, ProcessExpired) else type(error).__name__
        why = UnreadableDocumentError(f"worker_died{once}", reason=ended)
    return replace(unread(item.source, why.code, **why.details), sha256=_digest_of(item))


def _digest_of(item: Item) -> str:
    """The hash of a document that was lost: known, or that of its file."""
    if item.sha256 or not isinstance(item.place, Path):
        return item.sha256
    try:
        return hashlib.sha256(item.place.read_bytes()).hexdigest()
    except OSError:
        return ""
