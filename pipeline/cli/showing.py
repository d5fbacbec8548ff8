"""`ogi show`: a report and a cell in, a picture of the place it was read from out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.archive import Archive
from pipeline.cli.terminal import archive_option, fail, say
from pipeline.document import UnreadableDocumentError
from pipeline.faults import CodedError
from pipeline.objects import folder_of
from pipeline.paths import archive_location, data_folder, warehouse_folder
from schemas.messages import Language, message

if TYPE_CHECKING:
    from pipeline.evidence.exhibit import Exhibit, Subject

PICTURE, PAGE = ".png", ".html"
EVERY_CELL = "cells"


@click.command()
@click.argument("report")
@click.argument("cell", required=False)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write: .html (default, in the working folder) or, for documents with pages, .png.",
)
@click.option("--warehouse", type=click.Path(path_type=Path), help="The warehouse (default: data/warehouse).")
@archive_option
@click.pass_obj
def show(
    lang: Language,
    report: str,
    cell: str | None,
    to: Path | None,
    warehouse: Path | None,
    archive: str | None,
) -> None:
    """Pictures a report with a cell boxed: the page of a PDF, the table of any other format.

    REPORT is a file, or a report_id (or sha256) of the warehouse. CELL is row/column or table/row/column, by keys
    or by printed labels, or a place of check_results; without it, every cell that was read is marked.

    \b
    Examples:
      ogi show report.pdf granted/total
      ogi show 2023.docx 予以公开/自然人 --to cell.html
      ogi show 320813-people_government-2023-473610ddb1 review_litigation/reconsideration/total --to cell.png
    """
    from pipeline.evidence.exhibit import exhibit

    if to is not None and to.suffix.lower() not in (PICTURE, PAGE):
        fail(message("show_suffix", path=str(to)), lang)
    target = to or _default(report, cell)
    if _is_same_file(target, report):
        fail(message("show_over_report", path=report), lang)
    try:
        shown = exhibit(_subject(report, warehouse or warehouse_folder(), archive), cell)
        written = _write(shown, target, lang)
    except (CodedError, UnreadableDocumentError) as error:
        fail(message(error.code, **error.details), lang)
    except OSError as error:
        fail(message("not_written", path=str(to), reason=error.strerror or str(error)), lang)
    for path in written:
        click.echo(path)


def _subject(report: str, warehouse: Path, archive: str | None) -> Subject:
    from pipeline.evidence.subjects import subject_of_file, subject_of_warehouse

    if Path(report).exists():
        return subject_of_file(Path(report))
    return subject_of_warehouse(warehouse, report, archives_of(warehouse, archive))


def archives_of(warehouse: Path, named: str | None = None) -> list[Archive]:
    """Where the raw files of a warehouse may be: as named, beside it, or where runs keep them by themselves."""
    locations = [
        named or archive_location(warehouse),
        *(str(f / "archive") for f in (warehouse, data_folder())),
    ]
    archives = [Archive(location) for location in dict.fromkeys(locations)]
    return [archive for archive in archives if _may_be(archive)] or archives[:1]


def _may_be(archive: Archive) -> bool:
    """Whether an archive can be at its place; of an object store only the store can tell."""
    folder = folder_of(archive.location)
    return folder is None or folder.is_dir()


def _default(report: str, cell: str | None) -> Path:
    """A name in the working folder that tells what is shown; never the report's own."""
    stem = Path(report).stem if Path(report).exists() else report
    name = "-".join(part for part in (stem, *(cell or EVERY_CELL).split("/")) if part)
    return Path("".join(c if c.isalnum() or c in "-_." else "_" for c in name) + PAGE)


def _is_same_file(target: Path, report: str) -> bool:
    return target.exists() and Path(report).exists() and target.samefile(report)


def _write(shown: Exhibit, to: Path, lang: Language) -> list[Path]:
    from pipeline.evidence.render import exhibit_page

    if to.suffix.lower() == PAGE:
        to.write_text(exhibit_page(shown, lang), encoding="utf-8")
        return [to]
    pages = [plate for plate in shown.plates if plate.png]
    if not pages:
        fail(message("show_no_page", path=str(to.with_suffix(PAGE))), lang)
    written = []
    for plate in pages:
        path = to if len(pages) == 1 else to.with_stem(f"{to.stem}-{plate.page}")
        path.write_bytes(plate.png)
        written.append(path)
    if len(pages) < len(shown.plates):
        say(message("show_no_page", path=str(to.with_suffix(PAGE))).text(lang))
    return written
