from __future__ import annotations

import json

from qlop.testing import SinkContractSuite

from plugins.sinks.json import Json


class TestJson(SinkContractSuite):
    plugin_class = Json
    replacing_params = {"replace": True}

    def params_in(self, folder):
        return {"folder": str(folder)}


def written(folder, results):
    paths = Json("json", Json.Params(folder=str(folder))).write(results)
    return {path.name: path.read_bytes().decode("utf-8") for path in paths}


def test_records_read_back_to_the_same_values(tmp_path, results):
    files = written(tmp_path, results)
    assert json.loads(files["trades.json"]) == [
        {
            "ticker": "=HYPERLINK(1)",
            "side": "-short",
            "profit": -0.1 - 0.2,
            "bars_held": -3,
            "exited_at": "2024-01-02T00:00:00+00:00",
            "@note": None,
        },
        {"ticker": "AAA", "side": "long", "profit": None, "bars_held": 4, "exited_at": None, "@note": '\tb,"c"'},
    ]
    assert len(files["trades.json"].splitlines()) == 4
    assert json.loads(files["empty.json"]) == []


def test_an_index_becomes_fields_and_infinity_is_text(tmp_path, results):
    records = json.loads(written(tmp_path, results)["predictions.json"])
    assert records[0] == {"timestamp": "2024-01-02T00:00:00+00:00", "ticker": "AAA", "probability_1": 1 / 3}
    assert records[1]["probability_1"] == "Infinity"


def test_figures_are_one_object_with_sorted_names(tmp_path, results):
    text = written(tmp_path, results)["metrics.json"]
    assert json.loads(text) == dict(results.metrics)
    assert list(json.loads(text)) == sorted(results.metrics)


def test_equal_results_give_equal_bytes(tmp_path, results):
    assert written(tmp_path / "a", results) == written(tmp_path / "b", results)
