"""A list of plugins makes none of the models that only runs read: they are most of what such a command would wait for."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
LISTED = """
import sys
from core.services.plugin_catalog import list_plugins
print(len(list_plugins(None).plugins) > 20)
print(sorted({"core.base.events", "core.config.sections", "core.store.run_index", "pandas", "numpy"} & set(sys.modules)))
"""


def test_a_list_of_plugins_is_made_without_the_models_of_runs(tmp_path):
    environment = {"QLOP_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", LISTED], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["True", "[]"], done.stderr
