"""Exhibits and reviews → self-contained HTML pages: nothing in them asks the network for anything."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.document import Locator
from pipeline.evidence.exhibit import Exhibit
from pipeline.matching.labels import CellName, cell_words, table_words
from pipeline.report import CellReading
from schemas.codes import load_codes
from schemas.definitions import HERE, read_definitions
from schemas.messages import Language

PAGES = Path(__file__).resolve().parent / "pages"
WORD_COLUMNS = ("key", "en", "zh")


@cache
def page_words(language: Language) -> Mapping[str, str]:
    """The words that pages use, by key."""
    table = read_definitions(HERE / "page_words.csv", WORD_COLUMNS, key=["key"])
    return {row["key"]: row[language] for row in table.rows}


def render(page: str, language: Language, **details: Any) -> str:
    """A page of the folder `pages`, filled; text is escaped, whatever a report prints."""
    return str(_environment().get_template(page).render(lang=language, words=page_words(language), **details))


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
    found.filters["is_web"] = is_web
    found.globals["facts"] = facts
    return found


def is_web(address: str | None) -> bool:
    """Whether an address is one to link to; whatever else a manifest holds stays text."""
    return bool(address) and str(address).startswith(("http://", "https://"))


def facts(cell: CellReading, language: Language) -> dict[str, str]:
    """What was read in a cell, in words; empty for what is not known."""
    name = CellName(cell.table, cell.row, cell.column)
    return {
        "table": table_words(cell.table, language),
        "label": cell_words(name, cell.variant, language),
        "cell": str(name),
        "variant": cell.variant,
        "raw": cell.raw,
        "kind": code_words("kind", cell.kind, language),
        "value": "" if cell.value is None else f"{cell.value.normalize():,f}",
        "unit": code_words("unit", cell.unit or "", language),
        "place": place_in_file(cell.locator, language),
        "confidence": f"{cell.confidence:.2f}",
    }


def code_words(field: str, code: str, language: Language) -> str:
    """A code in words, such as 单元格为空白 for blank."""
    for known in load_codes().get(field, ()):
        if known.code == code:
            return (known.zh if language == "zh" else known.en).rstrip(".。")
    return code


def place_in_file(locator: Locator, language: Language) -> str:
    """Where something stands in its file, in words."""
    words = page_words(language)
    known = {name: number for name, number in locator.to_dict().items() if name != "box"}
    return ", ".join(words[f"place_{name}"].format(number=number) for name, number in known.items())


def exhibit_page(shown: Exhibit, language: Language) -> str:
    """An exhibit as an HTML page."""
    return render("exhibit.html", language, shown=shown, title=exhibit_title(shown, language))


def exhibit_title(shown: Exhibit, language: Language) -> str:
    """Who, when and which cell."""
    who = " ".join(str(part) for part in (shown.subject.agency, shown.subject.year) if part is not None)
    if len(shown.cells) != 1:
        return who or shown.subject.name
    (cell,) = shown.cells
    words = cell_words(CellName(cell.table, cell.row, cell.column), cell.variant, language)
    return f"{who} · {words}" if who else words
