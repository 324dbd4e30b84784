"""One chart of a tear sheet with what is said about it and the data behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["Section"]


@dataclass(frozen=True, eq=False)
class Section:
    """A chart.

    Attributes
    ----------
    name : str
        For keys and file names: "monthly-returns".
    title, words : str
        The heading, and a sentence or two on what is drawn; ours, plain text.
    figure : Figure
    table : DataFrame
        All of the data behind the figure, thinned by nothing.
    is_narrow : bool
        Whether it is as clear at half the page's width.
    """

    name: str
    title: str
    words: str
    figure: Figure
    table: pd.DataFrame
    is_narrow: bool = False
