"""However fast Start is pressed one run begins, and Back leads to the form; tabs and the navigation say what is there."""

import re

from playwright.sync_api import expect

MODE = '''
import qlop


class TryOut(qlop.OrchestratorPlugin):
    """Tries something out."""

    name = "try_out"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    def run(self, config, context):
        return qlop.RunResult(metrics={})
'''
N_PRESSES = 6


def press_fast(page, name: str) -> None:
    """Press where the button stands once it stands still; what comes to stand there meanwhile is pressed as well."""
    page.get_by_role("button", name=name).click(click_count=N_PRESSES)


def test_six_fast_presses_start_one_run_and_back_leads_to_the_form(dashboard, visitor):
    page = visitor(f"{dashboard.url}/chatty")
    expect(page).to_have_title("Chatty · QLOP")
    press_fast(page, "Start chatty")
    expect(page).to_have_url(re.compile(r"/run\?run="))
    expect(page).to_have_title("chatty · completed · QLOP")
    assert len(list((dashboard.home / "runs").iterdir())) == 1
    page.go_back()
    expect(page.get_by_role("heading", name="Chatty")).to_be_visible()
    expect(page).to_have_url(f"{dashboard.url}/chatty")


def test_a_new_mode_is_in_the_navigation_as_soon_as_the_plugins_are_reloaded(tmp_path, start_dashboard, visitor):
    modes = tmp_path / "plugins" / "orchestrators"
    modes.mkdir(parents=True)
    page = visitor(f"{start_dashboard().url}/plugins")
    expect(page.get_by_role("link", name="Backtest")).to_be_visible()
    (modes / "try_out.py").write_text(MODE, encoding="utf-8")
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("link", name="Try out")).to_be_visible()


def test_six_fast_presses_of_rerun_start_one_run(dashboard, visitor):
    """The new run works until all presses are done: one after its end would be a wish for another run."""
    may_end = dashboard.folder / "may_end"
    may_end.touch()
    first = dashboard.run({"mode": "chatty", "mode_params": {"waits_for": str(may_end)}})
    may_end.unlink()
    page = visitor(f"{dashboard.url}/run?run={first}")
    press_fast(page, "Rerun")
    expect(page).not_to_have_url(re.compile(first))
    may_end.touch()
    expect(page).to_have_title("chatty · completed · QLOP")
    expect(page.get_by_role("button", name="Rerun")).to_be_enabled()
    assert len(list((dashboard.home / "runs").iterdir())) == 2
