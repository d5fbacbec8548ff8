"""A parsed web page flows in; what it says of itself flows out: its title, its date, its site."""

from __future__ import annotations

import datetime
import re
from typing import Any

from lxml import etree

from pipeline.readers.printed import set_line

Element = Any

META_PROPERTIES = {
    "articletitle": "title",
    "pubdate": "published_on",
    "sitename": "site",
    "sitedomain": "site_domain",
    "contentsource": "content_source",
}
_DATE = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})"
_META_DATE = re.compile(_DATE)
_PUBLISHED = re.compile(rf"(?:发布|公开|发文|公布|发稿|更新)(?:日期|时间)\s*[\]】]?\s*[:：]?\s*{_DATE}")
_TITLE_PARTS = re.compile(r"\s*[_|]\s*|\s+[-–—]+\s+")


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
