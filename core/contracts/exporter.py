"""The contract of exporters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.model import ModelPlugin
    from core.contracts.run_result import MetricValue

__all__ = ["ExportResult", "ExporterPlugin", "ModelArtifact"]


@dataclass(frozen=True)
class ModelArtifact:
    """A trained model with what is needed to use and to check it.

    Attributes
    ----------
    model : ModelPlugin
        The trained model, without calibration.
    folder : Path
        The run's model folder: the model's own files, `calibration.json` and `model.json` (model type, params,
        feature columns, task).
    example_features : DataFrame
        Rows to verify the export on, some with missing values.
    expected_predictions : DataFrame
        What the calibrated model predicts for them.
    """

    model: ModelPlugin
    folder: Path
    example_features: pd.DataFrame
    expected_predictions: pd.DataFrame
    metadata: Mapping[str, MetricValue] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportResult:
    """What was written and how far its predictions are from the original's.

    Attributes
    ----------
    path : Path
        The file.
    rows_compared : int
        Rows that an independent reader predicted; 0 where the file was not read back, as a person had asked.
    largest_difference, tolerance : float
        What was found and what is allowed.
    remark : str
        What whoever uses the file has to know, such as that its probabilities are not calibrated; mostly empty.
    largest_uncalibrated_difference : float or None
        The same before the calibration, where that hides the model's scores (at its base rate all rows are predicted
        alike, whatever the model says); None where it was not compared.
    """

    path: Path
    rows_compared: int
    largest_difference: float
    tolerance: float
    remark: str = ""
    largest_uncalibrated_difference: float | None = None


class ExporterPlugin(Plugin):
    """A format that a model can leave QLOP in.

    Promises: the file is read back and predicts within the stated tolerance, or it does not exist.

    Attributes
    ----------
    file_suffix : str
        With its dot, such as ".onnx".
    loading : str
        How a person loads the file, in a sentence; empty leaves it out of the run's summary.
    """

    file_suffix: str
    loading: ClassVar[str] = ""

    def check_model(self, model: ModelPlugin) -> None:
        """Refuse a kind of model that cannot be written so, before a run begins; nothing is refused by default.

        Parameters
        ----------
        model : ModelPlugin
            Made with the trained model's params, and not trained. What depends on its training is left to `export`.

        Raises
        ------
        ExportError
            If no model of this kind can be written.
        """
        del model

    @abstractmethod
    def export(self, artifact: ModelArtifact, path: Path) -> ExportResult:
        """Write `path`, read it back, compare its predictions.

        Raises
        ------
        ExportError
            If the model cannot be written so, or predictions differ by more than the tolerance; no file is left.
        StoreError
            If there is no room for temporary files; no file is left.
        """
