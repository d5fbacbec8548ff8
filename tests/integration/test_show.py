"""From a cell to the picture of the place it was read from."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner
from PIL import Image

from pipeline.cli import main
from pipeline.document import Cell, Grid, Locator
from pipeline.evidence.exhibit import Exhibit, Subject, exhibit
from pipeline.evidence.grid import draw
from pipeline.evidence.page import SCALE, Frame, picture
from pipeline.evidence.render import exhibit_page
from pipeline.evidence.subjects import subject_of
from pipeline.read import read_report
from pipeline.typeset import Facts, Style, typeset
from pipeline.typeset.facts import cells_of

REPORTS = Path(__file__).resolve().parents[2] / "data" / "sample" / "reports"
ALL = sorted(REPORTS.iterdir())


@cache
def subject(data: bytes, name: str) -> Subject:
    return subject_of(data, read_report(data, name))


def shown(data: bytes, name: str, cell: str | None = None) -> Exhibit:
    return exhibit(subject(data, name), cell)


def red_box(png: bytes) -> tuple[float, ...]:
    """The bounding box of what is drawn in red, in points."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    red, green, blue = image.split()
    marked = Image.merge(
        "RGB",
        (red.point(lambda v: 255 * (v > 140)), *(p.point(lambda v: 255 * (v < 90)) for p in (green, blue))),
    )
    mask = Image.new("L", image.size)
    mask.putdata([255 if pixel == (255, 255, 255) else 0 for pixel in marked.getdata()])
    box = mask.getbbox()
    assert box, "nothing is drawn in red"
    return tuple(edge / SCALE for edge in box)


def inner(box: tuple[float, ...]) -> tuple[float, ...]:
    """The box without its line."""
    left, top, right, bottom = box
    return left + 5, top + 5, right - 5, bottom - 5


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_cell_of_every_sample_can_be_shown(path: Path) -> None:
    data = path.read_bytes()
    whole = shown(data, path.name)
    read = [cell for cell in whole.subject.cells if cell.kind != "absent"]
    if path.suffix == ".pdf":
        assert {plate.page for plate in whole.plates} == {cell.locator.page for cell in read}
    else:
        drawn = sum(bool(cell.mark) for plate in whole.plates for row in plate.rows for cell in row)
        assert drawn == len(read)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_the_marked_cell_holds_what_was_read(path: Path) -> None:
    one = shown(path.read_bytes(), path.name, "new_received/natural_person")
    (cell,) = one.cells
    (plate,) = one.plates
    if plate.png:
        left, top, right, bottom = cell.locator.box or (0, 0, 0, 0)
        assert red_box(plate.png) == pytest.approx((left, top, right, bottom), abs=4)
    else:
        marked = [drawn.text for row in plate.rows for drawn in row if drawn.mark == "target"]
        assert marked == [cell.raw]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_the_box_is_right_on_a_page_that_is_shown_turned(degrees: int) -> None:
    with pypdfium2.PdfDocument((REPORTS / "hongze-2023.pdf").read_bytes()) as document:
        for page in document:
            page.set_rotation(degrees)
        turned = io.BytesIO()
        document.save(turned)
    one = shown(turned.getvalue(), "turned.pdf", "reconsideration/upheld")
    assert one.cells[0].raw == "10"
    (plate,) = one.plates
    with pypdfium2.PdfDocument(turned.getvalue()) as document:
        size = document[(plate.page or 1) - 1].get_size()
    assert Image.open(io.BytesIO(plate.png)).size == pytest.approx([s * SCALE for s in size], abs=2)
    box = red_box(plate.png)
    assert box == pytest.approx(one.cells[0].locator.box, abs=4)
    ink = Image.open(io.BytesIO(plate.png)).convert("L").crop([int(edge * SCALE) for edge in inner(box)])
    assert min(ink.getdata()) < 80, "the box is empty: it stands beside the number"


