"""Document → the six sections of prose.

A section begins at a line that bears one of the headings in `schemas/sections.csv`, in the order of the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.document import Document, Paragraph
from pipeline.matching.lexicon import squeeze
from pipeline.report import Section
from schemas.definitions import HERE, read_definitions

SECTION_COLUMNS = ("number", "words", "note")
LONGEST_HEADING = 30
"""Characters of a line that is taken for a heading by its number and a word, and not by the form's words."""
SHORTEST_BARE_HEADING = (
    7  # a heading without its number must be at least so long to be told from a sub-heading
)
OF_THE_FORM = "The form's heading"
"""What is noted of the form's own words in `schemas/sections.csv`: they are a heading without a number, too."""
SHORTEST_WRAPPED = 18  # characters of a line that may be wrapped in mid-sentence

_NUMBERING = r"(?:[一二三四五六七]|[1-7１-７])\s*[、.．,，:：]?\s*"
_NUMBERED = re.compile(r"\s*([一二三四五六])\s*、\s*[^。；;！？!?]+")
_SENTENCE_END = re.compile(r"[。！？!?；;：:]$")
_STARTS_PART = re.compile(rf"^(?:{_NUMBERING}|[（(][一二三四五六七八九十]+[）)]|\d{{1,2}}[.．、)）])")


@dataclass(frozen=True, slots=True)
class _Heading:
    number: int
    words: str
    pattern: re.Pattern[str]
    bare: bool


@cache
def _headings() -> tuple[_Heading, ...]:
    table = read_definitions(HERE / "sections.csv", SECTION_COLUMNS, key=["words"])
    headings = []
    for row in sorted(table.rows, key=lambda r: len(r["words"]), reverse=True):
        # Spaces, line breaks and commas may stand between any two characters of a heading.
        loose = r"[\s、，,]*".join(re.escape(c) for c in re.sub(r"[、，]", "", row["words"]))
        pattern = re.compile(rf"^\s*(?P<numbering>{_NUMBERING})?{loose}")
        is_bare = len(row["words"]) >= SHORTEST_BARE_HEADING or row["note"] == OF_THE_FORM
        headings.append(_Heading(int(row["number"]), loose, pattern, is_bare))
    return tuple(headings)


@lru_cache(maxsize=4096)
def is_heading(text: str) -> bool:
    """Whether a line is the heading of a section."""
    return bool(_read_heading(Paragraph(text), 0)[0])


def sections(document: Document) -> tuple[Section, ...]:
    """The sections of prose, in the order of the form; number 0 is what stands before section one.

    Tables are left out, but for the lines of one that holds the whole report; wrapped lines are closed up. A report
    without headings is one section 0.
    """
    parts: list[tuple[int, str, list[str]]] = [(0, "", [])]
    for paragraph in _prose(document):
        number, heading, rest = _read_heading(paragraph, parts[-1][0])
        if number:
            parts.append((number, heading, []))
        if rest.strip():
            parts[-1][2].append(rest.strip())
    found = (Section(number, heading, "\n".join(_unwrap(lines))) for number, heading, lines in parts)
    return tuple(s for s in found if s.number or s.text)


def _prose(document: Document) -> Sequence[Paragraph]:
    """The paragraphs; where none bears a heading, with the lines that a sheet holds the report in as rows of one cell.

    Offices fill the form in a spreadsheet and paste it as one table.
    """
    if any(is_heading(paragraph.text) for paragraph in document.paragraphs):
        return document.paragraphs
    lines = tuple(_lines(document))
    return lines if any(is_heading(line.text) for line in lines) else document.paragraphs


def _lines(document: Document) -> Iterator[Paragraph]:
    for block in document.blocks:
        if isinstance(block, Paragraph):
            yield block
            continue
        for index, cells in enumerate(block.rows):
            filled = [cell for cell in cells if cell.text.strip()]
            if len(filled) == 1 and not block.covering(index):
                yield Paragraph(filled[0].text, filled[0].locator)


@cache
def _any_heading() -> re.Pattern[str]:
    """All headings in one pattern: nearly every line bears none, and one look tells that."""
    words = "|".join(heading.words for heading in _headings())
    return re.compile(rf"^\s*(?:{_NUMBERING})?(?:{words})")


@cache
def _section_words() -> tuple[tuple[int, str], ...]:
    table = read_definitions(HERE / "section_words.csv", SECTION_COLUMNS, key=["number", "words"])
    return tuple((int(row["number"]), row["words"]) for row in table.rows)


def _numbered_heading(text: str, current: int) -> int:
    """The section of a short line that bears its number and a word of it, in an office's own phrase; else 0."""
    found = _NUMBERED.fullmatch(text) if len(text) <= LONGEST_HEADING else None
    number = "一二三四五六".index(found[1]) + 1 if found else 0
    is_known = number > current and any(number == n and words in text for n, words in _section_words())
    return number if is_known else 0


def _read_heading(paragraph: Paragraph, current: int) -> tuple[int, str, str]:
    """A paragraph's section number (0 for none), heading and the text after it."""
    if number := _numbered_heading(paragraph.text, current):
        return number, squeeze(paragraph.text), ""
    if not _any_heading().match(paragraph.text):
        return 0, "", paragraph.text
    for heading in _headings():
        match = heading.pattern.match(paragraph.text) if heading.number > current else None
        if match is None:
            continue
        rest = paragraph.text[match.end() :].lstrip("。.：: 　")
        if match["numbering"] or (heading.bare and not rest):
            return heading.number, squeeze(match.group()), rest
    return 0, "", paragraph.text


def _unwrap(lines: Sequence[str]) -> Iterator[str]:
    """Closes up lines that were wrapped in mid-sentence."""
    held = ""
    for line in lines:
        if held and (len(held) < SHORTEST_WRAPPED or _SENTENCE_END.search(held) or _STARTS_PART.match(line)):
            yield held
            held = ""
        held += line
    if held:
        yield held
