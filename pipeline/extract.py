"""Document + templates → the cells of the form, and what could not be placed.

Rows are matched by their labels, never by order or position; the values of a row are taken in order and counted
against the header. Which variant a table follows is told by its labels alone. Every number in a located table is
used, set aside by a named rule, or listed as a leftover.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.document import Cell, Document, Locator
from pipeline.matching.align import Header, Margin, Slot, align, margin, read_header, under
from pipeline.matching.bands import banded_grids
from pipeline.matching.copies import Entry, sorted_out, stated_year
from pipeline.matching.halves import whole_rows
from pipeline.matching.kinds import by_kind
from pipeline.matching.lexicon import Lexicon, Meaning, load_lexicon, normalise, squeeze
from pipeline.matching.merged import merged_again
from pipeline.matching.noise import without_noise
from pipeline.matching.page_ends import with_whole_headers
from pipeline.matching.rows import HeaderLabel, TableRow, mend, read_rows, without_numbering
from pipeline.matching.turned import upright
from pipeline.matching.values import is_numeric_text, is_value_text, read_value
from pipeline.matching.year_columns import own_year_rows
from pipeline.report import CellReading, Extraction, Finding, Leftover
from pipeline.templates import Block, Place, Template, load_templates
from schemas.messages import Message, message

LEAST_SHARE = 0.3  # of a table's rows that must be known for the table to count as found
LEAST_LABELS = 4  # of a table that must be known for numbers beside them to count as that table's
LONGEST_ORDINAL = 2  # digits of a row's number beside its label
INFERRED = 0.9  # confidence of a value whose column or row rests on more than its printed labels


@dataclass(slots=True)
class _Result:
    """What is gathered while the tables of one document are read."""

    cells: dict[Place, CellReading] = field(default_factory=dict)
    leftovers: list[Leftover] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    variants: dict[str, str] = field(default_factory=dict)
    found: int = 0
    used: int = 0
    ignored: Counter[str] = field(default_factory=Counter)

    def ignore(self, rule: str, count: int) -> None:
        """Counts numbers that a rule sets aside."""
        if count:
            self.found += count
            self.ignored[rule] += count

    def leave(self, table: str, row: TableRow, cells: Iterable[Cell], words: Message) -> None:
        """Lists the numbers among some cells as leftovers."""
        for cell in cells:
            if is_numeric_text(cell.text):
                self.found += 1
                self.leftovers.append(Leftover(table, cell.text, normalise(row.label), words, cell.locator))


def extract(document: Document, lexicon: Lexicon | None = None) -> Extraction:
    """Reads the form's tables from a document.

    Args:
        document: What a reader made of the file.
        lexicon: The labels to match; by default those of `schemas/`.

    Returns:
        For each table that was found, every cell of its variant (absent ones included), the leftovers, the
        findings and the account of the numbers.
    """
    lexicon = lexicon or load_lexicon()
    templates = load_templates()
    printed = without_noise(list(banded_grids(document, lexicon)), lexicon)
    grids = [upright(merged_again(grid, lexicon), lexicon) for grid in with_whole_headers(printed, lexicon)]
    year = stated_year(document)
    all_rows, numbering = without_numbering(mend(read_rows(grids, lexicon), lexicon))
    rows, of_other_years = own_year_rows(all_rows, grids, year, lexicon)
    tables = {table: sorted_out(whole_rows(entries), document) for table, entries in _by_table(rows).items()}
    fitting = _variants(tables, templates, lexicon)
    result = _Result(variants={table: names[0] for table, names in fitting.items()})
    for table, (variant, *others) in fitting.items():
        rivals = [templates[name] for name in others]
        _read_table(table, templates[variant], rivals, tables[table], lexicon, result)
    _set_aside(of_other_years, result)
    result.ignore("column_number", len(numbering))
    for table in tables.keys() - result.variants.keys():
        _leave_table(table, tables[table], result)
    _note_second_report(result)
    order = [
        place for table, variant in result.variants.items() for place in templates[variant].places[table]
    ]
    return Extraction(
        cells=tuple(result.cells[place] for place in order),
        leftovers=tuple(result.leftovers),
        findings=tuple(result.findings),
        variants=result.variants,
        numeric_found=result.found,
        numeric_used=result.used,
        numeric_ignored=dict(result.ignored),
    )


def _note_second_report(result: _Result) -> None:
    """Says so where most of what two tables hold stands in the file again, with other numbers."""
    again = Counter(left.table for left in result.leftovers if left.message.code == "conflicting_row")
    if not again:
        return
    read = Counter[str | None](cell.table for cell in result.cells.values() if cell.kind == "reported")
    if sum(2 * count >= read[table] for table, count in again.items()) > 1:
        result.findings.append(Finding(message("second_report", numbers=again.total())))


def _by_table(rows: Sequence[TableRow]) -> dict[str, list[Entry]]:
    """Tells the rows apart by table; rows without a label of their own belong to the table around them."""
    tables: dict[str, list[Entry]] = {}
    header: dict[str, tuple[HeaderLabel, ...]] = {}  # one tuple for all the rows under it
    over_data: set[str] = set()  # tables whose gathered header has had data rows under it
    # Where a line of values was left blank: the next grid's header is its own.
    blank_grid: dict[str, int] = {}
    known_grids = _grid_tables(rows)
    current: str | None = None
    for row in rows:
        named = _table_of(row)
        if row.first and named is None:
            named = known_grids.get(row.grid)
            if named is None and _lies_within(row, current, tables, known_grids):
                named = current
            if named is None and row.label and not _awaits_rows(current, header, over_data):
                # A table that is none of the form's; bare values, or what stands under a header that had no
                # rows yet, may continue one across a page.
                current = None
        current = named or current
        if current is None:
            continue
        if row.is_header:
            if current in over_data or blank_grid.get(current, row.grid) != row.grid:
                header[current] = ()
                over_data.discard(current)
                blank_grid.pop(current, None)
            header[current] = header.get(current, ()) + row.header
        elif row.meanings or row.numeric:
            over_data.add(current)
        elif row.values and not row.label:
            blank_grid[current] = row.grid
        tables.setdefault(current, []).append(Entry(row, header.get(current, ())))
    return tables


def _lies_within(
    row: TableRow, table: str | None, tables: Mapping[str, list[Entry]], known: Mapping[int, str]
) -> bool:
    """Whether a grid without known labels stands between two parts of one table and is as wide as its rows.

    A row that page ends cut off on both sides is a grid of its own, and its label may be half of one.
    """
    if table is None or table not in tables:
        return False
    following = min((grid for grid in known if grid > row.grid), default=None)
    above = next((entry.row for entry in reversed(tables[table]) if entry.row.meanings), None)
    continues = following is not None and known[following] == table
    return continues and above is not None and len(above.values) == len(row.values)


def _awaits_rows(
    table: str | None, header: Mapping[str, tuple[HeaderLabel, ...]], over_data: set[str]
) -> bool:
    """Whether a table's header has been met and none of its rows."""
    return table is not None and bool(header.get(table)) and table not in over_data


