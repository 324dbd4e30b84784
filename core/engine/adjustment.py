"""Adjusting prices for splits and dividends.

With F the factor of a bar, and S the split, D the dividend and C the close of an ex-date:

1. Each ex-date has a step: 1 / S for splits alone, and C / (S (C + D)) for splits and dividends, D being paid on each
   share held once the split is done. Adjusted closes then return S (C + D) / C_before - 1, what a holder gets who
   reinvests the dividend at the ex-date's close: the holding-period return as CRSP's Data Descriptions Guide has it.
2. F of bar t is the product of the steps of the ex-dates after t, so that the last bar keeps its price.
3. From an adjusted close: F is adjusted_close / close, divided by its value at the ticker's last bar.
4. Open, high, low and close are multiplied by F; volume is divided by the splits' F; after `splits`, dividends are
   multiplied by the splits' F of their bar.

What prices are adjusted for already is read from `panel.attrs["adjustment"]`, "raw" where it is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from core.base.errors import DataError
from core.engine.panel_checks import PRICE_COLUMNS
from core.engine.panel_index import order_by_code, position_of_tickers, position_of_timestamps

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Adjustment", "adjust_panel", "at_rows", "held_adjustment", "previous_close", "previous_rows"]

Adjustment = Literal["raw", "splits", "total_return"]

_RANK = {"raw": 0, "splits": 1, "total_return": 2}
_EVENT_COLUMNS = {
    "raw": ["adjusted_close"],
    "splits": ["adjusted_close", "split"],
    "total_return": ["adjusted_close", "dividend", "split"],
}


def adjust_panel(panel: pd.DataFrame, adjustment: Adjustment, *, origin: str = "the panel") -> pd.DataFrame:
    """Return a panel whose prices are adjusted for what the config says.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts. `total_return` reads adjusted_close where the panel has it, and dividend and
        split otherwise; `raw` and `splits` need dividend and split.
    adjustment : {"raw", "splits", "total_return"}
        raw keeps prices and the columns dividend and split, which the engine credits; splits leaves the column
        dividend (cash on adjusted shares); total_return leaves neither.
    origin : str
        Where the panel came from, for messages.

    Returns
    -------
    DataFrame
        A new frame on the same index, without adjusted_close, `attrs["adjustment"]` set. The last bar of each ticker
        keeps its prices, so that no level of the panel depends on what came after it. From an adjusted close alone,
        volume stays as traded, since splits cannot be told from dividends.

    Raises
    ------
    DataError
        If the prices are adjusted for more than what is asked, or the factors that it takes are not there.
    """
    held = held_adjustment(panel, origin)
    _refuse_undoing(held, adjustment, origin)
    if held == "total_return":
        return _finish(panel.copy(), adjustment)
    if adjustment == "total_return" and "adjusted_close" in panel.columns:
        prices = _from_adjusted_close(panel)
        shares = _future_product(panel, _split_step(panel, held)) if "split" in panel.columns else None
    else:
        _refuse_unknown_events(panel, held, adjustment, origin)
        shares = _future_product(panel, _split_step(panel, held))
        prices = _price_factor(panel, held, adjustment, shares)
    return _finish(_scaled(panel, prices, shares, adjustment), adjustment)


def held_adjustment(panel: pd.DataFrame, origin: str = "the panel") -> Adjustment:
    """Return what the panel's prices are adjusted for already.

    Raises
    ------
    DataError
        If `attrs["adjustment"]` is none of the three.
    """
    held = panel.attrs.get("adjustment", "raw")
    if held not in _RANK:
        raise DataError(f"{origin}: attrs['adjustment'] is {held!r}; it must be one of {', '.join(_RANK)}.")
    return held  # type: ignore[no-any-return]


def previous_close(panel: pd.DataFrame) -> NDArray[np.float64]:
    """Return each row's close at its ticker's bar before, NaN at the ticker's first bar."""
    return at_rows(panel["close"].to_numpy(), previous_rows(panel))


