"""A source flows in; one polite visit later its content is in the archive, and the manifest row flows out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace

import polars as pl

from pipeline.archive import Archive
from pipeline.fetch.answer import Answer, FetchError, Validators
from pipeline.fetch.client import Client
from pipeline.fetch.likeness import says_the_same
from pipeline.fetch.sources import Source
from pipeline.manifest import ManifestRow, compare, failed_row
from pipeline.objects import ArchiveError, object_path
from pipeline.readers.sniff import sniff


@dataclass(frozen=True, slots=True)
class Held:
    """What the archive holds of one address, from the last fetch that had content."""

    sha256: str
    final_url: str
    etag: str | None
    last_modified: str | None
    declared_type: str | None
    media_type: str | None
    file_name: str | None
    bytes: int

    @property
    def validators(self) -> Validators:
        """What a conditional request sends."""
        return Validators(self.final_url, self.etag, self.last_modified)


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit came to.

    Attributes:
        row: As it stands in the manifest.
        answer: What the site said; without data where it said “unchanged”. None where `error` says why.
        error: Why there is no content; None where there is.
    """

    row: ManifestRow
    answer: Answer | None = None
    error: FetchError | None = None


@dataclass(slots=True)
class Keeper:
    """Visits addresses and keeps what they give: one manifest row a visit, written as the visit ends.

    Attributes:
        archive: Where content and rows go.
        held: What it held when the run began; its validators make the requests conditional.
        rows: The rows of this run, in the order in which the visits ended; `hosts` has their hosts.
    """

    archive: Archive
    held: dict[str, Held]
    rows: list[ManifestRow] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)

    async def visit(self, client: Client, source: Source) -> Visit:
        """Asks for a source's content and keeps it; a failure is a row as well.

        Raises:
            ArchiveError: The archive cannot be read or written; without it a run has no purpose.
        """
        visit = await self._visited(client, source)
        await self.record(source, visit.row)
        return visit

    async def content(self, client: Client, source: Source) -> Answer:
        """The content at an address: as it comes, or from the archive where the site says “unchanged”.

        Raises:
            ArchiveError: The archive cannot be read or written.
            FetchError: The address gives no content.
        """
        visit = await self.visit(client, source)
        if visit.answer is None:
            raise visit.error or FetchError("fetch_failed", error_class="-", reason="no answer")
        digest = visit.row.sha256
        if not visit.answer.not_modified or digest is None:
            return visit.answer
        data = await asyncio.to_thread(self._stored, digest)
        if data is None:
            raise FetchError("archive_corrupt", sha256=digest, path=object_path(digest))
        return replace(visit.answer, status=200, data=data)

    async def stored(self, url: str) -> Answer | None:
        """What an address gave last, from the archive and without asking it; None where the archive has nothing."""
        held = self.held.get(url)
        data = await asyncio.to_thread(self._stored, held.sha256) if held else None
        return Answer(url, held.final_url, 200, (), data) if held and data is not None else None

    async def record(self, source: Source, row: ManifestRow) -> None:
        """Adds a row to the manifest and to this run's."""
        await asyncio.to_thread(self.archive.record, [row])
        self.rows.append(row)
        self.hosts.append(source.host)

    def failure(self, source: Source, error: FetchError) -> ManifestRow:
        """The row of a visit that gave no content; GONE where there was some before and the site says so."""
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

    async def _visited(self, client: Client, source: Source) -> Visit:
        held = await asyncio.to_thread(self._still_held, source)
        try:
            answer = await client.fetch(source.url, held.validators if held else Validators())
            return Visit(await asyncio.to_thread(self._keep, source, answer), answer)
        except ArchiveError:
            raise
        except FetchError as error:
            return Visit(self.failure(source, error), error=error)
        except Exception as surprise:  # One source's surprise is a row, and the others go on.
            reason = str(surprise).split("\n")[0]
            unforeseen = FetchError("fetch_failed", error_class=type(surprise).__name__, reason=reason)
            return Visit(self.failure(source, unforeseen), error=unforeseen)

    def _still_held(self, source: Source) -> Held | None:
        """What is held, unless the store has lost it: then it is fetched as if for the first time."""
        held = self.held.get(source.url)
        return held if held and self.archive.has(held.sha256) else None

    def _keep(self, source: Source, answer: Answer) -> ManifestRow:
        """Stores the content and tells what it is to what was held."""
        held = self._still_held(source)
        if held is not None and (answer.not_modified or self._is_the_same(held, answer)):
            return _unchanged(source, answer, held)
        digest = self.archive.put(answer.data)
        before = self.held.get(source.url)
        return ManifestRow(
            url=source.url,
            outcome=compare(before.sha256 if before else None, digest),
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
            previous_sha256=before.sha256 if before else None,
        )

    def _is_the_same(self, held: Held, answer: Answer) -> bool:
        """Whether a page says what the held one says, though a counter or a key in its source differs."""
        if held.media_type != "text/html":
            return False
        before = self._stored(held.sha256)
        return before is not None and says_the_same(before, answer.data, answer.final_url)

    def _stored(self, digest: str) -> bytes | None:
        """Bytes of the archive; None where they are lost, which one address must not stop the others for."""
        try:
            return self.archive.get(digest)
        except ArchiveError as error:
            if error.code not in ("archive_corrupt", "archive_missing"):
                raise
            return None


def held_content(archive: Archive) -> dict[str, Held]:
    """What is held of each address that ever gave content."""
    names = [field.name for field in fields(Held)]
    frame = archive.latest().filter(pl.col("held_sha256").is_not_null())
    rows = frame.select("url", *(pl.col(f"held_{name}").alias(name) for name in names)).iter_rows(named=True)
    return {row["url"]: Held(**{name: row[name] for name in names}) for row in rows}


def by_host(sources: Iterable[Source]) -> list[list[Source]]:
    """The sources of each host together, so that hosts can be asked side by side; an address once."""
    grouped: dict[str, dict[str, Source]] = {}
    for source in sources:
        grouped.setdefault(source.host, {}).setdefault(source.url, source)
    return [list(group.values()) for group in grouped.values()]


def _unchanged(source: Source, answer: Answer, held: Held) -> ManifestRow:
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
