"""Finds a report's title: closed-up lines → title, the organ it names, and its year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pipeline.identity.lines import Line, closed_up, first_heading, fold
from pipeline.identity.organs import central_prefix, ends_like_organ, is_customs_house, listed_organ
from pipeline.identity.places import LONGEST_NAME, read_place
from pipeline.identity.register import load_divisions, townships
from pipeline.identity.scopes import scope_at_end

MAX_LINES = 5
LONGEST_LINE = 90
SEARCHED = 80
CHINESE_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0", "O": "0"}
BARE_YEAR = r"(?:(?:20[0-3]|19[89])\d|二[〇○O零0][一二三四五六七八九〇○O零0]{2})"
YEAR = rf"{BARE_YEAR}(?:年?[-—–~至到、和]{BARE_YEAR}(?!学))?(?:年度?|度)?"
SCHOOL_YEAR = r"(?:20\d{2}[-—–~至](?:20)?\d{2}学年度?)"


def _maybe_year(number: int) -> str:
    """A year or a span of two, in brackets or not; a bracket alone is none: it may close a joint name."""
    return rf"(?:(?P<b{number}>[(〔\[])?(?P<y{number}>{YEAR})(?(b{number})[)〕\]]))?"


WHOLE_WORDS = r"[^()\[\]\d]{1,40}(?:\([^()\[\]\d]{1,20}\))?"
"""What stands in brackets: a few words, or an organ's name with a joint name in brackets of its own."""
REMARK = rf"(?:[(\[]{WHOLE_WORDS}[)\]])?"
ISSUED = r"(?:关于)?(?:印发|公布|发布|报送)?[《\"“]?"
NOTICE = r"(?:的?(?:公告|通告|公示))?"
PICTURE = r"[\[(]?(?:图解|一图读懂|一图看懂|图文解读|解读|图文版|文字版|全文)[\])]?"
CAPTION = r"(?:(?:信息|公文|文件)?(?:标题|名称)[:]?)?"
TITLE = re.compile(
    rf"^{CAPTION}[《\"“]?(?:{PICTURE}[:|]?)?{REMARK}(?:附件\d*[:.]?)?{ISSUED}{_maybe_year(1)}"
    rf"{SCHOOL_YEAR}?(?P<agency>[^,。;:>《》?!|_/]*?)[:|]?{ISSUED}{SCHOOL_YEAR}?{_maybe_year(2)}的?"
    rf"(?:(?:政府|政务)?信息公开|政务公开)(?:工作|情况|的|总结)*{_maybe_year(3)}"
    rf"(?:工作|情况|的|年度|年|总结|执行)*(?:报告|年报|总结)[》\"”]?"
    rf"{_maybe_year(4)}(?:{PICTURE})?{REMARK}[》\"”]?{NOTICE}$"
)
TOLD = re.compile(
    r"(?:编制|公布|公开|发布)了?(?P<title>[^,。;:]{4,60}?信息公开(?:20\d{2}年|工作|年?度|情况)*(?:报告|年报))"
)
BRACKETED = re.compile(
    rf"^[《\"“]?[(\[](?P<before>{WHOLE_WORDS})[)\]]|[(\[](?P<behind>{WHOLE_WORDS})[)\]][》\"”]?$"
)
SHORT_YEAR = re.compile(r"(?<!\d)\d{2}年度?$")
PRONOUN = re.compile(r"^(?:我|本|该|各|此|其)")
NOT_A_NAME = re.compile(r"公开|首页|网站|位置|年报|年度|栏目|通知|^关于")
SITE_PARTS = re.compile(r"[_|]|\s[-–—]+\s|--+|——")
SITE_SIGNS = re.compile(r"[_|｜]")
LINK = re.compile(r"^[上下]一?[篇条页]")
"""What sites print before the title of another page of theirs."""
GOES_ON = re.compile(r"本(?:年度)?报告|根据|按照|为|现将|一、|来源|发布|时间|日期|[(\d]")
DATED = re.compile(r"[\[(]?(?:20)?\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\])]?")
"""What lists print beside each of their items."""
DIVIDING = re.compile(r"[-–—]")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and what it says.

    Attributes:
        text: As printed, line breaks and spaces closed up; of a name on a line above it, without that line.
        agency: The organ as printed; empty if the title names none.
        years: Every year it states, in order.
        first: The first line that belongs to it, from 0.
        last: The last line that belongs to it.
    """

    text: str
    agency: str
    years: tuple[int, ...]
    first: int
    last: int


def find_title(lines: tuple[Line, ...]) -> Title | None:
    """The title among the lines before section one: the one that says most, the last of equals."""
    heading = first_heading(lines)
    end = min(heading, SEARCHED)
    found = [
        title
        for last in range(end)
        if (title := _title_ending(lines, last)) is not None and not _is_column(title)
    ]
    found = found or [
        t for place in range(end) if (t := _title_before_prose(lines[place], place)) is not None
    ]
    towards_heading = 1 if heading < len(lines) else -1
    if heading == len(lines):
        found = list(_not_listed(found, lines))
    return max(
        found,
        key=lambda t: (is_named(t.agency), bool(t.years), towards_heading * t.last),
        default=None,
    )


def _not_listed(titles: list[Title], lines: tuple[Line, ...]) -> Iterator[Title]:
    """The titles that are no items of a list, as pages print of other reports: the next is of another year."""
    listed: set[int] = set()
    for one, other in pairwise(titles):
        between = lines[one.last + 1 : other.first]
        if one.years != other.years and all(DATED.fullmatch(line.folded) for line in between):
            listed |= {one.first, other.first}
    return (title for title in titles if title.first not in listed)


def _is_column(title: Title) -> bool:
    """Whether a title is only what sites call the column that reports stand in (`政府信息公开年报`)."""
    return not title.agency and not title.years and title.text.endswith("年报")


def _title_before_prose(line: Line, place: int) -> Title | None:
    """A whole title, with organ and year, that opens a line in which the prose goes on."""
    for match in re.finditer("报告|年报", line.folded[: LONGEST_LINE + 10]):
        title = read_title(line.text[: match.end()], place, place)
        if (
            title is not None
            and title.years
            and is_named(title.agency)
            and GOES_ON.match(line.folded, match.end())
        ):
            return title
    return None


def _title_ending(lines: tuple[Line, ...], last: int) -> Title | None:
    """The title whose last line this is, reaching up as far as its organ's name does."""
    best: Title | None = None
    for first in range(last, max(-1, last - MAX_LINES), -1):
        if len(lines[first].text) > LONGEST_LINE:
            break
        wider = read_title("".join(line.text for line in lines[first : last + 1]), first, last)
        if wider is None and first == last:
            wider = _without_site(lines[last].text, last)
        if wider is None:
            continue
        if best is None or _says_more(wider.agency, best.agency) or _adds_year(wider, best):
            best = wider
    return best


