"""A whole PMML 4.4 document of a model: a chain of its scores and of what they amount to.

1. Each score is a segment of the chain, and gives a field; of joined models the segments that join them follow.
2. The last segment computes probabilities, calibration and payoff from these fields, and answers: a RegressionModel
   whose tables only hand the computed probabilities on, so that any reader names the likeliest class itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, indent

from core.base.errors import ExportError
from core.base.version import __version__
from core.engine.pmml.elements import element, mining_schema, rounding, xml_text
from core.engine.pmml.joined_segments import joined_segments
from core.engine.pmml.last_segment import LastScores, last_segment, outputs_of, target_name
from core.engine.pmml.pmml_model import PmmlModel
from core.engine.pmml.rounded_sums import score_bases
from core.engine.pmml.score_model import JoinedScores, in_doubles
from core.engine.pmml.tree_segments import score_model

__all__ = ["PmmlModel", "write_pmml"]

NAMESPACE = "http://www.dmg.org/PMML-4_4"


def write_pmml(model: PmmlModel, path: Path) -> None:
    """Write `model` as PMML 4.4; the same model gives the same bytes.

    Raises
    ------
    ExportError
        If a feature's name cannot be written, or is one of the outputs' names.
    OSError
        If the file cannot be written.
    """
    outputs = [entry.attrib["name"] for entry in outputs_of(model, "")]
    taken = sorted(set(model.features) & set(outputs))
    if taken:
        raise ExportError(f"PMML: {taken[0]!r} is a feature and what the model answers. Rename that feature step.")
    for name in model.features:
        xml_text(name)
    # On a steep step of an isotonic map the last digit of a score decides; elsewhere the roundings are only slow.
    is_exact = any(calibrator.kind == "isotonic" for calibrator in model.calibrators)
    model = model if is_exact else replace(model, scored=in_doubles(model.scored))
    prefix = _free_prefix(model.features)
    document = element(
        "PMML",
        _header(model),
        _data_dictionary(model, prefix),
        *([element("TransformationDictionary", rounding())] if is_exact else []),
        _chain(model, prefix),
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


def _header(model: PmmlModel) -> Element:
    application = element("Application", name="QLOP", version=__version__)
    return element("Header", application, description=xml_text(model.description))


def _data_dictionary(model: PmmlModel, prefix: str) -> Element:
    if model.classes:
        values = [element("Value", value=f"{label:g}") for label in model.classes]
        target = element("DataField", *values, name=target_name(prefix), optype="categorical", dataType="string")
    else:
        target = element("DataField", name=target_name(prefix), optype="continuous", dataType="double")
    fields = [element("DataField", name=name, optype="continuous", dataType="double") for name in model.features]
    return element("DataDictionary", target, *fields, numberOfFields=str(len(fields) + 1))


def _chain(model: PmmlModel, prefix: str) -> Element:
    segments, scores = _score_segments(model, prefix)
    chained = [
        element("Segment", element("True"), part, id=str(position))
        for position, part in enumerate([*segments, last_segment(model, scores, prefix)], start=1)
    ]
    return element(
        "MiningModel",
        mining_schema(model.features, target_name(prefix)),
        element("Segmentation", *chained, multipleModelMethod="modelChain"),
        modelName=xml_text(model.name),
        functionName="classification" if model.classes else "regression",
    )


def _score_segments(model: PmmlModel, prefix: str) -> tuple[list[Element], LastScores]:
    scored = model.scored
    if isinstance(scored, JoinedScores):
        is_value = not model.classes
        parts, names = joined_segments(scored, model.features, f"{prefix}_member", is_value=is_value)
        return parts, LastScores(names, [0.0] * len(names), "value" if is_value else "probability")
    names = [f"{prefix}_sum_{k}" for k in range(len(scored.scores))]
    parts = [score_model(score, model.features, name) for score, name in zip(scored.scores, names, strict=True)]
    return parts, LastScores(names, score_bases(scored.scores), scored.link, scored.is_single)
