"""Prices from a data source, through the door.

1. Ask the source; refuse an answer that is no panel, or has other tickers than were asked for.
2. Cut to the config's dates; refuse dates without data and tickers without data.
3. Check the panel (panel_checks.py), and its dates against the exchange's calendar (exchange_sessions.py).
4. Adjust for what the config says (adjustment.py).
5. Leave out tickers with too short a history, and name them.
6. Note what looks odd, and take the fingerprint. Opens are compared with closes as the source has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.time import utc_now
from core.engine.adjustment import adjust_in_place, held_adjustment
from core.engine.contradicted_adjustment import contradicted_adjustment, contradiction_findings
from core.engine.copied_opens import copied_open_findings, copied_opens
from core.engine.currencies import currency_findings, held_currencies
from core.engine.exchange_sessions import exchange_findings, refuse_bars_on_no_session
from core.engine.fingerprint import data_fingerprint
from core.engine.future_bars import future_bar_findings
from core.engine.gap_findings import gap_findings
from core.engine.history import leave_out_short_histories
from core.engine.panel_checks import check_panel
from core.engine.panel_findings import adjustment_disagreements, unadjusted_splits
from core.engine.panel_index import check_index_form, date_text, ranks_of_level, row_text
from core.engine.previous_rows import previous_rows
from core.engine.price_spikes import price_spikes, spike_findings, without_spikes
from core.engine.row_blocks import row_blocks
from core.engine.stale_prices import STALE_BARS, stale_prices

if TYPE_CHECKING:
    from core.config.sections import LoadDataConfig
    from core.contracts.data_source import DataSourcePlugin

__all__ = ["LoadedPanel", "load_panel"]

_LATE_START = timedelta(days=7)
_HIGH_RATE = 0.3


@dataclass(frozen=True)
class LoadedPanel:
    """Prices that passed the door.

    Attributes
    ----------
    panel : DataFrame
        Checked and adjusted, index (timestamp, ticker); `attrs["adjustment"]` says what for.
    left_out : mapping of str to int
        Tickers left out for a short history, with their number of bars.
    fingerprint : str
        SHA-256 of `panel`.
    findings : tuple of str
        What looks odd in the data, in prose.
    is_adjustment_doubted : bool
        Whether some of it speaks against the adjustment that the source tells.
    """

    panel: pd.DataFrame
    left_out: Mapping[str, int]
    fingerprint: str
    findings: tuple[str, ...] = field(default=())
    is_adjustment_doubted: bool = False


def load_panel(source: DataSourcePlugin, data: LoadDataConfig, *, is_traded: bool = True) -> LoadedPanel:
    """Load, cut, check and adjust the prices that a config names.

    Parameters
    ----------
    source : DataSourcePlugin
        Where they come from.
    data : LoadDataConfig
        Which, and adjusted for what.
    is_traded : bool
        Whether orders may be filled at them; where not, as of a benchmark, nothing is said of opens.

    Raises
    ------
    DataError
        If the source holds no such tickers, dates or interval, its panel breaks a promise of `check_panel`, a daily
        bar lies on no session of the config's calendar, the adjustment is not possible, or no ticker has enough
        history.
    """
    origin = f"data source {source.name!r}"
    panel = _within(source, data, origin)
    check_panel(panel, origin=origin)
    if data.calendar is not None:
        refuse_bars_on_no_session(panel, data.calendar, data.interval, origin=origin)
    held_adjustment(panel, origin)
    before = previous_rows(panel)
    disagreements = adjustment_disagreements(panel, before=before)
    opens = copied_open_findings(copied_opens(panel, data.interval, before), untold=source.remarks) if is_traded else []
    del before
    contradicted = contradicted_adjustment(panel)
    dates = _date_findings(panel, data)
    adjust_in_place(panel, data.adjustment, origin=origin)
    kept, left_out = leave_out_short_histories(panel, data.min_history_bars)
    before = previous_rows(kept)
    spikes = price_spikes(kept, before)
    splits = without_spikes(unadjusted_splits(kept, before), spikes)
    del before
    future = [] if "simulated" in source.capabilities else future_bar_findings(kept, data.interval, utc_now())
    money = currency_findings(held_currencies(kept, origin), source.price_indices) if is_traded else []
    told = (*panel.attrs.get("findings", ()), *money)
    claims = (*spike_findings(spikes), *future, *contradiction_findings(contradicted))
    odd = _findings(kept, splits, disagreements, data)
    findings = (*dates, *opens, *told, *claims, *_calendar_findings(kept, data), *odd)
    doubted = bool(len(splits) or len(disagreements) or len(contradicted))
    return LoadedPanel(kept, left_out, data_fingerprint(kept), findings, is_adjustment_doubted=doubted)


def _within(source: DataSourcePlugin, data: LoadDataConfig, origin: str) -> pd.DataFrame:
    """Return the source's panel within the dates, as a frame of the run's own: a source's stays as it is."""
    held = source.load_data(data.tickers, data.start_date, data.end_date, data.interval)
    if not isinstance(held, pd.DataFrame) or held.empty:
        check_panel(held, origin=origin)
    check_index_form(held.index, origin)
    panel = _cut(held, data.start_date, data.end_date, origin)
    _check_tickers(panel, held, data, origin)
    return panel.copy(deep=False)


