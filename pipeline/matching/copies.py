"""The rows of one table of the form, which a document may print more than once → the copy to read, and its rivals.

A page may set last year's table beside this year's, or repeat the report in another version. Two copies with the
same numbers are one table; two that differ are never mixed into one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from pipeline.document import Document, Paragraph
from pipeline.identity.lines import flowing_text, prose_lines
from pipeline.identity.titles import find_title
from pipeline.identity.years import period_year, title_year
from pipeline.matching.lexicon import squeeze
from pipeline.matching.rows import HeaderLabel, TableRow
from pipeline.matching.year_columns import other_year_words
from pipeline.narrative import is_heading

Standing = Literal["read", "rival", "other_year"]
LONGEST_CAPTION = 40
CAPTION_LINES = 2
SENTENCE_ENDS = ("。", "；")
LEAST_REPEATED = 2  # rows of a table that stand again before a second copy of it begins
_YEAR = re.compile(r"(?<!\d)20\d{2}(?=年)")


class Entry(NamedTuple):
    """A row within the run of rows of one table.

    Attributes:
        row: The row.
        header: The header labels that stand over it.
        standing: `read`; `rival` for a row of a copy that differs from the one that is read; `other_year` where
            that copy says to be of another year.
    """

    row: TableRow
    header: tuple[HeaderLabel, ...]
    standing: Standing = "read"


_Values = tuple[str, ...]


def sorted_out(entries: Sequence[Entry], document: Document) -> list[Entry]:
    """The rows of one table in order, those of copies that are not to be read marked as such.

    Args:
        entries: All rows that were told to be of the table.
        document: The document, whose title tells the report's year and whose lines stand over the copies.
    """
    entries = _headed_first(entries)
    copies = _copies([entry for entry in entries if entry.standing == "read"])
    if len(copies) == 1 or _all_agree(copies):
        return list(entries)
    chosen, sure = _chosen(copies, _captions(document), stated_year(document))
    wanted = _named_values(chosen)
    other: Standing = "other_year" if sure else "rival"
    marked = [
        entry._replace(standing="read" if agrees else other)
        for copy in copies
        for agrees in [_agree(wanted, _named_values(copy))]
        for entry in copy
    ]
    marked += [entry for entry in entries if entry.standing != "read"]
    # What is read comes first: a row that rivals have as well is then the one that stands.
    return sorted(marked, key=lambda entry: entry.standing != "read")


def _headed_first(entries: Sequence[Entry]) -> list[Entry]:
    """The rows, those of grids under no header of the form last and rivals, where others have theirs under one.

    In their prose offices count what they published by kind: `信息类别 | 公开数量`, with rows named as the form's.
    """
    strange = {entry.row.grid for entry in entries if _heads_otherwise(entry)}
    strange |= {entry.row.grid for entry in entries} - {e.row.grid for e in entries if e.header}
    headed = {name for entry in entries if entry.row.grid not in strange for name in _labels(entry)}
    bare = {e.row.grid for e in entries if e.row.grid in strange and not headed.isdisjoint(_labels(e))}
    marked = [entry._replace(standing="rival") if entry.row.grid in bare else entry for entry in entries]
    return sorted(marked, key=lambda entry: entry.standing != "read")


def _heads_otherwise(entry: Entry) -> bool:
    """Whether a grid begins with a line of words of which none is the form's, and with no cell for values."""
    row = entry.row
    return row.first and not (row.header or row.meanings or row.values) and bool(row.label and row.parents)


def _captions(document: Document) -> dict[int, str]:
    """The short lines right above each grid, by the grid's ordinal."""
    above: list[str] = []
    found: dict[int, str] = {}
    for block in document.blocks:
        if isinstance(block, Paragraph):
            is_sentence = block.text.rstrip().endswith(SENTENCE_ENDS)
            is_caption = len(block.text) <= LONGEST_CAPTION and not (is_sentence or is_heading(block.text))
            above = [*above, block.text][-CAPTION_LINES:] if is_caption else []
        else:
            found[len(found)] = "\n".join(above)
            above = []
    return found


