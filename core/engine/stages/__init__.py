"""The stages that modes are composed of: market, training, backtesting.

Each takes the config and the run's context, does one thing, saves its artifacts and hands plain data on.
"""
