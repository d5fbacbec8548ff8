"""A document and what was extracted from it in, the better of several readings of the same file out.

A reader may know other ways to read a file, slower ones or ones that guess more. They are tried, one after the
other, only where the first leaves cells of the form empty-handed or numbers over. What decides is the form's shape
alone and never whether the numbers add up: real reports print wrong sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from pipeline.document import Document
from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.matching.lexicon import squeeze
from pipeline.narrative import sections
from pipeline.report import TABLES, Extraction, Finding
from pipeline.templates import load_templates
from schemas.messages import message

LEAST_LABEL = 4
"""Characters of a label from which its words are hardly met by chance."""
SECTION_OF = {table: number for number, table in enumerate(TABLES, 2)}
"""The section of the report in which each table stands."""
LEAST_LABELS = 5
"""Different labels of a table met in a text from which the table is expected in it."""

Readings = Callable[[], Iterable[Document]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A document with its tables arranged, and what they say."""

    document: Document
    extraction: Extraction


def read_tables(document: Document, others: Readings) -> Reading:
    """Reads the form's tables, again and in another way where the first reading lacks some of them.

    Args:
        document: As its reader read it first.
        others: Gives the other readings of the same file, each made when it is asked for.

    Returns:
        The reading with the least misfit that has no fewer numbers placed than the first; the first where none
        is better. One that is not the first says so in a finding.
    """
    first = best = _tables(document)
    least = misfit(first)
    if not least:
        return first
    for other in others():
        reading = _tables(other)
        left = misfit(reading, first)
        if left < least and reading.extraction.numeric_used >= best.extraction.numeric_used:
            best, least = reading, left
        if not least:
            break
    return best if best is first else _noted(best, first, least)


def misfit(reading: Reading, first: Reading | None = None) -> int:
    """How far a reading is from the form's shape.

    Args:
        reading: The reading.
        first: The first reading of the file, whose words tell which tables are expected; itself by default.

    Returns:
        The number of cells that the document lacks or that hold no number, of numbers left over, and of the
        cells of tables whose labels or heading the text has and which were not found.
    """
    extraction = reading.extraction
    amiss = sum(cell.kind in ("absent", "unreadable") for cell in extraction.cells)
    missing = [table for table in TABLES if table not in extraction.variants]
    unfound = sum(_expected((first or reading).document, missing)) if missing else 0
    return amiss + len(extraction.leftovers) + unfound


def _tables(document: Document) -> Reading:
    arranged = arrange(document)
    return Reading(arranged, extract(arranged))


def _noted(reading: Reading, first: Reading, left: int) -> Reading:
    words = message(
        "read_again",
        first=first.document.reader,
        missing=misfit(first),
        reader=reading.document.reader,
        left=left,
    )
    findings = (Finding(words), *reading.extraction.findings)
    return replace(reading, extraction=replace(reading.extraction, findings=findings))


def _expected(document: Document, tables: Iterable[str]) -> Iterator[int]:
    """The number of cells of each of some tables that a text has labels of, or the heading: labels may be wrapped."""
    words = squeeze("".join(document.texts()))
    headed = {section.number for section in sections(document)}
    for table in tables:
        labels, size = _forms()[table]
        if SECTION_OF[table] in headed or sum(label in words for label in labels) >= LEAST_LABELS:
            yield size


@cache
def _forms() -> dict[str, tuple[frozenset[str], int]]:
    """For each table the labels of all its variants, and the least number of cells."""
    forms: dict[str, tuple[frozenset[str], int]] = {}
    for table in TABLES:
        labels: set[str] = set()
        sizes: list[int] = []
        for template in load_templates().values():
            blocks = template.tables.get(table, ())
            labels.update(squeeze(label.path[-1]) for b in blocks for label in (*b.rows, *b.columns))
            sizes.append(sum(1 for _ in template.cells(table)))
        forms[table] = frozenset(label for label in labels if len(label) >= LEAST_LABEL), min(sizes)
    return forms
