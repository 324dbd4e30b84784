"""Simulated prices: repeatable, prefix by prefix and ticker by ticker, and honest about what they hold."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import qlop
from pydantic import ValidationError
from qlop.testing import DataSourceContractSuite

from core.config.sections import LoadDataConfig
from core.engine.adjustment import adjust_panel
from core.engine.fingerprint import data_fingerprint
from core.engine.load import load_panel
from plugins.data_sources.synthetic import Synthetic

KINDS = ("gbm", "heston", "merton", "regime_switching", "garch")
DECADE = {"first_session": "2001-01-01", "last_session": "2010-12-31"}


def source(kind: str = "gbm", process: dict | None = None, **params: object) -> Synthetic:
    settings = {**DECADE, "process": {"kind": kind, **(process or {})}, **params}
    return Synthetic("synthetic", Synthetic.Params.model_validate(settings))


def load(
    kind: str = "gbm", tickers: list[str] | None = None, end: date | None = None, **params: object
) -> pd.DataFrame:
    return source(kind, **params).load_data(tickers, None, end, "1d")


def log_returns(panel: pd.DataFrame) -> pd.DataFrame:
    return np.log(panel["close"]).unstack().diff().dropna()


def refusal(**params: object) -> str:
    with pytest.raises(ValidationError) as caught:
        source(**params)
    return str(caught.value)


class TestSyntheticIsADataSource(DataSourceContractSuite):
    plugin_class = Synthetic
    unknown_ticker = "SYN9999"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(kind: str) -> None:
    first, again, other = (data_fingerprint(load(kind, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", KINDS)
def test_more_tickers_and_later_dates_change_no_other_bar(kind: str) -> None:
    events = {"dividend_yield_annual": 0.03, "split_above": 150.0, "with_state": True}
    few = load(kind, n_tickers=3, **events)
    many = load(kind, n_tickers=130, **events, last_session="2012-06-30")
    pd.testing.assert_frame_equal(few, many.loc[few.index], check_exact=True)
    alone = load(kind, ["SYN0129"], date(2004, 5, 6), n_tickers=130, **events, last_session="2012-06-30")
    assert len(alone) == len(pd.bdate_range("2001-01-01", "2004-05-06"))
    pd.testing.assert_frame_equal(alone, many.loc[alone.index], check_exact=True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_process_passes_the_door_and_holds_no_finding(kind: str) -> None:
    loaded = load_panel(source(kind), LoadDataConfig(data_source_type="synthetic"))
    assert len(loaded.panel) == 5 * len(pd.bdate_range("2001-01-01", "2010-12-31"))
    assert loaded.findings == ()


def test_tickers_correlate_as_said() -> None:
    correlations = log_returns(load(n_tickers=20, correlation=0.6)).corr().to_numpy()
    pairs = correlations[np.triu_indices(20, 1)]
    assert pairs.mean() == pytest.approx(0.6, abs=0.05)
    assert pairs.std() < 0.03
    alone = log_returns(load(n_tickers=20, correlation=0.0)).corr().to_numpy()
    assert alone[np.triu_indices(20, 1)].mean() == pytest.approx(0.0, abs=0.01)


def test_daily_returns_have_the_volatility_that_was_asked_for() -> None:
    returns = log_returns(load(n_tickers=50, process={"sigma": 0.3}, correlation=0.0))
    assert returns.to_numpy().std() * 252**0.5 == pytest.approx(0.3, rel=0.01)
    every_day = log_returns(load(n_tickers=50, process={"sigma": 0.3}, correlation=0.0, sessions="calendar_days"))
    assert every_day.to_numpy().std() * 365**0.5 == pytest.approx(0.3, rel=0.01)


def test_calendar_days_have_weekends_and_business_days_have_none() -> None:
    def weekdays(sessions: str) -> set[int]:
        return set(load(sessions=sessions).index.unique("timestamp").day_of_week)

    assert weekdays("calendar_days") == set(range(7))
    assert weekdays("business_days") == set(range(5))


def test_the_first_close_moves_from_the_initial_price() -> None:
    panel = load(process={"sigma": 1e-9, "mu": 0.0}, initial_price=40.0)
    assert panel["close"].to_numpy() == pytest.approx(np.full(len(panel), 40.0), rel=1e-6)


def test_opens_lie_away_from_the_close_before_by_the_overnight_share() -> None:
    panel = load(n_tickers=20, correlation=0.0, overnight_share=0.4)
    gaps = (np.log(panel["open"]).unstack() - np.log(panel["close"]).unstack().shift()).to_numpy()[1:]
    assert gaps.var() * 252 == pytest.approx(0.4 * 0.2**2, rel=0.03)
    continuous = load(overnight_share=0.0)
    before = continuous["close"].unstack().shift().to_numpy()[1:]
    assert continuous["open"].unstack().to_numpy()[1:] == pytest.approx(before, rel=1e-12)


def test_dividends_and_splits_turn_back_into_the_path_they_were_taken_from() -> None:
    plain = load("heston")
    events = load("heston", dividend_yield_annual=0.04, split_above=120.0)
    assert events["split"].value_counts()[2.0] >= 5
    assert events["dividend"].astype(bool).groupby(level="ticker").sum().tolist() == [2608 // 63] * 5
    total = adjust_panel(events, "total_return")
    expected = plain / plain.groupby(level="ticker").tail(1).droplevel("timestamp")
    found = total / total.groupby(level="ticker").tail(1).droplevel("timestamp")
    for column in ("open", "high", "low", "close"):
        assert found[column].to_numpy() == pytest.approx(expected[column].to_numpy(), rel=1e-9)


def test_a_year_of_dividends_is_the_yield() -> None:
    panel = load(process={"sigma": 1e-9, "mu": 0.0}, dividend_yield_annual=0.08, tickers=["SYN0001"])
    first_year = panel.iloc[:252]
    assert first_year["dividend"].sum() == pytest.approx(100 * (1 - 0.98**4), rel=1e-6)
    assert first_year["close"].iloc[-1] == pytest.approx(100 * 0.98**4, rel=1e-6)


def test_a_close_above_the_limit_is_followed_by_a_split() -> None:
    panel = load(process={"mu": 0.5}, split_above=130.0).unstack()
    close, split = panel["close"], panel["split"]
    assert ((close.shift() > 130.0) == (split == 2.0)).to_numpy().all()
    assert split.eq(2.0).to_numpy().sum() > 10


def test_regimes_are_shared_unless_they_are_said_not_to_be() -> None:
    shared = load("regime_switching", with_state=True)["regime"].unstack()
    assert shared.nunique(axis=1).eq(1).all()
    apart = load("regime_switching", with_state=True, process={"shared": False})
    assert apart["regime"].unstack().nunique(axis=1).eq(2).any()
    assert (apart["true_variance_annual"].groupby(apart["regime"]).nunique() == 1).all()


def test_what_markets_do_not_show_comes_only_when_it_is_asked_for() -> None:
    plain = load("heston")
    assert list(plain.columns) == [
        "open", "high", "low", "close", "volume", "dividend", "split", "risk_free_rate_annual",
    ]  # fmt: skip
    with_state = load("heston", with_state=True)
    assert (with_state["true_variance_annual"] >= 0.0).all()
    pd.testing.assert_frame_equal(with_state[plain.columns], plain, check_exact=True)


def test_the_rate_and_the_volume_are_as_said() -> None:
    panel = load(n_tickers=20, risk_free_rate_annual=0.035, mean_volume=50_000.0)
    assert (panel["risk_free_rate_annual"] == 0.035).all()
    assert panel["volume"].mean() == pytest.approx(50_000, rel=0.01)


def test_prices_beyond_what_numbers_hold_are_refused_with_ticker_and_session() -> None:
    with pytest.raises(qlop.DataError, match=r"close of SYN0001 at 21\d\d-\d\d-\d\d is .*last_session"):
        load(process={"mu": 2.0}, last_session="2140-01-01", n_tickers=1)


def test_dates_without_a_session_are_refused_with_those_that_are_simulated() -> None:
    with pytest.raises(qlop.DataError, match="it simulates 2001-01-01 to 2010-12-31"):
        source().load_data(None, date(2011, 1, 1), None, "1d")
    with pytest.raises(qlop.DataError, match="no session from 2004-03-06 to 2004-03-07"):
        source().load_data(None, date(2004, 3, 6), date(2004, 3, 7), "1d")


@pytest.mark.parametrize(
    ("process", "reason"),
    [
        ({"kind": "garch", "alpha": 0.2, "beta": 0.8}, r"alpha \+ beta is 1; it must be below 1"),
        ({"kind": "heston", "rho": -1.2}, "greater than or equal to -1"),
        ({"kind": "gbm", "sigma": 0.0}, "greater than 0"),
        ({"kind": "regime_switching", "transition_matrix": [[0.9, 0.1]]}, r"rows of \[2\] entries; 2 regimes need 2"),
        ({"kind": "regime_switching", "transition_matrix": [[0.9, 0.2], [0.1, 0.9]]}, r"row 0 .* adds up to 1.1"),
        (
            {"kind": "regime_switching", "transition_matrix": [[1, 0], [0.1, 0.9]]},
            "never leads from regime 0 to regime 1",
        ),
    ],
)
def test_a_process_that_is_none_is_refused(process: dict, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Synthetic.Params.model_validate({"process": process})


def test_spans_that_are_backward_or_too_long_are_refused() -> None:
    assert "last_session 2000-01-01 is before first_session 2001-01-01" in refusal(last_session="2000-01-01")
    assert "at most 20,000,000 are simulated" in refusal(n_tickers=9_999)
