"""The terms of an account: fees, financing and margin, as the engine and the labelers read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BrokerTerms", "FeeTerms", "FinancingTerms", "MarginTerms", "MarginTier"]


@dataclass(frozen=True)
class FeeTerms:
    """What an order costs.

    The fee of an order of q shares at price P is fee_bps / 10,000 q P + min(max(minimum_fee, fee_per_share q),
    cap_fraction q P); the second part is zero where `fee_per_share` and `minimum_fee` both are. Slippage moves
    the fill price against the order by slippage_bps / 10,000.
    """

    fee_bps: float = 0.0
    fee_per_share: float = 0.0
    minimum_fee: float = 0.0
    cap_fraction: float = 1.0
    slippage_bps: float = 0.0

    @property
    def one_side_cost_fraction(self) -> float:
        """The part of `cost_fraction` that is the same at every price: fees in bps and slippage."""
        return (self.fee_bps + self.slippage_bps) / 10_000.0

    def cost_fraction(
        self, price: NDArray[np.float64] | float, order_value: NDArray[np.float64] | float | None = None
    ) -> NDArray[np.float64]:
        """Return kappa, what one side of a trade costs as a fraction of its value.

        kappa = (fee_bps + slippage_bps) / 10,000 + min(max(minimum_fee / V, fee_per_share / P), cap_fraction).

        Parameters
        ----------
        price : ndarray or float
            P, in currency a share, as traded that day; NaN gives NaN.
        order_value : ndarray or float, optional
            V, in currency, above zero. None leaves the minimum out: how much it weighs depends on the order's size.
        """
        import numpy as np

        # In place: of millions of labels each array more is felt.
        fraction = np.asarray(self.fee_per_share / np.asarray(price, dtype=np.float64))
        if order_value is None:
            np.maximum(fraction, 0.0, out=fraction)
        else:
            fraction = np.asarray(np.maximum(fraction, self.minimum_fee / np.asarray(order_value, dtype=np.float64)))
        np.minimum(fraction, self.cap_fraction, out=fraction)
        fraction += self.one_side_cost_fraction
        found: NDArray[np.float64] = fraction[()]
        return found


@dataclass(frozen=True)
class FinancingTerms:
    """What borrowed money and borrowed shares cost, and what cash earns.

    Interest for the d calendar days from bar t to t+1 is taken on the balance at the end of t, at the base rate of t.

    Attributes
    ----------
    base_rate_annual : ndarray of shape (n_bars,)
        Published before bar t ends, as a fraction a year; with accrual "per_bar", already the period's rate.
    debit_spread_annual : float
        Added to the base rate on borrowed cash.
    credit_spread_annual : float or None
        Taken off the base rate on positive cash, floored at zero; None where cash earns nothing.
    borrow_fee_annual : float
        On the marked value of shorts.
    short_rebate_spread_annual : float or None
        Shorts' locked proceeds earn base rate less this, floored at zero; None where they earn nothing.
    basis : float
        Days in a year: 360, 365 or 365.25.
    accrual : str
        "simple" r d / basis, "compound" (1 + r)^(d / basis) - 1, or "per_bar".
    short_proceeds : str
        "free" joins the cash that may be spent and offsets debit; "locked" does not.
    """

    base_rate_annual: NDArray[np.float64]
    debit_spread_annual: float = 0.0
    credit_spread_annual: float | None = None
    borrow_fee_annual: float = 0.0
    short_rebate_spread_annual: float | None = None
    basis: float = 360.0
    accrual: Literal["simple", "compound", "per_bar"] = "simple"
    short_proceeds: Literal["free", "locked"] = "free"


@dataclass(frozen=True)
class MarginTier:
    """Rates from a position's value upward (the largest `from_value` not above it applies)."""

    from_value: float
    initial: float
    maintenance: float


@dataclass(frozen=True)
class MarginTerms:
    """How much equity positions need, and what happens when it is not there.

    Attributes
    ----------
    account : str
        "cross" judges the whole account; "isolated" judges each position by the equity set aside for it.
    initial_long, initial_short, maintenance_long, maintenance_short : float
        Fractions of the position's marked value.
    tiers : tuple of MarginTier
        Where given, they replace the four rates by the position's value.
    check : str
        "off", "close" (at the bar's close) or "adverse_extreme" (at open and inside the bar).
    liquidate_to : str
        "initial" or "maintenance" (partial, until equity is that fraction of gross), or "flat".
    liquidation_order : str
        "pro_rata" or "largest_loss_first".
    liquidation_fee_bps : float
        On the value liquidated, besides fees and slippage.
    insufficient_margin : str
        What an order that initial margin does not allow gets: "scale" down, or "reject".
    """

    account: Literal["cross", "isolated"] = "cross"
    initial_long: float = 0.5
    initial_short: float = 0.5
    maintenance_long: float = 0.25
    maintenance_short: float = 0.30
    tiers: tuple[MarginTier, ...] = ()
    check: Literal["off", "close", "adverse_extreme"] = "adverse_extreme"
    liquidate_to: Literal["initial", "maintenance", "flat"] = "initial"
    liquidation_order: Literal["pro_rata", "largest_loss_first"] = "pro_rata"
    liquidation_fee_bps: float = 0.0
    insufficient_margin: Literal["reject", "scale"] = "scale"


@dataclass(frozen=True)
class BrokerTerms:
    """Everything a broker charges and demands."""

    financing: FinancingTerms
    fees: FeeTerms = field(default_factory=FeeTerms)
    margin: MarginTerms = field(default_factory=MarginTerms)
    needs_real_shares: bool = False
    """True where fees count shares, which adjusted prices do not have."""
