"""What the scan of one module found, as plain data that crosses processes and rests in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["ScanOutcome", "ScannedClass"]


@dataclass(frozen=True)
class ScannedClass:
    """A plugin class as it states itself.

    Attributes
    ----------
    problem : str
        Sentences that say which rules it breaks; empty where none.
    is_incompatible : bool
        Whether the only problem is the range of QLOP versions that it needs.
    required_sections, used_sections : tuple of str, tuple of str or None
        As a mode states them; empty and None for all other kinds.
    """

    name: str
    class_name: str
    version: str = ""
    requires_qlop: str = ""
    capabilities: tuple[str, ...] = ()
    summary: str = ""
    documentation: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    is_incompatible: bool = False
    required_sections: tuple[str, ...] = ()
    used_sections: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ScannedClass:
        """Return the class that `asdict` and JSON made `raw` of.

        Raises
        ------
        KeyError, TypeError
            If `raw` is something else.
        """
        used = raw["used_sections"]
        return cls(
            **{
                **raw,
                "capabilities": tuple(raw["capabilities"]),
                "required_sections": tuple(raw["required_sections"]),
                "used_sections": None if used is None else tuple(used),
            }
        )


@dataclass(frozen=True)
class ScanOutcome:
    """What a module yielded: classes, or a problem.

    Attributes
    ----------
    problem : str
        Why it yielded nothing: the error of its import, or that it holds no plugin.
    is_failure : bool
        Whether its import failed, was cut off or ended the process: another environment or another day may cure it.
    is_unfinished : bool
        Whether somebody asked the process to end that imported it, so that nothing is known of the module.
    """

    classes: tuple[ScannedClass, ...] = ()
    problem: str = ""
    traceback: str = ""
    is_failure: bool = False
    load_seconds: float = 0.0
    is_unfinished: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as JSON's types."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ScanOutcome:
        """Return the outcome that `as_json` wrote.

        Raises
        ------
        KeyError, TypeError
            If `raw` is something else.
        """
        classes = tuple(ScannedClass.from_json(entry) for entry in raw["classes"])
        return cls(**{**raw, "classes": classes})
