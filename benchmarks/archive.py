"""Nights over a simulated archive of many documents: `python -m benchmarks.archive --documents 100000`.

A number flows in; an archive of so many distinct reports is laid out, with a month of visits, and three nights are
run over it by the command itself, offline: the first, one on which nothing has changed, and one with one new
document. Out come seconds, processor time, peak memory and how many documents each night read. Exit code 0 only
when the second night read nothing and left every published byte as it was, and the third read one.

The reports are some hundred that the typesetter made, each given the name of thousands of real organs and a number
of its own, so that no two are the same bytes. The first night really reads as many as `--read` says. What the
memory would hold of the others is multiplied from the readings of those they were made of, with the names and
numbers put in; some of them, drawn by chance, are really read and held against that, row by row.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

import polars as pl

from benchmarks.nights import published
from pipeline.archive import Archive
from pipeline.fetch.found import add_found
from pipeline.fetch.sources import COLUMNS, Source
from pipeline.identity.agencies import agency_slug
from pipeline.identity.divisions import resolve
from pipeline.manifest import ManifestRow
from pipeline.paths import reference_file
from pipeline.read import read_report
from pipeline.running.remember import KEY, SEGMENT_DOCUMENTS, Memory
from pipeline.tidy import READ_TABLES, tidy
from pipeline.typeset import Facts, Media, Style, typeset
from pipeline.typeset.facts import CellKey
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.style import FormStyle, HtmlStyle, TextStyle

YEARS = tuple(range(2019, 2026))
MODELS_A_YEAR = 40
NAME, PLACE, NUMBER = "山东省淄博市临淄区公安局", "山东省 > 淄博市 > 临淄区", 91827364
"""What stands in a model where each report has its own: the organ, its division and a number."""
NUMBERED: CellKey = ("proactive_disclosure", "administrative_penalty", "decisions")
"""A cell that no identity holds to any other."""
FUNCTIONS = ("公安局", "教育局", "民政局", "财政局", "司法局", "水利局", "审计局", "统计局")
TABLES = ("proactive_disclosure", "applications", "review_litigation")
SHAPES: tuple[Literal["tabs", "bars"], ...] = ("tabs", "bars")
INBOX_EVERY = 10
"""Of the documents, one in so many is a file in the inbox, the others were fetched."""
NIGHTS = 30
BEGAN = datetime(2026, 4, 1, 18, tzinfo=UTC)
CHECKED = 20
MARKS = ("is_current", "is_current_of_scope", "is_official", "supersedes")
"""Columns that a build fills in, whatever the memory holds."""
OWN = ("sha256", "source", "file_name", "report_id", "agency_id", "division_code", "bytes")
"""Columns of which each document has its own."""

Frames = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Organ:
    """An organ: its full name, the words of its division, and how it is identified."""

    name: str
    place: str
    division_code: str
    agency_id: str


@dataclass(frozen=True, slots=True)
class Model:
    """A report that others are made of, and the readings of it."""

    media: Media
    data: bytes

    @property
    def suffix(self) -> str:
        """How a file's name ends."""
        return {"html": ".html", "text": ".txt"}[self.media]


