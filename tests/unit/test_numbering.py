import pytest

from pipeline.readers.word.numbering import Counters, Level, ListDefinition, written


@pytest.mark.parametrize(
    ("number", "style", "label"),
    [
        (7, "decimal", "7"),
        (7, "decimalZero", "07"),
        (12, "decimalFullWidth", "１２"),
        (1, "chineseCounting", "一"),
        (10, "chineseCountingThousand", "十"),
        (11, "japaneseCounting", "十一"),
        (20, "chineseCounting", "二十"),
        (105, "chineseCountingThousand", "一百〇五"),
        (110, "chineseCountingThousand", "一百一十"),
        (2020, "chineseCounting", "二千〇二十"),
        (12, "ideographDigital", "一二"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (3, "ideographTraditional", "丙"),
        (3, "decimalEnclosedCircle", "③"),
        (21, "decimalEnclosedCircleChinese", "㉑"),
        (4, "decimalEnclosedParen", "⑷"),
        (28, "lowerLetter", "bb"),
        (14, "upperRoman", "XIV"),
        (5, "a style of another planet", "5"),
    ],
)
def test_numbers_are_written_as_word_writes_them(number: int, style: str, label: str) -> None:
    assert written(number, style) == label


SECTIONS = ListDefinition(
    "0",
    {
        0: Level(1, "chineseCounting", "%1、"),
        1: Level(1, "chineseCounting", "（%2）"),
        2: Level(1, "decimal", "%3."),
        3: Level(1, "decimal", "%1.%4", legal=True),
    },
)


def test_deeper_levels_begin_anew_below_each_heading() -> None:
    counters = Counters({"1": SECTIONS})
    labels = [counters.label("1", depth) for depth in (0, 1, 1, 2, 2, 0, 1, 2, 3)]
    assert labels == ["一、", "（一）", "（二）", "1.", "2.", "二、", "（一）", "1.", "2.1"]


def test_lists_of_one_family_count_on_unless_they_restart() -> None:
    again = ListDefinition("0", SECTIONS.levels, {0: 1})
    counters = Counters({"1": SECTIONS, "2": SECTIONS, "3": again})
    labels = [counters.label(list_id, 0) for list_id in ("1", "1", "2", "3", "3")]
    assert labels == ["一、", "二、", "三、", "一、", "二、"]


def test_bullets_and_unknown_lists_have_no_label() -> None:
    counters = Counters({"1": ListDefinition("0", {0: Level(1, "bullet", "\uf06c")})})
    assert counters.label("1", 0) == ""
    assert counters.label("9", 0) == ""
    assert counters.label("1", 5) == ""
