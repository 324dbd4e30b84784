"""The contract suites that every plugin's test inherits.

Take them from `qlop.testing`. Nothing else in core imports this floor.
"""

try:
    import pytest
except ModuleNotFoundError as error:
    raise ImportError("qlop.testing needs pytest: pip install 'qlop[testing]'", name=error.name) from error

# pytest explains failed asserts of modules that it rewrote when they were imported; suites are no test modules.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{part}"
        for part in (
            "broker",
            "cuts",
            "data_source",
            "exporter",
            "feature_step",
            "isolation",
            "labeler",
            "model",
            "orchestrator",
            "plugin",
            "sink",
            "strategy",
        )
    )
)
