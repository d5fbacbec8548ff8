from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pipeline.archive import Archive
from pipeline.fetch import FetchSettings, FetchSummary, Source, fetch_sources
from pipeline.manifest import ManifestRow
from schemas.messages import message

SETTINGS = FetchSettings(
    contact="keeper@example.invalid",
    requests_per_second=500,
    wait_initial=0.01,
    wait_max=0.05,
    wait_jitter=0,
    retry_after_limit=2,
    connect_timeout=1,
    read_timeout=0.4,
    deadline=1.0,
    max_bytes=200_000,
    allow_private=True,
)
WORDS = "<p>" + "本年度本机关认真贯彻落实政府信息公开条例，依法公开政府信息。" * 20 + "</p>"
PAGE = f"<html><head><title>2023年政府信息公开工作年度报告</title></head><body>{WORDS}</body></html>"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def fetch(archive: Archive, *urls: str, **changes: Any) -> FetchSummary:
    sources = [Source(f"s{number}", url) for number, url in enumerate(urls)]
    return fetch_sources(sources, archive, replace(SETTINGS, **changes))


def fetch_one(archive: Archive, url: str, **changes: Any) -> ManifestRow:
    (row,) = fetch(archive, url, **changes).rows
    if row.error:
        assert message(row.error, **json.loads(row.error_details or "{}")).text("zh")
    return row


def test_new_page_is_archived_with_all_that_is_known(web, archive) -> None:
    url = web.page("/nb/2023.html", PAGE, etag='"v1"', last_modified="Mon, 22 Jan 2024 01:02:03 GMT")
    row = fetch_one(archive, url)
    assert (row.outcome, row.http_status, row.media_type) == ("CREATE", 200, "text/html")
    assert (row.file_name, row.bytes, row.etag) == ("2023.html", len(PAGE.encode()), '"v1"')
    assert archive.get(row.sha256 or "").decode() == PAGE
    stored = archive.manifest().row(0, named=True)
    assert {name: stored[name] for name in ("url", "source_id", "error")} == {
        "url": url,
        "source_id": "s0",
        "error": None,
    }


def test_who_asks_is_named_and_no_cookie_is_kept(web, archive) -> None:
    first = web.page("/a.html", PAGE, set_cookie="session=1; Path=/")
    fetch(archive, first, web.page("/b.html", PAGE))
    for request in web.asked:
        assert "keeper@example.invalid" in request.headers["user-agent"]
        assert "cookie" not in request.headers
        assert request.headers["host"] == f"127.0.0.1:{web.port}"


def test_unchanged_by_304_then_by_hash_then_changed(web, archive) -> None:
    def send(request) -> None:
        if request.headers.get("if-none-match") == '"v1"':
            request.reply(status=304)
        else:
            request.reply(PAGE, etag='"v1"')

    url = web.on("/r.html", send)
    first = fetch_one(archive, url)
    second = fetch_one(archive, url)
    assert (second.outcome, second.http_status, second.sha256) == ("UNCHANGED", 304, first.sha256)
    assert (second.bytes, second.media_type, second.etag) == (first.bytes, "text/html", '"v1"')
    web.page("/r.html", PAGE, etag='"v2"')
    assert fetch_one(archive, url).outcome == "UNCHANGED"
    web.page("/r.html", PAGE.replace("2023", "2024"))
    changed = fetch_one(archive, url)
    assert (changed.outcome, changed.previous_sha256) == ("UPDATE", first.sha256)
    assert archive.get(first.sha256 or "").decode() == PAGE


def test_lost_object_is_fetched_without_conditions(web, archive) -> None:
    def send(request) -> None:
        request.reply(*(("", 304) if "if-none-match" in request.headers else (PAGE, 200)), etag='"v1"')

    url = web.on("/r.html", send)
    first = fetch_one(archive, url)
    Path(archive.locate(first.sha256 or "")).unlink()
    assert fetch_one(archive, url).http_status == 200
    assert archive.get(first.sha256 or "").decode() == PAGE


