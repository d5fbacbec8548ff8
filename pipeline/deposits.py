"""Files of this machine flow into the archive; what became of each flows out, as a row of the manifest."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from pipeline.archive import COMPACT_ABOVE, Archive
from pipeline.manifest import ManifestRow, compare, failed_row
from pipeline.objects import ArchiveError, folder_of, object_path
from pipeline.readers.sniff import sniff

SETTLED_SECONDS = 2.0
"""A file that was changed so lately may change once more without its times telling."""
DEPOSITS_A_RECORD = 200


@dataclass(frozen=True, slots=True)
class _Deposit:
    """What is held of a file that was taken: its hash and size, and what the disk said of it."""

    url: str
    source_id: str
    error: str | None
    sha256: str
    etag: str | None
    bytes: int

    def is_of(self, mark: str | None, source_id: str) -> bool:
        """Whether the last run that took this file took it as it stands now, from the same source."""
        return mark is not None and self.etag == mark and self.error is None and self.source_id == source_id


def deposit(
    archive: Archive, paths: Iterable[Path], max_bytes: int = 50_000_000, source_id: str = ""
) -> list[ManifestRow]:
    """Stores local files and records each, in their order, as coming from `source_id`.

    A file that cannot be taken (missing, a directory, not permitted, empty, too large) is a row with
    outcome FAILED and the code of its message; the others go on. One that stands on the disk as it did when
    it was taken last is neither read nor recorded again; its row here is UNCHANGED.

    Raises:
        ArchiveError: `archive_failed`, when the store itself cannot be written.
    """
    held = {row["url"]: _Deposit(**row) for row in _held(archive).iter_rows(named=True)}
    rows: list[ManifestRow] = []
    for group in _batches(paths, DEPOSITS_A_RECORD):
        taken = [_take(archive, path, held, max_bytes, source_id) for path in group]
        archive.record(row for row, is_news in taken if is_news)
        rows += [row for row, _ in taken]
    archive.compact(COMPACT_ABOVE)
    return rows


def _held(archive: Archive) -> pl.DataFrame:
    """What is held of each file that was ever taken."""
    files = archive.latest().filter(
        pl.col("url").str.starts_with("file:"), pl.col("held_sha256").is_not_null()
    )
    held = {name: pl.col(f"held_{name}") for name in ("sha256", "etag", "bytes")}
    return files.select("url", "source_id", "error", **held)


def _take(
    archive: Archive, path: Path, held: dict[str, _Deposit], max_bytes: int, source_id: str
) -> tuple[ManifestRow, bool]:
    """The row of a file, and whether it says anything that the manifest does not."""
    url = path.absolute().as_uri()
    before, mark = held.get(url), _mark(path)
    if before is not None and before.is_of(mark, source_id) and _stands(archive, before):
        return ManifestRow(url, "UNCHANGED", source_id, sha256=before.sha256, bytes=before.bytes), False
    name, known = printable(path.name), before.sha256 if before else None
    try:
        data = _read_file(path, max_bytes)
    except ArchiveError as error:
        failed = failed_row(url, "FAILED", error, source_id=source_id, previous_sha256=known, file_name=name)
        return failed, True
    digest = archive.put(data)
    held[url] = _Deposit(url, source_id, None, digest, mark, len(data))
    row = ManifestRow(
        url=url,
        final_url=url,
        outcome=compare(known, digest),
        source_id=source_id,
        etag=mark,
        media_type=sniff(data, name),
        file_name=name,
        bytes=len(data),
        sha256=digest,
        previous_sha256=known,
    )
    return row, True


def _stands(archive: Archive, deposit: _Deposit) -> bool:
    """Whether the object of a deposit stands with its length; one cut short by a power failure is put anew."""
    folder = folder_of(archive.location)
    if folder is None:
        return True  # An object store shows an object whole or not at all.
    try:
        return (folder / object_path(deposit.sha256)).stat().st_size == deposit.bytes
    except OSError:
        return False


def _mark(path: Path) -> str | None:
    """What the disk says of a file: size, times of change and number; None where that does not vouch for it.

    The second of the times cannot be set back by whoever copies a file.
    """
    try:
        stat = path.stat()
    except OSError:
        return None
    changed = max(stat.st_mtime, stat.st_ctime)
    if time.time() - changed < SETTLED_SECONDS:
        return None
    return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}-{stat.st_ino}"


def printable(name: str) -> str:
    """A file's name as text: Chinese names that a disk holds as GBK bytes are read as such."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _read_file(path: Path, max_bytes: int) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ArchiveError("not_a_file")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise ArchiveError("missing_file") from None
    except OSError as error:
        raise ArchiveError("not_permitted", reason=error.strerror or str(error)) from error
    if not data:
        raise ArchiveError("empty_file")
    if len(data) > max_bytes:
        raise ArchiveError("too_large", size=path.stat().st_size, limit=max_bytes)
    return data


def _batches(paths: Iterable[Path], size: int) -> Iterator[list[Path]]:
    remaining = iter(paths)
    while group := list(islice(remaining, size)):
        yield group
