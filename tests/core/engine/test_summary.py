from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.engine.evidence import Comparison, SharpeSample
from core.engine.learned_elsewhere import LearnedElsewhere
from core.engine.summary import DataFacts, PredictionFacts, StrategyFacts, SummaryFacts, TermsFacts, write_summary

BETTER = Comparison(0.4, 0.1, 0.7, 0.05, 0.01, 0.09, 0.95)
WORSE = Comparison(-0.4, -0.7, -0.1, -0.05, -0.09, -0.01, 0.95)
UNDECIDED = Comparison(-0.03, -0.21, 0.15, 0.0, -0.05, 0.05, 0.95)
QUESTION = "is a position of 2x the equity, held for 20 bars, worth more than one of 1x?"
START, END = date(2003, 3, 5), date(2013, 3, 1)


def figures(final_equity, **more):
    return {
        "cagr": 0.1012,
        "volatility_annual": 0.25,
        "sharpe": 0.51,
        "max_drawdown": -0.4321,
        "cost_fees": 1200.0,
        "cost_slippage": 30.0,
        "cost_liquidation_fee": 4.0,
        "cost_debit_interest": 5000.0,
        "cost_credit_interest": -100.0,
        "cost_borrow_fee": 11.0,
        "n_margin_calls": 3.0,
        "leverage_max": 2.314,
        "final_equity": final_equity,
        "is_ruined": 0.0,
        **more,
    }


PREDICTIONS = PredictionFacts(
    first_bar=START,
    last_bar=END,
    n_folds=20,
    n_rows=9876,
    base_rate=0.412,
    brier=0.2431,
    base_rate_brier=0.2424,
    auc=0.512,
    share_equal_to_sign=0.931,
    breach_share=0.0012,
    effective_sample_size=412.3,
    effective_sample_size_pooled=105.1,
)
SKILLED = replace(PREDICTIONS, brier=0.2303, skill_low=0.012, skill_high=0.088)
FACTS = SummaryFacts(
    title="Leverage opportunity",
    data=DataFacts(
        "sample",
        ("AAPL", "IBM"),
        date(2000, 3, 1),
        END,
        3270,
        left_out={"FB": 196},
        survivorship="Hindsight flattered them.",
    ),
    terms=TermsFacts(question=QUESTION, leverage=2.0, fee_bps=5.0, debit_spread_annual=0.015),
    strategy=StrategyFacts("model", figures(261_000.0)),
    first_bar=START,
    last_bar=END,
    years=10.0,
    baselines=(
        StrategyFacts("always_1x", figures(300_000.0), UNDECIDED),
        StrategyFacts("always_2x", figures(-2_000.0, is_ruined=1.0), UNDECIDED),
    ),
    benchmark=StrategyFacts("NASDAQ", {"cagr": 0.08, "final_equity": 200_000.0}, UNDECIDED, is_price_index=True),
    predictions=PREDICTIONS,
    sharpe=SharpeSample(0.03, 2520, -0.2, 9.0),
)


def said(facts):
    """The summary's text with its line breaks and runs of blanks taken out."""
    return re.sub(r"\s+", " ", write_summary(facts))


def judged(comparison, **changes):
    others = tuple(replace(other, comparison=comparison) for other in FACTS.baselines)
    benchmark = replace(FACTS.benchmark, comparison=comparison)
    return replace(FACTS, baselines=others, benchmark=benchmark, **changes)


def test_no_line_is_wider_than_a_terminal_and_no_blanks_trail():
    for line in write_summary(FACTS).splitlines():
        assert len(line) <= 96
        assert line == line.rstrip()


def test_the_table_is_aligned():
    lines = write_summary(FACTS).splitlines()
    head = next(place for place, line in enumerate(lines) if "CAGR" in line)
    table = [lines[head], *lines[head + 2 : head + 6]]
    assert len({len(line) for line in table}) == 1
    assert [line.split()[0] for line in table[1:]] == ["model", "always_1x", "always_2x", "NASDAQ"]


