"""A person's own files: what is read, and what is refused with its file, line, column and ticker."""

import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop
from pydantic import ValidationError
from qlop.testing import DataSourceContractSuite

from core.config.sections import LoadDataConfig
from core.engine.load import load_panel
from plugins.data_sources.files import Files

HEADER = "date,open,high,low,close,volume"
THREE_DAYS = f"{HEADER}\n2004-03-01,10,12,9,11,100\n2004-03-02,11,13,10,12,200\n2004-03-03,12,14,11,13,300\n"


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def source(path: str, **params: object) -> Files:
    return Files("files", Files.Params.model_validate({"path": path, **params}))


def load(path: str, tickers: tuple[str, ...] | None = None, interval: str = "1d", **params: object) -> pd.DataFrame:
    return source(path, **params).load_data(tickers, None, None, interval)


def refusal(path: str, tickers: tuple[str, ...] | None = None, interval: str = "1d", **params: object) -> str:
    with pytest.raises(qlop.DataError) as caught:
        load(path, tickers, interval, **params)
    return str(caught.value)


def tickers_of(panel: pd.DataFrame) -> list[str]:
    return sorted(panel.index.get_level_values("ticker").unique())


@pytest.mark.parametrize("name", ["MSFT.CSV", "MSFT.CSV.GZ", "MSFT.csv.gz", "MSFT.PARQUET"])
def test_a_suffix_in_capitals_is_that_suffix(tmp_path: Path, name: str) -> None:
    write(tmp_path, "AAPL.csv", THREE_DAYS)
    path = tmp_path / name
    if name == "MSFT.PARQUET":
        load(str(tmp_path / "AAPL.csv")).droplevel("ticker").rename_axis("date").reset_index().to_parquet(path)
    else:
        path.write_bytes(gzip.compress(THREE_DAYS.encode()) if name.lower().endswith("gz") else THREE_DAYS.encode())
    assert tickers_of(load(str(tmp_path))) == ["AAPL", "MSFT"]
    assert tickers_of(load(str(tmp_path), ("MSFT",))) == ["MSFT"]


def test_two_files_named_after_one_ticker_are_refused_not_chosen_from(tmp_path: Path) -> None:
    write(tmp_path, "AAPL.csv", THREE_DAYS)
    write(tmp_path, "MSFT.csv", THREE_DAYS)
    (tmp_path / "AAPL.csv.gz").write_bytes(gzip.compress(THREE_DAYS.replace("11", "11.5").encode()))
    assert "AAPL.csv and AAPL.csv.gz are both named after the ticker 'AAPL'" in refusal(str(tmp_path), ("AAPL",))
    assert tickers_of(load(str(tmp_path), ("MSFT",))) == ["MSFT"]


@pytest.mark.parametrize("damaged", [b"\x1f\x8b123", gzip.compress(THREE_DAYS.encode())[:10] + b"\xff" * 40])
def test_a_packed_file_that_is_damaged_from_its_beginning_is_named(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "AAPL.csv.gz").write_bytes(damaged)
    assert "AAPL.csv.gz: it cannot be read as CSV in utf-8" in refusal(str(tmp_path / "AAPL.csv.gz"))


def test_a_file_is_the_ticker_that_it_is_named_after(tmp_path: Path) -> None:
    panel = load(write(tmp_path, "AAPL.csv", THREE_DAYS))
    assert tickers_of(panel) == ["AAPL"]
    assert [str(day) for day in panel.index.get_level_values(0)] == [
        "2004-03-01 00:00:00+00:00",
        "2004-03-02 00:00:00+00:00",
        "2004-03-03 00:00:00+00:00",
    ]
    assert panel["close"].tolist() == [11.0, 12.0, 13.0]
    assert panel["volume"].tolist() == [100.0, 200.0, 300.0]
    assert panel.attrs == {"adjustment": "raw"}


