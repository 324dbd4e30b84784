"""What a summary is written from: plain facts, so that the prose can be tested without a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from core.engine.learned_elsewhere import LearnedElsewhere
from core.engine.skill import skill_of

if TYPE_CHECKING:
    from core.contracts.run_result import MetricValue
    from core.engine.evidence import Comparison, SharpeSample
    from core.engine.skill import Skill

__all__ = ["DataFacts", "PredictionFacts", "StrategyFacts", "SummaryFacts", "TermsFacts"]


@dataclass(frozen=True)
class DataFacts:
    """Which prices; `left_out` is ticker to bars, `survivorship` empty where the sample has no such flaw.

    `findings` are what looks odd in them, in sentences; with `is_adjustment_doubted` some of it speaks against the
    adjustment that the source tells.
    """

    source: str
    tickers: tuple[str, ...]
    first_bar: date
    last_bar: date
    n_bars: int
    adjustment: str = "total_return"
    left_out: Mapping[str, int] = field(default_factory=dict)
    survivorship: str = ""
    findings: tuple[str, ...] = ()
    is_adjustment_doubted: bool = False


@dataclass(frozen=True)
class TermsFacts:
    """What was asked of the label, the strategy, the broker and the execution; None where there is no such thing.

    `question` is what the model's label asks, in words, and `leverage` the label's; empty and None where no model is
    asked. `base_rate_annual` is the rate that the broker's parameters state; None takes the panel's. `strategy` names
    the strategy and its parameters.
    """

    question: str = ""
    leverage: float | None = None
    fee_bps: float = 0.0
    fee_per_share: float = 0.0
    slippage_bps: float = 0.0
    debit_spread_annual: float = 0.0
    initial_long: float = 0.5
    maintenance_long: float = 0.25
    fill: str = "next_open"
    rebalance: str = "on_change"
    initial_cash: float = 100_000.0
    is_unfunded: bool = False
    base_rate_annual: float | None = None
    account: str = "cross"
    margin_check: str = "adverse_extreme"
    initial_short: float = 0.5
    maintenance_short: float = 0.3
    borrow_fee_annual: float = 0.0
    has_shorts: bool = False
    strategy: str = ""


@dataclass(frozen=True)
class PredictionFacts:
    """Out-of-sample predictions; figures are None where undefined, and where nobody scored them.

    Attributes
    ----------
    n_folds : int
        0 where one model made them all.
    n_rows : int
        Rows that were scored.
    brier, base_rate_brier : float or None
        Of a classifier, and of the base rate alone.
    rmse, base_rmse, r2_out_of_sample, rank_correlation : float or None
        Of a regression, and of the mean of the training rows alone.
    skill_low, skill_high : float or None
        Between which their skill beside these lies with 95 % confidence.
    effective_sample_size, effective_sample_size_pooled : float or None
        Labels that do not overlap, with tickers taken as independent, and as one.
    share_equal_to_sign, breach_share : float or None
        Of the labels of these rows, those that equal the sign of the return before costs, and those whose position
        meets a margin call.
    auc_fold_mean : float or None
        Mean over the folds; `auc` is over all rows, whatever their fold.
    n_folds_at_base_rate : int
        Folds whose predictions are all the same.
    learned_elsewhere : LearnedElsewhere or None
        Of a model that came with what it knows, from bars that this run did not choose.
    unscored : str
        Why nobody scored them, where that is known.
    """

    first_bar: date
    last_bar: date
    n_folds: int
    n_rows: int
    base_rate: float | None
    brier: float | None
    base_rate_brier: float | None
    auc: float | None
    share_equal_to_sign: float | None = None
    breach_share: float | None = None
    effective_sample_size: float | None = None
    effective_sample_size_pooled: float | None = None
    auc_fold_mean: float | None = None
    n_folds_at_base_rate: int = 0
    rmse: float | None = None
    base_rmse: float | None = None
    r2_out_of_sample: float | None = None
    rank_correlation: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    learned_elsewhere: LearnedElsewhere | None = None
    unscored: str = ""

    @property
    def are_a_test(self) -> bool:
        """Whether the model is known not to have learned from the bars that it is scored on."""
        return self.learned_elsewhere is None or self.learned_elsewhere.is_test

    @property
    def skill(self) -> Skill | None:
        """How they do beside a forecast that knows no feature; None where nobody knows."""
        return skill_of(vars(self))


@dataclass(frozen=True)
class StrategyFacts:
    """One line of the table.

    Attributes
    ----------
    name : str
        As the config names it.
    metrics : mapping
        Of compute_metrics.
    comparison : Comparison or None
        The judged strategy less this one; None for itself, and where they have too few bars in common.
    looks_ahead : bool
        Kept out of the verdict.
    is_price_index : bool
        A benchmark without dividends.
    ruined_on : date or None
        When its equity was gone.
    curtailed : int
        Orders that the initial margin scaled down or refused.
    is_same_curve : bool
        Whether its equity is the judged strategy's on every bar.
    """

    name: str
    metrics: Mapping[str, MetricValue]
    comparison: Comparison | None = None
    looks_ahead: bool = False
    is_price_index: bool = False
    ruined_on: date | None = None
    curtailed: int = 0
    is_same_curve: bool = False


@dataclass(frozen=True)
class SummaryFacts:
    """Everything that the summary says.

    Attributes
    ----------
    strategy : StrategyFacts
        The one that is judged.
    baselines : tuple of StrategyFacts
        Simulated beside it, under the same terms and dates.
    benchmark : StrategyFacts or None
        Bought and held without costs.
    first_bar, last_bar : date
        Of the backtest.
    predictions : PredictionFacts or None
        Those that were traded, of a model that this run trained, or that another run or a file brought; None where the
        strategy goes by its rule.
    traded_model : LearnedElsewhere or None
        Of a model that another run or a file brought, and that had come there with what it knows.
    years : float
        How long the backtest is, for the statement on power.
    sharpe : SharpeSample or None
        Of the judged strategy, per bar.
    n_trials, sharpe_variance : int, float
        Effective trials of the research that led here, and the variance of their Sharpe ratios per bar.
    sharpe_is_over_risk_free : bool
        Whether Sharpe ratios are over the risk-free rate, or over zero.
    unpredicted : tuple of str
        What of the prices no prediction decides, in sentences.
    results_at : str
        Where the results lie; empty leaves the line out.
    """

    title: str
    data: DataFacts
    terms: TermsFacts
    strategy: StrategyFacts
    first_bar: date
    last_bar: date
    years: float
    baselines: tuple[StrategyFacts, ...] = ()
    benchmark: StrategyFacts | None = None
    predictions: PredictionFacts | None = None
    traded_model: LearnedElsewhere | None = None
    sharpe: SharpeSample | None = None
    n_trials: int = 1
    sharpe_variance: float = 0.0
    sharpe_is_over_risk_free: bool = False
    unpredicted: tuple[str, ...] = ()
    results_at: str = ""

    @property
    def is_test(self) -> bool:
        """Whether no model is known to be judged by bars that it may have learned from elsewhere."""
        of_predictions = self.predictions is None or self.predictions.are_a_test
        return of_predictions and (self.traded_model is None or self.traded_model.is_test)
