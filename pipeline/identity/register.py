"""The register of places: reference files → divisions with their years, zones, townships, codes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from pipeline.paths import reference_file
from schemas.definitions import Row, read_definitions

DIVISION_COLUMNS = ("code", "name", "level", "parent_code", "valid_from", "valid_to", "successor_codes")
ZONE_COLUMNS = ("key", "name", "other_names", "located_in", "note", "source")
SUFFIX = re.compile(r"(特别行政区|自治区|地区|特区|林区|自治州|自治县|自治旗|联合旗|[省市区县州旗盟])$")
PEOPLES = (
    "壮族|满族|回族|苗族|维吾尔|土家族|彝族|蒙古族|蒙古|藏族|布依族|侗族|瑶族|朝鲜族|白族|哈尼族|哈萨克|哈萨克族|黎族|"
    "傣族|畲族|傈僳族|仡佬族|东乡族|拉祜族|水族|佤族|纳西族|羌族|土族|仫佬族|锡伯|柯尔克孜|达斡尔族|景颇族|毛南族|"
    "撒拉族|布朗族|塔吉克|阿昌族|普米族|怒族|德昂族|保安族|裕固族|独龙族|各族"
)
AUTONOMOUS = re.compile(rf"^(.{{1,8}}?)(?:{PEOPLES})+自治([区州县旗])$")
# the prefectures of a prefecture: 伊犁州 is over two prefectures whose codes do not begin with its own
OVER = {"654000": ("6542", "6543")}


SHORT_ZONE_WORDS = (
    ("经济技术开发区", "经开区"),
    ("经济技术开发区", "经济开发区"),
    ("高新技术产业开发区", "高新区"),
    ("高新技术产业开发区", "高新技术开发区"),
    ("经济开发区", "经开区"),
)


@dataclass(frozen=True, slots=True)
class Division:
    """A division of GB/T 2260 under one name, for the years it bore it.

    Attributes:
        code: Six digits.
        name: The name in those years.
        level: `province`, `prefecture` or `county`.
        parent_code: The code of the next level up; empty for a province.
        valid_from: First year; 1992 means 1992 or before.
        valid_to: Last year, in part of which it was in force; None while it is.
        successors: Codes that took its place, where certain.
    """

    code: str
    name: str
    level: str
    parent_code: str
    valid_from: int
    valid_to: int | None
    successors: tuple[str, ...] = ()

    def in_force(self, year: int | None) -> bool:
        """Whether it bore the name in a year, or in part of it; None: today."""
        if year is None:
            return self.valid_to is None
        return self.valid_from <= year and (self.valid_to is None or year <= self.valid_to)

    def holds(self, code: str) -> bool:
        """Whether a code is of a division below this one."""
        if self.level == "province":
            return code[:2] == self.code[:2] and code != self.code
        if self.level == "prefecture":
            return code != self.code and (code[:4] == self.code[:4] or code[:4] in OVER.get(self.code, ()))
        return False


@dataclass(frozen=True, slots=True)
class Zone:
    """A development zone or new area that is no division, or reports beside it.

    Attributes:
        key: An ASCII key, stable over versions.
        name: The usual name.
        names: All names, the usual one among them.
        located_in: The code of what it lies in; the common parent where it lies in several.
    """

    key: str
    name: str
    names: tuple[str, ...]
    located_in: str


@dataclass(frozen=True, slots=True)
class Register:
    """All places by name and by code. Names map to every division that ever bore them."""

    divisions: tuple[Division, ...]
    zones: tuple[Zone, ...]
    by_code: dict[str, tuple[Division, ...]] = field(default_factory=dict)
    by_name: dict[str, tuple[Division, ...]] = field(default_factory=dict)
    by_short_name: dict[str, tuple[Division, ...]] = field(default_factory=dict)
    zones_by_name: dict[str, Zone] = field(default_factory=dict)

    def division(self, code: str, year: int | None = None) -> Division | None:
        """The division of a code in a year; the latest of the code where none was in force then."""
        known = self.by_code.get(code, ())
        fitting = [division for division in known if division.in_force(year)]
        found = fitting or list(known)
        return found[-1] if found else None

    def ancestors(self, code: str, year: int | None = None) -> tuple[Division, ...]:
        """What a code lies in, province first, without itself."""
        codes = dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00"))
        found = [self.division(above, year) for above in codes if above != code]
        return tuple(division for division in found if division is not None)

    def in_force(self, divisions: Iterable[Division], year: int | None) -> tuple[Division, ...]:
        """Those in force in a year, one a code; else in the next, when the report is written; else all.

        Of two that bore the name in one year, the one that took the other's place stands for both.
        """
        known = tuple(divisions)
        fitting = [division for division in known if division.in_force(year)]
        if not fitting and year is not None:
            fitting = [division for division in known if division.in_force(year + 1)]
        codes = {division.code for division in fitting}
        current = [d for d in fitting if not codes & (set(d.successors) - {d.code})]
        return tuple({division.code: division for division in current or fitting or known}.values())

    def today(self, division: Division, year: int | None) -> str:
        """The code in force in a year for a name that no longer was: its own, or its one successor's."""
        if any(other.in_force(year) for other in self.by_code.get(division.code, ())):
            return division.code
        heirs = [c for c in division.successors if any(d.in_force(year) for d in self.by_code.get(c, ()))]
        return heirs[0] if len(heirs) == 1 else division.code


