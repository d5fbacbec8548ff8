"""Tables spelled by bare lines → grids, so that extraction meets every report in one shape.

Text copies with a cell a line, text out of a PDF with labels wrapped over lines, and tables without rules come
from their readers as paragraphs. Their rows are told by the form's labels: label lines, then values, in the
order of reading. Lines that spell no row stay paragraphs.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from pipeline.document import CELL_END, Block, Cell, Document, Grid, Locator, Paragraph
from pipeline.matching.furniture import (
    has_dashes,
    is_page_mark,
    is_page_number,
    may_be_page_number,
    running_lines,
)
from pipeline.matching.lexicon import Lexicon, is_foreign, load_lexicon
from pipeline.matching.marked import with_marked_grids
from pipeline.matching.rows import banded_widths, block_widths
from pipeline.matching.spaced import SpacedRow, columns_of
from pipeline.matching.stacked import StackedRow
from pipeline.matching.stacked import columns_of as stacked_columns_of
from pipeline.matching.values import is_value_text
from pipeline.narrative import is_heading

LONGEST_PIECE = 60  # characters of a line that may be part of a label; longer lines are prose
MOST_PIECES = 14  # lines over which one label may be wrapped
LEAST_ROWS = 3  # rows of the form that a run of lines must spell to be taken for tables
LEAST_LABEL = 4  # characters of each label of fewer rows, which must stand under a header of the form
PROSE_MARKS = "。；;"
NUMBER_POINTS = (".", "．", "、", ",", "，")  # what parts a label's number from its words
MOST_PARTS = 5_000  # words of a line that may hold several rows; a whole report has some fifteen hundred
LEAST_WIDTH = 3  # values in one line that can be told from a number and a stray beside it
LEAST_COUNTED = 5  # rows behind one another that end with numbers one greater each; counts of cases hardly do
NO_COUNT = -MOST_PARTS
LONGEST_STRAY = 3  # digits of a number by itself that may be a page's
_PARTED = re.compile(r"\s*[-+−－＋]?[0-9０-９]+[,，][0-9０-９,，.．]*\s*")
_PLUS_APART = re.compile(r"[+＋][ \u00a0]+(?=\d)")
_WORD = re.compile(r"[+＋][ \u00a0]+\d\S*|\S+")  # `-` before a number may be a cell itself
_LABEL_NUMBER = re.compile(r"\s*(?:[（(]?[一二三四五六七八九十]{1,2}[)）、.．]|[（(]?\d{1,2}[.．、)）])")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one line: words, or one value."""

    text: str
    source: Paragraph


@dataclass(slots=True)
class _Row:
    """A row being gathered: labels before its own, its own label's pieces, its values.

    `again` tells that its label is written twice, as programs write merged cells: its values' cells may be such, too.
    """

    parents: list[str]
    label: list[_Piece]
    values: list[_Piece]
    known: bool
    again: bool = False


@dataclass(slots=True)
class _Run:
    """What a run of lines turns into, in order: rows of cells, and lines that stay prose.

    `adrift` tells that values stood right under a header: labels may follow their values, so none is trusted. `torn`
    tells that a piece of a number came last: the row behind it may hold the rest.
    """

    lexicon: Lexicon
    adrift: bool = False
    torn: bool = False
    out: list[_Row | list[str] | Paragraph] = field(default_factory=list)
    open_table: bool = False
    rows: int = 0

    @property
    def last_row(self) -> _Row | None:
        """The row gathered last, if nothing but rows came since."""
        last = self.out[-1] if self.out else None
        return last if isinstance(last, _Row) else None


def arrange(document: Document, lexicon: Lexicon | None = None) -> Document:
    """The document with every table that bare lines spell turned into a grid; else as it was."""
    lexicon = lexicon or load_lexicon()
    blocks: list[Block] = []
    running = running_lines(document.blocks, lexicon)
    marked = with_marked_grids(document.blocks, lexicon, running)
    for is_prose, group in groupby(marked, key=lambda block: isinstance(block, Paragraph)):
        members = list(group)
        blocks += _arrange_run(members, lexicon, len(blocks), running) if is_prose else members
    return replace(document, blocks=tuple(blocks))


