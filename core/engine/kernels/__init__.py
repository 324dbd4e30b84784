"""The numba code of the backtest.

Read in this order: layout.py (what the arrays mean), ledger.py (the bar, numbered), then orders.py with
order_sizes.py and initial_margin.py, margin.py with requirements.py and liquidation.py, positions.py and
round_trips.py. compilation.py says where compiled code is kept.
"""
