"""Tells who reported, and for which year: Document → Identification.

The organ is named as the report names itself: in its title, else below it, in the preamble, the signature,
section one. `X镇政府信息公开…` may mean X镇人民政府 or X镇: it is the former only where the body prints it.
"""

from __future__ import annotations

import re

from pipeline.document import NOWHERE, Document, Locator
from pipeline.identity import credit_code as credit
from pipeline.identity.agencies import agency_slug
from pipeline.identity.decisions import Decision, find_decision
from pipeline.identity.divisions import Resolution, resolve
from pipeline.identity.lines import (
    Line,
    every_line,
    first_heading,
    flowing_text,
    fold,
    opens_report,
    prose_lines,
)
from pipeline.identity.naming import Naming, find_naming
from pipeline.identity.places import read_place
from pipeline.identity.scopes import scope_words
from pipeline.identity.titles import Title, find_title
from pipeline.identity.years import opening_period, published_on, signed_year, title_year, years_told
from pipeline.report import Finding, Identification
from schemas.messages import message

SENTENCE = re.compile(r"[^。;]*[。;]?")


def identify(
    document: Document, *, source_name: str = "", host: str = "", sha256: str = ""
) -> Identification:
    """Who reported, for which year, of which scope, and when it was published.

    Args:
        document: The document as read.
        source_name: The name of the file or page; evidence only where the document itself is silent.
        host: The host of the page it stood on; empty if unknown.
        sha256: The document's hash, by which a person may have decided; empty if unknown.
    """
    lines, title = _titled_lines(document)
    text = flowing_text(lines)
    pages = tuple(filter(None, (document.properties.get("title", ""), source_name)))
    year, findings = _year(title, text, lines, pages)
    naming = find_naming(lines, title, pages, document.properties.get("content_source", ""))
    place = lines[title.first].locator if title is not None else NOWHERE
    if title is None:
        findings.append(Finding(message("title_missing"), place))
    scope, scope_findings = _scope(title, lines)
    stated = Identification(
        title=title.text if title is not None else None,
        report_year=year,
        scope=scope,
        published_on=published_on(lines, document.properties, title),
        findings=(*findings, *scope_findings),
    )
    found = _with_agency(stated, naming, text, host, place)
    decision = find_decision(found.agency_name, text, sha256)
    return found if decision is None else _decided(found, decision, text, host)


def _titled_lines(document: Document) -> tuple[tuple[Line, ...], Title | None]:
    """The prose and its title; where prose has none, the title may stand in a layout table, or the whole report."""
    lines = prose_lines(document)
    if not opens_report(lines) and opens_report(laid_out := every_line(document)):
        lines = laid_out
    title = find_title(lines)
    if title is not None:
        return lines, title
    laid_out = every_line(document)
    title = find_title(laid_out)
    return (laid_out, title) if title is not None else (lines, None)


def _with_agency(
    stated: Identification, naming: Naming | None, text: str, host: str, place: Locator
) -> Identification:
    """Adds the organ, its division and its identifier to what is already known."""
    if naming is None:
        return _rebuilt(stated, findings=(*stated.findings, Finding(message("agency_missing"), place)))
    name = _as_the_body_prints(naming.name, text)
    own = credit.own_code(text)
    resolution = resolve(name, text, year=stated.report_year, host=host, credit_code=own)
    origin = f"agency: {naming.source}" + (", completed from the body" if name != naming.name else "")
    return _rebuilt(
        stated,
        agency_name=name,
        agency_id=own or agency_slug(name, resolution, host=host),
        division_code=resolution.code,
        evidence=(*resolution.evidence, origin),
        candidates=_open_candidates(resolution),
        findings=(*stated.findings, *_division_findings(name, resolution, place)),
    )


def _open_candidates(resolution: Resolution) -> tuple[str, ...]:
    """What is left to choose from; a zone or a central organ has no division to choose."""
    is_open = resolution.code is None and not resolution.zone and not resolution.central
    return resolution.candidates if is_open else ()


