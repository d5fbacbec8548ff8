"""A PDF's bytes flow in; whether its streams unpack to what a report holds flows out, before any engine sees it.

A few kilobytes can unpack to gigabytes, or to operators that make an engine in C abort. Looking costs about a
millisecond: only what pages may draw is unpacked, in small steps, and never further than the bounds.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.document import UnreadableDocumentError

STREAM_LIMIT = 32_000_000
"""Bytes that a stream of operators or objects may unpack to; a page of a report has some ten thousand."""
PLAIN_STREAM = 1_000_000
PLAIN_TOTAL = 4_000_000
"""Bytes of one stream and of all up to which engines are known to stay small, pages that share one counted each."""
PLAIN_FONTS = 1_000_000
"""The same for packed fonts, which are not unpacked here."""
PLAIN_STREAMS = 5_000
PLAIN_STRUCTURE = 1_000_000
"""Bytes between streams: of a report some hundred thousand at most, where a program tagged every word."""
MOST_MARKS = 8_000
MOST_CLIPS = 3_000
"""How often operators may stand in a stream whose cost grows with the square of their number."""

MOST_REPEATING = 5
"""Places of 4 KB, in all packed fonts, that look as if they unpacked to a thousand times their size."""

_STEP = 16_384
_WINDOW = 4_096
_VARIED = 16
"""Different bytes that any 64 bytes of what is packed have, where it does not repeat itself: some 57."""
_LONG_TEXT_FORM = 40_000
_SPACES = b" \t\r\n\f\0"
_STREAM = re.compile(rb"stream[ \t]*(?:\r\n|\n|\r)")
_NUMBER = re.compile(rb"(\d+)\s+\d+\s+obj")
_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R\b")
_REFERENCES = re.compile(rb"\[((?:\s*\d+\s+\d+\s+R){2,}\s*)\]")
_CONTENTS = re.compile(rb"/Contents\s*(\d+)\s+\d+\s+R\b")
_KIDS = re.compile(rb"/Kids\s*\[([^\]]*)\]")
_FONT = re.compile(rb"/Length1\b|/(?:Type1C|CIDFontType0C|OpenType)\b")
_TEXT_FORM = re.compile(rb"/A(?:SCII)?85")
_PICTURE = re.compile(rb"/Subtype\s*/Image\b")
_OBJECTS = re.compile(rb"/Type\s*/ObjStm\b")
_FORM = re.compile(rb"/Subtype\s*/Form\b")
_ODD_FILTER = re.compile(rb"/(?:LZW|RunLength|ASCIIHex|RL\b|AHx|Crypt|JPX|JBIG2)|/Filter\s*\d|/Fl[^>]*/Fl|#")


@dataclass(slots=True)
class _Stream:
    """A stream as it lies in the file: its object's number (0 where unknown), its dictionary, and its bytes."""

    number: int
    about: bytes
    start: int
    end: int

    @property
    def is_font(self) -> bool:
        return _FONT.search(self.about) is not None and _FORM.search(self.about) is None

    @property
    def is_picture(self) -> bool:
        return _PICTURE.search(self.about) is not None


def is_plain(data: bytes) -> bool:
    """Whether a PDF unpacks to no more than any engine reads in little time and memory.

    One that does not is no bomb yet: a scan, a large drawing, a file under a password. It is to be read in a
    process of its own.

    Raises:
        UnreadableDocumentError: `limit_exceeded` for a stream of over 32 MB that is neither a font nor a picture,
            and for a page that draws as much.
    """
    streams = list(_streams(data))
    if len(streams) > PLAIN_STREAMS:
        return False
    structure = _structure(data, streams)
    if len(structure) > PLAIN_STRUCTURE or b"/Encrypt" in structure or any(map(_is_odd, streams)):
        return False
    drawn = Counter(_CONTENTS.findall(structure))
    arrays = [_REFERENCE.findall(found) for found in _REFERENCES.findall(structure)]
    drawn.update(reference for array in arrays for reference in set(array))
    fonts = [stream for stream in streams if stream.is_font and not drawn[b"%d" % stream.number]]
    return _are_small_fonts(data, fonts) and _is_small(data, streams, fonts, structure, arrays)


def _is_odd(stream: _Stream) -> bool:
    """Whether a stream is packed in a way that is not undone here."""
    if _TEXT_FORM.search(stream.about) and stream.end - stream.start > _LONG_TEXT_FORM:
        return True
    return _ODD_FILTER.search(stream.about) is not None


def _streams(data: bytes) -> Iterator[_Stream]:
    """Every stream that the file could be read to have, also within what another holds."""
    before = 0
    for found in _STREAM.finditer(data):
        if data.endswith(b"end", 0, found.start()):
            continue
        start, end = found.end(), data.find(b"endstream", found.end())
        opened = max(data.rfind(b"obj", before, found.start()), found.start() - 4_096, before)
        number = _NUMBER.search(data, max(opened - 24, 0), opened + 3)
        yield _Stream(
            int(number[1][-9:]) if number else 0,
            data[opened : found.start()],
            start,
            len(data) if end < 0 else end,
        )
        before = found.end()