def test_a_row_adds_up_fees_and_financing():
    row = next(line for line in write_summary(FACTS).splitlines() if line.startswith("  model "))
    assert row.split() == ["model", "10.1", "25.0", "0.51", "-43.2", "1,234", "4,911", "3", "2.31x", "261,000"]


def test_what_a_benchmark_does_not_have_is_a_dash():
    row = next(line for line in write_summary(FACTS).splitlines() if line.startswith("  NASDAQ "))
    assert row.split() == ["NASDAQ", "8.0", "-", "-", "-", "-", "-", "-", "-", "200,000"]


def test_the_data_and_their_flaws_are_told():
    text = said(FACTS)
    assert "sample, 2000-03-01 to 2013-03-01, 3,270 bars, adjusted for splits and dividends" in text
    assert "AAPL, IBM (left out for a short history: FB with 196 bars)" in text
    assert "NASDAQ, a price index, without the dividends" in text
    assert "flattered" in text
    assert "flattered" not in said(replace(FACTS, data=replace(FACTS.data, survivorship="")))


def test_the_question_and_the_terms_are_told():
    text = said(FACTS)
    assert "a position of 2x the equity, held for 20 bars" in text
    assert "5 bps of what is traded; borrowed cash costs the risk-free rate plus 150 bps a year" in text
    assert "50 % to open a long, 25 % to keep it" in text
    assert "filled at the next open" in text


def test_predictions_stand_beside_the_base_rate():
    text = said(FACTS)
    assert "9,876 rows of 20 folds" in text
    assert "effective sample size is 412, 105 if the tickers move as one" in text
    assert "41.2 % of the labels are 1" in text
    assert "93.1 % equal the sign of the return: at 2x the label is close to direction" in text
    assert "0.12 % of the labelled positions meet a margin call" in text
    assert "0.2431, the base rate's 0.2424: the predictions are no better than knowing the base rate alone" in text
    skilled = said(replace(FACTS, predictions=replace(SKILLED, brier=0.23028)))
    assert "5.00 % better than knowing the base rate alone, beyond chance (95 % interval 1.20 % to 8.80 %)" in skilled


def test_folds_that_say_nothing_are_counted():
    silent = replace(PREDICTIONS, n_folds_at_base_rate=13)
    assert "in 13 of 20 folds the calibrated model says no more than its base rate" in said(
        replace(FACTS, predictions=silent)
    )
    assert "Silent folds" not in said(FACTS)


def test_predictions_of_one_model_are_not_told_as_of_folds():
    of_one = replace(PREDICTIONS, n_folds=0, n_folds_at_base_rate=1, auc_fold_mean=None)
    text = said(replace(FACTS, predictions=of_one))
    assert f"{PREDICTIONS.n_rows:,} rows, all of one model" in text
    assert "over all rows (0.5 is a coin's)" in text
    assert "Silent model it says no more than its base rate" in text
    assert "fold" not in text.split("Predictions, ")[1].split("Backtest, net")[0]


def test_the_auc_within_folds_stands_beside_the_pooled_one():
    both = said(replace(FACTS, predictions=replace(PREDICTIONS, auc_fold_mean=0.5432)))
    assert "AUC 0.543 within a fold on average; 0.512 over all rows, which mixes the folds' base rates" in both
    assert "AUC 0.512 over all rows" in said(FACTS)


def test_predictions_of_a_regression_have_no_base_rate():
    regression = replace(PREDICTIONS, base_rate=None, brier=None, auc=None)
    assert "of the labels are 1" not in said(replace(FACTS, predictions=regression))


def test_what_sharpe_ratios_are_over_is_told():
    assert "Sharpe ratios are over zero." in said(FACTS)
    assert "Sharpe ratios are over the risk-free rate." in said(replace(FACTS, sharpe_is_over_risk_free=True))
    unfunded = said(replace(FACTS, terms=replace(FACTS.terms, is_unfunded=True)))
    assert "returns are over cash already" in unfunded
    assert "nothing is borrowed" in unfunded
    assert "borrowed cash" not in unfunded


