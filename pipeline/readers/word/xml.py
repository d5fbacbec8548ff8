"""A part of a Word package flows in, its element tree flows out: no entities, no network, bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.document import UnreadableDocumentError
from pipeline.readers.word.package import Package

Element = Any

XML_LIMIT = 32_000_000
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
OFF = frozenset({"0", "false", "off"})


def w(name: str) -> str:
    """The full name of an element or attribute of the main Word vocabulary."""
    return f"{{{W}}}{name}"


VAL = w("val")
ALTERNATE_CONTENT = f"{{{COMPATIBILITY}}}AlternateContent"
CHOICE = f"{{{COMPATIBILITY}}}Choice"
FALLBACK = f"{{{COMPATIBILITY}}}Fallback"
BLOCK_WRAPPERS = frozenset(map(w, ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")))


def parsed(package: Package, name: str) -> Element:
    """A part's root element.

    Raises:
        UnreadableDocumentError: `damaged` where it is no well-formed XML or declares a document type (which
            the standard forbids), `limit_exceeded` where it is larger than any report.
    """
    data = package.part(name, XML_LIMIT)
    if STRICT in data[:8192]:
        data = data.replace(STRICT, W.encode())
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root: Element = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocumentError("damaged", reason=f"{name}: {error}") from None
    if root.getroottree().docinfo.doctype:
        raise UnreadableDocumentError("damaged", reason=f"{name} declares a document type")
    return root


def child(parent: Element | None, name: str) -> Element | None:
    """The first child of a name; None where there is none, or no parent."""
    # `find` takes paths as well, and twice as long: cells and paragraphs are asked for their properties by thousands.
    return None if parent is None else next(parent.iterchildren(name), None)


def is_on(parent: Element | None, name: str) -> bool:
    """Whether a property that is on or off, such as `w:vanish`, stands in `parent` and is on."""
    switch = child(parent, name)
    return switch is not None and switch.get(VAL, "1").lower() not in OFF


def value(parent: Element | None, name: str) -> str | None:
    """The `w:val` of a child, None where either is missing."""
    holder = child(parent, name)
    return None if holder is None else holder.get(VAL)


def whole_number(text: str | None, default: int) -> int:
    """A whole number, `default` where there is none."""
    try:
        return int(text) if text else default
    except ValueError:
        return default


def branch(alternatives: Element) -> Element | None:
    """The one branch of an `mc:AlternateContent` that is read: the others say the same in older words."""
    chosen = child(alternatives, CHOICE)
    return child(alternatives, FALLBACK) if chosen is None else chosen


def children(container: Element, name: str) -> Iterator[Element]:
    """The children of a name, also those inside content controls and kept changes."""
    for element in container.iterchildren(name, *BLOCK_WRAPPERS, ALTERNATE_CONTENT):
        if element.tag == name:
            yield element
        elif element.tag in BLOCK_WRAPPERS:
            yield from children(element, name)
        elif (chosen := branch(element)) is not None:
            yield from children(chosen, name)
