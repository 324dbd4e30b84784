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

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.engine.future_product import future_product
from core.engine.panel_checks import PRICE_COLUMNS
from core.engine.panel_index import ranks_of_level
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Adjustment", "adjust_in_place", "adjust_panel", "held_adjustment"]

Adjustment = Literal["raw", "splits", "total_return"]
_Factor = NDArray[np.float64] | None

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
    adjusted = panel.copy(deep=False)
    adjust_in_place(adjusted, adjustment, origin=origin)
    return adjusted


def adjust_in_place(panel: pd.DataFrame, adjustment: Adjustment, *, origin: str) -> None:
    """Do what `adjust_panel` does to the panel itself, a column at a time: large data are then not there twice.

    Raises
    ------
    DataError
        As `adjust_panel` does.
    """
    held = held_adjustment(panel, origin)
    _refuse_undoing(held, adjustment, origin)
    if held != "total_return":
        prices, shares = _factors(panel, held, adjustment, origin)
        _scale(panel, prices, shares)
    for column in _EVENT_COLUMNS[adjustment]:
        if column in panel.columns:
            del panel[column]
    panel.attrs = {**panel.attrs, "adjustment": adjustment}


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


def _factors(panel: pd.DataFrame, held: Adjustment, wanted: Adjustment, origin: str) -> tuple[_Factor, _Factor]:
    """Return what prices are multiplied by, and what volume is divided by; None is one everywhere."""
    if wanted == "total_return" and "adjusted_close" in panel.columns:
        return _from_adjusted_close(panel), _split_factor(panel, held) if "split" in panel.columns else None
    _refuse_unknown_events(panel, held, wanted, origin)
    if wanted == "raw":
        return None, None
    shares = _split_factor(panel, held)
    return (shares if wanted == "splits" else _total_return_factor(panel, held)), shares


def _split_factor(panel: pd.DataFrame, held: Adjustment) -> _Factor:
    if held != "raw":
        return None
    split = panel["split"].to_numpy()
    return future_product(panel, lambda rows: 1.0 / split[rows])


def _total_return_factor(panel: pd.DataFrame, held: Adjustment) -> _Factor:
    close, dividend = panel["close"].to_numpy(), panel["dividend"].to_numpy()
    split = panel["split"].to_numpy() if held == "raw" else None

    def step(rows: slice) -> NDArray[np.float64]:
        shares = 1.0 if split is None else 1.0 / split[rows]
        stepped: NDArray[np.float64] = shares * close[rows] / (close[rows] + dividend[rows])
        return stepped

    return future_product(panel, step)


def _from_adjusted_close(panel: pd.DataFrame) -> NDArray[np.float64]:
    index = cast("pd.MultiIndex", panel.index)
    ranks, tickers = ranks_of_level(index, 1)
    factor: NDArray[np.float64] = panel["adjusted_close"].to_numpy() / panel["close"].to_numpy()
    last = np.empty(len(tickers))
    for rows in row_blocks(len(panel)):
        last[ranks[index.codes[1][rows]]] = factor[rows]  # in order of time: a ticker's last bar is written last
    for rows in row_blocks(len(panel)):
        factor[rows] /= last[ranks[index.codes[1][rows]]]
    return factor


def _scale(panel: pd.DataFrame, prices: _Factor, shares: _Factor) -> None:
    if prices is not None:
        for column in PRICE_COLUMNS:
            panel[column] = panel[column].to_numpy() * prices
    if shares is not None:
        panel["volume"] = panel["volume"].to_numpy() / shares
        if "dividend" in panel.columns:
            panel["dividend"] = panel["dividend"].to_numpy() * shares
