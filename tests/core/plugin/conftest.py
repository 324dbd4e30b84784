"""A place of its own for each test: a working folder, a folder of plugins, and nobody's cache or trust."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

import pytest

from core.plugin.registry import PluginRegistry, RegistrySettings

collect_ignore = ["second_distribution"]


def strategy_source(name: str = "steady", *, header: str = "", **attributes: object) -> str:
    """Return the source of a strategy plugin that holds a constant exposure."""
    lines = "\n".join(f"{key} = {value!r}" for key, value in attributes.items())
    return dedent('''\
        """A plugin file."""
        from __future__ import annotations
        {header}
        import qlop
        from pydantic import Field

        class Steady(qlop.StrategyPlugin):
            """Holds the same exposure at every bar.

            More about it.
            """
            name = {name!r}
            version = "1.4.0"
            requires_qlop = ">=0.1,<1"
        {lines}
            class Params(qlop.Params):
                """Parameters."""
                exposure: float = Field(default=1.0, ge=0.0, le=3.0, description="Exposure.")

            def generate_signals(self, panel, predictions):
                import pandas as pd
                return pd.Series(self.params.exposure, index=panel.index, name="exposure")
        ''').format(header=header, name=name, lines=indent(lines, "    "))


@dataclass(frozen=True)
class Place:
    root: Path

    @property
    def working(self) -> Path:
        return self.root / "work"

    @property
    def named(self) -> Path:
        return self.root / "named"

    @property
    def local(self) -> Path:
        return self.working / ".qlop" / "plugins"

    @property
    def configuration(self) -> Path:
        return self.root / "configuration"

    def write(self, source: str, stem: str = "steady", kind: str = "strategies", folder: Path | None = None) -> Path:
        path = (folder or self.named) / kind / f"{stem}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        return path

    def settings(self, **changes: object) -> RegistrySettings:
        given = {
            "plugin_path": (self.named,),
            "working_folder": self.working,
            "with_builtin": False,
            "configuration": self.configuration,
            "cache": self.root / "cache",
        }
        return RegistrySettings(**{**given, **changes})

    def registry(self, **changes: object) -> PluginRegistry:
        return PluginRegistry(self.settings(**changes))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    found.working.mkdir()
    found.named.mkdir()
    return found


@pytest.fixture
def strategy() -> Callable[..., str]:
    return strategy_source
