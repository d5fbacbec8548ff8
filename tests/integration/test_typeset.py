"""Typeset files, opened with independent libraries: every number and label of the form is in them."""

from __future__ import annotations

import io
import re
import sys
import zlib
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import docx
import lxml.html
import pdfplumber
import pytest
from hypothesis import HealthCheck, given, settings

from pipeline.templates import load_templates
from pipeline.typeset import Facts, Style, TypesetError, typeset
from pipeline.typeset.facts import cells_of
from pipeline.typeset.style import FormStyle, HtmlStyle, LabelStyle, NumberStyle, PdfStyle, TextStyle
from scripts import make_sample
from tests.strategies import MEDIA, PARTS, Case, cases, choices

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("proactive_disclosure", "applications", "review_litigation")
ALL_2021 = dict.fromkeys(TABLES, "2021")
ALL_2020 = dict.fromkeys(TABLES, "2020")


def report(form: dict[str, str] = ALL_2021) -> Facts:
    # Texts that stand nowhere else, so that counting them counts the cells.
    values = {key: str(1000 + i) for i, key in enumerate(cells_of(form))}
    sections = {1: ("本部分为示例文字。",), 5: ("改进安排从略。",), 6: ("没有其他事项。",)}
    return Facts("样例区演示局", 2021, form, values, sections, "2022-01-09", "样例网")


def labels(form: dict[str, str]) -> set[str]:
    blocks = [b for table, name in form.items() for b in load_templates()[name].tables[table]]
    return {part for b in blocks for label in b.rows + b.columns for part in label.path}


def numbers_wanted(form: dict[str, str]) -> list[str]:
    return [str(1000 + i) for i in range(len(list(cells_of(form))))]


def numbers(cells: list[str]) -> list[str]:
    return sorted(text for text in cells if re.fullmatch(r"1\d{3}", text))


def html_cells(content: bytes) -> list[str]:
    page = lxml.html.fromstring(content.decode("gb18030" if b"gb2312" in content else "utf-8"))
    return [re.sub(r"\s", "", cell.text_content()) for cell in page.iter("td")]


def docx_cells(content: bytes) -> list[str]:
    found: dict[int, str] = {}
    kept = []
    for table in docx.Document(io.BytesIO(content)).tables:
        for cell in table._cells:
            # A merged cell is given once for every place it covers; keep the elements, or ids come back.
            kept.append(cell._tc)
            found[id(cell._tc)] = re.sub(r"\s", "", cell.text)
    return list(found.values())


def pdf_cells(content: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(content)) as pages:
        tables = [table for page in pages.pages for table in page.extract_tables()]
    return [re.sub(r"\s", "", cell) for table in tables for row in table for cell in row if cell]


def text_cells(content: bytes) -> list[str]:
    return [re.sub(r"\s", "", piece) for piece in re.split(r"[\n|]", content.decode())]


READ = {"html": html_cells, "docx": docx_cells, "pdf": pdf_cells, "text": text_cells}


@pytest.mark.parametrize("form", [ALL_2020, ALL_2021], ids=["2020", "2021"])
@pytest.mark.parametrize("media", MEDIA)
def test_file_holds_every_number_and_label(media: str, form: dict[str, str]) -> None:
    found = READ[media](typeset(report(form), Style(), media))  # type: ignore[arg-type]
    assert numbers(found) == numbers_wanted(form)
    # A merged label that a page end cuts is two cells to pdfplumber, as it is to the eye.
    wanted = labels(form) - ({"三、本年度办理结果"} if media == "pdf" else set())
    missing = {label for label in wanted if label not in ("".join(found) if media == "pdf" else found)}
    assert not missing


@pytest.mark.parametrize("shape", ["bars", "lines"])
def test_text_shapes_hold_every_number(shape: str) -> None:
    found = text_cells(typeset(report(), Style(text=TextStyle(shape=shape)), "text"))  # type: ignore[arg-type]
    assert numbers(found) == numbers_wanted(ALL_2021)


