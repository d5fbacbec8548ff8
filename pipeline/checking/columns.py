"""The names of the columns that rules and reconciling read and write, each written down once."""

from __future__ import annotations

REPORT = "report_id"
YEAR = "report_year"
AGENCY = "agency_id"
AGENCY_NAME = "agency_name"
DIVISION = "division_code"
SCOPE = "scope"
IS_CURRENT = "is_current"

TABLE = "table_name"
ROW = "row_key"
COLUMN = "column_key"
VARIANT = "variant"
VALUE = "value"
KIND = "kind"
UNIT = "unit"

CONCEPT = "concept"
DIMENSION = "dimension"
DERIVATION = "derivation"
RELATION = "relation"
COMPARABLE = "comparable"
NOTE = "note"
AS_PRINTED = "value_as_printed"
CORRECTED = "corrected"

RULE = "rule"
LEVEL = "level"
RESULT = "result"
PLACE = "place"
LEFT = "left_value"
RIGHT = "right_value"
DIFFERENCE = "difference"
BLANKS = "blanks"

CELL_KEY = (REPORT, TABLE, ROW, COLUMN)
"""What names one cell."""
