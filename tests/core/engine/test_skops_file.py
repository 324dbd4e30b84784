"""skops files are the same for the same object, and hold nothing that is not trusted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import skops.io
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from core.base.errors import DataError
from core.engine.skops_file import read_skops, write_skops

WRITE = """
import sys
from pathlib import Path
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from core.engine.skops_file import write_skops
values = np.arange(30.0).reshape(10, 3) ** 1.5
steps = [("impute", SimpleImputer(strategy="median")), ("standardise", StandardScaler()), ("ridge", Ridge(alpha=0.3))]
write_skops(Pipeline(steps).fit(values, values.sum(axis=1) ** 2), Path(sys.argv[1]))
"""


def fitted() -> Pipeline:
    values = np.arange(30.0).reshape(10, 3) ** 1.5
    steps = [
        ("impute", SimpleImputer(strategy="median")),
        ("standardise", StandardScaler()),
        ("ridge", Ridge(alpha=0.3)),
    ]
    return Pipeline(steps).fit(values, values.sum(axis=1) ** 2)


def test_what_is_read_predicts_as_what_was_written(tmp_path: Path) -> None:
    write_skops(fitted(), tmp_path / "a.skops")
    restored = read_skops(tmp_path / "a.skops")
    rows = np.random.default_rng(0).normal(size=(20, 3))
    assert restored.predict(rows).tolist() == fitted().predict(rows).tolist()


def test_equal_objects_of_two_processes_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        environment = {**os.environ, "PYTHONHASHSEED": "1" if name == "one" else "2"}
        command = [sys.executable, "-c", WRITE, str(tmp_path / name)]
        subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[3])
    write_skops(fitted(), tmp_path / "three")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == (tmp_path / "three").read_bytes()


def test_skops_itself_reads_the_file(tmp_path: Path) -> None:
    write_skops(fitted(), tmp_path / "a.skops")
    loaded = skops.io.load(tmp_path / "a.skops", trusted=["numpy.dtype"])
    assert loaded["ridge"].coef_.tolist() == fitted()["ridge"].coef_.tolist()


def test_a_file_with_a_function_in_it_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "evil.skops").write_bytes(skops.io.dumps(FunctionTransformer(func=os.system)))
    with pytest.raises(DataError, match=r"holds types that are not trusted: .*system"):
        read_skops(tmp_path / "evil.skops")


def test_a_schema_that_names_another_class_is_refused(tmp_path: Path) -> None:
    write_skops(fitted(), tmp_path / "a.skops")
    with ZipFile(tmp_path / "a.skops") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts["schema.json"].replace(b'"__class__": "Ridge"', b'"__class__": "Popen"')
    schema = schema.replace(b"sklearn.linear_model._ridge", b"subprocess")
    assert schema != parts["schema.json"]
    with ZipFile(tmp_path / "b.skops", "w") as archive:
        for name, content in {**parts, "schema.json": schema}.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="subprocess"):
        read_skops(tmp_path / "b.skops")


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.skops").write_bytes(content)
    with pytest.raises(DataError, match="not a readable skops file"):
        read_skops(tmp_path / "a.skops")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.skops is not a readable skops file"):
        read_skops(tmp_path / "none.skops")
