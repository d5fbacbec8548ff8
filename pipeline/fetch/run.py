"""Sources flow in; their content goes to the archive as each fetch ends, and a summary flows out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import polars as pl

from pipeline.archive import COMPACT_ABOVE, Archive
from pipeline.fetch.answer import UNREACHABLE, FetchError
from pipeline.fetch.client import Client
from pipeline.fetch.keep import Keeper, by_host, held_content
from pipeline.fetch.settings import FetchSettings
from pipeline.fetch.sources import Source
from pipeline.manifest import ManifestRow, Outcome

T = TypeVar("T")
Progress = Callable[[int, int, ManifestRow], None]


@dataclass(frozen=True, slots=True)
class FetchSummary:
    """What one run came to.

    Attributes:
        rows: One manifest row a source, in the order in which the fetches ended.
        hosts: The host of each row.
        started_at: UTC; likewise `ended_at`.
    """

    rows: tuple[ManifestRow, ...]
    hosts: tuple[str, ...]
    started_at: datetime
    ended_at: datetime

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many fetches came to each outcome; outcomes that did not occur are left out."""
        return dict(Counter(row.outcome for row in self.rows))

    @property
    def errors(self) -> dict[str, int]:
        """How many fetches failed with each code, the most frequent first."""
        return dict(Counter(row.error for row in self.rows if row.error).most_common())

    def by_host(self) -> pl.DataFrame:
        """Counts: `host`, `outcome`, `error` (null without one), `fetches`."""
        columns = {
            "host": list(self.hosts),
            "outcome": [row.outcome for row in self.rows],
            "error": [row.error for row in self.rows],
        }
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))
        return frame.group_by(*columns).agg(pl.len().alias("fetches")).sort(*columns)


def fetch_sources(
    sources: Iterable[Source],
    archive: Archive,
    settings: FetchSettings,
    progress: Progress | None = None,
) -> FetchSummary:
    """Fetches every source once, many hosts side by side and each host in turn.

    Content and manifest row are written as each fetch ends, so that a run that is stopped loses nothing. A
    source that fails is a row; the others go on.

    Args:
        sources: What to fetch; an address that stands twice is fetched once, for the first of them.
        archive: Where content and rows go; its manifest gives the conditional requests.
        settings: Limits and manners.
        progress: Called after each fetch with how many are done, how many there are, and the row.

    Raises:
        ArchiveError: The archive cannot be read or written.
    """
    groups = by_host(sources)
    keeper = Keeper(archive, held_content(archive))
    run = _Run(keeper, settings, progress, sum(map(len, groups)))
    started_at = datetime.now(UTC)
    asyncio.run(run.fetch_all(groups))
    archive.compact(COMPACT_ABOVE)
    return FetchSummary(tuple(keeper.rows), tuple(keeper.hosts), started_at, datetime.now(UTC))


async def side_by_side(
    settings: FetchSettings, groups: Iterable[T], ask: Callable[[Client, T], Awaitable[None]]
) -> None:
    """Asks all hosts with one client, so many at once as the settings say."""
    # Names that do not resolve hold a thread for long; writing to the archive must not wait for them.
    threads = ThreadPoolExecutor(2 * settings.hosts_at_once)
    asyncio.get_running_loop().set_default_executor(threads)
    slots = asyncio.Semaphore(settings.hosts_at_once)

    async def in_turn(client: Client, group: T) -> None:
        async with slots:
            await ask(client, group)

    async with Client(settings) as client:
        await asyncio.gather(*(in_turn(client, group) for group in groups))


@dataclass(slots=True)
class _Run:
    """One run's inputs; what it comes to stands with its keeper."""

    keeper: Keeper
    settings: FetchSettings
    progress: Progress | None
    total: int

    async def fetch_all(self, groups: Iterable[list[Source]]) -> None:
        """Fetches the sources of all hosts."""
        await side_by_side(self.settings, groups, self._ask_host)

    async def _ask_host(self, client: Client, sources: list[Source]) -> None:
        """Fetches one host's sources in turn, until it fails too often in a row."""
        failures = 0
        for source in sources:
            if failures >= self.settings.host_failure_limit:
                error = FetchError("host_unreachable", host=source.host, count=failures)
                row = self.keeper.failure(source, error)
                await self.keeper.record(source, row)
            else:
                row = (await self.keeper.visit(client, source)).row
                failures = failures + 1 if row.error in UNREACHABLE else 0
            if self.progress is not None:
                self.progress(len(self.keeper.rows), self.total, row)
