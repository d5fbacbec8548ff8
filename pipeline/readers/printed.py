"""Raw text runs flow in, lines as a person sees them flow out: no invisible characters, no padding."""

from __future__ import annotations

import re

UNKNOWN = "\ufffd"
"""Stands for a character that is seen and of which nothing tells what it says."""
UNCERTAIN = "…"
"""Stands behind digits that are seen where others may be that are not: no picture of them tells more."""
LEAST_TABS = 2
"""Tabs within a line from which they are taken to part cells."""
STRIKE = "\u0336"
_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’—…·]"
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_NO_BREAK_SPACE = re.compile(r"[\u00a0\u2007\u202f]")
_BREAK = re.compile(r"\r\n?|[\n\u000b\u000c\u0085\u2028\u2029]")
_WRAP_BETWEEN_WIDE = re.compile(rf"(?<={_WIDE})[ \t]*[\r\n][ \t\r\n]*(?={_WIDE})")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def raised(text: str) -> str:
    """A raised run, its digits as raised ones: a raised 1 behind a 12 is a note's number, and the 12 no 121."""
    return text.translate(_RAISED)


def struck(text: str) -> str:
    """A run that is struck through, each character of it with the sign for that: it is seen, and is not meant."""
    return "".join(character + STRIKE if character.isprintable() else character for character in text)


def printed(line: str) -> str:
    """One line without invisible characters and without padding at its ends; inner spaces stay.

    Tabs at the ends of a row whose cells tabs part are no padding: they are its blank cells.
    """
    if line.isprintable():  # nearly every line: it holds no space but the plain one
        return line.strip()
    line = _NO_BREAK_SPACE.sub(" ", _INVISIBLE.sub("", line))
    text = line.strip()
    return line.strip(" \n\u3000") if text.count("\t") >= LEAST_TABS else text


def printed_lines(text: str) -> list[str]:
    """The lines of a text, padding stripped, empty ones left out."""
    if text.isprintable():
        return [line] if (line := text.strip()) else []
    return [line for line in map(printed, _BREAK.split(text)) if line]


def set_line(source: str) -> str:
    """Text of a page's source as a browser sets it in a line: white space runs are one space, none at the ends.

    A line wrapped in the source between two Chinese characters leaves no space (CSS Text 3, segment breaks).
    """
    text = source.strip(" \t\r\n\f")
    if not text.isprintable() or "  " in text:
        if "\n" in text or "\r" in text:
            text = _WRAP_BETWEEN_WIDE.sub("", text)
        text = _SPACES.sub(" ", text)
    return printed(text)
