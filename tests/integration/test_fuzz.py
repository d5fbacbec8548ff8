"""Hostile and broken files end in answers: none hangs, kills its worker, fills the memory or opens what it names."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest

import benchmarks.fuzz
from benchmarks.bombs import BOMBS, WORD, page, pdf, web, zipped
from benchmarks.fuzz import Outcome, bombs, fuzz, seeds
from benchmarks.mutations import CANARY, Mutant, changes_of, mutants, one_of_each
from tests.scripted import ScriptedWorkers

PICTURES = (".png", ".jpg", ".tif")
FEW = {"giant_picture", "cut_short", "wild_words"}
"""What is done to pictures here: each that can still be opened is recognised, which takes as long as ten files."""
AT_RANDOM = 20
SECRET = "7731946025"

REFUSED = {
    "packed_twice.pdf": "limit_exceeded",
    "forms_in_forms.pdf": "limit_exceeded",
    "shared_content.pdf": "limit_exceeded",
    "marks_in_marks.pdf": "limit_exceeded",
    "many_pages.pdf": "limit_exceeded",
    "packed_objects.pdf": "limit_exceeded",
    "dense_member.docx": "zip_bomb",
    "overlapping_members.docx": "zip_bomb",
    "many_members.docx": "limit_exceeded",
    "many_paragraphs.docx": "limit_exceeded",
    "expanding_entities.docx": "damaged",
    "deep_elements.html": "limit_exceeded",
    "long_text.html": "limit_exceeded",
    "many_attributes.html": "limit_exceeded",
    "stairs.html": "limit_exceeded",
    "one_line.txt": "limit_exceeded",
    "tabs.txt": "limit_exceeded",
    "endless_chain.doc": "damaged",
    "large.png": "limit_exceeded",
    "narrow.png": "limit_exceeded",
    "zeros.gz": "unsupported_type",
    "archive.zip": "unsupported_type",
}
"""Bombs that must be refused, and the word for it; the others may be read, in bounds."""


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    good = seeds()
    of_each = [m for m in one_of_each(good) if not m.origin.endswith(PICTURES) or set(m.changes) <= FEW]
    more = [m for m in mutants(good, AT_RANDOM) if not m.origin.endswith(PICTURES)]
    return [*of_each, *more]


@pytest.fixture(scope="module")
def outcomes(made: list[Mutant]) -> list[Outcome]:
    """What became of mutants of every format and kind, and of every bomb, in the worker processes of a run."""
    numbered = enumerate(chain(made, bombs()))
    return list(fuzz(Mutant(n, m.origin, m.changes, m.data) for n, m in numbered))


def test_every_hostile_file_has_a_proper_answer(outcomes: list[Outcome], made: list[Mutant]) -> None:
    """Also: every report can be laid out in its tables and accounts for its numbers."""
    assert len(outcomes) == len(made) + len(BOMBS)
    assert [(o.name, o.fault, o.reason) for o in outcomes if o.fault] == []


def test_every_hostile_file_is_read_where_its_cost_is_known(outcomes: list[Outcome]) -> None:
    """A document that killed a worker has none."""
    assert [o.name for o in outcomes if o.seconds is None] == []


def test_bombs_are_refused_by_name(outcomes: list[Outcome]) -> None:
    answers = {o.name.rpartition("bomb-")[2]: o.answer for o in outcomes if "-bomb-" in o.name}
    assert {name: answers[name] for name in REFUSED} == REFUSED


def test_mutants_are_of_every_format_and_kind(made: list[Mutant]) -> None:
    done = {(Path(m.origin).suffix, m.changes[0]) for m in made if len(m.changes) == 1}
    wanted = {(Path(seed.name).suffix, change) for seed in seeds() for change in changes_of(seed)}
    assert {(suffix, change) for suffix, change in wanted - done if suffix not in PICTURES} == set()
    assert {suffix for suffix, _ in wanted} >= {".html", ".txt", ".docx", ".pdf", ".doc"}


def test_a_mutant_comes_again_from_its_number() -> None:
    good = seeds()
    assert list(mutants(good, 3, first=7)) == list(mutants(good, 10))[7:]


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome("a", "ok", "", 0.1, 10**8), ""),
        (Outcome("a", "worker_died"), "worker_died"),
        (Outcome("a", "ok", "", 30.0, 10**8), "slow"),
        (Outcome("a", "ok", "", 0.1, 2 * 10**9), "large"),
    ],
)
def test_the_fuzzer_knows_a_fault(outcome: Outcome, fault: str) -> None:
    assert outcome.fault == fault


def test_the_fuzzer_sees_a_worker_die(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks.fuzz, "MeasuringWorkers", ScriptedWorkers)
    found = fuzz([Mutant(0, "a.txt", ("bomb",), b"die"), Mutant(1, "b.txt", ("bomb",), b"report")])
    assert [outcome.fault for outcome in found] == ["worker_died", ""]


# Files that name other files and addresses.


@pytest.fixture
def address() -> Iterator[tuple[str, list[str]]]:
    """The address of a local site, and what was asked of it."""
    asked: list[str] = []

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()


def _naming(place: str) -> dict[str, bytes]:
    """Files of every format that name a place wherever the format lets them."""
    declared = f'<!DOCTYPE d [<!ENTITY % p SYSTEM "{place}p"> %p; <!ENTITY e SYSTEM "{place}">]>'.encode()
    external = f'<!DOCTYPE d SYSTEM "{place}">'.encode()
    body = f"""<base href="{place}"><link rel="stylesheet" href="{place}"><iframe src="{place}"></iframe>
        <xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{place}" parse="text"/><img src="{place}">
        <object data="{place}"></object><script src="{place}"></script><p>2023年政府信息公开工作年度报告&e;"""
    text = WORD % b"<w:p><w:r><w:t>2023 &e;</w:t></w:r></w:p><w:altChunk r:id='r1' xmlns:r='r'/>"
    plain = WORD % b"<w:p><w:r><w:t>2023</w:t></w:r></w:p>"
    kinds = ("officeDocument", "styles", "image", "attachedTemplate", "aFChunk")
    relations = "".join(
        f'<Relationship Id="r{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
        f'Target="{place}" TargetMode="External"/>'
        for n, kind in enumerate(kinds)
    )
    rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
    action = f"<</Type/Action/S/URI/URI({place})>>".encode()
    launch = f"<</S/Launch/F({place})/NewWindow true>>".encode()
    elsewhere = f"<</Length 3/F({place})/FFilter/FlateDecode>>stream\n1 2\nendstream".encode()
    return {
        "entity.html": declared + web(body.encode()),
        "external.html": external + web(body.encode()),
        "sheet.xhtml": b"<?xml version='1.0'?><?xml-stylesheet href='%s'?>" % place.encode()
        + web(body.encode()),
        "entity.docx": zipped({"word/document.xml": declared + text}),
        "external.docx": zipped({"word/document.xml": external + plain}),
        "relations.docx": zipped(
            {
                "word/document.xml": plain,
                "_rels/.rels": rels.encode(),
                "word/_rels/document.xml.rels": rels.encode(),
            }
        ),
        "names.docx": zipped(
            [("word/document.xml", plain)]
            + [
                (name, b"1")
                for name in ("../../escaped", "/tmp/ogi-escaped", "word/media/../../../escaped.png")
            ]
        ),
        "content.pdf": page(b"BT /F 9 Tf 9 9 Td (2023) Tj ET", b"/XObject<</X 6 0 R>>", elsewhere),
        "action.pdf": pdf(
            b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R/AA<</WC 5 0 R>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/AA<</O 4 0 R>>/Contents 6 0 R>>",
            action,
            launch,
            elsewhere,
        ),
    }


WATCHED = """
import json, sys
from pathlib import Path
from pipeline.running.items import Item, read_item
from pipeline.export import to_json

