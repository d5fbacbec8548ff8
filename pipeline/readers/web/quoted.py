"""A page whose markup is quoted flows in, in a script or as a file of data; out flows the page that a browser shows.

Many sites are built in the browser: the address gives a page without text, whose script holds the article as one
string, or the answer of an interface, a JSON object with the article's title, source and markup.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

LEAST_CELLS = 20
"""Cells of tables in a string from which it is an article with a table and no part of a page's dress."""
LONGEST_FIELD = 200
"""Characters of what is told beside an article: its title, its source, its date."""
_CELL = re.compile(r"(?i)(?:<|\\u003c|\\x3c)t[dh][\s>\\]")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|' + r"'[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
_CALL = re.compile(r"\s*(?:/\*.*?\*/)?\s*[\w.$]*\s*\(\s*(?=[{\[])")
_BYTE = re.compile(r"\\x([0-9a-fA-F]{2})")
_PLAIN_ESCAPE = re.compile(r"\\([^\"\\/bfnrtu])", re.DOTALL)

Element = Any


def has_cells(text: str) -> bool:
    """Whether a text quotes, or has, the cells of a table of figures."""
    return sum(1 for _ in zip(_CELL.finditer(text), range(LEAST_CELLS), strict=False)) == LEAST_CELLS


def page_of_data(text: str) -> str | None:
    """The page that a JSON file holds, its short fields before its markup; None where it holds none."""
    start = _CALL.match(text)
    body = text[start.end() :] if start else text.lstrip("\ufeff \t\r\n")
    if body[:1] not in ("{", "["):
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(body)
    except (ValueError, RecursionError):
        return None
    parts = list(_articles(value))
    return f"<html><body>{''.join(parts)}</body></html>" if parts else None


def _articles(value: object) -> Iterator[str]:
    """The articles in a value, each after the short texts that stand beside it."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        fields = list(inner.values()) if isinstance(inner, dict) else inner if isinstance(inner, list) else []
        texts = [field for field in fields if isinstance(field, str)]
        if articles := [text for text in texts if has_cells(text)]:
            beside = (text for text in texts if text.strip() and len(text) <= LONGEST_FIELD)
            yield from (f"<p>{html.escape(text)}</p>" for text in beside)
            yield from (f"<div>{text}</div>" for text in articles)
        waiting += [field for field in reversed(fields) if isinstance(field, (dict, list))]


def quoted_pages(root: Element) -> Iterator[tuple[Element, str]]:
    """The scripts of a page that quote an article, each with its markup; none where the page has tables itself."""
    scripts = [script for script in root.iter("script") if script.text and has_cells(script.text)]
    if scripts and sum(1 for _ in root.iter("td", "th")) < LEAST_CELLS:
        for script in scripts:
            strings = (_unquoted(match[0]) for match in _STRING.finditer(script.text) if has_cells(match[0]))
            if markup := "".join(strings):
                yield script, f"<html><body>{markup}</body></html>"


def _unquoted(literal: str) -> str:
    """What a string of a script says."""
    inner = literal[1:-1].replace("\\'", "'")
    if literal[0] == "'":
        inner = re.sub(r'(?<!\\)"', '\\"', inner)
    inner = _PLAIN_ESCAPE.sub(r"\1", _BYTE.sub(r"\\u00\1", inner))
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return ""
