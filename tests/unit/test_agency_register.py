"""The register of organs: one identifier, names over the years, links, evidence, and what stays open."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import polars as pl
import pytest

from pipeline import identify as identifying
from pipeline.identity import divisions as resolving
from pipeline.identity.agencies import agency_attributes
from pipeline.identity.agency_register import (
    LINK_COLUMNS,
    agency_links,
    agency_names,
    divisions,
    evidence_rows,
    evidence_weights,
    kind_of_evidence,
    load_successions,
    one_identifier,
    unresolved_rows,
)
from pipeline.identity.credit_code import ALPHABET, is_valid
from pipeline.report import Finding, Identification, Report
from pipeline.tidy import tidy
from schemas.definitions import DefinitionError
from schemas.messages import message
from schemas.tables import validate

CODE = next(code for last in ALPHABET if is_valid(code := f"11320813014362111{last}"))


def report(
    sha: str, agency: str | None = "320813-finance", name: str = "淮安市洪泽区财政局", **facts: object
) -> Report:
    known = {"division_code": "320813", "report_year": 2022, "evidence": ("name: 江苏省 > 淮安市 > 洪泽区",)}
    identity = Identification(agency_name=name, agency_id=agency, **known | facts)  # type: ignore[arg-type]
    return Report(f"{sha}.html", sha * 64, "text/html", 9, "test", "ok", identity)


def ids(*reports: Report) -> list[str | None]:
    return [found.identity.agency_id for found in one_identifier(reports)]


def test_a_credit_code_in_one_report_names_the_organ_in_all() -> None:
    printed, other = report("a", CODE, "洪泽区财政局"), report("b", report_year=2023)
    found = one_identifier([printed, other, report("c", "320813-audit", "洪泽区审计局")])
    assert [r.identity.agency_id for r in found] == [CODE, CODE, "320813-audit"]
    assert found[1].identity.evidence[-1].startswith("credit code: ")
    assert found[0] is printed


def test_two_credit_codes_for_one_place_and_kind_decide_nothing() -> None:
    other = next(code for last in ALPHABET if is_valid(code := f"11320813014362112{last}"))
    assert ids(report("a", CODE), report("b", other), report("c")) == [CODE, other, "320813-finance"]


def test_an_organ_known_by_name_alone_joins_nobody() -> None:
    nameless = {"name": "鼓楼区财政局", "division_code": None}
    found = ids(
        report("a", CODE, **nameless), report("b", "unresolved-x01234567", **nameless), report("c", None)
    )
    assert found == [CODE, "unresolved-x01234567", None]


def test_names_of_an_organ_with_their_years() -> None:
    frame = tidy(
        [report("a", name="洪泽县财政局", report_year=2015), report("b"), report("c", report_year=2023)]
    )["reports"]
    found = agency_names(frame)
    assert found.rows() == [
        ("320813-finance", "洪泽县财政局", 2015, 2015, 1),
        ("320813-finance", "淮安市洪泽区财政局", 2022, 2023, 2),
    ]


def links(*agencies: str, by_hand: Path | None = None) -> list[tuple[object, ...]]:
    frame = agency_links(pl.DataFrame({"agency_id": agencies}, schema={"agency_id": pl.String}), by_hand)
    return validate("agency_links", frame).drop("evidence").rows()


@pytest.mark.parametrize(
    ("agencies", "expected"),
    [
        (["130526-finance"], [("130526-finance", "succeeded_by", "130505-finance", 2020)]),
        (["130502-finance", "320813-finance"], []),
        (
            ["320813-food_drug", "320813-market_regulation", "320812-food_drug"],
            [("320813-food_drug", "merged_into", "320813-market_regulation", 2019)],
        ),
        (
            ["320813-government_office", "320813-people_government"],
            [("320813-government_office", "part_of", "320813-people_government", None)],
        ),
        (
            ["320813-ecology_environment-branch", "320800-ecology_environment"],
            [("320813-ecology_environment-branch", "part_of", "320800-ecology_environment", None)],
        ),
        (["320813-ecology_environment-branch", "320813-government_office"], []),
    ],
    ids=["division", "division goes on", "kind", "office", "branch", "the other never reported"],
)
def test_links(agencies: list[str], expected: list[tuple[object, ...]]) -> None:
    assert links(*agencies) == expected


def test_links_by_hand_go_before_all_others(tmp_path: Path) -> None:
    path = tmp_path / "agency_links.csv"
    head = ",".join(LINK_COLUMNS) + "\n"
    path.write_text(head + "a-x,renamed_to,b-x,2021,letter,someone,2024-01-31\n", "utf-8")
    assert links(by_hand=path) == [("a-x", "renamed_to", "b-x", 2021)]
    path.write_text(head + "a-x,turned_into,b-x,2021,letter,someone,2024-01-31\n", "utf-8")
    with pytest.raises(DefinitionError, match=r"agency_links\.csv:2: relation 'turned_into'"):
        links(by_hand=path)
    path.write_text(head + "a-x,renamed_to,b-x,21,letter,someone,2024-01-31\n", "utf-8")
    with pytest.raises(DefinitionError, match="no year"):
        links(by_hand=path)
    path.write_text(head + "a-x,renamed_to,b-x,2021,,someone,2024-01-31\n", "utf-8")
    with pytest.raises(DefinitionError, match="a reason"):
        links(by_hand=path)


def test_successions_are_of_known_kinds(tmp_path: Path) -> None:
    assert load_successions()
    path = tmp_path / "organ_successions.csv"
    path.write_text("function,relation,successor,from_year,source\nfinance,merged_into,fin,2019,x\n", "utf-8")
    with pytest.raises(DefinitionError, match="successor 'fin'"):
        load_successions(path)


def test_every_kind_of_evidence_that_is_recorded_has_a_weight() -> None:
    source = inspect.getsource(resolving) + inspect.getsource(identifying)
    kinds = {kind_of_evidence(words) for words in re.findall(r'f?"([a-z][a-z ,]{2,30}: )', source)}
    assert {"name", "credit code", "host", "postcode", "zone"} <= kinds
    assert kinds <= set(evidence_weights())


def test_evidence_is_told_in_order_with_its_weight() -> None:
    identity = Identification(
        evidence=("credit code: registered in 320813", "zone, no division: 高新区", "odd")
    )
    assert list(evidence_rows(identity)) == [
        (1, "credit code", "registered in 320813", 0.95),
        (2, "zone", "高新区", 0.9),
        (3, "odd", "odd", None),
    ]


def test_weights_fall_in_the_order_of_the_file() -> None:
    weights = list(evidence_weights().values())
    assert weights == sorted(weights, reverse=True)


def test_a_tie_is_listed_for_a_person() -> None:
    four = ("320106", "320302", "350102", "410204")
    words = message("division_open", agency="鼓楼区财政局", candidates=", ".join(four))
    frames = tidy(
        [
            report(
                "a",
                "unresolved-x1",
                "鼓楼区财政局",
                division_code=None,
                candidates=four,
                findings=(Finding(words),),
            ),
            report("b", None, "", division_code=None, findings=(Finding(message("agency_missing")),)),
            report("c"),
        ]
    )
    found = validate("unresolved_agencies", frames["unresolved_agencies"])
    assert found.filter(sha256="a" * 64)["candidate_name"].to_list() == [
        "江苏省 > 南京市 > 鼓楼区",
        "江苏省 > 徐州市 > 鼓楼区",
        "福建省 > 福州市 > 鼓楼区",
        "河南省 > 开封市 > 鼓楼区",
    ]
    assert found.filter(sha256="b" * 64)["candidate_code"].to_list() == [None]
    assert found.filter(sha256="c" * 64).is_empty()
    assert list(unresolved_rows(Identification())) == []


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("杨凌示范区人力资源和社会保障局", ("陕西省", None, "zone")),
        ("陕西省西咸新区财政局", ("陕西省", None, "zone")),
        ("黄埔海关", (None, None, "central")),
    ],
)
def test_an_organ_of_a_zone_is_of_the_province_it_lies_in(
    name: str, place: tuple[str | None, str | None, str]
) -> None:
    found = agency_attributes(name, None, year=2020)
    assert (found.province, found.prefecture, found.level) == place


def test_divisions_tell_places_of_one_name_apart() -> None:
    frame = validate("divisions", divisions())
    now = frame.filter(pl.col("valid_to").is_null())
    assert now.filter(name="鼓楼区")["prefecture"].to_list() == ["南京市", "徐州市", "福州市", "开封市"]
    assert now.filter(code="110101").select("province", "prefecture").row(0) == ("北京市", None)
    gone = frame.filter(code="130526").row(0, named=True)
    assert (gone["name"], gone["valid_to"], gone["successor_codes"]) == ("任县", 2020, "130505")