def stated_year(document: Document) -> int | None:
    """The year that a document's title or its statistics' period states; None where neither does."""
    lines = prose_lines(document)
    return title_year(find_title(lines)) or period_year(flowing_text(lines))


def _copies(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The rows cut where most rows of a part have stood already since the last cut.

    Rows that were left blank are the table's, too; a line without one, such as the table's name, goes with what
    follows it in its grid.
    """
    copies: list[list[Entry]] = [[]]
    met: set[str] = set()
    held: list[Entry] = []
    for members in _parts(entries):
        names = {name for entry in members for name in _labels(entry)}
        if not names:
            held += members
            continue
        again = names & met
        grid = members[0].row.grid
        if len(again) >= LEAST_REPEATED and 2 * len(again) > len(names):
            copies[-1] += [entry for entry in held if entry.row.grid != grid]
            copies.append([entry for entry in held if entry.row.grid == grid])
            met = set()
        else:
            copies[-1] += held
        held = []
        copies[-1] += members
        met |= names
    copies[-1] += held
    return copies


def _parts(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The rows cut between grids, and before a header that stands under rows."""
    part: list[Entry] = []
    for entry in entries:
        if part and (
            entry.row.grid != part[-1].row.grid or (entry.row.is_header and not part[-1].row.is_header)
        ):
            yield part
            part = []
        part.append(entry)
    yield part


def _named_values(entries: Iterable[Entry]) -> dict[str, _Values]:
    """The values of the rows that hold numbers, by what names the row: its label, or the bands over it."""
    return {name: values for entry in entries for name, values in _named(entry)}


def _named(entry: Entry) -> Iterator[tuple[str, _Values]]:
    values = tuple(squeeze(cell.text) for cell in entry.row.values if cell.text.strip())
    yield from ((name, values) for name in _names(entry))


def _names(entry: Entry) -> set[str]:
    """What names a row that holds numbers."""
    return _labels(entry) if entry.row.numeric else set()


def _labels(entry: Entry) -> set[str]:
    """What names a row with cells for values: its label, or the bands over it."""
    row = entry.row
    if row.is_header or not row.values:
        return set()
    names = {m.key for m in row.meanings if m.axis == "row"}
    if names or row.label:
        return names
    return {m.key for label in entry.header for m in label.meanings if m.axis == "band"}


def _all_agree(copies: Iterable[Sequence[Entry]]) -> bool:
    met: dict[str, _Values] = {}
    for copy in copies:
        values = _named_values(copy)
        if not _agree(met, values):
            return False
        met |= values
    return True


def _agree(one: Mapping[str, _Values], other: Mapping[str, _Values]) -> bool:
    """Whether no row that stands in both has other values in the second."""
    return all(one.get(name, values) == values for name, values in other.items())


def _chosen(
    copies: Sequence[list[Entry]], above: Mapping[int, str], report_year: int | None
) -> tuple[list[Entry], bool]:
    """The copy to read, and whether the lines over the copies tell it; else it is the first."""
    own = [copy for copy in copies if not _is_of_another_year(_words_over(copy, above), report_year)]
    return (own[0], True) if len(own) == 1 else (copies[0], False)


def _words_over(copy: Sequence[Entry], above: Mapping[int, str]) -> str:
    grids = dict.fromkeys(entry.row.grid for entry in copy)
    rows = (entry.row for entry in copy if not entry.row.is_header)
    own = (row.label for row in rows if not row.meanings and not row.numeric)
    return "\n".join([*(above.get(grid, "") for grid in grids), *own])


def _is_of_another_year(words: str, report_year: int | None) -> bool:
    years = {int(year) for year in _YEAR.findall(words)}
    if years:
        return report_year is not None and report_year not in years
    return any(word in words for word in other_year_words())
