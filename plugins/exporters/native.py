"""QLOP's own format: the model's folder in one zip file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    import pandas as pd


class Native(qlop.ExporterPlugin):
    """QLOP's own format: one zip file that predicts bit for bit as the original.

    It holds model.json (what the model is, and the SHA-256 of every file), calibration.json, examples.parquet and the
    model's own files. Equal models give equal bytes. The file is unpacked, loaded and asked for the example rows before
    it gets its name; predictions must be equal in every bit.
    """

    name = "native"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    file_suffix = ".qlop.zip"
    loading = (
        "unpack_model(file, empty_folder) of qlop.engine, then load_fitted_model(folder, make_model), make_model "
        "giving an untrained model of the kind and params that model.json names; .predict(features) of what comes back"
    )

    def export(self, artifact: qlop.ModelArtifact, path: Path) -> qlop.ExportResult:
        """Write `path`, read it back, compare its predictions. See the contract."""
        from qlop.engine import pack_model

        if path.exists():
            raise qlop.ExportError(f"{path} exists already; name another file or remove it first.")
        unverified = path.with_name(f".{path.name}.unverified")
        try:
            pack_model(artifact.folder, unverified)
            compared = self._compared(artifact, unverified)
            unverified.replace(path)
        except OSError as error:
            raise qlop.ExportError(f"{path} cannot be written: {error}") from error
        finally:
            unverified.unlink(missing_ok=True)
        return qlop.ExportResult(path, rows_compared=compared, largest_difference=0.0, tolerance=0.0)

    def _compared(self, artifact: qlop.ModelArtifact, packed: Path) -> int:
        """Return how many rows the packed model predicts exactly as expected."""
        from qlop.engine import load_fitted_model, unpack_model

        def make_model() -> qlop.ModelPlugin:
            return type(artifact.model)(artifact.model.name, artifact.model.params)

        with TemporaryDirectory(prefix="qlop-export-") as folder:
            try:
                unpack_model(packed, Path(folder))
                predicted = load_fitted_model(Path(folder), make_model).predict(artifact.example_features)
            except qlop.DataError as error:
                raise qlop.ExportError(f"The exported model cannot be read back: {error}") from error
        _refuse_differences(predicted, artifact.expected_predictions)
        return len(predicted)


def _refuse_differences(predicted: pd.DataFrame, expected: pd.DataFrame) -> None:
    import numpy as np

    if list(predicted.columns) != list(expected.columns) or not predicted.index.equals(expected.index):
        raise qlop.ExportError(
            f"The exported model predicts {len(predicted)} rows of {list(predicted.columns)}; expected were "
            f"{len(expected)} rows of {list(expected.columns)}."
        )
    found, wanted = predicted.to_numpy(dtype=np.float64), expected.to_numpy(dtype=np.float64)
    is_equal = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    if not is_equal.all():
        row, column = np.argwhere(~is_equal)[0]
        raise qlop.ExportError(
            f"The exported model predicts {predicted.columns[column]} {found[row, column]!r} at "
            f"{predicted.index[row]}; the original predicts {wanted[row, column]!r} ({int((~is_equal).sum())} values "
            "differ; none may)."
        )