def _cut(panel: pd.DataFrame, start: date | None, end: date | None, origin: str) -> pd.DataFrame:
    index = cast("pd.MultiIndex", panel.index)
    moments = pd.DatetimeIndex(index.levels[0])
    inside = np.ones(len(moments), dtype=np.bool_)
    if start is not None:
        inside &= moments >= pd.Timestamp(start, tz="UTC")
    if end is not None:
        inside &= moments < pd.Timestamp(end, tz="UTC") + timedelta(days=1)
    if inside.all():
        return panel
    is_kept = np.empty(len(panel), dtype=np.bool_)
    for rows in row_blocks(len(panel)):
        is_kept[rows] = inside[index.codes[0][rows]]
    if not is_kept.any():
        _, found = ranks_of_level(index, 0)
        raise DataError(
            f"{origin}: no bar lies in data.start_date {start or 'open'} to data.end_date {end or 'open'}; the data go "
            f"from {date_text(found[0])} to {date_text(found[-1])}. Choose dates within."
        )
    cut = panel.copy(deep=False) if is_kept.all() else panel[is_kept]
    cut.index = cut.index.remove_unused_levels()  # type: ignore[attr-defined]
    return cut


def _check_tickers(panel: pd.DataFrame, held: pd.DataFrame, data: LoadDataConfig, origin: str) -> None:
    if data.tickers is None:
        return
    found = [str(ticker) for ticker in ranks_of_level(cast("pd.MultiIndex", panel.index), 1)[1]]
    lacking = [ticker for ticker in data.tickers if ticker not in found]
    if lacking:
        raise DataError(
            f"{origin}: {', '.join(lacking)} has no bar in data.start_date {data.start_date or 'open'} to "
            f"data.end_date {data.end_date or 'open'}; {_range_of(held, lacking[0])}. "
            "Take it out of data.tickers, or choose other dates."
        )
    unasked = [ticker for ticker in found if ticker not in data.tickers]
    if unasked:
        raise DataError(
            f"{origin}: it returned {', '.join(unasked[:5])}, which data.tickers ({', '.join(data.tickers)}) does not "
            "name; a source returns the tickers that it is asked for. Correct the plugin's load_data."
        )


def _range_of(held: pd.DataFrame, ticker: str) -> str:
    timestamps = held.index.get_level_values("timestamp")[held.index.get_level_values("ticker") == ticker]
    if not len(timestamps):
        return f"the source returned nothing for {ticker}"
    return f"the source holds {ticker} from {date_text(timestamps.min())} to {date_text(timestamps.max())}"


def _date_findings(panel: pd.DataFrame, data: LoadDataConfig) -> list[str]:
    first, last = panel.index[0][0], panel.index[-1][0]
    findings = []
    if data.start_date is not None and first - pd.Timestamp(data.start_date, tz="UTC") > _LATE_START:
        findings.append(f"The data begin at {date_text(first)}, later than data.start_date {data.start_date}.")
    if data.end_date is not None and pd.Timestamp(data.end_date, tz="UTC") - last > _LATE_START:
        findings.append(f"The data end at {date_text(last)}, earlier than data.end_date {data.end_date}.")
    return findings


def _calendar_findings(panel: pd.DataFrame, data: LoadDataConfig) -> list[str]:
    return [] if data.calendar is None else exchange_findings(panel, data.calendar, data.interval)


def _findings(
    adjusted: pd.DataFrame, splits: pd.DataFrame, disagreements: pd.DataFrame, data: LoadDataConfig
) -> list[str]:
    tables = (
        (len(splits), splits, "bars open as if after a split that the prices are not adjusted for"),
        (len(disagreements), disagreements, "bars have an adjusted_close that dividend and split do not explain"),
    )
    return [
        *gap_findings(adjusted, data.interval, data.calendar),
        *(
            f"{count} {what}, the first of {row_text(table.set_index(['timestamp', 'ticker']), 0)}."
            for count, table, what in tables
            if count
        ),
        *_stale_findings(adjusted),
        *_rate_findings(adjusted),
    ]


def _rate_findings(panel: pd.DataFrame) -> list[str]:
    if "risk_free_rate_annual" not in panel.columns:
        return []
    rate = panel["risk_free_rate_annual"].to_numpy()
    row = int(np.argmax(rate))
    if not rate[row] > _HIGH_RATE:
        return []
    found = f"risk_free_rate_annual reaches {rate[row]:g}, which is {rate[row]:.0%} a year, in {row_text(panel, row)}."
    return [f"{found} If the source gives percent, set rate_in_percent."]


def _stale_findings(panel: pd.DataFrame) -> list[str]:
    found = stale_prices(panel)
    if found.empty:
        return []
    longest = found.iloc[int(found["n_bars"].argmax())]
    runs = f"{len(found)} times a close is the same for {STALE_BARS} bars or more; " if len(found) > 1 else ""
    where = f"{longest['ticker']} stands still for {longest['n_bars']} bars from {date_text(longest['timestamp'])}"
    return [f"{runs}{'the' if runs else 'The'} close of {where}."]
