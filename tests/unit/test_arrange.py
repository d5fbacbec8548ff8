"""Tables that bare lines spell, as text copies and pages without rules leave them."""

from __future__ import annotations

import re

import pytest

from pipeline.document import Document, Locator, Paragraph
from pipeline.extract import extract
from pipeline.matching.arrange import arrange
from pipeline.report import Extraction
from pipeline.typeset import Facts
from tests.forms import (
    APPLICATIONS_KEYS,
    Rows,
    Spot,
    balanced,
    lost,
    misread,
    numbered,
    numbers_in,
    relabelled,
    report_tables,
    rows_of,
    unread,
    without,
)

VARIANTS = ("2020", "2021")


def lines_of(rows: Rows) -> list[str]:
    """A cell a line, blank ones left out."""
    return [spot.text for row in rows for spot in row if spot.text.strip()]


def spaced(rows: Rows) -> list[str]:
    """A row a line, its cells apart by spaces."""
    return ["  ".join(spot.text for spot in row) for row in rows]


def document(lines: list[str]) -> Document:
    blocks = tuple(Paragraph(line, Locator(line=n)) for n, line in enumerate(lines, 1) if line.strip())
    return Document(blocks, "text/plain", "0" * 64, "test")


def read(lines: list[str]) -> Extraction:
    return extract(arrange(document(lines)))


def prose(lines: list[str]) -> list[str]:
    return [paragraph.text for paragraph in arrange(document(lines)).paragraphs]


@pytest.fixture(params=VARIANTS)
def facts(request: pytest.FixtureRequest) -> Facts:
    return numbered(request.param)


@pytest.fixture
def tables(facts: Facts) -> list[Rows]:
    return report_tables(facts)


@pytest.fixture
def lines(tables: list[Rows]) -> list[str]:
    return [line for rows in tables for line in lines_of(rows)]


def checked(facts: Facts, lines: list[str], tables: list[Rows]) -> Extraction:
    extraction = read(lines)
    assert misread(facts, extraction) == {}
    assert balanced(extraction)
    assert lost(numbers_in(tables), extraction) == []
    return extraction


def perfect(facts: Facts, lines: list[str], tables: list[Rows]) -> None:
    extraction = checked(facts, lines, tables)
    assert unread(facts, extraction) == []
    assert extraction.leftovers == ()


def test_a_cell_a_line(facts: Facts, lines: list[str], tables: list[Rows]) -> None:
    perfect(facts, lines, tables)


def test_a_row_a_line(facts: Facts, tables: list[Rows]) -> None:
    perfect(facts, [line for rows in tables for line in spaced(rows)], tables)


def test_a_number_broken_over_lines_is_no_row_s_beside_it(facts: Facts, tables: list[Rows]) -> None:
    rows = [spaced(table) for table in tables]
    place = next(n for n, line in enumerate(rows[1]) if "其他法律行政法规禁止公开" in line)
    rows[1].insert(place, "46,82")  # The rest may stand in the row below, or in that above.
    extraction = read([line for table in rows for line in table])
    assert misread(facts, extraction) == {}
    assert len(unread(facts, extraction)) == 14
    assert lost(numbers_in(tables), extraction) == []


def test_each_number_knows_its_line(lines: list[str]) -> None:
    extraction = read(lines)
    assert all(lines[(cell.locator.line or 0) - 1] == cell.raw for cell in extraction.cells)


def test_a_label_before_and_after_its_values(facts: Facts, tables: list[Rows]) -> None:
    wrapped = []
    for row in tables[1]:
        label = [spot.text for spot in row if not spot.text.isdigit()]
        values = " ".join(spot.text for spot in row if spot.text.isdigit())
        wrapped += [*label[:-1], label[-1][:5], values, label[-1][5:]] if values else label
    perfect(facts, [*lines_of(tables[0]), *wrapped, *lines_of(tables[2])], tables)


