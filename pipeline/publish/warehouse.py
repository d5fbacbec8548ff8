"""The warehouse: the Parquet store in, a checked release with one DuckDB file out, and `current` led to it.

A release is built aside, checked, and only then named; `current` is a directory link that is replaced in one
step. Readers keep the release they opened, whatever happens after. What a killed run leaves behind is never
`current`, and the next run takes it away.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipeline.faults import CodedError
from pipeline.publish.audit import audit
from pipeline.publish.lock import only_writer
from pipeline.publish.parquet import (
    MANIFEST_NAME,
    Manifest,
    StoreError,
    read_manifest,
    sha256_of,
)
from pipeline.publish.statements import fill_statement, finishing_statements, statements
from schemas.tables import TableDefinition, load_tables

FILE_NAME = "ogi.duckdb"
RECORD_NAME = "release.json"
PARQUET_NAME = "parquet"
RELEASES = "releases"
CURRENT = "current"
# DuckDB 1.2 and later open such a file; the default of 2.0 shuts out everyone who has not moved yet.
STORAGE_VERSION = "v1.2.0"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_BUILDING = ".building-"
_LINKING = ".current-"
_SPILL = ".spill"


class PublishError(CodedError):
    """A release cannot be published; the one before stays `current`."""


@dataclass(frozen=True, slots=True)
class Release:
    """The record of a release, kept beside it as `release.json`.

    Attributes:
        version: Its name, also that of its folder.
        content: Digest of its Parquet files and of the statements that made the database: equal content is
            the same release.
        created_at: ISO time in UTC.
        rows: How many rows each table has.
    """

    version: str
    content: str
    created_at: str
    rows: dict[str, int]


def publish(parquet: Path, warehouse: Path, version: str | None = None, *, keep: int = 3) -> Path:
    """Makes the store's present content the current release.

    Args:
        parquet: The Parquet store (see `write_tables`).
        warehouse: Where `releases/` and `current` stand.
        version: The name of the release; by default its date and the start of its content's digest.
        keep: How many releases stay, the current one among them.

    Returns:
        The folder of the release, which holds `ogi.duckdb`, `parquet/` and `release.json`. Where the same
        content was released before, that release, unchanged.

    Raises:
        PublishError: The release fails its checks, or its name is taken or no name.
        StoreError: The store is not whole.
        StoreLockedError: Another run is publishing, or writing the store.
    """
    if version is not None and not _VERSION.fullmatch(version):
        raise PublishError("version_name", version=version)
    with only_writer(warehouse):
        releases = warehouse / RELEASES
        releases.mkdir(exist_ok=True)
        _clean(warehouse)
        tables = tuple(load_tables().values())
        with only_writer(parquet):
            manifest = _whole(parquet)
            content = _content(manifest, tables)
            name = version or _same(releases, content) or f"{datetime.now(UTC):%Y%m%d}-{content[:8]}"
            stands = _stands(releases / name, content)
            if not stands:
                _copy(parquet, manifest, releases / f"{_BUILDING}{name}" / PARQUET_NAME)
        if not stands:
            _build(releases / f"{_BUILDING}{name}", manifest, tables, content)
            _name(releases / f"{_BUILDING}{name}", releases / name)
        _lead(warehouse, name)
        _forget(warehouse, keep)
    return releases / name


def current_release(warehouse: Path) -> Release | None:
    """The record of the current release; None where there is none."""
    return _record(warehouse / CURRENT)


def _record(folder: Path) -> Release | None:
    try:
        return Release(**json.loads((folder / RECORD_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _releases(folder: Path) -> list[Release]:
    """The whole releases there are, newest first."""
    found = [_record(path) for path in folder.iterdir() if not path.name.startswith(".")]
    return sorted((r for r in found if r is not None), key=lambda r: (r.created_at, r.version), reverse=True)


def _same(releases: Path, content: str) -> str | None:
    """The newest release of the same content."""
    return next((release.version for release in _releases(releases) if release.content == content), None)


def _stands(folder: Path, content: str) -> bool:
    """Whether the release is there already."""
    if not folder.exists():
        return False
    record = _record(folder)
    if record is None or record.content != content:
        raise PublishError("version_taken", version=folder.name)
    return (folder / FILE_NAME).exists()


def _clean(warehouse: Path) -> None:
    """Takes away what killed runs left; the lock says that none of it is in use."""
    for path in (warehouse / RELEASES).glob(f"{_BUILDING}*"):
        shutil.rmtree(path)
    for path in warehouse.glob(f"{_LINKING}*"):
        path.unlink()


def _whole(parquet: Path) -> Manifest:
    """The manifest, once every file is known to be what it says."""
    manifest = read_manifest(parquet)
    if not manifest.files:
        raise StoreError("store_incomplete", folder=str(parquet), reason=f"no {MANIFEST_NAME}")
    for file in manifest.files:
        path = parquet / file.path
        if not path.is_file() or sha256_of(path) != file.sha256:
            reason = f"{file.path} is missing or not the file that was written"
            raise StoreError("store_incomplete", folder=str(parquet), reason=reason)
    return manifest


def _content(manifest: Manifest, tables: tuple[TableDefinition, ...]) -> str:
    digest = hashlib.sha256(STORAGE_VERSION.encode())
    for file in manifest.files:
        digest.update(f"{file.path}\0{file.sha256}\n".encode())
    for statement in (*statements(tables), *finishing_statements(tables)):
        digest.update(statement.encode() + b"\0")
    return digest.hexdigest()


def _build(building: Path, manifest: Manifest, tables: tuple[TableDefinition, ...], content: str) -> None:
    """Makes the database beside the copied Parquet, checks it, and writes the record."""
    rows = {table.name: manifest.rows(table.name) for table in tables}
    try:
        _fill(building, manifest, tables)
        with duckdb.connect(building / FILE_NAME, read_only=True, config=_config(building)) as connection:
            faults = audit(connection, tables, rows)
    except duckdb.Error as error:
        raise PublishError("release_failed", reason=str(error)) from error
    if faults:
        raise PublishError("release_failed", reason="; ".join(faults))
    shutil.rmtree(building / _SPILL, ignore_errors=True)
    version = building.name.removeprefix(_BUILDING)
    record = Release(version, content, datetime.now(UTC).isoformat(timespec="milliseconds"), rows)
    text = json.dumps(asdict(record), ensure_ascii=False, indent=1) + "\n"
    (building / RECORD_NAME).write_text(text, encoding="utf-8")


def _name(building: Path, release: Path) -> None:
    """Gives a built release its name, once a power cut can no longer leave the name without the content."""
    for path in (*building.rglob("*"), building):
        _sync(path)
    if release.exists():
        # `_stands` found its database gone: what is left of it makes way.
        shutil.rmtree(release)
    building.rename(release)
    _sync(release.parent)


def _config(building: Path) -> dict[str, str | bool | int | float | list[str]]:
    # What does not fit in memory is spilled beside the release, not into whatever folder the run started in.
    return {
        "temp_directory": str(building / _SPILL),
        "autoinstall_known_extensions": False,
        "memory_limit": f"{_memory() // 2**20}MiB",
    }


def _memory() -> int:
    """Bytes that making a release may take: a quarter of the machine's, since it is seldom alone on it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(whole // 4, 2**30)


