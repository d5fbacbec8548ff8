"""A parsed web page flows in; what it says of itself, and the element that holds its content, flow out.

The content is found by what text looks like and not by how one maker of web sites names its elements: prose
is long, has punctuation and few links; tables of figures have rows of short cells; navigation is links.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from lxml import etree

from pipeline.readers.elements import CHROME, INLINE, NEVER_SHOWN
from pipeline.readers.printed import set_line, struck

Element = Any

CHROME_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "dialog"})
META_PROPERTIES = {
    "articletitle": "title",
    "pubdate": "published_on",
    "sitename": "site",
    "sitedomain": "site_domain",
    "contentsource": "content_source",
}
SENTENCE_SHARE = 0.9
TEXT_SHARE = 0.75
ANCHORED_TEXT_SHARE = 0.5
"""Where tables of figures or numbered headings hold the content together, the rest matters less."""
LINK_SHARE = 0.7
LINES = frozenset({"p", "div", "li", "dd", "dt"})
LINKS_OF_A_LIST = 4
HEADING_DISTANCE = 120
ICON_SIZE = 60
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
_DATE = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})"
_META_DATE = re.compile(_DATE)
_PUBLISHED = re.compile(rf"(?:发布|公开|发文|公布|发稿|更新)(?:日期|时间)\s*[\]】]?\s*[:：]?\s*{_DATE}")
_SENTENCE = re.compile(r"[。；;]|，.{10}")
_SECTION = re.compile(r"(?m)^\s*[（(]?[一二三四五六七八九十]{1,3}[、．.)）]")
_TITLE_PARTS = re.compile(r"\s*[_|]\s*|\s+[-–—]+\s+")
_FILE_LINK = re.compile(r"(?i)\.(docx?|pdf|wps|rtf|mht(?:ml)?|xlsx?|ofd|zip|rar)(\?|$)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Content:
    """Where a page's content stands.

    Attributes:
        element: The smallest element that holds all of it.
        heading: The title, where it stands outside of that element; else empty.
        images: How many pictures the content shows.
    """

    element: Element
    heading: tuple[str, ...]
    images: int


def page_properties(root: Element) -> dict[str, str]:
    """What a page says of itself: `title`, `published_on`, `site`, `site_domain`, `content_source`.

    The names are those that the State Council's office asks of government sites (国办发〔2017〕47号,
    政府网站发展指引); what a page does not state is left out.
    """
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = META_PROPERTIES.get((meta.get("name") or meta.get("property") or "").strip().lower())
        value = set_line(meta.get("content") or "")
        if name and value:
            found.setdefault(name, value)
    published = _iso_date(_META_DATE.search(found.pop("published_on", "")))
    if published is None:
        published = _iso_date(_PUBLISHED.search(etree.tostring(root, method="text", encoding="unicode")))
    if published is not None:
        found["published_on"] = published
    title = found.get("title") or _window_title(root, found.get("site", ""))
    return {**found, "title": title} if title else found


def _iso_date(match: re.Match[str] | None) -> str | None:
    try:
        return datetime.date(*map(int, match.groups())).isoformat() if match else None
    except ValueError:
        return None


def _window_title(root: Element, site: str) -> str | None:
    """The page's title without the site's name that many sites join to it."""
    window = _first_text(root, "title")
    heading = _first_text(root, "h1")
    if heading and (not window or window.startswith(heading)):
        return heading
    if not window:
        return None
    title = _TITLE_PARTS.split(window)[0] or window
    return title.removesuffix(site).rstrip("-–— ") or title if site else title


def _first_text(root: Element, tag: str) -> str:
    texts = (set_line("".join(element.itertext())) for element in root.iter(tag))
    return next(filter(None, texts), "")


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
            _drop(element)
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
        part.text = struck(part.text or "")
        if part is not element:
            part.tail = struck(part.tail or "")


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
            _drop(element)


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
        field_.text = _storable(field_.get("value", ""))


def _drop(element: Element) -> None:
    """Takes an element out and leaves the text behind it where it is."""
    parent = element.getparent()
    if parent is None or element.tag in ("html", "body"):
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = _storable((parent.text or "") + element.tail)
        else:
            before.tail = _storable((before.tail or "") + element.tail)
    parent.remove(element)


def _blank(element: Element) -> None:
    tail = element.tail
    attributes = dict(element.attrib)
    element.clear()
    element.attrib.update(attributes)
    element.tail = tail and _storable(tail)


def _storable(text: str) -> str:
    """The text without the control characters that pages may hold and the parser gives, but will not take."""
    return _CONTROL.sub("", text)


def content_of(root: Element, title: str | None) -> Content:
    """Finds the content of a page, and takes the navigation in it out, in place.

    It is the smallest element that holds every table of figures and every numbered heading, nine tenths of
    the sentences and three quarters of the text that is no link. Where the text is spread, it is the whole
    page: a line of a footer too many does less harm than a section lost.
    """
    body = root.find("body")
    survey = _Survey.of(root if body is None else body)
    survey.drop_chrome()
    place = survey.smallest_with_all()
    survey.drop_link_lists(place, title)
    element = survey.elements[place]
    images = sum(_is_picture(image) for image in element.iter("img"))
    return Content(element, survey.heading_before(place, title), images)


def _is_picture(image: Element) -> bool:
    sizes = [re.match(r"\s*(\d+)", image.get(side) or "") for side in ("width", "height")]
    return not any(size and int(size[1][:6]) < ICON_SIZE for size in sizes)


@dataclass(slots=True)
class _Weight:
    """What stands in an element: characters outside links, in sentences, in links; counts of the rest."""

    text: int = 0
    sentences: int = 0
    linked: int = 0
    links: int = 0
    figures: int = 0
    sections: int = 0

    def add(self, other: _Weight, sign: int = 1) -> None:
        """Adds what stands in an element inside this one, or takes it away again."""
        self.text += sign * other.text
        self.sentences += sign * other.sentences
        self.linked += sign * other.linked
        self.links += sign * other.links
        self.figures += sign * other.figures
        self.sections += sign * other.sections

    def add_figures(self, table: Element) -> None:
        """Adds a table of figures as a whole: what stands in it is found nowhere else."""
        self.figures += 1
        self.text += len(etree.tostring(table, method="text", encoding="unicode", with_tail=False).strip())

    def add_text(self, text: str | None, linked: bool) -> None:
        """Adds a run of text as it stands in the source."""
        length = len(text.strip()) if text else 0
        if not length or text is None:
            return
        if linked:
            self.linked += length
            return
        self.text += length
        if length > 2 and _SENTENCE.search(text):
            self.sentences += length
        self.sections += len(_SECTION.findall(text))


@dataclass(slots=True)
class _Survey:
    """The elements of a page in document order, each with its parent's number and its weight."""

    elements: list[Element] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    weights: list[_Weight] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, body: Element) -> _Survey:
        """Weighs every element of a page."""
        survey = cls()
        numbers: dict[Element, int] = {}
        in_link: list[bool] = []
        walk = etree.iterwalk(body, events=("start",))
        for number, (_, element) in enumerate(walk):
            parent = numbers[element.getparent()] if number else -1
            numbers[element] = number
            link = element.tag == "a" and _is_navigation(element)
            in_link.append(link or (number > 0 and in_link[parent]))
            weight = _Weight(links=int(link))
            if element.tag == "table" and is_of_figures(element):
                weight.add_figures(element)
                walk.skip_subtree()
            else:
                weight.add_text(element.text, in_link[number])
            survey.elements.append(element)
            survey.parents.append(parent)
            survey.weights.append(weight)
            if number:
                survey.weights[parent].add_text(element.tail, in_link[parent])
        survey._sum_up()
        return survey

    def _sum_up(self) -> None:
        for number in range(len(self.elements) - 1, 0, -1):
            self.weights[self.parents[number]].add(self.weights[number])

    def drop_chrome(self) -> None:
        """Takes out what a page marks as its frame, unless it is marked up wrongly and is the content."""
        for number, element in enumerate(self.elements):
            if number and _is_chrome(element) and self._is_kept(number) and self._is_frame(number):
                self._drop(number)

    def _is_frame(self, number: int) -> bool:
        weight, total = self.weights[number], self.weights[0]
        heads_content = self.elements[number].tag == "header" and self._is_inside(number, ("article", "main"))
        small = weight.text * 2 < total.text and weight.sentences * 2 <= total.sentences
        return small and not (weight.figures or weight.sections > 1 or heads_content)

    def _drop(self, number: int) -> None:
        for ancestor in self._ancestors(number):
            self.weights[ancestor].add(self.weights[number], sign=-1)
        self.dropped.add(number)
        _drop(self.elements[number])

    def _ancestors(self, number: int) -> Iterator[int]:
        while (number := self.parents[number]) >= 0:
            yield number

    def _is_kept(self, number: int) -> bool:
        return number not in self.dropped and self.dropped.isdisjoint(self._ancestors(number))

    def _is_inside(self, number: int, tags: Sequence[str]) -> bool:
        return next(self.elements[number].iterancestors(*tags), None) is not None

    def smallest_with_all(self) -> int:
        """The number of the smallest element that holds the content."""
        total = self.weights[0]
        place = 0
        numbers = {element: number for number, element in enumerate(self.elements)}
        while children := [numbers[child] for child in self.elements[place] if child in numbers]:
            best = max(children, key=lambda child: self.weights[child].text)
            if not _holds_content(self.weights[best], total):
                break
            place = best
        # Part of a table is no place: its cells would lose the table that gives them meaning.
        tables = [numbers[table] for table in self.elements[place].iterancestors("table") if table in numbers]
        if self.elements[place].tag in ("thead", "tbody", "tfoot", "tr") and tables:
            place = tables[0]
        return self.parents[place] if self.elements[place].tag == "table" else place

    def drop_link_lists(self, place: int, title: str | None) -> None:
        """Takes out lists of links to other pages that stand within the content, and lines that are one link.

        Such a line may be the title of another report; the page's own may be a link to itself.
        """
        if not self.weights[place].text:
            return
        own = _SPACE.sub("", title or "")
        for number in range(place + 1, len(self.elements)):
            weight = self.weights[number]
            if weight.figures or weight.sections:
                continue
            if weight.links < LINKS_OF_A_LIST and not self._is_line_of_links(number, own):
                continue
            dense = weight.linked >= LINK_SHARE * (weight.linked + weight.text)
            if dense and self.elements[number].tag not in ("td", "th", "tr", "tbody"):
                _drop(self.elements[number])

    def _is_line_of_links(self, number: int, title: str) -> bool:
        element, weight = self.elements[number], self.weights[number]
        if not weight.links or weight.text or element.tag not in LINES:
            return False
        return not title or _SPACE.sub("", "".join(element.itertext())) not in title

    def heading_before(self, place: int, title: str | None) -> tuple[str, ...]:
        """The title nearest before the content, or nothing where the content begins with it."""
        wanted = _SPACE.sub("", title or "")
        opening = _SPACE.sub("", _opening(self.elements[place]))
        if (wanted and wanted in opening) or next(self.elements[place].iter("h1"), None) is not None:
            return ()
        headings = list(self._texts_before(place))
        for _, text in headings:
            if wanted and _SPACE.sub("", text) == wanted:
                return (text,)
        found = next((text for tag, text in headings if tag in ("h1", "h2", "h3")), None)
        return (found,) if found and _SPACE.sub("", found) not in opening else ()

    def _texts_before(self, place: int) -> Iterator[tuple[str, str]]:
        """Tag and text of short unlinked elements before the content, the nearest first."""
        for number in range(place - 1, -1, -1):
            weight = self.weights[number]
            if 4 <= weight.text <= HEADING_DISTANCE and not weight.linked and self._is_kept(number):
                element = self.elements[number]
                yield element.tag, set_line("".join(element.itertext()))


