"""Raw documents → the tables that come straight from reading; what was read before is remembered, not read again.

The memory is a folder of segments, each the tables of up to a thousand documents as Parquet, written once and
never changed. A document is known by its bytes, its name and its site; what is remembered of it holds as long as
nothing changes that its reading depends on (see `pipeline.running.reading_version`). A run that dies has lost one
segment's work; a segment that is damaged, or that something else left in the folder, is read again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from pipeline.batch import read_all
from pipeline.intake import items
from pipeline.objects import object_path
from pipeline.read import unread
from pipeline.report import Report
from pipeline.reprints import without_reprints
from pipeline.running.items import LOST, UNSETTLED, Item
from pipeline.running.reading_version import reading_version
from pipeline.running.workers import Limits
from pipeline.tidy import READ_TABLES, repeat_failures, tidy
from pipeline.versions import mark_versions

Frames = dict[str, pl.DataFrame]
Read = Callable[[Iterable[Item]], Iterator[Report]]
Progress = Callable[[int, int], None]

FORMAT = 1
SEGMENT_DOCUMENTS = 1_000
SMALL_SEGMENTS = 24
"""Segments that are not full, above which they are gathered into full ones."""
ENTRIES = "entries"
INDEX = "segment.json"
WRITING = ".writing-"
KEY = ("sha256", "source", "host")
ENTRY_SCHEMA: dict[str, pl.DataType] = {
    "sha256": pl.String(),
    "source": pl.String(),
    "host": pl.String(),
    "media_type": pl.String(),
    "is_lost": pl.Boolean(),
    "version": pl.String(),
}
"""What is known of a remembered document: its key, its type, whether it took its workers down, and the version
of what it was read with."""


def read_documents(
    raw: pl.DataFrame, memory: Memory, read: Read = read_all, progress: Progress | None = None
) -> Frames:
    """Reads the documents that the memory does not hold, and returns the tables of all of them.

    Args:
        raw: The documents (`pipeline.intake.RAW_SCHEMA`); of those with the same bytes the first is read.
        memory: What was read before; what is read now is added to it as it comes.
        read: Reads files, in order.
        progress: Told how many documents are done, of how many.

    Returns:
        The tables named in `READ_TABLES`, rows in the order of the documents (reports by name, with the versions
        that stand marked); the same, byte for byte, whether or not anything was remembered.
    """
    wanted = _wanted(raw)
    known = memory.known(wanted)
    todo = wanted.join(known, on="sha256", how="anti", maintain_order="left")
    tell = progress or (lambda done, total: None)
    tell(known.height, wanted.height)
    unsettled: list[Report] = []
    done = known.height
    for batch in _batches(_checked(todo, read), SEGMENT_DOCUMENTS):
        settled = [report for report in batch if _is_settled(report)]
        unsettled += [report for report in batch if not _is_settled(report)]
        memory.keep(settled, todo)
        done += len(batch)
        tell(done, wanted.height)
    memory.gather()
    frames = _in_order(wanted, [*memory.frames(memory.known(wanted)), tidy(unsettled)])
    repeats = _repeats(raw, frames["documents"])
    frames["failures"] = pl.concat([frames["failures"], repeats])
    frames = without_reprints(frames, raw)
    frames["reports"] = mark_versions(frames["reports"], frames["cells"], raw)
    return frames


def _wanted(raw: pl.DataFrame) -> pl.DataFrame:
    """The documents to read, each once, with their key, place and position."""
    held = raw.filter(pl.col("sha256").is_not_null()).unique("sha256", keep="first", maintain_order=True)
    hosts = pl.Series("host", [item.host for item in items(held)], pl.String())
    return held.select("sha256", "source", "location", "url").with_columns(hosts).with_row_index("position")


def _checked(todo: pl.DataFrame, read: Read) -> Iterator[Report]:
    """The reports of documents; one whose bytes are no longer those that were archived was not read at all."""
    for row, report in zip(todo.iter_rows(named=True), read(items(todo)), strict=True):
        if report.sha256 in ("", row["sha256"]):
            yield report
        else:
            yield unread(
                row["source"], "archive_corrupt", sha256=row["sha256"], path=object_path(row["sha256"])
            )


def _batches(reports: Iterator[Report], size: int) -> Iterator[list[Report]]:
    while batch := list(islice(reports, size)):
        yield batch


def _is_settled(report: Report) -> bool:
    """Whether another run would read the same; what tells of the moment is not remembered."""
    return bool(report.sha256) and _failure(report) not in UNSETTLED


def _failure(report: Report) -> str:
    return report.failure.message.code if report.failure else ""


def _in_order(wanted: pl.DataFrame, parts: Sequence[Frames]) -> Frames:
    """The parts' tables as one each, rows in the order of the documents."""
    names = pl.concat([part["reports"].select("report_id", "sha256") for part in parts])
    places = wanted.select("sha256", "position")
    by_report = names.join(places, on="sha256").select("report_id", "position")
    whole = {}
    for name in READ_TABLES:
        frame = pl.concat([part[name] for part in parts])
        whole[name] = _sorted(frame, by_report if _key(frame) == "report_id" else places)
    return whole


