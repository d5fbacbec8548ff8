"""Calls go in, futures come out: workers bounded in time and memory on this machine, or a cluster's.

Everything that takes calls here is shaped like `concurrent.futures`: `submit(function, *arguments)` gives a
future, `shutdown` ends it. That is the one seam by which the work goes to more machines: `OGI_EXECUTOR` names
what takes the calls, and a new kind of cluster is one function in `OPENERS`. Each call is bounded on the
machine that runs it, so that no cluster need know how to stop a document that hangs.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, fields, replace
from threading import Lock
from typing import Any, Protocol, Self, TypeVar

from pebble import ProcessPool

from pipeline.faults import CodedError
from pipeline.running.allowance import allow, begin, give_back, is_worn

T = TypeVar("T")
PREFIX = "OGI_READ_"
EXECUTOR = "OGI_EXECUTOR"
LOCAL = "local"
REMOTE_TRIES = 3
OUT_OF_TIME = -signal.SIGXCPU
WORN = 75
"""The exit code of a worker that gives its place to a fresh one, without having begun its call."""
PRELOADED = ["pipeline.running.preload"]


class WorkersError(CodedError):
    """What is to take the calls cannot be had: a wrong setting, or a library that is not installed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take, and how the work is shared.

    Attributes:
        seconds: Of processor time for one document, and for each of its pages that is a picture.
        clock_seconds: By the clock, after which a worker is taken to be stuck however busy the machine is.
        memory: Bytes of address space of the worker that reads it.
        picture_memory: The same for a worker that recognises print: the models alone take most of a gigabyte.
        workers: Processes on this machine.
        tasks_per_worker: Documents after which a worker is replaced, so that what a library leaks is bounded.
        under_way: Documents handed to the workers and not yet read.
        ahead: Documents read, or under way, while an earlier one still is; bounds the memory that order costs.
        second_tries: Seconds that all second tries of a run may take together, so that a run with many
            documents that hang still ends.
        office_seconds: The same for what an office suite is given and makes nothing of.
    """

    seconds: float = 60.0
    clock_seconds: float = 600.0
    memory: int = 1_500_000_000
    picture_memory: int = 3_000_000_000
    workers: int = max(1, os.cpu_count() or 1)
    tasks_per_worker: int = 200
    under_way: int = 64
    ahead: int = 4_000
    second_tries: float = 600.0
    office_seconds: float = 600.0

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            if getattr(self, name) <= 0 and name not in ("second_tries", "office_seconds"):
                raise WorkersError("wrong_setting", reason=f"{name} should be more than 0")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Defaults, with what `OGI_READ_SECONDS`, `OGI_READ_WORKERS` and so on say.

        Raises:
            WorkersError: `wrong_setting`, for a value that is no number or a name that is no setting.
        """
        known = {field.name: {"int": int, "float": float}[str(field.type)] for field in fields(cls)}
        changes: dict[str, Any] = {}
        for variable, text in environment.items():
            name = variable.removeprefix(PREFIX).lower()
            if not variable.startswith(PREFIX):
                continue
            try:
                changes[name] = known[name](text)
            except (KeyError, ValueError):
                reason = f"{variable} = {text!r}; the settings are numbers: {', '.join(known)}"
                raise WorkersError("wrong_setting", reason=reason) from None
        return replace(cls(), **changes)


