"""Numbers as Chinese prose writes them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.numerals import NUMBER, chinese_number, read_match

ONES = "零一二三四五六七八九"


def spelt(number: int) -> str:
    """A number in characters as schools teach it: 10 is 十, 110 is 一百一十, a gap is one 零."""
    if number < 10:
        return ONES[number]
    for scale, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= scale:
            high, low = divmod(number, scale)
            head = "十" if (scale, high) == (10, 1) else spelt(high) + name
            gap = "零" if 0 < low < scale // 10 else ""
            tail = spelt(low) if low else ""
            return head + gap + (f"一{tail}" if tail.startswith("十") else tail)
    raise AssertionError(number)


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_what_is_spelt_comes_back(number: int) -> None:
    assert chinese_number(spelt(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十二", 12),
        ("二〇二三", 2023),
        ("两千零五", 2005),
        ("三万六千", 36_000),
        ("一亿零三万", 100_030_000),
        ("三百五", None),
        ("三万六", None),
        ("三四", None),
        ("百", None),
        ("一十百", None),
        ("零五十", None),
        ("", None),
        ("十条", None),
    ],
)
def test_only_what_is_certain_is_read(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize(
    ("text", "number", "about"),
    [
        ("1,136条", "1136", False),
        ("489条", "489", False),
        ("56.2万条", "562000", False),
        ("三千余条", "3000", True),
        ("4.5万余条", "45000", True),
        ("10余万条", "100000", True),
        ("三十多万条", "300000", True),
        ("近500条", "500", True),
        ("3千多条", "3000", True),
        ("1.2亿条", "120000000", False),
        ("总数12条", "12", False),
    ],
)
def test_figures_with_scales(text: str, number: str, about: bool) -> None:
    match = re.search(f"{NUMBER}(?=条)", text)
    assert match is not None
    assert read_match(match) == (Decimal(number), about)


@pytest.mark.parametrize(
    "text", ["第20条", "第二十条", "几十条", "数十条", "abc12条", "12%", "1,23条", "三百五条", "百条"]
)
def test_what_only_looks_like_a_figure(text: str) -> None:
    match = re.search(f"{NUMBER}(?=条)", text)
    assert match is None or read_match(match) is None
