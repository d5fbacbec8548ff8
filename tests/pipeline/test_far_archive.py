"""The archive in an object store: the whole line from an empty disk, as from a folder; a store that is down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.publish.query import open_warehouse
from pipeline.running.nights import last_night
from tests.bucket import Bucket, served_bucket
from tests.integration.conftest import Web, web
from tests.pipeline.conftest import Ogi
from tests.pipeline.test_fetch_line import OPEN, register, serve
from tests.pipeline.test_nights import published_files

__all__ = ["web"]
NAMES = ("hongze-2023.pdf", "linzi-2021.html", "yubei-2020.docx")


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with served_bucket() as served:
        yield served


def tables(out: Path) -> dict[str, str]:
    """The digests of the tables that scholars read, by their place below the warehouse."""
    files = published_files(out).items()
    return {name.removeprefix(str(out)): digest for name, digest in files if name.endswith(".parquet")}


def test_a_bucket_and_an_empty_disk_give_what_a_folder_gave(
    bucket: Bucket, web: Web, ogi: Ogi, tmp_path: Path
) -> None:
    sources = register(tmp_path / "sources.csv", [serve(web, name) for name in NAMES])
    near = dict(os.environ) | OPEN | {"OGI_AS_OF": "2026-02-01", "OGI_INBOX": str(tmp_path / "none")}
    far = near | bucket.environment | {"OGI_ARCHIVE": bucket.url()}
    first, second, here = tmp_path / "first", tmp_path / "second", tmp_path / "here"
    done = ogi("build", "--sources", sources, "--out", first, "--archive", here, env=near)
    assert done.returncode == 0, done.stderr
    assert not (first / "archive").exists()
    for path in here.rglob("*"):
        if path.is_file():
            bucket.objects[f"raw/store/{path.relative_to(here)}"] = path.read_bytes()

    done = ogi("build", "--sources", sources, "--out", second, env=far)
    assert done.returncode == 0, done.stderr
    assert not (second / "archive").exists()
    assert tables(second) == tables(first)  # the release is named by its content as well
    assert len(open_warehouse(second).execute("FROM reports").fetchall()) == 3
    assert not any(method == "PUT" and "/objects/" in key for method, key in bucket.asked)
    assert any(method == "PUT" and "/manifest/" in key for method, key in bucket.asked)
    told = b"".join(path.read_bytes() for path in (second / "store").rglob("*") if path.is_file())
    assert not any(place.encode() in told for place in (str(tmp_path), bucket.name, str(bucket.port)))

    digest = sorted(bucket.below("objects"))[0].rpartition("/")[2]
    done = ogi("show", digest, "--warehouse", second, "--to", tmp_path / "shown.html", env=far)
    assert done.returncode == 0, done.stderr

    bucket.refusal = 403
    done = ogi("--lang", "en", "build", "--sources", sources, "--out", second, "--again", env=far)
    assert done.returncode == 1
    assert f"The archive at {bucket.url()} cannot be read or written" in done.stderr
    assert tables(second) == tables(first)
    night = last_night(second)
    assert night is not None
    assert night.outcome == "failed"
