"""Nights over the served sites of many offices: `python -m benchmarks.nights --offices 300 [--daemon] [--kills 10]`.

Offices on loopback addresses flow in; out comes what each night took and transferred, and whether the second read
nothing again and left every published byte as it was. With `--daemon` the nights are those of a real daemon that the
documentation's settings start, ticking every minute, with no hand on it. With `--kills N` a second service on the same
sites is killed at N random moments; what it publishes in the end is held against that of the one left alone. Exit code
0 when all is as it should be.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg

from assets.command import build
from benchmarks.attachments import convert
from benchmarks.offices import Office, Offices, offices, served
from benchmarks.service import EVERY_MINUTE, Service
from benchmarks.soundness import differences, faults, published, remembered
from pipeline.publish.query import open_warehouse

POLITE = {
    "OGI_FETCH_ALLOW_PRIVATE": "1",
    "OGI_FETCH_READ_TIMEOUT": "10",
    "OGI_FETCH_ATTEMPTS": "2",
    "OGI_AS_OF": "2026-02-01",
}
NIGHT_SECONDS = 3_600.0
ROLES = ("", "", "", "", "run", "daemon", "server", "reader")
"""Whom a kill takes: mostly all of them."""
IDLE_KILLS_EVERY = 5
"""Of the kills, so many hit at a moment counted from the daemon's start, and not from a run's."""
BEGUN = (dg.DagsterRunStatus.STARTED,)
DONE = (dg.DagsterRunStatus.SUCCESS,)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found wrong, a line each."""

    problems: tuple[str, ...] = ()

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(self.problems + other.problems)


def told(site: Offices, began: float, ended: float) -> str:
    """What the sites answered in a span of time."""
    asked = [e for e in site.asked if began <= e.at <= ended and e.path != "/robots.txt"]
    statuses = dict(sorted(Counter(e.status for e in asked).items()))
    return (
        f"{ended - began:.0f} s; answers {statuses}; {sum(e.body for e in asked if e.status == 200):,} bytes"
    )


def found_all(site: Offices, warehouse: Path) -> Verdict:
    """Every report of every office is published, and every failure is told by its name."""
    tables = open_warehouse(warehouse)
    found = set(tables.execute("SELECT agency_name, report_year FROM reports").fetchall())
    query = "SELECT DISTINCT stage, code, split_part(split_part(source, '/', 3), ':', 1) FROM failures"
    failing = {
        row for row in tables.execute(query).fetchall() if row[0] != "identify" and row[1] != "same_bytes"
    }
    print(
        f"reports {len(found)} of {len(site.published())}; failures told {len(failing)} of {len(site.failing())}"
    )
    return Verdict(
        tuple(f"report: {row}" for row in sorted(site.published() ^ found, key=str))
        + tuple(f"failure: {row}" for row in sorted(site.failing() ^ failing, key=str))
    )


def nothing_again(site: Offices, since: float) -> Verdict:
    """No host that can tell that a page is unchanged has sent one since."""
    again = [e for e in site.bodies(since) if site.sends_validators(e.host)]
    return Verdict(tuple(f"transferred again: {e.host}{e.path}" for e in again))


def by_hand(site: Offices, register: Path, folder: Path) -> Verdict:
    """Two nights by `ogi build`."""
    out, empty = folder / "out", folder / "empty"
    empty.mkdir()
    verdict = Verdict()
    marks: list[tuple[str, set[str]]] = []
    for _ in range(2):
        began = time.time()
        summary = build([empty], register, out, lambda *_: None)
        print(
            f"ok {summary.ok}: {told(site, began, time.time())}; {summary.statuses} {summary.problems}",
            flush=True,
        )
        marks.append((published(out), remembered(out)))
        verdict = verdict + Verdict(summary.problems)
    return verdict + found_all(site, out) + _same(*marks) + nothing_again(site, began)


def _same(first: tuple[str, set[str]], second: tuple[str, set[str]]) -> Verdict:
    print(f"published bytes the same: {first[0] == second[0]}; documents read again: {first[1] != second[1]}")
    wrong = ["published bytes differ"] if first[0] != second[0] else []
    return Verdict((*wrong, *(["documents were read again"] if first[1] != second[1] else [])))


def quiet_nights(site: Offices, service: Service, since: float = 0.0) -> Verdict:
    """Waits for two nights that begin after a moment, and holds the second to having changed nothing."""
    marks, began = [], since
    for number in range(2):
        last = _next_night(service, began)
        marks.append((published(service.warehouse), remembered(service.warehouse)))
        began = last.start_time or 0.0
        print(f"night {number + 1}: {told(site, began, last.end_time or 0.0)}", flush=True)
    waiting = service.runs(dg.DagsterRunStatus.QUEUED)
    too_many = Verdict((f"{len(waiting)} nights wait in the queue",) if len(waiting) > 1 else ())
    return _same(*marks) + nothing_again(site, began) + too_many


def _next_night(service: Service, after: float) -> dg.RunRecord:
    """The first night that began after a moment and ended well, once there is one."""

    def look() -> dg.RunRecord | None:
        return next((run for run in service.runs(*DONE) if (run.start_time or 0.0) > after), None)

    return service.wait_for(look, NIGHT_SECONDS)


