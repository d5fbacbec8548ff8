"""How each HTML element takes part in a page's text, read once from `schemas/html_elements.csv`."""

from __future__ import annotations

from schemas.definitions import HERE, Table, read_definitions

TREATMENTS = ("block", "chrome", "inline", "never_shown", "preformatted", "raised")


def _treated(table: Table, *treatments: str) -> frozenset[str]:
    return frozenset(
        row["element"] for row in table.rows if row.one_of("treatment", TREATMENTS) in treatments
    )


_ELEMENTS = read_definitions(HERE / "html_elements.csv", ("element", "treatment"), key=["element"])
BLOCK = _treated(_ELEMENTS, "block", "chrome", "preformatted")
"""Elements that begin and end a line."""
CHROME = _treated(_ELEMENTS, "chrome")
"""Elements that frame a page: its navigation, head and foot."""
INLINE = _treated(_ELEMENTS, "inline")
"""Elements that only style a run of text."""
NEVER_SHOWN = _treated(_ELEMENTS, "never_shown")
"""Elements whose text is no part of what a page shows."""
PREFORMATTED = _treated(_ELEMENTS, "preformatted")
"""Elements whose line ends and spaces count."""
RAISED = _treated(_ELEMENTS, "raised")
"""Elements whose text stands above the line, as a note's number does."""
