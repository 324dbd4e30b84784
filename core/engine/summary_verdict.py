"""The verdict, in words, by a rule that is stated: no interval that leaves 0 out, no evidence.

0. Ruin comes first; then whether the model can tell what the label asks.
1. The strategy is compared with each baseline that does not look ahead, and with the benchmark.
2. It is evidence for the strategy only if it is better than all of them, its true Sharpe ratio is above what luck gives
   the trials that were made with a probability of 95 %, and its predictions beat the base rate's.
3. It is evidence against it if one of them is better. All else is no evidence, and says so.
4. Losing in money is said plainly, evidence or not; so is what so few years can show at all.
5. Nothing is evidence where a model is scored on bars that it may have learned from elsewhere, or where so few bars are
   there that no figure a year is told.
"""

from __future__ import annotations

from core.base.yearly_figures import FEWEST_BARS, too_few_bars
from core.engine.evidence import deflated_sharpe_ratio, detectable_sharpe_annual
from core.engine.summary_facts import StrategyFacts, SummaryFacts
from core.engine.text_layout import money, number, paragraph, percent

__all__ = ["verdict_lines"]

_CONFIDENCE = 0.95


def verdict_lines(facts: SummaryFacts) -> list[str]:
    """Return the verdict as indented lines."""
    sentences = [_headline(facts), _known_rows(facts), _answer(facts), _money(facts)]
    if _few_bars(facts) is None:
        sentences += [_compared(facts.strategy, other) for other in _judged(facts)]
        sentences += [_luck(facts), _power(facts)]
    return [line for sentence in sentences if sentence for line in paragraph(sentence)]


def _judged(facts: SummaryFacts) -> list[StrategyFacts]:
    others = [*facts.baselines, *((facts.benchmark,) if facts.benchmark else ())]
    return [other for other in others if other.comparison is not None and not other.looks_ahead]


def _headline(facts: SummaryFacts) -> str:
    others = _judged(facts)
    name = facts.strategy.name
    if facts.strategy.metrics.get("is_ruined"):
        day = f" on {facts.strategy.ruined_on:%Y-%m-%d}" if facts.strategy.ruined_on else ""
        owed = facts.strategy.metrics.get("debt_after_ruin")
        return f"RUINED: {name} has lost all of its equity{day} and owes {money(owed)}. Nothing else about it matters."
    if (n_bars := _few_bars(facts)) is not None:
        return f"NO EVIDENCE that {name} adds anything: {n_bars} bars are too few to judge, {FEWEST_BARS} the fewest."
    worse_than = [other.name for other in others if _verdict(other) == "worse"]
    if worse_than:
        return f"EVIDENCE AGAINST IT: {name} is worse than {_listed(worse_than)} for the risk taken."
    is_better = bool(others) and all(_verdict(other) == "better" for other in others)
    if is_better and _is_beyond_luck(facts) and _predicts(facts) and facts.is_test:
        return f"EVIDENCE: {name} is better than {_listed([other.name for other in others])} for the risk taken."
    reasons = []
    undecided = [other.name for other in others if _verdict(other) == "no evidence"]
    if undecided:
        reasons.append(f"the difference to {_listed(undecided)} may be chance")
    if not others:
        reasons.append("there is nothing to compare it with")
    if not _is_beyond_luck(facts):
        reasons.append("its own Sharpe ratio may be luck")
    if not _predicts(facts):
        reasons.append("its predictions are no better than the base rate")
    if not facts.is_test:
        reasons.append("its model may have learned from these very bars")
    return f"NO EVIDENCE that {name} adds anything: {_listed(reasons)}."


def _few_bars(facts: SummaryFacts) -> int | None:
    return too_few_bars(facts.strategy.metrics)


def _known_rows(facts: SummaryFacts) -> str:
    """Say where figures are no test, and what would make them one."""
    if facts.traded_model is not None:
        return facts.traded_model.warning("This backtest is", "traded")
    brought = facts.predictions.learned_elsewhere if facts.predictions else None
    return "" if brought is None else brought.warning()


