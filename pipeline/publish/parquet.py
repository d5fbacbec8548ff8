"""The canonical store: checked frames in, sorted Parquet files by report year and their manifest out.

The same rows give the same bytes, whatever order they come in. Each file appears whole, and the manifest
last: a run that dies on the way leaves a store that is known to be incomplete, not one that mixes two builds.

A report published anew lands in the partition of its year; where a correction moves a report to another year,
both years are written. Partitions that did not change are left alone, to the byte and to the file's time.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.faults import CodedError
from pipeline.publish.lock import only_writer
from schemas.tables import PARTITION, TableDefinition, conform, empty, table, validate

MANIFEST_NAME = "manifest.json"
WORKING_NAME = ".writing"
# DuckDB, Polars and Spark all read this name as null. Any other word turns the year into text in DuckDB and
# stops Polars from reading the folder.
UNKNOWN_YEAR = "__HIVE_DEFAULT_PARTITION__"
# Long groups compress three times better than DuckDB's own length, but prose would fill the memory.
GROUP_ROWS = 491_520
GROUP_BYTES = 128 * 2**20
VECTOR = 2_048

WRITE = """
COPY (SELECT * FROM read_parquet($source, hive_partitioning = false)) TO ($target)
(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, ROW_GROUP_SIZE {rows})
"""


class StoreError(CodedError):
    """The Parquet store cannot be written or is not whole."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One Parquet file of the store.

    Attributes:
        table: The table it belongs to.
        report_year: The year of its rows; None for tables that are not partitioned and for unknown years.
        path: Where it stands, relative to the store, with forward slashes.
        rows: How many rows it holds.
        bytes: Its size.
        sha256: Lower-case hex digest of its bytes.
    """

    table: str
    report_year: int | None
    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the store holds: its files by table, then year, the unknown year last."""

    files: tuple[StoredFile, ...] = ()

    def of(self, name: str) -> tuple[StoredFile, ...]:
        """The files of one table, oldest year first."""
        return tuple(file for file in self.files if file.table == name)

    def rows(self, name: str) -> int:
        """How many rows the table has."""
        return sum(file.rows for file in self.of(name))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the store has, also those without rows."""
        return tuple(dict.fromkeys(file.table for file in self.files))

    def to_json(self) -> str:
        """The manifest as it stands in the store."""
        files = [asdict(file) for file in self.files]
        return json.dumps({"files": files}, ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a store; empty where nothing was written yet.

    Raises:
        StoreError: The manifest is damaged.
    """
    path = folder / MANIFEST_NAME
    if not path.exists():
        return Manifest()
    try:
        return _manifest(StoredFile(**file) for file in json.loads(path.read_text(encoding="utf-8"))["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError("store_incomplete", folder=str(folder), reason=f"{path.name}: {error}") from None


def write_tables(
    frames: Mapping[str, pl.DataFrame], folder: Path, years: Collection[int | None] | None = None
) -> Manifest:
    """Writes frames into the store; tables that are not named stay as they are.

    Args:
        frames: Frames by table; types are conformed, everything else is checked. Each is asked for twice (to be
            checked before anything is written, and to be written), and held no longer than that takes.
        folder: The store.
        years: With None, each frame is the whole table. Otherwise the frames hold these report years alone
            (None for the unknown one): other years of partitioned tables stay, named years without rows go.

    Returns:
        The manifest of the whole store.

    Raises:
        TableError: A frame breaks its table's definition; nothing was written.
        StoreError: A frame holds years that were not named; nothing was written.
        StoreLockedError: Another run is writing.
    """
    for name in frames:
        _check_years(name, validate(name, conform(name, frames[name])), years)
    with only_writer(folder):
        working = folder / WORKING_NAME
        shutil.rmtree(working, ignore_errors=True)
        kept = [file for file in read_manifest(folder).files if not _replaced(file, frames, years)]
        manifest = _manifest([*kept, *_written(frames, kept, working)])
        _move(manifest, working, folder)
        shutil.rmtree(working)
    return manifest


def read_table(folder: Path, name: str) -> pl.DataFrame:
    """A table of the store with its proper types, sorted as stored; no rows where the store has none.

    Raises:
        StoreError: A file of the table is missing or cannot be read.
        TableError: The file was written under another definition of the table.
    """
    frames = [empty(name)]
    for file in read_manifest(folder).of(name):
        try:
            frame = pl.read_parquet(folder / file.path, hive_partitioning=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = f"{file.path}: {error}"
            raise StoreError("store_incomplete", folder=str(folder), reason=reason) from None
        frames.append(conform(name, frame))
    return pl.concat(frames)


def sha256_of(path: Path) -> str:
    """Lower-case hex digest of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _manifest(files: Collection[StoredFile] | Iterator[StoredFile]) -> Manifest:
    def order(file: StoredFile) -> tuple[str, bool, int]:
        return file.table, file.report_year is None, file.report_year or 0

    return Manifest(tuple(sorted(files, key=order)))


def _check_years(name: str, frame: pl.DataFrame, years: Collection[int | None] | None) -> None:
    if years is None or not table(name).partitioned:
        return
    strange = sorted(str(year) for year in set(frame[PARTITION].unique()) - set(years))
    if strange:
        raise StoreError("store_year", table=name, years=", ".join(strange))


def _replaced(
    file: StoredFile, frames: Mapping[str, pl.DataFrame], years: Collection[int | None] | None
) -> bool:
    """Whether a file gives way to what is written now; a file without rows only holds the table's place."""
    if file.table not in frames:
        return False
    whole = years is None or not table(file.table).partitioned or file.rows == 0
    return whole or file.report_year in (years or ())


def _written(
    frames: Mapping[str, pl.DataFrame], kept: Collection[StoredFile], working: Path
) -> list[StoredFile]:
    files = []
    held = {file.table for file in kept}
    with duckdb.connect() as connection:
        for name in frames:
            for year, part in _parts(table(name), conform(name, frames[name]), needed=name not in held):
                files.append(_write(connection, table(name), year, _sorted(table(name), part), working))
    return files


def _parts(
    definition: TableDefinition, frame: pl.DataFrame, needed: bool
) -> Iterator[tuple[int | None, pl.DataFrame]]:
    """The frame by report year; a table without rows gets one file where `needed`, for its columns."""
    if not definition.partitioned:
        yield None, frame
    elif frame.is_empty():
        if needed:
            yield None, frame
    else:
        for year in frame[PARTITION].unique(maintain_order=True):
            yield year, frame.filter(pl.col(PARTITION).eq_missing(pl.lit(year, frame.schema[PARTITION])))


def _path(definition: TableDefinition, year: int | None) -> str:
    if not definition.partitioned:
        return f"{definition.name}.parquet"
    return f"{definition.name}/{PARTITION}={UNKNOWN_YEAR if year is None else year}/part.parquet"


def _write(
    connection: duckdb.DuckDBPyConnection,
    definition: TableDefinition,
    year: int | None,
    part: pl.DataFrame,
    working: Path,
) -> StoredFile:
    relative = _path(definition, year)
    target = working / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    # Polars and DuckDB exchange by file: without pyarrow there is no other way between them.
    exchange = target.with_suffix(".exchange")
    part.write_parquet(exchange, compression="lz4")
    statement = WRITE.format(rows=_group_rows(part))
    connection.execute(statement, {"source": str(exchange), "target": str(target)})
    exchange.unlink()
    return StoredFile(definition.name, year, relative, part.height, target.stat().st_size, sha256_of(target))


def _sorted(definition: TableDefinition, part: pl.DataFrame) -> pl.DataFrame:
    """The rows in the one order that their content gives, so that equal rows are equal bytes."""
    rest = definition.key or definition.names
    return part.sort(list(dict.fromkeys((*definition.sort, *rest))), nulls_last=True)


def _group_rows(part: pl.DataFrame) -> int:
    """Rows a row group may have so that it fits in memory, from the length of the text in it."""
    texts = part.select(pl.col(pl.String).str.len_bytes().sum())
    size = 8 * part.width * part.height + sum(texts.row(0)) if part.height else 1
    rows = GROUP_BYTES * max(part.height, 1) // size
    return int(min(max(rows // VECTOR, 1) * VECTOR, GROUP_ROWS))


def _move(manifest: Manifest, working: Path, folder: Path) -> None:
    """Puts the new files in their places and takes the stale ones away; the manifest goes last."""
    for file in manifest.files:
        source, target = working / file.path, folder / file.path
        if source.exists() and not (target.exists() and sha256_of(target) == file.sha256):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
    held = {file.path for file in manifest.files}
    for name in manifest.tables:
        # Looked for on the disk: a run that died may have left files that no manifest names.
        for path in folder.glob(f"{name}/{PARTITION}=*/part.parquet"):
            if path.relative_to(folder).as_posix() not in held:
                path.unlink()
                path.parent.rmdir()
    replacement = working / MANIFEST_NAME
    replacement.parent.mkdir(exist_ok=True)
    replacement.write_text(manifest.to_json(), encoding="utf-8")
    replacement.replace(folder / MANIFEST_NAME)