def _arrange_run(
    blocks: Sequence[Block], lexicon: Lexicon, offset: int, running: frozenset[int]
) -> Sequence[Block]:
    run = _Run(lexicon)
    buffer: list[_Piece] = []
    values: list[_Piece] = []
    for paragraph in _lines(blocks, lexicon):
        words, numbers = _split_line(paragraph, lexicon)
        if is_page_number(paragraph.text) and not (
            has_dashes(paragraph.text) and _wants(buffer, values, len(numbers), lexicon)
        ):
            continue  # it stands between the halves of a row
        if id(paragraph) in running and (run.open_table or buffer or values):
            continue
        if _is_torn(paragraph.text) and _is_a_row_a_line(run, values):
            _close(run, buffer if values else [], values)
            _keep_torn(run, words)
            buffer, values = [] if values else buffer, []
            continue
        if is_heading(paragraph.text):
            _close(run, buffer, values)
            _keep_prose(run, words + numbers)
            run.open_table, buffer, values = False, [], []
            continue
        if values and words:
            number = [values.pop()] if _is_cut_number(values[-1], words[0]) else []
            _close(run, buffer, values)
            buffer, values = number, []
        buffer += words
        if _is_prose(words):
            _keep_prose(run, buffer)
            buffer = []
        values += numbers
    _close(run, buffer, values)
    _number_rows(run)
    _part_strays(run)
    _part_broken(run)
    if _is_glued(blocks, lexicon):
        run.out[:] = [_untold(item) if isinstance(item, _Row) else item for item in run.out]
    _set_apart(run, [line for block in blocks if _says(block) and (line := block.locator.line)])
    _merge_again(run)
    return list(_blocks(run, offset)) if run.rows >= LEAST_ROWS or _is_short_table(run) else blocks


def _lines(blocks: Iterable[Block], lexicon: Lexicon) -> Iterator[Paragraph]:
    """The lines of a run, those in which several rows stand one behind the other cut into these."""
    for block in blocks:
        assert isinstance(block, Paragraph)
        lines = _rows_in_line(block)
        pieces = [_split_line(line, lexicon) for line in lines] if len(lines) > 1 else []
        rows = sum(bool(values and _label_length(words, lexicon)) for words, values in pieces)
        strange = max((len(_segments(words, lexicon)[0]) for words, _ in pieces), default=0)
        is_table = rows >= LEAST_ROWS or (rows and strange <= 1)
        yield from lines if is_table else [block]


def _rows_in_line(paragraph: Paragraph) -> list[Paragraph]:
    """A line cut behind each of its values that words follow."""
    parts = paragraph.text.split()
    if not LEAST_WIDTH < len(parts) <= MOST_PARTS:
        return [paragraph]
    are_values = [is_value_text(part) for part in parts]
    ends = [n for n, (left, right) in enumerate(pairwise(are_values), 1) if left and not right]
    cuts = pairwise([0, *ends, len(parts)])
    return [replace(paragraph, text=" ".join(parts[start:end])) for start, end in cuts]


def _number_rows(run: _Run) -> None:
    """Gives the numbers of a column that counts the rows to the rows behind them: each ended the values before it."""
    rows = [row for row in run.out if isinstance(row, _Row) and row.label and row.values]
    counted = [_count(row) - place for place, row in enumerate(rows)]
    for _, group in groupby(range(len(rows)), key=lambda place: counted[place]):
        places = list(group)
        for place in places if len(places) >= LEAST_COUNTED else ():
            number = rows[place].values.pop()
            if place + 1 < len(rows):
                rows[place + 1].parents.insert(0, number.text)


def _count(row: _Row) -> int:
    """The number that a row's values end with in a line of its own; below any count if there is none."""
    text = row.values[-1].text
    is_alone = len(text) <= LONGEST_STRAY and text.isdecimal() and text == row.values[-1].source.text.strip()
    return int(text) if is_alone else NO_COUNT


def _part_strays(run: _Run) -> None:
    """Parts a number in a line of its own from a row in one line, where all rows stand so: it may be a page's."""
    lines = {
        n: [list(group) for _, group in groupby(row.values, key=lambda value: id(value.source))]
        for n, row in enumerate(run.out)
        if isinstance(row, _Row) and row.values
    }
    broken = [n for n, values in lines.items() if len(values) > 1]
    whole = sum(len(values[0]) >= LEAST_WIDTH for values in lines.values() if len(values) == 1)
    if whole < LEAST_ROWS or not all(_has_stray(lines[n]) for n in broken):
        return
    for n in reversed(broken):
        row = run.out[n]
        assert isinstance(row, _Row)
        row.values = max(lines[n], key=len)
        run.out.insert(n + 1, _Row([], [], min(lines[n], key=len), known=False))


