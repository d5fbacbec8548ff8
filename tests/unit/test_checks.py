"""The rules: each holds on consistent figures, and fails exactly where it is broken."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checking.columns import AGENCY, COLUMN, DIVISION, KIND, REPORT, ROW, TABLE, UNIT, VALUE, VARIANT
from pipeline.checking.ledger import form_frames
from pipeline.checking.rules import FUNCTIONS, matched, rule
from pipeline.checks import RESULTS_SCHEMA, Evaluation, evaluate
from pipeline.templates import load_templates
from pipeline.typeset.figures import consistent_values
from schemas.checks import COLUMNS, load_checks
from schemas.definitions import HERE, DefinitionError
from schemas.references import load_rule_makers, load_told_counts

Key = tuple[str, str, str]
Values = dict[Key, Decimal | None]
ERRORS = ("balance", "handled_total", "applicant_total", "procedure_total")
THIRTEEN = (
    *ERRORS,
    "carry_over",
    "in_force_roll",
    "items_roll",
    "disclosed_stock",
    "regulation_power",
    "amount_scale",
    "amount_unit",
    "narrative",
    "variant_year",
)
TABLES = ("proactive_disclosure", "applications", "review_litigation")
OLD, NEW = (dict.fromkeys(TABLES, name) for name in ("2020", "2021"))
MIXED = {"proactive_disclosure": "2021", "applications": "2020", "review_litigation": "2020"}
CODE = "11330100MB1234567X"


def draw(variants: dict[str, str], seed: int = 0) -> Values:
    values = consistent_values(variants, random.Random(seed))
    numbers: Values = {key: value for key, value in values.items() if isinstance(value, Decimal)}
    for measure in ("newly_made", "newly_disclosed", "total_disclosed", "issued", "repealed", "in_force"):
        if ("proactive_disclosure", "regulation", measure) in numbers:
            numbers["proactive_disclosure", "regulation", measure] = Decimal(0)
    return numbers


def cells(values: Values, variants: dict[str, str], report: str = "r", **kinds: set[Key]) -> pl.DataFrame:
    """The frame of one report; `kinds` turns cells into blanks, nil marks and so on."""
    other = {key: kind for kind, keys in kinds.items() for key in keys}
    rows = [
        (report, *key, variants[key[0]], None if key in other else value, other.get(key, "reported"), "count")
        for key, value in values.items()
    ]
    texts = dict.fromkeys([REPORT, TABLE, ROW, COLUMN, VARIANT], pl.String)
    schema = {**texts, VALUE: pl.Decimal(20, 2), KIND: pl.String, UNIT: pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def reports(*rows: tuple[str, int | None], **columns: object) -> pl.DataFrame:
    """Reports of one city government by id and year; `columns` overrides what they share."""
    shared = {AGENCY: CODE, "agency_name": "某市人民政府", DIVISION: "330100", "scope": None} | columns
    frame = pl.DataFrame(rows, schema={REPORT: pl.String, "report_year": pl.Int16}, orient="row")
    return frame.with_columns(pl.lit(value, pl.String).alias(name) for name, value in shared.items())


def single(values: Values, variants: dict[str, str], year: int = 2021, **kinds: set[Key]) -> Evaluation:
    return evaluate(cells(values, variants, **kinds), reports(("r", year)))


def broken(evaluation: Evaluation, *rules: str) -> set[tuple[str, str]]:
    found = set(evaluation.results.select("rule", "place").iter_rows())
    return {pair for pair in found if not rules or pair[0] in rules}


def tallied(evaluation: Evaluation, name: str) -> tuple[int, int, int]:
    row = evaluation.tally.row(by_predicate=pl.col("rule") == name)
    return row[1:]


# ---------------------------------------------------------------- the rules as data


def test_all_thirteen_rules_stand_in_the_file_and_have_a_function() -> None:
    assert tuple(load_checks()) == THIRTEEN
    assert set(FUNCTIONS) == set(THIRTEEN)
    assert tuple(name for name, r in load_checks().items() if r.level == "error") == ERRORS


def test_a_row_without_function_and_a_function_without_row_fail() -> None:
    rules = dict(load_checks())
    odd = replace(rules["balance"], rule="odd")
    with pytest.raises(DefinitionError, match="no function for rule odd"):
        matched({**rules, "odd": odd}, FUNCTIONS)
    with pytest.raises(DefinitionError, match="no row for the function of rule odd"):
        matched(rules, {**FUNCTIONS, "odd": FUNCTIONS["balance"]})
    with pytest.raises(DefinitionError, match="two functions"):
        rule("balance")(FUNCTIONS["balance"])


def test_a_new_rule_is_one_row_and_one_function() -> None:
    rules = dict(load_checks())
    odd = replace(rules["amount_unit"], rule="odd", words_en="{place} is odd: {left}", words_zh="{place}")
    rules["odd"] = odd
    functions = {**FUNCTIONS, "odd": lambda ledger, _: FUNCTIONS["balance"](ledger, _)}
    values = draw(NEW)
    values["applications", "new_received", "total"] += 1
    found = evaluate(cells(values, NEW), reports(("r", 2021)), rules=rules, functions=functions)
    assert ("odd", "applications/*/total") in broken(found)
    assert found.tally["rule"].to_list() == [*THIRTEEN, "odd"]


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("level", "fatal", "level 'fatal' is none of"),
        ("scope", "page", "scope 'page' is none of"),
        ("label_zh", "", "label_zh is empty"),
        ("words_en", "{who} erred", "unknown placeholder who"),
        ("tolerance", "much", "is not a number"),
    ],
)
def test_a_wrong_row_names_its_line(tmp_path: Path, column: str, value: str, problem: str) -> None:
    row = dict.fromkeys(COLUMNS, "x") | {"level": "error", "scope": "row", "tolerance": "", column: value}
    path = tmp_path / "checks.csv"
    path.write_text(",".join(COLUMNS) + "\n" + ",".join(row[name] for name in COLUMNS) + "\n", "utf-8")
    with pytest.raises(DefinitionError, match=rf"checks\.csv:2: .*{problem}"):
        load_checks(path)


def test_told_counts_name_cells_of_every_form() -> None:
    for template in load_templates().values():
        known = {(table, row.key, column.key) for table, row, column in template.cells()}
        told = {(t.table, r, c) for t in load_told_counts() for r in t.rows for c in t.columns}
        assert told <= known


# ---------------------------------------------------------------- the four identities


@pytest.mark.parametrize("variants", [OLD, NEW, MIXED])
@given(seed=st.integers(0, 10**9))
@settings(max_examples=5, deadline=None)
def test_consistent_figures_break_no_identity(variants: dict[str, str], seed: int) -> None:
    found = single(draw(variants, seed), variants)
    assert broken(found, *ERRORS) == set()
    assert tallied(found, "balance") == (7, 7, 0)
    assert tallied(found, "handled_total") == (7, 7, 0)
    rows = 23 if variants["applications"] == "2020" else 25
    assert tallied(found, "applicant_total") == (rows, rows, 0)
    assert tallied(found, "procedure_total") == (3, 3, 0)


def expected(key: Key) -> set[tuple[str, str]]:
    """Which identities contain a cell, told from the form and not from the code under test."""
    table, row, column = key
    if table == "review_litigation":
        return {("procedure_total", f"{table}/{row}")}
    flows = ("new_received", "carried_in", "carried_out")
    by_column = {"balance"} if row in flows else {"handled_total"}
    if row == "total_handled":
        by_column = {"balance", "handled_total"}
    return {(name, f"{table}/*/{column}") for name in by_column} | {("applicant_total", f"{table}/{row}")}


@pytest.mark.parametrize("variants", [OLD, NEW, MIXED])
@given(seed=st.integers(0, 10**9), off_by=st.integers(-500, 500).filter(bool))
@settings(max_examples=4, deadline=None)
def test_one_wrong_cell_fails_exactly_the_identities_that_hold_it(
    variants: dict[str, str], seed: int, off_by: int
) -> None:
    """Every cell of tables 3 and 4 in turn, each in a report of its own: nothing missed, nothing added."""
    values = draw(variants, seed)
    planted = {"/".join(key): key for key in values if key[0] != "proactive_disclosure"}
    frame = cells(values, variants).drop(REPORT).join(pl.DataFrame({REPORT: list(planted)}), how="cross")
    place = pl.concat_str([TABLE, ROW, COLUMN], separator="/")
    wrong = pl.when(place == pl.col(REPORT)).then(pl.col(VALUE) + off_by).otherwise(VALUE)
    who = reports(*[(name, 2021) for name in planted], **{AGENCY: None})
    found = evaluate(frame.with_columns(wrong.alias(VALUE)), who).results.filter(pl.col("level") == "error")
    failing: dict[str, set[tuple[str, str]]] = {name: set() for name in planted}
    for name, rule_id, where in found.select(REPORT, "rule", "place").iter_rows():
        failing[name].add((rule_id, where))
    assert failing == {name: expected(key) for name, key in planted.items()}
    assert set(found["result"]) == {"failed"}


def test_a_report_is_judged_the_same_alone_and_among_others() -> None:
    variants = {"a": OLD, "b": NEW, "c": MIXED}
    frames = {}
    for seed, (name, forms) in enumerate(variants.items()):
        values = draw(forms, seed)
        values["applications", "granted", "total"] += 1
        frames[name] = cells(values, forms, name)
    who = [(name, 2021) for name in variants]
    together = evaluate(pl.concat(frames.values()), reports(*who, **{AGENCY: None}))
    alone = [evaluate(frames[name], reports((name, 2021), **{AGENCY: None})) for name, _ in who]
    assert together.results.height > 0
    assert together.results.equals(pl.concat([one.results for one in alone]))


def test_both_sides_difference_and_words_stand_beside_the_finding() -> None:
    values = draw(NEW)
    total = values["review_litigation", "reconsideration", "total"]
    values["review_litigation", "reconsideration", "total"] = total + 5
    found = single(values, NEW).results
    assert found.schema == pl.Schema(RESULTS_SCHEMA)
    row = found.row(0, named=True)
    assert (row["report_id"], row["report_year"], row["rule"], row["result"], row["variant"]) == (
        "r",
        2021,
        "procedure_total",
        "failed",
        "2021",
    )
    assert (row["left_value"], row["right_value"], row["difference"], row["blanks"]) == (
        total + 5,
        total,
        5,
        0,
    )
    assert f"total is {total + 5}, the results add up to {total} (difference 5" in row["message_en"]
    assert "行政复议：总计为" in row["message_zh"]


def test_figures_of_a_report_whose_litigation_totals_were_left_at_zero() -> None:
    """A district government's report for 2023: 10 upheld and 1 corrected, total 0."""
    values = draw(MIXED)
    told = {"upheld": 10, "corrected": 1, "other_result": 0, "pending": 0, "total": 0}
    for column, number in told.items():
        values["review_litigation", "reconsideration", column] = Decimal(number)
    found = single(values, MIXED, 2023).results.filter(pl.col("rule") == "procedure_total")
    assert found.select("place", "left_value", "right_value", "difference").rows() == [
        ("review_litigation/reconsideration", 0, 11, -11)
    ]


