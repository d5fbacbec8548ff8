"""A file, by the place of its bytes → its report; where the bytes cannot be had or read, the report says why.

This is what a worker does for each document, and what a program without workers does by itself.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.document import UnreadableDocumentError
from pipeline.objects import ArchiveError, object_at, object_path
from pipeline.read import MAX_BYTES, failed, read_report, unread
from pipeline.readers.sniff import sniff
from pipeline.report import Report
from pipeline.running import office

FASTEST = 1
"""The level of packing: a report becomes a sixth of its size in a tenth of a millisecond."""

LOST = frozenset({"timed_out", "worker_died"})
"""Codes of documents that were lost twice; they are lost again unless the limits change."""
UNSETTLED = frozenset(
    {
        "missing_file",
        "not_a_file",
        "not_permitted",
        "archive_missing",
        "archive_corrupt",
        "archive_unreachable",
        "stalled",
        "timed_out_once",
        "worker_died_once",
    }
)
"""Codes that tell of the moment and not of the document: another run may read it."""

_SHORT_OF_MEMORY = re.compile(
    r"(?i)insufficient memory|out of memory|bad.?alloc|failed to (allocate|map)|cannot allocate"
)
"""How libraries that are not written in Python say `MemoryError`."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file to read: where its bytes are, and the name and site it is known by.

    Attributes:
        place: A path of this machine, or the address of an object in an archive elsewhere.
        source: The name it is known by.
        host: The site it was fetched from; empty if unknown.
        sha256: What its bytes are held to; empty for a file that is not archived.
        converted: What an office suite made of it, which is read in its place; None for a file read itself.
    """

    place: Path | str
    source: str
    host: str = ""
    sha256: str = ""
    converted: Path | None = None


class AwaitsOfficeError(Exception):
    """A file could not be read, and an office suite may; its only argument is the packed report that says why."""


def read_item(item: Item) -> Report:
    """Reads one file from disk or from an object store; one that cannot be had is a failed report.

    Raises:
        MemoryError: The memory of this process does not suffice.
    """
    try:
        data = _bytes_of(item)
    except (ArchiveError, UnreadableDocumentError) as error:
        return unread(item.source, error.code, **error.details)
    return _guarded(data, item)


def _bytes_of(item: Item) -> bytes:
    """The bytes of a file, held to its hash where that is known.

    Raises:
        ArchiveError: The archive does not give them, or gives others.
        UnreadableDocumentError: The file cannot be opened, or is too large.
    """
    if isinstance(item.place, Path):
        data = _file_bytes(item.place, item.sha256)
    else:
        data = _object_bytes(item.place, item.sha256)
    if item.sha256 and hashlib.sha256(data).hexdigest() != item.sha256:
        raise ArchiveError("archive_corrupt", sha256=item.sha256, path=object_path(item.sha256))
    return data


def _file_bytes(path: Path, digest: str) -> bytes:
    try:
        if not path.exists():
            if digest:
                raise ArchiveError("archive_missing", sha256=digest)
            raise UnreadableDocumentError("missing_file")
        if not path.is_file():
            raise UnreadableDocumentError("not_a_file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableDocumentError("too_large", size=size, limit=MAX_BYTES)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocumentError(
            "not_permitted", reason=error.strerror or type(error).__name__
        ) from error


def _object_bytes(address: str, digest: str) -> bytes:
    """An object's bytes; what is told of a store that does not answer names no place, since it is published."""
    os.environ.setdefault("TOKIO_WORKER_THREADS", "1")  # else one a processor, each with its share of memory
    try:
        return object_at(address, MAX_BYTES)
    except ArchiveError as error:
        if error.code != "archive_failed":
            raise
        reason = type(error.__cause__).__name__
        raise ArchiveError("archive_unreachable", sha256=digest, reason=reason) from error


def _guarded(data: bytes, item: Item) -> Report:
    """Reads bytes; what no reader foresaw becomes a failed report, so that one file never stops a run."""
    try:
        converted = item.converted.read_bytes() if item.converted else None
        return read_report(data, item.source, host=item.host, converted=converted)
    except MemoryError:
        raise  # whether it is the document's fault is known after a try in a process of its own
    except RecursionError:
        error = UnreadableDocumentError("limit_exceeded", what="nesting")
    except Exception as unforeseen:
        reason = str(unforeseen).splitlines()[0][:200] if str(unforeseen) else "-"
        if _SHORT_OF_MEMORY.search(reason):
            raise MemoryError(reason) from None
        error = UnreadableDocumentError("reader_failed", error_class=type(unforeseen).__name__, reason=reason)
    return failed(_known(data, item), error)


def _known(data: bytes, item: Item) -> Report:
    digest = hashlib.sha256(data).hexdigest()
    return Report(item.source, digest, "", len(data), "", "failed")


def read_packed(item: Item) -> bytes:
    """Reads one file and packs its report for its way between processes.

    Raises:
        AwaitsOfficeError: It could not be read, and an office suite may.
        MemoryError: The memory of this process does not suffice.
    """
    report = read_item(item)
    if _awaits_office(item, report):
        raise AwaitsOfficeError(packed(report))
    return packed(report)


def read_alone(item: Item) -> Report:
    """Reads one file in this process, by way of an office suite where only that can.

    Raises:
        MemoryError: The memory of this process does not suffice.
    """
    report = read_item(item)
    if not _awaits_office(item, report):
        return report
    with TemporaryDirectory(prefix="ogi-converted-") as folder:
        (made,) = converted([item], Path(folder))
        return read_item(made) if made else report


def _awaits_office(item: Item, report: Report) -> bool:
    """Whether a file failed in a way that is no last word, where an office suite is at hand."""
    code = report.failure.message.code if report.status == "failed" and report.failure else ""
    if code not in office.CODES or item.converted or not office.program():
        return False
    try:
        return office.may_read(sniff(_bytes_of(item)), code)
    except (ArchiveError, UnreadableDocumentError):
        return False  # What was there a moment ago is gone.


def converted(items: Sequence[Item], folder: Path) -> list[Item | None]:
    """What an office suite makes of files; None for one that it makes nothing of."""
    try:
        files = [(_copied(item, folder), folder / f"{uuid.uuid4().hex}.docx") for item in items]
        made = office.convert(files)
    except (OSError, ArchiveError, UnreadableDocumentError):
        return [None] * len(items)  # The disk is full, or what was there a moment ago is gone.
    return [
        replace(item, converted=place) if is_made else None
        for item, (_, place), is_made in zip(items, files, made, strict=True)
    ]


def _copied(item: Item, folder: Path) -> Path:
    place = folder / uuid.uuid4().hex
    place.write_bytes(_bytes_of(item))
    return place


def packed(report: Report) -> bytes:
    """A report as it goes from process to process."""
    return zlib.compress(pickle.dumps(report, pickle.HIGHEST_PROTOCOL), FASTEST)


def unpacked(data: bytes) -> Report:
    """The report that was packed."""
    report: Report = pickle.loads(zlib.decompress(data))  # noqa: S301 - made by our own worker
    return report


def files_under(paths: Sequence[Path]) -> list[Path]:
    """The files named, and for folders the files below them; hidden files and folders are passed over."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = (p for p in sorted(path.rglob("*")) if p.is_file())
            found += [p for p in below if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        else:
            found.append(path)
    return found
