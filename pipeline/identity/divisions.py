"""Tells which division an organ belongs to: its name and the evidence around it → a code, or what stays open.

A name that only one division bears is enough. One that several bear is decided by evidence, in this order:
统一社会信用代码 → the site's host → address, dialling code and postcode → a parent named with the place → a
superior named in the text. What none of it decides stays open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from pipeline.identity import credit_code as credit
from pipeline.identity.organs import JOINT, listed_organ, load_organs, read_organ, spellings
from pipeline.identity.places import Place, chain_before, read_chain, read_place
from pipeline.identity.register import (
    Division,
    Register,
    dialling_codes,
    hosts,
    load_divisions,
    postcodes,
    townships,
)

__all__ = ["Division", "Resolution", "load_divisions", "resolve"]

ADDRESS = re.compile(r"(?:地址|住所|地点|办公场所|通[讯信]地址|位于)[:：为是]?")
TELEPHONE = re.compile(r"(?<!\d)(0(?:10|2\d|[3-9]\d{2}))[)）—–－-]{1,2}\d{7,8}(?!\d)")
POSTCODE = re.compile(r"(?:邮编|邮政编码|邮码)[:：为是]?(\d{2})\d{4}(?!\d)")
PASSING = re.compile(r"(?:赴|考察|学习|来自|交流|调研|走访|借鉴|前往|参观|对接)$")
SUPERIOR = r"(?:委|党委|政府|人民政府|委办|府办|政务公开|政府网|门户网|大数据|级)"
FROM_ABOVE = re.compile(r"(?:根据|按照|依据|依照|遵照|贯彻|落实|执行|接受|收到|转发|在|经|报|向)$")
BY_ABOVE = re.compile(
    r"(?:的?(?:统一)?(?:要求|指导|部署|安排|领导|正确领导|关心|支持)|印发|下发|关于|文件|通知|《)"
)
KINDS = {"县": "县", "区": "区", "市": "市", "州": "州", "旗": "旗", "盟": "盟", "省": "省"}
SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is known of an organ's division.

    Attributes:
        code: Six digits; None for central organs, customs districts, zones, and where it stays open.
        candidates: The codes that the evidence leaves open; empty where nothing points anywhere.
        evidence: What it rests on, strongest first.
        zone: The key of the zone the organ is of; empty if none.
        located_in: The code of what a zone or a customs house lies in, where known.
        central: Whether the organ is central or a customs house.
        conflict: What contradicts each other; empty if nothing does.
    """

    code: str | None
    candidates: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    zone: str = ""
    located_in: str | None = None
    central: bool = False
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a name: the closed-up text, year, host and own credit code of its report."""

    text: str
    year: int | None
    host: str
    credit_code: str
    place: Place
    register: Register


Clue = Callable[[Surroundings, tuple[str, ...]], tuple[set[str], str]]


def resolve(
    name: str, text: str = "", *, year: int | None = None, host: str = "", credit_code: str = ""
) -> Resolution:
    """Tells the division of an organ.

    Args:
        name: The organ as the report names itself.
        text: The report's prose; spaces and line breaks are closed up.
        year: The report's year; None prefers what is in force today.
        host: The host of the page it stood on; empty if unknown.
        credit_code: The organ's own 统一社会信用代码; ignored where its check digit is wrong.
    """
    bare = SPACE.sub("", name)
    place = read_place(bare)
    around = Surroundings(SPACE.sub("", text), year, host.lower(), credit_code, place, load_divisions())
    if _is_central(place):
        return Resolution(None, evidence=(f"central organ: {bare}",), central=True)
    if _is_customs(place):
        codes = _codes(around, place.divisions)
        where = codes[0] if len(codes) == 1 else None
        evidence = (f"customs district, no division: {bare}",)
        return Resolution(None, codes, evidence, located_in=where, central=True)
    if place.zone_name:
        return _resolve_zone(bare, around)
    return _resolve_division(around)


def _is_central(place: Place) -> bool:
    return place.central is not None and not place.chains


def _is_customs(place: Place) -> bool:
    organ = listed_organ(place.organ)
    return (organ is not None and organ.rank == "customs") or place.organ.endswith("海关")


def _resolve_zone(name: str, around: Surroundings) -> Resolution:
    """A zone has no code, unless the name adds the district it shares organs with (`苏州高新区(虎丘区)`)."""
    place = around.place
    for joint in JOINT.findall(name):
        end, chains = read_chain(around.register, joint[1:-1], 0)
        if chains and end == len(joint) - 2:
            codes = _codes(around, [chain[-1] for chain in chains])
            if len(codes) == 1:
                return Resolution(codes[0], codes, (f"name: {joint[1:-1]}",), located_in=codes[0])
    above = _codes(around, place.divisions)
    where = place.zone.located_in if place.zone else (above[0] if len(above) == 1 else None)
    key = place.zone.key if place.zone else "unlisted"
    return Resolution(None, above, (f"zone, no division: {place.zone_name}",), key, where)


def _codes(around: Surroundings, divisions: Iterable[Division]) -> tuple[str, ...]:
    """The codes that names stood for in the report's year, each carried on to its successor of that year."""
    register, year = around.register, around.year
    fitting = register.in_force(divisions, year)
    return tuple(dict.fromkeys(d.code if d.in_force(year) else register.today(d, year) for d in fitting))


