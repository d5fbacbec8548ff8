"""The warehouse: readers never meet half of it, never block it, and find words on everything in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.publish.lock import StoreLockedError, only_writer
from pipeline.publish.parquet import StoreError, sha256_of, write_tables
from pipeline.publish.query import QueryError, open_warehouse, run_sql, warehouse_file
from pipeline.publish.warehouse import PublishError, current_release, publish
from schemas.tables import load_tables
from tests.integration.published import frames

ROOT = Path(__file__).resolve().parents[2]
OLD_DUCKDB = ROOT / ".compat" / "duckdb-1.4"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store and a warehouse made once; every test works on its own copy."""
    folder = tmp_path_factory.mktemp("built")
    write_tables(frames(), folder / "store")
    publish(folder / "store", folder / "warehouse", "first")
    return folder


@pytest.fixture
def store(tmp_path: Path, built: Path) -> Path:
    return shutil.copytree(built / "store", tmp_path / "store")


@pytest.fixture
def warehouse(tmp_path: Path, built: Path) -> Path:
    return shutil.copytree(built / "warehouse", tmp_path / "warehouse", symlinks=True)


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with open_warehouse(path) as connection:
        return run_sql(connection, sql)[1]


def granted(path: Path) -> object:
    return ask(path, "SELECT max(count) FROM applications WHERE outcome = 'granted'")[0][0]


def change(store: Path, number: int) -> None:
    write_tables({"applications": frames(granted=number)["applications"]}, store)


def test_a_release_holds_the_database_the_parquet_and_its_record(store: Path, tmp_path: Path) -> None:
    release = publish(store, tmp_path / "warehouse")
    assert (tmp_path / "warehouse/current").resolve() == release
    assert {path.name for path in release.iterdir()} == {"ogi.duckdb", "parquet", "release.json"}
    for path in store.rglob("*.parquet"):
        assert sha256_of(path) == sha256_of(release / "parquet" / path.relative_to(store))
    record = current_release(tmp_path / "warehouse")
    assert record is not None
    assert record.version == release.name
    assert record.rows["applications"] == 10


def test_rows_types_and_views(warehouse: Path) -> None:
    for name, frame in frames().items():
        assert ask(warehouse, f"SELECT count(*) FROM {name}") == [(frame.height,)]
    (kind,) = ask(warehouse, "SELECT typeof(outcome) FROM applications LIMIT 1")[0]
    assert str(kind).startswith("ENUM('new_received', 'carried_in', 'granted'")
    assert ask(warehouse, "SELECT value FROM proactive_disclosure LIMIT 1 ")[0][0] == 870000.50
    named = "SELECT DISTINCT agency_name FROM applications_by_agency ORDER BY ALL"
    assert ask(warehouse, named) == [("乙市教育局",), ("甲县人民政府",)]


def test_names_of_columns_need_no_quotes(warehouse: Path) -> None:
    for definition in load_tables().values():
        ask(warehouse, f"SELECT {', '.join(definition.names)} FROM {definition.name} LIMIT 1")


def test_current_views_hold_one_report_an_agency_and_year(store: Path, tmp_path: Path) -> None:
    reports = frames()["reports"].with_columns(is_current=pl.col("report_id") != "a-2020-00000001")
    write_tables({"reports": reports}, store)
    publish(store, tmp_path / "w")
    assert ask(tmp_path / "w", "SELECT count(*) FROM applications") == [(10,)]
    for view in ("applications_current", "applications_by_agency"):
        counted = f"SELECT count(*), count(*) FILTER (report_id = 'a-2020-00000001') FROM {view}"
        assert ask(tmp_path / "w", counted) == [(8, 0)]
    assert ask(tmp_path / "w", "SELECT count(*) FROM reports_by_agency") == [(4,)]


def test_everything_has_words_in_both_languages(warehouse: Path) -> None:
    sources = (
        "SELECT comment FROM duckdb_tables()",
        "SELECT comment FROM duckdb_views() WHERE NOT internal",
        "SELECT comment FROM duckdb_columns() WHERE NOT internal",
    )
    for source in sources:
        words = [str(row[0]) for row in ask(warehouse, source)]
        assert len(words) >= 14
        for text in words:
            english, bar, chinese = text.partition(" | ")
            assert english.strip(), text
            assert bar, text
            assert any("一" <= character <= "鿿" for character in chinese), text


