"""All that a night's result depends on → whether a run would make again what stands already.

In: the documents, the sources, the corrections, the day, the settings, the code. Out: `made_from.json` beside the
releases, which names what the last good run was made from, and what has changed since. A night on which nothing
has need not compute twenty million cells anew.

The record is kept in two steps. A run that begins to build leaves what it is made from as `.making.json` and takes
the old record away; only once its release and the review page stand does the new record take its place. Whatever
kills a run on the way, the next one builds in full.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.accounting import share_margin
from pipeline.coverage import last_due_passed
from pipeline.fetch.sources import Source
from pipeline.paths import reference_files
from pipeline.publish.parquet import MANIFEST_NAME
from pipeline.publish.warehouse import RELEASES, current_release
from pipeline.running.items import UNSETTLED
from pipeline.running.reading_version import ROOT, UNREAD, digest_of, file_digest, reading_version
from pipeline.running.workers import Limits

RECORD, MAKING = "made_from.json", ".making.json"
NOTHING_MADE = "nothing_made"
"""What has changed where no good run has left a record."""
STANDING = "standing"
"""What has changed where the release, the store or a step's tables are not those that the record is of."""
ASKED_FOR = "asked_for"
NIGHTLY_FRAMES = ("discovered_sources",)
"""Frames of the staging that every night writes, and that no published table is made from."""
REGISTER = "sources.csv"
"""Counted by what its rows say, beside those that walks have found."""

Parts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """What a release was made from.

    Attributes:
        run_id: The run that made it.
        parts: Digests of what it depends on, by name; see `parts_of`.
        release: Its version; empty while it is being made.
        standing: Size and time of change (ns) of each file that a night relies on, by its path in the warehouse.
    """

    run_id: str
    parts: dict[str, str]
    release: str = ""
    standing: dict[str, list[int]] | None = None


