"""Pages saved as one file, by Word and by browsers."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable

import pytest

from pipeline.document import UnreadableDocumentError
from pipeline.readers import mhtml, read_document

PAGE = (
    "<html><head><meta charset=gb2312></head><body><p>样例区演示局2021年政府信息公开工作年度报告</p>"
    "<table><tr><td>规章</td><td>1</td><td>镕</td></tr><tr><td>行政许可</td><td>=2</td><td></td></tr></table></body></html>"
)
WORD = b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\nA page saved as one file.\r\n\r\n'
BROWSER = (
    b"From: <Saved by a browser>\r\nSnapshot-Content-Location: https://www.example.invalid/\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="b"\r\n\r\n'
)


def saved(head: bytes, *pages: bytes, how: str, encode: Callable[[bytes], bytes]) -> bytes:
    parts = [
        f"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: {how}\r\n\r\n".encode() + encode(page)
        for page in pages
    ]
    picture = b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
    return head + b"\r\n".join([*parts, picture, b"--b--\r\n"])


@pytest.mark.parametrize("head", [WORD, BROWSER])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    ("how", "encode"), [("quoted-printable", quopri.encodestring), ("base64", base64.encodebytes)]
)
def test_a_saved_page_is_read_as_its_page(
    head: bytes, encoding: str, how: str, encode: Callable[[bytes], bytes]
) -> None:
    frame = "<html><body><p>广告</p></body></html>".encode(encoding)
    document = read_document(saved(head, frame, PAGE.encode(encoding), how=how, encode=encode))
    assert (document.media_type, document.reader) == ("multipart/related", "mhtml+html/lxml")
    assert [paragraph.text for paragraph in document.paragraphs] == [
        "样例区演示局2021年政府信息公开工作年度报告"
    ]
    rows = [[cell.text for cell in row] for row in document.grids[0].rows]
    assert rows == [["规章", "1", "镕"], ["行政许可", "=2", ""]]


def nested(depth: int) -> bytes:
    opening = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n' for n in range(depth))
    return b"MIME-Version: 1.0\r\n" + opening.encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (saved(WORD, how="base64", encode=bytes), "no_text"),
        (nested(5_000), "damaged"),
        (WORD + b"--b\r\n\r\nx\r\n" * 3_000, "limit_exceeded"),
    ],
    ids=["no page", "nested", "parts"],
)
def test_what_holds_no_page_is_said(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        mhtml.read(data, "")
    assert caught.value.code == code
