"""Pure computation: panel, features, labels, splits, training, backtest, metrics."""