# ---------------------------------------------------------------- blanks

APPLICATIONS = sorted(key for key in draw(NEW) if key[0] == "applications")
LEAVES = {
    "natural_person",
    "commercial_enterprise",
    "research_institution",
    "social_welfare_organization",
    "legal_service_organization",
    "other_organization",
}


def test_only_the_totals_filled_in_is_not_applicable_across_a_row() -> None:
    blank = {key for key in APPLICATIONS if key[2] != "total"}
    found = single(draw(NEW), NEW, blank=blank)
    assert tallied(found, "applicant_total") == (0, 0, 0)
    assert tallied(found, "balance") == (1, 1, 0)


def test_all_but_the_totals_filled_in_is_not_applicable_across_a_row() -> None:
    found = single(draw(NEW), NEW, nil_mark={key for key in APPLICATIONS if key[2] == "total"})
    assert tallied(found, "applicant_total") == (0, 0, 0)
    assert tallied(found, "balance") == (6, 6, 0)


def test_all_blank_is_not_applicable() -> None:
    found = single(draw(NEW), NEW, blank=set(draw(NEW)))
    assert {name: tallied(found, name) for name in ERRORS} == dict.fromkeys(ERRORS, (0, 0, 0))
    assert broken(found) == set()


@pytest.mark.parametrize("kind", ["blank", "nil_mark", "absent"])
def test_a_blank_among_reported_operands_counts_as_zero_and_is_told(kind: str) -> None:
    values = dict.fromkeys(draw(NEW), Decimal(0))
    row = ("review_litigation", "reconsideration")
    values[(*row, "upheld")], values[(*row, "total")] = Decimal(3), Decimal(3)
    others = {(*row, "corrected"), (*row, "pending")}
    assert broken(single(values, NEW, **{kind: others})) == set()
    values[(*row, "total")] = Decimal(4)
    found = single(values, NEW, **{kind: others}).results
    assert found.select("left_value", "right_value", "blanks").rows() == [(4, 3, 2)]
    assert "blanks counted as 0: 2" in found["message_en"][0]


