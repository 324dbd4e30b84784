"""Opens, highs and lows that fit a path of closes: what happens inside a session of known ends.

1. The bar's variance falls in part between the sessions: the open is a point of the Brownian bridge from the close
   before to this close, after any jump.
2. The session is cut into `SESSION_PARTS` equal parts, whose ends are points of the bridge from the open to the close.
3. The highest and the lowest point of each part are drawn from their exact laws given its ends (Glasserman, 2003, Monte
   Carlo Methods in Financial Engineering, section 6.4): (a + b +- sqrt((a - b)^2 - 2 s^2 ln u)) / 2.

High and low of a part are drawn independently; with four parts the mean squared range is that of Brownian motion,
4 ln 2 times the variance (Parkinson, 1980), to .2 %; with one part it would be 3 % above.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.engine.price_processes import PricePaths

__all__ = ["SESSION_PARTS", "SessionBars", "session_bars"]

FloatArray = NDArray[np.float64]

SESSION_PARTS = 4
"""Equal parts of a session; a bar takes as many normals and twice as many uniforms."""


@dataclass(frozen=True, eq=False)
class SessionBars:
    """Log prices against the close before, arrays of shape (n_bars, n_paths); the close is the path's log return."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray


def session_bars(
    paths: PricePaths, normals: FloatArray, uniforms: FloatArray, *, overnight_share: float
) -> SessionBars:
    """Return the bars of sessions whose closes are known.

    Parameters
    ----------
    paths : PricePaths
        Arrays of shape (n_bars, n_paths).
    normals : ndarray of shape (n_bars, n_paths, SESSION_PARTS)
        Standard normals.
    uniforms : ndarray of shape (n_bars, n_paths, 2 * SESSION_PARTS)
        In [0, 1).
    overnight_share : float
        Part of a bar's variance, in [0, 1), that falls before the open.
    """
    deviation = np.sqrt(paths.variance)
    inside = paths.log_returns - paths.gaps
    spread = np.sqrt(overnight_share * (1.0 - overnight_share))
    opening = paths.gaps + overnight_share * inside + spread * deviation * normals[..., 0]
    points = _points(opening, paths.log_returns, deviation * np.sqrt(1.0 - overnight_share), normals[..., 1:])
    part_variance = paths.variance * (1.0 - overnight_share) / SESSION_PARTS
    high, low = opening, opening
    for part, (before, after) in enumerate(pairwise(points)):
        highest, lowest = (_reach(before, after, part_variance, uniforms[..., 2 * part + side]) for side in (0, 1))
        middle = (before + after) / 2.0
        high, low = np.maximum(high, middle + highest), np.minimum(low, middle - lowest)
    return SessionBars(opening, high, low, paths.log_returns)


def _points(start: FloatArray, end: FloatArray, deviation: FloatArray, normals: FloatArray) -> list[FloatArray]:
    """Return the ends of the parts: points of the Brownian bridge from start to end."""
    points = [start]
    for part in range(SESSION_PARTS - 1):
        left = (SESSION_PARTS - part) / SESSION_PARTS
        step = 1.0 / SESSION_PARTS
        mean = points[-1] + (end - points[-1]) * step / left
        points.append(mean + np.sqrt(step * (left - step) / left) * deviation * normals[..., part])
    return [*points, end]


def _reach(before: FloatArray, after: FloatArray, variance: FloatArray, uniform: FloatArray) -> FloatArray:
    """Return how far a bridge goes to one side of its ends' middle."""
    return np.sqrt((before - after) ** 2 - 2.0 * variance * np.log1p(-uniform)) / 2.0
