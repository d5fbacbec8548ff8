"""Grids as a page prints them flow in; grids without the words that a site put into their labels flow out.

Mirror sites put their name into what they copy, at any place. Words that stand in several labels of the form, and
are of none, are of the site.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pipeline.document import Cell, Grid
from pipeline.matching.lexicon import LONGEST, Lexicon, normalise
from pipeline.matching.values import is_value_text

LEAST_LABELS = 2
"""Labels of the form that the same words stand in, from which these are taken for a site's."""
MOST_STRANGE = 400
"""Different texts that are no label of the form; where there are more, they are of other tables, and many."""
SHORTEST = 2
"""Characters of such words."""


def without_noise(grids: Sequence[Grid], lexicon: Lexicon) -> list[Grid]:
    """The grids, their labels without what a site put into them, where that makes them labels of the form."""
    texts = {cell.text for grid in grids for row in grid.rows for cell in row}
    strange = {text for text in texts if _is_strange(text, lexicon)}
    if not LEAST_LABELS <= len(strange) <= MOST_STRANGE:
        return list(grids)
    words = [word for word, count in Counter(_insertions(strange, lexicon)).items() if count >= LEAST_LABELS]
    if not words:
        return list(grids)
    # What stands in the document already is not meant once more (`其中：…`).
    rows = {m for text in texts for m in lexicon.rows_named(text)}
    labels = {
        text: label
        for text in strange
        if (label := _freed(text, words, lexicon)) and rows.isdisjoint(lexicon.rows_named(label))
    }
    return [_relabelled(grid, labels) for grid in grids] if labels else list(grids)


def _is_strange(text: str, lexicon: Lexicon) -> bool:
    return len(text) <= LONGEST and not is_value_text(text) and not lexicon.lookup(text)


def _insertions(texts: Iterable[str], lexicon: Lexicon) -> Iterator[str]:
    """The words that stand in a label of the form, once for each text that holds one."""
    for text in texts:
        _, words = lexicon.within(normalise(text))
        if len(words) >= SHORTEST:
            yield words


def _freed(text: str, words: Sequence[str], lexicon: Lexicon) -> str:
    """A label without the site's words; empty where it is none of the form's."""
    printed = normalise(text)
    for word in words:
        label = printed.replace(word, "", 1)
        if label != printed and lexicon.lookup(label):
            return label
    return ""


def _relabelled(grid: Grid, labels: dict[str, str]) -> Grid:
    rows = tuple(tuple(_renamed(cell, labels) for cell in row) for row in grid.rows)
    return Grid(rows, grid.locator)


def _renamed(cell: Cell, labels: dict[str, str]) -> Cell:
    label = labels.get(cell.text)
    return cell if label is None else cell._replace(text=label)
