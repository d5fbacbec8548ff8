"""Mutants of good files flow through the reading of a run; out comes whether each had an answer, and at what cost.

    python -m benchmarks.fuzz --count 10000
    python -m benchmarks.fuzz --first 1234 --count 1 --keep mutants
    python -m benchmarks.fuzz --count 10000 --log fuzz.jsonl   # goes on where an earlier run stopped
    python -m benchmarks.fuzz --bombs

Exit code 0 when every mutant had its answer: nothing hung or crashed, none took too much memory, and no reader
raised what it did not foresee.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.bombs import BOMBS
from benchmarks.mutations import Mutant, Seed, mutants
from pipeline.batch import read_all
from pipeline.paths import sample_folder
from pipeline.readers import scan
from pipeline.readers.charset import decode
from pipeline.report import Report
from pipeline.running.items import Item, read_packed
from pipeline.running.workers import Limits, LocalWorkers

LIMITS = Limits(seconds=60.0)
SLOW_SECONDS = 20.0
LARGE_BYTES = 1_000_000_000
LAID_OUT_TOGETHER = 50
FAULTS = frozenset(
    {"reader_failed", "stalled", "timed_out", "timed_out_once", "worker_died", "worker_died_once"}
)
LEGACY = Path(__file__).resolve().parent.parent / "tests" / "integration" / "samples"


@dataclass(slots=True)
class Outcome:
    """What became of a mutant: its answer's status or code, and what it cost.

    Attributes:
        name: The mutant's, which tells what it was made from and how.
        answer: The report's status, or the code of its failure.
        reason: The failure in words.
        seconds: CPU time of reading; None where the worker died.
        peak: Bytes of memory that reading it took at most; None where the worker died.
    """

    name: str
    answer: str
    reason: str = ""
    seconds: float | None = None
    peak: int | None = None

    @property
    def fault(self) -> str:
        """What is wrong with the answer; empty where nothing is."""
        if self.answer in FAULTS:
            return self.answer
        if (self.seconds or 0) > SLOW_SECONDS:
            return "slow"
        return "large" if (self.peak or 0) > LARGE_BYTES else ""


@dataclass(slots=True)
class Result:
    """What became of all mutants."""

    outcomes: list[Outcome] = field(default_factory=list)
    untidy: list[str] = field(default_factory=list)
    """Mutants whose report cannot be laid out in the tables, or does not account for its numbers."""

    @property
    def faults(self) -> list[Outcome]:
        """The mutants without a proper answer."""
        return [outcome for outcome in self.outcomes if outcome.fault]


class MeasuringWorkers(LocalWorkers):
    """Local workers that write down beside each file what reading it cost."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Starts a call in a worker, or queues it."""
        return super().submit(measured, *arguments)


def measured(item: Item) -> bytes:
    """Reads one file, and writes its CPU time and peak memory beside it."""
    held, children = _forget_peak(), _largest_child()
    begun = _processor_time()
    try:
        return read_packed(item)
    finally:  # A file that awaits the office suite has its cost, too.
        peak = max(_memory("VmHWM"), _largest_child() if _largest_child() > children else 0)
        cost = {"seconds": _processor_time() - begun, "peak": peak - held}
        _cost_file(Path(item.place)).write_text(json.dumps(cost))


def _processor_time() -> float:
    """Of this process, and of the children it has waited for."""
    return sum(os.times()[:4])


def _largest_child() -> int:
    """The most bytes that any child so far has held: a smaller one after it is not seen, and need not be."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _cost_file(path: Path) -> Path:
    return path.with_suffix(".cost")


def _forget_peak() -> int:
    """Begins a new peak of this process's memory, and returns the bytes that it begins with."""
    with suppress(OSError):  # only Linux tells the peak since a moment; elsewhere there is none to forget
        Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.partition(f"{name}:")[2].split()[0]) * 1024


def seeds(folders: Sequence[Path] = ()) -> list[Seed]:
    """Good files of every format: the embedded sample, a .doc, copies in other encodings, those of more folders.

    Pictures of pages are among them where they can be read: one in twenty, as each takes as long as hundreds.
    """
    paths = [path for folder in (sample_folder(), LEGACY, *folders) for path in sorted(folder.glob("*.*"))]
    found = [Seed(path.name, path.read_bytes()) for path in paths if path.is_file()]
    found += list(_in_other_encodings(found))
    return found * 3 + list(_pictures(found)) if scan.is_installed() else found


def _in_other_encodings(found: Sequence[Seed]) -> Iterator[Seed]:
    for suffix, encoding in ((".html", "gb18030"), (".txt", "gb18030"), (".txt", "utf-16")):
        seed = next(seed for seed in found if seed.name.endswith(suffix))
        yield Seed(f"{encoding}-{seed.name}", decode(seed.data).encode(encoding))


def _pictures(found: Sequence[Seed]) -> Iterator[Seed]:
    """A corner of a page as a small picture in three formats."""
    import pypdfium2

    seed = next(seed for seed in found if seed.name.endswith(".pdf"))
    with pypdfium2.PdfDocument(seed.data) as document:
        page = document[len(document) - 1].render(scale=1.2, grayscale=True).to_pil()
    corner = page.crop((60, 60, 460, 300))
    for suffix, kind in ((".png", "PNG"), (".jpg", "JPEG"), (".tif", "TIFF")):
        out = io.BytesIO()
        corner.save(out, kind)
        yield Seed(seed.name.replace(".pdf", suffix), out.getvalue())


