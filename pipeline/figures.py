"""Sections of prose → the figures that are told in them, each with its sentence, unit and concept.

A figure is taken only where a rule of `schemas/figures.csv` is certain of its concept, and nothing around it
(`schemas/figure_guards.csv`) makes it another one: a change, another year's, another organ's, a stock. A wrong
figure is worse than a missing one; where sentences tell different numbers of one thing, none is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pipeline.identity.lines import closed_up, fold
from pipeline.numerals import ABOUT_AFTER, DIGITS, NUMBER, read_match
from pipeline.report import Figure, Section
from schemas.definitions import HERE, Row, read_definitions

RULE_COLUMNS = ("concept", "pattern", "unit", "rank", "sections", "span", "value", "needs", "note")
GUARD_COLUMNS = ("where", "pattern", "concepts", "note")
CHANNEL_COLUMNS = ("channel", "pattern", "en", "zh")
GUARDED = ("clause", "sentence", "stock", "list")
SPANS = ("year", "standing")

TOTAL = "items_disclosed"
BY_CHANNEL, BY_QUARTER, BY_CATEGORY = "items_by_channel", "items_by_quarter", "items_by_category"
POSTS = ("wechat_posts", "weibo_posts")
SITE = "website"
FEWEST_PARTS = 2
LARGEST = Decimal(10**15)  # a longer run of digits is no count, and would not fit in the published column

_PASSAGE = re.compile(r"[^。！？!?\n]*[。！？!?]?")
_THOUSANDS = r",(?!(?<=\d,)\d{3}(?!\d))"  # a comma that parts clauses, and no thousands
_CLAUSE = re.compile(rf"[;:、]|{_THOUSANDS}")
_COMMA = re.compile(rf"[;:]|{_THOUSANDS}")
_YEAR = re.compile(rf"(20\d\d|[二两][〇○零]([{''.join(DIGITS)}])([{''.join(DIGITS)}]))年")
_THIS_YEAR = re.compile(
    r"全年|本年|今年|年内|年度|(?<![至止到])(?:20\d\d|二[〇○零][〇○零一二三四五六七八九]{2})年(?!\d|底|末)"
)
_NOT_AFTER_MEASURE = r"(?![例款龙目])"
_AFTER = re.compile(ABOUT_AFTER)
_OPENER = (
    r"(?:其中(?:主要)?(?:包括|有|包含)?|(?:主要)?(?:公开)?(?:的)?内容(?:主要)?(?:包括|有|包含|为)|主要包括|具体包括"
    r"|包括|分别(?:为|是)?|具体(?:为|是|如下))"
)
_OPENS = re.compile(rf"[,;、:(]*(?P<opener>{_OPENER})[,:]*")
_SEPARATORS = re.compile(r"[,;、和及与]|以及")
_QUARTER = re.compile(r"第?(?P<quarter>[一二三四1-4])季度")
_TRIM = re.compile(r"^(?:为|是|有|和|及|以及)+|(?:等|共计|共|合计|计|为|有)+$")


@dataclass(frozen=True, slots=True)
class FigureRule:
    """A row of `figures.csv`, its pattern made whole.

    Attributes:
        value: What the words themselves say; None where the number is printed.
        needs: What the sentence must say as well; None for nothing.
    """

    concept: str
    pattern: re.Pattern[str]
    unit: str
    rank: int
    sections: frozenset[int]
    is_stock: bool
    value: Decimal | None
    needs: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Guard:
    """Words that make a number another one than it seems; empty `concepts`: any."""

    where: str
    pattern: re.Pattern[str]
    concepts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """A figure found, with where it stands: the ordinal of its passage, and where in it the number ends."""

    figure: Figure
    rank: int
    passage: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands between two full stops: as printed, and folded and closed up."""

    section: int
    printed: str
    bare: str


@dataclass(frozen=True, slots=True)
class Part:
    """One item of a list of parts, such as `部门会议10篇`; `opens` where 其中 or the like stands before it."""

    label: str
    figure: Figure
    opens: bool


