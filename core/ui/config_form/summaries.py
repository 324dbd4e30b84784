"""What is chosen in a group of the form, in the few words that its folded head has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.config.run_config import RunConfig
from core.services.plugin_slots import PLUGIN_SECTIONS
from core.services.text_form import counted

__all__ = ["summary_of"]

_LONGEST = 60


def summary_of(
    section: str, raw: Mapping[str, Any], default_tickers: Callable[[str], Sequence[str] | None] | None = None
) -> str:
    """Return what `raw` chooses in a section; it may hold anybody's text.

    Parameters
    ----------
    section : str
        A section of a config.
    raw : mapping
        The config, as far as it is written.
    default_tickers : callable, optional
        What a data source loads where no ticker is named; without it, all that it holds.
    """
    value = raw.get(section)
    if section == "data" and value and not value.get("tickers") and default_tickers is not None:
        return _data(value, default_tickers(str(value.get("data_source_type", ""))))
    if section in _IN_WORDS:
        return _IN_WORDS[section](value)
    shown = value or _default_of(section)
    if section in PLUGIN_SECTIONS:
        return _cut(str(shown.get(f"{PLUGIN_SECTIONS[section][1]}_type") or "not used"))
    return _fields(section, shown)


def _data(data: Mapping[str, Any] | None, by_default: Sequence[str] | None = None) -> str:
    if not data:
        return "not chosen"
    tickers = data.get("tickers")
    unnamed = "all tickers" if by_default is None else ", ".join(by_default) or "no tickers yet"
    names = _cut(", ".join(map(str, tickers)) if tickers else unnamed, 24)
    dates = f"{data.get('start_date') or 'first'} to {data.get('end_date') or 'last'}"
    return f"{data.get('data_source_type', '')}: {names}, {dates}, {data.get('interval', '1d')}"


def _features(steps: Sequence[Mapping[str, Any]] | None) -> str:
    return ", ".join(str(step.get("name", "")) for step in steps) if steps else "no steps"


def _sinks(sinks: Sequence[Mapping[str, Any]] | None) -> str:
    return ", ".join(str(sink.get("sink_type", "")) for sink in sinks) if sinks else "the run's own folder"


def _mode_params(params: Mapping[str, Any] | None) -> str:
    given = ", ".join(f"{name} {value}" for name, value in (params or {}).items())
    return _cut(given or "as it is by default")


def _title(title: str | None) -> str:
    return _cut(title or "without a title")


def _backtest(given: Mapping[str, Any] | None) -> str:
    backtest = given or {}
    benchmark = backtest.get("benchmark")
    baselines = counted(len(backtest.get("baselines") or {}), "baseline")
    return f"{baselines}, against {_cut(str(benchmark), 24)}" if benchmark else f"{baselines}, no benchmark"


_IN_WORDS: dict[str, Callable[[Any], str]] = {
    "data": _data,
    "features": _features,
    "mode_params": _mode_params,
    "sinks": _sinks,
    "title": _title,
    "backtest": _backtest,
}
_SHOWN_FIELDS = {"splits": ("scheme", "train_bars", "test_bars"), "execution": ("fill", "rebalance", "shares")}


def _fields(section: str, value: Mapping[str, Any]) -> str:
    complete = {**_default_of(section), **value}
    return ", ".join(str(complete.get(name, "")) for name in _SHOWN_FIELDS.get(section, ()))


def _default_of(section: str) -> Mapping[str, Any]:
    default = RunConfig.model_fields[section].default
    return default.model_dump(mode="json") if default else {}


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