def test_unasked_304_is_no_content(web, archive) -> None:
    row = fetch_one(archive, web.on("/r.html", lambda request: request.reply(status=304)))
    assert (row.outcome, row.error) == ("FAILED", "http_error")


def test_gone_keeps_what_was_held(web, archive) -> None:
    url = web.page("/r.html", PAGE)
    first = fetch_one(archive, url)
    web.page("/r.html", "<h1>Not Found</h1>", status=404)
    row = fetch_one(archive, url)
    assert (row.outcome, row.error, row.sha256) == ("GONE", "http_404", None)
    assert row.previous_sha256 == first.sha256
    assert archive.held()[url] == first.sha256
    never = fetch_one(archive, web.page("/never.html", "", status=410))
    assert (never.outcome, never.error) == ("FAILED", "http_410")


def test_redirect_is_followed_and_validators_stay_with_its_end(web, archive) -> None:
    url = web.page("/old.html", "", status=301, location="/新/2023.html?x=1".encode().decode("latin-1"))
    web.page("/%E6%96%B0/2023.html", PAGE, etag='"v1"')
    row = fetch_one(archive, url)
    assert (row.outcome, row.final_url) == ("CREATE", web.url("/%E6%96%B0/2023.html?x=1"))
    fetch_one(archive, url)
    asked = {request.path: request.headers for request in web.asked[-2:]}
    assert "if-none-match" not in asked["/old.html"]
    assert asked["/%E6%96%B0/2023.html?x=1"]["if-none-match"] == '"v1"'


def test_redirects_in_a_circle_and_without_end(web, archive) -> None:
    loop = web.page("/a", "", status=302, location="/b")
    web.page("/b", "", status=302, location="/a")
    assert fetch_one(archive, loop).error == "redirect_loop"
    endless = web.on("/n", lambda r: r.reply(status=302, location=f"/n?{len(r.path)}{r.number}"))
    assert fetch_one(archive, endless).error == "too_many_redirects"
    assert web.counts["/n"] == SETTINGS.max_redirects + 1


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://example.invalid/x", "http://user:word@127.0.0.1/", "javascript:1"],
)
def test_redirect_to_what_is_not_fetched(web, archive, target: str) -> None:
    row = fetch_one(archive, web.page("/r", "", status=302, location=target))
    assert row.error == "redirect_forbidden"


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "http://[::1]:9/", "http://10.0.0.1/"])
def test_redirect_into_a_private_network_is_refused(web, archive, monkeypatch, target: str) -> None:
    from pipeline.fetch import addresses

    is_public = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda a: str(a) == "127.0.0.1" or is_public(a))
    row = fetch_one(archive, web.page("/r", "", status=302, location=target), allow_private=False)
    assert row.error == "redirect_forbidden"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0"])
def test_private_address_is_refused_unless_allowed(web, archive, host: str) -> None:
    web.page("/r", PAGE)
    row = fetch_one(archive, web.url("/r", host), allow_private=False)
    assert row.error == "address_forbidden"
    assert not web.asked


def test_gzip_is_undone_and_a_bomb_is_stopped(web, archive) -> None:
    fine = web.page(
        "/fine", gzip.compress(PAGE.encode()) + gzip.compress(b"<!-- -->"), content_encoding="gzip"
    )
    assert fetch_one(archive, fine).bytes == len(PAGE.encode()) + 8
    bomb = web.page("/bomb", gzip.compress(b"\0" * 50_000_000), content_encoding="gzip")
    row = fetch_one(archive, bomb)
    assert (row.error, row.sha256) == ("too_large", None)
    torn = web.page("/torn", gzip.compress(PAGE.encode())[:-9], content_encoding="gzip")
    assert fetch_one(archive, torn).error == "incomplete_body"
    lie = web.page("/lie", PAGE, content_encoding="gzip")
    assert fetch_one(archive, lie).error == "encoding_damaged"
    other = web.page("/other", PAGE, content_encoding="br")
    assert fetch_one(archive, other).error == "encoding_unsupported"


