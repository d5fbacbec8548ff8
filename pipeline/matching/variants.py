"""The rows of each table flow in; out flow the tables that are the form's, each with the variants that it may follow.

Labels alone tell the variant, never the year and never the letter that a report cites.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.matching.copies import Entry
from pipeline.matching.lexicon import Lexicon, Meaning
from pipeline.matching.placing import Located, similar_row
from pipeline.matching.rows import TableRow
from pipeline.templates import Block, Template

LEAST_SHARE = 0.3  # of a table's rows that must be known for the table to count as found

Known = Mapping[str, set[Meaning]]
"""What labels mean, by the variant that knows them."""


def located_tables(
    tables: Mapping[str, Sequence[Entry]], templates: Mapping[str, Template], lexicon: Lexicon
) -> list[Located]:
    """The tables that were found: each with the variant that knows most of its labels, and those that know as many.

    Where two variants know the same labels (table 4 is the same in both), the table goes with the table before
    it, else the one after; no number depends on the choice.
    """
    read = {table: [e for e in entries if e.standing == "read"] for table, entries in tables.items()}
    known = {table: _known(table, entries) for table, entries in read.items()}
    best: dict[str, list[str]] = {}
    for table, entries in read.items():
        fitting = [
            Located(table, templates[name], entries, lexicon)
            for name in _best_variants(table, entries, known[table], templates)
        ]
        best[table] = _best_guessed(fitting)
    chosen = _chosen(best, templates)
    return [
        Located(
            table,
            templates[variant],
            tables[table],
            lexicon,
            tuple(templates[name] for name in _as_likely(variant, known[table], templates)),
        )
        for table, variant in chosen.items()
    ]


def _chosen(best: Mapping[str, list[str]], templates: Mapping[str, Template]) -> dict[str, str]:
    """The variant of each table that has any, in the order of the form."""
    order = [t for template in templates.values() for t in template.tables]
    located = [t for t in dict.fromkeys(order) if best.get(t)]
    chosen: dict[str, str] = {t: best[t][0] for t in located if len(best[t]) == 1}
    for table in located:
        before = [chosen[t] for t in located[: located.index(table)] if t in chosen]
        after = [chosen[t] for t in located[located.index(table) + 1 :] if t in chosen]
        likely = [v for v in (*reversed(before), *after) if v in best[table]]
        chosen.setdefault(table, likely[0] if likely else best[table][-1])
    return {table: chosen[table] for table in located}


def _as_likely(chosen: str, known: Known, templates: Iterable[str]) -> Iterator[str]:
    """The other variants that know at least as many of a table's labels."""
    least = _keyed(known.get(chosen, set()))
    for name in templates:
        if name != chosen and _keyed(known.get(name, set())) >= least:
            yield name


def _best_variants(
    table: str, entries: Sequence[Entry], known: Known, templates: Mapping[str, Template]
) -> list[str]:
    """The variants that explain most of a table's labels; empty where no variant finds its table there."""
    scores: dict[str, int] = {}
    for name, template in templates.items():
        if _is_located(template.tables.get(table, ()), entries, known.get(name, set())):
            scores[name] = _keyed(known.get(name, set()))
    return [name for name in scores if scores[name] == max(scores.values())]


def _best_guessed(fitting: Sequence[Located]) -> list[str]:
    """Those of some variants that fit alike under which most rows with a misprinted label find their place."""
    names = [located.template.variant for located in fitting]
    rows = [e.row for e in fitting[0].entries] if len(fitting) > 1 else []
    strange = [row for row in rows if row.label and not row.meanings and row.has_numbers]
    if not strange:
        return names
    found = [sum(similar_row(located, row) is not None for row in strange) for located in fitting]
    return [name for name, count in zip(names, found, strict=True) if count == max(found)]


def _known(table: str, entries: Sequence[Entry]) -> dict[str, set[Meaning]]:
    """What the labels of a table mean, by the variant that knows them."""
    known: dict[str, set[Meaning]] = {}
    for meaning in {m for e in entries for m in meanings_of(e.row)}:
        if meaning.table == table:
            known.setdefault(meaning.variant, set()).add(meaning)
    return known


def _keyed(meanings: set[Meaning]) -> int:
    return sum(bool(meaning.key) for meaning in meanings)


def meanings_of(row: TableRow) -> Iterator[Meaning]:
    """What the labels of a row mean, its own and those of a header."""
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