def test_labels_after_their_values_are_not_given_their_neighbours_numbers(
    facts: Facts, tables: list[Rows]
) -> None:
    after = []
    for row in tables[1]:
        values = " ".join(spot.text for spot in row if spot.text.isdigit())
        after += [values, *[spot.text for spot in row if not spot.text.isdigit()]]
    extraction = checked(facts, [*lines_of(tables[0]), *after, *lines_of(tables[2])], tables)
    assert "applications" not in extraction.variants


@pytest.mark.parametrize(
    "order", [(1, 2, 3, 4, 5, 0, 6), (0, 1, 2, 6, 3, 4, 5), (0, 6, 1, 2, 3, 4, 5), (6, *range(6))]
)
@pytest.mark.parametrize("joined", ["\n", " "])
def test_columns_in_another_order_are_never_read_as_the_forms(order: tuple[int, ...], joined: str) -> None:
    facts = numbered("2021")
    tables = report_tables(facts)
    names = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
    rows = [
        [*(s.text for s in row[:-7] if s.text), *(row[len(row) - 7 + n].text for n in order)]
        for row in tables[1][3:]
    ]
    lines = [line for row in ([names[n] for n in order], *rows) for line in joined.join(row).split("\n")]
    extraction = read([*lines_of(tables[0]), *lines, *lines_of(tables[2])])
    assert misread(facts, extraction) == {}


def test_labels_that_stand_close_are_told_apart(facts: Facts, tables: list[Rows]) -> None:
    close = [
        " ".join("".join(s.text for s in row[:-7]).split() + [s.text for s in row[-7:]])
        for row in tables[1][3:]
    ]
    perfect(facts, [*lines_of(tables[0]), *lines_of(tables[1][:3]), *close, *lines_of(tables[2])], tables)


def test_columns_that_are_numbered_are_no_first_row(facts: Facts, tables: list[Rows]) -> None:
    header = [spot.text for row in tables[1][:3] for spot in row]
    rows = [line for row in tables[1][3:] for line in spaced([row])]
    extraction = read([*lines_of(tables[0]), *header, "1 2 3 4 5 6 7", *rows, *lines_of(tables[2])])
    assert misread(facts, extraction) == {}
    assert unread(facts, extraction) == []


@pytest.mark.parametrize("mark", ["- 3 -", "—3—", "– 12 –", "-4-", "第3页", "第 3 页 / 共 8 页", "4 / 9"])
@pytest.mark.parametrize("every", [41, 17, 8])
def test_page_marks_between_the_lines_of_a_row(
    facts: Facts, tables: list[Rows], mark: str, every: int
) -> None:
    rows = [line for table in tables for line in lines_of(table)]
    marked = [text for n, line in enumerate(rows, 1) for text in ([line, mark] if n % every == 0 else [line])]
    perfect(facts, marked, tables)


def test_dashes_that_are_a_rows_values_are_no_page_mark() -> None:
    facts = numbered("2021")
    tables = report_tables(facts)
    lines = [line for rows in tables for line in lines_of(rows)]
    place = lines.index("1001")
    lines[place : place + 3] = ["- 3 -"]
    found = {c.column: c.raw for c in read(lines).cells if c.row == "regulation"}
    assert found == {"issued": "-", "repealed": "3", "in_force": "-"}


@pytest.mark.parametrize("page", [["3"], ["—", "3", "—"], ["某某局 2021 年度报告"], ["4 / 9"]])
@pytest.mark.parametrize("every", [41, 17])
def test_what_else_pages_print_between_never_moves_a_number(
    facts: Facts, tables: list[Rows], page: list[str], every: int
) -> None:
    for shape in (lines_of, spaced):
        rows = [line for table in tables for line in shape(table)]
        checked(
            facts,
            [t for n, line in enumerate(rows, 1) for t in ([line, *page] if n % every == 0 else [line])],
            tables,
        )


def test_a_lost_value_leaves_its_row_over(facts: Facts, lines: list[str], tables: list[Rows]) -> None:
    place = next(n for n, line in enumerate(lines) if "重复申请" in line) + 3
    gone = lines.pop(place)
    extraction = read(lines)
    assert misread(facts, extraction) == {}
    assert set(lost(numbers_in(tables), extraction)) == {int(gone)}
    assert len(extraction.leftovers) == 6


