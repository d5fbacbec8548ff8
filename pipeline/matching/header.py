"""The labels over the columns of a block flow in; out flow its columns in the order in which the report prints them.

The header's own order is used where its cells stand in distinct columns; else the form's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.document import Cell
from pipeline.matching.lexicon import Meaning, are_alike, normalise, printed_factor
from pipeline.matching.rows import HeaderLabel, TableRow
from pipeline.templates import Block, Label

_Keyed = list[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Slot:
    """One place for a value in a data row.

    Attributes:
        band: The band it stands under; None where the block has none.
        column: Its column; None for a column that the form does not have.
        factor: Yuan per printed unit, where the header names a unit of money.
    """

    band: Label | None
    column: Label | None
    factor: int | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a block in the order the report prints them.

    Attributes:
        slots: The places for values, from left to right.
        seen: Whether the report's own header names them all; False where the form's order was taken because
            the header is missing or only partly legible.
        partial: Whether it names some of the columns and not all.
        short: The places of those it names, where nothing else stands in it: the report may have left the
            others out.
        columns: The grid columns of its labels from left to right; empty where they do not stand in distinct ones.
        grid: The grid that they stand in.
        strange: How many columns it names that the form does not have, where it is open which ones they are.
    """

    slots: tuple[Slot, ...]
    seen: bool
    partial: bool = False
    short: tuple[Slot, ...] = ()
    columns: tuple[int, ...] = ()
    grid: int = -1
    strange: int = 0

    def suited(self, rows: Sequence[TableRow]) -> Header | None:
        """The header with as many places as the rows under it have cells; None where they leave it open."""
        breadths = {len(row.values) for row in rows}
        if _are_ragged(rows, len(self.slots)) or (
            self.strange and len(self.slots) + self.strange in breadths
        ):
            return None
        if not self.partial:
            return self
        filled = max((sum(bool(cell.text.strip()) for cell in row.values) for row in rows), default=0)
        if filled in (0, len(self.slots)) or (not self.short and breadths == {len(self.slots)}):
            return self
        if self.columns and min(breadths) >= len(self.slots):
            return self
        if len(self.short) in breadths and filled <= len(self.short):
            return replace(self, slots=self.short)
        return self if breadths == {len(self.slots)} and not self.short else None


def _are_ragged(rows: Sequence[TableRow], width: int) -> bool:
    """Whether most rows lost their blanks and one has more values than the header columns.

    There may be a column that the header lost: then a row of just as many values may have lost a blank, too.
    """
    counts = [len(row.values) for row in rows if row.values]
    if max(counts, default=0) <= width or sum(count < width for count in counts) < counts.count(width):
        return False
    return min(counts) < width and all(cell.text.strip() for row in rows for cell in row.values)


@dataclass(frozen=True, slots=True)
class _Printed:
    """The header labels over some rows as they concern one block.

    Attributes:
        labels: All of them, unknown and empty ones too.
        columns: Those that name columns of the block, with the column's key.
        counts: How often each column is named.
        bands: Those that name its bands.
        placed: Whether the columns stand in distinct columns of one grid, so that their order can be read off.
        of_another: Whether they name columns of another block of the table.
    """

    labels: Sequence[HeaderLabel]
    columns: _Keyed
    counts: Counter[str]
    bands: _Keyed
    placed: bool
    of_another: bool