def _grid_tables(rows: Iterable[TableRow]) -> dict[int, str]:
    """The first table that a label names in each grid."""
    found: dict[int, str] = {}
    for row in rows:
        table = _table_of(row)
        if table is not None:
            found.setdefault(row.grid, table)
    return found


def _table_of(row: TableRow) -> str | None:
    """The table that most of a row's labels belong to; None for rows without known labels, or in a tie."""
    if row.meanings and all(m.table == row.meanings[0].table for m in row.meanings):
        return row.meanings[0].table
    if not row.meanings and not row.header:
        return None
    groups = [row.meanings] if row.meanings else [h.meanings for h in row.header]
    counts = Counter(
        t for group in groups for t in {m.table for m in group if row.meanings or m.axis != "row"}
    )
    ranked = counts.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _variants(
    tables: Mapping[str, list[Entry]], templates: Mapping[str, Template], lexicon: Lexicon
) -> dict[str, tuple[str, ...]]:
    """The variant of each table that was found: the one that knows most of its labels; then those that know as many.

    Where two variants know the same labels (table 4 is the same in both), the table goes with the table before
    it, else the one after; no number depends on the choice.
    """
    read = {table: [e for e in entries if e.standing == "read"] for table, entries in tables.items()}
    known = {table: _known(table, entries) for table, entries in read.items()}
    best = {
        table: _best_guessed(
            table, _best_variants(table, read[table], known[table], templates), read[table], lexicon
        )
        for table in tables
    }
    order = [t for template in templates.values() for t in template.tables]
    located = [t for t in dict.fromkeys(order) if best.get(t)]
    chosen: dict[str, str] = {t: best[t][0] for t in located if len(best[t]) == 1}
    for table in located:
        before = [chosen[t] for t in located[: located.index(table)] if t in chosen]
        after = [chosen[t] for t in located[located.index(table) + 1 :] if t in chosen]
        likely = [v for v in (*reversed(before), *after) if v in best[table]]
        chosen.setdefault(table, likely[0] if likely else best[table][-1])
    return {t: (chosen[t], *_as_likely(chosen[t], known[t], templates)) for t in located}


