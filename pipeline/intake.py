"""Files given and sources fetched → the archive, and the list of raw documents that a build reads.

A build reads from the archive alone, so that any later one can be repeated without the files or the network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from pipeline.archive import Archive, printable
from pipeline.batch import Item, files_under
from pipeline.fetch.sources import Source
from schemas.messages import Message

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


def take_files(inputs: Sequence[Path], archive: Archive) -> pl.DataFrame:
    """Deposits the files named, and those below the folders named; a row each, in their order."""
    named = list(_named_files(inputs))
    rows = archive.deposit_all(path for path, _ in named)
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


def held_sources(sources: Iterable[Source], archive: Archive) -> pl.DataFrame:
    """What the archive holds of some sources; those it never had are left out.

    Status and time are those of the answer that brought the bytes, not of a later one that said “unchanged”: a
    night on which nothing changed leaves the tables as they were.
    """
    trust = {source.url: source.trust for source in sources if source.kind != "listing"}
    brought = archive.manifest().filter(
        pl.col("url").is_in(sorted(trust)), pl.col("outcome").is_in(["CREATE", "UPDATE"])
    )
    rows = brought.unique("url", keep="last", maintain_order=True).sort("url").iter_rows(named=True)
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
        for row in rows
    )


def items(raw: pl.DataFrame) -> list[Item]:
    """What the readers are given: a document in the archive, known by its source."""
    held = raw.filter(pl.col("sha256").is_not_null())
    return [
        Item(Path(row["location"]), row["source"], urlsplit(row["url"] or "").hostname or "")
        for row in held.iter_rows(named=True)
    ]


def intake_failures(raw: pl.DataFrame) -> pl.DataFrame:
    """The rows of `failures` for files that never reached the archive."""
    lost = raw.filter(pl.col("error").is_not_null())
    rows = []
    for row in lost.iter_rows(named=True):
        words = Message(row["error"], json.loads(row["error_details"] or "{}"))
        rows.append((None, row["source"], "read", words.code, words.text("en"), words.text("zh"), None))
    names = ("sha256", "source", "stage", "code", "message_en", "message_zh", "reader")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")


def _place(archive: Archive, digest: str | None) -> str | None:
    return archive.locate(digest) if digest else None


def _frame(rows: Iterable[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RAW_SCHEMA, orient="row")