def previous_rows(panel: pd.DataFrame) -> NDArray[np.int64]:
    """Return the position of each row's ticker's bar before, -1 at the ticker's first bar."""
    assets, tickers = position_of_tickers(panel)
    by_ticker = order_by_code(assets, len(tickers))
    before = np.empty(len(panel), dtype=np.int64)
    before[by_ticker[1:]] = by_ticker[:-1]
    before[by_ticker[np.diff(assets[by_ticker], prepend=-1) != 0]] = -1
    return before


def at_rows(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the values at these positions, NaN at -1."""
    found = values[rows]
    found[rows < 0] = np.nan
    return found


def _refuse_undoing(held: Adjustment, wanted: Adjustment, origin: str) -> None:
    if _RANK[wanted] < _RANK[held]:
        allowed = " or ".join(name for name in _RANK if _RANK[name] >= _RANK[held])
        raise DataError(
            f"{origin}: data.adjustment is {wanted!r}, but these prices come adjusted ({held}), which cannot be "
            f"undone. Set data.adjustment to {allowed}, or load prices as they were traded."
        )


def _refuse_unknown_events(panel: pd.DataFrame, held: Adjustment, wanted: Adjustment, origin: str) -> None:
    needed = ("dividend", "split") if held == "raw" else ("dividend",)
    lacking = [column for column in needed if column not in panel.columns]
    if not lacking:
        return
    ways = "Give the panel the columns dividend and split (0 and 1 where there is none)"
    if wanted == "total_return":
        ways += ", or adjusted_close, or say that its prices are adjusted already"
    elif "adjusted_close" in panel.columns:
        ways += ", or set data.adjustment to total_return, which its adjusted_close allows"
    raise DataError(
        f"{origin}: data.adjustment is {wanted!r}, but the panel has no {' and no '.join(lacking)} column, so it is "
        f"not known what holders were paid. {ways}."
    )


def _split_step(panel: pd.DataFrame, held: Adjustment) -> NDArray[np.float64]:
    if held != "raw":
        return np.ones(len(panel))
    return 1.0 / panel["split"].to_numpy()


def _price_factor(
    panel: pd.DataFrame, held: Adjustment, wanted: Adjustment, shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    if wanted == "raw":
        return np.ones(len(panel))
    if wanted == "splits":
        return shares
    close = panel["close"].to_numpy()
    return _future_product(panel, _split_step(panel, held) * close / (close + panel["dividend"].to_numpy()))


def _from_adjusted_close(panel: pd.DataFrame) -> NDArray[np.float64]:
    assets, tickers = position_of_tickers(panel)
    factor: NDArray[np.float64] = panel["adjusted_close"].to_numpy() / panel["close"].to_numpy()
    last = np.empty(len(tickers))
    last[assets] = factor  # rows are in order of time, so that a ticker's last bar is written last
    factor /= last[assets]
    return factor


def _future_product(panel: pd.DataFrame, step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply, for each row, the steps of its ticker's later rows."""
    if (step == 1.0).all():
        return np.ones(len(panel))
    bars, timestamps = position_of_timestamps(panel)
    assets, tickers = position_of_tickers(panel)
    steps = np.ones((len(timestamps) + 1, len(tickers)))
    steps[bars, assets] = step
    from_bar_on = np.cumprod(steps[::-1], axis=0)[::-1]
    return np.asarray(from_bar_on[bars + 1, assets], dtype=np.float64)


def _scaled(
    panel: pd.DataFrame, prices: NDArray[np.float64], shares: NDArray[np.float64] | None, wanted: Adjustment
) -> pd.DataFrame:
    columns = {column: panel[column].to_numpy() * prices for column in PRICE_COLUMNS}
    if shares is not None and wanted != "raw":
        columns["volume"] = panel["volume"].to_numpy() / shares
        if "dividend" in panel.columns:
            columns["dividend"] = panel["dividend"].to_numpy() * shares
    return panel.assign(**columns)


def _finish(panel: pd.DataFrame, adjustment: Adjustment) -> pd.DataFrame:
    finished = panel.drop(columns=_EVENT_COLUMNS[adjustment], errors="ignore")
    finished.attrs = {**panel.attrs, "adjustment": adjustment}
    return finished