class Executor(Protocol):
    """What takes calls: the local workers, an executor of `concurrent.futures`, or a cluster's."""

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Starts a call, or queues it."""
        ...

    def shutdown(self, wait: bool = True) -> None:
        """Ends it: after the calls that are under way, or at once."""
        ...


class LocalWorkers:
    """Worker processes of this machine; one that hangs or dies takes its own call with it and is replaced.

    A call that outlives its time by the clock fails with `TimeoutError`, one whose worker dies with pebble's
    `ProcessExpired`: exit code `OUT_OF_TIME` where its processor time was used up, `WORN` where it did not even
    begin. A pool that breaks altogether fails what it had under way and is replaced with the next call.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._pool: ProcessPool | None = None

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Starts a call in a worker, or queues it."""
        with self._lock:
            if self._pool is None or not self._pool.active:
                self._discard()
                self._pool = _pool(self._limits)
            stuck = self._limits.clock_seconds
            future: Future[T] = self._pool.schedule(_call, args=[function, *arguments], timeout=stuck)
            return future

    def alone(self) -> Self:
        """Workers of the same kind, one at a time and a new one for every call; to be ended by themselves."""
        return type(self)(replace(self._limits, workers=1, tasks_per_worker=1))

    def restart(self) -> None:
        """Kills the workers with whatever they do; the next call starts new ones."""
        with self._lock:
            self._discard()

    def shutdown(self, wait: bool = True) -> None:
        """Ends the workers: after the calls that are under way, or at once."""
        with self._lock:
            if wait and self._pool is not None and self._pool.active:
                self._pool.close()  # type: ignore[no-untyped-call]
                self._pool.join()
                self._pool = None
            self._discard()

    def _discard(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()


def _pool(limits: Limits) -> ProcessPool:
    """Workers are forked from a server without threads that has loaded what every one of them needs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    # The server is started by `python -c`, which looks for modules in the working folder first: a folder there
    # that is called `pipeline` too must not be taken for this package.
    os.environ["PYTHONSAFEPATH"] = "1"
    return ProcessPool(
        max_workers=limits.workers,
        max_tasks=limits.tasks_per_worker,
        initializer=allow,
        initargs=[limits.seconds, limits.memory, limits.picture_memory],
        context=context,
    )


_has_worked = False


def _call(function: Callable[..., T], *arguments: Any) -> T:
    """Runs in the worker: every call has its own time, and its share of memory."""
    global _has_worked
    if _has_worked and is_worn():
        os._exit(WORN)
    _has_worked = True
    begin()
    try:
        return function(*arguments)
    finally:
        give_back()


class Cluster:
    """A cluster's executor with the connection that it came from; both end together."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(retries=REMOTE_TRIES)

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Hands a call to the cluster."""
        future: Future[T] = self._executor.submit(function, *arguments)
        return future

    def shutdown(self, wait: bool = True) -> None:
        """Ends the executor and leaves the cluster."""
        self._executor.shutdown(wait=wait)
        self._client.close()


def _open_dask(address: str) -> Executor:
    """A Dask scheduler: `dask://host:port`; its workers need this package and the archive's location.

    Raises:
        WorkersError: `executor_missing`, where `distributed` is not installed; `executor_failed`, where the
            scheduler does not answer.
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise WorkersError("executor_missing", scheme="dask", library="distributed") from None
    try:
        return Cluster(distributed.Client(f"tcp://{address}"))
    except (OSError, TimeoutError) as error:
        raise WorkersError("executor_failed", setting=f"dask://{address}", reason=str(error)) from error


OPENERS: dict[str, Callable[[str], Executor]] = {"dask": _open_dask}
"""What opens an executor, by the scheme of its setting; the function is given what follows `://`."""


def remote_executor(setting: str) -> Executor | None:
    """The executor that a setting names; None for the workers of this machine.

    Args:
        setting: Empty or `local`, or an address such as `dask://scheduler:8786`.

    Raises:
        WorkersError: `wrong_setting`, `executor_missing` or `executor_failed`.
    """
    if setting in ("", LOCAL):
        return None
    scheme, separator, address = setting.partition("://")
    if not separator or not address or scheme not in OPENERS:
        known = ", ".join([LOCAL, *(f"{name}://host:port" for name in OPENERS)])
        raise WorkersError("wrong_setting", reason=f"{EXECUTOR} = {setting!r}, should be one of: {known}")
    return OPENERS[scheme](address)
