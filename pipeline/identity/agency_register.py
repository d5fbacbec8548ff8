"""The register of organs over the years: what they were called, what followed on what, and what stays open.

In: reports as read, the `reports` and `agencies` frames, the register of divisions and what people wrote down
(`agency_links.csv`, `organ_successions.csv`). Out: the frames `agency_names`, `agency_links`,
`agency_evidence`, `unresolved_agencies` and `divisions`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.checking.ledger import UNRESOLVED
from pipeline.identity import credit_code as credit
from pipeline.identity.agencies import agency_slug
from pipeline.identity.divisions import Resolution, load_divisions, resolve
from pipeline.identity.organs import load_organs
from pipeline.identity.register import Division
from pipeline.paths import reference_file
from pipeline.report import Identification, Report
from schemas.codes import load_codes
from schemas.definitions import HERE, Row, read_definitions
from schemas.messages import Message
from schemas.tables import conform, frame_of, table

EVIDENCE_COLUMNS = ("kind", "weight", "en", "zh")
LINK_COLUMNS = ("agency_id", "relation", "other_agency_id", "from_year", "reason", "who", "when")
SUCCESSION_COLUMNS = ("function", "relation", "successor", "from_year", "source")
OPEN = ("division_open", "division_conflict", "agency_missing")
"""The findings that a person can settle by a row of `agency_decisions.csv`."""
OF_A_DIVISION = re.compile(r"(?P<code>\d{6})-(?P<organ>.+)")
OFFICE, GOVERNMENT, BRANCH = "government_office", "people_government", "-branch"

Link = tuple[str, str, str, int | None, str]


@dataclass(frozen=True, slots=True)
class Succession:
    """A kind of organ that another took the place of throughout the country."""

    function: str
    relation: str
    successor: str
    from_year: int
    source: str


def one_identifier(reports: Sequence[Report]) -> list[Report]:
    """The reports, each organ under one identifier also where only some of its reports print its credit code.

    An organ is its 统一社会信用代码 where known. Reports that do not print it get it too if all reports of the
    same place and kind of organ that print one print the same.
    """
    codes: dict[str, set[str]] = defaultdict(set)
    slugs = [_slug(report.identity) for report in reports]
    for slug, report in zip(slugs, reports, strict=True):
        known = report.identity.agency_id or ""
        if slug and credit.is_valid(known):
            codes[slug].add(known)
    only = {slug: next(iter(found)) for slug, found in codes.items() if len(found) == 1}
    return [
        _under(report, only[slug]) if slug in only and report.identity.agency_id == slug else report
        for slug, report in zip(slugs, reports, strict=True)
    ]


def _slug(identity: Identification) -> str:
    """The identifier that name and place alone would give; empty for organs known by their name alone."""
    own = identity.agency_id or ""
    if not own or not credit.is_valid(own):
        return "" if own.startswith(UNRESOLVED) else own
    name, code = identity.agency_name or "", identity.division_code
    resolution = Resolution(code) if code else resolve(name, year=identity.report_year)
    slug = agency_slug(name, resolution)
    return "" if slug.startswith(UNRESOLVED) else slug


def _under(report: Report, agency_id: str) -> Report:
    evidence = (
        *report.identity.evidence,
        f"credit code: {agency_id}, as other reports of the organ print it",
    )
    return replace(report, identity=replace(report.identity, agency_id=agency_id, evidence=evidence))


def agency_names(reports: pl.DataFrame) -> pl.DataFrame:
    """What each organ called itself, and in which years' reports: a row an agency and name."""
    named = reports.filter(pl.col("agency_id").is_not_null() & pl.col("agency_name").is_not_null())
    found = named.group_by("agency_id", pl.col("agency_name").alias("name")).agg(
        pl.col("report_year").min().alias("seen_from"),
        pl.col("report_year").max().alias("seen_to"),
        pl.len().cast(pl.Int32).alias("reports"),
    )
    return conform("agency_names", found.sort("agency_id", "seen_from", "name", nulls_last=True))


def agency_links(agencies: pl.DataFrame, by_hand: Path | None = None) -> pl.DataFrame:
    """What each organ that reported is linked with: a row a link, with the first year it holds for.

    An organ of a division that was abolished in favour of one other is succeeded by the organ of its kind
    there; one of a kind that was abolished throughout the country is linked with its successor of the same
    place if that reported too; branches and government offices are part of what they belong to. What people
    wrote down comes with it.

    Args:
        agencies: agency_id.
        by_hand: The file of links; `data/reference/agency_links.csv` by default.
    """
    seen = set(agencies["agency_id"].to_list())
    links = [*_by_hand(by_hand or reference_file("agency_links.csv"))]
    for agency in sorted(seen):
        links += [*_of_divisions(agency), *_of_kinds(agency, seen), *_of_parts(agency, seen)]
    key = list(table("agency_links").key)
    return frame_of("agency_links", links).unique(key, keep="first", maintain_order=True).sort(key)


def _by_hand(path: Path) -> Iterator[Link]:
    relations = sorted(code.code for code in load_codes()["agency_relation"])
    for row in read_definitions(path, LINK_COLUMNS, key=LINK_COLUMNS[:3]).rows:
        row.one_of("relation", relations)
        if not all(row[column] for column in ("agency_id", "other_agency_id", "reason", "who", "when")):
            raise row.fail("a link needs both organs, a reason, a person and a day")
        year = _year(row) if row["from_year"] else None
        evidence = f"decision: {row['reason']} ({row['who']}, {row['when']})"
        yield row["agency_id"], row["relation"], row["other_agency_id"], year, evidence


