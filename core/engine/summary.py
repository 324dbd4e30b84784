"""The summary of a run: prose and tables that a person reads in a terminal.

1. The data and their flaws. 2. What was asked. 3. How good the predictions are (summary_predictions.py). 4. The
strategies side by side, net of costs. 5. The verdict (summary_verdict.py). Equal facts give equal text.
"""

from __future__ import annotations

from core.base.yearly_figures import FEWEST_BARS, told_figures, too_few_bars
from core.engine.finding_lines import finding_lines
from core.engine.implausible_results import high_sharpe_lines
from core.engine.summary_facts import DataFacts, PredictionFacts, StrategyFacts, SummaryFacts, TermsFacts
from core.engine.summary_predictions import prediction_lines
from core.engine.summary_verdict import verdict_lines
from core.engine.text_layout import aligned_table, labelled, money, number, paragraph, percent, shortened, span, times

__all__ = ["DataFacts", "PredictionFacts", "StrategyFacts", "SummaryFacts", "TermsFacts", "write_summary"]

_ADJUSTMENTS = {
    "raw": "as traded; dividends and splits are credited",
    "splits": "adjusted for splits; dividends are credited",
    "total_return": "adjusted for splits and dividends",
}
_FILLS = {"next_open": "the next open", "next_close": "the next close", "same_close": "that close itself"}
_REBALANCES = {
    "on_change": "when the target changes (in between, leverage drifts)",
    "every_bar": "on every bar, back to the target",
    "schedule": "on the schedule's dates, back to the target",
}
_HEADER = ("", "CAGR %", "vol. %", "Sharpe", "max DD %", "fees", "financing", "calls", "leverage", "equity")
_LONGEST_NAME = 24


