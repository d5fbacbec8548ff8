"""The obvious way to get the tables out of a file of each format, for comparison; each returns its cells' texts."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PDF = "application/pdf"
HTML = "text/html"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Alternative:
    """A library's own way to read tables: its call as people write it, the module it needs, and how to run it."""

    call: str
    module: str
    cells: Callable[[bytes], list[str]]

    @property
    def is_installed(self) -> bool:
        """Whether it can be run here."""
        return importlib.util.find_spec(self.module) is not None


def pdfplumber_tables(data: bytes) -> list[str]:
    """pdfplumber's tables of all pages."""
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as pdf:
        tables = [table for page in pdf.pages for table in page.extract_tables()]
    return [text or "" for table in tables for row in table for text in row]


def docx_cells(data: bytes) -> list[str]:
    """python-docx's cells, asked for one by one; a merged one is given for each place that it covers."""
    import docx

    tables = docx.Document(io.BytesIO(data)).tables
    return [
        table.cell(row, column).text
        for table in tables
        for row in range(len(table.rows))
        for column in range(len(table.columns))
    ]


def pandas_tables(data: bytes) -> list[str]:
    """The tables of a page by pandas; the charset is guessed as pages of this kind need it."""
    import pandas

    text = data.decode("utf-8" if b"utf-8" in data[:2_000].lower() else "gb18030", errors="replace")
    frames = pandas.read_html(io.StringIO(text))
    return [str(value) for frame in frames for row in frame.itertuples(index=False) for value in row]


ALTERNATIVES: Mapping[str, Alternative] = {
    PDF: Alternative("pdfplumber: page.extract_tables()", "pdfplumber", pdfplumber_tables),
    DOCX: Alternative("python-docx: table.cell(r, c)", "docx", docx_cells),
    HTML: Alternative("pandas.read_html()", "pandas", pandas_tables),
}
