"""Many files → their reports, in order, each read in a worker process that one bad file cannot take down.

Workers are bounded in time and memory; one that hangs or dies loses one document, which is tried once more
alone and then recorded.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from pipeline.document import UnreadableDocumentError
from pipeline.read import MAX_BYTES, failed, read_report, unread
from pipeline.report import Report


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take, and how many workers share the work."""

    seconds: float = 60.0
    memory: int = 1_500_000_000
    workers: int = max(1, os.cpu_count() or 1)
    tasks_per_worker: int = 200


@dataclass(frozen=True, slots=True)
class Item:
    """A file to read: where its bytes are, and the name and site it is known by."""

    path: Path
    source: str
    host: str = ""


def read_item(item: Item) -> Report:
    """Reads one file from disk; a file that cannot be opened is a failed report."""
    path = item.path
    try:
        if not path.exists():
            return unread(item.source, "missing_file")
        if not path.is_file():
            return unread(item.source, "not_a_file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            return unread(item.source, "too_large", size=size, limit=MAX_BYTES)
        data = path.read_bytes()
    except OSError as error:
        return unread(item.source, "not_permitted", reason=error.strerror or type(error).__name__)
    return _guarded(data, item)


def _guarded(data: bytes, item: Item) -> Report:
    """Reads bytes; what no reader foresaw becomes a failed report, so that one file never stops a run."""
    try:
        return read_report(data, item.source, host=item.host)
    except MemoryError:
        error = UnreadableDocumentError("limit_exceeded", what="memory")
    except RecursionError:
        error = UnreadableDocumentError("limit_exceeded", what="nesting")
    except Exception as unforeseen:
        reason = str(unforeseen).splitlines()[0][:200] if str(unforeseen) else "-"
        error = UnreadableDocumentError("reader_failed", error_class=type(unforeseen).__name__, reason=reason)
    return failed(_known(data, item), error)


def _known(data: bytes, item: Item) -> Report:
    digest = hashlib.sha256(data).hexdigest()
    return Report(item.source, digest, "", len(data), "", "failed")


def read_all(items: Iterable[Item], limits: Limits | None = None) -> Iterator[Report]:
    """Reads files in worker processes and yields their reports in the order given.

    A document that outlives its time or kills its worker is tried once more, alone; if it fails again its report
    says `timed_out` or `worker_died`.
    """
    limits = limits or Limits()
    todo = list(items)
    with _Pool(limits) as pool:
        futures = [pool.submit_item(item) for item in todo]
        for item, future in zip(todo, futures, strict=True):
            yield _outcome(item, future, limits) or _alone(item, limits)


def _alone(item: Item, limits: Limits) -> Report:
    """The second and last try of a document that took its worker down."""
    with _Pool(replace(limits, workers=1)) as pool:
        future = pool.submit_item(item)
        report = _outcome(item, future, limits)
        return report or _lost(item, future, limits)


def _outcome(item: Item, future: Future[Report], limits: Limits) -> Report | None:
    try:
        return future.result()
    except (TimeoutError, ProcessExpired):
        return None


def _lost(item: Item, future: Future[Report], limits: Limits) -> Report:
    error = future.exception()
    data = item.path.read_bytes() if item.path.is_file() else b""
    if isinstance(error, TimeoutError):
        return failed(_known(data, item), UnreadableDocumentError("timed_out", seconds=limits.seconds))
    code = getattr(error, "exitcode", "?")
    return failed(_known(data, item), UnreadableDocumentError("worker_died", reason=f"exit code {code}"))


class _Pool:
    """A pebble pool of bounded workers."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["pipeline.read"])
        self._pool = ProcessPool(
            max_workers=limits.workers,
            max_tasks=limits.tasks_per_worker,
            initializer=_bound_memory,
            initargs=[limits.memory],
            context=context,
        )

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *error: object) -> None:
        if any(error):
            self._pool.stop()  # type: ignore[no-untyped-call]
        else:
            self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()

    def submit_item(self, item: Item) -> Future[Report]:
        """Starts reading an item in a worker."""
        future: Future[Report] = self._pool.schedule(read_item, args=[item], timeout=self._limits.seconds)
        return future


def _bound_memory(limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def files_under(paths: Sequence[Path]) -> list[Path]:
    """The files named, and for folders the files below them; hidden files and folders are passed over."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = (p for p in sorted(path.rglob("*")) if p.is_file())
            found += [p for p in below if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        else:
            found.append(path)
    return found
