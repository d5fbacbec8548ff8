"""Worker processes whose documents hang, die or are slow as their file says."""

from __future__ import annotations

import mmap
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pipeline.running.allowance import renew
from pipeline.running.items import Item, read_packed
from pipeline.running.workers import LocalWorkers


def act(item: Item) -> bytes:
    """Reads a document after doing what its file says; every try leaves a mark beside the file."""
    tries = item.place.with_suffix(".tries")
    with tries.open("a") as marks:
        marks.write(f"{os.getpid()}\n")
    number = len(tries.read_text().splitlines())
    words = item.place.read_text().split()
    if not words:
        return read_packed(item)
    what, until = words[0], int(words[1]) if len(words) > 1 else 99
    if number <= until:
        ACTIONS[what]()
    return read_packed(item)


def _hang() -> None:
    time.sleep(600)


def _spin() -> None:
    while True:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def _renew() -> None:
    """Two seconds of work, in pieces that are each within the time."""
    for _ in range(4):
        renew()
        begun = time.process_time()
        while time.process_time() - begun < 0.5:
            pass


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _leave() -> None:
    os._exit(3)


def _swell() -> None:
    bytearray(3_000_000_000)


def _bloat() -> None:
    """Address space that an earlier document leaves taken."""
    _KEPT.append(mmap.mmap(-1, 1_000_000_000))


def _doze() -> None:
    time.sleep(0.3)


_KEPT: list[mmap.mmap] = []
ACTIONS: dict[str, Callable[[], None]] = {
    "hang": _hang,
    "spin": _spin,
    "die": _die,
    "leave": _leave,
    "swell": _swell,
    "doze": _doze,
    "renew": _renew,
    "bloat": _bloat,
    "report": lambda: None,
}


class ScriptedWorkers(LocalWorkers):
    """Local workers that do what a document says."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        return super().submit(act, *arguments)


def script(folder: Path, *lines: str) -> list[Item]:
    """A document for each line."""
    items = []
    for number, line in enumerate(lines):
        path = folder / f"{number:04d}.txt"
        path.write_text(line)
        items.append(Item(path, path.name))
    return items


def tries(item: Item) -> int:
    marks = item.place.with_suffix(".tries")
    return len(marks.read_text().splitlines()) if marks.exists() else 0
