"""Where in the week, month and year a bar lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field, field_validator

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class Calendar(qlop.FeatureStepPlugin):
    """Day of the week, day of the month, month, and the turn of the month.

    Formulas, of the timestamp's date in UTC: day_of_week 0 (Monday) to 6 in a cycle of 7, month 1 to 12 in a cycle of
    12, day_of_month 1 to 31 in a cycle of the month's days. Plain numbers, or where `encoding` is cyclical
    sin(2 pi x / cycle) and cos(2 pi x / cycle) of the number counted from 0. turn_of_month is 1 on the last
    `turn_last_days` and the first `turn_first_days` weekdays of a month, else 0: weekdays and not sessions, since a bar
    does not know which holidays follow. Source: Lakonishok and Smidt, Review of Financial Studies 1 (1988). Columns:
    <name>_<part>, or <name>_<part>_sin and <name>_<part>_cos. Never NaN.
    """

    name = "calendar"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `calendar`."""

        parts: tuple[Literal["day_of_week", "day_of_month", "month", "turn_of_month"], ...] = Field(
            default=("day_of_week", "month", "turn_of_month"), min_length=1, description="Which columns are made."
        )
        encoding: Literal["cyclical", "plain"] = Field(
            default="cyclical", description="cyclical: sine and cosine, so that December is next to January."
        )
        turn_last_days: int = Field(default=1, ge=0, le=10, description="Weekdays before the turn of the month.")
        turn_first_days: int = Field(default=3, ge=0, le=10, description="Weekdays after the turn of the month.")

        @field_validator("parts")
        @classmethod
        def _names_each_once(cls, parts: tuple[str, ...]) -> tuple[str, ...]:
            if len(set(parts)) != len(parts):
                raise ValueError(f"{parts} names a part twice")
            return parts

    params: Params

    @property
    def input_columns(self) -> tuple[str, ...]:
        """None: the index says it all."""
        return ()

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column a part, or two."""
        import pandas as pd
        from qlop.engine import own_bars

        bars = own_bars(data)
        columns = {}
        for part in self.params.parts:
            for name, values in self._columns_of(part, bars.timestamps).items():
                columns[name] = values[bars.row_timestamp]
        return pd.DataFrame(columns, index=data.index)

    def _columns_of(self, part: str, timestamps: pd.DatetimeIndex) -> dict[str, NDArray[np.float64]]:
        import numpy as np

        name = f"{self.name}_{part}"
        if part == "turn_of_month":
            return {name: self._turn_of_month(timestamps)}
        number, first, cycle = {
            "day_of_week": (timestamps.day_of_week, 0, 7),
            "day_of_month": (timestamps.day, 1, timestamps.days_in_month),
            "month": (timestamps.month, 1, 12),
        }[part]
        plain = np.asarray(number, dtype=np.float64)
        if self.params.encoding == "plain":
            return {name: plain}
        angle = 2.0 * np.pi * (plain - first) / np.asarray(cycle, dtype=np.float64)
        return {f"{name}_sin": np.sin(angle), f"{name}_cos": np.cos(angle)}

    def _turn_of_month(self, timestamps: pd.DatetimeIndex) -> NDArray[np.float64]:
        import numpy as np

        dates = timestamps.tz_localize(None).to_numpy().astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        one_day = np.timedelta64(1, "D")
        weekday_number = np.busday_count(months.astype("datetime64[D]"), dates + one_day)
        weekdays_left = np.busday_count(dates, (months + np.timedelta64(1, "M")).astype("datetime64[D]"))
        is_weekday = np.is_busday(dates)
        at_turn = (weekday_number <= self.params.turn_first_days) | (weekdays_left <= self.params.turn_last_days)
        return (is_weekday & at_turn).astype(np.float64)