def _as_likely(
    chosen: str, known: Mapping[str, set[Meaning]], templates: Mapping[str, Template]
) -> Iterator[str]:
    """The other variants that know at least as many of a table's labels."""
    least = _keyed(known.get(chosen, set()))
    for name in templates:
        if name != chosen and _keyed(known.get(name, set())) >= least:
            yield name


def _best_variants(
    table: str,
    entries: Sequence[Entry],
    known: Mapping[str, set[Meaning]],
    templates: Mapping[str, Template],
) -> list[str]:
    """The variants that explain most of a table's labels; empty where no variant finds its table there."""
    scores: dict[str, int] = {}
    for name, template in templates.items():
        if _is_located(template.tables.get(table, ()), entries, known.get(name, set())):
            scores[name] = _keyed(known.get(name, set()))
    return [name for name in scores if scores[name] == max(scores.values())]


def _best_guessed(
    table: str, variants: Sequence[str], entries: Sequence[Entry], lexicon: Lexicon
) -> list[str]:
    """Those of some variants that fit alike under which most rows with a misprinted label find their place."""
    strange = [e.row for e in entries if e.row.label and e.row.numeric and not e.row.meanings]
    if len(variants) < 2 or not strange:
        return list(variants)
    found = {
        name: sum(_similar_row(row, table, name, lexicon, entries) is not None for row in strange)
        for name in variants
    }
    return [name for name in variants if found[name] == max(found.values())]


def _known(table: str, entries: Sequence[Entry]) -> dict[str, set[Meaning]]:
    """What the labels of a table mean, by the variant that knows them."""
    known: dict[str, set[Meaning]] = {}
    for meaning in {m for e in entries for m in _meanings(e.row)}:
        if meaning.table == table:
            known.setdefault(meaning.variant, set()).add(meaning)
    return known


def _keyed(meanings: set[Meaning]) -> int:
    return sum(bool(meaning.key) for meaning in meanings)


def _meanings(row: TableRow) -> Iterator[Meaning]:
    yield from row.meanings
    for label in row.header:
        yield from label.meanings


def _is_located(blocks: Sequence[Block], entries: Sequence[Entry], known: set[Meaning]) -> bool:
    sides = [row.key for block in blocks if not block.banded for row in block.rows]
    if sides:
        return len({m.key for m in known if m.axis == "row"}) >= LEAST_SHARE * len(sides)
    bands = {row.key for block in blocks for row in block.rows}
    named = {m.key for m in known if m.axis == "band"}
    values = any(not e.row.is_header and e.row.values for e in entries)
    heads = Counter(
        m for e in entries for h in e.row.header for m in h.meanings if m in known and m.axis == "column"
    )
    columns = sum(len(block.columns) * len(block.rows) for block in blocks)
    return bool(bands) and values and (len(named) > len(bands) / 2 or heads.total() >= columns)


