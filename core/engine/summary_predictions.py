"""What a summary says of the predictions: how many, what of, and how good beside the base rate's.

Every figure is of the rows that the model was scored on, none of the bars that only trained it. Of a model that learned
elsewhere the heading does not call them out of sample unless its file says so.
"""

from __future__ import annotations

from core.engine.implausible_results import high_auc_lines
from core.engine.summary_facts import PredictionFacts, TermsFacts
from core.engine.text_layout import labelled, number, percent, span

__all__ = ["prediction_lines"]

_CLOSE_TO_DIRECTION = 0.8
_UNSCORED = "so that it is not known whether they are better than knowing the base rate alone"


def prediction_lines(facts: PredictionFacts, terms: TermsFacts) -> list[str]:
    """Return the block of the predictions, its heading first."""
    sizes = f"{facts.n_rows:,} rows" + (f" of {facts.n_folds} folds" if facts.n_folds else ", all of one model")
    if facts.effective_sample_size is not None:
        pooled = facts.effective_sample_size_pooled
        as_one = f", {number(pooled, 0)} if the tickers move as one" if pooled is not None else ""
        sizes += f"; labels overlap, so the effective sample size is {number(facts.effective_sample_size, 0)}{as_one}"
    sample = "out of sample" if facts.are_a_test else "not known to be out of sample"
    heading = f"Predictions, {sample}, {span(facts.first_bar, facts.last_bar)}"
    if facts.skill is None and not facts.n_rows:
        reason = facts.unscored or "nobody has scored these predictions"
        return [heading, *labelled("Scores", f"none: {reason}, {_UNSCORED}")]
    lines = [heading, *labelled("Rows", sizes)]
    if facts.base_rate is not None:
        yes = " (yes)" if terms.question else ""
        lines += labelled("Base rate", f"{percent(facts.base_rate)} of the labels are 1{yes}")
    if facts.share_equal_to_sign is not None:
        close = facts.share_equal_to_sign >= _CLOSE_TO_DIRECTION
        at = f"at {terms.leverage:g}x " if terms.leverage is not None else ""
        remark = f": {at}the label is close to direction, whether the price rises" if close else ""
        lines += labelled("Label", f"{percent(facts.share_equal_to_sign)} equal the sign of the return{remark}")
    if facts.breach_share is not None:
        lines += labelled("Breaches", f"{percent(facts.breach_share, 2)} of the labelled positions meet a margin call")
    if (skill := facts.skill) is not None:
        said = skill.sentence(f"knowing {skill.reference} alone")
        both = f"{number(skill.own, skill.digits)}, {skill.reference}'s {number(skill.naive, skill.digits)}"
        lines += labelled("Brier score" if skill.measure == "Brier" else skill.measure, f"{both}: {said}")
    lines += [*_value_lines(facts), *_fold_lines(facts)]
    doubted = high_auc_lines(facts.auc, facts.n_rows, facts.effective_sample_size_pooled)
    return [*lines, *doubted] if facts.are_a_test else lines


def _value_lines(facts: PredictionFacts) -> list[str]:
    """Return what is said of a regression alone."""
    lines = []
    if facts.r2_out_of_sample is not None:
        lines += labelled("R2", f"{number(facts.r2_out_of_sample, 4)}, out of sample (0 is the training mean's)")
    if facts.rank_correlation is not None:
        lines += labelled("Rank corr.", f"{number(facts.rank_correlation, 3)} with the target")
    return lines


def _fold_lines(facts: PredictionFacts) -> list[str]:
    lines = []
    if facts.auc is not None:
        pooled = f"{number(facts.auc, 3)} over all rows" + (
            ", which mixes the folds' base rates" if facts.n_folds else ""
        )
        mean = f"{number(facts.auc_fold_mean, 3)} within a fold on average; " if facts.auc_fold_mean is not None else ""
        lines += labelled("AUC", f"{mean}{pooled} (0.5 is a coin's)")
    if facts.n_folds_at_base_rate and not facts.n_folds:
        lines += labelled("Silent model", "it says no more than its base rate: all rows get the same probability")
    elif facts.n_folds_at_base_rate:
        said = f"in {facts.n_folds_at_base_rate} of {facts.n_folds} folds the calibrated model says no more than its"
        lines += labelled("Silent folds", f"{said} base rate: all rows get the same probability")
    return lines
