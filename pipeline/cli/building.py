"""`ogi build`: runs the whole line and says what it came to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

import click

from pipeline.cli.terminal import archive_option, console, fail, progress, say
from schemas.messages import Language, message

RUNNER_GROUP = "ogi.runners"


class Runner(Protocol):
    """What builds the whole line; `assets` registers one, so that this package need not know Dagster."""

    def __call__(
        self,
        inputs: Sequence[Path] | None,
        sources: Path | None,
        out: Path | None,
        progress: Callable[[str, int, int], None],
        *,
        archive: str = "",
        again: bool = False,
        offline: bool = False,
    ) -> BuildSummary:
        """Builds the warehouse in `out`.

        Args:
            inputs: Folders and files to take in.
            sources: The register of sources; None for the project's own.
            out: Where the warehouse stands; None for where runs keep it by themselves.
            progress: Told a stage, how much is done and of how much.
            archive: The archive of raw files; empty for where runs keep it by themselves.
            again: Builds in full though nothing has changed since the last good build.
            offline: Asks no site; what the archive holds is built.
        """
        ...


class BuildSummary(Protocol):
    """What a build came to."""

    ok: bool
    release: Path | None
    rows: dict[str, int]
    statuses: dict[str, int]
    share_used: float | None
    problems: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]


@click.command()
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
    help="Also fetch what this CSV of sources names (default: $OGI_SOURCES, else data/reference/sources.csv).",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where the warehouse stands (default: data/warehouse)."
)
@archive_option
@click.option("--offline", is_flag=True, help="Ask no site: build from what the archive holds.")
@click.option(
    "--again", is_flag=True, help="Build in full though nothing has changed since the last good build."
)
@click.pass_obj
def build(
    lang: Language,
    inputs: Sequence[Path],
    sources: Path | None,
    out: Path | None,
    archive: str | None,
    offline: bool,
    again: bool,
) -> None:
    """Builds the warehouse: reads every report, checks, reconciles, publishes.

    Where nothing has changed since the last good build (documents, sources, corrections, definitions, program),
    the release that stands is confirmed and nothing is computed.

    Exit code 0 when a release stands, 1 when a table was refused or nothing could be published.

    \b
    Examples:
      ogi build
      ogi build --input reports/2023 --input reports/2024 --out panel/
      ogi build --offline --again
    """
    for path in (*inputs, *([sources] if sources else [])):
        if not path.exists():
            fail(message("missing_input", path=str(path)), lang)
    runner: Runner = _runner()
    with progress() as advance:
        summary = runner(
            list(inputs) or None, sources, out, advance, archive=archive or "", again=again, offline=offline
        )
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
        say(problem)
    screen = console()
    if summary.rows:
        shown = Table("table", "rows", title=None)
        shown.columns[1].justify = "right"
        for name, rows in summary.rows.items():
            shown.add_row(name, f"{rows:,}")
        screen.print(shown)
    counts = ", ".join(f"{count} {status}" for status, count in summary.statuses.items())
    share = "-" if summary.share_used is None else f"{summary.share_used:.2%}"
    say(message("build_documents", counts=counts or "0", share=share).text(lang))
    for english, chinese in summary.notes:
        say(chinese if lang == "zh" else english)
    if summary.release is not None:
        say(message("build_release", path=str(summary.release)).text(lang))