def _read_table(
    table: str,
    template: Template,
    rivals: Sequence[Template],
    entries: Sequence[Entry],
    lexicon: Lexicon,
    result: _Result,
) -> None:
    """Reads the rows of one table into cells; fills what the document does not have with absent cells.

    Args:
        table: The table.
        template: The variant it follows.
        rivals: The variants that its labels would follow just as well.
        entries: Its rows.
        lexicon: The labels to match.
        result: What is read goes there.
    """
    placed: list[tuple[Entry, _Target]] = []
    for entry in _without_other_years(table, entries, result):
        target = _place(entry, table, template, lexicon, entries, result)
        if target is None:
            _leave_row(table, entry.row, result)
        else:
            placed.append((entry, target))
    placed = _without_competing(table, placed, result)
    headers = _headers(placed, template.variant)
    margins = _margins(placed, headers)
    for entry, target in placed:
        header = headers[_over(entry, target)]
        _leave_before(table, entry.row, result)
        if header is not None and _is_open(header, target.block, rivals):
            _leave_open(table, entry.row, target.block, result)
            continue
        _read_values(entry, target, header, template.variant, margins[entry.row.grid], result)
    _fill_absent(table, template, result)


def _is_open(header: Header, block: Block, rivals: Sequence[Template]) -> bool:
    """Whether only the choice among variants that fit alike would tell what the columns of a block are."""
    if header.seen or header.partial:
        return False
    keys = [column.key for column in block.columns]
    others = [b for rival in rivals for b in rival.tables.get(block.table, ()) if b.name == block.name]
    return any([column.key for column in other.columns] != keys for other in others)


def _leave_open(table: str, row: TableRow, block: Block, result: _Result) -> None:
    words = message("variant_open", label=normalise(row.label), block=block.name)
    result.leave(table, row, row.numeric, words)
    result.findings.append(Finding(words, row.locator, table))


def _without_competing(
    table: str, placed: Sequence[tuple[Entry, _Target]], result: _Result
) -> list[tuple[Entry, _Target]]:
    """The rows but for misprinted ones of which several would be the same row of the form with other numbers."""
    claims: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for entry, target in placed:
        if _is_inferred(entry, target) and entry.row.numeric:
            texts = tuple(squeeze(cell.text) for cell in entry.row.values)
            claims.setdefault((target.block.name, target.row), set()).add(texts)
    kept: list[tuple[Entry, _Target]] = []
    for entry, target in placed:
        if _is_inferred(entry, target) and len(claims.get((target.block.name, target.row), ())) > 1:
            _leave_row(table, entry.row, result)
        else:
            kept.append((entry, target))
    return kept


def _is_inferred(entry: Entry, target: _Target) -> bool:
    """Whether a row was told by a label that is not quite the form's."""
    return not entry.row.meanings and not target.block.banded


def _set_aside(cells: Sequence[Cell], result: _Result, table: str = "") -> None:
    """Accounts for numbers that the document says to be of another year."""
    numbers = [cell for cell in cells if is_numeric_text(cell.text)]
    if numbers:
        result.ignore("other_year", len(numbers))
        words = message("other_year_table", numbers=len(numbers))
        result.findings.append(Finding(words, numbers[0].locator, table))


def _without_other_years(table: str, entries: Sequence[Entry], result: _Result) -> list[Entry]:
    """The rows but for those of a copy that says to be of another year, whose numbers are set aside."""
    others = [entry.row for entry in entries if entry.standing == "other_year" and not entry.row.is_header]
    _set_aside([cell for row in others for cell in (*row.before, *row.numeric)], result, table)
    return [entry for entry in entries if entry.standing != "other_year"]


def _over(entry: Entry, target: _Target) -> tuple[str, bool, int]:
    """What tells the header over a row: its block, as which it is read, and the labels met."""
    return target.block.name, target.block.banded, id(entry.header)


