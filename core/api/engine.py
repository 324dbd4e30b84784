"""The engine's public functions, for plugins: `from qlop.engine import per_ticker`."""

from __future__ import annotations

from core.api._lazy import lazy_attributes

_HOMES = {
    "BacktestResult": "core.engine.backtest",
    "run_backtest": "core.engine.backtest",
}

__getattr__, __dir__, __all__ = lazy_attributes("qlop.engine", _HOMES)