def test_an_unreadable_operand_leaves_the_identity_open() -> None:
    values = draw(NEW)
    values["review_litigation", "reconsideration", "total"] += 1
    key = ("review_litigation", "reconsideration", "upheld")
    assert tallied(single(values, NEW, unreadable={key}), "procedure_total") == (2, 2, 0)


def test_a_cell_the_frame_lacks_counts_as_absent() -> None:
    values = draw(NEW)
    key = ("applications", "granted", "natural_person")
    frame = cells(values, NEW)
    short = frame.filter(~((pl.col(ROW) == key[1]) & (pl.col(COLUMN) == key[2])))
    named = cells(values, NEW, absent={key})
    who = reports(("r", 2021))
    assert evaluate(short, who).results.equals(evaluate(named, who).results)


# ---------------------------------------------------------------- input that breaks the contract


def test_a_cell_twice_or_off_the_form_is_an_error() -> None:
    frame, who = cells(draw(NEW), NEW), reports(("r", 2021))
    with pytest.raises(ValueError, match="stands twice"):
        evaluate(pl.concat([frame, frame.head(1)]), who)
    strange = frame.head(1).with_columns(pl.lit("strange").alias(ROW))
    with pytest.raises(ValueError, match="not on the form"):
        evaluate(pl.concat([frame, strange]), who)
    with pytest.raises(ValueError, match="not on the form"):
        evaluate(frame.with_columns(pl.lit("1999").alias(VARIANT)), who)
    with pytest.raises(ValueError, match="two variants in one table"):
        evaluate(pl.concat([frame, cells(draw(OLD), OLD)]), who)
    with pytest.raises(ValueError, match=r"reports: no column scope"):
        evaluate(frame, who.drop("scope"))


