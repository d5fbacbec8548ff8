"""Text of Word 97–2003 files whose characters are stored in one byte: Western, or Chinese in two of them."""

from __future__ import annotations

from struct import pack

import pytest

from pipeline.readers.word.doc_text import COMPRESSED, PADDING, piece_texts


def stored(*pieces: bytes) -> list[str]:
    """The texts of pieces of one-byte characters, without what keeps their places."""
    bounds = [sum(len(piece) for piece in pieces[:n]) for n in range(len(pieces) + 1)]
    places = [pack("<HIH", 0, 2 * bound | COMPRESSED, 0) for bound in bounds[:-1]]
    table = pack(f"<{len(bounds)}I", *bounds) + b"".join(places)
    texts = [text for _, text in piece_texts(b"".join(pieces), table)]
    assert [len(text) for text in texts] == [len(piece) for piece in pieces]
    return [text.replace(PADDING, "") for text in texts]


def test_chinese_characters_that_stand_alone_are_chinese_where_the_text_is() -> None:
    lines = (
        "样例区演示局政府信息公开工作年度报告",
        "3.危及“三安全一稳定”",
        "１，２３４",
        "12件",
        "—",
        "　7　",
    )
    assert stored("\r".join(lines).encode("gbk")) == ["\r".join(lines)]
    assert stored("政府信息公开工作".encode("gbk"), "无\x07".encode("gbk")) == ["政府信息公开工作", "无\x07"]


@pytest.mark.parametrize("text", ["“Café” – naïve façade…", "plain\r", "5 ‰ × 3"])
def test_western_characters_stay_western(text: str) -> None:
    assert stored(text.encode("cp1252", "replace")) == [text.encode("cp1252", "replace").decode("cp1252")]


def test_some_chinese_characters_among_western_ones_are_told_by_their_runs() -> None:
    western = "é à ü\r".encode("cp1252")
    assert stored(western + "政府信息".encode("gbk") + b"\r\xe9") == ["é à ü\r政府信息\ré"]
