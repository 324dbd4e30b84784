"""Where an ensemble's models lie in its folder, and what is written about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["check_members_card", "model_places", "write_members_card"]

MEMBERS_FILE = "members.json"
_MEMBERS_FOLDER = "members"
_FINAL_FOLDER = "final"


def model_places(
    folder: Path, members: Sequence[qlop.ModelPlugin], final: qlop.ModelPlugin | None
) -> list[tuple[Path, qlop.ModelPlugin]]:
    """Return the folder of each member, and of the final model where there is one."""
    places = [(folder / _MEMBERS_FOLDER / f"{place:02}", member) for place, member in enumerate(members)]
    return places if final is None else [*places, (folder / _FINAL_FOLDER, final)]


def write_members_card(
    folder: Path, names: Sequence[str], members: Sequence[qlop.ModelPlugin], final: qlop.ModelPlugin | None
) -> None:
    """Write which models the ensemble is made of, and the versions of their plugins."""
    card = _composition(names, members, final)
    (folder / MEMBERS_FILE).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def check_members_card(
    folder: Path, names: Sequence[str], members: Sequence[qlop.ModelPlugin], final: qlop.ModelPlugin | None
) -> None:
    """Compare what `write_members_card` wrote with the models that are to be loaded.

    Raises
    ------
    DataError
        If the card cannot be read, names other models, or a model's plugin is of another major version here (of another
        minor one below 1).
    """
    path = folder / MEMBERS_FILE
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise qlop.DataError(f"{folder} does not hold an ensemble: {error!s:.300}") from error
    wanted = _composition(names, members, final)
    if not isinstance(found, dict) or _kinds(found) != _kinds(wanted):
        raise qlop.DataError(
            f"{path} holds the ensemble {found!s:.300}, but the parameters are those of {_kinds(wanted)!s:.300}. Load "
            "it with the parameters that it was trained with."
        )
    for name, entry in _entries(wanted).items():
        then, now = str(_entries(found)[name].get("version")), str(entry["version"])
        if _compatible_part(then) != _compatible_part(now):
            raise qlop.DataError(
                f"{path}: {name!r} was saved by version {then} of the model {entry['model_type']!r}, and version "
                f"{now} is installed. Install the former, or train the ensemble again."
            )


def _composition(
    names: Sequence[str], members: Sequence[qlop.ModelPlugin], final: qlop.ModelPlugin | None
) -> dict[str, JsonValue]:
    parts: list[JsonValue] = [{"name": name, **_described(member)} for name, member in zip(names, members, strict=True)]
    return {"members": parts, "final_model": None if final is None else _described(final)}


def _described(model: qlop.ModelPlugin) -> dict[str, JsonValue]:
    return {"model_type": type(model).name, "version": model.version}


def _entries(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the card's models by their names."""
    named = {str(entry.get("name")): entry for entry in card["members"]}
    return named if card["final_model"] is None else {**named, "final_model": card["final_model"]}


def _kinds(card: dict[str, Any]) -> list[tuple[str, Any]] | None:
    """Return what a card says without the versions, in order; None where it is of another form."""
    try:
        return [(name, entry["model_type"]) for name, entry in _entries(card).items()]
    except (AttributeError, KeyError, TypeError):
        return None


def _compatible_part(version: str) -> str:
    major, _, rest = version.partition(".")
    return major if major != "0" else f"0.{rest.partition('.')[0]}"
