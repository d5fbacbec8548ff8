"""Reports as read → what an office should look at before it publishes, with the numbers that would agree.

Each remark stands on something that is printed: a rule that does not hold, a cell left blank, a section that is
missing, a number that has no place on the form. No number is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.checking.ledger import gather
from pipeline.checking.repair import Equation, Repair, breaches, equations
from pipeline.checks import evaluate
from pipeline.document import NOWHERE, Locator
from pipeline.export import number
from pipeline.matching.labels import CellName, cell_words, line_words, place_words, table_words
from pipeline.report import TABLES, CellReading, Finding, Kind, Report
from pipeline.tidy import report_id, tidy
from schemas.checks import Rule, load_checks
from schemas.messages import Language, Message, message
from schemas.references import load_sections

READ = ("ok", "partial")
KNOWN_TO_THE_OFFICE = ("division_open", "division_conflict")
"""Findings about what an office knows of itself; it may still want to write its name in full."""
TOLD_BY_CELLS = ("unreadable_cell", "absent_cells")
"""Findings that stand for cells; each such cell is a remark by itself."""
SECTIONS = range(1, 7)
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LEVELS = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Operand:
    """A cell that takes part in a broken identity.

    Attributes:
        cell: Which.
        side: `left` or `right`.
        raw: As printed.
        value: Its number; None where it holds none.
        holds_with: The number with which this identity alone would hold; None where it would be below 0.
        is_total: Whether it stands alone on its side: the total of what stands on the other.
    """

    cell: CellName
    side: str
    raw: str
    value: Decimal | None
    holds_with: Decimal | None
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at.

    Attributes:
        code: A rule of `checks.csv` or a code of `messages.csv`.
        level: `error`, `warning` or `info`.
        title: What it is, by language: the rule's name, or empty.
        place: Where, by language: printed labels, or the part of the report.
        words: The sentence, by language.
        left: Left side of an identity; None where there is none. Likewise `right` and `difference`.
        blanks: How many blanks were counted as 0.
        operands: The cells of an identity, or the cells the remark is about.
        repairs: Numbers that would let all broken identities of this one's group hold, alternatives; empty
            where the figures do not tell.
        locator: Where it stands in the file.
    """

    code: str
    level: str
    title: Mapping[Language, str]
    place: Mapping[Language, str]
    words: Mapping[Language, str]
    left: Decimal | None = None
    right: Decimal | None = None
    difference: Decimal | None = None
    blanks: int = 0
    operands: tuple[Operand, ...] = ()
    repairs: tuple[Repair, ...] = ()
    locator: Locator = NOWHERE


@dataclass(frozen=True, slots=True)
class Proof:
    """All remarks on one report, the gravest first."""

    report: Report
    remarks: tuple[Remark, ...] = field(default=())

    @property
    def errors(self) -> int:
        """How many of the remarks are errors."""
        return sum(remark.level == "error" for remark in self.remarks)


def proofread(reports: Sequence[Report]) -> list[Proof]:
    """The remarks on each report; several years of an organ given together are held against each other too."""
    by_report = _rule_remarks([report for report in reports if report.status in READ])
    proofs = []
    for report in reports:
        remarks = [*_reading_remarks(report), *by_report.get(report_id(report), ())]
        proofs.append(Proof(report, tuple(sorted(remarks, key=lambda remark: LEVELS.index(remark.level)))))
    return proofs


def _rule_remarks(reports: Sequence[Report]) -> dict[str, list[Remark]]:
    if not reports:
        return {}
    frames = tidy(reports)
    facts = (frames["cells"], frames["reports"], frames["narrative_figures"])
    equations_of = equations(gather(*facts))
    breaches_of = {name: breaches(found) for name, found in equations_of.items()}
    readings = {report_id(report): _readings(report) for report in reports}
    remarks: dict[str, list[Remark]] = {}
    for row in evaluate(*facts).results.iter_rows(named=True):
        name = row["report_id"]
        key = (row["rule"], row["place"])
        equation = next((e for e in equations_of.get(name, ()) if (e.rule, e.place) == key), None)
        mending = [r for breach in breaches_of.get(name, ()) for r in breach.repairs if key in r.mends]
        remarks.setdefault(name, []).append(_rule_remark(row, equation, mending, readings[name]))
    return remarks


def _readings(report: Report) -> dict[CellName, CellReading]:
    return {CellName(c.table, c.row, c.column): c for c in report.extraction.cells}


def _rule_remark(
    row: Mapping[str, object],
    equation: Equation | None,
    mending: Sequence[Repair],
    readings: Mapping[CellName, CellReading],
) -> Remark:
    rule, variant = load_checks()[str(row["rule"])], str(row["variant"]) if row["variant"] else None
    operands = tuple(_operands(equation, readings)) if equation else ()
    place: dict[Language, str] = {lang: place_words(str(row["place"]), variant, lang) for lang in LANGUAGES}
    sides = [_number(row[key]) for key in ("left_value", "right_value", "difference")]
    left, right, difference = (None, None, None) if rule.scope == "table" else sides
    return Remark(
        code=rule.rule,
        level=rule.level,
        title={"zh": rule.label_zh, "en": rule.label_en},
        place=place,
        words={lang: _sentence(rule, row, place[lang], lang) for lang in LANGUAGES},
        left=left,
        right=right,
        difference=difference,
        blanks=int(str(row["blanks"] or 0)),
        operands=operands,
        repairs=tuple(mending),
        locator=_first_locator((o.cell for o in operands), readings),
    )


