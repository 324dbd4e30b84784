from core.engine.backtest import BacktestResult as BacktestResult
from core.engine.backtest import run_backtest as run_backtest
