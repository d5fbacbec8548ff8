"""Listings are walked, what was asked is kept, and a host that does not answer is left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.archive import Archive
from pipeline.fetch.listings import walk_listings
from pipeline.fetch.sources import Source
from tests.integration.conftest import web
from tests.integration.test_discover import SETTINGS, links, report_page

__all__ = ["web"]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def serve(web) -> Source:  # type: ignore[no-untyped-def]
    """A listing whose every page answers “unchanged” to who holds it."""
    pages = {
        "/nb/": links(
            ("2023.html", "2023年政府信息公开工作年度报告"), ("2022.html", "某县某局2022年政府信息公开年报")
        ),
        "/nb/2023.html": report_page("2023年政府信息公开工作年度报告", ("a.docx", "附件")),
    }
    for path, body in pages.items():

        def send(request, body=body, tag=f'"{path}"') -> None:  # type: ignore[no-untyped-def]
            held = request.headers.get("if-none-match") == tag
            request.reply(b"" if held else body, 304 if held else 200, etag=tag)

        web.on(path, send)
    return Source("list", web.url("/nb/"), "listing", agency_name="某县某委", trust="official")


def test_walk_keeps_what_it_asks_and_reads_the_unchanged_from_the_archive(web, archive) -> None:
    listing = serve(web)
    first = walk_listings([listing], archive, SETTINGS)
    kinds = {source.url.rpartition("/")[2]: (source.kind, source.agency_name) for source in first.found}
    assert kinds == {
        "2023.html": ("report", "某县某委"),  # its own words leave the organ open, its listing does not
        "2022.html": ("report", "某县某局"),
        "a.docx": ("attachment", "某县某委"),
    }
    assert {source.trust for source in first.found} == {"official"}
    assert first.asked == {web.url(path) for path in ("/nb/", "/nb/2023.html", "/nb/2022.html")}
    assert [code for url, words in first.said if (code := words.code)] == ["discovery_skipped"]
    second = walk_listings([listing], archive, SETTINGS)
    assert second.found == first.found
    assert sorted(archive.manifest()["outcome"]) == ["CREATE"] * 2 + ["FAILED"] * 2 + ["UNCHANGED"] * 2


def test_addresses_that_rest_are_not_asked(web, archive) -> None:
    listing = serve(web)
    walked = walk_listings([listing], archive, SETTINGS, {web.url("/nb/2023.html"): "http_404"})
    assert "/nb/2023.html" not in web.paths()
    assert len(walked.found) == 2
    resting = walk_listings([listing], archive, SETTINGS, {listing.url: "robots_denied"})
    assert resting.failed == {listing.url: "address_rests"}


def test_host_that_does_not_answer_is_left_alone_and_the_others_go_on(web, archive, closed_port: int) -> None:
    dead = [Source(f"d{n}", f"http://localhost:{closed_port}/{n}/", "listing") for n in range(6)]
    walked = walk_listings([*dead, serve(web)], archive, replace(SETTINGS, host_failure_limit=2))
    assert sorted(walked.failed.values()) == ["connection_error"] * 2 + ["host_unreachable"] * 4
    assert set(archive.latest()["url"]) >= {source.url for source in dead}
    assert len(walked.found) == 3


def test_damaged_object_costs_its_own_address_alone(web, archive) -> None:
    listing = serve(web)
    walk_listings([listing], archive, SETTINGS)
    held = archive.held()[web.url("/nb/2023.html")]
    path = Path(archive.locate(held))
    path.write_bytes(b"x" * path.stat().st_size)
    walked = walk_listings([listing], archive, SETTINGS)
    assert len(walked.found) == 2
    assert any("no longer has that hash" in words.text() for _, words in walked.said)


def test_pages_that_stand_are_read_from_the_archive_and_not_asked(web, archive) -> None:
    listing = serve(web)
    first = walk_listings([listing], archive, SETTINGS)
    web.asked.clear()
    spared = {web.url("/nb/2023.html"), web.url("/nb/2022.html")}
    again = walk_listings([listing], archive, SETTINGS, spared=spared)
    assert web.paths() == ["/nb/"]
    assert again.found == first.found  # with the attachment that the page leads to
    assert again.asked == {listing.url}
    assert {source.listing for source in again.found} == {"list"}
