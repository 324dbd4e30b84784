"""The tear sheet as one HTML file that needs nothing else: no network, no server, no font of another place.

Plotly's script stands in it once. A content security policy forbids the file to fetch anything, so that what an
artifact says can neither load nor send. All text of runs is escaped.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from core.services.run_artifacts import read_config_text
from core.services.run_tables import figure_table
from core.services.runs import show_run
from core.services.tear_sheet import read_tear_sheet, read_ticker_trades
from core.ui.colors import Colors, theme_colors
from core.ui.figures import figure_label, shown_figure
from core.ui.tear_sheet.chart_sections import chart_sections, equity_section
from core.ui.tear_sheet.evidence import comparison_rows, evidence_sentences, ruin_sentence
from core.ui.tear_sheet.html_style import REPORT_STYLE
from core.ui.tear_sheet.section import Section
from core.ui.tear_sheet.trade_marks import trade_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from core.services.runs import RunDetails
    from core.services.tear_sheet import TearSheet
    from core.services.workbench import Workbench

__all__ = ["html_report"]

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "form-action 'none'; base-uri 'none'"
)
_KEY_FIGURES = ("cagr", "volatility_annual", "sharpe", "max_drawdown", "final_equity", "leverage_max")
_MOST_TICKERS = 6
_MOST_TRADES = 500


def html_report(workbench: Workbench, named: str) -> bytes:
    """Return the report of one run, in the light theme.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError, DataError
        If its files cannot be read.
    """
    run = show_run(workbench, named)
    run_id = run.row.run_id
    sheet = read_tear_sheet(workbench, run_id)
    figures = figure_table(workbench, run_id)
    colors = theme_colors("light")
    body = [_head(run), _tiles(figures)]
    if sheet is not None:
        body += _charts(workbench, sheet, colors)
    body += [_figures(figures), _folded("Summary", run.summary)]
    body.append(_folded("Config", read_config_text(workbench, run_id)))
    return _document(run.row.title or run.row.mode, "\n".join(part for part in body if part)).encode("utf-8")


def _document(title: str, body: str) -> str:
    from plotly.offline import get_plotlyjs

    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{REPORT_STYLE}</style>\n"
        f"<script>{get_plotlyjs()}</script>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(run: RunDetails) -> str:
    record, environment = run.row.record, run.folder.environment()
    facts = {
        "Run": record.run_id,
        "Mode": record.mode,
        "State": record.state.value,
        "Started (UTC)": run.row.started,
        "Data": str(environment.get("data_fingerprint") or ""),
        "QLOP": _version(environment.get("libraries")),
        "Tags": ", ".join(record.tags),
        "Note": record.notes,
    }
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items() if value)
    return f"<header><h1>{html.escape(record.title or record.mode)}</h1><dl>{rows}</dl></header>"


def _version(libraries: Any) -> str:  # noqa: ANN401 - JSON of anybody's
    return str(libraries.get("qlop", "")) if isinstance(libraries, dict) else ""


def _tiles(figures: pd.DataFrame) -> str:
    if "strategy" not in figures:
        return ""
    own = figures["strategy"].dropna()
    tiles = [
        f"<div><span>{html.escape(figure_label(name))}</span><b>{html.escape(shown_figure(name, own[name]))}</b></div>"
        for name in _KEY_FIGURES
        if name in own.index
    ]
    return f'<section class="tiles">{"".join(tiles)}</section>'


def _charts(workbench: Workbench, sheet: TearSheet, colors: Colors) -> Iterator[str]:
    if sheet.ruined_at is not None:
        yield f'<section class="ruin"><p><b>The account was ruined.</b> {ruin_sentence(sheet.ruined_at)}</p></section>'
    yield _chart(equity_section(sheet, colors, has_log_scale=False))
    yield _evidence(sheet)
    for section in chart_sections(sheet, colors):
        yield _chart(section)
    if sheet.trades is not None and not sheet.trades.empty:
        yield _trades(sheet.trades)
        for number, ticker in enumerate(sheet.trades["ticker"].value_counts().index[:_MOST_TICKERS]):
            found = read_ticker_trades(workbench, sheet.run_id, str(ticker))
            if found is not None and not found.bars.empty:
                figure = trade_figure(found.bars, found.trips, colors)
                yield _chart(Section(f"trades-{number}", f"Trades of {ticker}", "", figure, found.trips))


def _chart(section: Section) -> str:
    drawn: str = section.figure.to_html(
        include_plotlyjs=False,
        full_html=False,
        default_height=f"{section.figure.layout.height}px",
        div_id=f"chart-{section.name}",
        config={"displaylogo": False, "responsive": True, "showSendToCloud": False},
    )
    words = f"<p>{html.escape(section.words)}</p>" if section.words else ""
    return f'<section class="chart"><h2>{html.escape(section.title)}</h2>{words}{drawn}</section>'


def _evidence(sheet: TearSheet) -> str:
    sentences = [sheet.no_test, *evidence_sentences(sheet.evidence, n_bars=_n_bars(sheet))]
    said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences if sentence)
    rows = comparison_rows(sheet.evidence)
    header = (
        "Beside",
        "Sharpe difference",
        "95 % interval",
        "Mean return difference a year",
        "95 % interval",
        "Verdict",
    )
    table = "" if rows is None else _table(header, rows.itertuples(index=False, name=None))
    return f"<section><h2>How sure is it?</h2>{said}{table}</section>"


def _figures(figures: pd.DataFrame) -> str:
    rows = (
        (figure_label(str(name)), *(shown_figure(str(name), value) for value in row))
        for name, row in zip(figures.index, figures.itertuples(index=False, name=None), strict=True)
    )
    return f"<section><h2>Figures</h2>{_table(('Figure', *map(str, figures.columns)), rows)}</section>"


def _trades(trades: pd.DataFrame) -> str:
    names = (
        "ticker",
        "side",
        "entered_at",
        "entry_price",
        "exited_at",
        "exit_price",
        "profit",
        "return",
        "exit_reason",
    )
    header = ("Ticker", "Side", "Entered", "Entry price", "Exited", "Exit price", "Profit", "Return", "Why it ended")
    shown = trades.iloc[-_MOST_TRADES:][list(names)]
    rows = (
        (ticker, side, f"{begun:%Y-%m-%d}", f"{entry:,.2f}", f"{ended:%Y-%m-%d}", f"{left:,.2f}", f"{profit:,.0f}",
         f"{gained:.2%}", str(reason).replace("_", " "))
        for ticker, side, begun, entry, ended, left, profit, gained, reason in shown.itertuples(index=False, name=None)
    )  # fmt: skip
    words = f"<p>The last {len(shown):,} of {len(trades):,} trades.</p>" if len(shown) < len(trades) else ""
    return f"<section><h2>Trades</h2>{words}{_table(header, rows)}</section>"


def _table(header: Sequence[str], rows: Any) -> str:  # noqa: ANN401 - any rows of text
    head = "".join(f"<th>{html.escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _folded(title: str, text: str) -> str:
    return f"<section><h2>{title}</h2><pre>{html.escape(text)}</pre></section>" if text else ""


def _n_bars(sheet: TearSheet) -> int:
    return int((sheet.curves["role"] == "strategy").sum())
