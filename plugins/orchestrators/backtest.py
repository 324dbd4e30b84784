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
        from qlop.engine import backtest, open_market

        market = open_market(config, context)
        backtested = backtest(config, market, _predictions(config, context), context)
        main = backtested.results["strategy"]
        return qlop.RunResult(
            metrics=backtested.flat_metrics(),
            tables={"equity": main.equity, "trades": main.trades, "fills": main.fills, "costs": main.costs},
        )


def _predictions(config: RunConfig, context: RunContext) -> pd.DataFrame | None:
    import pandas as pd

    trained = config.backtest.predictions_run
    if trained is None:
        return None
    path = context.artifacts_of(trained) / "predictions.parquet"
    if not path.is_file():
        raise qlop.RunError(f"Run {trained} has no predictions; name a run of mode train or pipeline.")
    return pd.read_parquet(path)
