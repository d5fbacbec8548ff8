"""Grids → a stream of rows told apart by their labels: data rows, header rows, fragments and bare values.

A data row bears a label of the form; its values are the cells after that label, in order. A row whose label is
unknown may be the half of one that a page end cut in two: `mend` joins it with its neighbour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import zip_longest
from typing import NamedTuple

from pipeline.document import Cell, Grid, Locator
from pipeline.matching.lexicon import LONGEST, REMEMBERED, Lexicon, Meaning, is_foreign, normalise
from pipeline.matching.page_ends import words_of_halves
from pipeline.matching.values import is_count_unit, is_numeric_text, is_value_text
from pipeline.templates import load_templates

LEAST_NUMBERED = 3
"""Columns that a row must number to be told from values."""
MOST_LABELS = 3
"""Columns of labels: 三, （三） and 1."""
SAME_EDGE = 2.0
"""Points by which the edge of a column may stand elsewhere on the next page."""
LONGEST_SIGN = 2
"""Characters of what may stand before such numbers (`甲`, `栏次`)."""


class HeaderLabel(NamedTuple):
    """A label of a header row, all it can mean (nothing, if unknown or empty), and its grid's ordinal."""

    cell: Cell
    meanings: tuple[Meaning, ...]
    grid: int


class TableRow(NamedTuple):
    """A row of a grid.

    Attributes:
        grid: The grid's ordinal in the document, from 0.
        label: The text of the row's own (innermost) label; empty for bare values.
        meanings: What the label can mean; empty for fragments, bare values and header rows.
        parents: Normalised labels to the left of it in the row or reaching down from above.
        header: For header rows, the known labels in it.
        values: The cells after the label, blanks included.
        first: Whether it is the first row of its grid.
        before: Numbers that stand before the label, such as the row's ordinal.
    """

    grid: int
    label: str
    meanings: tuple[Meaning, ...]
    parents: tuple[str, ...]
    header: tuple[HeaderLabel, ...]
    values: tuple[Cell, ...]
    first: bool
    locator: Locator
    before: tuple[Cell, ...] = ()

    @property
    def is_header(self) -> bool:
        """Whether the row bears header labels and no row label."""
        return bool(self.header) and not self.meanings

    @property
    def is_blank(self) -> bool:
        """Whether no value cell holds anything."""
        return not any(cell.text.strip() for cell in self.values)

    @property
    def has_numbers(self) -> bool:
        """Whether a value cell holds a number."""
        return any(is_numeric_text(cell.text) for cell in self.values)

    @property
    def holds_marks(self) -> bool:
        """Whether the value cells hold marks for nothing (`/`, `—`) and no words."""
        return not self.is_blank and all(is_value_text(c.text) for c in self.values if c.text.strip())

    @property
    def numeric(self) -> tuple[Cell, ...]:
        """The value cells that hold numbers."""
        return tuple(cell for cell in self.values if is_numeric_text(cell.text))


def read_rows(grids: Sequence[Grid], lexicon: Lexicon) -> list[TableRow]:
    """The rows of all grids in order; rows without cells are left out, blocks side by side are told apart."""
    rows: list[TableRow] = []
    for number, grid in enumerate(grids):
        filled = [index for index, cells in enumerate(grid.rows) if cells]
        for index in filled:
            rows += _read_row(number, grid, index, lexicon, first=index == filled[0])
    return rows


def _read_row(number: int, grid: Grid, index: int, lexicon: Lexicon, *, first: bool) -> Iterator[TableRow]:
    cells = grid.rows[index]
    above = tuple(normalise(c.text) for c in grid.covering(index) if not is_value_text(c.text))
    labels = _row_labels(cells, lexicon)
    for place, label in enumerate(labels):
        stop = labels[place + 1].parents if place + 1 < len(labels) else len(cells)
        start = label.parents if place else 0
        before = tuple(c for c in cells[start : label.start] if is_numeric_text(c.text))
        yield _inner(
            TableRow(
                grid=number,
                label=_joined(cells[label.start : label.end + 1]),
                meanings=label.meanings,
                parents=above + _label_texts(cells[start : label.start]),
                header=(),
                values=cells[label.end + 1 : stop],
                first=first and not place,
                locator=cells[label.start].locator,
                before=before,
            )
        )
    if not labels:
        row = TableRow(number, "", (), above, (), cells, first, cells[0].locator)
        yield _unlabelled(row, cells, lexicon)


