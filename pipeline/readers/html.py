"""A web page's bytes flow in; the `Document` of its content, without its navigation, flows out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from lxml import etree

from pipeline.document import Document, UnreadableDocumentError
from pipeline.readers.charset import decode
from pipeline.readers.drawn import (
    CELLS_LIMIT,
    NESTING_LIMIT,
    SPAN_LIMIT,
    DrawnCell,
    DrawnTable,
    Item,
    blocks_from,
)
from pipeline.readers.printed import printed_lines, raised, set_line
from pipeline.readers.web.content import content_of
from pipeline.readers.web.elements import BLOCK, PREFORMATTED, RAISED
from pipeline.readers.web.hidden import storable, without_hidden
from pipeline.readers.web.properties import page_properties
from pipeline.readers.web.quoted import page_of_data, quoted_pages

MEDIA_TYPES = ("text/html",)
VERSION = "5"
TEXT_LIMIT = 20_000_000
ROW_SPAN_LIMIT = 65_534
AREA_LIMIT = 2_000_000
ELEMENTS_LIMIT = 300_000
ATTRIBUTES_LIMIT = 20_000
"""Words of one tag; they are only counted in large files, where the parser's time grows with their square."""
PLAIN_BYTES = 300_000
"""Up to which the parser cannot take long: its time grows with the square of an element's attributes."""
ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})
CELL_TAGS = frozenset({"td", "th"})
ROWS_AND_GROUPS = ROW_GROUPS | {"tr"}
TABLES_AND_GROUPS = ROW_GROUPS | {"table"}
_KEPT_APART = PREFORMATTED | RAISED
_PLAIN_BLOCK = BLOCK - _KEPT_APART - {"table"}
GROUP_ORDER = {"thead": 0, "tfoot": 2}

_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{100000,}")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
SET_AS_ROW = "table-row"
_SET_AS_ROWS = etree.XPath(f"//*[contains(@style, '{SET_AS_ROW}')][*[contains(@style, 'table-cell')]]")
_FILE_NAME = re.compile(r"\.\w{3,4}$|[\\/]")
_SPAN = re.compile(r"\s*\+?(\d+)")
_CELL_START, _CELL_END = re.compile(r"(?i)<t[dh][\s>]"), re.compile(r"(?i)</t[dh]\s*>")
_TABLE_TAG = re.compile(r"(?i)<(/?)(table|tr|td|th|tbody|thead|tfoot)(?=[\s>/])")

Element = Any


def is_plain(data: bytes) -> bool:
    """Whether a page may be read in the process that reads others."""
    return len(data) <= PLAIN_BYTES


def read(data: bytes, sha256: str) -> Document:
    """Reads a web page.

    Raises:
        UnreadableDocumentError: `no_text` where the page shows no text; `limit_exceeded` where it is nested
            so deep, or so large, that text would be lost in silence.
    """
    text = decode(data)
    root = _parsed(page_of_data(text) or text)
    _write_out_quoted(root)
    if SET_AS_ROW in text:  # most pages have styles everywhere, and none of these
        _name_tables(root)
    _bound(root)
    properties = page_properties(root)
    without_hidden(root)
    content = content_of(root, properties.get("title"))
    properties["image_count"] = str(content.images)
    blocks = blocks_from([*content.heading, *_content(content.element, 0)])
    if not blocks:
        raise UnreadableDocumentError("no_text")
    return Document(blocks, "text/html", sha256, "html/lxml", properties)


def shown(data: bytes) -> list[Item]:
    """All lines and tables that a page shows, in order; what is hidden left out.

    Raises:
        UnreadableDocumentError: As for `read`.
    """
    root = _parsed(decode(data))
    _bound(root)
    without_hidden(root)
    body = root.find("body")
    return _content(root if body is None else body, 0)


def _parsed(text: str) -> Element:
    if len(text) > TEXT_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"{len(text)} characters")
    if len(text) > PLAIN_BYTES and any(
        len(tag[0].split()) > ATTRIBUTES_LIMIT for tag in _LONG_TAG.finditer(text)
    ):
        raise UnreadableDocumentError(
            "limit_exceeded", what=f"an element of over {ATTRIBUTES_LIMIT} attributes"
        )
    parser = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    source = _with_cells_closed(_DECLARATION.sub("", text.replace("\0", ""), count=1))
    try:
        root = etree.fromstring(source, parser)
    except etree.LxmlError:
        root = None
    if root is None:
        raise UnreadableDocumentError("no_text")
    # The parser stops at its own limits without an error and gives what it has.
    if any("LIMIT" in entry.type_name or "NAME_TOO_LONG" in entry.type_name for entry in parser.error_log):
        raise UnreadableDocumentError("limit_exceeded", what="the nesting of its elements")
    return root


def _write_out_quoted(root: Element) -> None:
    """Puts what scripts write into a page in their place."""
    for script, markup in list(quoted_pages(root)):
        body = _parsed(markup).find("body")
        if body is not None:
            body.tag, body.tail = "div", storable(script.tail or "")
            script.getparent().replace(script, body)


