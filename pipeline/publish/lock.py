"""One writer at a time for a folder: a lock the system frees by itself when its holder dies."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.faults import CodedError

LOCK_NAME = ".lock"


class StoreLockedError(CodedError):
    """Another run is writing to the folder."""


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Holds the folder for one writer; readers are never asked for the lock and never wait.

    Raises:
        StoreLockedError: Another process, or another caller in this one, holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_NAME).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreLockedError("store_locked", folder=str(folder)) from None
        yield