def _inner(row: TableRow) -> TableRow:
    """The row by the words behind its label, where these are one cell more than the label's row has values.

    A label that one variant has for a row heads several in another, of which one may be misspelt. What is counted
    (`件`) may have a column of its own.
    """
    if not row.values or not _is_words(row.values[0].text):
        return row
    widths = {block_widths().get((m.variant, m.table, m.block)) for m in row.meanings}
    if widths != {len(row.values) - 1}:
        return row
    if is_count_unit(row.values[0].text):
        return row._replace(values=row.values[1:])
    parents = (*row.parents, normalise(row.label))
    return row._replace(label=row.values[0].text, meanings=(), parents=parents, values=row.values[1:])


@cache
def block_widths() -> dict[tuple[str, str, str], int]:
    """How many columns each block has, by variant, table and block."""
    return {
        (template.variant, block.table, block.name): len(block.columns)
        for template in load_templates().values()
        for blocks in template.tables.values()
        for block in blocks
    }


@cache
def banded_widths() -> frozenset[int]:
    """How many values the one row of a block has whose bands stand over its columns."""
    blocks = (
        block for template in load_templates().values() for name in template.tables.values() for block in name
    )
    return frozenset(block.size for block in blocks if block.banded)


def _unlabelled(row: TableRow, cells: Sequence[Cell], lexicon: Lexicon) -> TableRow:
    """A row without a label of a row: a header, a fragment, or bare values."""
    first = 1 if _is_ordinal(cells) else 0
    last = _last_label(cells[first:])
    if last is not None:
        last += first
        parents = row.parents + _label_texts(cells[first:last])
        label, place = cells[last].text, cells[last].locator
        row = row._replace(
            label=label,
            parents=parents,
            values=tuple(cells[last + 1 :]),
            locator=place,
            before=tuple(cells[:first]),
        )
    if row.has_numbers or lexicon.row_under(row.label, row.parents):
        return row
    header = tuple(
        [HeaderLabel(c, lexicon.lookup(c.text), row.grid) for cell in cells for c in _parted(cell, lexicon)]
    )
    return row._replace(header=header) if any(map(_heads, header)) else row


def _is_ordinal(cells: Sequence[Cell]) -> bool:
    """Whether a row begins with its number, behind which its label stands."""
    if len(cells) < 2 or not cells[0].text.strip().isdecimal() or not _is_words(cells[1].text):
        return False
    return not normalise(cells[1].text).isdecimal()


def _parted(cell: Cell, lexicon: Lexicon) -> Sequence[Cell]:
    """The cells of a cell over several columns that bears a label for each: they stood too near to be told apart."""
    span = cell.column_span
    if span < 2 or not cell.text or lexicon.lookup(cell.text):
        return (cell,)
    texts = lexicon.heads_in(cell.text)
    if len(texts) != span:
        return (cell,)
    return [cell._replace(text=text, column=cell.column + at, column_span=1) for at, text in enumerate(texts)]


def _heads(label: HeaderLabel) -> bool:
    """Whether a label belongs into a header: it names columns, bands, or the block."""
    return any(m.axis not in ("parent", "row") for m in label.meanings)


def _joined(cells: Sequence[Cell]) -> str:
    return cells[0].text if len(cells) == 1 else "".join([cell.text for cell in cells])


