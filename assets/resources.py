"""What the assets share: where a run reads and writes, and the staging store between the steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import polars as pl

from pipeline.archive import Archive
from pipeline.checking.corrections import Correction, load_corrections
from pipeline.fetch.found import all_sources
from pipeline.fetch.resting import resting
from pipeline.fetch.sources import Source, load_sources
from pipeline.intake import fetched_documents, inbox_documents, take_files
from pipeline.paths import archive_location, corrections_file, data_folder, sample_folder, warehouse_folder
from pipeline.running.nights import one_run
from pipeline.running.overdue import Asking, ask_overdue, overdue

Progress = Callable[[str, int, int], None]
UNKNOWN_YEAR = "unknown"


class Line(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where a run reads and writes; empty settings mean the defaults of the command.

    `raw` names the archive, a folder or the address of an object store. `again` builds in full though nothing has
    changed; `offline` asks no site: what the archive holds is built.
    """

    inputs: list[str] = []  # noqa: RUF012
    sources: str = ""
    out: str = ""
    raw: str = ""
    as_of: str = ""
    patience: float = 0.0
    again: bool = False
    offline: bool = False

    @property
    def today(self) -> date:
        """The day as of which coverage is judged: the ISO date set, else `$OGI_AS_OF`, else today in Shanghai."""
        named = self.as_of or os.environ.get("OGI_AS_OF")
        return date.fromisoformat(named) if named else datetime.now(ZoneInfo("Asia/Shanghai")).date()

    @property
    def warehouse(self) -> Path:
        """Where `releases/` and `current` stand."""
        return Path(self.out) if self.out else warehouse_folder()

    @property
    def store(self) -> Path:
        """The canonical Parquet store that the releases are made from."""
        return self.warehouse / "store"

    @property
    def staging(self) -> Path:
        """Where steps leave their frames for one another."""
        return self.warehouse / "staging"

    @property
    def archive(self) -> Archive:
        """The content-addressed raw store: the one named, else beside the default warehouse or in the one named."""
        return Archive(self.raw or archive_location(Path(self.out) if self.out else None))

    @property
    def inbox(self) -> Path:
        """The folder that files are dropped into: `$OGI_INBOX`, else `inbox/` beside the archive."""
        return Path(os.environ.get("OGI_INBOX") or data_folder() / "inbox")

    def given_paths(self) -> list[Path]:
        """The folders and files named to take in: by the run, else by `$OGI_INPUT`; empty for none."""
        named = self.inputs or [p for p in os.environ.get("OGI_INPUT", "").split(os.pathsep) if p]
        return [Path(path) for path in named]

    def raw_frame(self) -> pl.DataFrame:
        """The documents to read; the embedded sample where nothing is given, dropped in or fetched."""
        archive = self.archive
        frames = [take_files(self.given_paths(), archive)]
        if not self.inputs:
            frames.append(inbox_documents(self.inbox, archive))
        frames.append(fetched_documents(self.source_list(), archive))
        frame = pl.concat(frames)
        return frame if frame.height or self.inputs else take_files([sample_folder()], archive)

    def register(self) -> tuple[Source, ...]:
        """The sources that people named: those of the file given, else of the register of the project."""
        return load_sources(Path(self.sources) if self.sources else None)

    def source_list(self) -> tuple[Source, ...]:
        """The sources that people named, and those that walks of their listings found."""
        return all_sources(self.register(), self.archive)

    def asking(self, *, recheck: bool = False) -> Asking:
        """Whom a run asks: all that do not rest; to recheck, those whose report is due and lacking.

        Where nothing has been built yet, nobody knows what is lacking: then all are asked that never gave a report.
        """
        quiet = resting(self.archive, datetime.now(UTC))
        if not recheck:
            return Asking(quiet)
        try:
            frames = [read_staged(self.staging, name) for name in ("coverage", "raw_documents", "readings")]
        except FileNotFoundError:
            return Asking(resting(self.archive, datetime.now(UTC), recheck=True))
        return ask_overdue(quiet, overdue(self.source_list(), *frames, self.today))

    def correction_list(self) -> tuple[Correction, ...]:
        """The corrections of misprinted numbers."""
        return load_corrections(corrections_file())


def silent(stage: str, done: int, total: int) -> None:
    """Says nothing; what progress is told to unless the command shows a bar."""


class StagingStore(dg.ConfigurableIOManager):
    """Keeps each step's frame as Parquet: `<asset>.parquet`, or `<asset>/<year>.parquet` by report year.

    Two runs that left their frames in one place would publish a mixture, so a run holds the place until it ends.
    """

    line: Line

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[StagingStore]:
        """Holds the warehouse for the run; says so where another run does."""
        run_id = context.run.run_id if context.run else ""
        with one_run(self.line.warehouse, run_id, self.line.patience):
            yield self

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
        """Writes a frame, by year where the asset is partitioned."""
        if not isinstance(obj, pl.DataFrame):
            return
        name = context.asset_key.path[-1]
        if context.has_asset_partitions:
            for year in context.asset_partition_keys:
                write_frame(self.line.staging / name / f"{year}.parquet", of_year(obj, year))
        else:
            write_frame(self.line.staging / f"{name}.parquet", obj)
        context.add_output_metadata({"dagster/row_count": obj.height})

    def load_input(self, context: dg.InputContext) -> pl.DataFrame:
        """Reads a frame back, all years of a partitioned one that the step asks for."""
        name = context.asset_key.path[-1]
        years = context.asset_partition_keys if context.has_asset_partitions else None
        return read_staged(self.line.staging, name, years)


def of_year(frame: pl.DataFrame, year: str) -> pl.DataFrame:
    """The rows of one report year; `unknown` for those without."""
    column = pl.col("report_year")
    return frame.filter(column.is_null() if year == UNKNOWN_YEAR else column == int(year))


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Writes a frame so that a reader sees the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    working = path.with_suffix(".writing")
    frame.write_parquet(working)
    working.replace(path)


def read_staged(staging: Path, name: str, years: Iterable[str] | None = None) -> pl.DataFrame:
    """A staged frame: one file, or the years asked for of a partitioned one (all of them for None)."""
    single = staging / f"{name}.parquet"
    if single.exists():
        return pl.read_parquet(single)
    folder = staging / name
    wanted = sorted(folder.glob("*.parquet")) if years is None else [folder / f"{y}.parquet" for y in years]
    frames = [pl.read_parquet(path) for path in wanted if path.exists()]
    if not frames:
        raise FileNotFoundError(f"{name} has not been materialised yet")
    return pl.concat(frames)


def by_year(years: Iterable[str], make: Callable[..., pl.DataFrame], *frames: pl.DataFrame) -> pl.DataFrame:
    """What is made of some frames, a report year at a time: no step need hold twenty million cells twice."""
    years = list(years)
    found = {UNKNOWN_YEAR if year is None else str(year) for year in frames[0]["report_year"].unique()}
    chosen = [year for year in years if year in found] or years[:1]
    return pl.concat([make(*(of_year(frame, year) for frame in frames)) for year in chosen])
