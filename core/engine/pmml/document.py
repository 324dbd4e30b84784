"""A whole PMML 4.4 document of a model: a chain of its scores and of what they amount to.

1. Each score is a segment of the chain, and gives a field.
2. The last segment computes probabilities, calibration and payoff from these fields, and answers: a RegressionModel
   whose tables only hand the computed probabilities on, so that any reader names the likeliest class itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, indent

from core.base.errors import ExportError
from core.base.version import __version__
from core.engine.model_columns import probability_column
from core.engine.pmml.answers import calibrated_fields, mapped, probability_fields
from core.engine.pmml.elements import apply, constant, derived, element, field, mining_schema, output, xml_text
from core.engine.pmml.score_model import TreeScore
from core.engine.pmml.tree_segments import score_model

if TYPE_CHECKING:
    from core.engine.calibration import Calibrator
    from core.engine.fitted_model import PayoffMap
    from core.engine.pmml.score_model import ScoreModel

__all__ = ["PmmlModel", "write_pmml"]

NAMESPACE = "http://www.dmg.org/PMML-4_4"


@dataclass(frozen=True)
class PmmlModel:
    """What a document says.

    Attributes
    ----------
    name : str
        Of the model.
    scored : ScoreModel
        Its scores.
    features : tuple of str
        What it is fed, in order.
    classes : tuple of float
        Ascending; empty for a regression.
    calibrators : tuple of Calibrator
        As a FittedModel has them; empty leaves the probabilities the model's own.
    payoff : PayoffMap or None
        As a FittedModel has it.
    description : str
        A sentence for the header.
    """

    name: str
    scored: ScoreModel
    features: tuple[str, ...]
    classes: tuple[float, ...] = ()
    calibrators: tuple[Calibrator, ...] = ()
    payoff: PayoffMap | None = None
    description: str = ""


def write_pmml(model: PmmlModel, path: Path) -> None:
    """Write `model` as PMML 4.4; the same model gives the same bytes.

    Raises
    ------
    ExportError
        If a feature's name cannot be written, or is one of the outputs' names.
    OSError
        If the file cannot be written.
    """
    outputs = [entry.attrib["name"] for entry in _outputs(model, "")]
    taken = sorted(set(model.features) & set(outputs))
    if taken:
        raise ExportError(f"PMML: {taken[0]!r} is a feature and what the model answers. Rename that feature step.")
    for name in model.features:
        xml_text(name)
    document = element(
        "PMML",
        _header(model),
        _data_dictionary(model),
        _chain(model, _free_prefix(model.features)),
        xmlns=NAMESPACE,
        version="4.4",
    )
    indent(document, " ")
    with path.open("wb") as file:
        ElementTree(document).write(file, encoding="UTF-8", xml_declaration=True)
        file.write(b"\n")


def _free_prefix(features: Sequence[str]) -> str:
    """Return a beginning of names that no feature has."""
    prefix = "model"
    while any(name.startswith(prefix) for name in features):
        prefix = f"_{prefix}"
    return prefix


def _target(model: PmmlModel) -> str:
    return f"{_free_prefix(model.features)}_target"


def _header(model: PmmlModel) -> Element:
    application = element("Application", name="QLOP", version=__version__)
    return element("Header", application, description=xml_text(model.description))


def _data_dictionary(model: PmmlModel) -> Element:
    if model.classes:
        values = [element("Value", value=f"{label:g}") for label in model.classes]
        target = element("DataField", *values, name=_target(model), optype="categorical", dataType="string")
    else:
        target = element("DataField", name=_target(model), optype="continuous", dataType="double")
    fields = [element("DataField", name=name, optype="continuous", dataType="double") for name in model.features]
    return element("DataDictionary", target, *fields, numberOfFields=str(len(fields) + 1))


def _chain(model: PmmlModel, prefix: str) -> Element:
    names = [f"{prefix}_sum_{k}" for k in range(len(model.scored.scores))]
    parts = zip(model.scored.scores, names, strict=True)
    segments = [score_model(score, model.features, name) for score, name in parts]
    chained = [
        element("Segment", element("True"), part, id=str(position))
        for position, part in enumerate([*segments, _last_segment(model, names, prefix)], start=1)
    ]
    return element(
        "MiningModel",
        mining_schema(model.features, _target(model)),
        element("Segmentation", *chained, multipleModelMethod="modelChain"),
        modelName=xml_text(model.name),
        functionName="classification" if model.classes else "regression",
    )


def _last_segment(model: PmmlModel, names: Sequence[str], prefix: str) -> Element:
    fields, tables = _classification(model, names, prefix) if model.classes else _regression(model, names, prefix)
    if model.payoff is not None:
        # Payoffs are judged by the highest class, or by the value.
        score = f"{prefix}_raw_{len(names) - 1}"
        fields.append(derived(f"{prefix}_payoff", mapped(model.payoff.calibrator, score)))
    children = [
        mining_schema(names, _target(model)),
        element("Output", *_outputs(model, prefix)),
        element("LocalTransformations", *fields),
        *tables,
    ]
    if not model.classes:
        return element("RegressionModel", *children, functionName="regression")
    return element("RegressionModel", *children, functionName="classification", normalizationMethod="none")


def _bases(model: PmmlModel) -> list[float]:
    return [score.base if isinstance(score, TreeScore) else 0.0 for score in model.scored.scores]


def _regression(model: PmmlModel, names: Sequence[str], prefix: str) -> tuple[list[Element], list[Element]]:
    fields = probability_fields(names, _bases(model), "value", prefix)
    term = element("NumericPredictor", name=f"{prefix}_raw_0", coefficient="1")
    return fields, [element("RegressionTable", term, intercept="0")]


def _classification(model: PmmlModel, names: Sequence[str], prefix: str) -> tuple[list[Element], list[Element]]:
    raw = [f"{prefix}_raw_{k}" for k in range(len(names))]
    fields = probability_fields(names, _bases(model), model.scored.link, prefix)
    fields += calibrated_fields(model.calibrators, raw, prefix)
    answers = [f"{prefix}_probability_{k}" for k in range(len(names))]
    if len(names) == 1:
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


def _outputs(model: PmmlModel, prefix: str) -> list[Element]:
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