def _headers(
    placed: Sequence[tuple[Entry, _Target]], variant: str
) -> dict[tuple[str, bool, int], Header | None]:
    """The header over each group of rows, fitted to the rows under it."""
    groups: dict[tuple[str, bool, int], list[tuple[Entry, _Target]]] = {}
    for entry, target in placed:
        groups.setdefault(_over(entry, target), []).append((entry, target))
    headers: dict[tuple[str, bool, int], Header | None] = {}
    for over, members in groups.items():
        entry, target = members[0]
        header = read_header(target.block, variant, entry.header)
        headers[over] = header.suited([e.row for e, _ in members]) if header else None
    return headers


def _margins(
    placed: Sequence[tuple[Entry, _Target]], headers: Mapping[tuple[str, bool, int], Header | None]
) -> Mapping[int, Margin]:
    """For each grid, where the values of its clear rows stand."""
    by_grid: dict[int, list[tuple[TableRow, int]]] = {}
    for entry, target in placed:
        header = headers[_over(entry, target)]
        if header is not None:
            by_grid.setdefault(entry.row.grid, []).append((entry.row, len(header.slots)))
    wide = {grid for grid, rows in by_grid.items() if any(len(row.values) > width for row, width in rows)}
    return defaultdict(Margin, {grid: margin(by_grid[grid]) for grid in wide})


def _leave_before(table: str, row: TableRow, result: _Result) -> None:
    """Accounts for numbers before a row's label: one is the row's ordinal, more are leftovers."""
    if len(row.before) == 1 and len(row.before[0].text.strip()) <= LONGEST_ORDINAL:
        result.ignore("row_number", 1)
    elif row.before:
        words = message("unknown_label", label=normalise(row.label))
        result.leave(table, row, row.before, words)
        result.findings.append(Finding(words, row.locator, table))


def _leave_table(table: str, entries: Sequence[Entry], result: _Result) -> None:
    """Lists the numbers of what bears several labels of a table and is not whole enough to be read as it."""
    labels = {(m.axis, m.key) for e in entries for m in _meanings(e.row) if m.table == table and m.key}
    numbers = [(e.row, cell) for e in entries for cell in (*e.row.before, *e.row.numeric)]
    if len(labels) < LEAST_LABELS or not numbers:
        return
    words = message("table_not_located", labels=len(labels))
    for row, cell in numbers:
        result.leave(table, row, [cell], words)
    result.findings.append(Finding(words, numbers[0][0].locator, table))


def _leave_row(table: str, row: TableRow, result: _Result) -> None:
    numbers = () if row.is_header else (*row.before, *row.numeric)
    if numbers:
        words = message("unknown_label", label=normalise(row.label) or "-")
        result.leave(table, row, numbers, words)
        result.findings.append(Finding(words, row.locator, table))


@dataclass(frozen=True, slots=True)
class _Target:
    """The block and row a data row fills; `row` is empty for a banded block; `certain` if labels alone tell."""

    block: Block
    row: str
    certain: bool


def _place(
    entry: Entry,
    table: str,
    template: Template,
    lexicon: Lexicon,
    entries: Sequence[Entry],
    result: _Result,
) -> _Target | None:
    """What a row fills in the chosen variant; None for headers and rows that fill nothing."""
    row = entry.row
    if row.is_header:
        return None
    blocks = {block.name: block for block in template.tables[table]}
    meanings = [m for m in row.meanings if (m.variant, m.table) == (template.variant, table)]
    if meanings:
        meaning = _by_parents(meanings, row.parents)
        return _Target(_beside(blocks[meaning.block]), meaning.key, True) if meaning else None
    banded = next((block for block in blocks.values() if block.banded), None)
    if banded is not None:
        named = any(lexicon.lookup(cell.text) for cell in row.values if cell.text.strip())
        is_line = entry.header and not named and _is_of_values(row)
        return _Target(banded, "", not row.label) if is_line else None
    if not row.label or not row.values:
        return None
    return _place_similar(row, table, template, lexicon, entries, result)


def _is_of_values(row: TableRow) -> bool:
    """Whether most of what a line holds could be values: other tables have lines that begin with a number, too."""
    filled = [cell.text for cell in row.values if cell.text.strip()]
    return 2 * sum(map(is_value_text, filled)) >= len(filled)


