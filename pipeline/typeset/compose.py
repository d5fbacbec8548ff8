"""Lays a report out before any file format: facts and a style go in, a `Layout` of lines and tables out.

The tables are the `Grid`s that readers make, so what a reader returns can be held against what was meant.
Merges follow the forms annexed to 国办公开办函〔2019〕60号 and 国办公开办函〔2021〕30号.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.document import Cell, Grid
from pipeline.templates import Block, Label
from pipeline.typeset.facts import Facts, blocks_of
from pipeline.typeset.spelling import print_value, spell
from pipeline.typeset.style import FormStyle, Style

SECTIONS = {
    1: ("一、总体情况", None),
    2: ("二、主动公开政府信息情况", "proactive_disclosure"),
    3: ("三、收到和处理政府信息公开申请情况", "applications"),
    4: ("四、政府信息公开行政复议、行政诉讼情况", "review_litigation"),
    5: ("五、存在的主要问题及改进情况", None),
    6: ("六、其他需要报告的事项", None),
}
_SIDE_WIDTHS = {1: (2.4,), 3: (0.75, 0.95, 3.2)}
_RAGGED_SHIFT = 0.2


@dataclass(frozen=True, slots=True)
class Line:
    """A line or paragraph of text and what it is in the report."""

    text: str
    role: Literal["title", "heading", "body", "signature", "note"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as drawn.

    Attributes:
        grid: Its cells.
        widths: The relative width of each grid column.
        table: The table of the form it shows, or shows a part of.
        new_page: Whether paged media begin a page before it.
    """

    grid: Grid
    widths: tuple[float, ...]
    table: str
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A report ready to be written: its blocks in reading order, and its title on one line."""

    blocks: tuple[Line | Sheet, ...]
    title: str
    published_on: str | None
    site: str

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The tables, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Sheet))


@dataclass(frozen=True, slots=True)
class _Span:
    """A label over (or beside) `length` leaves from `start`, at `depth` levels from `level`."""

    text: str
    start: int
    length: int
    level: int
    depth: int


def compose(facts: Facts, style: Style) -> Layout:
    """Lays the report out; the same facts and style always give the same layout."""
    title = style.form.title.format(agency=facts.agency_name, year=facts.report_year)
    blocks: list[Line | Sheet] = [Line(line, "title") for line in title.split("\n") if line]
    if style.form.preamble:
        blocks.append(Line(_preamble(facts), "body"))
    blocks += [Line(text, "body") for text in facts.sections.get(0, ())]
    for number, (heading, table) in SECTIONS.items():
        blocks += _section(facts, style, number, heading, table)
    blocks += _foot(facts, style)
    return Layout(tuple(blocks), title.replace("\n", ""), facts.published_on, facts.site)


def _preamble(facts: Facts) -> str:
    year = facts.report_year
    return f"本报告由{facts.agency_name}编制，数据起止为{year}年1月1日至{year}年12月31日。"


def _section(facts: Facts, style: Style, number: int, heading: str, table: str | None) -> list[Line | Sheet]:
    present = table in facts.variants
    if number not in facts.sections and not present:
        return []
    lines: list[Line | Sheet] = [Line(heading, "heading")]
    lines += [Line(text, "body") for text in facts.sections.get(number, ())]
    if present:
        lines += _sheets(facts, style, [b for b in blocks_of(facts.variants) if b.table == table])
    return lines


def _foot(facts: Facts, style: Style) -> Iterator[Line]:
    if style.form.signature:
        yield Line(facts.agency_name, "signature")
        if facts.published_on:
            year, month, day = (int(part) for part in facts.published_on.split("-"))
            yield Line(f"{year}年{month}月{day}日", "signature")
    if facts.note:
        yield Line(facts.note, "note")


def _sheets(facts: Facts, style: Style, blocks: list[Block]) -> Iterator[Sheet]:
    if len(blocks) > 1 or blocks[0].heading:
        yield from _stacked(facts, style, blocks)
    elif blocks[0].banded:
        yield _banded(facts, style, blocks[0])
    else:
        yield from _crossed(facts, style, blocks[0])


# Table 2: blocks under headings, stacked over one grid or each on its own.


def _stacked(facts: Facts, style: Style, blocks: list[Block]) -> Iterator[Sheet]:
    apart = style.form.disclosure == "each_block"
    for group in [[block] for block in blocks] if apart else [blocks]:
        breadth = max(len(block.columns) for block in group)
        cells: list[Cell] = []
        header_rows: set[int] = set()
        for block in group:
            top = 1 + max((cell.row for cell in cells), default=-1)
            header_rows |= {top, top + 1}
            cells += _stack_block(facts, style, block, top, breadth)
        widths = _SIDE_WIDTHS[1] + (2.0,) * breadth
        yield _sheet(cells, header_rows, widths, blocks[0].table, style.form)


def _stack_block(facts: Facts, style: Style, block: Block, top: int, breadth: int) -> Iterator[Cell]:
    labels = style.labels
    yield Cell(spell(block.heading, labels), top, 0, column_span=breadth + 1)
    places = _shares(len(block.columns), breadth)
    yield Cell(spell(block.other_labels[0], labels), top + 1, 0)
    for column, (start, span) in zip(block.columns, places, strict=True):
        yield Cell(spell(column.path[-1], labels), top + 1, 1 + start, column_span=span)
    for number, row in enumerate(block.rows, start=top + 2):
        yield Cell(spell(row.path[-1], labels), number, 0)
        for column, (start, span) in zip(block.columns, places, strict=True):
            text = _value(facts, style, block, row, column)
            yield Cell(text, number, 1 + start, column_span=span)


def _shares(count: int, breadth: int) -> list[tuple[int, int]]:
    """Start and span of each of `count` cells over `breadth` grid columns; the last takes what is left."""
    return [(i, 1 if i < count - 1 else breadth - i) for i in range(count)]


# Table 3: label paths down the side against label paths over the columns, whole or in two parts.


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows `begin` to `end` of table 3, whose parts end at `first_end` and start at `second_begin`.

    The two overlap in one row where a row is cut. A whole table is a first part with no second.
    """

    begin: int
    end: int
    first_end: int
    second_begin: int
    is_first: bool = True

    def shares(self, span: _Span) -> bool:
        """Whether a side label stands in both parts."""
        return span.start < self.first_end and span.start + span.length > self.second_begin


