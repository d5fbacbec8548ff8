"""A piece of work and files flow in; what the work costs in a fresh process flows out.

Nothing of this project is loaded here, so that an alternative is measured without it.
"""

from __future__ import annotations

import importlib
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Work = Callable[[bytes], object]
ENOUGH_SECONDS = 4.0
"""Of processor time on one file, after which it is not worked on again."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work takes for each file on average: seconds of processor time, and bytes at the peak."""

    seconds: float
    peak: int


def measure(work: Work, files: Sequence[bytes], rounds: int, loaded: str = "") -> Cost:
    """The least that some work took for each file, after a first time that is not counted.

    Args:
        work: What is done with each file.
        files: The files.
        rounds: How many times count; fewer for a file once it took `ENOUGH_SECONDS`.
        loaded: A module that is loaded before, as a worker of a run has it loaded.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, peak = pool.apply(_measured, (work, files, rounds, loaded))
    return Cost(seconds / len(files), peak)


def _measured(work: Work, files: Sequence[bytes], rounds: int, loaded: str) -> tuple[float, int]:
    if loaded:
        importlib.import_module(loaded)
    for data in files:
        work(data)
    least = sum(_least(work, data, rounds) for data in files)
    return least, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _least(work: Work, data: bytes, rounds: int) -> float:
    took: list[float] = []
    while len(took) < rounds and sum(took) < ENOUGH_SECONDS:
        begun = time.process_time()
        work(data)
        took.append(time.process_time() - begun)
    return min(took)
