from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.store.home import Home


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Root may write anywhere; become somebody who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_making_the_object_touches_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / ".qlop")
    assert home.runs_folder == tmp_path / "deep" / ".qlop" / "runs"
    assert home.store_url == f"sqlite:///{tmp_path}/deep/.qlop/runs.sqlite"
    assert list(tmp_path.iterdir()) == []


def test_a_new_home_is_private_to_its_user(tmp_path: Path) -> None:
    home = Home(tmp_path / ".qlop").create()
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert home.runs_folder.is_dir()
    assert home.trash_folder.is_dir()
    home.create()


def test_paths_do_not_move_with_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home(Path(".qlop"))
    monkeypatch.chdir("/")
    assert home.path == tmp_path / ".qlop"


def test_a_tilde_means_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home(Path("~/.qlop")).path == tmp_path / ".qlop"


def test_a_home_below_a_file_is_refused_with_path_reason_and_option(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/\.qlop cannot be used: Not a directory.*--home FOLDER or QLOP_HOME"):
        Home(tmp_path / "file" / ".qlop").create()


def test_a_home_that_may_not_be_made_is_refused(tmp_path: Path, ordinary_user: None) -> None:
    with pytest.raises(StoreError, match=r"Permission denied.*--home FOLDER or QLOP_HOME"):
        Home(Path("/etc/qlop-cannot-be-here")).create()


def test_a_home_that_may_not_be_written_to_is_refused(ordinary_user: None) -> None:
    with pytest.raises(StoreError, match=r"/ cannot be used: (Permission denied|no permission|Read-only)"):
        Home(Path("/")).create()


def test_the_database_url_with_its_password_is_not_in_the_objects_text(tmp_path: Path) -> None:
    home = Home(tmp_path, "postgresql://me:hunter2@db/qlop")
    assert "hunter2" not in repr(home)
    assert home.store_url == "postgresql://me:hunter2@db/qlop"


def test_the_identity_stays_and_travels_with_the_folder(tmp_path: Path) -> None:
    home = Home(tmp_path / "a")
    identity = home.home_id
    assert Home(tmp_path / "a").home_id == identity
    home.path.rename(tmp_path / "b")
    assert Home(tmp_path / "b").home_id == identity
    assert Home(tmp_path / "c").home_id != identity


def test_processes_that_make_the_identity_at_once_agree(tmp_path: Path) -> None:
    code = (
        "import sys; from core.store.home import Home; from pathlib import Path; print(Home(Path(sys.argv[1])).home_id)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "h")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {process.communicate()[0] for process in running}
    assert len(answers) == 1
    assert answers.pop().strip() == Home(tmp_path / "h").home_id
