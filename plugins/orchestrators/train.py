"""The mode that trains a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    from qlop import RunConfig, RunContext, RunResult


class Train(qlop.OrchestratorPlugin):
    """Trains a model by the config's splits and keeps its out-of-sample predictions."""

    name = "train"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"data", "features", "label", "model"})

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load, label, train; see the contract."""
        from qlop.engine import open_market, train

        trained = train(config, open_market(config, context), context)
        return qlop.RunResult(
            metrics=trained.metrics, tables={"predictions": trained.predictions, "fold_scores": trained.fold_scores}
        )
