"""A report and a cell of it → everything a person needs to judge the cell: what was read, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.evidence import Original, Plate, Spot, plates
from pipeline.faults import CodedError
from pipeline.matching.labels import WHOLE_LINE, CellName, cell_words, find_cell
from pipeline.report import TABLES, CellReading

SURE = 1.0


class ShowError(CodedError):
    """What was asked for cannot be shown."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A report to show: its bytes, and its cells as read.

    Attributes:
        data: The raw file.
        name: File name, address or report id.
        sha256: Of the raw file.
        agency: Null where not known; likewise `year` and `url`.
        cells: Its cells, with their places.
    """

    data: bytes
    name: str
    sha256: str
    agency: str | None
    year: int | None
    url: str | None
    cells: tuple[CellReading, ...]

    @property
    def variants(self) -> dict[str, str]:
        """The variant of each table."""
        return {cell.table: cell.variant for cell in self.cells}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A report, the cells asked for (none: all of them), and the pictures that show them."""

    subject: Subject
    cells: tuple[CellReading, ...]
    plates: tuple[Plate, ...]


def exhibit(subject: Subject, name: str | None = None) -> Exhibit:
    """The cell, row or column that a person names, or the whole report, with its pictures.

    Args:
        subject: The report.
        name: `table/row/column` by keys or labels, a place of `check_results`, or None for every cell.

    Raises:
        CellNameError: No cell, or several, answer to the name.
        ShowError: `cell_not_in_document`, where the document lacks the cell; `nothing_to_show`.
        UnreadableDocumentError: The file cannot be read.
    """
    asked = tuple(chosen_cells(subject, name)) if name else ()
    present = [cell for cell in asked or subject.cells if cell.kind != "absent"]
    if not present:
        code = "cell_not_in_document" if name else "nothing_to_show"
        raise ShowError(code, name=name or subject.name)
    shown = plates(Original(subject.data, subject.name), list(_spots(present, whole=not asked)))
    if not shown:
        raise ShowError("nothing_to_show", name=name or subject.name)
    return Exhibit(subject, asked, tuple(shown))


def _spots(cells: Sequence[CellReading], *, whole: bool) -> Iterator[Spot]:
    for cell in cells:
        title = cell_words(CellName(cell.table, cell.row, cell.column), cell.variant)
        doubtful = cell.kind == "unreadable" or cell.confidence < SURE
        emphasis = ("doubt" if doubtful else "plain") if whole else "target"
        yield Spot(cell.locator, cell.raw, title, emphasis)  # type: ignore[arg-type]


def chosen_cells(subject: Subject, name: str) -> list[CellReading]:
    """The cells that a name or a place of `check_results` means.

    Raises:
        CellNameError: None does, or it is not clear which.
    """
    parts = name.split("/")
    if parts[0] in TABLES and (len(parts) == 2 or parts[1:2] == [WHOLE_LINE]):
        wanted = parts[-1]
        line = [c for c in subject.cells if c.table == parts[0] and wanted in (c.row, c.column)]
        if line:
            return line
    cell = find_cell(name, subject.variants)
    return [c for c in subject.cells if CellName(c.table, c.row, c.column) == cell]
