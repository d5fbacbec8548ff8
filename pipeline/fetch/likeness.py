"""Two versions of a page flow in; whether a person would read the same on both flows out.

Many sites write a key, the time or a count of visits into every copy of a page they send. Such a copy is no new
version of a report.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pipeline.fetch.page import Page, read_page
from schemas.definitions import HERE, read_definitions

COLUMNS = ("pattern", "note")
LARGEST_COMPARED = 5_000_000
_PICTURE = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)


@cache
def load_passing_words(path: Path = HERE / "passing_words.csv") -> tuple[re.Pattern[str], ...]:
    """What a page says of the moment and not of its subject, as patterns.

    Raises:
        DefinitionError: A pattern that is none, with its line.
    """
    rows = read_definitions(path, COLUMNS, key=["pattern"]).rows
    return tuple(row.pattern("pattern", re.IGNORECASE) for row in rows)


def says_the_same(before: bytes, now: bytes, url: str) -> bool:
    """Whether two copies of an HTML page have the same words, links and pictures, passing words set aside.

    A page without words is never the same as another: what it shows comes from elsewhere.
    """
    if before == now:
        return True
    if max(len(before), len(now)) > LARGEST_COMPARED:
        return False
    said, says = _content(read_page(before, url)), _content(read_page(now, url))
    return bool(said[1]) and said == says


def _content(page: Page) -> tuple[str, str, frozenset[str], frozenset[str]]:
    words = page.text
    for pattern in load_passing_words():
        words = pattern.sub("", words)
    pictures = frozenset(_PICTURE.findall(page.source))
    return page.title, words, pictures, frozenset(link.url for link in page.links)
