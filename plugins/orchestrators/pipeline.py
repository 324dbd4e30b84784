"""The mode that trains and backtests in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    from qlop import MakesPlugins, RunConfig, RunContext, RunResult


class Pipeline(qlop.OrchestratorPlugin):
    """Trains a model, backtests its out-of-sample predictions beside the baselines, and sums up."""

    name = "pipeline"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"data", "features", "label", "model", "strategy"})
    used_sections: ClassVar[frozenset[str] | None] = frozenset(
        {"data", "features", "label", "model", "splits", "strategy", "broker", "execution", "backtest"}
    )
    tables: ClassVar[frozenset[str] | None] = frozenset({"predictions", "equity", "trades", "fills", "costs"})

    def check_config(self, config: RunConfig, make_plugin: MakesPlugins) -> None:
        """Refuse what cannot be learned or simulated; see the contract."""
        from qlop.engine import (
            check_model_can_learn_label,
            check_predictions_are_causal,
            check_prices_fit_broker,
            check_strategies_fit_label,
        )

        check_predictions_are_causal(config.splits.scheme, "mode pipeline")
        check_model_can_learn_label(config, make_plugin)
        check_strategies_fit_label(config, make_plugin)
        check_prices_fit_broker(config, make_plugin)

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load, train, simulate, sum up; see the contract."""
        from qlop.engine import backtest, check_predictions_are_causal, open_market, summarise, train

        check_predictions_are_causal(config.splits.scheme, "mode pipeline")
        market = open_market(config, context)
        trained = train(config, market, context)
        backtested = backtest(config, market, trained.predictions, context)
        summary = summarise(config, market, trained, backtested, context=context)
        context.save_text("summary.txt", summary)
        main = backtested.results["strategy"]
        return qlop.RunResult(
            metrics={**trained.metrics, **backtested.flat_metrics()},
            tables={
                "predictions": trained.predictions,
                "equity": main.equity,
                "trades": main.trades,
                "fills": main.fills,
                "costs": main.costs,
            },
            summary=summary,
        )
