import gzip
import io
import zipfile

import pytest

from pipeline.document import UnreadableDocumentError
from pipeline.readers.sniff import sniff

OPEN_XML = "application/vnd.openxmlformats-officedocument"
REPORT = "一、总体情况\n本年度主动公开政府信息 12 条。\n规章 0 0 0\n"


def archive(*names: str, mimetype: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        if mimetype:
            out.writestr("mimetype", mimetype)
        for name in names:
            out.writestr(name, "x" * 100)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"%PDF-1.4\n", "application/pdf"),
        (b"\xef\xbb\xbf\r\nHTTP/1.1 200\r\n\r\n%PDF-1.7\n", "application/pdf"),
        (archive("[Content_Types].xml", "word/document.xml"), f"{OPEN_XML}.wordprocessingml.document"),
        (archive("[Content_Types].xml", "word\\document2.xml"), f"{OPEN_XML}.wordprocessingml.document"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), f"{OPEN_XML}.spreadsheetml.sheet"),
        (archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        (
            archive("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
        (archive("a.txt"), "application/zip"),
        (archive("[Content_Types].xml", "word/document.xml")[:200], f"{OPEN_XML}.wordprocessingml.document"),
        (b"{\\rtf1\\ansi", "application/rtf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"BM\x10\0\0\0\0\0\0\0\x36", "image/bmp"),
        (b"II*\0", "image/tiff"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (gzip.compress(b"x", mtime=0), "application/gzip"),
        (b"<!DOCTYPE html><html>", "text/html"),
        ("\ufeff \n<?xml version='1.0'?><html xmlns='x'>".encode(), "text/html"),
        ("<!-- 页面 --><!-- 模板 --><HTML>".encode("gb18030"), "text/html"),
        ("<div><p>规章</p></div>".encode(), "text/html"),
        ("正文开始<br>规章<br/>".encode("gb18030"), "text/html"),
        (b"<html>writes about %PDF-1.4", "text/html"),
        (b"<?xml version='1.0'?><report/>", "application/xml"),
        (b"<?xml version='1.0'?><div><table><tr><td>1</td></tr></table></div>", "text/html"),
        (
            b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>',
            "application/msword+xml",
        ),
        (b'<?xml version="1.0"?><pkg:package xmlns:pkg="x"><p></p><p></p>', "application/msword+xml"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n", "multipart/related"),
        (REPORT.encode(), "text/plain"),
        (REPORT.encode("gb18030"), "text/plain"),
        (REPORT.encode("utf-16"), "text/plain"),
        ("若 a < b 且 b > c，则（a<b）。".encode(), "text/plain"),
        (bytes(range(256)) * 40, "application/octet-stream"),
        (b"\0" * 1000, "application/octet-stream"),
    ],
)
def test_content_tells_the_media_type(data: bytes, media_type: str) -> None:
    assert sniff(data, "report.doc") == media_type


def test_a_long_text_is_not_cut_inside_a_character() -> None:
    assert sniff(("一" * 70_000).encode()) == "text/plain"
    assert sniff(("年度报告。" * 30_000).encode("gb18030")) == "text/plain"


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        sniff(b"")
    assert caught.value.code == "empty_file"


def test_a_broken_compound_file_is_told_by_the_names_in_it() -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    assert sniff(head + "WordDocument".encode("utf-16-le")) == "application/msword"
    assert sniff(head + "EncryptedPackage".encode("utf-16-le")) == "application/x-ole-encrypted"
    assert sniff(head + b"nothing") == "application/x-ole-storage"
