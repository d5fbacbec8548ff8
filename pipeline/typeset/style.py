"""The ways real reports look, as frozen choices: the same facts under another `Style` are another file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TITLES = (
    "{agency}\n{year}年政府信息公开工作年度报告",
    "{agency}{year}年政府信息公开工作年度报告",
    "{agency}{year}年\n政府信息公开工作年度报告",
    "{agency}{year}年政府\n信息公开工作年度报告",
    "{agency}{year}年度政府信息公开工作报告",
    "{year}年度{agency}政府信息公开工作年度报告",
    "{agency}{year}年信息公开工作年度报告",
    "{year}年政府信息公开工作年度报告",
    "",
)
"""Title lines as offices print them; the last three name no 政府, no agency, and nothing at all."""

Gap = Literal["", " ", "\u3000", "\n", "\t"]
Blank = Literal["", "/", "—", "-", "无"]


@dataclass(frozen=True, slots=True)
class FormStyle:
    """How the lines and cells of the tables are drawn.

    Attributes:
        title: A pattern of `TITLES`; `\\n` breaks the line.
        preamble: Whether a sentence before section one names the agency and the year.
        signature: Whether agency and date stand at the foot.
        disclosure: Table 2 as one table, or one for every block.
        split: Table 3 whole; in two tables; in two with the header repeated; or cut through a row, whose
            label then stands half in each part.
        split_after: How many rows of table 3 the first part has (the cut row is counted with it).
        cut_numbers: Which part has the numbers of the row that is cut.
        carried_labels: What stands in the second part for a merged label begun in the first.
        header_merged: Whether header cells reach down; else blanks stand below them.
        side_merged: Whether side labels reach down; else blanks stand below them.
        ragged: Whether header cells and value cells end at different grid lines.
    """

    title: str = TITLES[0]
    preamble: bool = False
    signature: bool = False
    disclosure: Literal["one", "each_block"] = "one"
    split: Literal["none", "plain", "header", "cut"] = "none"
    split_after: int = 12
    cut_numbers: Literal["first", "second"] = "first"
    carried_labels: Literal["blank", "repeat", "cut"] = "blank"
    header_merged: bool = True
    side_merged: bool = True
    ragged: bool = False


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How the labels of the form are spelt.

    Attributes:
        brackets: Full-width or half-width.
        numbering: What follows the digit of `1.属于国家秘密`.
        quotes: `“”` or `""`.
        gap: What stands in the middle of every label.
        explanation: Whether （二）部分公开 keeps its bracketed explanation.
        corner_note: Whether the corner of table 3 holds its note, or nothing.
        misprints: Whether the known typing errors of `misprints.csv` are made.
    """

    brackets: Literal["full", "half"] = "full"
    numbering: Literal[".", "．", "、"] = "."
    quotes: Literal["curly", "straight"] = "curly"
    gap: Gap = ""
    explanation: bool = True
    corner_note: bool = True
    misprints: bool = False


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are printed.

    Attributes:
        plus: Whether a positive change has its sign.
        thousands: Whether thousands are set off by commas.
        full_width: Whether digits are full-width.
        padding: What stands on both sides of every number.
        money_unit: The unit printed after a sum for which the form names none; an empty one prints bare yuan.
        blank: What stands in a cell without a number.
    """

    plus: bool = False
    thousands: bool = False
    full_width: bool = False
    padding: Literal["", " ", "\u3000", "\u00a0"] = ""
    money_unit: Literal["", "元", "万元"] = ""
    blank: Blank = ""


@dataclass(frozen=True, slots=True)
class HtmlStyle:
    """How a web page is written.

    Attributes:
        site: Whether navigation, meta tags and a footer of the site stand around the report.
        pasted: Whether the markup is that of a word processor (`MsoNormal`, `o:p`).
        encoding: The bytes; `gb18030` is declared as gb2312, as such pages do.
        closed: Whether `p`, `tr` and `td` are closed.
        nested: Whether the report stands in a cell of a layout table.
    """

    site: bool = False
    pasted: bool = False
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    closed: bool = True
    nested: bool = False


@dataclass(frozen=True, slots=True)
class DocxStyle:
    """How a word processor's file is written: a line break in a cell as a break or as a new paragraph."""

    line_break: Literal["break", "paragraph"] = "break"


@dataclass(frozen=True, slots=True)
class PdfStyle:
    """How pages are drawn.

    Attributes:
        ruling: Table rules as lines or as thin filled rectangles.
        page_numbers: Whether `- 3 -` stands at the foot.
        size: Points of the prose; tables are set three points smaller.
    """

    ruling: Literal["lines", "rectangles"] = "lines"
    page_numbers: bool = True
    size: int = 14


@dataclass(frozen=True, slots=True)
class TextStyle:
    """The shape of a text copy.

    Attributes:
        shape: `tabs` (a tab before every cell), `bars` (cells of a row between `|`), `lines` (a cell a line,
            blanks left out) or `wrapped` (as copied from pages: labels broken where the column ends).
    """

    shape: Literal["tabs", "bars", "lines", "wrapped"] = "tabs"


@dataclass(frozen=True, slots=True)
class Style:
    """All choices together; those of other media than the one written have no effect."""

    form: FormStyle = field(default_factory=FormStyle)
    labels: LabelStyle = field(default_factory=LabelStyle)
    numbers: NumberStyle = field(default_factory=NumberStyle)
    html: HtmlStyle = field(default_factory=HtmlStyle)
    docx: DocxStyle = field(default_factory=DocxStyle)
    pdf: PdfStyle = field(default_factory=PdfStyle)
    text: TextStyle = field(default_factory=TextStyle)
