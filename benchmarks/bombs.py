"""Nothing flows in; small files that ask for far more than they are flow out, one for each way that is known.

None is a mutant of a good file: each is made on purpose, as someone would who wanted a reader to hang, to fill
the memory, or to open what it should not.
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence

WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
SECTOR = 512


# PDF.


def pdf(*objects: bytes) -> bytes:
    """A PDF of objects, numbered from 1; the first is its catalogue."""
    parts = [b"%PDF-1.5\n"]
    places = []
    place = len(parts[0])
    for number, body in enumerate(objects, start=1):
        places.append(place)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        place += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, place)
    return b"".join([*parts, head, table, end])


def stream(content: bytes, about: bytes = b"", times: int = 1) -> bytes:
    """A stream, packed once or several times over."""
    for _ in range(times):
        content = zlib.compress(content, 9)
    filters = b"/FlateDecode" * times
    return b"<<%s/Length %d/Filter[%s]>>stream\n%s\nendstream" % (about, len(content), filters, content)


def page(
    content: bytes, resources: bytes = b"", *more: bytes, times: int = 1, box: bytes = b"0 0 600 800"
) -> bytes:
    """A PDF of one page; what `resources` refers to begins with object 6."""
    about = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        about % (box, resources),
        stream(content, times=times),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


def page_of(body: bytes, *more: bytes) -> bytes:
    """A PDF whose only page has a content of its own kind, as object 4."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
        body,
        *more,
    )


def packed_twice() -> bytes:
    """A few kilobytes of content that unpack to 60 MB of rectangles."""
    return page(b"0 0 10 10 re f\n" * 4_000_000, times=2)


def saved_states() -> bytes:
    """Graphics states saved 4 million times, within the size of a large page."""
    return page(b"q " * 4_000_000)


def marks_in_marks() -> bytes:
    """Marked content in marked content: each copies all before it."""
    return page(b"/a BMC " * 140_000)


def clips_on_clips() -> bytes:
    """A clip on a clip, saved each time: each state copies all before it."""
    return page(b"".join(b"q %d %d 9 9 re W n " % (n % 600, n % 800) for n in range(40_000)))


def long_string() -> bytes:
    """One string of 8 million characters."""
    return page(b"BT /F 9 Tf 9 9 Td (" + b"1" * 8_000_000 + b") Tj ET")


def forms_in_forms() -> bytes:
    """Forms that each draw the next ten times over: ten thousand million pictures of it."""
    forms = [
        stream(
            b"/X Do " * 10 if number < 15 else b"0 0 9 9 re f ",
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (number + 1),
        )
        for number in range(6, 16)
    ]
    return page(b"/X Do " * 10, b"/XObject<</X 6 0 R>>", *forms)


def shared_content() -> bytes:
    """A page that has the same content ten thousand times."""
    content = b"[" + b"5 0 R " * 10_000 + b"]"
    return page_of(content, stream(b"0 0 10 10 re f\n" * 60_000))


