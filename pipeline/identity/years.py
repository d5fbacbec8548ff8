"""Finds the year a report is about, and when it was published: lines and prose → years and dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.identity.lines import Line, first_heading, flowing_text
from pipeline.identity.organs import ends_like_organ
from pipeline.identity.titles import Title, title_of_page, titles_told, to_year

DASH = r"[-—–~〜至到]+"
PERIOD = re.compile(
    rf"(?<!\d)(20\d{{2}})[年./-]0?1[月./-]0?1日?(?:起|始)?,?{DASH}(?:(20\d{{2}})[年./-]|同年|当年|本年)?度?12[月./-]31(?!\d)"
)
OF_STATISTICS = re.compile(
    r"统计(?:期限|时间|时段|周期|期间|范围)[^。;,\d]{0,6}(20\d{2})年(?:度|全年)?(?!\d)"
)
MENTION = re.compile(
    r"(?<![\d〔\[(与较比同和])(20\d{2})年(?!\d{1,2}月|度?,?(?:[^,。;]{0,6}(?:将|计划|拟|要)|是))"
)
CHINESE = r"[一二三四五六七八九〇○零十]"
DATE = re.compile(r"(20\d{2})[年/.-](\d{1,2})[月/.-](\d{2}(?=\d{1,2}:\d{2})|\d{1,2}(?!\d))日?")
CHINESE_DATE = re.compile(rf"(二[〇○零]{CHINESE}{{2}})年({CHINESE}{{1,2}})月({CHINESE}{{1,3}})日")
LABELLED = re.compile(r"(?:发布|公布|发文|公开|更新|成文|信息生成|时间|日期)(?:日期|时间)?[:](?=20\d{2})")
WHOLE_LINE = re.compile(r"^\(?(?P<date>[^,。;:]{8,14})\)?$")
TENS = {"十": 10}
DIGITS = {character: number for number, character in enumerate("〇一二三四五六七八九")}
SIGNATURE_LINES = 6
SIGNED_IN = ("01", "02", "03")
SIGNED = re.compile(r"(?P<organ>[^\d:。,;]{0,40}?)\(?(?P<date>[2二]\w{3}年\w{1,2}月\w{1,3}日)\)?")
ENOUGH = 3
PERIOD_WITHIN = 4000
"""Characters from the beginning of the prose: further down, a period may be that of anything."""


def years_told(
    title: Title | None, text: str, lines: tuple[Line, ...], pages: tuple[str, ...]
) -> Iterator[int | None]:
    """The year of a report as each of the places tells that may, the most trusted first; None where one does not.

    Args:
        title: The report's title, if it has one.
        text: The prose as one folded run.
        lines: The prose.
        pages: What the page and the file call themselves.
    """
    yield title_year(title)
    yield opening_period(text)
    yield _preamble_year(title, lines)
    yield statistics_year(text)
    yield consensus_year(text)
    yield _only_year(title_of_page(words) for words in pages)


def _preamble_year(title: Title | None, lines: tuple[Line, ...]) -> int | None:
    """The year of the title that the preamble tells."""
    start = title.last + 1 if title is not None else 0
    preamble = lines[start : first_heading(lines)]
    printed = "".join(line.text for line in preamble)
    return _only_year(titles_told(flowing_text(preamble), printed))


def _only_year(titles: Iterable[Title | None]) -> int | None:
    """The one year that titles state; None where they state none or several."""
    years = {title_year(title) for title in titles} - {None}
    return years.pop() if len(years) == 1 else None


def title_year(title: Title | None) -> int | None:
    """The one year a title states; None where it states none or several."""
    years = set(title.years) if title is not None else set()
    return years.pop() if len(years) == 1 else None


def opening_period(text: str) -> int | None:
    """The year of the period that the prose opens with."""
    return period_year(text[:PERIOD_WITHIN])


def period_year(text: str) -> int | None:
    """The year of the statistics' period, 1 January to 31 December; None if not told or not a year's."""
    years = {int(start) for start, end in PERIOD.findall(text) if not end or end == start}
    return years.pop() if len(years) == 1 else None


def statistics_year(text: str) -> int | None:
    """The year that sentences on the statistics themselves name as their period, wherever they stand."""
    told = "。".join(sentence for sentence in re.split("[。;]", text) if "统计" in sentence)
    years = {int(year) for year in OF_STATISTICS.findall(told)}
    return years.pop() if len(years) == 1 else period_year(told)


def signed_year(lines: tuple[Line, ...], text: str) -> int | None:
    """The year before that in whose first three months a report is signed; None where its prose speaks of others alone.

    Departments publish by 31 January of the following year, governments by 31 March (《政府信息公开条例》, 第四十九条).
    """
    ends = (SIGNED.fullmatch(line.folded) for line in lines[-SIGNATURE_LINES:])
    signed = [found for found in ends if found and (not found["organ"] or ends_like_organ(found["organ"]))]
    dates = {date for found in signed if (date := read_date(found["date"]))}
    date = dates.pop() if len(dates) == 1 else ""
    if date[5:7] not in SIGNED_IN:
        return None
    year = int(date[:4]) - 1
    spoken = {int(mention) for mention in MENTION.findall(text)}
    return year if not spoken or year in spoken else None


def consensus_year(text: str) -> int | None:
    """The year that prose speaks of at least thrice and twice as often as of any other.

    Dates, comparisons (`与2021年相比`) and plans (`2023年,我局将`) do not count.
    """
    counts = Counter(int(year) for year in MENTION.findall(text)).most_common(2)
    if not counts or counts[0][1] < ENOUGH:
        return None
    if len(counts) > 1 and counts[0][1] < 2 * counts[1][1]:
        return None
    return counts[0][0]


def read_date(words: str) -> str | None:
    """The first date in words, as ISO; None where there is none that the calendar knows."""
    match = DATE.search(words)
    if match is not None:
        return _iso(int(match[1]), int(match[2]), int(match[3]))
    match = CHINESE_DATE.search(words)
    if match is not None:
        return _iso(to_year(match[1]), _small_number(match[2]), _small_number(match[3]))
    return None


def _iso(year: int, month: int, day: int) -> str | None:
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    return f"{year:04d}-{month:02d}-{day:02d}"


def _small_number(words: str) -> int:
    """A number up to 31 in Chinese numerals (`二十八`, `十`, `三十一`)."""
    tens, ten, ones = words.partition("十")
    unit = DIGITS.get(ones, 0) if ones else 0
    return (DIGITS.get(tens, 1) if tens else 1) * 10 + unit if ten else DIGITS.get(words, 0)


def published_on(lines: tuple[Line, ...], properties: dict[str, str], title: Title | None) -> str | None:
    """When the report was published: the page's word, a labelled date, a date by title or end."""
    stated = read_date(properties.get("published_on", ""))
    if stated is not None:
        return stated
    for line in lines:
        match = LABELLED.search(line.folded)
        if match is not None and len(line.folded) <= 80 and (date := read_date(line.folded[match.end() :])):
            return date
    near = title.last + 1 if title is not None else 0
    for line in (*lines[near : near + 2], *lines[-SIGNATURE_LINES:][::-1]):
        date = _dated_line(line.folded)
        if date is not None:
            return date
    return None


def _dated_line(words: str) -> str | None:
    """The date of a line that ends with it and says nothing else than a name: a signature."""
    for pattern in (DATE, CHINESE_DATE):
        match = pattern.search(words)
        if (
            match is not None
            and not words[match.end() :].strip(")")
            and len(words) <= 50
            and "。" not in words
        ):
            return read_date(match[0])
    return None
