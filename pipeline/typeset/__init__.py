"""Typesets reports, the mirror of the readers: facts and a style go in, a file in any format comes out.

It makes the embedded sample and the documents of the property tests: whatever numbers are put into a report
here must come back from the readers cell for cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pipeline.typeset.compose import Layout, compose
from pipeline.typeset.docx import write_docx
from pipeline.typeset.facts import Facts, TypesetError
from pipeline.typeset.html import write_html
from pipeline.typeset.pdf import write_pdf
from pipeline.typeset.style import Style
from pipeline.typeset.text import write_text

Media = Literal["html", "docx", "pdf", "text"]
WRITERS: dict[Media, Callable[[Layout, Style], bytes]] = {
    "html": write_html,
    "docx": write_docx,
    "pdf": write_pdf,
    "text": write_text,
}

__all__ = ["WRITERS", "Facts", "Media", "Style", "TypesetError", "compose", "typeset"]


def typeset(facts: Facts, style: Style, media: Media) -> bytes:
    """A report as a file.

    Args:
        facts: What the report says.
        style: How it looks; choices that belong to other media have no effect.
        media: The format to write.

    Returns:
        The file's bytes; the same arguments always give the same bytes.

    Raises:
        TypesetError: `pdf` was asked for and reportlab is not installed.
    """
    return WRITERS[media](compose(facts, style), style)
