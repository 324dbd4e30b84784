"""What is said where no memory is left."""

from __future__ import annotations

__all__ = ["full_memory_words"]


def full_memory_words(error: BaseException) -> str:
    """Return what a person can do about an error of memory that was not to be had; empty for any other error."""
    if not isinstance(error, MemoryError):
        return ""
    asked = f" ({str(error).rstrip('.')})" if str(error) else ""
    return (
        f"No memory is left for the run{asked}. Ask for less: fewer tickers, a shorter period, fewer features, a "
        "smaller model. Or give it more: end other programs, raise what the system allows this process (ulimit -v), "
        "or run it on a machine with more memory."
    )
