"""Wrong numbers planted in reports of any form, style and format: every identity they break is found, no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from pipeline.checking.proof import proofread
from pipeline.export import check_results
from pipeline.read import read_report
from pipeline.templates import Block, Label
from pipeline.typeset import Facts, typeset
from pipeline.typeset.facts import CellKey, blocks_of
from tests.strategies import Case, cases

QUICK = (Phase.explicit, Phase.generate)
NAMES = {"html": "r.html", "docx": "r.docx", "pdf": "r.pdf", "text": "r.txt"}
Sides = tuple[Decimal, Decimal]
Broken = dict[tuple[str, str], Sides]


@dataclass(frozen=True, slots=True)
class Identity:
    """The form's rule at one place, written down from the domain rather than from the program."""

    rule: str
    place: str
    left: tuple[CellKey, ...]
    right: tuple[CellKey, ...]


def identities(facts: Facts) -> Iterator[Identity]:
    """The four kinds of identity, at every place of the report's forms."""
    for block in blocks_of(facts.variants):
        if block.table == "applications":
            yield from (i for column in block.columns for i in of_column(block, column.key))
            yield from (of_row("applicant_total", block, row) for row in block.rows)
        if block.table == "review_litigation":
            yield from (of_row("procedure_total", block, row) for row in block.rows)


def of_column(block: Block, column: str) -> Iterator[Identity]:
    def cells(*rows: str) -> tuple[CellKey, ...]:
        return tuple((block.table, row, column) for row in rows)

    flows = {"new_received", "carried_in", "total_handled", "carried_out"}
    outcomes = [row.key for row in block.rows if row.key not in flows]
    assert len(outcomes) in (19, 21)
    place = f"applications/*/{column}"
    came, went = cells("new_received", "carried_in"), cells("total_handled", "carried_out")
    yield Identity("balance", place, came, went)
    yield Identity("handled_total", place, cells("total_handled"), cells(*outcomes))


def of_row(rule: str, block: Block, row: Label) -> Identity:
    parts = [column.key for column in block.columns if column.key != "total"]
    assert len(parts) == (6 if rule == "applicant_total" else 4)
    left = ((block.table, row.key, "total"),)
    return Identity(rule, f"{block.table}/{row.key}", left, tuple((block.table, row.key, p) for p in parts))


def broken(facts: Facts) -> Broken:
    """Which identities do not hold, and their sides; blanks are 0 where each side has a number."""
    found = {}
    for identity in identities(facts):
        left, right = ([facts.values.get(key) for key in side] for side in (identity.left, identity.right))
        known_left, known_right = ([v for v in side if isinstance(v, Decimal)] for side in (left, right))
        if known_left and known_right and sum(known_left) != sum(known_right):
            found[identity.rule, identity.place] = (Decimal(sum(known_left)), Decimal(sum(known_right)))
    return found


def misprinted(number: Decimal, slip: str, by: int) -> Decimal:
    """A number as it might be misprinted; another one in any case."""
    digits = str(int(number))
    printed = {
        "off": int(number) + by,
        "zero added": int(number) * 10 or by,
        "digit lost": int(digits[:-1] or 0) if number else by,
        "digits swapped": int(digits[1:2] + digits[:1] + digits[2:]),
        "a neighbour's": by,
    }[slip]
    return Decimal(printed if printed != number else printed + by)


SLIPS = ("off", "zero added", "digit lost", "digits swapped", "a neighbour's")


@st.composite
def planted(draw: st.DrawFn) -> tuple[Case, Facts]:
    """A report in any format, with up to three numbers misprinted anywhere in it; and what it was before."""
    case = draw(cases())
    numbers = [key for key, value in case.facts.values.items() if isinstance(value, Decimal)]
    counted = [key for key in numbers if key[0] != "proactive_disclosure"]
    chosen = draw(st.lists(st.sampled_from(counted), max_size=3, unique=True))
    values = dict(case.facts.values)
    for key in chosen:
        number = values[key]
        assert isinstance(number, Decimal)
        values[key] = misprinted(number, draw(st.sampled_from(SLIPS)), draw(st.integers(1, 500)))
    return replace(case, facts=replace(case.facts, values=values)), case.facts


def found_in(case: Case) -> Broken:
    """What the whole way from the file's bytes to the rules says."""
    data = typeset(case.facts, case.style, case.media)  # type: ignore[arg-type]
    report = read_report(data, NAMES[case.media])
    return {
        (row["rule"], row["place"]): (Decimal(row["left"]), Decimal(row["right"]))
        for row in check_results(report)
        if row["level"] == "error"
    }


@settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=QUICK
)
@given(planted())
def test_every_broken_identity_is_found_and_nothing_else_is_flagged(drawn: tuple[Case, Facts]) -> None:
    case, _ = drawn
    assume(case.style.form.split != "cut")
    assert found_in(case) == broken(case.facts)


@settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=QUICK
)
@given(planted())
def test_what_was_printed_before_the_slip_is_among_the_numbers_that_would_hold(
    drawn: tuple[Case, Facts],
) -> None:
    case, before = drawn
    wrong = {
        key: before.values[key] for key in case.facts.values if case.facts.values[key] != before.values[key]
    }
    assume(case.style.form.split != "cut" and len(wrong) == 1)
    # Where the other side of its identity is blank, a wrong number breaks nothing.
    assume(broken(case.facts) and not broken(before))
    data = typeset(case.facts, case.style, case.media)  # type: ignore[arg-type]
    (proof,) = proofread([read_report(data, NAMES[case.media])])
    told = [
        {(c.cell.table, c.cell.row, c.cell.column): c.number for c in repair.changes}
        for remark in proof.remarks
        if remark.level == "error"
        for repair in remark.repairs
    ]
    assert wrong in told


def test_the_oracle_finds_no_fault_in_consistent_figures_and_all_in_others() -> None:
    """The oracle itself: one wrong total of one procedure breaks just that identity."""
    from tests.flawed import LEAF, TOTAL, shifted, sound

    assert broken(sound()) == {}
    assert set(broken(shifted(sound(), TOTAL, 3))) == {
        ("procedure_total", "review_litigation/reconsideration")
    }
    assert set(broken(shifted(sound(), LEAF, 3))) == {
        ("handled_total", "applications/*/natural_person"),
        ("applicant_total", "applications/granted"),
    }
