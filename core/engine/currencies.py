"""What currencies prices are in, where their source tells it in `panel.attrs["currencies"]`, and what follows.

An account has one currency, and nothing here converts: amounts of several are added as if they were the same.

Some exchanges quote a hundredth or a thousandth of their currency, and write it so: London pence as GBp.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from core.base.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["benchmark_currency_findings", "currency_findings", "currency_parts", "exact_rate", "held_currencies"]

_PARTS = {"GBp": ("GBP", 100), "GBX": ("GBP", 100), "ZAc": ("ZAR", 100), "ILA": ("ILS", 100), "KWF": ("KWD", 1_000)}
"""As Yahoo writes them: pence (LSE's own GBX), South African cents, agorot, fils of Kuwait."""

_MOST_NAMED = 3


def currency_parts(currency: str) -> tuple[str, int]:
    """Return the whole currency, and how many of `currency` are one of it: GBP and 100 of GBp, USD and 1 of USD."""
    return _PARTS.get(currency, (currency, 1))


def exact_rate(given: str, wanted: str) -> float | None:
    """Return how many `wanted` one `given` is, where no market decides it: 100 GBp are a GBP; None for others."""
    (given_whole, given_parts), (wanted_whole, wanted_parts) = currency_parts(given), currency_parts(wanted)
    return wanted_parts / given_parts if given_whole == wanted_whole else None


def held_currencies(panel: pd.DataFrame, origin: str = "the panel") -> dict[str, str]:
    """Return the currency of each ticker of the panel whose source tells it.

    Raises
    ------
    DataError
        If `attrs["currencies"]` is no mapping of tickers to currencies.
    """
    told = panel.attrs.get("currencies", {})
    if not isinstance(told, Mapping) or not all(isinstance(text, str) for pair in told.items() for text in pair):
        raise DataError(
            f"{origin}: attrs['currencies'] is {told!r}; it must be a mapping of tickers to currencies, such as "
            "{'VOD.L': 'GBp'}."
        )
    held = {str(ticker) for ticker in panel.index.unique("ticker")} if told else set()
    return {ticker: told[ticker] for ticker in sorted(held) if told.get(ticker)}


def currency_findings(currencies: Mapping[str, str], untraded: Collection[str] = ()) -> list[str]:
    """Return what tickers of several currencies, and of parts of one, mean to an account.

    Parameters
    ----------
    currencies : mapping of str to str
        As `held_currencies` returns them.
    untraded : collection of str
        Tickers that nobody can buy, such as price indices.
    """
    groups: dict[str, list[str]] = {}
    for ticker, currency in currencies.items():
        if ticker not in untraded:
            groups.setdefault(currency, []).append(ticker)
    told = [f"{currency} ({_named(tickers)})" for currency, tickers in sorted(groups.items())]
    if len(groups) > 1:
        several = f"{', '.join(told[:-1])} and {told[-1]}"
        consequence = "amounts of all are added as if they were the same, and what exchange rates did is left out"
        step = "Load the tickers of one currency, or bring prices that are converted."
        return [f"The prices are in several currencies, {several}, and the account is in one: {consequence}. {step}"]
    return [
        f"The prices are in {text}, and {currency_parts(currency)[1]:,} {currency} are one "
        f"{currency_parts(currency)[0]}: cash, fees a share and all other amounts are in {currency} too."
        for currency, text in zip(groups, told, strict=True)
        if currency_parts(currency)[1] > 1
    ]


def benchmark_currency_findings(traded: Mapping[str, str], benchmark: Mapping[str, str]) -> list[str]:
    """Return what a benchmark in another currency than the traded tickers' means to the comparison."""
    wholes = {currency_parts(currency)[0] for currency in traded.values()}
    named = " and ".join(sorted(set(traded.values())))
    return [
        f"The benchmark {ticker} is in {currency}, and what is traded in {named}: the comparison leaves out what "
        "exchange rates did."
        for ticker, currency in benchmark.items()
        if wholes and wholes != {currency_parts(currency)[0]}
    ]


def _named(tickers: Sequence[str]) -> str:
    more = len(tickers) - _MOST_NAMED
    return ", ".join(tickers[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