def _parts(form: FormStyle, count: int) -> list[_Part]:
    if form.split == "none":
        return [_Part(0, count, count, count)]
    first_end = min(max(form.split_after, 1), count - 1)
    second_begin = first_end - 1 if form.split == "cut" else first_end
    return [
        _Part(0, first_end, first_end, second_begin),
        _Part(second_begin, count, first_end, second_begin, is_first=False),
    ]


def _crossed(facts: Facts, style: Style, block: Block) -> Iterator[Sheet]:
    for part in _parts(style.form, len(block.rows)):
        yield _crossed_part(facts, style, block, part)


def _crossed_part(facts: Facts, style: Style, block: Block, part: _Part) -> Sheet:
    side = _depth(block.rows)
    has_header = part.is_first or style.form.split == "header"
    header = _header(style, block, side) if has_header else []
    top = _depth(block.columns) if has_header else 0
    numbers = [
        Cell(_part_value(facts, style, block, row, column, part), top + row - part.begin, side + place)
        for row in range(part.begin, part.end)
        for place, column in enumerate(block.columns)
    ]
    cells = [*header, *_side(style, block, part, top), *numbers]
    widths = _SIDE_WIDTHS[side] + (0.85,) * len(block.columns)
    sheet = _sheet(cells, set(range(top)), widths, block.table, style.form)
    return replace(sheet, new_page=not part.is_first)


def _header(style: Style, block: Block, side: int) -> list[Cell]:
    corner = block.other_labels[0] if block.other_labels else ""
    cells = [Cell(spell(corner, style.labels), 0, 0, _depth(block.columns), side)]
    cells += [
        Cell(spell(s.text, style.labels), s.level, side + s.start, s.depth, s.length)
        for s in _spans([column.path for column in block.columns])
    ]
    return _open(cells, style.form.header_merged)


def _side(style: Style, block: Block, part: _Part, top: int) -> list[Cell]:
    cells = []
    for span in _spans([row.path for row in block.rows]):
        start, stop = max(span.start, part.begin), min(span.start + span.length, part.end)
        if start < stop:
            text = _side_text(style, span, part)
            cells.append(Cell(text, top + start - part.begin, span.level, stop - start, span.depth))
    return _open(cells, style.form.side_merged)