def _key(frame: pl.DataFrame) -> str:
    """The column that tells which document a row of a table is from."""
    return "report_id" if "report_id" in frame.columns else "sha256"


def _sorted(frame: pl.DataFrame, order: pl.DataFrame) -> pl.DataFrame:
    """The rows in an order of their documents; rows of unknown documents last."""
    position = frame.select(_key(frame)).join(order, on=_key(frame), how="left", maintain_order="left")[
        "position"
    ]
    if not position.is_null().any() and position.is_sorted():
        return frame
    return (
        frame.with_columns(position).sort("position", maintain_order=True, nulls_last=True).drop("position")
    )


def _repeats(raw: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The rows of `failures` for files whose bytes an earlier file has: they are counted once."""
    held = raw.filter(pl.col("sha256").is_not_null()).unique(
        ["sha256", "source"], keep="first", maintain_order=True
    )
    first = held.unique("sha256", keep="first").select("sha256", pl.col("source").alias("first"))
    read = documents.select("sha256", pl.col("status").cast(pl.String), "reader")
    again = held.join(first, on="sha256", maintain_order="left").filter(pl.col("source") != pl.col("first"))
    stage = pl.when(pl.col("status") == "not_a_report").then(pl.lit("identify")).otherwise(pl.lit("read"))
    rows = again.join(read, on="sha256", how="left", maintain_order="left")
    return repeat_failures(rows.with_columns(stage.alias("stage")), "same_bytes")


@dataclass(frozen=True, slots=True)
class Segment:
    """A folder of the memory that is what its index says."""

    path: Path

    @classmethod
    def opened(cls, path: Path) -> Segment | None:
        """The segment of a folder; None where there is none, it is damaged, or of another format."""
        try:
            index = json.loads((path / INDEX).read_bytes())
            files = {name: index["files"][name] for name in (*READ_TABLES, ENTRIES)}
            sound = index["format"] == FORMAT and all(_digest(path / _file(n)) == d for n, d in files.items())
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return cls(path) if sound else None

    @classmethod
    def written(cls, folder: Path, frames: Mapping[str, pl.DataFrame]) -> Segment:
        """Writes a segment; it stands whole or not at all."""
        name = uuid.uuid4().hex
        working = folder / f"{WRITING}{name}"
        working.mkdir(parents=True)
        for table_name, frame in frames.items():
            frame.write_parquet(working / _file(table_name), statistics=False)
        digests = {table_name: _digest(working / _file(table_name)) for table_name in frames}
        (working / INDEX).write_text(json.dumps({"format": FORMAT, "files": digests}))
        return cls(working.rename(folder / name))

    @property
    def entries(self) -> pl.DataFrame:
        """What is known of its documents, with the segment's name."""
        return self.frame(ENTRIES).with_columns(pl.lit(self.path.name).alias("segment"))

    def frame(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        return pl.read_parquet(self.path / _file(name), glob=False)

    def frames(self, documents: pl.DataFrame | None = None) -> Frames:
        """Its tables, whole or for some documents (sha256)."""
        whole = {name: self.frame(name) for name in READ_TABLES}
        if documents is None:
            return whole
        names = whole["reports"].join(documents, on="sha256", how="semi").select("report_id")
        chosen = {}
        for name, frame in whole.items():
            key = _key(frame)
            keys = names if key == "report_id" else documents
            chosen[name] = frame.join(keys, on=key, how="semi", maintain_order="left")
        return chosen


class Memory:
    """What was read before, in a folder.

    Args:
        folder: Where the segments stand; it is made when something is kept.
        version: The version of what the reading of a media type depends on.
        limits: Those that documents are read with; what exceeded them is read again under others.
    """

    def __init__(
        self, folder: Path, version: Callable[[str], str] = reading_version, limits: Limits | None = None
    ) -> None:
        self._folder = folder
        self._version = version
        chosen = limits or Limits()
        self._bounds = f"{chosen.seconds:g} s, {chosen.memory} B"
        self._segments = _segments(folder)
        self._entries = _together([segment.entries for segment in self._segments.values()])

    def known(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """Which of some documents are remembered: sha256 and the name of the segment.

        Args:
            wanted: sha256, source and host of documents.
        """
        valid = self._valid().select(*KEY, "segment")
        return wanted.select(KEY).join(valid, on=KEY, maintain_order="left").select("sha256", "segment")

    def keep(self, reports: Sequence[Report], documents: pl.DataFrame) -> None:
        """Remembers what was read of some documents.

        Args:
            reports: What was read.
            documents: sha256 and host of those documents, and perhaps of others.
        """
        if not reports:
            return
        names = [name for name in ENTRY_SCHEMA if name not in ("host", "version")]
        rows = [(r.sha256, r.source, r.media_type, _failure(r) in LOST) for r in reports]
        read = pl.DataFrame(rows, schema={name: ENTRY_SCHEMA[name] for name in names}, orient="row")
        entries = read.join(documents.select("sha256", "host"), on="sha256", maintain_order="left")
        self.add(self.dated(entries), tidy(reports))

    def add(self, entries: pl.DataFrame, frames: Frames) -> None:
        """Adds a segment: what is known of some documents (`ENTRY_SCHEMA`), and their tables."""
        segment = Segment.written(self._folder, {ENTRIES: entries, **frames})
        self._segments[segment.path.name] = segment
        self._entries = pl.concat([self._entries, segment.entries])

    def dated(self, entries: pl.DataFrame) -> pl.DataFrame:
        """Entries, with the version of what they were read with: that of today."""
        return self._with_version(entries).select(*ENTRY_SCHEMA)

    def frames(self, known: pl.DataFrame) -> Iterator[Frames]:
        """The tables of remembered documents, a part a segment."""
        for name, segment in self._segments.items():
            live = known.filter(pl.col("segment") == name)
            if live.height:
                whole = live.height == self._entries.filter(pl.col("segment") == name).height
                yield segment.frames(None if whole else live)

    def gather(self) -> None:
        """Writes what small or mostly outdated segments still hold into full ones."""
        valid = self._valid()
        held = valid.group_by("segment").len("valid")
        sizes = self._entries.group_by("segment").len("all").join(held, on="segment", how="left").fill_null(0)
        small = sizes.filter(pl.col("all") < SEGMENT_DOCUMENTS // 2)
        outdated = sizes.filter(pl.col("valid") * 2 < pl.col("all"))
        chosen = pl.concat([outdated, small]) if small.height > SMALL_SEGMENTS else outdated
        self._rewrite(valid, set(chosen["segment"]))

    def _rewrite(self, valid: pl.DataFrame, names: set[str]) -> None:
        old = [name for name in self._segments if name in names]
        kept = _together([valid.filter(pl.col("segment") == name) for name in old])
        for chunk in kept.iter_slices(SEGMENT_DOCUMENTS):
            parts = [self._segments[n].frames(chunk.filter(pl.col("segment") == n)) for n in old]
            frames = {name: pl.concat([part[name] for part in parts]) for name in READ_TABLES}
            self.add(chunk.select(*ENTRY_SCHEMA), frames)
        for name in old:
            shutil.rmtree(self._segments.pop(name).path, ignore_errors=True)
        self._entries = self._entries.filter(~pl.col("segment").is_in(old))

    def _valid(self) -> pl.DataFrame:
        """The entries that still hold, each document once."""
        now = self._with_version(self._entries.rename({"version": "kept"}))
        return now.filter(pl.col("kept") == pl.col("version")).unique(KEY, keep="last", maintain_order=True)

    def _with_version(self, entries: pl.DataFrame) -> pl.DataFrame:
        """Entries with the version that their reading has now."""
        types = {media_type: self._version(media_type) for media_type in entries["media_type"].unique()}
        bounds = pl.when("is_lost").then(pl.lit(f" {self._bounds}")).otherwise(pl.lit(""))
        version = pl.col("media_type").replace_strict(types, return_dtype=pl.String()) + bounds
        return entries.with_columns(version.alias("version"))


def _segments(folder: Path) -> dict[str, Segment]:
    """The sound segments of a folder, oldest first; what is damaged or half written is removed."""
    found: dict[str, Segment] = {}
    paths = [path for path in folder.glob("*") if path.is_dir()] if folder.is_dir() else []
    for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name)):
        segment = Segment.opened(path)
        if segment is not None:
            found[path.name] = segment
        elif (path / INDEX).exists() or path.name.startswith(WRITING):
            shutil.rmtree(path, ignore_errors=True)
    return found


def _together(entries: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(
        [pl.DataFrame(schema={**ENTRY_SCHEMA, "segment": pl.String()}), *entries], how="diagonal"
    )


def _file(name: str) -> str:
    return f"{name}.parquet"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