def test_no_cells_give_an_empty_evaluation() -> None:
    found = evaluate(cells({}, NEW), reports(("r", 2021)))
    assert found.results.schema == pl.Schema(RESULTS_SCHEMA)
    assert found.results.height == 0
    assert found.tally["applicable"].sum() == 0


# ---------------------------------------------------------------- across years


def two_years(
    first: Values,
    second: Values,
    variants: tuple[dict[str, str], dict[str, str]] = (NEW, NEW),
    who: pl.DataFrame | None = None,
) -> Evaluation:
    frame = pl.concat([cells(first, variants[0], "a"), cells(second, variants[1], "b")])
    return evaluate(frame, reports(("a", 2021), ("b", 2022)) if who is None else who)


def carried(amount: int, seed: int = 1) -> tuple[Values, Values]:
    """Two years of zeros but for what is carried from one to the next."""
    first, second = (dict.fromkeys(draw(NEW, seed), Decimal(0)) for _ in range(2))
    for key in ("natural_person", "total"):
        first["applications", "carried_out", key] = first["applications", "new_received", key] = Decimal(3)
        second["applications", "carried_in", key] = second["applications", "granted", key] = Decimal(amount)
        second["applications", "total_handled", key] = Decimal(amount)
    return first, second


def test_carry_over_compares_with_the_year_before() -> None:
    assert tallied(two_years(*carried(3)), "carry_over") == (7, 7, 0)
    found = two_years(*carried(4))
    assert broken(found) == {
        ("carry_over", "applications/carried_in/natural_person"),
        ("carry_over", "applications/carried_in/total"),
    }
    row = found.results.row(0, named=True)
    assert (row["report_id"], row["result"], row["left_value"], row["right_value"]) == ("b", "warned", 4, 3)