def test_a_label_far_from_direction_bears_no_remark():
    text = said(replace(FACTS, predictions=replace(PREDICTIONS, share_equal_to_sign=0.6)))
    assert "60.0 % equal the sign of the return" in text
    assert "close to direction" not in text


def test_an_interval_that_holds_zero_is_no_evidence():
    text = said(FACTS)
    assert (
        "NO EVIDENCE that model adds anything: the difference to always_1x, always_2x and NASDAQ may be chance" in text
    )
    assert "0.03 below; 95 % interval of the difference -0.21 to +0.15, which holds 0: no evidence" in text


def test_evidence_needs_all_comparisons_luck_and_skill():
    facts = judged(BETTER, predictions=SKILLED, sharpe=SharpeSample(0.08, 2520, 0.0, 3.0))
    assert "EVIDENCE: model is better than always_1x, always_2x and NASDAQ" in said(facts)
    assert "NO EVIDENCE" not in said(facts)
    lucky = replace(facts, sharpe=SharpeSample(0.01, 2520, 0.0, 3.0))
    assert "NO EVIDENCE that model adds anything: its own Sharpe ratio may be luck." in said(lucky)
    unskilled = replace(facts, predictions=PREDICTIONS)
    assert "NO EVIDENCE that model adds anything: its predictions are no better than the base rate." in said(unskilled)
    one_undecided = replace(facts, benchmark=replace(facts.benchmark, comparison=UNDECIDED))
    assert "NO EVIDENCE that model adds anything: the difference to NASDAQ may be chance." in said(one_undecided)


def test_a_baseline_that_is_better_is_evidence_against():
    assert "EVIDENCE AGAINST IT: model is worse than always_1x, always_2x and NASDAQ" in said(judged(WORSE))


def test_losing_in_money_is_said_whatever_the_evidence():
    assert "In money, over these dates, it loses to always_1x and beats always_2x and NASDAQ." in said(FACTS)
    winner = replace(FACTS, strategy=StrategyFacts("model", figures(900_000.0)))
    assert "In money, over these dates, it beats always_1x, always_2x and NASDAQ." in said(winner)


def test_a_baseline_that_looks_ahead_is_marked_and_kept_out_of_the_verdict():
    ahead = StrategyFacts("managed", figures(10_000_000.0), WORSE, looks_ahead=True)
    text = said(replace(FACTS, baselines=(*FACTS.baselines, ahead)))
    assert "managed*" in text
    assert "kept out of the verdict" in text
    assert "AGAINST" not in text
    assert "In money, over these dates, it loses to always_1x and beats" in text


def test_ruin_is_told():
    assert "always_2x is ruined: all equity is lost" in said(FACTS)


def test_the_ruin_of_the_strategy_comes_before_everything_else():
    gone = {**figures(-50.0), "is_ruined": 1.0, "debt_after_ruin": 50.0}
    text = said(replace(FACTS, strategy=StrategyFacts("model", gone, ruined_on=date(2008, 10, 6))))
    assert "Verdict RUINED: model has lost all of its equity on 2008-10-06 and owes 50." in text
    assert "NO EVIDENCE" not in text


def test_orders_that_the_margin_cut_are_told():
    assert "scaled down or refused" not in said(FACTS)
    text = said(replace(FACTS, strategy=StrategyFacts("model", figures(1.0), curtailed=3)))
    assert "model: 3 orders were scaled down or refused by the initial margin" in text


def test_a_strategy_that_never_traded_is_named_cash():
    idle = {**figures(100_000.0), "n_fills": 0.0}
    assert "model has filled no order: its curve is cash." in said(
        replace(FACTS, strategy=StrategyFacts("model", idle))
    )


