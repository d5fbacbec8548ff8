"""Blocks flow in; out flows what of them a page prints at its head and foot: running heads, and page numbers.

In a copy of a paged file such lines stand anywhere, also between the numbers of a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise, takewhile

from pipeline.document import Block, Paragraph
from pipeline.matching.lexicon import Lexicon, squeeze
from pipeline.narrative import is_heading

LEAST_REPEATS = 2
"""Times that a running head stands after the first; a line of the title that stands once more may be a signature."""
SHORTEST_HEAD = 6
"""Characters of a running head: shorter lines stand twice by chance."""
LONGEST_HEAD = 100
_DASHES = "-—–－"
_MARK = re.compile(
    r"\s*(?:[-—–－]+\s*[1-9]\d{0,2}\s*[-—–－]+|[1-9]\d{0,2}\s*[/／]\s*[1-9]\d{0,2}"
    r"|([~～·•・*=_.…]{1,3})\s*[1-9]\d{0,2}\s*\1|[(（\[【<〈]\s*[1-9]\d{0,2}\s*[)）\]】>〉])\s*"
)
_WORDS = re.compile(
    r"(?i)\s*(?:第\s*\d{1,3}\s*页[\s,，/／]*(?:共\s*\d{1,3}\s*页)?|page\s*\d{1,3}(?:\s*of\s*\d{1,3})?)\s*"
)
_REPORT = re.compile("(?:年度|工作)报告$")
_BARE = re.compile(r"\s*([1-9]\d{0,2})\s*")


def is_page_mark(text: str) -> bool:
    """Whether a line is a page's number between signs (`- 3 -`, `3/9`), which a row of marks for nothing may be too."""
    return bool(_MARK.fullmatch(text))


def is_page_number(text: str) -> bool:
    """Whether a line tells the page it stands on and nothing else; never a number by itself."""
    return is_page_mark(text) or bool(_WORDS.fullmatch(text))


def may_be_page_number(text: str) -> bool:
    """Whether a line is a number that a page may bear, with or without signs around it."""
    return bool(_BARE.fullmatch(text)) or is_page_number(text)


def has_dashes(text: str) -> bool:
    """Whether a page's mark may as well be a row's: a number between two marks for nothing."""
    return text.strip()[:1] in _DASHES


def running_lines(blocks: Sequence[Block], lexicon: Lexicon) -> frozenset[int]:
    """The identities of the paragraphs that are running heads, and of the page numbers beside each of them."""
    short = [
        (n, squeeze(block.text))
        for n, block in enumerate(blocks)
        if isinstance(block, Paragraph) and SHORTEST_HEAD <= len(block.text) <= LONGEST_HEAD
    ]
    title = list(takewhile(lambda line: not is_heading(line[1]), short))
    heads = _heads([text for _, text in short], {text for _, text in title}, lexicon)
    if not heads:
        return frozenset()
    repeats = [place for place, text in short[len(title) :] if text in heads]
    numbers = next((found for step in (1, -1) if (found := _numbers(blocks, repeats, step))), [])
    return frozenset(id(blocks[place]) for place in (*repeats, *numbers))


def _heads(lines: Iterable[str], title: Collection[str], lexicon: Lexicon) -> frozenset[str]:
    """The lines that stand time and again, and are of the title or name a report."""
    counts = Counter(text for text in lines if text in title or _REPORT.search(text))
    return frozenset(text for text, n in counts.items() if n > LEAST_REPEATS and not lexicon.lookup(text))


def _numbers(blocks: Sequence[Block], heads: Sequence[int], step: int) -> list[int]:
    """Where the page numbers stand, a step from each running head; none unless they count up one by one."""
    found = list(_beside(blocks, heads, step))
    counted = [number for _, number in found]
    rises = all(later - earlier == 1 for earlier, later in pairwise(counted))
    return [place for place, _ in found] if len(found) == len(heads) and rises else []


def _beside(blocks: Sequence[Block], heads: Sequence[int], step: int) -> Iterator[tuple[int, int]]:
    for head in heads:
        beside = blocks[head + step] if head + step < len(blocks) else None
        if isinstance(beside, Paragraph) and (match := _BARE.fullmatch(beside.text)):
            yield head + step, int(match[1])