def test_a_ticker_can_be_given_to_a_single_file(tmp_path: Path) -> None:
    assert tickers_of(load(write(tmp_path, "prices.csv", THREE_DAYS), ticker="BRK.B")) == ["BRK.B"]


@pytest.mark.parametrize("by_ticker", [True, False])
def test_one_file_holds_all_tickers_in_either_order_of_rows(tmp_path: Path, by_ticker: bool) -> None:
    rows = [(ticker, day) for ticker in ("IBM", "AAPL") for day in (1, 2)]
    rows = rows if by_ticker else sorted(rows, key=lambda row: row[1])
    text = "Symbol," + HEADER + "\n" + "".join(f"{t},2004-03-0{d},1,1,1,1,{d}\n" for t, d in rows)
    panel = load(write(tmp_path, "all.csv", text))
    assert [ticker for _, ticker in panel.index] == ["AAPL", "IBM", "AAPL", "IBM"]
    assert panel["volume"].tolist() == [1.0, 1.0, 2.0, 2.0]


def test_a_folder_holds_a_file_for_each_ticker(tmp_path: Path) -> None:
    write(tmp_path, "prices/IBM.csv", THREE_DAYS)
    (tmp_path / "prices/AAPL.csv.gz").write_bytes(gzip.compress(THREE_DAYS.encode()))
    write(tmp_path, "prices/README.md", "not prices")
    assert tickers_of(load(str(tmp_path / "prices"))) == ["AAPL", "IBM"]


def test_a_pattern_picks_files(tmp_path: Path) -> None:
    for name in ("IBM.csv", "AAPL.csv", "old_AAPL.csv"):
        write(tmp_path, name, THREE_DAYS)
    assert tickers_of(load(str(tmp_path / "[A-Z]*.csv"))) == ["AAPL", "IBM"]


def test_files_of_tickers_that_nobody_asked_for_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, "IBM.csv", THREE_DAYS)
    write(tmp_path, "BROKEN.csv", "nonsense")
    assert tickers_of(load(str(tmp_path), ("IBM",))) == ["IBM"]


def test_a_relative_path_is_relative_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "prices/IBM.csv", THREE_DAYS)
    monkeypatch.chdir(tmp_path)
    assert tickers_of(load("prices/IBM.csv")) == ["IBM"]
    assert tickers_of(load("prices/*.csv")) == ["IBM"]


