"""A Word file's bytes flow in, a `Document` with its paragraphs and tables in body order flows out.

The grid of a table is walked in its XML: asking python-docx for each cell costs 150 times as much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.document import EMBEDDED_SHEETS, Document, Paragraph, UnreadableDocumentError
from pipeline.readers.drawn import CELLS_LIMIT, SPAN_LIMIT, DrawnCell, DrawnTable, Item, blocks_from
from pipeline.readers.mhtml import shown
from pipeline.readers.printed import printed_lines, raised, struck
from pipeline.readers.word.numbering import Counters
from pipeline.readers.word.package import Package, open_package, part_by_id, related_part, states_little
from pipeline.readers.word.styles import Numbering, Styles, read_styles
from pipeline.readers.word.xml import (
    ALTERNATE_CONTENT,
    BLOCK_WRAPPERS,
    VAL,
    branch,
    child,
    children,
    is_on,
    parsed,
    value,
    w,
    whole_number,
)

MEDIA_TYPES = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",)
VERSION = "4"
DEFAULT_MAIN_PART = "/word/document.xml"

P, R, T, TBL, TR, TC = map(w, ("p", "r", "t", "tbl", "tr", "tc"))
P_PR, R_PR, T_PR, C_PR = map(w, ("pPr", "rPr", "trPr", "tcPr"))
VANISH, DELETED, SYMBOL, FIELD_MARK, FIELD_MARK_TYPE = map(
    w, ("vanish", "del", "sym", "fldChar", "fldCharType")
)
SPAN, SPAN_BEFORE, MERGED_DOWN, MERGED_ACROSS = map(w, ("gridSpan", "gridBefore", "vMerge", "hMerge"))
TEXT_BOX, STYLE, RUN_STYLE, NUMBERING = map(w, ("txbxContent", "pStyle", "rStyle", "numPr"))
VERTICAL_PLACE = w("vertAlign")
PAGE, PAGE_ID = (
    w("altChunk"),
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
)
OFF_THE_LINE = ("superscript", "subscript")
STRUCK, STRUCK_TWICE = map(w, ("strike", "dstrike"))
STATED_BY_RUNS = (VANISH, VERTICAL_PLACE, STRUCK, STRUCK_TWICE)
RARE = (VANISH, DELETED, NUMBERING, SPAN_BEFORE, MERGED_ACROSS, VERTICAL_PLACE, STRUCK, STRUCK_TWICE)
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
EMBEDDED = "{urn:schemas-microsoft-com:office:office}OLEObject"
SHEETS = ("Excel.", "ET.")
"""Of Excel and of WPS: what the program's name of an embedded spreadsheet begins with."""
TITLE = "{http://purl.org/dc/elements/1.1/}title"
RUN_WRAPPERS = BLOCK_WRAPPERS | set(map(w, ("hyperlink", "fldSimple", "dir", "bdo", "ruby", "rubyBase")))
SIGNS = {
    w("tab"): "\t",
    w("ptab"): "\t",
    w("br"): "\n",
    w("cr"): "\n",
    w("noBreakHyphen"): "-",
}
NO_PLAIN_TEXT = (
    *SIGNS,
    *RUN_WRAPPERS,
    *(FIELD_MARK, SYMBOL, TEXT_BOX, ALTERNATE_CONTENT, DELETED, f"{MATH}*"),
    *map(w, ("moveFrom", "rt")),
)
"""What makes a paragraph's text more than that of its runs, one behind the other."""
PRIVATE_USE = range(0xE000, 0xF900)
PICTURE_FONTS = 0xF000
"""Where Word sets the codes of fonts that have an order of their own."""
LIKE_ASCII = ("Symbol", "0123456789%+,./<=>")
"""A font of that kind, and what stands in it where ASCII has it."""

Element = Any

_SPACE = re.compile(r"\s+")


def is_plain(data: bytes) -> bool:
    """Whether a file may be read in the process that reads others."""
    return states_little(data)


