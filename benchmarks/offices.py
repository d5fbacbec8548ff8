"""A count flows in; as many offices' sites, each with a loopback address of its own, are served.

They are what the nights of a run meet: listings with paging by script, by query and as JSON; report pages in several
styles; attachments in every format; sites that are busy and ask to come again; and addresses that fail, each in its
own way (`benchmarks.site_faults`). Nothing in them is any real office's.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from benchmarks.site_faults import CLOSED_PORT, FAULTS, SITE_FAULT, Body
from pipeline.fetch.sources import COLUMNS
from pipeline.typeset import Facts, Media, Style, typeset
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.style import FormStyle, HtmlStyle

YEARS = (2022, 2023)
TABLES = ("proactive_disclosure", "applications", "review_litigation")
FILLER = "<p>" + "本机关依法主动公开政府信息，接受社会监督。" * 12 + "</p>"
FAULT_YEARS = (2021, 2020, 2019)
"""The years whose pages fail, at every fifth office."""
SITE_FAULTS_EVERY = 8
"""Of the offices that fail, so many have pages that do, for each one that is closed as a whole."""
COPIES = 10
SCANS_EVERY, SCANNED = 100, 11
"""One office in so many has a scan for its PDF."""
FORMATS = ("docx", "pdf", "text", "doc")
"""Formats of attachments; a .doc holds what a .docx does until an office suite has written it (`Office.to_convert`)."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        host: Asked of it; `path` likewise.
        status: It was answered with; 0 for no plain answer.
        body: Bytes sent.
        at: Unix time.
    """

    host: str
    path: str
    status: int
    body: int
    at: float = field(default_factory=time.time)


@dataclass(slots=True)
class Office:
    """One office: its address, its pages by path, and what a run should find of it.

    Attributes:
        faults: The names of those that its pages have; `robots_denied` closes the whole site.
        to_convert: Attachments by path, with the kind (`doc`, `scan`) they are of where that can be made.
    """

    number: int
    name: str
    host: str
    style: int
    faults: tuple[str, ...] = ()
    pages: dict[str, Body] = field(default_factory=dict)
    years: tuple[int, ...] = YEARS
    to_convert: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Offices:
    """The served offices and what was asked of them."""

    offices: list[Office]
    port: int = 0
    asked: list[Exchange] = field(default_factory=list)
    were_busy: set[tuple[str, str]] = field(default_factory=set)

    def url(self, office: Office) -> str:
        """The address of an office's listing."""
        return f"http://{office.host}:{self.port}/nb/"

    def register(self, path: Path) -> Path:
        """Writes the register of sources: one listing an office."""
        rows = [
            ",".join([f"office-{o.number}", "", self.url(o), "listing", "", "official", ""])
            for o in self.offices
        ]
        path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
        return path

    def published(self) -> set[tuple[str, int]]:
        """Every name and year that a run should have a report of."""
        return {(office.name, year) for office in self.offices for year in office.years}

    def failing(self) -> set[tuple[str, str, str]]:
        """Every failure that a run should tell of: its stage, its code and the host."""
        kinds = {name: (fault.stage, fault.code) for name, fault in FAULTS.items()}
        kinds[SITE_FAULT] = ("fetch", SITE_FAULT)
        return {(*kinds[name], office.host) for office in self.offices for name in office.faults}

    def bodies(self, since: float = 0.0) -> list[Exchange]:
        """The exchanges that transferred a document or page, robots.txt aside."""
        return [
            e for e in self.asked if e.body and e.status == 200 and e.at >= since and e.path != "/robots.txt"
        ]

    def sends_validators(self, host: str) -> bool:
        """Whether a host can tell that nothing has changed."""
        return all(office.style != 2 for office in self.offices if office.host == host)


def offices(count: int) -> list[Office]:
    """So many offices, always the same ones."""
    return [_office(number) for number in range(count)]


