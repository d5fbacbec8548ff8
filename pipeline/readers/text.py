"""Text copies of reports → a `Document`: lines, and grids where the copy marks its cells.

Four shapes mark cells: a tab before each cell and an empty line after each row (text out of Word files), cells joined
by `|` or by tabs, and a cell a line with a `|` behind it (text out of web pages). Every other line is a paragraph: rows
whose cells a comma or a semicolon parts are told by their labels later, in `pipeline/matching/marked.py`, and tables
spelled by bare lines (a cell a line, or text out of a PDF with wrapped labels) in `pipeline/matching/arrange.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby

from pipeline.document import (
    BLANK_LINE,
    CELL_END,
    Block,
    Cell,
    Document,
    Grid,
    Locator,
    Paragraph,
    UnreadableDocumentError,
)
from pipeline.exchange import DRAWN
from pipeline.readers.charset import decode
from pipeline.readers.copies.pasted import Line, rows_a_line
from pipeline.readers.copies.sheet_lines import unquoted, with_tabs, with_whole_cells
from schemas.definitions import HERE, read_definitions

MEDIA_TYPES = ("text/plain",)
VERSION = "12"
TEXT_LIMIT = 5_000_000
"""Characters, white space included; a report has some twenty thousand."""
_RULE = re.compile(r"(?=.*(?:-{3}|:-|-:|=))[\s|:+=-]+")  # a row of marks for nothing is no rule
_MARKS = f" \t\r\n\u00a0\u3000|｜│┃{CELL_END}"
"""White space, and what parts cells: a line of these alone says nothing."""
_BREAK = re.compile(r"(?i)<br\s*/?>")  # A number broken so stays one that nobody can read.
_WHITE = re.compile(r" *[\u00a0\u3000][ \u00a0\u3000]*")
_STACKED = re.compile(r"(?P<only>\|{2,})|(?P<text>[^|]*?)\s*\|(?:\s+(?P<filled>\|+))?")
WIDEST = 40
"""Columns of a table at most whose cells stand a line each."""
MOST_STACKED = 20_000
"""Lines of such a table, all widths of which are tried."""
_PAGE_END_IN_ROW = re.compile(r"(?<=\n)\f+\n?(?=\t)")


def read(data: bytes, sha256: str) -> Document:
    """Reads a text copy.

    Raises:
        UnreadableDocumentError: `no_text` where the file holds white space only; `limit_exceeded`.
    """
    lines = with_tabs(with_whole_cells(_lines(data)))
    return Document(tuple(_blocks(rows_a_line(lines))), "text/plain", sha256, "text/lines")


def other_readings(document: Document) -> Iterator[Callable[[bytes, str], Document]]:
    """Another way to read a copy that tabs part: a cell may be broken over lines, and then no tab tells where it ends.

    Args:
        document: As `read` gave it.
    """
    if document.grids:
        yield read_untabbed


def read_untabbed(data: bytes, sha256: str) -> Document:
    """Reads a text copy line by line; tabs are spaces, and end a cell as empty lines do. Labels tell the rows.

    Where there are tabs, a program wrote the cells one behind the other, and the ends of lines end cells, too.
    """
    rows = with_tabs(with_whole_cells(_lines(data)))
    pieces = (
        (n, piece) for n, row in rows for piece in "\t".join(map(unquoted, row.split("\t"))).split("\n")
    )
    end = CELL_END if any("\t" in row for _, row in rows) else ""
    blocks: list[Paragraph] = []
    for number, piece in pieces:
        text = piece.strip(" ").replace("\t", CELL_END)
        if text.strip(_MARKS):
            blocks.append(Paragraph(text + end, Locator(line=number)))
        elif blocks and not blocks[-1].text.endswith(CELL_END):
            blocks[-1] = replace(blocks[-1], text=blocks[-1].text + CELL_END)
    return Document(tuple(blocks), "text/plain", sha256, "text/untabbed")


def _lines(data: bytes) -> list[Line]:
    text = decode(data)
    if len(text) > TEXT_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"{len(text)} > {TEXT_LIMIT} characters")
    text = _BREAK.sub(" ", _artifacts().sub("", text)).replace("\r\n", "\n").replace("\r", "\n")
    text = _PAGE_END_IN_ROW.sub("", text).replace("\f", "\n")
    if not text.strip():
        raise UnreadableDocumentError("no_text")
    return [(number, line.rstrip("\n")) for number, line in enumerate(text.split("\n"), start=1)]


@cache
def _artifacts() -> re.Pattern[str]:
    table = read_definitions(HERE / "text_artifacts.csv", ("pattern", "reason", "source"), key=["pattern"])
    return re.compile("|".join(row.pattern("pattern").pattern for row in table.rows))


def _blocks(lines: Sequence[Line]) -> Iterator[Block]:
    tables = 0
    for kind, run in _runs(lines):
        rows = kind(run) if kind else []
        if max((len(row) for row in rows), default=0) > 1:
            tables += 1
            yield _grid(rows, tables)
        else:
            yield from _paragraphs(run)


def _paragraphs(run: Sequence[Line]) -> list[Paragraph]:
    """The lines that say something, each with a mark for every blank one below it that holds white characters."""
    said: list[Paragraph] = []
    for is_blank, lines in groupby(run, key=lambda line: not line[1].strip(_MARKS)):
        if not is_blank:
            said += [Paragraph(line.strip(), Locator(line=number)) for number, line in lines]
        elif said and (count := sum(bool(_WHITE.fullmatch(line)) for _, line in lines)):
            said[-1] = replace(said[-1], text=said[-1].text + BLANK_LINE * count)
    return said


def _runs(
    lines: Sequence[Line],
) -> Iterator[tuple[Callable[[Sequence[Line]], list[list[Line]]] | None, list[Line]]]:
    """Cuts the lines into runs that share a way of marking cells, with the function that reads it."""
    for marked, group in groupby(_in_table(lines), key=lambda item: item[0]):
        yield _READERS[marked], [line for _, line in group]


def _in_table(lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    """Tells for each line how it marks cells; lines that continue a cell go with it."""
    current = ""
    blanks: list[Line] = []
    for line in lines:
        text = line[1]
        if not text.strip("\n "):
            blanks.append(line)
            continue
        mark = _mark(text)
        if not mark and current == "tab" and not blanks:
            mark = "tab"  # the second line of a cell that was broken over lines
        elif current == "tabs" and not blanks and "\t" in text:
            mark = "tabs"  # a row whose first cell, or all but that, is blank
        yield from ((mark if mark == current else "", blank) for blank in blanks)
        blanks = []
        current = mark
        yield mark, line
    yield from (("", blank) for blank in blanks)


def _mark(text: str) -> str:
    if text.startswith("\t") and text.count("\t") == 1:
        return "tab"
    plain = DRAWN(text)
    if "|" in plain or ("+" in plain and _RULE.fullmatch(plain)):
        return "pipe"
    return "tabs" if "\t" in text.strip() or text.count("\t") > 1 else ""


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
    """Rows of a run with a row a line, cells joined by tabs; an editor may have cut the blank ones at their ends.

    Where no row has a blank cell, blanks may be lost anywhere.
    """
    rows = [[(number, unquoted(cell)) for cell in line.split("\t")] for number, line in run if line.strip()]
    lengths = Counter(map(len, rows))
    longest = max(lengths, default=0)
    are_kept = any(not cell.strip() for row in rows for _, cell in row[:-1])
    if 2 * lengths[longest] <= len(rows) or not are_kept:
        return rows
    return [[*row, *[(row[0][0], "")] * (longest - len(row))] for row in rows]


def _pipe_rows(run: Sequence[Line]) -> list[list[Line]]:
    """Rows of a run with a row a line, cells joined by `|`; lines that only draw a rule are left out.

    Lines are framed by `|` where all of them begin with one: a line alone may do so for a blank first cell.
    """
    drawn = [(number, DRAWN(line).strip(" \t\u3000")) for number, line in run]
    rows = [(number, line) for number, line in drawn if line and not _RULE.fullmatch(line)]
    if stacked := _stacked_rows(rows):
        return stacked
    is_opened = all(line.startswith("|") for _, line in rows)
    is_closed = is_opened or all(line.endswith("|") for _, line in rows)
    opened = ((number, line[1:] if is_opened else line) for number, line in rows)
    inner = ((number, line.removesuffix("|") if is_closed else line) for number, line in opened)
    return [[(number, cell) for cell in line.split("|")] for number, line in inner]


def _stacked_rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Rows of lines that hold a cell each, closed by `|`; none where they are written otherwise.

    What fills a row up to the table's width is written as so many `|` at its end. The width at which each row comes
    out even tells where rows end; where several do, nothing tells.
    """
    if len(lines) > MOST_STACKED:
        return []
    found = [_STACKED.fullmatch(line) for _, line in lines]
    if not all(found) or not any(match and (match["filled"] or match["only"]) for match in found):
        return []
    cells = [(number, match) for (number, _), match in zip(lines, found, strict=True) if match]
    # Opened first: such rows come out, a column wider, as rows do whose first cell is always blank.
    for is_opened in (True, False):
        widths = range(2, WIDEST + 1)
        parsed = [rows for width in widths if (rows := _rows_of_width(cells, width, is_opened=is_opened))]
        if parsed:
            return parsed[0] if len(parsed) == 1 else []
    return []


def _rows_of_width(
    cells: Sequence[tuple[int, re.Match[str]]], width: int, *, is_opened: bool
) -> list[list[Line]]:
    """The rows that cells a line make at a width; none where one does not come out even.

    Args:
        cells: The lines.
        width: Columns.
        is_opened: Whether each row begins with a `|` on a line of its own.
    """
    rows: list[list[Line]] = []
    at_start = True
    for number, cell in cells:
        if at_start:
            at_start = False
            rows.append([])
            if is_opened:
                if cell["text"] or cell["filled"] or cell["only"]:
                    return []
                continue
        if not cell["only"]:
            rows[-1].append((number, cell["text"]))
        fill = cell["only"] or cell["filled"]
        at_start = len(rows[-1]) == width or bool(fill)
        if fill and len(rows[-1]) + len(fill) != width:
            return []
    return rows if at_start else []


_READERS: dict[str, Callable[[Sequence[Line]], list[list[Line]]] | None] = {
    "tab": _tab_rows,
    "tabs": _joined_rows,
    "pipe": _pipe_rows,
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