def read_header(block: Block, variant: str, labels: Sequence[HeaderLabel]) -> Header | None:
    """The columns as the header prints them; None where it contradicts the block.

    Args:
        block: The block the next data rows belong to.
        variant: The variant it is taken from.
        labels: The header labels met since the block began.
    """
    printed = _lowest(block, variant, _printed(block, variant, labels))
    expected = _slots(block, _bands_of(block, printed))
    wanted = Counter(slot.column.key for slot in expected if slot.column)
    if printed.counts > wanted:
        # A header printed again at the top of the next page, before any data row: the last one counts.
        printed = _printed(block, variant, [h for h in labels if h.grid == labels[-1].grid])
    if printed.counts - wanted:
        # Labels that a copy repeats in each line they reach down to: the last mention of each counts.
        lowest = _printed(block, variant, _last_mentions(printed, wanted))
        if lowest.counts - wanted:
            return None
        if lowest.counts != wanted:
            # A misprint among them may be gone: those that are legible are not all there are.
            found = _partial(_with_factors(expected, lowest), lowest, block)
            return found and replace(found, short=())
        printed = lowest
    if not printed.columns and printed.of_another:
        return None
    slots = _with_factors(expected, printed)
    if printed.counts != wanted:
        return _partial(slots, printed, block)
    whole = _printed_order(slots, printed)
    if whole is None and _in_form_order(printed, block) and _bands_in_form_order(printed, block):
        strange = 0 if printed.placed else len(_strangers(printed))
        whole = Header(slots, seen=True, strange=strange)
    return whole and _with_columns(whole, printed)


def _lowest(block: Block, variant: str, printed: _Printed) -> _Printed:
    """The header of the part of a banded block that stands right over its values, without those of parts left blank.

    Such a part stands above, its columns in those of the next one, over whose band it ends.
    """
    if not block.banded or len(printed.columns) < 2 * len(block.columns):
        return printed
    bands = sorted(band.row for _, band in printed.bands)
    lowest: dict[tuple[str, int], int] = {}
    for key, cell in printed.columns:
        lowest[key, cell.column] = max(cell.row, lowest.get((key, cell.column), 0))
    nexts = [bisect_right(bands, cell.row) for _, cell in printed.columns]
    ends = [
        cell.row
        for (key, cell), place in zip(printed.columns, nexts, strict=True)
        if place < len(bands) and bands[place] < lowest[key, cell.column]
    ]
    below = [
        h for h in printed.labels if h.grid == printed.labels[-1].grid and h.cell.row > max(ends, default=0)
    ]
    return _printed(block, variant, below) if ends else printed


def _with_columns(header: Header, printed: _Printed) -> Header:
    """The header with where its labels stand, if each has a column of its own and none is unknown."""
    columns = tuple(sorted(cell.column for _, cell in printed.columns))
    if header.columns or not printed.placed or len(columns) != len(header.slots):
        return header
    return replace(header, columns=columns, grid=printed.labels[-1].grid)


def _last_mentions(printed: _Printed, wanted: Counter[str]) -> list[HeaderLabel]:
    """The labels without mentions of a column that stand above another, where the block has not so many."""
    spare = printed.counts - wanted
    last = dict(printed.columns)
    above: set[int] = set()
    for key, cell in sorted(printed.columns, key=lambda column: column[1].row):
        is_above = cell.row < last[key].row or (cell.column == last[key].column and cell is not last[key])
        if spare[key] and is_above:
            spare[key] -= 1
            above.add(id(cell))
    return [label for label in printed.labels if id(label.cell) not in above]


def _bands_of(block: Block, printed: _Printed) -> Sequence[Label | None]:
    """The bands over the values: those of the form, or those alone that the header of a part of it names.

    Offices cut a wide table into one for each procedure, each with its own header and its own line of values.
    """
    if not block.banded:
        return (None,)
    named = {key for key, _ in printed.bands}
    legible = 2 * printed.counts.total() > len(named) * len(block.columns)
    is_part = named and legible and max(printed.counts.values()) <= len(named)
    return tuple(band for band in block.rows if not is_part or band.key in named)


def _bands_in_form_order(printed: _Printed, block: Block) -> bool:
    """Whether the bands, and the labels above them, come in each line in the order of the form."""
    if not block.banded:
        return True
    named = list(dict.fromkeys(key for key, _ in printed.bands))
    lines: dict[tuple[int, int], list[int]] = {}
    for label in printed.labels:
        places = [
            n for n, band in enumerate(block.rows) if normalise(label.cell.text) in map(normalise, band.path)
        ]
        if places:
            lines.setdefault((label.grid, label.cell.row), []).append(places[0])
    in_order = all(line == sorted(line) for line in lines.values())
    return in_order and named == [band.key for band in block.rows if band.key in named]


