"""The form's variants: what the national ones hold, and what a broken file is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.templates import load_templates
from schemas.definitions import HERE, DefinitionError

HEADER = "table,block,axis,key,label_path,unit,role\n"
META = "# letter=某函\n# first_year=2027\n# last_year=\n"
ROWS = "t,b,row,one,一行,,leaf\nt,b,column,first,第一列,count,leaf\n"


@pytest.mark.parametrize(
    ("variant", "counts"),
    [
        ("2020", {"proactive_disclosure": 22, "applications": 161, "review_litigation": 15}),
        ("2021", {"proactive_disclosure": 10, "applications": 175, "review_litigation": 15}),
    ],
)
def test_the_forms_have_as_many_cells_as_the_letters_print(variant: str, counts: dict[str, int]) -> None:
    template = load_templates()[variant]
    assert {table: len(list(template.cells(table))) for table in template.tables} == counts
    assert len(list(template.cells())) == sum(counts.values())


@pytest.mark.parametrize(
    ("year", "variant"), [(2019, "2020"), (2020, "2020"), (2021, "2021"), (2030, "2021")]
)
def test_one_form_governs_a_year(year: int, variant: str) -> None:
    assert [t.variant for t in load_templates().values() if t.governs(year)] == [variant]


def test_leaves_make_up_the_total() -> None:
    for variant, leaves in (("2020", 19), ("2021", 21)):
        (block,) = load_templates()[variant].tables["applications"]
        assert sum(row.role == "leaf" for row in block.rows) == leaves
        assert block.size == len(block.rows) * 7


def write(folder: Path, text: str, name: str = "2027.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_small_form(tmp_path: Path) -> None:
    template = load_templates(write(tmp_path, META + HEADER + ROWS))["2027"]
    assert (template.letter, template.first_year, template.last_year) == ("某函", 2027, None)
    assert [(t, r.key, c.key) for t, r, c in template.cells()] == [("t", "one", "first")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEADER + ROWS, "needs the lines"),
        ("# letter=某函\n# first_year=soon\n" + HEADER + ROWS, "'soon' is no year"),
        (META + HEADER + ROWS + "t,b,line,two,二行,,leaf\n", r"2027\.csv:7: axis 'line'"),
        (META + HEADER + ROWS + "t,b,row,,二行,,leaf\n", "a row needs a key"),
        (META + HEADER + ROWS + "t,b,row,two,,,leaf\n", "label_path is empty"),
        (META + HEADER + ROWS + "t,b,row,two,二行,,part\n", "role 'part'"),
        (META + HEADER + ROWS + "t,b,column,second,第二列,pieces,leaf\n", "unit 'pieces'"),
        (META + HEADER + ROWS + "t,b,row,one,二行,,leaf\n", "stands twice"),
        (META + HEADER + "t,b,row,one,一行,,leaf\n", "needs columns"),
        (META + HEADER + ROWS + "t,b,band,wide,带,,leaf\n", "either rows or bands"),
        (META + "table,block\n", "columns are"),
        (META + HEADER + "t,b,row\n", "3 values for 7 columns"),
    ],
)
def test_a_broken_form_names_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        load_templates(write(tmp_path, text))


def test_an_empty_folder_is_no_set_of_forms(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no template CSV"):
        load_templates(tmp_path)


def test_the_folder_is_the_only_list_of_forms() -> None:
    assert set(load_templates()) == {path.stem for path in (HERE / "templates").glob("*.csv")}
