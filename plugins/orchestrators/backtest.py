"""The mode that backtests a trained run's predictions, a model's file, or a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import qlop

if TYPE_CHECKING:
    import pandas as pd
    from qlop import MakesPlugins, RunConfig, RunContext, RunResult
    from qlop.engine import BroughtPredictions, LearnedElsewhere, Market, ModelFileOrigin, PredictionOrigin


class Backtest(qlop.OrchestratorPlugin):
    """Simulates a strategy on out-of-sample predictions, or by its rule alone.

    The predictions are a trained run's: their bars must all be among the prices, and where that run had other data all
    the same, the log and the summary say so. Or the model of a file makes them: only of bars after those it learned
    from, which the log and the summary name.
    """

    name = "backtest"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    required_sections: ClassVar[frozenset[str]] = frozenset({"data", "strategy"})
    used_sections: ClassVar[frozenset[str] | None] = frozenset({"data", "strategy", "broker", "execution", "backtest"})
    tables: ClassVar[frozenset[str] | None] = frozenset({"equity", "trades", "fills", "costs"})

    def check_config(self, config: RunConfig, make_plugin: MakesPlugins) -> None:
        """Refuse what cannot be simulated; see the contract."""
        from qlop.engine import check_prices_fit_broker, check_strategies_get_predictions

        check_strategies_get_predictions(config, make_plugin)
        check_prices_fit_broker(config, make_plugin)

    def run(self, config: RunConfig, context: RunContext) -> RunResult:
        """Load prices and predictions, simulate; see the contract."""
        from qlop.engine import ModelFileOrigin, backtest, open_market, summarise

        market = open_market(config, context)
        predictions, origin = _fed(config, market, context)
        backtested = backtest(config, market, predictions, context)
        brought = _brought(predictions, origin, context)
        summary = summarise(config, market, None, backtested, context=context, brought=brought)
        if origin is not None:
            summary = origin.stated_in(summary)
        context.save_text("summary.txt", summary)
        main = backtested.results["strategy"]
        # Those of a run's predictions are kept by that run; nobody else keeps those of a file's.
        scores = origin.scores if isinstance(origin, ModelFileOrigin) else {}
        return qlop.RunResult(
            metrics={**scores, **backtested.flat_metrics()},
            tables={"equity": main.equity, "trades": main.trades, "fills": main.fills, "costs": main.costs},
            summary=summary,
        )


def _brought(
    predictions: pd.DataFrame | None, origin: PredictionOrigin | ModelFileOrigin | None, context: RunContext
) -> BroughtPredictions | None:
    """Return what is known of the predictions, for the summary; None where the strategy goes by its rule."""
    from qlop.engine import ModelFileOrigin, brought_by_file, brought_by_run

    if predictions is None or origin is None:
        return None
    if isinstance(origin, ModelFileOrigin):
        return brought_by_file(predictions, origin, context)
    return brought_by_run(predictions, origin, context)


def _fed(
    config: RunConfig, market: Market, context: RunContext
) -> tuple[pd.DataFrame | None, PredictionOrigin | ModelFileOrigin | None]:
    """Return what feeds the strategy, and where it comes from; nothing where it goes by its rule."""
    from qlop.engine import (
        PredictedLabel,
        check_predicted_bars,
        check_strategies_fit_predictions,
        predict_by_model_file,
    )

    run_id = config.backtest.predictions_run
    if config.backtest.model_file is not None:
        predictions, origin = predict_by_model_file(config, market, context)
        made = PredictedLabel(origin.label, origin.file_name, tuple(predictions.columns))
        check_strategies_fit_predictions(config, made, context.plugin)
        return predictions, origin
    if run_id is None:
        return None, None
    predictions = _predictions(run_id, context)
    check_predicted_bars(predictions, market.panel, run_id)
    return predictions, _origin(run_id, predictions, market, context)


def _predictions(run_id: str, context: RunContext) -> pd.DataFrame:
    import pandas as pd
    from qlop.engine import check_predictions_are_causal

    scheme = qlop.RunConfig.model_validate(context.config_of(run_id)).splits.scheme
    check_predictions_are_causal(scheme, f"run {run_id}")
    path = context.artifacts_of(run_id) / "predictions.parquet"
    if not path.is_file():
        raise qlop.RunError(f"Run {run_id} has no predictions; name a run of mode train or pipeline.")
    return pd.read_parquet(path)


def _origin(run_id: str, predictions: pd.DataFrame, market: Market, context: RunContext) -> PredictionOrigin:
    import json

    from qlop.engine import PredictionOrigin

    data = json.loads((context.artifacts_of(run_id) / "data.json").read_text(encoding="utf-8"))
    model = qlop.RunConfig.model_validate(context.config_of(run_id)).model
    origin = PredictionOrigin(
        run_id=run_id,
        model=model.model_type if model else "unknown",
        has_these_prices=data.get("fingerprint") == market.fingerprint,
        learned_elsewhere=_learned_elsewhere(run_id, predictions, context),
    )
    context.log(origin.sentence, level="info" if origin.has_these_prices else "warning")
    return origin


def _learned_elsewhere(run_id: str, predictions: pd.DataFrame, context: RunContext) -> LearnedElsewhere | None:
    import json

    from qlop.engine import LearnedElsewhere

    path = context.artifacts_of(run_id) / "learned_elsewhere.json"
    if path.is_file():
        return LearnedElsewhere.from_json(json.loads(path.read_text(encoding="utf-8")))
    # A run that is older than this file: nobody wrote down until when its model had learned.
    return LearnedElsewhere.said("" if _came_pretrained(run_id, context) else None, predictions)


def _came_pretrained(run_id: str, context: RunContext) -> bool:
    """Return whether a run's model, made untrained as its config says, brings along what it has learned."""
    from qlop.engine import is_pretrained

    section = qlop.RunConfig.model_validate(context.config_of(run_id)).model
    if section is None:
        return False
    try:
        model: qlop.ModelPlugin = context.plugin("models", section.model_type, section.model_params)
        return is_pretrained(model)
    except (qlop.PluginError, qlop.ConfigError):
        # Its plugin is gone, or has changed: its predictions can be traded all the same.
        return False
