"""What is read from one file: the frozen values that flow from extraction to the tables and the command."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from pipeline.document import NOWHERE, Locator
from schemas.messages import Message

Kind = Literal["reported", "blank", "nil_mark", "unreadable", "absent"]
Status = Literal["ok", "partial", "not_a_report", "failed"]
TABLES = ("proactive_disclosure", "applications", "review_litigation")


class CellReading(NamedTuple):
    """One cell of the form as the report fills it.

    Attributes:
        table: `proactive_disclosure`, `applications` or `review_litigation`.
        row: The row's key in the form (an item, an outcome or a procedure).
        column: The column's key (a measure, an applicant or a result).
        variant: The form variant this table follows, such as `2021`.
        raw: The text as printed; empty where the cell is blank or absent.
        kind: `reported` (a number), `blank`, `nil_mark` (`/`, `—`, `无`), `unreadable` (words where a
            number belongs), `absent` (the document does not have the cell).
        value: The number, in `unit`; None for every kind but `reported`.
        unit: `count`, `yuan`, or None where neither cell, header nor form states a unit of money.
        locator: Where the cell stands in the file.
        confidence: 1.0 where nothing had to be inferred; less for recognised characters or inferred places.
    """

    table: str
    row: str
    column: str
    variant: str
    raw: str
    kind: Kind
    value: Decimal | None
    unit: str | None
    locator: Locator = NOWHERE
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know about the reading, with its place."""

    message: Message
    locator: Locator = NOWHERE
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Leftover:
    """A number in or beside a located table that could not be placed; never guessed, never dropped.

    Attributes:
        table: The table it stands in, None where that is not known.
        raw: The text as printed.
        label: The labels that stand before it in its row.
        message: Why it was not placed.
        locator: Where it stands.
    """

    table: str | None
    raw: str
    label: str
    message: Message
    locator: Locator = NOWHERE


@dataclass(frozen=True, slots=True)
class Extraction:
    """What the tables of a document say.

    Attributes:
        cells: Every cell of the variant of each table that was found, in the order of the form.
        leftovers: Numbers that could not be placed.
        findings: What else a person should know.
        variants: The variant by table, for the tables that were found.
        numeric_found: Numeric cells met in the located tables; equals used + ignored + leftover.
        numeric_used: Those that became cells.
        numeric_ignored: Those that a named rule set aside, by rule.
    """

    cells: tuple[CellReading, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    findings: tuple[Finding, ...] = ()
    variants: dict[str, str] = field(default_factory=dict)
    numeric_found: int = 0
    numeric_used: int = 0
    numeric_ignored: dict[str, int] = field(default_factory=dict)

    @property
    def template(self) -> str | None:
        """The variant of the whole report: one name, `mixed`, or None where no table was found."""
        names = set(self.variants.values())
        if not names:
            return None
        return names.pop() if len(names) == 1 else "mixed"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of prose: its number on the form (0 for what stands before section one), heading and text."""

    number: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number told in prose, with the sentence it stands in. `approximate` for 三千余条 and the like.

    `detail` tells several of one concept apart: a channel, a quarter, a category as printed; else empty.
    """

    concept: str
    value: Decimal
    unit: str
    sentence: str
    approximate: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Identification:
    """Who reported, and for which year.

    Attributes:
        title: The report's title as printed, line breaks closed up; None where there is none.
        agency_name: The organ as the report names itself, a bracketed joint name kept; None if unnamed.
        agency_id: 统一社会信用代码 where known, else a stable slug of name and division; None if unnamed.
        division_code: Six digits of GB/T 2260; None where the evidence leaves it open.
        report_year: The year reported on; None if not stated.
        scope: `organ` (本级), `consolidated` (汇总), `system` (系统), `customs_district` (关区); None if not stated.
        published_on: ISO date of publication; None if not stated.
        evidence: What the division rests on, in words, strongest first.
        candidates: Codes of the divisions between which nothing decides; empty where the division is known.
        findings: Ambiguities and contradictions met.
    """

    title: str | None = None
    agency_name: str | None = None
    agency_id: str | None = None
    division_code: str | None = None
    report_year: int | None = None
    scope: str | None = None
    published_on: str | None = None
    evidence: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything read from one file. `failure` is set where the file could not be read as a report."""

    source: str
    sha256: str
    media_type: str
    size: int
    reader: str
    status: Status
    identity: Identification = field(default_factory=Identification)
    extraction: Extraction = field(default_factory=Extraction)
    sections: tuple[Section, ...] = ()
    figures: tuple[Figure, ...] = ()
    failure: Finding | None = None
