"""How well scanned reports are read: typesets reports, scans them, reads them, and prints what came back wrong.

    python -m benchmarks.scans [--reports 6] [--seed 0] [--hard] [--real DIR --truth FILE]

Each report has another style, scale, skew, blur and noise, drawn from the seed. Printed for each: the share of
cells right, those that were given up as unreadable, and every wrong cell with its confidence. Needs the extras
`ocr` and `typeset`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.matching.confidence import recognised_places, weigh
from pipeline.readers import read_document
from pipeline.report import CellReading
from pipeline.typeset import Facts, Style, typeset
from pipeline.typeset.facts import CellKey, cells_of
from pipeline.typeset.figures import consistent_values
from pipeline.typeset.style import FormStyle, LabelStyle, NumberStyle, PdfStyle
from tests.scans import Scanner, as_file, scan_pages
from tests.strategies import AGENCIES, choices, expected_cells

TABLES = ("proactive_disclosure", "applications", "review_litigation")
BLANKS = 12
"""Cells of each report that hold no number."""


HARDSHIPS: tuple[dict[str, Any], ...] = (
    {"fax": 128, "paper": 255},
    {"fax": 150, "paper": 255, "blur": 0.3},
    {"ink": 0.4, "quality": 50},
    {"shine": 0.15},
    {"fold": 0.5},
    {"specks": 300},
    {"streaks": 3},
    {"seal": 110},
)
"""What may befall a page beyond what every scanner does."""


@dataclass
class Score:
    """What came back of some cells."""

    cells: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def take(
        self, key: CellKey, wanted: Decimal | None, kinds: Iterable[str], found: CellReading | None
    ) -> None:
        """Counts one cell as right, given up, or wrong."""
        if found is not None and found.value == wanted and found.kind in kinds:
            self.cells["right"] += 1
            self.cells["right below 0.9"] += found.confidence < 0.9
            return
        verdict = "given up" if found is None or found.kind in ("unreadable", "absent") else "WRONG"
        self.cells[verdict] += 1
        self.cells["WRONG from 0.9"] += verdict == "WRONG" and found is not None and found.confidence >= 0.9
        told = (found.raw, found.kind, round(found.confidence, 3)) if found else None
        self.faults.append(f"{verdict} {'/'.join(key)}: {told}, printed {wanted}")


def read_cells(content: bytes) -> dict[CellKey, CellReading]:
    """The cells of a file, weighed."""
    document = read_document(content)
    extraction = weigh(extract(arrange(document)), recognised_places(document))
    return {(c.table, c.row, c.column): c for c in extraction.cells}


def drawn_style(source: random.Random) -> Style:
    """A style whose every choice is drawn."""

    def part(name: str, kind: type, **fixed: object) -> object:
        names = [n for n in kind.__dataclass_fields__ if n not in fixed]
        return kind(**{n: source.choice(choices(name, n)) for n in names}, **fixed)

    return Style(
        form=part("form", FormStyle, title="{agency}{year}年政府信息公开工作年度报告"),  # type: ignore[arg-type]
        labels=part("labels", LabelStyle, gap=""),  # type: ignore[arg-type]
        numbers=part("numbers", NumberStyle),  # type: ignore[arg-type]
        pdf=part("pdf", PdfStyle),  # type: ignore[arg-type]
    )


def drawn_scanner(source: random.Random, hard: bool = False) -> Scanner:
    """A scanner as offices have them; a `hard` one also faxes, or has dirt, or what it scans is worn."""
    usual = Scanner(
        dpi=source.choice((150, 200, 300)),
        angle=source.uniform(-0.5, 0.5),
        blur=source.uniform(0.0, 0.35),
        noise=source.uniform(0, 10),
        quality=source.choice((None, 50, 70, 85)),
        paper=source.choice((255, 245, 225)),
        ink=source.choice((1.0, 0.9, 0.7)),
    )
    return replace(usual, **source.choice(HARDSHIPS)) if hard else usual


def drawn_facts(source: random.Random) -> Facts:
    """A report whose identities hold, with some noughts left blank."""
    variants = dict.fromkeys(TABLES, source.choice(("2020", "2021")))
    values: dict[CellKey, Decimal | str | None] = dict(consistent_values(variants, source))
    noughts = [key for key in cells_of(variants) if values[key] == 0]
    values |= dict.fromkeys(source.sample(noughts, min(BLANKS, len(noughts))))
    return Facts(source.choice(AGENCIES), source.randint(2019, 2025), variants, values)


def typeset_scores(reports: int, seed: int, hard: bool) -> Iterator[tuple[str, Score]]:
    """A score for each report that was typeset, scanned and read."""
    for number in range(seed, seed + reports):
        source = random.Random(number)
        facts, style, scanner = drawn_facts(source), drawn_style(source), drawn_scanner(source, hard)
        pages = list(scan_pages(typeset(facts, style, "pdf"), scanner))
        begun = sum(os.times()[:4])
        found = read_cells(as_file(pages, scanner.dpi, "PDF"))
        seconds = (sum(os.times()[:4]) - begun) / len(pages)
        score = Score()
        for key, cell in expected_cells(facts, style).items():
            score.take(key, cell.value, [cell.kind], found.get(key))
        yield f"{number}: {seconds:.1f} s a page, {scanner}, {style.numbers}", score


def real_scores(folder: Path, truth: Path) -> Iterator[tuple[str, Score]]:
    """A score for each real PDF with known cells, scanned at three scales."""
    known = json.loads(truth.read_text(encoding="utf-8"))
    for path in sorted(folder.glob("*.pdf")):
        for dpi in (150, 200, 300):
            pages = list(scan_pages(path.read_bytes(), Scanner(dpi=dpi)))
            found = read_cells(as_file(pages, dpi, "PDF"))
            yield f"{path.name} at {dpi}", _real_score(known, path.name, found)


def _real_score(
    known: Mapping[str, dict[str, list[list[object]]]], name: str, found: dict[CellKey, CellReading]
) -> Score:
    score = Score()
    for *key, value in next(doc["cells"] for source, doc in known.items() if source.endswith(name)):
        place = (str(key[0]), str(key[1]), str(key[2]))
        wanted = None if value is None else Decimal(str(value))
        score.take(place, wanted, ["blank", "nil_mark"] if wanted is None else ["reported"], found.get(place))
    return score


def main() -> None:
    """Prints the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hard", action="store_true", help="worn, faxed, sealed and dirty pages")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--truth", type=Path)
    chosen = parser.parse_args()
    scores = typeset_scores(chosen.reports, chosen.seed, chosen.hard)
    if chosen.real and chosen.truth:
        scores = real_scores(chosen.real, chosen.truth)
    total: Counter[str] = Counter()
    for name, score in scores:
        print(name, dict(score.cells), *score.faults, sep="\n    ", flush=True)
        total += score.cells
    cells = total["right"] + total["given up"] + total["WRONG"]
    print(f"{total['right']} of {cells} right ({100 * total['right'] / max(cells, 1):.2f} %)", dict(total))


if __name__ == "__main__":
    main()