@pytest.mark.parametrize(
    "who",
    [
        reports(("a", 2020), ("b", 2022)),
        reports(("a", None), ("b", 2022)),
        reports(("a", 2021), ("b", 2022), **{AGENCY: None}),
        reports(("a", 2021), ("b", 2022), **{AGENCY: "unresolved-x0a1b2c3d", DIVISION: None}),
        reports(("a", 2021), ("b", 2022)).with_columns(
            pl.Series("scope", ["organ", "consolidated"], pl.String)
        ),
        reports(("a", 2021), ("b", 2022)).with_columns(pl.Series("is_current", [False, True])),
        reports(("a", 2021), ("b", 2022)).with_columns(pl.Series(AGENCY, [CODE, CODE[:-1] + "Y"])),
    ],
    ids=["gap", "no year", "unnamed", "name alone", "scopes", "superseded", "two agencies"],
)
def test_years_are_not_joined_where_it_is_not_certain_that_they_follow(who: pl.DataFrame) -> None:
    assert tallied(two_years(*carried(4), who=who), "carry_over") == (0, 0, 0)


def test_of_two_earlier_reports_the_one_of_the_same_scope_is_taken() -> None:
    first, second = carried(3)
    frame = pl.concat([cells(first, NEW, "a"), cells(second, NEW, "b"), cells(carried(9)[1], NEW, "c")])
    who = reports(("a", 2021), ("b", 2022), ("c", 2021))
    same = who.with_columns(pl.Series("scope", ["organ", "organ", None], pl.String))
    assert tallied(evaluate(frame, same), "carry_over") == (7, 7, 0)
    open_ = who.with_columns(pl.lit(None, pl.String).alias("scope"))
    assert tallied(evaluate(frame, open_), "carry_over") == (0, 0, 0)


@pytest.mark.parametrize(
    ("agency", "division"),
    [("330106-people_government", "330106"), ("zone-yangling-finance", None), (CODE, None)],
)
def test_a_division_a_zone_or_a_code_makes_an_agency_certain(agency: str, division: str | None) -> None:
    who = reports(("a", 2021), ("b", 2022), **{AGENCY: agency, DIVISION: division})
    assert tallied(two_years(*carried(4), who=who), "carry_over") == (7, 5, 2)


def test_in_force_roll() -> None:
    first, second = carried(3)
    item = ("proactive_disclosure", "normative_document")
    first[(*item, "in_force")] = Decimal(10)
    second |= {
        (*item, "issued"): Decimal(4),
        (*item, "repealed"): Decimal(1),
        (*item, "in_force"): Decimal(13),
    }
    assert tallied(two_years(first, second), "in_force_roll") == (2, 2, 0)
    second[(*item, "in_force")] = Decimal(14)
    found = two_years(first, second)
    assert broken(found) == {("in_force_roll", "proactive_disclosure/normative_document/in_force")}
    assert found.results.select("left_value", "right_value").rows() == [(14, 13)]


def test_in_force_roll_needs_the_stock_of_the_year_before() -> None:
    second = carried(3)[1]
    second["proactive_disclosure", "normative_document", "in_force"] = Decimal(5)
    found = two_years(draw(OLD), second, (OLD, NEW))
    assert tallied(found, "in_force_roll") == (0, 0, 0)


def test_items_roll_between_years_and_within_one() -> None:
    first, second = (dict.fromkeys(draw(OLD), Decimal(0)) for _ in range(2))
    item = ("proactive_disclosure", "administrative_license")
    first |= {(*item, "previous_year_items"): Decimal(9), (*item, "change_in_items"): Decimal(-2)}
    second[(*item, "previous_year_items")] = Decimal(7)
    who = reports(("a", 2019), ("b", 2020))
    assert tallied(two_years(first, second, (OLD, OLD), who), "items_roll") == (15, 15, 0)
    second |= {(*item, "previous_year_items"): Decimal(6), (*item, "change_in_items"): Decimal(-8)}
    found = two_years(first, second, (OLD, OLD), who)
    place = "proactive_disclosure/administrative_license"
    assert broken(found) == {
        ("items_roll", f"{place}/previous_year_items"),
        ("items_roll", f"{place}/change_in_items"),
    }
    assert set(found.results.select("left_value", "right_value").rows()) == {(6, 7), (-2, 0)}


