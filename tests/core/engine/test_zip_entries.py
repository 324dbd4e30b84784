"""No archive writes a file where it should not, or more than it holds: each entry is refused by its name and reason."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.engine.bundle import opened_bundle
from core.engine.model_archive import unpack_model
from core.engine.model_file import unpacked_model_file

REFUSED_NAMES = {
    "../outside": "leads out of the folder",
    "model/../../outside": "leads out of the folder",
    "..": "leads out of the folder",
    "/etc/outside": "leads out of the folder",
    "//server/share": "leads out of the folder",
    "..\\outside": "a backslash or a colon",
    "\\\\server\\share": "a backslash or a colon",
    "C:\\outside": "a backslash or a colon",
    "C:outside": "a backslash or a colon",
    "file:stream": "a backslash or a colon",
    "./file": "not the plain path of a file",
    "a//b": "not the plain path of a file",
    "folder/": "it is a folder",
    ".": "not the plain path of a file",
    "model.json\0.png": "characters that do not show",
    "model\u202egnp.json": "characters that do not show",
    "model\u200b.json": "characters that do not show",
    "line\nbreak": "characters that do not show",
    "\x1b[2J": "characters that do not show",
    "CON": "a device's on other systems",
    "model/aux.txt": "a device's on other systems",
    "nul.tar.gz": "a device's on other systems",
    "lpt9": "a device's on other systems",
    "trailing.": "ends in a dot or a space",
    "trailing /file": "ends in a dot or a space",
    "x" * 256: "more than 255 bytes",
    "é" * 128: "more than 255 bytes",
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    made = tmp_path / "target"
    made.mkdir()
    return made


def archive_of(path: Path, *names: str, mode: int = stat.S_IFREG | 0o644, content: bytes = b"x") -> Path:
    """Write entries under names that no honest program gives."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = name
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return path


def refused(path: Path, target: Path, reason: str) -> str:
    before = sorted(target.parent.iterdir())
    with pytest.raises(DataError, match=reason) as refusal:
        unpack_model(path, target)
    assert list(target.iterdir()) == []
    assert sorted(target.parent.iterdir()) == before
    return str(refusal.value)


@pytest.mark.parametrize("name", REFUSED_NAMES)
def test_a_name_that_leads_elsewhere_or_hides_is_refused_by_itself(name: str, target: Path, tmp_path: Path) -> None:
    said = refused(archive_of(tmp_path / "a.zip", "good", name), target, REFUSED_NAMES[name])
    assert f"holds the entry {name!r}, which may not be unpacked" in said


def test_the_ways_in_for_a_persons_file_refuse_it_as_well(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", "good", "../outside")
    with (
        pytest.raises(DataError, match=r"cannot be used\. It holds the entry '\.\./outside'"),
        unpacked_model_file(path),
    ):
        pytest.fail("it was unpacked")
    with pytest.raises(DataError, match=r"is not used: it holds the entry '\.\./outside'"), opened_bundle(path):
        pytest.fail("it was opened")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR])
def test_links_devices_pipes_and_folders_are_refused(kind: int, target: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", "odd", mode=kind | 0o777, content=b"/etc/passwd")
    refused(path, target, "holds the entry 'odd', which may not be unpacked: it is a link or a device")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("Model.json", "model.json"), "holds 'Model.json' and 'model.json', one file on many disks"),
        (("stra\u00dfe", "STRASSE"), "one file on many disks"),
        (("caf\u00e9", "cafe\u0301"), "one file on many disks"),
        (("model", "model/file"), "holds 'model' as a file and as a folder"),
        (("Model", "model/file"), "holds 'Model' as a file and as a folder"),
    ],
)
def test_names_that_are_one_file_on_another_disk_are_refused(
    names: tuple[str, ...], reason: str, target: Path, tmp_path: Path
) -> None:
    refused(archive_of(tmp_path / "a.zip", *names), target, reason)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(target: Path, tmp_path: Path) -> None:
    refused(archive_of(tmp_path / "a.zip", "same", "same"), target, "names a file twice")


def changed(path: Path, change: Callable[[bytearray], None]) -> Path:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    return path


def _put(mark: bytes, offset: int, form: str, value: int) -> Callable[[bytearray], None]:
    """Overwrite a field of the first record that begins with `mark`."""

    def put(content: bytearray) -> None:
        struct.pack_into(form, content, content.index(mark) + offset, value)

    return put


