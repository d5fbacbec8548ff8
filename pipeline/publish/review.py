"""The warehouse and the archive → a page of the documents that need a person's eyes, the worst first.

Each concern stands with the picture of its cells and the row of a CSV file that settles it, ready to be judged,
completed and pasted. Nothing is settled here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection as Connection

from pipeline.archive import Archive
from pipeline.checking.columns import (
    AGENCY,
    AGENCY_NAME,
    COLUMN,
    DIVISION,
    KIND,
    REPORT,
    ROW,
    SCOPE,
    TABLE,
    UNIT,
    VALUE,
    VARIANT,
    YEAR,
)
from pipeline.checking.corrections import COLUMNS as CORRECTION_COLUMNS
from pipeline.checking.ledger import MONEY, gather
from pipeline.checking.proof import LANGUAGES, plain
from pipeline.checking.repair import Breach, Equation, breaches, equations
from pipeline.document import Locator, UnreadableDocumentError
from pipeline.evidence import Emphasis, Original, Plate, Spot, plates
from pipeline.evidence.exhibit import SURE
from pipeline.evidence.render import page_words, render
from pipeline.evidence.subjects import locator_of, reading_of, rows_of
from pipeline.extract import extract
from pipeline.identity.decisions import COLUMNS as DECISION_COLUMNS
from pipeline.matching.labels import CellName, cell_words, place_words, table_words
from pipeline.matching.lexicon import LABEL_COLUMNS
from pipeline.objects import ArchiveError
from pipeline.publish.query import open_warehouse
from pipeline.report import TABLES, CellReading, Finding
from schemas.checks import load_checks
from schemas.messages import Language, Message, message

MOST_DOCUMENTS = 60
MOST_ROWS = 6
"""Alternative rows offered for one concern."""
MOST_CONCERNS = 12
"""Concerns of one document that are pictured; a document with more needs reading as a whole."""
FILLED_BY_HAND = "…"
LABELS, CORRECTIONS, DECISIONS = (
    "schemas/labels.csv",
    "data/corrections.csv",
    "data/reference/agency_decisions.csv",
)
SCAN = "scan"

WEIGHTS = {
    "breaches": 4.0,
    "unreadable": 3.0,
    "leftovers": 1.0,
    "unsure": 0.3,
    "unresolved": 6.0,
    "missing": 8.0,
}
"""What one of each kind weighs when documents are put in order."""
HEAVIEST = 30.0
"""The most that one kind may weigh, so that one bad page does not outweigh everything else."""
KINDS = tuple(WEIGHTS)
PAGES: dict[Language, str] = {"en": "index.html", "zh": "index.zh.html"}
COUNTS = """
WITH breaches AS (SELECT report_id, count(*) AS n FROM check_results WHERE level = 'error' GROUP BY ALL),
     unreadable AS (SELECT report_id, count(*) AS n FROM cells WHERE kind = 'unreadable' GROUP BY ALL),
     leftovers AS (SELECT report_id, count(*) AS n FROM leftovers GROUP BY ALL),
     unsure AS (SELECT report_id, count(*) AS n FROM cells
                WHERE confidence < $sure AND kind <> 'unreadable' GROUP BY ALL),
     unresolved AS (SELECT DISTINCT report_id, 1 AS n FROM unresolved_agencies)
SELECT r.*, d.url, d.source, d.archive_path, d.reader,
       coalesce(breaches.n, 0) AS breaches, coalesce(unreadable.n, 0) AS unreadable,
       coalesce(leftovers.n, 0) AS leftovers, coalesce(unsure.n, 0) AS unsure,
       coalesce(unresolved.n, 0) AS unresolved,
       (r.variant_proactive_disclosure IS NULL)::INT + (r.variant_applications IS NULL)::INT
           + (r.variant_review_litigation IS NULL)::INT AS missing