def _copy(parquet: Path, manifest: Manifest, target: Path) -> None:
    for file in manifest.files:
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(parquet / file.path, path)
    shutil.copyfile(parquet / MANIFEST_NAME, target / MANIFEST_NAME)


def _fill(building: Path, manifest: Manifest, tables: tuple[TableDefinition, ...]) -> None:
    """Makes the database from the copied files; tables the store lacks stay empty."""
    with _database(building) as connection:
        for statement in statements(tables):
            connection.execute(statement)
        for table in tables:
            files = [str(building / PARQUET_NAME / file.path) for file in manifest.of(table.name)]
            if files:
                connection.execute(fill_statement(table), {"files": files})
        for statement in finishing_statements(tables):
            connection.execute(statement)


@contextmanager
def _database(building: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new database file that older versions of DuckDB open too."""
    with duckdb.connect(config=_config(building)) as connection:
        # The option takes no parameter; the version is a constant of this module.
        attach = f"ATTACH $file AS warehouse (STORAGE_VERSION '{STORAGE_VERSION}')"
        connection.execute(attach, {"file": str(building / FILE_NAME)})
        connection.execute("USE warehouse")
        # One transaction: hundreds of comments would otherwise each be written to the disk by themselves.
        connection.begin()
        yield connection
        connection.commit()
        connection.execute("CHECKPOINT warehouse")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lead(warehouse: Path, version: str) -> None:
    """Leads `current` to a release, in one step."""
    current = warehouse / CURRENT
    target = Path(RELEASES) / version
    if current.is_symlink() and current.readlink() == target:
        return
    if current.exists() and not current.is_symlink():
        raise PublishError("current_not_link", path=str(current))
    link = warehouse / f"{_LINKING}{version}"
    link.symlink_to(target, target_is_directory=True)
    link.replace(current)
    _sync(warehouse)


def _forget(warehouse: Path, keep: int) -> None:
    """Takes the oldest releases away; readers that hold one open keep it until they close."""
    current = (warehouse / CURRENT).readlink().name
    others = [r.version for r in _releases(warehouse / RELEASES) if r.version != current]
    for version in others[max(keep - 1, 0) :]:
        shutil.rmtree(warehouse / RELEASES / version)
