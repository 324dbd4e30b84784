"""Where the parts of a config came from, so that an error blames the file or the option that is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from core.config.overrides import override_path, shown_override

__all__ = ["ConfigOrigin"]


class ConfigOrigin:
    """Tells where the field at a path came from.

    Parameters
    ----------
    source : str
        The file, or what else the config was read from.
    overrides : sequence of str
        What was put above it, "path=value" each; of two that set one field the later one counts.
    """

    def __init__(self, source: str, overrides: Sequence[str] = ()) -> None:
        self.source = source
        self._changes = [(shown_override(override), override_path(override)) for override in overrides]

    def __call__(self, location: Sequence[str | int]) -> str:
        """Return the option that set the field or something around it; else the source.

        What concerns a whole section of which an option set a part is told of both.
        """
        path = tuple(str(step) for step in location)
        for option, changed in reversed(self._changes):
            if path[: len(changed)] == changed:
                return option
            if path and changed[: len(path)] == path:
                return f"{self.source} with {option}"
        return self.source