OLD_READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
print(duckdb.__version__)
print(*connection.execute("SELECT count(*) FROM applications_by_agency").fetchone())
print(*connection.execute("SELECT bool_and(comment > '') FROM duckdb_columns() WHERE NOT internal").fetchone())
"""


def test_the_words_are_those_of_the_registry(warehouse: Path) -> None:
    rows = ask(warehouse, "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal")
    words = {(row[0], row[1]): str(row[2]) for row in rows}
    for definition in load_tables().values():
        for column in definition.columns:
            comment = words[definition.name, column.name]
            assert column.field.description_en in comment
            assert column.field.description_zh in comment
            assert (column.field.null_meaning in comment) is not column.required


@pytest.mark.skipif(not (OLD_DUCKDB / "duckdb").is_dir(), reason="no DuckDB 1.4 in .compat/duckdb-1.4")
def test_duckdb_1_4_opens_it(warehouse: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OLD_READER, warehouse / "current/ogi.duckdb"],
        env={**os.environ, "PYTHONPATH": str(OLD_DUCKDB)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    version, rows, commented = done.stdout.split() or ("", "", done.stderr)
    assert version.startswith("1.4.")
    assert (rows, commented) == ("10", "True")


def test_the_same_content_is_the_same_release(store: Path, tmp_path: Path) -> None:
    first = publish(store, tmp_path / "w")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "w").rglob("*") if path.name != ".lock"}
    link = os.lstat(tmp_path / "w/current").st_ino
    write_tables(frames(), store)
    assert publish(store, tmp_path / "w") == first
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert os.lstat(tmp_path / "w/current").st_ino == link


def test_content_that_was_released_under_a_name_is_not_released_again(store: Path, warehouse: Path) -> None:
    assert publish(store, warehouse).name == "first"
    assert [path.name for path in (warehouse / "releases").iterdir()] == ["first"]


def test_going_back_to_earlier_content_leads_back_to_its_release(store: Path, tmp_path: Path) -> None:
    first = publish(store, tmp_path / "w")
    change(store, 5)
    second = publish(store, tmp_path / "w")
    assert first != second
    assert granted(tmp_path / "w") == 5
    change(store, 4)
    assert publish(store, tmp_path / "w") == first
    assert granted(tmp_path / "w") == 4


def test_a_reader_keeps_its_release_and_blocks_nobody(store: Path, warehouse: Path) -> None:
    with open_warehouse(warehouse) as reader:
        change(store, 5)
        publish(store, warehouse, "second", keep=1)
        assert not (warehouse / "releases/first").exists()
        question = "SELECT max(count) FROM applications WHERE outcome = 'granted'"
        assert run_sql(reader, question)[1] == [(4,)]
        assert granted(warehouse) == 5


READER = """
import sys, duckdb
from pathlib import Path
from pipeline.publish.query import open_warehouse, run_sql
seen = set()
question = "SELECT min(count), max(count) FROM applications WHERE outcome = 'granted'"
while not Path(sys.argv[2]).exists():
    with open_warehouse(Path(sys.argv[1])) as connection:
        seen.add(run_sql(connection, question)[1][0])
    print(len(seen), flush=True)
assert all(low == high for low, high in seen), seen
print("seen", len(seen))
"""


def test_readers_that_come_and_go_never_meet_half_a_release(
    store: Path, warehouse: Path, tmp_path: Path
) -> None:
    stop = tmp_path / "stop"
    arguments = [sys.executable, "-c", READER, warehouse, stop]
    reader = subprocess.Popen(
        arguments, cwd=ROOT, env=_env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    reader.stdout.readline()
    for number in range(5, 9):
        change(store, number)
        publish(store, warehouse)
    stop.touch()
    out, err = reader.communicate(timeout=60)
    assert reader.returncode == 0, err
    assert int(out.split()[-1]) >= 2, "the reader saw more than one release"


KILLED = """
import os, signal, sys, time
from pathlib import Path
import pipeline.publish.warehouse as warehouse
def dying(*_):
    print("here", flush=True)
    time.sleep(60)
