"""The list of findings about prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.tables import choice_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["finding_choice", "finding_ids"]

_FINDING_WORDS = {
    "missing_bars": "Missing bars",
    "looks_like_split": "Resembles a split",
    "outlier_return": "Outlier return",
    "stale_price": "Stale price",
    "zero_volume": "No volume",
    "copied_open": "Open copies a close",
    "price_spike": "Price spike",
}


def finding_choice(findings: pd.DataFrame, *, chosen: str | None, choose: Callable[[str], None]) -> None:
    """Draw the list, as an inspection keeps it; `chosen` and `choose` go by `finding_ids`."""
    st.markdown("**Findings**")
    if findings.empty:
        st.markdown(
            "Nothing looks odd: no gaps, no jumps, no spikes, no prices that stand still, no bars without volume, no "
            "copied opens."
        )
        return
    st.caption("Rows for you to look at; none is an error. Choose one to see its bars above.")
    table, ids = _finding_table(findings), finding_ids(findings)
    choice_table(table, ids, chosen=chosen, choose=choose, columns=_finding_columns(), name="Findings")


def finding_ids(findings: pd.DataFrame) -> list[str]:
    """Return what each finding is, as an address may bear it: ticker, moment and kind."""
    moments = [moment.isoformat() for moment in findings["timestamp"]]
    parts = zip(findings["ticker"], moments, findings["finding"], strict=True)
    return ["|".join(map(str, names)) for names in parts]


def _finding_table(findings: pd.DataFrame) -> pd.DataFrame:
    return findings.assign(finding=[_FINDING_WORDS.get(kind, kind) for kind in findings["finding"]])


def _finding_columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "timestamp": config.DatetimeColumn("Bar", format="YYYY-MM-DD HH:mm", timezone="UTC", width=130),
        "ticker": config.TextColumn("Ticker", width=80),
        "finding": config.TextColumn("Finding", width=130),
        "value": config.NumberColumn("Value", format="%.4g", width=80),
        "detail": config.TextColumn("What it is", width="large"),
    }
