"""Tear sheets as they are read for a screen: once, however often it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.services.tear_sheet import TearSheet, read_tear_sheet

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["USUAL_WINDOW", "remembered_tear_sheet"]

USUAL_WINDOW = 126


def remembered_tear_sheet(
    workbench: Workbench, run_id: str, *, n_artifacts: int, window_bars: int = USUAL_WINDOW
) -> TearSheet | None:
    """Return `read_tear_sheet` of a run that has announced `n_artifacts`."""
    return _read(workbench, str(workbench.home.path), run_id, n_artifacts, window_bars)


@st.cache_data(max_entries=4, show_spinner=False)
def _read(
    _workbench: Workbench,
    home: str,  # noqa: ARG001 - the same run may lie in two homes
    run_id: str,
    n_artifacts: int,  # noqa: ARG001 - an artifact never changes, but more may come
    window_bars: int,
) -> TearSheet | None:
    return read_tear_sheet(_workbench, run_id, window_bars=window_bars)
