"""Prints a label or a number in a style: the form's words or a value go in, the text of a cell comes out."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from pipeline.typeset.facts import Value
from pipeline.typeset.style import LabelStyle, NumberStyle
from schemas.definitions import read_definitions

WAN = Decimal(10_000)
_EXPLAINED = re.compile(r"^(（.）.+?)（[^）]{8,}）$")
_NOTE = re.compile(r"^（[^）]{8,}）$")
_HALF_BRACKETS = str.maketrans("（）", "()")
_STRAIGHT_QUOTES = str.maketrans("“”", '""')
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@cache
def misprints() -> dict[str, str]:
    """The typing errors seen in real reports, by the label they were made in."""
    table = read_definitions(Path(__file__).with_name("misprints.csv"), ("label", "misprint"), key=["label"])
    return {row["label"]: row["misprint"] for row in table.rows}


def spell(label: str, style: LabelStyle) -> str:
    """A label of the form as this style prints it; the corner note may come out empty."""
    if not style.corner_note and _NOTE.match(label):
        return ""
    text = misprints().get(label, label) if style.misprints else label
    if not style.explanation:
        text = _EXPLAINED.sub(r"\1", text)
    if style.brackets == "half":
        text = text.translate(_HALF_BRACKETS)
    if style.quotes == "straight":
        text = text.translate(_STRAIGHT_QUOTES)
    text = re.sub(r"^(\d)\.", rf"\1{style.numbering}", text)
    middle = (len(text) + 1) // 2
    return text[:middle] + style.gap + text[middle:]


def print_value(value: Value, unit: str, style: NumberStyle) -> str:
    """The text of a cell.

    Args:
        value: A number in published units (money in yuan), a text printed as it stands, or None for a blank.
        unit: The column's unit in the form, such as `signed_count` or `amount_wan_yuan`.
        style: How numbers look.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return style.padding + style.blank
    digits = _digits(_scaled(value, unit, style), style)
    sign = "+" if style.plus and unit == "signed_count" and value > 0 else ""
    money = style.money_unit if unit == "amount" else ""
    return f"{style.padding}{sign}{digits}{money}{style.padding}"


def _scaled(value: Decimal, unit: str, style: NumberStyle) -> Decimal:
    in_wan = unit == "amount_wan_yuan" or (unit == "amount" and style.money_unit == "万元")
    return value / WAN if in_wan else value


def _digits(value: Decimal, style: NumberStyle) -> str:
    plain = f"{value:,f}" if style.thousands else f"{value:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain.translate(_FULL_WIDTH) if style.full_width else plain
