"""Random streams that depend on a seed and a name alone (Philox: Salmon et al., 2011), whatever others there are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Streams"]


@dataclass(frozen=True)
class Streams:
    """The draws of some tickers over some sessions; arrays have shape (n_sessions, n_tickers)."""

    seed: int
    tickers: Sequence[str]
    n_sessions: int

    def normals(self, purpose: str, n_each: int = 1) -> NDArray[np.float64]:
        """Return `n_each` normal draws for each session and ticker, of shape (n_sessions, n_tickers, n_each)."""
        return self.each(purpose, lambda stream, n: stream.standard_normal((n, n_each)))

    def uniforms(self, purpose: str, n_each: int) -> NDArray[np.float64]:
        """Return `n_each` uniform draws for each session and ticker, of shape (n_sessions, n_tickers, n_each)."""
        return self.each(purpose, lambda stream, n: stream.random((n, n_each)))

    def each(self, purpose: str, draw: Callable[[np.random.Generator, int], NDArray[Any]]) -> NDArray[Any]:
        """Return what is drawn for each ticker from a stream of its own."""
        import numpy as np

        drawn = [draw(_stream(self.seed, f"{ticker}/{purpose}"), self.n_sessions) for ticker in self.tickers]
        return np.stack(drawn, axis=1)

    def shared(self, purpose: str) -> np.random.Generator:
        """Return the stream that is the same for all tickers."""
        return _stream(self.seed, f"/{purpose}")


def _stream(seed: int, name: str) -> np.random.Generator:
    import numpy as np

    key = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))
