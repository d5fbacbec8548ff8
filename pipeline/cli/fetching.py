"""`ogi fetch` and `ogi discover`: sources in; the archive filled, or rows proposed for the register."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipeline.archive import Archive
from pipeline.cli.terminal import archive_option, console, fail, progress, say
from pipeline.faults import CodedError
from pipeline.fetch import (
    FetchSettings,
    FetchSummary,
    SettingsError,
    fetch_sources,
    load_sources,
    proposals_csv,
)
from pipeline.fetch import discover as walk
from pipeline.manifest import ManifestRow
from pipeline.objects import ArchiveError
from pipeline.paths import archive_location
from schemas.definitions import DefinitionError
from schemas.messages import Language, message


def _settings(lang: Language) -> FetchSettings:
    try:
        settings = FetchSettings.from_environment(os.environ)
    except SettingsError as error:
        fail(message("wrong_setting", reason=str(error)), lang)
    if settings.remark is not None:
        say(settings.remark.text(lang))
    return settings


@click.command()
@click.option(
    "--sources",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The register of sources (default: $OGI_SOURCES, else data/reference/sources.csv).",
)
@archive_option
@click.pass_obj
def fetch(lang: Language, sources: Path | None, archive: str | None) -> None:
    """Fetches the sources into the archive, politely: what has not changed is not transferred again.

    `OGI_FETCH_CONTACT` is sent to every site, so that its keeper can reach you. Exit code 1 when a source failed.

    \b
    Examples:
      OGI_FETCH_CONTACT=me@example.org ogi fetch
      ogi fetch --sources my-sources.csv
    """
    try:
        register = load_sources(sources)
    except (DefinitionError, OSError) as error:
        fail(message("wrong_sources", reason=str(error)), lang)
    if not register:
        say(message("no_sources").text(lang))
        return
    store = Archive(archive or archive_location())
    with progress() as advance:

        def tell(done: int, total: int, row: ManifestRow) -> None:
            advance("fetching", done, total)

        try:
            summary = fetch_sources(register, store, _settings(lang), tell)
        except ArchiveError as error:
            fail(error.message, lang)
    _print_summary(summary, lang)
    sys.exit(1 if summary.errors else 0)


def _print_summary(summary: FetchSummary, lang: Language) -> None:
    from rich.table import Table

    shown = Table("host", "outcome", "error", "fetches")
    for host, outcome, error, count in summary.by_host().iter_rows():
        shown.add_row(host, outcome, error or "", str(count))
    console().print(shown)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items())
    say(message("fetched", counts=counts).text(lang))


@click.command()
@click.argument("url")
@click.pass_obj
def discover(lang: Language, url: str) -> None:
    """Proposes sources from a listing page, as rows of sources.csv on stdout; nothing is stored.

    \b
    Example:
      ogi discover https://www.example.gov.cn/zfxxgk/nb/ > proposed.csv
    """
    try:
        proposals = walk(url, _settings(lang), lambda words: say(words.text(lang)))
    except CodedError as error:
        fail(error.message, lang)
    click.echo(proposals_csv(proposals), nl=False)
    say(message("proposed", count=len(proposals)).text(lang))