def _resolve_division(around: Surroundings) -> Resolution:
    place = around.place
    named = _codes(around, place.divisions)
    if place.unknown:
        evidence = (f"name: {place.unknown} is not in the register",)
        return _from_credit_code(around) or Resolution(None, named, evidence)
    if place.township and not _is_lowest(named):
        return _narrow(around, _township_counties(around, named), needs_evidence=True)
    if not named:
        return _from_credit_code(around) or _from_text(around)
    return _narrow(around, named, needs_evidence=False)


def _is_lowest(codes: tuple[str, ...]) -> bool:
    """Whether the codes are of counties, or of a prefecture without any (`东莞市`)."""
    return bool(codes) and all(
        not c.endswith("00") or (c[:4] not in _with_counties() and c[2:] != "0000") for c in codes
    )


@cache
def _with_counties() -> frozenset[str]:
    """The prefectures that have counties, by the first four digits."""
    return frozenset(code[:4] for code in townships() if not code.endswith("00"))


def _township_counties(around: Surroundings, named: tuple[str, ...]) -> tuple[str, ...]:
    """The counties that hold a township of the name, below what the organ's name already says."""
    wanted = around.place.township
    found = [code for code, names in townships().items() if wanted in names]
    above = [division for code in named for division in around.register.by_code[code]]
    return tuple(code for code in found if not above or any(d.holds(code) for d in above))


def _narrow(around: Surroundings, codes: tuple[str, ...], *, needs_evidence: bool) -> Resolution:
    """Lets each clue in turn narrow the candidates, until one is left that was told by something."""
    evidence: list[str] = []
    conflict = ""
    if len(codes) == 1 and not needs_evidence:
        evidence.append(f"name: {_path(around, codes[0])}")
        conflict = _credit_conflict(around, codes[0])
        return Resolution(None if conflict else codes[0], codes, tuple(evidence), conflict=conflict)
    for clue in _TOWNSHIP_CLUES if needs_evidence else _CLUES:
        left, words = clue(around, codes)
        if needs_evidence and clue is _parent_with_place and len(left) == 1 and not left & set(codes):
            codes = tuple(left)  # the newest list of townships may lack one that was merged away
        narrowed = tuple(code for code in codes if code in left)
        if narrowed and (len(narrowed) < len(codes) or needs_evidence):
            codes = narrowed
            evidence.append(words)
        if len(codes) == 1 and evidence:
            return Resolution(codes[0], codes, tuple(evidence))
    evidence.append(f"open: {len(codes)} divisions fit")
    return Resolution(None, codes, tuple(evidence))


