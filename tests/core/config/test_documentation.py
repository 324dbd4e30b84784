"""Every field that a config file may hold is documented."""

from pathlib import Path

import pytest

from core.config.run_config import RunConfig
from core.config.settings import Settings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "configs.md").read_text(encoding="utf-8")


def fields_of(model):
    for name, field in model.model_fields.items():
        yield name
        parts = [field.annotation, *getattr(field.annotation, "__args__", ())]
        for part in parts:
            if isinstance(part, type) and hasattr(part, "model_fields"):
                yield from fields_of(part)


@pytest.mark.parametrize(
    "name",
    sorted(
        {*fields_of(RunConfig), *fields_of(Settings)}
        - {"url", "store", "plugins", "relay", "dashboard", "jobs", "cache"}
    ),
)
def test_every_field_is_documented(name):
    assert any(
        f"`{section}{name}`" in DOCUMENT
        for section in ("", "plugins.", "relay.", "dashboard.", "jobs.", "limits.", "cache.")
    )


def test_the_settings_are_documented():
    assert "`store.url`" in DOCUMENT
    assert "QLOP_STORE_URL" in DOCUMENT
    assert "`relay.url`" in DOCUMENT
    assert "QLOP_RELAY_URL" in DOCUMENT