def _printed(block: Block, variant: str, labels: Sequence[HeaderLabel]) -> _Printed:
    inside = [(m, h) for h in labels for m in h.meanings if (m.variant, m.table) == (variant, block.table)]
    pairs = [(m, h) for m, h in inside if m.block == block.name]
    heads = [(m.key, h) for m, h in pairs if m.axis == "column"]
    places = {h.cell.column for _, h in heads}
    return _Printed(
        labels=labels,
        columns=[(key, h.cell) for key, h in heads],
        counts=Counter([key for key, _ in heads]),
        bands=_bands_named(block, pairs, labels),
        placed=len(places) == len(heads) and len({h.grid for _, h in heads}) == 1,
        of_another=any(m.axis == "column" and m.block != block.name for m, _ in inside),
    )


def _bands_named(
    block: Block, pairs: Sequence[tuple[Meaning, HeaderLabel]], labels: Sequence[HeaderLabel]
) -> _Keyed:
    """The bands that labels name, in reading order; one without a meaning may name one with a typing error."""
    known = [(m.key, h.cell) for m, h in pairs if m.axis == "band"]
    if not known or len({key for key, _ in known}) == len(block.rows):
        return known
    misprinted = [
        (band.key, h.cell)
        for h in labels
        for band in block.rows
        if not h.meanings and are_alike(normalise(band.path[-1]), normalise(h.cell.text))
    ]
    places = {id(label.cell): place for place, label in enumerate(labels)}
    return sorted(known + misprinted, key=lambda named: places[id(named[1])])


def _partial(slots: tuple[Slot, ...], printed: _Printed, block: Block) -> Header | None:
    """The header where it names only some of the columns: the others are illegible, or not there at all."""
    strangers = _strangers(printed)
    if block.banded and printed.columns:
        return Header(slots, seen=False) if _bands_in_form_order(printed, block) else None
    if not printed.columns:
        return Header(slots, seen=False)
    fitted = _fit_between(slots, printed.columns, strangers) if printed.placed else []
    if printed.placed and not fitted and (order := _fit_among(slots, printed.columns, strangers)):
        own = dict(order)
        return Header(
            tuple(own.values()), seen=False, partial=True, columns=tuple(own), grid=printed.labels[-1].grid
        )
    are_lines = len({label.cell.column for label in printed.labels}) == 1  # Their words have no places.
    if fitted or (strangers and (are_lines or not printed.placed)):
        columns = fitted[0] if len(fitted) == 1 else ()
        behind = {cell.column for cell in strangers if columns and cell.text.strip()}
        extra = sorted(column for column in behind if column > columns[-1])
        slots, columns = (*slots, *(Slot(None, None) for _ in extra)), (*columns, *extra)
        partial = Header(slots, seen=False, partial=True, columns=columns, grid=printed.labels[-1].grid)
        return partial if _may_be_in_order(printed, block) else None
    if any(cell.text.strip() for cell in strangers) or not _in_form_order(printed, block):
        return None
    short = tuple(s for s in slots if s.column and s.column.key in printed.counts)
    # Offices leave out columns before the total, and paper ends before the last ones; what names others alone is a
    # line of a broken header, or of a row's label (`不计其他情形`).
    named = tuple(slot.column for slot in short)
    is_begun = len(named) > 1 and named == tuple(block.columns[: len(named)])
    has_total = all(column in named for column in block.columns if column.role == "total")
    return Header(slots, seen=False, partial=True, short=short if has_total or is_begun else ())


def _may_be_in_order(printed: _Printed, block: Block) -> bool:
    """Whether nothing tells that the columns stand in another order than on the form."""
    return printed.placed or _in_form_order(printed, block)