def _year(row: Row) -> int:
    if not re.fullmatch(r"(?:19|20)\d{2}", row["from_year"]):
        raise row.fail(f"from_year {row['from_year']!r} is no year")
    return int(row["from_year"])


def _of_divisions(agency: str) -> Iterator[Link]:
    """The organ's heir, where its division has no name in force and exactly one successor."""
    match = OF_A_DIVISION.fullmatch(agency)
    known = load_divisions().by_code.get(match["code"], ()) if match else ()
    if match is None or not known or any(division.in_force(None) for division in known):
        return
    gone = known[-1]
    heirs = [code for code in gone.successors if code != gone.code]
    if len(heirs) == 1 and gone.valid_to is not None:
        heir = load_divisions().division(heirs[0], gone.valid_to)
        words = f"divisions: {gone.code} {gone.name} became {heirs[0]} {heir.name if heir else ''} in {gone.valid_to}"
        yield agency, "succeeded_by", f"{heirs[0]}-{match['organ']}", gone.valid_to, words


@cache
def load_successions(path: Path | None = None) -> tuple[Succession, ...]:
    """The kinds of organs that another kind took the place of.

    Raises:
        DefinitionError: An unknown kind, relation or year, with its line.
    """
    file = path or reference_file("organ_successions.csv")
    kinds = {organ.function for organ in load_organs().values()}
    found = []
    for row in read_definitions(file, SUCCESSION_COLUMNS, key=["function", "successor"]).rows:
        for column in ("function", "successor"):
            if row[column] not in kinds:
                raise row.fail(f"{column} {row[column]!r} is no kind of organ_functions.csv")
        found.append(
            Succession(row["function"], row["relation"], row["successor"], _year(row), row["source"])
        )
    return tuple(found)


def _of_kinds(agency: str, seen: set[str]) -> Iterator[Link]:
    place, dash, kind = agency.rpartition("-")
    for succession in load_successions():
        other = f"{place}{dash}{succession.successor}"
        if kind == succession.function and other in seen:
            yield agency, succession.relation, other, succession.from_year, succession.source


def _of_parts(agency: str, seen: set[str]) -> Iterator[Link]:
    place, dash, kind = agency.rpartition("-")
    if kind == OFFICE and f"{place}{dash}{GOVERNMENT}" in seen:
        yield agency, "part_of", f"{place}{dash}{GOVERNMENT}", None, "kind: a government's office"
    match = OF_A_DIVISION.fullmatch(agency.removesuffix(BRANCH))
    if agency.endswith(BRANCH) and match is not None:
        parent = f"{match['code'][:4]}00-{match['organ']}"
        if parent in seen:
            yield agency, "part_of", parent, None, "kind: a branch of the prefecture's organ"


@cache
def evidence_weights(path: Path = HERE / "evidence.csv") -> dict[str, float]:
    """How strongly each kind of evidence speaks, from 0 to 1.

    Raises:
        DefinitionError: A weight that is no number from 0 to 1, or no words, with its line.
    """
    weights = {}
    for row in read_definitions(path, EVIDENCE_COLUMNS, key=["kind"]).rows:
        if not re.fullmatch(r"0(\.\d+)?|1", row["weight"]) or not (row["en"] and row["zh"]):
            raise row.fail("needs a weight from 0 to 1, and words in both languages")
        weights[row["kind"]] = float(row["weight"])
    return weights


def kind_of_evidence(evidence: str) -> str:
    """The kind of a piece of evidence: the words before its colon, and before their comma."""
    return evidence.partition(":")[0].partition(",")[0].strip()


def evidence_rows(identity: Identification) -> Iterator[tuple[int, str, str, float | None]]:
    """Each piece of evidence on who reported: ordinal, kind, words, weight (null for a kind without one)."""
    for ordinal, evidence in enumerate(identity.evidence, start=1):
        kind = kind_of_evidence(evidence)
        yield ordinal, kind, evidence.partition(":")[2].strip() or evidence, evidence_weights().get(kind)


def unresolved_rows(
    identity: Identification,
) -> Iterator[tuple[int, str | None, str | None, str | None, Message]]:
    """What a person is asked to decide: ordinal, a candidate's code, its name with what it lies in, province, why.

    A report that points to no place at all has one row without a candidate; one whose organ is known has none.
    """
    reasons = [f.message for f in identity.findings if f.message.code in OPEN]
    if not reasons:
        return
    codes: Sequence[str | None] = identity.candidates or (None,)
    for ordinal, code in enumerate(codes, start=1):
        chain = _chain(code, identity.report_year) if code else ()
        path, province = " > ".join(d.name for d in chain) or None, chain[0].name if chain else None
        yield ordinal, code, path, province, reasons[0]


def _chain(code: str, year: int | None) -> tuple[Division, ...]:
    register = load_divisions()
    own = register.division(code, year)
    return (*register.ancestors(code, year), *((own,) if own is not None else ()))


def divisions() -> pl.DataFrame:
    """The register of divisions as a table: one row a code, name and span of years, with what it lies in."""
    rows = [
        (
            division.code,
            division.name,
            division.level,
            division.parent_code or None,
            names.get("province"),
            names.get("prefecture"),
            division.valid_from,
            division.valid_to,
            " ".join(division.successors) or None,
        )
        for division in load_divisions().divisions
        for names in [{d.level: d.name for d in _chain(division.code, division.valid_to)}]
    ]
    return frame_of("divisions", rows)