def _part_broken(run: _Run) -> None:
    """Parts the lines of rows whose values stand in several, one of which holds more, and no cell ends between them.

    A copy writes rows a line, or cells a line. Where values of one row stand higher than others, it takes the higher
    ones first, or a number was broken over lines: their order is not the row's.
    """
    parted: list[_Row | list[str] | Paragraph] = []
    for row in run.out:
        lines = [list(group) for _, group in groupby(row.values, key=_line)] if isinstance(row, _Row) else []
        if (
            len(lines) > 1
            and _holds_more(row, lines)
            and not all(_ends_cell(above[-1], below[0]) for above, below in pairwise(lines))
        ):
            parted += [_Row([], [], values, known=False) for values in lines]
        else:
            parted.append(row)
    run.out[:] = parted


def _holds_more(row: _Row | list[str] | Paragraph, lines: Sequence[Sequence[_Piece]]) -> bool:
    """Whether one of the lines of a row's values holds several, or its label as well."""
    begins = isinstance(row, _Row) and bool(row.label) and row.label[-1].source is lines[0][0].source
    return begins or any(len(values) > 1 for values in lines)


def _is_glued(blocks: Iterable[Block], lexicon: Lexicon) -> bool:
    """Whether a copy left nothing between cells: labels end in digits. What looks like one number may be several."""
    ends = [last for block in blocks if isinstance(block, Paragraph) for last in block.text.split()[-1:]]
    labels = (end.rstrip("0123456789.,") for end in ends if end[-1].isdigit())
    return sum(bool(lexicon.rows_named(label)) for label in labels if label) >= LEAST_ROWS


def _ends_cell(above: _Piece, below: _Piece) -> bool:
    return above.source.text.endswith(CELL_END) or below.source.text.startswith(CELL_END)


def _has_stray(lines: Sequence[Sequence[_Piece]]) -> bool:
    """Whether a row's values are a line of several, and a number by itself that may be a page's."""
    short, long = sorted(lines, key=len)[0], sorted(lines, key=len)[-1]
    is_alone = len(lines) == 2 and len(short) == 1 and may_be_page_number(short[0].text)
    return is_alone and len(long) >= LEAST_WIDTH


def _set_apart(run: _Run, lines: Sequence[int]) -> None:
    """Puts blanks between the values of rows with fewer of them than columns, where spaces or lines between tell.

    Args:
        run: What the lines turned into.
        lines: The numbers of all of them that say something.
    """
    spaced = list(_spaced(run))
    for (row, known), columns in zip(spaced, columns_of([known for _, known in spaced]), strict=True):
        _put_apart(row, columns, known.width)
    stacked = list(_stacked(run, lines))
    for (row, _), told in zip(stacked, stacked_columns_of([gaps for _, gaps in stacked]), strict=True):
        if told is not None:
            _put_apart(row, told[:-1], told[-1])


def _merge_again(run: _Run) -> None:
    """Makes values, and blanks, that a row repeats side by side one, where a program wrote merged cells out.

    In narrow blocks alone, whose cells reach over several where other blocks have more; the row's label, or one over
    it, tells by standing twice itself. No row has more values than columns: one that comes out with as many is told,
    and one with equal neighbours is not.
    """
    is_under_again = False
    for row in run.out:
        if isinstance(row, list):
            is_under_again = any(a == b and _names_column(a, run.lexicon) for a, b in pairwise(row))
        elif isinstance(row, _Row) and (row.again or is_under_again) and _is_narrow(row, run.lexicon):
            row.values = [next(same) for _, same in groupby(row.values, key=lambda value: value.text)]


def _is_narrow(row: _Row, lexicon: Lexicon) -> bool:
    return 0 < max(_widths(_text(row.label), lexicon), default=0) <= LEAST_WIDTH


def _names_column(text: str, lexicon: Lexicon) -> bool:
    return any(m.axis == "column" for m in lexicon.lookup(text))


