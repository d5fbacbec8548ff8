"""统一社会信用代码: text → valid codes and the division of registration (GB 32100-2015)."""

from __future__ import annotations

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
LABELLED = re.compile(rf"统一社会信用代码(?:证?号?码?)?[:：为是]?([{ALPHABET}]{{18}})(?![0-9A-Za-z])")
CENTRAL = "100000"


def is_valid(code: str) -> bool:
    """Whether 18 characters are of the alphabet and the last one is their check digit."""
    if len(code) != 18 or any(character not in ALPHABET for character in code):
        return False
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(WEIGHTS, code, strict=False))
    return ALPHABET[-total % 31] == code[-1]


def division_of(code: str) -> str | None:
    """Characters 3 to 8 of a valid code; None for an invalid one and for organs registered centrally."""
    if not is_valid(code) or code[2:8] == CENTRAL:
        return None
    return code[2:8]


def own_code(text: str) -> str:
    """The one valid code that a closed-up text labels so; empty where there is none or several."""
    found = {code for code in LABELLED.findall(text.upper()) if is_valid(code)}
    return found.pop() if len(found) == 1 else ""
