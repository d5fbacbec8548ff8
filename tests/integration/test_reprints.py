"""A page that its site sends with other surroundings every night is one report, until the report itself changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from benchmarks.offices import report
from pipeline.archive import Archive
from pipeline.fetch.sources import Source
from pipeline.intake import fetched_documents
from pipeline.manifest import ManifestRow
from pipeline.reprints import CODE
from pipeline.running.items import read_item
from pipeline.running.remember import Memory, read_documents

URL = "https://www.example.invalid/nb/2023.html"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
Night = Callable[[bytes], dict[str, pl.DataFrame]]
NAME = "淄博市临淄区统计局"


def page(night: int, seed: int = 2, foot: str = "") -> bytes:
    """A night's copy: the report between the day, the weather, the news, and a counter after the last section."""
    body = report(NAME, 2023, "html", seed).decode()
    head = f"<p>{1 + night}月2日 晴 {night}℃</p><table><tr><td>要闻</td><td>第{night}条</td></tr></table>"
    start, end = body.index(">", body.index("<body")) + 1, body.rindex("</body>")
    tail = f"<p>您是第{1000 + night}位访客</p>{foot}"
    return (body[:start] + head + body[start:end] + tail + body[end:]).encode()


@pytest.fixture
def nights(tmp_path: Path) -> Night:
    """Brings a night's copy and reads all that came so far."""
    archive, memory = Archive(tmp_path / "archive"), tmp_path / "memory"
    came: list[str] = []

    def night(data: bytes) -> dict[str, pl.DataFrame]:
        digest = archive.put(data)
        outcome = "UPDATE" if came else "CREATE"
        at = BEGAN + timedelta(days=len(came))
        came.append(digest)
        archive.record([ManifestRow(URL, outcome, "s", URL, 200, sha256=digest, fetched_at=at)])
        raw = fetched_documents([Source("s", URL, report_year=2023)], archive)
        return read_documents(raw, Memory(memory), lambda items: map(read_item, items))

    return night


def standing(frames: dict[str, pl.DataFrame]) -> list[str]:
    """The documents whose reports stand, all of them and then the current one."""
    reports = frames["reports"]
    return [*reports["sha256"], *reports.filter("is_current")["sha256"]]


def test_other_surroundings_make_no_version_and_lose_no_document(nights: Night) -> None:
    first = nights(page(0))
    (digest,) = first["documents"]["sha256"]
    nights(page(1))
    third = nights(page(2))
    assert standing(third) == [digest, digest]
    assert third["documents"].height == 3
    for name in ("reports", "cells", "sections", "narrative_figures", "leftovers", "agency_evidence"):
        assert third[name].equals(first[name]), name
    told = third["failures"].filter(pl.col("code") == CODE)
    assert set(told["sha256"]) == set(third["documents"]["sha256"]) - {digest}
    assert all(digest in words for words in told["message_zh"])


def test_changed_number_or_sentence_is_a_version_and_what_comes_back_stands_again(nights: Night) -> None:
    nights(page(0))
    nights(page(1, seed=58))  # other numbers
    came_back = nights(page(2))
    assert came_back["reports"].height == 3
    assert standing(came_back)[-1] == sha256(page(2)).hexdigest()
    prose = nights(page(3, foot="<p>本年度共收取信息处理费0元。</p>"))
    assert prose["reports"].height == 4
    counted = nights(page(4, foot="<p>本年度共收取信息处理费0元。网站访问量123次。</p>"))
    assert nights(page(5, foot="<p>本年度共收取信息处理费0元。网站访问量124次。</p>"))["reports"].height == 6
    assert CODE not in counted["failures"]["code"]