def read(data: bytes, sha256: str) -> Document:
    """Reads a Word file.

    Headers, footers, notes and comments are left out; of a tracked change the new text is read.

    Raises:
        UnreadableDocumentError: `damaged`, `encrypted`, `zip_bomb` or `limit_exceeded` for the package;
            `no_text` where it shows no text.
    """
    package = open_package(data)
    main = related_part(package, "officeDocument") or DEFAULT_MAIN_PART
    root = parsed(package, main)
    body = root.find(w("body"))
    if body is None:
        raise UnreadableDocumentError("damaged", reason=f"{main} has no body")
    named = frozenset(style.get(VAL, "") for style in root.iter(STYLE, RUN_STYLE))
    styles = read_styles(package, main, named, has_lists=next(root.iter(NUMBERING), None) is not None)
    present = frozenset(found.tag for found in root.iter(*RARE))
    story = _Story(styles, present, _apart(root), package, main)
    blocks = blocks_from(story.content(body))
    if not blocks:
        raise UnreadableDocumentError("no_text")
    properties = {"image_count": str(sum(1 for _ in root.iter(PICTURE)))}
    sheets = sum(part.get("ProgID", "").startswith(SHEETS) for part in root.iter(EMBEDDED))
    if sheets:
        properties[EMBEDDED_SHEETS] = str(sheets)
    title = _title(package)
    prose = _SPACE.sub("", "".join(block.text for block in blocks if isinstance(block, Paragraph)))
    # Offices write over last year's file and leave its title: only one that the text repeats is believed.
    if title and _SPACE.sub("", title) in prose:
        properties["title"] = title
    return Document(blocks, MEDIA_TYPES[0], sha256, "docx/xml", properties)


def _title(package: Package) -> str:
    name = related_part(package, "core-properties")
    lines = printed_lines(parsed(package, name).findtext(TITLE) or "") if name else []
    return " ".join(lines)


@dataclass(frozen=True, slots=True)
class _Apart:
    """The cells and paragraphs that are not plain. Few are: finding these once costs less than asking each.

    Attributes:
        wide: How many columns each cell takes that takes several.
        down: How a cell is merged downwards.
        rich: The paragraphs that hold more than runs of plain text.
    """

    wide: Mapping[Element, int]
    down: Mapping[Element, str]
    rich: frozenset[Element]


def _apart(root: Element) -> _Apart:
    wide: dict[Element, int] = {}
    down: dict[Element, str] = {}
    for stated in root.iter(SPAN, MERGED_DOWN):
        cell = stated.getparent().getparent()
        if stated.tag == SPAN:
            wide.setdefault(cell, min(max(whole_number(stated.get(VAL), 1), 1), SPAN_LIMIT))
        else:
            down.setdefault(cell, stated.get(VAL, "continue"))
    rich = frozenset(paragraph for part in root.iter(*NO_PLAIN_TEXT) for paragraph in part.iterancestors(P))
    return _Apart(wide, down, rich)


