"""How the cells of one HTML table fall on its grid."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given, settings

from pipeline.document import Document, Grid, UnreadableDocumentError
from pipeline.readers import html
from tests.tilings import TILINGS, Placed, Tiling


def read(body: str) -> Document:
    return html.read(f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), "0" * 64)


def placed(grid: Grid) -> list[Placed]:
    return [(c.text, c.row, c.column, c.row_span, c.column_span) for c in grid.cells()]


def only_grid(body: str) -> Grid:
    (grid,) = read(body).grids
    return grid


def typeset(table: Tiling) -> str:
    rows = []
    for row in range(table.height):
        cells = [
            f'<td rowspan="{down}" colspan={across}>' + escape(text).replace("\n", "<br>") + "</td>"
            for text, _, _, down, across in table.starting_in(row)
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


@given(TILINGS)
@settings(max_examples=60, deadline=None)
def test_any_table_comes_back_cell_for_cell(table: Tiling) -> None:
    assert placed(only_grid(typeset(table))) == list(table.cells)


ROWS = "<tr><td>规章<td>1<tr><td>文件<td>2"


@pytest.mark.parametrize(
    "body",
    [
        f"<table>{ROWS}</table>",
        f"<table>{ROWS}",
        "<table><td>规章<td>1<tr><td>文件<td>2</table>",
        "<table><tbody><tr><td>规章<td>1<tbody><tr><td>文件<td>2</table>",
        "<table><tfoot><tr><td>文件<td>2</tfoot><thead><tr><th>规章<th>1</thead></table>",
        "<table><form><tr><td>规章<td>1</tr></form><tr><td>文件<td>2</table>",
        f"<table><tr style='display:none'><td>x<td>y</tr>{ROWS}</table>",
        f"<table><!-- <tr><td>x<td>y</tr> -->{ROWS}</table>",
        "<table><tr><td>规章<td hidden>x<td>1<tr><td>文件<td style='DISPLAY: none;'>x<td>2</table>",
        "<table><tr><td><p class=MsoNormal>规<span lang=EN-US>章<o:p></o:p></span></p><td>&nbsp;1&nbsp;<tr>"
        "<td><div>文件</div><td><input type=text value=2></table>",
    ],
)
def test_sloppy_tables_are_laid_out_as_a_browser_does(body: str) -> None:
    assert placed(only_grid(body)) == [
        ("规章", 0, 0, 1, 1),
        ("1", 0, 1, 1, 1),
        ("文件", 1, 0, 1, 1),
        ("2", 1, 1, 1, 1),
    ]


def test_spans_are_clipped_to_the_row_group_and_the_table() -> None:
    grid = only_grid(
        "<table><thead><tr><td rowspan=9>a<td>b<tr><td>c</thead>"
        "<tr><td rowspan=0>d<td>e<tr><td>f<tr><td colspan=99999999>g</table>"
    )
    assert placed(grid) == [
        ("a", 0, 0, 2, 1),
        ("b", 0, 1, 1, 1),
        ("c", 1, 1, 1, 1),
        ("d", 2, 0, 3, 1),
        ("e", 2, 1, 1, 1),
        ("f", 3, 1, 1, 1),
        ("g", 4, 1, 1, 1),
    ]


def test_spans_without_sense_are_one() -> None:
    assert placed(only_grid("<table><tr><td colspan=0 rowspan=-3>a<td colspan='x'>b<tr><td>c<td>d</table>"))[
        :2
    ] == [
        ("a", 0, 0, 1, 1),
        ("b", 0, 1, 1, 1),
    ]


def test_breaks_and_paragraphs_in_a_cell_are_lines() -> None:
    grid = only_grid("<table><tr><td><p>结果</p>\n<p>维持</p><td>其他<br/>结果<tr><td>1<td>2</table>")
    assert [cell.text for cell in grid.rows[0]] == ["结果\n维持", "其他\n结果"]


def test_an_invisible_cell_keeps_its_place_and_is_blank() -> None:
    grid = only_grid("<table><tr><td>a<td style='visibility:hidden'>x<td>b<tr><td>1<td>2<td>3</table>")
    assert [(cell.text, cell.column) for cell in grid.rows[0]] == [("a", 0), ("", 1), ("b", 2)]


def test_locators_count_cells_as_written() -> None:
    first, second = read(f"<table><tr><td rowspan=2>a<td>b<tr><td>c</table><table>{ROWS}</table>").grids
    assert first.rows[1][0].column == 1
    assert first.rows[1][0].locator.to_dict() == {"table": 1, "row": 2, "column": 1}
    assert second.locator.to_dict() == {"table": 2}


def test_too_many_cells_or_columns_are_refused() -> None:
    for body in (
        "<table>" + "<tr>" + "<td>1" * 100_001 + "</table>",
        "<table>" + "<tr><td colspan=1000>1<td colspan=1000>2" * 2000 + "</table>",
    ):
        with pytest.raises(UnreadableDocumentError) as caught:
            read(body)
        assert caught.value.code == "limit_exceeded"


@pytest.mark.parametrize(
    "note", ["<sup>1</sup>", "<sup><a href='#n'>1</a></sup>", "<span><sup>1</sup></span>"]
)
def test_a_raised_note_is_no_digit_of_the_number(note: str) -> None:
    grid = only_grid(f"<table><tr><td>规章</td><td>12{note}</td><td><p>7{note} </p></td></tr></table>")
    assert [cell.text for cell in grid.cells()] == ["规章", "12¹", "7¹"]
