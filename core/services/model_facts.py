"""What a trained model is, as pairs of a name and a text; the texts are anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["calibration_facts", "learned_facts"]


def learned_facts(card: Mapping[str, Any], config: Mapping[str, Any], data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the model learned from and what it predicts, by name; what is not known or not set is left out.

    Parameters
    ----------
    card : mapping
        Of model.json.
    config : mapping
        As resolved.
    data : mapping
        As `loaded_data` returns it.
    """
    label, splits = config.get("label") or {}, config.get("splits") or {}
    tickers = data.get("tickers")
    facts = [
        ("Task", card.get("task")),
        ("Label", _with_params(label.get("labeler_type"), label.get("labeler_params"))),
        ("Model", _with_params(card.get("model_type"), card.get("model_params"))),
        ("Prices", f"{data.get('source')}, {data.get('interval')} bars, adjustment {data.get('adjustment')}"),
        ("Tickers", ", ".join(map(str, tickers)) if isinstance(tickers, list) else None),
        ("Bars", f"{str(data.get('first_bar'))[:10]} to {str(data.get('last_bar'))[:10]}"),
        ("Learned until", _learned_until(card.get("learned") or {})),
        ("Validation", splits.get("scheme")),
        ("Seed", config.get("seed")),
        ("Data fingerprint", data.get("fingerprint")),
    ]
    return [(name, str(value)) for name, value in facts if value not in {None, ""}]


def _learned_until(learned: Mapping[str, Any]) -> str:
    day = str(learned.get("until") or "")[:10]
    return f"{day} here; elsewhere before, until when is not known" if learned.get("elsewhere") == "unknown" else day


def calibration_facts(calibration: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return how the probabilities were calibrated, of calibration.json; nothing where they were not."""
    found = (calibration or {}).get("calibrators") or []
    facts = []
    for number, calibrator in enumerate(found, 1):
        name = f"Class {number}" if len(found) > 1 else "Method"
        slope, rows = calibrator.get("slope"), calibrator.get("effective_rows")
        parts = [str(calibrator.get("kind", ""))]
        parts += [f"slope {slope:.3f}"] if isinstance(slope, float) and calibrator.get("kind") == "platt" else []
        parts += [f"on {rows:,.0f} effective rows"] if isinstance(rows, (int, float)) else []
        facts.append((name, ", ".join(parts)))
    return facts


def _with_params(name: object, params: object) -> str:
    given = params.items() if isinstance(params, Mapping) else ()
    stated = ", ".join(f"{key} {_in_words(value)}" for key, value in given if value is not None)
    return f"{name}: {stated}" if stated else str(name or "")


def _in_words(value: object) -> str:
    """Return a parameter's value as a person writes it: parts in brackets, and no marks of Python's own."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} {_in_words(part)}" for key, part in value.items() if part is not None)
        return f"({inner})" if inner else "none"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_in_words, value))}]" if value else "none"
    return str(value)
