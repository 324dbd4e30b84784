"""The verdict, in words, by a rule that is stated: no interval that leaves 0 out, no evidence.

0. Ruin comes first; then whether the model can tell what the label asks.
1. The strategy is compared with each baseline that does not look ahead, and with the benchmark.
2. It is evidence for the strategy only if it is better than all of them, its true Sharpe ratio is above what luck gives
   the trials that were made with a probability of 95 %, and its predictions, whoever made them, are known to beat the
   base rate's beyond chance, of a regression the training mean's.
3. It is evidence against it if one of them is better. All else is no evidence, and says so.
4. Losing in money is said plainly, evidence or not; so is what so few years can show at all.
5. Nothing is evidence where a model is scored on bars that it may have learned from elsewhere, or where so few bars are
   there that no figure a year is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.yearly_figures import FEWEST_BARS, too_few_bars
from core.engine.summary_comparisons import (
    honest_others,
    luck_sentence,
    money_sentence,
    others_sentences,
    power_sentence,
    true_probability,
)
from core.engine.summary_facts import StrategyFacts, SummaryFacts
from core.engine.text_layout import listed, money, paragraph

if TYPE_CHECKING:
    from core.engine.skill import Skill

__all__ = ["verdict_lines"]

_CONFIDENCE = 0.95


def verdict_lines(facts: SummaryFacts) -> list[str]:
    """Return the verdict as indented lines."""
    sentences = [_headline(facts), _known_rows(facts), _answer(facts), money_sentence(facts)]
    if too_few_bars(facts.strategy.metrics) is None:
        sentences += [*others_sentences(facts), luck_sentence(facts), power_sentence(facts)]
    return [line for sentence in sentences if sentence for line in paragraph(sentence)]


def _headline(facts: SummaryFacts) -> str:
    others = honest_others(facts)
    name = facts.strategy.name
    if facts.strategy.metrics.get("is_ruined"):
        day = f" on {facts.strategy.ruined_on:%Y-%m-%d}" if facts.strategy.ruined_on else ""
        owed = facts.strategy.metrics.get("debt_after_ruin")
        return f"RUINED: {name} has lost all of its equity{day} and owes {money(owed)}. Nothing else about it matters."
    if (n_bars := too_few_bars(facts.strategy.metrics)) is not None:
        return f"NO EVIDENCE that {name} adds anything: {n_bars} bars are too few to judge, {FEWEST_BARS} the fewest."
    worse_than = [other.name for other in others if _verdict(other) == "worse"]
    if worse_than:
        return f"EVIDENCE AGAINST IT: {name} is worse than {listed(worse_than)} for the risk taken."
    reasons = _missing(facts, others)
    if reasons:
        return f"NO EVIDENCE that {name} adds anything: {listed(reasons)}."
    return f"EVIDENCE: {name} is better than {listed([other.name for other in others])} for the risk taken."


def _missing(facts: SummaryFacts, others: list[StrategyFacts]) -> list[str]:
    """Return what evidence for the strategy would need and does not have."""
    same = [other.name for other in others if other.is_same_curve]
    short = [other.name for other in others if other.comparison is None and not other.is_same_curve]
    undecided = [other.name for other in others if _verdict(other) == "no evidence" and not other.is_same_curve]
    is_cash = facts.strategy.metrics.get("n_fills") == 0
    reasons = (
        (bool(undecided), f"the difference to {listed(undecided)} may be chance"),
        (bool(same), f"its curve is that of {listed(same)}"),
        (bool(short), f"it is too short to compare with {listed(short)}"),
        (not others, "there is nothing to compare it with"),
        (is_cash, "it has taken no risk"),
        (not is_cash and true_probability(facts) < _CONFIDENCE, "its own Sharpe ratio may be luck"),
        (bool(_unskilled(facts)), _unskilled(facts)),
        (not facts.is_test, "its model may have learned from these very bars"),
    )
    return [reason for holds, reason in reasons if holds]


def _unskilled(facts: SummaryFacts) -> str:
    """Say that the predictions have no skill, or none that anybody knows of; empty where they have, and without any."""
    if facts.predictions is None:
        return ""
    skill = facts.predictions.skill
    if skill is None:
        return "it is not known whether its predictions beat the base rate"
    return skill.lack


def _known_rows(facts: SummaryFacts) -> str:
    """Say where figures are no test, and what would make them one."""
    if facts.traded_model is not None:
        return facts.traded_model.warning("This backtest is", "traded")
    brought = facts.predictions.learned_elsewhere if facts.predictions else None
    return "" if brought is None else brought.warning()


def _answer(facts: SummaryFacts) -> str:
    """Say whether the model answers the question that the label asks."""
    if facts.predictions is None:
        return ""
    asked = "Can the model tell what its label asks?"
    skill = facts.predictions.skill
    if skill is None:
        return f"{asked} Not known: nobody has scored these predictions beside the base rate."
    return f"{asked} {_told(skill, is_test=facts.predictions.are_a_test)}"


def _told(skill: Skill, *, is_test: bool) -> str:
    figures = "; ".join(filter(None, (skill.scores, skill.interval)))
    alone = f"{skill.reference} alone"
    if skill.is_better and not is_test:
        return f"Not known: it does better than {skill.reference} ({figures}), untested."
    said = {
        "silent": f"No: it tells no row from another ({skill.scores}).",
        "better": f"It does better than {alone}, beyond chance ({figures}).",
        "perhaps": f"Not known: that it does better than {alone} may be chance ({figures}).",
        "unmeasured": f"Not known: it does better than {alone} ({figures}), whether by chance nobody can tell.",
        "not better": f"No: it does no better than {alone} ({figures}).",
        "worse": f"No: it does worse than {alone}, beyond chance ({figures}).",
    }
    return said[skill.standing]


def _verdict(other: StrategyFacts) -> str | None:
    return None if other.comparison is None else other.comparison.verdict