def figures(found: Iterable[Section], year: int | None = None) -> tuple[Figure, ...]:
    """The figures told in the prose, by concept in the order of `figures.csv`, then the parts of the total.

    Args:
        found: The sections of the report.
        year: The year reported on; a number that a sentence gives to another year is not taken.

    Returns:
        Each concept once. `items_by_channel`, `items_by_quarter` and `items_by_category` once for each
        `detail`: a channel of `channels.csv`, 1 to 4, the category as printed.
    """
    passages = _passages(found)
    told: dict[str, list[Told]] = {rule.concept: [] for rule in figure_rules()}
    for rule, ordinal in _candidates(passages):
        told[rule.concept] += _matches(rule, passages[ordinal], ordinal, year)
    chosen = {concept: one for concept, several in told.items() if (one := _agreed(several)) is not None}
    if TOTAL in chosen and chosen[TOTAL].rank > 1 and _of_another_channel(chosen, passages):
        del chosen[TOTAL]
    totals = [t for t in told[TOTAL] if TOTAL in chosen and t.figure.value == chosen[TOTAL].figure.value]
    return (*(one.figure for one in chosen.values()), *_parts_of(totals, passages))


def _passages(found: Iterable[Section]) -> tuple[Passage, ...]:
    """What stands between full stops; a line that ends with a colon goes with what it announces."""
    passages: list[Passage] = []
    for section in found:
        announced = ""
        for text in (part.strip() for part in _PASSAGE.findall(section.text)):
            bare = fold(closed_up(announced + text))
            if bare and not bare.endswith(":"):
                passages.append(Passage(max(section.number, 1), announced + text, bare))
            announced = announced + text if bare.endswith(":") else ""
    return tuple(passages)


def _candidates(passages: Sequence[Passage]) -> Iterator[tuple[FigureRule, int]]:
    """Each rule with the ordinals of the passages that it fits; what several rules need is looked for once."""
    saying: dict[re.Pattern[str] | None, list[int]] = {None: list(range(len(passages)))}
    for rule in figure_rules():
        needs = rule.needs
        if needs is not None and needs not in saying:
            saying[needs] = [ordinal for ordinal, p in enumerate(passages) if needs.search(p.bare)]
        for ordinal in saying[needs]:
            passage = passages[ordinal]
            if passage.section in rule.sections and rule.pattern.search(passage.bare):
                yield rule, ordinal


def _matches(rule: FigureRule, passage: Passage, ordinal: int, year: int | None) -> Iterator[Told]:
    for match in rule.pattern.finditer(passage.bare):
        read = read_match(match) if rule.value is None else (rule.value, False)
        start = match.start("figure") if rule.value is None else match.end()
        if read is None or read[0] >= LARGEST or not _is_certain(rule, passage.bare[:start], year):
            continue
        value, about = read
        about = about or _AFTER.match(passage.bare, match.end()) is not None
        figure = Figure(rule.concept, value, rule.unit, passage.printed, about)
        yield Told(figure, rule.rank, ordinal, match.end())


def _is_certain(rule: FigureRule, before: str, year: int | None) -> bool:
    """Whether nothing that stands before a number makes it another one."""
    years = list(_YEAR.finditer(before))
    if years and year is not None and _year_of(years[-1]) != year:
        return False
    sentence = before.rsplit(";", 1)[-1]
    surroundings = {"clause": _CLAUSE.split(sentence)[-1], "sentence": sentence}
    if not rule.is_stock and not _THIS_YEAR.search(before):
        surroundings["stock"] = sentence
    return not any(
        guard.pattern.search(surroundings[guard.where])
        for guard in guards()
        if guard.where in surroundings and (not guard.concepts or rule.concept in guard.concepts)
    )


def _year_of(match: re.Match[str]) -> int:
    if match[1][0].isdigit():
        return int(match[1])
    return 2000 + 10 * DIGITS[match[2]] + DIGITS[match[3]]


