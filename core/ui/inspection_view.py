"""What an inspection found: figures, candles, findings, coverage, features, correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.address import chosen_in_address, keep_in_address
from core.ui.charts import show_figure
from core.ui.colors import shown_colors
from core.ui.correlation_charts import feature_heat_map, target_bars
from core.ui.finding_table import finding_choice, finding_ids
from core.ui.plain_text import quiet
from core.ui.price_charts import candle_figure, coverage_figure, feature_figure
from core.ui.tables import reading_table

if TYPE_CHECKING:
    from core.services.inspection import Inspection

__all__ = ["draw_correlations", "draw_coverage", "draw_features", "draw_prices", "inspection_figures"]

_TILE_WIDTH = 158


def inspection_figures(inspection: Inspection) -> None:
    """Draw what was loaded, in figures."""
    facts, coverage, findings = inspection.facts, inspection.coverage, inspection.findings
    with st.container(horizontal=True):
        tiles = {
            "Newest bar": str(facts.get("last_bar", ""))[:10],
            "Tickers": f"{facts.get('n_tickers', 0):,}",
            "Bars": f"{facts.get('n_rows', 0):,}",
            "Missing bars": f"{0 if coverage is None else int(coverage['n_missing'].sum()):,}",
            "Findings": f"{0 if findings is None else len(findings):,}",
        }
        for label, value in tiles.items():
            st.metric(label, value, border=True, width=_TILE_WIDTH)


def draw_prices(inspection: Inspection) -> None:
    """Draw the candles of one ticker, and all findings; a click into a finding moves the candles there."""
    findings = inspection.findings
    if findings is None:
        st.markdown("This inspection kept no prices.")
        return
    ids = finding_ids(findings)
    chosen = chosen_in_address("finding")
    picked = ids.index(chosen) if chosen in ids else None
    ticker = _chosen_ticker(inspection)
    around = None
    if picked is not None and str(findings["ticker"].iloc[picked]) == ticker:
        around = findings["timestamp"].iloc[picked]
    figure = candle_figure(
        inspection.bars(ticker), findings[findings["ticker"] == ticker], shown_colors(), around=around
    )
    key = f"candles-{inspection.run_id}-{ticker}-{around}"
    show_figure(figure, key=key, file_name=f"{ticker}-prices", alt=f"Candles and volume of {ticker}")
    finding_choice(findings, chosen=chosen, choose=_choose_finding)


def draw_coverage(inspection: Inspection) -> None:
    """Draw which bars there are of each ticker."""
    coverage, gaps = inspection.coverage, inspection.gaps
    if coverage is None or gaps is None:
        st.markdown("This inspection kept no coverage.")
        return
    figure = coverage_figure(coverage, gaps, shown_colors())
    show_figure(figure, key=f"coverage-{inspection.run_id}", file_name="coverage", alt="First to last bar by ticker")
    config = st.column_config
    columns = {
        "ticker": config.TextColumn("Ticker"),
        "first_bar": config.DatetimeColumn("First bar", format="YYYY-MM-DD", timezone="UTC"),
        "last_bar": config.DatetimeColumn("Last bar", format="YYYY-MM-DD", timezone="UTC"),
        "n_bars": config.NumberColumn("Bars", format="localized"),
        "n_sessions": config.NumberColumn("Sessions", format="localized"),
        "n_missing": config.NumberColumn("Missing", format="localized"),
        "missing_share": config.NumberColumn("Missing share", format="percent"),
    }
    reading_table(coverage, columns=columns, name="Coverage")
    st.caption("A session is a day on which some ticker has a bar; what all lack is not seen.")


def draw_features(inspection: Inspection) -> None:
    """Draw one feature of one ticker."""
    names = inspection.feature_names
    if not names:
        st.markdown("No features were asked for. Add steps under Features and load again.")
        return
    ticker = _chosen_ticker(inspection, place="features")
    name = st.selectbox("Feature", names, key="feature", bind="query-params")
    figure = feature_figure(inspection.feature(ticker, name), shown_colors())
    key = f"feature-{inspection.run_id}-{ticker}-{name}"
    show_figure(figure, key=key, file_name=f"{ticker}-{name}", alt=f"{name} of {ticker}")
    st.caption("A value at a bar uses data up to that bar's close. Steps that learn have seen all rows here.")


def draw_correlations(inspection: Inspection) -> None:
    """Draw how features go together, and with the target."""
    between, target = inspection.feature_correlation, inspection.target_correlation
    if between is None:
        st.markdown("No features were asked for. Add steps under Features and load again.")
        return
    st.markdown("**Features with each other**")
    show_figure(
        feature_heat_map(between, shown_colors()),
        key=f"heat-{inspection.run_id}",
        file_name="feature-correlation",
        alt="Rank correlation of every two features",
    )
    st.markdown("**Features with the target**")
    if target is None:
        st.markdown("No label was asked for. Choose a labeler under Label and load again.")
        return
    whose = st.selectbox("Of", list(dict.fromkeys(target["ticker"])), key="correlation-of")
    chosen = target[target["ticker"] == whose]
    figure = target_bars(chosen, shown_colors())
    key = f"target-{inspection.run_id}-{whose}"
    show_figure(figure, key=key, file_name="target-correlation", alt="Rank correlation with the target")
    quiet(
        f"Spearman's, on up to {int(chosen['n_rows'].max()):,} rows that have both. Labels overlap and tickers move "
        "together, so these are far fewer independent observations: a small correlation may be chance.",
        "correlation-note",
    )


def _chosen_ticker(inspection: Inspection, *, place: str = "prices") -> str:
    tickers = inspection.tickers
    chosen = chosen_in_address("ticker")
    key = f"ticker-{place}-{inspection.run_id}"
    # The address may have changed since the person last picked: what it says wins.
    if chosen in tickers:
        st.session_state[key] = chosen

    def picked() -> None:
        keep_in_address("ticker", st.session_state[key])

    return str(st.selectbox("Ticker", tickers, key=key, on_change=picked))


def _choose_finding(found: str) -> None:
    keep_in_address("finding", found)
    keep_in_address("ticker", found.partition("|")[0])
