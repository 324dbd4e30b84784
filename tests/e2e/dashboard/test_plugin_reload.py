"""A broken plugin harms no other; one that is dropped in or mended is there after Reload, without a restart."""

from playwright.sync_api import expect

BROKEN = "import a_library_that_is_not_there\n"
COIN = '''
import qlop
from pydantic import Field


class Coin(qlop.ModelPlugin):
    """Tosses a coin."""

    name = "{name}"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters."""

        fairness: float = Field(default=0.5, ge=0.0, le=1.0, description="How fair it is.")

    def train(self, data, validation, context): ...
    def predict(self, features): ...
    def save_model(self, folder): ...
    def load_model(self, folder): ...
'''


def status_of(rows: list[list[str]], name: str) -> str:
    return next(row[0] for row in rows if row[2] == name)


def look_again(page) -> None:
    """Press Reload and wait until the plugin that is chosen can be used."""
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_test_id("stText").filter(has_text="Tosses a coin.")).to_be_visible()
    expect(page.get_by_role("button", name="Check against the contract")).to_be_visible()


def pick_model(page, name: str) -> None:
    picker = page.get_by_role("combobox", name="Model")
    picker.click()
    page.get_by_role("option", name=f"{name}: Tosses a coin").click()
    expect(page.get_by_text(f"model_type: {name}")).to_be_visible()


def test_a_broken_plugin_is_told_and_a_new_and_a_mended_one_appear_after_reload(
    tmp_path, start_dashboard, visitor, rows_of
):
    models = tmp_path / "plugins" / "models"
    models.mkdir(parents=True)
    (models / "lost.py").write_text(BROKEN, encoding="utf-8")
    dashboard = start_dashboard()
    page = visitor(f"{dashboard.url}/plugins?kind=models&plugin=models/folder:lost")
    expect(page.get_by_text("It cannot be used")).to_be_visible()
    rows = rows_of(page, "Plugins")
    assert status_of(rows, "lost") == "broken"
    assert status_of(rows, "linear") == status_of(rows, "xgboost") == "available"
    traceback = page.get_by_test_id("stCode").filter(has_text="Traceback (most recent call last)")
    expect(traceback).to_be_hidden()
    page.get_by_text("Traceback", exact=True).click()
    expect(traceback).to_be_visible()
    expect(traceback).to_contain_text("a_library_that_is_not_there")

    (models / "coin.py").write_text(COIN.replace("{name}", "coin"), encoding="utf-8")
    (models / "lost.py").write_text(COIN.replace("{name}", "lost"), encoding="utf-8")
    look_again(page)
    rows = rows_of(page, "Plugins")
    assert status_of(rows, "lost") == status_of(rows, "coin") == "available"

    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    page.get_by_text("Model", exact=True).click()
    for name in ("coin", "lost"):
        pick_model(page, name)
        expect(page.get_by_role("slider", name="Fairness")).to_be_visible()
        expect(page.get_by_text("fairness: 0.5")).to_be_visible()
