"""The page of documents that need eyes, looked at in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.archive import Archive
from pipeline.checking.corrections import load_corrections
from pipeline.cli import main
from pipeline.publish.query import open_warehouse
from pipeline.publish.review import HEAVIEST, KINDS, WEIGHTS, Review, review
from tests.flawed import LEAF, sound, write_flawed
from tests.pipeline.conftest import Ogi

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PROBE = """<script>addEventListener("load", () => {
  const found = {
    pictures: [...document.images].map(i => [i.complete, i.naturalWidth]),
    marked: [...document.querySelectorAll("td.target")].map(cell => {
      const box = cell.getBoundingClientRect(), style = getComputedStyle(cell);
      return [cell.textContent, box.width > 8 && box.height > 8, style.outlineStyle];
    }),
    wide: document.documentElement.scrollWidth - innerWidth,
    asked: performance.getEntriesByType("resource").map(r => r.name).filter(n => !n.startsWith("data:")),
    dead: [...document.querySelectorAll('a[href^="#"]')].filter(a => !document.querySelector(a.hash)).length,
    covered: [...document.querySelectorAll("h1, h2, h3, pre")].filter(e => {
      const box = e.getBoundingClientRect();
      e.scrollIntoView();
      const moved = e.getBoundingClientRect();
      const top = document.elementFromPoint(moved.left + 4, moved.top + moved.height / 2);
      return box.height > 0 && top && !e.contains(top) && !top.contains(e);
    }).map(e => e.textContent),
  };
  document.body.innerHTML = "";
  document.body.append(JSON.stringify(found));
});</script>"""


@pytest.fixture(scope="module")
def home(ogi: Ogi, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of reports with one flaw each, and its review page."""
    folder = tmp_path_factory.mktemp("review")
    inputs = write_flawed(folder / "reports")
    done = ogi("build", "--input", inputs, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture(scope="module")
def found(home: Path) -> Review:
    with open_warehouse(home) as connection:
        return review(connection, [Archive(str(home / "archive"))])


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, list[object]]]:
    """Opens a page in the browser and tells what is seen."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")

    def probe(page: Path) -> dict[str, list[object]]:
        folder = tmp_path_factory.mktemp("page")
        probed = folder / "page.html"
        text = page.read_text(encoding="utf-8")
        probed.write_text(text.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
        arguments = (f"--user-data-dir={folder / 'profile'}", "--window-size=1200,900", "--dump-dom")
        command = [CHROMIUM, *QUIET, *arguments, "--virtual-time-budget=5000", probed.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90)
        body = re.search(r"<body>(\{.*\})</body>", done.stdout, re.DOTALL)
        assert body, done.stdout[-2000:] + done.stderr[-2000:]
        return json.loads(body[1])  # type: ignore[no-any-return]

    return probe


def cases_by_source(found: Review) -> dict[str, object]:
    return {Path(case.report["source"]).stem: case for case in found.cases}


@pytest.mark.parametrize("name", ["index.html", "index.zh.html"])
def test_the_page_looks_right_in_a_browser(
    home: Path, look: Callable[[Path], dict[str, list[object]]], name: str
) -> None:
    seen = look(home / "review" / name)
    assert seen["pictures"], "no page of a PDF is pictured"
    assert all(complete and width > 400 for complete, width in seen["pictures"])  # type: ignore[misc]
    assert ["见附件", True, "solid"] in seen["marked"]
    assert all(visible and outline == "solid" for _, visible, outline in seen["marked"])  # type: ignore[misc]
    assert seen["asked"] == []
    assert seen["wide"] <= 0  # type: ignore[operator]
    assert seen["dead"] == 0
    assert seen["covered"] == []


def test_every_flaw_is_on_the_page_and_no_sound_report(found: Review) -> None:
    kinds = {
        name: {kind for kind in KINDS if case.counts[kind]} for name, case in cases_by_source(found).items()
    }  # type: ignore[attr-defined]
    assert kinds == {
        "wrong-leaf": {"breaches"},
        "wrong-total": {"breaches"},
        "words": {"unreadable"},
        "unnamed": {"unresolved"},
        "no-table": {"missing"},
        "fuzzy": {"unsure"},
        "unknown": {"leftovers"},
    }
    assert [Path(row["source"]).stem for row in found.failures] == ["damaged"]
    assert (found.waiting, found.reports) == (7, 9)


def test_the_worst_stands_first(found: Review) -> None:
    weights = [
        sum(min(case.counts[kind] * weight, HEAVIEST) for kind, weight in WEIGHTS.items())
        for case in found.cases
    ]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) > 1


def test_every_concern_about_cells_has_its_picture(found: Review) -> None:
    about_cells = [
        c for case in found.cases for c in case.concerns if c.kind not in ("unresolved", "missing")
    ]
    assert len(about_cells) >= 5
    assert all(concern.plates for concern in about_cells)


def rows(found: Review, source: str) -> Iterator[tuple[str, dict[str, str]]]:
    case = cases_by_source(found)[source]
    for concern in case.concerns:  # type: ignore[attr-defined]
        for row in concern.rows:
            (values,) = csv.reader(io.StringIO(row.text))
            yield row.file, dict(zip(row.columns, values, strict=True))


def test_a_wrong_number_comes_with_the_row_that_corrects_it(found: Review, tmp_path: Path) -> None:
    ((file, row),) = rows(found, "wrong-leaf")
    assert file == "data/corrections.csv"
    right = sound("杭州市西湖区民政局", seed=4).values[LEAF]
    assert isinstance(right, Decimal)
    assert (row["table"], row["row"], row["column"]) == LEAF
    assert (row["printed"], row["corrected"]) == (str(right + 30), str(right))
    judged = row | {"reason": "a slip", "source": "the sums", "who": "a reader", "when": "2024-05-01"}
    path = tmp_path / "corrections.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(row))
        writer.writeheader()
        writer.writerow(judged)
    (correction,) = load_corrections(path)
    assert correction.value == right


@pytest.mark.parametrize(
    ("source", "file", "known"),
    [
        (
            "fuzzy",
            "schemas/labels.csv",
            {"printed": "3要求提供公幵出版勿", "standard": "3要求提供公开出版物"},
        ),
        ("unknown", "schemas/labels.csv", {"printed": "2其他奇怪情形", "standard": "…"}),
        ("words", "data/corrections.csv", {"printed": "见附件", "corrected": "…"}),
        ("unnamed", "data/reference/agency_decisions.csv", {"agency_name": "…"}),
    ],
)
def test_each_flaw_comes_with_the_row_that_settles_it(
    found: Review, source: str, file: str, known: dict[str, str]
) -> None:
    ((at, row),) = rows(found, source)
    assert at == file
    assert known.items() <= row.items()


def test_the_command_writes_the_page_again(ogi: Ogi, home: Path, tmp_path: Path) -> None:
    done = ogi("--lang", "en", "review", "--warehouse", home, "--to", tmp_path / "page", "--most", 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "page" / "index.html")
    assert "7 reports need eyes; the 2 worst" in done.stderr
    assert (tmp_path / "page" / "index.zh.html").read_text(encoding="utf-8").count("<section") == 3
    assert ogi("review", "--warehouse", tmp_path).returncode == 2


def test_a_page_without_the_archive_says_that_it_has_no_pictures(
    ogi: Ogi, home: Path, tmp_path: Path
) -> None:
    with open_warehouse(home) as connection:
        bare = review(connection, [Archive(str(tmp_path))])
    assert bare.waiting == 7
    assert not [plate for case in bare.cases for concern in case.concerns for plate in concern.plates]


def test_any_number_of_the_warehouse_leads_to_its_picture(home: Path, tmp_path: Path) -> None:
    with open_warehouse(home) as connection:
        chosen = connection.execute(
            "SELECT report_id, table_name || '/' || row_key || '/' || column_key, raw FROM cells "
            "QUALIFY row_number() OVER (PARTITION BY report_id ORDER BY hash(row_key || column_key)) = 1"
        ).fetchall()
    assert len(chosen) == 9
    for number, (report, cell, _) in enumerate(chosen):
        target = tmp_path / f"{number}.html"
        done = CliRunner().invoke(main, ["show", report, cell, "--warehouse", str(home), "--to", str(target)])
        assert done.exit_code == 0, done.stderr
        text = target.read_text(encoding="utf-8")
        assert 'class="target"' in text or "data:image/png" in text
