"""The groups of a form, in order: what each is called, which section of the config it writes, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from core.config.run_config import RunConfig
from core.config.sections import (
    BacktestConfig,
    BrokerConfig,
    ExecutionConfig,
    ExportConfig,
    LabelConfig,
    LimitsConfig,
    LoadDataConfig,
    SplitsConfig,
    StrategyConfig,
    TrainModelConfig,
)
from core.services.plugin_slots import PLUGIN_SECTIONS
from core.ui.catalog import default_tickers
from core.ui.config_form.backtest_draft import FED_BY
from core.ui.config_form.form_context import FormContext
from core.ui.config_form.plugin_entries import EntryList, plugin_entries
from core.ui.config_form.plugin_picker import plugin_section
from core.ui.config_form.source_change import leave_out_what_was_of, told_what_was_left_out
from core.ui.config_form.summaries import summary_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.services.workbench import Workbench

__all__ = ["GROUPS", "Group"]

_OF_THE_RUN = ("title", "seed", "thread_count")
_FEATURES = EntryList("features", "feature_steps", "feature_step", "Add a step", True, lambda at, _: ("features", at))
_SINKS = EntryList("sinks", "sinks", "sink", "Write results also as", False, lambda at, _: ("sinks", at))
_BASELINES = EntryList(
    "baselines", "strategies", "strategy", "Add a baseline", True, lambda _, name: ("backtest", "baselines", name)
)


@dataclass(frozen=True)
class Group:
    """A part of the form that folds.

    Attributes
    ----------
    section : str
        The section of the config that it writes.
    title : str
        What it is called; "" where it bears the mode's name.
    draw : callable
        Draws it and writes into the draft.
    paths : tuple of str
        First steps of the paths of what may be wrong in it.
    """

    section: str
    title: str
    draw: Callable[[FormContext], None]
    paths: tuple[str, ...]

    def holds(self, path: tuple[str | int, ...]) -> bool:
        """Whether the field at `path` is drawn in it; what feeds a backtest is drawn above all groups."""
        return path[:1] in {(name,) for name in self.paths} and path[:2] not in {("backtest", name) for name in FED_BY}

    def summary(self, raw: Mapping[str, Any], workbench: Workbench | None = None) -> str:
        """Return in a few words what is chosen; with a workbench, what its plugins choose where nothing is named."""
        return summary_of(self.section, raw, partial(default_tickers, workbench) if workbench else None)


def _plugin_group(
    section: str, model: type[BaseModel], label: str, hidden: tuple[str, ...] = ()
) -> Callable[[FormContext], None]:
    kind, stem = PLUGIN_SECTIONS[section]
    own = (f"{stem}_type", f"{stem}_params", *hidden)
    has_default = bool(RunConfig.model_fields[section].default)

    def draw(context: FormContext) -> None:
        values = context.raw.get(section) or {}
        optional = not has_default and not context.requires(section)
        if not values and has_default:
            values = RunConfig.model_fields[section].default.model_dump(mode="json", exclude_unset=False)
        picked = plugin_section(context, (section,), kind, stem, values, label=label, optional=optional)
        if picked is None:
            context.raw.pop(section, None)
            return
        kept = {name: values[name] for name in hidden if name in values}
        fields = context.fields((section,), model, values, own) if set(model.model_fields) - set(own) else {}
        context.raw[section] = {**picked, **kept, **fields}

    return draw


def _field_group(section: str, model: type[BaseModel]) -> Callable[[FormContext], None]:
    def draw(context: FormContext) -> None:
        context.raw[section] = context.fields((section,), model, context.raw.get(section) or {})

    return draw


def _draw_data(context: FormContext) -> None:
    before = (context.raw.get("data") or {}).get("data_source_type")
    told_what_was_left_out(context)
    _plugin_group("data", LoadDataConfig, "Data source")(context)
    leave_out_what_was_of(context, before)


def _draw_features(context: FormContext) -> None:
    context.raw["features"] = plugin_entries(context, _FEATURES, list(context.raw.get("features") or ()))


def _draw_sinks(context: FormContext) -> None:
    context.raw["sinks"] = plugin_entries(context, _SINKS, list(context.raw.get("sinks") or ()))


def _draw_baselines(context: FormContext) -> None:
    values = context.raw.get("backtest") or {}
    own = context.fields(("backtest",), BacktestConfig, values, (*FED_BY, "baselines"))
    kept = {name: values[name] for name in FED_BY if name in values}
    entries = [{"name": name, **entry} for name, entry in (values.get("baselines") or {}).items()]
    named = plugin_entries(context, _BASELINES, entries)
    baselines = {entry["name"]: {k: v for k, v in entry.items() if k != "name"} for entry in named}
    context.raw["backtest"] = {**kept, **own, "baselines": baselines}


def _draw_run(context: FormContext) -> None:
    own = {name: context.raw[name] for name in _OF_THE_RUN if name in context.raw}
    left_out = tuple(name for name in RunConfig.model_fields if name not in _OF_THE_RUN)
    for name in _OF_THE_RUN:
        context.raw.pop(name, None)
    context.raw.update(context.fields((), RunConfig, own, left_out))
    limits = context.fields(("limits",), LimitsConfig, context.raw.get("limits") or {})
    if limits != LimitsConfig().model_dump() or "limits" in context.raw:
        context.raw["limits"] = limits


def _draw_mode(context: FormContext) -> None:
    key = context.key("mode_params", context.mode.name)
    given = context.raw.get("mode_params") or {}
    context.raw["mode_params"] = context.form(("mode_params",), context.mode.schema, key, given)


GROUPS = (
    Group("mode_params", "", _draw_mode, ("mode_params",)),
    Group("data", "Data", _draw_data, ("data",)),
    Group("features", "Features", _draw_features, ("features",)),
    Group("label", "Label", _plugin_group("label", LabelConfig, "Labeler"), ("label",)),
    Group("model", "Model", _plugin_group("model", TrainModelConfig, "Model"), ("model",)),
    Group("splits", "Validation", _field_group("splits", SplitsConfig), ("splits",)),
    Group("strategy", "Strategy", _plugin_group("strategy", StrategyConfig, "Strategy"), ("strategy",)),
    Group("broker", "Broker", _plugin_group("broker", BrokerConfig, "Broker"), ("broker",)),
    Group("execution", "Execution", _field_group("execution", ExecutionConfig), ("execution",)),
    Group("backtest", "Baselines and benchmark", _draw_baselines, ("backtest",)),
    Group("export", "Export", _plugin_group("export", ExportConfig, "Format"), ("export",)),
    Group("sinks", "Outputs", _draw_sinks, ("sinks",)),
    Group("title", "Run", _draw_run, (*_OF_THE_RUN, "limits", "mode", "plugins")),
)
"""Every group of a form; a mode shows those whose section it uses."""
