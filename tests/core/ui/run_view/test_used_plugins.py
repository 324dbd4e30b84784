"""What tells runs of one title apart, in the head of a run's screen."""

import pytest

from core.ui.run_view.view import used_plugins

CONFIG = {"model": {"model_type": "lstm"}, "strategy": None, "export": {"exporter_type": "onnx"}}


@pytest.mark.parametrize(("mode", "told"), [("train", ["lstm"]), ("export", ["onnx"])])
def test_the_head_names_the_model_and_of_an_export_its_format(mode, told):
    assert used_plugins({"mode": mode, **CONFIG}) == told
