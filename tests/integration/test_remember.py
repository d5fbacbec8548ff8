"""A document that was read before is not read again, and nobody can tell from the tables."""

from __future__ import annotations

import json
from hashlib import sha256

import polars as pl
import pytest

from pipeline.intake import RAW_SCHEMA
from pipeline.paths import sample_folder
from pipeline.read import unread
from pipeline.running import remember
from pipeline.running.items import read_item
from pipeline.running.reading_version import definitions_of, reachable, reading_version
from pipeline.running.remember import Memory, read_documents
from pipeline.running.workers import Limits


class Reader:
    """Reads in this process, and tells what it was asked to read."""

    def __init__(self, failing=()):
        self.asked: list[str] = []
        self.failing = failing

    def __call__(self, items):
        for item in items:
            self.asked.append(item.source)
            code = dict(self.failing).get(item.source)
            yield unread(item.source, code, **DETAILS[code]) if code else read_item(item)


DETAILS = {"missing_file": {}}


def raw_frame(paths, names=None):
    rows = [
        (name, sha256(path.read_bytes()).hexdigest(), str(path), *[None] * (len(RAW_SCHEMA) - 3))
        for path, name in zip(paths, names or [path.name for path in paths], strict=True)
    ]
    return pl.DataFrame(rows, schema=RAW_SCHEMA, orient="row")


@pytest.fixture(scope="module")
def files():
    return sorted(sample_folder().iterdir())


@pytest.fixture
def raw(files):
    return raw_frame(files)


@pytest.fixture
def small_segments(monkeypatch):
    monkeypatch.setattr(remember, "SEGMENT_DOCUMENTS", 4)


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].equals(other[name]), name
        assert one[name].schema == other[name].schema


def build(raw, folder, reader=None, **settings):
    reader = reader or Reader()
    return read_documents(raw, Memory(folder, **settings), reader), reader.asked


def test_a_second_build_reads_nothing_and_gives_the_same(tmp_path, raw, small_segments):
    first, asked = build(raw, tmp_path)
    assert asked == raw["source"].to_list()
    second, asked = build(raw, tmp_path)
    assert asked == []
    same(first, second)
    fresh, _ = build(raw, tmp_path / "other")
    same(first, fresh)


def test_tables_are_those_of_one_reading(tmp_path, raw):
    """What is remembered is what `tidy` makes of all reports at once."""
    from pipeline.intake import items
    from pipeline.tidy import tidy

    frames, _ = build(raw, tmp_path)
    same(frames, tidy([read_item(item) for item in items(raw)]))


def test_only_new_documents_are_read_and_rows_keep_the_order_of_documents(tmp_path, raw, small_segments):
    half = raw[::2]
    build(half, tmp_path)
    frames, asked = build(raw, tmp_path)
    assert asked == raw[1::2]["source"].to_list()
    fresh, _ = build(raw, tmp_path / "other")
    same(frames, fresh)
    less, asked = build(half, tmp_path)
    assert asked == []
    same(less, build(half, tmp_path / "half")[0])


def test_another_name_or_site_is_another_reading(tmp_path, files):
    """Both are evidence for who reported."""
    build(raw_frame(files[:1]), tmp_path)
    renamed = raw_frame(files[:1], ["2019年某局年报.pdf"])
    assert build(renamed, tmp_path)[1] == ["2019年某局年报.pdf"]
    moved = renamed.with_columns(url=pl.lit("http://www.example.gov.cn/a"))
    assert build(moved, tmp_path)[1] == ["2019年某局年报.pdf"]
    assert build(moved, tmp_path)[1] == []


def test_a_new_version_of_a_reader_reads_its_media_type_again(tmp_path, raw, monkeypatch):
    from pipeline.readers import html

    build(raw, tmp_path)
    monkeypatch.setattr(html, "VERSION", "next")
    _, asked = build(raw, tmp_path)
    assert asked == [name for name in raw["source"] if name.endswith(".html")]
    assert build(raw, tmp_path)[1] == []


