"""Bad data in every source: each fault is refused with its place, ticker, value and a next step, or is a finding.

The faulty row is the eighth of twelve: the second bar of BBB.
"""

import sqlite3

import pandas as pd
import pyarrow as pa
import pytest

from core.base.errors import DataError
from core.config.sections import LoadDataConfig
from core.engine.load import load_panel
from plugins.data_sources.files import Files
from plugins.data_sources.parquet_lake import ParquetLake
from plugins.data_sources.sql import Sql

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09")
COLUMNS = ["date", "ticker", "open", "high", "low", "close", "volume"]
FAULTY = 7
PLACES = {"csv": "line 9", "parquet": "row 8", "lake": "row 8", "sql": "row 8 of the answer"}
NAMES = {"csv": "prices.csv", "parquet": "prices.parquet", "lake": "prices.parquet", "sql": "prices.db"}


def good_rows():
    bar = {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 100.0}
    rows = pd.DataFrame([{"date": day, "ticker": ticker, **bar} for ticker in ("AAA", "BBB") for day in DAYS])
    rows.loc[::2, "close"] = 10.5
    return rows


def with_cell(column, value):
    rows = good_rows().astype({column: object})
    rows.loc[FAULTY, column] = value
    return rows


def as_texts(rows):
    return rows.map(lambda cell: cell if isinstance(cell, str) else repr(cell))


def source_of(kind, folder, rows, **params):
    path = folder / NAMES[kind]
    if kind == "csv":
        rows.to_csv(path, index=False)
    elif kind == "sql":
        with sqlite3.connect(path) as database:
            database.execute(f"CREATE TABLE bars ({', '.join(rows.columns)})")
            marks = ", ".join("?" * len(rows.columns))
            database.executemany(f"INSERT INTO bars VALUES ({marks})", rows.astype(object).to_numpy().tolist())
        database.close()
        return Sql("sql", Sql.Params(sqlite_file=str(path), table="bars", **params))
    else:
        rows.to_parquet(path, index=False)
    if kind == "lake":
        return ParquetLake("parquet_lake", ParquetLake.Params(path=str(path), **params))
    return Files("files", Files.Params(path=str(path), **params))


def refusal(source, interval="1d"):
    with pytest.raises(DataError) as refused:
        source.load_data(None, None, None, interval)
    return str(refused.value)


def names_the_place(said, kind, *more):
    """Whether a message names file, row, ticker and what else there is to name, and ends with a next step."""
    assert NAMES[kind] in said
    assert PLACES[kind] in said
    assert "BBB" in said
    for words in more:
        assert words in said
    assert "\n" not in said
    return True


NO_NUMBERS = [
    "1.234,56", "1 234,56", "1\u00a0234,56", "1\u202f234,56", "1'234.56", "1\u2019234.56", "1,234.56", "1,5",
    "\u0661\u0662\u0663", "\u096b", "(5)", "5-", "--5", "\u22125", "$5", "5 USD", "5%", "1_000", "0x1F", "1e", "1.2.3",
    "NaN", "nan", "n/a", "NA", "-", "null", "NULL", "None", "#N/A", "#DIV/0!", "Infinity", "-inf", "ten", "true", ".",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "parquet", "lake"])
@pytest.mark.parametrize("text", [*NO_NUMBERS, "", "  "])
def test_a_text_that_is_no_number_is_refused_where_it_stands(tmp_path, kind, text):
    said = refusal(source_of(kind, tmp_path, as_texts(with_cell("close", text))))
    assert names_the_place(said, kind, "column 'close'", "must hold a number" if not text.strip() else repr(text))


