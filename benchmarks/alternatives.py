"""The obvious way to get the tables out of a file of each format, for comparison; each returns a count of cells."""

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
    cells: Callable[[bytes], int]

    @property
    def is_installed(self) -> bool:
        """Whether it can be run here."""
        return importlib.util.find_spec(self.module) is not None


def pdfplumber_tables(data: bytes) -> int:
    """pdfplumber's tables of all pages."""
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return sum(len(row) for page in pdf.pages for table in page.extract_tables() for row in table)


def docx_cells(data: bytes) -> int:
    """python-docx's cells, asked for one by one."""
    import docx

    tables = docx.Document(io.BytesIO(data)).tables
    return sum(
        bool(table.cell(row, column).text) or 1
        for table in tables
        for row in range(len(table.rows))
        for column in range(len(table.columns))
    )


def pandas_tables(data: bytes) -> int:
    """The tables of a page by pandas; the charset is guessed as pages of this kind need it."""
    import pandas

    text = data.decode("utf-8" if b"utf-8" in data[:2_000].lower() else "gb18030", errors="replace")
    return sum(frame.size for frame in pandas.read_html(io.StringIO(text)))


ALTERNATIVES: Mapping[str, Alternative] = {
    PDF: Alternative("pdfplumber: page.extract_tables()", "pdfplumber", pdfplumber_tables),
    DOCX: Alternative("python-docx: table.cell(r, c)", "docx", docx_cells),
    HTML: Alternative("pandas.read_html()", "pandas", pandas_tables),
}
