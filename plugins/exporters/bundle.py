"""One signed zip file that predicts alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class Bundle(qlop.ExporterPlugin):
    """One signed zip file with all that another machine needs: `qlop predict --bundle FILE --data FILE` runs it.

    It holds the model's files, the feature pipeline, the schema of its columns, its card, its licence, example rows
    with expected predictions, the SHA-256 of every file, and a signature of a key in your configuration folder. The
    file is opened again, believed, loaded, and compared on 10,000 rows; predictions must be equal in every bit.
    """

    name = "bundle"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    file_suffix = ".qlop-bundle.zip"
    loading = (
        "qlop predict --bundle FILE --data FILE, on any machine with QLOP; one that does not hold your key names its "
        "fingerprint with --trust-key"
    )

    class Params(qlop.Params):
        """Parameters of `bundle`."""

        licence: str = Field(
            default="",
            max_length=100_000,
            description="What its users may do with the model: LICENSE.txt. Empty: it says that nothing was stated.",
        )

    params: Params

    def export(self, artifact: qlop.ModelArtifact, path: Path) -> qlop.ExportResult:
        """Write `path`, read it back, compare its predictions. See the contract."""
        from qlop.engine import compare_copy, write_bundle

        if path.exists():
            raise qlop.ExportError(f"{path} exists already; name another file or remove it first.")
        unverified = path.with_name(f".{path.name}.unverified")
        try:
            write_bundle(artifact, unverified, licence=self.params.licence)
            compared = compare_copy(artifact, lambda features: _predicted(artifact, unverified, features), 0.0)
            unverified.replace(path)
        except OSError as error:
            raise qlop.ExportError(f"{path} cannot be written: {error}") from error
        except qlop.DataError as error:
            raise qlop.ExportError(f"The exported model cannot be read back: {error}") from error
        finally:
            unverified.unlink(missing_ok=True)
        return qlop.ExportResult(path, compared.n_rows, compared.largest_difference, 0.0)


def _predicted(artifact: qlop.ModelArtifact, path: Path, features: pd.DataFrame) -> pd.DataFrame:
    from qlop.engine import load_fitted_model, opened_bundle

    with opened_bundle(path) as bundle:
        fitted = load_fitted_model(bundle.folder / "model", artifact.model.untrained_copy)
        return fitted.predict(features)
