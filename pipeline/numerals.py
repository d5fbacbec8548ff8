"""Numbers as Chinese prose writes them: folded text in, exact numbers and whether they are approximate out.

`1,136`, `56.2万`, `三千余`, `十二`, `二〇二三`, `3千多`, `近500`. What cannot be read for certain is no number:
`三百五` is 350 to one writer and 305 to another.
"""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = {"〇": 0, "○": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5} | {
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "肆": 4,
    "伍": 5,
    "陆": 6,
    "柒": 7,
    "捌": 8,
    "玖": 9,
}
TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
MYRIADS = {"万": 10**4, "亿": 10**8}
SCALES = TENS | MYRIADS
CHARACTERS = "".join((*DIGITS, *TENS, *MYRIADS))
ABOUT_BEFORE = "近|约|大约|将近|接近|超过|超|逾|突破|不少于|不低于"
ABOUT_WITHIN = "余|多|来"
ABOUT_AFTER = "左右|以上|上下|有余"

NUMBER = (
    rf"(?P<before>{ABOUT_BEFORE})?"
    r"(?<![\d.a-zA-Z第])(?<!\d,)(?P<figure>\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?"
    rf"|(?<![几数{CHARACTERS}])[{CHARACTERS}]+)"
    rf"(?P<scale>(?:(?:{ABOUT_WITHIN})?[十百千万亿]+)?)(?P<within>{ABOUT_WITHIN})?"
)
"""A pattern for one number in folded, closed-up text; `read_match` reads what it caught."""


def read_match(match: re.Match[str]) -> tuple[Decimal, bool] | None:
    """The number that `NUMBER` caught, and whether it is approximate; None where it cannot be read."""
    scale = re.sub(ABOUT_WITHIN, "", match["scale"])
    figure = match["figure"]
    whole = figure.replace(",", "") if figure[0].isdigit() else chinese_number(figure)
    if whole is None:
        return None
    number = Decimal(whole)
    for character in scale:
        number *= SCALES[character]
    about = bool(match["before"] or match["within"] or match["scale"] != scale)
    return number, about


def chinese_number(text: str) -> int | None:
    """A whole number in Chinese characters; None where it is none, or not certain.

    `二〇二三` is read digit by digit; `两千零五`, `十二`, `三万六千` by their places.
    """
    if not text or any(c not in CHARACTERS for c in text):
        return None
    if all(c in DIGITS for c in text):
        return int("".join(str(DIGITS[c]) for c in text)) if len(text) != 2 else None
    return _by_places(text)


def _by_places(text: str) -> int | None:
    for name, scale in sorted(MYRIADS.items(), key=lambda item: -item[1]):
        if name in text:
            high, _, low = text.rpartition(name)
            above = _by_places(high)
            below = 0 if not low else _rest(low, scale)
            return None if not above or below is None else above * scale + below
    return _below_myriad(text)


def _rest(low: str, scale: int) -> int | None:
    """What follows 万 or 亿: `三万六` is short for 36 000, and left alone; `三万零六` is 30 006."""
    if low[0] in "零〇":
        found = _by_places(low[1:]) if len(low) > 1 else None
    elif len(low) == 1 and low in DIGITS:
        return None
    else:
        found = _by_places(low)
    return found if found is not None and found < scale else None


def _below_myriad(text: str) -> int | None:
    """Thousands, hundreds, tens and ones, each once and falling; a gap needs its 零."""
    total, digit, last, gap = 0, None, 10**4, False
    for place, character in enumerate(text):
        if character in "零〇○":
            if (place == 0 and len(text) > 1) or digit is not None:
                return None
            if len(text) == 1:
                return 0
            gap = True
        elif character in DIGITS:
            if digit is not None:
                return None
            digit = DIGITS[character]
        else:
            unit = TENS[character]
            if unit >= last or (digit is None and not (unit == 10 and place == 0)):
                return None
            total, digit, last, gap = total + (digit or 1) * unit, None, unit, False
    if digit is None:
        return None if gap else total
    return total + digit if last == 10 or gap or last == 10**4 else None