def test_a_close_view_keeps_what_stands_around() -> None:
    data = (REPORTS / "hongze-2023.pdf").read_bytes()
    whole = picture(data, 1, [Frame((100, 300, 150, 320), "target")])
    close = picture(data, 1, [Frame((100, 300, 150, 320), "target")], margins=(50, 30))
    wide, high = Image.open(io.BytesIO(close)).size
    assert wide == Image.open(io.BytesIO(whole)).size[0]
    assert high == pytest.approx(100 * SCALE, abs=2)


def test_a_page_that_is_not_there_has_no_picture() -> None:
    assert picture((REPORTS / "hongze-2023.pdf").read_bytes(), 99, []) == b""


def test_a_cell_that_reaches_into_a_close_view_is_cut_not_lost() -> None:
    def cell(text: str, row: int, column: int, down: int = 1) -> Cell:
        return Cell(text, row, column, down, 1, Locator(row=row, column=column))

    rows = [(cell("side", 0, 0, 9), cell("0", 0, 1))] + [(cell(str(r), r, 1),) for r in range(1, 9)]
    drawn = draw(Grid(tuple(rows)), {(6, 1): "target"}, around=1)
    assert [[(c.text, c.row_span, c.mark) for c in row] for row in drawn] == [
        [("side", 3, ""), ("0", 1, "")],
        [("1", 1, "")],
        [("2", 1, "")],
        [("⋮", 1, "gap")],
        [("side", 3, ""), ("5", 1, "")],
        [("6", 1, "target")],
        [("7", 1, "")],
    ]


def test_what_a_report_prints_is_never_markup() -> None:
    form = {"review_litigation": "2021"}
    values = dict.fromkeys(cells_of(form), Decimal(0)) | {
        ("review_litigation", "reconsideration", "total"): "<script>alert(1)</script>"
    }
    page = typeset(Facts("示例局", 2023, form, values), Style(), "docx")
    html = exhibit_page(shown(page, "<script>.docx"), "zh")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_page_asks_the_network_for_nothing() -> None:
    for path in ALL[:4]:
        html = exhibit_page(shown(path.read_bytes(), path.name), "en")
        assert not re.search(r"(?:src|href)=[\"'](?!data:|#)", html)
        assert "url(" not in html
        assert "@import" not in html


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["--lang", "en", "show", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_a_picture_or_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = str(REPORTS / "hongze-2023.pdf")
    assert run(report, "行政复议/总计", "--to", "cell.png") == (0, "cell.png\n", "")
    assert Path("cell.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = run(report, "reconsideration/total")
    assert (code, out) == (0, "hongze-2023-reconsideration-total.html\n")
    assert "data:image/png" in Path(out.strip()).read_text(encoding="utf-8")
    code, out, _ = run(report, "--to", "all.png")
    assert (code, out.split()) == (0, ["all-1.png", "all-2.png", "all-3.png"])
    assert run(str(REPORTS / "linzi-2021.html"), "--to", "page.html")[0] == 0


def test_a_report_is_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = Path("report.html")
    report.write_bytes((REPORTS / "linzi-2021.html").read_bytes())
    before = report.read_bytes()
    assert run("report.html") == (0, "report-cells.html\n", "")
    code, _, said = run("report.html", "--to", "../" + tmp_path.name + "/report.html")
    assert (code, report.read_bytes()) == (2, before)
    assert "--to" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hongze-2023.pdf", "granted"], "names no cell"),
        (["hongze-2023.pdf", "other_misc/total"], "has no cell"),
        (["hongze-2023.pdf", "--to", "x.gif"], ".html or .png"),
        (["linzi-2021.html", "granted/total", "--to", "x.png"], "drawn as HTML"),
        (["hongze-2023.pdf", "--to", "no/such/folder.png"], "cannot be written"),
        (["nobody-2023"], "There is no warehouse"),
    ],
)
def test_wrong_usage_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    report = REPORTS / arguments[0]
    named = str(report) if report.exists() else arguments[0]
    code, _, said = run(named, *arguments[1:], "--warehouse", "nowhere")
    assert code == 2
    assert words in said
