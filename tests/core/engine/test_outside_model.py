"""A model's files from outside are read by a process that may end with them, and every one is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
import torch
import xgboost
from sklearn.linear_model import Ridge
from sklearn.preprocessing import FunctionTransformer

from core.base.errors import DataError
from core.contracts.model import TrainContext
from core.engine.booster_form import booster_problem
from core.engine.limited_process import Bounds
from core.engine.model_card import MAX_JSON_BYTES
from core.engine.outside_model import check_outside_model, model_complaint
from core.engine.skops_file import write_skops
from core.engine.torch_training.network_file import read_weights, write_weights
from core.testing.training_rows import make_training_data
from plugins.models.lightgbm import LightGBM
from plugins.models.linear import Linear
from plugins.models.random_forest import RandomForest
from plugins.models.xgboost import XGBoost

A = b"L\x00\x00\x00\x00\x00\x00\x00\x01a"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of a model of each library side by side, as an ensemble's members lie."""
    place = tmp_path_factory.mktemp("models")
    for kind in (Linear, RandomForest, XGBoost, LightGBM):
        model = kind(kind.name, kind.Params())
        model.train(make_training_data("classification"), None, TrainContext("classification"))
        (place / kind.name).mkdir()
        model.save_model(place / kind.name)
    (place / "network").mkdir()
    write_weights(torch.nn.Linear(3, 2), place / "network")
    make_training_data("classification").features.to_parquet(place / "examples.parquet")
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    return made


def complaint(folder: Path) -> str:
    return model_complaint(str(folder).encode())


def test_models_of_every_library_pass(models: Path) -> None:
    check_outside_model(models)
    assert {path.suffix for path in models.rglob("*.*")} == {
        ".json",
        ".parquet",
        ".safetensors",
        ".skops",
        ".txt",
        ".ubj",
    }


@pytest.mark.parametrize("suffix", [".skops", ".ubj", ".txt", ".safetensors", ".parquet", ".json"])
def test_every_file_is_read_wherever_it_lies(models: Path, folder: Path, suffix: str) -> None:
    shutil.copytree(models, folder, dirs_exist_ok=True)
    victim = max(folder.rglob(f"*{suffix}"), key=lambda path: len(path.parts))
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    assert str(victim.relative_to(folder)) in complaint(folder)


CRASHES = {
    "objects a million deep": ("booster.ubj", (b"{" + A) * 1_000_000),
    "lists a million deep": ("booster.ubj", b"{" + A + b"[" * 1_000_000),
    "JSON a million deep": ("booster.ubj", b'{"a":' + b"[" * 1_000_000),
}


@pytest.mark.parametrize("name", CRASHES)
def test_a_file_that_ends_its_reader_ends_another_process(folder: Path, name: str) -> None:
    file, content = CRASHES[name]
    (folder / file).write_bytes(content)
    with pytest.raises(DataError, match=r"not loaded\. It ends the process that reads it, with signal 11 \(SIGSEGV\)"):
        check_outside_model(folder)


HUGE = {
    "a text of 2^47 bytes": b"{" + A + b"SL\x00\x00\x7f\xff\xff\xff\xff\xff",
    "an array of 2^41 numbers": b"{" + A + b"[$d#L\x00\x00\x01\xff\xff\xff\xff\xff",
    "an array of 2^63 bytes": b"{" + A + b"[$U#L\x7f\xff\xff\xff\xff\xff\xff\xff",
    "a name of -1 bytes": b"{L\xff\xff\xff\xff\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", HUGE)
def test_a_length_that_no_memory_holds_is_refused(folder: Path, name: str) -> None:
    (folder / "booster.ubj").write_bytes(HUGE[name])
    with pytest.raises(DataError, match=r"booster\.ubj is not a model that XGBoost reads|of memory|signal"):
        check_outside_model(folder, Bounds(memory_bytes=4 << 30))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_booster_that_was_cut_is_refused(models: Path, folder: Path, share: float) -> None:
    content = (models / "xgboost" / "booster.ubj").read_bytes()
    (folder / "booster.ubj").write_bytes(content[: int(len(content) * share)])
    assert complaint(folder).startswith("booster.ubj is ")


def _changed(change: Callable[[dict[str, Any]], object], models: Path) -> bytes:
    booster = xgboost.Booster(model_file=models / "xgboost" / "booster.ubj")
    card = json.loads(booster.save_raw("json"))
    change(card["learner"])
    return json.dumps(card).encode()


