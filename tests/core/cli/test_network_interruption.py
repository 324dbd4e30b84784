"""A network's epoch may take hours: SIGTERM and cancel are heard within it."""

import json
import signal
import time

import pytest

# An epoch of hundreds of steps; the first one tells that it has begun.
MODULE = """
import time
from pathlib import Path
from torch import nn

class Slow(nn.Module):
    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.output = nn.Linear(n_inputs, n_outputs)

    def forward(self, inputs):
        if self.training:
            Path("begun").touch()
            time.sleep(0.5)
        return self.output(inputs)
"""
MODEL = "{epochs: 1, batch_rows: 2, network: {kind: module, import_path: 'slow_network:Slow'}}"


def until(condition, timeout_s=120.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the awaited moment has not come"
        time.sleep(0.02)


@pytest.mark.parametrize("wish", ["SIGTERM", "cancel"])
def test_a_long_epoch_is_cancelled(qlop, wish):
    (qlop.folder / "slow_network.py").write_text(MODULE)
    model = f"model={{model_type: custom_network, model_params: {MODEL}}}"
    with qlop.start("run", "pipeline", "-c", qlop.config, "--set", model, "--json") as process:
        try:
            until((qlop.folder / "begun").exists)
            if wish == "cancel":
                report = qlop.json("runs", "cancel", "latest")
                assert (report["state"], report["killed"]) == ("cancelled", [])
            else:
                process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert json.loads(output.splitlines()[-1])["status"] == "cancelled", errors
    (folder,) = qlop.run_folders()
    assert qlop.json("runs", "show", folder.name)["state"] == "cancelled"
    events = [json.loads(line)["type"] for line in (folder / "events.jsonl").read_text().splitlines()]
    assert "metric" not in events, "the epoch came to its end"
