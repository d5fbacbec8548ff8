"""The Parquet store: what goes in comes out, equal rows are equal bytes, and half a store is known as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.publish.lock import StoreLockedError, only_writer
from pipeline.publish.parquet import StoreError, read_manifest, read_table, sha256_of, write_tables
from pipeline.publish.warehouse import publish
from schemas.tables import TableError, load_tables, table
from tests.integration.published import fill, frames, report_id

ROOT = Path(__file__).resolve().parents[2]


def hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*.parquet")}


def test_what_goes_in_comes_out_with_its_types(tmp_path: Path) -> None:
    given = frames()
    manifest = write_tables(given, tmp_path)
    assert set(manifest.tables) == set(load_tables())
    for name, frame in given.items():
        back = read_table(tmp_path, name)
        assert back.schema == table(name).schema
        assert_frame_equal(back, frame, check_row_order=False)
        assert manifest.rows(name) == frame.height


def test_equal_rows_are_equal_bytes_whatever_their_order(tmp_path: Path) -> None:
    given = frames()
    write_tables(given, tmp_path / "one")
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=7) for name, frame in given.items()}
    write_tables(dict(reversed(shuffled.items())), tmp_path / "two")
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    manifests = [(tmp_path / name / "manifest.json").read_text() for name in ("one", "two")]
    assert manifests[0] == manifests[1]


def test_facts_are_sorted_for_the_common_question(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    path = tmp_path / "applications/report_year=2020/part.parquet"
    assert pl.read_parquet(path).select("outcome", "agency_id").rows() == [
        ("new_received", "a"),
        ("new_received", "b"),
        ("granted", "a"),
        ("granted", "b"),
    ]


def test_other_readers_take_the_unknown_year_for_null(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    query = "SELECT typeof(report_year), report_year FROM read_parquet(?) GROUP BY ALL ORDER BY 2"
    rows = duckdb.execute(query, [str(tmp_path / "applications/*/*.parquet")]).fetchall()
    assert [year for _, year in rows] == [2020, 2021, None]
    assert "VARCHAR" not in {kind for kind, _ in rows}
    assert set(pl.read_parquet(tmp_path / "applications")["report_year"]) == {2020, 2021, None}


def test_a_table_that_is_not_named_stays_as_it_is(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    before = hashes(tmp_path)
    manifest = write_tables({"agencies": frames()["agencies"].head(1)}, tmp_path)
    changed = {path for path, digest in hashes(tmp_path).items() if before[path] != digest}
    assert changed == {"agencies.parquet"}
    assert manifest.rows("applications") == frames()["applications"].height


def test_a_bad_frame_stops_everything_before_the_first_byte(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    before = hashes(tmp_path)
    bad = {"agencies": frames()["agencies"].head(0), "applications": frames()["applications"].drop("kind")}
    with pytest.raises(TableError, match="kind"):
        write_tables(bad, tmp_path)
    assert hashes(tmp_path) == before


def test_a_report_published_anew_touches_its_year_alone(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    reports = frames()["reports"]
    again = reports.filter(report_id="a-2020-00000001").with_columns(
        report_id=pl.lit(report_id("a", 2020, 2)), supersedes=pl.col("report_id")
    )
    older = reports.with_columns(is_current=pl.col("report_id") != "a-2020-00000001")
    write_tables({"reports": pl.concat([older, again])}, tmp_path)
    changed = {
        path.parent.name for path in tmp_path.rglob("*.parquet") if path.stat().st_mtime_ns != times[path]
    }
    assert changed == {"report_year=2020"}
    assert read_table(tmp_path, "reports").filter(agency_id="a", report_year=2020).height == 2


def test_a_report_moved_to_another_year_leaves_none_behind(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    moved = frames()["reports"].with_columns(report_year=pl.lit(2021, pl.Int16))
    write_tables({"reports": moved}, tmp_path)
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["report_year=2021"]
    assert read_table(tmp_path, "reports").height == moved.height


def test_some_years_are_written_and_the_others_stay(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    only = frames(granted=9)["applications"].filter(report_year=2020)
    write_tables({"applications": only}, tmp_path, years=[2020, None])
    stored = read_table(tmp_path, "applications").filter(outcome="granted")
    counts = dict(stored.select("report_year", "count").unique().iter_rows())
    assert counts == {2020: 9, 2021: 4}, "2020 is new, 2021 is old, the unknown year was named and is gone"


def test_a_year_that_was_not_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"applications.*2021, None"):
        write_tables({"applications": frames()["applications"]}, tmp_path, years=[2020])


def test_a_table_without_rows_keeps_its_columns_until_rows_come(tmp_path: Path) -> None:
    write_tables({"cells": frames()["cells"]}, tmp_path)
    assert read_table(tmp_path, "cells").columns == list(table("cells").names)
    row = {"report_id": "r", "report_year": 2020, "table_name": "applications", "row_key": "granted"}
    row |= {"column_key": "total", "variant": "2021", "kind": "blank", "confidence": 1.0}
    write_tables({"cells": fill("cells", [row])}, tmp_path, years=[2020])
    assert [path.name for path in (tmp_path / "cells").iterdir()] == ["report_year=2020"]


def test_long_prose_gets_shorter_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.publish.parquet.GROUP_BYTES", 2**20)
    one = {"report_year": 2020, "number": 1, "ordinal": 1, "text": "政" * 200}
    rows = [one | {"report_id": f"r{n}"} for n in range(2_100)]
    write_tables({"sections": fill("sections", rows)}, tmp_path)
    path = str(tmp_path / "sections/report_year=2020/part.parquet")
    groups = duckdb.execute("SELECT num_row_groups FROM parquet_file_metadata(?)", [path]).fetchone()
    assert groups == (2,), "2 100 rows of 600 bytes do not fit one group of a megabyte"


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    with only_writer(tmp_path), pytest.raises(StoreLockedError, match="Another run"):
        write_tables(frames(), tmp_path)


KILLED = """
import os, signal, sys
from pathlib import Path
import pipeline.publish.parquet as store
from tests.integration.published import frames
moved = 0
replace = Path.replace
def dying(self, target):
    global moved
    moved += 1
    if moved == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = dying
store.write_tables(frames(granted=8), Path(sys.argv[1]))
"""


def test_a_killed_writer_leaves_a_store_that_says_so_and_the_next_one_heals_it(tmp_path: Path) -> None:
    store = tmp_path / "store"
    write_tables(frames(), store)
    before = hashes(store)
    done = subprocess.run([sys.executable, "-c", KILLED, store], cwd=ROOT, env=_env(), timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert hashes(store) != before
    with pytest.raises(StoreError, match="Run the build again"):
        publish(store, tmp_path / "warehouse")
    write_tables(frames(), store)
    assert hashes(store) == before
    publish(store, tmp_path / "warehouse")


def test_a_damaged_manifest_says_so(tmp_path: Path) -> None:
    write_tables(frames(), tmp_path)
    (tmp_path / "manifest.json").write_text('{"files": [{}]}')
    with pytest.raises(StoreError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
