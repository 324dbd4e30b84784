"""Begins a run in this process, says its id, and waits to be ended: HOME."""

import sys
import time
from pathlib import Path

from core.base.events import RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.process_record import describe_process
from core.store.run_folder import RunFolder

run_id = new_run_id()
first = StatusPayload(state=RunState.RUNNING, current_status="The run has started.")
folder, lock = RunFolder.create(
    Home(Path(sys.argv[1])), run_id, {"mode": "train"}, {}, first_status=first, process=describe_process()
)
print(run_id, flush=True)
time.sleep(3600)
