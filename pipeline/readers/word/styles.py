"""The style and list parts of a Word package flow in; what they hide and how they number flow out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

from pipeline.readers.word.numbering import LEVELS, Level, ListDefinition
from pipeline.readers.word.package import Package, related_part
from pipeline.readers.word.xml import XML_LIMIT, Element, child, is_on, parsed, value, w, whole_number

STYLES_DEEP = 20
MOST_KNOWN = 16
"""Parts of styles whose content is kept, by their hash."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Numbering:
    """That a paragraph is numbered: by which list, and at which of its levels."""

    list_id: str
    depth: int


@dataclass(frozen=True, slots=True)
class Styles:
    """What styles add to a paragraph's text.

    Attributes:
        hidden: Styles whose text is not shown.
        raised: Styles of characters that stand above the line.
        numbered: How a paragraph style numbers its paragraphs.
        default: The style of paragraphs that name none.
        lists: The list definitions by their number.
    """

    hidden: frozenset[str] = frozenset()
    numbered: Mapping[str, Numbering] = field(default_factory=dict)
    default: str = ""
    lists: Mapping[str, ListDefinition] = field(default_factory=dict)
    raised: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style states itself; None for what it leaves to the style it is based on."""

    name: str
    based_on: str
    is_default: bool
    list_id: str | None
    depth: int
    is_hidden: bool | None
    place: str | None


_KNOWN: dict[bytes, Mapping[str, _Style]] = {}


def read_styles(package: Package, main: str, named: frozenset[str], *, has_lists: bool) -> Styles:
    """The styles and lists that the main part points to; none where it points to none.

    Args:
        package: The package.
        main: Its main part.
        named: The styles that the text names; what no text names adds nothing to it.
        has_lists: Whether the text has items of lists that no style makes.
    """
    name = related_part(package, "styles", main)
    styles = {} if name is None else _stated_in(package, name)
    default = next((style.name for style in styles.values() if style.is_default), "")
    lineages = {style: _lineage(style, styles) for style in styles if style in named or style == default}
    has_lists = has_lists or any(style.list_id for line in lineages.values() for style in line)
    numbering = _part(package, main, "numbering") if has_lists else None
    lists = {} if numbering is None else _lists(numbering, styles)
    depths = {} if numbering is None else _depths_by_style(numbering)
    numbered = {
        style: found for style, line in lineages.items() if (found := _numbering(style, line, depths))
    }
    hidden = frozenset(style for style, line in lineages.items() if _first(s.is_hidden for s in line))
    raised = frozenset(
        style for style, line in lineages.items() if _first(s.place for s in line) == "superscript"
    )
    return Styles(hidden, numbered, default, lists, raised)


def _part(package: Package, main: str, kind: str) -> Element | None:
    name = related_part(package, kind, main)
    return None if name is None else parsed(package, name)


def _stated_in(package: Package, name: str) -> Mapping[str, _Style]:
    """The styles of a part by their id. Programs give all their files the same large one: it is parsed once."""
    digest = sha256(package.part(name, XML_LIMIT)).digest()
    if digest not in _KNOWN:
        styles = map(_stated, parsed(package, name).iterchildren(w("style")))
        found = {style.name: style for style in styles}
        while len(_KNOWN) >= MOST_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[digest] = found
    return _KNOWN[digest]


def _stated(style: Element) -> _Style:
    runs, numbering = child(style, w("rPr")), child(child(style, w("pPr")), w("numPr"))
    is_paragraph = style.get(w("type")) == "paragraph"
    return _Style(
        style.get(w("styleId"), ""),
        value(style, w("basedOn")) or "",
        is_paragraph and style.get(w("default")) in ("1", "true", "on"),
        value(numbering, w("numId")),
        whole_number(value(numbering, w("ilvl")), 0),
        None if child(runs, w("vanish")) is None else is_on(runs, w("vanish")),
        value(runs, w("vertAlign")) or None,
    )


def _lineage(name: str, styles: Mapping[str, _Style]) -> list[_Style]:
    """A style and those it is based on, nearest first; a circle is cut."""
    line: list[_Style] = []
    style = styles.get(name)
    while style is not None and len(line) < STYLES_DEEP:
        line.append(style)
        style = styles.get(style.based_on)
    return line


def _first(stated: Iterable[T | None]) -> T | None:
    """What the nearest of a lineage states."""
    return next((one for one in stated if one is not None), None)


def _numbering(name: str, line: Sequence[_Style], depths: Mapping[tuple[str, str], int]) -> Numbering | None:
    style = next((style for style in line if style.list_id is not None), None)
    if style is None or style.list_id is None or style.list_id == "0":
        return None
    return Numbering(style.list_id, depths.get((style.list_id, name), style.depth))


def _depths_by_style(numbering: Element) -> dict[tuple[str, str], int]:
    """The level that a list ties to a paragraph style, by list and style."""
    tied: dict[str, dict[str, int]] = {}
    for abstract in numbering.iterchildren(w("abstractNum")):
        levels = abstract.iterchildren(w("lvl"))
        styles = {value(level, w("pStyle")): whole_number(level.get(w("ilvl")), 0) for level in levels}
        tied[abstract.get(w("abstractNumId"), "")] = {
            style: depth for style, depth in styles.items() if style
        }
    return {
        (number.get(w("numId"), ""), style): depth
        for number in numbering.iterchildren(w("num"))
        for style, depth in tied.get(value(number, w("abstractNumId")) or "", {}).items()
    }


def _lists(numbering: Element, styles: Mapping[str, _Style]) -> dict[str, ListDefinition]:
    abstracts = {a.get(w("abstractNumId"), ""): a for a in numbering.iterchildren(w("abstractNum"))}
    numbers = {n.get(w("numId"), ""): n for n in numbering.iterchildren(w("num"))}
    lists: dict[str, ListDefinition] = {}
    for list_id, number in numbers.items():
        family = value(number, w("abstractNumId")) or ""
        family = _followed(family, abstracts, numbers, styles)
        if family in abstracts:
            lists[list_id] = _list(family, abstracts[family], number)
    return lists


def _followed(
    family: str,
    abstracts: Mapping[str, Element],
    numbers: Mapping[str, Element],
    styles: Mapping[str, _Style],
) -> str:
    """The list that really holds the levels, where one only names a numbering style."""
    linked = value(abstracts.get(family), w("numStyleLink"))
    style = styles.get(linked or "")
    number = None if style is None else numbers.get(style.list_id or "")
    return family if number is None else value(number, w("abstractNumId")) or family


def _list(family: str, abstract: Element, number: Element) -> ListDefinition:
    levels = {whole_number(lvl.get(w("ilvl")), 0): _level(lvl) for lvl in abstract.iterchildren(w("lvl"))}
    restarts: dict[int, int] = {}
    for override in number.iterchildren(w("lvlOverride")):
        depth = whole_number(override.get(w("ilvl")), 0)
        redefined = override.find(w("lvl"))
        if redefined is not None:
            levels[depth] = _level(redefined)
        start = value(override, w("startOverride"))
        if start is not None:
            restarts[depth] = whole_number(start, 1)
    return ListDefinition(family, {d: lvl for d, lvl in levels.items() if 0 <= d < LEVELS}, restarts)


def _level(level: Element) -> Level:
    restart = value(level, w("lvlRestart"))
    return Level(
        start=whole_number(value(level, w("start")), 0),
        style=value(level, w("numFmt")) or "decimal",
        text=value(level, w("lvlText")) or "",
        restart_after=None if restart is None else whole_number(restart, 0),
        legal=is_on(level, w("isLgl")),
    )