def _side_text(style: Style, span: _Span, part: _Part) -> str:
    """The label, or the share of it that stands in this part of a split table."""
    text = spell(span.text, style.labels)
    if not part.shares(span):
        return text
    middle = max(1, len(text) // 2)
    carried = "cut" if span.length == 1 else style.form.carried_labels
    if part.is_first:
        return text[:middle] if carried == "cut" else text
    return {"blank": "", "repeat": text, "cut": text[middle:]}[carried]


def _part_value(facts: Facts, style: Style, block: Block, row: int, column: Label, part: _Part) -> str:
    is_cut = part.second_begin <= row < part.first_end
    if is_cut and part.is_first != (style.form.cut_numbers == "first"):
        return ""
    return _value(facts, style, block, block.rows[row], column)


# Table 4: bands over columns in the header, all numbers in one line.


def _banded(facts: Facts, style: Style, block: Block) -> Sheet:
    pairs = [(band, column) for band in block.rows for column in block.columns]
    spans = _spans([band.path + column.path for band, column in pairs])
    depth = 1 + max(span.level for span in spans)
    cells = [Cell(spell(s.text, style.labels), s.level, s.start, s.depth, s.length) for s in spans]
    header = _open(cells, style.form.header_merged)
    numbers = [Cell(_value(facts, style, block, *pair), depth, i) for i, pair in enumerate(pairs)]
    widths = (1.0,) * len(pairs)
    return _sheet([*header, *numbers], set(range(depth)), widths, block.table, style.form)


# Shared geometry.


def _value(facts: Facts, style: Style, block: Block, row: Label, column: Label) -> str:
    value = facts.values.get((block.table, row.key, column.key))
    return print_value(value, column.unit, style.numbers)


def _depth(labels: Sequence[Label]) -> int:
    return max(len(label.path) for label in labels)


def _spans(paths: Sequence[tuple[str, ...]]) -> list[_Span]:
    """Labels shared by neighbours become one span; a path's last label fills the levels it leaves free."""
    depth = max(len(path) for path in paths)
    spans: list[_Span] = []
    for level in range(depth):
        start = 0
        for leaf in range(1, len(paths) + 1):
            if leaf < len(paths) and _same(paths[start], paths[leaf], level):
                continue
            if level < len(paths[start]):
                is_last = level == len(paths[start]) - 1
                free = depth - level if is_last else 1
                spans.append(_Span(paths[start][level], start, leaf - start, level, free))
            start = leaf
    return spans


def _same(one: tuple[str, ...], other: tuple[str, ...], level: int) -> bool:
    longer = level < len(one) - 1 and level < len(other) - 1
    return longer and one[: level + 1] == other[: level + 1]


def _open(cells: Iterable[Cell], merged: bool) -> list[Cell]:
    """Cells that reach down, as they are or as one cell with blanks below it."""
    if merged:
        return list(cells)
    opened = []
    for cell in cells:
        opened.append(cell._replace(row_span=1))
        below = range(cell.row + 1, cell.row + cell.row_span)
        opened += [cell._replace(text="", row=row, row_span=1) for row in below]
    return opened


def _sheet(
    cells: list[Cell], header_rows: set[int], widths: tuple[float, ...], table: str, form: FormStyle
) -> Sheet:
    if form.ragged:
        cells = [_shifted(cell, len(widths), cell.row in header_rows) for cell in cells]
        shift = _RAGGED_SHIFT
        widths = tuple(part for width in widths for part in (width * shift, width * (1 - shift)))
    return Sheet(_grid(cells), widths, table)


def _shifted(cell: Cell, breadth: int, in_header: bool) -> Cell:
    """The cell on a grid twice as fine, inner edges of header cells one line further to the right."""
    edges = [cell.column * 2, (cell.column + cell.column_span) * 2]
    start, stop = (edge + int(in_header and 0 < edge < breadth * 2) for edge in edges)
    return cell._replace(column=start, column_span=stop - start)


def _grid(cells: list[Cell]) -> Grid:
    height = 1 + max(cell.row for cell in cells)
    rows: list[list[Cell]] = [[] for _ in range(height)]
    for cell in cells:
        rows[cell.row].append(cell)
    return Grid(tuple(tuple(sorted(row, key=lambda cell: cell.column)) for row in rows))