def test_wrapped_text_breaks_labels_and_keeps_numbers_in_a_line() -> None:
    content = typeset(report(), Style(text=TextStyle(shape="wrapped")), "text").decode()
    assert sorted(re.findall(r"\b1\d{3}\b", content)) == numbers_wanted(ALL_2021)
    assert "2.其他法律行政法规禁止公开" not in content
    assert len([line for line in content.split("\n") if re.search(r"( ?1\d{3}){7}$", line)]) == 25 + 1


def test_bars_pad_rows_to_the_breadth_of_the_table() -> None:
    content = typeset(report(ALL_2020), Style(text=TextStyle(shape="bars")), "text").decode()
    assert "第二十条第（一）项 | |||\n" in content
    assert "信息内容 | 上一年项目数量 | 本年增/减 | |\n" in content


@pytest.mark.parametrize(
    "html",
    [
        HtmlStyle(encoding="gb18030"),
        HtmlStyle(closed=False),
        HtmlStyle(closed=False, nested=True, site=True),
        HtmlStyle(pasted=True),
    ],
)
def test_web_pages_survive_their_faults(html: HtmlStyle) -> None:
    found = html_cells(typeset(report(), Style(html=html), "html"))
    assert numbers(found) == numbers_wanted(ALL_2021)


def test_declared_encoding_is_gb2312_where_the_bytes_are_gb18030() -> None:
    content = typeset(replace(report(), note="镕"), Style(html=HtmlStyle(encoding="gb18030")), "html")
    assert b"charset=gb2312" in content
    assert "镕" in content.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        content.decode("gb2312")


def test_markup_in_facts_is_text_in_the_page_and_in_the_file() -> None:
    hostile = replace(report(), note='<script>&"')
    page = lxml.html.fromstring(typeset(hostile, Style(), "html").decode())
    assert not list(page.iter("script"))
    assert '<script>&"' in page.text_content()
    paragraphs = docx.Document(io.BytesIO(typeset(hostile, Style(), "docx"))).paragraphs
    assert paragraphs[-1].text == '<script>&"'


@pytest.mark.parametrize("ruling", ["lines", "rectangles"])
def test_rules_of_a_pdf(ruling: str) -> None:
    content = typeset(report(), Style(pdf=PdfStyle(ruling=ruling)), "pdf")  # type: ignore[arg-type]
    with pdfplumber.open(io.BytesIO(content)) as pages:
        drawn = {"lines": bool(pages.pages[0].lines), "rectangles": bool(pages.pages[0].rects)}
        assert len(pages.pages) > 1
        assert "- 1 -" in pages.pages[0].extract_text()
    assert drawn == {"lines": ruling == "lines", "rectangles": ruling == "rectangles"}
    assert numbers(pdf_cells(content)) == numbers_wanted(ALL_2021)


def test_wide_numbers_stay_whole_in_a_pdf() -> None:
    key = ("applications", "new_received", "total")
    facts = replace(report(), values={key: "1234567890"})
    style = Style(numbers=NumberStyle(padding="\u3000"))
    assert "1234567890" in pdf_cells(typeset(facts, style, "pdf"))


@pytest.mark.parametrize("media", MEDIA)
def test_a_cut_row_is_in_two_tables(media: str) -> None:
    found = READ[media](typeset(report(), Style(FormStyle(split="cut", split_after=8)), media))  # type: ignore[arg-type]
    assert {"4.保护第", "三方合法权益"} <= set(found)
    assert numbers(found) == numbers_wanted(ALL_2021)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_the_same_facts_and_style_give_the_same_bytes(case: Case) -> None:
    once, again = (typeset(case.facts, case.style, case.media) for _ in range(2))  # type: ignore[arg-type]
    assert once == again
    assert len(once) < 100_000


def every_choice() -> list[tuple[str, str, object]]:
    default = Style()
    return [
        (part, name, value)
        for part, kind in PARTS.items()
        for name in kind.__dataclass_fields__
        for value in choices(part, name)
        if value != getattr(getattr(default, part), name)
    ]


