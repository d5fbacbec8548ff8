"""A person's decisions on which organ a report is of: `agency_decisions.csv` in, the decision for a report out.

This is the only seam through which anything but evidence says who reported. Each decision has a reason, a name
and a day, and is published with the evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pipeline.identity.lines import closed_up, fold
from pipeline.paths import reference_file
from schemas.definitions import Row, read_definitions

COLUMNS = (
    *("sha256", "printed_name", "text"),
    *("agency_name", "agency_id", "division_code"),
    *("reason", "who", "when"),
)
OUTCOME = ("agency_name", "agency_id", "division_code")


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the file.

    Attributes:
        sha256: The document it is for; empty for every document with the name.
        printed_name: The name as the report prints it; empty where the document alone decides.
        text: Words that the report's prose must hold; empty if none.
        agency_name: What the organ is called; empty: as printed.
        agency_id: The organ's identifier; empty: made of name and division.
        division_code: Its division; empty: as the evidence says.
        reason: Why.
        who: Who decided.
        when: The day, ISO.
    """

    sha256: str
    printed_name: str
    text: str
    agency_name: str
    agency_id: str
    division_code: str
    reason: str
    who: str
    when: str

    @property
    def evidence(self) -> str:
        """The decision as a piece of evidence."""
        return f"decision: {self.reason} ({self.who}, {self.when})"

    def holds_for(self, sha256: str, name: str, text: str) -> bool:
        """Whether all that it asks for is there; `name` and `text` folded and closed up."""
        return (
            self.sha256 in ("", sha256)
            and (not self.printed_name or _bare(self.printed_name) == name)
            and (not self.text or _bare(self.text) in text)
        )

    @property
    def strength(self) -> tuple[bool, bool, bool, int]:
        """How much it asks for; a decision that asks for more counts before one that asks for less."""
        return bool(self.sha256), bool(self.printed_name), bool(self.text), len(self.text)


@cache
def load_decisions(path: Path | None = None) -> tuple[Decision, ...]:
    """The decisions of a file, by default the project's own, the strongest first.

    Raises:
        DefinitionError: A row that names neither a document nor a name, decides nothing, or lacks a reason,
            a person or a day, with its line.
    """
    file = path or reference_file("agency_decisions.csv")
    rows = read_definitions(file, COLUMNS, key=["sha256", "printed_name", "text"]).rows
    return tuple(sorted((_decision(row) for row in rows), key=lambda d: d.strength, reverse=True))


def find_decision(
    name: str | None, text: str, sha256: str, decisions: tuple[Decision, ...] | None = None
) -> Decision | None:
    """The strongest decision that holds for a report.

    Args:
        name: The organ as the report names itself; None where it does not.
        text: Its prose.
        sha256: Its document.
        decisions: The decisions to ask; the project's own by default.
    """
    known = load_decisions() if decisions is None else decisions
    bare, body = _bare(name or ""), _bare(text) if known else ""
    return next((decision for decision in known if decision.holds_for(sha256, bare, body)), None)


def _bare(text: str) -> str:
    return fold(closed_up(text))


def _decision(row: Row) -> Decision:
    if not row["sha256"] and not row["printed_name"]:
        raise row.fail("a decision needs sha256 or printed_name: whom it is for")
    if not any(row[column] for column in OUTCOME):
        raise row.fail(f"a decision needs one of {', '.join(OUTCOME)}")
    if not row["reason"] or not row["who"]:
        raise row.fail("a decision needs reason and who")
    if row["division_code"] and not re.fullmatch(r"\d{6}", row["division_code"]):
        raise row.fail(f"division_code {row['division_code']!r} is not of six digits")
    if row["sha256"] and not re.fullmatch(r"[0-9a-f]{64}", row["sha256"]):
        raise row.fail(f"sha256 {row['sha256']!r} is not of 64 hexadecimal digits")
    try:
        date.fromisoformat(row["when"])
    except ValueError:
        raise row.fail(f"when {row['when']!r} is no date such as 2024-01-31") from None
    return Decision(**{column: row[column] for column in COLUMNS})