def _beside(block: Block) -> Block:
    """The block as its labels stand beside its numbers: a table that was turned has its bands for rows."""
    return replace(block, banded=False) if block.banded else block


def _by_parents(meanings: Sequence[Meaning], parents: tuple[str, ...]) -> Meaning | None:
    """The meaning whose parents on the form the row stands under, where its label alone leaves it open."""
    if len(meanings) == 1:
        return meanings[0]
    fitting = [m for m in meanings if set(m.parents) <= set(parents)]
    deepest = max((len(m.parents) for m in fitting), default=0)
    best = [m for m in fitting if len(m.parents) == deepest]
    return best[0] if len(best) == 1 else None


def _place_similar(
    row: TableRow,
    table: str,
    template: Template,
    lexicon: Lexicon,
    entries: Sequence[Entry],
    result: _Result,
) -> _Target | None:
    """What a label with a typing error fills, with a finding; None in doubt."""
    match = _similar_row(row, table, template.variant, lexicon, entries)
    if match is None or _follows_a_half(row, table, template.variant, lexicon, entries):
        return None
    meaning, standard = match
    words = message("similar_label", printed=normalise(row.label), standard=standard)
    result.findings.append(Finding(words, row.locator, table))
    block = next(b for b in template.tables[table] if b.name == meaning.block)
    return _Target(block, meaning.key, False)


def _follows_a_half(
    row: TableRow, table: str, variant: str, lexicon: Lexicon, entries: Sequence[Entry]
) -> bool:
    """Whether a page end stands between a row and one with numbers that is none of the form's.

    Then both may be one row, and what looks like a whole label has lost its beginning and some of its numbers.
    """
    if not row.first:
        return False
    place = next((n for n, entry in enumerate(entries) if entry.row is row), 0)
    above = entries[place - 1].row if place else None
    if above is None or above.is_header or above.meanings or not (above.label and above.numeric):
        return False
    return _similar_row(above, table, variant, lexicon, entries) is None


def _similar_row(
    row: TableRow, table: str, variant: str, lexicon: Lexicon, entries: Sequence[Entry]
) -> tuple[Meaning, str] | None:
    """The row of the form that a label with a typing error means: only among those no other row claims."""
    taken = {(m.block, m.key) for e in entries for m in e.row.meanings if m.variant == variant}
    free = {m for m in lexicon.rows(variant, table) if (m.block, m.key) not in taken}
    unnumbered = free.intersection(lexicon.row_under(row.label, row.parents))
    if len(unnumbered) == 1:
        meaning = unnumbered.pop()
        return meaning, lexicon.spelling(meaning)
    return lexicon.similar(row.label, free)


def _read_values(
    entry: Entry,
    target: _Target,
    header: Header | None,
    variant: str,
    clear: Margin,
    result: _Result,
) -> None:
    """Puts the values of one data row into their cells, or lists them as leftovers."""
    row, table = entry.row, target.block.table
    if header is None:
        words = message("header_contradicts", label=normalise(row.label))
        result.leave(table, row, row.numeric, words)
        result.findings.append(Finding(words, row.locator, table))
        return
    # Where a column is none of the form's, a blank may be its: then nothing tells whose the numbers are.
    is_sure = len(row.values) == len(header.slots) or all(slot.column for slot in header.slots)
    cells = align(row.values, len(header.slots), under(header, clear, row.grid)) if is_sure else None
    told = cells is not None
    cells = cells or by_kind(row.values, [slot.column.unit for slot in header.slots if slot.column])
    if cells is None or len(cells) != len(header.slots):
        _leave_count(row, table, len(header.slots), result)
        return
    if not told:
        words = message("placed_by_kind", label=normalise(row.label), expected=len(cells))
        result.findings.append(Finding(words, row.locator, table))
    if not header.seen:
        inferred = Finding(message("header_inferred", block=target.block.name), row.locator, table)
        if not any(f.message == inferred.message for f in result.findings):
            result.findings.append(inferred)
    strange = [cell for cell, slot in zip(cells, header.slots, strict=True) if slot.column is None]
    result.leave(table, row, strange, message("unknown_column", row=normalise(row.label) or "-"))
    pairs = [(cell, slot) for cell, slot in zip(cells, header.slots, strict=True) if slot.column]
    readings = _readings(pairs, target, variant, certain=told and target.certain and header.seen)
    _store(entry, [cell for cell, _ in pairs], list(readings), result)


