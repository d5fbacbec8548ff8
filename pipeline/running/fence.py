"""A call flows in, its result flows out, made in a child of this process that may die of it without harm.

Readers that call into libraries in C put files behind it that may make the library abort: what would cost a
worker and a second try is an answer at once. A fenced call has its own memory and processor time, below those
of a worker.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import pickle
import resource
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn, TypeVar

from pipeline.document import UnreadableDocumentError
from pipeline.running.allowance import address_space, allow_pictures, allowed, keep_to, most_held

T = TypeVar("T")
MEMORY = 700_000_000
"""Bytes of address space that a fenced call may take beyond what the process holds when it begins."""
PICTURE_MEMORY = 3_000_000_000
"""The same for one that recognises print, where no worker's allowance says so."""
SECONDS = 15
PICTURE_SECONDS = 60
"""Of processor time, for each page that is a picture, where no worker's allowance says so."""
CLOCK_SECONDS = 1_800
"""By the clock, for a call that hangs without working; workers have their own, mostly shorter."""
NEARLY = 0.95
"""Share of the memory allowed from which a failure is taken for want of it: libraries say it in their own ways."""
_DEATH_OF_PARENT = 1
_TOO_MUCH = frozenset({0, -signal.SIGABRT, -signal.SIGKILL})
"""How a process ends that is refused memory: it cannot even say so, libraries in C give up, the system ends it."""


def fenced(function: Callable[..., T], *arguments: Any, seconds: int | None = None) -> T:
    """Calls a function in a child process and returns its result, or raises what it raised.

    Where the system cannot fork, the function is called here.

    Args:
        function: What to call.
        arguments: What it is given.
        seconds: Of processor time; `SECONDS` by default.

    Raises:
        UnreadableDocumentError: `limit_exceeded` where the call took too much time or memory, `damaged` where
            the library it called died; else as the function.
    """
    if not hasattr(os, "fork"):
        return function(*arguments)
    reading, writing = os.pipe()
    child = _fork()
    if child == 0:
        os.close(reading)
        _work(writing, partial(function, *arguments), seconds or SECONDS)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as answer:
            packed = answer.read()
    finally:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    result: T = _opened(packed, status)
    return result


def _fork() -> int:
    with warnings.catch_warnings():
        # Newer Pythons warn where other threads run: what a reader calls in the child takes no lock of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _work(writing: int, call: Callable[[], T], seconds: int) -> NoReturn:
    """Runs in the child, which ends here whatever happens."""
    try:
        faulthandler.disable()
        _end_with_parent()
        held = address_space()
        allow_pictures(PICTURE_SECONDS, held + PICTURE_MEMORY)
        keep_to(held + MEMORY, seconds)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(CLOCK_SECONDS)
        packed = _answer(call)
        with os.fdopen(writing, "wb") as answer:
            answer.write(packed)
    finally:
        os._exit(0)


def _answer(call: Callable[[], T]) -> bytes:
    try:
        return pickle.dumps((call(), None), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps((None, UnreadableDocumentError("limit_exceeded", what="memory")))
    except UnreadableDocumentError as error:
        return pickle.dumps((None, error))
    except RecursionError:
        return pickle.dumps((None, UnreadableDocumentError("limit_exceeded", what="nesting")))
    except Exception as error:
        if most_held() > NEARLY * allowed():
            return pickle.dumps((None, UnreadableDocumentError("limit_exceeded", what="memory")))
        # Not every library's exception can be pickled; its class and words are all that is told of it.
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _opened(packed: bytes, status: int) -> Any:
    if not packed:
        raise _death(status)
    try:
        result, error = pickle.loads(packed)  # noqa: S301 - made by our own child
    except (EOFError, pickle.UnpicklingError):
        raise _death(status) from None
    if error is not None:
        raise error
    return result


def _death(ended: int) -> UnreadableDocumentError:
    if ended == -signal.SIGALRM:
        return UnreadableDocumentError("limit_exceeded", what=f"{CLOCK_SECONDS} seconds")
    if ended == -signal.SIGXCPU:
        return UnreadableDocumentError("limit_exceeded", what="the processor time of a document")
    if ended in _TOO_MUCH:
        return UnreadableDocumentError("limit_exceeded", what="memory")
    return UnreadableDocumentError("damaged", reason=f"the library that reads it ended with {ended}")


def _end_with_parent() -> None:
    """Asks the system to end this child with its parent, which may be stopped while it waits."""
    with suppress(AttributeError, OSError):  # only Linux knows this
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