def pages_again() -> bytes:
    """The same large page five hundred times."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count 500>>" % (b"3 0 R " * 500),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
        stream(b"0 0 10 10 re f\n" * 60_000),
    )


def many_pages() -> bytes:
    """Fifty thousand pages."""
    sheets = [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]>>"] * 50_000
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 50_003))
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count 50000>>" % kids, *sheets)


def stated_pages() -> bytes:
    """A thousand million pages, by its own word."""
    return page(b"").replace(b"/Count 1>>", b"/Count 999999999>>")


def pages_in_pages() -> bytes:
    """A tree of pages that is its own branch."""
    return page(b"").replace(b"/Kids[3 0 R]", b"/Kids[2 0 R 2 0 R]")


def packed_objects() -> bytes:
    """An object stream that unpacks to 40 MB."""
    return page(b"") + stream(b"1 0 " + b" " * 40_000_000, b"/Type/ObjStm/N 1/First 4")


def other_packing(name: bytes, content: bytes) -> Callable[[], bytes]:
    """A content that is packed by another method than usual."""
    return lambda: page_of(b"<</Length %d/Filter/%s>>stream\n%s\nendstream" % (len(content), name, content))


def many_ranges() -> bytes:
    """A font whose character map names the whole range of characters fifty thousand times."""
    ranges = b"<0000> <FFFF> <0000>\n" * 50_000
    cmap = b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange %d beginbfrange\n%s endbfrange endcmap"
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[8 0 R]/ToUnicode 7 0 R>>"
    )
    system = b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    inner = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo%s>>" % system
    return page(
        b"BT /G 9 Tf 9 9 Td <00410042> Tj ET",
        b"/Font<</G 6 0 R>>",
        font,
        stream(cmap % (50_000, ranges)),
        inner,
    ).replace(b"/Font<</F 5 0 R>>/Font", b"/Font")


def large_font() -> bytes:
    """An embedded font that unpacks to 100 MB."""
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/A/FirstChar 65/LastChar 65/Widths[500]/FontDescriptor 7 0 R>>"
    about = b"<</Type/FontDescriptor/FontName/A/Flags 4/FontFile2 8 0 R>>"
    return page(
        b"BT /G 9 Tf 9 9 Td (A) Tj ET",
        b"/Font<</G 6 0 R>>",
        font,
        about,
        stream(bytes(100_000_000), b"/Length1 100000000"),
    ).replace(b"/Font<</F 5 0 R>>/Font", b"/Font")


def large_picture(filter_name: bytes = b"FlateDecode") -> Callable[[], bytes]:
    """A page that is one picture of 60 000 by 60 000 points of colour."""

    def made() -> bytes:
        about = (
            b"/Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceRGB/BitsPerComponent 8"
        )
        picture = stream(bytes(20_000_000), about).replace(b"FlateDecode", filter_name)
        return page(b"600 0 0 800 0 0 cm /X Do", b"/XObject<</X 6 0 R>>", picture)

    return made


def large_sheet() -> bytes:
    """A sheet of a kilometre by a kilometre with nothing on it."""
    return page(b"0 0 m 9 9 l S", box=b"0 0 2834645 2834645")


def deep_arrays() -> bytes:
    """Arrays in arrays, in the file and in what a page draws."""
    return page(b"[" * 500_000).replace(b"/Contents", b"/A " + b"[" * 200_000 + b"]" * 200_000 + b"/Contents")


# Word.


def zipped(members: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    """An archive of members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def word(body: bytes, **more: bytes) -> bytes:
    """A Word file with this body."""
    return zipped({"word/document.xml": WORD % body, **more})


def _wide_row(span: bytes, cells: int = 50) -> bytes:
    cell = b'<w:tc><w:tcPr><w:gridSpan w:val="%s"/></w:tcPr><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>' % span
    return b"<w:tbl>" + (b"<w:tr>" + cell * cells + b"</w:tr>") * 50 + b"</w:tbl>"


def overlapping_members() -> bytes:
    """Three hundred members that share the bytes of one."""
    data = word(b"<w:p/>" + random.Random(1).randbytes(400_000).hex().encode())
    end = data.rindex(b"PK\x05\x06")
    start = data.index(b"PK\x01\x02")
    entry = data[start:end]
    head = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 300, 300, 300 * len(entry), start, 0)
    return data[:start] + entry * 300 + head


def archives_in_archives() -> bytes:
    """A Word file whose text is an archive in an archive of zeros."""
    inner = zipped({"word/document.xml": zipped({"a": bytes(20_000_000)})})
    return zipped({"word/document.xml": inner, "word/media/image1.png": inner})


def expanding_entities() -> bytes:
    """Text that refers to itself until it is a thousand million times as long."""
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    declared = b'<!DOCTYPE d [<!ENTITY e0 "ha">' + entities + b"]>"
    return zipped({"word/document.xml": declared + WORD % b"<w:p><w:r><w:t>&e9;</w:t></w:r></w:p>"})


# Web pages.