def test_the_model_is_asked_whether_it_can_tell():
    assert "Can the model tell what its label asks? No: it does no better than the base rate alone" in said(FACTS)
    told = (
        "It does better than the base rate alone, beyond chance (Brier 0.2303 against 0.2424; 95 % interval 1.20 % to"
    )
    assert told in said(replace(FACTS, predictions=SKILLED))


@pytest.mark.parametrize(
    ("changes", "answer", "lack"),
    [
        (
            {"skill_low": -0.02},
            "Not known: that it does better than the base rate alone may be chance (Brier 0.2303 against 0.2424; 95 %",
            "that its predictions beat the base rate may be chance",
        ),
        (
            {"n_folds_at_base_rate": 20},
            "No: it tells no row from another (Brier 0.2303 against 0.2424).",
            "its predictions say no more than the base rate",
        ),
        (
            {"n_folds": 0, "n_folds_at_base_rate": 1},
            "No: it tells no row from another (Brier 0.2303 against 0.2424).",
            "its predictions say no more than the base rate",
        ),
        (
            {"brier": 0.25, "skill_low": -0.05, "skill_high": -0.01},
            "No: it does worse than the base rate alone, beyond chance (Brier 0.2500 against 0.2424; 95 % interval",
            "its predictions are no better than the base rate",
        ),
        (
            {"skill_low": None, "skill_high": None},
            "Not known: it does better than the base rate alone (Brier 0.2303 against 0.2424), whether by chance nobody",
            "it is not known whether its predictions beat the base rate by more than chance",
        ),
    ],
)
def test_a_skill_that_may_be_chance_answers_nothing_and_is_no_evidence(changes, answer, lack):
    text = said(replace(BEYOND_LUCK, predictions=replace(SKILLED, **changes)))
    assert f"Can the model tell what its label asks? {answer}" in text
    assert f"NO EVIDENCE that model adds anything: {lack}." in text


def test_the_terms_say_what_the_account_really_has():
    stated = replace(FACTS.terms, base_rate_annual=0.02, margin_check="off", account="isolated", has_shorts=True)
    text = said(replace(FACTS, terms=stated))
    assert "borrowed cash costs 2.00 % a year plus" in text
    assert "to open a short" in text
    assert "never checked once open" in text
    assert "each position for itself" in text
    assert "to open a short" not in said(FACTS)


def test_trials_and_power_are_told():
    text = said(FACTS)
    assert "1 trial, this run" in text
    assert "needs a true annual Sharpe ratio of 0.79" in text
    many = replace(FACTS, n_trials=40, sharpe_variance=0.0004)
    assert "40 trials" in said(many)
    probability = [
        float(re.search(r"above luck with a probability of ([0-9.]+) %", said(facts))[1]) for facts in (FACTS, many)
    ]
    assert probability[1] < probability[0]


def test_a_rule_without_predictions_has_no_block_of_them():
    facts = replace(FACTS, predictions=None, terms=replace(FACTS.terms, question="", leverage=None))
    text = said(facts)
    assert "Predictions" not in text
    assert "Question" not in text
    assert "base rate" not in text


def test_nothing_to_compare_with_is_no_evidence():
    assert "there is nothing to compare it with" in said(replace(FACTS, baselines=(), benchmark=None))


def test_long_names_are_shortened():
    facts = replace(FACTS, strategy=StrategyFacts("a" * 60, figures(1.0)))
    assert f"{'a' * 22}.. " in write_summary(facts)


@pytest.mark.parametrize(("changes", "text"), [({"results_at": "/tmp/run"}, "Results /tmp/run"), ({}, "Verdict")])
def test_where_the_results_lie_is_told_where_known(changes, text):
    found = said(replace(FACTS, **changes))
    assert text in found
    assert ("Results" in found) == bool(changes)


def test_equal_facts_give_equal_text():
    assert write_summary(FACTS) == write_summary(replace(FACTS))


