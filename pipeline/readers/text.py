"""Text copies of reports → a `Document`: lines, and grids where the copy marks its cells.

Four shapes mark cells: a tab before each cell and an empty line after each row (text out of Word files), and cells
joined by `|`, by tabs, or by commas (text out of spreadsheets). Every other line is a paragraph; a table spelled by
bare lines (a cell a line, or text out of a PDF with wrapped labels) is told by its labels later, in
`pipeline/matching/arrange.py`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby, islice

from pipeline.document import Block, Cell, Document, Grid, Locator, Paragraph, UnreadableDocumentError
from pipeline.exchange import Exchange
from pipeline.readers.charset import decode
from schemas.definitions import HERE, read_definitions

MEDIA_TYPES = ("text/plain",)
VERSION = "5"
TEXT_LIMIT = 5_000_000
"""Characters, white space included; a report has some twenty thousand."""
LEAST_COMMA_ROWS = 5
"""Rows of a label and numbers that a file must hold for its commas to be taken for the sides of cells."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SENTENCE = re.compile("[。；;！？]")
_RULE = re.compile(r"(?=.*(?:-{3}|:-|-:|=))[\s|:+=-]+")  # a row of marks for nothing is no rule
_drawn = Exchange(
    dict.fromkeys("｜│┃║￨", "|")
    | dict.fromkeys("─━═┄┈", "=")
    | dict.fromkeys("┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╪", "+")
)
_PAGE_END_IN_ROW = re.compile(r"(?<=\n)\f+\n?(?=\t)")

Line = tuple[int, str]


def read(data: bytes, sha256: str) -> Document:
    """Reads a text copy.

    Raises:
        UnreadableDocumentError: `no_text` where the file holds white space only; `limit_exceeded`.
    """
    text = decode(data)
    if len(text) > TEXT_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"{len(text)} > {TEXT_LIMIT} characters")
    text = _artifacts().sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _PAGE_END_IN_ROW.sub("", text).replace("\f", "\n")
    lines = [(number, line.rstrip("\n")) for number, line in enumerate(text.split("\n"), start=1)]
    if not text.strip():
        raise UnreadableDocumentError("no_text")
    return Document(tuple(_blocks(lines)), "text/plain", sha256, "text/lines")


@cache
def _artifacts() -> re.Pattern[str]:
    table = read_definitions(HERE / "text_artifacts.csv", ("pattern", "reason", "source"), key=["pattern"])
    return re.compile("|".join(row["pattern"] for row in table.rows))


def _blocks(lines: Sequence[Line]) -> Iterator[Block]:
    tables = 0
    for kind, run in _runs(lines, comma=_has_comma_rows(lines)):
        rows = kind(run) if kind else []
        if max((len(row) for row in rows), default=0) > 1:
            tables += 1
            yield _grid(rows, tables)
        else:
            yield from (Paragraph(line.strip(), Locator(line=n)) for n, line in run if line.strip())


def _runs(
    lines: Sequence[Line], *, comma: bool
) -> Iterator[tuple[Callable[[Sequence[Line]], list[list[Line]]] | None, list[Line]]]:
    """Cuts the lines into runs that share a way of marking cells, with the function that reads it."""
    for marked, group in groupby(_in_table(lines, comma=comma), key=lambda item: item[0]):
        yield _READERS[marked], [line for _, line in group]


def _has_comma_rows(lines: Sequence[Line]) -> bool:
    rows = (number for number, line in lines if _is_comma_row(line))
    return len(list(islice(rows, LEAST_COMMA_ROWS))) == LEAST_COMMA_ROWS


def _is_comma_row(line: str) -> bool:
    """Whether a line's parts between commas are labels, then numbers and blanks only.

    A comma between digits is one of thousands: it says nothing of cells.
    """
    parts = [part.strip(' "') for part in line.split(",")]
    first = next((place for place, part in enumerate(parts) if _NUMBER.fullmatch(part)), 0)
    labels = parts[:first]
    if not labels or labels[-1][-1:].isdecimal():
        return False
    return any(map(str.isalpha, "".join(labels))) and all(
        not part or _NUMBER.fullmatch(part) for part in parts[first:]
    )


