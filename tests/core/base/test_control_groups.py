"""What a container may use is read as Linux tells it, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.control_groups import GroupMemory, group_cores, group_memory

VERSION_2 = "0::/system.slice/qlop.service\n"
VERSION_1 = "9:name=systemd:/\n4:memory:/docker/a1\n2:cpu,cpuacct:/docker/a1\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class Machine:
    """The two places where Linux shows its groups."""

    def __init__(self, folder: Path) -> None:
        self.membership, self.mount = folder / "cgroup", folder / "mount"
        self.mount.mkdir()

    def belongs(self, text: str) -> None:
        self.membership.write_text(text, encoding="utf-8")

    def group(self, path: str, **files: str) -> None:
        folder = self.mount / path
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(f"{text}\n", encoding="utf-8")

    def memory(self) -> GroupMemory | None:
        return group_memory(self.membership, self.mount)

    def cores(self) -> float | None:
        return group_cores(self.membership, self.mount)


def test_the_narrowest_group_on_the_way_up_counts(machine: Machine) -> None:
    machine.belongs(VERSION_2)
    machine.group("system.slice/qlop.service", memory__max="max", memory__current="50", cpu__max="max 100000")
    machine.group("system.slice", memory__max="1000", memory__current="900", cpu__max="150000 100000")
    machine.group("", memory__max="2000", memory__current="950", cpu__max="400000 100000")
    assert machine.memory() == GroupMemory(1000, 100)
    assert machine.cores() == 1.5


def test_what_the_system_would_give_up_counts_as_free(machine: Machine) -> None:
    machine.belongs(VERSION_2)
    machine.group("", memory__max="1000", memory__current="900", memory__stat="anon 500\ninactive_file 300\nother")
    assert machine.memory() == GroupMemory(1000, 400)


def test_a_group_beyond_its_limit_has_nothing_left(machine: Machine) -> None:
    machine.belongs(VERSION_2)
    machine.group("", memory__max="1000", memory__current="1100")
    assert machine.memory() == GroupMemory(1000, 0)


def test_the_first_version_has_a_tree_for_each_controller(machine: Machine) -> None:
    machine.belongs(VERSION_1)
    memory = {"memory__limit_in_bytes": "1000", "memory__usage_in_bytes": "700"}
    machine.group("memory/docker/a1", **memory, memory__stat="total_inactive_file 50")
    machine.group("memory", memory__limit_in_bytes="9223372036854771712", memory__usage_in_bytes="800")
    machine.group("cpu,cpuacct/docker/a1", cpu__cfs_quota_us="50000", cpu__cfs_period_us="100000")
    machine.group("cpu,cpuacct", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert machine.memory() == GroupMemory(1000, 350)
    assert machine.cores() == 0.5


def test_a_container_that_sees_its_own_folder_alone_is_limited_by_it(machine: Machine) -> None:
    machine.belongs(VERSION_1)
    machine.group("memory", memory__limit_in_bytes="1000", memory__usage_in_bytes="700")
    machine.group("cpu,cpuacct", cpu__cfs_quota_us="200000", cpu__cfs_period_us="100000")
    assert machine.memory() == GroupMemory(1000, 300)
    assert machine.cores() == 2.0


@pytest.mark.parametrize("text", ["", "nonsense\n", "0::/\n", VERSION_1])
def test_where_nothing_is_told_nothing_is_limited(machine: Machine, text: str) -> None:
    machine.belongs(text)
    machine.group("", cpu__max="what 0", memory__max="ten", memory__current="1")
    assert machine.memory() is None
    assert machine.cores() is None
    assert group_memory(machine.mount / "none", machine.mount) is None
