"""A baseline bears no name of another curve of its backtest: tables and verdict would show one for both."""

import pytest

from core.base.errors import ConfigError
from core.config.loader import parse_config

RULE = {"strategy_type": "constant_leverage"}


def with_baseline(name, **backtest):
    return parse_config({"mode": "backtest", "backtest": {"baselines": {name: RULE}, **backtest}}, "a.yaml")


@pytest.mark.parametrize("name", ["strategy", "benchmark"])
def test_the_names_of_a_backtests_own_curves_are_refused_for_baselines(name):
    with pytest.raises(ConfigError, match=rf"a\.yaml: backtest\.baselines: one is named '{name}'.*another name\."):
        with_baseline(name)


def test_the_benchmarks_ticker_is_refused_for_a_baseline():
    with pytest.raises(ConfigError, match=r"backtest\.benchmark: it is 'spx', and so is .* backtest\.baselines\.spx"):
        with_baseline("spx", benchmark="spx")


def test_other_names_are_taken():
    assert set(with_baseline("spx", benchmark="SPX").backtest.baselines) == {"spx"}
    assert set(with_baseline("always_1x").backtest.baselines) == {"always_1x"}
