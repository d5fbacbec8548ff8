"""A few tables, small and consistent, for the tests of the store and the warehouse."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from pipeline.publish.definitions import codebook, form_templates
from schemas.tables import conform, empty, load_tables, table

AGENCIES = {"a": "甲县人民政府", "b": "乙市教育局"}
REPORTS = [("a", 2020), ("a", 2021), ("b", 2020), ("b", 2021), ("b", None)]


def fill(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows with the columns that matter; the others are null."""
    columns = table(name).names
    whole = [dict.fromkeys(columns) | row for row in rows]
    return conform(name, pl.DataFrame(whole, infer_schema_length=None))


def report_id(agency: str, year: int | None, edition: int = 1) -> str:
    return f"{agency}-{year or 'unknown'}-{edition:08d}"


def frames(granted: int = 4) -> dict[str, pl.DataFrame]:
    """Every table; `granted` is the number that tells one build from another."""
    reports = [(agency, year, report_id(agency, year)) for agency, year in REPORTS]
    keyed = [{"report_id": r, "agency_id": a, "report_year": y} for a, y, r in reports]
    out = {name: empty(name) for name in load_tables()}
    out["agencies"] = fill("agencies", [{"agency_id": k, "name": v} for k, v in AGENCIES.items()])
    out["documents"] = fill(
        "documents",
        [{"sha256": _sha(r), "source": r + ".html", "bytes": 9, "status": "ok"} for *_, r in reports],
    )
    out["reports"] = fill(
        "reports",
        [row | {"sha256": _sha(str(row["report_id"])), "status": "ok", "is_current": True} for row in keyed],
    )
    out["applications"] = fill(
        "applications",
        [
            row
            | {"outcome": outcome, "applicant": "total", "variant": "2021", "count": n, "kind": "reported"}
            for row in keyed
            for outcome, n in (("new_received", 5), ("granted", granted))
        ],
    )
    fee = {"item": "administrative_fee", "measure": "amount", "variant": "2021", "kind": "reported"}
    out["proactive_disclosure"] = fill(
        "proactive_disclosure", [row | fee | {"value": Decimal("870000.50"), "unit": "yuan"} for row in keyed]
    )
    out["codebook"], out["templates"] = codebook(), form_templates()
    return out


def _sha(name: str) -> str:
    return name.encode().hex().ljust(64, "0")[:64]