def test_columns_are_found_by_their_usual_names_and_others_are_left_alone(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Adj Close,Volume,Note\n2004-03-01,10,12,9,11,5.5,100,x\n"
    panel = load(write(tmp_path, "A.csv", text))
    assert list(panel.columns) == ["open", "high", "low", "close", "volume", "adjusted_close"]
    assert panel["adjusted_close"].tolist() == [5.5]


def test_columns_are_mapped_as_said(tmp_path: Path) -> None:
    text = "Tag;Eröffnung;Hoch;Tief;Schluss;Kürzel\n01.03.2004;1.234,5;1.240,0;1.230,0;1.235,5;SAP\n"
    panel = load(
        write(tmp_path, "kurse.csv", text),
        columns={
            "timestamp": "Tag",
            "ticker": "Kürzel",
            "open": "Eröffnung",
            "high": "Hoch",
            "low": "Tief",
            "close": "Schluss",
            "volume": "",
        },
        delimiter=";",
        decimal=",",
        thousands=".",
        timestamp_format="%d.%m.%Y",
    )
    assert panel.index.tolist() == [(pd.Timestamp("2004-03-01", tz="UTC"), "SAP")]
    assert panel.iloc[0].to_dict() == {"open": 1234.5, "high": 1240.0, "low": 1230.0, "close": 1235.5, "volume": 0.0}


def test_newest_first_is_read_when_it_is_said_and_refused_when_not(tmp_path: Path) -> None:
    lines = THREE_DAYS.splitlines()
    path = write(tmp_path, "A.csv", "\n".join([lines[0], *lines[:0:-1]]) + "\n")
    assert load(path, order="newest_first")["close"].tolist() == [11.0, 12.0, 13.0]
    message = refusal(path)
    assert "A.csv, line 3: A at 2004-03-02 follows its bar of 2004-03-03" in message
    assert "newest_first" in message


def test_parquet_is_read_with_a_panel_of_our_own_as_its_index(tmp_path: Path) -> None:
    panel = load(write(tmp_path, "AAPL.csv", THREE_DAYS))
    path = tmp_path / "panel.parquet"
    panel.to_parquet(path)
    pd.testing.assert_frame_equal(load(str(path)), panel)


def test_parquet_with_categories_whole_numbers_and_dates_is_read(tmp_path: Path) -> None:
    table = pd.DataFrame({"ticker": ["A", "B"], "date": [date(2004, 3, 1)] * 2, "volume": [5, 6]})
    prices = {name: np.array([1.5, 2.5], dtype="float32") for name in ("open", "high", "low", "close")}
    table.assign(**prices).astype({"ticker": "category"}).to_parquet(tmp_path / "p.parquet")
    panel = load(str(tmp_path / "p.parquet"), ("B",))
    assert panel.iloc[0].to_dict() == {"volume": 6.0, "open": 2.5, "high": 2.5, "low": 2.5, "close": 2.5}


def test_intraday_times_need_a_zone_and_become_utc(tmp_path: Path) -> None:
    path = write(tmp_path, "A.csv", f"{HEADER}\n2004-03-01 09:30,1,1,1,1,1\n2004-03-01 10:30,1,1,1,1,1\n")
    panel = load(path, interval="1h", timezone="America/New_York")
    assert [day.hour for day in panel.index.get_level_values(0)] == [14, 15]
    message = refusal(path, interval="1h")
    assert "A.csv, line 2, column 'date', ticker A: 2004-03-01 09:30:00 bears no time zone" in message
    assert "is no date but a time of day" in refusal(path, interval="1d")


def test_events_are_read_with_zero_and_empty_for_none(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
    text += "2004-03-01,10,10,10,10,1,,\n2004-03-02,10,10,10,10,1,0.5,0.0\n2004-03-03,5,5,5,5,1,0,2\n"
    panel = load(write(tmp_path, "A.csv", text))
    assert panel["dividend"].tolist() == [0.0, 0.5, 0.0]
    assert panel["split"].tolist() == [1.0, 1.0, 2.0]


def adjusted(path: str, adjustment: str, **params: object) -> pd.DataFrame:
    data = LoadDataConfig.model_validate({"data_source_type": "files", "adjustment": adjustment})
    return load_panel(source(path, **params), data).panel


def test_prices_without_factors_need_a_word_on_what_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "A.csv", THREE_DAYS)
    with pytest.raises(qlop.DataError, match="no dividend and no split column"):
        adjusted(path, "total_return")
    for adjustment in ("raw", "splits", "total_return"):
        panel = adjusted(path, adjustment, no_corporate_actions=True)
        assert panel["close"].tolist() == [11.0, 12.0, 13.0]
    assert adjusted(path, "total_return", price_adjustment="total_return")["close"].tolist() == [11.0, 12.0, 13.0]
    with pytest.raises(qlop.DataError, match="which cannot be undone"):
        adjusted(path, "raw", price_adjustment="total_return")


def test_an_adjusted_close_column_adjusts(tmp_path: Path) -> None:
    text = "date,open,high,low,close,volume,adj_close\n2004-03-01,10,10,10,10,1,4\n2004-03-02,5,5,5,5,1,4\n"
    assert adjusted(write(tmp_path, "A.csv", text), "total_return")["open"].tolist() == [5.0, 5.0]


def test_a_rate_column_is_read_in_the_unit_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, "A.csv", f"{HEADER},tbill\n2004-03-01,1,1,1,1,1,1.5\n")
    columns = {"risk_free_rate_annual": "tbill"}
    assert load(path, columns=columns, rate_in_percent=True)["risk_free_rate_annual"].tolist() == [0.015]
    assert load(path, columns=columns)["risk_free_rate_annual"].tolist() == [1.5]


