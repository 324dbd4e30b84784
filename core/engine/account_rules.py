"""Broker terms and execution as the kernels read them, and what cannot be simulated.

1. `check_rules` refuses terms that contradict themselves or each other, and says why.
2. `kernel_terms` turns percentages and names into fractions and numbers.
3. `period_rates` turns annual rates into rates from each bar to the next, over the calendar days between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.base.errors import BacktestError
from core.config.sections import ExecutionConfig
from core.contracts.broker_terms import BrokerTerms, FeeTerms, FinancingTerms, MarginTerms
from core.engine.kernels.layout import CHECK, CLOSE_AT_END, FILL, LIQUIDATE_TO, REBALANCE, Rates, Terms

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_rules", "days_to_next_bar", "kernel_terms", "period_rates"]

FloatArray = NDArray[np.float64]

_CHOICES = {
    "financing.basis": (360.0, 365.0, 365.25),
    "financing.accrual": ("simple", "compound", "per_bar"),
    "financing.short_proceeds": ("free", "locked"),
    "margin.account": ("cross", "isolated"),
    "margin.check": CHECK,
    "margin.liquidate_to": LIQUIDATE_TO,
    "margin.liquidation_order": ("pro_rata", "largest_loss_first"),
    "margin.insufficient_margin": ("reject", "scale"),
}


def check_rules(terms: BrokerTerms, n_bars: int) -> None:
    """Refuse terms that make no sense.

    Raises
    ------
    BacktestError
        If a number is not finite or out of range, a name unknown, the rate series not of length `n_bars`, or if
        terms contradict each other; the message gives the first fault found.
    """
    for fault in _faults(terms, n_bars):
        raise BacktestError(f"The broker's terms cannot be simulated: {fault}")


def _faults(terms: BrokerTerms, n_bars: int) -> Iterator[str]:
    yield from _unknown_names(terms)
    yield from _bad_numbers(terms)
    yield from _financing_faults(terms.financing, n_bars)
    yield from _margin_faults(terms.margin)
    yield from _liquidation_faults(terms.margin, terms.fees)


def _unknown_names(terms: BrokerTerms) -> Iterator[str]:
    for path, allowed in _CHOICES.items():
        part, name = path.split(".")
        found = getattr(getattr(terms, part), name)
        if found not in allowed:
            yield f"{path} is {found!r}; it must be one of {', '.join(map(str, allowed))}."


def _bad_numbers(terms: BrokerTerms) -> Iterator[str]:
    for part in (terms.fees, terms.financing, terms.margin):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, int | float) and not math.isfinite(value):
                yield f"{field.name} is {value}; it must be a finite number."
    fees, margin = terms.fees, terms.margin
    for name, value in (
        ("fees.fee_bps", fees.fee_bps),
        ("fees.slippage_bps", fees.slippage_bps),
        ("margin.liquidation_fee_bps", margin.liquidation_fee_bps),
    ):
        if not 0.0 <= value < 10_000.0:
            yield f"{name} is {value}; it must be at least 0 and below 10,000."
    for name in ("fee_per_share", "minimum_fee", "cap_fraction"):
        if getattr(fees, name) < 0.0:
            yield f"fees.{name} is {getattr(fees, name)}; it must not be negative."
    if terms.financing.borrow_fee_annual < 0.0:
        yield f"financing.borrow_fee_annual is {terms.financing.borrow_fee_annual}; it must not be negative."


def _financing_faults(financing: FinancingTerms, n_bars: int) -> Iterator[str]:
    rate = np.asarray(financing.base_rate_annual, dtype=np.float64)
    if rate.shape != (n_bars,):
        yield f"financing.base_rate_annual has shape {rate.shape}; it must be ({n_bars},), one rate for each bar."
        return
    bad = np.flatnonzero(~np.isfinite(rate))
    if bad.size:
        yield f"financing.base_rate_annual is {rate[bad[0]]} at bar {bad[0]}; every bar needs a finite rate."
    elif financing.accrual == "compound" and n_bars and float(rate.min()) + _least_spread(financing) <= -1.0:
        yield "a compound rate of -100 % a year or less has no meaning; check base rate and spreads."
    if financing.short_proceeds == "free" and financing.short_rebate_spread_annual is not None:
        yield (
            "short_proceeds is free and short_rebate_spread_annual is set: free proceeds are cash, which earns the "
            "credit rate already. Set short_proceeds to locked, or leave the rebate out."
        )


def _least_spread(financing: FinancingTerms) -> float:
    rebate = financing.short_rebate_spread_annual or 0.0
    return min(financing.debit_spread_annual, -(financing.credit_spread_annual or 0.0), -rebate, 0.0)


def _margin_faults(margin: MarginTerms) -> Iterator[str]:
    rates = [
        ("long", margin.initial_long, margin.maintenance_long),
        ("short", margin.initial_short, margin.maintenance_short),
    ]
    rates += [(f"tier {tier.from_value:g}", tier.initial, tier.maintenance) for tier in margin.tiers]
    for name, initial, maintenance in rates:
        # A short of 1 or more is called at C / (|q| (1 + m)) all the same; a long would be called without a debt.
        below_one = name == "short" or maintenance < 1.0
        if not (math.isfinite(initial) and 0.0 <= maintenance <= initial and below_one):
            limit = "at least 0" if name == "short" else "at least 0 and below 1"
            yield (
                f"margin rates of {name} are initial {initial} and maintenance {maintenance}; maintenance must be "
                f"{limit}, and initial finite and not below maintenance (else an allowed order would be liquidated at "
                "once)."
            )
    tiers = margin.tiers
    if tiers and tiers[0].from_value != 0.0:
        yield f"the first margin tier begins at {tiers[0].from_value}; it must begin at 0."
    for lower, upper in pairwise(tiers):
        rises = upper.from_value > lower.from_value
        if not (rises and upper.initial >= lower.initial and upper.maintenance >= lower.maintenance):
            yield f"margin tier {upper.from_value:g} must begin above tier {lower.from_value:g} and ask for no less."
    if margin.account == "isolated" and margin.liquidation_order == "largest_loss_first":
        yield (
            "isolated positions are liquidated each on its own, so liquidation_order largest_loss_first has no "
            "meaning; use pro_rata, or a cross account."
        )


def _liquidation_faults(margin: MarginTerms, fees: FeeTerms) -> Iterator[str]:
    if margin.check == "off" or margin.liquidate_to == "flat":
        return
    names = [f"{margin.liquidate_to}_{side}" for side in ("long", "short")]
    rates = [getattr(margin, name) for name in names]
    if margin.tiers:
        names, rates = ["the first tier"], [getattr(margin.tiers[0], margin.liquidate_to)]
    slippage = fees.slippage_bps / 10_000.0
    cost = slippage + (fees.fee_bps + margin.liquidation_fee_bps) / 10_000.0 * (1.0 + slippage)
    for name, rate in zip(names, rates, strict=True):
        if rate <= cost:
            yield (
                f"liquidation to {name} = {rate} costs {cost:.6g} of the value sold, which is no less: selling would "
                "not restore it. Raise the rate, lower the costs, or set liquidate_to to flat."
            )


def kernel_terms(terms: BrokerTerms, execution: ExecutionConfig) -> Terms:
    """Return checked terms and execution as numbers."""
    fees, margin = terms.fees, terms.margin
    tiers = [(tier.from_value, tier.initial, tier.maintenance) for tier in margin.tiers]
    isolated = margin.account == "isolated"
    largest_loss_first = margin.liquidation_order == "largest_loss_first"
    return Terms(
        fill=FILL.index(execution.fill),
        rebalance=REBALANCE.index(execution.rebalance),
        close_at_end=CLOSE_AT_END.index(execution.close_at_end),
        check=CHECK.index(margin.check),
        liquidate_to=LIQUIDATE_TO.index(margin.liquidate_to),
        size_at_signal=execution.size_price == "signal_close",
        size_includes_fee=bool(execution.size_includes_fee),
        whole_shares=execution.shares == "whole",
        two_orders=execution.reversal == "two_orders",
        isolated=isolated,
        largest_loss_first=largest_loss_first,
        reject=margin.insufficient_margin == "reject",
        locked_proceeds=terms.financing.short_proceeds == "locked",
        tracks_basis=isolated or largest_loss_first,
        has_share_fees=fees.fee_per_share > 0.0 or fees.minimum_fee > 0.0,
        invested_fraction=1.0 - float(execution.cash_buffer),
        initial_cash=float(execution.initial_cash),
        fee_rate=fees.fee_bps / 10_000.0,
        slippage_rate=fees.slippage_bps / 10_000.0,
        fee_per_share=float(fees.fee_per_share),
        minimum_fee=float(fees.minimum_fee),
        cap_fraction=float(fees.cap_fraction),
        liquidation_rate=margin.liquidation_fee_bps / 10_000.0,
        initial_long=float(margin.initial_long),
        initial_short=float(margin.initial_short),
        maintenance_long=float(margin.maintenance_long),
        maintenance_short=float(margin.maintenance_short),
        tiers=np.array(tiers, dtype=np.float64).reshape(len(tiers), 3),
    )


def days_to_next_bar(timestamps: pd.DatetimeIndex) -> FloatArray:
    """Return the calendar days from each bar to the next, fractions for intraday bars, and 0 for the last bar."""
    instants = timestamps.as_unit("us").asi8
    days = np.zeros(len(instants))
    days[:-1] = np.diff(instants) / 86_400e6
    return days


def period_rates(financing: FinancingTerms, days: FloatArray) -> Rates:
    """Return the rates from each bar to the next.

    Simple: r d / basis. Compound: (1 + r)^(d / basis) - 1. Per bar: the base series as it is, spreads and the borrow
    fee by d / basis. Credit and rebate never fall below zero.
    """
    base = np.ascontiguousarray(financing.base_rate_annual, dtype=np.float64)
    years = days / financing.basis

    def period(spread: float, rate: FloatArray = base) -> FloatArray:
        if financing.accrual == "simple":
            return (rate + spread) * years
        if financing.accrual == "compound":
            return np.asarray((1.0 + rate + spread) ** years - 1.0)
        return np.asarray(rate + spread * years)

    def earned(spread: float | None) -> FloatArray:
        return np.zeros_like(base) if spread is None else np.maximum(period(-spread), 0.0)

    return Rates(
        debit=period(financing.debit_spread_annual),
        credit=earned(financing.credit_spread_annual),
        rebate=earned(financing.short_rebate_spread_annual),
        borrow=period(financing.borrow_fee_annual, np.zeros_like(base)),
    )
