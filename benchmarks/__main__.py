"""How fast reports are read on this machine, against the obvious alternatives in the same run.

python -m benchmarks
python -m benchmarks --files DIR --rounds 9
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.alternatives import ALTERNATIVES, HTML
from benchmarks.fuzz import seeds
from benchmarks.reading import (
    STAGES,
    Comparison,
    Specimen,
    by_format,
    checks,
    compare,
    large_page,
    machine,
    stages,
)
from pipeline.batch import Item, read_all
from pipeline.paths import sample_folder
from pipeline.workers import Limits

SHORT = {"pdf": "PDF", "html": "HTML", "document": "DOCX", "plain": "text", "msword": "DOC"}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="How fast reports are read.")
    parser.add_argument("--files", type=Path, action="append", default=[], help="a folder with more files")
    parser.add_argument("--rounds", type=int, default=5, help="the least time of so many rounds counts")
    asked = parser.parse_args()
    specimens = [Specimen(seed.name, seed.data) for seed in seeds(asked.files)]
    print(machine())
    groups = {name: files for name, files in by_format(specimens).items() if not name.startswith("image/")}
    _print_formats([compare(name, files, asked.rounds) for name, files in sorted(groups.items())])
    page = large_page(specimens)
    if page is not None:
        print(f"\nOne page of {len(page.data) / 1000:.0f} KB:")
        _print_formats([compare(HTML, [page], asked.rounds)])
    _print_stages(dict(sorted(groups.items())), asked.rounds)
    _print_checks([specimen for files in groups.values() for specimen in files])
    _print_run()


def _print_formats(found: Sequence[Comparison]) -> None:
    depths = "".join(f"{depth:>10}" for depth in ("reader", "tables", "report", "a second"))
    print(f"\n{'':6}{'files':>6}{'KB':>6}{depths}{'peak':>9}  alternative")
    for one in found:
        print(
            f"{_short(one.media_type):6}{one.files:6}{one.size / 1000:6.0f}{_ms(one.reader.seconds)}"
            f"{_ms(one.tables.seconds)}{_ms(one.report.seconds)}{1 / one.report.seconds:10.0f}"
            f"{one.report.peak / 1e6:6.0f} MB  {_alternative(one)}"
        )


def _alternative(one: Comparison) -> str:
    known = ALTERNATIVES.get(one.media_type)
    if known is None:
        return "none"
    if one.alternative is None:
        return f"{known.call}: not installed"
    ratios = [one.alternative.seconds / cost.seconds for cost in (one.reader, one.tables, one.report)]
    times = " / ".join(f"{ratio:.1f}" for ratio in ratios)
    return f"{known.call}{_ms(one.alternative.seconds)}, {one.alternative.peak / 1e6:.0f} MB: × {times}"


def _print_stages(groups: dict[str, list[Specimen]], rounds: int) -> None:
    print("\nShare of each stage of reading a report:")
    print(f"{'':6}" + "".join(f"{stage:>10}" for stage in STAGES))
    for media_type, specimens in groups.items():
        spent = stages([specimen.data for specimen in specimens], rounds)
        total = sum(spent.values()) or 1.0
        print(f"{_short(media_type):6}" + "".join(f"{spent[stage] / total:10.0%}" for stage in STAGES))


def _print_checks(specimens: Sequence[Specimen], copies: int = 20) -> None:
    seconds = checks([specimen.data for specimen in specimens], copies)
    print(f"\nAll rules over {len(specimens) * copies} reports at once: {_ms(seconds).strip()} a report")


def _print_run(copies: int = 20) -> None:
    """The sample many times over through the worker processes, as a run reads it."""
    items = [Item(path, path.name) for path in sorted(sample_folder().iterdir())] * copies
    limits = Limits()
    begun = time.monotonic()
    count = sum(1 for _ in read_all(items, limits))
    seconds = time.monotonic() - begun
    print(
        f"\n{count} documents through {limits.workers} workers: {count / seconds:.0f} a second by the clock"
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:7.1f} ms"


def _short(media_type: str) -> str:
    return SHORT.get(media_type.replace(".", "/").rpartition("/")[2], media_type[-6:])


if __name__ == "__main__":
    main()