@pytest.mark.parametrize(
    ("before", "now", "warns"),
    [
        (70, 700000, True),
        (700000, 70, True),
        (100, 3000000, True),
        (100, 320000, True),
        (100, 310000, False),
        (100, 3200000, False),
        (70, 7000, False),
        (0, 700000, False),
        (70, 70, False),
    ],
)
def test_amount_scale(before: int, now: int, warns: bool) -> None:
    first, second = carried(3)
    key = ("proactive_disclosure", "administrative_fee", "amount")
    first[key], second[key] = Decimal(before), Decimal(now)
    found = two_years(first, second)
    place = "proactive_disclosure/administrative_fee/amount"
    assert broken(found) == ({("amount_scale", place)} if warns else set())


# ---------------------------------------------------------------- the other warnings


def test_disclosed_stock() -> None:
    values = draw(OLD)
    item = ("proactive_disclosure", "normative_document")
    values |= {(*item, "newly_disclosed"): Decimal(5), (*item, "total_disclosed"): Decimal(5)}
    assert tallied(single(values, OLD, 2020), "disclosed_stock") == (2, 2, 0)
    values[(*item, "total_disclosed")] = Decimal(4)
    place = "proactive_disclosure/normative_document/newly_disclosed"
    assert broken(single(values, OLD, 2020)) == {("disclosed_stock", place)}
    assert tallied(single(values, OLD, 2020, blank={(*item, "total_disclosed")}), "disclosed_stock")[0] == 1


@pytest.mark.parametrize(
    ("division", "name", "outcome"),
    [
        ("330000", "浙江省人民政府", "may"),
        ("110000", "北京市人民政府办公厅", "may"),
        ("330100", "杭州市人民政府", "may"),
        ("330100", "浙江省杭州市", "may"),
        ("330000", "浙江省", "may"),
        ("330106", "西湖区", "may not"),
        ("222400", "延边朝鲜族自治州人民政府", "may"),
        ("100000", "国家税务总局", "may"),
        ("100000", "中华人民共和国财政部", "may"),
        ("330106", "西湖区人民政府", "may not"),
        ("500112", "重庆市渝北区人力资源和社会保障局", "may not"),
        ("330100", "杭州市财政局", "may not"),
        ("330100", "国家税务总局杭州市税务局", "may not"),
        ("652900", "阿克苏地区行政公署", "may not"),
        (None, "鼓楼区人民政府", "open"),
        ("330100", None, "open"),
    ],
)
def test_regulation_power(division: str | None, name: str | None, outcome: str) -> None:
    values = draw(NEW)
    values["proactive_disclosure", "regulation", "in_force"] = Decimal(3)
    who = reports(("r", 2021), **{DIVISION: division, "agency_name": name})
    found = evaluate(cells(values, NEW), who)
    counts = {"may": (3, 3, 0), "may not": (3, 2, 1), "open": (0, 0, 0)}
    assert tallied(found, "regulation_power") == counts[outcome]


def test_every_rule_maker_names_its_law() -> None:
    assert all("立法法" in maker.source for maker in load_rule_makers())


def test_amount_unit() -> None:
    values = draw(OLD)
    key = ("proactive_disclosure", "government_procurement", "amount")
    values[key] = Decimal(8040)
    frame, who = cells(values, OLD), reports(("r", 2020))
    is_amount = (pl.col(ROW) == key[1]) & (pl.col(COLUMN) == key[2])
    place = "proactive_disclosure/government_procurement/amount"
    for unit, expected_places in ((None, {("amount_unit", place)}), ("yuan", set())):
        unit_column = pl.when(is_amount).then(pl.lit(unit, pl.String)).otherwise(UNIT).alias(UNIT)
        assert broken(evaluate(frame.with_columns(unit_column), who)) == expected_places
    zero = frame.with_columns(
        pl.when(is_amount).then(pl.lit(None, pl.String)).otherwise(UNIT).alias(UNIT),
        pl.when(is_amount).then(pl.lit(0).cast(pl.Decimal(20, 2))).otherwise(VALUE).alias(VALUE),
    )
    assert tallied(evaluate(zero, who), "amount_unit") == (0, 0, 0)


def told(*rows: tuple[str, int | None, bool]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["concept", "value", "approximate"], orient="row")
    return frame.select(
        pl.lit("r").alias(REPORT), "concept", pl.col("value").cast(pl.Decimal(20, 2)), "approximate"
    )


