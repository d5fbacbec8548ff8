"""Good files flow in, broken and hostile ones made from them flow out, each from a number that gives it again."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Change = Callable[[bytes, random.Random], bytes]
Mixture = Callable[[bytes, bytes, random.Random], bytes]
SIZE_LIMIT = 20_000_000
HUGE = (
    b"99999999",
    b"2147483648",
    b"18446744073709551616",
    b"-1",
    b"0",
    b"1e999999999",
    b"9" * 5_000,
    b"NaN",
)
DEPTHS = (10, 100, 1_000, 20_000, 200_000)
CANARY = "/etc/hostname"
"""A file that no reader may open because another names it."""
NOBODY = "http://127.0.0.1:9/"
"""An address that no reader may call."""
CHANGES_OF_A_FILE = (1, 1, 2, 3)

_NUMBER = re.compile(rb"\d+")
_TAG = re.compile(rb"</?[A-Za-z][^<>]{0,200}>")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_REFERENCE = re.compile(rb"\b(\d{1,10}) 0 R\b")


@dataclass(frozen=True, slots=True)
class Seed:
    """A good file."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file made from a good one: its number, what it was made from, what was done, and its bytes."""

    number: int
    origin: str
    changes: tuple[str, ...]
    data: bytes

    @property
    def name(self) -> str:
        """A file name that tells where it comes from."""
        return f"{self.number:06d}-{'-'.join(self.changes)}-{self.origin}"


def mutants(seeds: Sequence[Seed], count: int, first: int = 0) -> Iterator[Mutant]:
    """Mutants by number; the same seeds and number always give the same file."""
    for number in range(first, first + count):
        yield mutant(seeds, number)


def mutant(seeds: Sequence[Seed], number: int) -> Mutant:
    """The mutant of a number."""
    chance = random.Random(number)
    seed = seeds[number % len(seeds)]
    known = changes_of(seed)
    chosen = [_chosen(known, chance) for _ in range(chance.choice(CHANGES_OF_A_FILE))]
    like = [other for other in seeds if Path(other.name).suffix == Path(seed.name).suffix]
    data = seed.data
    for name in chosen:
        if name in MIXTURES:
            data = _changed(data, name, seed, chance.choice(like if chance.random() < 0.7 else seeds), chance)
        else:
            data = _changed(data, name, seed, seed, chance)
    return Mutant(number, seed.name, tuple(chosen), data)


def one_of_each(seeds: Sequence[Seed]) -> Iterator[Mutant]:
    """One mutant for every change that the first file of each format can undergo."""
    first: dict[str, Seed] = {}
    for seed in seeds:
        first.setdefault(Path(seed.name).suffix, seed)
    number = 0
    for seed in first.values():
        for name in changes_of(seed):
            chance = random.Random(f"{seed.name} {name}")
            data = _changed(seed.data, name, seed, chance.choice(seeds), chance)
            yield Mutant(number, seed.name, (name,), data)
            number += 1


def changes_of(seed: Seed) -> list[str]:
    """What can be done to a file: any change of bytes, mixtures, and those of its own format."""
    return [*ANY, *MIXTURES, *BY_SUFFIX.get(Path(seed.name).suffix, {})]


def _changed(data: bytes, name: str, seed: Seed, other: Seed, chance: random.Random) -> bytes:
    if name in MIXTURES:
        return MIXTURES[name](data, other.data, chance)[:SIZE_LIMIT]
    change = ANY.get(name) or BY_SUFFIX[Path(seed.name).suffix][name]
    return change(data, chance)[:SIZE_LIMIT]


def _chosen(names: list[str], chance: random.Random) -> str:
    """A change: as often one of the format's own as any; bombs seldom, for each takes as long as hundreds."""
    special = [name for name in names if name not in ANY and name not in MIXTURES]
    name = chance.choice(special if special and chance.random() < 0.5 else names)
    return chance.choice(names) if "bomb" in name and chance.random() < 0.8 else name


# Changes of any bytes.


