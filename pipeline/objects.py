"""An archive's location and a hash flow in; the object's bytes flow out, from a folder or from an object store.

What reads documents needs nothing else of the archive, so this stands apart from its manifest: a worker takes an
object by its address, wherever it runs, and shares no disk with anyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from hashlib import sha256 as sha256_of
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from pipeline.faults import CodedError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

OBJECTS = "objects"
PATIENCE = timedelta(seconds=60)
"""How long a store that answers with faults of its own, or not at all, is asked again."""
TRIES = 5


class ArchiveError(CodedError):
    """The store cannot be read or written, or does not hold what was asked for."""


def object_path(digest: str) -> str:
    """Where an object stands below the archive's location.

    Raises:
        ArchiveError: `archive_missing`, for what is no sha256 in lower-case hex.
    """
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ArchiveError("archive_missing", sha256=digest)
    return f"{OBJECTS}/{digest[:2]}/{digest}"


def object_address(location: str | Path, digest: str) -> str:
    """The path of an object in a folder, or its address in an object store, whether or not it is there."""
    folder = folder_of(location)
    return f"{str(folder or location).rstrip('/')}/{object_path(digest)}"


def place_of(address: str) -> Path | str:
    """What `object_address` gave, as a reader takes it: a path of this machine, or an address."""
    return folder_of(address) or address


def object_at(address: str, most: int | None = None) -> bytes:
    """The bytes at an address that `object_address` gave.

    Args:
        address: It ends in the object's hash, which the bytes are held to.
        most: The most bytes to take; None for any number.

    Raises:
        ArchiveError: As `object_bytes`.
    """
    digest = address.rpartition("/")[2]
    return object_bytes(address.removesuffix(f"/{object_path(digest)}"), digest, most)


def object_bytes(location: str | Path, digest: str, most: int | None = None) -> bytes:
    """The bytes under a hash.

    Raises:
        ArchiveError: `archive_missing`; `archive_corrupt` when the bytes no longer have that hash; `too_large`;
            `archive_failed` when the store cannot be read.
    """
    path = object_path(digest)
    with reaching(location):
        try:
            found = obstore.get(opened(str(location)), path)
            size = found.meta["size"]
            if most is not None and size > most:
                raise ArchiveError("too_large", size=size, limit=most)
            data = bytes(found.bytes())
        except FileNotFoundError:
            raise ArchiveError("archive_missing", sha256=digest) from None
    if sha256_of(data).hexdigest() != digest:
        raise ArchiveError("archive_corrupt", sha256=digest, path=path)
    return data


def folder_of(location: str | Path) -> Path | None:
    """The folder that a location is; None for an address of an object store."""
    text = str(location)
    if text.startswith("file://"):
        return Path(url2pathname(urlsplit(text).path))
    return None if "://" in text else Path(text)


@cache
def opened(location: str) -> ObjectStore:
    """The store at a location; an object store's options (endpoint, region, keys) come from the environment.

    Raises:
        ArchiveError: `archive_failed`, for an address that cannot be understood.
    """
    with reaching(location):
        folder = folder_of(location)
        if folder is not None:
            return LocalStore(folder.absolute(), mkdir=True)
        return from_url(location, retry_config={"max_retries": TRIES, "retry_timeout": PATIENCE})


@contextmanager
def reaching(location: str | Path) -> Iterator[None]:
    """Turns what a store raises into an `ArchiveError`; a missing object stays a `FileNotFoundError`."""
    try:
        yield
    except (FileNotFoundError, ArchiveError):
        raise
    except (BaseError, OSError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise ArchiveError("archive_failed", location=str(location), reason=reason) from error
