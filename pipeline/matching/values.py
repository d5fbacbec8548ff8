"""One value cell's printed text → what kind of cell it is, its number and its unit.

A blank or a nil mark is not zero; words where a number belongs are `unreadable`, never read half.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

from pipeline.report import Kind
from schemas.definitions import HERE, read_definitions

WORD_COLUMNS = ("class", "word", "factor", "note")
WORD_CLASSES = ("nil_mark", "count_unit", "money_unit", "increase", "decrease", "zero")
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
_TWO_NUMBERS = re.compile(r"\d\s+\d")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_ONLY_DASHES = re.compile(r"[-—–―─_/\\\\]+")
_RAISED = r"\u00b9\u00b2\u00b3\u2070-\u2079"
_NOTES = re.compile(
    rf"(?<=\S)(?:\s*(?:[*＊※†‡{_RAISED}\u2460-\u2473]|注[{_RAISED}\u2460-\u2473\d]{{1,2}}"
    rf"|[（(\[【［]\s*(?:注[^）)\]】］]*|[{_RAISED}]+)[）)\]】］]))+\s*$"
)
_PLAIN_DIGITS = re.compile(r"[0-9]{1,18}")
MAX_DIGITS = 18  # the published value is DECIMAL(20,2)
LONGEST = 60  # characters; a longer text is prose, whatever it begins with
REMEMBERED = 20_000  # texts whose reading is kept: reports hold the same few numbers thousands of times


@dataclass(frozen=True, slots=True)
class Value:
    """A value cell read; `number` is None unless `reported`; `unit` is `count`, `yuan` or None."""

    kind: Kind
    number: Decimal | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    nil_marks: frozenset[str]
    counts: dict[str, int]
    money: dict[str, int]
    increase: tuple[str, ...]
    decrease: tuple[str, ...]
    zeros: frozenset[str]


@cache
def _words() -> _Words:
    table = read_definitions(HERE / "value_words.csv", WORD_COLUMNS, key=["class", "word"])
    by_class: dict[str, dict[str, int]] = {name: {} for name in WORD_CLASSES}
    for row in table.rows:
        by_class[row.one_of("class", WORD_CLASSES)][_closed(row["word"])] = int(row["factor"] or 0)
    return _Words(
        nil_marks=frozenset(by_class["nil_mark"]),
        counts=by_class["count_unit"],
        money=by_class["money_unit"],
        increase=_longest_first(by_class["increase"]),
        decrease=_longest_first(by_class["decrease"]),
        zeros=frozenset(by_class["zero"]),
    )


def _longest_first(words: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True))


def _closed(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def money_factor(unit: str) -> int | None:
    """How many yuan a printed unit of money is (`万元` → 10000); None for other words."""
    return _words().money.get(_closed(unit))


def is_count_unit(text: str) -> bool:
    """Whether a text is a measure word of counting by itself (`件`)."""
    return len(text) <= LONGEST and _closed(text) in _words().counts


def is_value_text(text: str) -> bool:
    """Whether a cell's text can only be a value: a number, with or without unit, or a nil mark; not blank."""
    return len(text := text.strip()) <= LONGEST and _is_value_text(text)


def is_numeric_text(text: str) -> bool:
    """Whether a cell's text holds a number and nothing but it, its sign and its unit."""
    return len(text := text.strip()) <= LONGEST and _is_numeric_text(text)


def read_value(text: str, column_unit: str, printed_factor: int | None = None) -> Value:
    """Reads a value cell.

    Args:
        text: As printed.
        column_unit: The column's unit in the template: `count`, `signed_count`, `amount` (the form names no
            unit, so only one printed in the cell or header counts) or `amount_wan_yuan`.
        printed_factor: Yuan per printed unit, where the printed header names a unit of money.

    Returns:
        The value; counts with a fraction and amounts beyond eighteen digits are `unreadable`. A mark that
        points to a note (`12①`, `12（注1）`) is no part of the number.
    """
    # What is remembered must not grow with the prose of a hostile page: its length is looked at before.
    if len(text := text.strip()) > LONGEST:
        return Value("unreadable")
    return _read_value(text, column_unit, printed_factor)


def is_signed_text(text: str) -> bool:
    """Whether a cell's text is a number with a sign before it (`+1`, `-28`, `减3`)."""
    if not is_numeric_text(text):
        return False
    closed = _closed(text)
    return _sign(closed, _words())[1] != closed


@lru_cache(maxsize=REMEMBERED)
def _is_value_text(text: str) -> bool:
    return _is_numeric_text(text) or _read_value(text, "count").kind == "nil_mark"


@lru_cache(maxsize=REMEMBERED)
def _is_numeric_text(text: str) -> bool:
    return any(_read_value(text, unit).kind == "reported" for unit in ("amount", "count"))


@lru_cache(maxsize=REMEMBERED)
def _read_value(text: str, column_unit: str, printed_factor: int | None = None) -> Value:
    # Nearly every cell holds plain digits: there is nothing to close up, and nothing else they could be.
    found = (Decimal(int(text)), "") if _PLAIN_DIGITS.fullmatch(text) else _number_and_rest(text)
    if isinstance(found, str):
        return Value(found)
    number, suffix = found
    if column_unit in ("amount", "amount_wan_yuan"):
        return _amount(number, suffix, column_unit, printed_factor, _words())
    return _count(number, suffix, _words())


def _number_and_rest(text: str) -> tuple[Decimal, str] | Literal["blank", "nil_mark", "unreadable"]:
    """The number that a text begins with and what follows it; else what kind of cell it is."""
    text = _NOTES.sub("", text)
    closed = _closed(text)
    if not closed:
        return "blank"
    words = _words()
    if closed in words.nil_marks or _ONLY_DASHES.fullmatch(closed):
        return "nil_mark"
    if _is_no_number(text):
        return "unreadable"
    sign, rest = _sign(closed, words)
    if rest in words.zeros:
        rest = "0"
    match = _NUMBER.match(rest)
    if match is None or len(match.group().replace(",", "")) > MAX_DIGITS:
        return "unreadable"
    return sign * Decimal(match.group().replace(",", "")), rest[match.end() :]


def _is_no_number(text: str) -> bool:
    """Whether a text looks like a number only in its closed form: `0 0` is not 0, `1①` not 11, `3½` not 312."""
    spaced = unicodedata.normalize("NFKC", text)
    return bool(_TWO_NUMBERS.search(spaced)) or any(unicodedata.category(c) == "No" for c in text)


def _sign(text: str, words: _Words) -> tuple[int, str]:
    for sign, marks in ((1, words.increase), (-1, words.decrease)):
        for mark in marks:
            if text.startswith(mark) and len(text) > len(mark):
                return sign, text[len(mark) :]
    return 1, text


def _count(number: Decimal, suffix: str, words: _Words) -> Value:
    if suffix and suffix not in words.counts:
        return Value("unreadable")
    if number != number.to_integral_value():
        return Value("unreadable")
    return Value("reported", Decimal(int(number)), "count")


def _amount(number: Decimal, suffix: str, column: str, printed: int | None, words: _Words) -> Value:
    if suffix and suffix not in words.money:
        # A measure word of counting in a money column (0项) says that the office counted something else.
        return Value("unreadable")
    factor = words.money[suffix] if suffix else (printed or (10_000 if column == "amount_wan_yuan" else None))
    if factor is None:
        return Value("reported", number, None)
    yuan = number * factor
    if yuan != round(yuan, 2):
        return Value("unreadable")
    return Value("reported", yuan.normalize() + 0, "yuan")