@pytest.mark.parametrize(("part", "name", "value"), every_choice())
def test_every_choice_of_a_style_shows(part: str, name: str, value: object) -> None:
    # Some choices show only beside another: what a split table repeats, how a broken label is written.
    split = "cut" if name == "cut_numbers" else "plain"
    beside = {
        "split_after": Style(FormStyle(split=split, split_after=24)),
        "cut_numbers": Style(FormStyle(split=split, split_after=8)),
        "carried_labels": Style(FormStyle(split=split, split_after=8)),
        "line_break": Style(labels=LabelStyle(gap="\n")),
    }
    default = beside.get(name, Style())
    form = {**ALL_2021, "proactive_disclosure": "2020"}
    values = {key: None if i % 8 == 0 else Decimal(1234) for i, key in enumerate(cells_of(form))}
    facts = replace(report(form), values=values, sections={1: ("字" * 200,)})
    style = replace(default, **{part: replace(getattr(default, part), **{name: value})})
    media = part if part in MEDIA else "html"
    assert typeset(facts, style, media) != typeset(facts, default, media)  # type: ignore[arg-type]


def test_pdf_without_reportlab_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reportlab.pdfgen.canvas", None)
    with pytest.raises(TypesetError, match=r"ogi-panel\[typeset\]"):
        typeset(report(), Style(), "pdf")


# The embedded sample.


@pytest.fixture(scope="module")
def sample() -> ModuleType:
    return make_sample


def test_sample_is_rebuilt_byte_for_byte(sample: ModuleType) -> None:
    if "ng" in zlib.ZLIB_RUNTIME_VERSION:
        pytest.skip("zlib-ng packs the same content into other bytes")
    assert sample.stale(sample.build(), sample.SAMPLE / "reports") == []


def test_a_stale_sample_is_told(sample: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    (tmp_path / "left.txt").write_bytes(b"left")
    assert sample.stale({"a.txt": b"new", "b.txt": b"b"}, tmp_path) == ["a.txt", "b.txt", "left.txt"]


def test_sample_has_every_format_and_small_files(sample: ModuleType) -> None:
    files = list((sample.SAMPLE / "reports").iterdir())
    assert Counter(path.suffix for path in files) == {".html": 4, ".docx": 3, ".pdf": 3, ".txt": 3}
    assert all(path.stat().st_size < 100_000 for path in files)


def test_every_sample_file_says_what_it_is(sample: ModuleType) -> None:
    for listed in sample.read_reports():
        words = "虚构" if "虚构" in listed["agency_name"] else "并非原文"
        assert words in listed["note"]
        assert (sample.SAMPLE / "reports" / listed["file"]).exists()


def test_series_of_the_invented_office_hold(sample: ModuleType) -> None:
    years = {
        report["report_year"]: sample.facts_of(report).values
        for report in sample.read_reports()
        if "虚构" in report["agency_name"]
    }
    assert sorted(years) == [2019, 2020, 2021, 2022, 2023]
    applicants = {key[2] for key in years[2019] if key[:2] == ("applications", "carried_in")}
    for year in range(2020, 2024):
        for applicant in applicants:
            left = years[year - 1]["applications", "carried_out", applicant]
            assert years[year]["applications", "carried_in", applicant] == left
    for year in (2022, 2023):
        now, before = years[year], years[year - 1]
        key = ("proactive_disclosure", "normative_document")
        assert now[*key, "in_force"] == before[*key, "in_force"] + now[*key, "issued"] - now[*key, "repealed"]
    for row in (
        "administrative_license",
        "other_public_service",
        "administrative_penalty",
        "administrative_fee",
    ):
        key = ("proactive_disclosure", row)
        rolled = years[2019][*key, "previous_year_items"] + years[2019][*key, "change_in_items"]
        assert years[2020][*key, "previous_year_items"] == rolled


def test_invented_figures_hold_the_identities_of_table_3_and_4(sample: ModuleType) -> None:
    for listed in sample.read_reports():
        if "虚构" not in listed["agency_name"]:
            continue
        facts = sample.facts_of(listed)
        block = load_templates()[facts.variants["applications"]].tables["applications"][0]
        leaves = [row.key for row in block.rows if row.role == "leaf"]
        for column in block.columns:
            of = {row.key: facts.values["applications", row.key, column.key] for row in block.rows}
            assert of["total_handled"] == sum(of[leaf] for leaf in leaves)
            assert of["new_received"] + of["carried_in"] == of["total_handled"] + of["carried_out"]