def test_a_row_of_blanks_takes_no_other_rows_numbers(facts: Facts) -> None:
    facts = without(facts, *[key for key in facts.values if key[1] == "rejected_repeat"])
    tables = report_tables(facts)
    extraction = checked(facts, [line for rows in tables for line in lines_of(rows)], tables)
    assert unread(facts, extraction) == []


def test_only_totals_are_left_over_where_blank_cells_are_gone(facts: Facts) -> None:
    facts = without(facts, *[k for k in facts.values if k[0] == "applications" and k[2] != "total"])
    tables = report_tables(facts)
    extraction = checked(facts, [line for rows in tables for line in lines_of(rows)], tables)
    assert len(extraction.leftovers) == len(APPLICATIONS_KEYS[facts.variants["applications"]])


def test_spaces_inside_numbers_make_no_number(facts: Facts, lines: list[str]) -> None:
    broken = [re.sub(r"^(\d)(\d{3})$", r"\1 \2", line) for line in lines]
    assert misread(facts, read(broken)) == {}


def test_thousands_and_padding(facts: Facts, lines: list[str], tables: list[Rows]) -> None:
    perfect(facts, [re.sub(r"^(\d)(\d{3})$", "\u3000\\1,\\2\u00a0", line) for line in lines], tables)


HEADINGS = (
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
)


def test_prose_behind_a_heading_is_no_table(facts: Facts, tables: list[Rows]) -> None:
    text: list[str] = []
    for heading, rows in zip(HEADINGS, tables, strict=True):
        text += [heading, *lines_of(rows)]
    tail = [
        "五、存在的主要问题及改进情况",
        "全年培训 3",
        "共 8",
        "六、其他需要报告的事项",
        "收取信息处理费 0",
    ]
    perfect(facts, [*text, *tail], tables)
    assert [line for line in prose([*text, *tail]) if line in tail] == tail


def test_prose_between_keeps_its_words(facts: Facts, tables: list[Rows]) -> None:
    sentence = "2021年收到申请 12 件，其中重复申请 3 件。"
    lines = [*lines_of(tables[0]), sentence, *lines_of(tables[1]), sentence, *lines_of(tables[2])]
    perfect(facts, lines, tables)
    assert prose(lines).count(sentence) == 2


@pytest.mark.parametrize(
    "lines",
    [
        ["全年主动公开信息共 1234", "收到申请 56"],
        ["1", "2", "3"],
        ["规章 3", "行政许可 4"],
        [],
        ["总计"],
    ],
)
def test_lines_that_spell_too_few_rows_stay_lines(lines: list[str]) -> None:
    assert prose(lines) == lines
    assert not arrange(document(lines)).grids


def test_a_block_of_one_row_under_its_header_is_a_table() -> None:
    lines = ["信息内容 采购项目数量 采购总金额", "政府集中采购 12 87万元"]
    (grid,) = arrange(document(lines)).grids
    assert [[cell.text for cell in row] for row in grid.rows][-1] == ["政府集中采购", "12", "87万元"]
    assert arrange(document(["全年办理情况", "政府集中采购 12 87万元"])).grids == ()


def test_a_word_that_is_no_label_heads_a_column_all_the_same() -> None:
    lines = spaced(report_tables(numbered("2020"))[0])
    place = next(n for n, line in enumerate(lines) if "行政处罚" in line)
    lines[place - 1] = lines[place - 1].replace("处理决定数量", "场监督").replace("本年增/减  ", "本年增/减")
    lines[place : place + 2] = ["行政处罚  7", "行政强制  9"]
    found = read(lines)
    rows = ("administrative_penalty", "administrative_compulsion")
    assert [cell for cell in found.cells if cell.row in rows and cell.kind == "reported"] == []
    assert [leftover.raw for leftover in found.leftovers] == ["7", "9"]


