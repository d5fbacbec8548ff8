"""What was recognised from pictures, weighed by the form's identities: an `Extraction` in, one out.

An identity that holds makes the numbers in it more certain, one that breaks makes them less so; none is ever
changed. What is then too uncertain counts as unreadable, its text kept: real figures break identities, but a
misread one must not pass for a real one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.document import RECOGNISED_PAGES, Document, Locator
from pipeline.matching.values import is_numeric_text
from pipeline.report import CellReading, Extraction, Finding, Leftover
from pipeline.templates import Block, load_templates
from schemas.messages import Message, message

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Identity:
    """An identity of `pipeline.checking.rules` by the roles of its labels, along columns (`down`) or along rows.

    It is laid out once more because readers run in processes of bounded memory, where Polars has no room.
    """

    table: str
    down: bool
    left: tuple[str, ...]
    right: tuple[str, ...]


IDENTITIES = (
    _Identity("applications", True, ("inflow",), ("total", "outflow")),
    _Identity("applications", True, ("total",), ("leaf",)),
    _Identity("applications", False, ("total",), ("leaf",)),
    _Identity("review_litigation", False, ("total",), ("leaf",)),
)

CEILING = 0.99
"""The most confidence in what was recognised: 1.0 is for text that the file itself states."""
UNSEEN = 0.7
"""The most confidence in recognised text whose characters were not looked at one by one."""
FULL = 0.9
"""Confidence that only a reading of its own can give: the looks agree and the ink bears them out.

A print that makes every 4 look like a 1 keeps its totals."""
RAISED = 0.89
"""The most confidence that identities give to a number whose own reading gives less than `FULL`."""
DOUBT_LEFT = 0.5
"""The share of doubt that each identity that holds leaves."""
TRUST_LEFT = 0.75
"""The share of confidence that a broken identity leaves: one of its numbers may be misread, or misprinted."""
LEAST = 0.5
"""Confidence below which a recognised cell counts as unreadable."""


def recognised_places(document: Document) -> dict[Locator, float]:
    """Where the cells stand whose text was recognised from a picture, each with how certain it is at most.

    A cell that no rules of a table cut out, or whose text a scanner's program left, was looked at by nobody.
    """
    pages = set(filter(None, document.properties.get(RECOGNISED_PAGES, "").split(",")))
    return {
        cell.locator: cell.confidence if cell.confidence < 1.0 else UNSEEN
        for grid in document.grids
        for cell in grid.cells()
        if cell.confidence < 1.0 or (pages and str(cell.locator.page) in pages)
    }


def weigh(extraction: Extraction, recognised: Mapping[Locator, float]) -> Extraction:
    """Weighs the cells at some places by the identities they take part in.

    Args:
        extraction: What the tables say.
        recognised: Where the cells stand that come from a picture, with the most confidence that each can have;
            all others stay as they are.

    Returns:
        The same cells, those recognised with their weighed confidence, and as `unreadable` with a finding
        and a leftover where it is too low.
    """
    if not recognised:
        return extraction
    held, broken = _votes(extraction.cells)
    cells = tuple(
        _judged(cell, recognised[cell.locator], held[_key(cell)], broken[_key(cell)])
        if cell.locator in recognised
        else cell
        for cell in extraction.cells
    )
    doubted = [(old, new) for old, new in zip(extraction.cells, cells, strict=True) if old.kind != new.kind]
    numbers = sum(old.kind == "reported" for old, _ in doubted)
    words = [(old, _doubt(old)) for old, _ in doubted]
    return replace(
        extraction,
        cells=cells,
        findings=(*extraction.findings, *(Finding(w, old.locator, old.table) for old, w in words)),
        leftovers=(*extraction.leftovers, *_left_over(words)),
        numeric_used=extraction.numeric_used - numbers,
    )


def _key(cell: CellReading) -> Key:
    return cell.table, cell.row, cell.column


def _doubt(cell: CellReading) -> Message:
    return message("uncertain_cell", row=cell.row, column=cell.column, raw=cell.raw[:40])


def _left_over(doubted: list[tuple[CellReading, Message]]) -> Iterator[Leftover]:
    for cell, words in doubted:
        if is_numeric_text(cell.raw):
            yield Leftover(cell.table, cell.raw, cell.row, words, cell.locator)


def _judged(cell: CellReading, most: float, held: int, broken: int) -> CellReading:
    """A cell with its weighed confidence; one that breaks any identity gains nothing by those that hold."""
    if cell.kind in ("absent", "unreadable"):
        return cell
    confidence = min(cell.confidence, most, CEILING)
    if broken:
        confidence *= TRUST_LEFT
    elif cell.value is not None:
        ceiling = CEILING if confidence >= FULL else RAISED
        confidence = min(ceiling, 1 - (1 - confidence) * DOUBT_LEFT**held)
    if confidence >= LEAST:
        return cell._replace(confidence=confidence)
    return cell._replace(confidence=confidence, kind="unreadable", value=None, unit=None)


def _votes(cells: Sequence[CellReading]) -> tuple[Counter[Key], Counter[Key]]:
    """How many identities hold, and how many break, by cell; each as `pipeline.checking.rules` evaluates it."""
    held: Counter[Key] = Counter()
    broken: Counter[Key] = Counter()
    for sides in _equations(cells):
        operands = [cell for side in sides for cell in side]
        reported = [any(cell.value is not None for cell in side) for side in sides]
        if not all(reported) or any(cell.kind == "unreadable" for cell in operands):
            continue
        left, right = (sum((cell.value or Decimal(0) for cell in side), Decimal(0)) for side in sides)
        (held if left == right else broken).update(map(_key, operands))
    return held, broken


def _equations(cells: Sequence[CellReading]) -> Iterator[tuple[list[CellReading], list[CellReading]]]:
    """The two sides of each printed identity at each of its places."""
    by_key = {_key(cell): cell for cell in cells}
    for table, variant in {cell.table: cell.variant for cell in cells}.items():
        for block in load_templates()[variant].tables[table]:
            for identity in IDENTITIES:
                if identity.table == table:
                    yield from _lines(block, identity, by_key)


def _lines(
    block: Block, identity: _Identity, by_key: Mapping[Key, CellReading]
) -> Iterator[tuple[list[CellReading], list[CellReading]]]:
    lines, terms = (block.columns, block.rows) if identity.down else (block.rows, block.columns)
    for line in lines:
        sides: list[list[CellReading]] = []
        for roles in (identity.left, identity.right):
            keys = [
                (t.key, line.key) if identity.down else (line.key, t.key) for t in terms if t.role in roles
            ]
            sides.append([by_key[block.table, *key] for key in keys if (block.table, *key) in by_key])
        yield sides[0], sides[1]