def _leave_count(row: TableRow, table: str, width: int, result: _Result) -> None:
    filled = sum(1 for cell in row.values if cell.text.strip())
    if filled:
        words = message("wrong_count", label=normalise(row.label), found=filled, expected=width)
        result.leave(table, row, row.numeric, words)
        result.findings.append(Finding(words, row.locator, table))


def _readings(
    pairs: Iterable[tuple[Cell, Slot]], target: _Target, variant: str, *, certain: bool
) -> Iterator[CellReading]:
    table, confidence = target.block.table, 1.0 if certain else INFERRED
    for cell, slot in pairs:
        if slot.column is not None:
            value = read_value(cell.text, slot.column.unit, slot.factor)
            yield CellReading(
                table=table,
                row=slot.band.key if slot.band else target.row,
                column=slot.column.key,
                variant=variant,
                raw=cell.text.strip(),
                kind=value.kind,
                value=value.number,
                unit=value.unit,
                locator=cell.locator,
                confidence=min(cell.confidence, confidence),
            )


def _store(entry: Entry, cells: Sequence[Cell], readings: Sequence[CellReading], result: _Result) -> None:
    """Keeps a row's readings; a row that stands already is set aside if it says the same, else left over.

    What only a copy with other numbers has is not mixed in.
    """
    row, table = entry.row, readings[0].table
    standing = [result.cells.get((table, r.row, r.column)) for r in readings]
    stands = any(cell is not None and cell.kind == "reported" for cell in standing)
    if any(standing) and all(reading.kind == "blank" for reading in readings):
        # An empty line says nothing of what an earlier one says.
        for reading in readings if entry.standing == "read" else ():
            result.cells.setdefault((table, reading.row, reading.column), reading)
        return
    if not stands and entry.standing == "read":
        _keep(row, cells, readings, result)
    elif [cell and cell.value for cell in standing] == [r.value for r in readings]:
        result.ignore("repeated_row", sum(is_numeric_text(cell.text) for cell in cells))
    elif any(r.kind != "blank" for r in readings):
        words = message("conflicting_row", label=normalise(row.label))
        for reading, cell in zip(readings, standing, strict=True):
            if cell is not None and cell.value != reading.value:
                doubted = replace(cell, confidence=min(cell.confidence, INFERRED))
                result.cells[table, cell.row, cell.column] = doubted
        result.leave(table, row, cells, words)
        result.findings.append(Finding(words, row.locator, table))


def _keep(row: TableRow, cells: Sequence[Cell], readings: Sequence[CellReading], result: _Result) -> None:
    """Keeps readings; a number that its column cannot take (a fraction of a count) is left over as well."""
    for cell, reading in zip(cells, readings, strict=True):
        result.cells[reading.table, reading.row, reading.column] = reading
        if reading.kind == "reported":
            result.found += 1
            result.used += 1
        elif reading.kind == "unreadable":
            words = message("unreadable_cell", raw=reading.raw[:40], row=reading.row, column=reading.column)
            result.findings.append(Finding(words, reading.locator, reading.table))
            result.leave(reading.table, row, [cell], words)


def _fill_absent(table: str, template: Template, result: _Result) -> None:
    missing: Counter[str] = Counter()
    for place in template.places[table]:
        if place not in result.cells:
            missing[place[1]] += 1
            result.cells[place] = CellReading(*place, template.variant, "", "absent", None, None)
    if missing:
        words = message("absent_cells", count=missing.total(), rows=", ".join(missing))
        result.findings.append(Finding(words, Locator(), table))
