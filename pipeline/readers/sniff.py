"""The first bytes of a file flow in, its media type flows out; names and declarations are not believed."""

from __future__ import annotations

import io
import re
import zipfile

from pipeline.document import UnreadableDocumentError
from pipeline.readers.charset import LOST, decode

HEAD = 65_536
UNKNOWN = "application/octet-stream"
PDF = "application/pdf"
ZIP = "application/zip"
PLAIN = "text/plain"
HTML = "text/html"
OLE = "application/x-ole-storage"
ENCRYPTED = "application/x-ole-encrypted"
OPEN_XML = "application/vnd.openxmlformats-officedocument"
DOC = "application/msword"
DOCX = f"{OPEN_XML}.wordprocessingml.document"
RTF = "application/rtf"
ODT = "application/vnd.oasis.opendocument.text"
WORD_XML = "application/msword+xml"
"""Word's own XML of 2003, and a .docx that is written as one XML file."""

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"{\\rtf", RTF),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
)
ARCHIVE_MEMBERS = (
    ("word/", DOCX),
    ("xl/", f"{OPEN_XML}.spreadsheetml.sheet"),
    ("ppt/", f"{OPEN_XML}.presentationml.presentation"),
    ("ofd.xml", "application/ofd"),
)
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_STREAMS = (
    ("EncryptedPackage", ENCRYPTED),
    ("WordDocument", DOC),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
)
BINARY_SHARE = 0.01

_PDF = re.compile(rb"%PDF-\d\.\d")
_MAIL_HEADER = re.compile(r"(?im)^content-type:\s*multipart/(related|alternative|mixed)")
_MAIL_START = re.compile(r"(?i)\s*(from|mime-version|subject|date|content-\w+|message-id|snapshot-\S+):")
_HTML_START = re.compile(r"(?is)\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b")
_HTML_TAG = re.compile(
    r"(?i)</(html|body|div|p|table|tbody|tr|td|span|h[1-6]|center|font|ul|li|a|title|script|style|strong)\s*>"
    r"|<(br|meta|td|tr|table|p|img|hr)(\s[^<>]*)?/?>"
)
_MARKDOWN_RULE = re.compile(r"(?m)^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|)+[ \t:-]*$")
"""Markdown's line below a header; its cells are broken by HTML's tag."""
_WORD_XML = re.compile(r"<\?mso-application\s+progid=.Word\.Document\b|<\w+:wordDocument\b|<pkg:package\b")
_CONTROL_BYTES = bytes([*range(9), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
_NO_CHARACTERS = f"{LOST}\ufffe\uffff"
_CONTROL = re.compile(f"[{re.escape(_CONTROL_BYTES.decode())}{_NO_CHARACTERS}]")


def sniff(data: bytes, name: str = "") -> str:
    """The media type that the bytes themselves tell.

    Args:
        data: The whole file, so that archives can be looked into.
        name: The file's name; it takes no part in the answer and stands in the error's details.

    Returns:
        Such as `application/pdf`; `application/x-ole-encrypted` is an office file under a password, and
        `application/octet-stream` is whatever nobody knows.

    Raises:
        UnreadableDocumentError: `empty_file` where there is no byte.
    """
    if not data:
        raise UnreadableDocumentError("empty_file", **({"name": name} if name else {}))
    for signature, media_type in SIGNATURES:
        if data.startswith(signature):
            return media_type
    return _container(data) or _picture(data) or _pdf(data) or _text(data)


def _container(data: bytes) -> str | None:
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04")):
        return _archive(data)
    return _compound(data) if data.startswith(OLE_SIGNATURE) else None


def _picture(data: bytes) -> str | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    # `BM` alone opens many a text: a bitmap also has four reserved zero bytes.
    return "image/bmp" if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0" else None


def _pdf(data: bytes) -> str | None:
    """Readers accept junk before the mark; a page that merely writes about it has tags first."""
    mark = _PDF.search(data, 0, 2048)
    return PDF if mark and b"<" not in data[: mark.start()] else None


def _archive(data: bytes) -> str:
    names = _member_names(data)
    # An OpenDocument package begins with its media type, stored plainly.
    if names[:1] == ["mimetype"]:
        size = int.from_bytes(data[18:22], "little")
        return data[38 : 38 + min(size, 100)].decode("ascii", errors="ignore") or ZIP
    for member, media_type in ARCHIVE_MEMBERS:
        if any(name == member or (member.endswith("/") and name.startswith(member)) for name in names):
            return media_type
    return ZIP


def _member_names(data: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        # Cut short: the directory at the end is gone, the local headers still name what is there.
        names = [_local_name(data, header.start()) for header in re.finditer(b"PK\x03\x04", data)]
    return [name.replace("\\", "/").lower() for name in names]


def _local_name(data: bytes, header: int) -> str:
    length = int.from_bytes(data[header + 26 : header + 28], "little")
    return data[header + 30 : header + 30 + length].decode("utf-8", errors="replace")


def _compound(data: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as storage:
            present = {entry[0].lower() for entry in storage.listdir() if len(entry) == 1}
    except (OSError, ValueError, IndexError, TypeError):
        present = {stream.lower() for stream, _ in OLE_STREAMS if stream.encode("utf-16-le") in data}
    for stream, media_type in OLE_STREAMS:
        if stream.lower() in present:
            return media_type
    return OLE


def _text(data: bytes) -> str:
    begun = _head(data)
    head = decode(begun)
    if _strange(begun, head) > BINARY_SHARE * len(head):
        return UNKNOWN
    if _MAIL_START.match(head) and _MAIL_HEADER.search(head):
        return "multipart/related"
    if _HTML_START.match(head):
        return HTML
    is_xml = re.match(r"\s*<\?xml\b", head) is not None
    if is_xml and _WORD_XML.search(head):
        return WORD_XML
    tags = [tag.lower() for _, tag, _ in _HTML_TAG.findall(head)]
    if len(tags) >= 2 and not ({*tags} == {"br"} and _MARKDOWN_RULE.search(head)):
        return HTML
    return "application/xml" if is_xml else PLAIN


def _strange(data: bytes, text: str) -> int:
    """How many characters of a text no text has; most have none, and their bytes tell that at once."""
    if len(data.translate(None, _CONTROL_BYTES)) == len(data):
        return sum(map(text.count, _NO_CHARACTERS))
    return len(_CONTROL.findall(text))


def _head(data: bytes) -> bytes:
    """The first bytes, cut where no encoding can be in the middle of a character."""
    if len(data) <= HEAD:
        return data
    head = data[:HEAD]
    cut = max(head.rfind(b"\n"), head.rfind(b">"), head.rfind(b" "))
    return head[: cut + 1] if cut > 0 and b"\0" not in head else head
