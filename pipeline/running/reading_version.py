"""The source of what reads a report flows in, a short digest by media type flows out: what a reading depends on.

Nobody has to remember to raise a number: the digest covers every module that reading imports, the definition
files that these modules name, and the versions of the libraries they use. A reader's own modules count for the
media types that it reads alone.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from pipeline.paths import reference_files
from pipeline.read import CONVERTED
from pipeline.readers import reader_version, readers
from pipeline.readers.sniff import DOCX
from pipeline.running.office import reads_further
from schemas.definitions import HERE

ROOT = Path(__file__).resolve().parents[2]
OWN = ("pipeline", "schemas")
SHARED = ("pipeline.read", "pipeline.tidy")
"""What every document passes through: from its bytes to a `Report`, and from that to rows."""
UNREAD = ""
"""The media type of a document that no reader could open: it depends on all of them."""
PICTURE = "image/"

_CSV = re.compile(r"\w+\.csv(?=[\"'])")


def reading_version(media_type: str) -> str:
    """The version of all that the reading of a media type depends on; 16 hex digits.

    Args:
        media_type: As told by the content; empty for a document that no reader could open.
    """
    parts = [_shared_version()]
    for known in sorted(readers()) if media_type == UNREAD else [media_type]:
        parts += [known, reader_version(known), _reader_digest(known)]
        if reads_further(known):
            parts += [CONVERTED, _reader_digest(DOCX)]
    return digest_of(parts)


@cache
def _shared_version() -> str:
    return digest_of(_contents(frozenset(SHARED)))


@cache
def _reader_digest(media_type: str) -> str:
    name = _reader_module(media_type)
    return digest_of(_contents(frozenset([name]))) if name in _files() else ""


def _reader_module(media_type: str) -> str:
    return getattr(readers().get(media_type), "__name__", "")


def _contents(roots: frozenset[str]) -> Iterator[str]:
    """The digests of all that some modules depend on, in an order that does not depend on the machine."""
    reached = reachable(roots)
    libraries = {found.partition(".")[0] for name in reached for found in _imports(name)}
    yield from (f"{name} {file_digest(_files()[name])}" for name in sorted(reached))
    yield from (f"{path.name} {file_digest(path)}" for path in definitions_of(reached))
    yield from (f"{name} {_library_version(name)}" for name in sorted(libraries - set(OWN)))


def reachable(roots: Iterable[str]) -> set[str]:
    """Every module of ours that some modules import, at any distance, with themselves.

    Readers are not gone into from elsewhere: what picks one by the media type does not depend on the others.
    That of pictures is, since a document of any type may hold some.
    """
    roots = set(roots)
    others = (media_type for media_type in readers() if not media_type.startswith(PICTURE))
    closed = {_reader_module(media_type) for media_type in others}
    reached: set[str] = set()
    waiting = [name for name in roots if name in _files()]
    while waiting:
        name = waiting.pop()
        if name not in reached and (name in roots or name not in closed):
            reached.add(name)
            waiting += [found for found in _imports(name) if found in _files()]
    return reached


def definitions_of(reached: Iterable[str]) -> list[Path]:
    """The definition files that some modules depend on.

    A file that only other modules name is left out; one that no module names is read by its folder, and stays.
    """
    here = {name for module in reached for name in _named(module)}
    elsewhere = {name for module in _files() for name in _named(module)} - here
    own = [path for kind in ("*.csv", "*.ttf") for path in (ROOT / "pipeline").rglob(kind)]
    files = {*HERE.rglob("*.csv"), *reference_files().values(), *own}
    return sorted(path for path in files if path.name not in elsewhere)


@cache
def _files() -> Mapping[str, Path]:
    """Every module of `pipeline` and `schemas`, by its full name."""
    return {_name(path): path for package in OWN for path in (ROOT / package).rglob("*.py")}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _imports(name: str) -> frozenset[str]:
    """What a module imports, wherever in it the import stands, with the packages that are imported on the way."""
    imports: set[str] = set()
    for node in ast.walk(ast.parse(_files()[name].read_bytes())):
        if isinstance(node, ast.Import):
            imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imports.add(node.module)
            imports.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(imports | {parent for found in imports for parent in _parents(found)})


@cache
def _named(module: str) -> frozenset[str]:
    """The CSV files that a module names."""
    return frozenset(_CSV.findall(_files()[module].read_text(encoding="utf-8")))


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@cache
def _library_version(name: str) -> str:
    """The versions of the distributions that a library comes in; empty for the standard library and what is missing."""
    found = _distributions().get(name, [])
    return " ".join(f"{known}={importlib.metadata.version(known)}" for known in sorted(set(found)))


@cache
def _distributions() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


def file_digest(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of(parts: Iterable[str]) -> str:
    """A short digest of some texts, in their order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
