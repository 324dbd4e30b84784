"""The rows that a bundle's model is asked about: a table of its features, or features made of prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.base.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from pydantic import JsonValue

    from core.engine.model_card import ModelCard
    from core.engine.table_file import TableFile
    from core.plugin.registry import PluginRegistry

__all__ = ["AskedRows", "asked_rows"]

_PRICES = ("open", "high", "low", "close")
_EMPTY = ("", "nan")


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
    """

    made_of: Literal["features", "prices"]
    features: pd.DataFrame
    beside: pd.DataFrame


def asked_rows(card: ModelCard, data: Path, params: Mapping[str, JsonValue], registry: PluginRegistry) -> AskedRows:
    """Return the rows of the file `data`: its columns decide what they are.

    Parameters
    ----------
    card : ModelCard
        What the model is fed.
    data : Path
        CSV or Parquet. With all feature columns it is a table of features; with open, high, low and close it is prices.
    params : mapping
        Parameters of the data source `files` that reads prices, besides its path.
    registry : PluginRegistry
        Where feature steps come from.

    Raises
    ------
    DataError
        If the file cannot be read, is neither, or the features that come out are not those of the model.
    PluginError, ConfigError
        If a feature step's plugin is not here, or refuses its parameters.
    """
    from core.engine.table_file import read_table_file

    if not data.is_file():
        raise DataError(f"--data is {str(data)!r}, where there is no file. Name a CSV or Parquet file.")
    table = read_table_file(data)
    lacking = [name for name in card.feature_columns if name not in table.names]
    if not lacking:
        return _of_features(card, table)
    if set(_PRICES) <= {name.strip().lower() for name in table.names}:
        return _of_prices(card, data, params, registry)
    raise DataError(
        f"{data} is neither a table of the model's features (it lacks {len(lacking)} of {len(card.feature_columns)}, "
        f"first {lacking[0]!r}) nor of prices (open, high, low, close); its columns are {', '.join(table.names)}."
    )


def _of_features(card: ModelCard, table: TableFile) -> AskedRows:
    import pandas as pd

    columns = {name: _numbers(table, name) for name in card.feature_columns}
    others = [name for name in table.names if name not in columns]
    beside = table.columns.select(others).to_pandas()
    features = pd.DataFrame(columns)
    if {"timestamp", "ticker"} <= set(others):
        features.index = pd.MultiIndex.from_frame(beside[["timestamp", "ticker"]])
    return AskedRows("features", features, beside)


def _numbers(table: TableFile, name: str) -> pd.Series:
    """Return a column's numbers; an empty cell, and nan, is a missing value."""
    import pandas as pd

    from core.engine.table_cells import CellError, numbers_of, plain_column

    column = plain_column(table.columns[name])
    values = column.to_pandas()
    if values.dtype.kind in "OUT" or str(values.dtype) in {"str", "string"}:
        is_missing = values.isna() | values.str.strip().str.lower().isin(_EMPTY)
    else:
        is_missing = values.isna()
    known = table.columns.filter(~is_missing.to_numpy())[name]
    try:
        numbers = numbers_of(known)
    except CellError as error:
        row = int((~is_missing).to_numpy().nonzero()[0][error.row]) if len(known) else 0
        raise DataError(f"{table.where(row)}, column {name!r}: {error.reason}.") from error
    found = pd.Series(float("nan"), index=values.index, dtype="float64")
    found[~is_missing] = numbers
    return found


def _of_prices(card: ModelCard, data: Path, params: Mapping[str, JsonValue], registry: PluginRegistry) -> AskedRows:
    from core.config.sections import LoadDataConfig
    from core.engine.load import load_panel

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
        panel = load_panel(source, config).panel
    except DataError as error:
        raise DataError(
            f"{error} The model learned from {trained['interval']} bars of adjustment {trained['adjustment']}. "
            "What the columns and the prices of the file mean is said with --params, such as "
            """'{"price_adjustment": "total_return"}'."""
        ) from error
    features = _made(card, panel, registry)
    return AskedRows("prices", features, features.index.to_frame(index=False))


def _made(card: ModelCard, panel: pd.DataFrame, registry: PluginRegistry) -> pd.DataFrame:
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
    features = pipeline.transform(panel)
    if list(features.columns) != list(card.feature_columns):
        raise DataError(
            f"The feature steps make {', '.join(features.columns)} here, and the model was trained on "
            f"{', '.join(card.feature_columns)}: their plugins are of other versions. Install those it was made with."
        )
    return features
