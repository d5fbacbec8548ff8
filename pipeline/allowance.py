"""How much processor time the document being read may take: set for a worker, renewed for each piece of slow work.

The time is the processor's and not the clock's, so that a busy machine loses no document; the system ends a
process that outlives it, whatever it is doing. Without an allowance, as outside a worker, nothing is bounded.
"""

from __future__ import annotations

import math
import resource
import time

_seconds: float | None = None


def allow(seconds: float) -> None:
    """Gives this process so many seconds of processor time from now on, and as many whenever they are renewed."""
    global _seconds
    _seconds = seconds
    renew()


def renew() -> None:
    """Begins the allowance anew: for a document, or for a page that has to be recognised from a picture."""
    if _seconds is None:
        return
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + _seconds), most))
