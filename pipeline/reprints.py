"""The tables as read → the same tables with each report of an address once for as long as it says the same.

Many sites set the day, the weather or the latest news beside every page they send, so that one report comes as new
bytes every night. What differs is no part of the report: its tables, its prose and who it is of are those of the
night before. Such a copy is no version. Its bytes stay in the archive and its row in `documents`; a row of
`failures` names the copy whose report stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.checking.columns import REPORT
from pipeline.fetch.likeness import load_passing_words
from pipeline.tidy import repeat_failures
from pipeline.versions import MARKS

Frames = dict[str, pl.DataFrame]
CODE = "same_report"
SAID = ("reports", "cells", "sections", "narrative_figures", "leftovers")
"""The tables that together hold what a report says; the rest tells how it was understood."""
PLACES = (
    *("page", "table_number", "row_number", "column_number", "line"),
    *("box_left", "box_top", "box_right", "box_bottom"),
)
"""Where something stands in the file, which what is set beside the report may shift."""
OF_THE_COPY = frozenset({REPORT, "sha256", "checks_failed", *MARKS, *PLACES})
ROWS = "rows"
SENTENCE_END = "。"


def without_reprints(frames: Mapping[str, pl.DataFrame], raw: pl.DataFrame) -> Frames:
    """Leaves out the reports of fetched copies that say what the copy before them from the same address said.

    Only copies that follow each other are compared: a report that was replaced and came back is a version again.
    The first of them stands, so that its name lasts.

    Args:
        frames: The tables that come straight from reading.
        raw: source, sha256 and fetched_at of the raw documents; those without a time were not fetched.

    Returns:
        The frames; each copy left out is a row of `failures` with the code `same_report`.
    """
    repeats = _repeats(frames, _successions(raw, frames["reports"]))
    if repeats.is_empty():
        return dict(frames)
    left = {
        name: frame.join(repeats, on=REPORT, how="anti", maintain_order="left")
        if REPORT in frame.columns
        else frame
        for name, frame in frames.items()
    }
    left["failures"] = pl.concat([frames["failures"], _told(repeats, frames["documents"])])
    return left


def _successions(raw: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The reports of addresses that gave several, in the order in which they came: source, sha256, report_id."""
    held = raw.filter(pl.col("sha256").is_not_null()).select("source", "sha256", "fetched_at").unique()
    one_address = pl.col("source").n_unique().over("sha256") == 1
    fetched = held.filter(one_address & pl.col("fetched_at").is_not_null())
    read = fetched.join(reports.select("sha256", REPORT), on="sha256")
    several = read.filter(pl.len().over("source") > 1)
    return several.sort("source", "fetched_at", "sha256").select("source", "sha256", REPORT)


def _repeats(frames: Mapping[str, pl.DataFrame], successions: pl.DataFrame) -> pl.DataFrame:
    """The reports that say what the one before them said: report_id, sha256, and `first`, the hash that stands."""
    said = successions
    for name in SAID:
        said = said.join(
            _digests(name, frames[name], successions), on=REPORT, how="left", maintain_order="left"
        )
    columns = [pl.col(f"{ROWS}_{name}") for name in SAID]
    changed = pl.any_horizontal(
        pl.col("source").ne_missing(pl.col("source").shift()), *(c.ne_missing(c.shift()) for c in columns)
    )
    runs = said.with_columns(changed.cum_sum().alias("run"))
    marked = runs.with_columns(pl.col("sha256").first().over("run").alias("first"))
    return marked.filter(pl.col("sha256") != pl.col("first")).select(REPORT, "sha256", "first")


def _digests(name: str, frame: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """By report, the digests of all that a table says of it, in an order of their own; null where it says nothing."""
    chosen = frame.join(reports.select(REPORT), on=REPORT, how="semi")
    if name == "sections":
        chosen = chosen.with_columns(_lasting(chosen["text"]))
    said = [column for column in frame.columns if column not in OF_THE_COPY]
    lines = chosen.select(REPORT, pl.struct(said).hash().alias("line"))
    return lines.group_by(REPORT).agg(pl.col("line").sort().alias(f"{ROWS}_{name}"))


def _lasting(texts: pl.Series) -> pl.Series:
    """Prose without what the foot of the page says of the moment: it stands behind the last section."""
    patterns = load_passing_words()
    lasting = ["\n".join(_set_aside(line, patterns) for line in (text or "").split("\n")) for text in texts]
    return pl.Series(texts.name, lasting, pl.String())


def _set_aside(line: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """A line without passing words; a sentence is the report's own, whatever it counts."""
    if SENTENCE_END not in line:
        for pattern in patterns:
            line = pattern.sub("", line)
    return line


def _told(repeats: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The rows of `failures` for copies that were left out."""
    sources = documents.select("sha256", "source", "reader")
    rows = repeats.join(sources, on="sha256", how="left", maintain_order="left")
    return repeat_failures(rows.with_columns(pl.lit("read").alias("stage")), CODE)