def _is_chrome(element: Element) -> bool:
    return element.tag in CHROME or (element.get("role") or "").lower() in CHROME_ROLES


def _is_navigation(link: Element) -> bool:
    """Whether a link leads to another page: not to a place on this one, not to an attached file."""
    target = (link.get("href") or "").strip()
    return bool(target) and not target.startswith("#") and not _FILE_LINK.search(target)


def _holds_content(weight: _Weight, total: _Weight) -> bool:
    anchored = total.figures > 0 or total.sections > 1
    share = ANCHORED_TEXT_SHARE if anchored else TEXT_SHARE
    return (
        weight.figures == total.figures
        and weight.sections == total.sections
        and weight.sentences >= SENTENCE_SHARE * total.sentences
        and weight.text >= share * total.text
        and weight.text > 0
    )


def is_of_figures(table: Element) -> bool:
    """Whether two rows of a table, or more, each hold two short texts that are no links."""
    rows = (row for row in table.iter("tr") if _own_table(row) is table and _is_of_figures(row))
    return next(rows, None) is not None and next(rows, None) is not None


def _is_of_figures(row: Element) -> bool:
    cells = (cell for cell in row.iterchildren("td", "th") if _is_short(cell))
    return next(cells, None) is not None and next(cells, None) is not None


def _is_short(cell: Element) -> bool:
    if len(cell) == 0:
        return bool(cell.text) and not cell.text.isspace() and len(cell.text) <= HEADING_DISTANCE
    inner = next(cell.iter("table", "a"), None)
    if inner is not None and inner.tag == "a":
        return False
    text = "".join(cell.itertext()) if inner is None else cell.text or ""
    return bool(text) and not text.isspace() and len(text) <= 2 * HEADING_DISTANCE


def _own_table(row: Element) -> Element | None:
    return next(row.iterancestors("table"), None)


def _opening(element: Element) -> str:
    """The first few hundred characters of an element."""
    runs: list[str] = []
    length = 0
    for run in element.itertext():
        runs.append(run)
        length += len(run.strip())
        if length > 4 * HEADING_DISTANCE:
            break
    return "".join(runs)
