"""A parsed web page flows in and out; what no reader of it sees is taken out, what is struck or raised is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

from lxml import etree

from pipeline.readers.printed import struck
from pipeline.readers.web.elements import INLINE, NEVER_SHOWN

Element = Any

STYLE_LENGTH = 4_000
"""Characters of a style that are looked at; what is remembered of styles must not grow with a hostile page."""
_HIDES = re.compile(r"(?i)none|hid|super|sub|line-through|transparent|color|:\s*[012]|:\s*-\d{3}|rect")
_NOT_DISPLAYED = re.compile(r"(?i)(^|[;\s])(display\s*:\s*none|mso-hide\s*:\s*all)")
_NOT_VISIBLE = re.compile(r"(?i)(^|[;\s])visibility\s*:\s*hidden")
_ABOVE_THE_LINE = re.compile(r"(?i)(^|[;\s])vertical-align\s*:\s*su(?:per|b)\b")
_STRUCK = re.compile(r"(?i)text-decoration(?:-line)?\s*:[^;]*line-through")
_WHITE = re.compile(
    r"(?i)(?:^|[;\s])color\s*:\s*(?:white|#fff(?:fff)?\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))"
)
_GROUND = re.compile(r"(?i)background")
_OUT_OF_SIGHT = re.compile(
    r"(?i)(^|[;\s])(?:(?:font-size|opacity)\s*:\s*0(?:\.0+)?(?:px|pt|em|%)?\s*(?:;|!|$)|(?:left|top|text-indent)\s*:\s*-\d{3,}"
    r"|font-size\s*:\s*[012](?:\.\d+)?p[xt]|color\s*:\s*transparent|clip\s*:\s*rect\(\s*0"
    r"|(?:width|height)\s*:\s*0(?:p[xt])?\s*;(?:.*;)?\s*overflow\s*:\s*hidden)"
)
"""What puts a run of text where nobody sees it, as marks against copying are; a parent's may not hold for its parts."""
_PLAIN_SELECTOR = re.compile(r"(?:[a-z]+\d?)?([.#][\w-]+)")
SHEETS_LENGTH = 200_000
"""Characters of style sheets that are looked at."""
PARTS_OF_TABLES = (
    "tbody",
    "tr",
    "td",
    "th",
    "span",
    "font",
    "p",
    "div",
    "b",
    "i",
    "em",
    "strong",
    "u",
    "a",
    "label",
)
_STYLED = etree.XPath("descendant-or-self::*[@style or @hidden or @color or self::s or self::strike]")
_HIDDEN = etree.XPath("boolean(descendant-or-self::*/@hidden)")
_STYLES = etree.XPath("descendant-or-self::*/@style", smart_strings=False)
_COLORS = etree.XPath("descendant-or-self::font/@color", smart_strings=False)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def without_hidden(root: Element) -> None:
    """Takes out, in place, what a page does not show, and joins the runs that only style parts."""
    for field_ in root.iter("input"):
        _show_value(field_)
    _drop_hidden_rows(root)
    etree.strip_elements(root, *NEVER_SHOWN, with_tail=False)
    for element in cast("list[Element]", _STYLED(root)) if _may_hide(root) else ():
        style = element.get("style", "")[:STYLE_LENGTH]
        how = "none" if element.get("hidden") is not None else _hidden_by(_full_style(element, style))
        if how == "none":
            take_out(element)
        elif how == "blank" or (how == "unseen" and len(element) == 0):
            _blank(element)
        elif how == "raised":
            element.tag = "sup"
        elif how == "struck":
            _strike(element)
        elif how == "white" and len(element) == 0 and _is_beside_print(element):
            _blank(element)
    etree.strip_tags(root, *INLINE)


def _may_hide(root: Element) -> bool:
    """Whether a page uses any style that hides: most do not, and have a style on every cell."""
    styles = {style[:STYLE_LENGTH] for style in cast("list[str]", _STYLES(root))}
    colors = {f"color:{color};" for color in cast("list[str]", _COLORS(root))}
    if any(map(_hidden_by, styles)) or any(";" in color[:-1] or _hidden_by(color) for color in colors):
        return True
    return next(root.iter("s", "strike"), None) is not None or bool(_HIDDEN(root))


