"""Files flow in, a page of plain text flows out: what reading them costs here, beside the obvious alternatives."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.alternatives import ALTERNATIVES
from benchmarks.fuzz import LEGACY
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
    throughput,
)
from pipeline.paths import sample_folder
from pipeline.running.workers import Limits, LocalWorkers

SHORT = {"pdf": "PDF", "html": "HTML", "document": "DOCX", "plain": "text", "msword": "DOC"}
PAGE = "page"
WORKERS = 2
LEAST_DOCUMENTS = 120
DEPTHS = ("reader", "tables", "report")
EXPLAINED = f"""\
reader: bytes to lines and tables; tables: to the placed cells of the form; report: to organ, year and prose as well.
ms: processor time a document, the least of the rounds; peak: memory of the process that read them.
{WORKERS} workers: documents a second by the clock through the worker processes of a run.
"{PAGE}" is the largest HTML page, blown up to 100 KB by the styles that word processors give every cell."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast reports are read.")
    parser.add_argument("--files", type=Path, action="append", default=[], help="a folder with more files")
    parser.add_argument("--rounds", type=int, default=5, help="the least time of so many rounds counts")
    asked = parser.parse_args()
    folders = (sample_folder(), LEGACY, *asked.files)
    paths = [path for folder in folders for path in sorted(folder.glob("*.*"))]
    specimens = [Specimen(path.name, path.read_bytes()) for path in paths]
    groups = {_short(name): (name, files) for name, files in sorted(by_format(specimens).items())}
    groups = {short: group for short, group in groups.items() if not group[0].startswith("image/")}
    page = large_page(specimens)
    if page is not None:
        groups[PAGE] = (groups["HTML"][0], [page])
    print(machine())
    found: dict[str, Comparison] = {}
    for short, (name, files) in groups.items():
        print(f"measuring {short}: {len(files)}", file=sys.stderr)
        found[short] = compare(name, files, asked.rounds)
    _print_costs(found, _throughputs({short: files for short, (_, files) in groups.items()}))
    _print_alternatives(found)
    _print_stages({short: files for short, (_, files) in groups.items()}, asked.rounds)
    _print_checks([specimen for _, files in groups.values() for specimen in files])


def _print_costs(found: Mapping[str, Comparison], rates: Mapping[str, float]) -> None:
    heads = "".join(f"{head:>9}" for head in (*DEPTHS, "peak"))
    print(f"\n{'':6}{'files':>6}{'KB':>6}{heads}{f'{WORKERS} workers':>13}")
    for short, one in found.items():
        times = "".join(_ms(cost.seconds) for cost in (one.reader, one.tables, one.report))
        print(
            f"{short:6}{one.files:6}{one.size / 1000:6.0f}{times}{one.report.peak / 1e6:6.0f} MB"
            f"{rates[short]:9.0f} / s"
        )
    print(EXPLAINED)


def _print_alternatives(found: Mapping[str, Comparison]) -> None:
    print("\nThe same files by another library, in the same run; × how many times as fast this project is:")
    print(
        f"{'':6}{'':34}{'ms':>9}{'peak':>9}" + "".join(f"{depth:>9}" for depth in DEPTHS) + "  same numbers"
    )
    for short, one in found.items():
        known = ALTERNATIVES.get(one.media_type)
        if known is None:
            print(f"{short:6}none without an office suite or by hand")
        elif one.alternative is None:
            print(f"{short:6}{known.call:34}  not installed (the extra `bench` has it)")
        else:
            cost = one.alternative
            ratios = [f"× {cost.seconds / own.seconds:.1f}" for own in (one.reader, one.tables, one.report)]
            print(
                f"{short:6}{known.call:34}{_ms(cost.seconds)}{cost.peak / 1e6:6.0f} MB"
                + "".join(f"{ratio:>9}" for ratio in ratios)
                + f"  {one.alike} of {one.placed}"
            )
    print("Same numbers: of those placed in cells of the form, how many the other library's cells hold, too.")


def _throughputs(groups: Mapping[str, Sequence[Specimen]]) -> dict[str, float]:
    """Documents a second by the clock, by format; the workers have started and read one round before."""
    limits = Limits(workers=WORKERS)
    workers = LocalWorkers(limits)
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for short, specimens in groups.items():
            paths = [_written(Path(folder), specimen) for specimen in specimens]
            throughput(paths, WORKERS, workers, limits)
            rates[short] = throughput(paths, -(-LEAST_DOCUMENTS // len(paths)), workers, limits)
    workers.shutdown()
    return rates


def _written(folder: Path, specimen: Specimen) -> Path:
    path = folder / specimen.name
    path.write_bytes(specimen.data)
    return path


def _print_stages(groups: Mapping[str, Sequence[Specimen]], rounds: int) -> None:
    print("\nShare of each stage of reading a report:")
    print(f"{'':6}" + "".join(f"{stage:>10}" for stage in STAGES))
    for short, specimens in groups.items():
        spent = stages([specimen.data for specimen in specimens], rounds)
        total = sum(spent.values()) or 1.0
        print(f"{short:6}" + "".join(f"{spent[stage] / total:10.0%}" for stage in STAGES))


def _print_checks(specimens: Sequence[Specimen], copies: int = 20) -> None:
    seconds = checks([specimen.data for specimen in specimens], copies)
    print(f"\nAll rules over {len(specimens) * copies} reports at once: {seconds * 1000:.1f} ms a report")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:9.1f}"


def _short(media_type: str) -> str:
    return SHORT.get(media_type.replace(".", "/").rpartition("/")[2], media_type[-6:])
