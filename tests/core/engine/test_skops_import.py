"""A run that keeps a scikit-learn model does not pay for PyTorch, which may be installed beside it."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
SCRIPT = """
import importlib.util, sys
from pathlib import Path
from sklearn.linear_model import Ridge
from core.engine.skops_file import read_skops, write_skops
write_skops(Ridge(alpha=3.0), Path("ridge.skops"))
print(read_skops(Path("ridge.skops")).alpha, "torch" in sys.modules)
wrapper = "sklearn.externals.array_api_compat.torch"
print(wrapper in sys.modules, importlib.util.find_spec(wrapper) is not None)
"""


def test_a_model_is_written_and_read_without_pytorch_which_scikit_learn_may_import_afterwards(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["3.0", "False", "False", "True"], done.stderr
