"""The rows that lines spell flow in; they are set right by what only all of them together tell.

A column of row numbers, a page number by itself, values of one row in several lines, labels that a copy glued to
their values, blanks that spaces or lines between the values tell, merged cells that a program wrote out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, pairwise

from pipeline.document import BLANK_LINE, CELL_END, Block, Paragraph
from pipeline.matching.furniture import may_be_page_number
from pipeline.matching.lexicon import Lexicon
from pipeline.matching.pieces import (
    LEAST_ROWS,
    LEAST_WIDTH,
    Piece,
    line_of,
    names_column,
    text_of,
    widths_of,
)
from pipeline.matching.rows import banded_widths
from pipeline.matching.spaced import SpacedRow, columns_of
from pipeline.matching.spelled import (
    LONGEST_STRAY,
    Run,
    SpelledRow,
    untold,
)
from pipeline.matching.stacked import StackedRow
from pipeline.matching.stacked import columns_of as stacked_columns_of

LEAST_COUNTED = 5  # rows behind one another that end with numbers one greater each; counts of cases hardly do
LEAST_UPRIGHT = 4  # characters of a label that stand a line each
NO_COUNT = -10_000


def settle(run: Run, blocks: Sequence[Block]) -> None:
    """Sets right what only all rows of a run together tell of each.

    Args:
        run: What the lines turned into.
        blocks: The lines.
    """
    _number_rows(run)
    _part_strays(run)
    _leave_upright(run)
    _part_broken(run)
    if _is_glued(blocks, run.lexicon):
        run.out[:] = [untold(item) if isinstance(item, SpelledRow) else item for item in run.out]
    _set_apart(run, _said(blocks))
    _merge_again(run)


def _number_rows(run: Run) -> None:
    """Gives the numbers of a column that counts the rows to the rows behind them: each ended the values before it."""
    gathered = [row for row in run.out if isinstance(row, SpelledRow) and row.values]
    rows = [row for row in gathered if row.label or _count(row) != NO_COUNT]
    counted = [_count(row) - place for place, row in enumerate(rows)]
    for _, group in groupby(range(len(rows)), key=lambda place: counted[place]):
        places = list(group)
        for place in places if len(places) >= LEAST_COUNTED else ():
            number = rows[place].values.pop()
            if place + 1 < len(rows):
                rows[place + 1].parents.insert(0, number.text)


def _count(row: SpelledRow) -> int:
    """The number that a row's values end with in a line of its own; below any count if there is none."""
    text = row.values[-1].text
    is_alone = len(text) <= LONGEST_STRAY and text.isdecimal() and text == row.values[-1].source.text.strip()
    return int(text) if is_alone else NO_COUNT


def _part_strays(run: Run) -> None:
    """Parts a number in a line of its own from a row in one line, where all rows stand so: it may be a page's."""
    lines = {
        n: [list(group) for _, group in groupby(row.values, key=lambda value: id(value.source))]
        for n, row in enumerate(run.out)
        if isinstance(row, SpelledRow) and row.values
    }
    broken = [n for n, values in lines.items() if len(values) > 1]
    whole = sum(len(values[0]) >= LEAST_WIDTH for values in lines.values() if len(values) == 1)
    if whole < LEAST_ROWS or not all(_has_stray(lines[n]) for n in broken):
        return
    if not _rise([min(lines[n], key=len)[0].text for n in broken]):
        return  # Pieces of numbers that were broken over lines.
    for n in reversed(broken):
        row = run.out[n]
        assert isinstance(row, SpelledRow)
        row.values = max(lines[n], key=len)
        run.out.insert(n + 1, SpelledRow([], [], min(lines[n], key=len), known=False))


def _rise(strays: Sequence[str]) -> bool:
    """Whether each of some numbers is greater than the one before, as page numbers are."""
    numbers = [int("".join(filter(str.isdecimal, stray))) for stray in strays]
    return all(earlier < later for earlier, later in pairwise(numbers))


