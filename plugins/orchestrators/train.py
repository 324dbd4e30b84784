"""The mode that trains a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    from qlop import MakesPlugins, RunConfig, RunContext, RunResult
    from qlop.engine import Market, Trained, TrainingFacts


class Train(qlop.OrchestratorPlugin):
    """Trains a model by the config's splits and keeps its out-of-sample predictions."""

    name = "train"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"data", "features", "label", "model"})
    used_sections: ClassVar[frozenset[str] | None] = frozenset(
        {"data", "features", "label", "model", "splits", "broker"}
    )
    tables: ClassVar[frozenset[str] | None] = frozenset({"predictions", "fold_scores"})

    def check_config(self, config: RunConfig, make_plugin: MakesPlugins) -> None:
        """Refuse what cannot be learned; see the contract."""
        from qlop.engine import check_model_can_learn_label, check_prices_fit_broker

        check_model_can_learn_label(config, make_plugin)
        check_prices_fit_broker(config, make_plugin)

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load, label, train; see the contract."""
        from qlop.engine import open_market, train, write_training_summary

        market = open_market(config, context)
        trained = train(config, market, context)
        summary = write_training_summary(_facts(config, market, trained))
        context.save_text("summary.txt", summary)
        return qlop.RunResult(
            metrics=trained.metrics,
            tables={"predictions": trained.predictions, "fold_scores": trained.fold_scores},
            summary=summary,
        )


def _facts(config: RunConfig, market: Market, trained: Trained) -> TrainingFacts:
    from qlop.engine import TrainingFacts

    timestamps = trained.predictions.index.get_level_values("timestamp")
    return TrainingFacts(
        title=config.title or "QLOP",
        model=config.model.model_type if config.model else "",
        label=config.label.labeler_type if config.label else "",
        tickers=tuple(market.panel.index.unique(level="ticker")),
        first_bar=timestamps.min().date(),
        last_bar=timestamps.max().date(),
        metrics=trained.metrics,
        learned_elsewhere=trained.learned_elsewhere,
        findings=market.findings,
    )
