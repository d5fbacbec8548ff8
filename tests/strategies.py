"""Hypothesis strategies: facts × style × media, and what a reader should find in the file they give."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from hypothesis import strategies as st

from pipeline.typeset.facts import CellKey, Facts, blocks_of, cells_of
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.spelling import print_value
from pipeline.typeset.style import (
    TITLES,
    DocxStyle,
    FormStyle,
    HtmlStyle,
    LabelStyle,
    NumberStyle,
    PdfStyle,
    Style,
    TextStyle,
)

PARTS = {
    "form": FormStyle,
    "labels": LabelStyle,
    "numbers": NumberStyle,
    "html": HtmlStyle,
    "docx": DocxStyle,
    "pdf": PdfStyle,
    "text": TextStyle,
}
MEDIA = ("html", "docx", "pdf", "text")
AGENCIES = (
    "示范市样例区演示局（虚构）",
    "临淄区人力资源和社会保障局",
    "杨凌示范区人力资源和社会保障局(医疗保障局)",
    "淮安市洪泽区人民政府",
)
FREE_CHOICES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("form", "title"): TITLES,
    ("form", "split_after"): tuple(range(1, 24)),
    ("pdf", "size"): (12, 14, 16),
}


def choices(part: str, name: str) -> tuple[Any, ...]:
    """Every value that a choice of a style can take."""
    if (part, name) in FREE_CHOICES:
        return FREE_CHOICES[part, name]
    hint = get_type_hints(PARTS[part])[name]
    return (False, True) if hint is bool else get_args(hint)


def part_styles(part: str, **fixed: Any) -> st.SearchStrategy[Any]:
    """One part of a style, some of its choices fixed."""
    free = [name for name in get_type_hints(PARTS[part]) if name not in fixed]
    drawn = {name: st.sampled_from(choices(part, name)) for name in free}
    return st.builds(PARTS[part], **drawn, **{name: st.just(value) for name, value in fixed.items()})


def styles(**fixed: dict[str, Any]) -> st.SearchStrategy[Style]:
    """A style; `styles(form={"split": "none"})` fixes a choice."""
    return st.builds(Style, **{part: part_styles(part, **fixed.get(part, {})) for part in PARTS})


def variants() -> st.SearchStrategy[dict[str, str]]:
    """The form variant by table, mixed forms included."""
    names = st.sampled_from(("2020", "2021"))
    keys = ("proactive_disclosure", "applications", "review_litigation")
    return st.fixed_dictionaries(dict.fromkeys(keys, names))


@st.composite
def facts(draw: st.DrawFn, blanks: bool = True) -> Facts:
    """A report whose identities hold; with `blanks`, up to five cells hold no number."""
    form = draw(variants())
    values = consistent_values(form, random.Random(draw(st.integers(0, 2**32))))
    if blanks:
        for key in draw(st.lists(st.sampled_from(list(cells_of(form))), max_size=5)):
            values[key] = None
    return Facts(
        agency_name=draw(st.sampled_from(AGENCIES)),
        report_year=draw(st.integers(2019, 2025)),
        variants=form,
        values=values,
        sections={
            1: ("本部分为示例文字，共两句。没有数字。",),
            5: ("改进安排从略。",),
            6: ("没有其他事项。",),
        },
        published_on=draw(st.sampled_from((None, "2024-01-19"))),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A report to write, and how."""

    facts: Facts
    style: Style
    media: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A report in any medium and style in which every number can still be placed by a careful person.

    In a text copy that leaves blank cells out they cannot, so it gets no blanks and no split table;
    and none has a tab inside a label where nothing but tabs tells cells apart.
    """
    media = draw(st.sampled_from(MEDIA))
    if media != "text":
        return Case(draw(facts()), draw(styles()), media)
    form = {"split": "none", "header_merged": True, "side_merged": True}
    gap = draw(st.sampled_from(("", " ", "\u3000", "\n")))
    style = draw(styles(form=form, labels={"gap": gap}))
    return Case(draw(facts(blanks=style.text.shape in ("tabs", "bars"))), style, media)


@dataclass(frozen=True, slots=True)
class Expected:
    """A cell as a reader should find it; `unit` is None for a bare sum of money."""

    raw: str
    kind: str
    value: Decimal | None
    unit: str | None


def expected_cells(facts: Facts, style: Style) -> dict[CellKey, Expected]:
    """What a reader should find in a file of these facts in this style, by cell."""
    return dict(_expected(facts, style))


def _expected(facts: Facts, style: Style) -> Iterator[tuple[CellKey, Expected]]:
    for block in blocks_of(facts.variants):
        for row in block.rows:
            for column in block.columns:
                key = (block.table, row.key, column.key)
                value = facts.values.get(key)
                raw = print_value(value, column.unit, style.numbers).strip()
                number = value if isinstance(value, Decimal) else None
                kind = "reported" if number is not None else "nil_mark" if raw else "blank"
                yield key, Expected(raw, kind, number, _unit(column.unit, style))


def _unit(unit: str, style: Style) -> str | None:
    if unit == "amount":
        return "yuan" if style.numbers.money_unit else None
    return "yuan" if unit == "amount_wan_yuan" else "count"
