"""`ogi extract`: files in, what they say out; no warehouse is needed."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.terminal import console, one_line, progress, safe, say
from schemas.messages import Language

if TYPE_CHECKING:
    from pipeline.report import Report


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "json", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="jsonl prints one object a file, in the order given, also for a file that cannot be read.",
)
@click.pass_obj
def extract(lang: Language, files: Sequence[Path], shape: str) -> None:
    """Reads reports and prints what they say; no warehouse is needed.

    Exit code 0 when every file was read as a report, 1 when some were not, 2 for wrong usage.

    \b
    Examples:
      ogi extract report.pdf
      ogi extract --format jsonl reports/*.html > reports.jsonl
    """
    from pipeline.batch import read_all
    from pipeline.running.items import Item

    reports = read_all(Item(path, str(path)) for path in files)
    statuses = list(_PRINTERS[shape](watched(reports, len(files), lang)))
    sys.exit(0 if all(status in ("ok", "partial") for status in statuses) else 1)


def watched(reports: Iterable[Report], total: int, lang: Language) -> Iterator[Report]:
    """Passes reports on, with a progress bar on long work, and says what became of the bad ones."""
    with progress() as advance:
        for count, report in enumerate(reports, start=1):
            advance("reading", count, total)
            if report.failure is not None:
                say(f"{one_line(report.source)}: {report.failure.message.text(lang)}")
            yield report


def _print_jsonl(reports: Iterable[Report]) -> Iterator[str]:
    from pipeline.export import to_json

    for report in reports:
        click.echo(to_json(report))
        yield report.status


def _print_json(reports: Iterable[Report]) -> Iterator[str]:
    from pipeline.export import to_object

    objects = [to_object(report) for report in reports]
    click.echo(json.dumps(objects, ensure_ascii=False, indent=2))
    yield from (str(o["status"]) for o in objects)


def _print_csv(reports: Iterable[Report]) -> Iterator[str]:
    from pipeline.export import CELL_COLUMNS, cell_rows

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CELL_COLUMNS)
    for report in reports:
        writer.writerows(safe(row) for row in cell_rows(report))
        yield report.status


def _print_tables(reports: Iterable[Report]) -> Iterator[str]:
    from pipeline.show import report_tables

    screen = console()
    for report in reports:
        for part in report_tables(report):
            screen.print(part)
        yield report.status


_PRINTERS: dict[str, Callable[[Iterable[Report]], Iterator[str]]] = {
    "jsonl": _print_jsonl,
    "json": _print_json,
    "csv": _print_csv,
    "table": _print_tables,
}