def _fit_between(
    slots: tuple[Slot, ...], columns: _Keyed, strangers: Sequence[Cell]
) -> list[tuple[int, ...]]:
    """The grid columns of a header in which illegible labels stand just where the missing ones belong.

    Several, where that can be read in several ways; none, where it cannot.
    """
    leaves = sorted([(cell.column, key) for key, cell in columns] + [(cell.column, "") for cell in strangers])
    names = [key for _, key in leaves]
    keys = [slot.column.key if slot.column else "" for slot in slots]
    return [
        tuple([column for column, _ in leaves[start : start + len(keys)]])
        for start in range(len(names) - len(keys) + 1)
        if all(name in ("", key) for name, key in zip(names[start:], keys, strict=False))
        and not any(names[:start])
        and not any(names[start + len(keys) :])
    ]


def _fit_among(slots: tuple[Slot, ...], columns: _Keyed, strangers: Sequence[Cell]) -> list[tuple[int, Slot]]:
    """The places of a header from its first column to its last, both legible, with columns of its own among them.

    Between two legible ones stand as many illegible labels as columns are missing there, or none is missing and they
    are the report's own; empty where neither holds.
    """
    places = {key: cell.column for key, cell in columns}
    keys = [slot.column.key if slot.column else "" for slot in slots]
    known = [place for place, key in enumerate(keys) if key in places]
    if not {0, len(slots) - 1} <= {*known}:
        return []
    order: list[tuple[int, Slot]] = [(places[keys[0]], slots[0])]
    for first, last in pairwise(known):
        right = places[keys[last]]
        between = sorted([cell for cell in strangers if order[-1][0] < cell.column < right], key=_column)
        missing = slots[first + 1 : last] or (Slot(None, None),) * sum(bool(c.text.strip()) for c in between)
        if len(between) != len(missing) or right <= order[-1][0]:
            return []
        order += [*zip(map(_column, between), missing, strict=True), (right, slots[last])]
    return order


def _column(cell: Cell) -> int:
    return cell.column


def _slots(block: Block, bands: Sequence[Label | None]) -> tuple[Slot, ...]:
    return tuple(Slot(band, column) for band in bands for column in block.columns)


def _with_factors(slots: tuple[Slot, ...], printed: _Printed) -> tuple[Slot, ...]:
    """The slots with the unit of money that their own label names, else the one that the rest of the header does."""
    own = {key: printed_factor(cell.text) for key, cell in printed.columns}
    others = [h.cell.text for h in printed.labels if all(m.axis != "column" for m in h.meanings)]
    named = {factor for text in others if (factor := printed_factor(text)) is not None}
    shared = named.pop() if len(named) == 1 else None
    factors = [(own.get(slot.column.key) if slot.column else None) or shared for slot in slots]
    pairs = zip(slots, factors, strict=True)
    return tuple(replace(slot, factor=factor) if factor else slot for slot, factor in pairs)


def _in_form_order(printed: _Printed, block: Block) -> bool:
    """Whether the columns come in the order of the form, as far as reading order tells.

    A header in one line has them in that order; one in several lines has those of the upper lines first, and then
    the label over the others is printed as well.
    """
    if block.banded:
        return _repeat_in_order(printed.columns, block)
    keys = [key for key, _ in printed.columns]
    form = [column for column in block.columns if column.key in keys]
    by_line = sorted(form, key=lambda column: len(column.path))
    texts = {normalise(label.cell.text) for label in printed.labels}
    deepest = {normalise(column.path[-2]) for column in by_line if len(column.path) > len(by_line[0].path)}
    in_lines = keys == [column.key for column in by_line] and all(
        name in texts or any(are_alike(name, text) for text in texts) for name in deepest
    )
    return keys == [column.key for column in form] or in_lines


def _repeat_in_order(columns: _Keyed, block: Block) -> bool:
    """Whether the n-th mention of each column comes before the n-th mention of those that follow it on the form."""
    mentions: dict[str, list[int]] = {}
    for place, (key, _) in enumerate(columns):
        mentions.setdefault(key, []).append(place)
    named = [mentions[column.key] for column in block.columns if column.key in mentions]
    return all(
        earlier < later
        for left, right in pairwise(named)
        for earlier, later in zip(left, right, strict=False)
    )


