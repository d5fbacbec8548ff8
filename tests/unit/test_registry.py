"""How a file finds its reader."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline.readers as registry
from pipeline.document import UnreadableDocumentError


@pytest.fixture
def fresh_registry() -> Iterator[None]:
    registry.readers.cache_clear()
    yield
    registry.readers.cache_clear()


PLUGIN = '''"""A format that nobody else reads."""
from pipeline.document import Document, Paragraph
MEDIA_TYPES = ("application/rtf",)
def read(data, sha256):
    return Document((Paragraph(data.decode()),), "application/rtf", sha256, "rtf/test")
'''


@pytest.mark.usefixtures("fresh_registry")
def test_a_new_format_is_one_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_format_of_its_own.py").write_text(PLUGIN)
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    document = registry.read_document(b"{\\rtf1 x}", "a.rtf")
    assert document.reader == "rtf/test"
    assert document.sha256 == hashlib.sha256(b"{\\rtf1 x}").hexdigest()
    assert registry.reader_version("application/rtf") == "1"


@pytest.mark.usefixtures("fresh_registry")
def test_two_modules_may_not_read_the_same_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_second_html.py").write_text(PLUGIN.replace("application/rtf", "text/html"))
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match="text/html is read by both"):
        registry.readers()


@pytest.mark.parametrize(
    ("data", "code", "media_type"),
    [
        (b"", "empty_file", None),
        (b"{\\rtf1}", "unsupported_type", "application/rtf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted", None),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, code: str, media_type: str | None) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        registry.read_document(data, "x")
    assert caught.value.code == code
    assert caught.value.details.get("media_type") == media_type


def test_readers_state_their_version() -> None:
    for media_type in ("text/html", "application/pdf", "nothing/known"):
        assert registry.reader_version(media_type)


def test_importing_the_registry_imports_no_reader() -> None:
    watched = ("lxml", "docx", "pypdfium2", "pdfplumber", "olefile", "polars")
    script = f"import sys, pipeline.readers; print([name for name in {watched} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_text_that_no_file_can_hold_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Halves of surrogate pairs, as a damaged font of a PDF gave them."""
    from pipeline.document import Cell, Document, Grid, Paragraph
    from pipeline.readers import text

    broken = "甲\udd62乙"
    grid = Grid(((Cell(broken, 0, 0), Cell("1", 0, 1)),))
    made = Document((Paragraph(broken), grid), "text/plain", "", "test", {"title": broken})
    monkeypatch.setattr(text, "read", lambda data, sha256: made)
    document = registry.read_document(b"words")
    assert document.paragraphs[0].text == document.properties["title"] == "甲\ufffd乙"
    assert [cell.text for cell in document.grids[0].cells()] == ["甲\ufffd乙", "1"]


def test_more_cells_than_any_report_has_are_refused() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        registry.read_document(b"a\tb\tc\td\n" * 13_000)
    assert caught.value.code == "limit_exceeded"