class _Story:
    """Walks a body in order; lists, fields and changes carry over from one paragraph to the next."""

    def __init__(
        self, styles: Styles, present: frozenset[str], apart: _Apart, package: Package, part: str
    ) -> None:
        self._styles = styles
        self._package, self._part = package, part
        self._by_style = bool(styles.numbered or styles.hidden)
        self._by_properties = self._by_style or not present.isdisjoint((NUMBERING, DELETED))
        self._apart = apart
        self._by_runs = bool(styles.hidden or styles.raised) or not present.isdisjoint(STATED_BY_RUNS)
        self._present = present
        """Which of the rare properties the file uses at all; the others are not looked for in each place."""
        self._counters = Counters(styles.lists)
        self._fields: list[bool] = []
        """For each field that is open, whether its result has begun; before that stands its code."""
        self._unfinished = ""
        self._cells = 0

    def content(self, container: Element) -> list[Item]:
        """The lines and tables of a body, a cell, a text box or a content control."""
        items: list[Item] = []
        self._collect(container, items)
        if self._unfinished:
            items.extend(printed_lines(self._unfinished))
            self._unfinished = ""
        return items

    def _collect(self, container: Element, items: list[Item]) -> None:
        for part in container:
            tag = part.tag
            if tag == P:
                self._paragraph(part, items)
            elif tag == TBL:
                items.append(self._table(part))
            elif tag in BLOCK_WRAPPERS:
                self._collect(part, items)
            elif tag == ALTERNATE_CONTENT and (chosen := branch(part)) is not None:
                self._collect(chosen, items)
            elif tag == PAGE:
                items.extend(self._page(part.get(PAGE_ID, "")))

    def _page(self, relation: str) -> list[Item]:
        """What a page shows that programs leave in a file for Word to set, whole reports of some sites among them."""
        name = part_by_id(self._package, relation, self._part)
        return shown(self._package.part(name)) if name else []

    def _paragraph(self, paragraph: Element, items: list[Item]) -> None:
        runs: list[str] = []
        boxes: list[Element] = []
        properties = child(paragraph, P_PR) if self._by_properties else None
        style = (value(properties, STYLE) or self._styles.default) if self._by_style else ""
        if style not in self._styles.hidden:
            if self._by_runs or self._fields or paragraph in self._apart.rich:
                self._runs(paragraph, runs, boxes)
            else:
                runs = [part.text or "" for part in paragraph.iter(T)]
        text = self._unfinished + "".join(runs)
        if text or style in self._styles.numbered or self._has(properties, NUMBERING):
            self._close(text, properties, style, items)
        for box in boxes:
            self._collect(box, items)

    def _close(self, text: str, properties: Element | None, style: str, items: list[Item]) -> None:
        """Ends a paragraph, unless a tracked change takes its mark away and it runs on into the next."""
        joins_next = DELETED in self._present and _has(child(properties, R_PR), DELETED)
        self._unfinished = text if joins_next else ""
        if not joins_next:
            items.extend(printed_lines(self._labelled(text, properties, style)))

    def _labelled(self, text: str, properties: Element | None, style: str) -> str:
        """The text behind the label that Word draws; a paragraph without text counts and stays blank."""
        numbering = self._numbering(properties, style)
        if numbering is None:
            return text
        label = self._counters.label(numbering.list_id, numbering.depth)
        if not text.strip():
            return ""
        return f"{label} {text}" if label[-1:].isalnum() and text[:1].isalnum() else label + text

    def _numbering(self, properties: Element | None, style: str) -> Numbering | None:
        inherited = self._styles.numbered.get(style)
        if not self._has(properties, NUMBERING):
            return inherited
        stated = child(properties, NUMBERING)
        list_id = value(stated, w("numId")) or (inherited.list_id if inherited else "0")
        depth = whole_number(value(stated, w("ilvl")), inherited.depth if inherited else 0)
        return None if list_id == "0" else Numbering(list_id, depth)

    def _runs(self, container: Element, runs: list[str], boxes: list[Element]) -> None:
        for part in container:
            tag = part.tag
            if tag == R:
                self._run(part, runs, boxes)
            elif tag in RUN_WRAPPERS:
                self._runs(part, runs, boxes)
            elif tag == ALTERNATE_CONTENT and (chosen := branch(part)) is not None:
                self._runs(chosen, runs, boxes)
            elif tag.startswith(MATH):
                runs.extend(sign.text or "" for sign in part.iter(f"{MATH}t"))

    def _run(self, run: Element, runs: list[str], boxes: list[Element]) -> None:
        properties = child(run, R_PR) if self._by_runs else None
        is_raised = is_struck = False
        if properties is not None:
            if self._is_hidden(properties):
                return
            is_raised = self._is_raised(properties)
            is_struck = self._is_struck(properties)
        for part in run:
            tag = part.tag
            if tag == T:
                text = part.text or ""
                self._add(raised(text) if is_raised else struck(text) if is_struck else text, runs)
            elif tag in SIGNS:
                self._add(SIGNS[tag], runs)
            elif tag == FIELD_MARK:
                self._pass_field_mark(part.get(FIELD_MARK_TYPE, ""))
            elif tag == SYMBOL:
                self._add(_symbol(part.get(w("char"), ""), part.get(w("font"), "")), runs)
            elif tag in RUN_WRAPPERS:
                self._runs(part, runs, boxes)
            elif tag != R_PR:
                boxes.extend(_text_boxes(part))

    def _add(self, text: str, runs: list[str]) -> None:
        if not self._fields or all(self._fields):
            runs.append(text)

    def _pass_field_mark(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(False)
        elif self._fields and kind == "separate":
            self._fields[-1] = True
        elif self._fields and kind == "end":
            self._fields.pop()

    def _is_hidden(self, properties: Element) -> bool:
        if self._has(properties, VANISH):
            return is_on(properties, VANISH)
        return bool(self._styles.hidden) and value(properties, RUN_STYLE) in self._styles.hidden

    def _is_raised(self, properties: Element) -> bool:
        place = value(properties, VERTICAL_PLACE) if VERTICAL_PLACE in self._present else None
        if place:
            return place in OFF_THE_LINE
        return bool(self._styles.raised) and value(properties, RUN_STYLE) in self._styles.raised

    def _is_struck(self, properties: Element) -> bool:
        return any(self._has(properties, line) and is_on(properties, line) for line in (STRUCK, STRUCK_TWICE))

    def _table(self, table: Element) -> DrawnTable:
        drawn = DrawnTable()
        open_above: dict[int, DrawnCell] = {}
        for row in children(table, TR):
            if not (DELETED in self._present and _has(child(row, T_PR), DELETED)):
                open_above = self._row(row, drawn, open_above)
        return drawn

    def _row(self, row: Element, drawn: DrawnTable, open_above: dict[int, DrawnCell]) -> dict[int, DrawnCell]:
        """Adds a row; takes and gives the cells, by column, that a merge may carry on downwards."""
        cells: list[DrawnCell] = []
        still_open: dict[int, DrawnCell] = {}
        column = self._columns_before(row)
        for ordinal, element in enumerate(children(row, TC), start=1):
            width = self._apart.wide.get(element, 1)
            merge = self._apart.down.get(element)
            if cells and MERGED_ACROSS in self._present and _is_merged_across(element):
                cells[-1].column_span += width
            elif merge == "continue" and column in open_above:
                still_open[column] = open_above[column]
                still_open[column].row_span += 1
            else:
                cells.append(self._cell(element, len(drawn.rows), column, width, ordinal))
                if merge is not None:
                    still_open[column] = cells[-1]
            column += width
        drawn.rows.append(cells)
        return still_open

    def _columns_before(self, row: Element) -> int:
        if SPAN_BEFORE not in self._present:
            return 0
        return min(max(whole_number(value(child(row, T_PR), SPAN_BEFORE), 0), 0), SPAN_LIMIT)

    def _has(self, properties: Element | None, name: str) -> bool:
        return name in self._present and _has(properties, name)

    def _cell(self, element: Element, row: int, column: int, width: int, ordinal: int) -> DrawnCell:
        self._cells += 1
        if self._cells > CELLS_LIMIT:
            raise UnreadableDocumentError("limit_exceeded", what=f"tables of over {CELLS_LIMIT} cells")
        return DrawnCell(self.content(element), row, column, 1, width, ordinal)


def _has(properties: Element | None, name: str) -> bool:
    return child(properties, name) is not None


def _is_merged_across(cell: Element) -> bool:
    """Whether a cell goes on with the one before it; a file may leave that unsaid."""
    merge = child(child(cell, C_PR), MERGED_ACROSS)
    return merge is not None and merge.get(VAL, "continue") == "continue"


def _symbol(code: str, font: str) -> str:
    """A character by its code; the private codes of picture fonts say nothing outside of the font."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    own = number - PICTURE_FONTS
    if font == LIKE_ASCII[0] and own in map(ord, LIKE_ASCII[1]):
        return chr(own)
    return "" if number in PRIVATE_USE or not 0x20 <= number < 0xD800 else chr(number)


def _text_boxes(part: Element) -> list[Element]:
    """The text boxes drawn in a run, each once: a drawing may hold the same box for older programs."""
    if part.tag == ALTERNATE_CONTENT:
        chosen = branch(part)
        return [] if chosen is None else [box for inner in chosen for box in _text_boxes(inner)]
    if part.tag == TEXT_BOX:
        return [part]
    return [box for inner in part for box in _text_boxes(inner)]