def _agreed(several: Sequence[Told]) -> Told | None:
    """The one number that the most certain rules tell, an exact one before an approximate one."""
    best = [t for t in several if t.rank == min(other.rank for other in several)]
    exact = [t for t in best if not t.figure.approximate] or best
    return exact[0] if len({t.figure.value for t in exact}) == 1 else None


def _of_another_channel(chosen: dict[str, Told], passages: Sequence[Passage]) -> bool:
    """Whether a total that is told in passing is that of a channel beside the site, or another has a number too."""
    own = _channels(_clause_of(chosen[TOTAL], passages))
    return bool(own - {SITE}) or any(concept in chosen for concept in POSTS)


def _clause_of(told: Told, passages: Sequence[Passage]) -> str:
    """What stands between commas, with all that is listed in it."""
    return _COMMA.split(passages[told.passage].bare[: told.end])[-1]


def _channels(words: str) -> set[str]:
    return {channel for channel, pattern in channels() if pattern.search(words)}


def _parts_of(totals: Sequence[Told], passages: Sequence[Passage]) -> Iterator[Figure]:
    """The parts of the total: the one channel it is told of, and the lists that follow it."""
    seen: set[tuple[str, str]] = set()
    for total in totals:
        for figure in (*_channel_of(total, passages), *_listed(total, passages)):
            if (figure.concept, figure.detail) not in seen:
                seen.add((figure.concept, figure.detail))
                yield figure


def _channel_of(total: Told, passages: Sequence[Passage]) -> Iterator[Figure]:
    channel = _channels(_clause_of(total, passages))
    if len(channel) == 1:
        yield _as(total.figure, BY_CHANNEL, channel.pop())


def _listed(total: Told, passages: Sequence[Passage]) -> Iterator[Figure]:
    parts = list(_parts(passages[total.passage], total.end))
    following = passages[total.passage + 1 : total.passage + 2]
    for passage in following:
        if _OPENS.match(passage.bare) and passage.section == passages[total.passage].section:
            parts += _parts(passage, 0)
    lists: list[list[Part]] = []
    for part in parts:
        if part.opens or not lists:
            lists.append([])
        lists[-1].append(part)
    openers = sum(part.opens for part in parts)
    for several in lists:
        if _adds_up(several, total.figure.value, openers):
            yield from _named(several)


def _adds_up(parts: Sequence[Part], total: Decimal, openers: int) -> bool:
    """Whether a list is of parts of the total: it adds up to it, or is said to be part of it and fits in it."""
    whole = sum((part.figure.value for part in parts), Decimal(0))
    is_told = parts[0].opens and openers == 1
    return len(parts) >= FEWEST_PARTS and (whole == total or (is_told and whole < total))


def _named(parts: Sequence[Part]) -> Iterator[Figure]:
    """The parts as figures: quarters, channels, else categories; a label of two channels is left out."""
    for part in parts:
        quarter, channel = _QUARTER.match(part.label), _channels(part.label)
        if quarter is not None:
            number = quarter["quarter"]
            yield _as(part.figure, BY_QUARTER, str(DIGITS.get(number, number)))
        elif len(channel) == 1:
            yield _as(part.figure, BY_CHANNEL, channel.pop())
        elif not channel:
            yield _as(part.figure, BY_CATEGORY, part.label)


def _as(figure: Figure, concept: str, detail: str) -> Figure:
    return Figure(concept, figure.value, figure.unit, figure.sentence, figure.approximate, detail)


def _parts(passage: Passage, start: int) -> Iterator[Part]:
    """The items of a list, from a place on, until something is no item."""
    place = start
    while True:
        opener = _OPENS.match(passage.bare, place)
        place = opener.end() if opener else _past_separator(passage.bare, place)
        match = _item().match(passage.bare, place)
        read = read_match(match) if match else None
        if match is None or read is None or read[0] >= LARGEST or _ends_list(match["label"]):
            return
        figure = Figure("", read[0], "item", passage.printed, read[1])
        yield Part(_TRIM.sub("", match["label"]), figure, opener is not None)
        place = match.end()


