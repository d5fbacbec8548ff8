"""Sources flow in; their content goes to the archive as each fetch ends, and a summary flows out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime

import polars as pl

from pipeline.archive import Archive, ArchiveError, ManifestRow, Outcome, compare, failed_row
from pipeline.fetch.answer import UNREACHABLE, Answer, FetchError, Validators
from pipeline.fetch.client import Client
from pipeline.fetch.settings import FetchSettings
from pipeline.fetch.sources import Source
from pipeline.readers.sniff import sniff

Progress = Callable[[int, int, ManifestRow], None]
COMPACT_ABOVE = 500


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


@dataclass(frozen=True, slots=True)
class Held:
    """What the archive holds of an address: the row's fields that an unchanged answer repeats."""

    sha256: str
    final_url: str
    etag: str | None
    last_modified: str | None
    declared_type: str | None
    media_type: str | None
    file_name: str | None
    bytes: int | None

    @property
    def validators(self) -> Validators:
        """What lets the site answer “unchanged”."""
        return Validators(self.final_url, self.etag, self.last_modified)


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
    first_of: dict[str, Source] = {}
    for source in sources:
        first_of.setdefault(source.url, source)
    run = _Run(archive, settings, progress, len(first_of), held_content(archive))
    started_at = datetime.now(UTC)
    asyncio.run(run.fetch_all(first_of.values()))
    archive.compact(COMPACT_ABOVE)
    return FetchSummary(tuple(run.rows), tuple(run.hosts), started_at, datetime.now(UTC))


def held_content(archive: Archive) -> dict[str, Held]:
    """What is held of each address that ever gave content."""
    names = [field.name for field in fields(Held)]
    frame = archive.latest().filter(pl.col("held_sha256").is_not_null())
    rows = frame.select("url", *(pl.col(f"held_{name}").alias(name) for name in names)).iter_rows(named=True)
    return {row["url"]: Held(**{name: row[name] for name in names}) for row in rows}


@dataclass(slots=True)
class _Run:
    """One run's inputs, and the rows it has come to so far."""

    archive: Archive
    settings: FetchSettings
    progress: Progress | None
    total: int
    held: dict[str, Held]
    rows: list[ManifestRow] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)

    async def fetch_all(self, sources: Iterable[Source]) -> None:
        """Asks all hosts, so many at once as the settings say."""
        by_host: dict[str, list[Source]] = {}
        for source in sources:
            by_host.setdefault(source.host, []).append(source)
        # Names that do not resolve hold a thread for long; writing to the archive must not wait for them.
        threads = ThreadPoolExecutor(2 * self.settings.hosts_at_once)
        asyncio.get_running_loop().set_default_executor(threads)
        slots = asyncio.Semaphore(self.settings.hosts_at_once)
        async with Client(self.settings) as client:
            await asyncio.gather(*(self._ask_host(client, slots, group) for group in by_host.values()))

    async def _ask_host(self, client: Client, slots: asyncio.Semaphore, sources: list[Source]) -> None:
        """Fetches one host's sources in turn, until it fails too often in a row."""
        async with slots:
            failures = 0
            for source in sources:
                if failures >= self.settings.host_failure_limit:
                    error = FetchError("host_unreachable", host=source.host, count=failures)
                    row = self._failure(source, error)
                else:
                    row = await self._fetch(client, source)
                    failures = failures + 1 if row.error in UNREACHABLE else 0
                await self._record(source, row)

    async def _fetch(self, client: Client, source: Source) -> ManifestRow:
        held = await asyncio.to_thread(self._still_held, source)
        try:
            answer = await client.fetch(source.url, held.validators if held else Validators())
            return await asyncio.to_thread(self._keep, source, answer)
        except ArchiveError:
            raise  # Without its archive a run has no purpose.
        except FetchError as error:
            return self._failure(source, error)
        except Exception as error:  # One source's surprise is a row, and the others go on.
            reason = str(error).split("\n")[0]
            return self._failure(
                source, FetchError("fetch_failed", error_class=type(error).__name__, reason=reason)
            )

    async def _record(self, source: Source, row: ManifestRow) -> None:
        await asyncio.to_thread(self.archive.record, [row])
        self.rows.append(row)
        self.hosts.append(source.host)
        if self.progress is not None:
            self.progress(len(self.rows), self.total, row)

    def _still_held(self, source: Source) -> Held | None:
        """What is held, unless the store has lost it: then it is fetched as if for the first time."""
        held = self.held.get(source.url)
        return held if held and self.archive.has(held.sha256) else None

    def _keep(self, source: Source, answer: Answer) -> ManifestRow:
        """Stores the content and tells what it is to what was held."""
        held = self.held.get(source.url)
        if answer.not_modified and held is not None:
            return self._unchanged(source, answer, held)
        digest = self.archive.put(answer.data)
        before = held.sha256 if held else None
        return ManifestRow(
            url=source.url,
            outcome=compare(before, digest),
            source_id=source.source_id,
            final_url=answer.final_url,
            http_status=answer.status,
            etag=answer.header("etag"),
            last_modified=answer.header("last-modified"),
            declared_type=answer.header("content-type"),
            media_type=sniff(answer.data, answer.file_name or ""),
            file_name=answer.file_name,
            bytes=len(answer.data),
            sha256=digest,
            previous_sha256=before,
        )

    def _unchanged(self, source: Source, answer: Answer, held: Held) -> ManifestRow:
        repeated = asdict(held) | {
            "final_url": answer.final_url,
            "etag": answer.header("etag") or held.etag,
            "last_modified": answer.header("last-modified") or held.last_modified,
        }
        return ManifestRow(
            url=source.url,
            outcome="UNCHANGED",
            source_id=source.source_id,
            http_status=answer.status,
            previous_sha256=held.sha256,
            **repeated,
        )

    def _failure(self, source: Source, error: FetchError) -> ManifestRow:
        held = self.held.get(source.url)
        return failed_row(
            source.url,
            "GONE" if error.gone and held else "FAILED",
            error,
            source_id=source.source_id,
            final_url=error.final_url,
            http_status=error.http_status,
            previous_sha256=held.sha256 if held else None,
        )