def test_returns_become_a_path_from_100_that_opens_where_it_closed(tmp_path: Path) -> None:
    path = write(tmp_path, "F.csv", "date,ticker,returns\n2004-03-01,F,10\n2004-03-01,G,1\n2004-03-02,F,-50\n")
    panel = load(path, returns_only=True, returns_in_percent=True)
    fund = panel.xs("F", level="ticker")
    assert fund["close"].tolist() == pytest.approx([110.0, 55.0])
    assert fund["open"].tolist() == pytest.approx([100.0, 110.0])
    assert fund["high"].tolist() == pytest.approx([110.0, 110.0])
    assert fund["low"].tolist() == pytest.approx([100.0, 55.0])
    assert fund["volume"].tolist() == [0.0, 0.0]
    assert panel.attrs == {"adjustment": "total_return"}
    assert "unfunded" not in panel.columns


def test_excess_returns_bear_the_mark_of_the_unfunded(tmp_path: Path) -> None:
    path = write(tmp_path, "F.csv", "date,return\n2004-03-01,0.1\n2004-03-02,-0.1\n")
    panel = adjusted(path, "total_return", returns_only=True, unfunded=True)
    assert panel["unfunded"].tolist() == [1.0, 1.0]


def test_a_return_that_loses_everything_is_refused(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, "F.csv", "date,returns\n2004-03-01,0.1\n2004-03-02,-3.5\n"), returns_only=True)
    assert "F.csv, line 3, column 'returns', ticker F: a return of -3.5 loses everything" in message
    assert "returns_in_percent" in message


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("10,12,9,11,100", "abc,12,9,11,100", "line 2, column 'open', ticker A: 'abc' is no number"),
        ("10,12,9,11,100", ",12,9,11,100", "line 2, column 'open', ticker A: the cell is empty"),
        ("11,13,10,12,200", "nan,13,10,12,200", "line 3, column 'open', ticker A: 'nan' is no number"),
        ("11,13,10,12,200", "inf,13,10,12,200", "line 3, column 'open', ticker A: 'inf' is no number"),
        ("11,13,10,12,200", "-11,13,10,12,200", "line 3: open of A at 2004-03-02 is -11.0"),
        ("11,13,10,12,200", "11,13,10,0,200", "line 3: close of A at 2004-03-02 is 0.0"),
        ("12,14,11,13,300", "12,10,11,13,300", "line 4: high of A at 2004-03-03 is 10.0, below its low 11.0"),
        ("12,14,11,13,300", "12,14,11,15,300", "line 4: close of A at 2004-03-03 is 15.0, outside [11.0, 14.0]"),
        ("12,14,11,13,300", "12,14,11,13,-3", "line 4: volume of A at 2004-03-03 is -3.0"),
        ("12,14,11,13,300", "12,14,11,13", "line 4: it has 5 cells, and the header has 6"),
        ("12,14,11,13,300", "12,14,11,13,3,00", "line 4: it has 7 cells, and the header has 6"),
        ("2004-03-03", "03.03.2004", "line 4, column 'date', ticker A: '03.03.2004' is no ISO date"),
        ("2004-03-03", "2004-02-30", "line 4, column 'date', ticker A: '2004-02-30' is not a date that exists"),
        ("2004-03-03", "", "line 4, column 'date', ticker A: the cell is empty"),
        ("2004-03-03", "2004-03-02", "line 4: A at 2004-03-02 appears twice, first in"),
        ("2004-03-03", "2004-02-03", "line 4: A at 2004-02-03 follows its bar of 2004-03-02"),
        ("high,", "hoch,", "no column is high; it has date, open, hoch, low, close, volume"),
        ("volume", "size", "say columns: {volume: ''}"),
        ("high,", "open,", "column 'open' appears twice"),
        ("high,", "Open,", "'open' and 'Open' may both be open"),
    ],
)
def test_a_fault_is_named_with_its_file_line_column_and_ticker(tmp_path: Path, old: str, new: str, part: str) -> None:
    message = refusal(write(tmp_path, "A.csv", THREE_DAYS.replace(old, new, 1)))
    assert message.startswith(str(tmp_path / "A.csv"))
    assert part in message


