"""The screen Train: a model within a model, another data source than the ready config's, and what neither can be."""

import pytest
import yaml

from core.ui.catalog import reload_plugins


@pytest.fixture(autouse=True)
def fresh_catalog():
    """Plugins are listed anew for each test."""
    reload_plugins()


def config_shown(app):
    return yaml.safe_load(app.code[0].value)


def unfolded(app, *parts):
    for part in parts:
        app.session_state[f"form-train-1-fold-{part}"] = True
    return app.run()


def pick(app, label, value, at=0):
    [found for found in app.selectbox if found.label == label][at].select(value).run()
    assert not app.exception


def test_a_member_of_an_ensemble_is_picked_and_has_its_own_form(home, page):
    app = unfolded(page("train.py"), "model")
    pick(app, "Model", "ensemble")
    assert {found.label for found in app.number_input} >= {"N estimators", "Weight"}
    pick(app, "Model type", "lightgbm")
    assert "Parameters of lightgbm" in [found.label.strip("*") for found in app.expander]
    leaves = next(found for found in app.number_input if found.label == "Num leaves")
    leaves.set_value(9).run()
    first = config_shown(app)["model"]["model_params"]["members"][0]
    assert (first["model_type"], first["model_params"]["num_leaves"]) == ("lightgbm", 9)
    pick(app, "Model type", "linear")
    assert "num_leaves" not in config_shown(app)["model"]["model_params"]["members"][0]["model_params"]
    pick(app, "Model type", "lightgbm")
    assert config_shown(app)["model"]["model_params"]["members"][0]["model_params"]["num_leaves"] == 9


def test_another_source_leaves_out_what_the_ready_config_chose_for_its_own_and_gives_it_back(home, page):
    app = unfolded(page("train.py"), "data")
    pick(app, "Data source", "yfinance")
    heads = [found.label for found in app.expander]
    assert any("yfinance: SPY, first to last" in head for head in heads)
    assert any(found.value.startswith("Left out, as the ready config has it for sample") for found in app.text)
    config = config_shown(app)
    assert (config["data"]["start_date"], config["backtest"]["benchmark"]) == (None, None)
    pick(app, "Data source", "sample")
    config = config_shown(app)
    assert (config["data"]["start_date"], config["backtest"]["benchmark"]) == ("2000-03-01", "NASDAQ")


def test_what_is_wrong_with_a_source_stands_beside_the_field_that_it_names(home, page):
    app = unfolded(page("train.py"), "data")
    pick(app, "Data source", "sql")
    told = [found.value for found in app.text if "url" in found.value and "sqlite_file" in found.value]
    # Once in the form, once below the button.
    assert len(told) == 2


def test_no_backticks_stand_in_an_option_or_a_caption(home, page):
    app = unfolded(page("train.py"), "data")
    pick(app, "Data source", "parquet_lake")
    source = next(found for found in app.selectbox if found.label == "Data source")
    assert not [option for option in source.options if "`" in option or len(option) > 80]
    assert not [found.value for found in app.text if "`" in found.value]
