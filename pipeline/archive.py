"""The raw store: bytes go in once under their own hash, and every fetch or deposit leaves one manifest row.

In: bytes, and what is known of where they came from. Out: the same bytes for ever, and the manifest.

Nothing here is ever changed in place, which is what makes it safe to kill at any moment and to share between
runs. Bytes are written under their sha256 with a create-only put, which either shows the whole object or
nothing; where a store knows no such put, the same bytes take their own place. Manifest rows are written as
objects of their own, one a `record` call, under names no other run can choose. `compact` gathers them into one
object, and removes what it gathered only after that object stands; a row met twice in between is known by its
`row_id`. Visits that tell nothing any more go into objects beside it, which no night need read: a hundred thousand
addresses leave as many rows a night, for ever.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256 as sha256_of
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import obstore
import polars as pl
from obstore.exceptions import AlreadyExistsError, NotSupportedError

from pipeline.faults import CodedError
from pipeline.objects import ArchiveError as ArchiveError
from pipeline.objects import folder_of, object_address, object_bytes, opened, reaching
from pipeline.objects import object_path as object_path
from pipeline.readers.sniff import sniff

if TYPE_CHECKING:
    from obstore.store import ObjectStore

Outcome = Literal["CREATE", "UPDATE", "UNCHANGED", "GONE", "FAILED"]
MANIFEST, REGISTERS = "manifest", "registers"
BRINGING: tuple[Outcome, ...] = ("CREATE", "UPDATE")
"""The outcomes of a visit or deposit that brought bytes."""
LINES, PARQUET, PAST = ".jsonl", ".parquet", ".past.parquet"
COMPACT_ABOVE = 500
"""Objects of the manifest above which a run gathers them into one."""
SETTLED_SECONDS = 2.0
"""A file that was changed so lately may change once more without its times telling."""
READ_TRIES = 5
READS_AT_ONCE = 16
"""Objects of the manifest asked for side by side: each costs a journey where the store is far."""
DEPOSITS_A_RECORD = 200

MANIFEST_SCHEMA: dict[str, pl.DataType] = {
    "row_id": pl.String(),
    "fetched_at": pl.Datetime("us", "UTC"),
    "source_id": pl.String(),
    "url": pl.String(),
    "final_url": pl.String(),
    "http_status": pl.Int64(),
    "etag": pl.String(),
    "last_modified": pl.String(),
    "declared_type": pl.String(),
    "media_type": pl.String(),
    "file_name": pl.String(),
    "bytes": pl.Int64(),
    "sha256": pl.String(),
    "previous_sha256": pl.String(),
    "outcome": pl.String(),
    "error": pl.String(),
    "error_details": pl.String(),
}
HELD = (
    "sha256",
    "fetched_at",
    "final_url",
    "http_status",
    "etag",
    "last_modified",
    "declared_type",
    "media_type",
    "file_name",
    "bytes",
)


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What one fetch or deposit came to.

    Attributes:
        url: The address asked for; `file:` for a deposit.
        outcome: CREATE (bytes for an address seen for the first time), UPDATE (other bytes than before),
            UNCHANGED, GONE (held before, and the site now says it is not there), FAILED.
        source_id: The row of `sources.csv`; empty for a deposit.
        final_url: The address that answered after redirects; None where none did.
        http_status: None for a deposit, and where no answer came.
        etag: As sent by the site; null where it sent none. Likewise `last_modified` and `declared_type`. For a
            deposit, what the disk says of the file (see `_mark`), by which a later run knows it for the same.
        media_type: Told by the content; null without content.
        file_name: The name the site or the disk gives the file; null where it gives none.
        bytes: Size of the content after decompression; null without content.
        sha256: The content; null for GONE and FAILED.
        previous_sha256: The content held for this address before; null for the first.
        error: A code of `messages.csv`; null where nothing went wrong.
        error_details: JSON of what the code's placeholders stand for; null without an error.
        fetched_at: When it ended, UTC.
        row_id: Tells rows apart; given by itself.
    """

    url: str
    outcome: Outcome
    source_id: str = ""
    final_url: str | None = None
    http_status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    declared_type: str | None = None
    media_type: str | None = None
    file_name: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    previous_sha256: str | None = None
    error: str | None = None
    error_details: str | None = None
    fetched_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    row_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def to_json(self) -> str:
        """One line of JSON, as it stands in the store."""
        values = asdict(self) | {
            "fetched_at": self.fetched_at.astimezone(UTC).isoformat(timespec="microseconds")
        }
        return json.dumps(values, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Archive:
    """A content-addressed store and its manifest, in a folder or an object store.

    Attributes:
        location: A folder, or an address that obstore opens (`s3://bucket/prefix`, `gs://…`, `az://…`).
    """

    location: str | Path

    def put(self, data: bytes) -> str:
        """Stores bytes and returns their sha256; the same bytes twice are one object.

        An object that stands there with another length was cut short by a power failure; it is replaced.

        Raises:
            ArchiveError: `archive_failed`, when the store cannot be written.
        """
        digest = sha256_of(data).hexdigest()
        path = object_path(digest)
        if folder_of(self.location) is None and self._size(path) == len(data):
            return digest  # Asking costs less than sending the bytes once more.
        if not self._create(path, data) and self._size(path) != len(data):
            self._overwrite(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes under a sha256.

        Raises:
            ArchiveError: `archive_missing`; `archive_corrupt` when the bytes no longer have that hash;
                `archive_failed` when the store cannot be read.
        """
        return object_bytes(self.location, digest)

    def has(self, digest: str) -> bool:
        """Whether the store holds an object of this hash."""
        return self._size(object_path(digest)) is not None

    def locate(self, digest: str) -> str:
        """The full path or address of an object, whether or not it is there."""
        return object_address(self.location, digest)

    def record(self, rows: Iterable[ManifestRow]) -> None:
        """Adds rows to the manifest, all of them or, if the process dies, none.

        Raises:
            ArchiveError: `archive_failed`, when the store cannot be written.
        """
        lines = [row.to_json() for row in rows]
        if lines:
            self._put_part(LINES, ("\n".join(lines) + "\n").encode())

    def record_frame(self, rows: pl.DataFrame) -> None:
        """Adds rows (`MANIFEST_SCHEMA`) to the manifest, all of them or none; see `record`."""
        self._put_part(PARQUET, _parquet_bytes(rows.select(*MANIFEST_SCHEMA)))

    def manifest(self) -> pl.DataFrame:
        """Every row ever recorded, oldest first; columns and types are `MANIFEST_SCHEMA`.

        Raises:
            ArchiveError: `manifest_damaged`, naming the object that cannot be read.
        """
        return self._gathered()[1]

    def telling(self) -> pl.DataFrame:
        """The rows that still tell something, oldest first, as `manifest` gives all of them.

        Of each address: those that brought bytes, the last, and the last that had content. What went before is
        left out once the manifest was compacted; a year of nights costs no more than one.

        Raises:
            ArchiveError: As `manifest`.
        """
        return self._gathered(past=False)[1]

    def latest(self) -> pl.DataFrame:
        """The last row of each address, with what is held of it: `held_sha256`, `held_etag` and so on.

        The held columns come from the last row that had content, which is an earlier one after GONE or
        FAILED; they are null for an address that never gave any.
        """
        rows = self.telling()
        last = rows.group_by("url", maintain_order=True).last()
        held = (
            rows.filter(pl.col("sha256").is_not_null())
            .group_by("url", maintain_order=True)
            .last()
            .select("url", *(pl.col(name).alias(f"held_{name}") for name in HELD))
        )
        return last.join(held, on="url", how="left", maintain_order="left")

    def compact(self, above: int = 1) -> int:
        """Gathers the manifest's objects into one where there are more than `above`; returns how many.

        Rows that tell nothing any more (see `telling`) go into an object of their own, which is not gathered again.
        Safe beside other runs and other compactions, and when killed half-way: nothing is removed before the
        objects that hold its rows stand.
        """
        if len(self._parts(past=False)) <= above:
            return 0
        paths, rows = self._gathered(past=False)
        tells = rows.select(_tells()).to_series()
        if not tells.all():
            self._put_part(PAST, _parquet_bytes(rows.filter(~tells).sort("url", "fetched_at")))
        self._put_part(PARQUET, _parquet_bytes(rows.filter(tells)))
        for path in paths:
            self._remove_part(path)
        return len(paths)

    def deposit(self, path: Path, max_bytes: int = 50_000_000) -> ManifestRow:
        """Stores one local file and records it; see `deposit_all`."""
        return self.deposit_all([path], max_bytes)[0]

    def deposit_all(
        self, paths: Iterable[Path], max_bytes: int = 50_000_000, source_id: str = ""
    ) -> list[ManifestRow]:
        """Stores local files and records each, in their order, as coming from `source_id`.

        A file that cannot be taken (missing, a directory, not permitted, empty, too large) is a row with
        outcome FAILED and the code of its message; the others go on. One that stands on the disk as it did when
        it was taken last is neither read nor recorded again; its row here is UNCHANGED.

        Raises:
            ArchiveError: `archive_failed`, when the store itself cannot be written.
        """
        held = {row["url"]: _Deposit(**row) for row in self._deposits().iter_rows(named=True)}
        rows: list[ManifestRow] = []
        for group in _batches(paths, DEPOSITS_A_RECORD):
            taken = [self._take(path, held, max_bytes, source_id) for path in group]
            self.record(row for row, is_news in taken if is_news)
            rows += [row for row, _ in taken]
        self.compact(COMPACT_ABOVE)
        return rows

    def _deposits(self) -> pl.DataFrame:
        """What is held of each file that was ever taken."""
        files = self.latest().filter(
            pl.col("url").str.starts_with("file:"), pl.col("held_sha256").is_not_null()
        )
        held = {name: pl.col(f"held_{name}") for name in ("sha256", "etag", "bytes")}
        return files.select("url", "source_id", "error", **held)

    def held(self) -> dict[str, str]:
        """The sha256 last held of each address."""
        frame = self.latest().filter(pl.col("held_sha256").is_not_null())
        return dict(zip(frame["url"], frame["held_sha256"], strict=True))

    def register(self, name: str) -> bytes | None:
        """A register kept beside the objects; None where there is none yet."""
        with reaching(self.location):
            try:
                return bytes(obstore.get(self._store, f"{REGISTERS}/{name}").bytes())
            except FileNotFoundError:
                return None

    def write_register(self, name: str, data: bytes) -> None:
        """Replaces a register: a reader sees the old one or the new one.

        Raises:
            ArchiveError: `archive_failed`, when the store cannot be written.
        """
        self._overwrite(f"{REGISTERS}/{name}", data)

    @property
    def _store(self) -> ObjectStore:
        return opened(str(self.location))

    def _size(self, path: str) -> int | None:
        """The length of what stands at a path; None where nothing does."""
        with reaching(self.location):
            try:
                return obstore.head(self._store, path)["size"]
            except FileNotFoundError:
                return None

    def _create(self, path: str, data: bytes) -> bool:
        """Writes what must not replace anything; False where something stands there already.

        A store without conditional writes just writes: paths are hashes or are chosen at random, so that what
        might be replaced is the same bytes.
        """
        with reaching(self.location):
            try:
                obstore.put(self._store, path, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            except (NotImplementedError, NotSupportedError):
                self._overwrite(path, data)
            except FileNotFoundError as error:
                raise self._absent(error) from error
        return True

    def _overwrite(self, path: str, data: bytes) -> None:
        with reaching(self.location):
            try:
                obstore.put(self._store, path, data, mode="overwrite", use_multipart=False)
            except FileNotFoundError as error:
                raise self._absent(error) from error

    def _absent(self, error: FileNotFoundError) -> ArchiveError:
        """What a store says of a bucket that is not there."""
        reason = str(error).split("\n")[0]
        return ArchiveError("archive_failed", location=str(self.location), reason=reason)

    def _take(
        self, path: Path, held: dict[str, _Deposit], max_bytes: int, source_id: str
    ) -> tuple[ManifestRow, bool]:
        """The row of a file, and whether it says anything that the manifest does not."""
        url = path.absolute().as_uri()
        before, mark = held.get(url), _mark(path)
        if before is not None and before.is_of(mark, source_id) and self._holds(before):
            return ManifestRow(url, "UNCHANGED", source_id, sha256=before.sha256, bytes=before.bytes), False
        name, known = printable(path.name), before.sha256 if before else None
        try:
            data = _read_file(path, max_bytes)
        except ArchiveError as error:
            failed = failed_row(
                url, "FAILED", error, source_id=source_id, previous_sha256=known, file_name=name
            )
            return failed, True
        digest = self.put(data)
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

    def _holds(self, deposit: _Deposit) -> bool:
        """Whether the object of a deposit stands with its length; one cut short by a power failure is put anew."""
        folder = folder_of(self.location)
        if folder is None:
            return True  # An object store shows an object whole or not at all.
        try:
            return (folder / object_path(deposit.sha256)).stat().st_size == deposit.bytes
        except OSError:
            return False

    def _parts(self, past: bool = True) -> dict[str, str]:
        """The objects of the manifest, each with what tells it from another of its name."""
        with reaching(self.location):
            try:
                metas = [meta for chunk in obstore.list(self._store, MANIFEST) for meta in chunk]
            except FileNotFoundError as error:
                raise self._absent(error) from error
        return {
            meta["path"]: f"{meta['size']} {meta['last_modified']}"
            for meta in metas
            if past or not meta["path"].endswith(PAST)
        }

    def _gathered(self, past: bool = True) -> tuple[list[str], pl.DataFrame]:
        """The paths and rows of the manifest; gathered once while its objects stay the same."""
        for _ in range(READ_TRIES):
            marks = self._parts(past)
            key, paths = (str(self.location), past), list(marks)
            if key in _known and _known[key][0] == marks:
                return paths, _known[key][1]
            try:
                parts = self._read_parts(paths)
            except FileNotFoundError:
                continue  # Another run has compacted since we listed; what it removed stands elsewhere now.
            rows = _rows_of(parts).unique("row_id").sort("fetched_at", "row_id")
            if not past:
                _known.clear()
                _known[key] = marks, rows
            return paths, rows
        raise ArchiveError(
            "archive_failed", location=str(self.location), reason="the manifest keeps changing"
        )

    def _read_parts(self, paths: list[str]) -> dict[str, bytes]:
        """The bytes of some objects; beside one another where each costs a journey."""
        if folder_of(self.location) is not None:
            return {path: self._read_part(path) for path in paths}
        with ThreadPoolExecutor(READS_AT_ONCE) as threads:
            return dict(zip(paths, threads.map(self._read_part, paths), strict=True))

    def _read_part(self, path: str) -> bytes:
        with reaching(self.location):
            return bytes(obstore.get(self._store, path).bytes())

    def _put_part(self, suffix: str, data: bytes) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        # Where the name is taken, an attempt of our own came through whose answer was lost on the way.
        self._create(f"{MANIFEST}/{stamp}-{uuid.uuid4().hex}{suffix}", data)

    def _remove_part(self, path: str) -> None:
        with reaching(self.location):
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                return  # Another compaction was faster.


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


_known: dict[tuple[str, bool], tuple[dict[str, str], pl.DataFrame]] = {}
"""The rows gathered last, with the objects they are from: a run asks for them half a dozen times."""


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


def _tells() -> pl.Expr:
    """Whether a row, in their order, is one that `Archive.telling` gives."""
    row, has_content = pl.col("row_id"), pl.col("sha256").is_not_null()
    is_last = row == row.last().over("url")
    is_last_content = has_content & (row == row.filter(has_content).last().over("url"))
    return pl.col("outcome").is_in(BRINGING) | is_last | is_last_content


def printable(name: str) -> str:
    """A file's name as text: Chinese names that a disk holds as GBK bytes are read as such."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def compare(before: str | None, now: str) -> Outcome:
    """The outcome that the hash held before and the hash got now come to."""
    if before is None:
        return "CREATE"
    return "UNCHANGED" if before == now else "UPDATE"


def failed_row(
    url: str,
    outcome: Outcome,
    error: CodedError,
    *,
    source_id: str = "",
    final_url: str | None = None,
    http_status: int | None = None,
    previous_sha256: str | None = None,
    file_name: str | None = None,
) -> ManifestRow:
    """The row of a fetch or deposit that gave no content, with its error's code and details."""
    return ManifestRow(
        url=url,
        outcome=outcome,
        source_id=source_id,
        final_url=final_url,
        http_status=http_status,
        file_name=file_name,
        previous_sha256=previous_sha256,
        error=error.code,
        error_details=json.dumps(error.details, ensure_ascii=False),
    )


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


def _rows_of(parts: dict[str, bytes]) -> pl.DataFrame:
    """The rows of all parts; those in lines are parsed together, which is much faster than one by one."""
    lines = {path: data for path, data in parts.items() if not path.endswith(PARQUET)}
    for path, data in lines.items():
        if not data.endswith(b"\n"):
            raise ArchiveError("manifest_damaged", path=path, reason="its last line is cut short")
    frames = [_parsed(path, data) for path, data in parts.items() if path.endswith(PARQUET)]
    try:
        frames.append(_parsed("", b"".join(lines.values())))
    except ArchiveError:
        frames += [_parsed(path, data) for path, data in lines.items()]  # Names the one that is damaged.
        raise
    return pl.concat(frames)


def _parsed(path: str, data: bytes) -> pl.DataFrame:
    try:
        return _parquet_rows(data) if path.endswith(PARQUET) else _json_rows(data)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise ArchiveError("manifest_damaged", path=path, reason=str(error).split("\n")[0]) from error


def _parquet_bytes(rows: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    rows.write_parquet(buffer)
    return buffer.getvalue()


def _parquet_rows(data: bytes) -> pl.DataFrame:
    types = MANIFEST_SCHEMA.items()
    return pl.read_parquet(BytesIO(data)).select(pl.col(name).cast(dtype) for name, dtype in types)


def _json_rows(data: bytes) -> pl.DataFrame:
    if not data:
        return pl.DataFrame(schema=MANIFEST_SCHEMA)
    text = {name: pl.String() if name == "fetched_at" else dtype for name, dtype in MANIFEST_SCHEMA.items()}
    rows = pl.read_ndjson(BytesIO(data), schema=text)
    return rows.with_columns(pl.col("fetched_at").str.to_datetime(time_unit="us", time_zone="UTC"))


def _batches(paths: Iterable[Path], size: int) -> Iterator[list[Path]]:
    remaining = iter(paths)
    while group := list(islice(remaining, size)):
        yield group
