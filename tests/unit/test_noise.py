"""Words that a mirror site put into labels are no part of them, and never make a row of another."""

from __future__ import annotations

import pytest

from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.report import Extraction
from tests.forms import Rows, document, misread, numbered, report_tables, row_at, texts, unread

SITE = "某某法律网"


def read(*tables: Rows) -> Extraction:
    return extract(arrange(document(*tables)))


def marked(tables: list[Rows], words: str, **places: int) -> list[Rows]:
    """The tables with words put into some labels at some place."""
    for label, place in places.items():
        for rows in tables:
            for row in rows:
                for n, spot in enumerate(row):
                    if label in spot.text:
                        row[n] = type(spot)(
                            f"{spot.text[:place]}{words}{spot.text[place:]}", spot.down, spot.across
                        )
    return tables


@pytest.mark.parametrize("variant", ["2020", "2021"])
@pytest.mark.parametrize(
    "words", [SITE, "xzcf", "http://www.example.invalid/a?b=1", f"www.example.invalid {SITE}"]
)
def test_words_that_stand_in_several_labels_are_the_sites(variant: str, words: str) -> None:
    facts = numbered(variant)
    tables = marked(
        report_tables(facts), words, 属于国家秘密=4, 补正后申请内容=3, 行政许可=2, 结果纠正=1, 社会公益组织=0
    )
    extraction = read(*tables)
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []


def test_words_in_one_long_label_alone_are_a_finding() -> None:
    facts = numbered()
    extraction = read(*marked(report_tables(facts), SITE, 补正后申请内容=3))
    assert (misread(facts, extraction), unread(facts, extraction)) == ({}, [])
    assert "similar_label" in {finding.message.code for finding in extraction.findings}


def test_parts_of_rows_are_not_the_rows() -> None:
    facts = numbered()
    two, three, four = report_tables(facts)
    for label in ("保护第三方合法权益", "没有现成信息需要另行制作"):
        three.insert(row_at(three, label), texts(f"其中：{label}", *(str(n) for n in range(8001, 8008))))
    extraction = read(two, three, four)
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []
    assert len(extraction.leftovers) == 14