def test_wrapped_words_over_columns_make_no_narrower_header() -> None:
    lines = ["自然人\t社会公益组\t法律服务机\t总计", "商业企业\t科研机构\t其他", "织\t构"]
    lines += [
        "2.申请人逾期未按收费",
        "1\t2\t3\t4\t5",
        "3.其他\t7\t446\t650\t2\t6",
        "（七）总计\t7\t848\t90\t9\t5",
    ]
    found = read([*lines, "四、结转下年度继续办理\t471\t5\t7\t807\t9"])
    assert [cell for cell in found.cells if cell.kind == "reported"] == []


def test_a_report_copied_twice(facts: Facts, lines: list[str], tables: list[Rows]) -> None:
    perfect(facts, lines + lines, tables)


def test_two_reports_in_one_file_are_not_mixed(facts: Facts, lines: list[str]) -> None:
    other = numbered(facts.variants["applications"])
    more = [str(int(line) + 5000) if line.isdigit() else line for line in lines]
    extraction = read(lines + more)
    assert misread(other, extraction) == {}
    assert len(extraction.leftovers) == len(facts.values)
    said = [f.message for f in extraction.findings if f.message.code == "second_report"]
    assert [words.details for words in said] == [{"numbers": len(facts.values)}]


def test_grids_are_left_as_they_are(facts: Facts) -> None:
    from tests.forms import document as drawn

    whole = drawn("前言。", rows_of(facts, "applications"), "后记。")
    assert arrange(whole) == whole


def test_a_label_cut_between_its_number_and_its_point() -> None:
    lines = [
        "5",
        "．属于三类内部事务信息",
        *"1234567",
        "6",
        "、属于四类过程性信息",
        *"2345678",
        "7.属于行政执法案卷",
        *"3456789",
    ]
    (grid,) = arrange(Document(tuple(map(Paragraph, lines)), "text/plain", "0" * 64, "test")).grids
    assert [[cell.text for cell in row] for row in grid.rows] == [
        ["5．属于三类内部事务信息", *"1234567"],
        ["6、属于四类过程性信息", *"2345678"],
        ["7.属于行政执法案卷", *"3456789"],
    ]


@pytest.mark.parametrize("mark", ["~ 4 ~", "· 4 ·", "* 4 *", "[4]", "（4）"])
def test_signs_around_a_pages_number_are_no_values(
    facts: Facts, lines: list[str], tables: list[Rows], mark: str
) -> None:
    place = lines.index("行政许可") + 1
    perfect(facts, [*lines[:place], mark, *lines[place:]], tables)


@pytest.mark.parametrize("title", ["某某局2022年政府信息公开工作年度报告", "政府信息公开"])
def test_running_heads_and_the_page_numbers_beside_them(
    facts: Facts, lines: list[str], tables: list[Rows], title: str
) -> None:
    head = "某某局2022年政府信息公开工作年度报告"
    paged = [title, "一、总体情况", *lines]
    for page, place in enumerate((30, 80, 140), 1):
        paged[place:place] = [head, str(page)]
    perfect(facts, paged, tables)


def test_a_page_number_never_makes_up_for_a_lost_blank() -> None:
    facts = without(numbered("2021"), ("applications", "granted", "research_institution"))
    tables = report_tables(facts)
    rows = [" ".join(spot.text for spot in row if spot.text) for table in tables for row in table]
    place = next(n for n, row in enumerate(rows) if "予以公开" in row) + 1
    extraction = checked(facts, [*rows[:place], "3", *rows[place:]], tables)
    assert {cell.kind for cell in extraction.cells if cell.row == "granted"} == {"absent"}
    assert len(extraction.leftovers) == 7


def test_a_block_in_one_line_may_have_a_row_without_values(facts: Facts) -> None:
    facts = without(facts, *[key for key in facts.values if key[1] == "administrative_compulsion"])
    tables = report_tables(facts)
    flat = " ".join(lines_of(tables[0])).replace(" 第二十条", "\n第二十条").split("\n")
    extraction = checked(facts, [*flat, *lines_of(tables[1]), *lines_of(tables[2])], tables)
    assert unread(facts, extraction) == []


