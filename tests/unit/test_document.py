from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import FAR, FEW, Cell, Grid


@given(st.lists(st.integers(1, 2 * FAR), min_size=3 * FEW, max_size=3 * FEW), st.integers(0, 3 * FEW))
def test_a_large_table_finds_what_reaches_into_a_row_as_a_small_one_does(spans: list[int], row: int) -> None:
    rows = tuple((Cell("", place, place % 7, span),) for place, span in enumerate(spans))
    reaching = {cell for (cell,) in rows if cell.row < row < cell.row + cell.row_span}
    assert set(Grid(rows).covering(row)) == reaching
