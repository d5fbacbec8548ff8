"""Document → the six sections of prose, and the figures that are told in them.

A section begins at a line that bears one of the headings in `schemas/sections.csv`, in the order of the form.
A figure is taken only where a rule of `schemas/figures.csv` is certain of its concept: a wrong figure is worse
than a missing one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from pipeline.document import Document, Paragraph
from pipeline.lexicon import squeeze
from pipeline.report import Figure, Section
from schemas.definitions import HERE, DefinitionError, read_definitions

SECTION_COLUMNS = ("number", "words", "note")
FIGURE_COLUMNS = ("concept", "pattern", "unit", "section", "note")
SHORTEST_BARE_HEADING = (
    7  # a heading without its number must be at least so long to be told from a sub-heading
)
SHORTEST_WRAPPED = 18  # characters of a line that may be wrapped in mid-sentence
LARGEST = Decimal(10**15)

_NUMBERING = r"(?:[一二三四五六七]|[1-7１-７])\s*[、.．,，:：]?\s*"
_SENTENCE_END = re.compile(r"[。！？!?；;：:]$")
_SENTENCES = re.compile(r"[^。！？；\n]*[。！？；]?")
_STARTS_PART = re.compile(rf"^(?:{_NUMBERING}|[（(][一二三四五六七八九十]+[）)]|\d{{1,2}}[.．、)）])")
_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?P<scale>[万亿]?)(?P<about>余|多)?"
_SCALES = {"": 1, "万": 10_000, "亿": 100_000_000}


@dataclass(frozen=True, slots=True)
class _Heading:
    number: int
    pattern: re.Pattern[str]
    bare: bool


@dataclass(frozen=True, slots=True)
class _FigureRule:
    concept: str
    pattern: re.Pattern[str]
    unit: str
    section: int


@cache
def _headings() -> tuple[_Heading, ...]:
    table = read_definitions(HERE / "sections.csv", SECTION_COLUMNS, key=["words"])
    headings = []
    for row in sorted(table.rows, key=lambda r: len(r["words"]), reverse=True):
        # Spaces, line breaks and commas may stand between any two characters of a heading.
        loose = r"[\s、，,]*".join(re.escape(c) for c in re.sub(r"[、，]", "", row["words"]))
        pattern = re.compile(rf"^\s*(?P<numbering>{_NUMBERING})?{loose}")
        headings.append(_Heading(int(row["number"]), pattern, len(row["words"]) >= SHORTEST_BARE_HEADING))
    return tuple(headings)


@lru_cache(maxsize=4096)
def is_heading(text: str) -> bool:
    """Whether a line is the heading of a section."""
    return bool(_read_heading(Paragraph(text), 0)[0])


def sections(document: Document) -> tuple[Section, ...]:
    """The sections of prose, in the order of the form; number 0 is what stands before section one.

    Tables are left out; wrapped lines are closed up. A report without headings is one section 0.
    """
    parts: list[tuple[int, str, list[str]]] = [(0, "", [])]
    for paragraph in document.paragraphs:
        number, heading, rest = _read_heading(paragraph, parts[-1][0])
        if number:
            parts.append((number, heading, []))
        if rest.strip():
            parts[-1][2].append(rest.strip())
    found = (Section(number, heading, "\n".join(_unwrap(lines))) for number, heading, lines in parts)
    return tuple(s for s in found if s.number or s.text)


def _read_heading(paragraph: Paragraph, current: int) -> tuple[int, str, str]:
    """A paragraph's section number (0 for none), heading and the text after it."""
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


@cache
def _figure_rules() -> tuple[_FigureRule, ...]:
    table = read_definitions(HERE / "figures.csv", FIGURE_COLUMNS, key=["concept", "pattern"])
    rules = []
    for row in table.rows:
        if "NUMBER" not in row["pattern"]:
            raise row.fail("a pattern needs NUMBER where the figure stands")
        try:
            pattern = re.compile(row["pattern"].replace("NUMBER", _NUMBER))
        except re.error as error:
            raise DefinitionError(f"{row.place}: {error}") from error
        rules.append(_FigureRule(row["concept"], pattern, row["unit"], int(row["section"])))
    return tuple(rules)


def figures(found: Iterable[Section]) -> tuple[Figure, ...]:
    """The figures told in the prose, each concept once: where sentences tell different numbers, none is taken."""
    told: dict[str, list[Figure]] = {}
    for section in found:
        for rule in _figure_rules():
            if section.number in (0, rule.section):
                for figure in _matches(rule, section.text):
                    told.setdefault(figure.concept, []).append(figure)
    return tuple(several[0] for several in told.values() if len({f.value for f in several}) == 1)


def _matches(rule: _FigureRule, text: str) -> Iterator[Figure]:
    for sentence in _SENTENCES.findall(text):
        for match in rule.pattern.finditer(re.sub(r"\s+", "", sentence)):
            value = Decimal(match["number"].replace(",", "")) * _SCALES[match["scale"]]
            if value >= LARGEST:
                continue  # a telephone number or two counts run together, and more than the tables hold
            yield Figure(rule.concept, value, rule.unit, sentence.strip(), bool(match["about"]))