def test_a_page_number_over_the_one_row_of_a_banded_table(facts: Facts, tables: list[Rows]) -> None:
    rows = [line for table in tables for line in spaced(table)]
    extraction = checked(facts, [*rows[:-1], "13", rows[-1]], tables)
    assert unread(facts, extraction) == []
    assert [left.raw for left in extraction.leftovers] == ["13"]


def test_rows_without_values_at_a_blocks_end_are_no_header(facts: Facts) -> None:
    facts = without(facts, *[key for key in facts.values if key[1] == "normative_document"])
    tables = report_tables(facts)
    extraction = checked(facts, [line for rows in tables for line in lines_of(rows)], tables)
    assert unread(facts, extraction) == []


@pytest.mark.parametrize("wrong", ["一、本新收政府信息公开申请数量", "一、本年新收政府信息公开"])
def test_the_first_row_under_a_header_may_be_misprinted_or_cut(
    facts: Facts, tables: list[Rows], wrong: str
) -> None:
    rows = [line for row in tables[1][3:] for line in spaced([row])]
    rows[0] = f"{wrong} {rows[0].split(maxsplit=1)[1]}"
    rows[1:1] = ["申请数量"] if wrong.endswith("公开") else []
    header = [spot.text for row in tables[1][:3] for spot in row]
    perfect(facts, [*lines_of(tables[0]), *header, *rows, *lines_of(tables[2])], tables)


@pytest.mark.parametrize("each", ["report", "table", "block"])
def test_rows_one_behind_the_other_in_a_line(facts: Facts, tables: list[Rows], each: str) -> None:
    flat = [" ".join(lines_of(rows)) for rows in tables]
    if each == "report":
        flat = [" ".join(flat)]
    if each == "block":
        flat[0] = flat[0].replace(" 第二十条", "\n第二十条")
    perfect(facts, [line for text in flat for line in text.split("\n")], tables)


def test_labels_of_a_header_without_a_space_between(facts: Facts, tables: list[Rows]) -> None:
    rows = [
        ["".join(s.text for s in row if not s.text.isdigit()), *(s.text for s in row if s.text.isdigit())]
        for table in tables
        for row in table
    ]
    perfect(facts, [" ".join(row).strip() for row in rows], tables)


def test_a_misprint_does_not_lend_its_labels_end_to_the_next_row(facts: Facts, tables: list[Rows]) -> None:
    wrapped = []
    for row in tables[1][3:]:
        *parents, label = [spot.text for spot in row if spot.text and not spot.text.isdigit()]
        label = label.replace("其他法律行政", "其他法法律行政")
        values = " ".join(spot.text for spot in row if spot.text.isdigit())
        pieces = [label[n : n + 6] for n in range(0, len(label), 6)]
        wrapped += [*parents, f"{pieces[0]} {values}", *pieces[1:]]
    header = lines_of(tables[1][:3])
    perfect(facts, [*lines_of(tables[0]), *header, *wrapped, *lines_of(tables[2])], tables)


def test_a_line_between_a_label_and_its_values_is_none_of_these(facts: Facts, lines: list[str]) -> None:
    place = next(n for n, line in enumerate(lines) if "重复申请" in line) + 1
    extraction = read([*lines[:place], "某某局文件", *lines[place + 1 :]])
    assert misread(facts, extraction) == {}
    assert {cell.kind for cell in extraction.cells if cell.row == "rejected_repeat"} <= {"absent"}


def test_merged_cells_that_a_program_wrote_a_line_each(facts: Facts, tables: list[Rows]) -> None:
    """python-docx gives a merged cell once for each cell of the grid it covers; a label, a number and a head alike."""
    headings = [
        [[Spot(text)]] for text in ("二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况", "四、")
    ]
    parts = [part for pair in zip(headings, tables, strict=True) for part in pair]
    copy = [spot.text for rows in parts for row in rows for spot in row for _ in range(spot.across)]
    assert not misread(facts, read(copy))
    assert not unread(facts, read(copy))