@pytest.mark.parametrize("text", [*NO_NUMBERS, "", "5"])
def test_a_database_s_text_among_numbers_is_refused_even_if_it_looks_like_one(tmp_path, text):
    said = refusal(source_of("sql", tmp_path, with_cell("close", text)))
    assert names_the_place(said, "sql", "column 'close'", repr(text), "must hold a number")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("decimal", "thousands", "text"),
    [
        (",", ".", "1.234,5"),
        (",", " ", "1 234,5"),
        (",", " ", "1\u00a0234,5"),
        (",", " ", "1\u202f234,5"),
        (".", "'", "1'234.5"),
        (".", "'", "1\u2019234.5"),
        (".", ",", "1,234.5"),
        (",", "", "1234,5"),
        (".", "", "+1234.50"),
        (".", "", "1.2345e3"),
        (".", "", "12345E-1"),
    ],
)
def test_a_locale_that_is_named_is_read_exactly(tmp_path, kind, decimal, thousands, text):
    whole = good_rows().astype({"volume": "int64"}).astype(object)
    for name in ("open", "high", "low", "close"):
        whole[name] = text
    source = source_of(kind, tmp_path, as_texts(whole), decimal=decimal, thousands=thousands)
    panel = source.load_data(None, None, None, "1d")
    assert (panel[["open", "high", "low", "close"]] == 1234.5).all(axis=None)


@pytest.mark.parametrize("text", ["1,234,5", "12.34,5", "1.234", "1..234,5", "1 234.5", "1.23 4,5", ",", "1.2345,6"])
def test_a_group_of_digits_that_is_not_the_locale_s_is_refused(tmp_path, text):
    rows = as_texts(good_rows()).apply(
        lambda column: column.str.replace(".", ",") if column.name in COLUMNS[2:] else column
    )
    rows.loc[FAULTY, "close"] = text
    source = source_of("csv", tmp_path, rows, decimal=",", thousands=".")
    if text == "1.234":  # a whole number in groups
        said = refusal(source)
        assert "close of BBB at 2024-01-03 is 1234.0, outside [9.0, 12.0]" in said
    else:
        assert names_the_place(refusal(source), "csv", "column 'close'", repr(text))


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("close", -5.0, "close of BBB at 2024-01-03 is -5.0; it must be a finite number above 0"),
        ("open", 0.0, "open of BBB at 2024-01-03 is 0.0"),
        ("volume", -1.0, "volume of BBB at 2024-01-03 is -1.0; it must be a finite number of at least 0"),
        ("high", 8.0, "high of BBB at 2024-01-03 is 8.0, below its low 9.0"),
        ("close", 13.0, "close of BBB at 2024-01-03 is 13.0, outside [9.0, 12.0]"),
        ("open", 8.5, "open of BBB at 2024-01-03 is 8.5, outside [9.0, 12.0]"),
    ],
)
def test_an_impossible_price_is_refused_where_it_stands(tmp_path, kind, column, value, said):
    assert names_the_place(refusal(source_of(kind, tmp_path, with_cell(column, value).infer_objects())), kind, said)


@pytest.mark.parametrize("kind", ["parquet", "lake", "sql"])
def test_infinity_is_refused_where_it_stands(tmp_path, kind):
    rows = with_cell("close", float("inf")).infer_objects()
    assert names_the_place(refusal(source_of(kind, tmp_path, rows)), kind, "column 'close'", "inf is not finite")


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("column", ["close", "volume"])
def test_an_empty_cell_is_refused_where_it_stands(tmp_path, kind, column):
    rows = with_cell(column, None)
    rows = rows if kind == "sql" else rows.astype({column: "float64"})
    said = refusal(source_of(kind, tmp_path, rows))
    assert names_the_place(said, kind, f"column {column!r}", "it must")


@pytest.mark.parametrize("kind", PLACES)
def test_an_empty_column_is_refused(tmp_path, kind):
    said = refusal(source_of(kind, tmp_path, good_rows().astype({"volume": object}).assign(volume=None)))
    assert NAMES[kind] in said
    assert "column 'volume'" in said
    assert "AAA" in said


@pytest.mark.parametrize("kind", PLACES)
def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path, kind):
    said = refusal(source_of(kind, tmp_path, good_rows().rename(columns={"close": "Schluss"})))
    assert NAMES[kind] in said
    assert "no column is close" in said
    assert "Schluss" in said
    assert "data_source_params.columns" in said


@pytest.mark.parametrize("kind", ["parquet", "lake"])
@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1])
def test_a_whole_number_that_would_be_rounded_is_refused(tmp_path, kind, number):
    rows = good_rows().astype({"volume": "int64"})
    rows.loc[FAULTY, "volume"] = number
    assert names_the_place(refusal(source_of(kind, tmp_path, rows)), kind, str(number), "column 'volume'")