def _name_tables(root: Element) -> None:
    """Gives elements that a style sets as the rows and cells of a table the names of these."""
    for row in cast("list[Element]", _SET_AS_ROWS(root)):
        table = row.getparent()
        if row.tag in ROWS_AND_GROUPS or table is None or table.tag in ("html", "body"):
            continue
        row.tag = "tr"
        table.tag = table.tag if table.tag in TABLES_AND_GROUPS else "table"
        for cell in row:
            cell.tag = "td" if "table-cell" in (cell.get("style") or "") else cell.tag


def _with_cells_closed(source: str) -> str:
    """The source with the ends of cells that it leaves out: a run left open in one makes the parser miss the next."""
    if len(_CELL_START.findall(source)) <= len(_CELL_END.findall(source)):
        return source
    source = _uncommented(source)
    parts: list[str] = []
    open_cells: list[bool] = []
    """For each table that is open, whether a cell of it is."""
    place = 0
    for match in _TABLE_TAG.finditer(source):
        is_end, tag = bool(match[1]), match[2].lower()
        within = (tag == "table" and not is_end) or (tag in CELL_TAGS and is_end)
        if open_cells and open_cells[-1] and not within:
            parts += [source[place : match.start()], "</td>"]
            place = match.start()
            open_cells[-1] = False
        if tag == "table" and not is_end:
            open_cells.append(False)
        elif tag == "table" and open_cells:
            open_cells.pop()
        elif tag in CELL_TAGS and open_cells:
            open_cells[-1] = not is_end
    return "".join([*parts, source[place:]])


def _uncommented(source: str) -> str:
    first, *others = source.split("<!--")
    kept = (after if end else f"<!--{part}" for part in others for _, end, after in [part.partition("-->")])
    return "".join([first, *kept])


def _bound(root: Element) -> None:
    """Refuses what is within the limits of every part and still takes minutes: a report has 200 cells."""
    for limit, what in ((ELEMENTS_LIMIT, ()), (CELLS_LIMIT, CELL_TAGS)):
        if next(islice(root.iter(*what), limit, None), None) is not None:
            raise UnreadableDocumentError(
                "limit_exceeded", what=f"over {limit} {'cells' if what else 'elements'}"
            )


def _content(element: Element, depth: int) -> list[Item]:
    """What an element shows: lines and tables, in order."""
    children = list(element)
    while len(children) == 1 and _only_wraps(element, children[0]):
        element = children[0]
        children = list(element)
    if not children and element.tag not in PREFORMATTED:
        return _line(element.text)
    flow = _Flow()
    if not any(len(child) or child.tag == "table" for child in children):
        flow.enter(element)
        for child in children:
            flow.enter(child)
            flow.leave(child, last=False)
        flow.close_line()
        return flow.items
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        if event == "end":
            flow.leave(inner, last=inner is element)
        elif inner.tag == "table" and inner is not element:
            flow.close_line()
            flow.items.extend(_drawn(inner, depth + 1))
            walk.skip_subtree()
        else:
            flow.enter(inner)
    flow.close_line()
    return flow.items


def _only_wraps(element: Element, only: Element) -> bool:
    """Whether an element shows but the one block in it, as most cells of pasted tables do."""
    if only.tag not in _PLAIN_BLOCK or element.tag in _KEPT_APART:
        return False
    before, behind = element.text, only.tail
    return (not before or before.isspace()) and (not behind or behind.isspace())


class _Flow:
    """Text on its way into lines: runs gather until a block element or a break closes the line."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._runs: list[str] = []
        self._preformatted = 0
        self._raised = 0

    def enter(self, element: Element) -> None:
        tag = element.tag
        if self._runs and tag in BLOCK:
            self.close_line()
        if tag in _KEPT_APART:
            self._preformatted += tag in PREFORMATTED
            self._raised += tag in RAISED
        self._add(element.text)

    def leave(self, element: Element, last: bool) -> None:
        tag = element.tag
        if self._runs and tag in BLOCK:
            self.close_line()
        if tag in _KEPT_APART:
            self._preformatted -= tag in PREFORMATTED
            self._raised -= tag in RAISED
        if not last:
            self._add(element.tail)

    def close_line(self) -> None:
        if not self._runs:
            return
        text = "".join(self._runs)
        self._runs.clear()
        if self._preformatted:
            self.items.extend(printed_lines(text))
        elif line := set_line(text):
            self.items.append(line)

    def _add(self, text: str | None) -> None:
        # White space that opens a line is not shown, and most of a page's is of that kind.
        if text and (self._runs or not text.isspace()):
            self._runs.append(raised(text) if self._raised else text)


def _drawn(table: Element, depth: int) -> list[Item]:
    """A table, after what a browser sets before it and before what an unclosed one has swallowed."""
    if depth > NESTING_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"tables nested over {NESTING_LIMIT} deep")
    rows, before, after = _gathered(table, depth)
    return [*before, DrawnTable(_laid_out(rows, depth)), *after]


@dataclass(slots=True)
class _Row:
    """A row's cell elements, with the row group that they stand in."""

    group: Element
    cells: list[Element] = field(default_factory=list)


