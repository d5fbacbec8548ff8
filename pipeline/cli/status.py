"""`ogi status`: one line and an exit code, for whatever watches from outside."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from pipeline.paths import warehouse_folder
from pipeline.running.nights import judge
from schemas.messages import Language


@click.command()
@click.option(
    "--warehouse",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the warehouse stands (default: OGI_WAREHOUSE, else data/warehouse).",
)
@click.option(
    "--max-age",
    type=click.FloatRange(min=0, min_open=True),
    default=36.0,
    show_default=True,
    help="Hours since the last good run after which the release counts as too old.",
)
@click.pass_obj
def status(lang: Language, warehouse: Path | None, max_age: float) -> None:
    """Says in one line how old the release is and how the last run ended; changes nothing.

    Exit code 0 when a release stands that a run confirmed within the limit, 1 when it is older or none stands.

    \b
    Example, as a line of a crontab:
      15 9 * * *  ogi status || mail -s "ogi" keeper@example.org
    """
    folder = warehouse or Path(os.environ.get("OGI_WAREHOUSE") or warehouse_folder())
    judgement = judge(folder, datetime.now(UTC), timedelta(hours=max_age))
    click.echo(judgement.line(lang))
    sys.exit(0 if judgement.is_well else 1)