def test_too_large_by_header_and_by_content(web, archive) -> None:
    assert fetch_one(archive, web.page("/declared", b"x" * 200_001)).error == "too_large"
    endless = web.on(
        "/endless",
        lambda r: r.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"<p>x</p>" * 40_000),
    )
    assert fetch_one(archive, endless).error == "too_large"


def drip(request, web, head: bytes, piece: bytes) -> None:
    request.write(head)
    while request.write(piece) and not web.stopping.wait(0.05):
        pass


def test_dripping_answer_meets_the_overall_deadline(web, archive) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    body = web.on("/body", lambda r: drip(r, web, head, b"x"))
    started = time.monotonic()
    assert fetch_one(archive, body).error == "deadline_exceeded"
    headers = web.on("/headers", lambda r: drip(r, web, b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"))
    assert fetch_one(archive, headers).error == "deadline_exceeded"
    assert time.monotonic() - started < 4


def test_silent_server_times_out_and_is_asked_again(web, archive) -> None:
    url = web.on("/silent", lambda request: web.stopping.wait(5))
    row = fetch_one(archive, url, read_timeout=0.1, attempts=2)
    assert row.error == "timeout"
    assert web.counts["/silent"] == 2


def test_429_waits_as_long_as_it_is_asked_to(web, archive) -> None:
    times: list[float] = []

    def send(request) -> None:
        times.append(time.monotonic())
        request.reply(*(("slow down", 429) if request.number == 1 else (PAGE, 200)), retry_after="1")

    assert fetch_one(archive, web.on("/r", send)).outcome == "CREATE"
    assert times[1] - times[0] >= 1


def test_429_that_asks_for_too_long_is_given_up(web, archive) -> None:
    later = formatdate(time.time() + 3600, usegmt=True)
    row = fetch_one(archive, web.page("/r", "", status=429, retry_after=later))
    assert (row.error, row.http_status) == ("rate_limited", 429)
    assert web.counts["/r"] == 1


def test_503_is_retried_then_recorded(web, archive) -> None:
    once = web.on("/once", lambda r: r.reply("busy", 503) if r.number == 1 else r.reply(PAGE))
    assert fetch_one(archive, once).outcome == "CREATE"
    row = fetch_one(archive, web.page("/always", "busy", status=503))
    assert (row.error, row.http_status) == ("server_error", 503)
    assert web.counts["/always"] == SETTINGS.attempts


def test_wrong_length_is_retried_then_recorded(web, archive) -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n<p>short</p>"

    def send(request) -> None:
        request.write(short)
        request.handler.close_connection = True
        request.handler.connection.close()

    row = fetch_one(archive, web.on("/r", send))
    assert (row.error, row.sha256) == ("incomplete_body", None)
    assert web.counts["/r"] == SETTINGS.attempts


def test_answer_that_is_no_http(web, archive) -> None:
    def send(request) -> None:
        request.write(b"\x00\x01 nothing of the kind\r\n\r\n")
        request.handler.close_connection = True

    assert fetch_one(archive, web.on("/r", send)).error == "incomplete_body"


def test_robots_is_read_once_and_kept_to(web, archive) -> None:
    rules = "User-agent: *\nDisallow: /private/\nUser-agent: ogi-panel\nDisallow: /not-us/\n"
    web.page("/robots.txt", rules, content_type="text/plain")
    urls = [web.page(path, PAGE) for path in ("/private/a", "/not-us/a", "/open/a")]
    rows = {row.url: row for row in fetch(archive, *urls).rows}
    assert [rows[url].error for url in urls] == [None, "robots_denied", None]
    assert web.counts["/robots.txt"] == 1
    assert web.counts["/not-us/a"] == 0
    denied = web.page("/r", "", status=302, location="/not-us/a")
    assert fetch_one(archive, denied).error == "robots_denied"


def test_robots_that_fails_closes_the_site_for_the_run(web, archive) -> None:
    web.page("/robots.txt", "", status=503)
    urls = [web.page(path, PAGE) for path in ("/a", "/b")]
    assert [row.error for row in fetch(archive, *urls).rows] == ["robots_unavailable"] * 2
    assert web.counts["/robots.txt"] == SETTINGS.attempts
    assert not web.paths()
    web.page("/robots.txt", "", status=403)
    assert fetch_one(archive, urls[0]).outcome == "CREATE"


def test_crawl_delay_goes_before_the_rate(web, archive) -> None:
    web.page("/robots.txt", "User-agent: *\nCrawl-delay: 0.3\n", content_type="text/plain")
    urls = [web.page(path, PAGE) for path in ("/a", "/b")]
    started = time.monotonic()
    assert fetch(archive, *urls).outcomes == {"CREATE": 2}
    assert time.monotonic() - started >= 0.55
    web.page("/robots.txt", "User-agent: *\nCrawl-delay: 86400\n", content_type="text/plain")
    assert fetch_one(archive, urls[0]).error == "crawl_delay_too_long"


def test_one_request_a_second_to_a_host(web, archive) -> None:
    times: list[float] = []

    def send(request) -> None:
        times.append(time.monotonic())
        request.reply(PAGE)

    web.on("/robots.txt", send)
    fetch(archive, web.on("/a", send), web.on("/b", send), requests_per_second=5)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 2
    assert min(gaps) > 0.17


SCRIPT = "<script>document.cookie='__jsl_clearance=1';location.reload()</script>"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("<html><title>404</title><body>您访问的页面不存在或已删除</body></html>", 200, "soft_404"),
        (f"<html><body>{SCRIPT}</body></html>", 521, "challenge_page"),
        (f"<html><body>{SCRIPT}</body></html>", 412, "challenge_page"),
        (f"<html><body>{SCRIPT}</body></html>", 202, "challenge_page"),
        (f"<html><body>{SCRIPT}</body></html>", 200, "challenge_page"),
        (f"<html><body>{SCRIPT}请稍候</body></html>", 503, "challenge_page"),
        ("<html><body>403 Forbidden</body></html>", 403, "http_403"),
        ("<html><body><h1>您的请求被拦截</h1>编号 12345</body></html>", 200, "access_blocked"),
        ("<html><body><div id='app'></div><script src='/app.js'></script></body></html>", 200, "empty_shell"),
        ("<html><body>网站维护中，请稍后访问</body></html>", 200, "site_closed"),
        ("", 200, "empty_file"),
        ("<html>login</html>", 401, "http_401"),
        ("<html>?</html>", 418, "http_error"),
    ],
)
def test_what_is_no_content_is_named(web, archive, body: str, status: int, code: str) -> None:
    row = fetch_one(archive, web.page("/r.html", body, status=status))
    assert (row.outcome, row.error, row.sha256, row.http_status) == ("FAILED", code, None, status)
    assert web.counts["/r.html"] == 1


