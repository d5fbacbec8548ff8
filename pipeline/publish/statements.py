"""The warehouse in SQL: table definitions in, the statements for types, tables, views and comments out.

Everything here comes from the registry of fields and tables, never from data: names and words cannot be bound
as parameters in such statements, so they are quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.fields import Field, load_fields
from schemas.tables import TableDefinition

SQL_TYPES = {
    "String": "VARCHAR",
    "Boolean": "BOOLEAN",
    "Int16": "SMALLINT",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "Float64": "DOUBLE",
    "Decimal(20,2)": "DECIMAL(20,2)",
    "Date": "DATE",
    "Datetime": "TIMESTAMP WITH TIME ZONE",
}
# What a view by agency shows beside a table's own columns: name in the view, where it comes from, its field.
AGENCY_COLUMNS = (
    ("agency_name", "coalesce(agencies.name, reports.agency_name)", "agency_name"),
    ("agency_level", "agencies.level", "agency_level"),
    ("division_code", "coalesce(agencies.division_code, reports.division_code)", "division_code"),
    ("province", "agencies.province", "province"),
    ("prefecture", "agencies.prefecture", "prefecture"),
    ("county", "agencies.county", "county"),
    ("scope", "reports.scope", "scope"),
)
VIEW_WORDS = {
    "current": ("Current reports only: one an agency and year.", "仅含现行报告：每一机关每一年度一份。"),
    "by_agency": (
        "Current reports only, with the agency's name and place.",
        "仅含现行报告，附机关名称与所在区划。",
    ),
}


def statements(tables: Iterable[TableDefinition]) -> list[str]:
    """Types and tables, in the order to run them."""
    listed = list(tables)
    return [*_types(listed), *(_create(definition) for definition in listed)]


def finishing_statements(tables: Iterable[TableDefinition]) -> list[str]:
    """Views and comments, to run when the tables are filled."""
    out: list[str] = []
    for definition in tables:
        out += _table_comments(definition)
        for view in definition.views:
            out += _view(definition, view)
    return out


def fill_statement(definition: TableDefinition) -> str:
    """Fills a table from the Parquet files bound as `$files`, in their order."""
    columns = ", ".join(map(identifier, definition.names))
    return (
        f"INSERT INTO {identifier(definition.name)} ({columns}) "  # noqa: S608
        f"SELECT {columns} FROM read_parquet($files, hive_partitioning = false)"
    )


def identifier(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it."""
    return "'" + text.replace("'", "''") + "'"


def view_name(definition: TableDefinition, view: str) -> str:
    """What a table's view is called."""
    return f"{definition.name}_{view}"


def _types(tables: Iterable[TableDefinition]) -> Iterator[str]:
    fields = {column.field.code_list: column.field for table in tables for column in table.columns}
    for name, field in sorted((name, field) for name, field in fields.items() if name):
        codes = ", ".join(literal(code.code) for code in field.codes)
        yield f"CREATE TYPE {identifier(_type_name(name))} AS ENUM ({codes})"


def _type_name(code_list: str) -> str:
    return f"{code_list}_code"


def _create(definition: TableDefinition) -> str:
    lines = [
        f"{identifier(column.name)} {_sql_type(column.field)}{' NOT NULL' if column.required else ''}"
        for column in definition.columns
    ]
    if definition.enforce_key:
        lines.append(f"PRIMARY KEY ({', '.join(map(identifier, definition.key))})")
    return f"CREATE TABLE {identifier(definition.name)} ({', '.join(lines)})"


def _sql_type(field: Field) -> str:
    if field.code_list:
        return identifier(_type_name(field.code_list))
    return SQL_TYPES[field.dtype]


def _table_comments(definition: TableDefinition) -> Iterator[str]:
    english = " ".join(filter(None, (definition.description_en, definition.note_en)))
    chinese = "".join((definition.description_zh, definition.note_zh))
    words = f"{definition.title_en}. {english} | {definition.title_zh}。{chinese}"
    yield f"COMMENT ON TABLE {identifier(definition.name)} IS {literal(words)}"
    for column in definition.columns:
        yield _column_comment(definition.name, column.name, column.field, column.required)


def _column_comment(owner: str, column: str, field: Field, required: bool) -> str:
    unit = f" ({field.unit})" if field.unit else ""
    null = "" if required else f" Null: {field.null_meaning}"
    words = f"{field.label_en}{unit}. {field.description_en}{null} | {field.label_zh}。{field.description_zh}"
    return f"COMMENT ON COLUMN {identifier(owner)}.{identifier(column)} IS {literal(words)}"


def _view(definition: TableDefinition, view: str) -> Iterator[str]:
    name = view_name(definition, view)
    extra = _agency_columns(definition) if view == "by_agency" else []
    yield f"CREATE VIEW {identifier(name)} AS {_query(definition, view, extra)}"
    english, chinese = VIEW_WORDS[view]
    words = f"{definition.title_en}. {english} | {definition.title_zh}。{chinese}"
    yield f"COMMENT ON VIEW {identifier(name)} IS {literal(words)}"
    fields = load_fields()
    for column, _, field in extra:
        yield _column_comment(name, column, fields[field], required=False)
    for own in definition.columns:
        yield _column_comment(name, own.name, own.field, own.required)


def _agency_columns(definition: TableDefinition) -> list[tuple[str, str, str]]:
    return [column for column in AGENCY_COLUMNS if column[0] not in definition.names]


def _query(definition: TableDefinition, view: str, extra: list[tuple[str, str, str]]) -> str:
    """What a view selects; the tables meet by report and by agency."""
    own = identifier(definition.name)
    is_reports = definition.name == "reports"
    if view == "current":
        source = "" if is_reports else " SEMI JOIN reports_current USING (report_id)"
        return f"SELECT {own}.* FROM {own}{source}{' WHERE is_current' if is_reports else ''}"  # noqa: S608
    shown = "".join(f"{expression} AS {identifier(name)}, " for name, expression, _ in extra)
    reports = "" if is_reports else f" JOIN reports ON reports.report_id = {own}.report_id"
    agencies = f" LEFT JOIN agencies ON agencies.agency_id = {own}.agency_id"
    return f"SELECT {shown}{own}.* FROM {own}{reports}{agencies} WHERE reports.is_current"  # noqa: S608
