"""The registry of fields and codes refuses what is doubtful, and says where it stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.templates import load_templates
from schemas.codes import load_codes
from schemas.definitions import HERE, DefinitionError
from schemas.fields import load_fields

GOOD = "raw_size,Int64,bytes,0,,,Size,字节数,Size of the file.,文件大小。,Not known."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the definitions that a test may break."""
    for name in ("codes.csv", "fields.csv"):
        shutil.copy(HERE / name, tmp_path / name)
    shutil.copytree(HERE / "templates", tmp_path / "templates")
    return tmp_path


def append(path: Path, line: str) -> int:
    """Adds a line and says which it is."""
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_field_has_words_in_both_languages_and_a_meaning_of_null() -> None:
    fields = load_fields()
    assert len(fields) > 100
    for field in fields.values():
        assert field.label_en.isascii(), field.name
        assert any("一" <= character <= "鿿" for character in field.label_zh + field.description_zh), (
            field.name
        )
        assert field.null_meaning, field.name


def test_a_good_line_is_taken(folder: Path) -> None:
    append(folder / "fields.csv", GOOD)
    field = load_fields(folder)["raw_size"]
    assert (field.polars_type, field.minimum, field.maximum) == (pl.Int64(), 0.0, None)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("raw_size", "sha256", "stands already"),
        ("Size of the file.", "", "description_en"),
        ("文件大小。", " ", "description_zh"),
        ("Not known.", "", "null_meaning"),
        ("Int64", "Integer", "dtype 'Integer'"),
        ("Int64", "Enum(colour)", "no list 'colour'"),
        ("Int64", "Enum(kind)", "minimum needs a dtype"),
        ("bytes,0,", "bytes,few,", "'few' is no number"),
        ("bytes,0,,,", "bytes,0,,[a-z],", "pattern needs the dtype String"),
    ],
)
def test_a_bad_line_is_named(folder: Path, old: str, new: str, problem: str) -> None:
    line = append(folder / "fields.csv", GOOD.replace(old, new, 1))
    with pytest.raises(DefinitionError, match=problem) as caught:
        load_fields(folder)
    assert str(caught.value).startswith(f"fields.csv:{line}: ")


def test_a_pattern_that_is_no_expression_is_named(folder: Path) -> None:
    line = append(folder / "fields.csv", GOOD.replace("Int64,bytes,0,,", "String,,,,[a-z"))
    with pytest.raises(DefinitionError, match=f"fields.csv:{line}: pattern"):
        load_fields(folder)


def test_codes_hold_the_keys_of_every_form() -> None:
    codes = {name: {code.code for code in listed} for name, listed in load_codes().items()}
    for variant, form in load_templates().items():
        assert variant in codes["variant"]
        assert variant in codes["template"]
        for table, row, column in form.cells():
            sides = {
                "proactive_disclosure": ("item", "measure"),
                "applications": ("outcome", "applicant"),
                "review_litigation": ("procedure", "result"),
            }[table]
            assert row.key in codes[sides[0]] & codes["row_key"]
            assert column.key in codes[sides[1]] & codes["column_key"]


def test_codes_follow_the_order_of_the_form() -> None:
    outcomes = [code.code for code in load_codes()["outcome"]]
    assert outcomes.index("new_received") < outcomes.index("granted") < outcomes.index("carried_out")


def test_a_new_form_adds_its_keys_by_itself(folder: Path) -> None:
    newer = (
        (folder / "templates/2021.csv").read_text(encoding="utf-8").replace(",granted,", ",fully_granted,")
    )
    (folder / "templates/2031.csv").write_text(newer, encoding="utf-8")
    codes = load_codes(folder)
    assert "2031" in {code.code for code in codes["variant"]}
    assert {"granted", "fully_granted"} <= {code.code for code in codes["outcome"]}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("kind,reported,Again.,重复", "stands already"),
        ("kind,odd,,奇怪", "words in both languages"),
        ("outcome,granted,Granted.,公开", "key of the form already"),
    ],
)
def test_a_bad_code_is_named(folder: Path, line: str, problem: str) -> None:
    number = append(folder / "codes.csv", line)
    with pytest.raises(DefinitionError, match=problem) as caught:
        load_codes(folder)
    assert str(caught.value).startswith(f"codes.csv:{number}: ")
