"""The theme's colours, as .streamlit/config.toml has them, for what Streamlit does not paint itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

__all__ = ["Colors", "pale", "shown_colors", "theme_colors"]

ThemeType = Literal["light", "dark"]


@dataclass(frozen=True)
class Colors:
    """Colours by meaning, as CSS values; one that the configuration leaves out is None, which paints the library's own.

    Attributes
    ----------
    accent, warning, gain, loss, muted : str or None
        The accent is the strategy's colour on every screen.
    text, background, panel, border : str or None
        Of the page.
    on_accent : str or None
        Of text on the accent, which is deep in the light theme and bright in the dark one.
    curves : tuple of str
        The benchmark's, then those of the baselines in order.
    """

    accent: str | None
    warning: str | None
    gain: str | None
    loss: str | None
    muted: str | None
    text: str | None
    background: str | None
    panel: str | None
    border: str | None
    on_accent: str | None
    curves: tuple[str, ...]


def shown_colors() -> Colors:
    """Return the colours of the theme that the viewer sees now."""
    return theme_colors("dark" if st.context.theme.type == "dark" else "light")


def pale(color: str | None) -> str:
    """Return `color`, "#" and six digits, so thin that text stands upon it; the theme's accent where there is none."""
    return f"{color}33" if color else "primary"


def theme_colors(theme: ThemeType) -> Colors:
    """Return the colours of one theme."""

    def option(name: str) -> Any:  # noqa: ANN401 - what the configuration holds
        return st.get_option(f"theme.{theme}.{name}")

    return Colors(
        accent=option("primaryColor"),
        warning=option("orangeColor"),
        gain=option("greenColor"),
        loss=option("redColor"),
        muted=option("grayColor"),
        text=option("textColor"),
        background=option("backgroundColor"),
        panel=option("secondaryBackgroundColor"),
        border=option("borderColor"),
        on_accent=option("backgroundColor"),
        curves=tuple(option("chartCategoricalColors") or ()),
    )