def _decided(found: Identification, decision: Decision, text: str, host: str) -> Identification:
    """What a person decided goes before all evidence; what that settles is no finding any more."""
    name = decision.agency_name or found.agency_name or ""
    code = decision.division_code or ("" if decision.agency_name else found.division_code)
    resolution = Resolution(code) if code else resolve(name, text, year=found.report_year, host=host)
    made_of_name = agency_slug(name, resolution, host=host) if name else None
    own = found.agency_id if found.agency_id and credit.is_valid(found.agency_id) else None
    is_settled = bool(decision.agency_id or resolution.code)
    settled = {"division_open", "division_conflict"} if is_settled else set()
    settled |= {"agency_missing"} if name else set()
    return _rebuilt(
        found,
        agency_name=name or None,
        agency_id=decision.agency_id or own or made_of_name,
        division_code=resolution.code,
        evidence=(decision.evidence, *found.evidence),
        candidates=() if is_settled else _open_candidates(resolution),
        findings=tuple(finding for finding in found.findings if finding.message.code not in settled),
    )


def _rebuilt(stated: Identification, **changes: object) -> Identification:
    fields = {name: getattr(stated, name) for name in Identification.__slots__}
    return Identification(**{**fields, **changes})


def _as_the_body_prints(name: str, text: str) -> str:
    """`岔河镇` before 政府信息公开 as the body completes it: 岔河镇人民政府; unchanged where it does not."""
    place = read_place(name)
    bare = fold(name)
    if place.zone_name or not (bare.endswith(place.township) if place.township else not place.organ):
        return name
    endings = ("办事处", "人民政府") if bare.endswith("街道") else ("人民政府", "办事处")
    for ending in endings:
        if f"{bare}{ending}" in text:
            return f"{name}{ending}"
    return name


def _division_findings(name: str, resolution: Resolution, place: Locator) -> list[Finding]:
    if resolution.conflict:
        return [Finding(message("division_conflict", agency=name, conflict=resolution.conflict), place)]
    if resolution.code is not None or resolution.zone or resolution.central:
        return []
    candidates = ", ".join(resolution.candidates[:8]) or "-"
    return [Finding(message("division_open", agency=name, candidates=candidates), place)]


def _year(
    title: Title | None, text: str, lines: tuple[Line, ...], pages: tuple[str, ...]
) -> tuple[int | None, list[Finding]]:
    """The year that is told best, else that before the signature's, and what of it a person should know."""
    place = lines[title.first].locator if title is not None else NOWHERE
    titled, period = title_year(title), opening_period(text)
    findings: list[Finding] = []
    if title is not None and len(set(title.years)) > 1:
        years = ", ".join(str(year) for year in title.years)
        findings.append(Finding(message("title_years", years=years), place))
    if titled is not None and period is not None and titled != period:
        findings.append(Finding(message("year_contradiction", title=titled, period=period), place))
    year = next(filter(None, years_told(title, text, lines, pages)), None)
    if year is None and not (title and title.years) and (year := signed_year(lines, text)) is not None:
        findings.append(Finding(message("year_of_signature", year=year), place))
    elif year is None:
        findings.append(Finding(message("year_missing"), place))
    return year, findings


def _scope(title: Title | None, lines: tuple[Line, ...]) -> tuple[str | None, list[Finding]]:
    """The scope that title or prose states; None where neither does or they contradict each other."""
    heading = first_heading(lines)
    prose = flowing_text(lines[:heading][-40:])
    titles = [fold(title.text)] if title is not None else []
    sentences = SENTENCE.findall(prose)
    found: set[str] = set()
    for word in scope_words():
        texts = titles if word.where == "title" else sentences
        if any(word.pattern.search(words) for words in texts):
            found.add(word.scope)
    if len(found) > 1:
        return None, [Finding(message("scope_contradiction", scopes=", ".join(sorted(found))))]
    return (found.pop() if found else None), []