@pytest.mark.parametrize(
    "body",
    [
        PAGE + "<p>本机关网站曾提示页面不存在，已修复。</p>",
        "<body><h1>2021年年报</h1><a href='/f.pdf'>附件</a><script>location.reload()</script></body>",
        "<html><body><iframe src='/viewer?file=a.pdf'></iframe><script src='/v.js'></script></body></html>",
        "本机关2021年度未收到政府信息公开申请。",
    ],
)
def test_short_or_odd_pages_that_are_content(web, archive, body: str) -> None:
    assert fetch_one(archive, web.page("/r.html", body)).outcome == "CREATE"


def test_error_page_by_its_address(web, archive) -> None:
    url = web.page("/r.html", "", status=302, location="/404.html")
    web.page("/404.html", "<html><body><p>首页 返回上一页</p></body></html>")
    row = fetch_one(archive, url)
    assert (row.error, row.final_url) == ("soft_404", web.url("/404.html"))


def test_attachment_keeps_its_chinese_name(web, archive) -> None:
    name = "某局2022年年报.pdf".encode("gb18030").decode("latin-1")
    url = web.page("/downfile.jsp?id=7", PDF, content_disposition=f'attachment; filename="{name}"')
    row = fetch_one(archive, url)
    assert (row.media_type, row.file_name) == ("application/pdf", "某局2022年年报.pdf")


