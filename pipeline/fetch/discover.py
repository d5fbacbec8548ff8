"""The address of a listing flows in; proposed sources flow out, for a person to judge."""

from __future__ import annotations

import asyncio
import csv
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from io import StringIO
from urllib.parse import urlsplit

from pipeline.fetch.answer import Answer, FetchError
from pipeline.fetch.client import Client
from pipeline.fetch.links import (
    data_addresses,
    further_pages,
    is_file,
    link_role,
    links_in_data,
    may_be_file,
    names_report,
    read_organ_name,
    read_year,
    viewed_file,
)
from pipeline.fetch.page import Link, Page, read_page
from pipeline.fetch.settings import FetchSettings
from pipeline.fetch.sources import COLUMNS, Source, SourceKind, Trust
from pipeline.readers.sniff import sniff
from schemas.messages import Message, message

OFFICIAL_SUFFIX = ".gov.cn"
COLUMN_DEPTH = 2

Tell = Callable[[Message], None]
Fetch = Callable[[str], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class ProposedSource:
    """A source as discovery would add it.

    Attributes:
        source: A row for the register; organ and year are empty where the link's words leave them open.
        link_text: The words of the link, or the name of the file.
        found_on: The page the link stands on.
    """

    source: Source
    link_text: str
    found_on: str


def discover(url: str, settings: FetchSettings, tell: Tell | None = None) -> list[ProposedSource]:
    """Walks a listing page and what it leads to, and proposes sources; stores and changes nothing.

    Follows the listing's further pages (linked, counted by a paging script, or in a JSON that a script
    names), every link whose words name such a report, and from a report's page the files it offers.

    Args:
        url: A page that lists reports, or one report's page.
        settings: Limits and manners; `max_pages` and `max_requests` bound the walk.
        tell: Is given what the walk could not read, and whether it stopped at a limit.

    Raises:
        FetchError: The first page cannot be read.
    """
    return asyncio.run(_walk(url, settings, tell or (lambda _: None)))


def proposals_csv(proposals: Iterable[ProposedSource]) -> str:
    """Proposals as CSV with the columns of `sources.csv`, for a person to choose from."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for proposal in proposals:
        values = (getattr(proposal.source, column) for column in COLUMNS)
        writer.writerow("" if value is None else value for value in values)
    return text.getvalue()


async def _walk(url: str, settings: FetchSettings, tell: Tell) -> list[ProposedSource]:
    async with Client(settings) as client:
        return await walk_from(url, client.fetch, settings, tell)


async def walk_from(url: str, fetch: Fetch, settings: FetchSettings, tell: Tell) -> list[ProposedSource]:
    """Walks from one page with any way of asking; see `discover`.

    Raises:
        FetchError: The first page cannot be read.
    """
    walk = _Walk(fetch, settings, tell)
    first = await walk.ask(url)
    await walk.read_column(first, Link(url, ""), 0)
    await walk.go_on()
    return list(walk.proposals.values())


class _LimitReachedError(Exception):
    """The walk has made all the requests it may make."""


@dataclass(slots=True)
class _Walk:
    """One walk: what waits to be read, what was asked, and what is proposed so far."""

    fetch: Fetch
    settings: FetchSettings
    tell: Tell
    listings: deque[tuple[Link, int]] = field(default_factory=deque)
    reports: deque[Link] = field(default_factory=deque)
    asked: set[str] = field(default_factory=set)
    pages: int = 0
    proposals: dict[str, ProposedSource] = field(default_factory=dict)

    async def ask(self, url: str) -> Answer:
        """One request, if the walk may still make one."""
        if len(self.asked) >= self.settings.max_requests:
            raise _LimitReachedError
        self.asked.add(url)
        return await self.fetch(url)

    async def go_on(self) -> None:
        """Reads listings before reports, so that a limit costs attachments rather than reports."""
        try:
            while self.listings:
                link, depth = self.listings.popleft()
                answer = await self._ask_once(link.url)
                if answer is not None:
                    await self.read_column(answer, link, depth)
            while self.reports:
                link = self.reports.popleft()
                answer = await self._ask_once(link.url)
                if answer is not None:
                    await self._read_report(answer, link)
        except _LimitReachedError:
            self.tell(message("discovery_limit", limit=self.settings.max_requests, what="requests"))

    async def read_column(self, answer: Answer, link: Link, depth: int) -> None:
        """Reads a page that is a listing, or the one report a site has under a general name."""
        if not _is_page(answer):
            self._take_links(links_in_data(answer.data, answer.final_url), _blank_page(answer), depth)
            return
        page = read_page(answer.data, answer.final_url)
        self.pages += 1
        found = self._take_links(page.links, page, depth)
        if _is_report_itself(page, found):
            report = Link(link.url, page.title)
            self._propose(report, "report", report.text, page.url, report)
            await self._read_report(answer, report)
        self._queue(further_pages(page) + data_addresses(page), depth)

    def _take_links(self, links: Iterable[Link], page: Page, depth: int) -> list[Link]:
        """Proposes the reports among a page's links, and returns them."""
        found: list[Link] = []
        for link in links:
            role = link_role(link, page)
            if role == "report":
                found.append(link)
                self._propose(link, "report", link.text, page.url, link)
                if not is_file(link.url):
                    self.reports.append(link)
            elif role == "column" and depth < COLUMN_DEPTH:
                self._queue([link.url], depth + 1)
        return found

    def _queue(self, urls: Iterable[str], depth: int) -> None:
        waiting = {link.url for link, _ in self.listings}
        for url in urls:
            if url in self.asked or url in waiting:
                continue
            if self.pages + len(self.listings) >= self.settings.max_pages:
                self.tell(message("discovery_limit", limit=self.settings.max_pages, what="pages"))
                return
            waiting.add(url)
            self.listings.append((Link(url, ""), depth))

    async def _read_report(self, answer: Answer, report: Link) -> None:
        """Proposes the files that a report's page offers."""
        if not _is_page(answer):
            return
        page = read_page(answer.data, answer.final_url)
        told = report if read_year(report.text) else Link(report.url, f"{report.text} {page.title}")
        for link in page.links:
            url = viewed_file(link.url)
            if is_file(url):
                self._propose(Link(url, link.text), "attachment", link.text, page.url, told)
            elif may_be_file(url):
                await self._try_download(Link(url, link.text), page, told)

    async def _try_download(self, link: Link, page: Page, report: Link) -> None:
        answer = await self._ask_once(link.url)
        if answer is not None and not _is_page(answer):
            self._propose(link, "attachment", answer.file_name or link.text, page.url, report)

    async def _ask_once(self, url: str) -> Answer | None:
        """The answer, or None where the address was asked before or gives no content."""
        if url in self.asked:
            return None
        try:
            return await self.ask(url)
        except FetchError as error:
            self.tell(message("discovery_skipped", url=url, reason=str(error)))
            return None

    def _propose(self, link: Link, kind: SourceKind, words: str, found_on: str, report: Link) -> None:
        """Adds a proposal; what the file's own words leave open is taken from its report's link."""
        if link.url in self.proposals:
            return
        year = read_year(words) or read_year(report.text)
        source = Source(
            source_id=_source_id(link.url, year),
            url=link.url,
            kind=kind,
            agency_name=_fuller(read_organ_name(words), read_organ_name(report.text)),
            report_year=year,
            trust=_trust(link.url),
            note=f"“{words}” on {found_on}",
        )
        self.proposals[link.url] = ProposedSource(source, words, found_on)


def _fuller(own: str, of_report: str) -> str:
    """A file's own organ, unless its report's link names the same one in full."""
    return of_report if of_report.endswith(own) else own


def _is_report_itself(page: Page, reports: Iterable[Link]) -> bool:
    """Whether a page's title is a report's: a listing of one year's reports links to several of that year."""
    year = read_year(page.title)
    same_year = (link for link in reports if read_year(link.text) == year and not is_file(link.url))
    return year is not None and names_report(page.title) and not any(same_year)


def _is_page(answer: Answer) -> bool:
    return sniff(answer.data, answer.file_name or "") == "text/html"


def _blank_page(answer: Answer) -> Page:
    """Stands for a listing given as data: its records name reports in full or in short."""
    return Page(answer.final_url, "", "政府信息公开年报", "", 0, 0, ())


def _source_id(url: str, year: int | None) -> str:
    host = urlsplit(url).hostname or ""
    return f"{host}-{year or 'undated'}-{sha256(url.encode()).hexdigest()[:8]}"


def _trust(url: str) -> Trust:
    host = urlsplit(url).hostname or ""
    return "official" if f".{host}".endswith(OFFICIAL_SUFFIX) else "mirror"