def _without_site(text: str, place: int) -> Title | None:
    """The title in a line that adds the site's name (`…报告_苏州市人民政府`)."""
    head = SITE_SIGNS.split(text)[0]
    return read_title(head, place, place) if head != text else None


def _adds_year(wider: Title, narrower: Title) -> bool:
    """Whether a line above holds the year that the lines below leave out, and nothing else."""
    return bool(wider.years) and not narrower.years and wider.agency == narrower.agency


def _says_more(wider: str, narrower: str) -> bool:
    """Whether the lines above add to the organ's name, rather than being something else that stands there."""
    if not is_named(narrower):
        return is_named(wider) or (not _is_organ(narrower) and _is_organ(wider))
    if _is_broken_off(wider, narrower):
        return is_named(wider)
    place = read_place(wider.removesuffix(narrower))
    pure = bool(place.chains or place.central) and not (place.organ or place.township or place.zone_name)
    return pure and is_named(wider)


def _is_organ(words: str) -> bool:
    return ends_like_organ(words) or listed_organ(words) is not None


def _is_broken_off(wider: str, narrower: str) -> bool:
    """Whether a line ends in the middle of a place's name: only with the line above is it one of the register.

    `市五原县胜丰镇` and `头乡` would be townships by their form; `巴彦淖尔市五原县胜丰镇` and `木垒县大石头乡` are.
    `南县` behind `齐齐哈尔市甘` is no county of its own.
    """
    whole, part = read_place(wider), read_place(narrower)
    if not whole.chains or whole.unknown:
        return False
    above = fold(wider[: len(wider) - len(narrower)])
    in_divisions = len(above) - central_prefix(above)[1] < whole.length
    if part.chains:
        return in_divisions and not _ends_with_division(above)
    if part.unknown or in_divisions:
        return True
    listed = frozenset[str]().union(*(townships().get(d.code, frozenset()) for d in whole.divisions))
    # One character between a division and the line's end is no word: the next line goes on with it.
    is_begun = whole.township in listed or len(above) == whole.length + 1
    return is_begun and part.township not in listed


