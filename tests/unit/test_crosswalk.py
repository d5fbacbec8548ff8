"""The crosswalk: what it says of the two forms, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.checking.columns import COLUMN, COMPARABLE, CONCEPT, DIMENSION, RELATION, ROW, TABLE, VARIANT
from pipeline.crosswalk import COLUMNS, PARTS, Crosswalk, load_crosswalk, national_crosswalk
from pipeline.templates import load_templates
from schemas.definitions import HERE, DefinitionError

PROACTIVE, APPLICATIONS, REVIEW = "proactive_disclosure", "applications", "review_litigation"
OTHERS = ("other_overdue_correction", "other_overdue_fee", "other_misc")


@pytest.fixture(scope="module")
def crosswalk() -> Crosswalk:
    return national_crosswalk()


def concepts(
    crosswalk: Crosswalk, variant: str, table: str, row: str, column: str
) -> set[tuple[object, ...]]:
    wanted = {VARIANT: variant, TABLE: table, ROW: row, COLUMN: column}
    chosen = crosswalk.sources.filter(pl.col(name) == value for name, value in wanted.items())
    return set(chosen.select(CONCEPT, DIMENSION, RELATION, COMPARABLE, PARTS).rows())


def test_every_cell_of_both_forms_feeds_a_concept(crosswalk: Crosswalk) -> None:
    for template in load_templates().values():
        for table, row, column in template.cells():
            assert concepts(crosswalk, template.variant, table, row.key, column.key)


def test_all_but_other_handling_is_the_same_in_both_forms(crosswalk: Crosswalk) -> None:
    for template in load_templates().values():
        for table, row, column in template.cells():
            if table != PROACTIVE and row.key not in (*OTHERS, "other_handling"):
                found = concepts(crosswalk, template.variant, table, row.key, column.key)
                assert found == {(row.key, column.key, "exactMatch", True, 1)}


def test_other_handling_is_the_sum_of_the_three_rows_and_wider_than_each(crosswalk: Crosswalk) -> None:
    whole = ("other_handling", "total", "exactMatch", True)
    assert concepts(crosswalk, "2020", APPLICATIONS, "other_handling", "total") == {(*whole, 1)}
    for key in OTHERS:
        part = (key, "total", "narrowMatch", False, 1)
        assert concepts(crosswalk, "2021", APPLICATIONS, key, "total") == {(*whole, 3), part}


@pytest.mark.parametrize(
    ("variant", "item", "measure", "dimension", "relation", "comparable"),
    [
        ("2020", "regulation", "newly_made", "issued", "closeMatch", True),
        ("2021", "regulation", "issued", "issued", "closeMatch", True),
        ("2020", "normative_document", "newly_made", "issued", "closeMatch", True),
        ("2021", "normative_document", "issued", "issued", "closeMatch", True),
        ("2020", "normative_document", "total_disclosed", "total_disclosed", "relatedMatch", False),
        ("2021", "normative_document", "in_force", "in_force", "relatedMatch", False),
        ("2020", "regulation", "newly_disclosed", "newly_disclosed", "none", False),
        ("2021", "regulation", "repealed", "repealed", "none", False),
        ("2020", "administrative_license", "decisions", "decisions", "closeMatch", True),
        ("2021", "administrative_penalty", "decisions", "decisions", "closeMatch", True),
        ("2021", "administrative_compulsion", "decisions", "decisions", "closeMatch", True),
        ("2020", "other_public_service", "decisions", "decisions", "none", False),
        ("2020", "administrative_penalty", "change_in_items", "change_in_items", "none", False),
        ("2020", "government_procurement", "amount", "amount", "none", False),
        ("2020", "administrative_fee", "previous_year_items", "previous_year_items", "relatedMatch", False),
        ("2021", "administrative_fee", "amount", "amount", "relatedMatch", False),
    ],
)
def test_proactive_disclosure(
    crosswalk: Crosswalk,
    variant: str,
    item: str,
    measure: str,
    dimension: str,
    relation: str,
    comparable: bool,
) -> None:
    found = concepts(crosswalk, variant, PROACTIVE, item, measure)
    assert found == {(item, dimension, relation, comparable, 1)}


def test_a_comparable_series_has_both_forms_and_the_others_have_one(crosswalk: Crosswalk) -> None:
    forms = crosswalk.sources.group_by(CONCEPT, DIMENSION, COMPARABLE).agg(pl.col(VARIANT).n_unique())
    assert forms.filter((pl.col(VARIANT) == 2) != pl.col(COMPARABLE)).height == 0


def test_close_and_related_matches_carry_a_note_in_both_languages(crosswalk: Crosswalk) -> None:
    loose = [m for m in crosswalk.mappings if m.relation != "exactMatch"]
    assert all(m.note_en and m.note_zh for m in loose)


def test_the_cells_behind_a_harmonised_value_are_told(crosswalk: Crosswalk) -> None:
    found = crosswalk.sources_of("2021", "other_handling", "natural_person")
    assert set(found.rows()) == {(APPLICATIONS, key, "natural_person") for key in OTHERS}


def written(folder: Path, change: dict[str, str], row: str = "granted", variant: str = "2021") -> Path:
    """The crosswalk with one row changed, as a file of its own."""
    lines = (HERE / "crosswalk.csv").read_text("utf-8").splitlines()
    at = next(
        i for i, line in enumerate(lines) if line.startswith(f"{row},") and f",{variant},{row}," in line
    )
    values = dict(zip(COLUMNS, lines[at].split(","), strict=True)) | change
    lines[at] = ",".join(values.values())
    path = folder / "crosswalk.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_a_copy_without_change_is_read(tmp_path: Path) -> None:
    assert load_crosswalk(written(tmp_path, {})).sources.equals(national_crosswalk().sources)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"row": "given"}, "2021 has no row 'given' in table 'applications'"),
        ({"column": "sum"}, "2021 has no cell applications/granted/sum"),
        ({"variant": "2019"}, "2019 has no row 'granted'"),
        ({"table": "replies"}, "no row 'granted' in table 'replies'"),
        ({"rule": "mean"}, "rule 'mean' is none of"),
        ({"relation": "sameAs"}, "relation 'sameAs' is none of"),
        ({"comparable": "maybe"}, "comparable 'maybe' is none of"),
        ({"counterpart": "2020:given/*"}, "2020 has no row 'given'"),
        ({"counterpart": "granted"}, "not of the shape form:row/column"),
        ({"counterpart": ""}, "relation none goes without counterpart"),
        ({"relation": "relatedMatch"}, "a concept of relation relatedMatch is not comparable"),
        ({"row": "granted+partially_granted"}, "several cells make one value by rule sum alone"),
        (
            {"rule": "none", "relation": "none", "counterpart": "", "comparable": "no"},
            "rule none goes without",
        ),
        ({"dimension": "total"}, "dimension must be \\* too"),
        ({"concept": "partially_granted"}, "2021/partially_granted/natural_person is made already at"),
    ],
)
def test_a_wrong_row_fails_with_its_line(tmp_path: Path, change: dict[str, str], problem: str) -> None:
    with pytest.raises(DefinitionError, match=rf"crosswalk\.csv:\d+: .*{problem}"):
        load_crosswalk(written(tmp_path, change))


def test_a_cell_that_no_row_speaks_of_fails_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no row for 6 cells, first 2021/applications/granted/"):
        load_crosswalk(written(tmp_path, {"dimension": "total", "column": "total"}))


def test_a_cell_may_be_left_out_in_so_many_words(tmp_path: Path) -> None:
    left_out = {"concept": "", "dimension": "", "rule": "none", "relation": "none", "counterpart": ""}
    found = load_crosswalk(written(tmp_path, left_out | {"comparable": "no"}))
    assert concepts(found, "2021", APPLICATIONS, "granted", "total") == set()
    assert concepts(found, "2020", APPLICATIONS, "granted", "total") != set()
