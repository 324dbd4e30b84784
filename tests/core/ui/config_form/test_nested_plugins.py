"""Plugins that a plugin's parameters name: picked from the list, each with the form of its own parameters."""

from types import SimpleNamespace

from core.plugin.plugin_info import PluginStatus
from core.ui.config_form.nested_plugins import with_nested_plugins
from core.ui.params_form.field_shape import kind_of, part_of_model, resolved
from core.ui.params_form.gathering import gathered

OUTER = {
    "properties": {
        "model_type": {"type": "string", "plugin_kind": "models"},
        "model_params": {"type": "object", "additionalProperties": True, "params_of": "model_type"},
    }
}
LAYERED = {
    "properties": {"layer": {"$ref": "#/$defs/Layer"}},
    "$defs": {"Layer": {"type": "object", "properties": {"width": {"type": "integer"}}}},
}


def plugin(name, schema, status=PluginStatus.AVAILABLE):
    return SimpleNamespace(kind="models", name=name, schema=schema, summary=f"The {name}.", status=status)


def plugins_of(kind):
    assert kind == "models"
    return [plugin("net", LAYERED), plugin("outer", OUTER), plugin("bad", {}, PluginStatus.BROKEN)]


def test_a_schema_that_names_no_plugin_is_left_as_it_is():
    assert with_nested_plugins(LAYERED, plugins_of) is LAYERED


def test_the_usable_plugins_are_to_be_picked_from():
    named = with_nested_plugins(OUTER, plugins_of)["properties"]["model_type"]
    assert kind_of(named) == "plugin"
    assert named["plugins"] == {"net": "The net.", "outer": "The outer."}


def test_the_parameters_are_those_of_the_plugin_that_is_picked():
    whole = with_nested_plugins(OUTER, plugins_of)
    definitions, given = whole["$defs"], whole["properties"]["model_params"]
    params = part_of_model(given, whole, {"model_type": "net"}, definitions)
    assert params["params_for"] == "net"
    layer = resolved(params["properties"]["layer"], definitions)
    assert list(layer["properties"]) == ["width"]
    within = part_of_model(given, whole, {"model_type": "outer"}, definitions)
    assert list(within["properties"]["model_type"]["plugins"]) == ["net", "outer"]


def test_parameters_that_the_picked_plugin_does_not_have_are_not_returned():
    whole = with_nested_plugins(OUTER, plugins_of)
    value = {"model_type": "net", "model_params": {"layer": {"width": 3}, "depth": 4}}
    assert gathered(value, whole, whole["$defs"])["model_params"] == {"layer": {"width": 3}}


def test_parameters_of_a_plugin_that_is_not_there_are_kept_as_they_are():
    whole = with_nested_plugins(OUTER, plugins_of)
    value = {"model_type": "gone", "model_params": {"depth": 4}}
    assert gathered(value, whole, whole["$defs"]) == value
