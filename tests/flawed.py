"""Reports with one flaw each, as files: what a person would have to look at."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pipeline.typeset import Facts, Media, Style, typeset
from pipeline.typeset.facts import CellKey
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.spelling import Value

TABLES = ("proactive_disclosure", "applications", "review_litigation")
OFFICE = "淮安市洪泽区人民政府"
SECTIONS = {1: ("本部分为示例文字。",), 5: ("从略。",), 6: ("没有其他事项。",)}
SUFFIXES: dict[Media, str] = {"html": "html", "docx": "docx", "pdf": "pdf", "text": "txt"}


def sound(agency: str = OFFICE, year: int = 2022, tables: tuple[str, ...] = TABLES, seed: int = 3) -> Facts:
    """A report in which every rule holds."""
    form = dict.fromkeys(tables, "2021")
    values = consistent_values(form, random.Random(seed))
    for measure in ("issued", "repealed", "in_force"):
        if ("proactive_disclosure", "regulation", measure) in values:
            values["proactive_disclosure", "regulation", measure] = Decimal(0)
    return Facts(agency, year, form, values, SECTIONS)


def with_values(facts: Facts, changes: dict[CellKey, Value]) -> Facts:
    """The report with some cells changed."""
    return replace(facts, values={**facts.values, **changes})


def shifted(facts: Facts, key: CellKey, by: int) -> Facts:
    """The report with one number wrong."""
    value = facts.values[key]
    assert isinstance(value, Decimal)
    return with_values(facts, {key: value + by})


LEAF = ("applications", "granted", "natural_person")
TOTAL = ("review_litigation", "reconsideration", "total")


def flawed_files() -> dict[str, bytes]:
    """The files by name: two without flaw, and one for each kind of concern, in every format."""
    plain = Style()
    written = {
        "sound-2021": (sound(year=2021, seed=1), "pdf"),
        "sound-2022": (sound(seed=3), "html"),
        "wrong-leaf": (shifted(sound("杭州市西湖区民政局", seed=4), LEAF, 30), "pdf"),
        "wrong-total": (shifted(sound("南京市玄武区教育局", seed=5), TOTAL, 7), "docx"),
        "words": (with_values(sound("苏州市吴中区水务局", seed=6), {LEAF: "见附件"}), "text"),
        "unnamed": (sound("我局", seed=7), "html"),
        "no-table": (sound("扬州市邗江区司法局", seed=8, tables=TABLES[:2]), "docx"),
    }
    files = {
        f"{name}.{SUFFIXES[media]}": typeset(facts, plain, media)  # type: ignore[arg-type, index]
        for name, (facts, media) in written.items()
    }
    html = typeset(sound("常州市武进区财政局", seed=9), plain, "html").decode()
    files["fuzzy.html"] = html.replace("要求提供公开出版物", "要求提供公幵出版勿").encode()
    files["unknown.html"] = (
        html.replace("常州市武进区", "常州市天宁区").replace("2.重复申请", "2.其他奇怪情形").encode()
    )
    files["damaged.pdf"] = b"%PDF-1.7\nnothing more"
    return files


def write_flawed(folder: Path) -> Path:
    """Writes the files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in flawed_files().items():
        (folder / name).write_bytes(data)
    return folder
