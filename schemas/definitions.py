"""Reads the definition CSVs of this package, and says file and line where one is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


class DefinitionError(ValueError):
    """A definition file breaks its own rules; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a definition file: its values by column, and where it stands."""

    values: dict[str, str]
    place: str

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def fail(self, problem: str) -> DefinitionError:
        """The error to raise for this row."""
        return DefinitionError(f"{self.place}: {problem}")

    def filled(self, column: str) -> str:
        """A value that must not be empty. Raises `DefinitionError` where it is."""
        if not self[column].strip():
            raise self.fail(f"{column} is empty")
        return self[column]

    def one_of(self, column: str, allowed: Collection[str]) -> str:
        """A value out of a list. Raises `DefinitionError` for any other."""
        if self[column] not in allowed:
            raise self.fail(f"{column} {self[column]!r} is none of {', '.join(allowed)}")
        return self[column]

    def pattern(self, column: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
        """A value that is a regular expression. Raises `DefinitionError` where it is none."""
        return self.compiled(self[column], column, flags)

    def compiled(self, text: str, column: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
        """A regular expression made of a column's value. Raises `DefinitionError` where it is none."""
        try:
            return re.compile(text, flags)
        except re.error as error:
            raise self.fail(f"{column} {text!r}: {error}") from error


@dataclass(frozen=True, slots=True)
class Table:
    """A definition file: its rows, and the `# name=value` lines above its header."""

    rows: tuple[Row, ...]
    meta: dict[str, str]


def read_definitions(path: Path, columns: Sequence[str], key: Iterable[str] = ()) -> Table:
    """Reads a definition CSV (UTF-8, a header row, `# name=value` lines before it allowed).

    Args:
        path: The file.
        columns: The columns it must have, in any order; no others are allowed.
        key: Columns whose values together may stand only once.

    Raises:
        DefinitionError: A file that is not UTF-8, a missing or unknown column, a row of the wrong length, a
            repeated key.
    """
    meta, body, first = _split_meta(path)
    reader = csv.reader(body)
    header = next(reader, [])
    if sorted(header) != sorted(columns):
        raise DefinitionError(f"{path.name}:{first}: columns are {header}, should be {list(columns)}")
    rows: list[Row] = []
    seen: dict[tuple[str, ...], str] = {}
    key_columns = tuple(key)
    for values in reader:
        place = f"{path.name}:{first + reader.line_num - 1}"
        if len(values) != len(header):
            raise DefinitionError(f"{place}: {len(values)} values for {len(header)} columns")
        row = Row(dict(zip(header, values, strict=True)), place)
        identity = tuple(row[column] for column in key_columns)
        if identity and identity in seen:
            raise row.fail(f"{', '.join(key_columns)} = {identity} stands already at {seen[identity]}")
        seen[identity] = place
        rows.append(row)
    return Table(tuple(rows), meta)


def _split_meta(path: Path) -> tuple[dict[str, str], list[str], int]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path.name}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    meta: dict[str, str] = {}
    count = 0
    for line in lines:
        if not line.startswith("#"):
            break
        name, equals, value = line[1:].strip().partition("=")
        if equals:
            meta[name.strip()] = value.strip()
        count += 1
    return meta, lines[count:], count + 1
