"""A run does not pay for libraries that only its libraries' other uses need, and they may be imported afterwards."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
A_MODEL = """
import importlib.util, sys
from pathlib import Path
from sklearn.linear_model import Ridge
from core.engine.skops_file import read_skops, write_skops
write_skops(Ridge(alpha=3.0), Path("ridge.skops"))
print(read_skops(Path("ridge.skops")).alpha, "torch" in sys.modules)
wrapper = "sklearn.externals.array_api_compat.torch"
print(wrapper in sys.modules, importlib.util.find_spec(wrapper) is not None)
"""
FIGURES = """
import sys
import pandas as pd
from core.engine.metric_options import metric_options
from core.engine.metrics import compute_metrics
timestamps = pd.date_range("2024-01-01", periods=3, tz="UTC")
equity = pd.DataFrame({"timestamp": timestamps, "equity": [110.0, 99.0, 108.9]})
figures = compute_metrics(equity, None, None, None, options=metric_options("standard", initial_equity=100.0))
print(round(figures["value_at_risk_5pct"], 3), "yfinance" in sys.modules)
import yfinance
print(callable(yfinance.download))
"""


def test_a_model_is_written_and_read_without_pytorch_which_scikit_learn_may_import_afterwards(tmp_path):
    assert _said(A_MODEL, tmp_path) == ["3.0", "False", "False", "True"]


def test_figures_are_reckoned_without_yfinance_which_may_be_imported_afterwards(tmp_path):
    assert _said(FIGURES, tmp_path) == ["-0.08", "False", "True"]


def _said(script, folder):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
