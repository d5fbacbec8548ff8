"""A located table's rows flow in; out flow those that fill a row of the form, each with the row that it fills.

A row's label decides, never its order or position; one with a typing error is told only among the rows of the form
that no other row claims. What fills nothing is left over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.matching.copies import Entry
from pipeline.matching.gathered import Gathered
from pipeline.matching.lexicon import Lexicon, Meaning, normalise, squeeze
from pipeline.matching.rows import TableRow
from pipeline.matching.values import is_value_text
from pipeline.templates import Block, Template
from schemas.messages import message


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A table of the form that a document has.

    Attributes:
        table: Its name.
        template: The variant that it follows.
        entries: Its rows.
        lexicon: The labels to match.
        rivals: The variants that its labels would follow just as well.
    """

    table: str
    template: Template
    entries: Sequence[Entry]
    lexicon: Lexicon
    rivals: tuple[Template, ...] = ()
    _free: list[frozenset[Meaning]] = field(default_factory=list, repr=False)

    def free_rows(self) -> frozenset[Meaning]:
        """The rows of the form that no row claims by its label."""
        if not self._free:
            variant = self.template.variant
            taken = {(m.block, m.key) for e in self.entries for m in e.row.meanings if m.variant == variant}
            rows = self.lexicon.rows(variant, self.table)
            self._free.append(frozenset(m for m in rows if (m.block, m.key) not in taken))
        return self._free[0]


@dataclass(frozen=True, slots=True)
class Target:
    """The block and row a data row fills; `row` is empty for a banded block; `certain` if labels alone tell."""

    block: Block
    row: str
    certain: bool


Placed = tuple[Entry, Target]


def placed_rows(located: Located, gathered: Gathered) -> list[Placed]:
    """The rows that fill a row of the form; the numbers of the others are accounted for."""
    placed: list[Placed] = []
    for entry in _of_own_year(located, gathered):
        target = _target(located, entry, gathered)
        if target is None:
            gathered.leave_unknown(located.table, entry.row)
        else:
            placed.append((entry, target))
    return _without_competing(located.table, placed, gathered)


def _of_own_year(located: Located, gathered: Gathered) -> list[Entry]:
    """The rows but for those of a copy that says to be of another year, whose numbers are set aside."""
    entries = located.entries
    others = [entry.row for entry in entries if entry.standing == "other_year" and not entry.row.is_header]
    gathered.set_aside([cell for row in others for cell in (*row.before, *row.numeric)], located.table)
    return [entry for entry in entries if entry.standing != "other_year"]


def _target(located: Located, entry: Entry, gathered: Gathered) -> Target | None:
    """What a row fills in the chosen variant; None for headers and rows that fill nothing."""
    row, template = entry.row, located.template
    if row.is_header:
        return None
    blocks = template.tables[located.table]
    meanings = [m for m in row.meanings if (m.variant, m.table) == (template.variant, located.table)]
    if meanings:
        meaning = _by_parents(meanings, row.parents)
        return Target(_beside(_named(blocks, meaning)), meaning.key, True) if meaning else None
    banded = next((block for block in blocks if block.banded), None)
    if banded is not None:
        named = any(located.lexicon.lookup(cell.text) for cell in row.values if cell.text.strip())
        is_line = entry.header and not named and _is_of_values(row)
        return Target(banded, "", not row.label) if is_line else None
    if not row.label or not row.values:
        return None
    return _similar_target(located, row, gathered)


def _named(blocks: Sequence[Block], meaning: Meaning) -> Block:
    return next(block for block in blocks if block.name == meaning.block)


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


def _similar_target(located: Located, row: TableRow, gathered: Gathered) -> Target | None:
    """What a label with a typing error fills, with a finding; None in doubt."""
    match = similar_row(located, row)
    if match is None or _follows_a_half(located, row):
        return None
    meaning, standard = match
    gathered.note(
        located.table, row, message("similar_label", printed=normalise(row.label), standard=standard)
    )
    return Target(_named(located.template.tables[located.table], meaning), meaning.key, False)


def _follows_a_half(located: Located, row: TableRow) -> bool:
    """Whether a page end stands between a row and one with numbers that is none of the form's.

    Then both may be one row, and what looks like a whole label has lost its beginning and some of its numbers.
    """
    if not row.first:
        return False
    place = next((n for n, entry in enumerate(located.entries) if entry.row is row), 0)
    above = located.entries[place - 1].row if place else None
    if above is None or above.is_header or above.meanings or not (above.label and above.has_numbers):
        return False
    return similar_row(located, above) is None


def similar_row(located: Located, row: TableRow) -> tuple[Meaning, str] | None:
    """The row of the form that a label with a typing error means: only among those no other row claims."""
    lexicon, free = located.lexicon, located.free_rows()
    unnumbered = free.intersection(lexicon.row_under(row.label, row.parents))
    if len(unnumbered) == 1:
        meaning = next(iter(unnumbered))
        return meaning, lexicon.spelling(meaning)
    return lexicon.similar(row.label, free)


def _without_competing(table: str, placed: Sequence[Placed], gathered: Gathered) -> list[Placed]:
    """The rows but for misprinted ones of which several would be the same row of the form with other numbers."""
    inferred = [one for one in placed if _is_inferred(*one)]
    claims: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for entry, target in inferred:
        if entry.row.has_numbers:
            texts = tuple(squeeze(cell.text) for cell in entry.row.values)
            claims.setdefault((target.block.name, target.row), set()).add(texts)
    kept: list[Placed] = []
    for entry, target in placed:
        is_contested = len(claims.get((target.block.name, target.row), ())) > 1
        if is_contested and _is_inferred(entry, target):
            gathered.leave_unknown(table, entry.row)
        else:
            kept.append((entry, target))
    return kept


def _is_inferred(entry: Entry, target: Target) -> bool:
    """Whether a row was told by a label that is not quite the form's."""
    return not entry.row.meanings and not target.block.banded
