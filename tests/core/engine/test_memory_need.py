"""A training that does not fit is refused with what it takes and what there is."""

from __future__ import annotations

import pandas as pd
import pytest

from core.base.errors import RunLimitError
from core.engine.memory_need import MemoryRoom, check_training_fits, memory_room

ROWS = pd.DataFrame(index=pd.RangeIndex(10_000_000))


def test_a_training_beyond_the_room_is_refused_with_need_room_and_next_step() -> None:
    # 26 + 13 + 24 bytes of label, life and given row, and twice 5 features of 8: 143 a row.
    with pytest.raises(RunLimitError) as found:
        check_training_fits(ROWS, 5, MemoryRoom(1_200_000_000))
    assert str(found.value).startswith(
        "Training on 10,000,000 rows with 5 features or more takes at least 1,430 MB of memory beside the prices, and "
        "this machine has 1,200 MB free. Ask for fewer tickers"
    )


def test_a_training_within_the_room_goes_on() -> None:
    check_training_fits(ROWS, 5, MemoryRoom(1_430_000_000))


def test_a_small_training_is_never_refused_beforehand() -> None:
    check_training_fits(ROWS.iloc[:100_000], 5, MemoryRoom(0))


def test_the_room_is_the_least_of_the_machines_and_the_limits() -> None:
    machine, limited = memory_room(None), memory_room(1.0)
    assert machine.free_bytes > 0
    assert limited == MemoryRoom(0, 1.0)
    assert str(limited) == "of limits.memory_mb 0 MB are left"
