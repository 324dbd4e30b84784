"""In the market while a prediction is high enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import pandas as pd

_OF_THE_LABELS_SIDE = frozenset({"prediction", "probability_1", "payoff_probability", "payoff_gain"})


class Threshold(qlop.StrategyPlugin):
    """An exposure while a column of the predictions is high, another while it is low, with a band against flutter.

    A ticker goes long when the column reaches `enter_long` and leaves when it falls below `exit_long`. Where
    `enter_short` is given it goes short when the column falls to it and leaves when it rises above `exit_short`.
    Exposures are over the number of tickers that trade. Decided at the close of the prediction's bar; a bar without a
    prediction changes nothing, and before a ticker's first one the exposure is NaN.
    """

    name = "threshold"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    needs_predictions = True

    class Params(qlop.Params):
        """Parameters of `threshold`."""

        column: str = Field(
            default="probability_1", min_length=1, max_length=200, description="Column of the predictions that decides."
        )
        enter_long: float = Field(default=0.55, ge=-1e9, le=1e9, description="Long from this value up.")
        exit_long: float | None = Field(
            default=None, ge=-1e9, le=1e9, description="No longer long below it; null: `enter_long`."
        )
        enter_short: float | None = Field(
            default=None, ge=-1e9, le=1e9, description="Short from this value down; null: never short."
        )
        exit_short: float | None = Field(
            default=None, ge=-1e9, le=1e9, description="No longer short above it; null: `enter_short`."
        )
        long_exposure: float = Field(default=1.0, ge=0.0, le=100.0, description="Exposure while long.")
        flat_exposure: float = Field(default=0.0, ge=-100.0, le=100.0, description="Exposure while neither.")
        short_exposure: float = Field(default=-1.0, ge=-100.0, le=0.0, description="Exposure while short.")
        stale_limit_bars: int = Field(
            default=60,
            ge=0,
            le=1_000_000,
            description="A ticker without a bar keeps its share of the account for so many bars of the panel.",
        )

        @model_validator(mode="after")
        def _thresholds_are_in_order(self) -> Threshold.Params:
            if self.exit_short is not None and self.enter_short is None:
                raise ValueError("exit_short is given without enter_short; give both, or neither")
            if self.leave_long > self.enter_long:
                raise ValueError(f"exit_long {self.exit_long} must not be above enter_long {self.enter_long}")
            if self.enter_short is not None and self.leave_short < self.enter_short:
                raise ValueError(f"exit_short {self.exit_short} must not be below enter_short {self.enter_short}")
            if self.enter_short is not None and self.leave_short >= self.leave_long:
                raise ValueError(
                    f"short until {self.leave_short} and long from {self.leave_long} overlap; the short thresholds "
                    "must be below the long ones"
                )
            return self

        @property
        def leave_long(self) -> float:
            """The value below which a long ends."""
            return self.enter_long if self.exit_long is None else self.exit_long

        @property
        def leave_short(self) -> float:
            """The value above which a short ends; minus infinity where there are no shorts."""
            if self.exit_short is not None:
                return self.exit_short
            return float("-inf") if self.enter_short is None else self.enter_short

    params: Params

    @property
    def label_side(self) -> Literal["long"] | None:
        """Long where exposure rises with a column that is high where the label's side pays, else not told."""
        params = self.params
        rises = params.long_exposure > params.flat_exposure
        if params.enter_short is not None:
            rises = params.long_exposure >= params.flat_exposure >= params.short_exposure
        return "long" if rises and params.column in _OF_THE_LABELS_SIDE else None

    @property
    def needed_columns(self) -> tuple[str, ...]:
        """The parameter `column`."""
        return (self.params.column,)

    def generate_signals(self, panel: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.Series:
        """Return the exposure of the side that each ticker is on.

        Raises
        ------
        DataError
            If there are no predictions, they lack the column, or predict a row twice or none of the panel's.
        """
        import numpy as np
        from qlop.engine import hysteresis, panel_arrays, predictions_on_panel, share_account

        params = self.params
        arrays = panel_arrays(panel)
        value = predictions_on_panel(arrays, panel.index, predictions, (params.column,), f"Strategy {self.name!r}")[0]
        is_long = hysteresis(value, params.enter_long, params.leave_long)
        wanted = np.where(is_long > 0.0, params.long_exposure, params.flat_exposure)
        if params.enter_short is not None:
            is_short = hysteresis(-value, -params.enter_short, -params.leave_short)
            wanted[is_short > 0.0] = params.short_exposure
        wanted[np.isnan(is_long)] = np.nan
        # The account's shares are as large once more: what has decided is let go before.
        del value, is_long
        return share_account(arrays, panel.index, wanted, stale_limit_bars=self.params.stale_limit_bars)
