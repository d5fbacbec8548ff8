"""Rebuilds the embedded sample, byte for byte: `data/sample/facts` in, `data/sample/reports` out.

python scripts/make_sample.py            writes the files
python scripts/make_sample.py --check    writes nothing; exit 1 if a file is missing, stale or not listed
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.typeset import Facts, Style, typeset  # noqa: E402
from pipeline.typeset.facts import CellKey, Value  # noqa: E402

SAMPLE = ROOT / "data" / "sample"


def read_values(path: Path) -> dict[CellKey, Value]:
    """The cells of a facts CSV: a number, a text to print as it stands, or nothing for a blank."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            (line["table"], line["row"], line["column"]): _value(line["value"])
            for line in csv.DictReader(lines)
        }


def _value(text: str) -> Value:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return text


def read_style(choices: Mapping[str, Mapping[str, Any]]) -> Style:
    """A style from its choices by part, such as `{"form": {"signature": true}}`; all else stays default."""
    parts = {part.name: type(getattr(Style(), part.name)) for part in fields(Style)}
    return Style(**{name: parts[name](**chosen) for name, chosen in choices.items()})


def read_reports(folder: Path = SAMPLE / "facts") -> list[dict[str, Any]]:
    """The list of reports: file, medium, style and everything a report says but its numbers."""
    listed: list[dict[str, Any]] = json.loads((folder / "reports.json").read_text(encoding="utf-8"))
    return listed


def facts_of(report: Mapping[str, Any], folder: Path = SAMPLE / "facts") -> Facts:
    """The facts of one listed report."""
    return Facts(
        agency_name=report["agency_name"],
        report_year=report["report_year"],
        variants=report["variants"],
        values=read_values(folder / report["values"]),
        sections={int(number): tuple(text) for number, text in report["sections"].items()},
        published_on=report["published_on"],
        site=report["site"],
        note=report["note"],
    )


def build() -> dict[str, bytes]:
    """Every sample file by name."""
    return {
        report["file"]: typeset(facts_of(report), read_style(report["style"]), report["media"])
        for report in read_reports()
    }


def stale(built: Mapping[str, bytes], folder: Path) -> list[str]:
    """Names of files that are missing, differ from what was built, or are not built at all."""
    present = {path.name: path.read_bytes() for path in folder.iterdir()}
    return sorted(name for name in built.keys() | present.keys() if built.get(name) != present.get(name))


def main() -> int:
    """Writes or checks the files."""
    parser = argparse.ArgumentParser(description="Rebuild the embedded sample from its facts.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if files are not current")
    check = parser.parse_args().check
    folder = SAMPLE / "reports"
    built = build()
    if not check:
        folder.mkdir(exist_ok=True)
        for name, content in built.items():
            (folder / name).write_bytes(content)
    differing = stale(built, folder)
    for name in differing:
        print(f"not current: {name}", file=sys.stderr)
    print(f"{len(built)} files, {sum(map(len, built.values()))} bytes")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