def _in_table(lines: Sequence[Line], *, comma: bool = False) -> Iterator[tuple[str, Line]]:
    """Tells for each line how it marks cells; lines that continue a cell go with it."""
    current = ""
    blanks: list[Line] = []
    for line in lines:
        text = line[1]
        if not text.strip("\n "):
            blanks.append(line)
            continue
        mark = _mark(text) or ("comma" if comma and _joins_by_commas(text) else "")
        if not mark and current == "tab" and not blanks:
            mark = "tab"  # the second line of a cell that was broken over lines
        yield from ((mark if mark == current else "", blank) for blank in blanks)
        blanks = []
        current = mark
        yield mark, line
    yield from (("", blank) for blank in blanks)


def _mark(text: str) -> str:
    if text.startswith("\t") and text.count("\t") == 1:
        return "tab"
    plain = _drawn(text)
    if "|" in plain or ("+" in plain and _RULE.fullmatch(plain)):
        return "pipe"
    return "tabs" if "\t" in text.strip() or text.count("\t") > 1 else ""


def _joins_by_commas(text: str) -> bool:
    return "," in text and not _SENTENCE.search(text)


def _comma_rows(run: Sequence[Line]) -> list[list[Line]]:
    """Rows of a run with a row a line, cells joined by commas and quoted where they hold one."""
    filled = [(number, line.strip()) for number, line in run if line.strip()]
    return [
        [(number, cell) for cell in next(csv.reader([line], skipinitialspace=True))]
        for number, line in filled
    ]


def _tab_rows(run: Sequence[Line]) -> list[list[Line]]:
    """Rows of a run in which a tab opens each cell and an empty line ends each row."""
    if not any(not line.strip() for _, line in run) and any("\t" in line.strip() for _, line in run):
        return _joined_rows(run)
    rows: list[list[Line]] = [[]]
    for number, line in run:
        if line.startswith("\t"):
            rows[-1].append((number, line[1:]))
        elif line.strip() and rows[-1]:
            first, text = rows[-1][-1]
            rows[-1][-1] = (first, f"{text}\n{line}")
        elif rows[-1]:
            rows.append([])
    return [row for row in rows if row]


def _joined_rows(run: Sequence[Line]) -> list[list[Line]]:
    """Rows of a run with a row a line, cells joined by tabs."""
    return [[(number, cell) for cell in line.split("\t")] for number, line in run if line.strip()]


def _pipe_rows(run: Sequence[Line]) -> list[list[Line]]:
    """Rows of a run with a row a line, cells joined by `|`; lines that only draw a rule are left out.

    Lines are framed by `|` where all of them begin with one: a line alone may do so for a blank first cell.
    """
    drawn = [(number, _drawn(line).strip(" \t\u3000")) for number, line in run]
    rows = [(number, line) for number, line in drawn if line and not _RULE.fullmatch(line)]
    is_framed = all(line.startswith("|") for _, line in rows)
    inner = ((number, line[1:].removesuffix("|") if is_framed else line) for number, line in rows)
    return [[(number, cell) for cell in line.split("|")] for number, line in inner]


_READERS: dict[str, Callable[[Sequence[Line]], list[list[Line]]] | None] = {
    "tab": _tab_rows,
    "tabs": _joined_rows,
    "pipe": _pipe_rows,
    "comma": _comma_rows,
    "": None,
}


def _grid(rows: Sequence[Sequence[Line]], table: int) -> Grid:
    return Grid(
        tuple(
            tuple(
                Cell(text.strip(), r, c, locator=Locator(table=table, row=r + 1, column=c + 1, line=number))
                for c, (number, text) in enumerate(row)
            )
            for r, row in enumerate(rows)
        ),
        Locator(table=table, line=rows[0][0][0]),
    )
