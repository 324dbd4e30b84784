"""Cells of an answer in messages."""

from decimal import Decimal

import numpy as np
import pytest
import qlop

from plugins.data_sources._sql_cells import Batch


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (Decimal("9" * 100_000), "is not finite"),
        (int("9" * 300), "has more digits than float64 holds"),
        ("9" * 100_000, "is a text"),
    ],
    ids=["decimal", "whole number", "text"],
)
def test_a_long_cell_is_cut_where_it_is_shown(cell, said):
    batch = Batch("table 'bars'", {"close": [1.0, cell]}, np.array([1, 2]))
    with pytest.raises(qlop.DataError, match=r"^table 'bars', row 2 of the answer, column 'close': .*9{30}.*") as told:
        batch.numbers("close")
    assert said in str(told.value)
    assert len(str(told.value)) < 250
