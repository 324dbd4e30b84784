"""What the evidence says in words, and nothing that is not there."""

import pandas as pd

from core.ui.tear_sheet.evidence import comparison_rows, evidence_sentences, ruin_sentence

EVIDENCE = {
    "level": 0.95,
    "is_over_risk_free": True,
    "detectable_sharpe_annual": 0.79,
    "sharpe": {"annual": 0.894, "low": 0.27, "high": 1.52, "deflated_probability": 0.976, "n_trials": 1},
    "comparisons": [
        {
            "name": "always_1x",
            "sharpe_difference_annual": -0.1,
            "sharpe_low": -0.33,
            "sharpe_high": 0.12,
            "return_difference_annual": 0.043,
            "return_low": -0.031,
            "return_high": 0.113,
            "level": 0.95,
            "verdict": "no evidence",
        }
    ],
}


def test_interval_deflated_ratio_and_trials_are_told():
    own, deflated, power = evidence_sentences(EVIDENCE, n_bars=500)
    assert "0.89 a year over the risk-free rate; 95% interval 0.27 to 1.52" in own
    assert "97.6%" in deflated
    assert "1 trial, this run" in deflated
    assert "0.79" in power


def test_more_trials_are_counted():
    many = {**EVIDENCE, "sharpe": {**EVIDENCE["sharpe"], "n_trials": 1200}}
    assert "Counted: 1,200 trials" in evidence_sentences(many, n_bars=500)[1]


def test_a_run_without_evidence_says_how_to_have_it():
    assert evidence_sentences(None, n_bars=500) == ["This run kept no intervals. Run it again to have them."]
    assert comparison_rows(None) is None


def test_a_ratio_that_is_not_defined_is_not_told():
    assert len(evidence_sentences({**EVIDENCE, "sharpe": None}, n_bars=500)) == 1


def test_differences_bear_signs_and_a_verdict_in_words():
    row = comparison_rows(EVIDENCE).iloc[0]
    shown = [text.replace("\N{MINUS SIGN}", "-") for text in row]
    assert shown[:5] == ["always_1x", "-0.10", "-0.33 to +0.12", "+4.3%", "-3.1% to +11.3%"]
    assert row["verdict"] == "Sharpe: no evidence; return: no evidence"


def test_the_verdict_tells_both_intervals():
    found = {**EVIDENCE["comparisons"][0], "return_low": -0.297, "return_high": -0.044}
    row = comparison_rows({**EVIDENCE, "comparisons": [found]}).iloc[0]
    assert row["verdict"] == "Sharpe: no evidence; return: worse"
    better = {**found, "sharpe_low": 0.1, "sharpe_high": 0.4}
    row = comparison_rows({**EVIDENCE, "comparisons": [better]}).iloc[0]
    assert row["verdict"] == "Sharpe: better; return: worse"


def test_a_ruin_is_told_with_its_day_and_what_ends_there():
    sentence = ruin_sentence(pd.Timestamp("2008-10-10 21:00", tz="UTC"))
    assert sentence.startswith("Equity was gone on 2008-10-10.")
    assert "months, rolling figures and the distribution end there" in sentence


def test_two_bars_have_no_sharpe_ratio_to_tell():
    assert evidence_sentences(EVIDENCE, n_bars=2) == ["2 bars: too few for a yearly figure and its interval."]
