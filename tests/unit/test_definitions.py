"""Definition files: what may stand in them, and how a fault is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.definitions import DefinitionError, read_definitions


def write(folder: Path, data: str | bytes) -> Path:
    path = folder / "words.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_rows_and_the_lines_above_them(tmp_path: Path) -> None:
    path = write(tmp_path, '# a remark\n# letter = 某函\nword,factor\n件,1\n"a,b",2\n')
    table = read_definitions(path, ("factor", "word"))
    assert [row.values for row in table.rows] == [
        {"word": "件", "factor": "1"},
        {"word": "a,b", "factor": "2"},
    ]
    assert table.meta == {"letter": "某函"}
    assert [row.place for row in table.rows] == ["words.csv:4", "words.csv:5"]


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_as_spreadsheets_save_them(tmp_path: Path, start: bytes, end: str) -> None:
    path = write(tmp_path, start + f"word{end}件{end}".encode())
    assert [row["word"] for row in read_definitions(path, ("word",)).rows] == ["件"]


def test_a_cell_over_two_lines_keeps_the_place_of_the_next(tmp_path: Path) -> None:
    path = write(tmp_path, 'word,note\na,"two\nlines"\nb,\n')
    assert [row.place for row in read_definitions(path, ("word", "note")).rows] == [
        "words.csv:3",
        "words.csv:4",
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", r"columns are \[\]"),
        ("word\n", "should be"),
        ("word,factor,other\n", "should be"),
        ("word,word\n", "should be"),
        ("word,factor\na\n", r"words\.csv:2: 1 values for 2 columns"),
        ("word,factor\na,1,2\n", r"words\.csv:2: 3 values for 2 columns"),
        ("word,factor\na,1\n\nb,2\n", r"words\.csv:3: 0 values"),
        ("word,factor\na,1\na,2\n", r"words\.csv:3: word = \('a',\) stands already at words\.csv:2"),
        ("word,factor\n件,1\n".encode("gb18030"), r"words\.csv: not UTF-8 \(byte 12\)"),
    ],
)
def test_faults_name_their_place(tmp_path: Path, data: str | bytes, problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        read_definitions(write(tmp_path, data), ("word", "factor"), key=["word"])


def test_the_same_word_in_two_classes_is_no_repeat(tmp_path: Path) -> None:
    path = write(tmp_path, "class,word\na,x\nb,x\n")
    assert len(read_definitions(path, ("class", "word"), key=["class", "word"]).rows) == 2


def test_a_row_says_where_it_is_wrong(tmp_path: Path) -> None:
    (row,) = read_definitions(write(tmp_path, "word\nx\n"), ("word",)).rows
    assert str(row.fail("no good")) == "words.csv:2: no good"


def test_a_row_checks_its_own_values(tmp_path: Path) -> None:
    columns = ("word", "kind", "pattern")
    (row,) = read_definitions(write(tmp_path, "word,kind,pattern\n ,count,(a|b\n"), columns).rows
    assert row.one_of("kind", ("money", "count")) == "count"
    assert row.filled("kind") == "count"
    with pytest.raises(DefinitionError, match=r"words\.csv:2: word is empty"):
        row.filled("word")
    with pytest.raises(DefinitionError, match=r"words\.csv:2: kind 'count' is none of money, year"):
        row.one_of("kind", ("money", "year"))
    with pytest.raises(DefinitionError, match=r"words\.csv:2: pattern '\(a\|b': missing \)"):
        row.pattern("pattern")
