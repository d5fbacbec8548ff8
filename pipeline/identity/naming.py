"""Finds the organ that a report names as its own: title, lines and prose → name and where from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.identity.lines import Line, first_heading, fold
from pipeline.identity.organs import ends_like_organ, listed_organ, read_organ, without_joint_name
from pipeline.identity.places import read_place
from pipeline.identity.titles import Title, is_named, is_no_name, title_of_page, titles_told

NAME = r"(?P<name>[\u4e00-\u9fff][\u4e00-\u9fff()]{2,40}?)"
YEAR = r"(?:20\d{2}年(?:度)?(?:以来)?,?)?"
PREAMBLE_END = 1500
PREAMBLE = (
    rf"现将{NAME}{YEAR}(?:政府信息公开|政务公开|信息公开)",
    rf"结合{NAME}(?:的)?(?:工作)?实际",
    rf"(?:做好|推进|加强){NAME}的?(?:政府信息公开|政务公开|信息公开)",
    rf"由{NAME}(?:综合科|秘书科|法规科)?(?:根据|按照|依据|依照|结合|组织|汇总|编制|发布|负责)",
    rf"(?:^|[。;]){NAME}(?:根据|按照|依据|依照|现特|特此|现将)",
    rf"(?:与|向|请与|请同|联系){NAME}(?:的?(?:办公室|综合科|办公厅|秘书科|法规科))?(?:联系|咨询|反映)",
)
EDITED = (
    rf"由{NAME}(?:综合科|秘书科|法规科)?(?:(?:根据|按照|依据|依照|结合)[^。;]{{0,40}}?)?"
    r"(?:组织|汇总|负责)?编制(?:完成|而成)?(?:[。,;]|本|《?20\d{2}年)",
    rf"(?:^|[。,;]){NAME}(?:特|现|组织)编制(?:了)?(?:本|《?20\d{{2}}年)",
)
"""How the first sentences tell who made the report, where it opens with section one."""
OPENING = 300
SECTION_ONE = (
    rf"(?:^|[。,;]|情况){YEAR}{NAME}(?:认真|坚持|紧紧|深入|严格|积极|全面|高度|始终|切实|贯彻|按照|根据|以习|在|"
    r"(?:政府|政务)?信息公开工作)",
)
DAY = r"(?:20\d{2}年\d{1,2}月\d{1,2}日|20\d{2}-\d{1,2}-\d{1,2})"
BYLINE = re.compile(
    r"^[-—–]{0,4}(?P<open>\()?(?P<name>[\u4e00-\u9fff()]{3,40}?)(?(open)\)?)"
    rf"(?:\(?{DAY}\)?)?(?(open)\)?)$"
)
SOURCE = re.compile(
    r"^(?:信息来源|来源|发布机构|发文机关|公开主体|发布单位|索引单位|信息提供)[:](?P<name>[\u4e00-\u9fff()]{3,40})$"
)
SIGNATURE_LINES = 8
SELF = re.compile(r"(?:我|本)([局厅委])(?!托|任|员)")
SURE_SOURCES = ("title", "line below the title")


@dataclass(frozen=True, slots=True)
class Naming:
    """An organ's name as printed, and where it was found."""

    name: str
    source: str


def find_naming(
    lines: tuple[Line, ...], title: Title | None, page_names: tuple[str, ...], content_source: str = ""
) -> Naming | None:
    """The organ as the report names itself: the first that title, byline, preamble and the rest name.

    Past title and byline, one of another kind than the `我局` of the prose is not the one that speaks.
    """
    kinds = {kind for line in lines for kind in SELF.findall(line.folded)}
    namings = _namings(lines, title, page_names, content_source)
    return next((n for n in namings if n.source in SURE_SOURCES or _may_be_self(n.name, kinds)), None)


def _may_be_self(name: str, kinds: set[str]) -> bool:
    return not kinds or any(kind in name for kind in kinds)


def _namings(
    lines: tuple[Line, ...], title: Title | None, page_names: tuple[str, ...], content_source: str
) -> Iterator[Naming]:
    titled = title is not None and _may_name(title.agency)
    doubtful = titled and title is not None and _may_be_the_site(title, lines)
    if title is not None and titled and not doubtful:
        yield Naming(title.agency, "title")
    if title is not None:
        yield from _from_lines(lines[title.last + 1 : title.last + 3], BYLINE, "line below the title")
    start = title.last + 1 if title is not None else 0
    heading = first_heading(lines)
    preamble = _flow(lines[start:heading])
    for told in titles_told(*preamble):
        if is_named(told.agency):
            yield Naming(told.agency, "preamble")
    yield from _from_prose(preamble, PREAMBLE, "preamble")
    yield from _from_lines(lines[-SIGNATURE_LINES:][::-1], BYLINE, "signature")
    section_one = _flow(lines[heading + 1 :])
    yield from _from_prose((section_one[0][:OPENING], section_one[1]), EDITED, "section one")
    yield from _from_prose(_flow(lines[heading:]), SECTION_ONE, "section one")
    yield from _from_lines(lines, SOURCE, "source line")
    if _is_organ(content_source):
        yield Naming(content_source, "source line")
    for words in page_names:
        page_title = title_of_page(words)
        if page_title is not None and _may_name(page_title.agency):
            yield Naming(page_title.agency, "name of the page or file")
    if title is not None and doubtful:
        yield Naming(title.agency, "line above the title")


def _may_be_the_site(title: Title, lines: tuple[Line, ...]) -> bool:
    """Whether a government named above the title may be the site's owner, as the prose speaks of 我局."""
    above = (
        title.first < title.last
        and read_organ(read_place(title.agency).organ).function == "people_government"
    )
    return above and any(SELF.search(line.folded) for line in lines[title.last :])


def _flow(lines: tuple[Line, ...]) -> tuple[str, str]:
    """The text as folded and as printed, position by position."""
    return "".join(line.folded for line in lines)[:PREAMBLE_END], "".join(line.text for line in lines)


def _may_name(name: str) -> bool:
    """Whether a title's words may name an organ: a whole name, or an organ without its place (`县人社局`)."""
    if not name or is_no_name(name):
        return False
    return is_named(name) or listed_organ(name) is not None or ends_like_organ(name)


def _from_prose(text: tuple[str, str], patterns: tuple[str, ...], source: str) -> Iterator[Naming]:
    folded, printed = text
    for pattern in patterns:
        for match in re.finditer(pattern, folded):
            name = printed[match.start("name") : match.end("name")]
            if _is_organ(name):
                yield Naming(name, source)


def _from_lines(lines: tuple[Line, ...], pattern: re.Pattern[str], source: str) -> Iterator[Naming]:
    for line in lines:
        match = pattern.match(line.folded)
        if match is not None:
            name = line.text[match.start("name") : match.end("name")]
            if _is_organ(name):
                yield Naming(name, source)


def _is_organ(name: str) -> bool:
    """Whether words found in prose are a whole name of an organ, its place and its kind."""
    folded = fold(name)
    if is_no_name(name) or not is_named(name) or folded.count("(") != folded.count(")"):
        return False
    place = read_place(name)
    is_whole = ends_like_organ(name) or bool(place.township and place.chains)
    return (bool(place.organ) and is_whole and len(without_joint_name(name)) <= 40) or bool(place.central)
