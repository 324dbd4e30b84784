"""What stands beside the strategy, in words: who has more money, whose risk paid, what luck and few years show.

Whoever looks ahead is left out. Money within rounding is equal, and a curve that is another's is called that.
"""

from __future__ import annotations

from math import isclose

from core.engine.evidence import FEWEST_BARS, deflated_sharpe_ratio, detectable_sharpe_annual
from core.engine.summary_facts import StrategyFacts, SummaryFacts
from core.engine.text_layout import listed, number, percent

__all__ = ["honest_others", "luck_sentence", "money_sentence", "others_sentences", "power_sentence", "true_probability"]

_ROUNDING = 1e-9


def honest_others(facts: SummaryFacts) -> list[StrategyFacts]:
    """Return the baselines that do not look ahead, and the benchmark."""
    others = [*facts.baselines, *((facts.benchmark,) if facts.benchmark else ())]
    return [other for other in others if not other.looks_ahead]


def money_sentence(facts: SummaryFacts) -> str:
    """Say whom the strategy loses to in final equity, whether or not that proves anything; empty beside nobody."""
    own = facts.strategy.metrics.get("final_equity")
    names: dict[str, list[str]] = {"loses to": [], "equals": [], "beats": []}
    for other in honest_others(facts):
        equity = other.metrics.get("final_equity")
        if isinstance(own, (int, float)) and isinstance(equity, (int, float)):
            names[_outcome(own, equity)].append(other.name)
    parts = [f"{outcome} {listed(found)}" for outcome, found in names.items() if found]
    return f"In money, over these dates, it {listed(parts)}." if parts else ""


def others_sentences(facts: SummaryFacts) -> list[str]:
    """Say of each other how the Sharpe ratios differ, or why that cannot be said."""
    others = honest_others(facts)
    same = [other.name for other in others if other.is_same_curve]
    found = (
        [f"Its curve is that of {listed(same)} on every bar: whatever it decides, it comes to the same."]
        if same
        else []
    )
    return found + [_compared(facts.strategy, other) for other in others if not other.is_same_curve]


def luck_sentence(facts: SummaryFacts) -> str:
    """Say how likely the curve's own Sharpe ratio is above what luck gives the trials."""
    counted = (
        "1 trial, this run; what was tried before it is not known here"
        if facts.n_trials == 1
        else f"{facts.n_trials} trials"
    )
    if facts.sharpe is None:
        why = " takes no risk and" if facts.strategy.metrics.get("n_fills") == 0 else ""
        return f"Counted: {counted}. The curve{why} has no Sharpe ratio to judge."
    whose = "rule" if facts.predictions is None else "model"
    return (
        f"Counted: {counted}. The curve's own Sharpe ratio is above luck with a probability of "
        f"{percent(true_probability(facts))} (deflated Sharpe ratio). That says little for the {whose}: whoever held "
        f"these tickers has what they gave. What the {whose} adds is the difference to the baselines."
    )


def true_probability(facts: SummaryFacts) -> float:
    """Return the probability that the true Sharpe ratio is above what luck gives; 0 where there is none."""
    if facts.sharpe is None:
        return 0.0
    return deflated_sharpe_ratio(facts.sharpe, n_trials=facts.n_trials, sharpe_variance=facts.sharpe_variance)


def power_sentence(facts: SummaryFacts) -> str:
    """Say which Sharpe ratio so many years can find."""
    if facts.years <= 0.0:
        return ""
    needed = detectable_sharpe_annual(facts.years)
    return (
        f"{number(facts.years, 1)} years can show little: 80 % power at a level of 5 % needs a true annual Sharpe "
        f"ratio of {number(needed)}, before any deflation for trials."
    )


def _outcome(own: float, other: float) -> str:
    if isclose(own, other, rel_tol=_ROUNDING):
        return "equals"
    return "loses to" if other > own else "beats"


def _compared(strategy: StrategyFacts, other: StrategyFacts) -> str:
    found = other.comparison
    if found is None:
        return f"Beside {other.name}: too short to compare; both have fewer than {FEWEST_BARS} bars up to a ruin."
    relation = "above" if found.sharpe_difference_annual >= 0.0 else "below"
    judged = {"better": "all above 0", "worse": "all below 0", "no evidence": "which holds 0: no evidence"}[
        found.verdict
    ]
    return (
        f"Beside {other.name}: the Sharpe ratio of {strategy.name} is {number(abs(found.sharpe_difference_annual))} "
        f"{relation}; {percent(found.level, 0)} interval of the difference {found.sharpe_low:+.2f} to "
        f"{found.sharpe_high:+.2f}, {judged}."
    )
