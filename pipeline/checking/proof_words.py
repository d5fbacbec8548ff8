"""A proof → plain values for JSON, and the lines that tell a person which numbers would agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.checking.proof import LANGUAGES, Operand, Proof, Remark, plain
from pipeline.checking.repair import Change, Repair
from pipeline.export import number
from pipeline.matching.labels import CellName, cell_words
from schemas.messages import Language, message

MOST_WAYS = 3
Variants = Mapping[str, str]


def ways(remark: Remark, variants: Variants, language: Language) -> Iterator[str]:
    """The numbers that would make a relation hold: a line for each way, the first few of them."""
    for repair in remark.repairs[:MOST_WAYS]:
        yield "; ".join(_change(change, variants, language) for change in repair.changes)
    if len(remark.repairs) > MOST_WAYS:
        yield message("check_more_ways", count=len(remark.repairs) - MOST_WAYS).text(language)
    if not remark.repairs:
        yield from (
            _change(Change(o.cell, o.value, o.holds_with), variants, language, "check_this_alone")
            for o in remark.operands
            if o.is_total and o.holds_with is not None
        )


def _change(change: Change, variants: Variants, language: Language, code: str = "check_would_hold") -> str:
    words = cell_words(change.cell, variants.get(change.cell.table), language)
    printed = plain(change.printed) or message("check_blank").text(language)
    return message(code, cell=words, printed=printed, number=plain(change.number)).text(language)


def proof_object(proof: Proof) -> dict[str, Any]:
    """The remarks on a report as plain values, of the shape that `docs/checks.md` describes."""
    report = proof.report
    variants = report.extraction.variants
    return {
        "source": report.source,
        "sha256": report.sha256,
        "status": report.status,
        "agency": report.identity.agency_name,
        "report_year": report.identity.report_year,
        "variants": variants,
        "errors": proof.errors,
        "remarks": [_remark(remark, variants) for remark in proof.remarks],
    }


def _remark(remark: Remark, variants: Variants) -> dict[str, Any]:
    return {
        "code": remark.code,
        "level": remark.level,
        "title": dict(remark.title),
        "place": dict(remark.place),
        "words": dict(remark.words),
        "left": number(remark.left),
        "right": number(remark.right),
        "difference": number(remark.difference),
        "blanks": remark.blanks,
        "cells": [_operand(operand, variants) for operand in remark.operands],
        "would_hold": [_repair(repair, variants) for repair in remark.repairs],
        "locator": remark.locator.to_dict(),
    }


def _operand(operand: Operand, variants: Variants) -> dict[str, Any]:
    return {
        **_cell(operand.cell, variants),
        "side": operand.side,
        "raw": operand.raw,
        "value": number(operand.value),
        "holds_with": number(operand.holds_with),
    }


def _repair(repair: Repair, variants: Variants) -> list[dict[str, Any]]:
    return [
        {**_cell(c.cell, variants), "printed": number(c.printed), "number": number(c.number)}
        for c in repair.changes
    ]


def _cell(cell: CellName, variants: Variants) -> dict[str, Any]:
    labels = {lang: cell_words(cell, variants.get(cell.table), lang) for lang in LANGUAGES}
    return {"cell": str(cell), "label": labels}