def test_numbers_a_program_wrote_twice_beside_a_lost_blank_are_not_two(facts: Facts) -> None:
    """Label and numbers reach over two cells each: `3 3 5 5` may be two cells of three, and `3 3 3` three numbers."""
    blanked = without(facts, *[key for key in facts.values if key[1] == "regulation"][1:2])
    copy = [
        spot.text
        for row in rows_of(blanked, "proactive_disclosure")
        for spot in row
        for _ in range(2)
        if spot.text.strip()
    ]
    assert not misread(blanked, read(copy))


def test_a_misprinted_head_among_heads_a_cell_a_line(facts: Facts) -> None:
    rows = relabelled(
        rows_of(facts, "applications"), {"社会公益组织": "社会公益机构", "法律服务机构": "法律服务机关"}
    )
    extraction = read(lines_of(rows))
    assert not misread(facts, extraction)
    assert {key for key in unread(facts, extraction) if key[0] == "applications"} == set()


def test_a_number_beside_a_label_and_one_below_are_in_no_order(facts: Facts, tables: list[Rows]) -> None:
    copy = [line for rows in tables for line in spaced(rows)]
    place = next(n for n, line in enumerate(copy) if line.startswith("行政强制"))
    moved = [*copy[:place], "行政强制  +7", "0", *copy[place + 1 :]]
    assert not [cell for cell in read(moved).cells if cell.row == "administrative_compulsion" and cell.value]
    assert {"+7", "0"} <= {left.raw for left in read(moved).leftovers}


@pytest.mark.parametrize("label", ["结转下年度", "结果维持"])
def test_numbers_of_a_row_in_lines_of_several_are_in_no_order(
    facts: Facts, tables: list[Rows], label: str
) -> None:
    """Text out of a PDF takes what stands higher first: `4 0 3` and, below that, the number before them."""
    rows = [line for rows in tables for line in spaced(rows)]
    place = max(n for n, line in enumerate(rows) if label in line) + (label == "结果维持")
    *words, first, second, third, last = rows[place].split()
    moved = [*rows[:place], " ".join([*words, third, last]), f"{first} {second}", *rows[place + 1 :]]
    assert not misread(facts, read(moved))
    assert {first, second, third, last} <= {left.raw for left in read(moved).leftovers}


def test_a_header_with_words_of_no_label_is_no_narrower_header() -> None:
    """`本年新制作数量本年` and `新公开数量` are two heads cut at the wrong place: the third is not the only one."""
    lines = [
        "信息内容 本年新制作数量本年 新公开数量 对外 公开总数量",
        "规章 8",
        "规范性文件 151",
        "行政许可 减少3",
    ]
    extraction = read(["二、主动公开政府信息情况", *lines])
    assert {cell.column for cell in extraction.cells if cell.kind == "reported"} <= {"change_in_items"}
    assert {"8", "151"} <= {left.raw for left in extraction.leftovers}


def test_words_behind_a_header_are_of_it() -> None:
    head = ["信息 现行有", "本年制发件数 本年废止件数", "内容 效件数"]
    rows = ["规章 2 30", "行政规范性文件 4 5", "行政许可 24", "行政处罚 3", "行政强制 6"]
    extraction = read(["二、主动公开政府信息情况", *head, *rows])
    assert [cell for cell in extraction.cells if cell.kind == "reported"] == []
    # Rows of as many numbers as the form has columns are told all the same.
    head, whole = (
        ["信息 本年度 现行有", "本年度废止件数", "内容 制发件数 效件数"],
        ["规章 2 30 4", "行政规范性文件 4 5 6"],
    )
    extraction = read(["二、主动公开政府信息情况", *head, *whole, *rows[2:]])
    assert [cell.raw for cell in extraction.cells if cell.row == "regulation"] == ["2", "30", "4"]


