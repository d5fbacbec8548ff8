"""Takes an organ's name apart: name → divisions it may mean, zone, township, and the organ's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.identity.lines import fold
from pipeline.identity.organs import Organ, central_prefix, listed_organ, without_joint_name
from pipeline.identity.register import Division, Register, Zone, load_divisions, zone_words

LONGEST_NAME = 15
TOWNSHIP = re.compile(
    r"^(?P<place>[\u4e00-\u9fff]{1,14}?(?:街道|镇|乡|苏木))"
    r"(?P<rest>|人民政府|政府|办事处|(?:(?:人民)?政府|办事处)?(?:党政)?(?:综合)?办(?:公室)?)$"
)
UNKNOWN_PLACE = re.compile(r"^[\u4e00-\u9fff]{1,8}?(?:自治县|自治旗|自治州|[市区县旗州盟])(?P<rest>.+)$")
BRANCH = re.compile(r"^(?P<organ>[\u4e00-\u9fff]+局)(?P<place>[\u4e00-\u9fff]{2,15}?)分局$")
ORGAN_CHARACTERS = "局厅委署院办会处"


@dataclass(frozen=True, slots=True)
class Place:
    """What an organ's name says of its place.

    Attributes:
        chains: Every way to read the leading division names, each from the top down; empty if none is named.
        length: How many characters the division names take.
        zone: A listed zone that the name mentions.
        zone_name: The zone as printed, listed or not; empty if none.
        township: The town, township or subdistrict, as printed; empty if none.
        organ: The words after the places.
        central: The central department the name begins with.
        unknown: Words that look like a division and are not in the register; empty if none.
    """

    chains: tuple[tuple[Division, ...], ...] = ()
    length: int = 0
    zone: Zone | None = None
    zone_name: str = ""
    township: str = ""
    organ: str = ""
    central: Organ | None = None
    unknown: str = ""

    @property
    def divisions(self) -> tuple[Division, ...]:
        """What the lowest named place may be."""
        return tuple(dict.fromkeys(chain[-1] for chain in self.chains))

    @property
    def words(self) -> str:
        """The lowest division as the register names it; empty if none is named."""
        return self.chains[0][-1].name if self.chains else ""


@cache
def read_place(name: str) -> Place:
    """Takes an organ's name apart. The name is closed up, brackets of a joint name allowed."""
    bare = without_joint_name(fold(name))
    if listed_organ(bare) is not None and central_prefix(bare)[0] is None:
        return Place(organ=bare)
    central, start = central_prefix(bare)
    rest = bare[start:]
    register = load_divisions()
    length, chains = _leading_divisions(register, rest)
    length, chains = _with_served_district(register, rest, length, chains)
    zone, zone_end = _zone_after(register, rest, length)
    if zone_end:
        return Place(chains, length, zone, rest[length:zone_end], organ=rest[zone_end:], central=central)
    return _after_divisions(rest, length, chains, central)


def _after_divisions(
    rest: str, length: int, chains: tuple[tuple[Division, ...], ...], central: Organ | None
) -> Place:
    words = rest[length:]
    if listed_organ(words) is not None or not words:
        return Place(chains, length, organ=words, central=central)
    township = TOWNSHIP.match(words.removeprefix("人民政府")) or TOWNSHIP.match(words)
    if township is not None:
        organ = township["rest"] or ("办事处" if township["place"].endswith("街道") else "人民政府")
        return Place(chains, length, township=township["place"], organ=organ, central=central)
    zone_name = _unlisted_zone(words)
    if zone_name:
        return Place(chains, length, None, zone_name, organ=words[len(zone_name) :], central=central)
    unknown = UNKNOWN_PLACE.match(words)
    if unknown is not None and listed_organ(unknown["rest"]) is not None:
        place = words[: -len(unknown["rest"])]
        return Place(chains, length, organ=unknown["rest"], central=central, unknown=place)
    return Place(chains, length, organ=words, central=central)


def _leading_divisions(register: Register, text: str) -> tuple[int, tuple[tuple[Division, ...], ...]]:
    """The longest run of division names at the start; a name without its kind only where an organ follows."""
    length, chains = read_chain(register, text, 0)
    if chains or TOWNSHIP.match(text):
        return length, chains
    for size in range(min(8, len(text)), 1, -1):
        divisions = register.by_short_name.get(text[:size], ())
        if divisions and listed_organ(text[size:]) is not None:
            return size, tuple((division,) for division in _shortened(divisions))
    return 0, ()


