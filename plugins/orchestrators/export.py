"""The mode that exports a trained run's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    from qlop import ExporterPlugin, RunConfig, RunContext, RunResult


class Export(qlop.OrchestratorPlugin):
    """Writes a trained run's model in an exporter's format, reads it back and compares predictions."""

    name = "export"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"export"})

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load the model, export it, report the comparison; see the contract."""
        from qlop.engine import open_model_artifact

        export = config.export
        if export.model_run is None:
            raise qlop.ConfigError("export.model_run is missing. Name a trained run: qlop export-model --run RUN_ID")
        artifact = open_model_artifact(export.model_run, context)
        exporter: ExporterPlugin = context.plugin("exporters", export.exporter_type, export.exporter_params)
        folder = context.new_folder("export")
        result = exporter.export(artifact, folder / f"model{exporter.file_suffix}")
        context.save_folder("export", folder)
        context.log("The export predicts as the original does", rows_compared=result.rows_compared)
        return qlop.RunResult(
            metrics={
                "rows_compared": result.rows_compared,
                "largest_difference": result.largest_difference,
                "tolerance": result.tolerance,
            }
        )
