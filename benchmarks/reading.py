"""Files flow in; out comes what reading them costs, by format and by stage, on this machine and in this run.

Times are the processor's, the least of several rounds: what other programs do on the machine disturbs them least.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from benchmarks.alternatives import ALTERNATIVES, HTML
from benchmarks.measuring import Cost, measure
from pipeline.batch import read_all
from pipeline.matching.values import read_value
from pipeline.readers import read_document
from pipeline.readers.sniff import sniff
from pipeline.report import Extraction
from pipeline.running.items import Item
from pipeline.running.workers import Limits, LocalWorkers

LOADED = "pipeline.running.preload"
STAGES = ("sniff", "read", "arrange", "extract", "identify", "prose")


@dataclass(frozen=True, slots=True)
class Specimen:
    """A file to measure, with its name."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Comparison:
    """A format's files: how many, what reading them costs in three depths, and what the alternative costs.

    Attributes:
        media_type: The format.
        files: How many were measured.
        size: Bytes of a file on average.
        reader: From bytes to the document: text and tables.
        tables: From bytes to the placed cells of the form.
        report: From bytes to the whole report, with organ, year and prose.
        alternative: From bytes to a library's tables; None where it is not installed, or there is none.
        placed: How many numbers the cells of the form hold.
        alike: How many of these the alternative's cells hold as well.
    """

    media_type: str
    files: int
    size: int
    reader: Cost
    tables: Cost
    report: Cost
    alternative: Cost | None
    placed: int
    alike: int


def machine() -> str:
    """The machine in a line: what ratios are told with."""
    cpu = platform.processor() or platform.machine()
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        memory = f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB"
    except (OSError, ValueError):
        found, memory = None, "memory unknown"
    parts = (
        found[1] if found else cpu,
        f"{os.cpu_count()} cores",
        memory,
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        f"load {os.getloadavg()[0]:.1f}",
    )
    return ", ".join(parts)


def by_format(specimens: Iterable[Specimen]) -> dict[str, list[Specimen]]:
    """The files of each format; those that are no document are left out."""
    groups: dict[str, list[Specimen]] = {}
    for specimen in specimens:
        groups.setdefault(sniff(specimen.data, specimen.name), []).append(specimen)
    return groups


def compare(media_type: str, specimens: Sequence[Specimen], rounds: int) -> Comparison:
    """Measures the reading of a format's files and of its alternative, each in a process of its own."""
    files = [specimen.data for specimen in specimens]
    known = ALTERNATIVES.get(media_type)
    runs = known is not None and known.is_installed
    placed, alike = _alike(media_type, files) if runs else (0, 0)
    return Comparison(
        media_type,
        len(files),
        sum(map(len, files)) // len(files),
        measure(read_document, files, rounds, LOADED),
        measure(read_tables, files, rounds, LOADED),
        measure(read_whole, files, rounds, LOADED),
        measure(known.cells, files, rounds) if known and runs else None,
        placed,
        alike,
    )


def _alike(media_type: str, files: Sequence[bytes]) -> tuple[int, int]:
    """How many numbers of the form were placed, and how many of them the alternative's cells hold as well."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        counts: list[tuple[int, int]] = pool.starmap(_compared, [(media_type, data) for data in files])
    return sum(placed for placed, _ in counts), sum(alike for _, alike in counts)


def _compared(media_type: str, data: bytes) -> tuple[int, int]:
    extraction = read_tables(data)
    own = _numbers(cell.raw for cell in extraction.cells if cell.kind == "reported")
    return own.total(), (own & _numbers(ALTERNATIVES[media_type].cells(data))).total()


def _numbers(texts: Iterable[str]) -> Counter[Decimal]:
    read = (read_value(text, "amount").number for text in texts)
    return Counter(number for number in read if number is not None)


def read_whole(data: bytes) -> object:
    """From bytes to the whole report."""
    from pipeline.read import read_report

    return read_report(data, "specimen")


def read_tables(data: bytes) -> Extraction:
    """From bytes to the placed cells of the form."""
    from pipeline.extract import extract
    from pipeline.matching.arrange import arrange

    return extract(arrange(read_document(data)))


def stages(files: Sequence[bytes], rounds: int) -> Mapping[str, float]:
    """Seconds of processor time that each stage takes for a file on average."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        totals: dict[str, float] = pool.apply(_staged, (files, rounds))
    return {stage: totals[stage] / len(files) for stage in STAGES}