def _with_served_district(
    register: Register, text: str, length: int, chains: tuple[tuple[Division, ...], ...]
) -> tuple[int, tuple[tuple[Division, ...], ...]]:
    """Adds the district that a city's organ is for: `淮安市洪泽生态环境局`, `北京市公安局朝阳分局`."""
    words = text[length:]
    if not chains or not words or listed_organ(words) is not None:
        return length, chains
    branch = BRANCH.match(words)
    if branch is not None and listed_organ(branch["organ"]) is not None:
        longer = _below(register, chains, branch["place"])
        return length, longer or chains
    for size in range(2, min(8, len(words))):
        if listed_organ(words[size:]) is not None and (longer := _below(register, chains, words[:size])):
            return length + size, longer
    return length, chains


def _below(
    register: Register, chains: tuple[tuple[Division, ...], ...], name: str
) -> tuple[tuple[Division, ...], ...]:
    named = register.by_name.get(name) or tuple(_shortened(register.by_short_name.get(name, ())))
    return tuple((*chain, d) for chain in chains for d in named if chain[-1].holds(d.code))


def _shortened(divisions: tuple[Division, ...]) -> list[Division]:
    """Those that a name without its kind may mean: a district that bears its city's name is not."""
    above = [d for d in divisions if d.level != "county"]
    return [d for d in divisions if not any(other.holds(d.code) for other in above)]


def read_chain(register: Register, text: str, start: int) -> tuple[int, tuple[tuple[Division, ...], ...]]:
    """The longest run of names from `start`, each below the one before: where it ends, and its readings.

    A name without its kind counts where a division below it follows (`南京鼓楼区`).
    """
    best: tuple[int, tuple[tuple[Division, ...], ...]] = (start, ())
    for end, divisions, short in _names_at(register, text, start):
        chains = _extend(register, text, end, [(division,) for division in divisions])
        if short and chains[0] == end:
            continue
        if chains[0] > best[0]:
            best = chains
    return best


def _extend(
    register: Register, text: str, end: int, chains: list[tuple[Division, ...]]
) -> tuple[int, tuple[tuple[Division, ...], ...]]:
    best = (end, tuple(chains))
    for further, divisions, short in _names_at(register, text, end):
        longer = [(*chain, d) for chain in chains for d in divisions if chain[-1].holds(d.code)]
        if not longer:
            continue
        found = _extend(register, text, further, longer)
        if found[0] > best[0] and not (short and found[0] == further):
            best = found
    return best


def _names_at(register: Register, text: str, start: int) -> Iterator[tuple[int, tuple[Division, ...], bool]]:
    for size in range(min(LONGEST_NAME, len(text) - start), 1, -1):
        words = text[start : start + size]
        if words in register.by_name:
            yield start + size, register.by_name[words], False
        elif words in register.by_short_name:
            yield start + size, tuple(_shortened(register.by_short_name[words])), True


def chain_before(register: Register, text: str, end: int) -> tuple[tuple[Division, ...], ...]:
    """The readings of the longest run of division names that ends exactly at `end`."""
    for start in range(max(0, end - 24), end - 1):
        if text[max(0, start - 1) : start + 1] == "公开":
            continue  # `政务公开` before `县交通运输局` names no 开县
        stop, chains = read_chain(register, text[:end], start)
        if stop == end and chains:
            return chains
    return ()


def _zone_after(register: Register, text: str, start: int) -> tuple[Zone | None, int]:
    """A listed zone at the start of the text or after its divisions, where it reads further than they do."""
    best: tuple[Zone | None, int] = (None, 0)
    for begin in {0, start}:
        for size in range(min(20, len(text) - begin), 1, -1):
            zone = register.zones_by_name.get(text[begin : begin + size])
            if zone is not None and begin + size > max(best[1], start):
                best = (zone, begin + size)
    return best


def _unlisted_zone(words: str) -> str:
    """The zone that words begin with, told by how names of zones end; empty if none."""
    for word in zone_words():
        at = words.find(word)
        head = words[: max(at, 0)]
        if at >= 0 and len(head) <= 14 and not any(character in ORGAN_CHARACTERS for character in head):
            return words[: at + len(word)]
    return ""
