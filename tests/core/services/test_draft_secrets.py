"""A draft that bears a secret in the clear is refused, and nothing that is shown of it repeats the secret."""

import pytest
import qlop
import yaml

from core.base.errors import ConfigError
from core.services.draft import check_draft
from core.services.submit_run import submit_run
from core.services.workbench import open_workbench

MARK = "zq9Hush7xk"


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def inspecting(source, **params):
    data = {"data_source_type": source, "data_source_params": params, "tickers": ["IBM"]}
    return {"mode": "inspect_data", "data": data}


CASES = {
    "a URL in a file's place": (inspecting("sql", sqlite_file=f"postgresql://u:{MARK}@h/d", table="t"), "sqlite_file"),
    "a URL in its own place": (inspecting("sql", url=f"postgresql://u:{MARK}@h/d", table="t"), "url"),
    "a query that connects": (inspecting("sql", sqlite_file="x", query=f"SELECT dblink('password={MARK}')"), "query"),
    "a URL of a file": (inspecting("files", path=f"https://u:{MARK}@h/x.csv"), "path"),
    "a name that was mistyped": (inspecting("alpha_vantage", api_key=MARK), "api_key"),
    "a bare secret": (inspecting("alpha_vantage", key=MARK), "key"),
}


@pytest.mark.parametrize(("raw", "field"), CASES.values(), ids=CASES)
def test_what_is_shown_of_a_draft_has_stars_for_a_secret(workbench, raw, field):
    checked = check_draft(workbench, raw)
    assert checked.config is None
    assert [problem.path for problem in checked.problems] == [("data", "data_source_params", field)]
    assert MARK not in repr(checked)
    assert yaml.safe_load(checked.yaml_text)["data"]["data_source_params"][field] == "***"


def test_a_bare_secret_is_not_shown_beside_another_problem(workbench):
    checked = check_draft(workbench, inspecting("alpha_vantage", key=MARK, retries=-1))
    assert len(checked.problems) == 1
    assert MARK not in repr(checked)
    referred = check_draft(workbench, inspecting("alpha_vantage", key="env:THE_KEY", retries=-1))
    assert "env:THE_KEY" in referred.yaml_text


def test_a_mode_that_bears_a_secret_is_not_in_the_command(workbench):
    checked = check_draft(workbench, {"mode": f"https://u:{MARK}@h"})
    assert checked.command == "qlop run *** --config ***.yaml"
    assert MARK not in repr(checked)


@pytest.mark.parametrize(
    ("source", "field", "advice"),
    [
        ("sql", "sqlite_file", "'sql' takes one in data.data_source_params.url."),
        ("alpha_vantage", "base_url", "'alpha_vantage' takes one in data.data_source_params.key."),
        ("files", "path", "'files' takes none; take it out."),
        ("nothing", "path", "Take it out."),
    ],
)
def test_the_refusal_says_where_a_source_takes_its_secret(workbench, source, field, advice):
    (problem,) = check_draft(workbench, inspecting(source, **{field: f"https://u:{MARK}@h"})).problems
    assert problem.message.startswith(f"data.data_source_params.{field} holds a password")
    assert problem.message.endswith(advice)


def test_python_and_a_form_leave_nothing_behind(workbench):
    raw = inspecting("sql", sqlite_file=f"postgresql://u:{MARK}@h/d", table="t")
    for start in (lambda: qlop.run(raw, home=workbench.home.path), lambda: submit_run(workbench, raw)):
        with pytest.raises(ConfigError, match="'sql' takes one in") as caught:
            start()
        assert MARK not in str(caught.value)
    assert not workbench.home.path.exists()
