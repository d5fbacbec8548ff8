"""Files given and sources fetched → the archive, and the list of raw documents that a build reads.

A build reads from the archive alone, so that any later one can be repeated without the files or the network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl

from pipeline.archive import Archive
from pipeline.deposits import deposit, printable
from pipeline.fetch.sources import Source
from pipeline.manifest import BRINGING
from pipeline.objects import place_of
from pipeline.running.items import Item, files_under
from pipeline.tidy import Row, failure_row
from schemas.messages import Message
from schemas.tables import frame_of

INBOX = "inbox"
"""The `source_id` of files dropped into the inbox."""

RAW_SCHEMA: dict[str, pl.DataType] = {
    "source": pl.String(),
    "sha256": pl.String(),
    "location": pl.String(),
    "url": pl.String(),
    "http_status": pl.Int16(),
    "fetched_at": pl.Datetime("us", "UTC"),
    "error": pl.String(),
    "error_details": pl.String(),
    "trust": pl.String(),
}
"""A raw document: what it is called, its hash and place in the archive (null where `error` says why it is not
there), and for fetched ones the address, the answer's status, when it came and what the source is trusted as."""


def take_files(inputs: Sequence[Path], archive: Archive, source_id: str = "") -> pl.DataFrame:
    """Deposits the files named, and those below the folders named; a row each, in their order."""
    named = list(_named_files(inputs))
    rows = deposit(archive, (path for path, _ in named), source_id=source_id)
    return _frame(
        (name, row.sha256, _place(archive, row.sha256), None, None, None, row.error, row.error_details, None)
        for (_, name), row in zip(named, rows, strict=True)
    )


def _named_files(inputs: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each file with the name it is known by: relative to the folder given, that folder's name before it."""
    for given in inputs:
        for path in files_under([given]):
            relative = path.relative_to(given.parent) if path.is_relative_to(given.parent) else path
            yield path, printable(str(relative))


def fetched_documents(sources: Iterable[Source], archive: Archive) -> pl.DataFrame:
    """What the archive holds of some sources, and why the last visit to an address gave nothing.

    Every version that an address ever gave is a row: a report that its office replaced, or that was taken away,
    was published all the same. Status and time are those of the answer that brought the bytes, not of a later
    one that said “unchanged”: a night on which nothing changed leaves the tables as they were.
    """
    sources = tuple(sources)
    trust = {source.url: source.trust for source in sources if source.kind != "listing"}
    manifest = archive.telling().filter(pl.col("url").is_in(sorted(source.url for source in sources)))
    last = manifest.unique("url", keep="last", maintain_order=True).sort("url")
    return pl.concat([_brought(manifest, trust, archive), _refused(last)])


def inbox_documents(inbox: Path, archive: Archive) -> pl.DataFrame:
    """Every file ever dropped into the inbox, each of its versions; it may be cleared away once it is taken.

    Files that are in the inbox now are taken first; one that cannot be is a row that says why. A file is known by
    its name in the inbox, also when the inbox has moved since.
    """
    taken = take_files([inbox], archive, INBOX) if inbox.is_dir() else _frame(())
    brought = archive.telling().filter(
        pl.col("source_id") == INBOX,
        pl.col("url").str.starts_with("file:"),
        pl.col("outcome").is_in(BRINGING),
    )
    rows = brought.unique(["url", "sha256"], keep="last", maintain_order=True).sort("url", "fetched_at")
    held = _frame(
        (_inbox_name(inbox, row), row["sha256"], archive.locate(row["sha256"]), *[None] * 6)
        for row in rows.iter_rows(named=True)
    )
    return pl.concat([held, taken.filter(pl.col("error").is_not_null())])


def _inbox_name(inbox: Path, row: Mapping[str, str]) -> str:
    """The name that `take_files` gives the file: relative, with the inbox's own name before it."""
    below = inbox.absolute().as_uri() + "/"
    known = row["url"].startswith(below)
    return f"{inbox.name}/{unquote(row['url'].removeprefix(below)) if known else row['file_name']}"


def _brought(manifest: pl.DataFrame, trust: Mapping[str, str], archive: Archive) -> pl.DataFrame:
    """A row a version: the last answer that brought it, since a version can come back."""
    brought = manifest.filter(pl.col("url").is_in(sorted(trust)), pl.col("outcome").is_in(BRINGING))
    rows = brought.unique(["url", "sha256"], keep="last", maintain_order=True).sort("url", "fetched_at")
    return _frame(
        (
            row["url"],
            row["sha256"],
            archive.locate(row["sha256"]),
            row["final_url"] or row["url"],
            row["http_status"],
            row["fetched_at"],
            None,
            None,
            trust[row["url"]],
        )
        for row in rows.iter_rows(named=True)
    )


def _refused(last: pl.DataFrame) -> pl.DataFrame:
    rows = last.filter(pl.col("error").is_not_null()).iter_rows(named=True)
    return _frame(
        (row["url"], *[None] * 2, row["url"], *[None] * 2, row["error"], row["error_details"], None)
        for row in rows
    )


def items(raw: pl.DataFrame) -> list[Item]:
    """What the readers are given: a document in the archive, known by its source."""
    held = raw.filter(pl.col("sha256").is_not_null())
    return [
        Item(
            place_of(row["location"]), row["source"], urlsplit(row["url"] or "").hostname or "", row["sha256"]
        )
        for row in held.iter_rows(named=True)
    ]


def intake_failures(raw: pl.DataFrame) -> pl.DataFrame:
    """The rows of `failures` for files that could not be taken, and addresses that gave no content."""
    lost = raw.filter(pl.col("error").is_not_null())
    return frame_of("failures", map(_failure_row, lost.iter_rows(named=True)))


def _failure_row(raw: Mapping[str, str | None]) -> Row:
    words = Message(raw["error"] or "", json.loads(raw["error_details"] or "{}"))
    return failure_row(None, raw["source"], "read" if raw["url"] is None else "fetch", words, None)


def _place(archive: Archive, digest: str | None) -> str | None:
    return archive.locate(digest) if digest else None


def _frame(rows: Iterable[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RAW_SCHEMA, orient="row")
