"""A row that stands in the cells of the header over it, for want of a rule, is a row."""

from __future__ import annotations

import pytest

from pipeline.extract import extract
from pipeline.matching.glued import unglued
from pipeline.matching.lexicon import load_lexicon
from pipeline.report import Extraction
from tests.forms import Rows, Spot, document, grid, misread, numbered, report_tables, texts, unread

LEXICON = load_lexicon()


def glued(rows: Rows) -> Rows:
    """The rows but for the last, whose numbers stand under the words of the heads."""
    *head, values = rows
    numbers = iter(values)
    # Those of the first part stand a row higher, in cells that reach down.
    order = [spot for spot in head[1] if spot.down > 1] + head[2]
    under = {id(spot): next(numbers).text for spot in order}
    return [
        [
            Spot(f"{spot.text}\n{under[id(spot)]}", spot.down, spot.across) if id(spot) in under else spot
            for spot in row
        ]
        for row in head
    ]


@pytest.mark.parametrize("variant", ["2020", "2021"])
def test_numbers_under_the_words_of_their_heads_are_read(variant: str) -> None:
    facts = numbered(variant)
    tables = report_tables(facts)
    whole = glued(tables[-1])
    found: Extraction = extract(document(*tables[:-1], whole))
    assert (misread(facts, found), unread(facts, found)) == ({}, [])


def test_a_label_with_a_number_below_it_is_none_of_the_heads() -> None:
    rows = [
        texts("信息内容", "本年制发件数\n1", "本年废止件数\n2", "现行有效件数\n3"),
        texts("规章", "4", "5", "6"),
    ]
    assert unglued(whole := grid(rows), LEXICON) == whole
    few = [texts("结果维持\n1", "结果纠正\n2", "其他结果")]
    assert unglued(whole := grid(few), LEXICON) == whole
