"""Grids as printed flow in; those whose header was cut within a row by a page end flow out, with the row whole again.

The words of its cells go on in the first row of the next page: `结果维` and `持`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.document import Cell, Grid
from pipeline.matching.lexicon import Lexicon
from pipeline.matching.values import is_value_text

LEAST_CUT = 2
"""Labels that two rows spell together from which they are one."""


def with_whole_headers(grids: Sequence[Grid], lexicon: Lexicon) -> list[Grid]:
    """The grids, each row of a header that a page end cut in two made one, at the top of the later page."""
    whole = list(grids)
    for place in range(1, len(whole)):
        upper, lower = whole[place - 1 : place + 1]
        if upper.rows and lower.rows and _are_halves(upper.rows[-1], lower.rows[0], lexicon):
            pairs = zip(upper.rows[-1], lower.rows[0], strict=True)
            row = tuple(cell._replace(text=words_of_halves(half, cell)) for half, cell in pairs)
            whole[place - 1] = replace(upper, rows=upper.rows[:-1])
            whole[place] = replace(lower, rows=(row, *lower.rows[1:]))
    return whole


def _are_halves(upper: Sequence[Cell], lower: Sequence[Cell], lexicon: Lexicon) -> bool:
    """Whether two rows hold words alone, in the same columns, which are labels over columns only together."""
    if [cell.column for cell in upper] != [cell.column for cell in lower] or _has_values(upper, lower):
        return False
    cut = [
        (one.text, words_of_halves(one, other))
        for one, other in zip(upper, lower, strict=True)
        if other.text.strip()
    ]
    return (
        sum(bool(half.strip()) for half, _ in cut) >= LEAST_CUT  # else a blank row ends the upper page
        and all(_is_head(label, lexicon) for _, label in cut)
        and 2 * sum(_is_head(half, lexicon) for half, _ in cut) < len(cut)  # `其他` is one, too.
    )


def _has_values(*rows: Iterable[Cell]) -> bool:
    return any(is_value_text(cell.text) for row in rows for cell in row)


def words_of_halves(one: Cell, other: Cell) -> str:
    """What two halves of a cell say together, a line each."""
    return "\n".join(text for text in (one.text, other.text) if text.strip())


def _is_head(text: str, lexicon: Lexicon) -> bool:
    axes = lexicon.axes(text)
    return bool(axes) and "row" not in axes
