"""An answer flows in; what it is instead of the content asked for flows out, by `outcomes.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.fetch.answer import Answer, FetchError
from pipeline.fetch.page import Page, read_page
from pipeline.readers.sniff import sniff
from schemas.definitions import HERE, Row, read_definitions
from schemas.messages import message

COLUMNS = (
    "code",
    "statuses",
    "html",
    "words_in",
    "words",
    "unless",
    "max_text",
    "scripted",
    "bare",
    "gone",
    "note",
)
FLAGS = ("html", "scripted", "bare", "gone")
PLACES = ("", "text", "source", "url")
LARGEST_PAGE_JUDGED = 1_000_000


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """One row of `outcomes.csv`; see the words above its header."""

    code: str
    statuses: tuple[str, ...]
    html: bool
    words_in: str
    words: tuple[str, ...]
    unless: tuple[str, ...]
    max_text: int | None
    scripted: bool
    bare: bool
    gone: bool

    def fits(self, status: int, page: Page | None) -> bool:
        """Whether all conditions hold; `page` is None for what is no HTML page, or too large to be one."""
        if str(status) not in self.statuses and f"{status // 100}xx" not in self.statuses:
            return False
        if not self.html:
            return True
        return page is not None and self._fits_page(page)

    def _fits_page(self, page: Page) -> bool:
        if self.max_text is not None and len(page.text) > self.max_text:
            return False
        if (self.scripted and not page.scripts) or (self.bare and (page.embedded or page.links)):
            return False
        where = {"text": f"{page.title} {page.text}", "source": page.source, "url": page.url}
        if any(word in where["text"].lower() for word in self.unless):
            return False
        return not self.words or any(word in where[self.words_in].lower() for word in self.words)


@cache
def load_outcome_rules(path: Path = HERE / "outcomes.csv") -> tuple[OutcomeRule, ...]:
    """The rules, in their order.

    Raises:
        DefinitionError: A row that breaks the rules above the header, with its line.
    """
    return tuple(_rule(row) for row in read_definitions(path, COLUMNS).rows)


def raise_for_outcome(answer: Answer) -> None:
    """Raises what the answer is instead of content; returns for content, and for “unchanged”.

    Raises:
        FetchError: The code of the first rule that fits, or `empty_file`.
    """
    if answer.not_modified:
        return
    page = _page(answer)
    for rule in load_outcome_rules():
        if rule.fits(answer.status, page):
            raise _error(rule.code, answer, gone=rule.gone)
    if not answer.data:
        raise _error("empty_file", answer, gone=False)


def _page(answer: Answer) -> Page | None:
    is_small = 0 < len(answer.data) <= LARGEST_PAGE_JUDGED
    if is_small and sniff(answer.data, answer.file_name or "") == "text/html":
        return read_page(answer.data, answer.final_url)
    return None


def _error(code: str, answer: Answer, *, gone: bool) -> FetchError:
    error = FetchError(code, status=answer.status)
    error.http_status = answer.status
    error.final_url = answer.final_url
    error.gone = gone
    return error


def _rule(row: Row) -> OutcomeRule:
    try:
        message(row["code"])
    except KeyError as error:
        raise row.fail(f"code {row['code']!r} has no row in messages.csv") from error
    for flag in FLAGS:
        if row[flag] not in ("", "yes"):
            raise row.fail(f"{flag} = {row[flag]!r}, should be yes or empty")
    if row["words_in"] not in PLACES or bool(row["words_in"]) != bool(row["words"]):
        raise row.fail("words needs words_in to be text, source or url, and the reverse")
    if not row["html"] and any(row[column] for column in ("words", "unless", "max_text", "scripted", "bare")):
        raise row.fail("words, unless, max_text, scripted and bare are told from a page: set html to yes")
    if row["max_text"] and not row["max_text"].isdecimal():
        raise row.fail(f"max_text = {row['max_text']!r}, should be a number")
    return OutcomeRule(
        code=row["code"],
        statuses=tuple(row["statuses"].split("|")),
        html=row["html"] == "yes",
        words_in=row["words_in"],
        words=tuple(word for word in row["words"].lower().split("|") if word),
        unless=tuple(word for word in row["unless"].lower().split("|") if word),
        max_text=int(row["max_text"]) if row["max_text"] else None,
        scripted=row["scripted"] == "yes",
        bare=row["bare"] == "yes",
        gone=row["gone"] == "yes",
    )
