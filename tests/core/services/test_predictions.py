"""Which strategies trade by predictions, and what is answered where that cannot be known."""

import pytest

from core.services.predictions import has_predictions, needs_predictions
from core.services.workbench import open_workbench


@pytest.mark.parametrize(
    ("strategy", "answer"),
    [
        ({"strategy_type": "leverage_opportunity"}, True),
        ({"strategy_type": "volatility_managed"}, False),
        ({"strategy_type": "not_there"}, False),
        (None, False),
    ],
)
def test_a_strategy_says_whether_it_needs_predictions(tmp_path, strategy, answer):
    assert needs_predictions(open_workbench(tmp_path / "home").registry(), strategy) is answer


def test_a_run_that_is_not_there_has_no_predictions(tmp_path):
    assert not has_predictions(open_workbench(tmp_path / "home"), "0123abcd")
