"""Files that run code when they are read are refused before they run, wherever they come in.

Each payload is real: read by the library that it is made for, it writes a file. Given to QLOP by any of its ways in, it
writes none.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import skops.io
import torch
from onnx import TensorProto, helper
from pyarrow import parquet

from core.base.errors import QlopError
from core.config.loader import load_config
from core.config.settings import load_settings
from core.contracts.model import TrainContext
from core.engine.bundle import opened_bundle
from core.engine.model_archive import pack_model, unpack_model
from core.engine.model_artifact import load_example_rows
from core.engine.model_card import read_json
from core.engine.onnx_graphs.file_check import check_onnx_file, onnx_complaint
from core.engine.outside_model import check_outside_model, model_complaint
from core.engine.signature import own_fingerprint, sign
from core.engine.signed_joblib import read_signed_joblib
from core.engine.skops_file import read_skops
from core.engine.table_file import read_table_file
from core.engine.torch_training.network_file import read_weights
from core.services.predict_bundle import predict_by_bundle
from core.services.run_mode import RunRequest, run_mode
from core.services.workbench import open_workbench
from core.store.frame_bytes import frame_from_bytes
from core.testing.training_rows import make_training_data
from plugins.data_sources.files import Files
from plugins.models.lightgbm import LightGBM
from plugins.models.linear import Linear
from plugins.models.xgboost import XGBoost

CONFIG = {
    "thread_count": 1,
    "data": {
        "data_source_type": "sample",
        "tickers": ["AAPL", "IBM"],
        "start_date": "2006-01-03",
        "end_date": "2008-12-31",
    },
    "features": [
        {"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}},
    ],
    "label": {"labeler_type": "leverage_opportunity", "labeler_params": {"horizon_bars": 5, "leverage": 1.5}},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 400, "test_bars": 200},
    "strategy": {"strategy_type": "leverage_opportunity"},
}


class Payload:
    """Writes the file `mark` when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (f"touch {self.mark}",))


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def _objects(mark: Path) -> np.ndarray:
    array = np.empty(1, dtype=object)
    array[0] = Payload(mark)
    return array


def _skops_that_calls(mark: Path) -> bytes:
    """Return a skops file that is the answer of operator.call(os.system, "touch mark")."""
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps((os.system, f"touch {mark}")))) as archive:
        inner = json.loads(archive.read("schema.json"))
    outer = {
        "__class__": "call",
        "__module__": "operator",
        "__loader__": "OperatorFuncNode",
        "__id__": 1,
        "attrs": inner,
        "protocol": inner["protocol"],
        "_skops_version": inner["_skops_version"],
    }
    return written(lambda file: _zipped(file, {"schema.json": json.dumps(outer).encode()}))


def _zipped(file: io.BytesIO, parts: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _trusting_skops(content: bytes) -> object:
    return skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))


def _trusting_numpy(content: bytes) -> object:
    found = np.load(io.BytesIO(content), allow_pickle=True)
    return found["x"] if hasattr(found, "files") else found