def test_numbers_with_nothing_between_are_not_told(facts: Facts, tables: list[Rows]) -> None:
    """A copy that leaves nothing between cells: `742` may be 7 and 42, whatever parts it from its label."""
    glued = ["".join(spot.text for spot in row) for row in tables[1]]
    parted = lines_of(tables[0])
    assert [cell for cell in read(parted).cells if cell.kind == "reported"]
    extraction = read([*parted, *glued])
    assert not [cell for cell in extraction.cells if cell.kind == "reported"]


def test_a_plus_apart_from_its_number(facts: Facts, tables: list[Rows]) -> None:
    copy = [line for rows in tables for line in lines_of(rows)]
    copy = [f"+ {line}" if line in {"1008", "1011"} else line for line in copy]
    assert not misread(facts, read(copy))
    assert not unread(facts, read(copy))


@pytest.mark.parametrize("is_blanked", [False, True])
def test_a_column_that_counts_the_rows_a_cell_a_line(facts: Facts, *, is_blanked: bool) -> None:
    """Behind a row with a lost blank the number of the next one would make up for it."""
    key = ("applications", "denied_third_party", "research_institution")
    facts = without(facts, key) if is_blanked else facts
    numbers = iter(range(1, 100))
    copy = []
    for row in rows_of(facts, "applications"):
        is_data = any(spot.text.isdecimal() for spot in row)
        copy += [*([str(next(numbers))] if is_data else []), *(spot.text for spot in row if spot.text)]
    extraction = read(copy)
    gone = {key[1]} if is_blanked else set()
    assert not misread(facts, extraction)
    assert {row for table, row, _ in unread(facts, extraction) if table == "applications"} == gone


def test_a_row_without_a_label_of_its_own_is_counted_with_the_others() -> None:
    """`其他` without its number heads a column, too; behind it the numbers of the rows go on."""
    facts = without(numbered("2021"), ("applications", "total_handled", "natural_person"))
    numbers = iter(range(1, 100))
    copy = []
    for row in rows_of(facts, "applications"):
        is_data = any(spot.text.isdecimal() for spot in row)
        copy += [
            *([str(next(numbers))] if is_data else []),
            *(s.text.replace("3.其他", "其他") for s in row if s.text),
        ]
    assert "其他" in copy[-30:]
    assert not misread(facts, read(copy))


def test_a_header_written_again_without_one_of_its_heads_is_no_narrower_header(facts: Facts) -> None:
    """Rows that lost their total have as many numbers as heads are legible, in other columns."""
    heads = ["自然人", "总计", "自然人", "商业企业", "科研机构", "社会公益组织", "其他", "总计"]
    copy = [
        cell for spots in rows_of(facts, "applications")[3:] for cell in [spot.text for spot in spots][:-1]
    ]
    assert not misread(facts, read([*heads, *copy]))


def test_a_word_alone_is_no_narrower_header(facts: Facts) -> None:
    """`不计其他情形`, broken over lines, has one in a line of its own; the rows under it lost all but their totals."""
    rows = [row for row in rows_of(facts, "applications") if any(spot.text.isdecimal() for spot in row)]
    copy = [cell for row in rows for cell in (*(s.text for s in row if not s.text.isdecimal()), row[-1].text)]
    assert not misread(facts, read(["其他", *copy]))


def test_the_part_of_a_table_behind_a_broken_number(tables: list[Rows]) -> None:
    """Text out of a PDF breaks `5件` over lines: the header behind its unit heads the numbers under it."""
    heads = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    copy = [
        "行政复议",
        *heads,
        "1 0 0 4",
        "5",
        "件",
        "行政诉讼",
        "未经复议直接起诉",
        *heads,
        "0件 0件 7项 0件 7件",
    ]
    extraction = read([*(line for rows in tables[:2] for line in lines_of(rows)), *copy])
    read_parts = {(c.row, c.column): c.value for c in extraction.cells if c.kind == "reported"}
    assert read_parts.get(("litigation_direct", "total")) == 7
    assert not [key for key in read_parts if key[0] == "reconsideration"]


