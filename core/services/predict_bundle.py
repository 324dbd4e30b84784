"""Predict by a bundle alone: no run, no training data, nothing but the file and the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import DataError, UsageError
from core.services.bundle_rows import asked_rows
from core.services.constant_answers import constant_answer
from core.services.known_rows import UNKNOWN_ROWS, known_rows
from core.services.lacking_rows import lacking_rows
from core.services.text_form import counted

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.contracts.model import ModelPlugin
    from core.engine.fitted_model import FittedModel
    from core.engine.model_card import ModelCard
    from core.plugin.registry import PluginRegistry
    from core.services.bundle_rows import AskedRows
    from core.services.workbench import Workbench

__all__ = ["BundlePredictions", "check_predictions_path", "predict_by_bundle", "write_predictions"]

_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, eq=False)
class BundlePredictions:
    """What a bundle's model answers.

    Attributes
    ----------
    table : DataFrame
        The columns beside, then the predictions; one row for each row of the data.
    notes : tuple of str
        What a person should know: who signed, what the rows were taken for, whether the model gives all of them one
        answer, what they lack, which are in sample.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def predict_by_bundle(
    workbench: Workbench,
    bundle: Path,
    data: Path,
    *,
    trusted: Collection[str] = (),
    params: Mapping[str, JsonValue] | None = None,
) -> BundlePredictions:
    """Return the predictions of a bundle's model for the rows of a file.

    Parameters
    ----------
    workbench : Workbench
        Where plugins are found.
    bundle : Path
        What the exporter bundle wrote.
    data : Path
        CSV or Parquet: features or prices; its columns decide (bundle_rows.py).
    trusted : collection of str
        Fingerprints of keys that count besides the user's own.
    params : mapping, optional
        Parameters of the data source `files`, for prices.

    Raises
    ------
    DataError
        If the bundle is not believed (see `opened_bundle`), its files cannot be read within limits, its model predicts
        its example rows otherwise here, the rows cannot be read, or a column of theirs bears the name of a prediction.
    UsageError
        If there is no such file, a fingerprint is none, or `params` name what they may not.
    PluginError, ConfigError
        If a plugin that the bundle needs is not here, or refuses its parameters.
    """
    from core.engine.bundle import MODEL_FOLDER, opened_bundle
    from core.engine.version_findings import model_version_findings

    _check_arguments(bundle, data, trusted)
    registry = workbench.registry()
    with opened_bundle(bundle, trusted=trusted) as opened:
        card, fitted, expected = _checked_model(opened.folder / MODEL_FOLDER, bundle, registry)
        reads_earlier_rows = "earlier_rows" in fitted.model.capabilities
        rows = asked_rows(card, data, params or {}, registry, reads_earlier_rows=reads_earlier_rows)
        predictions = fitted.predict(rows.features)
    signer = f"{bundle.name} is signed by {opened.fingerprint}."
    lacking = lacking_rows(rows, card.description, fitted.model)
    of_model = (*constant_answer(fitted, expected), *model_version_findings(card, fitted.model))
    findings = (*of_model, *rows.findings)
    notes = (signer, _taken_for(rows, data), *findings, *lacking, *_known(rows, card, fitted.model))
    return BundlePredictions(_beside(rows.beside, predictions, data), notes)


def check_predictions_path(path: Path) -> None:
    """Refuse a file that predictions cannot be written to.

    Raises
    ------
    UsageError
        If its name ends in neither .csv nor .parquet, it is there already, or its folder is not there.
    """
    if path.suffix not in _SUFFIXES:
        raise UsageError(f"--output is {str(path)!r}; its name must end in {' or '.join(_SUFFIXES)}.")
    if path.exists() or path.is_symlink():
        raise UsageError(f"--output is {str(path)!r}, which exists already; name another file or remove it first.")
    if not path.parent.is_dir():
        raise UsageError(f"--output is {str(path)!r}, and there is no folder {str(path.parent)!r}. Make it first.")


def write_predictions(table: pd.DataFrame, path: Path) -> None:
    """Write predictions as CSV, in which no cell is a formula, or as Parquet, by the name's ending.

    Raises
    ------
    UsageError
        As `check_predictions_path`.
    StoreError
        If the file cannot be written; nothing is left.
    """
    from core.services.table_export import csv_bytes
    from core.store.atomic import staged_file

    check_predictions_path(path)
    with staged_file(path) as staged:
        if path.suffix == ".csv":
            staged.write_bytes(csv_bytes(table))
        else:
            table.to_parquet(staged, index=False)


def _check_arguments(bundle: Path, data: Path, trusted: Collection[str]) -> None:
    from core.engine.signature import fingerprint_fault

    for option, path, wanted in (
        ("--bundle", bundle, "what the exporter bundle wrote"),
        ("--data", data, "a CSV or Parquet file"),
    ):
        if not path.is_file():
            found = "is a folder" if path.is_dir() else "is no file" if path.exists() else "is not there"
            raise UsageError(f"{option} is {str(path)!r}, which {found}. Name {wanted}.")
    for fault in filter(None, map(fingerprint_fault, trusted)):
        raise UsageError(f"--trust-key: {fault}")


def _checked_model(folder: Path, bundle: Path, registry: PluginRegistry) -> tuple[ModelCard, FittedModel, pd.DataFrame]:
    """Return a bundle's model, read within limits first, once it predicts its example rows as it did, and that."""
    from core.engine.model_artifact import load_fitted_model
    from core.engine.model_card import read_model_card
    from core.engine.outside_model import check_outside_model

    card = read_model_card(folder)
    where = f"{bundle.name}: model.json"
    try:
        check_outside_model(folder)
        fitted = load_fitted_model(
            folder, lambda: registry.create("models", card.model_type, card.model_params, where=where)
        )
    except DataError as error:
        said = str(error).replace(f"{folder}/", "")
        raise DataError(f"{bundle} is not used. {said}") from error
    return card, fitted, _checked_examples(fitted, folder, bundle)


def _beside(columns: pd.DataFrame, predictions: pd.DataFrame, data: Path) -> pd.DataFrame:
    taken = sorted(set(map(str, columns.columns)) & set(predictions.columns))
    if taken:
        raise DataError(f"{data} has a column {taken[0]!r}, which the predictions have as well; rename it.")
    return columns.join(predictions.reset_index(drop=True))


def _checked_examples(fitted: FittedModel, folder: Path, bundle: Path) -> pd.DataFrame:
    from core.engine.example_answers import other_answer
    from core.engine.model_artifact import load_example_rows

    features, expected = load_example_rows(folder, fitted.feature_columns)
    if problem := other_answer(fitted.predict(features), expected):
        raise DataError(
            f"{bundle} is not used: its model {problem}. The model's library is another here; install that one's "
            "version."
        )
    return expected


def _taken_for(rows: AskedRows, data: Path) -> str:
    count = counted(len(rows.features), "row")
    n_features = counted(rows.features.shape[1], "feature")
    if rows.made_of == "features":
        return f"{data.name} is a table of the model's {n_features}: {count}."
    return f"{data.name} holds prices; the model's {n_features} were made of them: {count}."


def _known(rows: AskedRows, card: ModelCard, model: ModelPlugin) -> tuple[str, ...]:
    import pandas as pd

    from core.engine.learned_elsewhere import learned_with

    bars = rows.features.index
    learned = None if card.learned is None else learned_with(card.learned, model)
    if isinstance(bars, pd.MultiIndex):
        return known_rows(bars, learned, card.description)
    return (UNKNOWN_ROWS,) if learned is not None and learned.elsewhere == "unknown" else ()