def _put_apart(row: _Row, columns: Sequence[int] | None, width: int) -> None:
    if columns is not None:
        stands = dict(zip(columns, row.values, strict=True))
        blank = replace(row.values[0], text="")
        row.values = [stands.get(column, blank) for column in range(width)]


def _stacked(run: _Run, lines: Sequence[int]) -> Iterator[tuple[_Row, StackedRow]]:
    """The rows that stand a value a line, between two other lines."""
    for row in run.out:
        if not isinstance(row, _Row) or not row.known:
            continue
        told = [line for value in row.values if (line := value.source.locator.line) is not None]
        if not told or len(set(told)) < len(row.values):
            continue
        before, after = bisect_left(lines, told[0]) - 1, bisect_right(lines, told[-1])
        if before >= 0 and after < len(lines):
            gaps = tuple(later - line for line, later in pairwise([lines[before], *told, lines[after]]))
            widths = _widths(_text(row.label), run.lexicon) if row.label else banded_widths()
            yield row, StackedRow(gaps, widths)


def _says(block: Block) -> bool:
    return isinstance(block, Paragraph) and bool(block.text.strip())


def _spaced(run: _Run) -> Iterator[tuple[_Row, SpacedRow]]:
    """The rows whose values end a line; a misprinted one is as wide as that above it."""
    widths: frozenset[int] = frozenset()
    for row in run.out:
        if not isinstance(row, _Row):
            continue
        if row.known:
            widths = _widths(_text(row.label), run.lexicon) if row.label else banded_widths()
        texts = [value.text for value in row.values]
        line = row.values[0].source.text if row.values else ""
        width = len(texts) if len(texts) in widths else min(widths, default=0)
        if (width == len(texts) or len(widths) == 1) and texts and line.split()[-len(texts) :] == texts:
            yield row, SpacedRow(line, len(texts), width, sure=len(widths) == 1)


def _is_short_table(run: _Run) -> bool:
    """Whether a run spells a block of few rows and its header: then its numbers are placed, or left over, not lost."""
    rows = [item for item in run.out if isinstance(item, _Row)]
    is_plain = all(row.known and len(_text(row.label)) >= LEAST_LABEL for row in rows)
    return bool(rows) and is_plain and any(isinstance(item, list) for item in run.out)


def _is_cut_number(last: _Piece, word: _Piece) -> bool:
    """Whether a line that reads as a value is the number of the label in the next line, which begins with its point."""
    return word.text.startswith(NUMBER_POINTS) and last.text.isdecimal() and last.text == last.source.text


def _wants(buffer: Sequence[_Piece], values: Sequence[_Piece], count: int, lexicon: Lexicon) -> bool:
    """Whether the label gathered so far is a row's that has so many values, and has none yet."""
    taken = _label_length(buffer, lexicon)
    return not values and bool(taken) and count in _widths(_text(buffer[-taken:]), lexicon)


def _split_line(paragraph: Paragraph, lexicon: Lexicon) -> tuple[list[_Piece], list[_Piece]]:
    """A line's words, a piece for each stretch between spaces or label, and the values at its end."""
    parts = _words_of(paragraph.text)
    cut = len(parts)
    while cut and is_value_text(parts[cut - 1]):
        cut -= 1
    apart = lexicon.parted if cut < len(parts) else lexicon.heads_in
    labels = [label for part in parts[:cut] for label in apart(part)]
    return [_Piece(label, paragraph) for label in labels], [_Piece(part, paragraph) for part in parts[cut:]]


def _words_of(text: str) -> list[str]:
    """The words of a line; a plus belongs to its number also where a space parts the two."""
    return _WORD.findall(text) if _PLUS_APART.search(text) else text.split()


def _is_prose(words: Sequence[_Piece]) -> bool:
    return any(len(w.text) > LONGEST_PIECE or any(mark in w.text for mark in PROSE_MARKS) for w in words)


