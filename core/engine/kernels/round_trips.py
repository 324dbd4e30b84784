"""Round trips: each asset's fills, from flat to flat or to a change of side.

1. The fills of an asset are walked in time; splits between them change its shares, dividends are added up.
2. A fill that reduces a position takes its part of the entry's cost; one that changes the side ends a trip and begins
   another, its costs shared by shares.
3. Profit is cash out less cash in, dividends included. Interest and borrow fees belong to the account, not to a trade.
"""

from __future__ import annotations

from core.engine.kernels.compilation import entry_point, kernel
from core.engine.kernels.layout import BoolArray, FloatArray, IntArray

# Columns of a trip.
ASSET, FIRST_BAR, LAST_BAR, SIDE, ENTERED, ENTRY_VALUE, EXIT_VALUE, COSTS, PAID, REASON = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
TRIP_COLUMNS = 10
FLAT = 1e-9  # relative to the shares entered


@entry_point
def round_trips(
    order: IntArray,
    bar: IntArray,
    asset: IntArray,
    reason: IntArray,
    shares: FloatArray,
    price: FloatArray,
    cost: FloatArray,
    split: FloatArray,
    dividend: FloatArray,
    has_action: BoolArray,
    trips: FloatArray,
) -> int:
    """Write one row a round trip, by asset and time, into `trips` (n_fills + 1, 10); return how many.

    `order` sorts the fills so. Positions still open are not counted.
    """
    done = 0
    open_trip = trips[0]
    held = 0.0
    present = -1
    day = 0
    for i in order:
        if asset[i] != present:
            present = asset[i]
            held = 0.0
        elif held != 0.0:
            held = carry(open_trip, held, day, bar[i], present, split, dividend, has_action)
        day = bar[i]
        left = shares[i]
        if held * left < 0.0:
            part = min(abs(left), abs(held)) / abs(left)
            open_trip[EXIT_VALUE] += abs(left) * part * price[i]
            open_trip[COSTS] += cost[i] * part
            after = held + left * part
            if abs(after) <= FLAT * open_trip[ENTERED]:
                open_trip[LAST_BAR] = day
                open_trip[REASON] = reason[i]
                done += 1
                open_trip = trips[done]
                after = 0.0
            held = after
            left = left * (1.0 - part)
            cost_left = cost[i] * (1.0 - part)
        else:
            cost_left = cost[i]
        if abs(left) <= FLAT * abs(shares[i]):
            continue
        if held == 0.0:
            for column in range(TRIP_COLUMNS):
                open_trip[column] = 0.0
            open_trip[ASSET] = present
            open_trip[FIRST_BAR] = day
            open_trip[SIDE] = 1.0 if left > 0.0 else -1.0
        open_trip[ENTERED] += abs(left)
        open_trip[ENTRY_VALUE] += abs(left) * price[i]
        open_trip[COSTS] += cost_left
        held += left
    return done


@kernel
def carry(
    trip: FloatArray,
    held: float,
    start: int,
    stop: int,
    asset: int,
    split: FloatArray,
    dividend: FloatArray,
    has_action: BoolArray,
) -> float:
    """Carry a position from the bar after `start` through the corporate actions of `stop`; return its shares."""
    for bar in range(start + 1, stop + 1):
        if not has_action[bar]:
            continue
        ratio = split[bar, asset]
        held *= ratio
        trip[ENTERED] *= ratio
        trip[PAID] += dividend[bar, asset] * held
    return held
