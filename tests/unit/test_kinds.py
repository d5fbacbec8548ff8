"""Where a row's values stand whose blanks a copy lost, as far as their kinds tell."""

from __future__ import annotations

import pytest

from pipeline.document import Cell
from pipeline.extract import INFERRED, extract
from pipeline.matching.arrange import arrange
from pipeline.matching.kinds import by_kind
from tests.forms import document

CHANGES = ("count", "signed_count", "count")
AMOUNTS = ("count", "amount")


@pytest.mark.parametrize(
    ("texts", "units", "placed"),
    [
        (["149", "-28"], CHANGES, ["149", "-28", ""]),
        (["+1", "2053"], CHANGES, ["", "+1", "2053"]),
        (["-28"], CHANGES, ["", "-28", ""]),
        (["87万元"], AMOUNTS, ["", "87万元"]),
        (["12.5"], AMOUNTS, ["", "12.5"]),
        (["149", "28"], CHANGES, None),
        (["-1", "-2"], CHANGES, None),
        (["4"], CHANGES, None),
        (["12"], AMOUNTS, None),
        (["4", "-1", "3"], CHANGES, None),
        (["+1", ""], CHANGES, None),
        ([], CHANGES, None),
    ],
)
def test_only_one_way_is_taken(texts: list[str], units: tuple[str, ...], placed: list[str] | None) -> None:
    found = by_kind([Cell(text, 0, n + 1) for n, text in enumerate(texts)], units)
    assert (found and [cell.text for cell in found]) == placed


def test_a_row_placed_so_says_it() -> None:
    lines = "信息内容 上一年项目数量 本年增/减 处理决定数量\n行政许可 4 0 782\n其他对外管理服务事项 149 -28"
    block = "第二十条第（一）项\n信息内容 本年新制作数量 本年新公开数量 对外公开总数量\n规章 1 2 3\n规范性文件 4 5 6"
    extraction = extract(arrange(document(*f"{block}\n第二十条第（五）项\n{lines}".split("\n"))))
    found = {
        c.column: (c.kind, c.raw, c.confidence) for c in extraction.cells if c.row == "other_public_service"
    }
    assert found == {
        "previous_year_items": ("reported", "149", INFERRED),
        "change_in_items": ("reported", "-28", INFERRED),
        "decisions": ("blank", "", INFERRED),
    }
    assert "placed_by_kind" in {finding.message.code for finding in extraction.findings}
