"""Writes docs/cookbook/README.md: every query of docs/cookbook with its answer on the embedded sample.

python scripts/make_cookbook.py WAREHOUSE, where WAREHOUSE was built from the sample (`ogi build --out WAREHOUSE`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.publish.query import open_warehouse, run_sql

FOLDER = Path(__file__).resolve().parent.parent / "docs/cookbook"
HEAD = re.compile(r"/\*\s*(?P<title>[^\n]+)\n\s*(?P<chinese>[^\n]+)\n\s*(?P<words>.*?)\s*\*/\n", re.DOTALL)
SHOWN = 12
INTRODUCTION = """# Cookbook · 查询示例

Questions that people ask of such data, each a file of SQL (DuckDB's dialect) that can be changed and run:

```
ogi sql "$(cat docs/cookbook/1-disclosure-rate-by-province.sql)"
```

The answers below are those of the embedded sample (`ogi build`): seven reports of six offices, and one invented office
over five years. A test runs every query and holds this page to its answers; `python scripts/make_cookbook.py WAREHOUSE`
writes it again.
"""


def render(warehouse: Path) -> str:
    """The page: each query with its words, its SQL and its answer."""
    return "\n".join(
        [INTRODUCTION, *(section for file in queries() for section in _section(file, warehouse))]
    )


def queries() -> list[Path]:
    """The files of SQL, in order."""
    return sorted(FOLDER.glob("*.sql"))


def answer(file: Path, warehouse: Path) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The columns and rows that a query answers with."""
    with open_warehouse(warehouse) as connection:
        return run_sql(connection, file.read_text(encoding="utf-8"))


def _section(file: Path, warehouse: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    head = HEAD.match(text)
    if head is None:
        raise SystemExit(
            f"{file.name} does not begin with /* a title, the same in Chinese, and what it asks */"
        )
    words = " ".join(line.strip() for line in head["words"].splitlines())
    yield f"## {head['title']} · {head['chinese']}\n\n{words} (`{file.name}`)\n"
    yield f"```sql\n{text[head.end() :].strip()}\n```\n"
    yield "\n".join(_table(*answer(file, warehouse)))


def _table(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> Iterator[str]:
    if not rows:
        yield "No rows.\n"
        return
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows[:SHOWN]:
        yield f"| {' | '.join(_cell(value) for value in row)} |"
    more = len(rows) - SHOWN
    yield f"\n… and {more} more rows.\n" if more > 0 else ""


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).replace("|", "\\|")


if __name__ == "__main__":
    (FOLDER / "README.md").write_text(render(Path(sys.argv[1])), encoding="utf-8")
