"""What is handed to others names files, and not the folders of the machine where they lay."""

import pytest

from core.engine.foreign_paths import config_without_folders, without_folders


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("/home/ann/models/m.onnx", "m.onnx"),
        ("/home/ann/prices/*.csv", "*.csv"),
        ("file:/home/ann/keys/key.txt", "file:key.txt"),
        ("sqlite:////home/ann/prices.db", "sqlite:///prices.db"),
        (r"C:\Users\ann\m.onnx", "m.onnx"),
        ("m.onnx", "m.onnx"),
        ("models/m.onnx", "models/m.onnx"),
        ("/ES", "/ES"),
        ("/", "/"),
        ("", ""),
        ("https://example.org/prices/daily", "https://example.org/prices/daily"),
        ("package.module:Class", "package.module:Class"),
        ("env:NAME", "env:NAME"),
        (3, 3),
        (None, None),
    ],
)
def test_an_absolute_path_is_its_last_part_and_all_else_stays(written, shown):
    assert without_folders(written) == shown
    assert without_folders({"a": [written, {"b": written}]}) == {"a": [shown, {"b": shown}]}


def test_of_a_config_only_parameters_are_changed():
    path = "/home/ann/m"
    config = {
        "data": {"tickers": [path], "data_source_params": {"path": path}},
        "features": [{"name": path, "feature_step_params": {"table": [path]}}],
        "tickers": [path],
        "seed": 3,
    }
    assert config_without_folders(config) == {
        "data": {"tickers": [path], "data_source_params": {"path": "m"}},
        "features": [{"name": path, "feature_step_params": {"table": ["m"]}}],
        "tickers": [path],
        "seed": 3,
    }
