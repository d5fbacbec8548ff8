"""Bytes of unknown encoding flow in, text flows out; what a page declares about itself is not believed.

Chinese government pages declare `gb2312` and use GBK, or declare one encoding and are stored in another, so
the bytes decide: a byte order mark, else strict UTF-8, else strict GB18030, else whichever of the candidates
loses the fewest characters.
"""

from __future__ import annotations

import codecs
import re

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CANDIDATES = ("utf-8", "gb18030", "big5")
LOST = "\ufffd"
PRIVATE_SHARE = 0.01
"""Share of private characters up to which strict GB18030 is believed: Big5 read so is full of them."""

_LOST = re.compile("[\ufffd\ue000-\uf8ff]")


def decode(data: bytes) -> str:
    """The text of the bytes, without a byte order mark; characters that no encoding can read are U+FFFD."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            return _strict(body, encoding) or _fewest_lost(body, (encoding, *CANDIDATES))
    if b"\0" in data:
        return _fewest_lost(data, (*_wide_encodings(data), *CANDIDATES))
    if text := _strict(data, "utf-8"):
        return text
    text = _strict(data, "gb18030")
    believed = text and lost_characters(text) <= PRIVATE_SHARE * len(text)
    return text if believed else _fewest_lost(data, CANDIDATES)


def lost_characters(text: str) -> int:
    """How many characters could not be read, or were read as private ones that mean nothing by themselves."""
    return len(_LOST.findall(text))


def _strict(data: bytes, encoding: str) -> str:
    """The text, or an empty string where a byte does not fit; a character cut off at the end is lost."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(data, final=False)
        cut_short = bool(decoder.getstate()[0])
    except UnicodeDecodeError:
        return ""
    # A lone lead byte after plain ASCII proves nothing: it is as likely the start of a GBK character.
    return "" if cut_short and text.isascii() else text


def _fewest_lost(data: bytes, encodings: tuple[str, ...]) -> str:
    return min((data.decode(encoding, errors="replace") for encoding in encodings), key=lost_characters)


def _wide_encodings(data: bytes) -> tuple[str, str]:
    """UTF-16 in the likelier byte order first: the zero halves of Latin characters and line ends tell."""
    little_endian = data[1::2].count(0) >= data[::2].count(0)
    return ("utf-16-le", "utf-16-be") if little_endian else ("utf-16-be", "utf-16-le")
