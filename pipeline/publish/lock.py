"""One writer at a time for a folder: a lock the system frees by itself when its holder dies."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.faults import CodedError

LOCK_NAME = ".lock"
POLL = 0.2


class StoreLockedError(CodedError):
    """Another run is writing to the folder."""


@contextmanager
def only_writer(folder: Path, name: str = LOCK_NAME, patience: float = 0.0) -> Iterator[None]:
    """Holds the folder for one writer; readers are never asked for the lock and never wait.

    Args:
        folder: What is held; it is made where it is missing.
        name: The file that stands for the lock.
        patience: Seconds to wait for another holder to end.

    Raises:
        StoreLockedError: Another process, or another caller in this one, holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as handle:
        end = time.monotonic() + patience
        while not _taken(handle):
            if time.monotonic() >= end:
                raise StoreLockedError("store_locked", folder=str(folder))
            time.sleep(POLL)
        yield


def _taken(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
