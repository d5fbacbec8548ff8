"""Copies of a page that say the same are told from new versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.fetch.likeness import load_passing_words, says_the_same
from schemas.definitions import DefinitionError

PAGE = '<html><title>2023年年报</title><body>{}<table><tr><td>新收</td><td>12</td></tr></table><img src="a.png"></body>'


def copy(extra: str) -> bytes:
    return PAGE.format(extra).encode()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ('<input type="hidden" value="1">', '<input type="hidden" value="2">'),
        ("<p>浏览次数：12 次</p>", "<p>浏览次数：4711 次</p>"),
        ("<p>【阅读量 7】</p>", "<p>【阅读量 8】</p>"),
        ("<p>今天是2026年1月2日 星期五</p>", "<p>今天是2026年1月3日 星期六</p>"),
        ("<!-- made in 3 ms -->", "<!-- made in 9 ms -->"),
        ("<script>var key=1</script>", "<script>var key=2</script>"),
    ],
)
def test_what_passes_makes_no_version(before: str, now: str) -> None:
    assert says_the_same(copy(before), copy(now), "http://a.example/x.html")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<td>12</td>", "<td>13</td>"),
        ("<td>12</td>", "<td></td>"),
        ("2023年年报", "2024年年报"),
        ("a.png", "b.png"),
        ("<table>", '<a href="more.docx"></a><table>'),
    ],
)
def test_what_a_person_sees_makes_one(old: str, new: str) -> None:
    assert not says_the_same(
        copy(""), copy("").replace(old.encode(), new.encode()), "http://a.example/x.html"
    )


def test_pages_without_words_are_never_the_same() -> None:
    pages = (b"<html><script>show(1)</script></html>", b"<html><script>show(2)</script></html>")
    assert not says_the_same(*pages, "http://a.example/")


def test_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "passing_words.csv"
    file.write_text("pattern,note\n(,x\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"passing_words\.csv:2"):
        load_passing_words(file)
