"""Writes a layout as a text copy in one of the shapes they have: `Layout` and `Style` in, bytes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.document import Cell
from pipeline.typeset.compose import Layout, Line, Sheet
from pipeline.typeset.style import Style

_PROSE_WIDTH = 28
_TABLE_WIDTH = 36
_TALL = 3


def write_text(layout: Layout, style: Style) -> bytes:
    """The text in UTF-8."""
    shape = style.text.shape
    wrapped = shape == "wrapped"
    parts: list[str] = []
    for block in layout.blocks:
        if isinstance(block, Sheet):
            parts += _TABLES[shape](block)
        else:
            parts += _wrapped_line(block) if wrapped else [block.text]
    return ("\n".join(parts) + "\n").encode()


def _tabs(sheet: Sheet) -> Iterator[str]:
    for number, row in enumerate(sheet.grid.rows):
        covered = {cell.column: "" for cell in sheet.grid.covering(number)}
        texts = covered | {cell.column: cell.text for cell in row}
        yield from (f"\t{texts[column]}" for column in sorted(texts))
        yield ""


def _bars(sheet: Sheet) -> Iterator[str]:
    last = len(sheet.grid.rows) - 1
    for number, row in enumerate(sheet.grid.rows):
        cells = " | ".join(cell.text.replace("\n", " ") for cell in row)
        # Such copies pad every row but the last with bars to the table's breadth.
        yield cells if number == last else f"{cells} | {'|' * (len(sheet.widths) - len(row))}".rstrip()


def _cell_lines(sheet: Sheet) -> Iterator[str]:
    yield from (cell.text for cell in sheet.grid.cells() if cell.text.strip())


def _wrapped_line(line: Line) -> Iterator[str]:
    for piece in _fold(line.text, _PROSE_WIDTH):
        yield from (piece, "")


def _wrapped_table(sheet: Sheet) -> Iterator[str]:
    """Cells of a row share a line, as the copier finds them; a tall cell stands by itself."""
    unit = _TABLE_WIDTH / sum(sheet.widths)
    for row in sheet.grid.rows:
        yield from _wrapped_row([_fold(cell.text, _columns(cell, sheet, unit)) for cell in row])
    yield ""


def _wrapped_row(cells: list[list[str]]) -> Iterator[str]:
    pending, follows_break = "", False
    for pieces in cells:
        if len(pieces) >= _TALL or (len(pieces) > 1 and follows_break):
            yield from ([pending, ""] if pending else [])
            pending = ""
        *broken, last = pieces or [""]
        for piece in broken:
            yield f"{pending} {piece}".strip()
            pending = ""
        pending = f"{pending} {last}".strip()
        follows_break = follows_break or bool(broken)
        if len(pieces) >= _TALL:
            yield from (pending, "")
            pending, follows_break = "", False
    if pending:
        yield pending


def _columns(cell: Cell, sheet: Sheet, unit: float) -> int:
    share = sum(sheet.widths[cell.column : cell.column + cell.column_span])
    return max(1, round(share * unit))


def _fold(text: str, width: int) -> list[str]:
    """The text in lines of `width` full-width characters; words and numbers are not broken."""
    lines: list[str] = []
    for part in text.strip().split("\n"):
        line = ""
        for word in _words(part):
            if line and _measure(line + word) > width:
                lines.append(line)
                line = ""
            line += word
        lines.append(line)
    return [line for line in lines if line.strip()]


def _words(text: str) -> Iterator[str]:
    word = ""
    for character in text:
        if character.isdigit() or (character.isascii() and not character.isspace()):
            word += character
            continue
        if word:
            yield word
        word = ""
        yield character
    if word:
        yield word


def _measure(text: str) -> float:
    return sum(0.5 if character.isascii() else 1.0 for character in text)


_TABLES: dict[str, Callable[[Sheet], Iterator[str]]] = {
    "tabs": _tabs,
    "bars": _bars,
    "lines": _cell_lines,
    "wrapped": _wrapped_table,
}
