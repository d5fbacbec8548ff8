"""A call behind the fence ends in its result or in a named error, whatever the library it calls does."""

from __future__ import annotations

import ctypes
import os
import signal
import time

import pytest

from pipeline.document import UnreadableDocumentError
from pipeline.running import fence
from pipeline.running.allowance import renew
from pipeline.running.fence import fenced


def fault_of(function, *arguments) -> tuple[str, str]:
    with pytest.raises(UnreadableDocumentError) as caught:
        fenced(function, *arguments)
    return caught.value.code, str(next(iter(caught.value.details.values())))


def test_results_and_arguments_pass() -> None:
    assert fenced(divmod, 17, 5) == (3, 2)
    assert fenced(os.getpid) != os.getpid()
    assert len(fenced(bytes, 5_000_000)) == 5_000_000


def test_what_a_reader_says_passes() -> None:
    def refuse() -> None:
        raise UnreadableDocumentError("zip_bomb", size=9)

    assert fault_of(refuse) == ("zip_bomb", "9")


def test_what_a_reader_did_not_foresee_passes_in_words() -> None:
    class UnpicklableError(Exception):
        def __reduce__(self):
            raise TypeError

    def fail() -> None:
        raise UnpicklableError("why")

    with pytest.raises(RuntimeError, match="UnpicklableError: why"):
        fenced(fail)


def _recurse() -> None:
    _recurse()


def _spin() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (os.abort, ("limit_exceeded", "memory")),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), ("limit_exceeded", "memory")),
        (lambda: bytearray(fence.MEMORY + 10_000_000), ("limit_exceeded", "memory")),
        (_recurse, ("limit_exceeded", "nesting")),
        (lambda: os._exit(3), ("damaged", "the library that reads it ended with 3")),
        (
            lambda: ctypes.string_at(0),
            ("damaged", f"the library that reads it ended with {-signal.SIGSEGV:d}"),
        ),
    ],
    ids=["abort", "kill", "memory", "depth", "exit", "fault"],
)
def test_a_death_is_a_named_answer(function, fault: tuple[str, str]) -> None:
    assert fault_of(function) == fault


def _recognise() -> int:
    """Takes the time and memory of a page of print: more than other calls have."""
    renew()
    began = time.process_time()
    while time.process_time() < began + 1.5:
        pass
    return len(bytearray(fence.MEMORY + 10_000_000))


def test_pages_of_pictures_have_their_own_time_and_memory_outside_of_a_worker_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fence, "SECONDS", 1)
    assert fenced(_recognise) > fence.MEMORY


def test_processor_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence, "SECONDS", 1)
    code, what = fault_of(_spin)
    assert code == "limit_exceeded"
    assert "processor time" in what


def test_time_by_the_clock_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence, "CLOCK_SECONDS", 1)
    assert fault_of(time.sleep, 600) == ("limit_exceeded", "1 seconds")


def test_a_library_short_of_memory_may_say_so_in_its_own_way() -> None:
    def load() -> None:
        held = []
        try:
            while True:
                held.append(bytearray(5_000_000))
        except MemoryError:
            raise ImportError from None

    assert fault_of(load) == ("limit_exceeded", "memory")


def test_no_child_is_left() -> None:
    child = fenced(os.getpid)
    assert child != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
