from pipeline.readers.printed import printed, printed_lines, set_line


def test_padding_and_invisible_characters_go_and_inner_spaces_stay() -> None:
    assert printed("\u3000\u3000一、 总体\u200b情况\u00a0") == "一、 总体情况"
    assert printed(" \ufeff12\u00ad ") == "12"


def test_every_kind_of_line_end_parts_lines() -> None:
    assert printed_lines("a\r\nb\rc\nd\u000be\u2028 \n\u3000\nf") == ["a", "b", "c", "d", "e", "f"]


def test_a_line_wrapped_between_chinese_characters_leaves_no_space() -> None:
    assert set_line("政府信息\n   公开  工作\r\n报告") == "政府信息公开 工作报告"
    assert set_line("Open\n  government 12\n件") == "Open government 12 件"
    assert set_line("\n\t\t\t第二十条第\n ") == "第二十条第"


def test_tabs_at_the_ends_of_a_row_are_its_blank_cells() -> None:
    assert printed(" \t二\t4\t5\t\t") == "\t二\t4\t5\t\t"
    assert printed("\t一段文字\t") == "一段文字"
