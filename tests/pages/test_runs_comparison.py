"""The comparison of runs on the screen of runs."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.services.python_run import run
from core.services.runs import list_runs
from core.services.workbench import open_workbench

HOSTILE_TITLE = "=1+1 <script>alert(1)</script> [x](javascript:y)"
TICKERS = {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2011-01-03", "end_date": "2011-12-30"}


@pytest.fixture(scope="module")
def compared_home(tmp_path_factory):
    """A home with six backtests; their ids, in the order of their leverage, 0.5 first."""
    home = tmp_path_factory.mktemp("compared") / "home"
    ids = []
    for number in range(6):
        strategy = {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 0.5 + number / 4}}
        title = HOSTILE_TITLE if number == 1 else f"Run {number}"
        config = {"mode": "backtest", "title": title, "data": TICKERS, "strategy": strategy}
        ids.append(run(config, home=home).run_id)
    return home, ids


@pytest.fixture
def compare(compared_home, page, tmp_path, monkeypatch):
    """Opens a comparison of runs by their numbers."""
    home, ids = compared_home
    monkeypatch.setenv("QLOP_HOME", str(home))
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.chdir(tmp_path)

    def opened(*numbers, **query):
        return page("runs.py", compare=",".join(ids[number] for number in numbers), **query)

    return opened


def table(app: AppTest, column: str):
    return next(found.value for found in app.dataframe if column in found.value.columns)


def lines(app: AppTest):
    return json.loads(app.get("plotly_chart")[0].proto.spec)["data"]


def test_the_address_brings_another_person_to_the_comparison(compare, compared_home):
    _, ids = compared_home
    app = compare(0, 2)
    assert not app.exception
    assert table(app, "label")["run_id"].tolist() == [ids[0], ids[2]]
    assert any("The runs used the same data, byte for byte. 1 setting differs." in text.value for text in app.text)


def test_settings_that_differ_stand_side_by_side_by_section(compare, compared_home):
    _, ids = compared_home
    rows = table(compare(0, 2), "section").set_index("what")
    assert rows.loc["strategy_params.leverage", ["section", ids[0], ids[2]]].tolist() == ["strategy", "0.5", "1.0"]
    assert set(rows.index) == {"strategy_params.leverage", "title"}


def test_figures_bear_their_differences_to_the_run_that_is_chosen(compare, compared_home):
    home, ids = compared_home
    metrics = {row.run_id: row.record.metrics for row in list_runs(open_workbench(home), limit=None)}

    def cells(app):
        tables = [found.value.set_index("what") for found in app.dataframe if "what" in found.value]
        return next(found.loc["Growth a year"] for found in tables if "Growth a year" in found.index)

    app = compare(0, 2)
    low, high = (metrics[ids[number]]["cagr"] for number in (0, 2))
    sign = "+" if high > low else "\N{MINUS SIGN}"
    assert cells(app)[ids[0]] == f"{low:,.2%}"
    assert cells(app)[ids[2]] == f"{high:,.2%} ({sign}{abs(high - low) * 100:,.2f} pp)"
    app.selectbox(key="baseline").set_value(ids[2]).run()
    assert not app.exception
    assert cells(app)[ids[2]] == f"{high:,.2%}"
    assert cells(compare(0, 2, baseline=ids[2])).equals(cells(app))


def test_curves_lie_over_each_other_from_one_on_and_in_currency_when_asked(compare):
    normalised = lines(compare(0, 1, 2))
    assert len(normalised) == 3
    in_currency = lines(compare(0, 1, 2, currency="true"))
    assert normalised[0]["line"]["width"] > normalised[1]["line"]["width"]
    assert normalised[0]["line"] == in_currency[0]["line"]
    assert normalised[0]["y"] != in_currency[0]["y"]


def test_six_curves_stand_side_by_side_with_the_first_behind_each(compare):
    found = lines(compare(0, 1, 2, 3, 4, 5))
    assert len(found) == 1 + 2 * 5
    assert len({line["xaxis"] for line in found}) == 6


def test_a_hostile_title_is_a_text_in_every_table_and_chart(compare):
    app = compare(1, 0)
    labels = table(app, "label")["label"].tolist()
    assert labels[0].startswith("1 · =1+1 <script>alert(1)")
    assert lines(app)[0]["name"].startswith("1 · =1+1 &lt;script&gt;")
    for element in (*app.markdown, *app.caption):
        assert "<script>" not in element.value


@pytest.mark.parametrize(
    ("numbers", "told"), [((0,), "compare takes two to ten runs; found 1"), ((0, 0), "compare takes two to ten runs")]
)
def test_too_few_runs_are_told_with_the_way_back(compare, numbers, told):
    app = compare(*numbers)
    assert not app.exception
    assert any(told in text.value for text in app.text)
    app.button(key="all-runs").click().run()
    assert "compare" not in app.query_params
    assert len(app.dataframe[0].value) == 6


def test_an_unknown_run_is_answered(compared_home, compare, page):
    app = page("runs.py", compare="5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11,../../etc")
    assert not app.exception
    assert any("no run" in text.value for text in app.text)