def test_narrative() -> None:
    values = draw(NEW)
    for row in ("litigation_direct", "litigation_after_reconsideration"):
        values["review_litigation", row, "upheld"] = values["review_litigation", row, "total"] = Decimal(2)
        for column in ("corrected", "other_result", "pending"):
            values["review_litigation", row, column] = Decimal(0)
    received = int(values["applications", "new_received", "total"])
    frame, who = cells(values, NEW), reports(("r", 2021))
    agreeing = told(
        ("applications_received", received, False), ("litigation", 4, False), ("unknown", 1, False)
    )
    assert tallied(evaluate(frame, who, agreeing), "narrative") == (2, 2, 0)
    rounded = told(("applications_received", received + 3, True), ("litigation", None, False))
    assert tallied(evaluate(frame, who, rounded), "narrative") == (0, 0, 0)
    off = told(*[("applications_received", received + n, False) for n in (0, 1, 1)])
    found = evaluate(frame, who, off)
    assert broken(found) == {("narrative", "narrative/applications_received/2")}
    assert found.results["difference"].to_list() == [1]
    assert tallied(evaluate(frame, who), "narrative") == (0, 0, 0)


def test_a_count_in_prose_is_not_held_against_a_blank() -> None:
    frame = cells(draw(NEW), NEW, blank={("applications", "new_received", "total")})
    found = evaluate(frame, reports(("r", 2021)), told(("applications_received", 7, False)))
    assert tallied(found, "narrative") == (0, 0, 0)


@pytest.mark.parametrize(
    ("variants", "year", "places"),
    [
        (OLD, 2019, set()),
        (OLD, 2020, set()),
        (NEW, 2021, set()),
        (OLD, 2021, {"proactive_disclosure", "applications"}),
        (NEW, 2020, {"proactive_disclosure", "applications"}),
        (MIXED, 2023, {"applications"}),
        (OLD, 2015, set()),
    ],
)
def test_variant_year_leaves_tables_alone_that_both_forms_share(
    variants: dict[str, str], year: int, places: set[str]
) -> None:
    found = single(draw(variants), variants, year)
    assert broken(found, "variant_year") == {("variant_year", place) for place in places}
    assert tallied(found, "variant_year")[0] == (0 if year == 2015 else 3)


def test_variant_year_is_information() -> None:
    row = single(draw(OLD), OLD, 2022).results.row(0, named=True)
    assert (row["level"], row["result"], row["left_value"], row["right_value"]) == (
        "info",
        "warned",
        2022,
        2019,
    )
    assert "a report for 2022 uses the form 2020" in row["message_en"]


# ---------------------------------------------------------------- a form nobody has seen


def test_a_third_variant_works_by_its_template_alone(tmp_path: Path) -> None:
    text = (HERE / "templates" / "2021.csv").read_text("utf-8").replace("first_year=2021", "first_year=2031")
    more = "applications,applications,row,other_new,三、本年度办理结果 > （六）其他处理 > 4.新增,,leaf\n"
    anchor = "applications,applications,row,total_handled"
    (tmp_path / "2031.csv").write_text(text.replace(anchor, more + anchor), "utf-8")
    forms = form_frames(load_templates(tmp_path))
    variants = dict.fromkeys(TABLES, "2031")
    values = {key: Decimal(0) for key in draw(NEW)}
    for column in ("natural_person", "total"):
        for row in ("new_received", "other_new", "total_handled"):
            values["applications", row, column] = Decimal(5)
    found = evaluate(cells(values, variants), reports(("r", 2031)), forms=forms)
    assert broken(found) == set()
    values["applications", "other_new", "total"] = Decimal(6)
    found = evaluate(cells(values, variants), reports(("r", 2031)), forms=forms)
    assert ("handled_total", "applications/*/total") in broken(found)


def test_large_sets_are_evaluated_in_parts_with_the_same_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = carried(4)
    frame = pl.concat([cells(first, NEW, "a"), cells(second, NEW, "b"), cells(draw(MIXED), MIXED, "c")])
    who = reports(("a", 2021), ("b", 2022), ("c", 2030)).with_columns(
        pl.when(pl.col(REPORT) == "c").then(None).otherwise(AGENCY).alias(AGENCY)
    )
    whole = evaluate(frame, who)
    monkeypatch.setattr("pipeline.checks.BATCH", 1)
    parts = evaluate(frame, who)
    assert whole.results.equals(parts.results)
    assert whole.tally.equals(parts.tally)