def _credit_conflict(around: Surroundings, code: str) -> str:
    """What an own credit code says against the name; a code of a division since replaced does not."""
    registered = credit.division_of(around.credit_code)
    if registered is None or registered not in around.register.by_code:
        return ""
    known = around.register.by_code[registered]
    heirs = {registered, *(heir for division in known for heir in division.successors)}
    related = {code, f"{code[:4]}00", f"{code[:2]}0000"}
    if heirs & related or any(heir[:4] == code[:4] and code.endswith("00") for heir in heirs):
        return ""
    return f"{around.credit_code} was registered in {registered}, the name says {code}"


def _path(around: Surroundings, code: str) -> str:
    above = around.register.ancestors(code, around.year)
    own = around.register.division(code, around.year)
    return " > ".join(d.name for d in (*above, own) if d is not None)


def _by_credit_code(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    registered = credit.division_of(around.credit_code)
    if registered is None:
        return set(), ""
    known = around.register.by_code.get(registered, ())
    heirs = {registered, *(heir for division in known for heir in division.successors)}
    fitting = {code for code in codes if code in heirs or any(d.holds(code) for d in known)}
    return fitting, f"credit code: registered in {registered}"


def _by_host(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    for end, division in hosts().items():
        if around.host == end or around.host.endswith(f".{end}"):
            return _within(around, codes, {division}), f"host: {around.host} is of {division}"
    return set(), ""


def _within(around: Surroundings, codes: Iterable[str], places: set[str]) -> set[str]:
    """The codes that are, or lie in, one of the places."""
    above = [division for place in places for division in around.register.by_code.get(place, ())]
    return {code for code in codes if code in places or any(d.holds(code) for d in above)}


def _by_address(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    for match in ADDRESS.finditer(around.text):
        end, chains = read_chain(around.register, around.text, match.end())
        if chains:
            places = set(_codes(around, [chain[-1] for chain in chains]))
            fitting = _within(around, codes, places)
            if fitting:
                return fitting, f"address: {around.text[match.end() : end]}"
    return set(), ""


def _by_telephone(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    dialled = set(TELEPHONE.findall(around.text))
    served = [dialling_codes().get(code, frozenset()) for code in dialled]
    if len(dialled) != 1 or not served[0]:
        return set(), ""
    return _within(around, codes, set(served[0])), f"dialling code: {dialled.pop()}"


def _by_postcode(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    prefixes = set(POSTCODE.findall(around.text))
    if len(prefixes) != 1:
        return set(), ""
    prefix = prefixes.pop()
    return _within(around, codes, set(postcodes().get(prefix, ()))), f"postcode: {prefix}"


def _parent_with_place(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    """Places that the text names in one breath with a parent: `南京市鼓楼区`, `洪泽区岔河镇`."""
    place = around.place
    wanted = place.township or place.words
    found: dict[str, str] = {}
    for start in _occurrences(around.text, wanted):
        end = start if place.township else start + len(wanted)
        chains = chain_before(around.register, around.text, end)
        if chains and (place.township or len(chains[0]) > 1):
            told = _codes(around, [chain[-1] for chain in chains])
            size = sum(len(division.name) for division in chains[0])
            if len(told) == 1 and not PASSING.search(around.text[: end - size]):
                found[told[0]] = around.text[max(0, end - size) : start + len(wanted)]
    fitting = set(found) if place.township else set(found) & set(codes)
    if len(fitting) != 1:
        return set(), ""
    return fitting, f"text: {found[next(iter(fitting))]}"


def _occurrences(text: str, words: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(words), text)] if words else []


def _by_superior(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    """Candidates whose parent's party committee or government the text names, where no other's so near is named.

    A prefecture speaks before a province: that is over several of a name more often.
    """
    fitting: dict[str, tuple[int, str]] = {}
    for code in codes:
        for steps, above in enumerate(reversed(around.register.ancestors(code, around.year))):
            if re.search(re.escape(above.name) + SUPERIOR, around.text):
                fitting[code] = steps, above.name
                break
    nearest = min((steps for steps, _ in fitting.values()), default=0)
    near = {code: name for code, (steps, name) in fitting.items() if steps == nearest}
    named = set(near.values())
    return (set(near), f"text: superior {named.pop()}") if len(named) == 1 else (set(), "")


def _by_county_named(around: Surroundings, codes: tuple[str, ...]) -> tuple[set[str], str]:
    """For townships: the one county with a township of the name that the text names at all."""
    named = {}
    for code in codes:
        division = around.register.division(code, around.year)
        if division is not None and _is_named(around, division):
            named[code] = division.name
    return (set(named), f"text: {next(iter(named.values()))}") if len(named) == 1 else (set(), "")


def _is_named(around: Surroundings, division: Division) -> bool:
    """Whether the text names a division, not only a longer name that ends with its own (`保康县`, not 康县)."""
    ends = (start + len(division.name) for start in _occurrences(around.text, division.name))
    return any(
        division == chain[-1] for end in ends for chain in chain_before(around.register, around.text, end)
    )


_CLUES: tuple[Clue, ...] = (
    _by_credit_code,
    _by_host,
    _by_address,
    _by_telephone,
    _by_postcode,
    _parent_with_place,
    _by_superior,
)
_TOWNSHIP_CLUES: tuple[Clue, ...] = (_by_credit_code, _by_host, _parent_with_place, _by_county_named)


def _from_credit_code(around: Surroundings) -> Resolution | None:
    registered = credit.division_of(around.credit_code)
    if registered is None or registered not in around.register.by_code:
        return None
    newest = around.register.by_code[registered][-1]
    code = registered if newest.in_force(around.year) else around.register.today(newest, around.year)
    return Resolution(code, (code,), (f"credit code: registered in {registered}",))


def _from_text(around: Surroundings) -> Resolution:
    """For a name without a place: the one place that the text prints before the same organ, else in addresses."""
    told: dict[str, str] = {}
    for start, end in _same_organ(around):
        chains = chain_before(around.register, around.text, start)
        for code in _codes(around, [chain[-1] for chain in chains if _fits_kind(around, chain[-1])]):
            size = sum(len(division.name) for division in chains[0])
            if not FROM_ABOVE.search(around.text[: start - size]):
                told.setdefault(code, f"text: {around.text[start - size : end]}")
    told = told or _addressed(around)
    if len(told) == 1:
        code, words = next(iter(told.items()))
        return Resolution(code, (code,), (words,))
    return Resolution(None, tuple(told), ("open: the name has no place",))


def _addressed(around: Surroundings) -> dict[str, str]:
    """For a name that says its level (`县人社局`): the divisions of this level that addresses lie in."""
    if around.place.organ[:1] not in KINDS or around.place.organ in load_organs():
        return {}
    told: dict[str, str] = {}
    for match in ADDRESS.finditer(around.text):
        end, chains = read_chain(around.register, around.text, match.end())
        lowest = [next((d for d in chain[::-1] if _fits_kind(around, d)), None) for chain in chains]
        for code in _codes(around, filter(None, lowest)):
            told.setdefault(code, f"address: {around.text[match.end() : end]}")
    return told


def _same_organ(around: Surroundings) -> list[tuple[int, int]]:
    """Where the text prints an organ of the same kind, but not as the superior who asks for something."""
    organ = read_organ(around.place.organ)
    places = []
    for spelling in spellings(organ.function) or (organ.name,):
        if spelling.endswith("厅") != around.place.organ.endswith("厅"):
            continue
        for start in _occurrences(around.text, spelling):
            end = start + len(spelling)
            if not BY_ABOVE.match(around.text, end):
                places.append((start, end))
    return places


def _fits_kind(around: Surroundings, division: Division) -> bool:
    """Whether a division is of the kind that the name's level word says (`县人社局`), if it says one."""
    kind = KINDS.get(around.place.organ[:1], "")
    listed = kind and around.place.organ not in load_organs()
    return division.name.endswith(kind) if listed else True