def test_a_short_backtest_tells_no_figure_a_year_and_no_verdict_on_them():
    few = {"n_bars": 20.0}
    short = replace(
        judged(BETTER, predictions=SKILLED),
        strategy=StrategyFacts("model", figures(261_000.0, **few)),
        baselines=(StrategyFacts("always_1x", figures(300_000.0, **few), BETTER),),
        benchmark=None,
        years=20 / 252,
    )
    row = next(line for line in write_summary(short).splitlines() if line.startswith("  model "))
    assert row.split()[1:4] == ["-", "-", "-"]
    assert row.split()[-1] == "261,000"
    assert "Figures a year are not told: 20 bars are too few, 60 the fewest." in said(short)
    assert "NO EVIDENCE that model adds anything: 20 bars are too few to judge, 60 the fewest." in said(short)
    assert not re.search("interval of the difference|deflated|power|a true annual Sharpe", said(short))
    enough = replace(short, strategy=StrategyFacts("model", figures(261_000.0, n_bars=60.0)))
    assert "too few" not in said(enough)


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (None, "from bars that its file does not name."),
        (END, f"from bars until {END}, as its file says, and is scored from {START} on."),
        (START, f"from bars until {START}, as its file says, and is scored from {START} on."),
    ],
)
def test_scores_on_bars_that_a_model_may_know_are_no_test_and_no_evidence(until, told):
    known = replace(SKILLED, learned_elsewhere=LearnedElsewhere(until, START))
    text = said(judged(BETTER, predictions=known, sharpe=SharpeSample(0.08, 2520, 0.0, 3.0)))
    assert "NO EVIDENCE that model adds anything: its model may have learned from these very bars." in text
    assert f"These scores are NO TEST: the model learned elsewhere, {told}" in text
    assert "Predictions, not known to be out of sample, " in text
    assert "Not known: it does better than the base rate" in text


def test_scores_on_bars_after_all_that_a_model_learned_from_elsewhere_are_a_test():
    later = replace(SKILLED, learned_elsewhere=LearnedElsewhere(START - timedelta(days=1), START))
    facts = judged(BETTER, predictions=later, sharpe=SharpeSample(0.08, 2520, 0.0, 3.0))
    assert said(facts) == said(replace(facts, predictions=SKILLED))
    assert "EVIDENCE: model is better than" in said(facts)


def test_a_backtest_of_a_model_that_may_know_its_bars_is_no_test_and_no_evidence():
    beyond_luck = judged(BETTER, predictions=None, sharpe=SharpeSample(0.08, 2520, 0.0, 3.0))
    assert "EVIDENCE: model is better than" in said(beyond_luck)
    text = said(replace(beyond_luck, traded_model=LearnedElsewhere(END, START)))
    assert "NO EVIDENCE that model adds anything: its model may have learned from these very bars." in text
    assert f"This backtest is NO TEST: the model learned elsewhere, from bars until {END}" in text
    assert f"is traded from {START} on." in text
    earlier = LearnedElsewhere(START - timedelta(days=1), START)
    assert said(replace(beyond_luck, traded_model=earlier)) == said(beyond_luck)


REGRESSION = replace(
    PREDICTIONS,
    base_rate=None,
    brier=None,
    base_rate_brier=None,
    auc=None,
    share_equal_to_sign=None,
    rmse=0.01971,
    base_rmse=0.01802,
    r2_out_of_sample=-0.196,
    rank_correlation=-0.012,
)
BEYOND_LUCK = judged(BETTER, predictions=SKILLED, sharpe=SharpeSample(0.08, 2520, 0.0, 3.0))