def _close(run: _Run, buffer: list[_Piece], values: list[_Piece]) -> None:
    """Ends a row: label lines and the values that followed them."""
    buffer = _continue_last(run, buffer)
    if not values:
        _keep_prose(run, buffer)
        return
    taken = _label_length(buffer, run.lexicon)
    if taken:
        _add_row(run, buffer[:-taken], buffer[-taken:], values)
        return
    before, known = _segments(buffer, run.lexicon)
    if _names_bands(known, run.lexicon):
        _keep_prose(run, before)
        _add_header(run, known)
        kept, strays = _one_line_of_values(values, banded_widths())
        _append_row(run, _Row([], [], kept, known=True))
        _keep_prose(run, strays)
    elif not before and _is_first_row(known, values, run.lexicon):
        _add_header(run, known)
        run.adrift = True
        _append_row(run, _Row([], [], values, known=False))
    elif _is_prose(buffer):
        _keep_prose(run, buffer + values)
    elif head := _header_length(buffer, run.lexicon, 1 if run.open_table else 2):
        before, known = _segments(buffer[:head], run.lexicon)
        strangers = _strangers(buffer[:head], before, run.lexicon)
        _keep_prose(run, [piece for piece in before if piece not in strangers])
        _add_header(run, [*known, *((piece.text, False) for piece in strangers)])
        _add_unknown(run, buffer[head:], values)
    elif run.open_table or (buffer and _is_whole_row(values)):
        _add_unknown(run, buffer, values)
    else:
        _keep_prose(run, buffer + values)


def _is_whole_row(values: Sequence[_Piece]) -> bool:
    """Whether values are as many as the columns of a block that is so wide that no prose ends in as many."""
    return len(values) > LEAST_WIDTH and len(values) in block_widths().values()


def _header_length(buffer: Sequence[_Piece], lexicon: Lexicon, least: int) -> int:
    """How many pieces a header has behind which a label stands; 0 where fewer than some columns are named."""
    ends = [end for start, end in _known(buffer, lexicon) if _names_column(_text(buffer[start:end]), lexicon)]
    return ends[-1] if len(ends) >= least and ends[-1] < len(buffer) else 0


def _is_first_row(known: Sequence[tuple[str, bool]], values: Sequence[_Piece], lexicon: Lexicon) -> bool:
    """Whether values stand right under a header, as many as it has columns, and are no numbering of these."""
    blocks = Counter(
        (m.variant, m.table, m.block) for text, _ in known for m in lexicon.lookup(text) if m.axis == "column"
    )
    numbering = [str(place) for place in range(1, len(values) + 1)]
    return (
        len(values) > 1
        and [value.text for value in values] != numbering
        and any(count == len(values) == block_widths().get(block) for block, count in blocks.items())
    )


def _add_header(run: _Run, known: Sequence[tuple[str, bool]]) -> None:
    """Keeps labels over columns, and each row without values that stands before or among them as a row."""
    for is_row, group in groupby(known, key=lambda label: _names_row(label[0], run.lexicon)):
        texts = [text for text, _ in group]
        if is_row:
            run.out += [[text] for text in texts]
        else:
            run.out.append(texts)
            run.adrift = False


def _names_row(text: str, lexicon: Lexicon) -> bool:
    meanings = lexicon.lookup(text)
    return bool(meanings) and all(m.axis == "row" for m in meanings)


def _continue_last(run: _Run, buffer: list[_Piece]) -> list[_Piece]:
    """Gives the last row the end of its label, where that was printed after its values; returns the rest."""
    last = run.last_row
    if last is None or not last.label:
        return buffer
    numbered = next((n for n, piece in enumerate(buffer) if _LABEL_NUMBER.match(piece.text)), len(buffer))
    for count in range(min(MOST_PIECES, numbered), 0, -1):
        whole = last.label + buffer[:count]
        if _is_row_label(whole, run.lexicon) and not _is_row_label(buffer[:count], run.lexicon):
            last.label = whole
            last.known = True
            return buffer[count:]
    return buffer if last.known else _with_rest(last, buffer)


def _with_rest(last: _Row, buffer: list[_Piece]) -> list[_Piece]:
    """Gives an unknown row what follows its values before the next number of a label; returns what is left.

    Else the end of one misprinted label and the beginning of the next would be a label together.
    """
    numbered = next((n for n, piece in enumerate(buffer) if _LABEL_NUMBER.match(piece.text)), 0)
    if numbered and _LABEL_NUMBER.match(_text(last.label)) and numbered <= MOST_PIECES:
        last.label = last.label + buffer[:numbered]
        return buffer[numbered:]
    return buffer


