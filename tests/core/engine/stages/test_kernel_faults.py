"""What the kernels' cache warns of stands in the log of the run that compiles them."""

import logging

from core.engine.kernels.kept_code import CodeFolder
from core.engine.stages.kernel_faults import kernel_faults_logged


class Log:
    def __init__(self):
        self.lines = []

    def log(self, message, *, level="info"):
        self.lines.append((level, message))


def test_a_fault_of_the_cache_stands_in_the_runs_log_while_the_run_lasts(tmp_path):
    (tmp_path / "blocked").write_text("a file")
    log, folder = Log(), CodeFolder(tmp_path / "blocked" / "kernels", "Name another folder.")
    with kernel_faults_logged(log):
        folder.tell_unkept(folder.fault)
        folder.tell_unkept(folder.fault)
    folder.tell_unkept("something later")
    ((level, message),) = log.lines
    assert level == "warning"
    assert message.startswith(f"Compiled kernels cannot be kept in {folder.path}: Not a directory.")
    assert not logging.getLogger("core.engine.kernels").handlers