def _span(data: bytes, chance: random.Random, longest: int = 4_096) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.randrange(1, longest))


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    """A few bits the other way round."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 4, 32, 256)) if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def flip_head(data: bytes, chance: random.Random) -> bytes:
    """Bits of the first kilobyte, where formats keep their directories."""
    return flip_bits(data[:1_024], chance) + data[1_024:]


def cut_short(data: bytes, chance: random.Random) -> bytes:
    """Only a beginning."""
    return data[: chance.randrange(len(data) + 1)]


def cut_out(data: bytes, chance: random.Random) -> bytes:
    """Without a piece."""
    start, stop = _span(data, chance)
    return data[:start] + data[stop:]


def repeat_piece(data: bytes, chance: random.Random) -> bytes:
    """A piece many times over."""
    start, stop = _span(data, chance)
    return data[:stop] + data[start:stop] * chance.choice((1, 10, 1_000)) + data[stop:]


def swap_pieces(data: bytes, chance: random.Random) -> bytes:
    """Two pieces in each other's place."""
    (a, b), (c, d) = sorted((_span(data, chance), _span(data, chance)))
    return data if b > c else data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def blank_piece(data: bytes, chance: random.Random) -> bytes:
    """Zeros in place of a piece."""
    start, stop = _span(data, chance)
    return data[:start] + bytes(stop - start) + data[stop:]


def insert_noise(data: bytes, chance: random.Random) -> bytes:
    """Random bytes put in."""
    start, _ = _span(data, chance)
    return data[:start] + chance.randbytes(chance.choice((1, 16, 4_096))) + data[start:]


def huge_numbers(data: bytes, chance: random.Random) -> bytes:
    """Some numbers that are far too large, negative or no numbers."""
    share = chance.choice((0.002, 0.02, 0.2))
    budget = 400

    def larger(found: re.Match[bytes]) -> bytes:
        nonlocal budget
        if budget and chance.random() < share:
            budget -= 1
            return chance.choice(HUGE)
        return found[0]

    return _NUMBER.sub(larger, data)


def twice(data: bytes, chance: random.Random) -> bytes:
    """The file behind itself."""
    return data + data


