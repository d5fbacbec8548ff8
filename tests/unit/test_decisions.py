"""A person's decisions on who reported: they go before all evidence, and are told with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import identify as identifying
from pipeline.document import Document, Locator, Paragraph
from pipeline.identify import identify
from pipeline.identity.decisions import COLUMNS, Decision, find_decision, load_decisions
from pipeline.paths import reference_file
from pipeline.report import Identification
from pipeline.running.reading_version import definitions_of, reachable
from schemas.definitions import DefinitionError

SHA = "a" * 64
DRUM_TOWER = ("鼓楼区财政局", "2022年政府信息公开工作年度报告", "一、总体情况", "我局依法公开，详见梅园。")
HEADER = ",".join(COLUMNS) + "\n"


def decision(**facts: str) -> Decision:
    blank = dict.fromkeys(COLUMNS, "") | {
        "reason": "seen on its site",
        "who": "someone",
        "when": "2024-01-31",
    }
    return Decision(**blank | facts)


def identified(monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...], *known: Decision) -> Identification:
    monkeypatch.setattr(
        identifying, "find_decision", lambda name, text, sha: find_decision(name, text, sha, known)
    )
    blocks = tuple(Paragraph(line, Locator(line=n)) for n, line in enumerate(lines, start=1))
    return identify(Document(blocks, "text/plain", SHA, "test"), sha256=SHA)


def test_without_a_decision_four_places_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    found = identified(monkeypatch, DRUM_TOWER)
    assert (found.division_code, found.candidates) == (None, ("320106", "320302", "350102", "410204"))
    assert found.agency_id is not None
    assert found.agency_id.startswith("unresolved-")


@pytest.mark.parametrize(
    "facts",
    [
        {"sha256": SHA},
        {"printed_name": "鼓楼区 财政局"},
        {"printed_name": "鼓楼区财政局", "text": "详见梅 园"},
    ],
    ids=["document", "name", "name and text"],
)
def test_a_division_decided(monkeypatch: pytest.MonkeyPatch, facts: dict[str, str]) -> None:
    found = identified(monkeypatch, DRUM_TOWER, decision(division_code="350102", **facts))
    assert (found.division_code, found.agency_id, found.candidates) == ("350102", "350102-finance", ())
    assert found.evidence[0] == "decision: seen on its site (someone, 2024-01-31)"
    assert "division_open" not in {finding.message.code for finding in found.findings}


@pytest.mark.parametrize(
    "facts",
    [{"sha256": "b" * 64}, {"printed_name": "鼓楼区"}, {"printed_name": "鼓楼区财政局", "text": "详见兰园"}],
)
def test_a_decision_for_another_report_decides_nothing(
    monkeypatch: pytest.MonkeyPatch, facts: dict[str, str]
) -> None:
    found = identified(monkeypatch, DRUM_TOWER, decision(division_code="350102", **facts))
    assert (found.division_code, len(found.candidates)) == (None, 4)


def test_what_asks_for_more_counts_first(tmp_path: Path) -> None:
    path = tmp_path / "agency_decisions.csv"
    rows = [",甲局,,,,110101", ",甲局,乙,,,110102", f"{SHA},,,,,110105"]
    path.write_text(HEADER + "".join(f"{row},x,y,2024-01-31\n" for row in rows), "utf-8")
    known = load_decisions(path)
    codes = [
        found.division_code if found else None
        for found in (
            find_decision("甲局", "", "", known),
            find_decision("甲局", "有乙", "", known),
            find_decision("甲局", "有乙", SHA, known),
            find_decision(None, "有乙", "", known),
        )
    ]
    assert codes == ["110101", "110102", "110105", None]


def test_an_unnamed_report_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("2022年政府信息公开工作年度报告", "一、总体情况", "依法公开。")
    found = identified(monkeypatch, lines, decision(sha256=SHA, agency_name="南京市鼓楼区财政局"))
    assert (found.agency_name, found.agency_id) == ("南京市鼓楼区财政局", "320106-finance")
    assert "agency_missing" not in {finding.message.code for finding in found.findings}


def test_an_identifier_decided_joins_an_organ(monkeypatch: pytest.MonkeyPatch) -> None:
    found = identified(monkeypatch, DRUM_TOWER, decision(sha256=SHA, agency_id="sample-x"))
    assert (found.agency_id, found.division_code, found.candidates) == ("sample-x", None, ())


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",,x,a,,,r,w,2024-01-31", "needs sha256 or printed_name"),
        (",甲局,,,,,r,w,2024-01-31", "needs one of"),
        (",甲局,,,,110101,,w,2024-01-31", "reason and who"),
        (",甲局,,,,1101,r,w,2024-01-31", "six digits"),
        ("abc,,,,,110101,r,w,2024-01-31", "64 hexadecimal"),
        (",甲局,,,,110101,r,w,2024", "no date"),
    ],
)
def test_a_wrong_decision_fails_with_its_line(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "agency_decisions.csv"
    path.write_text(HEADER + row + "\n", "utf-8")
    with pytest.raises(DefinitionError, match=rf"agency_decisions\.csv:2: .*{problem}"):
        load_decisions(path)


def test_the_projects_own_decisions_can_be_read() -> None:
    assert all(d.reason and d.who for d in load_decisions())


def test_own_file_stands_in_the_place_of_the_projects_and_is_part_of_the_readings_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = reference_file("agency_decisions.csv")
    own = tmp_path / "agency_decisions.csv"
    own.write_text(HEADER + ",甲局,,乙局,,,r,w,2024-01-31\n", "utf-8")
    monkeypatch.setenv("OGI_REFERENCE", str(tmp_path))
    assert reference_file("agency_decisions.csv") == own
    assert [d.agency_name for d in load_decisions(reference_file("agency_decisions.csv"))] == ["乙局"]
    assert reference_file("divisions.csv") == shipped.with_name("divisions.csv")
    read_with = definitions_of(reachable(["pipeline.read"]))
    assert own in read_with
    assert shipped not in read_with
