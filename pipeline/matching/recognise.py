"""Tells whether a document is an annual report of the form: Document → a message code or None."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pipeline.document import Document
from pipeline.identity.lines import flowing_text, fold, prose_lines
from pipeline.report import Identification
from schemas.definitions import HERE, read_definitions

COLUMNS = ("outcome", "where", "pattern", "note")
WHERES = ("title", "agency", "prose", "table")
FIRST_YEAR = 2019
TITLE_LINES = 6
SECTIONS = re.compile(
    r"总体(?:工作)?情况|主动公开(?:政府信息)?(?:的)?情况|政府信息公开申请|依申请公开|行政复议|主要问题|需要报告的事项"
)
ENOUGH_SECTIONS = 3


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern that tells a document of another kind, and where it is looked for."""

    outcome: str
    where: str
    pattern: re.Pattern[str]


@cache
def signs() -> tuple[Sign, ...]:
    """The patterns of `not_report_words.csv`. Raises `DefinitionError` for an unknown place or a broken pattern."""
    rows = read_definitions(HERE / "not_report_words.csv", COLUMNS).rows
    return tuple(Sign(row["outcome"], row.one_of("where", WHERES), row.pattern("pattern")) for row in rows)


def recognise(document: Document, tables_found: int, identity: Identification) -> str | None:
    """Why a document is not a report of the form.

    Args:
        document: The document as read.
        tables_found: How many of the form's three tables were located.
        identity: What `identify` made of it.

    Returns:
        None for a report; `not_report_university`, `not_report_old_form`, `not_report_notice`,
        `report_without_tables` or `not_report_unknown` otherwise.
    """
    texts = _texts(document, identity)
    if _told("university", texts):
        return "not_report_university"
    if tables_found:
        return None
    if _told("old_form", texts) or (identity.title and (identity.report_year or FIRST_YEAR) < FIRST_YEAR):
        return "not_report_old_form"
    if identity.title and identity.report_year:
        return "report_without_tables"
    if _told("notice", texts):
        return "not_report_notice"
    if len(set(SECTIONS.findall("".join(texts["prose"]())))) >= ENOUGH_SECTIONS:
        return "report_without_tables"
    return "not_report_unknown"


def _texts(document: Document, identity: Identification) -> dict[str, Callable[[], list[str]]]:
    """What the patterns are looked for in, folded and closed up; made when asked for, as most reports need little."""
    lines = prose_lines(document)
    heads = [line.folded for line in lines[:TITLE_LINES]]
    joined = ["".join(heads[:size]) for size in range(2, 4)]
    titles = [fold(identity.title or ""), *heads, *joined]
    agency = re.sub(r"[(].*?[)]", "", fold(identity.agency_name or ""))
    return {
        "title": lambda: titles,
        "agency": lambda: [agency],
        "prose": lambda: [flowing_text(lines)],
        "table": lambda: [_in_tables(document)],
    }


def _in_tables(document: Document) -> str:
    cells = (cell for grid in document.grids for cell in grid.cells())
    return fold("".join("".join(cell.text.split()) for cell in cells))


def _told(outcome: str, texts: dict[str, Callable[[], list[str]]]) -> bool:
    return any(
        sign.pattern.search(words)
        for sign in signs()
        if sign.outcome == outcome
        for words in texts[sign.where]()
    )
