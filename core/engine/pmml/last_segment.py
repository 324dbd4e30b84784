"""The last segment of a document's chain: from scores to probabilities, calibration and payoff, and the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from core.engine.model_columns import probability_column
from core.engine.pmml.answers import calibrated_fields, mapped, probability_fields
from core.engine.pmml.elements import apply, constant, derived, element, field, mining_schema, output

if TYPE_CHECKING:
    from core.engine.pmml.pmml_model import PmmlModel
    from core.engine.pmml.score_model import Link

__all__ = ["LastScores", "last_segment", "outputs_of", "target_name"]


@dataclass(frozen=True)
class LastScores:
    """Fields that the last segment starts from: their names, what is added to each, and their link."""

    names: list[str]
    bases: list[float]
    link: Link
    is_single: bool = False


def target_name(prefix: str) -> str:
    """Return the name of what the model predicts, which is no feature's."""
    return f"{prefix}_target"


def last_segment(model: PmmlModel, scores: LastScores, prefix: str) -> Element:
    """Return the segment, which reads the fields that `scores` names."""
    fields = probability_fields(scores.names, scores.bases, scores.link, prefix, is_single=scores.is_single)
    answered, tables = (_classification if model.classes else _regression)(model, len(scores.names), prefix)
    fields += answered
    if model.payoff is not None:
        # Payoffs are judged by the highest class, or by the value.
        score = f"{prefix}_raw_{len(scores.names) - 1}"
        fields.append(derived(f"{prefix}_payoff", mapped(model.payoff.calibrator, score)))
    children = [
        mining_schema(scores.names, target_name(prefix)),
        element("Output", *outputs_of(model, prefix)),
        element("LocalTransformations", *fields),
        *tables,
    ]
    if not model.classes:
        return element("RegressionModel", *children, functionName="regression")
    return element("RegressionModel", *children, functionName="classification", normalizationMethod="none")


def _regression(_model: PmmlModel, _n_scores: int, prefix: str) -> tuple[list[Element], list[Element]]:
    term = element("NumericPredictor", name=f"{prefix}_raw_0", coefficient="1")
    return [], [element("RegressionTable", term, intercept="0")]


def _classification(model: PmmlModel, n_scores: int, prefix: str) -> tuple[list[Element], list[Element]]:
    raw = [f"{prefix}_raw_{k}" for k in range(n_scores)]
    fields = calibrated_fields(model.calibrators, raw, prefix)
    answers = [f"{prefix}_probability_{k}" for k in range(n_scores)]
    if n_scores == 1:
        other = f"{prefix}_probability_of_lower"
        fields.append(derived(other, apply("-", constant(1.0), field(answers[0]))))
        answers = [other, *answers]
    tables = [
        element(
            "RegressionTable",
            element("NumericPredictor", name=name, coefficient="1"),
            intercept="0",
            targetCategory=f"{label:g}",
        )
        for label, name in zip(model.classes, answers, strict=True)
    ]
    return fields, tables


def outputs_of(model: PmmlModel, prefix: str) -> list[Element]:
    """Return the fields that a document answers with."""
    if model.classes:
        told = element(
            "OutputField", name="prediction", optype="categorical", dataType="string", feature="predictedValue"
        )
        outputs = [
            told,
            *(output(probability_column(k), "probability", value=f"{k:g}") for k in model.classes),
        ]
    else:
        outputs = [output("prediction", "predictedValue")]
    if model.payoff is not None:
        outputs += [
            output("payoff_probability", "transformedValue", field(f"{prefix}_payoff")),
            output("payoff_gain", "transformedValue", constant(model.payoff.gain)),
            output("payoff_loss", "transformedValue", constant(model.payoff.loss)),
        ]
    return outputs
