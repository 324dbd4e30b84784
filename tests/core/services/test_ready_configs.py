"""The ready configs run as they stand, and their dates can be moved."""

import pytest

from core.base.errors import ConfigError
from core.config.loader import load_config
from core.engine.load import load_panel
from core.services.ready_configs import list_ready_configs, ready_config
from plugins.data_sources.sample import Sample


def prices_of(*overrides):
    config = load_config(ready_config("leverage_opportunity"), overrides=list(overrides))
    return load_panel(Sample("sample", Sample.Params()), config.data)


def test_a_ready_config_is_found_by_its_name():
    assert ready_config("leverage_opportunity") in list_ready_configs()
    with pytest.raises(ConfigError, match=r"No ready config is named 'demo'.*leverage_opportunity"):
        ready_config("demo")


def test_the_demos_prices_leave_out_a_short_history():
    assert prices_of().left_out == {"FB": 196}


def test_the_demos_dates_may_end_before_a_ticker_begins():
    loaded = prices_of("data.end_date=2008-06-30")
    assert loaded.left_out == {}
    assert list(loaded.panel.index.unique(level="ticker").sort_values()) == ["AAPL", "GOOG", "IBM", "MSFT"]
