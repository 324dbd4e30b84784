"""The stage that looks at data before anything is learned from them.

1. Load, check and adjust the prices, as every run does. With a label: the broker's terms too.
2. Save the prices, each ticker's coverage and gaps, and the findings.
3. With features: compute and save them, and how they correlate.
4. With a label too: save the target, and how each feature correlates with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import ConfigError
from core.engine.coverage import coverage_by_ticker, gap_runs
from core.engine.features import FeaturePipeline
from core.engine.labels import check_labels
from core.engine.load import load_panel
from core.engine.price_findings import price_findings
from core.engine.rank_correlation import feature_correlations, target_correlations
from core.engine.stages.data_report import report_data
from core.engine.stages.market import open_market
from core.engine.timetable import timetable

if TYPE_CHECKING:
    import pandas as pd

    from core.config.run_config import RunConfig
    from core.config.sections import LabelConfig
    from core.contracts.data_source import DataSourcePlugin
    from core.contracts.labeler import LabelerPlugin
    from core.contracts.run_context import RunContext
    from core.engine.stages.market import Market

__all__ = ["Inspected", "inspect_data"]

_STEP = "inspect"
_N_STEPS = 4


@dataclass(frozen=True)
class Inspected:
    """What an inspection hands on.

    Attributes
    ----------
    panel : DataFrame
        The checked, adjusted prices.
    coverage, findings : DataFrame
        As `coverage_by_ticker` and `price_findings` return them.
    features : DataFrame or None
        As a feature pipeline returns them; None without features.
    target : Series or None
        On the panel's index; None without a label.
    """

    panel: pd.DataFrame
    coverage: pd.DataFrame
    findings: pd.DataFrame
    features: pd.DataFrame | None
    target: pd.Series | None


def inspect_data(config: RunConfig, context: RunContext) -> Inspected:
    """Load and describe the config's data, and save what was found.

    Artifacts: data, prices, coverage, gaps, findings; with features also features and feature_correlation; with a
    label also target; with both target_correlation.

    Feature steps that learn are fitted on all rows here: their values are to be looked at, not to be traded.

    Raises
    ------
    ConfigError
        If data is missing, or the broker refuses adjusted prices.
    DataError
        As the door, feature steps and labelers raise it.
    """
    market = open_market(config, context) if config.label is not None else None
    panel = market.panel if market else _load(config, context)
    coverage, findings = _describe_prices(panel, config, context)
    context.check_cancelled()
    features = _features(config, panel, context)
    context.check_cancelled()
    target = _target(config.label, market, context) if config.label and market else None
    if features is not None and target is not None:
        context.save_table("target_correlation", target_correlations(features, target))
    context.progress(_STEP, _N_STEPS, _N_STEPS, "steps")
    return Inspected(panel, coverage, findings, features, target)


def _load(config: RunConfig, context: RunContext) -> pd.DataFrame:
    data = config.data
    if data is None:
        raise ConfigError("data is missing; name a data_source_type under data.")
    source: DataSourcePlugin = context.plugin("data_sources", data.data_source_type, data.data_source_params)
    loaded = load_panel(source, data)
    report_data(loaded.panel, loaded.fingerprint, loaded.left_out, loaded.findings, context)
    return loaded.panel


def _describe_prices(panel: pd.DataFrame, config: RunConfig, context: RunContext) -> tuple[pd.DataFrame, pd.DataFrame]:
    context.progress(_STEP, 1, _N_STEPS, "steps")
    expected = timetable(panel, config.data.interval, config.data.calendar) if config.data else None
    interval = config.data.interval if config.data else "1d"
    coverage, findings = coverage_by_ticker(panel, expected), price_findings(panel, expected, interval=interval)
    context.save_table("prices", panel)
    context.save_table("coverage", coverage)
    context.save_table("gaps", gap_runs(panel, expected))
    context.save_table("findings", findings)
    context.log("The prices are described", n_findings=len(findings), n_missing=int(coverage["n_missing"].sum()))
    return coverage, findings


def _features(config: RunConfig, panel: pd.DataFrame, context: RunContext) -> pd.DataFrame | None:
    context.progress(_STEP, 2, _N_STEPS, "steps")
    if not config.features:
        return None
    steps = [
        context.plugin("feature_steps", step.feature_step_type, step.feature_step_params, instance_name=step.name)
        for step in config.features
    ]
    features = FeaturePipeline(steps).fit(panel).transform(panel)
    context.save_table("features", features)
    context.save_table("feature_correlation", feature_correlations(features))
    context.log("Features are computed and correlated", n_features=features.shape[1])
    return features


def _target(label: LabelConfig, market: Market, context: RunContext) -> pd.Series:
    context.progress(_STEP, 3, _N_STEPS, "steps")
    labeler: LabelerPlugin = context.plugin("labelers", label.labeler_type, label.labeler_params)
    labels = labeler.label(market.panel, terms=market.terms)
    check_labels(labels, market.panel, task=labeler.task)
    context.save_table("target", labels)
    target: pd.Series = labels["target"]
    return target