@dataclass(frozen=True, slots=True)
class Document:
    """One of the archive's documents, by its number."""

    number: int

    @property
    def model(self) -> int:
        """The number of the model that it is made of, one of its year."""
        turn, year = divmod(self.number, len(YEARS))
        return year + len(YEARS) * (turn % MODELS_A_YEAR)

    @property
    def organ(self) -> Organ:
        """Who reports."""
        return organ(self.number // len(YEARS))

    @property
    def year(self) -> int:
        """The year reported on."""
        return YEARS[self.number % len(YEARS)]

    @property
    def data(self) -> bytes:
        """Its bytes: the model's, with its own organ and number."""
        words = models()[self.model].data.replace(NAME.encode(), self.organ.name.encode())
        return words.replace(str(NUMBER).encode(), str(self.number + 1).encode())

    @property
    def is_dropped(self) -> bool:
        """Whether it lies in the inbox."""
        return self.number % INBOX_EVERY == 0

    @property
    def file(self) -> str:
        """Its name in the inbox."""
        return f"{self.number:06d}{models()[self.model].suffix}"

    @property
    def url(self) -> str:
        """Where it was fetched; no such address exists."""
        return f"https://{self.organ.agency_id.replace('_', '-')}.example.invalid/{self.year}/{self.file}"


@cache
def models() -> tuple[Model, ...]:
    """The reports that all others are made of, the same ones every time."""
    return tuple(_model(number) for number in range(len(YEARS) * MODELS_A_YEAR))


def _model(number: int) -> Model:
    source = random.Random(number)
    year = YEARS[number % len(YEARS)]
    turn = number // len(YEARS)
    variants = dict.fromkeys(TABLES, "2021" if year > YEARS[1] else "2020")
    facts = Facts(
        agency_name=NAME,
        report_year=year,
        variants=variants,
        values=consistent_values(variants, source) | {NUMBERED: Decimal(NUMBER)},
        sections={
            1: (f"{year}年，{NAME}依法推进政府信息公开，主动公开政府信息{number + 100}条。",),
            5: ("公开形式有待丰富。",),
        },
        published_on=f"{year + 1}-01-{1 + number % 28:02d}",
    )
    style = Style(
        form=FormStyle(
            title="{agency}{year}年政府信息公开工作年度报告",
            signature=turn % 2 == 0,
            disclosure="each_block" if turn % 7 == 3 else "one",
        ),
        html=HtmlStyle(site=turn % 3 == 0, pasted=turn % 5 == 0, closed=turn % 4 != 0),
        text=TextStyle(shape=SHAPES[turn // 2 % len(SHAPES)]),
    )
    media: Media = "html" if turn % 2 else "text"
    return Model(media, typeset(facts, style, media))


@cache
def _counties() -> tuple[tuple[str, ...], ...]:
    """Every county in force below a prefecture in a province: the three names."""
    frame = pl.read_csv(
        reference_file("divisions.csv"), schema_overrides={"code": pl.String(), "parent_code": pl.String()}
    )
    names = dict(frame.select("code", "name").iter_rows())
    now = frame.filter(pl.col("valid_to").is_null(), pl.col("level") == "county")
    chains = [
        tuple(names.get(key, "") for key in (code[:2] + "0000", parent, code))
        for code, parent in now.select("code", "parent_code").iter_rows()
        if parent and not parent.endswith("0000")
    ]
    return tuple(chain for chain in chains if all(chain))


@cache
def organ(number: int) -> Organ:
    """An organ by its number: a function of a county; who it is, is told by the line's own rules."""
    chains = _counties()
    chain = chains[number % len(chains)]
    name = "".join(chain) + FUNCTIONS[number // len(chains)]
    resolution = resolve(name, name)
    return Organ(name, " > ".join(chain), resolution.code or "", agency_slug(name, resolution))


@dataclass(slots=True)
class Archived:
    """A laid-out archive.

    Attributes:
        out: The folder of the warehouse; the archive and the inbox stand in it.
        register: The sources that people named: none, all were found by walks.
        count: How many documents there are.
    """

    out: Path
    register: Path
    count: int = 0
    reads: int = 0
    hashes: dict[int, str] = field(default_factory=dict)

    @property
    def archive(self) -> Archive:
        """Where the bytes stand."""
        return Archive(str(self.out / "archive"))

    @property
    def inbox(self) -> Path:
        """Where files are dropped into."""
        return self.out / "inbox"

    def add(self, start: int, stop: int, at: datetime = BEGAN) -> None:
        """Adds documents, by their numbers."""
        self.inbox.mkdir(parents=True, exist_ok=True)
        for first in range(start, stop, SEGMENT_DOCUMENTS):
            chunk = [Document(n) for n in range(first, min(first + SEGMENT_DOCUMENTS, stop))]
            rows = [row for document in chunk if (row := self._put(document, at)) is not None]
            self.archive.record(rows)
        fetched = [Document(n) for n in range(start, stop) if n % INBOX_EVERY]
        add_found(self.archive, [_source(document) for document in fetched])
        self.count = max(self.count, stop)

    def _put(self, document: Document, at: datetime) -> ManifestRow | None:
        data = document.data
        self.hashes[document.number] = sha256(data).hexdigest()
        if document.is_dropped:
            (self.inbox / document.file).write_bytes(data)
            return None
        digest = self.archive.put(data)
        return ManifestRow(
            url=document.url,
            final_url=document.url,
            outcome="CREATE",
            source_id=f"found-{document.number}",
            http_status=200,
            etag=f'"{digest[:16]}"',
            declared_type="text/html",
            media_type="text/html" if document.file.endswith("html") else "text/plain",
            file_name=document.file,
            bytes=len(data),
            sha256=digest,
            fetched_at=at,
        )

    def visit(self, nights: int) -> None:
        """Adds what so many nights would leave that asked every address and found nothing new: a row a visit."""
        archive = self.archive
        archive.compact()
        held = archive.manifest().filter(
            pl.col("outcome") == "CREATE", pl.col("url").str.starts_with("https:")
        )
        for night in range(1, nights + 1):
            # As wide as an identifier that a row is given, and the same as none: no such digit is a "v".
            named = pl.concat_str(pl.lit(f"v{night:03d}"), pl.col("row_id").str.tail(28))
            rows = held.with_columns(
                named.alias("row_id"),
                pl.col("fetched_at") + timedelta(days=night),
                pl.lit("UNCHANGED").alias("outcome"),
                pl.lit(304, pl.Int64()).alias("http_status"),
                pl.col("sha256").alias("previous_sha256"),
            )
            archive.record_frame(rows)
            archive.compact()


def _source(document: Document) -> Source:
    return Source(
        f"found-{document.number}",
        document.url,
        agency_name=document.organ.name,
        report_year=document.year,
        note="simulated",
    )


def archived(out: Path, count: int) -> Archived:
    """Lays out an archive of so many documents in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    register = out / "sources.csv"
    register.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    made = Archived(out, register)
    made.add(0, count)
    return made


def source_of(made: Archived, document: Document) -> str:
    """What the line calls a document: its address, or its name with the inbox's before it."""
    return f"{made.inbox.name}/{document.file}" if document.is_dropped else document.url


def fill(made: Archived, memory: Memory, numbers: Sequence[int]) -> None:
    """Fills a memory with what reading some documents would leave there."""
    read = model_readings()
    for first in range(0, len(numbers), SEGMENT_DOCUMENTS):
        chunk = [Document(n) for n in numbers[first : first + SEGMENT_DOCUMENTS]]
        named = identities(made, chunk)
        memory.add(entries(made, memory, chunk), multiplied(read, named))


@cache
def model_readings() -> Frames:
    """The tables of all models, really read; `model` is a column of each."""
    parts = []
    for number, model in enumerate(models()):
        frames = tidy([read_report(model.data, f"model{model.suffix}")])
        parts.append(
            {name: frame.with_columns(pl.lit(number).alias("model")) for name, frame in frames.items()}
        )
    return {name: pl.concat([part[name] for part in parts]) for name in READ_TABLES}


def identities(made: Archived, documents: Sequence[Document]) -> pl.DataFrame:
    """What tells documents apart from their models, a row each."""
    rows = [
        (
            document.model,
            made.hashes[document.number],
            source_of(made, document),
            document.file,
            f"{document.organ.agency_id}-{document.year}-{made.hashes[document.number][:10]}",
            document.organ.agency_id,
            document.organ.division_code,
            document.organ.name,
            document.organ.place,
            len(document.data),
            document.number + 1,
        )
        for document in documents
    ]
    texts = dict.fromkeys((*OWN[:-1], "name", "place"), pl.String())
    types = {**texts, "bytes": pl.Int64(), "number": pl.Int64()}
    return pl.DataFrame(
        rows,
        schema={"model": pl.Int32(), **{f"own_{name}": dtype for name, dtype in types.items()}},
        orient="row",
    )


def multiplied(read: Frames, named: pl.DataFrame) -> Frames:
    """The tables of documents, from those of their models: names, hashes and numbers put in their places."""
    return {name: _multiplied(frame, named) for name, frame in read.items()}


def _multiplied(frame: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    joined = named.join(frame, on="model", maintain_order="left_right")
    return joined.select(_own(name, frame) for name in frame.columns if name != "model")


def _own(name: str, frame: pl.DataFrame) -> pl.Expr:
    """A column of a model's table as a document of it has it; what is null stays null."""
    own = f"own_{name}"
    if name in OWN:
        return pl.when(pl.col(name).is_not_null()).then(pl.col(own)).alias(name)
    if name in ("raw", "value") and "kind" in frame.columns:
        number = pl.col("own_number").cast(frame.schema[name])
        return pl.when(pl.col("raw") == str(NUMBER)).then(number).otherwise(name).alias(name)
    if frame.schema[name] != pl.String():
        return pl.col(name)
    for words, column in ((NAME, "own_name"), (PLACE, "own_place")):
        if frame[name].str.contains(words, literal=True).any():
            return pl.col(name).str.replace_all(words, pl.col(column), literal=True)
    return pl.col(name)


def entries(made: Archived, memory: Memory, documents: Sequence[Document]) -> pl.DataFrame:
    """What a memory knows of documents (`pipeline.running.remember.ENTRY_SCHEMA`)."""
    rows = [
        (
            made.hashes[d.number],
            source_of(made, d),
            "" if d.is_dropped else d.url.split("/")[2],
            "text/html" if d.file.endswith("html") else "text/plain",
            False,
        )
        for d in documents
    ]
    return memory.dated(pl.DataFrame(rows, schema=[*KEY, "media_type", "is_lost"], orient="row"))


def strangers(made: Archived, read: Frames, numbers: Sequence[int]) -> list[str]:
    """The tables in which documents that are really read differ from what is multiplied for them."""
    differing = []
    for document in (Document(n) for n in numbers):
        host = "" if document.is_dropped else document.url.split("/")[2]
        really = tidy([read_report(document.data, source_of(made, document), host=host)])
        claimed = multiplied(read, identities(made, [document]))
        for name in READ_TABLES:
            one, other = (frame[name].drop(MARKS, strict=False) for frame in (really, claimed))
            if not one.equals(other):
                differing.append(f"{document.number}: {name}")
    return differing


@dataclass(frozen=True, slots=True)
class Measured:
    """What a night took.

    Attributes:
        seconds: By the clock.
        processor: Seconds of processor time, of the command and all its workers.
        peak: Bytes, of the largest process.
        read: Documents that it read.
        ok: Whether the command ended with 0.
    """

    seconds: float
    processor: float
    peak: int
    read: int
    ok: bool

    def __str__(self) -> str:
        ended = "" if self.ok else "; IT FAILED"
        return (
            f"{self.seconds:8.1f} s, {self.processor:8.1f} s of processor time, peak {self.peak / 1e9:5.2f} GB, "
            f"{self.read} documents read{ended}"
        )


def night(made: Archived, *options: str) -> Measured:
    """Runs `ogi build --offline` over the archive, as a process of its own."""
    before = remembered(made)
    command = [str(Path(sys.executable).with_name("ogi")), "--lang", "en", "build", "--offline", *options]
    command += ["--sources", str(made.register), "--out", str(made.out)]
    environment = os.environ | {"OGI_INBOX": str(made.inbox), "OGI_AS_OF": "2026-05-01"}
    began = time.monotonic()
    process = os.spawnve(os.P_NOWAIT, command[0], command, environment)
    _, status, used = os.wait4(process, 0)
    return Measured(
        time.monotonic() - began,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * 1024,
        remembered(made) - before,
        os.waitstatus_to_exitcode(status) == 0,
    )


def remembered(made: Archived) -> int:
    """How many documents the memory holds."""
    files = (made.out / "memory").glob("*/entries.parquet")
    return sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in files)


def main() -> int:
    """Lays out the archive, runs the nights and says what they took."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--documents", type=int, default=2_000)
    arguments.add_argument(
        "--read", type=int, default=1_000, help="so many are really read in the first night"
    )
    arguments.add_argument("--visits", type=int, default=NIGHTS, help="nights of visits in the manifest")
    arguments.add_argument("--folder", type=Path, help="where to work; it is left standing")
    chosen = arguments.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp())
    try:
        return _nights(folder, chosen.documents, chosen.read, chosen.visits)
    finally:
        if chosen.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def _nights(folder: Path, count: int, read: int, visits: int) -> int:
    made = _laid_out(folder, count, read, visits)
    first = night(made)
    print(f"first night          {first}", flush=True)
    before = published(made.out)
    second = night(made)
    same = published(made.out) == before
    print(f"nothing has changed  {second}; the published bytes are the same: {same}", flush=True)
    made.add(count, count + 1)
    third = night(made)
    print(f"one new document     {third}", flush=True)
    good = first.ok and second.ok and third.ok and same and second.read == 0 and third.read == 1
    return 0 if good else 1


def _laid_out(folder: Path, count: int, read: int, visits: int) -> Archived:
    began = time.monotonic()
    made = archived(folder, count)
    made.visit(visits)
    numbers = random.Random(count).sample(range(count), count)
    multiplied_for, really = sorted(numbers[read:]), len(numbers[:read])
    if multiplied_for:
        wrong = strangers(made, model_readings(), numbers[-CHECKED:])
        if wrong:
            raise SystemExit(f"what is multiplied is not what is read: {wrong}")
        fill(made, Memory(made.out / "memory"), multiplied_for)
    print(
        f"{count} documents, {made.archive.manifest().height} rows of the manifest, laid out in "
        f"{time.monotonic() - began:.0f} s; {really} are left for the first night to read, {len(multiplied_for)} "
        f"are in the memory, multiplied from readings of {len(models())} models ({CHECKED} of them checked)",
        flush=True,
    )
    return made


if __name__ == "__main__":
    sys.exit(main())
