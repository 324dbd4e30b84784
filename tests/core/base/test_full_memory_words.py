"""A run that finds no memory says what to do about it."""

from __future__ import annotations

import numpy as np
import pytest

from core.base.full_memory import full_memory_words


def test_an_array_that_finds_no_room_is_told_with_its_size_and_the_next_step() -> None:
    with pytest.raises(MemoryError) as found:
        np.empty(2**60, dtype=np.uint8)
    words = full_memory_words(found.value)
    assert "1.00 EiB" in words
    assert "fewer tickers" in words


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("memory")])
def test_other_errors_are_left_to_others(error: Exception) -> None:
    assert full_memory_words(error) == ""
