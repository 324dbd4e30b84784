import pytest

from core.plugin.plugin_info import PluginStatus

RULES = {
    "it is abstract": (
        lambda source: source.replace("def generate_signals", "def decide"),
        "Steady lacks generate_signals of qlop.StrategyPlugin.",
    ),
    "it has no name": (lambda source: source.replace("name = 'steady'", ""), "Steady has no name; give it one"),
    "its name is no identifier": (
        lambda source: source.replace("'steady'", "'Steady State'"),
        "Steady has the name 'Steady State'; give it one of at most 60 small letters",
    ),
    "it has no docstring": (
        lambda source: source.replace('"""Holds the same exposure at every bar.\n\n    More about it.\n    """', ""),
        "Steady has no docstring",
    ),
    "its version is none": (
        lambda source: source.replace('"1.4.0"', '"first"'),
        "Steady.version is 'first'; it must be a version such as '1.0.0' (PEP 440).",
    ),
    "its range is none": (
        lambda source: source.replace('">=0.1,<1"', '"0.1 or so"'),
        "Steady.requires_qlop is '0.1 or so'; it must be a range",
    ),
    "its method takes something else": (
        lambda source: source.replace("(self, panel, predictions)", "(self, prices)"),
        "(self, prices) cannot be called as StrategyPlugin.generate_signals(self, panel, predictions).",
    ),
    "its method wants more": (
        lambda source: source.replace("(self, panel, predictions)", "(self, panel, predictions, costs)"),
        "Steady.generate_signals(self, panel, predictions, costs) cannot be called as",
    ),
    "its method is none": (
        lambda source: source.replace("    def generate_signals", "    generate_signals = 3\n    def other"),
        "Steady.generate_signals is int; StrategyPlugin promises a method.",
    ),
    "its capabilities are a list": (
        lambda source: source.replace('version = "1.4.0"', 'version = "1.4.0"; capabilities = ["fast"]'),
        "Steady.capabilities is ['fast']; it must be a frozenset of texts.",
    ),
    "its params are open": (
        lambda source: source.replace('"""Parameters."""', 'model_config = {"extra": "allow"}'),
        "Steady.Params changes model_config; it must stay frozen=True and extra='forbid'",
    ),
    "its params are not frozen": (
        lambda source: source.replace('"""Parameters."""', 'model_config = {"frozen": False}'),
        "Steady.Params changes model_config",
    ),
    "its params are another class": (
        lambda source: source.replace("class Params(qlop.Params)", "class Params"),
        "Steady.Params does not inherit qlop.Params.",
    ),
    "a parameter has no description": (
        lambda source: source.replace(', description="Exposure."', ""),
        "Steady.Params.exposure has no description; write it as Field(description=...).",
    ),
    "a parameter has no schema": (
        lambda source: source.replace("exposure: float", "exposure: object").replace(", ge=0.0, le=3.0", "").replace(
            "object = Field(", "__import__('typing').Callable[[], int] = Field("
        ),
        "Steady.Params gives no JSON schema",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_class_that_breaks_a_rule_is_listed_with_a_sentence_that_says_which(place, strategy, rule):
    breaking, sentence = RULES[rule]
    source = breaking(strategy())
    assert source != strategy()
    place.write(source)
    (found,) = place.registry().list()
    assert found.status is PluginStatus.BROKEN
    assert sentence in found.problem


def test_a_method_may_take_more_by_default(place, strategy):
    place.write(strategy().replace("(self, panel, predictions)", "(self, panel, predictions, *, costs=None)"))
    assert [plugin.status for plugin in place.registry().list()] == [PluginStatus.AVAILABLE]


def test_a_plugin_in_the_wrong_folder_is_told_where_to_go(place, strategy):
    place.write(strategy(), kind="models")
    (found,) = place.registry().list()
    assert found.problem == "Steady does not inherit qlop.ModelPlugin. It is a strategy: move it to strategies."


def test_a_plugin_of_another_qlop_is_listed_as_incompatible_with_found_and_needed(place, strategy):
    place.write(strategy().replace(">=0.1,<1", ">=9"))
    (found,) = place.registry().list()
    assert found.status is PluginStatus.INCOMPATIBLE
    assert found.problem.startswith("It needs QLOP >=9, and this is QLOP 0.")