def test_a_new_version_of_what_all_share_reads_everything_again(tmp_path, raw):
    build(raw, tmp_path)
    assert build(raw, tmp_path, version=lambda media_type: "next")[1] == raw["source"].to_list()


def test_same_bytes_are_read_once_and_named(tmp_path, files):
    paths = [files[0], files[1], files[0], files[0]]
    raw = raw_frame(paths, ["a", "b", "c", "a"])
    first, asked = build(raw, tmp_path)
    assert asked == ["a", "b"]
    rows = first["failures"].select("source", "code", "message_en").rows()
    assert rows == [("c", "same_bytes", "The file holds the same bytes as a; it was counted once.")]
    same(first, build(raw, tmp_path)[0])


def test_what_tells_of_the_moment_is_not_remembered(tmp_path, raw):
    name = raw["source"][3]
    frames, _ = build(raw, tmp_path, Reader(failing=[(name, "missing_file")]))
    assert frames["failures"]["source"].to_list() == [name]
    frames, asked = build(raw, tmp_path)
    assert asked == [name]
    assert frames["failures"].is_empty()


def test_documents_that_fail_are_remembered(tmp_path):
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.4 no more")
    raw = raw_frame([path])
    first, _ = build(raw, tmp_path / "memory")
    assert first["failures"]["code"].to_list() == ["damaged"]
    second, asked = build(raw, tmp_path / "memory")
    assert asked == []
    same(first, second)


def test_documents_that_took_their_workers_down_are_tried_again_under_other_limits(tmp_path, raw):
    from dataclasses import replace

    from pipeline.document import UnreadableDocumentError
    from pipeline.read import failed

    class Hanging(Reader):
        def __call__(self, items):
            for report in super().__call__(items):
                lost = replace(report, status="failed")
                yield failed(lost, UnreadableDocumentError("timed_out", seconds=60))

    build(raw[:2], tmp_path, Hanging())
    assert build(raw[:2], tmp_path)[1] == []
    assert len(build(raw[:2], tmp_path, limits=Limits(seconds=120))[1]) == 2


def test_bytes_that_are_not_those_archived_are_not_believed(tmp_path, raw):
    path = tmp_path / "rotten"
    path.write_bytes(b"something else")
    rotten = raw[:1].with_columns(location=pl.lit(str(path)))
    frames, _ = build(rotten, tmp_path / "memory")
    assert frames["failures"]["code"].to_list() == ["archive_corrupt"]
    told = "".join(frames["failures"]["message_en"])
    assert str(tmp_path) not in told  # it is published
    assert frames["documents"].is_empty()
    assert len(build(raw[:1], tmp_path / "memory")[1]) == 1


def segments(folder):
    return sorted(path for path in folder.iterdir() if path.is_dir())