@lru_cache(maxsize=4_096)
def _hidden_by(style: str) -> str:
    """How a style hides what it is set on, or sets it apart.

    Returns:
        `none` as if it were not there; `blank` leaving its place; `unseen` out of sight, unless parts of it are
        shown again; `raised` off the line; `struck` through; `white` as paper is; else empty.
    """
    if not _HIDES.search(style):
        return ""
    if _NOT_DISPLAYED.search(style):
        return "none"
    if _NOT_VISIBLE.search(style):
        return "blank"
    if _OUT_OF_SIGHT.search(style):
        return "unseen"
    if _STRUCK.search(style):
        return "struck"
    if _ABOVE_THE_LINE.search(style):
        return "raised"
    return "white" if _WHITE.search(style) and not _GROUND.search(style) else ""


def _full_style(element: Element, style: str) -> str:
    """An element's style, with what its tag and its colour say."""
    if element.tag in ("s", "strike"):
        return f"text-decoration:line-through;{style}"
    color = element.get("color")
    return f"color:{color};{style}" if color is not None and element.tag == "font" else style


def _strike(element: Element) -> None:
    """Marks struck text as such: a number of which digits are struck through is not the number of all its digits."""
    for part in element.iter():
        part.text = struck(storable(part.text or ""))
        if part is not element:
            part.tail = struck(storable(part.tail or ""))


def _is_beside_print(element: Element) -> bool:
    """Whether an element in the colour of paper stands beside other print in a cell that no style gives a ground."""
    cell = next(element.iterancestors("td", "th"), None)
    if cell is None or any(
        map(_has_ground, element.iterancestors("td", "th", "tr", "table", "p", "div", "span"))
    ):
        return False
    white = sum(len("".join(e.itertext()).strip()) for e in cell.iter() if len(e) == 0 and _is_white(e))
    return len("".join("".join(cell.itertext()).split())) > white


def _has_ground(element: Element) -> bool:
    return bool(element.get("bgcolor") or _GROUND.search(element.get("style", "")))


def _is_white(element: Element) -> bool:
    return bool(_WHITE.search(_full_style(element, element.get("style", "")[:STYLE_LENGTH])))


def _drop_hidden_rows(root: Element) -> None:
    """Takes out the parts of tables that the page's own style sheet hides by their class.

    Elsewhere a class hides what a click on a tab shows.
    """
    hidden = _hidden_classes("\n".join(sheet.text or "" for sheet in root.iter("style"))[:SHEETS_LENGTH])
    if not hidden:
        return
    for element in list(root.iter(*PARTS_OF_TABLES)):
        names = [f".{name}" for name in (element.get("class") or "").split()] + [f"#{element.get('id')}"]
        if not hidden.isdisjoint(names) and next(element.iterancestors("table"), None) is not None:
            take_out(element)


def _hidden_classes(sheet: str) -> frozenset[str]:
    """The classes that a style sheet hides by themselves; the last rule for a class counts."""
    if not _HIDES.search(sheet):
        return frozenset()
    hidden: dict[str, bool] = {}
    for selectors, declarations in _rules(sheet):
        hides = _hidden_by(declarations[:STYLE_LENGTH]) in ("none", "blank", "unseen")
        for selector in selectors.split(","):
            plain = _PLAIN_SELECTOR.fullmatch(selector.strip())
            if plain and (hides or "display" in declarations):
                hidden[plain[1]] = hides
    return frozenset(name for name, hides in hidden.items() if hides)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """The rules of a style sheet, but for those that hold for print or for small screens alone."""
    first, *others = sheet.split("/*")
    shown = "".join([first, *(part.partition("*/")[2] for part in others)])
    depth = 0
    for part in shown.split("}"):
        opened = part.count("{")
        if depth == 0 and opened == 1:
            selectors, _, declarations = part.partition("{")
            yield selectors, declarations
        depth = max(depth + opened - 1, 0)


def _show_value(field_: Element) -> None:
    """A form's field shows its value: some offices publish the tables as a form that cannot be changed."""
    if (field_.get("type") or "text").lower() in ("text", "number"):
        field_.text = storable(field_.get("value", ""))


def take_out(element: Element) -> None:
    """Takes an element out and leaves the text behind it where it is."""
    parent = element.getparent()
    if parent is None or element.tag in ("html", "body"):
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = storable((parent.text or "") + element.tail)
        else:
            before.tail = storable((before.tail or "") + element.tail)
    parent.remove(element)


def _blank(element: Element) -> None:
    tail = element.tail
    attributes = dict(element.attrib)
    element.clear()
    element.attrib.update(attributes)
    element.tail = tail and storable(tail)


def storable(text: str) -> str:
    """The text without the control characters that pages may hold and the parser gives, but will not take."""
    return _CONTROL.sub("", text)