def _leave_upright(run: Run) -> None:
    """Leaves rows untold that stand a character and a value a line, where rows lack values: blanks were lost.

    In columns so narrow a number may go on after each digit, and come out with as many values as the row has columns.
    """
    rows = [row for row in run.out if isinstance(row, SpelledRow) and row.label]
    if any(len(row.values) < min(widths_of(text_of(row.label), run.lexicon), default=0) for row in rows):
        run.out[:] = [
            untold(row) if isinstance(row, SpelledRow) and _may_be_digits(row) else row for row in run.out
        ]


def _may_be_digits(row: SpelledRow) -> bool:
    """Whether label and values stand a line each, and one value goes on in the next: no number begins with 0."""
    label, values = ({line_of(piece) for piece in pieces} for pieces in (row.label, row.values))
    is_upright = len(label) == len(row.label) >= LEAST_UPRIGHT and len(values) == len(row.values)
    is_narrow = is_upright and len(text_of(row.label)) <= 2 * len(row.label)
    return is_narrow and any(value.text.strip("0０") for value in row.values[:-1])


def _part_broken(run: Run) -> None:
    """Parts the lines of rows whose values stand in several, one of which holds more, and no cell ends between them.

    A copy writes rows a line, or cells a line. Where values of one row stand higher than others, it takes the higher
    ones first, or a number was broken over lines: their order is not the row's.
    """
    parted: list[SpelledRow | list[str] | Paragraph] = []
    for row in run.out:
        lines = (
            [list(group) for _, group in groupby(row.values, key=line_of)]
            if isinstance(row, SpelledRow)
            else []
        )
        if (
            len(lines) > 1
            and _holds_more(row, lines)
            and not all(_ends_cell(above[-1], below[0]) for above, below in pairwise(lines))
        ):
            parted += [SpelledRow([], [], values, known=False) for values in lines]
        else:
            parted.append(row)
    run.out[:] = parted


def _holds_more(row: SpelledRow | list[str] | Paragraph, lines: Sequence[Sequence[Piece]]) -> bool:
    """Whether one of the lines of a row's values holds several, or its label as well."""
    begins = isinstance(row, SpelledRow) and bool(row.label) and row.label[-1].source is lines[0][0].source
    return begins or any(len(values) > 1 for values in lines)


def _is_glued(blocks: Iterable[Block], lexicon: Lexicon) -> bool:
    """Whether a copy left nothing between cells: labels end in digits. What looks like one number may be several."""
    ends = [last for block in blocks if isinstance(block, Paragraph) for last in block.text.split()[-1:]]
    labels = (end.rstrip("0123456789.,") for end in ends if end[-1].isdigit())
    return sum(bool(lexicon.rows_named(label)) for label in labels if label) >= LEAST_ROWS


def _ends_cell(above: Piece, below: Piece) -> bool:
    return above.source.text.endswith(CELL_END) or below.source.text.startswith(CELL_END)


def _has_stray(lines: Sequence[Sequence[Piece]]) -> bool:
    """Whether a row's values are a line of several, and a number by itself that may be a page's."""
    short, long = sorted(lines, key=len)[0], sorted(lines, key=len)[-1]
    is_alone = len(lines) == 2 and len(short) == 1 and may_be_page_number(short[0].text)
    return is_alone and len(long) >= LEAST_WIDTH


def _set_apart(run: Run, said: Mapping[int, str]) -> None:
    """Puts blanks between the values of rows with fewer of them than columns, where spaces or lines between tell.

    Args:
        run: What the lines turned into.
        said: The texts of all of them that say something, by their numbers.
    """
    spaced = list(_spaced(run))
    for (row, known), columns in zip(spaced, columns_of([known for _, known in spaced]), strict=True):
        _put_apart(row, columns, known.width)
    # Lines that hold white characters alone are rather cells than those that hold nothing.
    for places, are_cells in ((_filled_places(said), True), ({line: line for line in said}, False)):
        stacked = list(_stacked(run, places))
        found = stacked_columns_of([gaps for _, gaps in stacked], are_cells=are_cells)
        for (row, _), told in zip(stacked, found, strict=True):
            if told is not None:
                _put_apart(row, told[:-1], told[-1])
        if any(found):
            return