def _answer(facts: SummaryFacts) -> str:
    """Say whether the model answers the question that the label asks."""
    scores = facts.predictions
    if scores is None or scores.brier is None or scores.base_rate_brier is None:
        return ""
    both = f"Brier {number(scores.brier, 4)} against {number(scores.base_rate_brier, 4)}"
    if not _predicts(facts):
        return f"Can the model tell when it is worth it? No: it does worse than the base rate alone ({both})."
    if not scores.are_a_test:
        return (
            f"Can the model tell when it is worth it? Not known: it does better than the base rate ({both}), untested."
        )
    return f"Can the model tell when it is worth it? It does better than the base rate alone ({both})."


def _verdict(other: StrategyFacts) -> str:
    return other.comparison.verdict if other.comparison is not None else "no evidence"


def _is_beyond_luck(facts: SummaryFacts) -> bool:
    return facts.sharpe is not None and _probability(facts) >= _CONFIDENCE


def _probability(facts: SummaryFacts) -> float:
    if facts.sharpe is None:
        return 0.0
    return deflated_sharpe_ratio(facts.sharpe, n_trials=facts.n_trials, sharpe_variance=facts.sharpe_variance)


def _predicts(facts: SummaryFacts) -> bool:
    scores = facts.predictions
    if scores is None or scores.brier is None or scores.base_rate_brier is None:
        return True
    return scores.brier < scores.base_rate_brier


def _money(facts: SummaryFacts) -> str:
    """Say whom the strategy loses to in final equity, whether or not that proves anything."""
    own = facts.strategy.metrics.get("final_equity")
    others = [*facts.baselines, *((facts.benchmark,) if facts.benchmark else ())]
    beaten_by = [
        other.name
        for other in others
        if not other.looks_ahead
        and isinstance(own, (int, float))
        and isinstance(equity := other.metrics.get("final_equity"), (int, float))
        and equity > own
    ]
    beats = [other.name for other in others if not other.looks_ahead and other.name not in beaten_by]
    parts = [f"loses to {_listed(beaten_by)}"] if beaten_by else []
    parts += [f"beats {_listed(beats)}"] if beats else []
    return f"In money, over these dates, it {' and '.join(parts)}." if parts else ""


def _compared(strategy: StrategyFacts, other: StrategyFacts) -> str:
    found = other.comparison
    if found is None:
        return ""
    relation = "above" if found.sharpe_difference_annual >= 0.0 else "below"
    judged = {"better": "all above 0", "worse": "all below 0", "no evidence": "which holds 0: no evidence"}[
        found.verdict
    ]
    return (
        f"Beside {other.name}: the Sharpe ratio of {strategy.name} is {number(abs(found.sharpe_difference_annual))} "
        f"{relation}; {percent(found.level, 0)} interval of the difference {found.sharpe_low:+.2f} to "
        f"{found.sharpe_high:+.2f}, {judged}."
    )


def _luck(facts: SummaryFacts) -> str:
    counted = (
        "1 trial, this run; what was tried before it is not known here"
        if facts.n_trials == 1
        else f"{facts.n_trials} trials"
    )
    if facts.sharpe is None:
        return f"Counted: {counted}. The curve has no Sharpe ratio to judge."
    return (
        f"Counted: {counted}. The curve's own Sharpe ratio is above luck with a probability of "
        f"{percent(_probability(facts))} (deflated Sharpe ratio). That says little for the model: whoever held these "
        "tickers has what they gave. What the model adds is the difference to the baselines."
    )


def _power(facts: SummaryFacts) -> str:
    if facts.years <= 0.0:
        return ""
    needed = detectable_sharpe_annual(facts.years)
    return (
        f"{number(facts.years, 1)} years can show little: 80 % power at a level of 5 % needs a true annual Sharpe "
        f"ratio of {number(needed)}, before any deflation for trials."
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
