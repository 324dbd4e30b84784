"""The mode that exports a trained run's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    from qlop import ExporterPlugin, MakesPlugins, RunConfig, RunContext, RunResult


class Export(qlop.OrchestratorPlugin):
    """Writes a trained run's model in an exporter's format, reads it back and compares predictions."""

    name = "export"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"export"})
    used_sections: ClassVar[frozenset[str] | None] = frozenset({"export"})
    tables: ClassVar[frozenset[str] | None] = frozenset()

    def check_config(self, config: RunConfig, make_plugin: MakesPlugins) -> None:  # noqa: ARG002 - no plugin is asked
        """Refuse an export of nothing; see the contract."""
        _model_run(config)

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load the model, export it, report the comparison; see the contract."""
        from qlop.engine import open_model_artifact, told_of_alike_rows, write_export_summary

        export, model_run = config.export, _model_run(config)
        artifact = open_model_artifact(model_run, context)
        exporter: ExporterPlugin = context.plugin("exporters", export.exporter_type, export.exporter_params)
        folder = context.new_folder("export")
        result = exporter.export(artifact, folder / f"model{exporter.file_suffix}")
        size_bytes = result.path.stat().st_size
        context.save_folder("export", folder)
        if result.rows_compared:
            context.log("The export predicts as the original does", rows_compared=result.rows_compared)
        else:
            context.log("The export was not read back; nothing is known of how it predicts", level="warning")
        if result.remark:
            context.log(result.remark, level="warning")
        alike = told_of_alike_rows(artifact, result)
        if alike:
            context.log(f"Of the export {alike}", level="warning")
        summary = write_export_summary(
            config.title or "QLOP",
            result,
            model=artifact.model.name,
            model_run=model_run,
            file=f"artifacts/export/{result.path.name}",
            size_bytes=size_bytes,
            loading=exporter.loading,
            alike=alike,
        )
        context.save_text("summary.txt", summary)
        metrics: dict[str, float | None] = {
            "rows_compared": result.rows_compared,
            "largest_difference": result.largest_difference,
            "tolerance": result.tolerance,
        }
        if result.largest_uncalibrated_difference is not None:
            metrics["largest_uncalibrated_difference"] = result.largest_uncalibrated_difference
        return qlop.RunResult(metrics=metrics, summary=summary)


def _model_run(config: RunConfig) -> str:
    if config.export.model_run is None:
        raise qlop.ConfigError("export.model_run is missing. Name a trained run: qlop export-model --run RUN_ID")
    return config.export.model_run
