"""Figures as a person reads them."""

import pytest

from core.ui.figures import figure_label, shown_figure


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("cagr", 0.27617, "27.62%"),
        ("max_drawdown", -0.971, "\N{MINUS SIGN}97.10%"),
        ("final_equity", 1139101.9, "1,139,102"),
        ("cost_debit_interest", -1e-12, "0"),
        ("n_trades", 4.0, "4"),
        ("average_trade_bars", 2420.5, "2,420"),
        ("sharpe", 0.8938, "0.89"),
        ("brier", 0.26866, "0.2687"),
        ("rmse", 0.01971, "0.0197"),
        ("r2_out_of_sample", -0.1959, "\N{MINUS SIGN}0.1959"),
        ("is_ruined", 0.0, "no"),
        ("is_ruined", 1.0, "yes"),
        ("label.base_rate", 0.5, "50.00%"),
        ("sharpe", None, "-"),
        ("sharpe", float("nan"), "-"),
    ],
)
def test_a_figure_bears_its_unit_and_fixed_decimals(name, value, shown):
    assert shown_figure(name, value) == shown


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("cagr", "Growth a year"),
        ("max_drawdown", "Max drawdown"),
        ("n_margin_calls", "Margin calls"),
        ("auc", "AUC"),
        ("base_rmse", "RMSE of the training mean"),
        ("r2_out_of_sample", "R2 out of sample"),
        ("volatility_annual", "Volatility a year"),
        ("leverage_max", "Max leverage"),
    ],
)
def test_a_figure_is_called_what_a_person_calls_it(name, label):
    assert figure_label(name) == label
