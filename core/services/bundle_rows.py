"""The rows that a bundle's model is asked about: a table of its features, or features made of prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.base.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from pydantic import JsonValue

    from core.engine.features import FeaturePipeline
    from core.engine.model_card import ModelCard
    from core.engine.table_file import TableFile
    from core.engine.table_times import TimeReading
    from core.plugin.registry import PluginRegistry

__all__ = ["AskedRows", "asked_rows"]

_PRICES = ("open", "high", "low", "close")
_OF_TIMES = ("timestamp_format", "timezone")


@dataclass(frozen=True, eq=False)
class AskedRows:
    """Rows to predict.

    Attributes
    ----------
    made_of : str
        "features": the table has them. "prices": they were computed.
    features : DataFrame of shape (n_rows, n_features)
        In the model's order.
    beside : DataFrame of shape (n_rows, n_columns)
        What stands beside the predictions: the table's other columns, or timestamp and ticker.
    lookback_bars : int
        Of features made of prices: how many of a ticker's bars before a row they depend on, at most.
    comparing_steps : tuple of str
        Feature steps whose values depend on the other tickers of the bar.
    findings : tuple of str
        What looks odd in the prices, and which feature steps have another version here, in sentences.
    """

    made_of: Literal["features", "prices"]
    features: pd.DataFrame
    beside: pd.DataFrame
    lookback_bars: int = 0
    comparing_steps: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def asked_rows(
    card: ModelCard,
    data: Path,
    params: Mapping[str, JsonValue],
    registry: PluginRegistry,
    *,
    reads_earlier_rows: bool = False,
) -> AskedRows:
    """Return the rows of the file `data`: its columns decide what they are.

    Parameters
    ----------
    card : ModelCard
        What the model is fed.
    data : Path
        CSV or Parquet. With all feature columns it is a table of features; with open, high, low and close it is prices.
    params : mapping
        Parameters of the data source `files` that reads prices, besides its path. Of a table of features they say how
        its times are written, for a model that reads earlier rows.
    registry : PluginRegistry
        Where feature steps come from.
    reads_earlier_rows : bool
        Whether the model does: then a table of features must say whose and when each row is.

    Raises
    ------
    DataError
        If the file cannot be read, is neither, or the features that come out are not those of the model.
    UsageError
        If `params` name a path, or what a table of features has no use for.
    PluginError, ConfigError
        If a feature step's plugin is not here, or refuses its parameters.
    """
    from core.engine.table_file import read_table_file

    if "path" in params:
        raise UsageError(f"--params names a path, {params['path']!r}; the file is that of --data. Leave path out.")
    table = read_table_file(data)
    lacking = [name for name in card.feature_columns if name not in table.names]
    if not lacking:
        return _of_features(card, table, _times(card, table, params, registry, reads_earlier_rows))
    if set(_PRICES) <= {name.strip().lower() for name in table.names}:
        return _of_prices(card, data, params, registry)
    raise DataError(
        f"{data} is neither a table of the model's features (it lacks {len(lacking)} of {len(card.feature_columns)}, "
        f"first {lacking[0]!r}) nor of prices (open, high, low, close); its columns are {', '.join(table.names)}."
    )


def _of_features(card: ModelCard, table: TableFile, times: TimeReading | None) -> AskedRows:
    from core.services.bundle_feature_table import features_of_table

    features = features_of_table(table, card.feature_columns, times)
    others = [name for name in table.names if name not in set(card.feature_columns)]
    return AskedRows("features", features, table.columns.select(others).to_pandas())


def _times(
    card: ModelCard,
    table: TableFile,
    params: Mapping[str, JsonValue],
    registry: PluginRegistry,
    reads_earlier_rows: bool,
) -> TimeReading | None:
    """Return how the times of a table of features are read; None where no model asks for them."""
    from core.engine.bar_interval import bears_session_dates
    from core.engine.table_times import TimeReading

    useful = _OF_TIMES if reads_earlier_rows else ()
    useless = [name for name in params if name not in useful]
    if useless:
        may = f"only {' and '.join(useful)} may be said of it" if useful else "nothing needs to be said of it"
        raise UsageError(
            f"--params names {useless[0]!r}, and {table.path.name} is a table of the model's features: {may}."
        )
    if not reads_earlier_rows:
        return None
    source = registry.create("data_sources", "files", {"path": str(table.path), **params}, where="--params")
    trained = card.description.get("data")
    interval = str(trained.get("interval", "1d")) if isinstance(trained, Mapping) else "1d"
    checked = source.params.model_dump(include=set(_OF_TIMES))
    return TimeReading(daily=bears_session_dates(interval), **checked)


def _of_prices(card: ModelCard, data: Path, params: Mapping[str, JsonValue], registry: PluginRegistry) -> AskedRows:
    from core.config.sections import LoadDataConfig
    from core.engine.load import load_panel
    from core.engine.version_findings import step_version_findings

    trained = card.description.get("data")
    if not isinstance(trained, Mapping) or not card.description.get("features"):
        raise DataError(f"{data} holds prices, and the bundle does not say how its features are made. Give features.")
    given = {"path": str(data), **params}
    source = registry.create("data_sources", "files", given, where="--params")
    config = LoadDataConfig(
        data_source_type="files",
        data_source_params=given,
        interval=trained["interval"],
        adjustment=trained["adjustment"],
    )
    try:
        loaded = load_panel(source, config)
    except DataError as error:
        raise DataError(
            f"{error} The model learned from {trained['interval']} bars of adjustment {trained['adjustment']}. "
            "What the columns and the prices of the file mean is said with --params, such as "
            """'{"price_adjustment": "total_return"}'."""
        ) from error
    pipeline = _pipeline(card, registry)
    features = _made(card, loaded.panel, pipeline)
    comparing = tuple(step.name for step in pipeline.steps if step.compares_tickers)
    beside = features.index.to_frame(index=False)
    findings = (*loaded.findings, *step_version_findings(card, pipeline.steps))
    return AskedRows("prices", features, beside, pipeline.lookback_bars, comparing, findings)


def _pipeline(card: ModelCard, registry: PluginRegistry) -> FeaturePipeline:
    from pydantic import TypeAdapter

    from core.config.sections import FeatureStepConfig
    from core.engine.features import FeaturePipeline

    configs = TypeAdapter(list[FeatureStepConfig]).validate_python(card.description["features"])
    steps = [
        registry.create(
            "feature_steps",
            step.feature_step_type,
            step.feature_step_params,
            instance_name=step.name,
            where=f"the bundle's feature step {step.name!r}",
        )
        for step in configs
    ]
    pipeline = FeaturePipeline(steps)
    if pipeline.needs_fit:
        raise DataError(
            f"The model's feature step {pipeline.learning_steps[0]!r} learns from training rows, and what it learned "
            "is not in the bundle. Give a table of features."
        )
    return pipeline


def _made(card: ModelCard, panel: pd.DataFrame, pipeline: FeaturePipeline) -> pd.DataFrame:
    features = pipeline.transform(panel)
    if list(features.columns) != list(card.feature_columns):
        raise DataError(
            f"The feature steps make {', '.join(features.columns)} here, and the model was trained on "
            f"{', '.join(card.feature_columns)}: their plugins are of other versions. Install those it was made with."
        )
    return features