Make = Callable[[Path], bytes]
PAYLOADS: dict[str, tuple[Make, Callable[[bytes], object]]] = {
    "pickle": (lambda mark: pickle.dumps(Payload(mark)), pickle.loads),
    "pickle, protocol 0": (lambda mark: pickle.dumps(Payload(mark), protocol=0), pickle.loads),
    "joblib": (
        lambda mark: written(lambda file: joblib.dump(Payload(mark), file)),
        lambda content: joblib.load(io.BytesIO(content)),
    ),
    "joblib, compressed": (
        lambda mark: written(lambda file: joblib.dump(Payload(mark), file, compress=3)),
        lambda content: joblib.load(io.BytesIO(content)),
    ),
    "torch": (
        lambda mark: written(lambda file: torch.save(Payload(mark), file)),
        lambda content: torch.load(io.BytesIO(content), weights_only=False),
    ),
    "torch, older form": (
        lambda mark: written(lambda file: torch.save(Payload(mark), file, _use_new_zipfile_serialization=False)),
        lambda content: torch.load(io.BytesIO(content), weights_only=False),
    ),
    "npy": (lambda mark: written(lambda file: np.save(file, _objects(mark), allow_pickle=True)), _trusting_numpy),
    "npz": (lambda mark: written(lambda file: np.savez(file, x=_objects(mark))), _trusting_numpy),
    "skops": (_skops_that_calls, _trusting_skops),
    "zip of a pickle": (
        lambda mark: written(lambda file: _zipped(file, {"model.json": b"{}", "m.skops": pickle.dumps(Payload(mark))})),
        lambda content: pickle.loads(zipfile.ZipFile(io.BytesIO(content)).read("m.skops")),
    ),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_each_payload_runs_where_it_is_trusted(name: str, tmp_path: Path) -> None:
    make, trust = PAYLOADS[name]
    trust(make(tmp_path / "mark"))
    assert (tmp_path / "mark").exists()


def _loaded_by(kind: type, file: str) -> Callable[[Path, bytes], object]:
    """Return a way in: a trained model's folder with one file replaced."""

    def load(folder: Path, content: bytes) -> object:
        model = kind(kind.name, kind.Params())
        model.train(make_training_data("classification", 60), None, TrainContext("classification"))
        model.save_model(folder)
        (folder / file).write_bytes(content)
        return kind(kind.name, kind.Params()).load_model(folder)

    return load


def _at(name: str, read: Callable[[Path], object]) -> Callable[[Path, bytes], object]:
    def enter(folder: Path, content: bytes) -> object:
        (folder / name).write_bytes(content)
        return read(folder / name)

    return enter


def _unpacked(path: Path) -> object:
    (path.parent / "unpacked").mkdir()
    unpack_model(path, path.parent / "unpacked")
    return read_skops(path.parent / "unpacked" / "m.skops")


def _bundle(path: Path) -> object:
    with opened_bundle(path) as bundle:
        return bundle


def _prices(path: Path) -> object:
    return Files("files", Files.Params(path=str(path))).load_data(None, None, None, "1d")


def _refusing(complaint: str) -> None:
    if complaint:
        raise QlopError(complaint)


WAYS_IN: dict[str, Callable[[Path, bytes], object]] = {
    "a skops file": _at("x.skops", read_skops),
    "a linear model": _loaded_by(Linear, "linear.skops"),
    "a booster of XGBoost": _loaded_by(XGBoost, "booster.ubj"),
    "a text of LightGBM": _loaded_by(LightGBM, "booster.txt"),
    "weights": _at("network.safetensors", lambda path: read_weights(torch.nn.Linear(2, 1), path.parent)),
    "weights by torch's name": _at("network.pt", lambda path: read_weights(torch.nn.Linear(2, 1), path.parent)),
    "an ONNX file": lambda _, content: _refusing(onnx_complaint(content)),
    "a signed joblib file": _at("x.joblib", read_signed_joblib),
    "a model's archive": _at("x.qlop.zip", _unpacked),
    "a bundle": _at("x.qlop-bundle.zip", _bundle),
    "example rows": _at("examples.parquet", lambda path: load_example_rows(path.parent, ["a"])),
    "a model's card": _at("model.json", read_json),
    "a table in Parquet": _at("x.parquet", read_table_file),
    "prices in Parquet": _at("x.parquet", _prices),
    "prices in CSV": _at("x.csv", _prices),
    "a config in YAML": _at("x.yaml", load_config),
    "a config in JSON": _at("x.json", load_config),
    "a config in TOML": _at("x.toml", load_config),
    "settings": _at("settings.yaml", lambda path: load_settings(path.parent)),
    **{
        f"a model from outside, as {suffix}": _at(
            f"x{suffix}", lambda path: _refusing(model_complaint(os.fsencode(path.parent)))
        )
        for suffix in (".joblib", ".pkl", ".pt", ".safetensors", ".ubj", ".parquet", ".json")
    },
}


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_no_payload_runs_whatever_way_it_comes_in(way_in: str, tmp_path: Path) -> None:
    ran = tmp_path / "mark"
    for number, (name, (make, _)) in enumerate(PAYLOADS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(QlopError) as refusal:
            WAYS_IN[way_in](folder, make(ran))
        assert not ran.exists(), name
        assert len(str(refusal.value)) < 2_000, name


def test_a_cached_frame_that_was_exchanged_is_dropped(tmp_path: Path) -> None:
    for make, _ in PAYLOADS.values():
        assert frame_from_bytes(make(tmp_path / "mark"), {"source": "x"}) is None
    assert not (tmp_path / "mark").exists()


def test_a_joblib_file_signed_by_somebody_else_runs_nothing(tmp_path: Path) -> None:
    content = PAYLOADS["joblib"][0](tmp_path / "mark")
    told = json.dumps(sign(content, "joblib", tmp_path / "attacker").to_json()).encode()
    (tmp_path / "x.joblib").write_bytes(content + told + len(told).to_bytes(8, "big") + b"QLOP-SIGNED-1")
    with pytest.raises(QlopError, match="signed by another key"):
        read_signed_joblib(tmp_path / "x.joblib")
    assert not (tmp_path / "mark").exists()


def test_a_columns_type_that_pyarrow_once_unpickled_is_not(tmp_path: Path) -> None:
    made = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(Payload(tmp_path / "mark")),
    }
    schema = pa.schema([pa.field("close", pa.float64(), metadata=made)])
    parquet.write_table(pa.Table.from_arrays([pa.array([1.0])], schema=schema), tmp_path / "x.parquet")
    read_table_file(tmp_path / "x.parquet")
    pd.read_parquet(tmp_path / "x.parquet")
    (tmp_path / "x.parquet").rename(tmp_path / "examples.parquet")
    load_example_rows(tmp_path, ["close"])
    check_outside_model(tmp_path)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("tag", ["object/apply:os.system", "object/new:os.system", "name:os.system", "module:os"])
def test_a_tag_of_python_runs_nothing(tag: str, tmp_path: Path) -> None:
    text = f"title: !!python/{tag} ['touch {tmp_path / 'mark'}']\n"
    for name, read in (("x.yaml", load_config), ("settings.yaml", lambda path: load_settings(path.parent))):
        (tmp_path / name).write_text(text)
        with pytest.raises(QlopError, match=f"the tag 'tag:yaml.org,2002:python/{tag.partition('.')[0]}"):
            read(tmp_path / name)
    (tmp_path / "y.yaml").write_text("seed: 1\n")
    with pytest.raises(QlopError, match="the tag"):
        load_config(tmp_path / "y.yaml", [text.replace(": ", "=", 1).strip()])
    assert not (tmp_path / "mark").exists()


def test_an_onnx_file_reads_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(np.ones(5, np.float32).tobytes())
    tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[5, 1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=str(secret))
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["features", "weights"], ["value"])],
        "graph",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 5])],
        [helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n", 1])],
        [tensor],
    )
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]).SerializeToString()
    with pytest.raises(QlopError, match="keeps the tensor 'weights' in another file"):
        check_onnx_file(content)


