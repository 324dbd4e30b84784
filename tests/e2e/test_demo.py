"""The main job as a new user meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "core.cli.main", "demo", "--json"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "QLOP_HOME": str(folder / "home"),
            "QLOP_CONFIG_DIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(done.stdout.splitlines()[-1])


def test_the_demo_says_what_a_person_must_know(demo):
    text, _ = demo
    for said in (
        "FB with 196 bars",
        "Survivorship",
        "price index",
        "150 bps",
        "5 bps",
        "Brier score",
        "effective sample size",
    ):
        assert said in text
    for name in ("always_1x", "always_2x", "volatility_managed", "NASDAQ"):
        assert name in text
    assert "EVIDENCE" in text.split("Verdict")[1]


def test_a_demo_without_skill_claims_none(demo):
    text, outcome = demo
    if outcome["metrics"]["brier"] >= outcome["metrics"]["base_rate_brier"]:
        assert "no better than knowing the base rate alone" in " ".join(text.split())
        assert "\n  EVIDENCE:" not in text


def test_the_demo_keeps_always_2x_at_2x(demo):
    _, outcome = demo
    assert outcome["metrics"]["always_2x.leverage_mean"] == pytest.approx(2.0, abs=0.01)
    assert outcome["metrics"]["always_1x.cost_debit_interest"] == pytest.approx(0.0, abs=1e-6)


def test_the_demo_backtests_on_what_was_never_trained_on(demo):
    _, outcome = demo
    predictions = pd.read_parquet(outcome["artifacts"]["predictions"])
    scores = pd.read_parquet(outcome["artifacts"]["fold_scores"]).set_index("fold")
    tested = predictions.reset_index().groupby("fold")["timestamp"].agg(["min", "max"])
    assert (tested["min"] >= scores["test_start"]).all()
    assert (tested["max"] <= scores["test_end"]).all()
    assert not predictions.index.duplicated().any()


def test_the_picture_in_the_readme_shows_the_demo(demo):
    text, _ = demo
    picture = (REPOSITORY / "docs" / "images" / "demo_summary.svg").read_text(encoding="utf-8")
    headings = [
        line for line in text.splitlines() if line and line[0].isalpha() and len(line) < 60 and "Run " not in line
    ]
    assert headings
    for heading in headings:
        assert heading in picture
