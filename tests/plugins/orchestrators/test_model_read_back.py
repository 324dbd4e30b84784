"""No training run completes with a model that nobody can load."""

import pytest

UNREADABLE = """
import qlop
from plugins.models.linear import Linear

class Unreadable(Linear):
    '''A linear model that does not know its own file again.'''
    name = "unreadable"
    version = "1.0.0"
    def load_model(self, folder):
        raise qlop.DataError(f"{folder} is not of this model.")
"""


@pytest.fixture
def failed(modes, small, tmp_path, monkeypatch):
    (tmp_path / "mine" / "models").mkdir(parents=True)
    (tmp_path / "mine" / "models" / "unreadable.py").write_text(UNREADABLE, encoding="utf-8")
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
    return modes.run("train", {**small, "model": {"model_type": "unreadable"}})


def test_a_model_that_does_not_come_back_fails_the_run_and_its_files_stay(failed):
    assert failed.status == "failed"
    kept = failed.folder / "artifacts" / "model"
    assert (
        f"what was saved of it cannot be read: {kept}/model is not of this model. No run could use it." in failed.error
    )
    assert f"Its files are kept in {kept}; its plugin has to be mended." in failed.error
    assert list((kept / "model").iterdir())