def status(service: Service) -> Verdict:
    """What `ogi status` says, and whether it is well."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ogi")), "--lang", "en", "status"],
        env=service.environment,
        capture_output=True,
        text=True,
    )
    print(f"ogi status: {done.stdout.strip()}")
    return Verdict(() if done.returncode == 0 else (f"ogi status: {done.stdout}{done.stderr}",))


def by_daemon(site: Offices, service: Service) -> Verdict:
    """Two nights by the daemon, nobody touching it."""
    service.start()
    try:
        verdict = quiet_nights(site, service)
    finally:
        service.stop()
    wrong = Verdict(tuple(faults(service.warehouse, service.archive)))
    return verdict + found_all(site, service.warehouse) + status(service) + wrong


def disturbed(
    site: Offices, service: Service, kills: int, lengths: tuple[float, float], seed: int
) -> Verdict:
    """Kills the service at random moments of both nights; then it is left alone until it has healed."""
    source = random.Random(seed)
    service.start()
    try:
        for number in range(kills):
            length = lengths[number * 2 // kills]
            _kill_once(service, number, length, source)
            if not service.is_up:
                service.start()
        verdict = quiet_nights(site, service, time.time())
    finally:
        service.stop()
    wrong = Verdict(tuple(faults(service.warehouse, service.archive)))
    return verdict + found_all(site, service.warehouse) + status(service) + wrong


def _kill_once(service: Service, number: int, length: float, source: random.Random) -> None:
    role = source.choice(ROLES)
    if number % IDLE_KILLS_EVERY:
        service.wait_for(lambda: service.runs(*BEGUN), NIGHT_SECONDS)
    pause = source.uniform(0, length)
    time.sleep(pause)
    before = Counter(member.role for member in service.members())
    under_way = [record.dagster_run.run_id[:8] for record in service.runs(*BEGUN)]
    role = role if before[role] else ""
    count = service.kill(role)
    print(
        f"kill {number + 1}: {pause:.1f} s on, {role or 'all'}: {count} of {dict(before)}; run {under_way}",
        flush=True,
    )


def alarms(service: Service) -> str:
    """How many runs failed, and of how many the alarms tell."""
    log = service.warehouse / "alerts.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return f"runs failed {len(service.runs(dg.DagsterRunStatus.FAILURE))}; alarms {len(lines)}"


def settings(register: Path, rate: float, hosts: int) -> dict[str, str]:
    """What the service is told beyond the documented settings: faster, tamer, and where the sites are."""
    return POLITE | {
        "OGI_SOURCES": str(register),
        "OGI_NIGHTLY_CRON": EVERY_MINUTE,
        "OGI_FETCH_REQUESTS_PER_SECOND": str(rate),
        "OGI_FETCH_HOSTS_AT_ONCE": str(hosts),
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    }


def unvarying(made: list[Office]) -> list[Office]:
    """The offices, every copy of a page the same bytes, so that two archives can be compared."""
    for office in made:
        office.pages = {path: replace(body, changing=False) for path, body in office.pages.items()}
    return made


def by_service(site: Offices, register: Path, folder: Path, chosen: argparse.Namespace) -> Verdict:
    """The nights of a daemon left alone and, if asked for, those of one that is killed."""
    environment = settings(register, chosen.rate, chosen.hosts)
    control = Service(folder / "control", environment)
    verdict = by_daemon(site, control)
    if not chosen.kills:
        return verdict
    nights = control.runs(*DONE)[:2]
    first, second = ((night.end_time or 0.0) - (night.start_time or 0.0) for night in nights)
    site.were_busy.clear()
    killed = Service(folder / "killed", environment)
    verdict = verdict + disturbed(site, killed, chosen.kills, (first, second), chosen.seed)
    print(alarms(killed))
    unlike = differences(killed.warehouse, control.warehouse)
    print(f"tables unlike those of the nights left alone: {unlike or 'none'}")
    return verdict + Verdict(tuple(f"differs: {name}" for name in unlike))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offices", type=int, default=300)
    parser.add_argument("--rate", type=float, default=1.0, help="requests a second to one host")
    parser.add_argument("--hosts", type=int, default=64, help="hosts asked side by side")
    parser.add_argument("--daemon", action="store_true", help="nights by the real daemon, as documented")
    parser.add_argument(
        "--kills", type=int, default=0, help="kill a second service so often (implies --daemon)"
    )
    parser.add_argument(
        "--seed", type=int, default=time.time_ns() % 10_000, help="of the moments of the kills"
    )
    parser.add_argument("--folder", type=Path, help="where everything is left (default: a temporary folder)")
    return parser.parse_args()


def main() -> int:
    """Runs the nights and prints what was wrong with them."""
    chosen = arguments()
    made = offices(chosen.offices)
    with (
        tempfile.TemporaryDirectory() as temporary,
        served(unvarying(made) if chosen.kills else made) as site,
    ):
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(
            f"offices {chosen.offices}, seed {chosen.seed}, attachments converted {convert(made)}", flush=True
        )
        register = site.register(folder / "sources.csv")
        if chosen.daemon or chosen.kills:
            verdict = by_service(site, register, folder, chosen)
        else:
            os.environ.update(settings(register, chosen.rate, chosen.hosts))
            verdict = by_hand(site, register, folder)
    print("\n".join(verdict.problems) or "all is as it should be")
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())
