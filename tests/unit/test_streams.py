"""What a PDF unpacks to is known before any engine sees it."""

from __future__ import annotations

import base64
import zlib

import pytest

from benchmarks import bombs
from benchmarks.bombs import page, page_of, stream
from pipeline.document import UnreadableDocumentError
from pipeline.readers.painting import streams
from pipeline.readers.painting.streams import is_plain


def embedded(font: bytes, about: bytes = b"/Length1 9") -> bytes:
    return page(b"BT (1) Tj ET", b"/Font<</G 6 0 R>>", b"<</FontFile2 7 0 R>>", stream(font, about))


@pytest.mark.parametrize(
    "data",
    [
        page(b"0 0 10 10 re f\n" * 2_000),
        page(b""),
        embedded(bytes(range(256)) * 500),
        page_of(
            b"<</Length 9/Filter[/ASCII85Decode/FlateDecode]>>stream\n%s~>\nendstream"
            % base64.a85encode(zlib.compress(b"0 g"))
        ),
        page_of(b"<</Length 3>>stream\n0 g\nendstream"),
        b"%PDF-1.4\nno object at all",
    ],
)
def test_what_offices_write_is_plain(data: bytes) -> None:
    assert is_plain(data)


@pytest.mark.parametrize(
    "data",
    [
        page(b"0 0 10 10 re f\n" * 100_000),
        page(b"0 g", times=2),
        page(b"/a BMC " * 9_000),
        page(b"q 0 0 9 9 re W n " * 4_000),
        bombs.forms_in_forms(),
        page(
            b"/X Do " * 400,
            b"/XObject<</X 6 0 R>>",
            stream(b"0 0 9 9 re f " * 9_000, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"),
        ),
        bombs.pages_again(),
        embedded(bytes(30_000_000)),
        bombs.many_ranges(),
        page(b"0 g").replace(b"/Root", b"/Encrypt<<>>/Root"),
        page(b"0 g").replace(b"/FlateDecode", b"/#46lateDecode"),
        page(b"0 g").replace(b"/FlateDecode", b"/LZWDecode"),
        page(b"0 g").replace(b"[/FlateDecode]", b" 9 0 R"),
        page(b"0 g").replace(b"/Root", b"/A[%s]/Root" % (b"4 0 R " * 200_000)),
        page(b"0 0 m " * 2_000).replace(b"/Contents 4 0 R", b"/Contents[%s]" % (b"4 0 R\0" * 1_000)),
    ],
    ids=range(15),
)
def test_what_may_cost_far_more_than_its_size_is_not(data: bytes) -> None:
    assert not is_plain(data)


@pytest.mark.parametrize("packed", [b"0 g " * 600_000, b"/a BMC " * 300_000])
def test_a_bomb_is_refused(packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAM_LIMIT", 2_000_000)
    with pytest.raises(UnreadableDocumentError) as caught:
        is_plain(page(packed))
    assert caught.value.code == "limit_exceeded"


def test_a_page_that_draws_the_same_without_end_is_refused() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        is_plain(bombs.shared_content())
    assert caught.value.code == "limit_exceeded"


def test_an_object_stream_is_looked_into() -> None:
    hidden = b"3 0 <</Type/Page/Contents[" + b"4 0 R " * 900 + b"]>>"
    data = page_of(stream(b"0 0 9 9 re f " * 1_000), stream(hidden, b"/Type/ObjStm/N 1/First 4"))
    assert not is_plain(data)
    assert is_plain(data.replace(b"/ObjStm", b"/Nothing"))


def test_a_content_is_no_font_because_it_says_so() -> None:
    content = stream(b"0 0 10 10 re f\n" * 100_000, b"/Length1 9")
    assert not is_plain(page_of(content))


def test_a_broken_stream_counts_as_far_as_it_is_sound() -> None:
    packed = zlib.compress(b"0 0 10 10 re f\n" * 100_000)
    for content in (packed[:-40], packed[:-40] + b"endstream" + bytes(40)):
        body = b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content)
        assert not is_plain(page_of(body))


def test_looking_stays_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a bomb is unpacked, never all of it."""
    taken = 0

    def counted(data: bytes, found: object, unpacked=streams._unpacked):
        nonlocal taken
        for part in unpacked(data, found):
            taken += len(part)
            yield part

    monkeypatch.setattr(streams, "STREAM_LIMIT", 2_000_000)
    monkeypatch.setattr(streams, "_unpacked", counted)
    with pytest.raises(UnreadableDocumentError):
        is_plain(page(b"0 g " * 2_000_000))
    assert taken < streams.STREAM_LIMIT + 100_000


def test_many_object_streams_are_unpacked_up_to_the_bound_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def counted(data: bytes, found: object, measured=streams._measured):
        size, content = measured(data, found)
        taken.append(len(content))
        return size, content

    monkeypatch.setattr(streams, "_measured", counted)
    assert not is_plain(page_of(*[stream(bytes(400_000), b"/Type/ObjStm/N 1/First 4")] * 500))
    assert sum(taken) < streams.PLAIN_STRUCTURE + 400_001
