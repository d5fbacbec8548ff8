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

import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256 as sha256_of
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import polars as pl
from obstore.exceptions import AlreadyExistsError, NotSupportedError

from pipeline.manifest import (
    LINES,
    MANIFEST_SCHEMA,
    PARQUET,
    PAST,
    ManifestRow,
    latest_of,
    packed_rows,
    rows_of,
    tells,
)
from pipeline.objects import (
    ArchiveError,
    folder_of,
    object_address,
    object_bytes,
    object_path,
    opened,
    reaching,
)

if TYPE_CHECKING:
    from obstore.store import ObjectStore

MANIFEST, REGISTERS = "manifest", "registers"
COMPACT_ABOVE = 500
"""Objects of the manifest above which a run gathers them into one."""
READ_TRIES = 5
READS_AT_ONCE = 16
"""Objects of the manifest asked for side by side: each costs a journey where the store is far."""


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
        self._put_part(PARQUET, packed_rows(rows.select(*MANIFEST_SCHEMA)))

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
        return latest_of(self.telling())

    def compact(self, above: int = 1) -> int:
        """Gathers the manifest's objects into one where there are more than `above`; returns how many.

        Rows that tell nothing any more (see `telling`) go into an object of their own, which is not gathered again.
        Safe beside other runs and other compactions, and when killed half-way: nothing is removed before the
        objects that hold its rows stand.
        """
        if len(self._parts(past=False)) <= above:
            return 0
        paths, rows = self._gathered(past=False)
        telling = rows.select(tells()).to_series()
        if not telling.all():
            self._put_part(PAST, packed_rows(rows.filter(~telling).sort("url", "fetched_at")))
        self._put_part(PARQUET, packed_rows(rows.filter(telling)))
        for path in paths:
            self._remove_part(path)
        return len(paths)

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
            rows = rows_of(parts).unique("row_id").sort("fetched_at", "row_id")
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


_known: dict[tuple[str, bool], tuple[dict[str, str], pl.DataFrame]] = {}
"""The rows gathered last, with the objects they are from: a run asks for them half a dozen times."""
