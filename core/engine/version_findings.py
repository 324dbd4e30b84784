"""Which plugins of a model's file have another version here than where the model was trained, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from core.engine.joined_models import member_versions

if TYPE_CHECKING:
    from core.contracts.feature_step import FeatureStepPlugin
    from core.contracts.model import ModelPlugin
    from core.engine.model_card import ModelCard

__all__ = ["model_version_findings", "step_version_findings"]


def model_version_findings(card: ModelCard, model: ModelPlugin) -> list[str]:
    """Return what is to be said of the model's plugin, and of those of the models that it is made of.

    Parameters
    ----------
    card : ModelCard
        The file's.
    model : ModelPlugin
        Loaded from it.
    """
    then = _kept(card, "member_versions")
    members = (("Member", name, then.get(name, "?"), now) for name, now in member_versions(model).items())
    return list(_told([("Model", model.name, card.model_version, model.version), *members]))


def step_version_findings(card: ModelCard, steps: Sequence[FeatureStepPlugin]) -> list[str]:
    """Return what is to be said of the feature steps' plugins; those that the file names no version of are told too."""
    then = _kept(card, "feature_step_versions")
    return list(_told(("Feature step", step.name, then.get(step.name, "?"), step.version) for step in steps))


def _kept(card: ModelCard, name: str) -> Mapping[str, str]:
    found = card.description.get(name)
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, Mapping) else {}


def _told(versions: Iterable[tuple[str, str, str, str]]) -> Iterator[str]:
    for kind, name, then, now in versions:
        if then != now:
            yield f"{kind} {name!r} has version {now} here, and had {then} where the model was trained."
