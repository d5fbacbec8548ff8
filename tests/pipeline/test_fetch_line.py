"""From an address to the warehouse: sources fetched from a local server, archived, read and published."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.archive import Archive
from pipeline.fetch.sources import COLUMNS
from pipeline.publish.query import open_warehouse
from tests.integration.conftest import Request, Web, web
from tests.pipeline.conftest import ROOT, Ogi

__all__ = ["web"]
REPORTS = ROOT / "data" / "sample" / "reports"
OPEN = os.environ | {"OGI_FETCH_ALLOW_PRIVATE": "1", "OGI_FETCH_REQUESTS_PER_SECOND": "50"}


def serve(web: Web, name: str) -> str:
    """Serves a sample report with an ETag, answering 304 to who holds it already; returns its address."""
    data = (REPORTS / name).read_bytes()
    tag = f'"{name}-{len(data)}"'

    def answer(request: Request) -> None:
        if request.headers.get("if-none-match") == tag:
            request.reply(status=304, etag=tag)
        else:
            request.reply(data, etag=tag, content_type="application/octet-stream")

    web.on(f"/{name}", answer)
    return web.url(f"/{name}")


def register(path: Path, urls: list[str]) -> Path:
    trusts = ["mirror" if "linzi" in url else "official" for url in urls]
    rows = [",".join([f"s{i}", "", url, "report", "", trusts[i], ""]) for i, url in enumerate(urls)]
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return path


def test_sources_flow_into_the_warehouse_and_are_not_transferred_twice(
    web: Web, ogi: Ogi, tmp_path: Path
) -> None:
    urls = [serve(web, name) for name in ("hongze-2023.pdf", "linzi-2021.html", "yubei-2020.docx")]
    sources = register(tmp_path / "sources.csv", [*urls, web.url("/missing.html")])
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments = ("build", "--input", empty, "--sources", sources, "--out", tmp_path / "out")
    first = ogi(*arguments, env=OPEN)
    assert first.returncode == 0, first.stderr
    assert first.stderr.count("OGI_FETCH_CONTACT") == 1  # no contact is given here, and that is told once
    before = (tmp_path / "out" / "current").readlink()
    found = open_warehouse(tmp_path / "out").execute(
        "SELECT url, http_status, trust, sha256 FROM documents JOIN reports USING (sha256) ORDER BY url"
    )
    rows = found.fetchall()
    assert [row[0] for row in rows] == sorted(urls)
    assert {row[1] for row in rows} == {200}
    assert [row[2] for row in rows] == ["official", "mirror", "official"]
    archive = Archive(str(tmp_path / "out" / "archive"))
    assert all(archive.has(row[3]) for row in rows)

    second = ogi(*arguments, env=OPEN)
    assert second.returncode == 0, second.stderr
    outcomes = archive.manifest()["outcome"].to_list()
    assert outcomes.count("CREATE") == outcomes.count("UNCHANGED") == 3
    assert (tmp_path / "out" / "current").readlink() == before


def test_fetch_fills_the_archive_and_sums_up(web: Web, ogi: Ogi, tmp_path: Path) -> None:
    sources = register(tmp_path / "sources.csv", [serve(web, "yubei-2020.docx")])
    arguments = ("fetch", "--sources", sources, "--archive", tmp_path / "archive")
    done = ogi(*arguments, env=OPEN)
    assert done.returncode == 0, done.stderr
    assert "1 CREATE" in done.stderr
    assert "1 UNCHANGED" in ogi(*arguments, env=OPEN).stderr


def test_private_addresses_are_refused_unless_opened(web: Web, ogi: Ogi, tmp_path: Path) -> None:
    sources = register(tmp_path / "sources.csv", [serve(web, "yubei-2020.docx")])
    done = ogi("fetch", "--sources", sources, "--archive", tmp_path / "archive")
    assert done.returncode == 1
    assert web.counts["/yubei-2020.docx"] == 0


def test_discover_proposes_rows_for_the_register(web: Web, ogi: Ogi) -> None:
    link = '<li><a href="/linzi-2021.html">临淄区人力资源和社会保障局2021年政府信息公开工作年度报告</a></li>'
    web.page("/nb/", f"<html><body><h1>政府信息公开年报</h1><ul>{link}</ul></body></html>")
    serve(web, "linzi-2021.html")
    done = ogi("discover", web.url("/nb/"), env=OPEN)
    assert done.returncode == 0, done.stderr
    header, row = done.stdout.splitlines()
    assert header == ",".join(COLUMNS)
    assert "临淄区人力资源和社会保障局" in row
    assert ",2021," in row
