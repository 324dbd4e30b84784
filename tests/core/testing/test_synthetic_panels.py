import pandas as pd
import pytest

from core.engine.panel import check_panel
from core.testing.panels import make_panel
from core.testing.training_rows import make_training_data


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("staggered", [False, True])
def test_a_made_panel_is_a_price_panel(seed, staggered):
    check_panel(make_panel(120, 4, seed, missing=0.1, staggered=staggered), origin="make_panel")


def test_the_same_seed_gives_the_same_panel_and_another_does_not():
    pd.testing.assert_frame_equal(make_panel(seed=3), make_panel(seed=3), check_exact=True)
    assert not make_panel(seed=3).equals(make_panel(seed=4))


def test_bars_are_missing_and_tickers_start_late_and_end_early_where_asked():
    whole, part = make_panel(120, 3), make_panel(120, 3, missing=0.1, staggered=True)
    assert len(whole) == 360
    counts = part["close"].groupby(level="ticker").count()
    assert counts["T01"] < counts["T00"] < 120
    first = part.index.to_frame(index=False).groupby("ticker")["timestamp"].min()
    assert first["T01"] > first["T00"]


def test_without_a_rate_the_column_is_left_out():
    assert "risk_free_rate_annual" not in make_panel(risk_free_rate_annual=None)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_training_rows_share_one_index_and_can_be_learned(task):
    rows = make_training_data(task, missing=0.1)
    assert rows.features.index.equals(rows.target.index)
    assert 0.05 < rows.features.isna().to_numpy().mean() < 0.15
    assert rows.features["momentum_20"].corr(rows.target) > 0.5
    assert task == "regression" or set(rows.target) == {0.0, 1.0}