def _ends_with_division(words: str) -> bool:
    """Whether the last words are a division's name, with its kind or without."""
    register = load_divisions()
    ends = [words[start:] for start in range(max(0, len(words) - LONGEST_NAME), len(words) - 1)]
    return any(end in register.by_name or end in register.by_short_name for end in ends)


def read_title(text: str, first: int = 0, last: int = 0) -> Title | None:
    """A closed-up text as a title, if it is one."""
    folded = fold(text)
    match = None if LINK.match(folded) else TITLE.match(folded)
    if match is None:
        return None
    agency = _agency(text[match.start("agency") : match.end("agency")]) or _bracketed(text, folded)
    stated = "".join(f"{match[name]} " for name in ("y1", "y2", "y3", "y4") if match[name])
    years = tuple(to_year(year) for year in re.findall(BARE_YEAR, stated))
    if agency and is_no_name(agency):
        return None if first != last else Title(text, "", years, first, last)
    return Title(text, agency, years, first, last)


def titles_told(folded: str, printed: str) -> Iterator[Title]:
    """The titles that a preamble tells of its own report: `现公布…市2022年政府信息公开工作年度报告`.

    Args:
        folded: The preamble as one folded run of text.
        printed: The same as printed.
    """
    for match in TOLD.finditer(folded):
        title = read_title(printed[slice(*match.span("title"))])
        if title is not None:
            yield title


def _agency(words: str) -> str:
    """The organ in a title; 人民政府 before 信息公开 shares its last two characters with 政府信息公开."""
    bare = SHORT_YEAR.sub("", words.strip("-—–·.的"))
    if bare[:1] in "[【" and bare[-1:] in "]】":
        bare = bare[1:-1]
    scope = scope_at_end(fold(bare))
    if scope and is_named(organ := bare[: -len(scope)]):
        bare = organ  # Whose figures it gives is no part of its name.
    return f"{bare}政府" if bare.endswith("人民") else bare


def _bracketed(text: str, folded: str) -> str:
    """The organ that stands in brackets before a title or behind it; empty where no whole name does."""
    for match in BRACKETED.finditer(folded):
        name = text[slice(*match.span(match.lastgroup or 0))]
        if is_named(name):
            return name
    return ""


def is_no_name(words: str) -> bool:
    """Whether words cannot be an organ's name: a pronoun (but `本溪市` is a city), or words of pages and titles."""
    pronoun = PRONOUN.match(words) is not None and not read_place(words).chains
    return pronoun or NOT_A_NAME.search(words) is not None


def is_named(agency: str) -> bool:
    """Whether words are the whole name of an organ: a place or department, then an organ or nothing."""
    if not agency:
        return False
    place = read_place(agency)
    placed = bool(place.chains or place.zone_name or place.township or place.central or place.unknown)
    placed = placed or is_customs_house(place.organ)
    return placed and (
        not place.organ or ends_like_organ(place.organ) or listed_organ(place.organ) is not None
    )


def to_year(words: str) -> int:
    """The year that digits or Chinese numerals say."""
    digits = "".join(CHINESE_DIGITS.get(character, character) for character in words)
    found = re.match(r"\d{4}", digits.replace("二", "2"))
    if found is None:
        raise ValueError(f"no year in {words!r}")
    return int(found[0])


def title_of_page(words: str) -> Title | None:
    """The title in what a page or file calls itself, without the site's name behind it."""
    whole = re.sub(r"\.[A-Za-z]{2,5}$", "", words)
    parts = [*SITE_PARTS.split(whole), *DIVIDING.split(whole), whole]
    read = [title for part in parts if (title := read_title(closed_up(part))) is not None]
    return max(read, key=lambda title: (is_named(title.agency), bool(title.years)), default=None)
