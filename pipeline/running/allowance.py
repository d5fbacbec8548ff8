"""How much time and memory the document being read may take: set for a worker, renewed and widened for pictures.

The time is the processor's and not the clock's, so that a busy machine loses no document. The system ends a
process that outlives it, and refuses memory beyond the rest, whatever the process is doing. Without an
allowance, as outside a worker, nothing is bounded.
"""

from __future__ import annotations

import ctypes
import math
import resource
import time
from contextlib import suppress
from pathlib import Path

MUCH_FREE = 300_000_000
WORN_SHARE = 0.6
SCARCE_SHARE = 0.5
"""Of the memory a call behind the fence has: libraries in C double what they hold, so they may have asked for all."""

_seconds: float | None = None
_picture_memory = 0
_kept_from: int | None = None


def allow(seconds: float, memory: int, picture_memory: int) -> None:
    """Bounds this process from now on.

    Args:
        seconds: Of processor time, and as many whenever they are renewed.
        memory: Bytes of address space.
        picture_memory: The same, once what recognises print is loaded.
    """
    global _seconds, _picture_memory
    _seconds, _picture_memory = seconds, picture_memory
    resource.setrlimit(resource.RLIMIT_AS, (memory, picture_memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    begin()


def begin() -> None:
    """Begins the time of another document."""
    if _seconds is None:
        return
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + _seconds), most))


def renew() -> None:
    """Begins the time anew for a page that has to be recognised from a picture, and grants the memory it takes.

    The memory stays granted: what recognises print stays loaded.
    """
    begin()
    if _seconds is not None:
        soft, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_least(max(soft, _picture_memory), most), most))


def allow_pictures(seconds: float, memory: int) -> None:
    """Lets a process that is no worker's renew its bounds as a worker's does: an answer is the same in either.

    Args:
        seconds: Of processor time for each page that is recognised from a picture.
        memory: Bytes of address space, once what recognises print is loaded.
    """
    global _seconds, _picture_memory
    if _seconds is None:
        _seconds, _picture_memory = seconds, memory


def keep_to(memory: int, seconds: int) -> None:
    """Bounds this process more closely than it is already.

    Args:
        memory: Bytes of address space.
        seconds: Of processor time from now.
    """
    global _kept_from
    _kept_from = address_space()
    for what, bound in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, math.ceil(time.process_time()) + seconds),
    ):
        soft, most = resource.getrlimit(what)
        # The system can end a process that is bounded; it need not be able to raise its bounds again.
        resource.setrlimit(what, (_least(soft, most, bound), most))


def _least(*limits: int) -> int:
    """The least of limits, of which at least one is none of the system's "no limit"."""
    return min(limit for limit in limits if limit != resource.RLIM_INFINITY)


def is_scarce() -> bool:
    """Whether a process that is kept to its memory came so near it that a library in C may have been refused some.

    Such a library then leaves out what it had no memory for, and does not say so.
    """
    return _kept_from is not None and most_held() - _kept_from > (allowed() - _kept_from) * SCARCE_SHARE


def address_space() -> int:
    """Bytes of address space that this process holds; 0 where the system does not tell."""
    return _pages()[0]


def allowed() -> float:
    """Bytes of address space that this process may hold."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return math.inf if limit == resource.RLIM_INFINITY else limit


def most_held() -> int:
    """The most bytes of address space that this process has held so far; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.partition("VmPeak:")[2].split()[0]) * 1024


def is_worn() -> bool:
    """Whether an earlier document left so little address space that the next would not have its share."""
    return address_space() > allowed() * WORN_SHARE


def give_back() -> None:
    """Gives back to the system what a large document has left free in this process, where there is much of it."""
    if _pages()[1] > MUCH_FREE:
        with suppress(AttributeError, OSError):  # only the GNU library keeps it, and only it can give it back
            ctypes.CDLL(None).malloc_trim(0)


def _pages() -> tuple[int, int]:
    """Bytes of address space and of memory that this process holds; 0 where the system does not tell."""
    try:
        size, held = Path("/proc/self/statm").read_text().split()[:2]
    except (OSError, MemoryError):
        return 0, 0
    return int(size) * resource.getpagesize(), int(held) * resource.getpagesize()