@cache
def load_divisions() -> Register:
    """Reads `divisions.csv` and `zones.csv` once. Raises `DefinitionError` where a row is wrong."""
    path = reference_file("divisions.csv")
    rows = read_definitions(path, DIVISION_COLUMNS, key=["code", "name", "valid_from"]).rows
    divisions = tuple(_division(row) for row in rows)
    zone_rows = read_definitions(reference_file("zones.csv"), ZONE_COLUMNS, key=["key"]).rows
    zones = tuple(_zone(row) for row in zone_rows)
    return Register(
        divisions,
        zones,
        _index((division.code, division) for division in divisions),
        _index((name, division) for division in divisions for name in full_names(division)),
        _index((name, division) for division in divisions for name in _short_names(division)),
        _zones_by_name(zones),
    )


def _zones_by_name(zones: tuple[Zone, ...]) -> dict[str, Zone]:
    """Zones by name and by the usual short forms; one that two zones share stands for neither."""
    full = {name: zone for zone in zones for name in zone.names}
    short: dict[str, list[Zone]] = defaultdict(list)
    for name, zone in full.items():
        for long_word, short_word in SHORT_ZONE_WORDS:
            if name.endswith(long_word):
                short[name.removesuffix(long_word) + short_word].append(zone)
    return {name: sharing[0] for name, sharing in short.items() if len(sharing) == 1} | full


def _index(pairs: Iterable[tuple[str, Division]]) -> dict[str, tuple[Division, ...]]:
    gathered: dict[str, list[Division]] = defaultdict(list)
    for name, division in pairs:
        gathered[name].append(division)
    return {name: tuple(divisions) for name, divisions in gathered.items()}


def _division(row: Row) -> Division:
    if not re.fullmatch(r"\d{6}", row["code"]) or not row["valid_from"].isdigit():
        raise row.fail("needs a six-digit code and a first year")
    return Division(
        row["code"],
        row["name"],
        row["level"],
        row["parent_code"],
        int(row["valid_from"]),
        int(row["valid_to"]) if row["valid_to"] else None,
        tuple(filter(None, row["successor_codes"].split("|"))),
    )


def _zone(row: Row) -> Zone:
    others = tuple(filter(None, row["other_names"].split("|")))
    return Zone(row["key"], row["name"], (row["name"], *others), row["located_in"])


def full_names(division: Division) -> tuple[str, ...]:
    """The name, and for an autonomous unit the name without its people (`巴马县`, `湘西州`)."""
    match = AUTONOMOUS.match(division.name)
    if match is None or len(match[1]) < 2:
        return (division.name,)
    return (division.name, f"{match[1]}{match[2]}")


def _short_names(division: Division) -> tuple[str, ...]:
    """The name without its kind (`江苏`, `淮安`, `昆山`); never of one character."""
    match = AUTONOMOUS.match(division.name)
    bare = match[1] if match and len(match[1]) > 1 else SUFFIX.sub("", division.name)
    return (bare,) if len(bare) > 1 and bare != division.name else ()


@cache
def townships() -> dict[str, frozenset[str]]:
    """The towns, townships and subdistricts of each county by its code, as of the newest list."""
    path = reference_file("townships.csv")
    rows = read_definitions(path, ("county_code", "names"), key=["county_code"]).rows
    return {row["county_code"]: frozenset(row["names"].split("|")) for row in rows}


@cache
def dialling_codes() -> dict[str, frozenset[str]]:
    """The divisions that a dialling code serves."""
    path = reference_file("dialling_codes.csv")
    rows = read_definitions(path, ("dialling_code", "division_code")).rows
    served: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        served[row["dialling_code"]].add(row["division_code"])
    return {code: frozenset(divisions) for code, divisions in served.items()}


@cache
def postcodes() -> dict[str, frozenset[str]]:
    """The provinces that the first two digits of a postcode stand for."""
    path = reference_file("postcodes.csv")
    rows = read_definitions(path, ("prefix", "province_codes"), key=["prefix"]).rows
    return {row["prefix"]: frozenset(row["province_codes"].split("|")) for row in rows}


@cache
def hosts() -> dict[str, str]:
    """The division whose government runs a site, by the end of the host's name."""
    path = reference_file("hosts.csv")
    rows = read_definitions(path, ("host", "division_code"), key=["host"]).rows
    return {row["host"]: row["division_code"] for row in rows}


@cache
def zone_words() -> tuple[str, ...]:
    """What names of zones end with, longest first."""
    path = reference_file("zone_words.csv")
    rows = read_definitions(path, ("word", "note"), key=["word"]).rows
    return tuple(sorted((row["word"] for row in rows), key=len, reverse=True))


def level_of(code: str) -> str:
    """The level that a division code's zeros tell: `province`, `prefecture` or `county`."""
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"
