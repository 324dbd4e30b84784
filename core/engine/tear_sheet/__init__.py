"""What a tear sheet draws, reckoned from the books of a backtest."""