def test_a_regression_is_held_to_the_mean_of_its_training_rows():
    text = said(replace(BEYOND_LUCK, predictions=REGRESSION))
    assert "NO EVIDENCE that model adds anything: its predictions are no better than the training mean." in text
    assert "No: it does no better than the training mean alone (RMSE 0.01971 against 0.01802)" in text
    assert "RMSE 0.01971, the training mean's 0.01802: the predictions are no better than" in text
    assert "R2 -0.1960, out of sample" in text
    assert "Rank corr. -0.012 with the target" in text
    skilled = said(replace(BEYOND_LUCK, predictions=replace(REGRESSION, rmse=0.01712, skill_low=0.04, skill_high=0.16)))
    assert "Verdict EVIDENCE: model is better than" in skilled
    # The bounds of squared errors are told as those of their root: 1 - sqrt(1 - 0.04) is 0.0202.
    told = "4.99 % better than knowing the training mean alone, beyond chance (95 % interval 2.02 % to 8.35 %)"
    assert told in skilled


def test_predictions_that_nobody_scored_are_no_evidence_and_called_unknown():
    unscored = PredictionFacts(
        START, END, n_folds=0, n_rows=0, base_rate=None, brier=None, base_rate_brier=None, auc=None
    )
    text = said(replace(BEYOND_LUCK, predictions=unscored))
    assert "NO EVIDENCE that model adds anything: it is not known whether its predictions beat the base rate." in text
    assert "Can the model tell what its label asks? Not known: nobody has scored these predictions" in text
    assert f"Predictions, out of sample, {START} to {END} Scores none: nobody has scored these predictions" in text
    assert "0 rows of 0 folds" not in text
    told = said(replace(BEYOND_LUCK, predictions=replace(unscored, unscored="the label is gone")))
    assert "Scores none: the label is gone, so that it is not known whether they are better than" in told


def test_labels_are_not_called_worth_it_whatever_they_ask():
    asked = "does the return of a long over 5 bars exceed 0 %?"
    text = said(replace(FACTS, terms=replace(FACTS.terms, question=asked)))
    assert f"Question {asked}" in text
    assert "41.2 % of the labels are 1 (yes)" in text
    silent = said(replace(FACTS, terms=replace(FACTS.terms, question="")))
    assert "Question" not in silent
    assert "of the labels are 1 Label" in silent
    assert "worth it" not in text + silent


def test_equal_money_is_called_equal_and_not_beaten():
    within_rounding = StrategyFacts("twin", figures(261_000.0 * (1.0 + 1e-12)), UNDECIDED)
    text = said(replace(FACTS, baselines=(*FACTS.baselines, within_rounding)))
    assert "it loses to always_1x, equals twin and beats always_2x and NASDAQ." in text


def test_a_curve_that_is_a_baselines_is_called_that():
    twin = StrategyFacts("twin", figures(261_000.0), UNDECIDED, is_same_curve=True)
    text = said(replace(BEYOND_LUCK, baselines=(*BEYOND_LUCK.baselines, twin)))
    assert "NO EVIDENCE that model adds anything: its curve is that of twin." in text
    assert "Its curve is that of twin on every bar" in text
    assert "Beside twin" not in text


def test_what_is_too_short_to_compare_is_said_and_is_no_evidence():
    ruined = StrategyFacts("gone", figures(-5.0, is_ruined=1.0), None)
    text = said(replace(BEYOND_LUCK, baselines=(*BEYOND_LUCK.baselines, ruined)))
    assert "NO EVIDENCE that model adds anything: it is too short to compare with gone." in text
    assert "Beside gone: too short to compare; both have fewer than 30 bars up to a ruin." in text
    alone = said(replace(BEYOND_LUCK, baselines=(ruined,), benchmark=None))
    assert "nothing to compare it with" not in alone


def test_cash_has_no_claim_to_skill():
    idle = replace(BEYOND_LUCK, strategy=StrategyFacts("model", figures(900_000.0, n_fills=0.0)), sharpe=None)
    text = said(replace(idle, predictions=None))
    assert "NO EVIDENCE that model adds anything: it has taken no risk." in text
    assert "The curve takes no risk and has no Sharpe ratio to judge." in text
    assert "deflated" not in text
