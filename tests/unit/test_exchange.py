"""Characters written otherwise: as `str.translate` does it, and refusing what it could not do at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exchange import Exchange
from pipeline.identity.lines import HALF_WIDTH, closed_up, fold
from pipeline.matching.lexicon import simplified

WRITTEN = {"（": "(", "，": ",", "\u200b": "", "]": "〕", "^": "!", "-": "~"}


@given(st.text(alphabet=[*WRITTEN, *"甲乙 a1\\["]))
def test_exchanges_what_translate_does(text: str) -> None:
    assert Exchange(WRITTEN)(text) == text.translate(str.maketrans(WRITTEN))


@given(st.text())
def test_folding_keeps_the_length(text: str) -> None:
    assert fold(text) == text.translate(str.maketrans(HALF_WIDTH | simplified()))
    assert len(fold(text)) == len(text)


def test_refuses_what_would_be_exchanged_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Exchange({"a": "b", "b": "c"})


def test_closing_up_drops_every_kind_of_space() -> None:
    assert closed_up(" 甲\u3000乙\u200b\n\ufeff丙\t\x1c丁\xa0") == "甲乙丙丁"