def web(body: bytes) -> bytes:
    """A web page with this body."""
    return b"<!doctype html><html><head><title>t</title></head><body>" + body + b"</body></html>"


def wide_cells(name: bytes) -> Callable[[], bytes]:
    """A table whose cells all claim to span a hundred million columns or rows."""
    cell = b'<td %s="99999999">1</td>' % name
    return lambda: web(b"<table>" + (b"<tr>" + cell * 40 + b"</tr>") * 60 + b"</table>")


def stairs() -> bytes:
    """Cells of the widest and highest span allowed, one below the other."""
    return web(b"<table>" + b'<tr><td colspan="1000" rowspan="65534">1</td></tr>' * 5_000 + b"</table>")


# Word 97-2003, after [MS-CFB] and [MS-DOC].


def compound(table: Sequence[int], streams: Sequence[tuple[str, int, int]], sectors: bytes = b"") -> bytes:
    """A compound file by its table of sectors; each stream by name, first sector and size, the directory first."""
    head = struct.pack("<8s16xHHHHH10xLL", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 1, 1)
    head += struct.pack("<4xL", 0) + struct.pack("<LLLL", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109L", 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack("<128L", *table, *[0xFFFFFFFF] * (128 - len(table)))
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, 1)]
    entries += [
        _entry(name, 2, first, size, right=n + 2 if n + 1 < len(streams) else 0xFFFFFFFF)
        for n, (name, first, size) in enumerate(streams)
    ]
    directory = b"".join(entries).ljust(SECTOR, b"\0")
    return (head.ljust(SECTOR, b"\0") + fat + directory + sectors).ljust(10 * SECTOR, b"\0")


