"""Entries and exits on the prices of one ticker."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from core.ui.charts import template, time_axis
from core.ui.tear_sheet.thinning import MOST_ROWS, thinned

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from core.ui.colors import Colors

__all__ = ["MOST_MARKS", "trade_figure"]

MOST_MARKS = 2000
_CANDLES_UP_TO = 400


def trade_figure(bars: pd.DataFrame, trips: pd.DataFrame, colors: Colors) -> Figure:
    """Return candles (closes alone, where there are many bars), entries as triangles up, exits as triangles down.

    A mark stands at the close of its bar; its hover tells the average price, which of a position that was built over
    many bars may be far from there.

    Parameters
    ----------
    bars, trips : DataFrame
        As `ticker_trades` returns them.
    colors : Colors
    """
    from plotly.graph_objects import Figure

    figure = Figure()
    if len(bars) <= _CANDLES_UP_TO:
        _candles(figure, bars, colors)
    else:
        drawn = thinned(bars, ("close",), MOST_ROWS)
        figure.add_scatter(
            x=drawn["timestamp"],
            y=drawn["close"].to_numpy(),
            mode="lines",
            name="Close",
            line={"color": colors.muted, "width": 1.3},
            hovertemplate="%{y:,.2f}<extra>Close</extra>",
        )
    shown = trips.iloc[-MOST_MARKS:]
    close = bars.set_index("timestamp")["close"]
    _marks(figure, close, shown, "entered_at", "entry_price", ("Entry", "triangle-up", colors.accent))
    _marks(figure, close, shown, "exited_at", "exit_price", ("Exit", "triangle-down", colors.warning))
    figure.update_layout(template=template(colors), height=400, uirevision="trades", xaxis_rangeslider_visible=False)
    figure.update_yaxes(title_text="Price (currency a share)", tickformat=",.2f")
    time_axis(figure, colors)
    return figure


def _candles(figure: Figure, bars: pd.DataFrame, colors: Colors) -> None:
    figure.add_candlestick(
        x=bars["timestamp"],
        **{name: bars[name].to_numpy() for name in ("open", "high", "low", "close")},
        name="Price",
        increasing={"line": {"color": colors.gain, "width": 1}},
        decreasing={"line": {"color": colors.loss, "width": 1}},
    )


def _marks(
    figure: Figure,
    close: pd.Series,
    trips: pd.DataFrame,
    moment: str,
    price: str,
    style: tuple[str, str, str | None],
) -> None:
    name, symbol, color = style
    told = [
        f"{html.escape(str(side))}, {shares:,.2f} shares at {paid:,.2f} on average, result {result:+.1%}"
        for side, shares, paid, result in trips[["side", "shares", price, "return"]].itertuples(index=False)
    ]
    figure.add_scatter(
        x=trips[moment],
        y=close.reindex(trips[moment], method="ffill").to_numpy(),
        mode="markers",
        name=name,
        text=told,
        marker={"symbol": symbol, "size": 11, "color": color, "line": {"width": 1, "color": color}},
        hovertemplate="%{text}<extra>" + name + "</extra>",
    )