def _structure(data: bytes, streams: Sequence[_Stream]) -> bytes:
    """What lies between streams, and in the streams that hold objects, until it is more than a plain file has."""
    parts: list[bytes] = []
    place = size = 0
    for stream in streams:
        if stream.start >= place:
            parts.append(data[place : stream.start])
            place = stream.end
        if _OBJECTS.search(stream.about):
            parts.append(_measured(data, stream)[1])
            size += len(parts[-1])
            if size > PLAIN_STRUCTURE:
                break
    return b"\n".join([*parts, data[place:]]).replace(b"\0", b" ")  # white space in a PDF, not in a pattern


def _are_small_fonts(data: bytes, fonts: Iterable[_Stream]) -> bool:
    """Whether embedded fonts unpack to little, by how they look packed: what is packed tightly repeats itself."""
    total = repeating = 0
    for font in fonts:
        total += font.end - font.start
        windows = (data[place : place + 64] for place in range(font.start + 512, font.end - 64, _WINDOW))
        repeating += sum(len(set(window)) < _VARIED for window in windows)
    return total <= PLAIN_FONTS and repeating <= MOST_REPEATING


def _is_small(
    data: bytes,
    streams: Sequence[_Stream],
    fonts: Sequence[_Stream],
    structure: bytes,
    arrays: Sequence[Sequence[bytes]],
) -> bool:
    if any(len(kids) > len(set(kids)) for kids in map(_REFERENCE.findall, _KIDS.findall(structure))):
        return False
    passed_over = set(map(id, fonts))
    has_forms = any(_FORM.search(stream.about) for stream in streams)
    sizes: dict[bytes, int] = {}
    drawing = largest_form = 0
    total = forms = 0
    for stream in streams:
        if id(stream) in passed_over or stream.is_picture:
            continue
        size, content = _measured(data, stream)
        total += size
        if size > PLAIN_STREAM or total > PLAIN_TOTAL or _is_intricate(content):
            return False
        if has_forms:
            drawn = content.count(b"Do")
            drawing += drawn
            if _FORM.search(stream.about):
                largest_form = max(largest_form, size)
                forms += drawn > 0
        sizes[b"%d" % stream.number] = max(size, sizes.get(b"%d" % stream.number, 0))
    pages = [sum(sizes.get(number, 0) for number in array) for array in arrays]
    pages += [sizes.get(number, 0) for number in _CONTENTS.findall(structure)]
    if max(pages, default=0) > STREAM_LIMIT:
        raise _too_large("streams of a page that unpack")
    return sum(pages) + drawing * largest_form <= 2 * PLAIN_TOTAL and forms < 2


def _is_intricate(content: bytes) -> bool:
    """Whether operators that copy what came before them may stand in a content too often."""
    if content.count(b"W") > MOST_CLIPS:
        return True
    long = len(content) > 6 * MOST_MARKS  # none could be marked too often that is shorter
    return long and content.count(b"BDC") + content.count(b"BMC") > MOST_MARKS


def _measured(data: bytes, stream: _Stream) -> tuple[int, bytes]:
    """Bytes of a stream once unpacked, and those bytes up to where it is no longer plain.

    Raises:
        UnreadableDocumentError: `limit_exceeded`.
    """
    size = 0
    parts: list[bytes] = []
    for part in _unpacked(data, stream):
        size += len(part)
        if size > STREAM_LIMIT:
            raise _too_large("a stream that unpacks")
        if size <= PLAIN_STREAM:
            parts.append(part)
    return size, b"".join(parts)


def _too_large(what: str) -> UnreadableDocumentError:
    return UnreadableDocumentError("limit_exceeded", what=f"{what} to over {STREAM_LIMIT} bytes")


def _unpacked(data: bytes, stream: _Stream) -> Iterator[bytes]:
    """A stream's bytes in steps, unpacked as far as they are sound; as they are where they are not packed."""
    if b"/Fl" not in stream.about:
        yield data[stream.start : stream.end]
        return
    if _TEXT_FORM.search(stream.about):
        data, start = _from_text_form(data[stream.start : stream.end]), 0
    else:
        start = stream.start
    inflater = zlib.decompressobj()
    # A packed stream ends by itself: what a file says of its length, or sets behind it, is not believed.
    for place in range(start, len(data), _STEP):
        if inflater.eof:
            return
        rest = data[place : place + _STEP]
        while rest and not inflater.eof:
            try:
                part = inflater.decompress(rest, 4 * _STEP)
            except zlib.error:
                return
            rest = inflater.unconsumed_tail
            yield part


def _from_text_form(text: bytes) -> bytes:
    """Bytes written as 85 signs, as far as they are sound."""
    signs = text.translate(None, _SPACES).partition(b"~")[0]
    try:
        return base64.a85decode(signs)
    except ValueError:
        return b""
