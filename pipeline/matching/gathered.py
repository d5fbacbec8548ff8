"""What reading the tables of one document comes upon flows in; cells, leftovers, findings and their account gather."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.document import Cell
from pipeline.matching.lexicon import normalise
from pipeline.matching.rows import TableRow
from pipeline.matching.values import is_numeric_text
from pipeline.report import CellReading, Finding, Leftover
from pipeline.templates import Place
from schemas.messages import Message, message

LONGEST_ORDINAL = 2  # digits of a row's number beside its label


@dataclass(slots=True)
class Gathered:
    """What is gathered while the tables of one document are read.

    Attributes:
        cells: What was read, by the place on the form.
        leftovers: Numbers that could not be placed.
        findings: What else a person should know.
        variants: The variant of each table that was found.
        found: Numbers met.
        used: Those that became cells.
        ignored: Those that a named rule set aside, by rule.
    """

    cells: dict[Place, CellReading] = field(default_factory=dict)
    leftovers: list[Leftover] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    variants: dict[str, str] = field(default_factory=dict)
    found: int = 0
    used: int = 0
    ignored: Counter[str] = field(default_factory=Counter)

    def ignore(self, rule: str, count: int) -> None:
        """Counts numbers that a rule sets aside."""
        if count:
            self.found += count
            self.ignored[rule] += count

    def leave(self, table: str, row: TableRow, cells: Iterable[Cell], words: Message) -> None:
        """Lists the numbers among some cells as leftovers."""
        for cell in cells:
            if is_numeric_text(cell.text):
                self.found += 1
                self.leftovers.append(Leftover(table, cell.text, normalise(row.label), words, cell.locator))

    def note(self, table: str, row: TableRow, words: Message) -> None:
        """Says something of a row."""
        self.findings.append(Finding(words, row.locator, table))

    def leave_row(self, table: str, row: TableRow, cells: Iterable[Cell], words: Message) -> None:
        """Lists the numbers among some cells of a row as leftovers, and says why."""
        self.leave(table, row, cells, words)
        self.note(table, row, words)

    def leave_unknown(self, table: str, row: TableRow) -> None:
        """Lists the numbers of a row that fills nothing of the form."""
        numbers = () if row.is_header else (*row.before, *row.numeric)
        if numbers:
            words = message("unknown_label", label=normalise(row.label) or "-")
            self.leave_row(table, row, numbers, words)

    def leave_before(self, table: str, row: TableRow) -> None:
        """Accounts for numbers before a row's label: one is the row's ordinal, more are leftovers."""
        if len(row.before) == 1 and len(row.before[0].text.strip()) <= LONGEST_ORDINAL:
            self.ignore("row_number", 1)
        elif row.before:
            words = message("unknown_label", label=normalise(row.label))
            self.leave_row(table, row, row.before, words)

    def set_aside(self, cells: Sequence[Cell], table: str = "") -> None:
        """Accounts for numbers that the document says to be of another year."""
        numbers = [cell for cell in cells if is_numeric_text(cell.text)]
        if numbers:
            self.ignore("other_year", len(numbers))
            words = message("other_year_table", numbers=len(numbers))
            self.findings.append(Finding(words, numbers[0].locator, table))
