"""How far the figures can be trusted, in words and as rows; only what the engine reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.base.yearly_figures import FEWEST_BARS
from core.ui.figures import with_minus

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["comparison_rows", "evidence_sentences", "ruin_sentence"]


def evidence_sentences(evidence: Mapping[str, Any] | None, *, n_bars: int) -> list[str]:
    """Return what the evidence of so many bars says about the strategy's own Sharpe ratio, a sentence or two each."""
    if n_bars < FEWEST_BARS:
        return [f"{n_bars} {'bar' if n_bars == 1 else 'bars'}: too few for a yearly figure and its interval."]
    if evidence is None:
        return ["This run kept no intervals. Run it again to have them."]
    sharpe = evidence.get("sharpe")
    if not isinstance(sharpe, Mapping):
        return ["The strategy takes no risk, or its returns do not vary, so that its Sharpe ratio is not defined."]
    level, trials = evidence["level"], sharpe["n_trials"]
    over = "over the risk-free rate" if evidence["is_over_risk_free"] else "over zero"
    counted = "1 trial, this run; what was tried before it is not known here" if trials == 1 else f"{trials:,} trials"
    annual, low, high = (with_minus(f"{sharpe[name]:.2f}") for name in ("annual", "low", "high"))
    own = f"Sharpe ratio {annual} a year {over}; {level:.0%} interval {low} to {high}, fat tails and skew included."
    deflated = (
        f"Deflated Sharpe ratio {sharpe['deflated_probability']:.1%}: the probability that the true Sharpe ratio is "
        f"above what luck gives the best of all trials. Counted: {counted}."
    )
    power = (
        f"So many bars find a true Sharpe ratio of {evidence['detectable_sharpe_annual']:.2f} a year in four of five "
        "cases; a smaller one mostly goes unseen."
    )
    return [own, deflated, power]


def comparison_rows(evidence: Mapping[str, Any] | None) -> pd.DataFrame | None:
    """Return the differences to each baseline and the benchmark as text; None where there are none.

    Returns
    -------
    DataFrame
        name, sharpe, sharpe_interval, growth, growth_interval, verdict.
    """
    import pandas as pd

    found = (evidence or {}).get("comparisons")
    return pd.DataFrame([_row(each) for each in found]) if found else None


def ruin_sentence(ruined_at: pd.Timestamp) -> str:
    """Return what a ruin at that bar means for the charts."""
    return (
        f"Equity was gone on {ruined_at:%Y-%m-%d}. What follows is a debt and no return: months, rolling figures and "
        "the distribution end there."
    )


def _row(found: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": str(found["name"]),
        "sharpe": with_minus(f"{found['sharpe_difference_annual']:+.2f}"),
        "sharpe_interval": with_minus(f"{found['sharpe_low']:+.2f} to {found['sharpe_high']:+.2f}"),
        "growth": with_minus(f"{found['return_difference_annual']:+.1%}"),
        "growth_interval": with_minus(f"{found['return_low']:+.1%} to {found['return_high']:+.1%}"),
        "verdict": "; ".join(
            f"{figure}: {_verdict(found[low], found[high])}"
            for figure, low, high in (("Sharpe", "sharpe_low", "sharpe_high"), ("return", "return_low", "return_high"))
        ),
    }


def _verdict(low: float, high: float) -> str:
    if low > 0.0:
        return "better"
    return "worse" if high < 0.0 else "no evidence"
