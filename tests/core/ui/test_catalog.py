"""The plugins as pickers list them: kept until they are to be looked at anew."""

import pytest

from core.services.workbench import open_workbench
from core.ui.catalog import (
    find_plugin,
    plugin_registry,
    plugins_revision,
    plugins_to_pick,
    reload_plugins,
)

MODEL = '''
import qlop
from pydantic import Field

class Mean(qlop.StrategyPlugin):
    """{summary}"""

    name = "mean"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters."""

        {field}: float = Field(default=1.0, description="A number.")

    def generate_signals(self, panel, predictions):
        return panel["close"]
'''


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    monkeypatch.setenv("QLOP_CACHE_DIR", str(tmp_path / "cache"))
    file = tmp_path / "mine" / "strategies" / "mean.py"
    file.parent.mkdir(parents=True)
    file.write_text(MODEL.format(summary="The first.", field="first"), encoding="utf-8")
    return file, open_workbench(tmp_path / "home")


def test_a_file_that_changed_is_listed_and_imported_anew_after_reloading_and_not_before(place):
    file, workbench = place
    assert find_plugin(workbench, "strategies", "mean").summary == "The first."
    assert list(plugin_registry(workbench).load("strategies", "mean").Params.model_fields) == ["first"]
    before = plugins_revision(workbench)
    file.write_text(MODEL.format(summary="The second one.", field="second"), encoding="utf-8")
    assert find_plugin(workbench, "strategies", "mean").summary == "The first."
    assert plugins_revision(workbench) == before
    reload_plugins()
    assert find_plugin(workbench, "strategies", "mean").summary == "The second one."
    assert list(plugin_registry(workbench).load("strategies", "mean").Params.model_fields) == ["second"]
    assert plugins_revision(workbench) != before


def test_what_cannot_be_used_stands_below_what_can(place):
    file, workbench = place
    (file.parent / "aaa.py").write_text("raise ValueError('no')\n", encoding="utf-8")
    names = [plugin.name for plugin in plugins_to_pick(workbench, "strategies")]
    assert names[-1] == "aaa"
    assert names[0] == "constant_leverage"


def test_a_plugin_is_found_by_its_qualified_name_too(place):
    _, workbench = place
    assert find_plugin(workbench, "strategies", "folder:mean").name == "mean"
    assert find_plugin(workbench, "strategies", "nothing") is None