def test_connection_faults_are_named(web, archive, closed_port: int) -> None:
    assert fetch_one(archive, f"http://127.0.0.1:{closed_port}/").error == "connection_error"
    assert fetch_one(archive, "http://no-such-host.invalid/", attempts=1).error == "dns_error"
    assert fetch_one(archive, f"https://127.0.0.1:{web.port}/").error in ("tls_error", "connection_error")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_certificate_nobody_vouches_for_is_recorded(archive, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command + names, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    row = fetch_one(archive, f"https://localhost:{server.server_address[1]}/")
    server.shutdown()
    server.server_close()
    assert row.error == "tls_error"
    assert "self-signed" in (row.error_details or "").replace("self signed", "self-signed")


def test_error_page_in_a_strange_encoding_keeps_its_status(web, archive) -> None:
    assert fetch_one(archive, web.page("/e", "?", status=404, content_encoding="br")).error == "http_404"
    moved = web.page("/m", "?", status=302, location="/ok", content_encoding="zstd")
    web.page("/ok", PAGE)
    assert fetch_one(archive, moved).outcome == "CREATE"


def test_host_that_keeps_failing_is_left_alone(archive, closed_port: int) -> None:
    urls = [f"http://127.0.0.1:{closed_port}/{number}" for number in range(4)]
    summary = fetch(archive, *urls, host_failure_limit=2)
    assert summary.errors == {"connection_error": 2, "host_unreachable": 2}


def test_hosts_are_asked_side_by_side_and_counted(web, archive) -> None:
    def send(request) -> None:
        time.sleep(0.3)
        request.reply(PAGE)

    web.on("/r", send)
    hosts = [f"127.0.0.{number}" for number in range(1, 2)] + ["localhost"]
    started = time.monotonic()
    seen: list[tuple[int, int]] = []
    sources = [Source(host, web.url("/r", host)) for host in hosts]
    summary = fetch_sources(sources, archive, SETTINGS, lambda done, total, row: seen.append((done, total)))
    assert time.monotonic() - started < 0.6
    assert seen == [(1, 2), (2, 2)]
    assert summary.by_host().rows() == [("127.0.0.1", "CREATE", None, 1), ("localhost", "CREATE", None, 1)]


def test_every_request_has_its_own_connection(web, archive) -> None:
    fetch(archive, *(web.page(f"/{number}", PAGE) for number in range(3)))
    assert len(web.connections) == len(web.asked) == 4


def test_same_address_twice_is_fetched_once(web, archive) -> None:
    url = web.page("/r", PAGE)
    assert len(fetch(archive, url, url).rows) == 1
    assert web.counts["/r"] == 1


RUN = """
import sys
from pipeline.archive import Archive
from pipeline.fetch import FetchSettings, Source, fetch_sources
sources = [Source(str(n), f"{sys.argv[2]}?{n}") for n in range(1000)]
settings = FetchSettings(requests_per_second=100, allow_private=True)
fetch_sources(sources, Archive(sys.argv[1]), settings, lambda done, total, row: print(done, flush=True))
"""


def test_kill_during_a_run_keeps_what_ended(web, archive) -> None:
    web.on("/r", lambda request: request.reply(PAGE + request.path))
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(archive.location), web.url("/r")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == 8:
            break
    process.send_signal(signal.SIGKILL)
    done = 8 + len(list(process.stdout))
    process.wait(timeout=5)
    rows = archive.manifest()
    assert rows.height >= done
    assert all(archive.get(digest) for digest in rows["sha256"])
