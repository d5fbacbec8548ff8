"""The style and list parts of a Word package flow in; what they hide and how they number flow out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.readers.numbering import LEVELS, Level, ListDefinition
from pipeline.readers.package import Package, related_part
from pipeline.readers.word_xml import VAL, Element, is_on, parsed, value, w, whole_number

STYLES_DEEP = 20


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


def read_styles(package: Package, main: str) -> Styles:
    """The styles and lists that the main part points to; none where it points to none."""
    numbering = _part(package, main, "numbering")
    styles = _part(package, main, "styles")
    by_id = {} if styles is None else {s.get(w("styleId"), ""): s for s in styles.iterchildren(w("style"))}
    lists = {} if numbering is None else _lists(numbering, by_id)
    style_depths = {} if numbering is None else _depths_by_style(numbering)
    numbered = {name: found for name in by_id if (found := _style_numbering(name, by_id, style_depths))}
    hidden = frozenset(name for name in by_id if _is_hidden(name, by_id))
    raised = frozenset(name for name in by_id if _is_raised(name, by_id))
    return Styles(hidden, numbered, _default(by_id), lists, raised)


def _part(package: Package, main: str, kind: str) -> Element | None:
    name = related_part(package, kind, main)
    return None if name is None else parsed(package, name)


def _default(styles: Mapping[str, Element]) -> str:
    for name, style in styles.items():
        if style.get(w("type")) == "paragraph" and style.get(w("default")) in ("1", "true", "on"):
            return name
    return ""


def _lineage(name: str, styles: Mapping[str, Element]) -> list[Element]:
    """A style and those it is based on, nearest first; a circle is cut."""
    line: list[Element] = []
    style = styles.get(name)
    while style is not None and len(line) < STYLES_DEEP:
        line.append(style)
        style = styles.get(value(style, w("basedOn")) or "")
    return line


def _is_hidden(name: str, styles: Mapping[str, Element]) -> bool:
    for style in _lineage(name, styles):
        runs = style.find(w("rPr"))
        if runs is not None and runs.find(w("vanish")) is not None:
            return is_on(runs, w("vanish"))
    return False


def _is_raised(name: str, styles: Mapping[str, Element]) -> bool:
    places = (value(style.find(w("rPr")), w("vertAlign")) for style in _lineage(name, styles))
    return next(filter(None, places), "") == "superscript"


def _style_numbering(
    name: str, styles: Mapping[str, Element], depths: Mapping[tuple[str, str], int]
) -> Numbering | None:
    for style in _lineage(name, styles):
        stated = style.find(f"{w('pPr')}/{w('numPr')}")
        list_id = value(stated, w("numId"))
        if list_id is not None:
            depth = whole_number(value(stated, w("ilvl")), 0)
            return Numbering(list_id, depths.get((list_id, name), depth)) if list_id != "0" else None
    return None


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


def _lists(numbering: Element, styles: Mapping[str, Element]) -> dict[str, ListDefinition]:
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
    styles: Mapping[str, Element],
) -> str:
    """The list that really holds the levels, where one only names a numbering style."""
    linked = value(abstracts.get(family), w("numStyleLink"))
    style = styles.get(linked or "")
    stated = None if style is None else style.find(f"{w('pPr')}/{w('numPr')}/{w('numId')}")
    number = None if stated is None else numbers.get(stated.get(VAL, ""))
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
