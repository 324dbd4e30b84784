"""One signed zip file that predicts alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    from qlop.engine import Compared


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
        from qlop.engine import write_bundle

        if path.exists():
            raise qlop.ExportError(f"{path} exists already; name another file or remove it first.")
        unverified = path.with_name(f".{path.name}.unverified")
        try:
            write_bundle(artifact, unverified, licence=self.params.licence)
            compared = _compared(artifact, unverified)
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
            0.0,
            largest_uncalibrated_difference=compared.largest_uncalibrated_difference,
        )


def _compared(artifact: qlop.ModelArtifact, path: Path) -> Compared:
    from qlop.engine import compare_copy, load_fitted_model, opened_bundle

    with opened_bundle(path) as bundle:
        copy = load_fitted_model(bundle.folder / "model", artifact.model.untrained_copy)
        return compare_copy(artifact, copy.predict, 0.0, uncalibrated=copy.uncalibrated().predict)