def fuzz(made: Iterable[Mutant], limits: Limits = LIMITS, keep: Path | None = None) -> Iterator[Outcome]:
    """Reads mutants as a run reads documents, and yields what became of each, in order.

    Args:
        made: The mutants; each is written to disk when its turn comes and removed after its answer.
        limits: Those of the run.
        keep: A folder in which those without a proper answer are left.
    """
    with tempfile.TemporaryDirectory() as folder:
        workers = MeasuringWorkers(limits)
        try:
            reports = read_all(_written(made, Path(folder)), limits, workers)
            while some := list(islice(reports, LAID_OUT_TOGETHER)):
                for report, untidy in zip(some, _untidy(some), strict=True):
                    path = Path(folder) / f"{report.source[:6]}.bin"
                    outcome = _outcome(report, untidy, path)
                    if keep and outcome.fault:
                        (keep / report.source[-200:]).write_bytes(path.read_bytes())
                    path.unlink()
                    yield outcome
        finally:
            workers.shutdown(wait=False)


def _written(made: Iterable[Mutant], folder: Path) -> Iterator[Item]:
    for mutant in made:
        path = folder / f"{mutant.number:06d}.bin"
        path.write_bytes(mutant.data)
        yield Item(path, mutant.name)


def _outcome(report: Report, untidy: str, path: Path) -> Outcome:
    outcome = Outcome(report.source, report.status)
    if report.failure is not None:
        outcome.answer, outcome.reason = report.failure.message.code, report.failure.message.text()
    cost = _cost_file(path)
    if cost.exists():
        costs = json.loads(cost.read_text())
        outcome.seconds, outcome.peak = costs["seconds"], costs["peak"]
        cost.unlink()
    if untidy:
        outcome.answer, outcome.reason = "reader_failed", untidy
    return outcome


def _untidy(reports: Sequence[Report]) -> list[str]:
    """Why each report cannot be laid out, printed or accounted for; empty where it can."""
    reasons = [_unaccounted(report) for report in reports]
    if not _refused(reports):
        return reasons
    return [reason or _refused([report]) for report, reason in zip(reports, reasons, strict=True)]


def _unaccounted(report: Report) -> str:
    # Imported where used: workers load this module too, and need none of the frames that this brings.
    from pipeline.export import to_json

    extraction = report.extraction
    placed = extraction.numeric_used + sum(extraction.numeric_ignored.values()) + len(extraction.leftovers)
    if extraction.numeric_found != placed:
        return f"{extraction.numeric_found} numbers found, {placed} accounted for"
    try:
        json.loads(to_json(report))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _refused(reports: Sequence[Report]) -> str:
    """Why reports cannot be laid out in tables that keep to their definitions."""
    from pipeline.tidy import tidy
    from schemas.tables import validate

    try:
        for name, frame in tidy(reports).items():
            validate(name, frame)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def main() -> int:
    """Runs the fuzzer and prints what became of the mutants."""
    asked = _arguments().parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    outcomes = _logged(asked.log) if asked.log else []
    before = len(outcomes)
    if asked.bombs:
        made: Iterator[Mutant] = bombs()
    else:
        made = mutants(seeds(asked.seeds), asked.count - before, asked.first + before)
    for outcome in fuzz(made, Limits(seconds=LIMITS.seconds, workers=asked.workers), asked.keep):
        outcomes.append(outcome)
        if asked.log:
            with asked.log.open("a") as log:
                log.write(json.dumps(asdict(outcome)) + "\n")
        if outcome.fault or asked.bombs:
            print(_line(outcome), flush=True)
        if len(outcomes) % 500 == 0:
            print(
                f"{len(outcomes)} answers after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True
            )
    _print(outcomes, time.monotonic() - begun)
    return 1 if any(outcome.fault for outcome in outcomes) else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Reads mutants of good files.")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant")
    parser.add_argument("--workers", type=int, default=LIMITS.workers)
    parser.add_argument(
        "--bombs", action="store_true", help="the files made hostile on purpose, and no mutants"
    )
    parser.add_argument(
        "--log", type=Path, help="write every answer here, and go on after those that stand there"
    )
    parser.add_argument(
        "--seeds", type=Path, action="append", default=[], help="a folder with more good files"
    )
    parser.add_argument("--keep", type=Path, help="leave mutants without a proper answer here")
    return parser


def bombs() -> Iterator[Mutant]:
    """The files made hostile on purpose."""
    for number, (name, make) in enumerate(BOMBS.items()):
        yield Mutant(number, name, ("bomb",), make())


def _logged(path: Path) -> list[Outcome]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def _line(outcome: Outcome) -> str:
    cost = f"{outcome.seconds} s, {outcome.peak} B"
    return f"{outcome.fault or outcome.answer}: {outcome.name}: {outcome.reason} ({cost})"


def _print(outcomes: Sequence[Outcome], seconds: float) -> None:
    for answer, count in Counter(outcome.answer for outcome in outcomes).most_common():
        print(f"{count:7d} {answer}")
    slowest = max((outcome.seconds or 0 for outcome in outcomes), default=0)
    peak = max((outcome.peak or 0 for outcome in outcomes), default=0)
    faults = sum(1 for outcome in outcomes if outcome.fault)
    print(f"{len(outcomes)} mutants, {len(outcomes)} answers in {seconds:.0f} s; {faults} faults")
    print(f"slowest {slowest:.1f} s of CPU, largest {peak / 1e6:.0f} MB")


if __name__ == "__main__":
    raise SystemExit(main())
