"""The summary of a training run alone: how good the predictions are, beside a forecast that knows only the base rate.

Equal figures give equal text. What is not a figure of the run is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.engine.finding_lines import finding_lines
from core.engine.implausible_results import high_auc_lines
from core.engine.skill import skill_of
from core.engine.text_layout import labelled, number, paragraph, percent

if TYPE_CHECKING:
    from core.contracts.run_result import MetricValue
    from core.engine.learned_elsewhere import LearnedElsewhere

__all__ = ["TrainingFacts", "write_training_summary"]

_OF_AUC = ("auc", "n_rows", "effective_sample_size_pooled")


@dataclass(frozen=True)
class TrainingFacts:
    """What the summary is written from.

    Attributes
    ----------
    model, label : str
        Names of the plugins, as the config has them.
    tickers : tuple of str
        Of the prices.
    first_bar, last_bar : date
        Of the out-of-sample predictions.
    metrics : mapping
        Out-of-sample scores, as training returns them.
    learned_elsewhere : LearnedElsewhere or None
        Of a model that came with what it knows.
    findings : tuple of str
        What looks odd in the prices, in sentences.
    """

    title: str
    model: str
    label: str
    tickers: tuple[str, ...]
    first_bar: date
    last_bar: date
    metrics: Mapping[str, MetricValue]
    learned_elsewhere: LearnedElsewhere | None = None
    findings: tuple[str, ...] = ()


def write_training_summary(facts: TrainingFacts) -> str:
    """Return the summary as text of at most 96 columns, ending with a line end."""
    scores = facts.metrics
    lines = _value_lines(scores) if _figure(scores, "rmse") is not None else _class_lines(scores)
    warning = facts.learned_elsewhere.warning() if facts.learned_elsewhere else ""
    sample = "not known to be out of sample" if warning else "out of sample"
    blocks = [
        [facts.title, "=" * len(facts.title)],
        [
            "Model",
            *labelled("Model", f"{facts.model}, trained on label {facts.label}"),
            *labelled("Tickers", ", ".join(facts.tickers)),
            *finding_lines(facts.findings),
        ],
        [
            f"Predictions, {sample}, {facts.first_bar:%Y-%m-%d} to {facts.last_bar:%Y-%m-%d}",
            *labelled("Rows", _rows(scores)),
            *lines,
            *([] if warning else high_auc_lines(*(_figure(scores, name) for name in _OF_AUC))),
        ],
        ["Verdict", *paragraph(warning), *paragraph(_verdict(scores, is_test=not warning))],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _rows(scores: Mapping[str, MetricValue]) -> str:
    text = f"{number(_figure(scores, 'n_rows'), 0)} rows of {number(_figure(scores, 'n_folds'), 0)} folds"
    effective, pooled = (_figure(scores, f"effective_sample_size{end}") for end in ("", "_pooled"))
    if effective is None:
        return text
    as_one = f", {number(pooled, 0)} if the tickers move as one" if pooled is not None else ""
    return f"{text}; labels overlap, so the effective sample size is {number(effective, 0)}{as_one}"


def _class_lines(scores: Mapping[str, MetricValue]) -> list[str]:
    base_rate, mean_auc = _figure(scores, "base_rate"), _figure(scores, "auc_fold_mean")
    lines = labelled("Base rate", f"{percent(base_rate)} of the labels are of the highest class")
    both = f"{number(_figure(scores, 'brier'), 4)}, the base rate's {number(_figure(scores, 'base_rate_brier'), 4)}"
    lines += labelled("Brier score", f"{both} (less is better)")
    mean = f"{number(mean_auc, 3)} within a fold on average; " if mean_auc is not None else ""
    if _figure(scores, "auc") is not None:
        lines += labelled("AUC", f"{mean}{number(_figure(scores, 'auc'), 3)} over all rows (0.5 is a coin's)")
    silent = _figure(scores, "n_folds_at_base_rate")
    if silent:
        lines += labelled("Silent folds", f"{number(silent, 0)}, where all rows get the same probability")
    if _figure(scores, "is_final_model_at_base_rate"):
        lines += labelled("Kept model", "calibration left it at the base rate: all rows get the same probability")
    return lines


def _value_lines(scores: Mapping[str, MetricValue]) -> list[str]:
    both = f"{number(_figure(scores, 'rmse'), 5)}, that of the training mean {number(_figure(scores, 'base_rmse'), 5)}"
    lines = labelled("RMSE", f"{both} (less is better)")
    lines += labelled("R2", f"{number(_figure(scores, 'r2_out_of_sample'), 4)}, out of sample (0 is the mean's)")
    return lines + labelled("Rank corr.", f"{number(_figure(scores, 'rank_correlation'), 3)} with the target")


def _verdict(scores: Mapping[str, MetricValue], *, is_test: bool) -> str:
    skill = skill_of(scores)
    if skill is None:
        return "There is no score: no row has both a target and a prediction."
    said = skill.sentence(f"{skill.reference} alone")
    asked = "That they pay is another question: backtest them."
    asked = asked if is_test else "Whether they are so on bars that the model has not seen is not known."
    return f"{said[0].upper()}{said[1:]}." + (f" {asked}" if skill.is_better else "")


def _figure(scores: Mapping[str, MetricValue], name: str) -> float | None:
    value = scores.get(name)
    return float(value) if isinstance(value, (int, float)) else None
