"""Tables of runs, remembered for as long as no run comes, goes or changes: reading thousands of them costs time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.services.model_exports import ModelExport, exports_of
from core.services.run_list import RUNS_A_PAGE, RunFilter, list_words, run_count, run_list
from core.services.run_overview import equity_points, latest_runs
from core.services.trained_models import MODELS_A_PAGE, model_count, trained_models

if TYPE_CHECKING:
    import pandas as pd

    from core.services.workbench import Workbench

__all__ = [
    "count_of_listed",
    "count_of_models",
    "latest_with_equity",
    "listed_exports",
    "listed_models",
    "listed_runs",
    "listed_words",
]


def listed_runs(workbench: Workbench, version: str, wanted: RunFilter, page: int = 1) -> pd.DataFrame:
    """Return a page of `run_list` as it was when `list_version` gave `version`."""
    return _listed_runs(str(workbench.home.path), version, wanted, page, workbench)


def count_of_listed(workbench: Workbench, version: str, wanted: RunFilter) -> int:
    """Return `run_count` as it was when `list_version` gave `version`."""
    return _count_of_listed(str(workbench.home.path), version, wanted, workbench)


def listed_words(workbench: Workbench, version: str) -> tuple[list[str], list[str]]:
    """Return `list_words` as it was when `list_version` gave `version`."""
    return _listed_words(str(workbench.home.path), version, workbench)


def listed_models(workbench: Workbench, version: str, page: int = 1) -> pd.DataFrame:
    """Return a page of `trained_models` as it was when `list_version` gave `version`."""
    return _listed_models(str(workbench.home.path), version, page, workbench)


def count_of_models(workbench: Workbench, version: str) -> int:
    """Return `model_count` as it was when `list_version` gave `version`."""
    return _count_of_models(str(workbench.home.path), version, workbench)


def listed_exports(workbench: Workbench, version: str, model_run: str) -> list[ModelExport]:
    """Return `exports_of` a model as it was when `list_version` gave `version`."""
    return _listed_exports(str(workbench.home.path), version, model_run, workbench)


def latest_with_equity(workbench: Workbench, limit: int) -> pd.DataFrame:
    """Return `latest_runs`, with the points of runs that have ended read once."""
    return latest_runs(workbench, limit, points_of=lambda _, run_id: _points(run_id, workbench))


@st.cache_data(max_entries=12, show_spinner=False)
def _listed_runs(
    place: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    wanted: RunFilter,
    page: int,
    _workbench: Workbench,
) -> pd.DataFrame:
    return run_list(_workbench, wanted, limit=RUNS_A_PAGE, offset=(page - 1) * RUNS_A_PAGE)


@st.cache_data(max_entries=100, show_spinner=False)
def _count_of_listed(
    place: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    wanted: RunFilter,
    _workbench: Workbench,
) -> int:
    return run_count(_workbench, wanted)


@st.cache_data(max_entries=4, show_spinner=False)
def _listed_words(
    place: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    _workbench: Workbench,
) -> tuple[list[str], list[str]]:
    return list_words(_workbench)


@st.cache_data(max_entries=4, show_spinner=False)
def _listed_models(
    place: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    page: int,
    _workbench: Workbench,
) -> pd.DataFrame:
    return trained_models(_workbench, offset=(page - 1) * MODELS_A_PAGE)


@st.cache_data(max_entries=4, show_spinner=False)
def _count_of_models(
    place: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    _workbench: Workbench,
) -> int:
    return model_count(_workbench)


@st.cache_data(max_entries=12, show_spinner=False)
def _listed_exports(
    place: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    model_run: str,
    _workbench: Workbench,
) -> list[ModelExport]:
    return exports_of(_workbench, model_run)


@st.cache_data(max_entries=500, show_spinner=False)
def _points(run_id: str, _workbench: Workbench) -> tuple[float, ...]:
    return equity_points(_workbench, run_id)