def _staged(files: Sequence[bytes], rounds: int) -> dict[str, float]:
    totals = dict.fromkeys(STAGES, 0.0)
    for data in files:
        least = dict.fromkeys(STAGES, float("inf"))
        for _ in range(rounds + 1):
            for stage, seconds in _stages_of(data).items():
                least[stage] = min(least[stage], seconds)
        for stage in STAGES:
            totals[stage] += least[stage]
    return totals


def _stages_of(data: bytes) -> dict[str, float]:
    """One pass through the stages of `pipeline.read`, each timed."""
    from pipeline.extract import extract
    from pipeline.figures import figures
    from pipeline.identify import identify
    from pipeline.matching.arrange import arrange
    from pipeline.narrative import sections
    from pipeline.readers import reader_of

    spent: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], object]) -> object:
        begun = time.process_time()
        answer = work()
        spent[stage] = time.process_time() - begun
        return answer

    media_type = timed("sniff", lambda: sniff(data))
    document = timed("read", lambda: reader_of(media_type).read(data, hashlib.sha256(data).hexdigest()))
    arranged = timed("arrange", lambda: arrange(document))
    timed("extract", lambda: extract(arranged))
    timed("identify", lambda: identify(arranged))
    timed("prose", lambda: figures(sections(arranged)))
    return spent


def throughput(files: Sequence[Path], copies: int, workers: LocalWorkers, limits: Limits) -> float:
    """Documents a second, by the clock, of files read many times over through the worker processes of a run."""
    items = [Item(path, path.name) for path in files] * copies
    begun = time.monotonic()
    count = sum(1 for _ in read_all(items, limits, workers))
    return count / (time.monotonic() - begun)


def checks(files: Sequence[bytes], copies: int) -> float:
    """Seconds of processor time that all rules take for a report, evaluated over many reports at once."""
    from pipeline.checks import evaluate
    from pipeline.read import read_report
    from pipeline.tidy import tidy

    read = [read_report(data, "specimen") for data in files]
    reports = [
        replace(
            report,
            source=f"{number}",
            sha256=hashlib.sha256(f"{number} {report.sha256}".encode()).hexdigest(),
        )
        for number, report in enumerate(read * copies)
    ]
    frames = tidy(reports)
    begun = time.process_time()
    evaluate(frames["cells"], frames["reports"], frames["narrative_figures"])
    return (time.process_time() - begun) / len(reports)


def pasted_page(data: bytes, size: int = 100_000) -> bytes:
    """A page blown up to a size by the styles that word processors give every cell, as most real pages are."""
    cells = len(re.findall(rb"<t[dh]\b", data)) or 1
    rule = b"border-top:none;mso-border-alt:solid windowtext .5pt;padding:0cm 5.4pt;"
    style = (rule * 200)[: max(0, (size - len(data)) // cells - 10)]
    return re.sub(rb"<(t[dh])\b", rb'<\1 style="' + style + rb'"', data)


def large_page(specimens: Iterable[Specimen], size: int = 100_000) -> Specimen | None:
    """The largest of some pages at a size of 100 KB; None where there is no page."""
    pages = [specimen for specimen in specimens if sniff(specimen.data) == HTML]
    if not pages:
        return None
    largest = max(pages, key=lambda page: len(page.data))
    return Specimen(f"{size // 1000}KB-{largest.name}", pasted_page(largest.data, size))
