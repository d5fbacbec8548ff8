"""Whether what runs leave behind is whole: the folders of a service flow in, what is wrong with them flows out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from pipeline.archive import Archive
from pipeline.faults import CodedError
from pipeline.publish.parquet import read_manifest, sha256_of
from pipeline.publish.query import open_warehouse

HALF_DONE = re.compile(r"\.writing|^\.building-|^\.current-|#\d+$|\.tmp$")
"""Names of what is being written, here and by the libraries that write for us."""
OBJECT = re.compile(r"objects/[0-9a-f]{2}/[0-9a-f]{64}")
MOMENTS = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def published(warehouse: Path) -> str:
    """One digest of everything that scholars read."""
    digest = hashlib.sha256()
    release = (warehouse / "current").resolve()
    for folder in (release, warehouse / "store"):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(warehouse)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def remembered(warehouse: Path) -> set[str]:
    """The segments of the memory; another one stands there as soon as one document is read."""
    return {path.name for path in (warehouse / "memory").glob("*")}


def faults(warehouse: Path, archive: Path) -> list[str]:
    """Everything that a run, or one that was killed, should not have left."""
    return [*_half_done(warehouse), *_half_done(archive), *_of_archive(archive), *_of_store(warehouse)]


def _half_done(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if HALF_DONE.search(path.name):
            yield f"half done: {path.relative_to(folder)}"


def _of_archive(folder: Path) -> Iterator[str]:
    """What the manifest names and the archive does not hold, what it holds under no hash, and rows that repeat."""
    archive = Archive(str(folder))
    manifest = archive.manifest()
    for digest in manifest["sha256"].drop_nulls().unique():
        try:
            archive.get(digest)
        except CodedError as error:
            yield f"archive: {error}"
    for path in (folder / "objects").rglob("*"):
        if path.is_file() and not OBJECT.fullmatch(str(path.relative_to(folder))):
            yield f"no object: {path.relative_to(folder)}"
    brought = manifest.filter(pl.col("outcome").is_in(["CREATE", "UPDATE"]))
    for url, sha256, count in brought.group_by("url", "sha256").len().iter_rows():
        if count > 1:
            yield f"brought {count} times: {url} {sha256}"
    for url, count in brought.filter(outcome="CREATE").group_by("url").len().iter_rows():
        if count > 1:
            yield f"came {count} times for the first time: {url}"


def _of_store(warehouse: Path) -> Iterator[str]:
    store = warehouse / "store"
    named = {file.path: file.sha256 for file in read_manifest(store).files}
    for name, sha256 in named.items():
        if not (store / name).is_file() or sha256_of(store / name) != sha256:
            yield f"store: {name} is not what was written"
    for path in store.rglob("*.parquet"):
        if str(path.relative_to(store)) not in named:
            yield f"store: {path.relative_to(store)} is in no manifest"
    for path in (warehouse / "staging").rglob("*.parquet"):
        try:
            pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            yield f"staging: {path.name}: {error}"


def differences(warehouse: Path, other: Path) -> list[str]:
    """Tables of two warehouses that do not say the same, but for the moments at which something came."""
    mine, its = open_warehouse(warehouse), open_warehouse(other)
    wrong = []
    for (name,) in mine.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall():
        query = f"SELECT {_columns(mine, name)} FROM {name} ORDER BY ALL"
        if mine.execute(query).fetchall() != its.execute(query).fetchall():
            wrong.append(name)
    return wrong


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $name", {"name": name}
    ).fetchall()
    return ", ".join(f'"{column}"' for column, kind in rows if kind not in MOMENTS)
