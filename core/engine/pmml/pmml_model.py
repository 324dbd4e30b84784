"""What a PMML document says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.engine.calibration import Calibrator
    from core.engine.fitted_model import PayoffMap
    from core.engine.pmml.score_model import Scored

__all__ = ["PmmlModel"]


@dataclass(frozen=True)
class PmmlModel:
    """What a document says.

    Attributes
    ----------
    name : str
        Of the model.
    scored : ScoreModel or JoinedScores
        Its scores.
    features : tuple of str
        What it is fed, in order.
    classes : tuple of float
        Ascending; empty for a regression.
    calibrators : tuple of Calibrator
        As a FittedModel has them; empty leaves the probabilities the model's own.
    payoff : PayoffMap or None
        As a FittedModel has it.
    description : str
        A sentence for the header.
    """

    name: str
    scored: Scored
    features: tuple[str, ...]
    classes: tuple[float, ...] = ()
    calibrators: tuple[Calibrator, ...] = ()
    payoff: PayoffMap | None = None
    description: str = ""
