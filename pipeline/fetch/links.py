"""A page's links flow in; reports, documents and further pages among them flow out, by `link_words.csv`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from pipeline.fetch.page import Link, Page, absolute
from pipeline.identity.organs import ends_like_organ
from pipeline.readers.charset import decode
from schemas.definitions import HERE, read_definitions

COLUMNS = ("kind", "of", "pattern", "note")
KINDS = {
    "report": "text",
    "short": "text",
    "except": "text",
    "next": "text",
    "trim": "text",
    "file": "url",
    "download": "url",
    "paging": "source",
    "data": "source",
}
PAGE_SUFFIXES = (".html", ".htm", ".shtml")
DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
JSON_ADDRESSES_A_PAGE = 3
FIRST_YEAR = 2008

LinkRole = Literal["report", "column", "none"]
_DATE = re.compile(
    r"20\d\d[-/.年](0?[1-9]|1[0-2])(?!\d)([-/.月](0?[1-9]|[12]\d|3[01])(?!\d)日?)?|20\d\d[01]\d[0-3]\d(?!\d)"
)
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_YEAR_IN_WORDS = re.compile(r"二[〇○零][〇○零一二三四五六七八九]{2}(?=年)")
_ORGAN = re.compile(r"[\u3400-\u9fff（）()、·A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class LinkWords:
    """The patterns of `link_words.csv` by kind."""

    patterns: dict[str, tuple[re.Pattern[str], ...]]

    def found(self, kind: str, text: str) -> re.Match[str] | None:
        """The first match of a kind's patterns in the text."""
        return next((match for p in self.patterns[kind] if (match := p.search(text))), None)


@cache
def load_link_words(path: Path = HERE / "link_words.csv") -> LinkWords:
    """The patterns of the file.

    Raises:
        DefinitionError: An unknown kind, a kind read from elsewhere, a pattern that is none; with its line.
    """
    patterns: dict[str, tuple[re.Pattern[str], ...]] = dict.fromkeys(KINDS, ())
    for row in read_definitions(path, COLUMNS).rows:
        if KINDS.get(row["kind"]) != row["of"]:
            raise row.fail(f"kind {row['kind']!r} of {row['of']!r} is none of {KINDS}")
        patterns[row["kind"]] += (row.pattern("pattern", re.IGNORECASE),)
    return LinkWords(patterns)


def folded(text: str) -> str:
    """Text for matching: full-width forms made half-width, spaces dropped, years in words as digits."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return _YEAR_IN_WORDS.sub(lambda match: "2" + match[0][1:].translate(DIGITS), plain)


def names_report(text: str, *, on_report_page: bool = False) -> bool:
    """Whether words are a report's title; a short form counts on a page that is about such reports."""
    words, plain = load_link_words(), folded(text)
    if words.found("except", plain):
        return False
    bare = _DATE.sub("", plain)
    return bool(words.found("report", plain) or (on_report_page and words.found("short", bare)))


def read_year(text: str) -> int | None:
    """The report year that a title names; None where it names none, or more than one."""
    years = {int(year) for year in _YEAR.findall(_DATE.sub(" ", folded(text)))}
    known = {year for year in years if year >= FIRST_YEAR}
    return known.pop() if len(known) == 1 and len(years) == 1 else None


def read_organ_name(text: str) -> str:
    """The organ that a report's title names; empty where it names none that is surely one."""
    words, plain = load_link_words(), _DATE.sub("", folded(text))
    name, mark, _ = (
        re.split(r"(信息公开|政务公开)", plain, maxsplit=1) if "公开" in plain else (plain, "", "")
    )
    if not mark:
        match = words.found("short", plain)
        name = plain[: match.start()] if match else ""
    # 某镇政府信息公开 reads two ways; only 人民政府 is surely part of the name.
    name = re.sub(r"(?<!人民)政府$", "", name) if mark == "信息公开" else name
    name = re.sub(r"人民政府政府$", "人民政府", name)
    for pattern in words.patterns["trim"]:
        name = pattern.sub("", name)
    return name if _ORGAN.fullmatch(name) and ends_like_organ(name) else ""


