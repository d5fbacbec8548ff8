"""A parsed web page flows in; the element that holds its content flows out, without navigation.

The content is found by what text looks like and not by how one maker of web sites names its elements: prose
is long, has punctuation and few links; tables of figures have rows of short cells; navigation is links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from pipeline.readers.printed import set_line
from pipeline.readers.web.elements import CHROME
from pipeline.readers.web.hidden import take_out

Element = Any

CHROME_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "dialog"})
SENTENCE_SHARE = 0.9
TEXT_SHARE = 0.75
ANCHORED_TEXT_SHARE = 0.5
"""Where tables of figures or numbered headings hold the content together, the rest matters less."""
LINK_SHARE = 0.7
LINES = frozenset({"p", "div", "li", "dd", "dt"})
LINKS_OF_A_LIST = 4
HEADING_DISTANCE = 120
ICON_SIZE = 60
_SENTENCE = re.compile(r"[。；;]|，.{10}")
_SECTION = re.compile(r"(?m)^\s*[（(]?[一二三四五六七八九十]{1,3}[、．.)）]")
_FILE_LINK = re.compile(r"(?i)\.(docx?|pdf|wps|rtf|mht(?:ml)?|xlsx?|ofd|zip|rar)(\?|$)")
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
        take_out(self.elements[number])

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
                take_out(self.elements[number])

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