def test_a_fault_in_parquet_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "A.parquet"
    table = pd.DataFrame({"date": ["2004-03-01", "2004-03-02"], "open": [1.0, None], "high": 2.0, "low": 1.0})
    table.assign(close=1.5, volume=1).to_parquet(path)
    assert "A.parquet, row 2, column 'open', ticker A: the cell is empty" in refusal(str(path))


def test_a_fault_of_the_second_file_names_the_second_file(tmp_path: Path) -> None:
    write(tmp_path, "A.csv", THREE_DAYS)
    write(tmp_path, "B.csv", "\n" + THREE_DAYS.replace("12,14,11,13", "12,10,11,13"))
    assert "B.csv, line 5: high of B at 2004-03-03 is 10.0" in refusal(str(tmp_path))


@pytest.mark.parametrize("lacking", ["AAA.csv", "BBB.csv"])
@pytest.mark.parametrize("year", [None, 2004, 2005])
def test_a_column_of_one_file_is_not_another_files(tmp_path: Path, lacking: str, year: int | None) -> None:
    texts = {"AAA.csv": THREE_DAYS, "BBB.csv": THREE_DAYS.replace("2004", "2005")}
    for name, text in texts.items():
        lines = text.splitlines()
        rows = lines if name == lacking else [f"{lines[0]},dividend,split", *(f"{line},0.5,1" for line in lines[1:])]
        write(tmp_path, name, "\n".join(rows))
    dates = (None, None) if year is None else (date(year, 1, 1), date(year, 12, 31))
    if year == (2005 if lacking == "AAA.csv" else 2004):
        assert source(str(tmp_path)).load_data(None, *dates, "1d")["dividend"].tolist() == [0.5, 0.5, 0.5]
        return
    with pytest.raises(qlop.DataError, match=rf"{lacking}, line 2: (dividend|split) of {lacking[:3]} at .* is nan"):
        source(str(tmp_path)).load_data(None, *dates, "1d")


def test_missing_files_folders_and_patterns_are_refused(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.csv")
    assert f"data_source_params.path is {missing!r}, and there is no file {missing}" in refusal(missing)
    assert "there is no file" in refusal(str(tmp_path / "*.csv"))
    assert "holds no .csv, .csv.gz, .parquet, .pq file" in refusal(str(tmp_path))


def test_empty_files_are_refused(tmp_path: Path) -> None:
    assert "the file is empty" in refusal(write(tmp_path, "A.csv", ""))
    assert "columns and no rows" in refusal(write(tmp_path, "B.csv", HEADER + "\n"))


def test_a_ticker_without_rows_is_answered_with_the_nearest_and_all(tmp_path: Path) -> None:
    write(tmp_path, "AAPL.csv", THREE_DAYS)
    write(tmp_path, "IBM.csv", THREE_DAYS)
    message = refusal(str(tmp_path), ("IBM", "APPL"))
    assert "no row is of ticker 'APPL' (2 files read). Did you mean AAPL? All: AAPL, IBM." in message
    assert "no row is of ticker 'MSFT'" in refusal(str(tmp_path / "AAPL.csv"), ("MSFT",))


def test_a_ticker_in_two_files_is_refused(tmp_path: Path) -> None:
    text = "ticker," + HEADER + "\nIBM,2004-03-01,1,1,1,1,1\n"
    write(tmp_path, "one.csv", text)
    write(tmp_path, "two.csv", text.replace("2004-03-01", "2004-03-02"))
    assert "IBM is in" in refusal(str(tmp_path))


def test_a_ticker_column_and_a_ticker_parameter_disagree(tmp_path: Path) -> None:
    path = write(tmp_path, "one.csv", "ticker," + HEADER + "\nIBM,2004-03-01,1,1,1,1,1\n")
    assert "the file's column 'ticker' names tickers" in refusal(path, ticker="IBM")
    assert tickers_of(load(path, ticker="XYZ", columns={"ticker": ""})) == ["XYZ"]


def test_an_empty_ticker_cell_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "one.csv", "ticker," + HEADER + "\n,2004-03-01,1,1,1,1,1\n")
    assert "one.csv, line 2, column 'ticker': the cell is empty" in refusal(path)


