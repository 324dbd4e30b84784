"""The bundle of a model that reads earlier rows, asked about a table of features."""

import copy

import pandas as pd
import pytest

from core.base.errors import DataError, UsageError
from core.services.predict_bundle import predict_by_bundle
from core.services.run_mode import RunRequest, run_mode
from core.services.workbench import open_workbench

CONFIG = {
    "seed": 3,
    "thread_count": 1,
    "data": {
        "data_source_type": "sample",
        "tickers": ["AAPL", "IBM"],
        "start_date": "2006-01-03",
        "end_date": "2007-12-31",
    },
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
    "model": {
        "model_type": "lstm",
        "calibration": "off",
        "model_params": {"sequence_bars": 3, "hidden_width": 2, "epochs": 1, "batch_rows": 1000},
    },
    "splits": {"train_bars": 250, "test_bars": 100},
}


def completed(workbench, config):
    outcome = run_mode(workbench, RunRequest(config=config, owns_process=False))
    assert outcome.status == "completed", outcome.error
    return outcome


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Asks the bundle of a trained LSTM about a frame of features, written as CSV."""
    place = tmp_path_factory.mktemp("lstm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QLOP_CONFIG_DIR", str(place / "configuration"))
        workbench = open_workbench(place / "home")
        trained = completed(workbench, {**copy.deepcopy(CONFIG), "mode": "train"})
        export = {"mode": "export", "export": {"model_run": trained.run_id, "exporter_type": "bundle"}}
        bundle = completed(workbench, export).folder / "artifacts" / "export" / "model.qlop-bundle.zip"

        def ask(frame, **params):
            frame.to_csv(place / "rows.csv", index=False)
            return predict_by_bundle(workbench, bundle, place / "rows.csv", params=params)

        yield ask


def rows():
    days = pd.bdate_range("2010-01-04", periods=6).strftime("%Y-%m-%d")
    return pd.DataFrame({"date": days, "symbol": "AAPL", "mom_5": [0.1, 0.0, -0.1, 0.2, 0.05, 0.1]})


def test_the_rows_order_does_not_matter_since_each_says_when_it_is(asked):
    found = asked(rows()).table
    turned = asked(rows().iloc[::-1]).table
    pd.testing.assert_frame_equal(found, turned.iloc[::-1].reset_index(drop=True))
    assert found["probability_1"].nunique() > 1


def test_dates_written_otherwise_are_refused_until_it_is_said_how(asked):
    days_first = rows().assign(date=pd.to_datetime(rows()["date"]).dt.strftime("%d/%m/%Y"))
    with pytest.raises(DataError, match=r"rows\.csv, line 2, column 'date': '04/01/2010' is no ISO date"):
        asked(days_first)
    found = asked(days_first, timestamp_format="%d/%m/%Y").table
    assert found["probability_1"].tolist() == asked(rows()).table["probability_1"].tolist()


def test_a_row_that_is_there_twice_is_refused(asked):
    with pytest.raises(DataError, match="AAPL at 2010-01-11 00:00 appears twice"):
        asked(pd.concat([rows(), rows().tail(1)]))


def test_a_table_without_times_is_refused_in_a_users_words(asked):
    with pytest.raises(DataError, match="the model reads the bars before each row, so that the table needs one column"):
        asked(rows()[["mom_5"]])


def test_other_parameters_of_prices_are_refused(asked):
    with pytest.raises(UsageError, match=r"names 'price_adjustment', and rows\.csv is a table of the model's features"):
        asked(rows(), price_adjustment="raw")


def test_tickers_that_it_did_not_learn_from_are_told(asked):
    notes = asked(rows().assign(symbol="OURS")).notes
    assert notes[-1] == "The model did not learn from OURS; it learned from AAPL, IBM."


def test_histories_cross_no_ticker_and_those_that_are_short_are_told(asked):
    others = rows().assign(symbol="OURS", mom_5=[9.0, -9.0, 9.0, -9.0, 9.0, -9.0])
    together = asked(pd.concat([rows(), others]).sort_values(["date", "symbol"]))
    for own in (rows(), others):
        beside = together.table[together.table["symbol"] == own["symbol"].iloc[0]].reset_index(drop=True)
        alone = asked(own)
        pd.testing.assert_frame_equal(beside, alone.table)
        assert "The model reads the last 3 rows of a ticker, and 2 of 6 rows have fewer: a history begins" in str(
            alone.notes
        )
    assert "and 4 of 12 rows have fewer" in str(together.notes)


def test_bars_that_prices_lack_are_told_and_rows_out_of_order_refused(asked):
    days = pd.bdate_range("2010-01-04", periods=40)
    prices = pd.DataFrame({"date": days.repeat(2).strftime("%Y-%m-%d"), "ticker": ["AAPL", "IBM"] * 40})
    prices = prices.assign(open=10.0, high=12.0, low=9.0, close=[10.0 + k % 7 / 7 for k in range(80)], volume=1e5)
    holed = prices[~((prices["ticker"] == "IBM") & prices["date"].between("2010-01-20", "2010-01-29"))]
    found = asked(holed, price_adjustment="total_return")
    assert "8 bars are missing on days on which other tickers traded, the first of IBM at 2010-01-20." in found.notes
    assert "and anew after 1 hole of more than 7 days" in str(found.notes)
    with pytest.raises(DataError, match=r"a ticker's rows go from old to new\. Sort the file"):
        asked(prices.iloc[::-1], price_adjustment="total_return")
