"""What Linux's control groups leave a process: the limits of a container, which the machine's own figures do not tell.

Both versions are read, as the kernel's documentation has them (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1).
A group's limit holds for all groups below it, so the narrowest on the way up counts. What cannot be read limits
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["GroupMemory", "group_cores", "group_memory"]

_MEMBERSHIP = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class GroupMemory:
    """What the narrowest group allows: in all, and beyond what is in use and cannot be given up."""

    limit_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class _Files:
    """How one version of control groups names its files."""

    limit: str
    used: str
    given_up: str


_VERSION_2 = _Files("memory.max", "memory.current", "inactive_file")
_VERSION_1 = _Files("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def group_memory(membership: Path = _MEMBERSHIP, mount: Path = _MOUNT) -> GroupMemory | None:
    """Return the memory that this process's groups allow; None where they allow all of it.

    Parameters
    ----------
    membership : Path
        Which groups the process belongs to, as Linux tells it in /proc/self/cgroup.
    mount : Path
        Where the groups are found.
    """
    allowed = [
        GroupMemory(limit, max(0, limit - used + _figure(level / "memory.stat", files.given_up)))
        for files, level in _levels("memory", membership, mount)
        if (limit := _number(level / files.limit)) is not None and (used := _number(level / files.used)) is not None
    ]
    return min(allowed, key=lambda memory: memory.free_bytes, default=None)


def group_cores(membership: Path = _MEMBERSHIP, mount: Path = _MOUNT) -> float | None:
    """Return how many cores' time this process's groups allow, such as 1.5; None where they allow all of it.

    Parameters
    ----------
    membership, mount : Path
        As for `group_memory`.
    """
    shares = [share for _, level in _levels("cpu", membership, mount) if (share := _share(level)) is not None]
    return min(shares, default=None)


def _levels(controller: str, membership: Path, mount: Path) -> Iterator[tuple[_Files, Path]]:
    """Yield the folders of the process's group and of those around it."""
    for line in _text(membership).splitlines():
        number, controllers, path = (*line.split(":", 2), "", "")[:3]
        if number == "0" and not controllers:
            files, roots = _VERSION_2, (mount, mount / "unified")
        elif controller in controllers.split(","):
            files, roots = _VERSION_1, (mount / controller, mount / controllers)
        else:
            continue
        for root in roots:
            # Within a container the path may be the machine's, of which the container sees the last folder alone.
            own = root / path.strip("/")
            yield from ((files, level) for level in (own, *own.parents) if level == root or root in level.parents)


def _share(level: Path) -> float | None:
    quota, period = (*_text(level / "cpu.max").split(), "", "")[:2]
    if not quota:
        quota, period = _text(level / "cpu.cfs_quota_us").strip(), _text(level / "cpu.cfs_period_us").strip()
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def _number(path: Path) -> int | None:
    """Return the number that a file holds; None for "max", and where there is no such file."""
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _figure(path: Path, name: str) -> int:
    """Return one figure of a file that holds one by line; 0 where it has none of that name."""
    figures = (line.split() for line in _text(path).splitlines())
    return next((int(figure[1]) for figure in figures if len(figure) == 2 and figure[0] == name), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return ""