def _said(blocks: Iterable[Block]) -> dict[int, str]:
    """The texts of lines that say something, by their numbers."""
    lines = (block for block in blocks if isinstance(block, Paragraph) and block.text.strip())
    return {line.locator.line: line.text for line in lines if line.locator.line is not None}


def _filled_places(said: Mapping[int, str]) -> dict[int, int]:
    """Where lines stand among those that hold characters, white ones too; nothing where none are white."""
    blanks = [len(text) - len(text.rstrip(BLANK_LINE)) for text in said.values()]
    starts = accumulate((1 + count for count in blanks), initial=0)
    return dict(zip(said, starts, strict=False)) if any(blanks) else {}


def _merge_again(run: Run) -> None:
    """Makes values, and blanks, that a row repeats side by side one, where a program wrote merged cells out.

    In narrow blocks alone, whose cells reach over several where other blocks have more; the row's label, or one over
    it, tells by standing twice itself. No row has more values than columns: one that comes out with as many is told,
    and one with equal neighbours is not.
    """
    is_under_again = False
    for row in run.out:
        if isinstance(row, list):
            is_under_again = any(a == b and names_column(a, run.lexicon) for a, b in pairwise(row))
        elif isinstance(row, SpelledRow) and (row.again or is_under_again) and _is_narrow(row, run.lexicon):
            row.values = [next(same) for _, same in groupby(row.values, key=lambda value: value.text)]


def _is_narrow(row: SpelledRow, lexicon: Lexicon) -> bool:
    return 0 < max(widths_of(text_of(row.label), lexicon), default=0) <= LEAST_WIDTH


def _put_apart(row: SpelledRow, columns: Sequence[int] | None, width: int) -> None:
    if columns is not None:
        stands = dict(zip(columns, row.values, strict=True))
        blank = replace(row.values[0], text="")
        row.values = [stands.get(column, blank) for column in range(width)]


def _stacked(run: Run, places: Mapping[int, int]) -> Iterator[tuple[SpelledRow, StackedRow]]:
    """The rows that stand a value a line, between two other lines."""
    lines = list(places)
    for row in run.out:
        if not isinstance(row, SpelledRow) or not row.known:
            continue
        told = [line for value in row.values if (line := value.source.locator.line) is not None]
        if not told or len(set(told)) < len(row.values):
            continue
        before, after = bisect_left(lines, told[0]) - 1, bisect_right(lines, told[-1])
        if before >= 0 and after < len(lines):
            stand = [places[line] for line in (lines[before], *told, lines[after])]
            gaps = tuple(later - place for place, later in pairwise(stand))
            widths = widths_of(text_of(row.label), run.lexicon) if row.label else banded_widths()
            yield row, StackedRow(gaps, widths)


def _spaced(run: Run) -> Iterator[tuple[SpelledRow, SpacedRow]]:
    """The rows whose values end a line; a misprinted one is as wide as that above it."""
    widths: frozenset[int] = frozenset()
    for row in run.out:
        if not isinstance(row, SpelledRow):
            continue
        if row.known:
            widths = widths_of(text_of(row.label), run.lexicon) if row.label else banded_widths()
        texts = [value.text for value in row.values]
        line = row.values[0].source.text if row.values else ""
        width = len(texts) if len(texts) in widths else min(widths, default=0)
        if (width == len(texts) or len(widths) == 1) and texts and line.split()[-len(texts) :] == texts:
            yield row, SpacedRow(line, len(texts), width, sure=len(widths) == 1)
