"""The mode that backtests a trained run's predictions, or a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    import pandas as pd
    from qlop import RunConfig, RunContext, RunResult


class Backtest(qlop.OrchestratorPlugin):
    """Simulates a strategy on a trained run's out-of-sample predictions, or by its rule alone."""

    name = "backtest"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"data", "strategy"})

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load prices and predictions, simulate; see the contract."""
        from qlop.engine import backtest, open_market, summarise

        market = open_market(config, context)
        backtested = backtest(config, market, _predictions(config, context), context)
        summary = summarise(config, market, None, backtested)
        context.save_text("summary.txt", summary)
        main = backtested.results["strategy"]
        return qlop.RunResult(
            metrics=backtested.flat_metrics(),
            tables={"equity": main.equity, "trades": main.trades, "fills": main.fills, "costs": main.costs},
            summary=summary,
        )


def _predictions(config: RunConfig, context: RunContext) -> pd.DataFrame | None:
    import pandas as pd
    from qlop.engine import check_predictions_are_causal

    trained = config.backtest.predictions_run
    if trained is None:
        return None
    scheme = qlop.RunConfig.model_validate(context.config_of(trained)).splits.scheme
    check_predictions_are_causal(scheme, f"run {trained}")
    path = context.artifacts_of(trained) / "predictions.parquet"
    if not path.is_file():
        raise qlop.RunError(f"Run {trained} has no predictions; name a run of mode train or pipeline.")
    return pd.read_parquet(path)
