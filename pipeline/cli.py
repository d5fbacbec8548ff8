"""The `ogi` command: arguments in, results on stdout, everything said to a person on stderr."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from pipeline.faults import CodedError
from pipeline.paths import warehouse_folder
from schemas.messages import Language, Message, message

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.report import Report

WRONG_USAGE = 2
RUNNER_GROUP = "ogi.runners"


class Runner(Protocol):
    """What builds the whole line; `assets` registers one, so that this package need not know Dagster."""

    def __call__(
        self,
        inputs: Sequence[Path] | None,
        sources: Path | None,
        out: Path,
        progress: Callable[[str, int, int], None],
    ) -> BuildSummary:
        """Builds the warehouse in `out`; `progress` is told a stage, how much is done and of how much."""
        ...


class BuildSummary(Protocol):
    """What a build came to."""

    ok: bool
    release: Path | None
    rows: dict[str, int]
    statuses: dict[str, int]
    share_used: float | None
    problems: tuple[str, ...]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("ogi-panel"), prog_name="ogi")
@click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    default=None,
    help="Language of messages (default: the locale's).",
)
@click.pass_context
def main(context: click.Context, lang: Language | None) -> None:
    """Chinese open government information reports (政府信息公开工作年度报告) as data.

    \b
    Examples:
      ogi build                                    the embedded sample → data/warehouse/
      ogi build --input my-reports/ --out panel/   your own reports
      ogi extract report.docx                      what one report says
      ogi sql "SELECT * FROM reports"              ask the warehouse
    """
    context.obj = lang or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")


@main.command()
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
    from pipeline.batch import Item, read_all

    reports = read_all(Item(path, str(path)) for path in files)
    statuses = list(_PRINTERS[shape](_watched(reports, len(files), lang)))
    sys.exit(0 if all(status in ("ok", "partial") for status in statuses) else 1)


def _watched(reports: Iterable[Report], total: int, lang: Language) -> Iterator[Report]:
    """Passes reports on, with a progress bar on long work, and says what became of the bad ones."""
    with _progress() as advance:
        for count, report in enumerate(reports, start=1):
            advance("reading", count, total)
            if report.failure is not None:
                _say(f"{_one_line(report.source)}: {report.failure.message.text(lang)}")
            yield report


def _one_line(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text


def _say(text: str) -> None:
    click.echo(text, err=True)


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
        writer.writerows(_safe(row) for row in cell_rows(report))
        yield report.status


def _safe(row: Iterable[Any]) -> list[Any]:
    """A CSV row in which no text can be taken for a formula by a spreadsheet."""
    return [f"'{v}" if isinstance(v, str) and v[:1] in ("=", "@", "\t", "\r") else v for v in row]


def _print_tables(reports: Iterable[Report]) -> Iterator[str]:
    from pipeline.show import report_tables

    console = _console()
    for report in reports:
        for part in report_tables(report):
            console.print(part)
        yield report.status


_PRINTERS: dict[str, Callable[[Iterable[Report]], Iterator[str]]] = {
    "jsonl": _print_jsonl,
    "json": _print_json,
    "csv": _print_csv,
    "table": _print_tables,
}


@main.command()
@click.option(
    "--input",
    "inputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder (or file) of reports; may be given several times. Default: the embedded sample.",
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also fetch what this CSV of sources names (default: data/reference/sources.csv).",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where the warehouse stands (default: data/warehouse)."
)
@click.pass_obj
def build(lang: Language, inputs: Sequence[Path], sources: Path | None, out: Path | None) -> None:
    """Builds the warehouse: reads every report, checks, reconciles, publishes.

    Exit code 0 when a release stands, 1 when a table was refused or nothing could be published.

    \b
    Examples:
      ogi build
      ogi build --input reports/2023 --input reports/2024 --out panel/
    """
    for path in (*inputs, *([sources] if sources else [])):
        if not path.exists():
            _fail(message("missing_input", path=str(path)), lang)
    runner: Runner = _runner()
    with _progress() as advance:
        summary = runner(list(inputs) or None, sources, out or warehouse_folder(), advance)
    _print_summary(summary, lang)
    sys.exit(0 if summary.ok else 1)


def _runner() -> Runner:
    """The runner of the whole line, found by its entry point."""
    (point,) = entry_points(group=RUNNER_GROUP, name="build")
    loaded: Runner = point.load()
    return loaded


def _print_summary(summary: BuildSummary, lang: Language) -> None:
    from rich.table import Table

    for problem in summary.problems:
        _say(problem)
    console = _console()
    if summary.rows:
        shown = Table("table", "rows", title=None)
        shown.columns[1].justify = "right"
        for name, rows in summary.rows.items():
            shown.add_row(name, f"{rows:,}")
        console.print(shown)
    counts = ", ".join(f"{count} {status}" for status, count in summary.statuses.items())
    share = "-" if summary.share_used is None else f"{summary.share_used:.2%}"
    _say(message("build_documents", counts=counts or "0", share=share).text(lang))
    if summary.release is not None:
        _say(message("build_release", path=str(summary.release)).text(lang))


@main.command()
@click.argument("query")
@click.option("--warehouse", type=click.Path(path_type=Path), help="The warehouse (default: data/warehouse).")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
@click.pass_obj
def sql(lang: Language, query: str, warehouse: Path | None, shape: str) -> None:
    """Asks the warehouse in SQL (DuckDB's dialect); nothing can be changed this way.

    \b
    Examples:
      ogi sql "SELECT agency_name, report_year, template FROM reports"
      ogi sql --format csv "FROM harmonized WHERE concept = 'granted'" > granted.csv
    """
    from pipeline.publish.query import open_warehouse, run_sql

    try:
        with open_warehouse(warehouse or warehouse_folder()) as connection:
            columns, rows = run_sql(connection, query)
    except CodedError as error:
        _fail(error.message, lang)
    _ROW_PRINTERS[shape](columns, rows)


def _rows_as_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from rich.table import Table
    from rich.text import Text

    shown = Table(*columns)
    for index, column in enumerate(zip(*rows, strict=True)):
        if all(isinstance(value, int | float | Decimal | None) for value in column):
            shown.columns[index].justify = "right"
    for row in rows:
        shown.add_row(*(Text("" if value is None else str(value)) for value in row))
    _console().print(shown)


def _rows_as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(_safe(row) for row in rows)


def _rows_as_json(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    def plain(value: object) -> object:
        if isinstance(value, Decimal):
            return int(value) if value == int(value) else float(value)
        return value

    objects = [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
    click.echo(json.dumps(objects, ensure_ascii=False, indent=2, default=str))


_ROW_PRINTERS = {"table": _rows_as_table, "csv": _rows_as_csv, "json": _rows_as_json}


def _fail(words: Message, lang: Language) -> None:
    _say(words.text(lang))
    sys.exit(WRONG_USAGE)


def _console() -> Console:
    """Where tables go: as wide as the terminal, or as wide as they need where output is no terminal."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=10_000, soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def advance(stage: str, done: int, total: int) -> None:
            task = tasks.setdefault(stage, None)
            if task is None:
                task = tasks[stage] = bar.add_task(stage, total=total)
            bar.update(task, completed=done, total=total)

        yield advance
