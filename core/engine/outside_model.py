"""The files of a model from outside, read by a limited process before this one loads them.

A model's folder is from outside when it comes out of a file that a person names: a model's file for a backtest, a
bundle. What this process has just written itself, and what a run of this home has trained, is not read twice: its
folder is private to the user, and whoever can write there can write the plugins as well.

1. One process reads every file of the folder, those of an ensemble's members too, by the format that its name says.
   A format's own reader may crash on what a stranger made; then that process ends, and not this one.
2. What is read is checked as far as its library, once it is asked for rows, would trust it: trees lead down.
3. Pickles are refused by their names and first bytes; they run code when they are read.
ONNX files are not read here: the model `onnx` has each looked at whenever it loads one (onnx_graphs/file_check.py).
Files of other formats are their own plugin's, which is code that the user installed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from core.base.errors import DataError
from core.engine.limited_process import USUAL_BOUNDS, Bounds, ask_limited_process
from core.engine.pickled_file import is_pickled

__all__ = ["check_outside_model", "model_complaint"]

_TREE_TYPE = "sklearn.tree._tree.Tree"
"""Nodes of a tree; the model `random_forest` checks them once they are loaded."""


def check_outside_model(folder: Path, bounds: Bounds = USUAL_BOUNDS) -> None:
    """Refuse a model's folder from outside that cannot be read within limits.

    Parameters
    ----------
    folder : Path
        Of `save_fitted_model`, its hashes checked; or any other.
    bounds : Bounds
        What the process that reads it may use.

    Raises
    ------
    DataError
        If a file of it is a pickle, is damaged, leads its library out of its bounds, or takes more than `bounds`.
    """
    complaint = ask_limited_process(f"{__name__}:model_complaint", os.fsencode(folder.resolve()), bounds)
    if complaint:
        raise DataError(f"Its model's files are not loaded. {complaint}")


def model_complaint(folder: bytes) -> str:
    """Return what is wrong with the files of a folder, in the process that may end with them; "" where nothing is."""
    place = Path(os.fsdecode(folder))
    for path in sorted(found for found in place.rglob("*") if found.is_file()):
        try:
            complaint = _complaint(path)
        except DataError as error:
            complaint = str(error)
        if complaint:
            return complaint.replace(f"{place}/", "")
    return ""


def _complaint(path: Path) -> str:
    if is_pickled(path):
        return f"{path} is a pickle or an archive of torch.save: such files run code when they are read."
    read = _READERS.get(path.suffix.lower())
    return read(path) if read else ""


def _booster_complaint(path: Path) -> str:
    import xgboost

    from core.engine.booster_form import booster_problem

    content = path.read_bytes()
    if not content:
        return f"{path} is empty."
    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(content))
        problem = booster_problem(bytes(booster.save_raw("json")))
    except (ValueError, xgboost.core.XGBoostError) as error:
        return f"{path} is not a model that XGBoost reads: {str(error).strip().partition('Stack trace')[0]:.300}"
    return f"{path} is not a model that XGBoost trained: {problem}." if problem else ""


def _lightgbm_complaint(path: Path) -> str:
    with path.open("rb") as file:
        if not file.read(64).startswith(b"tree\n"):
            return ""
    import lightgbm

    from core.engine.lightgbm_text import read_lightgbm_text

    try:
        lightgbm.Booster(model_str=read_lightgbm_text(path))
    except lightgbm.basic.LightGBMError as error:
        return f"{path} is not a model that LightGBM reads: {error!s:.300}"
    return ""


def _skops_complaint(path: Path) -> str:
    from core.engine.skops_file import read_skops, untrusted_types

    # What else is in it, its plugin trusts by name when it loads the file, or refuses.
    if not untrusted_types(path, also_trusted=[_TREE_TYPE]):
        read_skops(path, also_trusted=[_TREE_TYPE])
    return ""


def _safetensors_complaint(path: Path) -> str:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                file.get_slice(name).get_shape()
    except (OSError, SafetensorError, ValueError) as error:
        return f"{path} is no safetensors file: {error!s:.300}"
    return ""


def _parquet_complaint(path: Path) -> str:
    import pandas as pd

    try:
        pd.read_parquet(path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"{path} is no Parquet file that can be read: {error!s:.300}"
    return ""


def _json_complaint(path: Path) -> str:
    from core.engine.model_card import read_json

    read_json(path)
    return ""


_READERS: Mapping[str, Callable[[Path], str]] = {
    ".json": _json_complaint,
    ".parquet": _parquet_complaint,
    ".safetensors": _safetensors_complaint,
    ".skops": _skops_complaint,
    ".txt": _lightgbm_complaint,
    ".ubj": _booster_complaint,
}
