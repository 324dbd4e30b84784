"""The mode that looks at data before anything is learned from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    from qlop import MakesPlugins, RunConfig, RunContext, RunResult


class InspectData(qlop.OrchestratorPlugin):
    """Loads and checks data, and saves coverage, gaps, findings, features and their correlations."""

    name = "inspect_data"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"data"})
    light: ClassVar[bool] = True
    used_sections: ClassVar[frozenset[str] | None] = frozenset({"data", "features", "label", "broker"})
    tables: ClassVar[frozenset[str] | None] = frozenset({"coverage", "findings"})

    def check_config(self, config: RunConfig, make_plugin: MakesPlugins) -> None:
        """Refuse a label whose broker needs other prices; see the contract."""
        from qlop.engine import check_prices_fit_broker

        if config.label is not None:
            check_prices_fit_broker(config, make_plugin)

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load, check, describe; see the contract."""
        from qlop.engine import inspect_data, inspection_metrics, write_inspection_summary

        inspected = inspect_data(config, context)
        summary = write_inspection_summary(config.title or "QLOP", inspected)
        context.save_text("summary.txt", summary)
        return qlop.RunResult(
            metrics=inspection_metrics(inspected),
            tables={"coverage": inspected.coverage, "findings": inspected.findings},
            summary=summary,
        )
