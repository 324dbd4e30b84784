"""The mode inspect_data: its contract, its artifacts, what it refuses."""

import json

import pandas as pd
import pytest
from qlop.testing import OrchestratorContractSuite

from core.base.errors import ConfigError
from plugins.orchestrators.inspect_data import InspectData


class TestInspectData(OrchestratorContractSuite):
    plugin_class = InspectData


def artifact(outcome, name):
    return pd.read_parquet(outcome.folder / "artifacts" / f"{name}.parquet")


@pytest.fixture(scope="module")
def inspected(modes):
    """A completed inspection with features and a label."""
    config = {
        "title": "A look",
        "data": {
            "data_source_type": "sample",
            "tickers": ["AAPL", "IBM"],
            "start_date": "2006-01-03",
            "end_date": "2008-12-31",
        },
        "features": [
            {"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}}
        ],
        "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
    }
    outcome = modes.run("inspect_data", config)
    assert outcome.status == "completed", outcome.error
    return outcome


def test_prices_are_kept_as_the_engine_loads_them(inspected):
    prices = artifact(inspected, "prices")
    assert list(prices.columns[:5]) == ["open", "high", "low", "close", "volume"]
    facts = json.loads((inspected.folder / "artifacts" / "data.json").read_text(encoding="utf-8"))
    assert facts["n_rows"] == len(prices) == 2 * 755
    assert facts["tickers"] == ["AAPL", "IBM"]
    assert len(facts["fingerprint"]) == 64


def test_coverage_findings_and_gaps_are_tables_by_ticker(inspected):
    assert artifact(inspected, "coverage")["n_bars"].tolist() == [755, 755]
    assert artifact(inspected, "gaps").empty
    findings = artifact(inspected, "findings")
    assert set(findings["ticker"]) <= {"AAPL", "IBM"}
    assert inspected.metrics["n_findings"] == len(findings)


def test_features_and_target_are_correlated_on_the_rows_that_have_both(inspected):
    features, target = artifact(inspected, "features"), artifact(inspected, "target")["target"]
    table = artifact(inspected, "target_correlation").set_index(["feature", "ticker"])
    pair = pd.concat([features["mom_20"], target], axis=1).dropna()
    assert table.loc[("mom_20", "all tickers"), "n_rows"] == len(pair)
    expected = pair["mom_20"].rank().corr(pair["target"].rank())
    assert table.loc[("mom_20", "all tickers"), "correlation"] == pytest.approx(expected)
    assert set(artifact(inspected, "feature_correlation")["feature"]) == {"mom_5", "mom_20"}


def test_the_summary_says_what_was_loaded(inspected):
    assert "1,510 bars of 2 tickers, from 2006-01-03 to 2008-12-31" in " ".join(inspected.summary.split())


def test_prices_alone_are_enough(modes):
    outcome = modes.run("inspect_data", {"data": {"data_source_type": "sample", "tickers": ["FB"]}})
    assert outcome.status == "completed", outcome.error
    assert set(outcome.artifacts) == {"data", "prices", "coverage", "gaps", "findings", "summary.txt", "metrics.json"}


def test_a_label_whose_broker_counts_shares_refuses_adjusted_prices(modes, small):
    with pytest.raises(ConfigError, match="broker 'per_share' charges by the share"):
        modes.run("inspect_data", {**small, "broker": {"broker_type": "per_share"}})


def test_without_data_there_is_nothing_to_inspect(modes):
    with pytest.raises(ConfigError, match="needs the section 'data'"):
        modes.run("inspect_data", {"title": "Nothing"})
