"""Files that only an office suite reads: together, alone where one breaks the rest, and shut off from all else."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline.readers.sniff import WORD_XML, sniff
from pipeline.report import Report
from pipeline.running import office
from pipeline.running.items import Item, read_alone, read_item
from pipeline.running.reading_version import reading_version

WORD = Path(__file__).parents[2] / "data" / "sample" / "reports" / "yubei-2020.docx"
OGI = (sys.executable, "-c", "from pipeline.cli import main; main()")
RTF = b"{\\rtf1\\ansi "
MODEL = """\
#!{python}
import os, pathlib, shutil, sys, time
out = pathlib.Path(sys.argv[sys.argv.index("--outdir") + 1])
files = [pathlib.Path(name) for name in sys.argv[sys.argv.index("--outdir") + 2:]]
with open({log!r}, "a") as log:
    log.write(f"{{len(files)}}\\n")
out.mkdir(parents=True)
for file in files:
    if b"BREAKS" in file.read_bytes():
        os.abort()
    shutil.copyfile({word!r}, out / (file.stem + ".docx"))
"""
LINKED = """\
<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>
<draw:frame svg:width="3cm" svg:height="3cm"><draw:image xlink:href="{address}/picture.png" xlink:type="simple"
 xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p></office:text></office:body></office:document>
"""
needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


@pytest.fixture
def model(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """A program in the office suite's place, which dies of a file that says so; and how many files each call has."""
    log, program = tmp_path / "calls", tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text(MODEL.format(python=sys.executable, log=str(log), word=str(WORD)))
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}, log


def test_one_file_that_breaks_the_office_suite_costs_no_other(
    tmp_path: Path, model: tuple[dict[str, str], Path]
) -> None:
    files = [tmp_path / name for name in ("-first.rtf", "breaks.rtf", "old.doc", "page.html")]
    for file, data in zip(
        files, (RTF, RTF + b"BREAKS", office_file(), "<p>通知</p><p>无</p>".encode()), strict=True
    ):
        file.write_bytes(data)
    environment, log = model
    told = subprocess.run(
        [*OGI, "extract", "--format", "jsonl", "--", *map(str, files)],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    first, broken, old, page = map(json.loads, told.stdout.splitlines())
    own = json.loads(json.dumps(read_item(Item(WORD, "own")).extraction.numeric_used))
    assert (first["status"], first["media_type"], first["reader"]) == (
        "ok",
        "application/rtf",
        "docx/xml/libreoffice",
    )
    assert len(first["cells"]) == len(old["cells"]) >= own > 0
    assert first["sha256"] != old["sha256"]
    assert (broken["status"], broken["messages"][0]["code"]) == ("failed", "unsupported_type")
    assert page["status"] == "not_a_report"
    # All at once, and what the crash took with it once more by itself.
    assert log.read_text().split()[0] == "3"
    assert set(log.read_text().split()[1:]) == {"1"}


def office_file() -> bytes:
    """A Word file that says it is of Word 95."""
    sample = (Path(__file__).parent / "samples" / "legacy-word.doc").read_bytes()
    return sample.replace(b"\xec\xa5", b"\xdc\xa5", 1)


def test_what_can_be_read_counts_for_what_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "program", lambda: None)
    without = {
        kind: reading_version(kind) for kind in ("application/rtf", "application/msword", "text/html", "")
    }
    monkeypatch.setattr(office, "program", lambda: "soffice")
    changed = {kind for kind, version in without.items() if reading_version(kind) != version}
    assert changed == {"application/rtf", "application/msword", ""}


class Refused(http.server.BaseHTTPRequestHandler):
    """Notes what is asked of it."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815 - the names that the server looks for

    def log_message(self, *arguments: object) -> None:
        pass


@needs_office
def test_libreoffice_reads_rtf_as_word_is_read(tmp_path: Path) -> None:
    rich = tmp_path / "report.rtf"
    subprocess.run(
        ["soffice", f"-env:UserInstallation={tmp_path.as_uri()}/profile", "--headless",
         "--convert-to", "rtf", "--outdir", str(tmp_path), str(shutil.copy(WORD, tmp_path / "report.docx"))],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    report, own = read_alone(Item(rich, "report.rtf")), read_item(Item(WORD, "report.docx"))
    assert (report.media_type, report.identity.title) == ("application/rtf", own.identity.title)
    assert values(report) == values(own)


def values(report: Report) -> dict[tuple[str, str, str], object]:
    return {(cell.table, cell.row, cell.column): (cell.kind, cell.value) for cell in report.extraction.cells}


@needs_office
def test_libreoffice_fetches_nothing_that_a_file_names(tmp_path: Path) -> None:
    Refused.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refused)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file, made = tmp_path / "linked.fodt", tmp_path / "made.docx"
    file.write_text(LINKED.format(address=f"http://127.0.0.1:{server.server_port}"))
    try:
        assert office.convert([(file, made)]) == [True]
    finally:
        server.shutdown()
        server.server_close()
    assert Refused.asked == []


def test_without_it_the_failure_names_the_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "program", lambda: None)
    file = tmp_path / "a.rtf"
    file.write_bytes(RTF + b"x}")
    failure = read_alone(Item(file, "a.rtf")).failure
    assert failure is not None
    assert (failure.message.code, failure.message.details["media_type"]) == (
        "unsupported_type",
        "application/rtf",
    )
    assert sniff(b'<?xml version="1.0"?><pkg:package xmlns:pkg="x"/>') == WORD_XML