def parts_of(
    raw: pl.DataFrame,
    sources: Iterable[Source],
    corrections: Path,
    as_of: date,
    folders: Iterable[Path],
    environment: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Digests of all that the published data depends on, by name.

    Args:
        raw: The documents of the run (`pipeline.intake.RAW_SCHEMA`); where the archive stands does not count.
        sources: All sources; coverage names the organs whose address gave no report.
        corrections: The file of corrections, which need not be there.
        as_of: The day of the run; it counts only by the due dates that have passed.
        folders: Where the code stands that the line is made of, beside `pipeline` and `schemas`.
        environment: Where the settings of reading and of the blocking checks stand.

    Returns:
        `documents`, `sources`, `corrections`, `due_dates`, `settings`, `code`, `libraries`.
    """
    return {
        "documents": frame_digest(raw.drop("location")),
        "sources": digest_of(sorted(_words(source) for source in sources if source.kind != "listing")),
        "corrections": file_digest(corrections) if corrections.is_file() else "",
        "due_dates": str(last_due_passed(as_of)),
        "settings": digest_of(_settings(environment)),
        "code": digest_of([reading_version(UNREAD), *_code(tuple(folders))]),
        "libraries": _libraries(),
    }


def frame_digest(frame: pl.DataFrame) -> str:
    """A digest of a frame's rows, in their order."""
    return digest_of([frame.write_csv(null_value="\0", line_terminator="\r\n")])


def changes(warehouse: Path, parts: Parts) -> list[str]:
    """What has changed since the last good run; empty where another run would come to the same.

    Args:
        warehouse: The folder of the warehouse.
        parts: What this run would be made from.

    Returns:
        The names of the parts that differ; `STANDING` where what the last run made no longer stands as it was;
        `NOTHING_MADE` where no good run has left a record.
    """
    made = _read(warehouse / RECORD)
    if made is None:
        return [NOTHING_MADE]
    names = sorted({*made.parts, *parts})
    changed = [name for name in names if made.parts.get(name) != parts.get(name)]
    release = current_release(warehouse)
    stands = release is not None and release.version == made.release
    if not stands or made.standing != _standing(warehouse, made.release):
        changed.append(STANDING)
    return changed


def begin_making(warehouse: Path, run_id: str, parts: Parts) -> None:
    """Notes what a run begins to build from; until it is done, nothing counts as made."""
    _write(warehouse / MAKING, MadeFrom(run_id, dict(parts)))
    (warehouse / RECORD).unlink(missing_ok=True)


def note_made(warehouse: Path, run_id: str, parts: Parts, failures: pl.DataFrame) -> bool:
    """Notes that the current release is made from what this run began with; returns whether it is.

    It is not where another run began since, where something has changed while this one ran, where a run that made
    only some of the tables has left others of an earlier one, and where a document could not be read for a reason
    of the moment, so that the next night tries it again.

    Args:
        warehouse: The folder of the warehouse; its current release stands.
        run_id: The run.
        parts: What a run would be made from now.
        failures: The published table of failures.
    """
    making, release = _read(warehouse / MAKING), current_release(warehouse)
    if making is None or release is None or making.run_id != run_id or making.parts != dict(parts):
        return False
    if not _made_since(warehouse):
        return False
    if failures["code"].cast(pl.String).is_in(sorted(UNSETTLED)).any():
        return False
    standing = _standing(warehouse, release.version)
    _write(warehouse / RECORD, MadeFrom(run_id, dict(parts), release.version, standing))
    (warehouse / MAKING).unlink()
    return True


def _standing(warehouse: Path, release: str) -> dict[str, list[int]]:
    """Size and time of every file that the next night would otherwise write; a review page need only be there."""
    folders = (warehouse / "staging", warehouse / "store", warehouse / RELEASES / release)
    files = [path for folder in folders for path in folder.rglob("*.*") if _counts(path)]
    stats = {path.relative_to(warehouse).as_posix(): path.stat() for path in sorted(files)}
    found = {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}
    return found | {"review": [int((warehouse / "review" / "index.html").is_file()), 0]}


def _made_since(warehouse: Path) -> bool:
    """Whether every table between the steps, and the store, were written since the run began to build."""
    began = (warehouse / MAKING).stat().st_mtime_ns
    frames = [path for path in (warehouse / "staging").rglob("*.parquet") if _counts(path)]
    written = [path.stat().st_mtime_ns for path in (*frames, warehouse / "store" / MANIFEST_NAME)]
    return min(written) >= began


def _counts(path: Path) -> bool:
    """Whether a file is one that runs made; readers may leave a lock or a log beside the database."""
    return path.suffix in (".parquet", ".json", ".duckdb") and path.stem not in NIGHTLY_FRAMES


def _words(source: Source) -> str:
    return "\0".join((source.url, source.agency_name, str(source.report_year), source.trust))


def _settings(environment: Mapping[str, str]) -> Iterator[str]:
    limits = Limits.from_environment(environment)
    yield f"{limits.seconds:g} s, {limits.clock_seconds:g} s, {limits.memory} B, {limits.picture_memory} B"
    yield f"{share_margin(environment):g}"


def _code(folders: tuple[Path, ...]) -> Iterator[str]:
    """The digest of every file that the line consists of, with its definitions and the reference data."""
    for folder in (ROOT / "pipeline", ROOT / "schemas", *folders):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            if "__pycache__" not in path.parts:
                yield f"{path.relative_to(folder.parent)} {file_digest(path)}"
    for name, path in sorted(reference_files().items()):
        if name != REGISTER:
            yield f"{name} {file_digest(path)}"


@cache
def _libraries() -> str:
    """Every installed distribution and its version: which of them write a byte is not for us to guess."""
    found = {f"{known.name}={known.version}" for known in importlib.metadata.distributions()}
    return digest_of([platform.python_version(), *sorted(found)])


def _read(path: Path) -> MadeFrom | None:
    try:
        return MadeFrom(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(path: Path, made: MadeFrom) -> None:
    working = path.with_name(f".{path.name.lstrip('.')}.writing")
    working.write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
    working.replace(path)