DEEP_BOOSTER = b"{L\x00\x00\x00\x00\x00\x00\x00\x01a" * 800_000
COLUMNS = {"feature_columns": ["mom_5", "mom_20"], "classes": [0.0, 1.0]}


class Home:
    """A home with one trained model, its file and its bundle."""

    def __init__(self, folder: Path) -> None:
        self.workbench = open_workbench(folder)
        trained = self.run("train", CONFIG)
        made = {}
        for kind in ("native", "bundle"):
            export = {"export": {"model_run": trained.run_id, "exporter_type": kind}}
            made[kind] = next((self.run("export", export).folder / "artifacts" / "export").glob("*.zip"))
        self.model_file, self.bundle = made["native"], made["bundle"]

    def run(self, mode: str, config: Mapping[str, Any]) -> Any:
        outcome = self.attempt(mode, config)
        assert outcome.status == "completed", outcome.error
        return outcome

    def attempt(self, mode: str, config: Mapping[str, Any]) -> Any:
        return run_mode(self.workbench, RunRequest(config={**config, "mode": mode}, owns_process=False))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QLOP_CONFIG_DIR", str(tmp_path_factory.mktemp("configuration")))
        yield Home(tmp_path_factory.mktemp("code") / "home")


def _with_other_model(folder: Path, attack: str, mark: Path) -> None:
    """Replace the model in an unpacked model's folder, and put its hashes right, as a stranger would."""
    card = json.loads((folder / "model.json").read_text())
    if attack == "code":
        (folder / "model" / "linear.skops").write_bytes(PAYLOADS["skops"][0](mark))
    else:
        card |= {"model_type": "xgboost", "model_params": {}}
        for path in (folder / "model").iterdir():
            path.unlink()
        (folder / "model" / "xgboost.json").write_text(json.dumps(COLUMNS))
        (folder / "model" / "booster.ubj").write_bytes(DEEP_BOOSTER)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "model.json"]
    card["files"] = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    card.pop("card_sha256")
    card["card_sha256"] = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


