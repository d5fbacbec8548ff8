"""Where the numbers of all documents went: used, set aside by a rule, or left over; and whether it got worse.

Every number met in a located table is one of the three. The share used is published for each report; a build
whose share over all documents falls below the last published one says that reading got worse somewhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.faults import CodedError
from pipeline.publish.parquet import read_table
from pipeline.publish.warehouse import CURRENT, PARQUET_NAME
from schemas.messages import Message, message

COUNTS = ("numeric_found", "numeric_used", "numeric_ignored", "numeric_leftover")
MARGIN_SETTING = "OGI_SHARE_MARGIN"
MARGIN = 0.01
"""How far the share used may fall below the last published one before a build refuses to publish."""


class AccountError(CodedError):
    """A setting that is no share."""


@dataclass(frozen=True, slots=True)
class Account:
    """The numbers of a set of reports: those found are those used, ignored and left over together."""

    found: int
    used: int
    ignored: int
    leftover: int

    @property
    def share(self) -> float | None:
        """The share used; None where no number was found."""
        return self.used / self.found if self.found else None

    @property
    def balances(self) -> bool:
        """Whether every number found is accounted for."""
        return self.found == self.used + self.ignored + self.leftover

    @property
    def message(self) -> Message:
        """The totals in words."""
        share = "-" if self.share is None else f"{self.share:.2%}"
        parts = {"used": self.used, "ignored": self.ignored, "leftover": self.leftover}
        return message("build_numbers", found=self.found, share=share, **parts)


def account(reports: pl.DataFrame) -> Account:
    """The numbers of all reports of a frame with the columns `COUNTS`."""
    return Account(*(int(reports[name].sum() or 0) for name in COUNTS))


def unbalanced(reports: pl.DataFrame) -> list[str]:
    """The reports whose numbers do not add up, which would be a fault of the program."""
    parts = pl.sum_horizontal("numeric_used", "numeric_ignored", "numeric_leftover")
    return reports.filter(pl.col("numeric_found") != parts)["report_id"].to_list()


def share_margin(environment: Mapping[str, str] = os.environ) -> float:
    """How far the share may fall, from `$OGI_SHARE_MARGIN` or `MARGIN`.

    Raises:
        AccountError: The setting is no number from 0 to 1.
    """
    text = environment.get(MARGIN_SETTING, "")
    try:
        margin = float(text) if text else MARGIN
    except ValueError:
        margin = -1.0
    if not 0 <= margin <= 1:
        reason = f"{MARGIN_SETTING}={text} is no share from 0 to 1"
        raise AccountError("wrong_setting", reason=reason)
    return margin


def published_reports(warehouse: Path) -> pl.DataFrame | None:
    """The reports of the current release; None where there is none, or it was made under other definitions."""
    folder = (warehouse / CURRENT / PARQUET_NAME).resolve()
    if not folder.is_dir():
        return None
    try:
        return read_table(folder, "reports")
    except (ValueError, CodedError):
        return None


def fallen(now: pl.DataFrame, last: pl.DataFrame | None, margin: float) -> Message | None:
    """What to say where the share used fell by more than the margin since the last release; else None."""
    before = account(last).share if last is not None else None
    share = account(now).share
    if before is None or share is None or share >= before - margin:
        return None
    return message("share_fell", share=f"{share:.2%}", last=f"{before:.2%}", margin=f"{margin:.2%}")


def fallen_most(now: pl.DataFrame, last: pl.DataFrame | None, most: int) -> list[dict[str, object]]:
    """The documents of both builds of which less is used than before, the worst first."""
    if last is None:
        return []
    before = last.select("sha256", pl.col("share_used").alias("share_before"))
    both = now.select("report_id", "sha256", "share_used").join(before, on="sha256")
    worse = both.with_columns((pl.col("share_before") - pl.col("share_used").fill_null(0)).alias("fall"))
    return worse.filter(pl.col("fall") > 0).sort("fall", descending=True).head(most).to_dicts()
