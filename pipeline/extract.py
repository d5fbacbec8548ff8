"""Document + templates → the cells of the form, and what could not be placed.

Rows are matched by their labels, never by order or position; the values of a row are taken in order and counted
against the header. Which variant a table follows is told by its labels alone. Every number in a located table is
used, set aside by a named rule, or listed as a leftover.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.document import Document
from pipeline.matching.bands import banded_grids
from pipeline.matching.copies import Entry, sorted_out, stated_year
from pipeline.matching.filling import INFERRED, read_table
from pipeline.matching.gathered import Gathered
from pipeline.matching.glued import unglued
from pipeline.matching.halves import whole_rows
from pipeline.matching.lexicon import Lexicon, load_lexicon
from pipeline.matching.merged import merged_again
from pipeline.matching.noise import without_noise
from pipeline.matching.page_ends import with_whole_headers
from pipeline.matching.rows import mend, read_rows, without_numbering
from pipeline.matching.tables import rows_by_table
from pipeline.matching.turned import upright
from pipeline.matching.variants import located_tables, meanings_of
from pipeline.matching.year_columns import own_year_rows
from pipeline.report import Extraction, Finding
from pipeline.templates import load_templates
from schemas.messages import message

__all__ = ["INFERRED", "extract"]

LEAST_LABELS = 4  # of a table that must be known for numbers beside them to count as that table's


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
    printed = without_noise([unglued(grid, lexicon) for grid in banded_grids(document, lexicon)], lexicon)
    grids = [upright(merged_again(grid, lexicon), lexicon) for grid in with_whole_headers(printed, lexicon)]
    all_rows, numbering = without_numbering(mend(read_rows(grids, lexicon), lexicon))
    rows, of_other_years = own_year_rows(all_rows, grids, lambda: stated_year(document), lexicon)
    tables = {
        table: sorted_out(whole_rows(entries), document) for table, entries in rows_by_table(rows).items()
    }
    found = located_tables(tables, templates, lexicon)
    gathered = Gathered(variants={located.table: located.template.variant for located in found})
    for located in found:
        read_table(located, gathered)
    gathered.set_aside(of_other_years)
    gathered.ignore("column_number", len(numbering))
    for table in [name for name in tables if name not in gathered.variants]:
        _leave_table(table, tables[table], gathered)
    _note_second_report(gathered)
    places = [place for located in found for place in located.template.places[located.table]]
    return Extraction(
        cells=tuple(gathered.cells[place] for place in places),
        leftovers=tuple(gathered.leftovers),
        findings=tuple(gathered.findings),
        variants=gathered.variants,
        numeric_found=gathered.found,
        numeric_used=gathered.used,
        numeric_ignored=dict(gathered.ignored),
    )


def _leave_table(table: str, entries: Sequence[Entry], gathered: Gathered) -> None:
    """Lists the numbers of what bears several labels of a table and is not whole enough to be read as it."""
    labels = {(m.axis, m.key) for e in entries for m in meanings_of(e.row) if m.table == table and m.key}
    numbers = [(e.row, cell) for e in entries for cell in (*e.row.before, *e.row.numeric)]
    if len(labels) < LEAST_LABELS or not numbers:
        return
    words = message("table_not_located", labels=len(labels))
    for row, cell in numbers:
        gathered.leave(table, row, [cell], words)
    gathered.note(table, numbers[0][0], words)


def _note_second_report(gathered: Gathered) -> None:
    """Says so where most of what two tables hold stands in the file again, with other numbers."""
    again = Counter(left.table for left in gathered.leftovers if left.message.code == "conflicting_row")
    if not again:
        return
    read = Counter[str | None](cell.table for cell in gathered.cells.values() if cell.kind == "reported")
    if sum(2 * count >= read[table] for table, count in again.items()) > 1:
        gathered.findings.append(Finding(message("second_report", numbers=again.total())))
