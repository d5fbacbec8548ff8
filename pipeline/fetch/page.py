"""An HTML page's bytes flow in; what a person would see of it, and what it links to, flows out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree

from pipeline.readers.charset import decode

UNSEEN = ("script", "style", "noscript", "template", "title", "head")
EMBEDDING = ("img", "iframe", "frame", "embed", "object", "video", "canvas", "svg")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as a person meets it.

    Attributes:
        url: Absolute, without fragment.
        text: Its words; the title attribute where that says more (listings cut long titles off).
        tag: The element it stands in: `a`, `iframe`, `embed`, `object`.
    """

    url: str
    text: str
    tag: str = "a"


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed HTML page.

    Attributes:
        url: Where it was found; links are resolved against it, or against its `base`.
        source: The page as text.
        title: The words of its title element, or of its first heading where it has none.
        text: Its visible words, spaces closed up.
        scripts: How many script elements it has.
        embedded: How many pictures, frames and embedded objects it has.
        links: Links and embedded files, in order.
    """

    url: str
    source: str
    title: str
    text: str
    scripts: int
    embedded: int
    links: tuple[Link, ...]


def read_page(data: bytes, url: str) -> Page:
    """Parses a page; a page that holds no markup at all has its text and no links."""
    source = _XML_DECLARATION.sub("", decode(data).replace("\0", ""))
    root = _parsed(source)
    if root is None:
        return Page(url, source, "", _closed_up(source), 0, 0, ())
    base = urljoin(url, str(root.xpath("string(//base/@href)")).strip())
    return Page(
        url=url,
        source=source,
        title=_title(root),
        text=_visible(root),
        scripts=sum(1 for _ in root.iter("script")),
        embedded=sum(1 for _ in root.iter(*EMBEDDING)),
        links=_links(root, base),
    )


def absolute(base: str, href: str) -> str | None:
    """An http(s) address without its fragment; None for `javascript:`, `mailto:` and what is no address."""
    try:
        url = urljoin(base, href.strip().replace("\\", "/")).partition("#")[0]
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        return None
    return url if usable else None


def _parsed(source: str) -> etree._Element | None:
    if not source.strip():
        return None
    try:
        return etree.fromstring(source, etree.HTMLParser(huge_tree=True))
    except etree.XMLSyntaxError:
        return None  # Comments and nothing else.


def _title(root: etree._Element) -> str:
    for tag in ("title", "h1", "h2"):
        for element in root.iter(tag):
            words = _closed_up(str(element.xpath("string()")))
            if words:
                return words
    return ""


def _visible(root: etree._Element) -> str:
    body = root.find("body")
    pieces: list[str] = []
    _gather(root if body is None else body, pieces)
    return _closed_up(" ".join(pieces))


def _gather(root: etree._Element, pieces: list[str]) -> None:
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        is_unseen = element.tag in UNSEEN
        if event == "start":
            hidden += is_unseen
            if not hidden and element.text:
                pieces.append(element.text)
            continue
        hidden -= event == "end" and is_unseen
        if not hidden and element.tail and element is not root:
            pieces.append(element.tail)


def _links(root: etree._Element, base: str) -> tuple[Link, ...]:
    found: dict[tuple[str, str], Link] = {}
    for element in root.iter("a", "area", "iframe", "frame", "embed", "object"):
        href = element.get("href") or element.get("src") or element.get("data")
        url = absolute(base, href) if href else None
        if url is not None:
            text = _words_of(element)
            found.setdefault((url, text), Link(url, text, str(element.tag)))
    return tuple(found.values())


def _words_of(element: etree._Element) -> str:
    shown = _closed_up(str(element.xpath("string()")))
    title = _closed_up(element.get("title") or "")
    return title if len(title) > len(shown) else shown


def _closed_up(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