def test_a_mapped_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, "A.csv", THREE_DAYS), columns={"close": "Schluss"})
    assert "there is no column 'Schluss', which data_source_params.columns.close names" in message


def test_dates_outside_are_refused_with_the_dates_that_are_held(tmp_path: Path) -> None:
    with pytest.raises(qlop.DataError, match="the data go from 2004-03-01 to 2004-03-03"):
        source(write(tmp_path, "A.csv", THREE_DAYS)).load_data(None, date(2005, 1, 1), None, "1d")


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"timezone": "America/NewYork"}, "did you mean America/New_York"),
        ({"encoding": "utf-99"}, "is no known encoding"),
        ({"decimal": ",", "thousands": ","}, "they must differ"),
        ({"unfunded": True}, "unfunded is for returns_only"),
        ({"columns": {"opening": "Open"}}, "opening"),
        ({"timestamp_format": "%z %Y"}, "must have %z at its end"),
        ({"pathh": "x"}, "pathh"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(params: dict[str, object], part: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Files.Params.model_validate({"path": "x.csv", **params})
    assert part in str(caught.value)


def test_every_parameter_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    assert [name for name in Files.Params.model_fields if name not in text] == []


def bars_every(step: str, n_bars: int) -> str:
    times = pd.date_range("2004-03-01", periods=n_bars, freq=step)
    return HEADER + "\n" + "".join(f"{time},1,1,1,1,1\n" for time in times)


@pytest.mark.parametrize(
    ("step", "n_bars", "interval"),
    [("1D", 20, "1wk"), ("7D", 20, "1d"), ("1h", 20, "5m"), ("1min", 20, "5m"), ("1D", 20, "1h")],
)
def test_bars_of_another_interval_are_refused(tmp_path: Path, step: str, n_bars: int, interval: str) -> None:
    path = write(tmp_path, "A.csv", bars_every(step, n_bars))
    assert f"data.interval is '{interval}', but the closest bars" in refusal(path, interval=interval, timezone="UTC")


def test_intraday_bars_are_no_sessions(tmp_path: Path) -> None:
    assert "A at 2004-03-01 appears twice" in refusal(write(tmp_path, "A.csv", bars_every("1h", 5)), timezone="UTC")


@pytest.mark.parametrize(
    ("step", "interval"),
    [("1D", "1d"), ("B", "1d"), ("7D", "1wk"), ("MS", "1mo"), ("BME", "1mo"), ("5min", "5m"), ("4h", "4h")],
)
def test_bars_of_the_interval_pass(tmp_path: Path, step: str, interval: str) -> None:
    assert len(load(write(tmp_path, "A.csv", bars_every(step, 40)), interval=interval, timezone="UTC")) == 40


def test_a_few_bars_far_apart_tell_nothing_of_the_interval(tmp_path: Path) -> None:
    assert len(load(write(tmp_path, "A.csv", bars_every("7D", 3)))) == 3


class TestFiles(DataSourceContractSuite):
    plugin_class = Files

    def params_in(self, folder: Path) -> dict[str, object]:
        for name in ("AAPL.csv", "IBM.csv"):
            write(folder, f"prices/{name}", bars_every("B", 30))
        return {"path": str(folder / "prices")}
