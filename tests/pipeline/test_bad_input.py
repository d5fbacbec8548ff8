"""Bad input gets a clear answer, nothing is lost, and the others go on."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.publish.query import open_warehouse
from tests.pipeline.conftest import ROOT, Ogi

REPORTS = ROOT / "data" / "sample" / "reports"
GOOD = (REPORTS / "yangling-2020.txt").read_bytes()


def picture() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 52)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def locked_pdf() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    page = Canvas(out, encrypt=StandardEncryption("secret", "owner"))
    page.drawString(100, 100, "locked")
    page.save()
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", b" " * 250_000_000)
    return out.getvalue()


def half(name: str) -> bytes:
    data = (REPORTS / name).read_bytes()
    return data[: len(data) // 2]


NOTICE = "<h1>关于做好2023年政府信息公开工作年度报告编制工作的通知</h1><p>各单位：请按时报送。</p>"
UNIVERSITY = "样例大学2019-2020学年信息公开工作报告\n一、概述\n学校主动公开信息1234条。\n"
OLD_FORM = """<h1>样例县2016年政府信息公开工作年度报告</h1><table>
<tr><td>统计指标</td><td>单位</td><td>统计数</td></tr>
<tr><td>（一）主动公开政府信息数</td><td>条</td><td>345</td></tr></table>"""
PROSE = """临淄区教育局2022年政府信息公开工作年度报告
一、总体情况
2022年工作平稳。
二、主动公开政府信息情况
见附件。
三、收到和处理政府信息公开申请情况
无。
"""

BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty.docx": ("empty_file", bytes),
    "picture.pdf": ("picture", picture),
    "locked.pdf": ("encrypted", locked_pdf),
    "cut.docx": ("damaged", lambda: half("yubei-2020.docx")),
    "cut.pdf": ("damaged", lambda: half("hongze-2023.pdf")),
    "bomb.docx": ("zip_bomb", bomb),
    "noise.bin": ("unsupported_type", lambda: bytes(range(256)) * 20),
    "notice.html": ("not_report_notice", NOTICE.encode),
    "university.txt": ("not_report_university", UNIVERSITY.encode),
    "old.html": ("not_report_old_form", OLD_FORM.encode),
    "prose.txt": ("report_without_tables", PROSE.encode),
}
ODD_NAME = 'na\'me "quoted"\nline; DROP TABLE reports.txt'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bad")
    for name, (_, make) in BAD.items():
        (path / name).write_bytes(make())
    (path / ODD_NAME).write_bytes(GOOD)
    (path / "again.txt").write_bytes(GOOD)
    (path / "gbk.txt").write_bytes(
        (REPORTS / "zhenhai-2020.txt").read_text(encoding="utf-8").encode("gb18030")
    )
    return path


def test_extract_answers_for_every_file_and_goes_on(ogi: Ogi, folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda path: path.name)
    done = ogi("extract", "--format", "jsonl", *files, folder, folder / "missing.pdf")
    assert done.returncode == 1
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [o["source"] for o in objects] == [*map(str, files), str(folder), str(folder / "missing.pdf")]
    codes = {Path(o["source"]).name: [m["code"] for m in o["messages"]] for o in objects}
    for name, (code, _) in BAD.items():
        assert codes[name][0] == code, name
    assert codes[folder.name][0] == "not_a_file"
    assert codes["missing.pdf"][0] == "missing_file"
    good = {Path(o["source"]).name for o in objects if o["status"] == "ok"}
    assert good == {ODD_NAME, "again.txt", "gbk.txt"}
    lines = done.stderr.strip().splitlines()
    assert len(lines) == len(BAD) + 2
    assert "Traceback" not in done.stderr


def test_a_build_keeps_going_and_lists_each_failure(ogi: Ogi, folder: Path, tmp_path: Path) -> None:
    done = ogi("build", "--input", folder, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    connection = open_warehouse(tmp_path)
    found = connection.execute("SELECT source, code FROM failures").fetchall()
    wanted = {(f"{folder.name}/{name}", code) for name, (code, _) in BAD.items()}
    repeated = {source for source, code in found if code == "same_bytes"}
    assert {pair for pair in found if pair[1] != "same_bytes"} == wanted
    assert len(repeated) == 1
    assert repeated < {f"{folder.name}/{ODD_NAME}", f"{folder.name}/again.txt"}
    assert connection.execute("SELECT count(*) FROM reports").fetchone() == (2,)


def test_a_file_that_may_not_be_read_is_one_line(ogi: Ogi, tmp_path: Path) -> None:
    path = tmp_path / "loop.txt"
    path.symlink_to(path)
    done = ogi("extract", "--format", "jsonl", path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["status"] == "failed"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_line(ogi: Ogi, tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_bytes(GOOD)
    path.chmod(0)
    done = ogi("extract", "--format", "jsonl", path)
    assert json.loads(done.stdout)["messages"][0]["code"] == "not_permitted"
