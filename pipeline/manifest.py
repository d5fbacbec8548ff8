"""What fetches and deposits came to: rows flow in, the bytes of the manifest's objects flow out, and back again."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal

import polars as pl

from pipeline.faults import CodedError
from pipeline.objects import ArchiveError

Outcome = Literal["CREATE", "UPDATE", "UNCHANGED", "GONE", "FAILED"]
BRINGING: tuple[Outcome, ...] = ("CREATE", "UPDATE")
"""The outcomes of a visit or deposit that brought bytes."""
LINES, PARQUET, PAST = ".jsonl", ".parquet", ".past.parquet"
"""How the names of the manifest's objects end: lines of JSON, a frame, a frame of rows that tell nothing any more."""

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
            deposit, what the disk says of the file (see `pipeline.deposits`), by which a later run knows it.
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


def tells() -> pl.Expr:
    """Whether a row, in their order, is one that `Archive.telling` gives."""
    row, has_content = pl.col("row_id"), pl.col("sha256").is_not_null()
    is_last = row == row.last().over("url")
    is_last_content = has_content & (row == row.filter(has_content).last().over("url"))
    return pl.col("outcome").is_in(BRINGING) | is_last | is_last_content


def latest_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The last row of each address, with what is held of it; see `Archive.latest`."""
    last = rows.group_by("url", maintain_order=True).last()
    held = (
        rows.filter(pl.col("sha256").is_not_null())
        .group_by("url", maintain_order=True)
        .last()
        .select("url", *(pl.col(name).alias(f"held_{name}") for name in HELD))
    )
    return last.join(held, on="url", how="left", maintain_order="left")


def rows_of(parts: dict[str, bytes]) -> pl.DataFrame:
    """The rows of some objects of the manifest, by path; those in lines are parsed together, which is much faster.

    Raises:
        ArchiveError: `manifest_damaged`, naming the object that cannot be read.
    """
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


def packed_rows(rows: pl.DataFrame) -> bytes:
    """Rows as one object holds them."""
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