FROM reports r
LEFT JOIN documents d USING (sha256)
LEFT JOIN breaches USING (report_id) LEFT JOIN unreadable USING (report_id)
LEFT JOIN leftovers USING (report_id) LEFT JOIN unsure USING (report_id)
LEFT JOIN unresolved USING (report_id)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a CSV file that settles a concern once a person has completed it."""

    file: str
    columns: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        """The row as the file holds it."""
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(self.values)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to judge.

    Attributes:
        kind: One of `KINDS`.
        words: What is the matter, by language, a line each.
        plates: Pictures of its cells.
        rows: Rows that would settle it, alternatives.
    """

    kind: str
    words: Mapping[Language, tuple[str, ...]]
    plates: tuple[Plate, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A document that needs eyes: its row of `reports` with its origin, how many of each kind, its concerns."""

    report: Mapping[str, Any]
    counts: Mapping[str, int]
    concerns: tuple[Concern, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Review:
    """Everything on the page.

    Attributes:
        cases: The documents shown, the worst first.
        waiting: How many documents need eyes in all.
        totals: Of each kind, over all of them.
        failures: Rows of `failures`: documents that could not be read at all.
        reports: How many reports the warehouse holds.
    """

    cases: tuple[Case, ...]
    waiting: int
    totals: Mapping[str, int]
    failures: tuple[Mapping[str, Any], ...]
    reports: int


def write_review(
    warehouse: Path, archives: Sequence[Archive], folder: Path, most: int = MOST_DOCUMENTS
) -> Review:
    """Writes `index.html` and `index.zh.html` into a folder.

    Args:
        warehouse: Where `current` stands.
        archives: Where the raw files may be; a document that none has is shown without pictures.
        folder: Where to write; made if need be.
        most: How many documents are shown.

    Raises:
        QueryError: There is no warehouse.
    """
    with open_warehouse(warehouse) as connection:
        found = review(connection, archives, most)
    folder.mkdir(parents=True, exist_ok=True)
    for language, name in PAGES.items():
        working = folder / f"{name}.writing"
        working.write_text(review_page(found, language), encoding="utf-8")
        working.replace(folder / name)
    return found


def review_page(found: Review, language: Language) -> str:
    """The page, self-contained."""
    title = page_words(language)["review_title"]
    return render("review.html", language, review=found, title=title, kinds=KINDS)


def review(connection: Connection, archives: Sequence[Archive], most: int = MOST_DOCUMENTS) -> Review:
    """What needs eyes, pictured.

    Args:
        connection: The warehouse.
        archives: Where the raw files may be.
        most: How many documents are pictured.
    """
    weighed = _weighed(connection)
    totals = {kind: sum(row[kind] for row in weighed) for kind in KINDS}
    failed = (
        "SELECT * FROM failures WHERE code NOT IN ('same_bytes', 'same_report') "
        "ORDER BY stage, code, source LIMIT $most"
    )
    return Review(
        cases=tuple(_case(connection, row, archives) for row in weighed[:most]),
        waiting=len(weighed),
        totals=totals,
        failures=tuple(rows_of(connection, failed, {"most": most})),
        reports=rows_of(connection, "SELECT count(*) AS n FROM reports", {})[0]["n"],
    )


def _weighed(connection: Connection) -> list[dict[str, Any]]:
    """The reports that have any concern, with how many of each kind, the heaviest first."""
    heavy = [row for row in rows_of(connection, COUNTS, {"sure": SURE}) if any(row[kind] for kind in KINDS)]
    return sorted(heavy, key=lambda row: (-_weight(row), row["report_id"]))


def _weight(row: Mapping[str, Any]) -> float:
    return sum(min(float(row[kind]) * weight, HEAVIEST) for kind, weight in WEIGHTS.items())


@dataclass(frozen=True, slots=True)
class _Draft:
    """A concern before it is pictured."""

    kind: str
    words: Mapping[Language, tuple[str, ...]]
    spots: tuple[Spot, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bench:
    """One report on the bench: its row with the counts, its cells, its file where an archive has it."""

    connection: Connection
    row: Mapping[str, Any]
    cells: Mapping[CellName, CellReading]
    original: Original | None

    @property
    def doubtful(self) -> list[CellReading]:
        """The cells read with less than full confidence."""
        present = (cell for cell in self.cells.values() if cell.kind not in ("unreadable", "absent"))
        return [cell for cell in present if cell.confidence < SURE]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of the warehouse about this report."""
        return rows_of(self.connection, sql, {"report": self.row["report_id"]})


def _case(connection: Connection, row: Mapping[str, Any], archives: Sequence[Archive]) -> Case:
    cells = rows_of(connection, "SELECT * FROM cells WHERE report_id = $report", {"report": row["report_id"]})
    readings = {CellName(c.table, c.row, c.column): c for c in map(reading_of, cells)}
    original = _original(archives, row["sha256"], row["source"] or row["report_id"])
    bench = _Bench(connection, row, readings, original)
    drafts = [draft for draw_up in DRAWN_UP for draft in draw_up(bench)]
    concerns = [_pictured(draft, original) for draft in drafts[:MOST_CONCERNS]]
    counts = {kind: row[kind] for kind in KINDS}
    return Case(row, counts, tuple(concerns), max(0, len(drafts) - MOST_CONCERNS))


def _original(archives: Sequence[Archive], sha256: str, name: str) -> Original | None:
    for archive in archives:
        try:
            if archive.has(sha256):
                return Original(archive.get(sha256), name)
        except ArchiveError:
            continue  # A damaged object is told by the build; the page goes without its picture.
    return None


def _pictured(draft: _Draft, original: Original | None) -> Concern:
    shown: list[Plate] = []
    if original is not None and draft.spots:
        try:
            shown = plates(original, draft.spots, close=True)
        except UnreadableDocumentError:
            shown = []  # It was readable once; that it no longer is shows in `failures` of the next build.
    return Concern(draft.kind, draft.words, tuple(shown), draft.rows)


def _unresolved(bench: _Bench) -> Iterator[_Draft]:
    found = bench.rows("SELECT * FROM unresolved_agencies WHERE report_id = $report ORDER BY ordinal")
    if not found:
        return
    words = {"en": {r["message_en"]: None for r in found}, "zh": {r["message_zh"]: None for r in found}}
    candidates = [r for r in found if r["candidate_code"]]
    decisions = [_decision(bench, r["candidate_code"]) for r in candidates[:MOST_ROWS]]
    yield _Draft(
        "unresolved",
        {lang: tuple(words[lang]) for lang in LANGUAGES},
        rows=tuple(decisions) or (_decision(bench, FILLED_BY_HAND),),
    )


def _decision(bench: _Bench, code: str) -> Row:
    known = {
        "sha256": bench.row["sha256"],
        "printed_name": bench.row["agency_name"] or "",
        "agency_name": "" if bench.row["agency_name"] else FILLED_BY_HAND,
        "division_code": code,
        **dict.fromkeys(("reason", "who", "when"), FILLED_BY_HAND),
    }
    return Row(DECISIONS, DECISION_COLUMNS, tuple(known.get(column, "") for column in DECISION_COLUMNS))


def _missing(bench: _Bench) -> Iterator[_Draft]:
    for table in TABLES:
        if bench.row[f"variant_{table}"] is None:
            names = {lang: table_words(table, lang) for lang in LANGUAGES}
            yield _said("missing", message("missing_table", table_zh=names["zh"], table_en=names["en"]))


def _said(kind: str, words: Message, spots: tuple[Spot, ...] = (), rows: tuple[Row, ...] = ()) -> _Draft:
    return _Draft(kind, {lang: (words.text(lang),) for lang in LANGUAGES}, spots, rows)


def _breaches(bench: _Bench) -> Iterator[_Draft]:
    results = bench.rows("SELECT * FROM check_results WHERE report_id = $report AND level = 'error'")
    sentences = {(row["rule"], row["place"]): row for row in results}
    for breach in breaches(_equations(bench)):
        told = [sentences[e.rule, e.place] for e in breach.equations if (e.rule, e.place) in sentences]
        if told:
            yield _Draft(
                "breaches",
                {lang: tuple(_sentence(row, lang) for row in told) for lang in LANGUAGES},
                tuple(_spots_of(breach, bench.cells)),
                tuple(_corrections(breach, bench))[:MOST_ROWS],
            )


def _equations(bench: _Bench) -> list[Equation]:
    names = (REPORT, TABLE, ROW, COLUMN, VARIANT, VALUE, KIND, UNIT)
    cells = [
        ("r", c.table, c.row, c.column, c.variant, c.value, c.kind, c.unit) for c in bench.cells.values()
    ]
    schema = dict.fromkeys(names, pl.String()) | {VALUE: MONEY}
    # Identities inside one report ask neither who it is of nor for which year.
    facts = dict.fromkeys((REPORT, AGENCY, AGENCY_NAME, DIVISION, SCOPE), pl.String()) | {YEAR: pl.Int16()}
    report = pl.DataFrame([{REPORT: "r"}], schema=facts)
    return equations(gather(pl.DataFrame(cells, schema=schema, orient="row"), report)).get("r", [])


def _sentence(row: Mapping[str, Any], language: Language) -> str:
    rule = load_checks()[row["rule"]]
    place = place_words(row["place"], row["variant"], language)
    words = rule.words_zh if language == "zh" else rule.words_en
    numbers = {"left": "left_value", "right": "right_value", "difference": "difference"}
    details = {name: plain(row[column]) or "–" for name, column in numbers.items()}
    return words.format(place=place, blanks=row["blanks"], variant=row["variant"], **details)


def _spots_of(breach: Breach, cells: Mapping[CellName, CellReading]) -> Iterator[Spot]:
    """The cells that a repair would change as what is asked about, the other operands beside them."""
    suspects = {change.cell for repair in breach.repairs for change in repair.changes}
    for cell in dict.fromkeys(cell for equation in breach.equations for cell in equation.signs):
        if cell in cells and cells[cell].kind != "absent":
            emphasis: Emphasis = "target" if cell in suspects else "plain"
            yield Spot(cells[cell].locator, cells[cell].raw, emphasis=emphasis)


def _corrections(breach: Breach, bench: _Bench) -> Iterator[Row]:
    for repair in breach.repairs:
        for change in repair.changes:
            yield _correction(bench, change.cell, plain(change.number))
    if not breach.repairs:
        equation = breach.equations[0]
        total = min(
            equation.signs, key=lambda cell: list(equation.signs.values()).count(equation.signs[cell])
        )
        yield _correction(bench, total, FILLED_BY_HAND)


def _correction(bench: _Bench, cell: CellName, number: str) -> Row:
    known = {
        "document": bench.row["sha256"],
        "table": cell.table,
        "row": cell.row,
        "column": cell.column,
        "printed": bench.cells[cell].raw if cell in bench.cells else "",
        "corrected": number,
    }
    values = tuple(known.get(column, FILLED_BY_HAND) for column in CORRECTION_COLUMNS)
    return Row(CORRECTIONS, CORRECTION_COLUMNS, values)


def _unreadable(bench: _Bench) -> Iterator[_Draft]:
    for name, cell in bench.cells.items():
        if cell.kind == "unreadable":
            yield _of_cell(bench, "unreadable", name, cell)


def _unsure(bench: _Bench) -> Iterator[_Draft]:
    """Labels that were read by likeness, and all other cells that rest on an inference, together."""
    told: set[tuple[object, ...]] = set()
    for finding in _fuzzy_labels(bench):
        printed, standard = (str(finding.message.details[name]) for name in ("printed", "standard"))
        row = _line_of(finding.locator)
        told.add(row)
        spots = [Spot(finding.locator, None)]
        spots += [
            Spot(c.locator, c.raw, emphasis="plain") for c in bench.doubtful if _line_of(c.locator) == row
        ]
        yield _said("unsure", finding.message, tuple(spots), (_label(printed, standard),))
    others = [cell for cell in bench.doubtful if _line_of(cell.locator) not in told]
    if others:
        least = min(cell.confidence for cell in others)
        words = message("review_unsure", count=len(others), least=f"{least:.2f}")
        yield _said("unsure", words, tuple(Spot(c.locator, c.raw, emphasis="doubt") for c in others))


def _line_of(locator: Locator) -> tuple[object, ...]:
    return locator.page, locator.table, locator.row


def _fuzzy_labels(bench: _Bench) -> list[Finding]:
    """Labels read by likeness. Findings are not kept, so the tables are read again; scans, which take long, are not."""
    if bench.original is None or not bench.doubtful or SCAN in (bench.row["reader"] or ""):
        return []
    try:
        findings = extract(bench.original.document).findings
    except UnreadableDocumentError:
        return []
    return [finding for finding in findings if finding.message.code == "similar_label"]


def _of_cell(bench: _Bench, kind: str, name: CellName, cell: CellReading) -> _Draft:
    words = {
        lang: (message("review_cell", cell=cell_words(name, cell.variant, lang), raw=cell.raw).text(lang),)
        for lang in LANGUAGES
    }
    row = _correction(bench, name, FILLED_BY_HAND)
    return _Draft(kind, words, (Spot(cell.locator, cell.raw),), (row,))


def _leftovers(bench: _Bench) -> Iterator[_Draft]:
    """Numbers without a place, those of one row of the document together."""
    found = bench.rows("SELECT * FROM leftovers WHERE report_id = $report")
    groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for row in found:
        key = (row["table_number"], row["row_number"], row["line"], row["label"], row["reason"])
        groups.setdefault(key, []).append(row)
    for rows in groups.values():
        first = rows[0]
        printed = ", ".join(row["raw"] for row in rows)
        spots = tuple(Spot(locator_of(row), row["raw"]) for row in rows)
        yield _Draft(
            "leftovers",
            {
                "en": (f"{printed}: {first['message_en']}",),
                "zh": (f"{printed}：{first['message_zh']}",),
            },
            spots,
            (_label(first["label"], FILLED_BY_HAND),) if first["reason"] == "unknown_label" else (),
        )


def _label(printed: str | None, standard: str) -> Row:
    values = (printed or FILLED_BY_HAND, standard, FILLED_BY_HAND, FILLED_BY_HAND)
    return Row(LABELS, LABEL_COLUMNS, values)


DRAWN_UP: tuple[Callable[[_Bench], Iterator[_Draft]], ...] = (
    _unresolved,
    _missing,
    _breaches,
    _unreadable,
    _leftovers,
    _unsure,
)
"""What is looked for in a report, the gravest first."""