def link_role(link: Link, page: Page) -> LinkRole:
    """What a link on a listing page is.

    Returns:
        `report`; `column` for the name of such reports with neither year nor organ, which leads to a listing
        or to the one report of its site; `none` for everything else.
    """
    if link.url == page.url or not names_report(link.text, on_report_page=names_report(page.title)):
        return "none"
    return "report" if read_year(link.text) or read_organ_name(link.text) else "column"


def is_file(url: str) -> bool:
    """Whether an address is a document by its ending, or by that of a query value."""
    parts, words = urlsplit(url), load_link_words()
    values = [value for _, value in parse_qsl(parts.query, errors="replace")]
    return any(words.found("file", unquote(text)) for text in (parts.path, *values))


def may_be_file(url: str) -> bool:
    """Whether an address may give a document though it does not end like one."""
    parts = urlsplit(url)
    if parts.path.lower().endswith(PAGE_SUFFIXES):
        return False
    return bool(load_link_words().found("download", f"{parts.path}?{parts.query}"))


def viewed_file(url: str) -> str:
    """The document that a viewer page shows (`viewer.html?file=/a.pdf`), else the address itself."""
    parts = urlsplit(url)
    if not parts.path.lower().endswith(PAGE_SUFFIXES):
        return url
    for _, value in parse_qsl(parts.query, errors="replace"):
        if load_link_words().found("file", value):
            return absolute(url, value) or url
    return url


def further_pages(page: Page) -> list[str]:
    """The other pages of the same listing that the page links to, or that its paging script counts."""
    words = load_link_words()
    linked = [
        link.url
        for link in page.links
        if words.found("next", folded(link.text)) and _shape(link.url) == _shape(page.url)
    ]
    counted = [
        urljoin(page.url, f"{call['name']}_{number}.{call['ending']}")
        for pattern in words.patterns["paging"]
        for call in pattern.finditer(page.source)
        for number in range(1, int(call["pages"]))
    ]
    return [url for url in dict.fromkeys(linked + counted) if url != page.url]


def data_addresses(page: Page) -> list[str]:
    """JSON on the same host that a script of the page names."""
    found: dict[str, None] = {}
    for pattern in load_link_words().patterns["data"]:
        for match in pattern.finditer(page.source):
            url = absolute(page.url, match["url"].replace("\\/", "/"))
            if url and urlsplit(url).hostname == urlsplit(page.url).hostname:
                found[url] = None
    return list(found)[:JSON_ADDRESSES_A_PAGE]


def links_in_data(data: bytes, base: str) -> tuple[Link, ...]:
    """The links of a listing given as JSON: each object with an address and words; empty for other data."""
    text = decode(data)
    bounds = re.search(r"[\[{].*[\]}]", text, re.DOTALL)
    try:
        root = json.loads(bounds[0]) if bounds else None
    except (ValueError, RecursionError):
        return ()
    return tuple(link for record in _records(root) if (link := _link_of(record, base)))


def _records(root: object) -> Iterator[dict[str, object]]:
    waiting = [root]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _link_of(record: dict[str, object], base: str) -> Link | None:
    texts = [value for value in record.values() if isinstance(value, str) and value.strip()]
    titles = [text for text in texts if names_report(text, on_report_page=True)]
    addresses = [
        text for text in texts if re.fullmatch(r"(https?://|\.{0,2}/)\S+|\S+\.\w{3,5}", text.strip())
    ]
    url = absolute(base, addresses[0]) if titles and addresses else None
    return Link(url, max(titles, key=len)) if url else None


def _shape(url: str) -> tuple[str | None, str, tuple[tuple[str, str], ...]]:
    """An address without what tells the pages of a listing apart."""
    parts = urlsplit(url)
    folder, _, name = parts.path.rpartition("/")
    bare = re.sub(r"[_-]?\d+(?=\.|$)", "", name)
    query = tuple(sorted(pair for pair in parse_qsl(parts.query) if not pair[1].isdecimal()))
    return parts.hostname, f"{folder}/{'' if bare.startswith('index.') else bare}", query
