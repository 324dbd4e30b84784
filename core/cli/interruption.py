"""Whether a signal has asked a command to end: what fails after it fails by it."""

from __future__ import annotations

from types import FrameType
from typing import NoReturn

__all__ = ["interrupt", "was_interrupted"]

_numbers: list[int] = []


def interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    """Raise KeyboardInterrupt where the command is, and remember it: code in C may make an error of its own of it."""
    _numbers.append(number)
    raise KeyboardInterrupt


def was_interrupted() -> bool:
    """Return whether `interrupt` was called in this process."""
    return bool(_numbers)
