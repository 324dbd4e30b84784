"""Networks in the ready config, from a config to a saved model."""

from pathlib import Path

import pandas as pd
import pytest
import qlop

READY = Path(__file__).parents[3] / "configs" / "leverage_opportunity.yaml"
TINY = {
    "mlp": "{epochs: 2, hidden_widths: [8]}",
    "lstm": "{epochs: 2, sequence_bars: 4, hidden_width: 4}",
    "custom_network": "{epochs: 2, network: {kind: layers, layers: [{kind: linear, width: 8}, {kind: relu}]}}",
}


@pytest.mark.parametrize("model", TINY)
def test_a_small_network_trains_on_the_embedded_data_by_the_ready_config(model, tmp_path):
    outcome = qlop.run(
        READY,
        home=tmp_path,
        overrides=[
            "mode=train",
            "thread_count=1",
            f"model.model_type={model}",
            f"model.model_params={TINY[model]}",
            "splits.test_bars=1300",
        ],
    )
    assert outcome.status == "completed"
    assert outcome.metrics["n_folds"] == 2
    artifacts = outcome.folder / "artifacts"
    saved = sorted(path.name for path in (artifacts / "model" / "model").iterdir())
    assert saved == ["network.json", "network.safetensors"]
    predictions = pd.read_parquet(artifacts / "predictions.parquet")
    assert predictions["probability_1"].notna().all()
    events = (outcome.folder / "events.jsonl").read_text(encoding="utf-8")
    assert events.count('"validation_loss"') == 2 * 3
