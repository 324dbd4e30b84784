"""What a click in a table of choices means."""

import pytest

from core.ui.tables import picked_row


@pytest.mark.parametrize(
    ("rows", "cells", "marked", "picked"),
    [
        ([2], [], [0], 2),
        ([0], [(3, "title")], [0], 3),
        ([1], [(4, "title")], [4], 1),
        ([], [(0, "state")], [3], None),
        ([], [(2, "title")], [], 2),
        ([1], [], [], 1),
        ([1], [], [1], None),
    ],
    ids=[
        "another mark is set",
        "a click into a row",
        "another mark is set after an earlier click into a row",
        "a mark is taken away and the grid's cursor goes to its first cell",
        "a click into a row when none is marked",
        "a first mark",
        "nothing new",
    ],
)
def test_a_click_chooses_the_row_that_it_went_to(rows, cells, marked, picked):
    assert picked_row({"rows": rows, "columns": [], "cells": cells}, marked) == picked
