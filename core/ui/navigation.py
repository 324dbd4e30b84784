"""The screens: what they are called, where they stand, and how to go from one to another.

A new screen is one file in pages/ and one line here. A mode that no screen is made for has an entry of its own: a form,
a start button and then the run's console.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import streamlit as st

from core.base.errors import QlopError
from core.ui.address import remember

__all__ = ["MODES_WITH_SCREENS", "go_to", "grouped_pages", "mode_title", "page_of"]

_PAGES = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True)
class _Screen:
    name: str
    title: str
    icon: str
    group: str
    visibility: Literal["visible", "hidden"] = "visible"

    @property
    def file(self) -> Path:
        return _PAGES / f"{self.name}.py"


_SCREENS = (
    _Screen("overview", "Overview", ":material/home:", "Research"),
    _Screen("train", "Train", ":material/model_training:", "Research"),
    _Screen("backtest", "Backtest", ":material/candlestick_chart:", "Research"),
    _Screen("runs", "Runs", ":material/history:", "Results"),
    _Screen("run", "Run", ":material/play_circle:", "Results", "hidden"),
    _Screen("models", "Models", ":material/deployed_code:", "Results"),
    _Screen("data", "Data", ":material/database:", "Workbench"),
    _Screen("plugins", "Plugins", ":material/extension:", "Workbench"),
    _Screen("system", "System", ":material/monitor_heart:", "Workbench"),
)
_FIRST = "overview"
_GROUP_OF_MODES = "Research"

MODES_WITH_SCREENS = {
    "train": "train",
    "pipeline": "train",
    "backtest": "backtest",
    "export": "models",
    "inspect_data": "data",
}
"""Modes that a screen is made for, and which."""


def grouped_pages() -> dict[str, list[st.Page]]:
    """Return the pages of the navigation by group, in order."""
    groups: dict[str, list[st.Page]] = {}
    for screen in _SCREENS:
        groups.setdefault(screen.group, []).append(_page(screen))
    groups[_GROUP_OF_MODES] += [_mode_page(mode) for mode in _other_modes()]
    return groups


def page_of(name: str) -> st.Page:
    """Return the page of a screen or of a mode, to give to `st.switch_page`."""
    wanted = MODES_WITH_SCREENS.get(name, name)
    screen = next((screen for screen in _SCREENS if screen.name == wanted), None)
    if screen is None:
        return _mode_page(name)
    return _page(screen)


def go_to(name: str, **query: str) -> NoReturn:
    """Leave this screen for the one called `name`, whose address then bears `query`."""
    for parameter, value in query.items():
        remember(parameter, value)
    st.switch_page(page_of(name), query_params=query)


def mode_title(mode: str) -> str:
    """Return what a person calls a mode: "inspect_data" is "Inspect data"."""
    return mode.replace("_", " ").capitalize()


def _page(screen: _Screen) -> st.Page:
    is_first = screen.name == _FIRST
    return st.Page(
        screen.file,
        title=screen.title,
        icon=screen.icon,
        url_path=None if is_first else screen.name,
        default=is_first,
        visibility=screen.visibility,
    )


def _mode_page(mode: str) -> st.Page:
    # A mode may bear a screen's name; two pages of one address would end the whole navigation.
    is_taken = any(screen.name == mode for screen in _SCREENS)
    address = f"mode_{mode}" if is_taken else mode
    return st.Page(_screen_of(mode), title=mode_title(mode), icon=":material/science:", url_path=address)


def _screen_of(mode: str) -> Callable[[], None]:
    def draw() -> None:
        from core.ui.config_form import mode_screen

        mode_screen(mode, title=mode_title(mode))

    return draw


def _other_modes() -> list[str]:
    from core.services.workbench import open_workbench
    from core.ui.catalog import plugins_to_pick

    try:
        found = plugins_to_pick(open_workbench(), "orchestrators")
    except QlopError:
        # Every screen says what is wrong with the home or the plugins.
        return []
    return [plugin.name for plugin in found if not plugin.problem and plugin.name not in MODES_WITH_SCREENS]
