"""What an organ is: name and division → a stable identifier, and its place, level and function."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.identity.divisions import Resolution, resolve
from pipeline.identity.lines import closed_up, fold
from pipeline.identity.organs import STATE_PREFIX, Organ, listed_organ, read_organ, short_hash
from pipeline.identity.places import BRANCH, Place, read_place
from pipeline.identity.register import level_of, load_divisions, zone_words

UNLISTED = re.compile(r"x[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class AgencyAttributes:
    """What the `agencies` table tells of an organ.

    Attributes:
        province: The province's name, of a zone that of what it lies in; None for central organs and where the
            division is open.
        prefecture: The prefecture's name; None above it, and for counties directly under a province.
        county: The county's name; None above it.
        level: `central`, `province`, `prefecture`, `county`, `township`, `zone`; None where it is open.
        function: A key of `organ_functions.csv`; None for kinds that are not listed.
        located_in: The division a zone or customs house lies in; None for others.
    """

    province: str | None = None
    prefecture: str | None = None
    county: str | None = None
    level: str | None = None
    function: str | None = None
    located_in: str | None = None


def agency_slug(agency_name: str, resolution: Resolution, *, host: str = "") -> str:
    """An ASCII identifier of an organ: place, then kind; the same for every way of writing the two.

    `洪泽区人民政府` and `淮安市洪泽区人民政府` are both `320813-people_government`, `区人社局` with division
    500112 is `500112-human_resources`. Kinds and places without a key get `x` and a hash of their names. If
    the division is open, the name as printed and the site's host are hashed, so that two organs that only
    share a name are kept apart where their sites tell them apart.
    """
    bare = fold(closed_up(agency_name))
    place = read_place(bare)
    organ = _kind(place)
    if resolution.central:
        return _central_slug(place, bare.removeprefix(STATE_PREFIX))
    if resolution.zone and not _is_nameless(place):
        key = (
            resolution.zone
            if place.zone is not None
            else f"x{short_hash((resolution.located_in or place.words) + place.zone_name)}"
        )
        return f"zone-{key}-{organ}"
    if resolution.code is None:
        parts = (place.words, place.township or place.zone_name, organ, host)
        return f"unresolved-x{short_hash('|'.join(parts))}"
    township = f"t{short_hash(place.township)}-" if place.township else ""
    return f"{resolution.code}-{township}{organ}"


def _is_nameless(place: Place) -> bool:
    """Whether only the kind of a zone is printed (`高新区管委会`), which many places have."""
    return place.zone is None and not place.words and place.zone_name in zone_words()


def _kind(place: Place) -> str:
    branch = BRANCH.match(place.organ)
    if branch is not None and listed_organ(branch["organ"]) is not None:
        return f"{read_organ(branch['organ']).function}-branch"
    organ = _organ(place)
    if organ.rank == "shared" and place.central is not None:
        return place.central.function
    return organ.function


def _organ(place: Place) -> Organ:
    """The kind of organ; a town's people's government is the same with and without its last words."""
    if place.township.endswith("街道") and not place.organ:
        return read_organ("街道办事处")
    return read_organ(place.organ)


def _central_slug(place: Place, name: str) -> str:
    if place.central is None:
        listed = listed_organ(place.organ)
        return f"cn-{listed.function if listed else 'organ'}-x{short_hash(name)}"
    return f"cn-{place.central.function}" + (f"-x{short_hash(place.organ)}" if place.organ else "")


def agency_attributes(
    agency_name: str, division_code: str | None, *, year: int | None = None
) -> AgencyAttributes:
    """Place names, level and function of an organ, for the `agencies` table.

    Args:
        agency_name: The organ as printed.
        division_code: Its division as resolved; None where it is open or there is none.
        year: The year whose names are wanted; None for today's.
    """
    bare = fold(closed_up(agency_name))
    if not bare:
        return AgencyAttributes()
    place = read_place(bare)
    function = _function(place)
    names = _place_names(division_code, year)
    resolution = resolve(bare, year=year)
    around = _place_names(resolution.located_in, year) if resolution.zone else {}
    return AgencyAttributes(
        province=names.get("province") or around.get("province"),
        prefecture=names.get("prefecture"),
        county=names.get("county"),
        level=_level(place, resolution, division_code),
        function=function,
        located_in=resolution.located_in,
    )


def _function(place: Place) -> str | None:
    """The listed function; None for kinds that are not listed, whose key is only a hash."""
    if place.central is not None and not place.chains:
        return place.central.function
    kind = _kind(place).removesuffix("-branch")
    return None if UNLISTED.fullmatch(kind) else kind


def _place_names(code: str | None, year: int | None) -> dict[str, str]:
    if code is None:
        return {}
    register = load_divisions()
    own = register.division(code, year)
    chain = (*register.ancestors(code, year), *((own,) if own is not None else ()))
    return {division.level: division.name for division in chain}


def _level(place: Place, resolution: Resolution, code: str | None) -> str | None:
    if resolution.central:
        return "central"
    if place.zone_name and code is None:
        return "zone"
    if place.township:
        return "township"
    codes = [code] if code is not None else list(resolution.candidates)
    levels = {level_of(candidate) for candidate in codes}
    return levels.pop() if len(levels) == 1 else None