@contextmanager
def served(made: list[Office]) -> Iterator[Offices]:
    """Serves offices on addresses of 127.0.0.0/8 until the block ends."""
    site = Offices(made)
    by_host = {office.host: office for office in made}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = self.headers.get("Host", "").partition(":")[0]
            _answer(self, by_host[host], site)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 256

        def verify_request(self, request: Any, client_address: Any) -> bool:
            return str(client_address[0]).startswith("127.")

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("0.0.0.0", 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(2)


def _answer(handler: BaseHTTPRequestHandler, office: Office, site: Offices) -> None:
    body = office.pages.get(handler.path) or office.pages.get(handler.path.partition("?")[0])
    if body is None:
        body = Body(b"<h1>404</h1>", status=404, validators="")
    if body.send is not None:
        site.asked.append(Exchange(office.host, handler.path, 0, 0))
        body.send(handler)
        return
    if body.busy and (office.host, handler.path) not in site.were_busy:
        site.were_busy.add((office.host, handler.path))
        body = Body(status=body.busy, headers=(("Retry-After", "1"),), validators="")
    data = body.data
    if body.changing:  # A key and a count of visits in every copy, as many sites have.
        data += f"<input type='hidden' value='{time.time_ns()}'><p>浏览次数：{len(site.asked)}</p>".encode()
    headers = {"Content-Type": body.media, **_validators(body), **dict(body.headers)}
    known = handler.headers.get("If-None-Match") or handler.headers.get("If-Modified-Since")
    status = body.status
    if known and known in headers.values():
        status, data = 304, b""
    site.asked.append(Exchange(office.host, handler.path, status, len(data)))
    handler.send_response_only(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if status != 304:
        handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def _validators(body: Body) -> dict[str, str]:
    if body.status != 200 or body.changing:
        return {}
    if body.validators == "etag":
        return {"ETag": f'"{sha256(body.data).hexdigest()[:16]}"'}
    return {"Last-Modified": formatdate(1_700_000_000, usegmt=True)} if body.validators == "date" else {}


def _office(number: int) -> Office:
    style = number % 5
    office = Office(
        number,
        f"示范市样例区第{number}局（虚构）",
        f"127.0.{1 + number // 200}.{1 + number % 200}",
        style,
        _faults(number // 5) if style == 4 else (),
    )
    office.pages["/robots.txt"] = Body(b"", "text/plain", 404, validators="")
    (_by_script, _by_query, _by_json, _by_files, _by_column)[style](office)
    if SITE_FAULT in office.faults:
        office.pages["/robots.txt"] = Body(b"User-agent: *\nDisallow: /\n", "text/plain", validators="")
        office.years = ()
    return office


def _faults(number: int) -> tuple[str, ...]:
    """What the pages of an office fail with: three faults in turn, or one of the whole site."""
    turn, place = divmod(number, SITE_FAULTS_EVERY)
    if place == SITE_FAULTS_EVERY - 1:
        return (SITE_FAULT,)
    first = (turn * (SITE_FAULTS_EVERY - 1) + place) * len(FAULT_YEARS)
    names = tuple(FAULTS)
    return tuple(names[(first + n) % len(names)] for n in range(len(FAULT_YEARS)))


def _failing(office: Office, year: int, name: str) -> tuple[str, str]:
    """The link to an address that fails, which stands there from now on."""
    fault = FAULTS.get(name)
    path = f"/c/{year}-{name}.html"
    if fault is not None and fault.stage == "read":
        path, whole = f"/f/{year}-{name}.docx", _report(office.name, year, "docx", office.number)
        office.pages[path] = Body(whole[: len(whole) // 2], "application/msword")
    elif fault is not None and fault.body is not None:
        office.pages[path] = fault.body()
    else:
        return f"http://{office.host}:{CLOSED_PORT}{path}", _title(office, year)
    return path, _title(office, year)


def _title(office: Office, year: int) -> str:
    return f"{office.name}{year}年政府信息公开工作年度报告"


def _page(title: str, *links: tuple[str, str], more: str = "") -> bytes:
    items = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
    return f"<html><head><title>{title}</title></head><body>{FILLER}<ul>{items}</ul>{more}</body></html>".encode()


def report(name: str, year: int, media: Media, seed: int) -> bytes:
    """An invented report whose identities hold."""
    source = random.Random(seed)
    variants = dict.fromkeys(TABLES, "2021")
    facts = Facts(
        agency_name=name,
        report_year=year,
        variants=variants,
        values=consistent_values(variants, source),
        sections={1: (f"{year}年，{name}依法推进政府信息公开。",), 5: ("公开形式有待丰富。",)},
        published_on=f"{year + 1}-01-{1 + seed % 28:02d}",
    )
    form = FormStyle(
        title="{agency}{year}年政府信息公开工作年度报告",
        signature=True,
        disclosure="each_block" if seed % 7 == 3 else "one",
    )
    pages = HtmlStyle(
        site=seed % 2 == 0,
        pasted=seed % 3 == 0,
        encoding="gb18030" if seed % 4 == 1 else "utf-8",
        closed=seed % 5 != 0,
        nested=seed % 11 == 5,
    )
    return typeset(facts, Style(form=form, html=pages), media)


@cache
def _report(name: str, year: int, media: Media, number: int) -> bytes:
    return report(name, year, media, number * 10 + year % 10)


def _by_script(office: Office) -> None:
    """A listing that a script pages; the reports are pages with tables in them."""
    script = '<script>createPageHTML(2, 0, "index", "html");</script>'
    for place, year in zip(("/nb/", "/nb/index_1.html"), YEARS, strict=True):
        office.pages[place] = Body(
            _page("政府信息公开年报", (f"{year}.html", _title(office, year)), more=script)
        )
        busy = (0, 429, 503)[office.number // 5 % 3]
        office.pages[f"/nb/{year}.html"] = Body(
            _report(office.name, year, "html", office.number), "text/html", busy=busy
        )


def _by_query(office: Office) -> None:
    """A listing paged by its query; the report pages say little and offer a file."""
    for page, year in enumerate(YEARS, start=1):
        other = (f"/nb/?page={3 - page}", "下一页" if page == 1 else "1")
        listing = _page("政府信息公开年报", (f"/c/{year}.shtml", _title(office, year)), other)
        office.pages["/nb/" if page == 1 else f"/nb/?page={page}"] = Body(listing, validators="date")
        path, kind = _attachment(office, year)
        shown = _page(_title(office, year), (path, "附件：年度报告"))
        office.pages[f"/c/{year}.shtml"] = Body(shown, validators="date")
        office.pages[path] = Body(
            _report(office.name, year, kind, office.number), "application/octet-stream", validators="date"
        )
    office.pages["/nb/?page=1"] = office.pages["/nb/"]


def _attachment(office: Office, year: int) -> tuple[str, Media]:
    """Where an office's attachment stands, and what it is written as here."""
    kind = FORMATS[(office.number // 5 + year) % len(FORMATS)]
    path = f"/download/P{year}.txt" if kind == "text" else f"/f/P{year}.{kind}"
    if kind == "doc":
        office.to_convert[path] = "doc"
        return path, "docx"
    if kind == "pdf" and office.number % SCANS_EVERY == SCANNED:
        office.to_convert[path] = "scan"
    return path, cast(Media, kind)


def _by_json(office: Office) -> None:
    """A listing that a script fills from JSON; no validators, and a key in every copy of a page."""
    rows = [{"title": _title(office, year), "url": f"/c/{year}.html"} for year in YEARS]
    office.pages["/nb/"] = Body(
        _page("政府信息公开年报", more="<script>$.get('/data/list.json?n=1', show)</script>"), changing=True
    )
    data = json.dumps({"data": {"rows": rows}}, ensure_ascii=False).encode()
    office.pages["/data/list.json"] = Body(data, "application/json", validators="")
    for year in YEARS:
        page = _report(office.name, year, "html", office.number * 4)  # a multiple of four is written in UTF-8
        office.pages[f"/c/{year}.html"] = Body(page, "text/html; charset=utf-8", changing=True)


def _by_files(office: Office) -> None:
    """A listing of files: a PDF, and one behind a script that names it in Chinese."""
    first, second = YEARS
    shown = _page(_title(office, second), ("/downfile.jsp?classid=0&id=7", "下载"))
    office.pages["/nb/"] = Body(
        _page(
            "政府信息公开年报",
            (f"/f/{first}.pdf", _title(office, first)),
            (f"/c/{second}.html", _title(office, second)),
        )
    )
    office.pages[f"/f/{first}.pdf"] = Body(
        _report(office.name, first, "pdf", office.number), "application/pdf"
    )
    office.pages[f"/c/{second}.html"] = Body(shown)
    name = f"{second}年报.docx".encode("gb18030").decode("latin-1")
    office.pages["/downfile.jsp"] = Body(
        _report(office.name, second, "docx", office.number),
        "application/octet-stream",
        headers=(("Content-Disposition", f"attachment; filename={name}"),),
    )


def _by_column(office: Office) -> None:
    """A front page whose column leads to the listing; one office in ten offers the same file at ten addresses."""
    office.pages["/nb/"] = Body(_page("首页", ("/list/", "政府信息公开年报")))
    links = [(f"/c/{year}.html", _title(office, year)) for year in YEARS]
    links += [_failing(office, year, name) for year, name in zip(FAULT_YEARS, office.faults, strict=False)]
    office.pages["/list/"] = Body(_page("政府信息公开年报", *links))
    for year in YEARS:
        copies = [(f"/f/{year}-{n}.docx", "附件") for n in range(COPIES if office.number % 10 == 9 else 1)]
        office.pages[f"/c/{year}.html"] = Body(_page(_title(office, year), *copies))
        for path, _ in copies:
            office.pages[path] = Body(_report(office.name, year, "docx", office.number), "application/msword")
