"""A web page saved as one file (`.mht`, by browsers and by Word) flows in; the `Document` of its page flows out."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message

from pipeline.document import Document, UnreadableDocumentError
from pipeline.readers import html
from pipeline.readers.drawn import Item
from pipeline.readers.sniff import sniff

MEDIA_TYPES = ("multipart/related",)
PARTS_LIMIT = 2_000


def read(data: bytes, sha256: str) -> Document:
    """Reads the page of a saved file: its largest part that is a page, as frames and advertisements are small.

    Raises:
        UnreadableDocumentError: `no_text` where no part is a page or it shows no text; `damaged` where the parts
            cannot be told apart; `limit_exceeded` for more parts than any page has, or what the page's reader says.
    """
    document = html.read(_page(data), sha256)
    return replace(document, media_type=MEDIA_TYPES[0], reader=f"mhtml+{document.reader}")


def shown(data: bytes) -> list[Item]:
    """The lines and tables of a page or of a saved page, all of them: what a file of another kind holds of the web.

    Raises:
        UnreadableDocumentError: As for `read`.
    """
    media_type = sniff(data)
    if media_type in MEDIA_TYPES:
        return html.shown(_page(data))
    return html.shown(data) if media_type in html.MEDIA_TYPES else []


def _page(data: bytes) -> bytes:
    try:
        pages = list(_pages(email.message_from_bytes(data, policy=email.policy.compat32)))
    except (RecursionError, ValueError, LookupError) as error:
        raise UnreadableDocumentError("damaged", reason=f"{type(error).__name__}: {error}") from None
    if not pages:
        raise UnreadableDocumentError("no_text")
    return max(pages, key=len)


def _pages(mail: Message) -> Iterator[bytes]:
    for number, part in enumerate(mail.walk()):
        if number > PARTS_LIMIT:
            raise UnreadableDocumentError("limit_exceeded", what=f"over {PARTS_LIMIT} parts")
        content = part.get_payload(decode=True)
        if part.get_content_type() in ("text/html", "application/xhtml+xml") and isinstance(content, bytes):
            yield content