setattr(warehouse, sys.argv[3], dying)
warehouse.publish(Path(sys.argv[1]), Path(sys.argv[2]), "killed")
"""


@pytest.mark.parametrize("moment", ["fill_statement", "audit", "_name", "_lead"])
def test_a_killed_publisher_leaves_the_last_release_and_the_next_one_cleans(
    store: Path, warehouse: Path, moment: str
) -> None:
    change(store, 6)
    arguments = [sys.executable, "-c", KILLED, store, warehouse, moment]
    victim = subprocess.Popen(arguments, cwd=ROOT, env=_env(), stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "here\n"
    with pytest.raises(StoreLockedError, match="Another run"):
        publish(store, warehouse)
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=10)
    assert granted(warehouse) == 4
    publish(store, warehouse, "killed")
    assert granted(warehouse) == 6
    left = {path.name for path in (warehouse / "releases").iterdir()}
    assert left == {"first", "killed"}
    assert {path.name for path in warehouse.iterdir()} == {".lock", "releases", "current"}


def test_two_publishers_at_once(store: Path, warehouse: Path) -> None:
    with only_writer(warehouse), pytest.raises(StoreLockedError):
        publish(store, warehouse)
    with only_writer(store), pytest.raises(StoreLockedError):
        publish(store, warehouse)


def stays(store: Path, warehouse: Path, reason: str) -> None:
    with pytest.raises(PublishError, match=reason):
        publish(store, warehouse, "bad")
    assert (warehouse / "current").resolve().name == "first"
    assert granted(warehouse) == 4


def test_a_fact_of_an_unknown_report_is_not_published(store: Path, warehouse: Path) -> None:
    write_tables({"reports": frames()["reports"].filter(agency_id="a")}, store)
    stays(store, warehouse, "applications.report_id: b-2020-00000001, 2020 stands nowhere in reports")


def test_a_fact_under_another_year_than_its_report_is_not_published(store: Path, warehouse: Path) -> None:
    moved = frames()["applications"].with_columns(report_year=pl.lit(2021, pl.Int16))
    write_tables({"applications": moved}, store)
    stays(store, warehouse, "applications.report_id: .* 2021 stands nowhere in reports")


def test_a_report_that_stands_in_two_years_is_not_published(store: Path, warehouse: Path) -> None:
    again = (
        frames()["reports"]
        .filter(report_id="a-2020-00000001")
        .with_columns(report_year=pl.lit(2019, pl.Int16))
    )
    write_tables({"reports": again}, store, years=[2019])
    stays(store, warehouse, "reports: the key a-2020-00000001 stands twice")


def test_two_current_reports_of_a_year_are_not_published(store: Path, warehouse: Path) -> None:
    reports = frames()["reports"]
    second = reports.filter(report_id="a-2020-00000001").with_columns(report_id=pl.lit("a-2020-2"))
    write_tables({"reports": pl.concat([reports, second])}, store)
    stays(store, warehouse, "reports: a has two current reports for 2020")


def test_a_store_file_that_was_changed_is_not_published(store: Path, warehouse: Path) -> None:
    (store / "agencies.parquet").write_bytes((store / "documents.parquet").read_bytes())
    with pytest.raises(StoreError, match=r"agencies\.parquet"):
        publish(store, warehouse)
    (store / "agencies.parquet").unlink()
    with pytest.raises(StoreError, match=r"agencies\.parquet"):
        publish(store, warehouse)


def test_nothing_to_publish_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no manifest\.json"):
        publish(tmp_path / "nothing", tmp_path / "w")


def test_tables_that_the_store_lacks_are_there_without_rows(tmp_path: Path) -> None:
    write_tables({"agencies": frames()["agencies"]}, tmp_path / "store")
    publish(tmp_path / "store", tmp_path / "w")
    assert ask(tmp_path / "w", "SELECT count(*) FROM applications_by_agency") == [(0,)]


def test_the_last_releases_stay(store: Path, warehouse: Path) -> None:
    for number in range(5, 9):
        change(store, number)
        publish(store, warehouse, f"v{number}", keep=2)
        time.sleep(0.002)
    assert {path.name for path in (warehouse / "releases").iterdir()} == {"v7", "v8"}


@pytest.mark.parametrize("name", ["../up", ".hidden", "", "a/b", "a" * 101])
def test_a_version_is_a_plain_name(store: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(PublishError, match="no name for a release"):
        publish(store, tmp_path / "w", name)


def test_a_version_is_never_written_twice(store: Path, warehouse: Path) -> None:
    change(store, 5)
    with pytest.raises(PublishError, match="other content stands already"):
        publish(store, warehouse, "first")
    assert granted(warehouse) == 4


def test_a_folder_in_the_place_of_the_link_is_left_alone(store: Path, tmp_path: Path) -> None:
    (tmp_path / "w/current").mkdir(parents=True)
    with pytest.raises(PublishError, match="not the link"):
        publish(store, tmp_path / "w")


def test_a_release_whose_database_is_gone_is_built_again(store: Path, warehouse: Path) -> None:
    (warehouse / "releases/first/ogi.duckdb").unlink()
    publish(store, warehouse)
    assert granted(warehouse) == 4


@pytest.mark.parametrize("part", ["", "current", "current/ogi.duckdb", "releases/first"])
def test_a_warehouse_is_found_from_any_of_its_places(warehouse: Path, part: str) -> None:
    assert warehouse_file(warehouse / part) == (warehouse / "releases/first/ogi.duckdb").resolve()


def test_no_warehouse_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="ogi build"):
        open_warehouse(tmp_path)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "ogi.duckdb").write_text("not a database, though long enough to be looked at" * 100)
    with pytest.raises(QueryError, match="cannot be opened"):
        open_warehouse(tmp_path)


def test_questions_are_answered_with_their_columns(warehouse: Path) -> None:
    with open_warehouse(warehouse) as connection:
        assert run_sql(connection, "SELECT 1 AS one, 'x' AS \"two\"") == (("one", "two"), [(1, "x")])


@pytest.mark.parametrize(
    "sql", ["SELEKT 1", "SELECT * FROM nowhere", "DELETE FROM reports", "DROP TABLE cells"]
)
def test_what_cannot_be_answered_or_would_write_is_refused(warehouse: Path, sql: str) -> None:
    before = sha256_of(warehouse / "current/ogi.duckdb")
    with open_warehouse(warehouse) as connection, pytest.raises(QueryError, match="cannot be answered"):
        run_sql(connection, sql)
    assert sha256_of(warehouse / "current/ogi.duckdb") == before


def test_two_versions_of_duckdb_meet_no_stray_log(warehouse: Path) -> None:
    with duckdb.connect(warehouse_file(warehouse), read_only=True):
        pass
    assert not list(warehouse.rglob("*.wal"))


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
