"""What a folded group says about itself."""

import pytest

from core.services.presets import preset_config
from core.ui.config_form.groups import GROUPS
from core.ui.config_form.summaries import summary_of

READY = preset_config("leverage_opportunity")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("data", "sample: all tickers, 2000-03-01 to 2013-03-01, 1d"),
        ("features", "mom, vol, range_vol, drawdown, rsi, ma, volume, mom_rank"),
        ("model", "xgboost"),
        ("splits", "walk_forward, 756, 126"),
        ("execution", "next_open, every_bar, fractional"),
        ("backtest", "3 baselines, against NASDAQ"),
        ("sinks", "the run's own folder"),
        ("export", "native"),
        ("title", "Leverage opportunity, pooled stocks at 2x"),
    ],
)
def test_a_ready_config_is_told_in_a_few_words(section, words):
    assert summary_of(section, READY) == words


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.section)
def test_an_empty_draft_has_a_summary_for_every_group(group):
    assert group.summary({})


def test_a_long_title_is_cut():
    assert summary_of("title", {"title": "x" * 200}) == "x" * 59 + "…"


@pytest.mark.parametrize(
    ("by_default", "told"), [(("SPY",), "SPY"), ((), "no tickers yet"), (None, "all tickers"), (("A" * 30,), "A" * 23)]
)
def test_a_source_says_itself_what_it_loads_where_no_ticker_is_named(by_default, told):
    raw = {"data": {"data_source_type": "feed"}}
    assert summary_of("data", raw, lambda source: by_default).startswith(f"feed: {told}")