def sow_zeros(data: bytes, chance: random.Random) -> bytes:
    """Zero bytes here and there."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 8, 200)) if changed else 0):
        changed.insert(chance.randrange(len(changed)), 0)
    return bytes(changed)


def wild_words(data: bytes, chance: random.Random) -> bytes:
    """Some numbers of two or four bytes, as formats keep their tables, with the largest or a neighbour's value."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 4, 32))):
        width = chance.choice((2, 4))
        place = chance.randrange(max(len(changed) // width, 1)) * width
        value = chance.choice(
            (0, 1, 0x7F, 0xFF, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, place // 512)
        )
        changed[place : place + width] = (value & (256**width - 1)).to_bytes(
            width, chance.choice(("little", "big"))
        )
    return bytes(changed)


# Changes of how characters are written.


def change_mark(data: bytes, chance: random.Random) -> bytes:
    """A byte order mark in front, whatever encoding follows."""
    marks = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\x2b\x2f\x76\x38")
    return chance.choice(marks) + data


def change_encoding(data: bytes, chance: random.Random) -> bytes:
    """The whole text, or what follows some place, in another encoding."""
    text = data.decode("utf-8", errors="surrogateescape")
    cut = chance.choice((0, chance.randrange(len(text) + 1)))
    encoding = chance.choice(("gb18030", "utf-16-le", "utf-16-be", "utf-32-le", "big5", "utf-7", "shift_jis"))
    tail = text[cut:].encode("utf-8", errors="replace").decode("utf-8")
    return text[:cut].encode("utf-8", errors="surrogateescape") + tail.encode(encoding, errors="replace")


def cut_in_character(data: bytes, chance: random.Random) -> bytes:
    """Only a beginning, and that up to the middle of a character of several bytes."""
    inside = [place for place, byte in enumerate(data) if byte & 0xC0 == 0x80]
    return data[: chance.choice(inside)] if inside else data


def without_line_ends(data: bytes, chance: random.Random) -> bytes:
    """All on one line, or every line end doubled or made one of another system's."""
    return data.replace(
        b"\n", chance.choice((b"", b"\n\n", b"\r", b"\r\n", b"\x0b", b"\x0c", b"\xe2\x80\xa8"))
    )


def line_bomb(data: bytes, chance: random.Random) -> bytes:
    """Very many lines, or cells of one line."""
    piece = chance.choice((b"1\n", b"\t1", b"|", b"1.", b"\r", "公".encode(), b"0" * 4_000 + b"\n"))
    start, _ = _span(data, chance)
    return data[:start] + piece * (chance.choice((100_000, 12_000_000)) // len(piece)) + data[start:]


# Changes of markup.


def giant_spans(data: bytes, chance: random.Random) -> bytes:
    """Cells that claim to span millions of rows or columns."""
    size = chance.choice(HUGE)
    names = chance.choice(((b"colspan",), (b"rowspan",), (b"colspan", b"rowspan")))
    spans = b" ".join(name + b'="' + size + b'"' for name in names)
    share = chance.choice((0.02, 0.3, 1.0))
    return re.sub(
        rb"<t[dh]\b",
        lambda found: found[0] + b" " + spans if chance.random() < share else found[0],
        data,
        flags=re.IGNORECASE,
    )


def nest_deep(data: bytes, chance: random.Random) -> bytes:
    """Elements opened many times over around a place."""
    opened, closed = chance.choice(
        (
            (b"<div>", b"</div>"),
            (b"<table><tr><td>", b"</td></tr></table>"),
            (b"<span>", b"</span>"),
            (b"<p>", b""),
            (b"<table>", b""),
            (b"<ul><li>", b"</li></ul>"),
        )
    )
    depth = chance.choice(DEPTHS)
    start, _ = _tag_place(data, chance)
    _, stop = _tag_place(data[start:], chance)
    inner = data[start : start + stop]
    return data[:start] + opened * depth + inner + closed * depth + data[start + stop :]


def drop_tags(data: bytes, chance: random.Random) -> bytes:
    """Some tags left out, closing ones or any."""
    share = chance.choice((0.01, 0.1, 0.5))
    only_closing = chance.random() < 0.5

    def kept(found: re.Match[bytes]) -> bytes:
        chosen = chance.random() < share and (not only_closing or found[0].startswith(b"</"))
        return b"" if chosen else found[0]

    return _TAG.sub(kept, data)


def repeat_rows(data: bytes, chance: random.Random) -> bytes:
    """A row of a table thousands of times over."""
    rows = list(re.finditer(rb"<(w:)?tr\b.*?</(w:)?tr>", data, flags=re.DOTALL | re.IGNORECASE))
    if not rows:
        return data
    row = chance.choice(rows)
    times = min(chance.choice((10, 500, 5_000)), SIZE_LIMIT // len(row[0]) + 1)
    return data[: row.end()] + row[0] * times + data[row.end() :]


def declare_entities(data: bytes, chance: random.Random) -> bytes:
    """Entities that grow without end, or that name a file or an address."""
    laughs = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    outside = [b'<!ENTITY e11 SYSTEM "%s">' % place.encode() for place in (f"file://{CANARY}", NOBODY)]
    parameter = b'<!ENTITY %% p SYSTEM "%s"> %%p;' % NOBODY.encode()
    chosen = chance.choice((laughs, *outside, parameter))
    declared = b'<!DOCTYPE d [<!ENTITY e0 "ha">' + chosen + b"]>"
    body = re.sub(rb"<\?xml.*?\?>", b"", data, count=1)
    return declared + re.sub(rb">(\d+)<", b">&e11;<", body, count=20)


def name_outside(data: bytes, chance: random.Random) -> bytes:
    """Elements that name a file or an address."""
    place = chance.choice(
        (f"file://{CANARY}", NOBODY, CANARY, "\\\\127.0.0.1\\share", "data:text/html,<p>1")
    ).encode()
    form = chance.choice(
        (
            b'<link rel="stylesheet" href="%s">',
            b'<iframe src="%s"></iframe>',
            b'<base href="%s">',
            b'<object data="%s"></object>',
            b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="%s" parse="text"/>',
            b'<meta http-equiv="refresh" content="0;url=%s">',
            b'<?xml-stylesheet href="%s"?>',
            b'<img src="%s">',
        )
    )
    start, _ = _tag_place(data, chance)
    return data[:start] + form % place + data[start:]


def text_bomb(data: bytes, chance: random.Random) -> bytes:
    """A node of text, an element with attributes, or a comment of many megabytes."""
    attributes = b"<p " + b" ".join(b"a%d" % number for number in range(150_000)) + b">"
    long = chance.choice((b"<p>" + b"1 " * 9_000_000, attributes, b"<!--" * 4_000_000, b"<b>1</b>" * 500_000))
    start, _ = _tag_place(data, chance)
    return data[:start] + long + data[start:]


def _tag_place(data: bytes, chance: random.Random) -> tuple[int, int]:
    tags = [found.span() for found in _TAG.finditer(data)]
    return chance.choice(tags) if tags else (0, len(data))


# Changes of archives.


def _rezip(members: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _members(data: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:
        return []  # An earlier change broke the archive: there is nothing left to change in it.


def of_members(change: Callable[[list[tuple[str, bytes]], random.Random], None]) -> Change:
    """A change of an archive's list of members as a change of its bytes."""

    def changed(data: bytes, chance: random.Random) -> bytes:
        members = _members(data)
        if not members:
            return flip_bits(data, chance)
        change(members, chance)
        return _rezip(members)

    return changed


def _swap_members(members: list[tuple[str, bytes]], chance: random.Random) -> None:
    a, b = chance.randrange(len(members)), chance.randrange(len(members))
    (one, first), (other, second) = members[a], members[b]
    members[a], members[b] = (one, second), (other, first)


def _drop_member(members: list[tuple[str, bytes]], chance: random.Random) -> None:
    members.pop(chance.randrange(len(members)))


def _bomb_member(members: list[tuple[str, bytes]], chance: random.Random) -> None:
    at = _main(members, chance)
    name, content = members[at]
    filler = chance.choice((b" ", b"<w:p/>", b"<w:tbl>"))
    members[at] = (name, content.replace(b"<w:body>", b"<w:body>" + filler * 2_000_000))


def _stray_names(members: list[tuple[str, bytes]], chance: random.Random) -> None:
    name, content = chance.choice(members)
    strange = ("../../../tmp/ogi-escaped", "/tmp/ogi-escaped", "word\\document.xml", name, "a" * 60_000)
    members.append((chance.choice(strange), content))


def _nest_archive(members: list[tuple[str, bytes]], chance: random.Random) -> None:
    at = _main(members, chance)
    members[at] = (members[at][0], _rezip(members))


def _point_outside(members: list[tuple[str, bytes]], chance: random.Random) -> None:
    """Relations of the package that point to a file, an address or beyond the package."""
    place = chance.choice(
        (f"file://{CANARY}", NOBODY, "../../../../etc/hostname", CANARY, "\\\\127.0.0.1\\a")
    )
    mode = chance.choice(('" TargetMode="External', ""))
    for at, (name, content) in enumerate(members):
        if name.endswith(".rels"):
            pointed = re.sub(
                rb'Target="[^"]*', f'Target="{place}{mode}'.encode().replace(b"\\", b"\\\\"), content
            )
            members[at] = (name, pointed)


def overlap_members(data: bytes, chance: random.Random) -> bytes:
    """A directory in which members lie where others do."""
    places = [found.start() for found in re.finditer(b"PK\x01\x02", data)]
    changed = bytearray(data)
    for place in places[1:] if len(data) > 100 else []:
        if chance.random() < 0.5:
            changed[place + 42 : place + 46] = data[places[0] + 42 : places[0] + 46]
            changed[place + 16 : place + 28] = data[places[0] + 16 : places[0] + 28]
    return bytes(changed)


def wild_directory(data: bytes, chance: random.Random) -> bytes:
    """Sizes, sums and methods in an archive's directory that are not its members'."""
    changed = bytearray(data)
    for found in re.finditer(b"PK\x01\x02", data):
        place = found.start() + chance.choice((8, 10, 16, 20, 24, 28, 42))
        if chance.random() < 0.4 and place + 4 <= len(changed):
            changed[place : place + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", chance.randbytes(4))
            )
    return bytes(changed)


def _many_members(members: list[tuple[str, bytes]], chance: random.Random) -> None:
    members.extend((f"word/{n}.xml", b"") for n in range(chance.choice((100, 25_000))))


def _main(members: list[tuple[str, bytes]], chance: random.Random) -> int:
    """The place of the document's own part, or now and then of any."""
    named = [at for at, (name, _) in enumerate(members) if name.endswith("document.xml")]
    return named[0] if named and chance.random() < 0.7 else chance.randrange(len(members))


def inside_member(change: Change) -> Change:
    """A change of the bytes inside one member."""

    def changed(members: list[tuple[str, bytes]], chance: random.Random) -> None:
        at = _main(members, chance)
        members[at] = (members[at][0], change(members[at][1], chance))

    return of_members(changed)


def wild_attributes(data: bytes, chance: random.Random) -> bytes:
    """Attributes of Word's markup with values no word processor writes."""
    share = chance.choice((0.02, 0.2))
    return re.sub(
        rb'w:(val|start|ilvl|id|type)="[^"]*"',
        lambda found: b'w:%s="%s"' % (found[1], chance.choice(HUGE)) if chance.random() < share else found[0],
        data,
    )


def giant_word_spans(data: bytes, chance: random.Random) -> bytes:
    """Word cells that claim to span millions of columns, or to continue one that never began."""
    wide = b'<w:tcPr><w:gridSpan w:val="%s"/>' % chance.choice(HUGE)
    more = chance.choice((wide, wide + b"<w:vMerge/>", b'<w:tcPr><w:vMerge/><w:hMerge w:val="continue"/>'))
    share = chance.choice((0.02, 0.3, 1.0))
    return re.sub(rb"<w:tcPr>", lambda found: more if chance.random() < share else found[0], data)


def nest_word_tables(data: bytes, chance: random.Random) -> bytes:
    """Tables within cells within tables."""
    depth = chance.choice(DEPTHS)
    head, body, tail = data.partition(b"<w:body>")
    opened, closed = b"<w:tbl><w:tr><w:tc>", b"<w:p/></w:tc></w:tr></w:tbl>"
    return head + body + opened * depth + closed * depth + tail


# Changes of PDF.


def inside_stream(change: Change) -> Change:
    """A change of what a compressed stream of a PDF holds; its stated length is left as it was."""

    def changed(data: bytes, chance: random.Random) -> bytes:
        streams = list(_STREAM.finditer(data))
        if not streams:
            return flip_bits(data, chance)
        stream = chance.choice(streams)
        try:
            content = zlib.decompress(stream[1])
        except zlib.error:
            return data[: stream.start(1)] + change(stream[1], chance) + data[stream.end(1) :]
        packed = zlib.compress(change(content, chance)[:SIZE_LIMIT])
        return data[: stream.start(1)] + packed + b"\n" + data[stream.end(1) :]

    return changed


def wild_references(data: bytes, chance: random.Random) -> bytes:
    """Objects that point to others than before, also to themselves."""
    share = chance.choice((0.02, 0.2))
    objects = [int(found[1]) for found in _REFERENCE.finditer(data)] or [1]
    return _REFERENCE.sub(
        lambda found: b"%d 0 R" % chance.choice(objects) if chance.random() < share else found[0], data
    )


def wild_boxes(data: bytes, chance: random.Random) -> bytes:
    """Pages of no size, or of a size no sheet has."""
    box = chance.choice((b"[0 0 0 0]", b"[0 0 1e9 1e9]", b"[-1e30 nan 1e30 5]", b"[600 800 0 0]", b"[]"))
    return re.sub(rb"/MediaBox\s*\[[^\]]*\]", b"/MediaBox " + box, data)


def wild_filters(data: bytes, chance: random.Random) -> bytes:
    """Streams that are said to be packed in another way, or several times."""
    other = chance.choice(
        (
            b"/LZWDecode",
            b"/RunLengthDecode",
            b"/ASCIIHexDecode/FlateDecode",
            b"/FlateDecode/FlateDecode",
            b"/DCTDecode",
            b"/JPXDecode",
            b"/JBIG2Decode",
            b"/CCITTFaxDecode",
            b"/Crypt",
            b"/#46lateDecode",
        )
    )
    share = chance.choice((0.3, 1.0))
    return re.sub(
        rb"/Filter\s*(?:\[[^\]]*\]|/\w+)",
        lambda found: b"/Filter[" + other + b"]" if chance.random() < share else found[0],
        data,
    )


def share_content(data: bytes, chance: random.Random) -> bytes:
    """Pages, and the contents of pages, many times over."""
    times = chance.choice((2, 50, 2_000, 100_000))
    data = re.sub(
        rb"/Contents\s*(\d+ \d+ R)", lambda found: b"/Contents[" + (found[1] + b" ") * times + b"]", data
    )
    return (
        data
        if times > 2_000
        else re.sub(rb"/Kids\s*\[\s*(\d+ \d+ R)", lambda found: b"/Kids[" + (found[1] + b" ") * times, data)
    )


def operator_bomb(data: bytes, chance: random.Random) -> bytes:
    """Operators whose cost grows with the square of their number, or that draw themselves."""
    operators = chance.choice(
        (b"q ", b"/a BMC ", b"q 0 0 9 9 re W n ", b"(1) Tj ", b"/X Do ", b"[" * 9, b"0 0 l ")
    )
    packed = zlib.compress(operators * (chance.choice((50_000, 3_000_000)) // len(operators)))
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % chance.randrange(
        1, 12
    )
    body = b"<<%s/Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (form, len(packed), packed)
    return re.sub(rb"<<[^<>]*>>\s*stream\r?\n.*?endstream", lambda _: body, data, count=1, flags=re.DOTALL)


def protect(data: bytes, chance: random.Random) -> bytes:
    """A file that says it is under a password."""
    about = b"/Encrypt<</Filter/Standard/V %d/R %d/Length %d/P -44/O(%s)/U(%s)>>/ID[(a)(a)]" % (
        chance.choice((1, 2, 4, 5, 99)),
        chance.choice((2, 3, 4, 6, 99)),
        chance.choice((40, 128, 256, 99_999)),
        b"o" * 32,
        b"u" * 32,
    )
    return data.replace(b"/Root", about + b"/Root")


# Changes of pictures.


def giant_picture(data: bytes, chance: random.Random) -> bytes:
    """A picture of a size that no page has, with a sum that is right."""
    place = data.find(b"IHDR")
    if place < 0:
        return wild_words(data, chance)
    sizes = (0, 1, 200, 400_000, 30_000, 2**31 - 1)
    head = (
        b"IHDR"
        + struct.pack(">LL", chance.choice(sizes), chance.choice(sizes))
        + data[place + 12 : place + 17]
    )
    return data[:place] + head + struct.pack(">L", zlib.crc32(head)) + data[place + 21 :]


# Mixtures of two files.


def splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The beginning of one file and the end of another."""
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def graft(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A piece of another file put in."""
    place, (start, stop) = chance.randrange(len(data) + 1), _span(other, chance, 65_536)
    return data[:place] + other[start:stop] + data[place:]


def exchange_members(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Some members of another archive under the names of this one's; pieces where either is none."""
    members, others = _members(data), _members(other)
    if not members or not others:
        return graft(data, other, chance)
    for at in range(len(members)):
        if chance.random() < 0.4:
            members[at] = (members[at][0], chance.choice(others)[1])
    return _rezip(members)


def stream_bomb(data: bytes, chance: random.Random) -> bytes:
    """A page whose content is 200 MB of operators, packed twice."""
    operators = chance.choice((b"0 0 10 10 re f\n", b"q ", b"BT (1) Tj ET\n", b"0 0 m 9 9 l S\n"))
    packed = zlib.compress(zlib.compress(operators * (60_000_000 // len(operators))))
    body = b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(packed), packed)
    return re.sub(rb"<<[^<>]*>>\s*stream\r?\n.*?endstream", lambda _: body, data, count=1, flags=re.DOTALL)


ANY: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        flip_bits,
        flip_head,
        cut_short,
        cut_out,
        repeat_piece,
        swap_pieces,
        blank_piece,
        insert_noise,
        huge_numbers,
        twice,
        sow_zeros,
        wild_words,
        change_mark,
        change_encoding,
        cut_in_character,
    )
}
MIXTURES: Mapping[str, Mixture] = {
    "splice": splice,
    "graft": graft,
    "exchange_members": exchange_members,
}
MARKUP = (giant_spans, nest_deep, drop_tags, repeat_rows, declare_entities, name_outside, text_bomb)
WORD = (wild_attributes, giant_word_spans, nest_word_tables, repeat_rows, declare_entities, drop_tags)
MEMBERS = (
    *(_swap_members, _drop_member, _bomb_member, _stray_names, _many_members),
    *(_nest_archive, _point_outside),
)
ARCHIVES = (overlap_members, wild_directory)
PDF = (wild_references, wild_boxes, wild_filters, share_content, protect, stream_bomb, operator_bomb)
PICTURES = {change.__name__: change for change in (giant_picture,)}
BY_SUFFIX: Mapping[str, Mapping[str, Change]] = {
    ".html": {change.__name__: change for change in MARKUP},
    ".txt": {change.__name__: change for change in (without_line_ends, line_bomb)},
    **dict.fromkeys((".png", ".jpg", ".tif"), PICTURES),
    ".docx": {
        **{change.__name__: change for change in ARCHIVES},
        **{change.__name__.strip("_"): of_members(change) for change in MEMBERS},
        **{f"part_{change.__name__}": inside_member(change) for change in (*WORD, *ANY.values())},
    },
    ".pdf": {
        **{change.__name__: change for change in PDF},
        **{f"stream_{name}": inside_stream(change) for name, change in ANY.items()},
    },
}
