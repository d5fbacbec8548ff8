"""Every published table: its columns, key and words from `tables.csv` and `table_columns.csv`, and its model.

In: a frame somebody made. Out: the same frame, known to be right, or one `TableError` that says what is wrong
and where. A new table is rows in the two files and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from schemas.definitions import HERE, Row, read_definitions
from schemas.fields import Field, load_fields
from schemas.messages import Message, message
from schemas.rates import rate_fields

if TYPE_CHECKING:
    import pandera.polars as pa

TABLE_COLUMNS = (
    "name",
    "title_en",
    "title_zh",
    "description_en",
    "description_zh",
    "key",
    "partitioned",
    "sort",
    "enforce_key",
    "views",
    "note_en",
    "note_zh",
)
COLUMN_COLUMNS = ("table", "column", "field", "required", "references")
VIEWS = ("current", "by_agency")
PARTITION = "report_year"
ROWS_SHOWN = 5
ALL_OF = "*"
FAMILIES = {"rates": rate_fields}
"""Fields that a definition file makes: a column `*` of `table_columns.csv` stands for all of the family named."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field as a column of one table.

    Attributes:
        name: Its name in the table.
        field: Its entry in the registry.
        required: Whether null is forbidden.
        references: The table and column its values must stand in; None where they need not.
    """

    name: str
    field: Field
    required: bool
    references: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """One published table.

    Attributes:
        columns: Its columns, in order.
        key: The columns that name a row; empty where `note_en` says why there is no simple key.
        partitioned: Whether it is stored by report year.
        sort: The columns its rows are sorted by within a report year.
        enforce_key: Whether the warehouse declares the key, which is worth it for small tables alone.
        views: Which views the warehouse makes of it: `current` (one report an agency and year), `by_agency`
            (the same, with the agency's name and place).
    """

    name: str
    title_en: str
    title_zh: str
    description_en: str
    description_zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partitioned: bool
    sort: tuple[str, ...]
    enforce_key: bool
    views: tuple[str, ...]
    note_en: str
    note_zh: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def schema(self) -> pl.Schema:
        """The types of its columns, in order."""
        return pl.Schema({column.name: column.field.polars_type for column in self.columns})

    def column(self, name: str) -> Column:
        """One column. Raises `KeyError` where the table has none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a frame: the columns it concerns, words, and a few of the rows it was seen in."""

    columns: tuple[str, ...]
    words: str
    rows: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = "".join(f"\n    {row}" for row in self.rows)
        return f"{', '.join(self.columns)}: {self.words}{shown}"


class TableError(ValueError):
    """A frame breaks the definition of its table.

    Attributes:
        table: The table.
        problems: Everything wrong with it, with up to five offending rows in all.
    """

    def __init__(self, table: str, problems: Sequence[Problem]) -> None:
        super().__init__(table, tuple(problems))
        self.table = table
        self.problems = tuple(problems)

    @property
    def message(self) -> Message:
        """The error as a row of `messages.csv`."""
        listed = "".join(f"\n  {problem}" for problem in self.problems)
        return message("table_invalid", table=self.table, problems=listed)

    def __str__(self) -> str:
        return self.message.text()


@cache
def load_tables(folder: Path = HERE) -> dict[str, TableDefinition]:
    """All tables by name, in the order of `tables.csv`.

    Raises:
        DefinitionError: Words are missing, or a field, column, view or reference is unknown; the message
            names the file and the line.
    """
    fields = load_fields(folder)
    columns: dict[str, list[Column]] = {}
    rows = read_definitions(folder / "table_columns.csv", COLUMN_COLUMNS, key=["table", "column"]).rows
    for row in rows:
        columns.setdefault(row["table"], []).extend(_columns(row, fields, folder))
    tables = {
        row["name"]: _table(row, tuple(columns.get(row["name"], ())))
        for row in read_definitions(folder / "tables.csv", TABLE_COLUMNS, key=["name"]).rows
    }
    for row in rows:
        _check_reference(row, tables)
    return tables


def table(name: str) -> TableDefinition:
    """One table. Raises `KeyError` naming the tables there are."""
    tables = load_tables()
    if name not in tables:
        raise KeyError(f"there is no table {name!r}; tables are {', '.join(tables)}")
    return tables[name]


def _columns(row: Row, fields: dict[str, Field], folder: Path) -> Iterator[Column]:
    """The one column of a row, or all those of a family."""
    if row["column"] != ALL_OF:
        yield _column(row, fields)
        return
    if row["field"] not in FAMILIES:
        raise row.fail(f"{row['field']!r} is no family of fields; there are {', '.join(FAMILIES)}")
    for field in FAMILIES[row["field"]](folder):
        yield Column(field.name, field, _flag(row, "required"), None)


def _column(row: Row, fields: dict[str, Field]) -> Column:
    field = fields.get(row["field"] or row["column"])
    if field is None:
        raise row.fail(f"fields.csv has no field {row['field'] or row['column']!r}")
    target, dot, column = row["references"].partition(".")
    if row["references"] and not (target and dot and column):
        raise row.fail(f"references {row['references']!r} should be table.column")
    return Column(row["column"], field, _flag(row, "required"), (target, column) if dot else None)


def _flag(row: Row, column: str) -> bool:
    if row[column] not in ("yes", "no"):
        raise row.fail(f"{column} is {row[column]!r}, should be yes or no")
    return row[column] == "yes"


def _table(row: Row, columns: tuple[Column, ...]) -> TableDefinition:
    _check_table(row, {column.name for column in columns})
    return TableDefinition(
        name=row["name"],
        title_en=row["title_en"],
        title_zh=row["title_zh"],
        description_en=row["description_en"],
        description_zh=row["description_zh"],
        columns=columns,
        key=tuple(row["key"].split()),
        partitioned=_flag(row, "partitioned"),
        sort=tuple(row["sort"].split()),
        enforce_key=_flag(row, "enforce_key"),
        views=tuple(row["views"].split()),
        note_en=row["note_en"],
        note_zh=row["note_zh"],
    )


def _check_table(row: Row, columns: set[str]) -> None:
    if not columns:
        raise row.fail(f"table_columns.csv has no columns for {row['name']!r}")
    for words in ("title_en", "title_zh", "description_en", "description_zh"):
        if not row[words].strip():
            raise row.fail(f"{words} may not be empty")
    if not row["key"] and not (row["note_en"] and row["note_zh"]):
        raise row.fail("a table without a key needs note_en and note_zh to say why")
    for column in (row["key"] + " " + row["sort"]).split():
        if column not in columns:
            raise row.fail(f"key or sort names {column!r}, which is no column of it")
    if _flag(row, "partitioned") and PARTITION not in columns:
        raise row.fail(f"a partitioned table needs the column {PARTITION}")
    if _flag(row, "enforce_key") and not row["key"]:
        raise row.fail("there is no key to enforce")
    unknown = set(row["views"].split()) - set(VIEWS)
    if unknown:
        raise row.fail(f"views {', '.join(sorted(unknown))} are none of {', '.join(VIEWS)}")


def _check_reference(row: Row, tables: dict[str, TableDefinition]) -> None:
    if row["table"] not in tables:
        raise row.fail(f"tables.csv has no table {row['table']!r}")
    if row["references"]:
        target, _, column = row["references"].partition(".")
        if target not in tables or column not in tables[target].names:
            raise row.fail(f"references {row['references']!r}, which does not exist")


def empty(name: str) -> pl.DataFrame:
    """A frame of the table with no rows."""
    return table(name).schema.to_frame()


def frame_of(name: str, rows: Iterable[Sequence[object]]) -> pl.DataFrame:
    """A frame of the table from rows of values in the order of its columns; codes may be text.

    Raises:
        TableError: A value that its column cannot hold.
    """
    loose = {
        column: pl.String() if isinstance(dtype, pl.Enum) else dtype
        for column, dtype in table(name).schema.items()
    }
    return conform(name, pl.DataFrame(list(rows), schema=loose, orient="row"))


def conform(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the table's columns, in its order and of its types.

    Numbers become wider or narrower numbers, text becomes codes, ISO text becomes dates and moments, and a
    column of nulls becomes anything. Nothing else is cast: text is not parsed into numbers.

    Raises:
        TableError: A column is missing or unexpected, or holds what its type cannot: a code that is not on
            the list, a number that would lose digits or does not fit.
    """
    definition = table(name)
    _check_columns(definition, frame)
    casts = {column.name: _cast(frame[column.name], column.field) for column in definition.columns}
    found = (_lost(definition, column, frame, casts[column.name]) for column in definition.columns)
    problems = [problem for problem in found if problem is not None]
    if problems:
        raise TableError(name, list(_few_rows(problems)))
    return pl.DataFrame([after for after in casts.values() if after is not None])


def _cast(before: pl.Series, field: Field) -> pl.Series | None:
    """The values in the field's type, null where one does not fit; None where the types are strangers."""
    source, target = before.dtype, field.polars_type
    texts = (pl.String, pl.Enum, pl.Categorical)
    if source in (target, pl.Null) or (source.is_numeric() and target.is_numeric()):
        return before.cast(target, strict=False)
    if source in texts and target in texts:
        return before.cast(target, strict=False)
    if source == pl.String and target == pl.Date:
        return before.str.to_date("%Y-%m-%d", strict=False)
    if source == pl.String and target == pl.Datetime:
        return before.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    if isinstance(source, pl.Datetime) and source.time_zone and target == pl.Datetime:
        return before.cast(target)
    return None


def _lost(
    definition: TableDefinition, column: Column, frame: pl.DataFrame, after: pl.Series | None
) -> Problem | None:
    """What a cast would lose, if anything: values that fail it, and numbers that come back different."""
    before = frame[column.name]
    if after is None:
        return Problem((column.name,), f"type is {before.dtype}, should be {column.field.dtype}")
    wrong = before.is_not_null() & after.is_null()
    if before.dtype.is_numeric() and after.dtype.is_numeric():
        wrong |= (before != after.cast(before.dtype, strict=False)).fill_null(False)
    if not wrong.any():
        return None
    words = f"{wrong.sum()} values of {before.dtype} do not fit {column.field.dtype}"
    if column.field.codes:
        words += f" ({_allowed(column.field)})"
    return Problem((column.name,), words, _rows(definition, frame, wrong.arg_true().to_list(), column.name))


def _allowed(field: Field) -> str:
    codes = [code.code for code in field.codes]
    return ", ".join(codes[:12]) + (", …" if len(codes) > 12 else "")


def validate(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame itself, once it is known to hold what the table's definition says.

    Columns, order, types, nulls, limits, patterns and the key are checked; codes by the Enum types.

    Raises:
        TypeError: The frame is lazy, which pandera would let through without looking at the data.
        TableError: Everything that is wrong, with up to five offending rows.
    """
    import pandera.errors

    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"validate needs an eager DataFrame, not {type(frame).__name__}")
    definition = table(name)
    _check_columns(definition, frame)
    try:
        model(name).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        problems = list(_problems(definition, frame, error.failure_cases))
        raise TableError(name, list(_few_rows(problems))) from None
    return frame


@cache
def model(name: str) -> pa.DataFrameSchema:
    """The pandera model of a table; use `validate`, which also says clearly what is wrong."""
    import pandera.polars as pa

    definition = table(name)
    return pa.DataFrameSchema(
        {column.name: _pandera_column(column) for column in definition.columns},
        name=name,
        title=definition.title_en,
        description=definition.description_en,
        strict=True,
        ordered=True,
        unique=list(definition.key) or None,
    )


def _pandera_column(column: Column) -> pa.Column:
    import pandera.polars as pa

    field = column.field
    checks: list[Any] = []
    if field.minimum is not None:
        checks.append(pa.Check.ge(field.minimum))
    if field.maximum is not None:
        checks.append(pa.Check.le(field.maximum))
    if field.pattern:
        checks.append(pa.Check.str_matches(field.pattern))
    if field.dtype == "Float64":
        # Polars sorts NaN above every number, so a limit from below alone would let it through.
        checks.append(pa.Check(_finite, name="finite", error="finite"))
    return pa.Column(
        field.polars_type,
        checks=checks,
        nullable=not column.required,
        title=field.label_en,
        description=field.description_en,
    )


def _finite(data: Any) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).is_finite())  # type: ignore[no-any-return]


def _check_columns(definition: TableDefinition, frame: pl.DataFrame) -> None:
    missing = tuple(name for name in definition.names if name not in frame.columns)
    unexpected = tuple(name for name in frame.columns if name not in definition.names)
    problems = []
    if missing:
        problems.append(Problem(missing, "missing from the frame"))
    if unexpected:
        problems.append(Problem(unexpected, f"unexpected; columns are {', '.join(definition.names)}"))
    if problems:
        raise TableError(definition.name, problems)


def _problems(definition: TableDefinition, frame: pl.DataFrame, cases: pl.DataFrame) -> Iterator[Problem]:
    """pandera's failure cases, put together by column and check and into words."""
    for (column, check), group in cases.group_by("column", "check", maintain_order=True):
        indices = group["index"].drop_nulls().to_list()
        if check == "multiple_fields_uniqueness":
            words = f"the key should name one row, {len(indices)} rows share theirs"
            yield Problem(definition.key, words, _rows(definition, frame, indices))
            continue
        known = str(column) if column in definition.names else None
        words = _words(str(check), group["failure_case"][0], len(indices))
        if known and str(check).startswith("dtype"):
            words = f"type is {frame[known].dtype}, should be {definition.column(known).field.dtype}"
        shown = _rows(definition, frame, indices, known) if known else ()
        yield Problem((known or definition.name,), words, shown)


def _words(check: str, case: object, count: int) -> str:
    if check == "not_nullable":
        return f"{count} nulls, but it may not be null"
    if check == "column_ordered":
        return f"the columns stand in another order, first {case}"
    return f"{count} values break {check}"


def _rows(
    definition: TableDefinition, frame: pl.DataFrame, indices: list[int], column: str | None = None
) -> tuple[str, ...]:
    """The first few offending rows: their ordinals, keys and the offending value, cut short."""
    key = definition.key or definition.sort
    shown = [name for name in dict.fromkeys((*key, column)) if name in frame.columns]
    few = indices[:ROWS_SHOWN]
    values = frame.select(shown)[few].rows(named=True)
    return tuple(
        f"row {index}: " + ", ".join(f"{name}={str(value)[:60]}" for name, value in row.items())
        for index, row in zip(few, values, strict=True)
    )


def _few_rows(problems: Sequence[Problem]) -> Iterator[Problem]:
    """The problems, each with one row before any has a second, five rows in all."""
    left = max(ROWS_SHOWN - sum(1 for problem in problems if problem.rows), 0)
    started = 0
    for problem in problems:
        if not problem.rows:
            yield problem
            continue
        first = 1 if started < ROWS_SHOWN else 0
        started += first
        more = min(left, len(problem.rows) - 1)
        left -= more
        yield Problem(problem.columns, problem.words, tuple(islice(problem.rows, first + more)))


__all__ = [
    "Column",
    "Problem",
    "TableDefinition",
    "TableError",
    "conform",
    "empty",
    "frame_of",
    "load_tables",
    "model",
    "table",
    "validate",
]
