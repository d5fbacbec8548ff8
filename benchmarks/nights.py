"""Two nights over the served sites of many offices: `python -m benchmarks.nights --offices 300`.

Offices on loopback addresses flow in; out come what each night took and transferred, and whether the second left
every published byte as it was. Exit code 0 when every report was found and the second night changed nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from assets.command import build
from benchmarks.offices import Offices, offices, served
from pipeline.publish.query import open_warehouse

POLITE = {
    "OGI_FETCH_ALLOW_PRIVATE": "1",
    "OGI_FETCH_READ_TIMEOUT": "10",
    "OGI_FETCH_ATTEMPTS": "2",
    "OGI_AS_OF": "2026-02-01",
}


def published(out: Path) -> str:
    """One digest of everything that scholars read."""
    digest = hashlib.sha256()
    release = (out / "current").resolve()
    for path in sorted(
        path for folder in (release, out / "store") for path in folder.rglob("*") if path.is_file()
    ):
        digest.update(f"{path.relative_to(out)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def night(site: Offices, register: Path, empty: Path, out: Path) -> float:
    """Runs one night and prints what it came to; returns its seconds."""
    site.asked.clear()
    began = time.monotonic()
    summary = build([empty], register, out, lambda *_: None)
    seconds = time.monotonic() - began
    statuses = Counter(exchange.status for exchange in site.asked if exchange.path != "/robots.txt")
    transferred = sum(exchange.body for exchange in site.bodies())
    print(
        f"{seconds:.0f} s, ok {summary.ok}; answers {dict(statuses)}; {transferred:,} bytes of documents and pages"
    )
    print(f"documents {summary.statuses}; problems {summary.problems}", flush=True)
    return seconds


def main() -> int:
    """Runs both nights and compares them."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--offices", type=int, default=300)
    arguments.add_argument("--rate", type=float, default=1.0, help="requests a second to one host")
    arguments.add_argument("--hosts", type=int, default=64, help="hosts asked side by side")
    chosen = arguments.parse_args()
    rates = {"OGI_FETCH_REQUESTS_PER_SECOND": str(chosen.rate), "OGI_FETCH_HOSTS_AT_ONCE": str(chosen.hosts)}
    os.environ.update(POLITE | rates)
    with tempfile.TemporaryDirectory() as folder, served(offices(chosen.offices)) as site:
        out, empty = Path(folder) / "out", Path(folder) / "empty"
        empty.mkdir()
        register = site.register(Path(folder) / "sources.csv")
        night(site, register, empty, out)
        found = set(open_warehouse(out).execute("SELECT agency_name, report_year FROM reports").fetchall())
        before = published(out)
        night(site, register, empty, out)
        repeated = {e.host for e in site.bodies()} - {o.host for o in site.offices if o.style == 2}
        same = published(out) == before
    missing = site.published() ^ found
    print(
        f"reports {len(found)} of {len(site.published())}; published bytes the same: {same}; "
        f"hosts with validators that sent a body again: {len(repeated)}"
    )
    return 0 if same and not missing and not repeated else 1


if __name__ == "__main__":
    sys.exit(main())