def _tree(learner: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = learner["gradient_booster"]["model"]["trees"][0]
    return tree


TREES: dict[str, Callable[[dict[str, Any]], object]] = {
    "its nodes are not those of a tree": lambda learner: _tree(learner)["left_children"].__setitem__(0, 0),
    "tree 0: its nodes are not": lambda learner: _tree(learner)["left_children"].__setitem__(0, 100_000_000),
    "tree 0: its nodes are not those": lambda learner: _tree(learner)["right_children"].__setitem__(0, -5),
    "a node has one child": lambda learner: _tree(learner)["left_children"].__setitem__(0, -1),
    "splits on features other than its": lambda learner: _tree(learner)["split_indices"].__setitem__(0, 1_000_000),
    "its tree_info does not name": lambda learner: learner["gradient_booster"]["model"]["tree_info"].__setitem__(0, 9),
    "it has 1,000,000,000 outputs": lambda learner: learner["learner_model_param"].update(num_class="1000000000"),
}


@pytest.mark.parametrize("said", TREES)
def test_trees_that_lead_out_of_their_arrays_are_told_apart(models: Path, said: str) -> None:
    assert said in booster_problem(_changed(TREES[said], models))


@pytest.mark.parametrize("name", ["tree 0: its nodes are not", "splits on features other than its"])
def test_trees_that_lead_out_of_their_arrays_never_reach_this_process(models: Path, folder: Path, name: str) -> None:
    (folder / "booster.ubj").write_bytes(_changed(TREES[name], models))
    with pytest.raises(DataError, match=r"booster\.ubj is not a model that XGBoost|ends the process that reads it"):
        check_outside_model(folder)


def test_what_xgboost_writes_as_json_passes(models: Path, folder: Path) -> None:
    (folder / "booster.ubj").write_bytes(_changed(lambda _: None, models))
    assert complaint(folder) == ""


def test_lightgbm_text_of_impossible_sizes_is_refused(models: Path, folder: Path) -> None:
    text = (models / "lightgbm" / "booster.txt").read_text()
    for old, new in (
        ("num_class=1", "num_class=1000000000"),
        ("max_feature_idx=", "max_feature_idx=9999999999999"),
        ("tree_sizes=", "tree_sizes=99999999999999999999"),
        ("num_leaves=", "num_leaves=99999999"),
        ("tree\nversion=v4", "tree\nversion=v9"),
    ):
        assert old in text
        (folder / "booster.txt").write_text(text.replace(old, new))
        assert complaint(folder).startswith("booster.txt is not a model that LightGBM wrote")


def test_a_text_that_is_no_model_is_nobodys_matter(folder: Path) -> None:
    (folder / "notes.txt").write_text("Trained on a Monday.")
    (folder / "own.format").write_bytes(b"\x00\x01")
    assert complaint(folder) == ""


def test_types_of_another_plugin_are_left_to_it_and_nothing_of_them_is_loaded(folder: Path) -> None:
    (folder / "own.skops").write_bytes(skops.io.dumps(FunctionTransformer(func=shutil.rmtree)))
    assert complaint(folder) == ""


def test_a_safetensors_file_whose_header_reads_as_a_pickles_is_one(folder: Path) -> None:
    # A header of 640 bytes: the file begins with 80 02, as a pickle of protocol 2 does.
    network = torch.nn.Linear(1, 1)
    for length in range(1, 640):
        network = torch.nn.Sequential()
        network.add_module("x" * length, torch.nn.Linear(2, 1))
        write_weights(network, folder)
        if (folder / "network.safetensors").read_bytes()[:2] == b"\x80\x02":
            break
    assert (folder / "network.safetensors").read_bytes().startswith(b"\x80\x02\x00\x00")
    assert complaint(folder) == ""
    read_weights(network, folder)


def test_a_part_of_a_skops_file_that_unpacks_to_a_thousand_times_its_size_is_refused(folder: Path) -> None:
    import zipfile

    write_skops(Ridge().fit(np.eye(3), np.ones(3)), folder / "sound.skops")
    with zipfile.ZipFile(folder / "sound.skops") as sound:
        parts = {name: sound.read(name) for name in sound.namelist()}
    (folder / "sound.skops").unlink()
    with zipfile.ZipFile(folder / "bomb.skops", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, content in parts.items():
            bomb.writestr(name, content if name.endswith(".json") else content + bytes(50_000_000))
    assert "unpacks to 50," in complaint(folder)


def test_json_beyond_its_size_or_depth_is_refused(folder: Path) -> None:
    (folder / "card.json").write_text("[" * 100_000)
    assert complaint(folder).startswith("card.json cannot be read as JSON")
    with (folder / "card.json").open("wb") as file:
        file.truncate(MAX_JSON_BYTES + 1)
    assert "card.json cannot be read as JSON: the file has 67,108,865 bytes" in complaint(folder)