def _past_separator(text: str, place: int) -> int:
    match = _SEPARATORS.match(text, place)
    return match.end() if match else place


def _ends_list(label: str) -> bool:
    return not _TRIM.sub("", label) or any(
        guard.pattern.search(label) for guard in guards() if guard.where == "list"
    )


@cache
def _item() -> re.Pattern[str]:
    words = measure_words()["item"]
    return re.compile(
        rf"(?P<label>(?:第?[1-4]季度)?[^\d,;。:()]{{0,30}}?){NUMBER}(?:{words})(?=[,;。、和及)]|以及|$)"
    )


@cache
def measure_words() -> dict[str, str]:
    """The measure words of each unit as a pattern, longer words first."""
    words: dict[str, list[str]] = {}
    for row in read_definitions(HERE / "measure_words.csv", ("word", "unit", "note"), key=["word"]).rows:
        words.setdefault(row["unit"], []).append(re.escape(row["word"]))
    return {unit: "|".join(sorted(listed, key=len, reverse=True)) for unit, listed in words.items()}


@cache
def channels() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The channels of publication, and how they are written."""
    rows = read_definitions(HERE / "channels.csv", CHANNEL_COLUMNS, key=["channel"]).rows
    return tuple((row["channel"], row.pattern("pattern")) for row in rows)


@cache
def guards() -> tuple[Guard, ...]:
    """What makes a number another one than it seems.

    Raises:
        DefinitionError: An unknown place, or a pattern that is no regular expression, with its line.
    """
    return tuple(
        Guard(row.one_of("where", GUARDED), row.pattern("pattern"), frozenset(row["concepts"].split()))
        for row in read_definitions(HERE / "figure_guards.csv", GUARD_COLUMNS).rows
    )


@cache
def figure_rules() -> tuple[FigureRule, ...]:
    """The rules of `figures.csv`.

    Raises:
        DefinitionError: A part, unit or span that is unknown, or a pattern that has neither a number nor a
            value, or is no regular expression, with its line.
    """
    rows = read_definitions(HERE / "figures.csv", RULE_COLUMNS, key=["concept", "pattern"]).rows
    return tuple(_rule(row) for row in rows)


@cache
def _pattern_parts() -> dict[str, str]:
    rows = read_definitions(HERE / "figure_words.csv", ("name", "pattern", "note"), key=["name"]).rows
    units = {u: f"(?:(?:{words}){_NOT_AFTER_MEASURE})" for u, words in measure_words().items()}
    return {row["name"]: row["pattern"] for row in rows} | units


def _rule(row: Row) -> FigureRule:
    value = Decimal(row["value"]) if row["value"] else None
    if row["unit"] not in measure_words() or row["span"] not in SPANS:
        raise row.fail(f"unit {row['unit']!r} or span {row['span']!r} is unknown")
    if row["pattern"].count("NUMBER") != (0 if value is not None else 1):
        raise row.fail("a pattern needs NUMBER where the figure stands, once, or a value")
    return FigureRule(
        concept=row["concept"],
        pattern=row.compiled(_whole(row).replace("NUMBER", NUMBER), "pattern"),
        unit=row["unit"],
        rank=int(row["rank"]),
        sections=frozenset(int(number) for number in row["sections"].split()),
        is_stock=row["span"] == "standing",
        value=value,
        needs=row.pattern("needs") if row["needs"] else None,
    )


def _whole(row: Row) -> str:
    """The pattern with its parts in place; `{0,14}` of a regular expression is no part."""
    parts = _pattern_parts()

    def part(match: re.Match[str]) -> str:
        if match[1] not in parts:
            raise row.fail(f"{{{match[1]}}} is no part of figure_words.csv and no unit")
        return parts[match[1]]

    return re.sub(r"\{([a-z_]+)\}", part, row["pattern"])
