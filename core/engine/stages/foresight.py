"""What a run's own features, labels and strategies would have said with the future cut off; each run asks them.

1. The latest bars of all tickers are taken: enough for the features' lookback, few enough to cost next to nothing.
2. In their later half a few bars are sampled by the run's seed, and everything is computed again up to each.
3. Where the past then says something else, the run ends: what it would report is no result.

What a falsifier cannot see stands in look_ahead.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.errors import DataError, LookAheadError
from core.engine.features import FeaturePipeline
from core.engine.look_ahead import check_label_end, check_no_look_ahead, check_signals
from core.engine.panel_index import position_of_timestamps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from core.contracts.feature_step import FeatureStepPlugin
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.run_context import RunContext
    from core.contracts.strategy import StrategyPlugin
    from core.engine.look_ahead import LookAheadCheck
    from core.engine.stages.market import Market

__all__ = ["check_features_and_labels", "check_strategy"]

_CUTS = 3
_BARS = 1_000
_ROWS = 30_000
_MOST_ROWS = 150_000


def check_features_and_labels(
    steps: Sequence[FeatureStepPlugin], labeler: LabelerPlugin, market: Market, context: RunContext
) -> None:
    """Refuse features and labels that change when later bars are removed.

    Parameters
    ----------
    steps : sequence of FeatureStepPlugin
        Instances of their own: those that learn are fitted on what is looked at.

    Raises
    ------
    LookAheadError
        If a value changes; the message names the feature or label, ticker and bar.
    """
    pipeline = FeaturePipeline(steps)
    panel, first_cut = _latest(market.panel, pipeline.lookback_bars)
    _tell(
        context,
        "features",
        lambda: check_no_look_ahead(pipeline.fit(panel), panel, _CUTS, context.seed, first_cut=first_cut),
    )
    _tell(
        context,
        "label",
        lambda: check_label_end(labeler, panel, market.terms_of(panel), _CUTS, context.seed, first_cut=first_cut),
    )


def check_strategy(
    name: str, strategy: StrategyPlugin, panel: pd.DataFrame, predictions: pd.DataFrame | None, context: RunContext
) -> None:
    """Refuse a strategy whose exposures change when later bars are removed, unless it says itself that it looks ahead.

    Parameters
    ----------
    panel : DataFrame
        As the strategy reads it, up to where it is traded.
    predictions : DataFrame or None
        As the strategy gets them.

    Raises
    ------
    LookAheadError
        If an exposure changes; the message names the strategy, ticker and bar.
    """
    if strategy.looks_ahead:
        return
    latest, first_cut = _latest(panel, 0)
    known = None if predictions is None else predictions[predictions.index.isin(latest.index)]
    _tell(
        context,
        f"strategy {name!r}",
        lambda: check_signals(strategy, latest, known, _CUTS, context.seed, first_cut=first_cut),
    )


def _latest(panel: pd.DataFrame, lookback_bars: int) -> tuple[pd.DataFrame, int]:
    """Return the latest bars, and the first of them that may be cut after: where features have values already."""
    bars, timestamps = position_of_timestamps(panel)
    tickers_a_bar = len(panel) / len(timestamps)
    wanted = max(min(_BARS, _ROWS / tickers_a_bar), min(lookback_bars + 64, _MOST_ROWS / tickers_a_bar), 2)
    n_bars = min(int(wanted), len(timestamps))
    return panel[bars >= len(timestamps) - n_bars], max(n_bars // 2, min(lookback_bars, n_bars - 2))


def _tell(context: RunContext, what: str, check: Callable[[], LookAheadCheck]) -> None:
    try:
        passed = check()
    except LookAheadError as error:
        raise LookAheadError(f"{what[0].upper()}{what[1:]}: {error}") from None
    except DataError as error:
        context.log(f"Not checked for look-ahead, {what}: over fewer bars there is an error: {error}", level="warning")
        return
    context.log(
        f"No look-ahead found, {what}: computed again with all bars after {len(passed.cuts)} sampled ones removed, "
        f"{passed.n_values:,} values are what they were"
    )