@pytest.mark.parametrize(("blank", "is_told"), [("0", True), ("", False)])
def test_digits_of_a_row_a_character_a_line_may_be_of_one_number(blank: str, *, is_told: bool) -> None:
    label = "5.属于三类内部事务信息"
    upright = [label[:2], *label[2:], *"6092998"]
    rows = [
        "一、本年新收政府信息公开申请数量 1 2 3 4 5 6 21",
        f"（一）予以公开 1 2 3 {blank} 5 6 21",
        *upright,
    ]
    rows += ["四、结转下年度继续办理 1 2 3 4 5 6 21", "完"]
    cells = [cell.text for grid in arrange(document(rows)).grids for cell in grid.cells()]
    assert (label in cells) == is_told
    assert "".join(cells).count("6092998") == 1


WOVEN = ["自然 法人或其他组织 总", "人 科研 社会公 法律服 其 计", "商业企业", "机构 益组织 务机构 他"]


@pytest.mark.parametrize("beside", [[], ["备注"]])
def test_a_header_whose_cells_are_broken_over_lines_side_by_side(beside: list[str]) -> None:
    facts = numbered("2021", tables=["applications"])
    lines = ["三、收到和处理政府信息公开申请情况", "申请人情况", *WOVEN[:1], *beside, *WOVEN[1:]]
    arranged = arrange(document([*lines, *spaced(rows_of(facts, "applications")[3:])]))
    is_read = any(cell.text == "社会公益组织" for grid in arranged.grids for cell in grid.cells())
    assert is_read == (not beside)
    assert not is_read or not misread(facts, extract(arranged))


def test_a_header_of_money_keeps_its_unit() -> None:
    lines = ["第二十条第（九）项", "信息内容 采购项目数量 采购总金额（万元）", "政府集中采购 3 8.5"]
    (grid,) = arrange(document(lines)).grids
    assert "采购总金额（万元）" in [cell.text for cell in grid.rows[0]]


@pytest.mark.parametrize(("strays", "is_told"), [("23", True), ("73", False)])
def test_numbers_behind_rows_are_pages_where_they_rise(strays: str, *, is_told: bool) -> None:
    """Else they may be the rest of the numbers above, which a narrow column broke."""
    rows = [
        f"{label} 1 2 3 4 5 6 201"
        for label in ("（一）予以公开", "1.属于国家秘密", "2.重复申请", "（七）总计")
    ]
    lines = [
        "三、收到和处理政府信息公开申请情况",
        rows[0],
        strays[0],
        *rows[1:3],
        rows[3],
        strays[1],
        *rows[:3],
        "完",
    ]
    known = [
        row for row in arrange(document(lines)).grids[0].rows if len(row) > 1 and row[0].text == "（七）总计"
    ]
    assert bool(known) == is_told


def test_a_bracket_that_opens_is_of_the_label_behind_the_values() -> None:
    rows = [f"{label} 1 2 3 4 5 6 21" for label in ("（一）予以公开", "1.属于国家秘密", "2.重复申请")]
    lines = [
        "三、收到和处理政府信息公开申请情况",
        *rows,
        "（六）其他处理",
        "（",
        "9 9 9 9 9 9 54",
        "七）总计",
        "完",
    ]
    labels = [
        [cell.text for cell in row if not cell.text.isdigit()]
        for row in arrange(document(lines)).grids[0].rows
    ]
    assert labels[-1] == ["（六）其他处理", "（七）总计"]


def test_a_line_that_tells_what_is_counted_is_no_part_of_a_label() -> None:
    rows = ["一、本年新收政府信息公开申请数量", "二、上年结转政府信息公开申请数量", "（一）予以公开"]
    lines = [line for label in rows for line in (label, "件", *"1234567")]
    grids = arrange(document(["三、收到和处理政府信息公开申请情况", *lines])).grids
    assert [[cell.text for cell in row] for grid in grids for row in grid.rows] == [
        [label, *"1234567"] for label in rows
    ]