def _entry(
    name: str, kind: int, first: int, size: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    letters = name.encode("utf-16-le").ljust(64, b"\0")
    ends = struct.pack("<HBBLLL", 2 * len(name) + 2, kind, 1, 0xFFFFFFFF, right, child)
    return letters + ends + bytes(36) + struct.pack("<LQ", first, size)


def endless_chain() -> bytes:
    """A stream whose sectors follow one another in a circle, and that claims to hold 4 GB."""
    table = [0xFFFFFFFD, 0xFFFFFFFE, 3, 4, 2]
    return compound(table, [("WordDocument", 2, 0xFFFFFFF0), ("1Table", 2, 0xFFFFFFF0)])


def endless_directory() -> bytes:
    """A directory that is its own next sector."""
    return compound([0xFFFFFFFD, 1, 3, 4, 2], [("WordDocument", 2, 4_096)])


# Pictures.


def png(width: int, height: int, rows: bytes, depth: int = 8, kind: int = 0) -> bytes:
    """A PNG of any stated size."""
    chunks = [
        (b"IHDR", struct.pack(">LLBBBBB", width, height, depth, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ]
    out = b"\x89PNG\r\n\x1a\n"
    for name, content in chunks:
        out += (
            struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))
        )
    return out


def endless_pages() -> bytes:
    """A TIFF whose first page is followed by itself."""
    tags = [(256, 4, 1, 400), (257, 4, 1, 400), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    tags += [(273, 4, 1, 90), (277, 3, 1, 1), (278, 4, 1, 400), (279, 4, 1, 160_000)]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHLL", *tag) for tag in tags)
    return struct.pack("<2sHL", b"II", 42, 8) + directory + struct.pack("<L", 8) + bytes(160_100)


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "packed_twice.pdf": packed_twice,
    "saved_states.pdf": saved_states,
    "marks_in_marks.pdf": marks_in_marks,
    "clips_on_clips.pdf": clips_on_clips,
    "long_string.pdf": long_string,
    "forms_in_forms.pdf": forms_in_forms,
    "shared_content.pdf": shared_content,
    "pages_again.pdf": pages_again,
    "many_pages.pdf": many_pages,
    "stated_pages.pdf": stated_pages,
    "pages_in_pages.pdf": pages_in_pages,
    "packed_objects.pdf": packed_objects,
    "run_lengths.pdf": other_packing(b"RunLengthDecode", b"\x81q" * 1_000_000 + b"\x80"),
    "lempel_ziv.pdf": other_packing(b"LZWDecode", bytes(range(256)) * 2_000),
    "wild_fax.pdf": large_picture(b"CCITTFaxDecode"),
    "wild_jbig2.pdf": large_picture(b"JBIG2Decode"),
    "wild_jpx.pdf": large_picture(b"JPXDecode"),
    "many_ranges.pdf": many_ranges,
    "large_font.pdf": large_font,
    "large_picture.pdf": large_picture(),
    "large_sheet.pdf": large_sheet,
    "deep_arrays.pdf": deep_arrays,
    "dense_member.docx": lambda: word(b"<w:p/>" * 4_000_000),
    "many_paragraphs.docx": lambda: word(
        b"".join(b"<w:p><w:r><w:t>%d</w:t></w:r></w:p>" % n for n in range(120_000))
    ),
    "wide_cells.docx": lambda: word(_wide_row(b"50000000")),
    "deep_tables.docx": lambda: word(b"<w:tbl><w:tr><w:tc>" * 20_000 + b"</w:tc></w:tr></w:tbl>" * 20_000),
    "deep_changes.docx": lambda: word(b"<w:ins>" * 200 + b"<w:p/>" + b"</w:ins>" * 200),
    "overlapping_members.docx": overlapping_members,
    "archives_in_archives.docx": archives_in_archives,
    "expanding_entities.docx": expanding_entities,
    "large_picture.docx": lambda: zipped(
        {
            "word/document.xml": WORD % b"<w:p/>",
            "word/media/image1.png": png(50_000, 50_000, bytes(2_000_000)),
        }
    ),
    "many_members.docx": lambda: zipped([(f"word/{n}.xml", b"") for n in range(20_001)]),
    "wide_cells.html": wide_cells(b"colspan"),
    "high_cells.html": wide_cells(b"rowspan"),
    "stairs.html": stairs,
    "deep_elements.html": lambda: web(b"<div>" * 200_000 + b"x"),
    "deep_tables.html": lambda: web(b"<table><tr><td>" * 20_000 + b"x"),
    "long_text.html": lambda: web(b"<p>" + "公".encode() * 16_000_000),
    "many_attributes.html": lambda: web(
        b"<p " + b" ".join(b"a%d=1" % n for n in range(1_000_000)) + b">x</p>"
    ),
    "many_cells.html": lambda: web(b"<table>" + (b"<tr>" + b"<td>1" * 1_000) * 1_000),
    "many_elements.html": lambda: web(b"<b>1</b>" * 3_000_000),
    "one_comment.html": lambda: web(b"<!--" * 4_000_000),
    "half_tags.html": lambda: b"<html><body>" + b"<a " * 10_000_000,
    "one_line.txt": lambda: "公开".encode() * 8_300_000,
    "line_ends.txt": lambda: b"1\n" * 25_000_000,
    "tabs.txt": lambda: b"a" + b"\t1" * 24_000_000,
    "bars.txt": lambda: b"|" * 50_000_000,
    "dots.txt": lambda: b"1." * 25_000_000,
    "endless_chain.doc": endless_chain,
    "endless_directory.doc": endless_directory,
    "large.png": lambda: png(30_000, 30_000, bytes(30_000_000)),
    "stated.png": lambda: png(2**31 - 1, 2**31 - 1, b""),
    "narrow.png": lambda: png(400_000, 200, bytes(400_001)),
    "endless_pages.tif": endless_pages,
    "large.bmp": lambda: struct.pack("<2sLHHLLllHH24x", b"BM", 99, 0, 0, 54, 40, 90_000, 90_000, 1, 24),
    "zeros.gz": lambda: gzip.compress(bytes(20_000_000)),
    "archive.zip": lambda: zipped({"report.docx": archives_in_archives()}),
}
"""Builders of bombs, by the name of their file."""
