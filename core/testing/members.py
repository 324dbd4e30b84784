"""Other models for a model that is made of models, as a run gives them."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from core.plugin.registry import PluginRegistry

if TYPE_CHECKING:
    from core.contracts.model import ModelPlugin

__all__ = ["with_models"]


def with_models(model: ModelPlugin) -> ModelPlugin:
    """Let a model make others, of all that are installed here, and return it."""
    model.accept_models(partial(_registry().create, "models"))
    return model


@cache
def _registry() -> PluginRegistry:
    return PluginRegistry()
