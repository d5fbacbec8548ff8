"""Lines and flowing text of a document's prose: Document → closed-up lines with where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from pipeline.document import Block, Document, Locator, Paragraph
from pipeline.exchange import Exchange
from pipeline.matching.lexicon import simplified

HALF_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"【": "[", "】": "]"}
FIRST_HEADING = re.compile(
    r"^(?:[一1][、.,:)]|第一部分[、:]?|[(]一[)])?(?:总体(?:工作)?情况|概述|基本情况)[:。]?$"
)
INLINE_HEADING = re.compile(r"^[一1][、.,:](?:总体(?:工作)?情况|概述|基本情况)")
ANY_HEADING = re.compile(r"^[一二三四五六][、.]")
OPENS_TABLES = re.compile(r"^第二十条第?[(]一[)]项$|^信息内容$")
"""What the first of the form's tables opens with: it ends the preamble of a report that has no headings."""
MAX_TEXT = 60_000

_without_invisible = Exchange({"\u200b": "", "\ufeff": ""})


class Line(NamedTuple):
    """A line without its spaces: as printed, with half-width marks (same length), and its place."""

    text: str
    folded: str
    locator: Locator


def fold(text: str) -> str:
    """Half-width letters, digits, brackets and marks for full-width ones, simplified characters for others.

    The length stays the same.
    """
    return _folded()(text)


@cache
def _folded() -> Exchange:
    return Exchange(HALF_WIDTH | simplified())


def closed_up(text: str) -> str:
    """The text without any space or line break."""
    return _without_invisible("".join(text.split()))


def prose_lines(document: Document) -> tuple[Line, ...]:
    """The lines of the paragraphs that hold anything, in order; without headings, what opens the form's tables too."""
    lines = _lines(document.paragraphs)
    if first_heading(lines) < len(lines):
        return lines
    return _lines(part for block in document.blocks for part in _prose_of(block))


def _prose_of(block: Block) -> Iterator[Paragraph]:
    """A paragraph as it is; of a table of the form the label that opens it."""
    if isinstance(block, Paragraph):
        yield block
        return
    opening = next((c for c in block.cells() if OPENS_TABLES.match(fold(closed_up(c.text)))), None)
    if opening is not None:
        yield Paragraph(opening.text, opening.locator)


def every_line(document: Document) -> tuple[Line, ...]:
    """The lines of paragraphs and of table cells, in order: a page may be laid out by a table."""
    return _lines(document.blocks)


def _lines(blocks: Iterable[Block]) -> tuple[Line, ...]:
    places: list[Locator] = []
    closed: list[str] = []
    for block in blocks:
        for part in [block] if isinstance(block, Paragraph) else block.cells():
            for printed in part.text.split("\n"):
                places.append(part.locator)
                closed.append("".join(printed.split()))
    if not places:
        return ()
    # All at once: each line by itself takes ten times as long.
    texts = _without_invisible("\n".join(closed))
    lines = zip(texts.split("\n"), fold(texts).split("\n"), places, strict=True)
    return tuple([Line(text, folded, place) for text, folded, place in lines if text])


def opens_report(lines: tuple[Line, ...]) -> bool:
    """Whether section one of the form opens in these lines."""
    return any(FIRST_HEADING.match(line.folded) or INLINE_HEADING.match(line.folded) for line in lines)


def flowing_text(lines: Iterable[Line]) -> str:
    """All lines as one folded run of text, for looking across line breaks."""
    return "".join(line.folded for line in lines)[:MAX_TEXT]


def first_heading(lines: tuple[Line, ...]) -> int:
    """The ordinal of the line that opens section one; the number of lines where none does."""
    for wanted in (FIRST_HEADING, INLINE_HEADING, ANY_HEADING, OPENS_TABLES):
        for place, line in enumerate(lines):
            if wanted.match(line.folded) and (wanted is INLINE_HEADING or len(line.folded) <= 40):
                return place
    return len(lines)
