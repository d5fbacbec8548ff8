"""Reports as read → what `ogi extract` prints: JSON, CSV rows or a table for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pipeline.checks import evaluate
from pipeline.report import CellReading, Report
from pipeline.tidy import tidy

CELL_COLUMNS = (
    *("source", "agency", "report_year", "table", "row", "column", "variant"),
    *("value", "unit", "raw", "kind", "confidence", "place"),
)


def number(value: Decimal | float | None) -> int | float | None:
    """A number as JSON writes it: whole ones without a point."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def to_json(report: Report) -> str:
    """The report as one line of JSON, of the shape that `docs/command.md` describes."""
    return json.dumps(to_object(report), ensure_ascii=False)


def to_object(report: Report) -> dict[str, Any]:
    """The report as plain values, of the shape that `docs/command.md` describes."""
    identity, extraction = report.identity, report.extraction
    return {
        "source": report.source,
        "sha256": report.sha256,
        "media_type": report.media_type,
        "reader": report.reader,
        "status": report.status,
        "title": identity.title,
        "agency": {
            "name": identity.agency_name,
            "agency_id": identity.agency_id,
            "division_code": identity.division_code,
            "evidence": list(identity.evidence),
        },
        "report_year": identity.report_year,
        "scope": identity.scope,
        "published_on": identity.published_on,
        "template": extraction.template,
        "variants": extraction.variants,
        "cells": [_cell(cell) for cell in extraction.cells],
        "sections": [{"number": s.number, "heading": s.heading, "text": s.text} for s in report.sections],
        "figures": [
            {
                "concept": f.concept,
                "detail": f.detail or None,
                "value": number(f.value),
                "unit": f.unit,
                "approximate": f.approximate,
                "sentence": f.sentence,
            }
            for f in report.figures
        ],
        "checks": list(check_results(report)),
        "leftovers": [
            {
                "table": left.table,
                "raw": left.raw,
                "label": left.label,
                "reason": left.message.code,
                "locator": left.locator.to_dict(),
            }
            for left in extraction.leftovers
        ],
        "numbers": {
            "found": extraction.numeric_found,
            "used": extraction.numeric_used,
            "ignored": extraction.numeric_ignored,
            "leftover": len(extraction.leftovers),
        },
        "messages": list(_messages(report)),
    }


def _cell(cell: CellReading) -> dict[str, Any]:
    return {
        "table": cell.table,
        "row": cell.row,
        "column": cell.column,
        "variant": cell.variant,
        "value": number(cell.value),
        "unit": cell.unit,
        "raw": cell.raw,
        "kind": cell.kind,
        "confidence": cell.confidence,
        "locator": cell.locator.to_dict(),
    }


def _messages(report: Report) -> Iterator[dict[str, Any]]:
    findings = [*report.identity.findings, *report.extraction.findings]
    if report.failure is not None:
        findings.insert(0, report.failure)
    for finding in findings:
        words = finding.message
        yield {
            "code": words.code,
            "level": words.level,
            "en": words.text("en"),
            "zh": words.text("zh"),
            "table": finding.table,
            "locator": finding.locator.to_dict(),
        }


def check_results(report: Report) -> Iterator[dict[str, Any]]:
    """The rules that the report breaks, evaluated on it alone (rules over several years need the warehouse)."""
    if report.status not in ("ok", "partial"):
        return
    frames = tidy([report])
    results = evaluate(frames["cells"], frames["reports"], frames["narrative_figures"]).results
    for row in results.iter_rows(named=True):
        yield {
            "rule": row["rule"],
            "level": row["level"],
            "result": row["result"],
            "place": row["place"],
            "left": number(row["left_value"]),
            "right": number(row["right_value"]),
            "difference": number(row["difference"]),
            "blanks": row["blanks"],
            "en": row["message_en"],
            "zh": row["message_zh"],
        }


def cell_rows(report: Report) -> Iterator[tuple[Any, ...]]:
    """The cells as rows of `CELL_COLUMNS`."""
    identity = report.identity
    for cell in report.extraction.cells:
        yield (
            report.source,
            identity.agency_name,
            identity.report_year,
            cell.table,
            cell.row,
            cell.column,
            cell.variant,
            number(cell.value),
            cell.unit,
            cell.raw,
            cell.kind,
            cell.confidence,
            str(cell.locator),
        )
