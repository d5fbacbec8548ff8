"""Listings flow in; the reports and files they lead to flow out as sources, and all that was asked is archived."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.archive import COMPACT_ABOVE, Archive
from pipeline.fetch.answer import UNREACHABLE, Answer, FetchError
from pipeline.fetch.client import Client
from pipeline.fetch.discover import ProposedSource, walk_from
from pipeline.fetch.keep import Keeper, by_host, held_content
from pipeline.fetch.resting import REST
from pipeline.fetch.run import side_by_side
from pipeline.fetch.settings import FetchSettings
from pipeline.fetch.sources import Source
from schemas.messages import Message

LEFT_ALONE = "host_unreachable"


@dataclass(slots=True)
class Walked:
    """What walking some listings came to.

    Attributes:
        found: The reports and attachments that were found, in the order of their addresses.
        asked: Every address that was asked; there is no need to ask it again in the same run.
        said: By listing, what a walk could not read or where it stopped at a limit.
        failed: Listings whose first page gave no content, with the code of the reason.
    """

    found: tuple[Source, ...] = ()
    asked: frozenset[str] = frozenset()
    said: list[tuple[str, Message]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def walk_listings(
    listings: Iterable[Source],
    archive: Archive,
    settings: FetchSettings,
    resting: Mapping[str, str] | None = None,
    spared: Container[str] = (),
) -> Walked:
    """Walks listings, many hosts side by side and each host in turn.

    Every page on the way is asked conditionally and kept, so that a page that has not changed is read from the
    archive. A listing that fails is a row of the manifest; the others go on.

    Args:
        listings: Pages to start from.
        archive: Where every page on the way goes.
        settings: Limits and manners.
        resting: Addresses that are not asked now, with the code of what they said last.
        spared: Addresses that are not asked, since what they gave stands: it is read from the archive.

    Raises:
        ArchiveError: The archive cannot be read or written.
    """
    groups = by_host(listings)
    walks = _Walks(Keeper(archive, held_content(archive)), settings, resting or {}, spared)
    asyncio.run(side_by_side(settings, groups, walks.walk_host))
    archive.compact(COMPACT_ABOVE)
    asked = frozenset(row.url for row in walks.keeper.rows)
    found = tuple(walks.found[url] for url in sorted(walks.found))
    return Walked(found, asked, sorted(walks.said, key=str), walks.failed)


@dataclass(slots=True)
class _Walks:
    """The walks of one run, with what they share."""

    keeper: Keeper
    settings: FetchSettings
    resting: Mapping[str, str]
    spared: Container[str] = ()
    found: dict[str, Source] = field(default_factory=dict)
    said: list[tuple[str, Message]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unreachable: Counter[str] = field(default_factory=Counter)

    async def walk_host(self, client: Client, listings: list[Source]) -> None:
        """Walks the listings of one host in turn."""
        for listing in listings:
            await self._walk(client, listing)

    async def _walk(self, client: Client, listing: Source) -> None:
        async def ask(url: str) -> Answer:
            stored = await self.keeper.stored(url) if url in self.spared else None
            if stored is not None:
                return stored
            if url in self.resting or url in self.spared:
                raise FetchError("address_rests", said=self.resting.get(url, "-"), days=REST.days)
            return await self._ask(client, replace(listing, url=url))

        def tell(words: Message) -> None:
            self.said.append((listing.url, words))

        try:
            proposals = await walk_from(listing.url, ask, self.settings, tell)
        except FetchError as error:
            self.failed[listing.url] = error.code
            if error.code == LEFT_ALONE:
                await self.keeper.record(listing, self.keeper.failure(listing, error))
            return
        for proposal in proposals:
            self.found.setdefault(proposal.source.url, _of_listing(proposal, listing))

    async def _ask(self, client: Client, source: Source) -> Answer:
        """The content at an address, unless its host has failed too often in a row to be asked again."""
        host, failures = source.host, self.unreachable[source.host]
        if failures >= self.settings.host_failure_limit:
            raise FetchError(LEFT_ALONE, host=host, count=failures)
        try:
            answer = await self.keeper.content(client, source)
        except FetchError as error:
            self.unreachable[host] = failures + 1 if error.code in UNREACHABLE else 0
            raise
        self.unreachable[host] = 0
        return answer


def _of_listing(proposal: ProposedSource, listing: Source) -> Source:
    """The source as proposed; on the listing's own host it has its trust and, unless it names one, its organ."""
    source = replace(proposal.source, listing=listing.source_id)
    if source.host != listing.host:
        return source
    return replace(source, trust=listing.trust, agency_name=source.agency_name or listing.agency_name)
