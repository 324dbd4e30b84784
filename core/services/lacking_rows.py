"""What the rows that a model is asked about lack, in sentences: features, history, the tickers beside them.

1. Features without a value: in how many rows, and in how many of these none has one.
2. Rows with fewer bars of their ticker before them than the features look back: their values are missing or differ from
   those that the model learned from.
3. Rows with a shorter history of such rows than a model that reads earlier ones reads: they begin with a ticker and
   after a hole.
4. Features that compare the tickers of a bar mean something else where these are others than in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.services.text_form import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from core.contracts.model import ModelPlugin
    from core.services.bundle_rows import AskedRows

__all__ = ["lacking_rows"]

_MOST_NAMED = 8
_DAY_US = 24 * 3600 * 1_000_000


def lacking_rows(rows: AskedRows, description: Mapping[str, JsonValue], model: ModelPlugin) -> tuple[str, ...]:
    """Return what to tell of the rows.

    Parameters
    ----------
    rows : AskedRows
        What the model is asked about.
    description : mapping
        The model card's; `tickers` are those that it learned from.
    model : ModelPlugin
        The trained model.
    """
    return (
        *_without_values(rows),
        *_without_history(rows),
        *_read_short(rows, model),
        *_compared_otherwise(rows, description),
    )


def _without_values(rows: AskedRows) -> Iterator[str]:
    is_missing = rows.features.isna().to_numpy()
    n_rows, n_features = is_missing.shape
    by_row = is_missing.sum(axis=1)
    n_lacking, n_empty = int((by_row > 0).sum()), int((by_row == n_features).sum())
    if not n_lacking:
        return
    columns = list(map(str, rows.features.columns))
    names = [columns[place] for place in np.flatnonzero(is_missing.any(axis=0))]
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    none = f", and in {n_empty:,} none has one: such an answer knows nothing of its row" if n_empty else ""
    yield (
        f"Features have no value in {n_lacking:,} of {counted(n_rows, 'row')}{none}. They are "
        f"{len(names):,} of the {n_features:,}: {', '.join(names[:_MOST_NAMED])}{more}."
    )


def _without_history(rows: AskedRows) -> Iterator[str]:
    if rows.made_of != "prices" or not rows.lookback_bars:
        return
    before = rows.features.groupby(level="ticker").cumcount().to_numpy()
    n_short = int((before < rows.lookback_bars).sum())
    if n_short:
        yield (
            f"The features look back {counted(rows.lookback_bars, 'bar')} of the ticker's own, and {n_short:,} of "
            f"{counted(len(before), 'row')} have fewer before them in the file; the longest history of a ticker has "
            f"{counted(int(np.max(before)) + 1, 'bar')}. Give {rows.lookback_bars + 1:,} bars of each ticker or more; "
            "the last ones are then predicted as in training."
        )


def _read_short(rows: AskedRows, model: ModelPlugin) -> Iterator[str]:
    from core.engine.torch_training.histories import histories_of

    reading = model.history_reading()
    if reading is None or reading.sequence_bars == 1:
        return
    read = rows.features if "missing_values" in model.capabilities else rows.features.dropna()
    histories = histories_of(read, reading.sequence_bars, reading.longest_gap_us)
    length = histories.last - histories.first + 1
    n_short = int((length < reading.sequence_bars).sum())
    if not n_short:
        return
    # A history begins where a row's own is one row long.
    n_begun, n_tickers = int((length == 1).sum()), read.index.get_level_values("ticker").nunique()
    holes = f", and anew after {counted(n_begun - n_tickers, 'hole')} of more than {_time(reading.longest_gap_us)}"
    count, have = counted(len(read), "row"), "has" if n_short == 1 else "have"
    yield (
        f"The model reads the last {reading.sequence_bars:,} rows of a ticker, and {n_short:,} of {count} {have} fewer"
        f": a history begins with a ticker's first row{holes if n_begun > n_tickers else ''}. They are predicted from "
        f"what there is; give {counted(reading.sequence_bars - 1, 'row')} of a ticker before those that you ask about."
    )


def _time(microseconds: int) -> str:
    days = microseconds / _DAY_US
    return counted(round(days), "day") if days >= 1.0 and days == round(days) else f"{days * 24.0:.4g} hours"


def _compared_otherwise(rows: AskedRows, description: Mapping[str, JsonValue]) -> Iterator[str]:
    learned = description.get("tickers")
    if not rows.comparing_steps or not isinstance(learned, Sequence) or isinstance(learned, str):
        return
    held = set(map(str, rows.features.index.unique(level="ticker")))
    lacking, strange = sorted({str(name) for name in learned} - held), sorted(held - {str(name) for name in learned})
    if not lacking and not strange:
        return
    differs = [f"lacks {_named(lacking)}"] * bool(lacking) + [f"has {_named(strange)} besides"] * bool(strange)
    steps = " and ".join(map(repr, rows.comparing_steps))
    yield (
        f"{steps} {'compares' if len(rows.comparing_steps) == 1 else 'compare'} the tickers of a bar with each other, "
        f"and the file {' and '.join(differs)}: the values are not those that the model would have had among the "
        "tickers that it learned from."
    )


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"
