"""Text flows in, the same with the ideographs that radicals and forms kept for old character sets stand for flows out.

Browsers print pages as PDFs whose fonts name a glyph by the first character that has it, which may be a radical: `⼯`
for `工`. Such text looks the same and is another, in the PDF and in every copy of it.
"""

from __future__ import annotations

import re
from unicodedata import normalize

STRAY = re.compile("[\u2e80-\u2fdf\uf900-\ufaff]")
IN_UTF_8 = re.compile(rb"\xe2[\xba-\xbf]|\xef[\xa4-\xab]")
"""Where one of them may stand in encoded text, in which it is found ten times as fast."""
_RADICALS = dict(
    zip(
        "⺁⺟⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰",
        "厂母民西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙",
        strict=True,
    )
)
"""Ideographs by the radicals of them that browsers write instead (Unicode, EquivalentUnifiedIdeograph.txt)."""


def ideograph(character: str) -> str:
    """The ideograph that a radical or a form kept for old character sets stands for; others as they are."""
    if character in _RADICALS:
        return _RADICALS[character]
    plain = normalize("NFKC", character)
    return plain if len(plain) == 1 and STRAY.match(character) else character


def with_ideographs(text: str) -> str:
    """The text with the ideographs that its radicals stand for."""
    return STRAY.sub(lambda found: ideograph(found.group()), text)