def _gathered(table: Element, depth: int) -> tuple[list[_Row], list[Item], list[Item]]:
    """The rows of a table in the order they are set, and what stands in it but in no cell.

    Cells without a row make one, rows without a group make one (their table is the group).
    """
    if (plain := _plain_rows(table)) is not None:
        return sorted(plain, key=_group_order), [], []
    rows: list[_Row] = []
    before: list[Item] = []
    after: list[Item] = []
    group, row = table, None
    walk = etree.iterwalk(table, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        strays = after if rows else before
        if event == "end":
            group = table if tag in ROW_GROUPS else group
            row = None if tag in ROWS_AND_GROUPS else row
            strays.extend(_line(element.tail if element is not table else None))
        elif tag in CELL_TAGS:
            if row is None:
                rows.append(row := _Row(group))
            row.cells.append(element)
            walk.skip_subtree()
        elif tag in ROWS_AND_GROUPS or element is table or _wraps_cells(element):
            group = element if tag in ROW_GROUPS else group
            if tag == "tr":
                rows.append(row := _Row(group))
            strays.extend(_line(element.text))
        else:
            strays.extend(_drawn(element, depth + 1) if tag == "table" else _content(element, depth))
            walk.skip_subtree()
    return sorted(rows, key=_group_order), before, after


def _group_order(row: _Row) -> int:
    return GROUP_ORDER.get(row.group.tag, 1)


def _plain_rows(table: Element) -> list[_Row] | None:
    """The rows of a table in which nothing stands but groups of rows, rows and cells; None for any other."""
    rows: list[_Row] = []
    strays = [table.text]
    for part in table:
        group = part if part.tag in ROW_GROUPS else table
        strays += [part.tail] if group is table else [part.tail, part.text]
        for line in [part] if group is table else part:
            cells = list(line)
            if line.tag != "tr" or not CELL_TAGS.issuperset([cell.tag for cell in cells]):
                return None
            strays += [line.text, line.tail, *[cell.tail for cell in cells]]
            rows.append(_Row(group, cells))
    return None if "".join(filter(None, strays)).strip() else rows


def _wraps_cells(element: Element) -> bool:
    """Whether rows or cells of the table stand inside, as in a form that is opened between two rows."""
    return element.tag != "table" and next(element.iter("tr", "td", "th"), None) is not None


def _line(text: str | None) -> list[Item]:
    line = set_line(text) if text and not text.isspace() else ""
    return [line] if line else []


def _laid_out(rows: list[_Row], depth: int) -> list[list[DrawnCell]]:
    """The cells at their places on the grid, after the table model of the HTML standard.

    Spans are clipped to the row group and, where larger than the standard allows, to the table.
    """
    if sum(len(row.cells) for row in rows) > CELLS_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"a table of over {CELLS_LIMIT} cells")
    drawn: list[list[DrawnCell]] = []
    taken: list[int] = []
    for number, (row, end) in enumerate(zip(rows, _group_ends(rows), strict=True)):
        drawn.append(_laid_out_row(row, number, end, taken, depth))
        if len(taken) * len(rows) > AREA_LIMIT:
            raise UnreadableDocumentError("limit_exceeded", what=f"a table of {len(taken)} columns")
    return drawn


def _laid_out_row(row: _Row, number: int, end: int, taken: list[int], depth: int) -> list[DrawnCell]:
    """One row's cells; `taken` says for each column up to which row it is covered, and is updated."""
    drawn: list[DrawnCell] = []
    column = 0
    for ordinal, element in enumerate(row.cells, start=1):
        while column < len(taken) and taken[column] > number:
            column += 1
        across, down = element.get("colspan"), element.get("rowspan")
        width = (_span(across, 1) or 1) if across else 1
        if width > SPAN_LIMIT:
            width = max(len(taken) - column, 1)
        height = min(_span(down, 1) or end, ROW_SPAN_LIMIT, end - number) if down else 1
        if column + width > len(taken):
            taken.extend([0] * (column + width - len(taken)))
        for covered in range(column, column + width):
            if taken[covered] < number + height:
                taken[covered] = number + height
        content = _content(element, depth) or _told_of_picture(element)
        drawn.append(DrawnCell(content, number, column, height, width, ordinal))
        column += width
    return drawn


def _told_of_picture(cell: Element) -> list[Item]:
    """The words that stand for the one picture that a cell holds instead of text; a file's name is none."""
    pictures = list(islice(cell.iter("img"), 2))
    words = set_line(pictures[0].get("alt", "")) if len(pictures) == 1 else ""
    return [words] if words and not _FILE_NAME.search(words) else []


def _group_ends(rows: list[_Row]) -> list[int]:
    """For each row the number of the row after its group."""
    ends: list[int] = []
    for number in range(len(rows) - 1, -1, -1):
        last = number == len(rows) - 1 or rows[number + 1].group is not rows[number].group
        ends.append(number + 1 if last else ends[-1])
    return ends[::-1]


@lru_cache(maxsize=1_024)
def _span(value: str | None, default: int) -> int:
    """The number of rows or columns stated; 0 means up to the end of the row group."""
    match = _SPAN.match(value) if value else None
    return int(match[1][:9]) if match else default