@pytest.mark.parametrize("kind", ["parquet", "lake"])
@pytest.mark.parametrize(
    "values",
    [pa.array([True] * 12), pa.array([b"1"] * 12), pa.array([[1.0]] * 12), pa.array([0] * 12, pa.date32())],
)
def test_a_column_of_another_kind_is_refused_by_its_kind(tmp_path, kind, values):
    table = pa.Table.from_pandas(good_rows(), preserve_index=False).set_column(5, "close", values)
    rows = table.to_pandas(types_mapper=pd.ArrowDtype)
    said = refusal(source_of(kind, tmp_path, rows))
    assert "column 'close'" in said
    assert f"the column holds {str(values.type).split('<')[0]}" in said


NO_DATES = [
    "2024-02-30", "2024-13-01", "03/04/2024", "3.1.2024", "2024-1-3", "2024-W01-3", "20240199", "45293", "yesterday",
    "NaT", "nan", "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0663", "2024-01-03 24:00", "2024-01-03 00:00:60",
    "2024-01-03 10:00 EST", "2024-01-03T00:00:00Z", "2024-01-03 00:00+01:00", "2024-01-03T00:00+25:00", "", " ",
]  # fmt: skip


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("text", NO_DATES)
def test_a_text_that_is_no_date_is_refused_where_it_stands(tmp_path, kind, text):
    said = refusal(source_of(kind, tmp_path, with_cell("date", text)))
    assert names_the_place(said, kind, "column 'date'", "the cell is empty" if not text.strip() else repr(text))


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("text", ["0001-01-01", "1601-01-01", "9999-12-31"])
def test_a_date_that_stands_for_none_is_refused(tmp_path, kind, text):
    rows = with_cell("date", text).sort_values(["ticker", "date"], kind="stable")
    said = refusal(source_of(kind, tmp_path, rows))
    assert NAMES[kind] in said
    assert f"the bar of BBB at {text} is of no year" in said


@pytest.mark.parametrize("kind", PLACES)
def test_a_bar_that_is_there_twice_is_refused_with_both_places(tmp_path, kind):
    rows = pd.concat([good_rows().iloc[: FAULTY + 1], good_rows().iloc[FAULTY - 1 :]], ignore_index=True)
    rows = rows.drop(index=FAULTY + 2).reset_index(drop=True)
    rows.loc[FAULTY, "date"] = rows.loc[FAULTY - 1, "date"]
    said = refusal(source_of(kind, tmp_path, rows))
    assert NAMES[kind] in said
    assert "BBB at 2024-01-02 appears twice, first in" in said
    assert said.count({"csv": "line", "sql": "row"}.get(kind, "row")) >= 2


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_bars_out_of_order_are_refused_in_a_file(tmp_path, kind):
    rows = good_rows()
    rows.loc[[6, 7], "date"] = [DAYS[1], DAYS[0]]
    assert names_the_place(
        refusal(source_of(kind, tmp_path, rows)), kind, "BBB at 2024-01-02 follows its bar of 2024-01-03"
    )


@pytest.mark.parametrize("kind", ["lake", "sql"])
def test_bars_in_any_order_are_the_same_panel_where_no_order_is_promised(tmp_path, kind):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    panels = [
        source_of(kind, folder, rows).load_data(None, None, None, "1d")
        for folder, rows in zip(folders, (good_rows(), good_rows().sample(frac=1, random_state=3)), strict=True)
    ]
    pd.testing.assert_frame_equal(*panels)


