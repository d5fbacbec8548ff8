"""Good files flow in, broken and hostile ones made from them flow out, each from a number that gives it again."""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Change = Callable[[bytes, random.Random], bytes]
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
DEPTHS = (10, 100, 1_000, 20_000)
CHANGES_OF_A_FILE = (1, 1, 2, 3)

_NUMBER = re.compile(rb"\d+")
_TAG = re.compile(rb"</?[A-Za-z][^<>]{0,200}>")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")


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
    known = {**ANY, **BY_SUFFIX.get(Path(seed.name).suffix, {})}
    chosen = [_chosen(list(known), chance) for _ in range(chance.choice(CHANGES_OF_A_FILE))]
    data = seed.data
    for name in chosen:
        data = known[name](data, chance)[:SIZE_LIMIT]
    return Mutant(number, seed.name, tuple(chosen), data)


def _chosen(names: list[str], chance: random.Random) -> str:
    """A change: as often one of the format's own as any; bombs seldom, for each takes as long as hundreds."""
    special = [name for name in names if name not in ANY]
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
    return data[: row.end()] + row[0] * chance.choice((10, 500, 5_000)) + data[row.end() :]


def declare_entities(data: bytes, chance: random.Random) -> bytes:
    """Entities that grow without end, or that name a file or an address."""
    laughs = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    outside = b'<!ENTITY e11 SYSTEM "file:///etc/hostname">'
    declared = b'<!DOCTYPE d [<!ENTITY e0 "ha">' + (laughs if chance.random() < 0.5 else outside) + b"]>"
    body = re.sub(rb"<\?xml.*?\?>", b"", data, count=1)
    return declared + re.sub(rb">(\d+)<", b">&e11;<", body, count=20)


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
    )
}
MARKUP = (giant_spans, nest_deep, drop_tags, repeat_rows, declare_entities)
WORD = (wild_attributes, giant_word_spans, nest_word_tables, repeat_rows, declare_entities, drop_tags)
MEMBERS = (_swap_members, _drop_member, _bomb_member, _stray_names, _many_members)
PDF = (wild_references, wild_boxes, stream_bomb)
BY_SUFFIX: Mapping[str, Mapping[str, Change]] = {
    ".html": {change.__name__: change for change in MARKUP},
    ".docx": {
        **{change.__name__.strip("_"): of_members(change) for change in MEMBERS},
        **{f"part_{change.__name__}": inside_member(change) for change in (*WORD, *ANY.values())},
    },
    ".pdf": {
        **{change.__name__: change for change in PDF},
        **{f"stream_{name}": inside_stream(change) for name, change in ANY.items()},
    },
}
