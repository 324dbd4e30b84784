"""The peer of the live console: a Streamlit fragment that reads a run's file each second and shows its last lines.

Usage: streamlit run streamlit_peer.py -- EVENTS_FILE
"""

import json
import sys
from pathlib import Path

import streamlit as st

SHOWN = 500


@st.fragment(run_every=1.0)
def log() -> None:
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()[-SHOWN:]
    events = [json.loads(line) for line in lines]
    st.code("\n".join(f"{{{event['seq']}}} {event['payload'].get('message', '')}" for event in events), language=None)


st.title("Log")
log()