def hourly(times):
    bar = {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 100.0}
    return pd.DataFrame([{"date": time, "ticker": "BBB", **bar} for time in times])


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize(
    ("times", "zone", "row", "said"),
    [
        (["2024-03-10 01:00", "2024-03-10 02:00"], "America/New_York", 1, "happens twice or not at all"),
        (["2024-11-03 00:00", "2024-11-03 01:00"], "America/New_York", 1, "happens twice or not at all"),
        (
            ["2024-03-30 01:00", "2024-03-31 02:30"],
            "Europe/Berlin",
            1,
            "2024-03-31 02:30:00 happens twice or not at all",
        ),
        (["2024-01-02 10:00", "2024-01-02 11:00"], None, 0, "bears no time zone; set the parameter timezone"),
        (["2024-01-02 10:00+00:00", "2024-01-02 11:00"], None, 1, "differs from the rows above in having a zone"),
        (["2024-01-02 10:00", "2024-01-02 11:00Z"], "Europe/Berlin", 1, "differs from the rows above in having a zone"),
        (
            ["2024-01-02 10:00+00:00", "2024-01-02 12:00+02:00"],
            None,
            1,
            "BBB at 2024-01-02 10:00:00+00:00 appears twice",
        ),
    ],
)
def test_times_that_clock_changes_or_zones_leave_open_are_refused(tmp_path, kind, times, zone, row, said):
    found = refusal(source_of(kind, tmp_path, hourly(times), timezone=zone), "1h")
    assert NAMES[kind] in found
    assert {"csv": f"line {row + 2}", "sql": f"row {row + 1} of"}.get(kind, f"row {row + 1}") in found
    assert "BBB" in found
    assert said in found


@pytest.mark.parametrize("kind", PLACES)
def test_mixed_offsets_are_moments_and_hours_around_a_clock_change_stay_apart(tmp_path, kind):
    times = ["2024-11-03 00:30-04:00", "2024-11-03 01:30-04:00", "2024-11-03 01:30-05:00", "2024-11-03 02:30-05:00"]
    panel = source_of(kind, tmp_path, hourly(times)).load_data(None, None, None, "1h")
    assert panel.index.get_level_values("timestamp").strftime("%H:%M").tolist() == ["04:30", "05:30", "06:30", "07:30"]
    naive = [time[:16] for time in times[:1]] + ["2024-11-03 02:30"]
    (tmp_path / "naive").mkdir()
    source = source_of(kind, tmp_path / "naive", hourly(naive), timezone="America/New_York")
    found = source.load_data(None, None, None, "1h").index.get_level_values("timestamp")
    assert found.strftime("%H:%M").tolist() == ["04:30", "07:30"]


def findings(kind, folder, rows, interval="1d", **data):
    source = source_of(kind, folder, rows, no_corporate_actions=True)
    config = LoadDataConfig(data_source_type=source.name, adjustment="raw", interval=interval, **data)
    return "\n".join(load_panel(source, config).findings)


@pytest.mark.parametrize("kind", PLACES)
def test_a_hole_is_a_finding_that_names_ticker_and_date(tmp_path, kind):
    assert findings(kind, tmp_path, good_rows()) == ""
    (tmp_path / "hole").mkdir()
    said = findings(kind, tmp_path / "hole", good_rows().drop(index=FAULTY))
    assert "1 bars are missing on days on which other tickers traded, the first of BBB at 2024-01-03" in said


@pytest.mark.parametrize("kind", PLACES)
def test_a_missing_hour_of_a_lone_ticker_is_a_finding(tmp_path, kind):
    times = pd.date_range("2024-01-02", "2024-01-05", freq="1h").strftime("%Y-%m-%d %H:%M+00:00")
    said = findings(kind, tmp_path, hourly(times.delete(30)), "1h")
    assert "1 bars are missing at times at which the data usually have one" in said
    assert "BBB at 2024-01-03 06:00" in said


@pytest.mark.parametrize("kind", PLACES)
def test_a_close_that_stands_still_is_a_finding(tmp_path, kind):
    rows = good_rows()
    rows.loc[rows["ticker"] == "BBB", "close"] = 11.25
    assert "The close of BBB stands still for 6 bars from 2024-01-02" in findings(kind, tmp_path, rows)


@pytest.mark.parametrize("kind", PLACES)
def test_a_split_that_nobody_adjusted_for_is_a_finding(tmp_path, kind):
    rows = good_rows()
    rows.loc[rows.index[FAULTY:], ["open", "high", "low", "close"]] /= 2.0
    rows.loc[FAULTY, ["open", "high", "low", "close"]] = [5.25, 6.0, 4.5, 5.5]
    said = findings(kind, tmp_path, rows)
    assert (
        "1 bars open as if after a split that the prices are not adjusted for, the first of BBB at 2024-01-03" in said
    )