def write_summary(facts: SummaryFacts) -> str:
    """Return the summary as text of at most 96 columns, ending with a line end."""
    blocks = [
        [facts.title, "=" * len(facts.title)],
        ["Data", *_data_lines(facts)],
        ["Asked", *_terms_lines(facts.terms)],
        prediction_lines(facts.predictions, facts.terms) if facts.predictions else [],
        _strategy_lines(facts),
        ["Verdict", *verdict_lines(facts)],
        labelled("Results", facts.results_at) if facts.results_at else [],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _data_lines(facts: SummaryFacts) -> list[str]:
    data = facts.data
    lines = labelled(
        "Prices",
        f"{data.source}, {span(data.first_bar, data.last_bar)}, {data.n_bars:,} bars, "
        f"{'said to be ' * _is_doubted(data)}{_ADJUSTMENTS.get(data.adjustment, data.adjustment)}",
    )
    left_out = ", ".join(f"{ticker} with {n_bars:,} bars" for ticker, n_bars in sorted(data.left_out.items()))
    lines += labelled(
        "Tickers", ", ".join(data.tickers) + (f" (left out for a short history: {left_out})" if left_out else "")
    )
    if facts.benchmark is not None:
        price_index = "a price index, without the dividends that the stocks' prices hold; "
        kind = price_index if facts.benchmark.is_price_index else ""
        lines += labelled("Benchmark", f"{facts.benchmark.name}, {kind}bought and held without costs")
    if data.survivorship:
        lines += labelled("Survivorship", data.survivorship)
    return lines + finding_lines(data.findings)


def _is_doubted(data: DataFacts) -> bool:
    # Prices as traded are what they are.
    return data.is_adjustment_doubted and data.adjustment != "raw"


def _terms_lines(terms: TermsFacts) -> list[str]:
    lines = []
    if terms.question:
        lines += labelled("Question", terms.question)
    fees = [f"{terms.fee_bps:g} bps of what is traded"] if terms.fee_bps or not terms.fee_per_share else []
    fees += [f"{terms.fee_per_share:g} a share"] if terms.fee_per_share else []
    fees += [f"{terms.slippage_bps:g} bps of slippage"] if terms.slippage_bps else []
    lines += labelled("Costs", f"{' and '.join(fees)}; {_financing(terms)}")
    lines += labelled("Margin", _margin(terms))
    lines += labelled("Strategy", terms.strategy) if terms.strategy else []
    fill, rebalance = _FILLS.get(terms.fill, terms.fill), _REBALANCES.get(terms.rebalance, terms.rebalance)
    decided = f"decided at a close, filled at {fill}, {rebalance}"
    return lines + labelled("Execution", f"{decided}; begins with {money(terms.initial_cash)}")


def _financing(terms: TermsFacts) -> str:
    if terms.is_unfunded:
        return "nothing is borrowed, as the instruments are unfunded"
    base = "the risk-free rate" if terms.base_rate_annual is None else f"{percent(terms.base_rate_annual, 2)} a year"
    borrowed = f"borrowed cash costs {base} plus {10_000 * terms.debit_spread_annual:g} bps a year"
    if not terms.has_shorts:
        return borrowed
    return f"{borrowed}, borrowed shares {10_000 * terms.borrow_fee_annual:g} bps a year"


def _margin(terms: TermsFacts) -> str:
    rates = f"{percent(terms.initial_long, 0)} to open a long, {percent(terms.maintenance_long, 0)} to keep it"
    if terms.has_shorts:
        rates += (
            f"; {percent(terms.initial_short, 0)} to open a short, {percent(terms.maintenance_short, 0)} to keep it"
        )
    if terms.margin_check == "off":
        rates += "; never checked once open, so no position is called"
    elif terms.margin_check == "close":
        rates += "; checked at closes only"
    return rates + ("; each position for itself" if terms.account == "isolated" else "")


def _strategy_lines(facts: SummaryFacts) -> list[str]:
    rows = [facts.strategy, *facts.baselines, *((facts.benchmark,) if facts.benchmark else ())]
    lines = [
        f"Backtest, net of costs, {span(facts.first_bar, facts.last_bar)}",
        *aligned_table(_HEADER, [_row(row) for row in rows]),
        *paragraph(
            f"{_sharpe_basis(facts)} Fees hold slippage, financing holds interest and borrow fees, calls are "
            "margin calls, leverage is the highest at a close, equity the final one."
        ),
    ]
    if (n_bars := too_few_bars(facts.strategy.metrics)) is not None:
        lines += paragraph(f"Figures a year are not told: {n_bars} bars are too few, {FEWEST_BARS} the fewest.")
    if any(row.looks_ahead for row in rows):
        lines += paragraph("* uses data after its bars, by its parameters; it is kept out of the verdict.")
    lines += [line for row in rows for remark in _remarks(row) for line in paragraph(remark)]
    lines += high_sharpe_lines(_honest_sharpe_ratios(rows), facts.years)
    return lines + [line for finding in facts.unpredicted for line in paragraph(finding)]


def _honest_sharpe_ratios(rows: list[StrategyFacts]) -> dict[str, float]:
    ratios = {row.name: row.metrics.get("sharpe") for row in rows if not row.looks_ahead}
    return {name: float(ratio) for name, ratio in ratios.items() if isinstance(ratio, (int, float))}


def _remarks(row: StrategyFacts) -> list[str]:
    """Return what a reader of the row must not miss: ruin, orders that were not filled as wanted, no trading at all."""
    figures = row.metrics
    remarks = []
    if figures.get("is_ruined"):
        day = f" on {row.ruined_on:%Y-%m-%d}" if row.ruined_on else ""
        remarks.append(
            f"{row.name} is ruined{day}: all equity is lost, and {money(figures.get('debt_after_ruin'))} is owed."
        )
    if row.curtailed:
        orders = "1 order was" if row.curtailed == 1 else f"{row.curtailed:,} orders were"
        remarks.append(
            f"{row.name}: {orders} scaled down or refused by the initial margin, so it held less than it asked for; "
            "the table unfilled names them."
        )
    if figures.get("n_fills") == 0:
        remarks.append(f"{row.name} has filled no order: its curve is cash.")
    return remarks


def _sharpe_basis(facts: SummaryFacts) -> str:
    if facts.terms.is_unfunded:
        return "Sharpe ratios subtract no rate: returns are over cash already."
    return f"Sharpe ratios are over {'the risk-free rate' if facts.sharpe_is_over_risk_free else 'zero'}."


def _row(row: StrategyFacts) -> tuple[str, ...]:
    figures = told_figures(row.metrics)
    return (
        shortened(row.name, _LONGEST_NAME) + ("*" if row.looks_ahead else ""),
        _points(figures.get("cagr")),
        _points(figures.get("volatility_annual")),
        number(figures.get("sharpe")),
        _points(figures.get("max_drawdown")),
        money(_sum(row, "cost_fees", "cost_slippage", "cost_liquidation_fee")),
        money(_sum(row, "cost_debit_interest", "cost_credit_interest", "cost_borrow_fee")),
        money(figures.get("n_margin_calls")),
        times(figures.get("leverage_max")),
        money(figures.get("final_equity")),
    )


def _points(value: object) -> str:
    return percent(value).removesuffix(" %")


def _sum(row: StrategyFacts, *names: str) -> float | None:
    values = [value for name in names if isinstance(value := row.metrics.get(name), (int, float))]
    return float(sum(values)) if values else None