@pytest.mark.parametrize("table", [*remember.READ_TABLES, "entries", "segment.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damaged_segments_are_read_again(tmp_path, files, table, damage):
    raw = raw_frame(files[:2])
    first, _ = build(raw, tmp_path)
    (segment,) = segments(tmp_path)
    path = segment / (table if table.endswith("json") else f"{table}.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(bytes(data) if damage == "flip" else bytes(data[: len(data) // 2]))
    second, asked = build(raw, tmp_path)
    assert len(asked) == 2
    same(first, second)
    assert build(raw, tmp_path)[1] == []


def test_what_others_left_in_the_folder_is_passed_over(tmp_path, files):
    raw = raw_frame(files[:1])
    first, _ = build(raw, tmp_path)
    (segment,) = segments(tmp_path)
    index = json.loads((segment / "segment.json").read_text())
    (segment / "segment.json").write_text(json.dumps(index | {"format": 99}))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "keep.txt").write_text("mine")
    (tmp_path / "stray.parquet").write_text("no table")
    (tmp_path / ".writing-dead").mkdir()
    second, asked = build(raw, tmp_path)
    assert len(asked) == 1
    same(first, second)
    assert (tmp_path / "notes" / "keep.txt").exists()
    assert not (tmp_path / ".writing-dead").exists()


def test_a_run_that_died_has_kept_what_it_read(tmp_path, raw, small_segments):
    class Dying(Reader):
        def __call__(self, items):
            for number, report in enumerate(super().__call__(items)):
                if number == 9:
                    raise KeyboardInterrupt
                yield report

    with pytest.raises(KeyboardInterrupt):
        build(raw, tmp_path, Dying())
    _, asked = build(raw, tmp_path)
    assert asked == raw["source"].to_list()[8:]


def test_many_small_segments_are_gathered(tmp_path, raw, monkeypatch):
    monkeypatch.setattr(remember, "SMALL_SEGMENTS", 5)
    for count in range(1, raw.height + 1):
        frames, asked = build(raw[:count], tmp_path)
        assert len(asked) == 1
    assert len(segments(tmp_path)) <= 6
    same(frames, build(raw, tmp_path / "other")[0])


def test_outdated_segments_are_removed(tmp_path, raw, small_segments):
    build(raw, tmp_path, version=lambda media_type: "old")
    before = segments(tmp_path)
    build(raw, tmp_path, version=lambda media_type: "new")
    assert not set(before) & set(segments(tmp_path))
    assert build(raw, tmp_path, version=lambda media_type: "new")[1] == []


def test_progress_counts_what_is_remembered(tmp_path, raw, small_segments):
    build(raw[:4], tmp_path)
    told = []
    read_documents(raw, Memory(tmp_path), Reader(), lambda done, total: told.append((done, total)))
    assert told == [(4, 13), (8, 13), (12, 13), (13, 13)]


def test_nothing_to_read_gives_empty_tables(tmp_path):
    frames, asked = build(pl.DataFrame(schema=RAW_SCHEMA), tmp_path)
    assert asked == []
    assert all(frame.is_empty() for frame in frames.values())


# What a reading depends on.


def names(roots):
    return reachable(roots), {path.name for path in definitions_of(reachable(roots))}


def test_the_version_covers_what_reading_imports_and_the_definitions_it_names():
    modules, files = names(["pipeline.read"])
    assert {
        "pipeline.extract",
        "pipeline.matching.lexicon",
        "pipeline.identify",
        "pipeline.narrative",
    } <= modules
    assert {"pipeline.identity.divisions", "pipeline.templates", "schemas.definitions"} <= modules
    assert {"labels.csv", "divisions.csv", "2020.csv", "2021.csv", "value_words.csv"} <= files
    assert not {"rates.csv", "crosswalk.csv", "sources.csv", "link_words.csv"} & files
    assert not {"pipeline.publish.parquet", "pipeline.cli", "pipeline.fetch.client"} & modules


def test_a_reader_counts_for_its_own_media_types():
    shared, _ = names(["pipeline.read"])
    assert not {"pipeline.readers.html", "pipeline.readers.docx", "pipeline.readers.pdf"} & shared
    assert "pipeline.readers.web.content" in reachable(["pipeline.readers.html"])
    types = ("text/html", "application/pdf", "text/plain", "application/zip", "")
    assert len({reading_version(media_type) for media_type in types}) == len(types)


def test_a_changed_module_changes_the_version(tmp_path, monkeypatch):
    from pipeline.running import reading_version as versions

    def of(media_type):
        for cached in (versions._shared_version, versions._reader_digest, versions._imports, versions._named):
            cached.cache_clear()
        return versions.reading_version(media_type)

    before = {media_type: of(media_type) for media_type in ("text/html", "text/plain")}
    files = dict(versions._files())
    changed = tmp_path / "changed.py"
    for name, concerned in (
        ("pipeline.readers.web.content", {"text/html"}),
        ("pipeline.matching.rows", set(before)),
    ):
        changed.write_bytes(files[name].read_bytes() + b"\n# another way to read\n")
        monkeypatch.setattr(versions, "_files", lambda name=name: files | {name: changed})
        assert {media_type for media_type in before if of(media_type) != before[media_type]} == concerned
    monkeypatch.undo()
    assert of("text/html") == before["text/html"]
