"""The tiles: which are shown, what they say of a short backtest, and that all are equally high."""

import pytest
from streamlit.testing.v1 import AppTest

FIGURES = {"cagr": 0.1, "sharpe": 1.0, "max_drawdown": -0.2, "final_equity": 110_000.0, "total_return": 0.1}


def screen(figures, lines):
    import pandas as pd

    from core.ui.key_figures import key_figures

    key_figures(pd.DataFrame({"strategy": pd.Series(figures, dtype="float64")}), lines)


def shown(figures, lines=None):
    app = AppTest.from_function(screen, kwargs={"figures": figures, "lines": lines}, default_timeout=60).run()
    assert not app.exception
    return app


def test_four_tiles_are_shown_with_a_line_each_where_there_is_one():
    app = shown({**FIGURES, "n_bars": 500.0}, {"final_equity": [1.0, 2.0, 3.0]})
    assert [tile.label for tile in app.metric] == ["Growth a year", "Sharpe", "Max drawdown", "Final equity"]
    assert [list(tile.proto.chart_data) for tile in app.metric] == [[], [], [], [1.0, 2.0, 3.0]]
    assert app.metric[3].proto.help == "In the account's currency."
    assert not app.text


@pytest.mark.parametrize(("n_bars", "words"), [(2.0, "2 bars: too few"), (1.0, "1 bar: too few")])
def test_a_short_backtest_tells_its_total_return_and_why_no_figure_a_year(n_bars, words):
    own = {name: value for name, value in FIGURES.items() if name not in {"cagr", "sharpe"}}
    app = shown({**own, "n_bars": n_bars})
    assert [tile.label for tile in app.metric] == ["Total return", "Max drawdown", "Final equity"]
    assert app.text[0].value == f"{words} for a yearly figure."


def test_a_trained_regression_shows_its_own_scores():
    app = shown({"r2_out_of_sample": -0.1959, "rmse": 0.01971, "n_predictions": 2980.0, "mae": 0.014})
    assert [tile.label for tile in app.metric] == ["R2 out of sample", "RMSE", "Predictions"]
    assert app.metric[1].value == "0.0197"
