import io
import struct
import zipfile

import pytest

from pipeline.document import UnreadableDocumentError
from pipeline.readers.word.package import open_package


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in members.items():
            out.writestr(name, data)
    return packed.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(UnreadableDocumentError) as caught:
        open_package(data)
    return caught.value.code


def test_parts_are_found_in_any_letter_case_and_with_backslashes() -> None:
    package = open_package(archive(**{"Word\\Document.xml": b"<x/>"}))
    assert "/word/document.xml" in package
    assert package.part("word/document.xml") == b"<x/>"


def test_what_unpacks_to_too_much_is_not_opened() -> None:
    assert code_of(archive(a=b"0" * 3_000_000)) == "zip_bomb"


def test_small_parts_may_be_dense() -> None:
    assert len(open_package(archive(a=b"0" * 900_000)).part("a")) == 900_000


def test_an_archive_cut_short_is_damaged() -> None:
    assert code_of(archive(a=b"abc" * 1000)[:-30]) == "damaged"


def test_members_that_share_bytes_are_a_bomb() -> None:
    data = archive(a=bytes(range(256)) * 4, b=b"x")
    first = data.index(b"PK\x01\x02")
    assert code_of(
        data[:first] + data[first:].replace(data[first + 20 : first + 24], struct.pack("<I", 10**6), 1)
    ) == ("zip_bomb")


def test_a_part_that_holds_more_than_it_states_is_not_unpacked() -> None:
    data = archive(a=b"0" * 500_000)
    stated = struct.pack("<I", 500_000)
    package = open_package(data.replace(stated, struct.pack("<I", 10)))
    with pytest.raises(UnreadableDocumentError) as caught:
        package.part("a")
    assert caught.value.code == "damaged"


def test_a_missing_or_broken_part_is_named() -> None:
    data = archive(a=b"abcdefgh" * 40)
    package = open_package(data[:35] + bytes(8) + data[43:])
    for name in ("a", "b"):
        with pytest.raises(UnreadableDocumentError) as caught:
            package.part(name)
        assert caught.value.code == "damaged"
        assert name in str(caught.value.details["reason"])


def test_a_protected_archive_is_said_to_be_protected() -> None:
    data = bytearray(archive(a=b"abc"))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert code_of(bytes(data)) == "encrypted"
