"""A Monday in season: the office whose report is due and lacking is asked again though it rests, and nobody else."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.automation import EVERYTHING, IN_SEASON
from assets.command import QUIET
from assets.definitions import compose, defs
from assets.resources import Line
from assets.tables import ALL_YEARS
from benchmarks.offices import Office, Offices, report, served
from benchmarks.site_faults import Body
from pipeline.publish.query import open_warehouse
from tests.pipeline.test_nights import QUICK

REFUSED = Body(b"<h1>403 Forbidden</h1>", status=403, validators="")


def office(number: int, name: str, **refused: Body) -> Office:
    """An office whose listing leads to a page a year; `y2024` and the like stand in for its page of that year."""
    made = Office(number, name, f"127.0.9.{number}", 0)
    made.pages["/robots.txt"] = Body(b"", "text/plain", 404, validators="")
    years = sorted({2023, 2024, *(int(year[1:]) for year in refused)})
    links = "".join(f'<li><a href="{y}.html">{name}{y}年政府信息公开工作年度报告</a></li>' for y in years)
    made.pages["/nb/"] = Body(f"<html><title>政府信息公开年报</title><body>{links}</body></html>".encode())
    for year in (2023, 2024):
        made.pages[f"/nb/{year}.html"] = Body(report(name, year, "html", number * 10 + year))
    made.pages |= {f"/nb/{year[1:]}.html": body for year, body in refused.items()}
    return made


def run(line: Line, config: dict[str, object]) -> None:
    job = compose(line).resolve_job_def(EVERYTHING)
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        done = job.execute_in_process(
            instance=instance, run_config=QUIET | config, tags=ALL_YEARS, raise_on_error=False
        )
    assert done.success


def monday() -> dict[str, object]:
    """What the schedule asks a run for."""
    at = datetime(2025, 2, 3, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    with dg.build_schedule_context(scheduled_execution_time=at) as context:
        (request,) = defs.resolve_schedule_def(IN_SEASON).evaluate_tick(context).run_requests or []
    return dict(request.run_config)


def states(line: Line) -> dict[tuple[str, int], str]:
    asked = open_warehouse(line.warehouse).execute("SELECT agency_name, report_year, state FROM coverage")
    return {(name, year): state for name, year, state in asked.fetchall()}


def asked_of(site: Offices) -> set[tuple[str, str]]:
    return {(e.host, e.path) for e in site.asked if e.path != "/robots.txt"}


def test_office_that_published_late_is_found_and_only_that_one_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (QUICK | {"OGI_INBOX": str(tmp_path / "none"), "OGI_AS_OF": "2025-02-03"}).items():
        monkeypatch.setenv(name, value)
    late = office(1, "淄博市临淄区统计局", y2024=REFUSED)
    punctual = office(2, "淄博市周村区统计局")
    shut = office(3, "淄博市张店区统计局", y2019=REFUSED)  # not this season's: it rests
    with served([late, punctual, shut]) as site:
        line = Line(out=str(tmp_path / "out"), sources=str(site.register(tmp_path / "sources.csv")))
        run(line, {})
        assert states(line)[late.name, 2024] == "failed"
        assert states(line)[punctual.name, 2024] == "published"
        url = f"http://{late.host}:{site.port}/nb/2024.html"
        assert url in line.asking().resting
        title = f"{late.name}2024年政府信息公开工作年度报告"
        offer = (
            f"<html><title>{title}</title><body><h1>{title}</h1><a href='/f/1.docx'>附件</a></body></html>"
        )
        late.pages["/nb/2024.html"] = Body(offer.encode())
        late.pages["/f/1.docx"] = Body(report(late.name, 2024, "docx", 7), "application/octet-stream")
        site.asked.clear()
        run(line, monday())
        assert asked_of(site) == {(late.host, "/nb/"), (late.host, "/nb/2024.html"), (late.host, "/f/1.docx")}
        assert states(line)[late.name, 2024] == "published"
        site.asked.clear()
        assert line.asking(recheck=True).chosen == frozenset()  # all is there: the next Monday asks nobody
