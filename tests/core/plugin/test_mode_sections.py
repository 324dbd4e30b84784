"""A mode's sections are known without importing it: its form is made of them."""

import sys

MODE = '''
import qlop

class {class_name}(qlop.OrchestratorPlugin):
    """A mode."""

    name = "{name}"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    {sections}

    def run(self, config, context):
        return qlop.RunResult(metrics={{}})
'''


def written(place, name, sections=""):
    place.write(MODE.format(class_name=name.capitalize(), name=name, sections=sections), name, "orchestrators")


def test_the_sections_that_a_mode_states_are_listed_and_remembered(place):
    written(place, "narrow", 'required_sections = frozenset({"data"}); used_sections = frozenset({"model", "data"})')
    for _ in range(2):  # the second list comes from the cache
        [found] = place.registry().list("orchestrators")
        assert found.required_sections == ("data",)
        assert found.used_sections == ("data", "model")
        assert found.origin.module not in sys.modules


def test_a_mode_that_says_nothing_uses_every_section(place):
    written(place, "wide")
    for _ in range(2):
        [found] = place.registry().list("orchestrators")
        assert (found.required_sections, found.used_sections) == ((), None)


def test_other_kinds_have_no_sections(place, strategy):
    place.write(strategy())
    [found] = place.registry().list("strategies")
    assert (found.required_sections, found.used_sections) == ((), None)