def _strangers(printed: _Printed) -> list[Cell]:
    """Cells at the foot of the header that name no known column; blank ones too.

    Where grid columns do not tell what stands under what, every unknown text of the header is one.
    """
    if not printed.placed:
        return [h.cell for h in printed.labels if not h.meanings and h.cell.text.strip()]
    unknown = [h.cell for h in printed.labels if all(m.axis == "parent" for m in h.meanings)]
    known = [cell for _, cell in printed.columns]
    filled = [h.cell for h in printed.labels if h.cell.text.strip()]
    return [
        cell
        for cell in unknown
        if not any(_overlap(cell, other) and other.row != cell.row for other in known)
        and not any(_overlap(cell, other) and other.row > cell.row for other in filled)
    ]


def _overlap(one: Cell, other: Cell) -> bool:
    return one.column < other.column + other.column_span and other.column < one.column + one.column_span


def _printed_order(slots: tuple[Slot, ...], printed: _Printed) -> Header | None:
    """The slots as the header's columns stand from left to right, and columns that the form does not have.

    None where the columns do not stand in distinct places (cells joined by `|`, a header that lost its spans) or
    contradict the spans over them: then their places tell no order.
    """
    by_place = {(s.band.key if s.band else "", s.column.key): s for s in slots if s.column}
    found = {cell.column: (_band_over(cell, printed.bands), key) for key, cell in printed.columns}
    if not printed.placed or sorted(found.values()) != sorted(by_place):
        return None
    order = tuple(by_place[found[place]] for place in sorted(found))
    if order != slots and not _under_parents(printed, {place: by_place[found[place]] for place in found}):
        return None
    unknown = [c for c in _strangers(printed) if c.text.strip() and c.column > min(found)]
    above = frozenset[str]().union(*map(_names_above, slots)) if unknown else frozenset()
    strangers = [cell.column for cell in unknown if _is_column(cell, printed, above)]
    places = sorted([*found, *strangers])
    order = tuple(by_place[found[p]] if p in found else Slot(None, None) for p in places)
    return Header(order, seen=True, columns=tuple(places), grid=printed.labels[-1].grid)


def _is_column(stranger: Cell, printed: _Printed, above: frozenset[str]) -> bool:
    """Whether what names no column of the form is a column: one that stands over others ends above the lowest."""
    is_parent = any(h.cell is stranger and _parent_name(h, above) for h in printed.labels)
    foot = max(cell.row + cell.row_span for _, cell in printed.columns)
    return not (is_parent and stranger.row + stranger.row_span < foot)


def _under_parents(printed: _Printed, by_column: Mapping[int, Slot]) -> bool:
    """Whether each column stands under the labels that are above it on the form.

    In a header of one line none are printed; in one of several lines those of the lower columns must be.
    """
    above = {column: _names_above(slot) for column, slot in by_column.items()}
    names = frozenset[str]().union(*above.values())
    spans: dict[str, range] = {}
    for label in printed.labels:
        if name := _parent_name(label, names):
            spans[name] = range(label.cell.column, label.cell.column + label.cell.column_span)
    upper = min(cell.row for _, cell in printed.columns)
    lower = {above[cell.column] for _, cell in printed.columns if cell.row > upper}
    shared = frozenset.intersection(*above.values())
    return all(names > shared and names - shared <= spans.keys() for names in lower) and all(
        (column in span) == (name in names) for column, names in above.items() for name, span in spans.items()
    )


def _parent_name(label: HeaderLabel, names: Iterable[str]) -> str:
    """Which of the form's labels over columns a label is, a typing error allowed; empty if none."""
    words = normalise(label.cell.text)
    if words in names or any(m.axis == "parent" for m in label.meanings):
        return words
    return next((name for name in names if not label.meanings and are_alike(name, words)), "")


def _names_above(slot: Slot) -> frozenset[str]:
    labels = [label for label in (slot.band, slot.column) if label is not None]
    return frozenset(normalise(part) for label in labels for part in label.path[:-1])


def _band_over(cell: Cell, bands: _Keyed) -> str:
    for key, band in bands:
        if band.column <= cell.column < band.column + band.column_span:
            return key
    return ""
