"""PMML 4.4 for engines that score models without Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd
    from qlop.engine import Compared, PmmlModel

UNCALIBRATED = "uncalibrated: its probabilities are the model's own, and not those that QLOP predicts"
WRITTEN_OF = "PMML is written of sums of trees, linear models and ensembles of these alone"
OTHERS = "Choose onnx where it takes the model, else bundle or native."
UNREAD = "written without being read back (verify: false)"


class Pmml(qlop.ExporterPlugin):
    """PMML 4.4, one XML file: sums of trees (xgboost, lightgbm, random_forest), linear models, and ensembles of these.

    The file imputes, standardises, calibrates and says the payoff itself; what goes in are the features. It is read
    back by pypmml, an independent reader that needs Java, and compared on 10,000 rows with missing values; beyond the
    tolerance there is no file. Differences are shares of the column's largest value.
    """

    name = "pmml"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    file_suffix = ".pmml"
    loading = "pypmml.Model.fromFile(file).predict(records) in Python, or any engine that reads PMML 4.4"

    class Params(qlop.Params):
        """Parameters of `pmml`."""

        calibrated: bool = Field(
            default=True, description="Whether the calibration is written; false: probabilities are the model's own."
        )
        tolerance: float = Field(
            default=1e-5, gt=0.0, le=1e-2, description="Largest difference allowed, as a share of its column's largest."
        )
        verify: bool = Field(
            default=True,
            description="Whether the file is read back (pip install pypmml, and Java); false: nothing is known of it.",
        )

    params: Params

    def check(self) -> None:
        """Refuse where the independent reader is wanted and is not there. See the contract."""
        from qlop.engine import missing_for_reading

        lacking = missing_for_reading() if self.params.verify else ""
        if lacking:
            raise qlop.ExportError(f"verify: {lacking}. To write a file that nobody has read, set verify to false.")

    def check_model(self, model: qlop.ModelPlugin) -> None:
        """Refuse models that show neither a library's object nor members, and such members. See the contract."""
        if not _may_be_written(model):
            raise qlop.ExportError(f"{WRITTEN_OF}. {OTHERS}")
        for name, part in model.untrained_parts():
            _check_part(name, part)

    def export(self, artifact: qlop.ModelArtifact, path: Path) -> qlop.ExportResult:
        """Write `path`, read it back, compare its predictions. See the contract."""
        from qlop.engine import missing_for_reading, write_pmml

        if path.exists():
            raise qlop.ExportError(f"{path} exists already; name another file or remove it first.")
        lacking = missing_for_reading() if self.params.verify else ""
        if lacking:
            raise qlop.ExportError(
                f"{lacking}. To write a file that nobody has read, set export.exporter_params.verify to false."
            )
        unverified = path.with_name(f".{path.name}.unverified")
        try:
            write_pmml(self._model(artifact), unverified)
            compared = self._compared(artifact, unverified) if self.params.verify else None
            unverified.replace(path)
        except OSError as error:
            raise qlop.ExportError(f"{path} cannot be written: {error}") from error
        finally:
            unverified.unlink(missing_ok=True)
        remark, tolerance = self._remark(artifact), self.params.tolerance
        if compared is None:
            return qlop.ExportResult(path, 0, 0.0, tolerance, remark)
        return qlop.ExportResult(
            path,
            compared.n_rows,
            compared.largest_difference,
            tolerance,
            remark,
            compared.largest_uncalibrated_difference,
        )

    def _model(self, artifact: qlop.ModelArtifact) -> PmmlModel:
        from qlop.engine import PmmlModel, fitted_model_of, read_scores

        fitted, remark = fitted_model_of(artifact), self._remark(artifact)
        return PmmlModel(
            name=type(artifact.model).name,
            scored=read_scores(fitted.model),
            features=fitted.feature_columns,
            classes=fitted.classes,
            calibrators=fitted.calibrators if self.params.calibrated else (),
            payoff=fitted.payoff,
            description=f"A model of QLOP: {type(artifact.model).name}{f'; {remark}' if remark else ''}",
        )

    def _compared(self, artifact: qlop.ModelArtifact, path: Path) -> Compared:
        from qlop.engine import compare_copy, predict_by_pypmml

        try:
            return compare_copy(
                artifact,
                lambda features: predict_by_pypmml(path, features),
                self.params.tolerance,
                is_calibrated=self.params.calibrated,
                uncalibrated=lambda features: self._uncalibrated(artifact, path, features),
            )
        except qlop.ExportError as error:
            raise qlop.ExportError(f"{error}{_next_step(artifact, self.params)}") from error

    def _uncalibrated(self, artifact: qlop.ModelArtifact, path: Path, features: pd.DataFrame) -> pd.DataFrame:
        """Return what a file without the maps says, which the same code writes for the comparison alone."""
        from qlop.engine import predict_by_pypmml, write_pmml

        beside = path.with_name(f"{path.name}.uncalibrated")
        try:
            write_pmml(replace(self._model(artifact), calibrators=(), payoff=None), beside)
            return predict_by_pypmml(beside, features)
        finally:
            beside.unlink(missing_ok=True)

    def _remark(self, artifact: qlop.ModelArtifact) -> str:
        from qlop.engine import read_model_card

        is_uncalibrated = not self.params.calibrated and read_model_card(artifact.folder).task == "classification"
        return "; ".join([UNCALIBRATED] * is_uncalibrated + [UNREAD] * (not self.params.verify))


def _may_be_written(model: qlop.ModelPlugin) -> bool:
    base = qlop.ModelPlugin
    return (type(model).library_object, type(model).joined_models) != (base.library_object, base.joined_models)


def _check_part(name: str, part: qlop.ModelPlugin) -> None:
    for inner, found in part.untrained_parts():
        _check_part(f"{name}/{inner}", found)
    if not _may_be_written(part):
        raise qlop.ExportError(
            f"its member {name!r} is a model {type(part).name!r}, and {WRITTEN_OF}. Leave it out of the ensemble. "
            f"{OTHERS}"
        )


def _next_step(artifact: qlop.ModelArtifact, params: Pmml.Params) -> str:
    from qlop.engine import fitted_model_of

    if not params.calibrated or not any(step.kind == "isotonic" for step in fitted_model_of(artifact).calibrators):
        return ""
    return (
        " Its isotonic calibration rises in steps, and on a step the last digit of a score decides, which the "
        "library's exponential may round otherwise than the reader's. "
        "Set export.exporter_params.tolerance, or calibrated to false, or train with model.calibration platt."
    )
