"""Keys of the form ↔ the words printed there: a cell's label path for people, and a cell by its labels or keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.faults import CodedError
from pipeline.matching.lexicon import normalise
from pipeline.templates import Label, load_templates
from schemas.codes import load_codes
from schemas.messages import Language
from schemas.references import load_told_counts

PATH_SIGN = " > "
CROSS = " × "
WHOLE_LINE = "*"
PLACE_SIGN = "/"
MOST_SUGGESTED = 5


class CellNameError(CodedError):
    """A cell was named that the report's forms do not have, or that several answer to."""


@dataclass(frozen=True, slots=True, order=True)
class CellName:
    """A cell of the form by its keys."""

    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return PLACE_SIGN.join((self.table, self.row, self.column))


@dataclass(frozen=True, slots=True)
class Words:
    """A line of the form in words: its printed label path, and its key as English words."""

    path: tuple[str, ...]
    key: str

    def text(self, language: Language) -> str:
        """The label path in Chinese as printed, or the key in English words."""
        return PATH_SIGN.join(self.path) if language == "zh" else self.key.replace("_", " ")


@cache
def line_words(variant: str | None, table: str) -> Mapping[str, Words]:
    """The rows and columns of a table by key; every variant's, the newest form's words first, for None."""
    templates = load_templates()
    chosen = [templates[variant]] if variant is not None else [*templates.values()]
    lines: dict[str, Words] = {}
    for template in chosen:
        for block in template.tables.get(table, ()):
            for label in (*block.rows, *block.columns):
                lines[label.key] = Words(label.path, label.key)
    return lines


def table_words(table: str, language: Language) -> str:
    """A table's title, such as 表三：收到和处理政府信息公开申请情况."""
    codes = {code.code: code for code in load_codes()["table_name"]}
    code = codes.get(table)
    return (code.zh if language == "zh" else code.en.rstrip(".")) if code else table


def cell_words(cell: CellName, variant: str | None = None, language: Language = "zh") -> str:
    """A cell in words: the label path of its row, and that of its column."""
    return CROSS.join(_line(cell.table, key, variant, language) for key in (cell.row, cell.column))


def place_words(place: str, variant: str | None = None, language: Language = "zh") -> str:
    """A place of `check_results` in words: a cell, a row, a column (`table/*/column`) or a table."""
    table, *keys = place.split(PLACE_SIGN)
    if table == "narrative":
        return _told_words(keys[0], language)
    if not keys:
        return table_words(table, language)
    return CROSS.join(_line(table, key, variant, language) for key in keys if key != WHOLE_LINE)


def _told_words(concept: str, language: Language) -> str:
    """The cells that a count told in prose must equal."""
    for count in load_told_counts():
        if count.concept == concept:
            cells = [CellName(count.table, row, column) for row in count.rows for column in count.columns]
            return " + ".join(cell_words(cell, None, language) for cell in cells)
    return concept


def _line(table: str, key: str, variant: str | None, language: Language) -> str:
    words = line_words(variant, table).get(key) or line_words(None, table).get(key)
    return words.text(language) if words else key


def find_cell(name: str, variants: Mapping[str, str]) -> CellName:
    """The cell that a person names: `table/row/column` by keys, or row and column by labels.

    Labels may leave out numbering and outer parts as long as one cell alone answers: `予以公开/自然人`; the table
    may be left out where row and column tell it.

    Args:
        name: Two or three parts joined by `/`.
        variants: The variant of each table of the report.

    Raises:
        CellNameError: `cell_unknown` or `cell_ambiguous`, with cells that come near.
    """
    parts = [part.strip() for part in name.split(PLACE_SIGN)]
    if len(parts) not in (2, 3):
        raise CellNameError("cell_name_parts", name=name)
    cells = list(_named_cells(variants))
    wanted_table = parts[0] if len(parts) == 3 else ""
    row, column = parts[-2:]
    for width in range(1, len(WAYS_TO_NAME) + 1):
        found = [
            cell
            for cell, side, head in cells
            if _is_table(wanted_table, cell.table)
            and _answers(row, side, width)
            and _answers(column, head, width)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise CellNameError("cell_ambiguous", name=name, candidates=_listed(found))
    near = [cell for cell, side, _ in cells if _answers(row, side, len(WAYS_TO_NAME))]
    raise CellNameError("cell_unknown", name=name, candidates=_listed(near) or "-")


def _named_cells(variants: Mapping[str, str]) -> Iterator[tuple[CellName, Label, Label]]:
    templates = load_templates()
    for table, variant in variants.items():
        for _, row, column in templates[variant].cells(table):
            yield CellName(table, row.key, column.key), row, column


def _is_table(wanted: str, table: str) -> bool:
    return not wanted or wanted == table or normalise(wanted) in normalise(table_words(table, "zh"))


def _is_key(wanted: str, label: Label) -> bool:
    return wanted == label.key


def _is_own_label(wanted: str, label: Label) -> bool:
    return normalise(wanted) in (normalise(label.path[-1]), normalise(PATH_SIGN.join(label.path)))


def _is_in_path(wanted: str, label: Label) -> bool:
    return bool(normalise(wanted)) and normalise(wanted) in normalise(PATH_SIGN.join(label.path))


WAYS_TO_NAME = (_is_key, _is_own_label, _is_in_path)
"""How a line may be named, the strictest first; a wider way counts only where no stricter one finds a cell."""


def _answers(wanted: str, label: Label, width: int) -> bool:
    return any(way(wanted, label) for way in WAYS_TO_NAME[:width])


def _listed(cells: Iterable[CellName]) -> str:
    names = [str(cell) for cell in cells]
    return ", ".join(names[:MOST_SUGGESTED]) + (", …" if len(names) > MOST_SUGGESTED else "")