def test_an_encrypted_entry_is_refused(target: Path, tmp_path: Path) -> None:
    path = changed(archive_of(tmp_path / "a.zip", "secret"), _put(b"PK\x01\x02", 8, "<H", 1))
    refused(path, target, "holds the entry 'secret', which may not be unpacked: it is encrypted")


def test_what_unpacks_to_far_more_than_it_holds_is_refused(target: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(20_000_000))
    refused(tmp_path / "a.zip", target, "holds 'bomb', which unpacks to 20,000,000 bytes, 1,0.. times its size")


def test_a_size_that_is_stated_too_large_is_refused_before_anything_is_written(target: Path, tmp_path: Path) -> None:
    path = changed(archive_of(tmp_path / "a.zip", "large"), _put(b"PK\x01\x02", 24, "<L", 0xFFFFFFF0))
    refused(path, target, "holds 'large', which unpacks to 4,294,967,280 bytes")


def test_a_long_size_beyond_all_models_is_refused(target: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, archive.open("large", "w", force_zip64=True) as file:
        file.write(b"x")
    long_sizes = struct.pack("<HHQQ", 1, 16, 1 << 60, 1)
    path = tmp_path / "a.zip"
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    struct.pack_into("<L", content, place + 24, 0xFFFFFFFF)
    struct.pack_into("<L", content, place + 20, 0xFFFFFFFF)
    struct.pack_into("<H", content, place + 30, len(long_sizes))
    content[place + 46 + 5 : place + 46 + 5] = long_sizes
    end = content.index(b"PK\x05\x06")
    struct.pack_into("<L", content, end + 12, end - place)
    path.write_bytes(content)
    refused(path, target, "unpacks to 1 files and 1,152,921,504,606,846,976 bytes")


def test_a_size_that_is_stated_too_small_gives_no_byte_more(target: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", "small", content=b"x" * 1_000)
    changed(path, _put(b"PK\x01\x02", 24, "<L", 10))
    with pytest.raises(DataError, match="not a readable zip file"):
        unpack_model(path, target)
    assert sum(file.stat().st_size for file in target.iterdir()) <= 10


def test_entries_that_share_their_bytes_are_refused(target: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", "first", "other", content=b"x" * 1_000)
    content = bytearray(path.read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    struct.pack_into("<L", content, second + 42, 0)
    path.write_bytes(content)
    refused(path, target, "holds 'first' and 'other', which share bytes")


def test_a_list_of_entries_that_fills_the_memory_is_not_read(target: Path, tmp_path: Path) -> None:
    path = changed(archive_of(tmp_path / "a.zip", "good"), _put(b"PK\x05\x06", 12, "<L", 3_000_000_000))
    refused(path, target, "lists its entries in 3,000,000,000 bytes; at most 67,108,864 are read")


def test_a_long_list_of_entries_is_not_read_either_nor_one_behind_a_comment(target: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", "good")
    content = path.read_bytes()
    end = content.index(b"PK\x05\x06")
    long_end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 1 << 40, content.index(b"PK\x01\x02"))
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    for comment in (b"", b"PK\x05\x06 of somebody's own making"[4:] * 100):
        last = bytearray(content[end:])
        struct.pack_into("<L", last, 12, 0xFFFFFFFF)
        struct.pack_into("<H", last, 20, len(comment))
        path.write_bytes(content[:end] + long_end + locator + bytes(last) + comment)
        refused(path, target, "lists its entries in 1,099,511,627,776 bytes")


def test_an_archive_within_an_archive_stays_packed(target: Path, tmp_path: Path) -> None:
    inner = archive_of(tmp_path / "inner.zip", "../outside").read_bytes()
    unpack_model(archive_of(tmp_path / "a.zip", "inner.zip", content=inner), target)
    assert [path.name for path in target.iterdir()] == ["inner.zip"]
    assert (target / "inner.zip").read_bytes() == inner


def test_another_name_before_the_bytes_than_in_the_list_is_refused(target: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", "good-name")
    content = path.read_bytes().replace(b"good-name", b"../../bad", 1)
    path.write_bytes(content)
    refused(path, target, "not a readable zip file: File name in directory")


def test_names_of_any_language_pass(target: Path, tmp_path: Path) -> None:
    names = ("model/größe.txt", "モデル", "a b.c", "-rf", "=cmd()")
    unpack_model(archive_of(tmp_path / "a.zip", *names), target)
    assert {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()} == set(names)
