"""pypmml, a reader of PMML that is not ours: it runs on Java, in a process of its own that ends with the reading."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import ExportError
from core.base.process_end import end_in_words, ended_from_outside
from core.base.process_start import refused_start_told

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["missing_for_reading", "predict_by_pypmml"]

_LIMIT_S = 600.0
# Rows go in and come out as JSON text, which keeps every digit; pypmml's own way through pandas keeps ten.
# Java's second compiler pays off in processes that live long: here it takes as much time again as the reading.
_PROGRAM = """
import json, sys
from pypmml import Model
from pypmml.base import PMMLContext
PMMLContext.getOrCreate(java_opts=["-XX:+IgnoreUnrecognizedVMOptions", "-XX:TieredStopAtLevel=1"])
model = Model.fromFile(sys.argv[1])
answer = model.predict(sys.stdin.read())
PMMLContext.shutdown()
sys.stdout.write(answer)
"""


def missing_for_reading() -> str:
    """Return what is not installed for reading PMML back, and what to do; empty where nothing is."""
    if find_spec("pypmml") is None:
        return "PMML is read back with pypmml, which is not installed: pip install pypmml"
    if _java() is None:
        return "PMML is read back with pypmml on Java, and no java is found: install a Java runtime (8 or later)"
    return ""


def predict_by_pypmml(path: Path, features: pd.DataFrame) -> pd.DataFrame:
    """Return what pypmml predicts by the file at `path`, as numbers, on the index of `features`.

    Raises
    ------
    ExportError
        If it refuses the file, takes longer than ten minutes, or is ended from outside.
    """
    import pandas as pd

    rows = [
        [None if np.isnan(value) else value for value in row] for row in features.to_numpy(dtype=np.float64).tolist()
    ]
    asked = json.dumps({"columns": [str(name) for name in features.columns], "data": rows})
    answer = _answer(path, asked)
    frame = pd.DataFrame(answer["data"], columns=answer["columns"], index=features.index)
    return frame.astype(np.float64)


def _answer(path: Path, asked: str) -> dict[str, list[object]]:
    try:
        with refused_start_told("reads the PMML file back"):
            done = subprocess.run(  # noqa: S603 - this interpreter and the program above
                [sys.executable, "-c", _PROGRAM, str(path.absolute())],
                input=asked,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=_LIMIT_S,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise ExportError(f"pypmml did not read the PMML file back within {_LIMIT_S:.0f} s.") from error
    try:
        found: dict[str, list[object]] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise ExportError(_why_unread(done.returncode, done.stderr)) from error
    return found


def _why_unread(code: int, last_words: str) -> str:
    end = end_in_words(code)
    if ended_from_outside(code):
        return (
            f"The process that reads the PMML file back was ended from outside, with {end}: the file is not to blame."
        )
    said = last_words.strip().splitlines()[-1:] or [f"it said nothing, and ended with {end}"]
    return f"pypmml cannot read the PMML file back: {said[0]:.400}"


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")