def _label_texts(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(normalise(c.text) for c in cells if _is_words(c.text))


@lru_cache(maxsize=REMEMBERED)
def _is_words(text: str) -> bool:
    """Whether a cell's text may be a label, or a part of one."""
    return not is_value_text(text) and bool(normalise(text))


class _RowLabel(NamedTuple):
    """A row label within a row: its first and last cell, and the first of the labels before it."""

    parents: int
    start: int
    end: int
    meanings: tuple[Meaning, ...]


def _row_labels(cells: Sequence[Cell], lexicon: Lexicon) -> list[_RowLabel]:
    """The row labels of a row from left to right, each followed by its values.

    Mostly there is one; blocks drawn side by side have one each. Where labels of rows stand side by side with
    no values between them, the row is the header of another table and has none; nor has a row with two labels
    of one block, or of two tables.
    """
    found: list[_RowLabel] = []
    end = len(cells)
    while end:
        label = _innermost(cells[:end], lexicon)
        if label is None:
            break
        found.append(label)
        if any(_is_other_row(c.text, label, lexicon) for c in cells[label.parents : label.start]):
            return []
        end = label.parents
    return found[::-1] if len(found) < 2 or _are_side_by_side(found) else []


def _are_side_by_side(labels: Sequence[_RowLabel]) -> bool:
    """Whether labels belong to different blocks of one table of the form."""
    places = Counter(
        place for label in labels for place in {(m.variant, m.table, m.block) for m in label.meanings}
    )
    tables = Counter(table for label in labels for table in {(m.variant, m.table) for m in label.meanings})
    return max(places.values()) == 1 and max(tables.values()) == len(labels)


def _is_other_row(text: str, label: _RowLabel, lexicon: Lexicon) -> bool:
    """Whether a cell's text is the label of another row, and no heading over rows."""
    axes = lexicon.axes(text)
    is_row = "row" in axes and "parent" not in axes
    return is_row and set(label.meanings).isdisjoint(lexicon.lookup(text))


def _innermost(cells: Sequence[Cell], lexicon: Lexicon) -> _RowLabel | None:
    """The innermost row label: the rightmost cell that is one, or a run of cells that spells one together."""
    short = [(place, cell.text) for place, cell in enumerate(cells) if len(cell.text) <= LONGEST]
    labels = dict.fromkeys([place for place, text in short if _may_be_label(text)])
    for end in reversed(labels):
        text = ""
        for start in range(end, -1, -1):
            text = cells[start].text + text
            if start not in labels or len(text) > LONGEST:
                break
            meanings = _row_meanings(text, cells, end, lexicon)
            if meanings:
                return _RowLabel(_first_parent(cells, start), start, end, meanings)
    return None


@lru_cache(maxsize=REMEMBERED)
def _may_be_label(text: str) -> bool:
    return _is_words(text) and not is_foreign(text)


def _first_parent(cells: Sequence[Cell], start: int) -> int:
    """Where the labels before a label begin: after the last value to its left."""
    first = next((i + 1 for i in range(start - 1, -1, -1) if is_value_text(cells[i].text)), 0)
    return next((i for i in range(first, start) if cells[i].text.strip()), start)


def _row_meanings(text: str, cells: Sequence[Cell], end: int, lexicon: Lexicon) -> tuple[Meaning, ...]:
    """What the text of a run of cells means as a row's label; a band is one where only values stand behind it."""
    if rows := lexicon.rows_named(text):
        return rows
    if "band" not in lexicon.axes(text):
        return ()
    after = [c.text for c in cells[end + 1 :] if c.text.strip()]
    is_row = bool(after) and all(map(is_value_text, after))
    return tuple(m for m in lexicon.lookup(text) if m.axis == "band") if is_row else ()


def _last_label(cells: Sequence[Cell]) -> int | None:
    """The last of the cells with words before the first value."""
    last = None
    for index, cell in enumerate(cells):
        if is_value_text(cell.text):
            break
        if words := cell.text.split():
            if all(map(is_value_text, words)):
                break  # A number that was broken over lines, or those of several columns.
            last = index
    return last


def without_numbering(rows: Sequence[TableRow]) -> tuple[list[TableRow], list[Cell]]:
    """The rows without those that only number the columns under a header, and the cells of these."""
    kept: list[TableRow] = []
    numbers: list[Cell] = []
    for row, below in zip_longest(rows, rows[1:]):
        if below is not None and _is_numbering(row) and below.grid == row.grid and below.numeric:
            numbers += row.numeric
        else:
            kept.append(row)
    return kept, numbers


def _is_numbering(row: TableRow) -> bool:
    """Whether a row holds 1, 2, 3 and so on alone, under no label or a sign such as 甲."""
    if row.meanings or row.header or len(normalise(row.label)) > LONGEST_SIGN:
        return False
    found = [cell.text.strip() for cell in row.values if cell.text.strip()]
    return len(found) >= LEAST_NUMBERED and found == [str(n) for n in range(1, len(found) + 1)]


def mend(rows: Sequence[TableRow], lexicon: Lexicon) -> list[TableRow]:
    """Joins the halves of rows that a page end cut in two.

    Two neighbours are one row where their labels spell a label of the form only together, or where the second
    merely continues the first one's label; and where at most one of them bears values.
    """
    mended: list[TableRow] = []
    upper = (
        None  # where the last row stands that is no header: a header may be printed again after the page end
    )
    half: int | None = None  # where a row stands that words alone part from what may be its other half
    headers: dict[int, list[str]] = {}
    for row, before in zip(rows, (None, *rows), strict=False):
        if row.is_header:
            _add_header(headers, row, before)
        again = not row.first and upper is not None and _is_printed_again(headers, mended[upper], row)
        whole = _whole(mended[upper], row, lexicon, again=again) if upper is not None else None
        if whole is None and half is not None and row.values and not mended[half].meanings:
            whole = _whole(mended[half], row, lexicon)
            upper = half if whole is not None else upper
        if whole is not None and upper is not None:
            mended[upper] = whole
            continue
        if (
            not row.is_header
            and (row.label or (row.values and not row.is_blank))
            and not _heads_columns(row, lexicon)
        ):
            half = (upper if half is None else half) if _is_bare(row) else None
            upper = len(mended)
        mended.append(row)
    return mended


def _is_bare(row: TableRow) -> bool:
    """Whether a row is words that are no label, without cells: the rest of one that reaches over several rows."""
    return not row.values and not row.meanings


def _heads_columns(row: TableRow, lexicon: Lexicon) -> bool:
    """Whether a row without values bears but the words over the header's or over other rows' labels."""
    meanings = lexicon.lookup(row.label) if row.is_blank and not row.meanings else ()
    return bool(meanings) and all(m.axis == "parent" for m in meanings)


def _add_header(headers: dict[int, list[str]], row: TableRow, before: TableRow | None) -> None:
    """Notes the words of a header row: all the rows of the last header in each grid."""
    if before is None or not before.is_header or before.grid != row.grid:
        headers[row.grid] = []
    headers[row.grid] += [normalise(label.cell.text) for label in row.header]


def _is_printed_again(headers: Mapping[int, list[str]], upper: TableRow, lower: TableRow) -> bool:
    """Whether nothing but the header of the one row stands over the other, in another grid."""
    return upper.grid != lower.grid and headers.get(lower.grid, []) == headers.get(upper.grid)


def _whole(upper: TableRow, lower: TableRow, lexicon: Lexicon, *, again: bool = False) -> TableRow | None:
    """One row of two; `again` says that the lower one stands under the header of the upper, printed again."""
    # Whole rows follow one another nearly always: that is seen first, and costs nothing.
    if upper.header or (upper.meanings and lower.meanings):
        return None
    if upper.has_numbers and lower.has_numbers:
        return _carried_over(upper, lower, again=again) or _of_one_label(upper, lower, lexicon)
    # What is no number is what the row says all the same: `/` in every column, where the other half is empty.
    is_below = lower.has_numbers or (upper.is_blank and not lower.is_blank)
    values = lower.values if is_below else upper.values
    if not lower.label:
        # Numbers alone at the top of a page, under a row that had its label and no values at the page's end.
        cut = lower.first and upper.meanings and upper.is_blank and upper.grid != lower.grid
        return upper._replace(values=values, before=upper.before + lower.before) if cut else None
    label = upper.label + lower.label
    meanings = lexicon.rows_named(label)
    if not meanings and upper.meanings and _last_label(upper.values) == 0:
        # The row of one variant that heads several of another, and the half of one of these.
        inner = upper._replace(label=upper.values[0].text, meanings=(), values=upper.values[1:])
        return _whole(inner._replace(parents=(*upper.parents, normalise(upper.label))), lower, lexicon)
    if not meanings or not _are_halves(upper, lower, meanings):
        return None
    before = upper.before + lower.before
    return upper._replace(label=label, meanings=meanings, values=values, before=before)


def _carried_over(upper: TableRow, lower: TableRow, *, again: bool) -> TableRow | None:
    """One row of two where a page end cut through its numbers: bare ones at a page's top, in some of the columns.

    A cell that has print on both pages holds both: a number that was cut itself is not to be told from two.
    """
    begins = (lower.first and upper.grid != lower.grid) or again
    is_cut = begins and not lower.label and not lower.before
    wider = len(lower.values) - len(upper.values)  # Empty cells where the label's are.
    if not is_cut or wider > MOST_LABELS or any(c.text.strip() for c in lower.values[: max(wider, 0)]):
        return None
    under = lower.values[wider:] if wider >= 0 else _set_under(upper.values, lower.values)
    if not under or all(c.text.strip() for c in under):
        return None
    pairs = zip(upper.values, under, strict=True)
    return upper._replace(values=tuple(_both(one, other) for one, other in pairs))


def _set_under(upper: Sequence[Cell], lower: Sequence[Cell]) -> Sequence[Cell]:
    """Cells with blanks among them, one for each of more cells on the page before; empty where edges differ.

    Blank cells at the sides of a table whose outline is not drawn are none where the table goes on.
    """
    under = [next((cell for cell in lower if _is_under(cell, one)), one._replace(text="")) for one in upper]
    return under if {id(cell) for cell in lower} <= {id(cell) for cell in under} else ()


def _is_under(cell: Cell, upper: Cell) -> bool:
    """Whether a cell begins and ends where another does, on another page."""
    one, other = cell.locator.box, upper.locator.box
    if one is None or other is None:
        return False
    return all(abs(one[side] - other[side]) <= SAME_EDGE for side in (0, 2))


def _of_one_label(upper: TableRow, lower: TableRow, lexicon: Lexicon) -> TableRow | None:
    """One row of two whose labels are one of the form only together, where each has numbers in some of the columns."""
    label = upper.label + lower.label
    if not (upper.label and lower.label) or lower.header:
        return None
    meanings = lexicon.rows_named(label)
    # A label without the end of its explanation is one all the same; its numbers may lack their ends, too.
    is_rest = lower.first and upper.grid != lower.grid and not set(meanings).isdisjoint(upper.meanings)
    if upper.meanings and not is_rest:
        return None
    is_part = any(not cell.text.strip() for row in (upper, lower) for cell in row.values)
    # `一、` at a page's end leaves `本年新收…`, which is a label without its number: its numbers are no whole ones.
    is_named = bool(lower.meanings) and lower.first and _are_halves(upper, lower, meanings)
    if lower.meanings and not is_named:
        return None
    if not meanings or not (is_part or is_named) or len(upper.values) != len(lower.values):
        return None
    pairs = zip(upper.values, lower.values, strict=True)
    values = tuple(_both(one, other) for one, other in pairs)
    return upper._replace(label=label, meanings=meanings, values=values, before=upper.before + lower.before)


def _both(one: Cell, other: Cell) -> Cell:
    return (one if one.text.strip() else other)._replace(text=words_of_halves(one, other))


def _are_halves(upper: TableRow, lower: TableRow, whole: tuple[Meaning, ...]) -> bool:
    """Whether two rows that spell a label together are no rows of their own.

    A half may be a label by itself: `（一）` leaves `予以公开`, which is one without its number; the `其他` that
    `3.` leaves is also a column's, but then no other column is named beside it.
    """
    if sum(bool(label.meanings) for label in lower.header) > 1:
        return False
    if upper.meanings:
        return not lower.meanings and not lower.header and bool(set(whole) & set(upper.meanings))
    is_cut = upper.grid != lower.grid and bool(set(whole) & set(lower.meanings))
    return bool(upper.label) and (not lower.meanings or is_cut)
