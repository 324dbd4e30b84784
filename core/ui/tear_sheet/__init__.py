"""A backtest's charts."""
