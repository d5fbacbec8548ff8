"""Word's lists flow in, the labels it draws before numbered paragraphs (`一、`, `（一）`, `1.`) flow out.

Many reports let Word number their headings and rows, and their text then lacks what a person sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LEVELS = 9
DIGITS = "〇一二三四五六七八九"
LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
STEMS = "甲乙丙丁戊己庚辛壬癸"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip

_PLACEHOLDER = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: where it starts, how its number is written, and the text around it (`（%1）`)."""

    start: int = 1
    style: str = "decimal"
    text: str = ""
    restart_after: int | None = None
    legal: bool = False


@dataclass(frozen=True, slots=True)
class ListDefinition:
    """A list that paragraphs belong to; lists of the same `family` count on together.

    Attributes:
        family: The abstract list that it is drawn from.
        levels: Its levels by depth from 0.
        restarts: Levels that begin anew, with the number they begin at, when this list is first used.
    """

    family: str
    levels: Mapping[int, Level]
    restarts: Mapping[int, int] = field(default_factory=dict)


class Counters:
    """Counts numbered paragraphs in the order of the document, and words their labels."""

    def __init__(self, lists: Mapping[str, ListDefinition]) -> None:
        self._lists = lists
        self._counts: dict[str, dict[int, int]] = {}
        self._used: set[tuple[str, int]] = set()

    def label(self, list_id: str, depth: int) -> str:
        """Counts one paragraph and gives its label; empty for bullets and for lists that are not defined."""
        definition = self._lists.get(list_id)
        if definition is None or depth not in definition.levels:
            return ""
        self._count(list_id, definition, depth)
        level = definition.levels[depth]
        counts = self._counts[definition.family]

        def number(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            drawn = definition.levels.get(place, Level())
            style = "decimal" if level.legal else drawn.style
            return written(counts.get(place, drawn.start), style)

        return "" if level.style in ("bullet", "none") else _PLACEHOLDER.sub(number, level.text)

    def _count(self, list_id: str, definition: ListDefinition, depth: int) -> None:
        counts = self._counts.setdefault(definition.family, {})
        if depth in definition.restarts and (list_id, depth) not in self._used:
            counts.pop(depth, None)
        self._used.add((list_id, depth))
        start = definition.restarts.get(depth, definition.levels[depth].start)
        counts[depth] = counts[depth] + 1 if depth in counts else start
        for deeper in [place for place in counts if place > depth]:
            after = definition.levels.get(deeper, Level()).restart_after
            if after != 0 and (after is None or depth < after):
                del counts[deeper]


def written(number: int, style: str) -> str:
    """A number as Word writes it in one of its numbering styles (ECMA-376 part 1, 17.18.59).

    A style that is not known is written in plain digits, as the standard asks.
    """
    write = _STYLES.get(style)
    return write(number) if write and number > 0 else str(number)


def counting(number: int, digits: str = DIGITS, units: str = "十百千", ten: str = "十") -> str:
    """A number below 100 000 in Chinese counting words: 12 is 十二, 205 is 二百〇五."""
    if number >= 10**4:
        rest = number % 10**4
        gap = digits[0] if 0 < rest < 1000 else ""
        return (
            counting(number // 10**4, digits, units, ten)
            + "万"
            + (gap + counting(rest, digits, units, ten) if rest else "")
        )
    words = ""
    for place, digit in enumerate(reversed(str(number))):
        unit = units[place - 1] if place and digit != "0" else ""
        word = digits[int(digit)] + unit if digit != "0" else digits[0]
        words = word + words
    words = re.sub(f"{digits[0]}+", digits[0], words).rstrip(digits[0])
    return ten + words[2:] if 10 <= number < 20 else words


def _digital(number: int) -> str:
    return "".join(DIGITS[int(digit)] for digit in str(number))


def _full_width(number: int) -> str:
    return "".join(chr(ord("０") + int(digit)) for digit in str(number))


def _letters(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def _roman(number: int) -> str:
    words = ""
    for value, letters in ROMAN:
        words += letters * (number // value)
        number %= value
    return words


def _from(first: str, last: int) -> Callable[[int], str]:
    """Numbers that Unicode draws as one sign each, from 1 up to `last`."""
    return lambda number: chr(ord(first) + number - 1) if number <= last else str(number)


def _cycle(signs: str) -> Callable[[int], str]:
    return lambda number: signs[(number - 1) % len(signs)]


def _circled(number: int) -> str:
    if number <= 20:
        return chr(ord("①") + number - 1)
    return chr(ord("㉑") + number - 21) if number <= 35 else str(number)


def _legal(number: int) -> str:
    return counting(number, LEGAL_DIGITS, "拾佰仟", "壹拾")


_STYLES: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": "{:02d}".format,
    "numberInDash": "- {} -".format,
    "decimalFullWidth": _full_width,
    "decimalFullWidth2": _full_width,
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedParen": _from("⑴", 20),
    "decimalEnclosedFullstop": _from("⒈", 20),
    "ideographEnclosedCircle": _from("㊀", 10),
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerLetter": _letters,
    "upperRoman": lambda number: _roman(number).upper(),
    "lowerRoman": _roman,
    "chineseCounting": counting,
    "chineseCountingThousand": counting,
    "japaneseCounting": counting,
    "taiwaneseCounting": counting,
    "taiwaneseCountingThousand": counting,
    "ideographDigital": _digital,
    "japaneseDigitalTenThousand": _digital,
    "taiwaneseDigital": _digital,
    "chineseLegalSimplified": _legal,
    "ideographLegalTraditional": _legal,
    "ideographTraditional": _cycle(STEMS),
    "ideographZodiac": _cycle(BRANCHES),
    "none": lambda _: "",
    "bullet": lambda _: "",
}
