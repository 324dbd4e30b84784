"""The theme's colours can be told apart, also by people who see no difference between red and green."""

import numpy as np
import pytest
import streamlit as st

from core.ui.colors import pale, theme_colors

THEMES = ("light", "dark")
# Machado, Oliveira and Fernandes (2009), table 1: full protanopia and deuteranopia, on linear RGB.
VISION = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
# CIE 1976 difference: 2.3 is just noticeable; 20 is plainly another colour.
PLAINLY_DIFFERENT = 20.0
# What Streamlit paints behind a badge's text.
BADGE_OPACITY = {"light": 0.1, "dark": 0.2}


def linear(color: str) -> np.ndarray:
    channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255.0
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = (to_xyz @ np.clip(rgb, 0.0, 1.0)) / np.array([0.9505, 1.0, 1.089])
    fx, fy, fz = (np.cbrt(value) if value > (6 / 29) ** 3 else value * 841 / 108 + 4 / 29 for value in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def luminance(color: str) -> float:
    return float(np.array([0.2126, 0.7152, 0.0722]) @ linear(color))


def blended(color: str, background: str, opacity: float) -> str:
    upper, lower = (np.array([int(found[at : at + 2], 16) for at in (1, 3, 5)]) for found in (color, background))
    mixed = np.rint(opacity * upper + (1.0 - opacity) * lower).astype(int)
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def contrast(first: str, second: str) -> float:
    brighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("pair", [("gain", "loss"), ("accent", "loss"), ("gain", "warning"), ("accent", "warning")])
def test_colours_of_unlike_meaning_look_unlike(theme, vision, pair):
    colors = theme_colors(theme)
    first, second = (lab(VISION[vision] @ linear(getattr(colors, name))) for name in pair)
    assert np.linalg.norm(first - second) > PLAINLY_DIFFERENT


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_by_the_ratio_that_wcag_asks_of_body_text(theme):
    colors = theme_colors(theme)
    for background in (colors.background, colors.panel):
        assert contrast(colors.text, background) >= 7.0
        assert contrast(colors.accent, background) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_text_of_a_primary_button_stands_out_from_the_accent(theme):
    colors = theme_colors(theme)
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    under_the_pointer = blended(colors.accent, colors.text, 0.85)
    assert contrast(colors.on_accent, under_the_pointer) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["blue", "green", "red", "orange", "gray"])
def test_the_text_of_a_badge_stands_out_from_its_tint_wherever_the_badge_is(theme, name):
    colors = theme_colors(theme)
    tint, text = (st.get_option(f"theme.{theme}.{name}{part}") for part in ("Color", "TextColor"))
    for background in (colors.background, colors.panel):
        assert contrast(text, blended(tint, background, BADGE_OPACITY[theme])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_curves_stand_out_by_the_ratio_that_wcag_asks_of_graphics(theme):
    colors = theme_colors(theme)
    assert [color for color in (colors.accent, *colors.curves) if contrast(color, colors.background) < 3.0] == []


def test_a_pale_colour_is_the_same_colour_thinned():
    assert pale("#0B6B6B") == "#0B6B6B33"
    assert pale(None) == "primary"
