"""The kinds of organ: from what stands after the place in a name to a function key and a canonical name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from pipeline.paths import reference_file
from schemas.definitions import read_definitions

FUNCTION_COLUMNS = ("function", "rank", "name", "spellings")
WORD_COLUMNS = ("ending", "note")
RANKS = ("any", "vertical", "shared", "customs", "ministry")
LEVEL_WORDS = "省市区县州旗盟镇乡"
JOINT = re.compile(r"[（(\[【][^）)\]】]*[）)\]】]")
STATE_PREFIX = "中华人民共和国"


@dataclass(frozen=True, slots=True)
class Organ:
    """A kind of organ.

    Attributes:
        function: A key of `organ_functions.csv`, or `x` and eight hex digits where the kind is not listed.
        name: The canonical name, without place and joint names.
        rank: `any`, `vertical` (a department's local organ), `shared` (local organs
            of several departments), `customs`, `ministry`; empty if unlisted.
    """

    function: str
    name: str
    rank: str


@cache
def load_organs() -> dict[str, Organ]:
    """Every listed kind of organ by each spelling. Raises `DefinitionError` for one given twice."""
    table = read_definitions(reference_file("organ_functions.csv"), FUNCTION_COLUMNS, key=["function"])
    organs: dict[str, Organ] = {}
    for row in table.rows:
        organ = Organ(row["function"], row["name"], row.one_of("rank", RANKS))
        for spelling in filter(None, [row["name"], *row["spellings"].split("|")]):
            if spelling in organs:
                raise row.fail(f"{spelling} is spelt already for {organs[spelling].function}")
            organs[spelling] = organ
    return organs


@cache
def spellings(function: str) -> tuple[str, ...]:
    """How organs of a listed function are written, longest first."""
    known = [spelling for spelling, organ in load_organs().items() if organ.function == function]
    return tuple(sorted(known, key=len, reverse=True))


def without_joint_name(name: str) -> str:
    """The name without what stands in brackets: the same organ is printed with and without."""
    return JOINT.sub("", name)


def listed_organ(words: str) -> Organ | None:
    """The organ that is spelt so, a level word before it allowed (`县人社局`); None if unlisted."""
    bare = without_joint_name(words)
    organs = load_organs()
    if bare in organs:
        return organs[bare]
    if bare[:1] in LEVEL_WORDS or bare[:1] == "本":
        return organs.get(bare[1:])
    return None


def is_customs_house(words: str) -> bool:
    """Whether words name a customs house: it bears a port's name, which need not be a division's (`拱北海关`)."""
    return any(words.endswith(name) and words != name for name in spellings("customs"))


def read_organ(words: str) -> Organ:
    """The organ of the words after a place; a place alone (`洪泽区`) is its people's government."""
    bare = without_joint_name(words)
    if not bare:
        return load_organs()["人民政府"]
    known = listed_organ(bare)
    if known is not None:
        return known
    return Organ(f"x{short_hash(bare)}", bare, "")


def central_prefix(name: str) -> tuple[Organ | None, int]:
    """The central department that a name begins with and its length, with the state's name before it."""
    start = len(STATE_PREFIX) if name.startswith(STATE_PREFIX) else 0
    rest = name[start:]
    longest = next((word for word in _ministries() if rest.startswith(word)), "")
    return (load_organs()[longest], start + len(longest)) if longest else (None, start)


@cache
def _ministries() -> tuple[str, ...]:
    """How central departments are written, longest first."""
    known = [spelling for spelling, organ in load_organs().items() if organ.rank == "ministry"]
    return tuple(sorted(known, key=len, reverse=True))


@cache
def organ_endings() -> tuple[str, ...]:
    """How names of organs end, longest first."""
    table = read_definitions(reference_file("organ_endings.csv"), WORD_COLUMNS, key=["ending"])
    return tuple(sorted((row["ending"] for row in table.rows), key=len, reverse=True))


def ends_like_organ(words: str) -> bool:
    """Whether words end as an organ's name does."""
    return without_joint_name(words).endswith(organ_endings())


def short_hash(words: str) -> str:
    """Eight hex digits that stand for a name that has no ASCII key: the same on every machine."""
    return hashlib.sha256(words.encode("utf-8")).hexdigest()[:8]