def _text(pieces: Iterable[_Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _is_label(pieces: Sequence[_Piece], lexicon: Lexicon) -> bool:
    return not any(is_foreign(piece.text) for piece in pieces) and bool(lexicon.lookup(_text(pieces)))


def _is_row_label(pieces: Sequence[_Piece], lexicon: Lexicon) -> bool:
    return _is_label(pieces, lexicon) and any(m.axis == "row" for m in lexicon.lookup(_text(pieces)))


def _label_length(buffer: Sequence[_Piece], lexicon: Lexicon) -> int:
    """How many of the last pieces spell a row label together: the most that do; 0 where none do."""
    lengths = range(min(len(buffer), MOST_PIECES), 0, -1)
    return next((n for n in lengths if _is_row_label(buffer[-n:], lexicon)), 0)


def _known(buffer: Sequence[_Piece], lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Where each known label among pieces begins and ends."""
    start = 0
    while start < len(buffer):
        reach = lexicon.reach([piece.text for piece in buffer[start : start + MOST_PIECES]])
        ends = range(start + reach, start, -1)
        end = next((e for e in ends if _is_label(buffer[start:e], lexicon)), None)
        if end is not None:
            yield start, end
        start = end or start + 1


def _segments(buffer: Sequence[_Piece], lexicon: Lexicon) -> tuple[list[_Piece], list[tuple[str, bool]]]:
    """Cuts pieces into known labels: the pieces that belong to none, and each label with whether a parent."""
    places = list(_known(buffer, lexicon))
    within = {place for start, end in places for place in range(start, end)}
    texts = [_text(buffer[start:end]) for start, end in places]
    known = [(text, all(m.axis == "parent" for m in lexicon.lookup(text))) for text in texts]
    return [piece for place, piece in enumerate(buffer) if place not in within], known


def _names_bands(known: Sequence[tuple[str, bool]], lexicon: Lexicon) -> bool:
    return sum(any(m.axis == "band" for m in lexicon.lookup(text)) for text, _ in known) > 1


def _add_row(run: _Run, before: Sequence[_Piece], label: list[_Piece], values: list[_Piece]) -> None:
    unknown, known = _segments(before, run.lexicon)
    strangers = _strangers(before, unknown, run.lexicon)
    _keep_prose(run, [piece for piece in unknown if piece not in strangers])
    # The labels above columns stand among these; those above the row stand behind.
    end = max((place for place, (_, parent) in enumerate(known, 1) if not parent), default=0)
    _add_header(run, [*known[:end], *((piece.text, False) for piece in strangers)])
    kept, strays = _one_line_of_values(values, _widths(_text(label), run.lexicon))
    parents = [text for text, _ in known[end:]]
    is_again = _text(before[-len(label) :]) == _text(label)
    row = _Row(parents, label, kept, known=True, again=is_again)
    _append_row(run, _untold(row) if run.adrift else row)
    run.rows += 1
    _keep_prose(run, strays)


def _strangers(before: Sequence[_Piece], unknown: Sequence[_Piece], lexicon: Lexicon) -> list[_Piece]:
    """Words of none of the form's labels between those over columns, or on a line with them: they head one, too."""
    known = _known(before, lexicon)
    heads = [(start, end) for start, end in known if _names_column(_text(before[start:end]), lexicon)]
    lines = {_line(piece) for start, end in heads for piece in before[start:end]}
    between = {id(piece) for piece in before[heads[0][0] : heads[-1][1]]} if heads else set[int]()
    return [piece for piece in unknown if _line(piece) in lines or id(piece) in between]


def _line(piece: _Piece) -> int:
    """The line that a piece stands in: its number where a reader parted it, else what the piece was read from."""
    return piece.source.locator.line or id(piece.source)


def _append_row(run: _Run, row: _Row) -> None:
    run.out.append(_untold(row) if run.torn else row)
    run.open_table, run.torn = True, False


def _is_torn(text: str) -> bool:
    """Whether a line is a piece of a number that was broken over lines: digits with a comma where no number has one."""
    return bool(_PARTED.fullmatch(text)) and not is_value_text(text)


def _is_a_row_a_line(run: _Run, values: Sequence[_Piece]) -> bool:
    """Whether the values that came last stand in one line, and not each on one of its own."""
    last = values or (run.last_row.values if run.last_row else [])
    return len(last) >= LEAST_WIDTH and len({id(value.source) for value in last}) == 1


def _keep_torn(run: _Run, piece: list[_Piece]) -> None:
    """A piece of a number between two rows: either may hold the rest, so neither is told."""
    if run.last_row is not None:
        run.out[-1] = _untold(run.last_row)
    run.torn = False
    _append_row(run, _Row([], [], piece, known=False))
    run.torn = True


def _untold(row: _Row) -> _Row:
    """A row without what would place its numbers."""
    return _Row([], [], row.values, known=False)


def _add_unknown(run: _Run, buffer: list[_Piece], values: list[_Piece]) -> None:
    """A row inside a table whose label is unknown: its numbers must not be lost."""
    unknown, known = _segments(buffer, run.lexicon)
    numbered = [n for n, piece in enumerate(unknown) if _LABEL_NUMBER.match(piece.text)]
    if len(numbered) > 1:
        run.out.append([_text(unknown[: numbered[-1]])])
        unknown = unknown[numbered[-1] :]
    # A known row before it has no values of its own: what is behind an unknown label is none of its.
    rows = [n for n, (text, _) in enumerate(known, 1) if _names_row(text, run.lexicon)]
    above = rows[-1] if rows else 0
    run.out += [[text] for text, _ in known[:above]]
    _append_row(run, _Row([text for text, _ in known[above:]], unknown, values, known=False))


def _one_line_of_values(values: list[_Piece], widths: frozenset[int]) -> tuple[list[_Piece], list[_Piece]]:
    """The values, and strays such as a page number, where just one line holds as many as the row has."""
    unmarked = [piece for piece in values if not is_page_mark(piece.source.text)]
    if len(values) not in widths and len(unmarked) in widths:
        return unmarked, []
    lines = [list(group) for _, group in groupby(unmarked, key=lambda piece: id(piece.source))]
    whole = [line for line in lines if len(line) in widths and len(line) >= LEAST_WIDTH]
    strays = [line for line in lines if len(line) == 1 and len(line[0].text) <= LONGEST_STRAY]
    if len(values) in widths or len(whole) != 1 or len(whole) + len(strays) != len(lines):
        return values, []
    return whole[0], [piece for line in strays for piece in line]


def _widths(label: str, lexicon: Lexicon) -> frozenset[int]:
    """How many values a row with this label has, by the variants that know it."""
    wide = block_widths()
    return frozenset(
        wide[m.variant, m.table, m.block]
        for m in lexicon.lookup(label)
        if m.axis == "row" and (m.variant, m.table, m.block) in wide
    )


def _keep_prose(run: _Run, pieces: Sequence[_Piece]) -> None:
    """Leaves lines as they were; each line once, also where only some of its pieces are prose."""
    for _, group in groupby(pieces, key=lambda piece: id(piece.source)):
        members = list(group)
        source = members[0].source
        whole = len(members) == len(_words_of(source.text))
        run.out.append(source if whole else replace(source, text=" ".join(piece.text for piece in members)))
        run.open_table = run.open_table and not _is_prose(members)


def _blocks(run: _Run, offset: int) -> Iterator[Block]:
    """The gathered rows as grids, the rest as paragraphs."""
    number = offset
    for is_prose, group in groupby(run.out, key=lambda item: isinstance(item, Paragraph)):
        if is_prose:
            yield from (item for item in group if isinstance(item, Paragraph))
        else:
            number += 1
            yield _grid([item for item in group if not isinstance(item, Paragraph)], number)


def _grid(rows: Sequence[_Row | list[str]], table: int) -> Grid:
    return Grid(tuple(tuple(_cells(row, r, table)) for r, row in enumerate(rows)), Locator(table=table))


def _cells(row: _Row | list[str], index: int, table: int) -> Iterator[Cell]:
    if isinstance(row, list):
        # Where header labels stood side by side is not known: all get column 0, so that no order is read off.
        yield from (Cell(text, index, 0, locator=Locator(table=table, row=index + 1)) for text in row)
        return
    texts = [(text, Locator(table=table)) for text in row.parents]
    if row.label:
        texts.append((_text(row.label), row.label[0].source.locator))
    texts += [(value.text, value.source.locator) for value in row.values]
    for column, (text, locator) in enumerate(texts):
        place = locator._replace(row=index + 1, column=column + 1)
        yield Cell(text, index, column, locator=place)
