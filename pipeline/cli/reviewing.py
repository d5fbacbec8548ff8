"""`ogi review`: the warehouse in, a page of the documents that need a person's eyes out."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.showing import archives_of
from pipeline.cli.terminal import archive_option, fail, say
from pipeline.faults import CodedError
from pipeline.paths import warehouse_folder
from schemas.messages import Language, message


@click.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write (default: review/ beside it).",
)
@click.option("--most", type=click.IntRange(min=1), default=60, show_default=True, help="Documents to show.")
@click.option("--warehouse", type=click.Path(path_type=Path), help="The warehouse (default: data/warehouse).")
@archive_option
@click.pass_obj
def review(lang: Language, to: Path | None, most: int, warehouse: Path | None, archive: str | None) -> None:
    """Writes the page of documents that need eyes, the worst first; every build writes it too.

    Each concern stands with the picture of its cells and the row of the CSV file that settles it.

    \b
    Examples:
      ogi review
      ogi review --warehouse panel/ --most 200
    """
    from pipeline.publish.review import PAGES, write_review

    home = warehouse or warehouse_folder()
    folder = to or home / "review"
    try:
        found = write_review(home, archives_of(home, archive), folder, most)
    except CodedError as error:
        fail(error.message, lang)
    except OSError as error:
        fail(message("not_written", path=str(folder), reason=error.strerror or str(error)), lang)
    path = folder / PAGES[lang]
    click.echo(path)
    say(message("review_written", waiting=found.waiting, shown=len(found.cases), path=str(path)).text(lang))
