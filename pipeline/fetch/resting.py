"""The manifest flows in; the addresses that are left in peace for now flow out.

An address that refuses, or has nothing, is not asked every night: nothing tries to wear a refusal down. Failures
that may pass are asked again the next night.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from pipeline.archive import Archive

REST = timedelta(days=25)
SETTLED = (
    "access_blocked",
    "challenge_page",
    "empty_shell",
    "foreign_page",
    "http_401",
    "http_403",
    "http_404",
    "http_410",
    "robots_denied",
    "soft_404",
    "too_large",
)
"""What an address says that it will say tomorrow as well."""


def resting(archive: Archive, now: datetime, *, recheck: bool = False) -> dict[str, str]:
    """The addresses not to ask now, with the code of what they said last.

    Args:
        archive: Its manifest tells what each address said last.
        now: With a time zone.
        recheck: Asks again where nothing was ever got, however lately it was refused.
    """
    last = archive.latest()
    quiet = pl.col("error").is_in(SETTLED) & (pl.col("fetched_at") > now - REST)
    if recheck:
        quiet &= pl.col("held_sha256").is_not_null()
    rows = last.filter(quiet)
    return dict(zip(rows["url"], rows["error"], strict=True))
