"""The `pmml` exporter writes an ensemble as one chain, read by pypmml, or names the member that it cannot write."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import qlop
from qlop.engine import read_scores
from qlop.testing import make_training_data

from core.testing.example_model import LeastSquares
from plugins.exporters.pmml import Pmml
from plugins.models.linear import Linear
from plugins.models.lstm import LSTM
from plugins.models.mlp import MLP

INNER = {
    "model_type": "ensemble",
    "model_params": {"members": [{"model_type": "xgboost", "model_params": {"n_estimators": 5}}], "method": "stacking"},
}


CALIBRATION = {0: None, 2: "platt", 3: "isotonic"}


def exported(artifact: qlop.ModelArtifact, folder: Path, **params: object) -> qlop.ExportResult:
    return Pmml("pmml", Pmml.Params(**params)).export(artifact, folder / "model.pmml")


@pytest.mark.parametrize(
    ("n_classes", "params"),
    [
        (0, {"method": "average"}),
        (0, {"method": "stacking", "members": [{"model_type": "linear"}]}),
        (3, {"method": "stacking"}),
        (2, {"method": "average", "members": [INNER, {"model_type": "linear"}]}),
    ],
    ids=["an average of values", "values stacked", "classes stacked", "an ensemble within"],
)
def test_pypmml_predicts_from_the_file_what_the_ensemble_predicts(
    make_ensemble, n_classes: int, params: dict, tmp_path: Path
) -> None:
    result = exported(make_ensemble(n_classes, CALIBRATION[n_classes], **params), tmp_path)
    assert result.rows_compared == 10_064
    assert 0.0 <= result.largest_difference <= 1e-5
    assert result.path.is_file()


@pytest.mark.parametrize(("weight", "method"), [(1.0, "average"), (3.0, "weightedAverage")])
def test_an_average_is_written_as_one(make_ensemble, weight: float, method: str, tmp_path: Path) -> None:
    members = [{"model_type": "linear", "weight": weight}, {"model_type": "linear"}]
    result = exported(make_ensemble(3, members=members), tmp_path, verify=False)
    parts = ET.parse(result.path).getroot().iter("{http://www.dmg.org/PMML-4_4}Segmentation")
    methods = Counter(part.attrib["multipleModelMethod"] for part in parts)
    assert methods == {"modelChain": 1, method: 3}


def test_a_difference_beyond_the_tolerance_leaves_no_file(make_ensemble, tmp_path: Path) -> None:
    artifact = make_ensemble(0)
    expected = artifact.expected_predictions.copy()
    expected.iloc[7, 0] += 1.0
    with pytest.raises(qlop.ExportError, match=r"predicts prediction .* in row 7 .* may differ by 1e-05"):
        exported(replace(artifact, expected_predictions=expected), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


class Bare(LeastSquares):
    """A model of no library."""

    def library_object(self) -> None:
        return None


@pytest.mark.parametrize("final", [None, Bare("bare", Bare.Params())])
def test_a_member_that_cannot_be_written_is_refused_by_name(final: qlop.ModelPlugin | None) -> None:
    linear = Linear("linear", Linear.Params())
    linear.train(make_training_data("classification"), None, qlop.TrainContext("classification"))
    member = linear if final else Bare("bare", Bare.Params())
    name = "final_model" if final else "odd"

    class Joined(Linear):
        def joined_models(self) -> qlop.JoinedModels:
            return qlop.JoinedModels(("linear", "odd"), (linear, member), (0.5, 0.5), final)

    message = (
        f"The ensemble's member '{name}' cannot be written. PMML: model 'least_squares' is of none of the libraries"
    )
    with pytest.raises(qlop.ExportError, match=message):
        read_scores(Joined("joined", Joined.Params()))


@pytest.mark.parametrize(
    ("model", "advice"),
    [
        (MLP("mlp", MLP.Params()), r"Use onnx, native or bundle\.$"),
        (LSTM("lstm", LSTM.Params()), r"Use onnx, native or bundle\.$"),
        (Bare("bare", Bare.Params()), r"ensembles of these\. Use native or bundle\.$"),
    ],
)
def test_formats_are_advised_that_take_the_model(model: qlop.ModelPlugin, advice: str) -> None:
    with pytest.raises(qlop.ExportError, match=advice):
        read_scores(model)


@pytest.mark.parametrize(
    ("member", "advice"),
    [
        (MLP("mlp", MLP.Params()), r"Use onnx, native or bundle\.$"),
        (LSTM("lstm", LSTM.Params()), r"ensembles of these\. Use native or bundle\.$"),
    ],
)
def test_onnx_is_not_advised_for_an_ensemble_with_a_member_that_reads_windows(
    member: qlop.ModelPlugin, advice: str
) -> None:
    class Joined(Linear):
        def joined_models(self) -> qlop.JoinedModels:
            return qlop.JoinedModels(("odd",), (member,), (1.0,), None)

    with pytest.raises(qlop.ExportError, match=advice):
        read_scores(Joined("joined", Joined.Params()))
