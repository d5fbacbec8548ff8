"""The `ogi` command: arguments in, results on stdout, everything said to a person on stderr."""

from __future__ import annotations

import os
from importlib.metadata import version

import click

from pipeline.cli.asking import export, sql
from pipeline.cli.building import build
from pipeline.cli.checking import check
from pipeline.cli.fetching import discover, fetch
from pipeline.cli.reading import extract
from pipeline.cli.reviewing import review
from pipeline.cli.showing import show
from pipeline.cli.status import status
from schemas.messages import Language


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
      ogi check report.docx                        what to look at before publishing
      ogi sql "SELECT * FROM reports"              ask the warehouse
    """
    context.obj = lang or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")


for command in (build, extract, check, show, review, sql, export, fetch, discover, status):
    main.add_command(command)
