"""What stands in a value cell, and what it is read as."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.matching.values import Value, is_numeric_text, is_value_text, money_factor, read_value

COUNT, SIGNED, AMOUNT, WAN = "count", "signed_count", "amount", "amount_wan_yuan"
NOTHING = ("/", "\\", "／", "-", "--", "—", "——", "――", "－", "_", "无", "暂无", "N/A", "×", "~", "不涉及")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("７", 7),
        ("1,234", 1234),
        ("1，234", 1234),
        ("1,234,567", 1234567),
        (" 12 ", 12),
        ("\u300012\u00a0", 12),
        ("\u200b12\ufeff", 12),
        ("12\n", 12),
        ("12件", 12),
        ("12 件", 12),
        ("5.0", 5),
        ("007", 7),
        ("零", 0),
        ("〇", 0),
        ("+1", 1),
        ("＋1", 1),
    ],
)
def test_counts(text: str, number: int) -> None:
    assert read_value(text, COUNT) == Value("reported", Decimal(number), "count")


@pytest.mark.parametrize("text", ["-28", "－28", "−28", "—28", "–28", "减28", "减少28", "减少 28 项"])
def test_decreases(text: str) -> None:
    assert read_value(text, SIGNED) == Value("reported", Decimal(-28), "count")


@pytest.mark.parametrize("text", NOTHING)
def test_marks_for_nothing_are_not_zero(text: str) -> None:
    assert read_value(text, COUNT) == Value("nil_mark")
    assert is_value_text(text)
    assert not is_numeric_text(text)


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\u00a0\n", "\u200b"])
def test_blanks_are_not_zero(text: str) -> None:
    assert read_value(text, COUNT) == Value("blank")
    assert not is_value_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "见附件",
        "0 0",
        "1 2",
        "1\n2",
        "12.5",
        "1,23",
        "1.2.3",
        "约12",
        "12a",
        "0x10",
        "1e3",
        "三",
        "5项目",
        "1/2",
    ],
)
def test_words_and_two_numbers_are_unreadable(text: str) -> None:
    assert read_value(text, COUNT) == Value("unreadable")


@pytest.mark.parametrize(
    "note", ["①", "⑳", "¹", "²", "*", "※", "（注1）", "[注]", " *", "①②", "（注：含转办）"]
)
def test_a_mark_for_a_note_is_no_digit(note: str) -> None:
    assert read_value(f"1127{note}", COUNT) == Value("reported", Decimal(1127), "count")


@pytest.mark.parametrize("text", ["①", "3½", "①②", "²", "①5"])
def test_signs_that_only_look_like_digits_are_unreadable(text: str) -> None:
    assert read_value(text, COUNT) == Value("unreadable")


@pytest.mark.parametrize(
    ("text", "column", "factor", "yuan", "unit"),
    [
        ("87万元", AMOUNT, None, 870000, "yuan"),
        ("251000元", AMOUNT, None, 251000, "yuan"),
        ("1767.06万元", AMOUNT, None, 17670600, "yuan"),
        ("8040", AMOUNT, None, 8040, None),
        ("8040", AMOUNT, 10_000, 80400000, "yuan"),
        ("7730.28", WAN, None, 77302800, "yuan"),
        ("7730.28", WAN, 1, Decimal("7730.28"), "yuan"),
        ("87元", WAN, None, 87, "yuan"),
        ("0", WAN, None, 0, "yuan"),
    ],
)
def test_money(text: str, column: str, factor: int | None, yuan: Decimal | int, unit: str | None) -> None:
    assert read_value(text, column, factor) == Value("reported", Decimal(yuan), unit)


@pytest.mark.parametrize("text", ["3项", "0.0000001", "12元/次"])
def test_money_that_is_no_sum_of_money(text: str) -> None:
    assert read_value(text, WAN).kind == "unreadable"


def test_numbers_too_long_for_the_published_column_are_unreadable() -> None:
    assert read_value("9" * 18, COUNT).kind == "reported"
    assert read_value("9" * 19, COUNT).kind == "unreadable"
    assert read_value("1" * 100_000, COUNT).kind == "unreadable"


def test_money_words() -> None:
    assert money_factor("万 元") == 10_000
    assert money_factor("件") is None


@given(st.integers(-(10**15), 10**15))
def test_any_count_comes_back(number: int) -> None:
    for text in (str(number), f"{number:,}", f" {number}\u3000"):
        assert read_value(text, SIGNED) == Value("reported", Decimal(number), "count")


@given(st.text(max_size=80))
def test_any_text_is_of_one_kind(text: str) -> None:
    value = read_value(text, COUNT)
    assert (value.number is not None) == (value.kind == "reported")
    assert is_value_text(text) or value.kind in ("blank", "unreadable")
