"""`ogi check`: files in, what an office should look at before it publishes out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.reading import watched
from pipeline.cli.terminal import console, one_line
from schemas.messages import Language, message

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pipeline.checking.proof import Proof, Remark

STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
LEVEL_WORDS: dict[Language, dict[str, str]] = {
    "zh": {"error": "错误", "warning": "警告", "info": "提示"},
    "en": {"error": "error", "warning": "warning", "info": "note"},
}
HEADS: dict[Language, tuple[str, ...]] = {
    "zh": ("级别", "勾稽关系", "位置", "左式", "右式", "差额", "改为则成立"),
    "en": ("level", "relation", "place", "left", "right", "difference", "would hold with"),
}


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--lang", "own", type=click.Choice(["zh", "en"]), default=None, help="Language (default: Chinese)."
)
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def check(context: click.Context, files: Sequence[Path], own: Language | None, shape: str) -> None:
    """Proofreads reports before they are published: 勾稽关系, missing parts, blanks, prose against tables.

    Reports of one organ for several years, given together, are held against each other too. No number is
    changed. Exit code 1 when there are errors, 0 when there are none, 2 for wrong usage.

    \b
    Examples:
      ogi check 2023.docx
      ogi check --lang en --format json 2022.pdf 2023.docx
    """
    from pipeline.batch import read_all
    from pipeline.checking.proof import proofread
    from pipeline.running.items import Item

    lang = own or (context.parent.params.get("lang") if context.parent else None) or "zh"
    reports = read_all(Item(path, str(path)) for path in files)
    proofs = proofread(list(watched(reports, len(files), lang)))
    if shape == "json":
        _print_json(proofs)
    else:
        _print_tables(proofs, lang)
    sys.exit(1 if any(proof.errors for proof in proofs) else 0)


def _print_json(proofs: Sequence[Proof]) -> None:
    from pipeline.checking.proof_words import proof_object

    click.echo(json.dumps([proof_object(proof) for proof in proofs], ensure_ascii=False, indent=2))


def _print_tables(proofs: Sequence[Proof], lang: Language) -> None:
    screen = console()
    for proof in proofs:
        for part in _proof_parts(proof, lang):
            screen.print(part)


def _proof_parts(proof: Proof, lang: Language) -> Iterator[RenderableType]:
    from rich.text import Text

    identity = proof.report.identity
    who = "  ".join(str(part) for part in (identity.agency_name, identity.report_year) if part is not None)
    yield Text.assemble(("\n" + one_line(proof.report.source), "bold"), f"  {who}" if who else "")
    compared = [remark for remark in proof.remarks if remark.left is not None]
    if compared:
        yield _relations(proof, compared, lang)
    for remark in proof.remarks:
        if remark.left is None:
            yield _line(remark, lang)
    counts = {level: sum(r.level == level for r in proof.remarks) for level in STYLES}
    if proof.remarks:
        counted = {"errors": counts["error"], "warnings": counts["warning"], "infos": counts["info"]}
        yield Text(message("check_counts", **counted).text(lang), style="dim")
    else:
        yield Text(message("check_clean").text(lang), style="green")


def _line(remark: Remark, lang: Language) -> RenderableType:
    from rich.text import Text

    place = "" if remark.title[lang] or not remark.place[lang] else f"{remark.place[lang]} — "
    level = LEVEL_WORDS[lang][remark.level]
    return Text.assemble((level, STYLES[remark.level]), "  ", place, remark.words[lang])


def _relations(proof: Proof, remarks: Sequence[Remark], lang: Language) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from pipeline.checking.proof import plain
    from pipeline.checking.proof_words import ways

    shown = Table(*HEADS[lang], show_lines=True)
    for column in shown.columns[3:6]:
        column.justify = "right"
    for remark in remarks:
        numbers = (remark.left, remark.right, remark.difference)
        shown.add_row(
            Text(LEVEL_WORDS[lang][remark.level], style=STYLES[remark.level]),
            remark.title[lang],
            Text(remark.place[lang]),
            *("–" if number is None else plain(number) for number in numbers),
            Text("\n".join(ways(remark, proof.report.extraction.variants, lang))),
        )
    return shown
