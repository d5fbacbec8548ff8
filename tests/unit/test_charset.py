import codecs

import pytest

from pipeline.readers.charset import decode

TEXT = "政府信息公开工作年度报告：予以公开 12 件，㙍塱。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_told_by_the_bytes(encoding: str) -> None:
    page = f"<html>\n<meta charset=gb2312>{TEXT}"
    assert decode(page.encode(encoding)) == page


def test_big5_is_read_where_gb18030_cannot() -> None:
    text = "政府資訊公開年度報告，經濟發展局。" * 20 + "\n"
    broken = text.encode("big5") + b"\xa1\xff "
    assert decode(text.encode("big5")) == text
    assert decode(broken).startswith(text)


def test_one_broken_character_does_not_change_the_encoding() -> None:
    for encoding in ("utf-8", "gb18030"):
        data = (TEXT * 5).encode(encoding)
        broken = data + b"\xff\xff" + data
        assert decode(broken).startswith(TEXT * 5)
        assert 1 <= decode(broken).count("\ufffd") <= 2


def test_a_file_cut_in_the_middle_of_a_character_keeps_its_encoding() -> None:
    assert decode((TEXT * 3).encode()[:-1]) == (TEXT * 3)[:-1]
    assert decode("年".encode("gb18030") + "度".encode("gb18030")[:1]) == "年"


def test_a_wrong_byte_order_mark_does_not_win_over_the_text() -> None:
    assert decode(codecs.BOM_UTF8 + TEXT.encode("gb18030")) == TEXT


def test_ascii_before_a_lone_lead_byte_is_no_proof_of_utf_8() -> None:
    assert decode("abc涓".encode("gb18030")) == "abc涓"


def test_nothing_is_nothing() -> None:
    assert decode(b"") == ""
    assert decode(codecs.BOM_UTF8) == ""
