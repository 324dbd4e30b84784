"""What a comparison may say, and what it must not."""

from dataclasses import replace

import pytest

from core.services.compare import Comparison
from core.services.compare_verdict import comparison_verdict
from core.services.differences import Difference

ALIKE = Comparison(
    run_ids=("aaaaaaaa-1", "bbbbbbbb-2", "cccccccc-3"),
    states=("completed",) * 3,
    titles=("", "", ""),
    config=(),
    data=(),
    environment=(),
    metrics=(),
    shared_metrics=frozenset(),
    without_fingerprint=(),
)


def said(**changes):
    return " ".join(comparison_verdict(replace(ALIKE, **changes)))


def test_equal_runs_are_called_equal():
    assert said() == (
        "The runs used the same data, byte for byte. Their settings are the same. "
        "The runs have no figures in common, so there is nothing to rank."
    )


def test_other_data_come_before_any_ranking():
    text = said(data=(Difference("fingerprint", ("a", "b", "a")),), metrics=(Difference("sharpe", (1.0, 2.0, 1.5)),))
    assert text.startswith("The runs did not use the same data, so their figures may differ for that reason alone.")


def test_data_that_nobody_knows_are_not_called_the_same():
    text = said(without_fingerprint=("bbbbbbbb-2",))
    assert "unknown" in text
    assert "same data, byte" not in text


def test_titles_are_no_settings():
    rows = (Difference("title", ("a", "b", "c")), Difference("seed", (1, 2, 1)))
    assert "1 setting differs." in said(config=rows)
    assert "Their settings are the same, but 2 facts about machine and versions differ." in said(
        config=rows[:1], environment=(Difference("python", ("1", "2", "1")), Difference("machine", ("a", "b", "b")))
    )


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("sharpe", (1.0, 1.5, 1.2), "Run bbbbbbbb has the highest Sharpe ratio, 1.5000; the next is 0.3000 away."),
        ("sharpe", (-1.0, -1.5, None), "Run aaaaaaaa has the highest Sharpe ratio, -1.0000; the next is 0.5000 away."),
        ("brier", (0.25, 0.20, 0.24), "Run bbbbbbbb has the lowest Brier score, 0.2000; the next is 0.0400 away."),
        ("auc", (0.6, 0.6, 0.5), "The highest AUC, 0.6000, is shared by two runs or more."),
    ],
)
def test_a_ranking_is_told_with_its_lead_and_never_as_significant(name, values, sentence):
    text = said(metrics=(Difference(name, values),), shared_metrics=frozenset({name}))
    assert sentence in text
    assert "Whether such a difference is more than chance, one history does not tell" in text
    assert "significant" not in text


def test_returns_over_other_dates_are_not_ranked():
    days = (("aaaaaaaa-1", "2003-03-07", "2013-03-01"), ("bbbbbbbb-2", "2000-03-01", "2013-03-01"))
    rows = (Difference("sharpe", (0.8, 0.4, None)), Difference("auc", (0.6, 0.5, None)))
    text = said(traded=days, metrics=rows)
    assert "They traded different dates, so that their returns cannot be ranked: aaaaaaaa 2003-03-07 to" in text
    assert "highest Sharpe" not in text
    assert "highest AUC" in text
    assert "highest Sharpe" in said(traded=(days[0], ("bbbbbbbb-2", *days[0][1:])), metrics=rows)


def test_one_figure_alone_is_not_ranked():
    text = said(metrics=(Difference("sharpe", (1.0, None, None)),))
    assert "highest" not in text
    assert "chance" not in text


def test_runs_that_did_not_complete_are_named():
    assert (
        "Not completed, so figures may be missing or those of a part: bbbbbbbb (failed), cccccccc (running)."
        in said(states=("completed", "failed", "running"))
    )


def test_runs_that_are_no_test_are_named_before_all_else():
    assert said(no_test=("bbbbbbbb-2",)).startswith(
        "NO TEST, as the model learned elsewhere and may know these very bars: bbbbbbbb. The runs used"
    )
