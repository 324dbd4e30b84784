"""Hold one plugin against its kind's contract, and show what became of each promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from core.services.conformance import ContractCheck, check_against_contract, missing_parameters
from core.ui.markdown_text import escaped
from core.ui.params_form import params_form
from core.ui.plain_text import monospace, problems_shown, quiet

if TYPE_CHECKING:
    from core.services.plugin_catalog import PluginShown
    from core.services.workbench import Workbench

__all__ = ["conformance_panel"]


def conformance_panel(workbench: Workbench, shown: PluginShown) -> None:
    """Draw the button, the form of parameters that have no default, and the last result of this session."""
    plugin = shown.plugin
    key = f"contract-{plugin.kind}-{plugin.qualified_name}-{plugin.version}"
    quiet(
        "Runs the contract suite of its kind in a process of its own: promises such as that it never looks ahead, "
        "repeats itself, and changes nothing that it is given.",
        "contract-what",
    )
    with problems_shown("The plugin could not be checked"):
        params = {}
        if missing_parameters(workbench, plugin.kind, plugin.qualified_name):
            params = params_form(plugin.schema, key=f"{key}-params")
        if st.button("Check against the contract", key=f"{key}-button", icon=":material/fact_check:"):
            st.session_state.pop(key, None)
            with st.spinner("The contract suite runs"):
                st.session_state[key] = _plain(
                    check_against_contract(workbench, plugin.kind, plugin.qualified_name, params)
                )
    if key in st.session_state:
        _draw(cast("dict[str, object]", st.session_state[key]))


def _plain(found: ContractCheck) -> dict[str, object]:
    # Streamlit may import this project's modules anew; what it keeps for the session is plain data.
    tests = [(test.sentence, test.is_kept, test.detail) for test in found.tests]
    return {"verdict": found.verdict, "words": found.in_words, "tests": tests}


def _draw(found: dict[str, object]) -> None:
    icon, color = {
        "kept": (":material/check_circle:", "green"),
        "broken": (":material/error:", "red"),
    }.get(str(found["verdict"]), (":material/help:", "orange"))
    st.badge(str(found["verdict"]), icon=icon, color=color)  # type: ignore[arg-type]  # one of Streamlit's colours
    st.text(str(found["words"]))
    tests = cast("list[tuple[str, bool, str]]", found["tests"])
    for sentence, is_kept, detail in tests:
        if not is_kept:
            with st.expander(f":red[:material/close:] {escaped(sentence)}"):
                monospace(detail)
    kept = [sentence for sentence, is_kept, _ in tests if is_kept]
    if kept:
        with st.expander(f"{len(kept)} promises kept"):
            st.text("\n".join(kept))
