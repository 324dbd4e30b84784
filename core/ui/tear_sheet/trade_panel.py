"""Round trips: a table, and one ticker's entries and exits on its prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.services.tear_sheet import read_ticker_trades
from core.ui.charts import show_figure
from core.ui.colors import shown_colors
from core.ui.plain_text import quiet
from core.ui.tear_sheet.section_panel import panel_heading
from core.ui.tear_sheet.thinning import thinning_note
from core.ui.tear_sheet.trade_marks import MOST_MARKS, trade_figure

if TYPE_CHECKING:
    import pandas as pd

    from core.services.tear_sheet import TearSheet
    from core.services.workbench import Workbench

__all__ = ["trade_panel"]

_MOST_ROWS = 5000
_TABLE_HEIGHT = 355


def trade_panel(workbench: Workbench, sheet: TearSheet) -> None:
    """Draw the trades of a run; nothing where it kept none."""
    if sheet.trades is None:
        return
    panel_heading("Trades", sheet.trades, name="trades", run_id=sheet.run_id)
    if sheet.trades.empty:
        st.markdown("No position was opened and closed again.")
        return
    tickers = sorted(str(name) for name in sheet.trades["ticker"].unique())
    ticker = st.selectbox("Ticker", tickers, key="ticker", bind="query-params", width=220)
    _draw_prices(workbench, sheet, ticker)
    _draw_rows(sheet.trades)


def _draw_prices(workbench: Workbench, sheet: TearSheet, ticker: str) -> None:
    found = read_ticker_trades(workbench, sheet.run_id, ticker)
    if found is None or found.bars.empty:
        quiet("This run kept no prices to draw the trades on. Run it again to have them.", "no-prices")
        return
    words = ["A mark stands at its bar's close; its average price, which may be far from there, is in its label."]
    if len(found.trips) > MOST_MARKS:
        words.append(f"Marked are the last {MOST_MARKS:,} of {len(found.trips):,} trades.")
    quiet(" ".join([*words, thinning_note(len(found.bars))]), "trade-words")
    figure = trade_figure(found.bars, found.trips, shown_colors())
    show_figure(
        figure, key=f"trades-{sheet.run_id}", file_name=f"{sheet.run_id[:8]}-trades", alt="Entries and exits on prices"
    )


def _draw_rows(trades: pd.DataFrame) -> None:
    if len(trades) > _MOST_ROWS:
        quiet(f"The last {_MOST_ROWS:,} of {len(trades):,} trades; the CSV holds all.", "trade-rows")
    config = st.column_config
    shown = trades.iloc[-_MOST_ROWS:]
    columns = {
        "ticker": config.TextColumn("Ticker"),
        "side": config.TextColumn("Side"),
        "entered_at": config.DatetimeColumn("Entered (UTC)", format="YYYY-MM-DD", timezone="UTC"),
        "entry_price": config.NumberColumn("Entry price", format="%.2f"),
        "exited_at": config.DatetimeColumn("Exited (UTC)", format="YYYY-MM-DD", timezone="UTC"),
        "exit_price": config.NumberColumn("Exit price", format="%.2f"),
        "shares": config.NumberColumn("Shares", format="%.2f"),
        "profit": config.NumberColumn("Profit", format="%.0f"),
        "return": config.NumberColumn("Return", format="%.2f%%"),
        "fees": config.NumberColumn("Fees", format="%.0f"),
        "bars_held": config.NumberColumn("Bars held", format="%d"),
        "exit_reason": config.TextColumn("Why it ended"),
    }
    drawn = shown.assign(
        **{"return": 100.0 * shown["return"], "exit_reason": shown["exit_reason"].str.replace("_", " ")}
    )[list(columns)]
    height = min(_TABLE_HEIGHT, 35 * (len(drawn) + 1) + 3)
    st.dataframe(drawn, column_config=columns, hide_index=True, height=height, alt="Trades")