def read_all():
    return [to_json(read_item(Item(path, path.name))) for path in sorted(Path(sys.argv[1]).iterdir())]

read_all()  # what libraries open as they are loaded is not what a file names
seen = []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        path, mode, flags = arguments
        writes = flags & 0o103 if isinstance(flags, int) else any(letter in (mode or "") for letter in "wax+")
        own = (sys.argv[1], "/proc", "/usr", sys.prefix, sys.base_prefix)
        if writes or not (path.endswith((".py", ".pyc", ".csv")) or path.startswith(own)):
            seen.append(["open", path])
    elif event.startswith(("socket.connect", "socket.getaddrinfo", "subprocess", "os.system", "os.rename", "os.mkdir")):
        seen.append([event, str(arguments)])

sys.addaudithook(watch)
texts = read_all()
print(json.dumps({"seen": seen, "texts": texts}))
"""


@pytest.mark.parametrize("kind", ["file", "site"])
def test_nothing_that_a_file_names_is_opened(
    tmp_path: Path, address: tuple[str, list[str]], kind: str
) -> None:
    """No file, no address; and no name of a member is ever written to."""
    place, asked = address
    (tmp_path / "secret").write_text(SECRET)
    folder, work = tmp_path / "files", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    for name, data in _naming(place if kind == "site" else (tmp_path / "secret").as_uri()).items():
        (folder / name).write_bytes(data)
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n" + WATCHED, str(folder)],
        capture_output=True,
        text=True,
        cwd=work,
        timeout=120,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["seen"] == []
    assert asked == []
    assert not any(SECRET in text for text in told["texts"])
    assert list(work.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files", "secret", "work"]
    assert not Path("/tmp/ogi-escaped").exists()


def test_mutants_name_the_file_that_none_may_open() -> None:
    """Else the mutants would prove nothing of it."""
    assert any(CANARY.encode() in _unpacked(mutant.data) for mutant in one_of_each(seeds()))


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"PK"):
        return data
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return b"".join(archive.read(name) for name in archive.namelist()[:20])
    except Exception:
        return b""
