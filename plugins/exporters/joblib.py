"""A signed joblib file with the library's own trained object."""

from __future__ import annotations

from pathlib import Path

import qlop

TOLERANCE = 1e-6


class Joblib(qlop.ExporterPlugin):
    """A joblib file for Python: the library's own trained object, signed.

    The object is what scikit-learn, XGBoost or LightGBM made, in a dictionary with the features in order, the classes,
    the calibration and example rows. Loading such a file runs what is in it, so it bears a signature of a key in your
    configuration folder, and QLOP reads it only where that key, or one that you name, has signed these very bytes. It
    is read back and compared on 10,000 rows.
    """

    name = "joblib"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    file_suffix = ".joblib"
    loading = (
        "read_signed_joblib(file) of qlop.engine checks the signature, then gives .fitted.predict(features) with the "
        "calibration, and .library_object, scikit-learn's or a booster. joblib.load(file) checks nothing: it runs "
        "whatever the file holds"
    )

    def check_model(self, model: qlop.ModelPlugin) -> None:
        """Refuse models that show no library's object. See the contract."""
        if type(model).library_object is qlop.ModelPlugin.library_object:
            raise qlop.ExportError(
                "it shows no trained object of a library that joblib could keep. Choose onnx where it takes the "
                "model, else bundle or native."
            )

    def export(self, artifact: qlop.ModelArtifact, path: Path) -> qlop.ExportResult:
        """Write `path`, read it back, compare its predictions. See the contract."""
        from qlop.engine import compare_copy, read_signed_joblib, write_signed_joblib

        if path.exists():
            raise qlop.ExportError(f"{path} exists already; name another file or remove it first.")
        unverified = path.with_name(f".{path.name}.unverified")
        try:
            write_signed_joblib(artifact, unverified)
            copy = read_signed_joblib(unverified).fitted
            compared = compare_copy(artifact, copy.predict, TOLERANCE, uncalibrated=copy.uncalibrated().predict)
            unverified.replace(path)
        except OSError as error:
            raise qlop.ExportError(f"{path} cannot be written: {error}") from error
        except qlop.DataError as error:
            raise qlop.ExportError(f"The exported model cannot be read back: {error}") from error
        finally:
            unverified.unlink(missing_ok=True)
        return qlop.ExportResult(
            path,
            compared.n_rows,
            compared.largest_difference,
            TOLERANCE,
            largest_uncalibrated_difference=compared.largest_uncalibrated_difference,
        )