ATTACKS = {
    "code": "holds types that are not trusted: .*system",
    "crash": r"not loaded\. It ends the process that reads it, with signal 11 \(SIGSEGV\)",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_model_file_of_a_backtest_neither_runs_nor_ends_the_run(home: Home, attack: str, tmp_path: Path) -> None:
    (tmp_path / "unpacked").mkdir()
    unpack_model(home.model_file, tmp_path / "unpacked")
    _with_other_model(tmp_path / "unpacked", attack, tmp_path / "mark")
    pack_model(tmp_path / "unpacked", tmp_path / "attack.qlop.zip")
    later = copy.deepcopy(CONFIG)
    later["data"]["end_date"] = "2010-12-31"
    later["backtest"] = {"model_file": str(tmp_path / "attack.qlop.zip")}
    outcome = home.attempt("backtest", later)
    assert outcome.status == "failed"
    assert outcome.error.startswith("backtest.model_file: attack.qlop.zip cannot be used.")
    with pytest.raises(QlopError, match=ATTACKS[attack]):
        raise QlopError(outcome.error)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_bundle_neither_runs_nor_ends_who_predicts_by_it(home: Home, attack: str, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    unpack_model(home.bundle, folder)
    examples = pd.read_parquet(folder / "model" / "examples.parquet")
    examples[["mom_5", "mom_20"]].to_csv(tmp_path / "rows.csv", index=False)
    assert len(predict_by_bundle(home.workbench, home.bundle, tmp_path / "rows.csv").table) == len(examples)
    _with_other_model(folder / "model", attack, tmp_path / "mark")
    _signed_anew(folder)
    pack_model(folder, tmp_path / "attack.zip")
    with pytest.raises(QlopError, match=rf"attack\.zip is not used\. .*{ATTACKS[attack]}"):
        predict_by_bundle(home.workbench, tmp_path / "attack.zip", tmp_path / "rows.csv", trusted=[own_fingerprint()])
    assert not (tmp_path / "mark").exists()


def _signed_anew(folder: Path) -> None:
    """Sign a bundle's folder by a key that counts: whoever is trusted may have been deceived."""
    for name in ("SHA256SUMS", "signature.json"):
        (folder / name).unlink()
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{_sha256(folder / name)}  {name}\n" for name in names).encode()
    (folder / "SHA256SUMS").write_bytes(sums)
    (folder / "signature.json").write_text(json.dumps(sign(sums, "bundle").to_json()))
