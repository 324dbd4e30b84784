"""`qlop plugins new` and `qlop plugins check`: from a command to a plugin that is proven."""


def test_a_new_plugin_is_written_trusted_picked_and_proven_by_what_the_commands_say(qlop):
    made = qlop.call("plugins", "new", "sinks", "my_own", "--home", qlop.folder / ".qlop")
    assert made.returncode == 0, made.stderr
    path = qlop.folder / ".qlop" / "plugins" / "sinks" / "my_own.py"
    assert str(path) in made.stdout
    assert f"qlop plugins trust {path.parents[1]}" in made.stdout
    assert qlop.call("plugins", "trust", path.parents[1]).returncode == 0
    checked = qlop.call("plugins", "check", "sinks", "my_own")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "BROKEN" not in checked.stdout
    assert "Every promise is kept" in checked.stdout


def test_a_file_that_is_there_is_refused_and_kept(qlop):
    folder = qlop.folder / "mine"
    assert qlop.call("plugins", "new", "sinks", "my_own", "--folder", folder).returncode == 0
    again = qlop.call("plugins", "new", "sinks", "my_own", "--folder", folder)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_params_that_are_no_object_are_refused(qlop):
    refused = qlop.call("plugins", "check", "sinks", "json", "--params", "[1]")
    assert refused.returncode == 2
    assert "must be a JSON object" in refused.stderr
