"""The bytes of a zip archive flow in, its parts flow out, after the archive was seen to be safe to unpack."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.document import UnreadableDocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MEMBERS_LIMIT = 20_000
TOTAL_LIMIT = 200_000_000
PART_LIMIT = 100_000_000
RATIO_LIMIT = 200
RATIO_COUNTS_FROM = 1_000_000
PLAIN_TEXT = 4_000_000
"""Bytes of text up to which a package is read in the time and memory that reports take."""
ENCRYPTED_FLAG = 0x1
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class Relation(NamedTuple):
    """That a part of a package points to another: by which name, as what, and where that stands."""

    name: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Package:
    """An archive that passed the safety checks, its members by lower-case name with forward slashes."""

    archive: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]
    relations: dict[str, tuple[Relation, ...]] = field(default_factory=dict)
    """What parts point to, by the part that says so, as far as it was asked for."""

    def __contains__(self, name: str) -> bool:
        return _key(name) in self.members

    def part(self, name: str, limit: int = PART_LIMIT) -> bytes:
        """A member's bytes.

        Args:
            name: The member, in any letter case; a leading slash is allowed.
            limit: The most bytes that this part may hold.

        Raises:
            UnreadableDocumentError: `damaged` where the member is missing or broken, `limit_exceeded` where
                it is larger than `limit`, `zip_bomb` where it holds more than the archive's directory says.
        """
        member = self.members.get(_key(name))
        if member is None:
            raise UnreadableDocumentError("damaged", reason=f"the part {name} is missing")
        if member.file_size > limit:
            raise UnreadableDocumentError("limit_exceeded", what=f"{name} holds {member.file_size} bytes")
        try:
            with self.archive.open(member) as stream:
                # Bounded on purpose: an unbounded read inflates everything before it minds the stated size.
                return stream.read(member.file_size + 1)
        except BROKEN as error:
            raise UnreadableDocumentError("damaged", reason=f"{name}: {error}") from None


def states_little(data: bytes) -> bool:
    """Whether all text of an archive, by its own word, comes to a few megabytes; pictures do not count."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except BROKEN:
        return True  # nothing of it will be unpacked
    text = [member.file_size for member in members if _key(member.filename).endswith((".xml", ".rels"))]
    return sum(text) <= PLAIN_TEXT


def open_package(data: bytes) -> Package:
    """Opens a zip archive after checking what it would unpack to.

    Raises:
        UnreadableDocumentError: `damaged` (no archive, or cut short), `encrypted`, `zip_bomb` (over 200 MB in
            all, a part over 100 MB, or a ratio over 200), `limit_exceeded` (too many members).
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except BROKEN as error:
        raise UnreadableDocumentError("damaged", reason=str(error)) from None
    members = archive.infolist()
    _check(members, len(data))
    return Package(archive, {_key(member.filename): member for member in members})


def _check(members: list[zipfile.ZipInfo], size: int) -> None:
    if len(members) > MEMBERS_LIMIT:
        raise UnreadableDocumentError("limit_exceeded", what=f"{len(members)} members in the archive")
    total = sum(member.file_size for member in members)
    # Members that together claim more packed bytes than there are share the same bytes: an overlap bomb.
    overlapping = sum(member.compress_size for member in members) > size
    if overlapping or total > TOTAL_LIMIT or any(map(_is_bomb, members)):
        raise UnreadableDocumentError("zip_bomb", size=total)
    if any(member.flag_bits & ENCRYPTED_FLAG for member in members):
        raise UnreadableDocumentError("encrypted")


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    suspicious = member.file_size > RATIO_COUNTS_FROM
    dense = member.file_size > RATIO_LIMIT * max(member.compress_size, 1)
    return member.file_size > PART_LIMIT or (suspicious and dense)


def _key(name: str) -> str:
    # Some converters write `word\document.xml`; part names do not tell letter cases apart (ECMA-376 part 2).
    return name.replace("\\", "/").lstrip("/").lower()


def related_part(package: Package, kind: str, source: str = "/") -> str | None:
    """The name of the part that a part of an office package points to, None where it points to none.

    Args:
        package: The package.
        kind: The last step of the relation's type, such as `officeDocument` or `styles`; it is the same in
            the transitional and in the strict form of the standard.
        source: The part that points; `/` is the package itself.
    """
    wanted = (one.target for one in _relations(package, source) if one.kind.endswith(f"/{kind}"))
    return _part_at(package, source, next(wanted, None))


def part_by_id(package: Package, relation: str, source: str) -> str | None:
    """The name of the part that a part's relation of an id points to, None where the package has none."""
    wanted = (one.target for one in _relations(package, source) if one.name == relation)
    return _part_at(package, source, next(wanted, None))


def _part_at(package: Package, source: str, target: str | None) -> str | None:
    from docx.opc.packuri import PackURI

    name = None if target is None else str(PackURI.from_rel_ref(PackURI(source).baseURI, target))
    return name if name is not None and name in package else None


def _relations(package: Package, source: str) -> tuple[Relation, ...]:
    """The relations of a part inside the package, read once."""
    from docx.opc.packuri import PackURI

    if source not in package.relations:
        part = PackURI(source).rels_uri
        package.relations[source] = tuple(_stated(package, part)) if part in package else ()
    return package.relations[source]


def _stated(package: Package, part: str) -> Iterator[Relation]:
    from docx.opc.oxml import parse_xml

    try:
        pointers: Any = parse_xml(package.part(part))  # type: ignore[arg-type]  # bytes are right
    except SyntaxError as error:
        raise UnreadableDocumentError("damaged", reason=f"{part}: {error}") from None
    for pointer in pointers:
        if pointer.get("TargetMode") != "External":
            yield Relation(*(str(pointer.get(key, "")) for key in ("Id", "Type", "Target")))