def _sentence(rule: Rule, row: Mapping[str, object], place: str, language: Language) -> str:
    """The rule's words about one place, with the place in words too."""
    numbers = {"left": "left_value", "right": "right_value", "difference": "difference"}
    details = {name: plain(_number(row[column])) or "–" for name, column in numbers.items()}
    words = rule.words_zh if language == "zh" else rule.words_en
    return words.format(place=place, blanks=row["blanks"], variant=row["variant"], **details)


def _number(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def plain(value: Decimal | None) -> str:
    """A number as people write it: 12, not 12.00; nothing for none."""
    return "" if value is None else f"{number(value)}"


def _operands(equation: Equation, readings: Mapping[CellName, CellReading]) -> Iterator[Operand]:
    signs = list(equation.signs.values())
    for cell, sign in equation.signs.items():
        reading = readings.get(cell)
        yield Operand(
            cell=cell,
            side="left" if sign > 0 else "right",
            raw=reading.raw if reading else "",
            value=reading.value if reading else None,
            holds_with=equation.would_hold_with(cell),
            is_total=signs.count(sign) == 1,
        )


def _first_locator(cells: Iterable[CellName], readings: Mapping[CellName, CellReading]) -> Locator:
    return next((readings[cell].locator for cell in cells if cell in readings), NOWHERE)


def _reading_remarks(report: Report) -> Iterator[Remark]:
    if report.failure is not None:
        yield _said(report.failure, level="error")
    if report.status not in READ:
        return
    for finding in (*report.identity.findings, *report.extraction.findings):
        if finding.message.code not in TOLD_BY_CELLS:
            own = finding.message.code in KNOWN_TO_THE_OFFICE
            yield _said(finding, level="info" if own else "")
    yield from _missing_parts(report)
    yield from _leftovers(report)
    yield from _cells_of_kind(report, "unreadable", "check_unreadable")
    yield from _cells_of_kind(report, "absent", "check_absent")
    yield from _blank_cells(report)


def _said(finding: Finding, level: str = "") -> Remark:
    place = finding.table or ""
    places: dict[Language, str] = {lang: table_words(place, lang) if place else "" for lang in LANGUAGES}
    return _remark(finding.message, places, locator=finding.locator, level=level)


def _remark(
    words: Message,
    place: Mapping[Language, str],
    *,
    locator: Locator = NOWHERE,
    level: str = "",
    operands: tuple[Operand, ...] = (),
) -> Remark:
    return Remark(
        code=words.code,
        level=level or words.level,
        title={"zh": "", "en": ""},
        place=place,
        words={"zh": words.text("zh"), "en": words.text("en")},
        operands=operands,
        locator=locator,
    )


def _missing_parts(report: Report) -> Iterator[Remark]:
    headings = load_sections()
    stand = {found.number for found in report.sections}
    for section in SECTIONS:
        if section not in stand:
            heading = headings[section][0]
            place: dict[Language, str] = {"zh": heading, "en": f"section {section}"}
            yield _remark(message("missing_section", number=section, heading=heading), place)
    for table in TABLES:
        if table not in report.extraction.variants:
            place = {lang: table_words(table, lang) for lang in LANGUAGES}
            yield _remark(message("missing_table", table_zh=place["zh"], table_en=place["en"]), place)


def _leftovers(report: Report) -> Iterator[Remark]:
    for left in report.extraction.leftovers:
        place: dict[Language, str] = {"zh": left.label, "en": left.label}
        words = left.message
        why = {lang: words.text(lang) for lang in LANGUAGES}
        told = message("leftover_number", raw=left.raw, why_zh=why["zh"], why_en=why["en"])
        yield _remark(told, place, locator=left.locator)


def _cells_of_kind(report: Report, kind: Kind, code: str) -> Iterator[Remark]:
    for cell in report.extraction.cells:
        if cell.kind == kind:
            name = CellName(cell.table, cell.row, cell.column)
            place: dict[Language, str] = {lang: cell_words(name, cell.variant, lang) for lang in LANGUAGES}
            about = Operand(name, "", cell.raw, None, None)
            yield _remark(message(code, raw=cell.raw), place, locator=cell.locator, operands=(about,))


def _blank_cells(report: Report) -> Iterator[Remark]:
    """One remark a table: offices that leave blanks leave many."""
    for table in report.extraction.variants:
        cells = [cell for cell in report.extraction.cells if cell.table == table]
        blank = [cell for cell in cells if cell.kind in ("blank", "nil_mark")]
        if blank:
            rows = {lang: _rows(blank, len(blank) == len(cells), lang) for lang in LANGUAGES}
            told = message("blank_cells", count=len(blank), rows_zh=rows["zh"], rows_en=rows["en"])
            place: dict[Language, str] = {lang: table_words(table, lang) for lang in LANGUAGES}
            about = tuple(Operand(CellName(c.table, c.row, c.column), "", c.raw, None, None) for c in blank)
            yield _remark(told, place, locator=blank[0].locator, operands=about)


def _rows(cells: Sequence[CellReading], are_all: bool, language: Language) -> str:
    """The rows of some cells in words."""
    if are_all:
        return message("check_all_rows").text(language)
    rows = dict.fromkeys((cell.variant, cell.table, cell.row) for cell in cells)
    return "; ".join(line_words(variant, table)[row].text(language) for variant, table, row in rows)
