"""Backtest: predictions of a trained run or a model's file, or a rule, traded under a broker's terms."""

from __future__ import annotations

from core.ui.config_form import mode_screen
from core.ui.config_form.traded import draw_traded

mode_screen("backtest", title="Backtest", start_label="Start backtest", before=draw_traded)
