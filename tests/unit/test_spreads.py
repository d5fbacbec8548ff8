"""Two pages on one sheet from synthetic characters: no file, no engine."""

from __future__ import annotations

import pytest

from pipeline.readers.layout.lines import Character, print_lines, set_runs
from pipeline.readers.layout.pages import Page
from pipeline.readers.layout.rules import Mark
from pipeline.readers.layout.spreads import single_pages
from pipeline.readers.painting.pdfium import PaintedPage
from tests.characters import write

LEFT = ["规章", "行政许可", "行政处罚"]
RIGHT = ["一、本年新收", "二、上年结转", "四、结转下年度"]


def lines(texts: list[str], left: float) -> list[Character]:
    return [sign for place, text in enumerate(texts) for sign in write(text, left, 100 + 20 * place)]


def sheet(*more: Character, right: float = 460.0, width: float = 800.0) -> PaintedPage:
    return PaintedPage(width, 600.0, [*lines(LEFT, 60.0), *lines(RIGHT, right), *more], [])


def printed(page: PaintedPage) -> list[str]:
    return [line.text for line in print_lines(set_runs(page.characters))]


def test_two_pages_on_a_sheet_are_read_one_after_the_other() -> None:
    last = PaintedPage(800.0, 600.0, lines(LEFT, 60.0), [])
    pages = list(single_pages([sheet(*write("2", 398, 570)), last]))
    assert [number for _, number in pages] == [1, 1, 2]
    assert [printed(page)[0] for page, _ in pages] == [LEFT[0], RIGHT[0], LEFT[0]]
    right = pages[1][0]
    assert right.characters[0].left == 60.0
    shown = Page(1, right.width, right.height, (), (), sheet=right.sheet).shown((60.0, 100.0, 90.0, 110.0))
    assert shown == (460.0, 100.0, 490.0, 110.0)


@pytest.mark.parametrize(
    "one",
    [
        sheet(*write("政府信息公开工作年度报告", 350, 60)),  # a title over the middle
        sheet(right=480.0),  # columns of one table begin anywhere
        PaintedPage(800.0, 600.0, sheet().characters, [Mark(60, 98, 740, 98)]),
        sheet(width=580.0),  # a page set upright
    ],
)
def test_a_page_of_its_own_stays_whole(one: PaintedPage) -> None:
    assert list(single_pages([one])) == [(one, 1)]
