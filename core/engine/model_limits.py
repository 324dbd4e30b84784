"""What speaks against trusting a trained model, in sentences, from its own scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.engine.skill import skill_of

__all__ = ["model_limits"]

_FEW_EFFECTIVE_ROWS = 500
_NEAR_CHANCE = 0.52


def model_limits(metrics: Mapping[str, Any], data: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Return the limits that the run's own figures show.

    Parameters
    ----------
    metrics : mapping
        Of metrics.json.
    data : mapping
        Of data.json.
    config : mapping
        As resolved.
    """
    found = [
        *_scores(metrics),
        *_labels(metrics),
        *(str(finding) for finding in data.get("findings") or ()),
    ]
    last_bar = str(data.get("last_bar") or "")[:10]
    if last_bar:
        found.append(f"It has seen no bar after {last_bar}; the further from it, the less its scores say.")
    scheme = (config.get("splits") or {}).get("scheme")
    if scheme not in {None, "walk_forward"}:
        found.append(
            f"Scored by {scheme}, whose models train on later bars too: nobody could have traded these scores."
        )
    return found


def _scores(metrics: Mapping[str, Any]) -> list[str]:
    found = []
    brier, base = _number(metrics, "brier"), _number(metrics, "base_rate_brier")
    if brier is not None and base is not None and brier >= base:
        found.append(
            f"Out of sample its Brier score is {brier:.4f} and that of the base rate alone {base:.4f}: its "
            "probabilities are no better than a constant."
        )
    rmse, base_rmse = _number(metrics, "rmse"), _number(metrics, "base_rmse")
    if rmse is not None and base_rmse is not None and rmse >= base_rmse:
        r2 = _number(metrics, "r2_out_of_sample")
        said = "" if r2 is None else f" (R2 {r2:.3f})"
        found.append(
            f"Out of sample its root mean squared error is {rmse:.5f} and that of the training mean alone "
            f"{base_rmse:.5f}{said}: its predictions are no better than a constant."
        )
    skill = skill_of(metrics)
    if skill is not None and (skill.standing == "perhaps" or (skill.is_silent and skill.own < skill.naive)):
        found.append(f"Out of sample {skill.sentence(f'{skill.reference} alone')}.")
    auc = _number(metrics, "auc")
    if auc is not None and auc < _NEAR_CHANCE:
        found.append(f"Out of sample its AUC is {auc:.3f}; a coin has 0.5.")
    effective = _number(metrics, "effective_sample_size")
    if effective is not None and effective < _FEW_EFFECTIVE_ROWS:
        rows = _number(metrics, "n_rows") or 0.0
        found.append(
            f"Its {rows:,.0f} out-of-sample rows overlap so much that they count as {effective:,.0f}; small "
            "differences of scores are noise."
        )
    n_folds, at_base = _number(metrics, "n_folds"), _number(metrics, "n_folds_at_base_rate")
    if n_folds and at_base:
        found.append(f"In {at_base:.0f} of {n_folds:.0f} folds calibration left it at the base rate.")
    if metrics.get("is_final_model_at_base_rate"):
        found.append(
            "The kept model itself is at the base rate: in its calibration rows higher scores did not win more often, "
            "so every row gets the same probabilities, whatever moves its scores."
        )
    return found


def _labels(metrics: Mapping[str, Any]) -> list[str]:
    share = _number(metrics, "label_out_of_sample.share_equal_to_sign")
    if share is None or share < 0.9:
        return []
    return [f"{share:.1%} of its labels equal the sign of the return: it is close to a model of direction."]


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    value = metrics.get(name)
    return float(value) if isinstance(value, (int, float)) else None
