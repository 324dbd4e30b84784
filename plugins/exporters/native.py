"""QLOP's own format: the model's folder in one zip file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    from qlop.engine import Compared


class Native(qlop.ExporterPlugin):
    """QLOP's own format: one zip file that predicts bit for bit as the original.

    It holds model.json (what the model is, and the SHA-256 of every file), calibration.json, examples.parquet and the
    model's own files. Equal models give equal bytes. The file is unpacked, loaded and asked for the example rows and
    10,000 more before it gets its name; predictions must be equal in every bit.
    """

    name = "native"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    file_suffix = ".qlop.zip"
    loading = (
        "unpack_model(file, empty_folder) of qlop.engine, check_outside_model(folder) where somebody else made the "
        "file, then load_fitted_model(folder, make_model), make_model giving an untrained model of the kind and params "
        "that model.json names; .predict(features) of what comes back"
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
        return qlop.ExportResult(
            path,
            compared.n_rows,
            compared.largest_difference,
            tolerance=0.0,
            largest_uncalibrated_difference=compared.largest_uncalibrated_difference,
        )

    def _compared(self, artifact: qlop.ModelArtifact, packed: Path) -> Compared:
        """Compare what the packed model predicts."""
        from qlop.engine import compare_copy, load_fitted_model, unpack_model

        def make_model() -> qlop.ModelPlugin:
            return artifact.model.untrained_copy()

        try:
            with TemporaryDirectory(prefix="qlop-export-") as folder:
                unpack_model(packed, Path(folder))
                copy = load_fitted_model(Path(folder), make_model)
                return compare_copy(artifact, copy.predict, 0.0, uncalibrated=copy.uncalibrated().predict)
        except qlop.DataError as error:
            raise qlop.ExportError(f"The exported model cannot be read back: {error}") from error
        except OSError as error:
            raise qlop.ExportError(
                f"The exported model cannot be read back in the folder for temporary files: {error}. Make room there, "
                "or name another one with TMPDIR."
            ) from error
